//! Answers that were given in this run.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use crate::context::disk::{Digest, Question, What};

/// Threads ask at once.
const PARTS: usize = 64;
/// So many answers are kept in each part; it then begins anew. Files come in the order of their paths, so that those of
/// one folder follow each other.
const MOST: usize = 512;

/// By path, as bytes: to hash a path part by part takes longer.
type Part = HashMap<(OsString, What), Digest>;

/// Answers to questions that several files ask: of the folders above theirs.
#[derive(Debug)]
pub(super) struct Answers(Vec<Mutex<Part>>);

impl Default for Answers {
    fn default() -> Self {
        Self((0..PARTS).map(|_| Mutex::default()).collect())
    }
}

impl Answers {
    /// The answer, which is asked for once.
    pub fn get(&self, question: Question) -> Digest {
        let bytes = question.path.as_os_str().as_encoded_bytes();
        // Paths of one folder differ at their end, and those of one name in their length.
        let sum = bytes.iter().rev().take(8).fold(bytes.len(), |sum, byte| sum.wrapping_mul(31) + usize::from(*byte));
        let mut part = self.0[sum % PARTS].lock().unwrap_or_else(PoisonError::into_inner);
        let Question { path, what } = question;
        let key = (path.into_os_string(), what);
        if let Some(known) = part.get(&key) {
            return *known;
        }
        if part.len() == MOST {
            part.clear();
        }
        let question = Question { path: key.0.clone().into(), what };
        let answer = question.answer();
        part.insert(key, answer);
        answer
    }
}
