//! The text that the shell gets, out of an instruction.
//!
//! Source: `dispatchRun` of `frontend/dockerfile/dockerfile2llb/convert.go`.

use crate::syntax::{self, Args, Dockerfile, Instruction, Joined, JsonString, Keyword, Span, lossy};

use super::{Body, Interpreter, Opaque, Script, convert};

/// A script's text before it is parsed.
#[derive(Debug, Clone)]
pub struct ScriptSource<'s> {
    /// The text, and where it stands in the file.
    pub text: Joined<'s>,
    /// Whether it is a heredoc's body.
    pub in_heredoc: bool,
    /// The program that reads it.
    pub interpreter: Interpreter,
}

/// What the instruction runs; the inner instruction counts for ONBUILD. `None` where it runs nothing.
#[must_use]
pub fn body_of<'s>(file: &Dockerfile<'s>, instruction: &Instruction<'s>, shell: &Interpreter) -> Option<Body<'s>> {
    let body = match &instruction.body.args {
        Args::Onbuild(inner) => inner,
        _ => &instruction.body,
    };
    let args = match (&body.keyword, &body.args) {
        (Keyword::Healthcheck, Args::Healthcheck { command, .. }) => &**command,
        (Keyword::Run | Keyword::Cmd | Keyword::Entrypoint, args) => args,
        _ => return None,
    };
    let range = match args {
        Args::Json(strings) => return Some(Body::Exec(strings.iter().map(|string| string.value.clone()).collect())),
        Args::Text(range) => *range,
        _ => return Some(Body::Opaque(Opaque::Empty)),
    };
    let source = match script_source(file, instruction, range, shell) {
        Ok(source) => source,
        Err(opaque) => return Some(Body::Opaque(opaque)),
    };
    Some(parsed(source))
}

/// Reads the text of a JSON string as a script: `["sh", "-c", "a && b"]`. `None` where it is no clean shell.
#[must_use]
pub fn script_in_json<'s>(
    file: &Dockerfile<'s>,
    instruction: &Instruction<'s>,
    string: &JsonString,
    bash: bool,
) -> Option<Script<'s>> {
    let inner = syntax::TextRange::new(string.range.start + 1, string.range.end.checked_sub(1)?);
    // With an escape in it the text is another one than that of the file.
    if inner.slice(instruction.joined.text()) != string.value.as_bytes() {
        return None;
    }
    convert::parse(instruction.joined.part(file.source, inner), false, bash).ok()
}

fn parsed(source: ScriptSource<'_>) -> Body<'_> {
    let bash = match &source.interpreter {
        Interpreter::Bash { .. } => true,
        Interpreter::Sh { .. } => false,
        Interpreter::Other(name) => return Body::Opaque(Opaque::Interpreter(name.clone())),
    };
    if !source.interpreter.is_plain() {
        return Body::Opaque(Opaque::UnknownShell);
    }
    match convert::parse(source.text, source.in_heredoc, bash) {
        Ok(script) => Body::Script(Box::new(script)),
        Err(opaque) => Body::Opaque(opaque),
    }
}

fn script_source<'s>(
    file: &Dockerfile<'s>,
    instruction: &Instruction<'s>,
    range: syntax::TextRange,
    shell: &Interpreter,
) -> Result<ScriptSource<'s>, Opaque> {
    let line = instruction.joined.part(file.source, range);
    let [first, more @ ..] = instruction.heredocs.as_slice() else {
        return Ok(ScriptSource { text: line, in_heredoc: false, interpreter: shell.clone() });
    };
    // The body itself is the script where the command is nothing but the marker.
    if first.marker == range {
        let text = heredoc_text(file.source, first.body, first.chomp);
        let interpreter = match shebang(text.text()) {
            Some(words) => Interpreter::from_words(&words),
            None => shell.clone(),
        };
        return Ok(ScriptSource { text, in_heredoc: true, interpreter });
    }
    let only_markers = instruction.heredocs.iter().map(|doc| doc.marker.len()).sum::<usize>() + more.len();
    if only_markers >= range.len() {
        return Err(Opaque::NothingRuns);
    }
    let mut text = line;
    for doc in &instruction.heredocs {
        text.push(file.source, Span::new(doc.body.start - 1, doc.body.end));
        let line = doc.terminator.slice(file.source);
        let tabs = line.iter().take_while(|byte| doc.chomp && **byte == b'\t').count();
        let start = doc.terminator.start + tabs;
        text.push(file.source, Span::new(start, start + doc.name.len()));
    }
    Ok(ScriptSource { text, in_heredoc: false, interpreter: shell.clone() })
}

fn heredoc_text(source: &[u8], body: Span, chomp: bool) -> Joined<'_> {
    if !chomp {
        return Joined::of(source, body);
    }
    let mut text = Joined::of(source, Span::new(body.start, body.start));
    let mut at = body.start;
    while at < body.end {
        let end = memchr::memchr(b'\n', &source[at..body.end]).map_or(body.end, |feed| at + feed + 1);
        let tabs = source[at..end].iter().take_while(|byte| **byte == b'\t').count();
        text.push(source, Span::new(at + tabs, end));
        at = end;
    }
    text
}

fn shebang(text: &[u8]) -> Option<Vec<String>> {
    let line = text.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    Some(lossy(line).split_ascii_whitespace().map(str::to_owned).collect())
}
