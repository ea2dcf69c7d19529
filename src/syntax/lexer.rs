//! BuildKit's shell-like lexer, as far as finding heredoc words needs it.
//!
//! All variables are unset and kept as written. Source: `frontend/dockerfile/shell/lex.go`.

use super::TextRange;
use super::whitespace::{decode_first, is_unicode_space};

/// A word as the lexer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LexedWord {
    /// The word after what the settings take away.
    pub text: String,
    /// From its first to its last byte in the lexed text.
    pub range: TextRange,
}

/// What the lexer keeps of quotes and escapes.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Quotes stay in the word.
    pub quotes: bool,
    /// Escape characters stay in the word.
    pub escapes: bool,
}

/// The lexer met what it can't read: an open quote, a substitution that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unexpected end of statement or unsupported substitution")]
pub struct LexError;

/// Splits `text` into words, `\` being the escape whatever the file's escape character is.
///
/// # Errors
/// Where a quote or a brace stays open, or a `${…}` uses a modifier that BuildKit does not know.
pub fn words(text: &[u8], keep: Keep) -> Result<Vec<LexedWord>, LexError> {
    let mut lexer = Lexer { chars: decode(text), at: 0, keep };
    let escapes = keep.escapes;
    let mut sink = Words::default();
    lexer.until(None, escapes, &mut sink)?;
    Ok(sink.finish())
}

fn decode(text: &[u8]) -> Vec<(char, usize)> {
    let mut chars = Vec::with_capacity(text.len() + 1);
    let mut at = 0;
    while let Some((c, width)) = decode_first(&text[at..]) {
        chars.push((c, at));
        at += width;
    }
    chars.push(('\0', at));
    chars
}

#[derive(Default)]
struct Words {
    word: String,
    start: Option<usize>,
    end: usize,
    in_word: bool,
    done: Vec<LexedWord>,
}

impl Words {
    fn add(&mut self, c: char, from: usize, to: usize) {
        if !is_unicode_space(c) {
            self.add_raw(c, from, to);
        } else if self.in_word && !self.word.is_empty() {
            self.close();
        }
    }

    fn add_raw(&mut self, c: char, from: usize, to: usize) {
        self.word.push(c);
        self.extend(from, to);
    }

    fn add_raw_text(&mut self, text: &str, from: usize, to: usize) {
        self.word.push_str(text);
        self.extend(from, to);
    }

    fn extend(&mut self, from: usize, to: usize) {
        self.start.get_or_insert(from);
        self.end = to;
        self.in_word = true;
    }

    fn close(&mut self) {
        let start = self.start.take().unwrap_or(self.end);
        self.done.push(LexedWord { text: std::mem::take(&mut self.word), range: TextRange::new(start, self.end) });
        self.in_word = false;
    }

    fn finish(mut self) -> Vec<LexedWord> {
        if !self.word.is_empty() {
            self.close();
        }
        self.done
    }
}

struct Lexer {
    /// Characters with their byte offsets; the last entry is the end of the text.
    chars: Vec<(char, usize)>,
    at: usize,
    keep: Keep,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        (self.at + 1 < self.chars.len()).then(|| self.chars[self.at].0)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn offset(&self) -> usize {
        self.chars[self.at].1
    }

    /// Reads up to `stop` (or the end), and gives the text in one piece; its words go to `sink`.
    fn until(&mut self, stop: Option<char>, escapes: bool, sink: &mut Words) -> Result<String, LexError> {
        let outer = std::mem::replace(&mut self.keep.escapes, escapes);
        let result = self.read_until(stop, sink);
        self.keep.escapes = outer;
        result
    }

    fn read_until(&mut self, stop: Option<char>, sink: &mut Words) -> Result<String, LexError> {
        let mut result = String::new();
        while let Some(c) = self.peek() {
            let from = self.offset();
            if stop == Some(c) {
                self.next();
                return Ok(result);
            }
            match c {
                '$' => {
                    let text = self.dollar()?;
                    result.push_str(&text);
                    let to = self.offset();
                    for c in text.chars() {
                        sink.add(c, from, to);
                    }
                }
                '\'' | '"' | '<' => {
                    let text = match c {
                        '\'' => self.single_quoted()?,
                        '"' => self.double_quoted()?,
                        _ => self.possible_heredoc(),
                    };
                    result.push_str(&text);
                    sink.add_raw_text(&text, from, self.offset());
                }
                '\\' => {
                    self.next();
                    if self.keep.escapes {
                        sink.add_raw('\\', from, self.offset());
                        result.push('\\');
                    }
                    let Some(escaped) = self.next() else { break };
                    sink.add_raw(escaped, from, self.offset());
                    result.push(escaped);
                }
                _ => {
                    self.next();
                    sink.add(c, from, self.offset());
                    result.push(c);
                }
            }
        }
        if stop.is_some() { Err(LexError) } else { Ok(result) }
    }

    fn single_quoted(&mut self) -> Result<String, LexError> {
        let mut result = String::new();
        self.next();
        if self.keep.quotes {
            result.push('\'');
        }
        loop {
            match self.next().ok_or(LexError)? {
                '\'' => break,
                c => result.push(c),
            }
        }
        if self.keep.quotes {
            result.push('\'');
        }
        Ok(result)
    }

    fn double_quoted(&mut self) -> Result<String, LexError> {
        let mut result = String::new();
        self.next();
        if self.keep.quotes {
            result.push('"');
        }
        loop {
            match self.peek().ok_or(LexError)? {
                '"' => break,
                '$' => result.push_str(&self.dollar()?),
                '\\' => {
                    self.next();
                    if self.keep.escapes {
                        result.push('\\');
                    }
                    match self.peek() {
                        None => {}
                        Some(c @ ('"' | '$' | '\\')) => {
                            self.next();
                            result.push(c);
                        }
                        Some(_) => result.push('\\'),
                    }
                }
                c => {
                    self.next();
                    result.push(c);
                }
            }
        }
        self.next();
        if self.keep.quotes {
            result.push('"');
        }
        Ok(result)
    }

    /// `<<` and the blanks behind it belong to one word (frontend 1.16 on).
    fn possible_heredoc(&mut self) -> String {
        self.next();
        if self.peek() != Some('<') {
            return "<".to_owned();
        }
        self.next();
        let mut result = "<<".to_owned();
        while let Some(c) = self.peek().filter(|c| is_unicode_space(*c)) {
            result.push(c);
            self.next();
        }
        result
    }

    /// A variable, which is always unset here and stays as it is written.
    fn dollar(&mut self) -> Result<String, LexError> {
        self.next();
        if self.peek() != Some('{') {
            return Ok(format!("${}", self.name()));
        }
        self.next();
        if matches!(self.peek().ok_or(LexError)?, '{' | '}' | ':') {
            return Err(LexError);
        }
        let name = self.name();
        let modifier = self.next().ok_or(LexError)?;
        match modifier {
            '}' => Ok(format!("${{{name}}}")),
            ':' => {
                let operator = self.next();
                self.operand(&name, ":", operator)
            }
            '+' | '-' | '?' | '#' | '%' => self.operand(&name, "", Some(modifier)),
            '/' => {
                if self.peek() == Some('/') {
                    self.next();
                }
                let pattern = self.until(Some('/'), true, &mut Words::default())?;
                let replacement = self.until(Some('}'), true, &mut Words::default())?;
                Ok(format!("${{{name}/{pattern}/{replacement}}}"))
            }
            _ => Err(LexError),
        }
    }

    fn operand(&mut self, name: &str, colon: &str, operator: Option<char>) -> Result<String, LexError> {
        let escapes = matches!(operator, Some('#' | '%'));
        let word = self.until(Some('}'), escapes, &mut Words::default())?;
        let operator = operator.map(String::from).unwrap_or_default();
        Ok(format!("${{{name}{colon}{operator}{word}}}"))
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if name.is_empty() && c.is_numeric() {
                while let Some(digit) = self.peek().filter(|c| c.is_numeric()) {
                    name.push(digit);
                    self.next();
                }
                return name;
            }
            if name.is_empty() && matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!' | '0') {
                self.next();
                return c.to_string();
            }
            if !c.is_alphanumeric() && c != '_' {
                break;
            }
            name.push(c);
            self.next();
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: Keep = Keep { quotes: true, escapes: true };

    fn split(text: &str) -> Result<Vec<String>, LexError> {
        Ok(words(text.as_bytes(), RAW)?.into_iter().map(|word| word.text).collect())
    }

    #[test]
    fn quotes_and_escapes_hold_words_together() {
        let expected = vec!["RUN", "echo", "\"a b\"", "'c d'", "e\\ f"];
        assert_eq!(split("RUN echo \"a b\" 'c d' e\\ f").unwrap(), expected);
    }

    #[test]
    fn heredoc_marker_takes_blanks_in() {
        assert_eq!(split("cat << EOF").unwrap(), vec!["cat", "<< EOF"]);
        assert_eq!(split("cat <<< x").unwrap(), vec!["cat", "<<<", "x"]);
    }

    #[test]
    fn unknown_substitutions_and_open_quotes_are_errors() {
        for text in ["echo ${x^^}", "echo it's", "echo \"", "${x", "${}", "${#x}"] {
            assert_eq!(split(text), Err(LexError), "{text}");
        }
        assert!(split("${x:-a} ${x:1:2} ${x/a/b} $(a) $1 $$").is_ok());
    }
}
