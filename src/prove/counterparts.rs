//! Which instructions differ between two versions that have the same instructions and comments.

use crate::model::Model;
use crate::syntax::{Item, Span, TriviaKind, dump, lossy};

use super::{Refusal, Version};

/// The numbers of the instructions that say something else, the same in both versions.
///
/// # Errors
/// Where an instruction or a comment appeared, moved, is gone, or became another one.
pub fn differing(before: &Version<'_, '_>, after: &Version<'_, '_>) -> Result<Vec<usize>, Refusal> {
    let (old, new) = (&before.model, &after.model);
    if outline(old) != outline(new) {
        return Err(Refusal::new("an instruction or a comment appeared, moved or is gone"));
    }
    Ok((0..old.instructions.len()).filter(|index| says(old, *index) != says(new, *index)).collect())
}

/// What an instruction says, wherever it stands.
pub fn says(model: &Model<'_, '_>, index: usize) -> dump::InstructionDump {
    dump::instruction(model.file, model.instructions[index]).without_lines()
}

/// What stands where: the keyword of each instruction, the text of each comment.
fn outline(model: &Model<'_, '_>) -> Vec<String> {
    let source = model.file.source;
    let text = |span: Span| lossy(span.slice(source)).trim().to_owned();
    let mut lines = Vec::new();
    for item in &model.file.items {
        match item {
            Item::Directive(span) => lines.push(text(*span)),
            Item::Trivia(trivia) if trivia.kind == TriviaKind::Blank => {}
            Item::Trivia(trivia) => lines.push(text(trivia.span)),
            Item::Instruction(instruction) => {
                let keyword = instruction.body.keyword_range.slice(instruction.joined.text());
                lines.push(lossy(keyword).into_owned());
                let inner = instruction.inner.iter().filter(|trivia| trivia.kind == TriviaKind::Comment);
                lines.extend(inner.map(|trivia| text(trivia.span)));
            }
        }
    }
    lines
}
