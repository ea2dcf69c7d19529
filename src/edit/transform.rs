//! What a transform is, and what it gets to see.

use std::collections::BTreeMap;

use crate::context::{Context, LazyContext};
use crate::model::Model;
use crate::pin::Images;

use super::Proposals;

/// A practice of the field as code.
#[derive(Debug)]
pub struct Transform {
    /// The name of its folder, by which it is selected.
    pub id: &'static str,
    /// One line on what it does.
    pub summary: &'static str,
    /// How safe its fixes are.
    pub offers: Offers,
    /// Checks of other tools that it settles; their ignore comments are honoured.
    pub codes: &'static [&'static str],
    /// Its page, which `dockmod explain` prints.
    pub readme: &'static str,
    /// Names of its options with the values that each takes, the default first.
    pub options: &'static [(&'static str, &'static [&'static str])],
    /// Whether it takes part only where it is selected by name.
    pub opt_in: bool,
    /// Whether it has to know what images stand for, which a lock or registries tell.
    pub asks_registries: bool,
    /// Words in lower case of which a file must hold one for it to say anything; without any it looks at every file.
    pub words: &'static [&'static str],
    /// Looks at a file and proposes fixes.
    pub propose: fn(&Subject<'_, '_, '_>, &mut Proposals),
}

/// What a transform has to offer; each fix still states its own safety.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    /// All of its fixes are safe.
    Safe,
    /// Each fix is safe where that can be proved, else unsafe.
    SafeOrUnsafe,
    /// All of its fixes are unsafe.
    Unsafe,
    /// It has no fixes: it says what to do by hand.
    Findings,
}

impl Offers {
    /// The words for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::SafeOrUnsafe => "safe or unsafe",
            Self::Unsafe => "unsafe",
            Self::Findings => "manual",
        }
    }
}

/// A file as a transform sees it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a, 'f, 's> {
    /// The file and what is in force at each instruction.
    pub model: &'a Model<'f, 's>,
    /// The build context, where it is known.
    pub context: LazyContext<'a>,
    /// The Dockerfile's own folder, where it has one: a hint only.
    pub beside: Option<&'a Context>,
    /// What is known of images, where a lock or registries were asked.
    pub images: Option<&'a Images>,
    /// What was set for the transforms.
    pub options: &'a Options,
}

/// Options of transforms, as `id.key`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    /// Sets an option.
    pub fn set(&mut self, transform: &str, key: &str, value: &str) {
        self.0.insert(format!("{transform}.{key}"), value.to_owned());
    }

    /// What an option was set to.
    #[must_use]
    pub fn get(&self, transform: &str, key: &str) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&format!("{transform}.{key}")).map(String::as_str)
    }
}

/// A transform that takes part in a run.
#[derive(Debug, Clone, Copy)]
pub struct Selected {
    /// The transform.
    pub transform: &'static Transform,
    /// Whether it was asked for by its name, which allows its unsafe fixes.
    pub by_name: bool,
}
