//! A parse as data, in the shape that BuildKit's own parser is dumped in.

use serde::Serialize;

use super::{Args, Body, Dockerfile, Instruction, Keyword, Pair, TextRange, lossy};

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDump {
    /// The escape character.
    pub escape: String,
    /// The instructions in order.
    pub instructions: Vec<InstructionDump>,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstructionDump {
    /// The keyword in upper case, also where it is unknown.
    pub keyword: String,
    /// First line, from 1.
    pub start_line: usize,
    /// Last line, from 1.
    pub end_line: usize,
    /// Flags with quotes taken off.
    pub flags: Vec<String>,
    /// Whether the arguments are a JSON array.
    pub json: bool,
    /// The arguments: one string in shell form; triples of key, value and separator for ENV and LABEL.
    pub value: Vec<String>,
    /// Heredocs with their text.
    pub heredocs: Vec<HeredocDump>,
}

impl InstructionDump {
    /// What it says, wherever it stands: both lines are 0.
    #[must_use]
    pub fn without_lines(self) -> Self {
        Self { start_line: 0, end_line: 0, ..self }
    }
}

/// A heredoc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeredocDump {
    /// The name that ends it.
    pub name: String,
    /// Its lines.
    pub content: String,
}

/// The file as data. Bytes that are not UTF-8 become `U+FFFD`.
#[must_use]
pub fn dump(file: &Dockerfile<'_>) -> FileDump {
    FileDump {
        escape: char::from(file.escape).to_string(),
        instructions: file.instructions().map(|instruction| self::instruction(file, instruction)).collect(),
    }
}

/// One instruction as data.
#[must_use]
pub fn instruction(file: &Dockerfile<'_>, instruction: &Instruction<'_>) -> InstructionDump {
    let text = instruction.joined.text();
    let body = &instruction.body;
    let mut value = Vec::new();
    push_body(text, body, &mut value);
    let heredocs = instruction
        .heredocs
        .iter()
        .map(|doc| HeredocDump { name: doc.name.clone(), content: lossy(doc.body.slice(file.source)).into_owned() });
    InstructionDump {
        keyword: match body.keyword {
            Keyword::Unknown => string(text, body.keyword_range).to_uppercase(),
            known => known.name().to_owned(),
        },
        start_line: instruction.first_line,
        end_line: instruction.last_line,
        flags: body.flags.iter().map(|flag| flag.text.clone()).collect(),
        json: is_json(&body.args),
        value,
        heredocs: heredocs.collect(),
    }
}

fn is_json(args: &Args) -> bool {
    match args {
        Args::Json(_) => true,
        Args::Healthcheck { command, .. } => is_json(command),
        _ => false,
    }
}

fn string(text: &[u8], range: TextRange) -> String {
    lossy(range.slice(text)).into_owned()
}

fn push_body(text: &[u8], body: &Body, value: &mut Vec<String>) {
    if let Args::Onbuild(inner) = &body.args {
        value.push(format!("ONBUILD:{}", string(text, inner.keyword_range).to_uppercase()));
        match &inner.args {
            // BuildKit's node of an inner ONBUILD holds no string of its own.
            Args::Onbuild(_) => value.push(String::new()),
            _ => push_body(text, inner, value),
        }
        return;
    }
    if body.keyword == Keyword::Unknown {
        value.push(String::new());
        return;
    }
    push_args(text, &body.args, value);
}

fn push_args(text: &[u8], args: &Args, value: &mut Vec<String>) {
    match args {
        Args::None | Args::Onbuild(_) => {}
        Args::Text(range) => value.push(string(text, *range)),
        Args::Words(words) => value.extend(words.iter().map(|word| string(text, *word))),
        Args::Json(strings) => value.extend(strings.iter().map(|string| string.value.clone())),
        Args::Pairs(pairs) => pairs.iter().for_each(|pair| push_pair(text, pair, "=", value)),
        Args::LegacyPair(pair) => push_pair(text, pair, "", value),
        Args::Healthcheck { kind, command } => {
            value.push(string(text, *kind));
            push_args(text, command, value);
        }
    }
}

fn push_pair(text: &[u8], pair: &Pair, separator: &str, value: &mut Vec<String>) {
    value.push(string(text, pair.key));
    value.push(string(text, pair.value));
    value.push(separator.to_owned());
}
