//! RUN instructions joined into one, as text edits.

use crate::edit::Edit;
use crate::model::Model;
use crate::shell::Script;
use crate::syntax::{Item, Span, TriviaKind};

use super::{OperatorPlace, Style};

/// The edits that join the RUN at `second` to the RUN before it, at `first`, by `&&`.
///
/// Comment lines between the two stay where they are, inside the joined RUN; blank lines go. With `braced`,
/// the second command is put into braces.
#[must_use]
pub fn join(
    model: &Model<'_, '_>,
    style: &Style,
    first: (usize, &Script<'_>),
    second: (usize, &Script<'_>),
    braced: bool,
) -> Vec<Edit> {
    let source = model.file.source;
    let (first_index, first_script) = first;
    let (second_index, second_script) = second;
    let mut edits = vec![continue_after(model, style, first_index, first_script)];
    edits.extend(blank_lines_between(model, first_index, second_index).into_iter().map(Edit::delete));
    edits.push(open_second(model, style, second_index, second_script, braced));
    if braced {
        let end = script_end(second_script);
        edits.push(Edit::insert(end, "; }"));
    }
    debug_assert!(edits.iter().all(|edit| edit.span.end <= source.len()));
    edits
}

/// The byte after the script's last one.
fn script_end(script: &Script<'_>) -> usize {
    let len = script.whole().len();
    script.span(crate::syntax::TextRange::new(0, len)).end
}

/// Makes the line that ends the first RUN go on.
fn continue_after(model: &Model<'_, '_>, style: &Style, index: usize, script: &Script<'_>) -> Edit {
    let source = model.file.source;
    let end = script_end(script);
    let line_end = line_end_at(source, end);
    let operator = match style.operator {
        OperatorPlace::LineStart => "",
        OperatorPlace::LineEnd => " &&",
    };
    let span = Span::new(end, line_end);
    if span.end == source.len() || model.instructions[index].span.end <= end {
        return Edit::replace(span, format!("{operator}{}", style.continuation()));
    }
    Edit::replace(span, format!("{operator} {}", style.escape))
}

/// Where the line end begins that follows `at`.
fn line_end_at(source: &[u8], at: usize) -> usize {
    let feed = memchr::memchr(b'\n', &source[at..]).map_or(source.len(), |offset| at + offset);
    let returns = source[at..feed].iter().rev().take_while(|byte| **byte == b'\r').count();
    feed - returns
}

fn blank_lines_between(model: &Model<'_, '_>, first: usize, second: usize) -> Vec<Span> {
    let (from, to) = (model.instructions[first].span.end, model.instructions[second].span.start);
    let between = model.file.items_in(Span::new(from, to)).iter().filter_map(|item| match item {
        Item::Trivia(trivia) if trivia.kind == TriviaKind::Blank => Some(trivia.span),
        _ => None,
    });
    between.collect()
}

/// Replaces the second RUN's keyword and flags by what joins it.
fn open_second(model: &Model<'_, '_>, style: &Style, index: usize, script: &Script<'_>, braced: bool) -> Edit {
    let instruction = model.instructions[index];
    let brace = if braced { "{ " } else { "" };
    let joiner = match style.operator {
        OperatorPlace::LineStart => format!("{}&& {brace}", style.indent),
        OperatorPlace::LineEnd => format!("{}{brace}", style.indent),
    };
    let start = instruction.span.start;
    let script_start = script.span(crate::syntax::TextRange::new(0, 1)).start;
    let comments_first = instruction.inner.iter().any(|trivia| trivia.span.start < script_start);
    if !comments_first {
        return Edit::replace(Span::new(start, script_start), joiner);
    }
    // Comments stand between the keyword and the command: only the keyword and the flags go.
    let head = instruction.body.flags.last().map_or(instruction.body.keyword_range, |flag| flag.range);
    let head_end = instruction.joined.span(head).end;
    let joiner = match style.operator {
        OperatorPlace::LineStart => format!("{}&&{}", style.indent, if braced { " {" } else { "" }),
        OperatorPlace::LineEnd => format!("{}{}", style.indent, brace.trim_end()),
    };
    Edit::replace(Span::new(start, head_end), joiner)
}
