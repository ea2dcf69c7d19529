//! What of a file counts on a cache, worked out once for all RUNs that fill it.

use std::rc::Rc;

use super::super::Model;

/// An instruction that counts on a cache.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Which one.
    at: usize,
    when: When,
    reason: String,
}

/// For which RUNs an instruction counts on the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// For all.
    Always,
    /// For all but itself.
    OfOthers,
    /// For itself and those above it.
    OfEarlier,
    /// For itself and those below it.
    OfLater,
}

/// Takes in what instructions count on, in order.
#[derive(Default)]
pub(super) struct Keeps(Vec<Kept>);

impl Keeps {
    pub fn add(&mut self, at: usize, when: When, reason: String) {
        self.0.push(Kept { at, when, reason });
    }
}

/// The first reason for which RUN `index` has to keep the cache `name`; `all` finds those of the whole file, and is
/// called once for each cache.
pub(super) fn reason(
    model: &Model<'_, '_>,
    index: usize,
    name: &'static str,
    all: impl FnOnce() -> Keeps,
) -> Option<String> {
    let mut known = model.so_far.kept.borrow_mut();
    let kept: &Rc<[Kept]> = known.entry(name).or_insert_with(|| all().0.into());
    let holds = |kept: &&Kept| match kept.when {
        When::Always => true,
        When::OfOthers => kept.at != index,
        When::OfEarlier => kept.at >= index,
        When::OfLater => kept.at <= index,
    };
    kept.iter().find(holds).map(|kept| kept.reason.clone())
}
