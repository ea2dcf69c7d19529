//! Instructions: keyword, flags and arguments, each with its place in the joined text.
//!
//! Source: `frontend/dockerfile/parser/{split_command,line_parsers}.go`.

use super::json::{self, JsonForm, JsonString};
use super::whitespace::{is_latin1_space, leading_space, trailing_space};
use super::{Heredoc, Joined, Keyword, Span, TextRange, lossy, words};

/// One instruction of a Dockerfile with all lines that belong to it.
#[derive(Debug, Clone)]
pub struct Instruction<'s> {
    /// From the first byte of its first line (indentation included) through the end of its last line,
    /// heredoc bodies included.
    pub span: Span,
    /// Its first line, counted from 1.
    pub first_line: usize,
    /// Its last line, counted from 1.
    pub last_line: usize,
    /// The text as BuildKit joins it, and the way back to the file.
    pub joined: Joined<'s>,
    /// What the text says.
    pub body: Body,
    /// Documents that follow its last continued line.
    pub heredocs: Vec<Heredoc>,
    /// Comment and blank lines between its lines, each with its line end.
    pub inner: Vec<Trivia>,
}

/// A line that is no instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trivia {
    /// What it is.
    pub kind: TriviaKind,
    /// The whole line with its line end.
    pub span: Span,
}

/// The kinds of lines that are no instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriviaKind {
    /// Nothing but blanks.
    Blank,
    /// A line whose first non-blank is `#`.
    Comment,
}

/// What an instruction says; the inner instruction of `ONBUILD` has one of its own in the same text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Which instruction.
    pub keyword: Keyword,
    /// The keyword as written.
    pub keyword_range: TextRange,
    /// `--name=value` words before the arguments.
    pub flags: Vec<Flag>,
    /// Everything after the flags, blanks around it left out.
    pub rest: TextRange,
    /// The arguments.
    pub args: Args,
}

impl Body {
    /// The arguments one by one, be they words or a JSON array, with their places.
    #[must_use]
    pub fn operands(&self, text: &[u8]) -> Vec<(TextRange, String)> {
        let string = |range: TextRange| lossy(range.slice(text)).into_owned();
        match &self.args {
            Args::Words(words) => words.iter().map(|word| (*word, string(*word))).collect(),
            Args::Json(strings) => strings.iter().map(|string| (string.range, string.value.clone())).collect(),
            _ => Vec::new(),
        }
    }

    /// The keys and values of ENV and LABEL.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        match &self.args {
            Args::Pairs(pairs) => pairs,
            Args::LegacyPair(pair) => std::slice::from_ref(pair),
            _ => &[],
        }
    }
}

/// A `--name[=value]` word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The word as written.
    pub range: TextRange,
    /// The word with quotes and escapes taken off, as BuildKit reads it (byte by byte).
    pub text: String,
}

impl Flag {
    /// The name without dashes.
    #[must_use]
    pub fn name(&self) -> &str {
        let text = self.text.trim_start_matches("--");
        text.split_once('=').map_or(text, |(name, _)| name)
    }

    /// What stands after the first `=`.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.text.split_once('=').map(|(_, value)| value)
    }
}

/// The arguments of an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Args {
    /// None, or an unknown keyword's.
    None,
    /// The rest of the line as one string: shell form, MAINTAINER, USER, WORKDIR, STOPSIGNAL.
    Text(TextRange),
    /// Words: FROM, EXPOSE, ARG, and COPY, ADD, VOLUME in shell form.
    Words(Vec<TextRange>),
    /// The exec form, and COPY, ADD, VOLUME written the same way.
    Json(Vec<JsonString>),
    /// ENV and LABEL as `key=value …`.
    Pairs(Vec<Pair>),
    /// ENV and LABEL in the old form `key value`.
    LegacyPair(Pair),
    /// HEALTHCHECK: `CMD` or `NONE`, and what follows.
    Healthcheck {
        /// The first word.
        kind: TextRange,
        /// What follows: none, text, or JSON.
        command: Box<Self>,
    },
    /// ONBUILD: the instruction that a child image runs.
    Onbuild(Box<Body>),
}

/// A key and its value, both as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: TextRange,
    /// The value with its quotes.
    pub value: TextRange,
}

/// Why BuildKit's parser rejects an instruction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// ENV or LABEL with a single word.
    #[error("{0} must have two arguments")]
    MissingValue(Keyword),
    /// ENV or LABEL with a word that holds no `=`, after one that does.
    #[error("Syntax error - can't find = in {0:?}. Must be of the form: name=value")]
    MissingEquals(String),
    /// A JSON array that holds something else than strings.
    #[error("when using JSON array syntax, arrays must be comprised of strings only")]
    NotStrings,
}

/// Reads the part `range` of a joined text as an instruction.
///
/// # Errors
/// Where BuildKit's parser rejects it; an unknown keyword or a wrong number of arguments is no such error.
pub fn read(text: &[u8], range: TextRange, escape: u8) -> Result<Body, BodyError> {
    read_within(text, range, escape, 0)
}

/// How many ONBUILD may stand in each other; BuildKit builds not even two, and the rest is left unread.
const MAX_ONBUILD: usize = 64;

fn read_within(text: &[u8], range: TextRange, escape: u8, depth: usize) -> Result<Body, BodyError> {
    let line = trimmed(text, range);
    let bytes = line.slice(text);
    let (keyword_range, after) = match words::split_once(bytes) {
        Some((keyword, after)) => (keyword.shifted(line.start), after.shifted(line.start)),
        None => (line, TextRange::new(line.end, line.end)),
    };
    let keyword = Keyword::from_word(keyword_range.slice(text));
    let (flags, args_start) = read_flags(text, after, escape);
    let rest = trimmed(text, TextRange::new(args_start, line.end));
    let args = read_args(keyword, text, rest, escape, depth)?;
    Ok(Body { keyword, keyword_range, flags, rest, args })
}

fn trimmed(text: &[u8], range: TextRange) -> TextRange {
    let bytes = range.slice(text);
    let lead = leading_space(bytes);
    let tail = trailing_space(&bytes[lead..]);
    TextRange::new(range.start + lead, range.end - tail)
}

fn read_args(keyword: Keyword, text: &[u8], rest: TextRange, escape: u8, depth: usize) -> Result<Args, BodyError> {
    match keyword {
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => json_or_text(text, rest),
        Keyword::Add | Keyword::Copy | Keyword::Volume => match json_or_text(text, rest)? {
            Args::Text(_) => Ok(separated(text, rest)),
            other => Ok(other),
        },
        Keyword::From | Keyword::Expose => Ok(separated(text, rest)),
        Keyword::Arg => Ok(some_words(shifted(words::quoted(rest.slice(text), escape), rest.start))),
        Keyword::Env | Keyword::Label => pairs(keyword, text, rest, escape),
        Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir => Ok(text_args(rest)),
        Keyword::Healthcheck => healthcheck(text, rest),
        Keyword::Onbuild if rest.is_empty() || depth >= MAX_ONBUILD => Ok(Args::None),
        Keyword::Onbuild => Ok(Args::Onbuild(Box::new(read_within(text, rest, escape, depth + 1)?))),
        Keyword::Unknown => Ok(Args::None),
    }
}

fn text_args(rest: TextRange) -> Args {
    if rest.is_empty() { Args::None } else { Args::Text(rest) }
}

fn separated(text: &[u8], rest: TextRange) -> Args {
    some_words(shifted(words::by_separators(rest.slice(text)), rest.start))
}

fn some_words(words: Vec<TextRange>) -> Args {
    if words.is_empty() { Args::None } else { Args::Words(words) }
}

fn shifted(words: Vec<TextRange>, by: usize) -> Vec<TextRange> {
    words.into_iter().map(|word| word.shifted(by)).collect()
}

fn json_or_text(text: &[u8], rest: TextRange) -> Result<Args, BodyError> {
    match json::read(rest.slice(text)) {
        JsonForm::OtherElements => Err(BodyError::NotStrings),
        JsonForm::NotJson => Ok(text_args(rest)),
        JsonForm::Strings(mut strings) => {
            for string in &mut strings {
                string.range = string.range.shifted(rest.start);
            }
            Ok(Args::Json(strings))
        }
    }
}

fn pairs(keyword: Keyword, text: &[u8], rest: TextRange, escape: u8) -> Result<Args, BodyError> {
    let words = shifted(words::quoted(rest.slice(text), escape), rest.start);
    let Some(first) = words.first() else { return Ok(Args::None) };
    if !first.slice(text).contains(&b'=') {
        let (key, value) = words::split_once(rest.slice(text)).ok_or(BodyError::MissingValue(keyword))?;
        return Ok(Args::LegacyPair(Pair { key: key.shifted(rest.start), value: value.shifted(rest.start) }));
    }
    let pairs = words.into_iter().map(|word| {
        let bytes = word.slice(text);
        let Some(equals) = bytes.iter().position(|byte| *byte == b'=') else {
            return Err(BodyError::MissingEquals(lossy(bytes).into_owned()));
        };
        Ok(Pair {
            key: TextRange::new(word.start, word.start + equals),
            value: TextRange::new(word.start + equals + 1, word.end),
        })
    });
    Ok(Args::Pairs(pairs.collect::<Result<_, _>>()?))
}

fn healthcheck(text: &[u8], rest: TextRange) -> Result<Args, BodyError> {
    let bytes = rest.slice(text);
    let kind = bytes.iter().take_while(|byte| !is_latin1_space(**byte)).count();
    if kind == 0 {
        return Ok(Args::None);
    }
    let blanks = bytes[kind..].iter().take_while(|byte| is_latin1_space(**byte)).count();
    let command = json_or_text(text, TextRange::new(rest.start + kind + blanks, rest.end))?;
    Ok(Args::Healthcheck { kind: TextRange::new(rest.start, rest.start + kind), command: Box::new(command) })
}

/// Reads the `--…` words at the start of `range`; gives where the arguments start.
fn read_flags(text: &[u8], range: TextRange, escape: u8) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        at += text[at..range.end].iter().take_while(|byte| is_latin1_space(**byte)).count();
        if !text[at..range.end].starts_with(b"--") {
            return (flags, at);
        }
        let (flag, end) = read_flag(text, at, range.end, escape);
        at = end;
        match flag {
            Some(flag) if flag.text == "--" => return (flags, at),
            Some(flag) => flags.push(flag),
            None => {}
        }
    }
}

fn read_flag(text: &[u8], start: usize, end: usize, escape: u8) -> (Option<Flag>, usize) {
    let mut word = String::new();
    let mut quoted = false;
    let mut quote: Option<u8> = None;
    let mut at = start;
    while at < end {
        let byte = text[at];
        match quote {
            None if is_latin1_space(byte) => break,
            None if matches!(byte, b'\'' | b'"') => {
                quote = Some(byte);
                quoted = true;
            }
            Some(open) if byte == open => quote = None,
            // At the very end the escape character is skipped.
            _ if byte == escape => {
                at += 1;
                if at < end {
                    word.push(char::from(text[at]));
                }
            }
            _ => word.push(char::from(byte)),
        }
        at += 1;
    }
    let at = at.min(end);
    let flag = (quoted || !word.is_empty()).then(|| Flag { range: TextRange::new(start, at), text: word });
    (flag, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Body {
        read(text.as_bytes(), TextRange::new(0, text.len()), b'\\').expect("a readable instruction")
    }

    #[test]
    fn flags_end_at_the_first_other_word() {
        let text = "RUN --mount=type=cache,target=\"/a b\" --network=none echo --x";
        let run = body(text);
        let flags: Vec<_> = run.flags.iter().map(|flag| flag.text.as_str()).collect();
        assert_eq!(flags, ["--mount=type=cache,target=/a b", "--network=none"]);
        assert_eq!(&text[run.rest.range()], "echo --x");
        assert_eq!(run.flags[0].name(), "mount");
        assert_eq!(run.flags[1].value(), Some("none"));
    }

    #[test]
    fn a_bare_double_dash_ends_the_flags() {
        let text = "COPY --chown=a -- --b /c";
        let copy = body(text);
        assert_eq!(copy.flags.len(), 1);
        assert_eq!(&text[copy.rest.range()], "--b /c");
    }

    #[test]
    fn legacy_env_keeps_the_rest_of_the_line() {
        let text = "ENV a b  \"c\" d=e";
        let Args::LegacyPair(pair) = body(text).args else { panic!("the old form") };
        assert_eq!(&text[pair.value.range()], "b  \"c\" d=e");
    }

    #[test]
    fn onbuild_holds_an_instruction() {
        let text = "ONBUILD COPY --from=x a b";
        let Args::Onbuild(inner) = body(text).args else { panic!("an inner instruction") };
        assert_eq!(inner.keyword, Keyword::Copy);
        assert_eq!(inner.flags[0].name(), "from");
    }
}
