//! Comments of our own form that silence nothing, name what is not there, or lack the reason that they need.

use std::collections::BTreeMap;

use crate::report::nearest;
use crate::transforms;

use super::suppression::{ALL, Suppressions, WHOLE_FILE};
use super::{Selected, Settings, Transform};

/// What is to be said of a suppressing comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionNote {
    /// The comment's line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a suppressing comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing would stand where it silences this name.
    SilencesNothing(String),
    /// No transform has this id, nor settles a check of that code; the nearest id.
    NoSuchTransform(String, Option<&'static str>),
    /// It has no reason, and needs one to count.
    NoReason,
}

/// The comments of a file over all rounds: what was silenced in one of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(BTreeMap<Key, Entry>);

/// A comment keeps its text while the file changes: by that and its number among its equals it is known again.
type Key = (String, usize, String);

#[derive(Debug, Clone, Copy)]
struct Entry {
    line: usize,
    used: bool,
    reason: bool,
}

impl Ledger {
    /// Takes note of one round; `line` gives the line of a byte.
    pub(super) fn take(&mut self, suppressions: &Suppressions, line: &dyn Fn(usize) -> usize) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (own, names) in suppressions.own() {
            let number = seen.entry(own.text.as_str()).or_insert(0);
            for name in names {
                let key = (own.text.clone(), *number, name.text.clone());
                let new = Entry { line: line(own.at), used: false, reason: own.reason };
                self.0.entry(key).or_insert(new).used |= name.is_used();
            }
            *number += 1;
        }
    }

    /// What is to be said in the end, in the order of the lines.
    pub(super) fn notes(&self, settings: &Settings) -> Vec<SuppressionNote> {
        let mut notes = Vec::new();
        for ((_, _, name), entry) in &self.0 {
            let mut note = |fault| notes.push(SuppressionNote { line: entry.line, fault });
            if settings.require_reasons && !entry.reason {
                note(Fault::NoReason);
            } else if !is_all(name) && !transforms::ALL.iter().any(|transform| is(transform, name)) {
                let ids = transforms::ALL.iter().map(|transform| transform.id);
                note(Fault::NoSuchTransform(name.clone(), nearest(name, ids)));
            } else if !entry.used && took_part(name, &settings.transforms) {
                note(Fault::SilencesNothing(name.clone()));
            }
        }
        notes.sort_by(|a, b| (a.line, format!("{:?}", a.fault)).cmp(&(b.line, format!("{:?}", b.fault))));
        // A comment with several names lacks its reason once.
        notes.dedup();
        notes
    }
}

fn is_all(name: &str) -> bool {
    name == ALL || name == WHOLE_FILE
}

fn is(transform: &Transform, name: &str) -> bool {
    transform.id == name || transform.codes.contains(&name)
}

/// Whether all that a name silences took part: of others nothing is known.
fn took_part(name: &str, selected: &[Selected]) -> bool {
    let takes_part = |transform: &&&Transform| selected.iter().any(|other| other.transform.id == transform.id);
    let mut meant =
        transforms::ALL.iter().filter(|transform| if is_all(name) { !transform.opt_in } else { is(transform, name) });
    meant.all(|transform| takes_part(&transform))
}
