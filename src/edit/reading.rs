//! A text of a file with all that it says, kept together: what was read to prove a round is where the next one begins.

use self_cell::self_cell;

use crate::prove::Version;
use crate::syntax::{self, Dockerfile, ParseError, validate};

type Traced<'t> = Version<'t, 't>;

self_cell!(
    struct Parsed {
        owner: Vec<u8>,
        #[covariant]
        dependent: Dockerfile,
    }
);

self_cell!(
    /// A text, its tree, and the version of the file that it is.
    pub(super) struct Reading {
        owner: Parsed,
        #[covariant]
        dependent: Traced,
    }
);

impl Reading {
    /// Reads a text.
    pub fn of(text: Vec<u8>) -> Result<Self, ParseError> {
        let parsed = Parsed::try_new(text, |text| syntax::parse(text))?;
        Ok(Self::new(parsed, |parsed| Version::of(parsed.borrow_dependent())))
    }

    /// Reads what a fix came to; an error says why BuildKit would not take it.
    pub fn of_result(text: Vec<u8>) -> Result<Self, String> {
        let reading = Self::of(text).map_err(|error| format!("the result does not parse: {error}"))?;
        match validate::refusal(reading.version().model.file) {
            Some(refusal) => Err(format!("BuildKit would refuse the result: {refusal}")),
            None => Ok(reading),
        }
    }

    /// The version.
    pub fn version(&self) -> &Version<'_, '_> {
        self.borrow_dependent()
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        self.borrow_owner().borrow_owner()
    }
}
