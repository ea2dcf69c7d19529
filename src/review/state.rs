//! The review as a state machine: events in, effects out. No terminal, no file, no clock.

use std::path::PathBuf;
use std::sync::Arc;

use crate::edit::Safety;

use super::decisions::{By, Decision, FileDecisions, Key, Policy};
use super::plan::Plan;
use super::saved::Saved;

/// What happens to the review.
#[derive(Debug, Clone)]
pub enum Event {
    /// The next file in path order, with the number of fixes that it would get.
    Found(PathBuf, usize),
    /// There are no more files.
    AllFound,
    /// A file was read, or why not.
    Read(usize, Result<Arc<[u8]>, String>),
    /// A file was planned, or why not.
    Planned(usize, Result<Plan, String>),
    /// A file was written, or why not.
    Written(usize, Result<(), NotWritten>),
    /// The editor ended: the lines, or why there are none.
    Edited(Result<String, String>),
    /// The pager ended, or could not be started.
    Paged(Result<(), String>),
    /// A key.
    Key(Input),
    /// Ctrl-C, or a signal to end.
    Interrupted,
    /// The terminal is gone.
    Closed,
}

/// Why a file was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotWritten {
    /// Somebody changed it meanwhile.
    Changed,
    /// Something else, in words.
    Failed(String),
}

/// A key as the terminal gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A character.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// What the state wants done; each but the last is answered by its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Read a file.
    Read(usize),
    /// Plan a file by [`State::source`] and [`State::answers`].
    Plan(usize),
    /// Replace a file: what is there, and what comes in its place.
    Write(usize, Arc<[u8]>, Arc<[u8]>),
    /// Let the user edit lines.
    Edit(String),
    /// Show a text in the user's pager.
    Page(&'static str),
    /// The review is over.
    End(End),
}

/// How a review ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All is decided.
    Finished,
    /// The user stopped; what was accepted is written.
    Stopped,
    /// Ctrl-C: nothing more is written.
    Interrupted,
    /// The terminal is gone: nothing more is written.
    Closed,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// The next file is not there yet.
    Waiting,
    /// A fix.
    Fix,
    /// A fix, and the reason for an ignore comment as far as it is typed.
    Reason(String),
    /// A fix, and edited lines that can't be taken, with the reason.
    BadEdit(String, String),
    /// What the keys do.
    Help,
    /// A page in the built-in pager.
    Page(&'static str),
    /// Nothing more.
    Over,
}

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// There is an editor.
    pub editor: bool,
    /// There is a pager of the user's choice.
    pub pager: bool,
}

/// A file of the review.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// How many fixes it has, as far as is known.
    pub total: usize,
    /// Its text as it was read; none before its turn.
    pub source: Option<Arc<[u8]>>,
    /// What is on the disk: the text as it was read or written.
    pub disk: Option<Arc<[u8]>>,
    /// What was decided.
    pub decisions: FileDecisions,
    /// The text with what was accepted, by the last plan.
    pub result: Option<Arc<[u8]>>,
    /// How many fixes are open, by the last plan.
    pub open: usize,
    /// Steps of the last plan.
    pub steps: usize,
    /// What was decided about which fix, by the last plan.
    pub outcome: Vec<Decided>,
    /// It was left once: each change of a decision is written at once.
    pub finished: bool,
    /// Why it can't be worked on, or was not written.
    pub failed: Option<String>,
}

/// A decided fix of the last plan.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The fix.
    pub key: Key,
    /// How safe it is.
    pub safety: Safety,
    /// What was decided.
    pub decision: Decision,
    /// By whom.
    pub by: By,
    /// Whether it keeps what the fix must keep; only an edited text may not.
    pub proved: bool,
}

/// What was before a decision.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) file: usize,
    pub(super) key: Key,
    pub(super) decisions: FileDecisions,
    pub(super) policies: Vec<Policy>,
}

/// Where to go once a file is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Goal {
    /// The first open fix of the file, or of a later one.
    Open(usize),
    /// The first open fix below this one, or in a later file.
    OpenBelow(usize, Key),
    /// This fix.
    Show(usize, Key),
    /// The first open fix of the file, else its first: it is to be seen before the file is written.
    Again(usize),
    /// The last fix of the file.
    Last(usize),
    /// Once the file is written: the first open fix of a later one.
    Later(usize),
    /// The file that is found next.
    Found,
    /// The end, once all is written.
    End,
}

/// The review.
#[derive(Debug)]
pub struct State {
    pub(super) files: Vec<File>,
    pub(super) all_found: bool,
    pub(super) view: View,
    /// The file that is shown, its plan and the step.
    pub(super) at: Option<(usize, Plan, usize)>,
    pub(super) goal: Option<Goal>,
    pub(super) policies: Vec<Policy>,
    pub(super) past: Vec<Moment>,
    pub(super) future: Vec<Moment>,
    pub(super) notice: Option<String>,
    pub(super) scroll: usize,
    /// Lines of the view that do not fit on the screen.
    pub(super) overflow: usize,
    /// Lines of the view that are seen at once.
    pub(super) page: usize,
    pub(super) abilities: Abilities,
    pub(super) saved: Option<Saved>,
    pub(super) end: Option<End>,
    /// The place of the fix that was shown before the wait for a file.
    pub(super) waited_at: usize,
}
