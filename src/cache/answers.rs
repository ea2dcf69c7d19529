//! Answers that were given in this run.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

use crate::context::disk::{Digest, Question};

/// Threads ask at once.
const PARTS: usize = 64;
/// So many answers are kept in each part; it then begins anew. Files come in the order of their paths, so that those of
/// one folder follow each other.
const MOST: usize = 512;

/// Answers to questions that several files ask: of the folders above theirs.
#[derive(Debug)]
pub(super) struct Answers(Vec<Mutex<HashMap<Question, Digest>>>);

impl Default for Answers {
    fn default() -> Self {
        Self((0..PARTS).map(|_| Mutex::default()).collect())
    }
}

impl Answers {
    /// The answer, which is asked for once.
    pub fn get(&self, question: Question) -> Digest {
        let mut hasher = DefaultHasher::new();
        question.hash(&mut hasher);
        let part = usize::try_from(hasher.finish() % PARTS as u64).unwrap_or_default();
        let mut part = self.0[part].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = part.get(&question) {
            return *known;
        }
        if part.len() == MOST {
            part.clear();
        }
        let answer = question.answer();
        part.insert(question, answer);
        answer
    }
}
