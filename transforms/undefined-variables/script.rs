//! The variables that the script of a RUN uses and does not set itself.

use crate::model::Model;
use crate::syntax::TextRange;
use crate::syntax::variables::references;

use super::Use;

/// Commands that read settings or set variables whose names can't be told.
const SETTERS: &[&str] = &[".", "source", "eval", "read", "mapfile", "readarray", "getopts", "printf"];

/// Where a RUN uses variables that nothing in it sets; nothing where that can't be told.
pub(super) fn uses(model: &Model<'_, '_>, index: usize) -> Vec<Use> {
    // What ONBUILD runs sees the variables of another file.
    if model.inner(index) != &model.instructions[index].body {
        return Vec::new();
    }
    let Some(script) = model.script(index) else { return Vec::new() };
    let bytes = script.text.text();
    let text = String::from_utf8_lossy(bytes).into_owned();
    let sets_unknown = script.simple_commands().iter().any(|simple| match simple.name() {
        Some("printf") => simple.literals().contains(&Some("-v")),
        Some(name) => SETTERS.contains(&name),
        None => false,
    });
    // A document within may be for another program.
    if sets_unknown || text.contains("<<") {
        return Vec::new();
    }
    let found = references(bytes, TextRange::new(0, bytes.len()), b'\\').into_iter();
    found
        .filter(|reference| !is_set(&text, &reference.name))
        .map(|reference| {
            let place = script.span(reference.range);
            Use { reference, place }
        })
        .collect()
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
