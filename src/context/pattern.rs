//! One pattern of a `.dockerignore` file, compiled as moby/patternmatcher does.
//!
//! That library turns a pattern into a regular expression, with shortcuts for the plain kinds. The
//! shortcuts differ in places from what the expression would say (`**foo` ends in `foo` anywhere,
//! `foo/**` starts with `foo/`), so they are kept apart here too. Where its translation turns a
//! character into regular-expression syntax by accident, the pattern is refused: its meaning is not one
//! that anybody wrote on purpose.
//!
//! Source: <https://github.com/moby/patternmatcher>, `patternmatcher.go`.

use super::glob::{self, Token};

/// Why a pattern can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The build stops here as well.
    #[error("the pattern is malformed: a bracket, range or escape is incomplete")]
    Malformed,
    /// The build stops here as well.
    #[error("`!` stands alone: it needs a pattern to make an exception of")]
    LoneException,
    /// `BuildKit` gives the pattern a meaning by accident of its regular expressions.
    #[error("the pattern has no clear meaning in BuildKit: write its brackets, `^` or `\\` in another way")]
    Unclear,
}

#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// An exception: written with `!`, without it here.
    pub(super) exception: bool,
    /// The pattern as cleaned by `filepath.Clean`.
    text: String,
    rule: Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Exact,
    Prefix(String),
    Suffix(String),
    Tokens(Vec<Token>),
}

/// Which kind of rule the characters so far call for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Exact,
    Prefix,
    Suffix,
    Tokens,
}

impl Pattern {
    /// Compiles a pattern that is trimmed, cleaned and without its `!`.
    pub(super) fn new(text: String, exception: bool) -> Result<Self, PatternError> {
        glob::compile(&text).map_err(|_| PatternError::Malformed)?;
        let rule = rule(&text)?;
        Ok(Self { exception, text, rule })
    }

    /// Whether the pattern matches `path` itself; folders above it are the caller's part.
    pub(super) fn matches(&self, path: &str) -> bool {
        match &self.rule {
            Rule::Exact => path == self.text,
            Rule::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Rule::Suffix(suffix) => path.ends_with(suffix.as_str()) || suffix.strip_prefix('/') == Some(path),
            Rule::Tokens(tokens) => glob::matches(tokens, path),
        }
    }

    /// The pattern without a final `/**` or `/*`, and whether the rest is free of wildcards. `BuildKit` uses
    /// it to tell which excluded folders may hold exceptions (fsutil, `patternWithoutTrailingGlob`).
    pub(super) fn plain_prefix(&self) -> Option<&str> {
        let prefix = self.text.strip_suffix("/**").unwrap_or(&self.text);
        let prefix = prefix.strip_suffix("/*").unwrap_or(prefix);
        (!prefix.contains(['*', '[', ']', '?', '^', '\\'])).then_some(prefix)
    }
}

fn rule(pattern: &str) -> Result<Rule, PatternError> {
    let mut shape = Shape::Exact;
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let first = rest.len() == pattern.len();
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '*' => {
                if let Some(after) = after.strip_prefix('*') {
                    let after = after.strip_prefix('/').unwrap_or(after);
                    let (token, wanted) = match (after.is_empty(), shape) {
                        (true, Shape::Exact) => (Token::Anything, Shape::Prefix),
                        (true, _) => (Token::Anything, Shape::Tokens),
                        (false, _) => (Token::Folders, Shape::Tokens),
                    };
                    tokens.push(token);
                    shape = if first { Shape::Suffix } else { wanted };
                    after
                } else {
                    tokens.push(Token::Many);
                    shape = Shape::Tokens;
                    after
                }
            }
            '?' => {
                tokens.push(Token::One);
                shape = Shape::Tokens;
                after
            }
            '\\' => {
                let escaped = after.chars().next().ok_or(PatternError::Malformed)?;
                // `\d` would be a digit, `\b` a word's edge.
                if !escaped.is_ascii_punctuation() {
                    return Err(PatternError::Unclear);
                }
                tokens.push(Token::Char(escaped));
                shape = Shape::Tokens;
                &after[escaped.len_utf8()..]
            }
            '[' => {
                let (class, end) = class(after)?;
                tokens.push(class);
                shape = Shape::Tokens;
                end
            }
            ']' => {
                tokens.push(Token::Char(c));
                shape = Shape::Tokens;
                after
            }
            _ => {
                tokens.push(Token::Char(c));
                after
            }
        };
    }
    Ok(match shape {
        Shape::Exact => Rule::Exact,
        Shape::Prefix => Rule::Prefix(pattern.strip_suffix("**").unwrap_or(pattern).to_owned()),
        Shape::Suffix => Rule::Suffix(pattern[2..].to_owned()),
        // A bare `^` is left as it is, an anchor in the middle of the expression.
        Shape::Tokens if tokens.contains(&Token::Char('^')) && !pattern.contains("\\^") => {
            return Err(PatternError::Unclear);
        }
        Shape::Tokens => Rule::Tokens(tokens),
    })
}

fn class(text: &str) -> Result<(Token, &str), PatternError> {
    let (class, end) = glob::class(text).map_err(|_| PatternError::Malformed)?;
    let body = &text[..text.len() - end.len() - 1];
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        let unclear = match c {
            // Translated as wildcards even inside of the brackets.
            '*' | '?' => true,
            // `[[:alpha:]]`.
            '[' => chars.as_str().starts_with(':'),
            '\\' => !chars.next().is_some_and(|escaped| escaped.is_ascii_punctuation()),
            _ => false,
        };
        if unclear {
            return Err(PatternError::Unclear);
        }
    }
    if class.runs_backwards() {
        return Err(PatternError::Malformed);
    }
    Ok((Token::Class(class), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(pattern: &str) -> Result<Pattern, PatternError> {
        Pattern::new(pattern.to_owned(), false)
    }

    #[test]
    fn shapes_are_those_of_patternmatcher() {
        type Is = fn(&Rule) -> bool;
        let tokens: Is = |rule| matches!(rule, Rule::Tokens(_));
        let table: [(&str, Is); 12] = [
            ("a.b", |rule| *rule == Rule::Exact),
            ("**", |rule| *rule == Rule::Suffix(String::new())),
            ("**/dir", |rule| *rule == Rule::Suffix("/dir".into())),
            ("**file", |rule| *rule == Rule::Suffix("file".into())),
            ("dir/**", |rule| *rule == Rule::Prefix("dir/".into())),
            ("dir**", |rule| *rule == Rule::Prefix("dir".into())),
            ("*", tokens),
            ("**/**", tokens),
            ("**/dir/*", tokens),
            ("**/dir/**", tokens),
            ("a[b-d]e", tokens),
            ("a\\*", tokens),
        ];
        for (pattern, is) in table {
            let rule = new(pattern).unwrap().rule;
            assert!(is(&rule), "{pattern}: {rule:?}");
        }
    }

    #[test]
    fn what_the_build_would_reject_or_misread_is_refused() {
        use PatternError::{Malformed, Unclear};
        for (pattern, wanted) in [
            ("[", Malformed),
            ("[]a]", Malformed),
            ("a[", Malformed),
            ("a\\", Malformed),
            ("[z-a]", Malformed),
            ("[*]", Unclear),
            ("[?]x", Unclear),
            ("[[:alpha:]]", Unclear),
            ("a\\d", Unclear),
            ("[\\d]", Unclear),
            ("^*", Unclear),
            ("a^?", Unclear),
        ] {
            assert_eq!(new(pattern).err(), Some(wanted), "{pattern}");
        }
        assert!(new("a^b").unwrap().matches("a^b"), "a plain pattern is compared as text");
    }

    #[test]
    fn plain_prefixes() {
        for (pattern, wanted) in [
            ("a/b", Some("a/b")),
            ("a/*", Some("a")),
            ("a/**", Some("a")),
            ("a/*/**", Some("a")),
            ("a*", None),
            ("**/a", None),
            ("a\\*", None),
        ] {
            assert_eq!(new(pattern).unwrap().plain_prefix(), wanted, "{pattern}");
        }
    }
}
