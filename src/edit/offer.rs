//! A fix as it is put to whoever decides, and the answers.

use crate::prove::{self, Claim, Demand, Facts, Version};
use crate::syntax::{self, ParseError, Span, lossy, validate};

use super::fix::sorted;
use super::{Edit, Safety, Transform};

/// A proved fix that may be applied.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'o> {
    /// Which transform.
    pub transform: &'static Transform,
    /// What it does.
    pub title: &'o str,
    /// Why, and what it rests on.
    pub reason: &'o str,
    /// How safe it is.
    pub safety: Safety,
    /// What was proved.
    pub claim: Claim,
    /// The text that it changes.
    pub before: &'o [u8],
    /// The text that it makes.
    pub after: &'o [u8],
    /// Its edits of `before`, in any order.
    pub edits: &'o [Edit],
    /// What the proof was told beside the texts.
    pub(super) facts: Facts<'o>,
}

/// What is to become of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes in.
    Accept,
    /// It does not, and is not offered again.
    Decline,
    /// It does not, and is not offered again in this run: nobody has decided.
    Undecided,
    /// This text goes in for the lines of [`Offer::lines`]; see [`Offer::edited`].
    Replace(String),
    /// A comment with this reason goes in above, which switches the transform off for the instruction.
    Suppress(String),
}

/// Lines that a fix changes, whole instructions and comments: line feeds for line ends, none at the end.
///
/// It says by its content what a fix does, wherever in a file it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// What is there.
    pub before: String,
    /// What it becomes.
    pub after: String,
}

/// Why an edited text is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditedError {
    /// BuildKit's parser refuses the file.
    #[error("line {line}: {0}", line = .0.line)]
    Parse(ParseError),
    /// The parser takes it, and the build refuses it.
    #[error("line {line}: BuildKit would refuse it: {0}", line = .0.line)]
    Refused(ParseError),
}

impl Offer<'_> {
    /// The line of the text before at which it begins, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        let start = self.edits.iter().map(|edit| edit.span.start).min().unwrap_or_default();
        memchr::memchr_iter(b'\n', &self.before[..start]).count() + 1
    }

    /// What it changes, by content.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let text = |span: Span, source: &[u8]| {
            let text = lossy(span.slice(source)).replace("\r\n", "\n");
            text.strip_suffix('\n').unwrap_or(&text).to_owned()
        };
        let groups = self.groups();
        groups
            .iter()
            .map(|(old, new)| Change { before: text(*old, self.before), after: text(*new, self.after) })
            .collect()
    }

    /// The lines from the first to the last change, in the text before and in the text after.
    #[must_use]
    pub fn lines(&self) -> (Span, Span) {
        let groups = self.groups().into_iter();
        groups.reduce(|all, next| (all.0.cover(next.0), all.1.cover(next.1))).unwrap_or_default()
    }

    /// The whole text with `lines` in the place of what the fix makes of its lines. Line ends become those of the
    /// text before.
    ///
    /// # Errors
    /// Where BuildKit would not take the file.
    pub fn edited(&self, lines: &str) -> Result<Vec<u8>, EditedError> {
        with_lines(self.before, self.lines().0, lines)
    }

    /// The edit that makes the edited text of the text before.
    pub(super) fn replacement(&self, edited: &[u8]) -> Edit {
        let (old, _) = self.lines();
        let end = edited.len() - (self.before.len() - old.end);
        Edit::replace(old, lossy(&edited[old.start..end]))
    }

    /// Whether the edited text keeps all that the fix itself must keep.
    #[must_use]
    pub fn is_proved(&self, edited: &[u8]) -> bool {
        let (Ok(before), Ok(after)) = (syntax::parse(self.before), syntax::parse(edited)) else { return false };
        let (before, after) = (Version::of(&before), Version::of(&after));
        prove::prove(&before, &after, self.claim, demand(self.safety), self.facts).is_ok()
    }

    /// Each stretch of touched lines, before and after.
    fn groups(&self) -> Vec<(Span, Span)> {
        let items: Vec<Span> = match syntax::parse(self.before) {
            Ok(file) => file.items.iter().map(syntax::Item::span).collect(),
            // An offer is made of a text that parses.
            Err(_) => return Vec::new(),
        };
        let edits = sorted(self.edits);
        let mut groups: Vec<(Span, Span)> = Vec::new();
        let (mut added, mut taken) = (0, 0);
        for edit in edits {
            let lines = touched(&items, edit.span);
            let (added_above, taken_above) = (added, taken);
            added += edit.text.len();
            taken += edit.span.len();
            match groups.last_mut() {
                Some((old, new)) if old.end >= lines.start => {
                    *old = old.cover(lines);
                    new.end = old.end + added - taken;
                }
                _ => {
                    let start = lines.start + added_above - taken_above;
                    groups.push((lines, Span::new(start, lines.end + added - taken)));
                }
            }
        }
        groups
    }
}

/// A text with `lines` in the place of those at `place`; line ends become those that were there.
///
/// # Errors
/// Where BuildKit would not take the file.
pub fn with_lines(text: &[u8], place: Span, lines: &str) -> Result<Vec<u8>, EditedError> {
    let (head, replaced, tail) = (&text[..place.start], place.slice(text), &text[place.end..]);
    let mut lines = lines.replace("\r\n", "\n");
    if replaced.ends_with(b"\n") && !lines.is_empty() && !lines.ends_with('\n') {
        lines.push('\n');
    }
    if replaced.windows(2).any(|pair| pair == b"\r\n") {
        lines = lines.replace('\n', "\r\n");
    }
    let next = [head, lines.as_bytes(), tail].concat();
    let file = syntax::parse(&next).map_err(EditedError::Parse)?;
    if let Some(refusal) = validate::refusal(&file) {
        return Err(EditedError::Refused(refusal));
    }
    Ok(next)
}

/// What the proof must show for a fix of this safety.
pub(super) const fn demand(safety: Safety) -> Demand {
    match safety {
        Safety::Safe => Demand::SameImage,
        Safety::Unsafe => Demand::OnlyTheClaim,
    }
}

/// The items that hold a byte of `span`; for an insertion, the one that it goes into.
fn touched(items: &[Span], span: Span) -> Span {
    let end = span.end.max(span.start + 1);
    let touched = items.iter().copied().filter(|item| item.start < end && span.start < item.end);
    let touched = touched.reduce(Span::cover);
    // At the very end of the file: the last item.
    touched.or_else(|| items.last().copied()).unwrap_or(span)
}
