//! Comments that switch transforms off for an instruction or a file.
//!
//! `# dockmod: ignore=ID[,ID] reason` and `# hadolint ignore=CODE[,CODE]` hold for the instruction below them,
//! `# dockmod: ignore-file reason`, `# hadolint global ignore=CODE` and `# check=skip=NAME` for the whole file.

use std::cell::Cell;

use crate::model::Model;
use crate::syntax::{DirectiveKind, Item, Span, Trivia, TriviaKind, lossy};

use super::Transform;

/// What is switched off where.
#[derive(Debug, Default)]
pub struct Suppressions {
    comments: Vec<Comment>,
    /// The file's length in bytes.
    length: usize,
}

/// A comment or directive that switches something off.
#[derive(Debug)]
pub(super) struct Comment {
    reach: Reach,
    names: Vec<Name>,
    /// Its text, where it is ours: others may serve the tools that they name.
    own: Option<Own>,
    /// Whether it counts; ours may lack a reason that is required.
    counts: bool,
}

/// A comment of our own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    /// As it is written.
    pub text: String,
    /// Its first byte.
    pub at: usize,
    /// Whether a reason stands behind it.
    pub reason: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    File,
    Instruction(Span),
    /// An instruction that is still to come.
    Next,
}

/// An id or code, and whether it has silenced anything.
#[derive(Debug)]
pub(super) struct Name {
    /// As it is written.
    pub text: String,
    used: Cell<bool>,
}

impl Name {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), used: Cell::new(false) }
    }

    /// Whether it has silenced anything.
    pub(super) const fn is_used(&self) -> bool {
        self.used.get()
    }

    fn is(&self, transform: &Transform) -> bool {
        self.text == transform.id
            || [ALL, WHOLE_FILE].contains(&self.text.as_str())
            || transform.codes.contains(&self.text.as_str())
    }
}

/// Stands for every transform.
pub(super) const ALL: &str = "all";
/// Stands for every transform in the whole file.
pub(super) const WHOLE_FILE: &str = "ignore-file";

impl Suppressions {
    /// Reads the comments of a file. Ours count only with a reason behind them where `require_reasons` says so.
    #[must_use]
    pub fn of(model: &Model<'_, '_>, require_reasons: bool) -> Self {
        let source = model.file.source;
        let mut found = Self { length: source.len(), comments: Vec::new() };
        for directive in &model.file.directives {
            if directive.kind == DirectiveKind::Check {
                let value = lossy(directive.value.slice(source));
                let skips = value.split(';').filter_map(|part| part.trim().strip_prefix("skip="));
                let names = skips.flat_map(names).collect();
                found.comments.push(Comment { reach: Reach::File, names, own: None, counts: true });
            }
        }
        for item in &model.file.items {
            match item {
                Item::Directive(_) => found.comments.retain(|comment| comment.reach != Reach::Next),
                Item::Trivia(Trivia { kind: TriviaKind::Blank, .. }) => {}
                Item::Trivia(Trivia { span, .. }) => found.read(source, *span),
                Item::Instruction(instruction) => {
                    for trivia in instruction.inner.iter().filter(|trivia| trivia.kind == TriviaKind::Comment) {
                        found.read(source, trivia.span);
                    }
                    let next = found.comments.iter_mut().filter(|comment| comment.reach == Reach::Next);
                    next.for_each(|comment| comment.reach = Reach::Instruction(instruction.span));
                }
            }
        }
        if require_reasons {
            for comment in &mut found.comments {
                comment.counts = comment.own.as_ref().is_none_or(|own| own.reason);
            }
        }
        found
    }

    fn read(&mut self, source: &[u8], span: Span) {
        let comment = lossy(span.slice(source));
        // The first line of a file may begin with a byte-order mark.
        let text = comment.trim_start_matches('\u{feff}').trim().trim_start_matches('#').trim();
        let mut add = |reach, names: Vec<Name>, own| self.comments.push(Comment { reach, names, own, counts: true });
        if let Some(rest) = text.strip_prefix("dockmod:") {
            let (word, reason) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
            let own = Own { text: comment.trim().to_owned(), at: span.start, reason: !reason.trim().is_empty() };
            if word == "ignore-file" {
                add(Reach::File, vec![Name::new(WHOLE_FILE)], Some(own));
            } else if let Some(list) = word.strip_prefix("ignore=") {
                add(Reach::Next, names(list).collect(), Some(own));
            }
        } else if let Some(list) = text.strip_prefix("check=skip=") {
            add(Reach::Next, names(first_word(list)).collect(), None);
        } else if let Some(rest) = text.strip_prefix("hadolint") {
            let rest = rest.trim();
            if let Some(list) = rest.strip_prefix("global").and_then(|rest| rest.trim().strip_prefix("ignore=")) {
                add(Reach::File, names(list).collect(), None);
            } else if let Some(list) = rest.strip_prefix("ignore=") {
                add(Reach::Next, names(list).collect(), None);
            }
        }
    }

    /// Whether `transform` is switched off for what lies in `span`.
    #[must_use]
    pub fn cover(&self, transform: &Transform, span: Span) -> bool {
        // An insertion at the very end of the file touches the last instruction.
        let at_end = |place: Span| place.end == self.length && span.start == place.end;
        let touches = |place: Span| place.start <= span.end && (span.start < place.end || at_end(place));
        let mut covered = false;
        for comment in self.comments.iter().filter(|comment| comment.counts) {
            let reaches = match comment.reach {
                Reach::File => true,
                Reach::Instruction(place) => touches(place),
                Reach::Next => false,
            };
            if !reaches {
                continue;
            }
            for name in comment.names.iter().filter(|name| name.is(transform)) {
                name.used.set(true);
                covered = true;
            }
        }
        covered
    }

    /// The comments of our own form, with the names in each.
    pub(super) fn own(&self) -> impl Iterator<Item = (&Own, &[Name])> {
        self.comments.iter().filter_map(|comment| Some((comment.own.as_ref()?, comment.names.as_slice())))
    }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

fn names(list: &str) -> impl Iterator<Item = Name> {
    list.split(',').map(first_word).filter(|name| !name.is_empty()).map(Name::new)
}
