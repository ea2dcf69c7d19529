//! What of a Dockerfile counts on that which a package manager keeps of its downloads.

pub mod apk;
pub mod cleanup;
mod kept;
pub mod pip;
pub mod pip_age;

pub(super) use kept::Kept;
pub(super) use pip_age::PipVersions;

use std::borrow::Cow;

use crate::syntax::{Keyword, lossy};

use super::Model;

/// Whether something counts on the downloads of a RUN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// Nothing does.
    None,
    /// Something may, which can't be told.
    Perhaps(String),
    /// Something does.
    Surely(String),
}

impl Use {
    /// The graver of two.
    #[must_use]
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Surely(_) => self,
            Self::None => other(),
            Self::Perhaps(_) => match other() {
                Self::Surely(reason) => Self::Surely(reason),
                _ => self,
            },
        }
    }
}

/// An instruction as written, with its heredocs.
pub(super) fn text<'m>(model: &'m Model<'_, '_>, index: usize) -> Cow<'m, str> {
    lossy(model.instructions[index].span.slice(model.file.source))
}

/// Whether an instruction runs something, now or in a container.
pub(super) fn runs(model: &Model<'_, '_>, index: usize) -> bool {
    matches!(
        model.keyword(index),
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Onbuild
    )
}

/// Whether the network of a RUN is switched off.
#[must_use]
pub fn is_offline(model: &Model<'_, '_>, index: usize) -> bool {
    model.flags(index).iter().any(|flag| flag.starts_with("--network=") && *flag != "--network=default")
}

/// Whether a word is `-rf`, `-r -f` and the like: both letters among all options given.
#[must_use]
pub fn is_forced(words: &[Option<&str>]) -> bool {
    words.iter().skip(1).flatten().any(|word| {
        *word == "--force"
            || word.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('f'))
    })
}
