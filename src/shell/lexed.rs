//! Quotes and expansions of a shell text, each with its place.
//!
//! The tree of commands knows words as a whole; this is what stands in them. It reads byte by byte, by the rules
//! of POSIX (Shell Command Language, 2.2 and 2.6), and gives up where shells disagree.

use crate::syntax::TextRange;

/// A shell text with its expansions.
#[derive(Debug, Clone, Default)]
pub struct Lexed {
    /// Everything that expands, outer ones first.
    pub expansions: Vec<Expansion>,
    /// The text up to [`Lexed::until`]; what is quoted, a comment or expands is blotted out, byte for byte.
    pub bare: String,
    /// Where a heredoc operator stands, or the end: nothing is read beyond.
    pub until: usize,
}

/// What [`Lexed::bare`] holds in the place of bytes that are not bare.
pub const BLOT: char = '\u{1}';

/// Something that a shell expands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expansion {
    /// What kind.
    pub kind: ExpansionKind,
    /// The whole of it.
    pub range: TextRange,
    /// What stands within its brackets, or its name.
    pub inner: TextRange,
    /// Whether it stands in double quotes.
    pub quoted: bool,
    /// What it stands in.
    pub within: Within,
}

/// The kinds of expansions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpansionKind {
    /// `$NAME`, `$1`, `$?`
    Parameter,
    /// `${…}`
    Braced,
    /// `$(…)`
    Substitution,
    /// `` `…` ``
    Backticks,
    /// `$((…))`
    Arithmetic,
}

/// What an expansion stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// The text itself.
    Text,
    /// A `$(…)`, and nothing but such.
    Substitution,
    /// A `${…}` or `$((…))`.
    Operand,
}

/// Reads a text; `None` where its quoting is not certain.
#[must_use]
pub fn lex(text: &str) -> Option<Lexed> {
    let mut lexer =
        Lexer { text: text.as_bytes(), bare: text.as_bytes().to_vec(), expansions: Vec::new(), until: None };
    lexer.code(0, Within::Text, true)?;
    let until = lexer.until.unwrap_or(text.len());
    lexer.bare.truncate(until);
    lexer.expansions.sort_by_key(|expansion| (expansion.range.start, usize::MAX - expansion.range.end));
    Some(Lexed { expansions: lexer.expansions, bare: String::from_utf8(lexer.bare).ok()?, until })
}

struct Lexer<'t> {
    text: &'t [u8],
    bare: Vec<u8>,
    expansions: Vec<Expansion>,
    until: Option<usize>,
}

impl Lexer<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn blot(&mut self, from: usize, to: usize) {
        let to = to.min(self.bare.len());
        self.bare[from..to].fill(BLOT as u8);
    }

    /// Reads commands; gives the place of the `)` that ends them, or of the text's end.
    fn code(&mut self, mut at: usize, within: Within, top: bool) -> Option<usize> {
        let mut depth = 0_usize;
        let mut starts_word = true;
        while let Some(byte) = self.byte(at) {
            let start = at;
            match byte {
                b'\\' => at += 2,
                b'\'' => at = self.single_quoted(at)?,
                b'"' => at = self.double_quoted(at, within)?,
                b'$' => at = self.dollar(at, within, false)?,
                b'`' => at = self.backticks(at, within, false)?,
                b'#' if starts_word => {
                    at += self.text[at..].iter().take_while(|byte| **byte != b'\n').count();
                }
                b'<' if self.text[at..].starts_with(b"<<") && !self.text[at..].starts_with(b"<<<") => {
                    // A heredoc's body follows lines below: in a substitution that is out of reach.
                    self.until = top.then_some(at);
                    return top.then_some(at);
                }
                b'<' if self.text[at..].starts_with(b"<<<") => at += 3,
                b'(' => {
                    depth += 1;
                    at += 1;
                }
                b')' if depth == 0 && !top => return Some(at),
                b')' => {
                    depth = depth.saturating_sub(1);
                    at += 1;
                }
                // The patterns of `case` end in brackets that nothing opens.
                b'c' if starts_word && !top && self.text[at..].starts_with(b"case") => return None,
                _ => at += 1,
            }
            if matches!(byte, b'\\' | b'\'' | b'"' | b'$' | b'`') || byte == b'#' && starts_word {
                let end = at.max(start + 1);
                if byte != b'$' || end > start + 1 {
                    self.blot(start, end);
                }
            }
            starts_word = matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')');
        }
        top.then_some(at)
    }

    fn single_quoted(&self, at: usize) -> Option<usize> {
        let end = self.text[at + 1..].iter().position(|byte| *byte == b'\'')?;
        Some(at + 1 + end + 1)
    }

    fn double_quoted(&mut self, at: usize, within: Within) -> Option<usize> {
        let mut at = at + 1;
        loop {
            match self.byte(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                b'$' => at = self.dollar(at, within, true)?,
                b'`' => at = self.backticks(at, within, true)?,
                _ => at += 1,
            }
        }
    }

    fn backticks(&mut self, at: usize, within: Within, quoted: bool) -> Option<usize> {
        let mut end = at + 1;
        loop {
            match self.byte(end)? {
                b'`' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.expansions.push(Expansion {
            kind: ExpansionKind::Backticks,
            range: TextRange::new(at, end + 1),
            inner: TextRange::new(at + 1, end),
            quoted,
            within,
        });
        Some(end + 1)
    }

    fn dollar(&mut self, at: usize, within: Within, quoted: bool) -> Option<usize> {
        let (kind, inner) = match self.byte(at + 1) {
            Some(b'(') if self.byte(at + 2) == Some(b'(') => {
                let end = self.arithmetic(at + 3)?;
                (ExpansionKind::Arithmetic, TextRange::new(at + 3, end))
            }
            Some(b'(') => {
                let nested = if within == Within::Operand { within } else { Within::Substitution };
                let end = self.code(at + 2, nested, false)?;
                (ExpansionKind::Substitution, TextRange::new(at + 2, end))
            }
            Some(b'{') => {
                let end = self.operand(at + 2, quoted)?;
                (ExpansionKind::Braced, TextRange::new(at + 2, end))
            }
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let name = self.text[at + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
                (ExpansionKind::Parameter, TextRange::new(at + 1, at + 1 + name.count()))
            }
            Some(b'0'..=b'9' | b'?' | b'#' | b'$' | b'!' | b'@' | b'*' | b'-') => {
                (ExpansionKind::Parameter, TextRange::new(at + 1, at + 2))
            }
            // What bash alone reads as a string or as arithmetic.
            Some(b'\'' | b'"') if !quoted => return None,
            Some(b'[') => return None,
            _ => return Some(at + 1),
        };
        let end = match kind {
            ExpansionKind::Arithmetic => inner.end + 2,
            ExpansionKind::Substitution | ExpansionKind::Braced => inner.end + 1,
            ExpansionKind::Parameter | ExpansionKind::Backticks => inner.end,
        };
        self.expansions.push(Expansion { kind, range: TextRange::new(at, end), inner, quoted, within });
        Some(end)
    }

    /// Gives the place of the `))`.
    fn arithmetic(&mut self, mut at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        loop {
            match self.byte(at)? {
                b')' if depth == 0 => return (self.byte(at + 1) == Some(b')')).then_some(at),
                b')' => {
                    depth -= 1;
                    at += 1;
                }
                b'(' => {
                    depth += 1;
                    at += 1;
                }
                b'$' => at = self.dollar(at, Within::Operand, true)?,
                b'`' => at = self.backticks(at, Within::Operand, true)?,
                b'\'' | b'"' | b'\\' => return None,
                _ => at += 1,
            }
        }
    }

    /// Gives the place of the `}`.
    fn operand(&mut self, mut at: usize, quoted: bool) -> Option<usize> {
        loop {
            match self.byte(at)? {
                b'}' => return Some(at),
                b'\\' => at += 2,
                // In double quotes shells disagree on what a quote in an operand does.
                b'\'' | b'"' if quoted => return None,
                b'\'' => at = self.single_quoted(at)?,
                b'"' => at = self.double_quoted(at, Within::Operand)?,
                b'$' => at = self.dollar(at, Within::Operand, quoted)?,
                b'`' => at = self.backticks(at, Within::Operand, quoted)?,
                _ => at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, bool, Within)> {
        let lexed = lex(text).expect("a certain text");
        lexed.expansions.iter().map(|found| (&text[found.range.range()], found.quoted, found.within)).collect()
    }

    #[test]
    fn expansions_and_their_quotes() {
        let text = r#"a $b "x $(c "$d") `e`" '$f' \$g ${h:-$i} $((j + $k)) # $l"#;
        assert_eq!(
            found(text),
            [
                ("$b", false, Within::Text),
                (r#"$(c "$d")"#, true, Within::Text),
                ("$d", true, Within::Substitution),
                ("`e`", true, Within::Text),
                ("${h:-$i}", false, Within::Text),
                ("$i", false, Within::Operand),
                ("$((j + $k))", false, Within::Text),
                ("$k", true, Within::Operand),
            ]
        );
    }

    #[test]
    fn what_is_bare() {
        let bare = lex(r#"a "b" {c,d} $e f\ g 'h'"#).expect("a certain text").bare.replace(BLOT, ".");
        assert_eq!(bare, "a ... {c,d} .. f..g ...");
    }

    #[test]
    fn nothing_is_read_beyond_a_heredoc() {
        let lexed = lex("cat <<E > f\n`x`\nE\n").expect("a certain text");
        assert_eq!((lexed.expansions.len(), lexed.until), (0, 4));
        assert!(lex("cat <<< $x").is_some_and(|lexed| lexed.expansions.len() == 1));
        assert!(lex("echo $((1 << 2)) $x").is_some_and(|lexed| lexed.expansions.len() == 2));
    }

    #[test]
    fn uncertain_texts() {
        for text in ["echo 'a", "echo $(case x in a) b;; esac)", "echo $'a'", "echo `a", "echo $(a", "\"${a:-\"b\"}\""]
        {
            assert!(lex(text).is_none(), "{text}");
        }
    }
}
