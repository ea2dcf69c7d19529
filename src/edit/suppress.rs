//! Writes the comment that switches a transform off for an instruction.

use crate::model::Model;
use crate::style::Style;
use crate::syntax::{self, Dockerfile, Instruction, Item, Span, Trivia, TriviaKind, lossy, validate};

use super::suppression::Suppressions;
use super::{Edit, Transform, apply};

/// Why no comment can be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuppressError {
    /// The reason is empty, or holds what does not fit into a line.
    #[error("the reason must be one line of text")]
    Reason,
    /// The fix touches no instruction.
    #[error("there is no instruction that a comment could stand above")]
    NoInstruction,
    /// The comment would not do what it is for.
    #[error("a comment would not switch it off here")]
    NoEffect,
}

/// The edit of `source` that writes `# dockmod: ignore=ID reason` above the first instruction that a fix
/// with these edits touches, and the text with it. An ignore comment of dockmod that stands there takes the id and the reason in.
///
/// # Errors
/// Where the reason does not fit into a line, or the comment would not switch the transform off.
pub fn comment(
    source: &[u8],
    edits: &[Edit],
    transform: &Transform,
    reason: &str,
) -> Result<(Edit, Vec<u8>), SuppressError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().any(char::is_control) {
        return Err(SuppressError::Reason);
    }
    let file = syntax::parse(source).map_err(|_| SuppressError::NoEffect)?;
    let model = Model::of(&file);
    let cover = edits.iter().map(|edit| edit.span).reduce(Span::cover).ok_or(SuppressError::NoInstruction)?;
    let (index, instruction) = instruction_of(&file, cover).ok_or(SuppressError::NoInstruction)?;
    let edit = match own_comment(&file, index, instruction) {
        Some(comment) => merged(source, comment, transform.id, reason),
        None => inserted(&file, index, instruction, model.style(), transform.id, reason),
    };
    let next = apply(source, std::slice::from_ref(&edit)).map_err(|_| SuppressError::NoEffect)?;
    if !holds(&next, transform, cover, &edit) {
        return Err(SuppressError::NoEffect);
    }
    Ok((edit, next))
}

/// Whether the new text switches the transform off for what `cover` was before the edit.
fn holds(next: &[u8], transform: &Transform, cover: Span, edit: &Edit) -> bool {
    let Ok(file) = syntax::parse(next) else { return false };
    if validate::refusal(&file).is_some() {
        return false;
    }
    let moved = |at: usize| if at >= edit.span.end { at + edit.text.len() - edit.span.len() } else { at };
    Suppressions::of(&Model::of(&file), true).cover(transform, Span::new(moved(cover.start), moved(cover.end)))
}

/// The first instruction that holds a byte of the span, and its place among the items.
fn instruction_of<'f, 's>(file: &'f Dockerfile<'s>, span: Span) -> Option<(usize, &'f Instruction<'s>)> {
    let end = span.end.max(span.start + 1);
    let mut instructions = file.items.iter().enumerate().filter_map(|(index, item)| match item {
        Item::Instruction(instruction) => Some((index, &**instruction)),
        _ => None,
    });
    if span.start == file.source.len() {
        return instructions.next_back();
    }
    instructions.find(|(_, other)| other.span.start < end && span.start < other.span.end)
}

/// An ignore comment of dockmod that holds for the instruction: above it, or between its lines.
fn own_comment(file: &Dockerfile<'_>, index: usize, instruction: &Instruction<'_>) -> Option<Span> {
    let is_own = |trivia: &&Trivia| trivia.kind == TriviaKind::Comment && ids(trivia.span.slice(file.source)).is_some();
    let above = file.items[..index].iter().rev().map_while(|item| match item {
        Item::Trivia(trivia) => Some(trivia),
        _ => None,
    });
    above.into_iter().find(is_own).or_else(|| instruction.inner.iter().find(is_own)).map(|trivia| trivia.span)
}

/// Where the list of ids ends in a comment line that begins with `# dockmod: ignore=`.
fn ids(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line).ok()?;
    let rest = text.trim_start_matches('\u{feff}').trim_start().trim_start_matches('#').trim_start();
    let list = rest.strip_prefix("dockmod:")?.trim_start().strip_prefix("ignore=")?;
    let first = list.split_whitespace().next().filter(|_| !list.starts_with(char::is_whitespace))?;
    Some(text.len() - list.len() + first.trim_end_matches(',').len())
}

fn merged(source: &[u8], comment: Span, id: &str, reason: &str) -> Edit {
    let line = comment.slice(source);
    let end = ids(line).unwrap_or(line.len());
    let rest = lossy(&line[end..]);
    let kept = rest.trim_end();
    let joint = if kept.trim_start_matches(',').is_empty() { " " } else { "; " };
    Edit::replace(
        Span::new(comment.start + end, comment.start + end + kept.len()),
        format!(",{id}{kept}{joint}{reason}"),
    )
}

fn inserted(
    file: &Dockerfile<'_>,
    index: usize,
    instruction: &Instruction<'_>,
    style: &Style,
    id: &str,
    reason: &str,
) -> Edit {
    let source = file.source;
    let line = instruction.span.slice(source);
    let mark = usize::from(line.starts_with(b"\xef\xbb\xbf")) * 3;
    let blanks = line[mark..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let indent = lossy(&line[mark..mark + blanks]);
    // Comments for other tools must stay next to their instruction.
    let of_tools = file.items[..index].iter().rev().map_while(|item| match item {
        Item::Trivia(trivia) if is_for_tool(trivia.span.slice(source)) => Some(trivia.span.start),
        _ => None,
    });
    let at = of_tools.last().unwrap_or(instruction.span.start);
    let at = if source[at..].starts_with(b"\xef\xbb\xbf") { at + 3 } else { at };
    Edit::insert(at, format!("{indent}# dockmod: ignore={id} {reason}{}", style.line_end))
}

fn is_for_tool(line: &[u8]) -> bool {
    let text = lossy(line);
    let text = text.trim_start_matches('\u{feff}').trim();
    let Some(text) = text.strip_prefix('#') else { return false };
    ["hadolint", "check=", "shellcheck", "renovate:", "kics", "checkov", "trivy", "nosemgrep"]
        .iter()
        .any(|tool| text.trim_start_matches('#').trim_start().starts_with(tool))
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Offer, Selected, Settings, fix_source_as_decided};
    use crate::transforms;

    /// The file after its first fix was suppressed and all others were declined.
    fn suppressed(source: &str, id: &str) -> String {
        let transform = transforms::find(id).unwrap();
        let settings = Settings { transforms: vec![Selected { transform, by_name: true }], ..Settings::default() };
        let mut first = true;
        let mut decide = |_: &Offer<'_>| {
            if std::mem::take(&mut first) { Answer::Suppress("the order matters".to_owned()) } else { Answer::Decline }
        };
        let outcome = fix_source_as_decided(source.as_bytes(), &settings, &|_| None, None, &mut decide).unwrap();
        assert!(!first, "nothing was offered");
        assert!(outcome.declined.is_empty(), "it is offered no more");
        let text = String::from_utf8(outcome.changed.expect("a comment")).unwrap();
        let again = fix_source_as_decided(text.as_bytes(), &settings, &|_| None, None, &mut |_| Answer::Accept);
        assert!(again.unwrap().changed.is_none(), "a later run leaves it alone");
        text
    }

    const COMMENT: &str = "# dockmod: ignore=sort-packages the order matters";

    fn sort(source: &str) -> String {
        suppressed(source, "sort-packages")
    }

    #[test]
    fn above_the_instruction() {
        assert_eq!(
            sort("FROM alpine:3.20\nRUN apk add zip \\\n    curl\n"),
            format!("FROM alpine:3.20\n{COMMENT}\nRUN apk add zip \\\n    curl\n")
        );
    }

    #[test]
    fn indentation_and_line_ends_are_those_of_the_file() {
        assert_eq!(
            sort("FROM alpine:3.20\r\n\tRUN apk add zip curl"),
            format!("FROM alpine:3.20\r\n\t{COMMENT}\r\n\tRUN apk add zip curl")
        );
    }

    #[test]
    fn below_what_comes_before_and_above_what_other_tools_read() {
        assert_eq!(
            sort("FROM alpine:3.20\n# note\n# hadolint ignore=DL3018\nRUN apk add zip curl\n"),
            format!("FROM alpine:3.20\n# note\n{COMMENT}\n# hadolint ignore=DL3018\nRUN apk add zip curl\n")
        );
    }

    #[test]
    fn an_own_comment_takes_it_in() {
        for (old, new) in [
            ("# dockmod: ignore=merge-runs", "# dockmod: ignore=merge-runs,sort-packages the order matters"),
            ("#dockmod: ignore=a,b why  ", "#dockmod: ignore=a,b,sort-packages why; the order matters  "),
            ("# dockmod: ignore=a, b", "# dockmod: ignore=a,sort-packages, b; the order matters"),
        ] {
            let file = |comment: &str| format!("FROM alpine:3.20\r\n{comment}\r\n\r\n# x\r\nRUN apk add zip curl\r\n");
            assert_eq!(sort(&file(old)), file(new));
        }
        let inside = |comment: &str| format!("FROM alpine:3.20\nRUN true && \\\n  {comment}\n  apk add zip curl\n");
        assert_eq!(
            sort(&inside("# dockmod: ignore=merge-runs x")),
            inside("# dockmod: ignore=merge-runs,sort-packages x; the order matters")
        );
    }

    #[test]
    fn directives_and_a_byte_order_mark_stay_first() {
        let file = "\u{feff}# escape=`\nfrom alpine:3.20\nRUN echo `\n  a\nRUN b\n";
        let text = suppressed(file, "keyword-casing");
        assert_eq!(
            text,
            "\u{feff}# escape=`\n# dockmod: ignore=keyword-casing the order matters\nfrom alpine:3.20\nRUN echo `\n  a\nRUN b\n"
        );
        let text = suppressed("\u{feff}from alpine:3.20\nRUN a\nRUN b\n", "keyword-casing");
        assert!(text.starts_with("\u{feff}# dockmod: ignore=keyword-casing the order matters\nfrom"), "{text}");
    }

    #[test]
    fn never_into_a_heredoc_or_a_continued_line() {
        let file = "FROM alpine:3.20\nRUN <<EOF\napk add zip\nEOF\nRUN true && \\\n apk add zip curl\n";
        assert_eq!(sort(file), file.replace("RUN true", &format!("{COMMENT}\nRUN true")));
    }
}
