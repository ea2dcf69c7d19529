//! What COPY and ADD bring to a place of the image: files of the build context, heredocs, files of other stages.

use crate::context::{Context, LazyContext};
use crate::model::copy::{below, has_pattern, join, paths};
use crate::model::state::cleaned;
use crate::model::{Added, Copy};
use crate::syntax::{Keyword, lossy};

use super::{Brought, Program, Search, base, chain, unseen};

impl Search<'_, '_, '_> {
    /// What a COPY or ADD brings to one of the places.
    pub(super) fn copied(&self, at: usize, hops: usize) -> Brought {
        let model = self.model;
        if let Some(text) = self.written_out(at) {
            return Brought::surely(Program::File(text));
        }
        let as_it_is = |source: &String| match Added::of(source, self.context) {
            Added::Copied | Added::CopiedByName => true,
            Added::Unclear(_) => self.context.get().is_none(),
            Added::Unpacked | Added::Fetched => false,
        };
        match Copy::bringing(model, at) {
            Some(copy) if model.keyword(at) == Keyword::Copy || copy.sources.iter().all(as_it_is) => {
                match self.context.get() {
                    Some(context) => self.of_context(&copy, context),
                    None => self.of_unknown_context(&copy),
                }
            }
            _ => self.of_elsewhere(at, hops),
        }
    }

    /// The text of a heredoc that COPY or ADD writes to one of the places.
    fn written_out(&self, at: usize) -> Option<String> {
        let instruction = self.model.instructions[at];
        if instruction.heredocs.is_empty() {
            return None;
        }
        let words = paths(&instruction.body, instruction.joined.text())?;
        let destination = self.model.destination(at)?;
        let into_folder = words.len() > 2 || words.last()?.ends_with('/');
        let heredoc = instruction.heredocs.iter().find(|heredoc| {
            let target = if into_folder { join(&destination, &heredoc.name) } else { destination.clone() };
            self.places.contains(&target)
        })?;
        let text = lossy(heredoc.body.slice(self.model.file.source)).into_owned();
        Some(if heredoc.chomp { text.trim_start_matches('\t').to_owned() } else { text })
    }

    /// A COPY of the build context, which is known.
    fn of_context(&self, copy: &Copy, context: &Context) -> Brought {
        let read = |source: &str| match context.read(source) {
            Some(text) => Program::File(lossy(&text).into_owned()),
            None => unseen(Some(source)),
        };
        if let Some(source) = self.places.iter().find_map(|place| copy.source_of(place, context.into())) {
            return Brought::surely(read(&source));
        }
        match self.named(copy) {
            Some(source) if !context.is_dir(source) => Brought::perhaps(read(source)),
            _ => Brought::default(),
        }
    }

    /// A COPY of a build context that is not known.
    fn of_unknown_context(&self, copy: &Copy) -> Brought {
        if let Some(source) = self.places.iter().find_map(|place| copy.source_of(place, LazyContext::NONE)) {
            return Brought::perhaps(unseen(Some(&source)));
        }
        if let Some(source) = self.named(copy) {
            return Brought::perhaps(unseen(Some(source)));
        }
        if self.places.iter().any(|place| copy.may_bring(place, LazyContext::NONE)) {
            return Brought::perhaps(unseen(None));
        }
        Brought::default()
    }

    /// The file that a COPY names as the program is called, wherever it goes: PATH may name that folder.
    fn named<'c>(&self, copy: &'c Copy) -> Option<&'c str> {
        if self.name.contains('/') {
            return None;
        }
        let source = copy.sources.iter().find(|source| base(source) == self.name);
        let target = base(&copy.destination) == self.name && !copy.into_folder;
        source.or_else(|| copy.sources.first().filter(|_| target)).map(String::as_str)
    }

    /// What comes from another stage or image, from an address, out of an archive, or by a variable.
    fn of_elsewhere(&self, at: usize, hops: usize) -> Brought {
        let instruction = self.model.instructions[at];
        let words = paths(&instruction.body, instruction.joined.text()).unwrap_or_default();
        let Some((_, sources)) = words.split_last() else { return Brought::default() };
        let destination = self.model.destination(at);
        let mut found = Brought::default();
        for place in &self.places {
            let file = sources.iter().find(|source| base(source) == base(place));
            let source = match destination.as_deref().map(|folder| (folder, below(place, folder))) {
                Some((_, Some(""))) => sources.first().filter(|_| sources.len() == 1).or(file),
                Some((folder, Some(_))) => match file {
                    Some(source) if join(folder, base(source)) == *place => Some(source),
                    _ if sources.iter().all(|source| is_single_file(source)) => continue,
                    _ => None,
                },
                // A variable names the folder.
                None if file.is_some() => file,
                _ => continue,
            };
            match source {
                Some(source) => found.programs.extend(self.of_stage(at, source, hops)),
                None => found.programs.push(unseen(None)),
            }
        }
        found
    }

    fn of_stage(&self, at: usize, source: &str, hops: usize) -> Vec<Program> {
        let model = self.model;
        let name = model.takes_from(at).into_iter().next().map(|(_, name)| name);
        let stage = name.and_then(|name| model.stage_named(&name));
        match stage.filter(|stage| model.stages[*stage].range.end <= at) {
            Some(stage) => self.followed(source, cleaned(source), &chain(model, stage), hops),
            None => vec![unseen(Some(source))],
        }
    }
}

/// Whether a source is one file: an address, or by its name, which ends in an extension that no archive has.
fn is_single_file(source: &str) -> bool {
    let name = base(source);
    match Added::of(source, LazyContext::NONE) {
        Added::Fetched => !source.contains(".git"),
        Added::Unpacked => false,
        _ => name.trim_start_matches('.').contains('.') && !has_pattern(name),
    }
}
