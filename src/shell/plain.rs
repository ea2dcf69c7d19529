//! Scripts of plain commands, which most scripts are: words, with quotes and variables in them, joined by `&&`, `||`,
//! `|` and `;`.
//!
//! A parser of the whole language costs many times what these need. Whatever goes beyond them, or might, is left to it;
//! tests compare the two on random scripts and on those of real files.

use smallvec::SmallVec;

use crate::syntax::TextRange;

use super::literal;
use super::tree::{Chain, ChainLink, Command, Joiner, Link, List, ListItem, Pipeline, Simple, Terminator, Word};

/// Words that mean something else than a command of their name, or that the parser reads by rules of their own.
const NO_PLAIN_COMMANDS: &[&str] = &[
    "if",
    "then",
    "else",
    "elif",
    "fi",
    "do",
    "done",
    "case",
    "esac",
    "while",
    "until",
    "for",
    "select",
    "in",
    "function",
    "time",
    "coproc",
    "repeat",
    "foreach",
    "always",
    "nocorrect",
    "noglob",
    "break",
    "continue",
    "return",
    "exit",
    "export",
    "declare",
    "local",
    "readonly",
    "typeset",
    "integer",
    "float",
    "private",
    "alias",
    "unalias",
    "shopt",
    "set",
    "setopt",
    "unsetopt",
    "emulate",
    "enable",
    "disable",
    "let",
    "eval",
    "builtin",
    "command",
];

/// The commands of a script, where all of them are plain.
pub(super) fn read(source: &str) -> Option<List> {
    let mut reader = Reader { source, text: source.as_bytes(), at: 0 };
    let mut items = Vec::new();
    loop {
        let chain = reader.chain()?;
        let (first, last) = (chain.links.first()?, chain.links.last()?);
        let range = TextRange::new(first.range.start, last.range.end);
        let more = reader.takes(b";");
        let end = if more { Terminator::Semicolon } else { Terminator::None };
        items.push(ListItem { chain, end, range });
        reader.blanks();
        if reader.at == reader.text.len() {
            return Some(List { items });
        }
        if !more {
            return None;
        }
    }
}

struct Reader<'t> {
    source: &'t str,
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn takes(&mut self, operator: &[u8]) -> bool {
        let found = self.text[self.at..].starts_with(operator);
        self.at += if found { operator.len() } else { 0 };
        found
    }

    fn chain(&mut self) -> Option<Chain> {
        let mut links = Vec::with_capacity(1);
        let mut joiner = None;
        loop {
            let pipeline = self.pipeline()?;
            let [Command::Simple(first), ..] = pipeline.commands.as_slice() else { return None };
            let [.., Command::Simple(last)] = pipeline.commands.as_slice() else { return None };
            let range = TextRange::new(first.range.start, last.range.end);
            links.push(ChainLink { joiner, pipeline, range });
            let start = self.at;
            let kind = if self.takes(b"&&") {
                Joiner::And
            } else if self.takes(b"||") {
                Joiner::Or
            } else {
                return Some(Chain { links });
            };
            joiner = Some(Link { kind, range: TextRange::new(start, self.at) });
        }
    }

    fn pipeline(&mut self) -> Option<Pipeline> {
        let mut commands = vec![self.command()?];
        while self.byte() == Some(b'|') && self.text.get(self.at + 1) != Some(&b'|') {
            self.at += 1;
            commands.push(self.command()?);
        }
        Some(Pipeline { negated: false, commands })
    }

    /// A command and the blanks behind it: an operator or the end follows.
    fn command(&mut self) -> Option<Command> {
        let mut words: SmallVec<[Word; 8]> = SmallVec::new();
        loop {
            self.blanks();
            let start = self.at;
            self.word()?;
            if self.at == start {
                break;
            }
            let range = TextRange::new(start, self.at);
            let text = &self.source[range.range()];
            if words.is_empty() && (text.contains('=') || NO_PLAIN_COMMANDS.contains(&text)) {
                return None;
            }
            let (quoting, literal) = literal::read(text);
            if quoting.broken {
                return None;
            }
            words.push(Word { range, literal });
        }
        let range = TextRange::new(words.first()?.range.start, words.last()?.range.end);
        let words = words.into_vec();
        Some(Command::Simple(Simple { assignments: Vec::new(), words, redirects: Vec::new(), range }))
    }

    /// Goes to the end of a word; `None` where it is no plain one.
    fn word(&mut self) -> Option<()> {
        while let Some(byte) = self.byte() {
            match byte {
                b' ' | b'\t' | b';' | b'|' => return Some(()),
                b'&' => return (self.text.get(self.at + 1) == Some(&b'&')).then_some(()),
                b'\'' => self.at = self.closing(b'\'')?,
                b'"' => self.double_quoted()?,
                b'$' => self.variable()?,
                b'*' | b'?' => self.at += 1,
                _ if literal::is_plain(byte) => self.at += 1,
                _ => return None,
            }
        }
        Some(())
    }

    /// The place behind the quote that closes the one here.
    fn closing(&self, quote: u8) -> Option<usize> {
        let inner = &self.text[self.at + 1..];
        let length = memchr::memchr(quote, inner)?;
        (memchr::memchr3(b'\n', b'\r', 0, &inner[..length]).is_none()).then_some(self.at + length + 2)
    }

    fn double_quoted(&mut self) -> Option<()> {
        let end = self.closing(b'"')?;
        self.at += 1;
        while self.at + 1 < end {
            match self.text[self.at] {
                b'\\' | b'`' => return None,
                b'$' => self.variable()?,
                _ => self.at += 1,
            }
        }
        // A variable in braces is closed within the quotes.
        (self.at + 1 == end).then(|| self.at = end)
    }

    /// `$NAME` or `${NAME}`.
    fn variable(&mut self) -> Option<()> {
        self.at += 1;
        let braced = self.takes(b"{");
        let name = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
        let length = name.count();
        if length == 0 || self.text[self.at].is_ascii_digit() {
            return None;
        }
        self.at += length;
        (!braced || self.takes(b"}")).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::read_both_ways;
    use super::*;

    #[test]
    fn plain_scripts_are_read() {
        for text in [
            "a",
            " apt-get update && apt-get install -y --no-install-recommends curl=7.* \"x y\" ",
            "echo 'a  b'\"$c\"${d} | tee -a /f || true; b;",
            "a=1; b",
            "env a=b c",
        ] {
            let (plain, parsed) = read_both_ways(text, false);
            assert_eq!(plain.is_some(), !text.starts_with("a="), "{text}");
            assert!(plain.is_none_or(|plain| Ok(plain) == parsed), "{text}");
        }
    }

    #[test]
    fn whatever_is_more_is_left_to_the_parser() {
        for text in [
            "",
            " ",
            "&& a",
            "a &&",
            "a;;b",
            "a & b",
            "a |& b",
            "(a)",
            "{ a; }",
            "! a",
            "a > f",
            "a 2>&1",
            "a `b`",
            "a $(b)",
            "a ${b:-c}",
            "a $1",
            "a $",
            "a\nb",
            "a \\b",
            "a #b",
            "if a",
            "exit 1",
            "a {b,c}",
            "a ~",
            "a [b]",
            "a 'b",
            "a \"b",
            "a \"${b\"}",
            "a \"\\$b\"",
            "x=1 a",
            "time a",
            "a |",
            "a ||| b",
            "a \"`b`\"",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]
        #[test]
        fn both_readers_say_the_same(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "a", "b-c", " ", " ", "  ", "\t", "&&", " && ", "||", "|", ";", "; ", "'x  y'", "\"x $y\"", "\"${z}\"",
                "$v", "${w}", "*", "?", "=", "a=b", "/p", "'", "\"", "$", "{", "}", "1", "if", "then", "export", "echo",
                "exit", "é", "'é'", "[", "]", "!", "#", "~", "@", "+", ":", ",", "%", "time", "in", "command", "test",
            ]), 1..14),
            bash in any::<bool>(),
        ) {
            let text: String = pieces.concat();
            let (plain, parsed) = read_both_ways(&text, bash);
            if let Some(plain) = plain {
                prop_assert_eq!(Ok(plain), parsed, "{}", text);
            }
        }
    }
}
