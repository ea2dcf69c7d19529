//! Which transforms need not look at a text: those whose words it does not hold.

use super::Transform;

/// A text in lower case without what may stand within a word of it: line ends, escapes and quotes.
#[derive(Debug)]
pub(super) struct Words(Vec<u8>);

impl Words {
    pub fn of(text: &[u8]) -> Self {
        let within = |byte: &u8| matches!(byte, b'\\' | b'\'' | b'"' | b'\n' | b'\r');
        Self(text.iter().filter(|byte| !within(byte)).map(u8::to_ascii_lowercase).collect())
    }

    /// Whether the transform may have something to say. A word that is split by a comment line is not found.
    pub fn may_concern(&self, transform: &Transform) -> bool {
        let holds = |word: &&str| memchr::memmem::find(&self.0, word.as_bytes()).is_some();
        transform.words.is_empty() || transform.words.iter().any(holds)
    }
}

#[cfg(test)]
mod tests {
    use crate::transforms;

    use super::*;

    #[test]
    fn words_are_found_through_case_quotes_and_line_ends() {
        let concerns = |text: &str, id: &str| {
            transforms::find(id).is_some_and(|transform| Words::of(text.as_bytes()).may_concern(transform))
        };
        assert!(!concerns("RUN ap\\\n  t-get update", "apt-clean-lists"), "blanks stay");
        assert!(concerns("RUN ap\\\nt-get update", "apt-clean-lists"));
        assert!(concerns("RUN \"A\"'p'\\t-get update", "apt-clean-lists"));
        assert!(concerns("eNv a b", "env-key-value") && !concerns("RUN x", "env-key-value"));
        assert!(concerns("RUN x", "merge-runs"), "without words every text concerns it");
    }

    #[test]
    fn words_are_in_lower_case() {
        for transform in transforms::ALL {
            for word in transform.words {
                assert_eq!(*word, word.to_lowercase(), "{}", transform.id);
                assert!(!word.is_empty() && !word.contains(['\\', '\'', '"', '\n']), "{}", transform.id);
            }
        }
    }
}
