//! What a word of ENV, LABEL and their like stands for, whatever the variables in it hold.
//!
//! BuildKit's `ProcessWord` with the variables left open: quotes and escapes are gone, literal text and variable
//! references stay. Two words of equal form have the same value in every build, or fail in the same builds.
//! Source: `frontend/dockerfile/shell/lex.go`.

use super::lossy;
use super::whitespace::decode_first;

/// A word after quotes and escapes: literals and variables in order, no two literals side by side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word(Vec<Piece>);

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text, never empty.
    Literal(String),
    /// A variable.
    Variable(Variable),
}

/// A reference to a variable: `$NAME` and `${NAME}` are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name; also `1`, `$`, `?` and their like, which BuildKit looks up like any other.
    pub name: String,
    /// What is done to its value.
    pub modifier: Option<Modifier>,
}

/// What follows the name in `${NAME…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modifier {
    /// `-`, `+`, `?`, `#` or `%` and a word. For `##` and `%%` the word begins with the second character, as
    /// BuildKit looks for it after the word is expanded.
    Operand {
        /// Which one.
        operator: Operator,
        /// Whether `:` stands before it.
        empty_is_unset: bool,
        /// What follows.
        word: Word,
    },
    /// `/pattern/replacement`
    Replace {
        /// Whether it begins with `//`.
        all: bool,
        /// The pattern, its escapes kept.
        pattern: Word,
        /// The replacement, its escapes kept.
        replacement: Word,
    },
}

/// The operator of a [`Modifier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `-`: the word where the variable is unset.
    Default,
    /// `+`: the word where the variable is set.
    Alternative,
    /// `?`: the build fails where the variable is unset.
    Required,
    /// `#`: without a prefix.
    WithoutPrefix,
    /// `%`: without a suffix.
    WithoutSuffix,
}

/// Why a word has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// A quote stays open, for which BuildKit fails.
    #[error("the quote {0} stays open")]
    OpenQuote(char),
    /// A `${` stays open, for which BuildKit fails.
    #[error("a `${{` stays open")]
    OpenBrace,
    /// A `${…}` that BuildKit does not know, or knows in some versions only.
    #[error("BuildKit does not know a `${{…}}` with `{0}`")]
    Unsupported(String),
    /// A variable's name, or what follows it, is not ASCII: which letters count is up to the Go that it runs on.
    #[error("a variable's name is not plain ASCII")]
    NotAscii,
    /// References stand in each other too deep to be followed.
    #[error("too many `${{…}}` stand in each other")]
    TooDeep,
}

impl Word {
    /// Its parts in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The text that it stands for, where there is no variable in it.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The names of all variables in it, those inside of modifiers too.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect_names(&mut names);
        names
    }

    fn collect_names<'w>(&'w self, names: &mut Vec<&'w str>) {
        for piece in &self.0 {
            let Piece::Variable(variable) = piece else { continue };
            names.push(&variable.name);
            match &variable.modifier {
                None => {}
                Some(Modifier::Operand { word, .. }) => word.collect_names(names),
                Some(Modifier::Replace { pattern, replacement, .. }) => {
                    pattern.collect_names(names);
                    replacement.collect_names(names);
                }
            }
        }
    }

    fn push(&mut self, c: char) {
        if let Some(Piece::Literal(text)) = self.0.last_mut() {
            text.push(c);
        } else {
            self.0.push(Piece::Literal(c.to_string()));
        }
    }

    fn append(&mut self, other: Self) {
        for piece in other.0 {
            match piece {
                Piece::Literal(text) => text.chars().for_each(|c| self.push(c)),
                variable @ Piece::Variable(_) => self.0.push(variable),
            }
        }
    }

    fn variable(name: String, modifier: Option<Modifier>) -> Self {
        Self(vec![Piece::Variable(Variable { name, modifier })])
    }
}

/// How many `${…}` may stand in each other; nobody writes more than two.
const MAX_DEPTH: usize = 32;

/// Reads a word as written, `escape` being the file's escape character.
///
/// # Errors
/// Where BuildKit fails on the word whatever the variables hold, or where its versions differ.
pub fn expand(raw: &[u8], escape: u8) -> Result<Word, ExpandError> {
    let stands_for_itself = |byte: &u8| byte.is_ascii() && !matches!(byte, b'$' | b'\'' | b'"') && *byte != escape;
    if !raw.is_empty() && raw.iter().all(stands_for_itself) {
        return Ok(Word(vec![Piece::Literal(lossy(raw).into_owned())]));
    }
    let mut chars = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some((c, width)) = decode_first(&raw[at..]) {
        chars.push(c);
        at += width;
    }
    // Go's scanner drops a byte-order mark at the start of what it reads.
    let at = usize::from(chars.first() == Some(&'\u{feff}'));
    let mut reader = Reader { chars, at, escape: char::from(escape), raw_escapes: false, depth: 0 };
    reader.until(None, false)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    escape: char,
    /// Whether escape characters stay in the word: so in patterns.
    raw_escapes: bool,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Reads up to `stop`, which is taken too, or to the end.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<Word, ExpandError> {
        let outer = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        let word = self.read_until(stop);
        self.raw_escapes = outer;
        word
    }

    fn read_until(&mut self, stop: Option<char>) -> Result<Word, ExpandError> {
        let mut word = Word::default();
        while let Some(c) = self.peek() {
            if stop == Some(c) {
                self.next();
                return Ok(word);
            }
            match c {
                '$' => word.append(self.dollar()?),
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                _ if c == self.escape => {
                    self.next();
                    if self.raw_escapes {
                        word.push(c);
                    }
                    // An escape character at the very end is dropped.
                    let Some(escaped) = self.next() else { break };
                    word.push(escaped);
                }
                _ => {
                    self.next();
                    word.push(c);
                }
            }
        }
        if stop.is_some() { Err(ExpandError::OpenBrace) } else { Ok(word) }
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), ExpandError> {
        self.next();
        loop {
            match self.next().ok_or(ExpandError::OpenQuote('\''))? {
                '\'' => return Ok(()),
                c => word.push(c),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), ExpandError> {
        self.next();
        loop {
            match self.peek().ok_or(ExpandError::OpenQuote('"'))? {
                '"' => {
                    self.next();
                    return Ok(());
                }
                '$' => word.append(self.dollar()?),
                c if c == self.escape => {
                    self.next();
                    if self.raw_escapes {
                        word.push(c);
                    }
                    match self.peek() {
                        None => {}
                        Some(escaped) if escaped == '"' || escaped == '$' || escaped == self.escape => {
                            self.next();
                            word.push(escaped);
                        }
                        Some(_) => word.push(c),
                    }
                }
                c => {
                    self.next();
                    word.push(c);
                }
            }
        }
    }

    fn dollar(&mut self) -> Result<Word, ExpandError> {
        self.next();
        if self.peek() != Some('{') {
            let name = self.name()?;
            if name.is_empty() {
                return Ok(Word(vec![Piece::Literal("$".to_owned())]));
            }
            return Ok(Word::variable(name, None));
        }
        self.next();
        if let Some(c @ ('{' | '}' | ':')) = self.peek() {
            return Err(ExpandError::Unsupported(c.to_string()));
        }
        let name = self.name()?;
        let sign = self.next().ok_or(ExpandError::OpenBrace)?;
        if sign == '}' {
            return Ok(Word::variable(name, None));
        }
        if self.depth == MAX_DEPTH {
            return Err(ExpandError::TooDeep);
        }
        self.depth += 1;
        let modifier = self.modifier(sign)?;
        self.depth -= 1;
        Ok(Word::variable(name, Some(modifier)))
    }

    fn modifier(&mut self, sign: char) -> Result<Modifier, ExpandError> {
        if sign == '/' {
            let all = self.peek() == Some('/');
            if all {
                self.next();
            }
            let pattern = self.until(Some('/'), true)?;
            let replacement = self.until(Some('}'), true)?;
            return Ok(Modifier::Replace { all, pattern, replacement });
        }
        let empty_is_unset = sign == ':';
        let sign = if empty_is_unset { self.next().ok_or(ExpandError::OpenBrace)? } else { sign };
        let operator = match sign {
            '-' => Operator::Default,
            '+' => Operator::Alternative,
            '?' => Operator::Required,
            // `:#` and `:%` are the same as `#` and `%` to some versions, an error to others.
            '#' if !empty_is_unset => Operator::WithoutPrefix,
            '%' if !empty_is_unset => Operator::WithoutSuffix,
            _ => return Err(ExpandError::Unsupported(sign.to_string())),
        };
        let raw_escapes = matches!(operator, Operator::WithoutPrefix | Operator::WithoutSuffix);
        let word = self.until(Some('}'), raw_escapes)?;
        Ok(Modifier::Operand { operator, empty_is_unset, word })
    }

    fn name(&mut self) -> Result<String, ExpandError> {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if !c.is_ascii() && c.is_alphanumeric() {
                return Err(ExpandError::NotAscii);
            }
            if name.is_empty() && c.is_ascii_digit() {
                while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
                    name.push(digit);
                    self.next();
                }
                if self.peek().is_some_and(|c| !c.is_ascii() && c.is_numeric()) {
                    return Err(ExpandError::NotAscii);
                }
                return Ok(name);
            }
            if name.is_empty() && matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!') {
                self.next();
                return Ok(c.to_string());
            }
            if !c.is_ascii_alphanumeric() && c != '_' {
                break;
            }
            name.push(c);
            self.next();
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(raw: &str) -> Word {
        expand(raw.as_bytes(), b'\\').unwrap_or_else(|error| panic!("{raw}: {error}"))
    }

    fn literal(raw: &str) -> String {
        form(raw).literal().unwrap_or_else(|| panic!("{raw} holds a variable")).to_owned()
    }

    #[test]
    fn quotes_and_escapes_go() {
        assert_eq!(literal(r#"b "c" d"#), "b c d");
        assert_eq!(literal(r"C:\f"), "C:f");
        assert_eq!(literal(r#""C:\f""#), r"C:\f");
        assert_eq!(literal(r"a\ b"), "a b");
        assert_eq!(literal(r#"it"'"s"#), "it's");
        assert_eq!(literal(r#""\" \$ \\ \n""#), r#"" $ \ \n"#);
        assert_eq!(literal(r"'\n $x'"), r"\n $x");
        assert_eq!(literal("a\\"), "a");
        assert_eq!(literal("\u{feff}a\u{feff}"), "a\u{feff}");
        assert_eq!(literal(""), "");
        assert_eq!(literal(r#""""#), "");
        let windows = expand("\"C:\\f `\" `$x\"".as_bytes(), b'`').unwrap();
        assert_eq!(windows.literal(), Some(r#"C:\f " $x"#));
    }

    #[test]
    fn dollars_without_a_name_are_data() {
        for raw in ["$", "a$", "$(date)", "$.x", "\"$\"", "$/x"] {
            assert_eq!(literal(raw), raw.replace('"', ""), "{raw}");
        }
    }

    #[test]
    fn variables_stay() {
        assert_eq!(form("$x"), form("${x}"));
        assert_eq!(form("a$x-b"), form(r#"a"$x"'-'b"#));
        assert_eq!(form("$xb").names(), ["xb"]);
        assert_eq!(form("$1b").names(), ["1"]);
        assert_eq!(form("$$b").names(), ["$"]);
        assert_ne!(form("$x"), form(r"\$x"));
        assert_ne!(form("$x"), form("'$x'"));
        assert_eq!(form("${a:-${b#$c}}/${d/$e/$f}").names(), ["a", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn modifiers_are_told_apart() {
        assert_eq!(form("${x:-a b}"), form(r#""${x:-a b}""#));
        assert_eq!(form(r#"${x:-"a b"}"#), form(r"${x:-a\ b}"));
        let forms = ["${x}", "${x-a}", "${x:-a}", "${x+a}", "${x:+a}", "${x?a}", "${x:?a}", "${x#a}", "${x##a}"];
        let more = ["${x%a}", "${x%%a}", "${x/a/b}", "${x//a/b}", "${x/b/a}", "${x:-$a}", "${y}"];
        let all: Vec<Word> = forms.iter().chain(&more).map(|raw| form(raw)).collect();
        for (at, word) in all.iter().enumerate() {
            assert!(!all[..at].contains(word), "{word:?}");
        }
        // In a pattern the escape character is data.
        assert_ne!(form(r"${x#\*}"), form("${x#*}"));
        assert_eq!(form("${x##*/}").names(), ["x"]);
    }

    #[test]
    fn what_buildkit_refuses_has_no_form() {
        let raws =
            ["it's", "a\"", "${", "${x", "${}", "${:x}", "${{x}}", "${x^^}", "${x:1:2}", "${x:#a}", "${x/a}", "${#x}"];
        for raw in raws {
            assert!(expand(raw.as_bytes(), b'\\').is_err(), "{raw}");
        }
        assert_eq!(expand("$é".as_bytes(), b'\\'), Err(ExpandError::NotAscii));
        assert_eq!(expand("$aé".as_bytes(), b'\\'), Err(ExpandError::NotAscii));
        assert!(expand("$a»".as_bytes(), b'\\').is_ok());
        let deep = "${a:-".repeat(100_000);
        assert_eq!(expand(deep.as_bytes(), b'\\'), Err(ExpandError::TooDeep));
    }
}
