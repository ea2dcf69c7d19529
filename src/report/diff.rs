//! Unified diffs that `git apply` takes.

use std::fmt::Write as _;
use std::ops::Range;

use console::Style;
pub use similar::ChangeTag;
use similar::{Algorithm, DiffOp, TextDiff};

use super::escape::visible;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// A unified diff of two texts, named `a/PATH` and `b/PATH`; empty where they are equal.
///
/// Bytes that are not UTF-8 are shown as `U+FFFD`: such files are never changed.
#[must_use]
pub fn unified(path: &str, old: &[u8], new: &[u8]) -> String {
    render(path, old, new, &Plain)
}

/// The same diff for a terminal: coloured, the changed words within a line marked, control characters made
/// visible.
#[must_use]
pub fn coloured(path: &str, old: &[u8], new: &[u8]) -> String {
    render(path, old, new, &Coloured::default())
}

/// A stretch of a diff, with the words that changed within a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// `@@ -1,3 +1,3 @@`
    pub head: String,
    /// Its lines in order.
    pub lines: Vec<HunkLine>,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkLine {
    /// Whether it stays, goes or comes.
    pub tag: ChangeTag,
    /// Pieces of its text; of each, whether it changed.
    pub parts: Vec<(bool, String)>,
    /// The file ends here without a line end.
    pub no_line_end: bool,
}

/// The hunks of a unified diff of two texts; none where they are equal.
#[must_use]
pub fn hunks(old: &[u8], new: &[u8]) -> Vec<Hunk> {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    // Only a line feed ends a line: git sees a lone carriage return as text.
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_slices(&old_lines, &new_lines);
    let groups = diff.grouped_ops(CONTEXT);
    if groups.iter().flatten().all(|op| matches!(op, DiffOp::Equal { .. })) {
        return Vec::new();
    }
    let hunk = |group: &Vec<DiffOp>| {
        let (first, last) = (group.first()?, group.last()?);
        let range = |start: Range<usize>, end: Range<usize>| hunk_range(start.start, end.end);
        let ranges = (range(first.old_range(), last.old_range()), range(first.new_range(), last.new_range()));
        let lines = group.iter().flat_map(|op| diff.iter_inline_changes(op)).map(|change| {
            let parts: Vec<(bool, String)> =
                change.values().iter().map(|(changed, part)| (*changed, (*part).to_owned())).collect();
            let no_line_end = !parts.last().is_some_and(|(_, part)| part.ends_with('\n'));
            HunkLine { tag: change.tag(), parts, no_line_end }
        });
        Some(Hunk { head: format!("@@ -{} +{} @@", ranges.0, ranges.1), lines: lines.collect() })
    };
    groups.iter().filter_map(hunk).collect()
}

trait Painter {
    fn header(&self, text: &str) -> String;
    fn hunk(&self, text: &str) -> String;
    fn line(&self, tag: ChangeTag, parts: &[(bool, &str)]) -> String;
}

struct Plain;

impl Painter for Plain {
    fn header(&self, text: &str) -> String {
        text.to_owned()
    }

    fn hunk(&self, text: &str) -> String {
        text.to_owned()
    }

    fn line(&self, tag: ChangeTag, parts: &[(bool, &str)]) -> String {
        let text: String = parts.iter().map(|(_, part)| *part).collect();
        format!("{tag}{text}")
    }
}

struct Coloured {
    header: Style,
    hunk: Style,
    old: Style,
    new: Style,
}

impl Default for Coloured {
    fn default() -> Self {
        let style = || Style::new().force_styling(true);
        Self { header: style().bold(), hunk: style().cyan(), old: style().red(), new: style().green() }
    }
}

impl Painter for Coloured {
    fn header(&self, text: &str) -> String {
        self.header.apply_to(visible(text)).to_string()
    }

    fn hunk(&self, text: &str) -> String {
        self.hunk.apply_to(text).to_string()
    }

    fn line(&self, tag: ChangeTag, parts: &[(bool, &str)]) -> String {
        let style = match tag {
            ChangeTag::Equal => return format!(" {}", parts.iter().map(|(_, part)| visible(part)).collect::<String>()),
            ChangeTag::Delete => &self.old,
            ChangeTag::Insert => &self.new,
        };
        let mut text = style.apply_to(tag).to_string();
        for (emphasised, part) in parts {
            let part = visible(part);
            let (body, end) = match part.strip_suffix('\n') {
                Some(body) => (body, "\n"),
                None => (&*part, ""),
            };
            let style = if *emphasised { style.clone().reverse() } else { style.clone() };
            if !body.is_empty() {
                // Writing to a string can't fail.
                let _ = write!(text, "{}", style.apply_to(body));
            }
            text.push_str(end);
        }
        text
    }
}

fn render(path: &str, old: &[u8], new: &[u8], painter: &dyn Painter) -> String {
    let hunks = hunks(old, new);
    if hunks.is_empty() {
        return String::new();
    }
    let mut text =
        format!("{}\n{}\n", painter.header(&format!("--- a/{path}")), painter.header(&format!("+++ b/{path}")));
    for hunk in hunks {
        text.push_str(&painter.hunk(&hunk.head));
        text.push('\n');
        for HunkLine { tag, parts, no_line_end } in hunk.lines {
            let parts: Vec<(bool, &str)> = parts.iter().map(|(changed, part)| (*changed, part.as_str())).collect();
            text.push_str(&painter.line(tag, &parts));
            if no_line_end {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    text
}

fn hunk_range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        len => format!("{},{len}", start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_count_lines_as_git_does() {
        let diff = unified("Dockerfile", b"a\nb\nc\n", b"a\nB\nc");
        assert_eq!(
            diff,
            "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,3 +1,3 @@\n a\n-b\n-c\n+B\n+c\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn a_lone_carriage_return_is_text() {
        let diff = unified("D", b"a\rb\nc\n", b"a\rb\nd\n");
        assert!(diff.contains(" a\rb\n-c\n+d\n"), "{diff:?}");
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("D", b"a\n", b"a\n"), "");
    }

    #[test]
    fn a_terminal_gets_no_control_characters_of_the_file() {
        let diff = coloured("D", b"RUN a\x1b[2J\n", b"RUN b\x1b[2J\n");
        assert!(diff.contains("\\u{1b}[2J"), "{diff:?}");
    }
}
