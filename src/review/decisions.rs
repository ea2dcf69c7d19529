//! What was decided about the fixes of a file, and what holds for those that nobody was asked about.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::edit::{Change, Offer, Safety};

use super::saved::Saved;

/// What is to become of a fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It goes in.
    Accept,
    /// It does not.
    Decline,
    /// This text goes in for the lines that it touches.
    Edit(String),
    /// It does not, and a comment with this reason says so in the file.
    Suppress(String),
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The user, on this very fix.
    This,
    /// The user, for the rest of the file.
    Rest,
    /// The user, for all of the transform.
    All,
    /// A file of decisions.
    Saved,
}

/// A fix by its content: the same one on the same text, wherever that stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The transform's id.
    pub transform: &'static str,
    /// What it changes.
    pub changes: Vec<Change>,
    /// How many fixes with the same content were offered before it in the file.
    pub nth: usize,
}

/// Gives each offer of one run over a file its key.
#[derive(Debug, Default)]
pub struct Keys(HashMap<(&'static str, Vec<Change>), usize>);

impl Keys {
    /// The key of the next offer.
    pub fn next(&mut self, offer: &Offer<'_>) -> Key {
        let (transform, changes) = (offer.transform.id, offer.changes());
        let seen = self.0.entry((transform, changes.clone())).or_default();
        let nth = *seen;
        *seen += 1;
        Key { transform, changes, nth }
    }
}

/// What was decided in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileDecisions {
    /// Fix by fix.
    pub each: BTreeMap<Key, Decision>,
    /// What holds for all others: true accepts, false declines.
    pub rest: Option<bool>,
    /// Fixes that were passed over before the rest, or all of a transform, was decided: they stay open.
    pub passed: BTreeSet<Key>,
}

/// What holds for all fixes of a transform, from a file on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The transform's id.
    pub transform: &'static str,
    /// Whether its fixes are accepted.
    pub accept: bool,
    /// Fixes that are less safe than this are not meant.
    pub safety: Safety,
    /// The file at which it begins.
    pub from: usize,
}

/// Everything that decides about the fixes of one file.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    /// The place of the file.
    pub file: usize,
    /// What was decided in it.
    pub own: &'a FileDecisions,
    /// What was decided for whole transforms; the first that fits counts.
    pub policies: &'a [Policy],
    /// What was decided in an earlier review.
    pub saved: Option<&'a Saved>,
}

impl Answers<'_> {
    /// The decision on an offer, and whose it is; none where it is open.
    #[must_use]
    pub fn of(&self, key: &Key, offer: &Offer<'_>) -> Option<(Decision, By)> {
        if let Some(decision) = self.own.each.get(key) {
            return Some((decision.clone(), By::This));
        }
        if let Some(decision) = self.saved.and_then(|saved| saved.decision(key, offer)) {
            return Some((decision, By::Saved));
        }
        if self.own.passed.contains(key) {
            return None;
        }
        let plain = |accept| if accept { Decision::Accept } else { Decision::Decline };
        if let Some(accept) = self.own.rest {
            return Some((plain(accept), By::Rest));
        }
        let fits = |policy: &&Policy| {
            policy.transform == key.transform && offer.safety <= policy.safety && policy.from <= self.file
        };
        self.policies.iter().find(fits).map(|policy| (plain(policy.accept), By::All))
    }
}
