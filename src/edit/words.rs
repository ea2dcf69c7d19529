//! Which transforms need not look at a text: those whose words it does not hold.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::transforms;

use super::Transform;

/// All words of transforms, each once: one bit stands for each.
struct Sought {
    words: Vec<&'static str>,
    /// What looks for each of them: a pass for one word is many times faster than one that minds all.
    finders: Vec<Finder<'static>>,
}

static SOUGHT: LazyLock<Option<Sought>> = LazyLock::new(|| {
    let mut words: Vec<&'static str> = transforms::ALL.iter().flat_map(|transform| transform.words).copied().collect();
    words.sort_unstable();
    words.dedup();
    if words.len() > u64::BITS as usize {
        return None;
    }
    let finders = words.iter().map(|word| Finder::new(*word)).collect();
    Some(Sought { words, finders })
});

impl Sought {
    /// The bits of the words of a transform.
    fn bits_of(&self, transform: &Transform) -> u64 {
        let bit = |word: &&str| self.words.binary_search(word).map_or(u64::MAX, |number| 1 << number);
        transform.words.iter().map(bit).fold(0, |all, bit| all | bit)
    }
}

/// What [`Sought::bits_of`] gives for each of all transforms.
static BITS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let Some(sought) = &*SOUGHT else { return Vec::new() };
    transforms::ALL.iter().map(|transform| sought.bits_of(transform)).collect()
});

/// Which words of transforms a text holds, in lower case and without what may stand within a word: quotes, escapes, and
/// line ends behind an escape; one bit for each. `None` where that is not known.
#[derive(Debug)]
pub(super) struct Words(Option<u64>);

impl Words {
    pub fn of(text: &[u8]) -> Self {
        // With this escape character a word may go on behind a line end as well: such a file is looked at by all.
        if memchr::memmem::find(text, b"`\n").is_some() || memchr::memmem::find(text, b"`\r").is_some() {
            return Self(None);
        }
        let Some(sought) = &*SOUGHT else { return Self(None) };
        let text = squeezed(text);
        let found = sought.finders.iter().enumerate().filter(|(_, finder)| finder.find(&text).is_some());
        Self(Some(found.fold(0, |found, (number, _)| found | 1 << number)))
    }

    /// Whether the transform may have something to say. A word that is split by a comment line is not found.
    pub fn may_concern(&self, transform: &Transform) -> bool {
        let Some(held) = self.0 else { return true };
        if transform.words.is_empty() {
            return true;
        }
        let number = transforms::ALL.iter().position(|known| std::ptr::eq(*known, transform));
        number.and_then(|number| BITS.get(number)).is_none_or(|bits| bits & held != 0)
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
