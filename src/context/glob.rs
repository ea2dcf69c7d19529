//! Wildcards as Docker reads them: one matcher for `COPY` sources (Go's `filepath.Match`) and for
//! `.dockerignore` patterns, whose own rules are in [`super::pattern`].

/// One step of a compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Char(char),
    /// `?`: one character, not `/`.
    One,
    /// `*`: any characters, not `/`.
    Many,
    /// `[a-z]`, `[^a-z]`.
    Class(Class),
    /// `**/` of `.dockerignore`: any folders, or none.
    Folders,
    /// A final `**` of `.dockerignore`: anything.
    Anything,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn holds(&self, c: char) -> bool {
        self.ranges.iter().any(|&(low, high)| low <= c && c <= high) != self.negated
    }

    /// Go's `regexp` rejects a range that runs backwards; `filepath.Match` lets it match nothing.
    pub(super) fn runs_backwards(&self) -> bool {
        self.ranges.iter().any(|(low, high)| low > high)
    }
}

/// The pattern is one that Go's `filepath.Match` rejects, and so the build too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bracket is not closed, a range is incomplete, or the pattern ends with a backslash")]
pub(super) struct BadPattern;

/// Whether `tokens` match all of `text`. Takes time proportional to the product of both lengths.
pub(super) fn matches(tokens: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // `reached[i]`: the tokens so far can match the first `i` characters.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for token in tokens {
        reached = step(token, &text, &reached);
    }
    reached[text.len()]
}

fn step(token: &Token, text: &[char], reached: &[bool]) -> Vec<bool> {
    let mut next = vec![false; reached.len()];
    let one = |next: &mut Vec<bool>, fits: &dyn Fn(char) -> bool| {
        for (i, &c) in text.iter().enumerate() {
            next[i + 1] = reached[i] && fits(c);
        }
    };
    match token {
        Token::Char(wanted) => one(&mut next, &|c| c == *wanted),
        Token::One => one(&mut next, &|c| c != '/'),
        Token::Class(class) => one(&mut next, &|c| class.holds(c)),
        Token::Many => run(text, reached, &mut next, |c| c != '/'),
        Token::Anything => run(text, reached, &mut next, |c| c != '\n'),
        Token::Folders => {
            let mut anywhere = vec![false; reached.len()];
            run(text, reached, &mut anywhere, |c| c != '\n');
            for (i, &c) in text.iter().enumerate() {
                next[i + 1] = anywhere[i] && c == '/';
            }
            for (next, &reached) in next.iter_mut().zip(reached) {
                *next |= reached;
            }
        }
    }
    next
}

fn run(text: &[char], reached: &[bool], next: &mut [bool], fits: impl Fn(char) -> bool) {
    next[0] = reached[0];
    for (i, &c) in text.iter().enumerate() {
        next[i + 1] = reached[i + 1] || (next[i] && fits(c));
    }
}

/// Compiles a pattern of Go's `filepath.Match` (as on Unix: `\` escapes).
///
/// Source: <https://pkg.go.dev/path/filepath#Match>.
pub(super) fn compile(pattern: &str) -> Result<Vec<Token>, BadPattern> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '*' => {
                tokens.push(Token::Many);
                after
            }
            '?' => {
                tokens.push(Token::One);
                after
            }
            '[' => {
                let (class, after) = class(after)?;
                tokens.push(Token::Class(class));
                after
            }
            '\\' => {
                let escaped = after.chars().next().ok_or(BadPattern)?;
                tokens.push(Token::Char(escaped));
                &after[escaped.len_utf8()..]
            }
            _ => {
                tokens.push(Token::Char(c));
                after
            }
        };
    }
    Ok(tokens)
}

/// Reads a class from the text after its `[`; returns the text after its `]`.
pub(super) fn class(text: &str) -> Result<(Class, &str), BadPattern> {
    let (negated, mut rest) = match text.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty()
            && let Some(after) = rest.strip_prefix(']')
        {
            return Ok((Class { negated, ranges }, after));
        }
        let (low, after) = class_char(rest)?;
        let (high, after) = match after.strip_prefix('-') {
            Some(after) => class_char(after)?,
            None => (low, after),
        };
        ranges.push((low, high));
        rest = after;
    }
}

fn class_char(text: &str) -> Result<(char, &str), BadPattern> {
    let mut chars = text.chars();
    let c = match chars.next().ok_or(BadPattern)? {
        '-' | ']' => return Err(BadPattern),
        '\\' => chars.next().ok_or(BadPattern)?,
        c => c,
    };
    if chars.as_str().is_empty() { Err(BadPattern) } else { Ok((c, chars.as_str())) }
}

/// Whether `text` has a wildcard, by the rule with which `BuildKit` decides to expand a `COPY` source.
pub(super) fn has_wildcard(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' | '[' => return true,
            '\\' => {
                chars.next();
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of Go's own tests for `filepath.Match` that tell the rules apart.
    #[test]
    fn matches_like_filepath_match() {
        for (pattern, text, wanted) in [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "a", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*/b", "a/c/b", Ok(false)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", Ok(true)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", Ok(false)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzy", Ok(false)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[b-d]", "abc", Ok(true)),
            ("ab[e-g]", "abc", Ok(false)),
            ("ab[^c]", "abc", Ok(false)),
            ("ab[^e-g]", "abc", Ok(true)),
            ("a\\*b", "a*b", Ok(true)),
            ("a\\*b", "ab", Ok(false)),
            ("a?b", "a☺b", Ok(true)),
            ("a???b", "a☺b", Ok(false)),
            ("[a-ζ]*", "α", Ok(true)),
            ("*[a-ζ]", "A", Ok(false)),
            ("a?b", "a/b", Ok(false)),
            ("[\\]a]", "]", Ok(true)),
            ("[\\-x]", "-", Ok(true)),
            ("[x\\-]", "z", Ok(false)),
            ("[]a]", "]", Err(BadPattern)),
            ("[-x]", "x", Err(BadPattern)),
            ("[x-]", "x", Err(BadPattern)),
            ("[a-b-c]", "a", Err(BadPattern)),
            ("[", "a", Err(BadPattern)),
            ("[^bc", "a", Err(BadPattern)),
            ("a[", "ab", Err(BadPattern)),
            ("\\", "a", Err(BadPattern)),
            ("*x", "xxx", Ok(true)),
            ("**", "a/b", Ok(false)),
            ("", "", Ok(true)),
        ] {
            let got = compile(pattern).map(|tokens| matches(&tokens, text));
            assert_eq!(got, wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn wildcards() {
        for (text, wanted) in [("a*", true), ("a?", true), ("[a]", true), ("a\\*", false), ("a", false)] {
            assert_eq!(has_wildcard(text), wanted, "{text}");
        }
    }
}
