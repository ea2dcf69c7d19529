//! Results of which numbers are all that a run tells.

use crate::edit::{Fault, Outcome};
use crate::report::summary::Tally;
use crate::review::saved::Saved;

use super::args::RunArgs;
use super::run::FileResult;

/// For which files a run needs no more than numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// For none: more is told of each.
    No,
    /// For those that do not change.
    OfUnchanged,
    /// For all.
    OfAll,
}

impl Numbers {
    /// What is enough for a run.
    pub const fn of(args: &RunArgs, saved: Option<&Saved>) -> Self {
        if args.verbose || args.statistics || args.unused_suppressions || saved.is_some() {
            Self::No
        } else if args.check {
            Self::OfAll
        } else {
            Self::OfUnchanged
        }
    }

    /// Whether they are enough for a file that comes to this.
    pub const fn are_enough(self, tally: &Tally) -> bool {
        match self {
            Self::No => false,
            Self::OfUnchanged => !tally.changed,
            Self::OfAll => true,
        }
    }

    /// The result, with nothing but its numbers where they are enough: texts of hundreds of files wait to be told, and
    /// memory that waits is memory that the next file finds cold.
    pub fn reduced(self, result: FileResult) -> FileResult {
        match tally(&result) {
            Some(tally) if self.are_enough(&tally) => FileResult::Known(tally),
            _ => result,
        }
    }
}

/// The numbers of a file that was looked at; `None` where it is told in words too.
pub fn tally(result: &FileResult) -> Option<Tally> {
    match result {
        FileResult::Fixed { outcome, .. } => is_silent(outcome).then(|| Tally::of(outcome)),
        _ => None,
    }
}

fn is_silent(outcome: &Outcome) -> bool {
    let unused = |fault: &Fault| matches!(fault, Fault::SilencesNothing(_));
    outcome.cycle.is_empty()
        && outcome.undecided.is_empty()
        && outcome.declined.is_empty()
        && outcome.suppressions.iter().all(|note| unused(&note.fault))
}
