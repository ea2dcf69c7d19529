//! The variables that the script of a RUN uses, and those that it sets itself.

use crate::model::Model;
use crate::syntax::TextRange;
use crate::syntax::variables::references;

use super::Use;

/// Commands that read settings or set variables whose names can't be told.
const SETTERS: &[&str] = &[".", "source", "eval", "read", "mapfile", "readarray", "getopts", "printf"];

/// Where a RUN uses variables; nothing where it can't be told which of them it sets itself.
pub(super) fn uses(model: &Model<'_, '_>, index: usize) -> Vec<Use> {
    // What ONBUILD runs sees the variables of another file.
    if model.inner(index) != &model.instructions[index].body {
        return Vec::new();
    }
    let Some(script) = model.script(index) else { return Vec::new() };
    let text = script.whole();
    let sets_unknown = script.simple_commands().iter().any(|simple| match simple.name() {
        Some("printf") => simple.literals().contains(&Some("-v")),
        Some(name) => SETTERS.contains(&name),
        None => false,
    });
    // A document within may be for another program.
    if sets_unknown || text.contains("<<") {
        return Vec::new();
    }
    let found = references(text.as_bytes(), TextRange::new(0, text.len()), b'\\').into_iter();
    let used = found.map(|reference| {
        let place = script.span(reference.range);
        Use { reference, place }
    });
    used.collect()
}

/// Whether a RUN may set a variable itself.
pub(super) fn may_set(model: &Model<'_, '_>, index: usize, name: &str) -> bool {
    model.script(index).is_some_and(|script| is_set(script.whole(), name))
}

/// Whether the bare name stands anywhere but in an expansion: `NAME=`, `for NAME in`, `export NAME`.
fn is_set(text: &str, name: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        before.is_none_or(|c| !part_of_name(c) && c != '$' && c != '{') && after.is_none_or(|c| !part_of_name(c))
    })
}
