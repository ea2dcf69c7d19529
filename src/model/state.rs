//! What is in force just before an instruction.

use crate::shell::Interpreter;
use crate::syntax::{Args, Dockerfile, Instruction, Keyword, lossy};

use super::stage::{Base, Stage};

/// What is in force at a point of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The shell of the shell form; the base image's own SHELL is not known and taken to be the default.
    pub shell: Interpreter,
    /// The user of RUN.
    pub user: User,
    /// The working directory.
    pub workdir: Workdir,
}

/// The user that RUN runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// Whatever the base image says.
    Inherited,
    /// root with root's group, by name or number.
    Root,
    /// Somebody else, as written.
    Other(String),
}

/// The working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Workdir {
    /// Whatever the base image says.
    Inherited,
    /// An absolute path, cleaned.
    Known(String),
    /// It depends on a variable, or is relative to what is not known.
    Unknown,
}

impl Workdir {
    /// The folder as an absolute path; [`Copy::FOLDER_IN_FORCE`](super::Copy::FOLDER_IN_FORCE) where it is not
    /// known.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Known(folder) => folder,
            Self::Inherited | Self::Unknown => super::Copy::FOLDER_IN_FORCE,
        }
    }
}

/// The state before each instruction. A stage built on another starts with the state that one ends with.
#[must_use]
pub fn states(file: &Dockerfile<'_>, instructions: &[&Instruction<'_>], stages: &[Stage]) -> Vec<State> {
    let linux = State { shell: Interpreter::default_linux(), user: User::Inherited, workdir: Workdir::Inherited };
    let mut all = vec![linux.clone(); instructions.len()];
    let mut ends: Vec<State> = Vec::with_capacity(stages.len());
    for stage in stages {
        let mut state = match &stage.base {
            Base::Stage(parent) => ends[*parent].clone(),
            Base::Scratch => State { user: User::Root, workdir: Workdir::Known("/".to_owned()), ..linux.clone() },
            base if base.is_windows() || file.escape == b'`' && !base.is_linux() => {
                State { shell: Interpreter::default_windows(), ..linux.clone() }
            }
            _ => linux.clone(),
        };
        for index in stage.range.clone() {
            all[index] = state.clone();
            advance(&mut state, instructions[index]);
        }
        ends.push(state);
    }
    all
}

fn advance(state: &mut State, instruction: &Instruction<'_>) {
    let text = instruction.joined.text();
    match (&instruction.body.keyword, &instruction.body.args) {
        (Keyword::Shell, Args::Json(strings)) => {
            let words: Vec<&str> = strings.iter().map(|string| string.value.as_str()).collect();
            state.shell = Interpreter::from_words(&words);
        }
        (Keyword::User, Args::Text(range)) => {
            let name = lossy(range.slice(text)).into_owned();
            // With another group than root's own a process makes other files.
            state.user = match name.split_once(':') {
                None if is_root(&name) => User::Root,
                Some((user, group)) if is_root(user) && is_root(group) => User::Root,
                _ => User::Other(name),
            };
        }
        (Keyword::Workdir, Args::Text(range)) => {
            let path = lossy(range.slice(text));
            state.workdir = moved(&state.workdir, &path);
        }
        _ => {}
    }
}

/// The user or the group.
fn is_root(name: &str) -> bool {
    matches!(name, "root" | "0")
}

pub(super) fn moved(from: &Workdir, path: &str) -> Workdir {
    let path = path.trim_matches('"').trim_matches('\'');
    if path.contains(['$', '\\', '"', '\'', '`']) {
        return Workdir::Unknown;
    }
    if path.starts_with('/') {
        return Workdir::Known(cleaned(path));
    }
    match from {
        Workdir::Known(folder) => Workdir::Known(cleaned(&format!("{folder}/{path}"))),
        Workdir::Inherited | Workdir::Unknown => Workdir::Unknown,
    }
}

/// The path without `.`, `..`, doubled and trailing slashes.
#[must_use]
pub fn cleaned(path: &str) -> String {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let is_clean = !inner.is_empty()
        && !inner.starts_with(['.', '/'])
        && !inner.ends_with('/')
        && !inner.contains("//")
        && !inner.contains("/.");
    if is_clean {
        return ["/", inner].concat();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
