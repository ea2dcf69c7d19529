//! Fixes that were offered and not taken: they are not offered again, wherever other fixes move them.

use crate::syntax::Span;

use super::Edit;
use super::fix::sorted;

/// The fixes that were not taken, by what they would change, in places of the text as it is now.
#[derive(Debug, Default)]
pub(super) struct Declined(Vec<Mark>);

#[derive(Debug)]
struct Mark {
    transform: &'static str,
    edits: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    /// Where the edit begins: somewhere from `low` to `high`. They differ where something else was inserted at
    /// the very place of an insertion, which may then stand on either side of it.
    low: usize,
    high: usize,
    removed: Vec<u8>,
    text: String,
}

impl Declined {
    /// Notes that a fix was not taken; its edits are places of `text`.
    pub(super) fn add(&mut self, transform: &'static str, edits: &[Edit], text: &[u8]) {
        let edits = sorted(edits).into_iter().map(|edit| Place {
            low: edit.span.start,
            high: edit.span.start,
            removed: edit.span.slice(text).to_vec(),
            text: edit.text.clone(),
        });
        self.0.push(Mark { transform, edits: edits.collect() });
    }

    /// Whether a fix with these edits of `text` was offered before.
    pub(super) fn hold(&self, transform: &'static str, edits: &[Edit], text: &[u8]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let edits = sorted(edits);
        self.0.iter().any(|mark| {
            mark.transform == transform
                && mark.edits.len() == edits.len()
                && mark.edits.iter().zip(&edits).all(|(place, edit)| place.is(edit, text))
        })
    }

    /// Follows what is done to the text: a fix whose own bytes are changed is another fix from now on.
    pub(super) fn follow(&mut self, applied: &[Edit]) {
        if self.0.is_empty() {
            return;
        }
        let applied = sorted(applied);
        self.0.retain_mut(|mark| mark.edits.iter_mut().all(|place| place.follow(&applied)));
    }
}

impl Place {
    fn is(&self, edit: &Edit, text: &[u8]) -> bool {
        (self.low..=self.high).contains(&edit.span.start)
            && edit.text == self.text
            && edit.span.end <= text.len()
            && edit.span.slice(text) == self.removed
    }

    /// Moves it by edits of the text; false where one changes its bytes.
    fn follow(&mut self, applied: &[&Edit]) -> bool {
        let own = Span::new(self.low, self.high + self.removed.len());
        let (mut added, mut taken, mut between) = (0, 0, 0);
        for edit in applied {
            let (span, len) = (edit.span, edit.text.len());
            let beside_insertion = self.removed.is_empty() && span.is_empty();
            if beside_insertion && (own.start..=own.end).contains(&span.start) {
                between += len;
            } else if span.end <= own.start {
                added += len;
                taken += span.len();
            } else if span.start < own.end {
                return false;
            }
        }
        self.low = self.low + added - taken;
        self.high = self.high + added - taken + between;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(start: usize, end: usize, text: &str) -> Edit {
        Edit::replace(Span::new(start, end), text)
    }

    #[test]
    fn a_fix_is_known_again_where_it_was_moved_to() {
        let mut declined = Declined::default();
        declined.add("sort", &[replaced(4, 5, "x")], b"RUN b");
        declined.follow(&[Edit::insert(0, "# c\n")]);
        assert!(declined.hold("sort", &[replaced(8, 9, "x")], b"# c\nRUN b"));
        assert!(!declined.hold("sort", &[replaced(8, 9, "y")], b"# c\nRUN b"), "it becomes something else");
        assert!(!declined.hold("merge", &[replaced(8, 9, "x")], b"# c\nRUN b"), "another transform");
        assert!(!declined.hold("sort", &[replaced(4, 5, "x")], b"# c\nRUN b"), "another place");
    }

    #[test]
    fn a_change_of_its_own_bytes_makes_it_another_fix() {
        let mut declined = Declined::default();
        declined.add("sort", &[replaced(4, 7, "x")], b"RUN abc");
        declined.follow(&[replaced(5, 6, "b")]);
        assert!(!declined.hold("sort", &[replaced(4, 7, "x")], b"RUN abc"));
    }

    #[test]
    fn an_insertion_stands_on_either_side_of_another_one() {
        for at in [5, 7] {
            let mut declined = Declined::default();
            declined.add("clean", &[Edit::insert(5, "!!")], b"RUN a");
            declined.follow(&[Edit::insert(5, "??")]);
            assert!(declined.hold("clean", &[Edit::insert(at, "!!")], b"RUN a??"), "{at}");
            declined.follow(&[replaced(0, 3, "run it")]);
            assert!(declined.hold("clean", &[Edit::insert(at + 3, "!!")], b"run it a??"), "{at}");
        }
    }
}
