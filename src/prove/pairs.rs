//! ENV and LABEL as pairs of words.

use crate::model::Model;
use crate::syntax::expand::{self, Word};
use crate::syntax::{Args, Body, Instruction, lossy};

use super::Refusal;

/// A key and its value, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written<'m> {
    /// The key.
    pub key: &'m [u8],
    /// The value with its quotes.
    pub value: &'m [u8],
}

/// The pairs of an ENV or LABEL in the form `key=value …`; `None` for the old form and for all else.
pub fn new_form<'m>(instruction: &'m Instruction<'_>) -> Option<Vec<Written<'m>>> {
    match &instruction.body.args {
        Args::Pairs(_) => Some(of_body(instruction, &instruction.body)),
        _ => None,
    }
}

/// The pair of an ENV or LABEL in the old form.
pub fn old_form<'m>(instruction: &'m Instruction<'_>) -> Option<Written<'m>> {
    match &instruction.body.args {
        Args::LegacyPair(_) => of_body(instruction, &instruction.body).first().copied(),
        _ => None,
    }
}

/// The pairs of an instruction, or of the one inside ONBUILD, in either form.
pub fn of_body<'m>(instruction: &'m Instruction<'_>, body: &Body) -> Vec<Written<'m>> {
    let pairs = match &body.args {
        Args::Pairs(pairs) => pairs.as_slice(),
        Args::LegacyPair(pair) => std::slice::from_ref(pair),
        Args::Onbuild(inner) => return of_body(instruction, inner),
        _ => &[],
    };
    let text = instruction.joined.text();
    pairs.iter().map(|pair| Written { key: pair.key.slice(text), value: pair.value.slice(text) }).collect()
}

/// What a key or value stands for.
///
/// # Errors
/// Where it can't be read, so that nothing can be said of it.
pub fn word(model: &Model<'_, '_>, raw: &[u8]) -> Result<Word, Refusal> {
    expand::expand(raw, model.file.escape)
        .map_err(|error| Refusal::new(format!("`{}` can't be read: {error}", lossy(raw))))
}
