//! Whole instructions: taken out, replaced, or added.

use crate::edit::Edit;
use crate::model::Model;
use crate::style::Style;
use crate::syntax::{Item, Span, TriviaKind};

/// Takes an instruction out with all of its lines; `None` where a comment line stands in it.
#[must_use]
pub fn drop_instruction(model: &Model<'_, '_>, index: usize) -> Option<Edit> {
    let instruction = model.instructions[index];
    let commented = instruction.inner.iter().any(|trivia| trivia.kind == TriviaKind::Comment);
    (!commented).then(|| Edit::delete(instruction.span))
}

/// Replaces an instruction's text from its keyword to its last argument; indentation and line end stay.
///
/// `None` where a comment line stands in it, and for one with heredocs.
#[must_use]
pub fn replace_with(model: &Model<'_, '_>, index: usize, text: impl Into<String>) -> Option<Edit> {
    let instruction = model.instructions[index];
    let commented = instruction.inner.iter().any(|trivia| trivia.kind == TriviaKind::Comment);
    if commented || !instruction.heredocs.is_empty() {
        return None;
    }
    let start = instruction.joined.span(instruction.body.keyword_range).start;
    let end = instruction.joined.span(instruction.body.rest).end.max(start);
    Some(Edit::replace(Span::new(start, end), text))
}

/// Puts an instruction of one line above another one and the comments that belong to it, with the same
/// indentation: those right above it, and those beyond a blank line that mean something to a tool.
#[must_use]
pub fn insert_line_above_comments(model: &Model<'_, '_>, index: usize, text: &str) -> Edit {
    let below = model.instructions[index].span.start;
    let edit = insert_line_above(model, index, text);
    let mut at = below;
    let mut adjoining = true;
    for item in model.file.items.iter().rev().skip_while(|item| item.span().start >= below) {
        let Item::Trivia(trivia) = item else { break };
        let line = String::from_utf8_lossy(trivia.span.slice(model.file.source)).into_owned();
        let means = ["hadolint", "check=", "dockmod"].iter().any(|word| line.contains(word));
        match trivia.kind {
            TriviaKind::Blank => adjoining = false,
            TriviaKind::Comment if adjoining || means => at = trivia.span.start,
            TriviaKind::Comment => {}
        }
    }
    // The edit reaches to the instruction, so that what switches a transform off for it holds.
    let between = String::from_utf8_lossy(&model.file.source[at..below]).into_owned();
    Edit::replace(Span::new(at, below), edit.text + &between)
}

/// Puts an instruction of one line above another one, with the same indentation.
#[must_use]
pub fn insert_line_above(model: &Model<'_, '_>, index: usize, text: &str) -> Edit {
    let instruction = model.instructions[index];
    let start = instruction.joined.span(instruction.body.keyword_range).start;
    let blanks = String::from_utf8_lossy(&model.file.source[instruction.span.start..start]).into_owned();
    Edit::insert(instruction.span.start, format!("{blanks}{text}{}", Style::of(model).line_end))
}
