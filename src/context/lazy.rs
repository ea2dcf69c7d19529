//! A build context that is looked for when somebody asks.

use std::cell::OnceCell;
use std::fmt;

use super::Context;

/// Finds the context of a file once.
pub struct Later<'c> {
    find: &'c dyn Fn() -> Option<Context>,
    found: OnceCell<Option<Context>>,
}

impl<'c> Later<'c> {
    /// By `find`, which is called once at most.
    #[must_use]
    pub fn new(find: &'c dyn Fn() -> Option<Context>) -> Self {
        Self { find, found: OnceCell::new() }
    }
}

impl fmt::Debug for Later<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Later({:?})", self.found)
    }
}

/// The build context of a file, as far as it is known. Most files never ask for it, and to find it means to look at the
/// disk.
#[derive(Debug, Clone, Copy)]
pub enum LazyContext<'c> {
    /// It was found, or can't be.
    Known(Option<&'c Context>),
    /// It is looked for when it is asked for.
    Later(&'c Later<'c>),
}

impl Default for LazyContext<'_> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<'c> From<&'c Context> for LazyContext<'c> {
    fn from(context: &'c Context) -> Self {
        Self::Known(Some(context))
    }
}

impl<'c> From<Option<&'c Context>> for LazyContext<'c> {
    fn from(context: Option<&'c Context>) -> Self {
        Self::Known(context)
    }
}

impl<'c> LazyContext<'c> {
    /// A context that is not known.
    pub const NONE: Self = Self::Known(None);

    /// The context, where it is known.
    #[must_use]
    pub fn get(self) -> Option<&'c Context> {
        match self {
            Self::Known(context) => context,
            Self::Later(later) => later.found.get_or_init(later.find).as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn it_is_looked_for_once_and_only_when_asked() {
        let calls = Cell::new(0);
        let find = || {
            calls.set(calls.get() + 1);
            None
        };
        let later = Later::new(&find);
        let context = LazyContext::Later(&later);
        assert_eq!(calls.get(), 0);
        assert!(context.get().is_none() && context.get().is_none());
        assert_eq!(calls.get(), 1);
    }
}
