//! Tells from a file's contents that it is the input of a template engine, not a Dockerfile.
//!
//! `{{` alone proves nothing: `docker inspect --format '{{.Id}}'`, `go list -f`, a `sed` over a
//! configuration template and brace expansion all hold it. So only places count in which a Dockerfile
//! has no use for it: where an instruction starts, in arguments that are names, ports or paths and never
//! shell text, and lines inside a continued instruction that are nothing but one template tag.
//!
//! Lines of the C preprocessor are comments to a Dockerfile, so all branches of an `#ifdef` would count.
//! One such line may be prose (`#if you like …`); an `#endif` behind it is not.

use std::fmt;

/// The family of template language that a marker belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateKind {
    /// `{{ … }}`: Jinja, Go, Mustache, Handlebars, Liquid.
    Braces,
    /// `{% … %}` or `{# … #}`: Jinja, Liquid, Twig.
    Statements,
    /// `<% … %>`: ERB, EJS.
    AngleBrackets,
    /// `include(…)`, `define(…)`, `dnl`: m4.
    M4,
    /// `#if …`, `#ifdef …` or `#ifndef …` with an `#endif`: cpp.
    Preprocessor,
}

impl fmt::Display for TemplateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Braces => "`{{ … }}`",
            Self::Statements => "`{% … %}`",
            Self::AngleBrackets => "`<% … %>`",
            Self::M4 => "an m4 macro",
            Self::Preprocessor => "C preprocessor lines",
        })
    }
}

/// The first place that shows a file to be a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateMarker {
    /// What it is.
    pub kind: TemplateKind,
    /// Its line, counted from 1; of an `#if` with its `#endif`, the first.
    pub line: usize,
}

/// Instructions whose arguments are names, ports or paths: no shell, no braces of their own.
const PLAIN_ARGUMENTS: &[&[u8]] = &[b"FROM", b"WORKDIR", b"COPY", b"ADD", b"EXPOSE", b"USER", b"VOLUME", b"STOPSIGNAL"];

const M4_MACROS: &[&[u8]] = &[
    b"changequote",
    b"define",
    b"divert",
    b"ifdef",
    b"ifelse",
    b"include",
    b"pushdef",
    b"sinclude",
    b"syscmd",
    b"undefine",
];

/// The first marker in `text` that a Dockerfile would not hold, or `None` for a Dockerfile.
///
/// Bytes that are not UTF-8 are fine. Follows `BuildKit`'s lines: continuations (with the `escape`
/// directive), comments inside of them, and heredoc bodies, which are data and never looked at. Of the
/// comments only preprocessor lines count.
#[must_use]
pub fn template_marker(text: &[u8]) -> Option<TemplateMarker> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = lines(text);
    let escape = escape_byte(&lines);
    let mut continued = false;
    let mut heredocs_allowed = false;
    let mut heredocs = Vec::new();
    let mut condition = None;
    let mut at = 0;
    while let Some(&line) = lines.get(at) {
        let here = at;
        at += 1;
        let body = line.trim_ascii_start();
        if body.is_empty() || body.starts_with(b"#") {
            match (preprocessor_line(line), condition) {
                (Some(Preprocessor::If), _) => condition = Some(here),
                (Some(Preprocessor::Endif), Some(opened)) => {
                    return Some(TemplateMarker { kind: TemplateKind::Preprocessor, line: opened + 1 });
                }
                _ => {}
            }
            continue;
        }
        let found = if continued { lone_tag(body) } else { at_instruction(body) };
        if let Some(kind) = found {
            return Some(TemplateMarker { kind, line: here + 1 });
        }
        if !continued {
            heredocs_allowed = takes_heredocs(body);
        }
        if heredocs_allowed {
            heredocs.extend(heredoc_names(line));
        }
        continued = ends_with_escape(line, escape);
        if !continued {
            at = after_heredocs(&lines, at, &heredocs);
            heredocs.clear();
        }
    }
    None
}

/// The lines of a text, without the blanks at their ends.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text).chain([text.len()]);
    let lines = ends.map(|end| {
        let line = &text[start..end];
        start = end + 1;
        line.trim_ascii_end()
    });
    lines.collect()
}

/// A line that opens or closes a condition of the C preprocessor.
enum Preprocessor {
    If,
    Endif,
}

/// Reads a line that starts with `#`, without blanks before or behind it as `# if` of prose has them.
fn preprocessor_line(line: &[u8]) -> Option<Preprocessor> {
    let word = line.strip_prefix(b"#")?;
    let end = word.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    match &word[..end.unwrap_or(word.len())] {
        b"if" | b"ifdef" | b"ifndef" => Some(Preprocessor::If),
        b"endif" => Some(Preprocessor::Endif),
        _ => None,
    }
}

fn at_instruction(body: &[u8]) -> Option<TemplateKind> {
    if let Some(kind) = opening_tag(body).or_else(|| m4_macro(body)) {
        return Some(kind);
    }
    let end = body.iter().position(u8::is_ascii_whitespace).unwrap_or(body.len());
    let (keyword, arguments) = body.split_at(end);
    if let Some(kind) = any_tag(keyword) {
        return Some(kind);
    }
    PLAIN_ARGUMENTS.iter().any(|plain| keyword.eq_ignore_ascii_case(plain)).then(|| any_tag(arguments)).flatten()
}

/// A line inside a continued instruction that is one tag and nothing else, as in `{% if x %}`. Shell
/// text that writes a template has quotes or a continuation around it.
fn lone_tag(body: &[u8]) -> Option<TemplateKind> {
    let kind = opening_tag(body)?;
    let closes: &[u8] = match kind {
        TemplateKind::Braces => b"}}",
        TemplateKind::Statements if body.starts_with(b"{#") => b"#}",
        TemplateKind::Statements => b"%}",
        TemplateKind::AngleBrackets => b"%>",
        TemplateKind::M4 | TemplateKind::Preprocessor => return None,
    };
    body.ends_with(closes).then_some(kind)
}

fn opening_tag(text: &[u8]) -> Option<TemplateKind> {
    match text {
        [b'{', b'{', ..] => Some(TemplateKind::Braces),
        [b'{', b'%' | b'#', ..] => Some(TemplateKind::Statements),
        [b'<', b'%', ..] => Some(TemplateKind::AngleBrackets),
        _ => None,
    }
}

/// A tag anywhere in `text`; `{#` is left out since `${x#y}` looks like it.
fn any_tag(text: &[u8]) -> Option<TemplateKind> {
    memchr::memchr2_iter(b'{', b'<', text).find_map(|at| match &text[at..] {
        [b'{', b'#', ..] => None,
        tag => opening_tag(tag),
    })
}

fn m4_macro(body: &[u8]) -> Option<TemplateKind> {
    let word = body.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let (name, rest) = body.split_at(word.unwrap_or(body.len()));
    let is_call = rest.starts_with(b"(") && (M4_MACROS.contains(&name) || name.starts_with(b"m4_"));
    let discards_line = name == b"dnl" || (rest.starts_with(b"(") && body.ends_with(b")dnl"));
    (is_call || discards_line).then_some(TemplateKind::M4)
}

fn takes_heredocs(body: &[u8]) -> bool {
    let end = body.iter().position(u8::is_ascii_whitespace).unwrap_or(body.len());
    [b"RUN".as_slice(), b"COPY", b"ADD", b"ONBUILD"].iter().any(|keyword| body[..end].eq_ignore_ascii_case(keyword))
}

/// The index of the line after the bodies of `heredocs`, the first of which would start at `lines[next]`.
///
/// A name whose end line never comes opens nothing; so a shift like `$((1<<x))` costs no line.
fn after_heredocs(lines: &[&[u8]], mut next: usize, heredocs: &[&[u8]]) -> usize {
    for name in heredocs {
        let end = lines[next..].iter().position(|line| line.trim_ascii_start() == *name);
        if let Some(end) = end {
            next += end + 1;
        }
    }
    next
}

fn heredoc_names(line: &[u8]) -> Vec<&[u8]> {
    let mut names = Vec::new();
    let mut rest = line;
    while let Some(at) = memchr::memmem::find(rest, b"<<") {
        rest = &rest[at + 2..];
        let word = rest.strip_prefix(b"-").unwrap_or(rest);
        let word = word.strip_prefix(b"\"").or_else(|| word.strip_prefix(b"'")).unwrap_or(word);
        let length = word.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(word.len());
        if length > 0 {
            names.push(&word[..length]);
        }
    }
    names
}

/// `BuildKit`'s rule: one escape at the end of the line continues it, two do not.
fn ends_with_escape(line: &[u8], escape: u8) -> bool {
    match line {
        [.., before, last] => *last == escape && *before != escape,
        [only] => *only == escape,
        [] => false,
    }
}

/// The escape character that the directives at the top of the file set.
fn escape_byte(lines: &[&[u8]]) -> u8 {
    for line in lines {
        let Some(directive) = line.trim_ascii_start().strip_prefix(b"#") else { break };
        let Some(equals) = directive.iter().position(|&byte| byte == b'=') else { break };
        let (key, value) = (directive[..equals].trim_ascii(), directive[equals + 1..].trim_ascii());
        if key.eq_ignore_ascii_case(b"escape") && value == b"`" {
            return b'`';
        }
    }
    b'\\'
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
