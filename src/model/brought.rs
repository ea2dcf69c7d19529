//! Which instructions a RUN builds on, and where a file that it finds comes from.

use crate::context::Context;
use crate::syntax::{Args, Keyword, lossy};

use super::copy::{below, join};
use super::{Base, Copy, Model, Workdir};

/// Where a file of the image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// From this path of the build context.
    From(String),
    /// No COPY or ADD brings it.
    Nowhere,
    /// This instruction may bring it, and can't be looked into.
    Unclear(usize),
}

/// Ends of names that ADD may unpack.
const ARCHIVES: &[&str] = &[".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".zip"];

impl Model<'_, '_> {
    /// The name of the image below the stage of instruction `index`, variables filled in by their defaults.
    #[must_use]
    pub fn base_name(&self, index: usize) -> Option<&str> {
        let mut stage = self.stage_of(index)?;
        while let Some(parent) = stage.base.stage() {
            stage = &self.stages[parent];
        }
        match &stage.base {
            Base::Image(name) => Some(name),
            _ => None,
        }
    }

    /// Where COPY and ADD put a file or folder, as an absolute path; `None` where that is not written out.
    #[must_use]
    pub fn destination(&self, index: usize) -> Option<String> {
        let instruction = self.instructions[index];
        let text = instruction.joined.text();
        let last = match &instruction.body.args {
            Args::Words(words) => lossy(words.last()?.slice(text)).into_owned(),
            Args::Json(strings) => strings.last()?.value.clone(),
            _ => return None,
        };
        let relative = !last.starts_with('/');
        if last.contains(['$', '\\', '"', '\'', '`']) || relative && self.states[index].workdir == Workdir::Unknown {
            return None;
        }
        Some(join(self.states[index].workdir.path(), &last))
    }

    /// Where the file `path` of the image comes from, as instruction `index` finds it; what RUN writes is left
    /// aside.
    #[must_use]
    pub fn brought_from(&self, index: usize, path: &str, context: &Context) -> Brought {
        for at in self.earlier(index).rev() {
            if !matches!(self.keyword(at), Keyword::Copy | Keyword::Add) {
                continue;
            }
            let near =
                self.destination(at).is_none_or(|place| below(path, &place).is_some() || below(&place, path).is_some());
            match Copy::bringing(self, at) {
                _ if !near => {}
                Some(copy) if self.keyword(at) == Keyword::Copy || adds_as_it_is(&copy, context) => {
                    if let Some(source) = copy.source_of(path, context.into()) {
                        return Brought::From(source);
                    }
                }
                _ => return Brought::Unclear(at),
            }
        }
        Brought::Nowhere
    }
}

/// Whether all that an ADD brings is there, and nothing of it is an archive by its name.
fn adds_as_it_is(copy: &Copy, context: &Context) -> bool {
    copy.sources.iter().all(|source| {
        let archive = ARCHIVES.iter().any(|end| source.ends_with(end));
        !archive && (source.is_empty() || context.exists(source) || !context.glob(source).is_empty())
    })
}
