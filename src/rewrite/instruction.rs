//! Whole instructions: taken out, replaced, or added.

use crate::edit::Edit;
use crate::model::Model;
use crate::syntax::{Item, Keyword, Span, Trivia, TriviaKind, lossy};

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
        let line = lossy(trivia.span.slice(model.file.source));
        let means = ["hadolint", "check=", "dockmod"].iter().any(|word| line.contains(word));
        match trivia.kind {
            TriviaKind::Blank => adjoining = false,
            TriviaKind::Comment if adjoining || means => at = trivia.span.start,
            TriviaKind::Comment => {}
        }
    }
    // The edit reaches to the instruction, so that what switches a transform off for it holds.
    let between = lossy(&model.file.source[at..below]);
    Edit::replace(Span::new(at, below), edit.text + &between)
}

/// Puts an instruction of one line above another one, with the same indentation.
#[must_use]
pub fn insert_line_above(model: &Model<'_, '_>, index: usize, text: &str) -> Edit {
    let instruction = model.instructions[index];
    let start = instruction.joined.span(instruction.body.keyword_range).start;
    let blanks = lossy(&model.file.source[instruction.span.start..start]);
    Edit::insert(instruction.span.start, format!("{blanks}{text}{}", model.style().line_end))
}

/// The instructions of a keyword that a later one of their stage overrides, each with the last of these.
#[must_use]
pub fn overridden(model: &Model<'_, '_>, keyword: Keyword) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for stage in &model.stages {
        let all: Vec<usize> = stage.range.clone().filter(|index| model.keyword(*index) == keyword).collect();
        if let Some((last, earlier)) = all.split_last() {
            found.extend(earlier.iter().map(|index| (*index, *last)));
        }
    }
    found
}

/// Takes an instruction out with all of its lines, and with a blank line where one stands above and below.
///
/// # Errors
/// Where a comment speaks of it: one inside, directly above or below, or one for a tool above.
pub fn drop_uncommented(model: &Model<'_, '_>, index: usize) -> Result<Edit, &'static str> {
    let span = model.instructions[index].span;
    let edit = drop_instruction(model, index).ok_or("a comment stands in it")?;
    let items = &model.file.items;
    let at = items.iter().position(|item| matches!(item, Item::Instruction(it) if it.span == span));
    let at = at.ok_or("it is not found")?;
    if matches!(at.checked_sub(1).map(|above| &items[above]), Some(Item::Trivia(it)) if it.kind == TriviaKind::Comment)
    {
        return Err("the comment above speaks of it");
    }
    if comments_above(model, index).iter().any(|comment| is_for_a_tool(comment)) {
        return Err("the comment above speaks of it");
    }
    let comments =
        items[at + 1..].iter().take_while(|item| matches!(item, Item::Trivia(it) if it.kind == TriviaKind::Comment));
    let comments = comments.count();
    if comments > 0 && !matches!(items.get(at + 1 + comments), Some(Item::Instruction(_))) {
        return Err("the comment below may speak of it");
    }
    let blank = |item: Option<&Item<'_>>| match item {
        Some(Item::Trivia(Trivia { kind: TriviaKind::Blank, span })) => Some(*span),
        _ => None,
    };
    let above = at.checked_sub(1).and_then(|above| blank(items.get(above)));
    let below = blank(items.get(at + 1));
    Ok(match (above, below) {
        (Some(_), Some(below)) => Edit::delete(edit.span.cover(below)),
        _ => edit,
    })
}

/// The comment lines above an instruction, blank lines between them passed over, the nearest one first.
#[must_use]
pub fn comments_above(model: &Model<'_, '_>, index: usize) -> Vec<String> {
    let span = model.instructions[index].span;
    let items = &model.file.items;
    let at = items.iter().position(|item| matches!(item, Item::Instruction(it) if it.span == span)).unwrap_or(0);
    let trivia = items[..at].iter().rev().map_while(|item| match item {
        Item::Trivia(trivia) => Some(trivia),
        _ => None,
    });
    let comments = trivia.filter(|trivia| trivia.kind == TriviaKind::Comment);
    comments.map(|trivia| lossy(trivia.span.slice(model.file.source)).trim().to_owned()).collect()
}

/// Whether a comment rules the instruction below it, for a tool.
fn is_for_a_tool(comment: &str) -> bool {
    let says = comment.trim_start_matches('#').trim_start().to_ascii_lowercase();
    [
        "hadolint", "dockmod", "check=", "syntax", "escape", "checkov", "trivy", "nosec", "snyk", "semgrep", "tally",
        "kics",
    ]
    .iter()
    .any(|word| says.starts_with(word))
}
