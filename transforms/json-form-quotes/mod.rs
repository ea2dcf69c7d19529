//! A list that only its quotes or commas keep from being JSON.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{base_name, programs};
use crate::model::Model;
use crate::prove::Claim;
use crate::shell::Interpreter;
use crate::syntax::{Args, Keyword, TextRange};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "json-form-quotes",
    summary: "mend the quotes and commas of a list that is meant as JSON",
    offers: Offers::Unsafe,
    codes: &["DL3025", "JSONArgsRecommended"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["["],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let keyword = model.keyword(index);
        let read_as = match (keyword, &instruction.body.args) {
            (Keyword::Cmd | Keyword::Entrypoint, Args::Text(_)) => "text for a shell, which never starts the program",
            (Keyword::Volume, Args::Words(_)) => "paths that hold brackets",
            _ => continue,
        };
        let rest = instruction.body.rest;
        let Ok(text) = std::str::from_utf8(rest.slice(instruction.joined.text())) else { continue };
        if !text.starts_with('[') || matches!(model.states[index].shell, Interpreter::Other(_)) {
            continue;
        }
        let strings = match read(text).and_then(|strings| sound(model, index, &strings).map(|()| strings)) {
            Ok(strings) => strings,
            Err(reason) => {
                proposals.leave(
                    instruction.span,
                    format!(
                        "this is no JSON, and BuildKit reads it as {read_as}; what is meant is not certain: {reason}"
                    ),
                );
                continue;
            }
        };
        let mut edits = Vec::new();
        let contiguous = strings.iter().all(|string| {
            let place = |range: TextRange| range.shifted(rest.start);
            if !instruction.joined.is_contiguous(place(string.range)) {
                return false;
            }
            let json = serde_json::Value::from(string.value.as_str()).to_string();
            let span = instruction.joined.span(place(string.range));
            if json != text[string.range.range()] {
                edits.push(Edit::replace(span, json));
            }
            if string.comma == Comma::Missing {
                edits.push(Edit::insert(span.end, ","));
            }
            if let Comma::Idle(at) = string.comma {
                // The blanks before it go too, where they stand on its line.
                let blanks = place(TextRange::new(string.range.end, at + 1));
                let comma = place(TextRange::new(at, at + 1));
                let idle = if instruction.joined.is_contiguous(blanks) { blanks } else { comma };
                edits.push(Edit::delete(instruction.joined.span(idle)));
            }
            true
        });
        if !contiguous {
            proposals.leave(instruction.span, "this is no JSON, and one of its strings stands on two lines");
            continue;
        }
        proposals.fixes.push(Fix {
            title: format!("write the list of {keyword} as JSON"),
            reason: format!(
                "{} BuildKit reads it as {read_as}; unsafe because the list takes effect now",
                fault(&strings, text)
            ),
            edits,
            safety: Safety::Unsafe,
            claim: Claim::ExecForm,
            alternatives: Vec::new(),
        });
    }
}

/// What follows a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comma {
    /// A comma, or for the last one nothing.
    Right,
    /// Blanks only, and a further string.
    Missing,
    /// A comma and no further string; where it stands.
    Idle(usize),
}

struct Quoted {
    /// With its quotes, in the text of the list.
    range: TextRange,
    value: String,
    comma: Comma,
}

/// The strings of a list.
fn read(text: &str) -> Result<Vec<Quoted>, String> {
    let end = text.strip_suffix(']').ok_or("it does not end in `]`")?.len();
    let mut strings: Vec<Quoted> = Vec::new();
    let mut at = 1;
    loop {
        at += blanks(&text[at..end]);
        if at == end {
            break;
        }
        let (range, value) = string(text, at, end)?;
        at = range.end;
        let gap = blanks(&text[at..end]);
        let next = text[at + gap..end].chars().next();
        let comma = match next {
            Some(',') if text[at + gap + 1..end].trim().is_empty() => Comma::Idle(at + gap),
            None | Some(',') => Comma::Right,
            Some(_) if gap > 0 => Comma::Missing,
            Some(c) => return Err(format!("`{c}` follows a string")),
        };
        at += gap + usize::from(next == Some(','));
        strings.push(Quoted { range, value, comma });
    }
    if strings.is_empty() { Err("it holds no string".to_owned()) } else { Ok(strings) }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// The string at `at`, in quotes of either kind, straight or curly.
fn string(text: &str, at: usize, end: usize) -> Result<(TextRange, String), String> {
    const SINGLE: [char; 3] = ['\'', '\u{2018}', '\u{2019}'];
    const DOUBLE: [char; 3] = ['"', '\u{201c}', '\u{201d}'];
    let open = text[at..end].chars().next().unwrap_or_default();
    let closes = if SINGLE.contains(&open) {
        SINGLE
    } else if DOUBLE.contains(&open) {
        DOUBLE
    } else {
        return Err(format!("`{open}` opens no string"));
    };
    let start = at + open.len_utf8();
    let length = text[start..end].find(closes).ok_or("a quote is not closed")?;
    let value = &text[start..start + length];
    let close = text[start + length..].chars().next().map_or(0, char::len_utf8);
    if value.is_empty() || value.contains('\\') || value.chars().any(char::is_control) {
        return Err("a string is empty or holds a backslash".to_owned());
    }
    Ok((TextRange::new(at, start + length + close), value.to_owned()))
}

/// Whether the list makes sense to its instruction.
fn sound(model: &Model<'_, '_>, index: usize, strings: &[Quoted]) -> Result<(), String> {
    let keyword = model.keyword(index);
    let expands = strings.iter().any(|string| string.value.contains('$'));
    if keyword == Keyword::Volume {
        return if expands { Err("it holds a variable".to_owned()) } else { Ok(()) };
    }
    let path = strings.first().map_or("", |string| string.value.as_str());
    let program = base_name(path);
    if path.contains([' ', '\t']) || programs::is_shell_builtin(path) {
        return Err(format!("`{path}` is no program's name"));
    }
    if path.starts_with('-') && !is_given_to_entrypoint(model, index) {
        return Err(format!("`{path}` is no program's name, and a shell may run this as a test"));
    }
    if expands && !matches!(program, "sh" | "bash" | "dash" | "ash") {
        return Err("it holds a variable, which no shell fills in".to_owned());
    }
    Ok(())
}

/// Whether it is a CMD whose words an ENTRYPOINT gets: one in exec form, or one that the base image may have.
fn is_given_to_entrypoint(model: &Model<'_, '_>, index: usize) -> bool {
    if model.keyword(index) != Keyword::Cmd {
        return false;
    }
    let takes_words = |at: usize| {
        let instruction = model.instructions[at];
        let listed = matches!(&instruction.body.args, Args::Json(strings) if !strings.is_empty());
        instruction.body.keyword == Keyword::Entrypoint && listed
    };
    if model.earlier(index).chain(model.later(index)).any(takes_words) {
        return true;
    }
    model.base_reference(index).is_some() && model.base_image(index).is_none_or(|image| !image.bare)
}

/// What keeps the list from being JSON.
fn fault(strings: &[Quoted], text: &str) -> &'static str {
    let straight = |string: &Quoted| {
        let raw = &text[string.range.range()];
        raw.starts_with('"') && raw.ends_with('"')
    };
    if !strings.iter().all(straight) {
        "JSON knows no quotes but `\"`, so"
    } else if strings.iter().any(|string| string.comma == Comma::Missing) {
        "a comma is missing, so"
    } else {
        "a comma stands behind the last string, so"
    }
}
