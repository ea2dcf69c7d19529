//! Which transforms need not look at a text: those whose words it does not hold.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::transforms;

use super::Transform;

/// All words of transforms, each once, with what finds them in one pass.
struct Sought {
    words: Vec<&'static str>,
    automaton: AhoCorasick,
}

static SOUGHT: LazyLock<Option<Sought>> = LazyLock::new(|| {
    let mut words: Vec<&str> = transforms::ALL.iter().flat_map(|transform| transform.words).copied().collect();
    words.sort_unstable();
    words.dedup();
    let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(&words).ok()?;
    Some(Sought { words, automaton })
});

/// Which words of transforms a text holds, in lower case and without what may stand within a word: quotes, escapes, and
/// line ends behind an escape. `None` where that is not known.
#[derive(Debug)]
pub(super) struct Words(Option<Vec<&'static str>>);

impl Words {
    pub fn of(text: &[u8]) -> Self {
        // With this escape character a word may go on behind a line end as well: such a file is looked at by all.
        if memchr::memmem::find(text, b"`\n").is_some() || memchr::memmem::find(text, b"`\r").is_some() {
            return Self(None);
        }
        let Some(sought) = &*SOUGHT else { return Self(None) };
        let text = squeezed(text);
        let mut found = vec![false; sought.words.len()];
        for word in sought.automaton.find_overlapping_iter(&text) {
            found[word.pattern().as_usize()] = true;
        }
        let held = sought.words.iter().zip(found);
        Self(Some(held.filter_map(|(word, found)| found.then_some(*word)).collect()))
    }

    /// Whether the transform may have something to say. A word that is split by a comment line is not found.
    pub fn may_concern(&self, transform: &Transform) -> bool {
        let Some(held) = &self.0 else { return true };
        transform.words.is_empty() || transform.words.iter().any(|word| held.binary_search(word).is_ok())
    }
}

fn squeezed(text: &[u8]) -> Vec<u8> {
    let mut squeezed = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'\\', b'"', b'\'', rest) {
        squeezed.extend_from_slice(&rest[..at]);
        let escaped = rest[at] == b'\\';
        rest = &rest[at + 1..];
        if escaped {
            let end = rest.strip_prefix(b"\r").unwrap_or(rest);
            rest = end.strip_prefix(b"\n").unwrap_or(rest);
        }
    }
    squeezed.extend_from_slice(rest);
    squeezed.make_ascii_lowercase();
    squeezed
}

#[cfg(test)]
mod tests {
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
        assert!(concerns("# escape=`\nRUN ap`\r\nt-get update", "apt-clean-lists"));
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
