//! How stages take from each other, and which of them are built for their own sake.

use crate::syntax::{self, Args, Keyword, TextRange};

use super::Model;

impl Model<'_, '_> {
    /// What instruction `index` says, or for ONBUILD the instruction that it holds.
    #[must_use]
    pub fn inner(&self, index: usize) -> &syntax::Body {
        let body = &self.instructions[index].body;
        match &body.args {
            Args::Onbuild(inner) => inner,
            _ => body,
        }
    }

    /// The stages and images that instruction `index` takes files from, with the place of each name: `--from` of
    /// COPY and ADD, `from=` of a mount.
    #[must_use]
    pub fn takes_from(&self, index: usize) -> Vec<(TextRange, String)> {
        let body = self.inner(index);
        let name = match body.keyword {
            Keyword::Copy | Keyword::Add => "from",
            Keyword::Run => "mount",
            _ => return Vec::new(),
        };
        let text = self.instructions[index].joined.text();
        let mut found = Vec::new();
        for flag in body.flags.iter().filter(|flag| flag.name() == name) {
            let Some(value) = flag.value() else { continue };
            let from = if name == "from" {
                Some(value)
            } else {
                value.split(',').find_map(|option| option.strip_prefix("from="))
            };
            let Some(from) = from.filter(|from| !from.is_empty()) else { continue };
            let place = memchr::memmem::rfind(flag.range.slice(text), format!("from={from}").as_bytes());
            let place = place.map_or(flag.range, |at| {
                let start = flag.range.start + at + "from=".len();
                TextRange::new(start, start + from.len())
            });
            found.push((place, from.to_owned()));
        }
        found
    }

    /// The stage that `--from=NAME` means: a name or a number from 0; of several of the same name the last
    #[must_use]
    pub fn stage_named(&self, name: &str) -> Option<usize> {
        let names = self
            .so_far
            .stage_names
            .get_or_init(|| self.stages.iter().filter_map(|stage| Some((stage.name.clone()?, stage.index))).collect());
        let by_name = names.get(&name.to_lowercase()).copied();
        by_name.or_else(|| name.parse().ok().filter(|number| *number < self.stages.len()))
    }

    /// The stages that no other one builds on or takes files from, so that each is an image of its own.
    #[must_use]
    pub fn targets(&self) -> Vec<usize> {
        let mut used = vec![false; self.stages.len()];
        for stage in self.stages.iter().filter_map(|stage| stage.base.stage()) {
            used[stage] = true;
        }
        for index in 0..self.instructions.len() {
            for stage in self.takes_from(index).iter().filter_map(|(_, name)| self.stage_named(name)) {
                used[stage] = true;
            }
        }
        // What is built where no target is named.
        if let Some(last) = used.last_mut() {
            *last = false;
        }
        (0..self.stages.len()).filter(|stage| !used[*stage]).collect()
    }

    /// The stage `index` and those that it is built on, from the last one down.
    #[must_use]
    pub fn line_of(&self, index: usize) -> Vec<usize> {
        let mut line = vec![index];
        let mut at = index;
        while let Some(parent) = self.stages[at].base.stage() {
            line.push(parent);
            at = parent;
        }
        line
    }
}
