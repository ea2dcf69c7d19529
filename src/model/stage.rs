//! Build stages.

use std::collections::HashMap;
use std::ops::Range;

use crate::knowledge::base_name;
use crate::syntax::{Args, Instruction, Keyword, lossy};

/// A build stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Which one, from 0.
    pub index: usize,
    /// Its name in lower case.
    pub name: Option<String>,
    /// What it starts from.
    pub base: Base,
    /// Its instructions, FROM included.
    pub range: Range<usize>,
}

/// What a stage starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image, as written after variables with a known default were filled in.
    Image(String),
    /// A name that depends on a variable without a default.
    Unknown(String),
}

/// Distributions, for a file whose escape character otherwise tells of Windows.
const LINUX: &[&str] = &[
    "debian",
    "ubuntu",
    "alpine",
    "busybox",
    "centos",
    "fedora",
    "rockylinux",
    "almalinux",
    "amazonlinux",
    "archlinux",
    "oraclelinux",
    "leap",
    "tumbleweed",
    "ubi8",
    "ubi9",
];

/// Parts of the names of Windows images.
const WINDOWS: &[&str] = &[
    "windows",
    "nanoserver",
    "servercore",
    "dotnet/framework",
    "microsoft/dotnet-framework",
    "microsoft/iis",
    "microsoft/wcf",
    "microsoft/aspnet:3.",
    "microsoft/aspnet:4.",
];

impl Base {
    /// The earlier stage that it names.
    #[must_use]
    pub const fn stage(&self) -> Option<usize> {
        match self {
            Self::Stage(index) => Some(*index),
            _ => None,
        }
    }

    /// Whether it is, by its name, a Windows image, where the default shell is `cmd`.
    #[must_use]
    pub fn is_windows(&self) -> bool {
        let (Self::Image(name) | Self::Unknown(name)) = self else { return false };
        let name = name.to_ascii_lowercase();
        // Of `microsoft/aspnet` the versions before 3 ran on Mono.
        WINDOWS.iter().any(|part| name.contains(part)) || name.ends_with("microsoft/aspnet")
    }

    /// Whether it is, by its name, a Linux image: one of the distributions.
    #[must_use]
    pub fn is_linux(&self) -> bool {
        let Self::Image(name) = self else { return false };
        let path = name.split(['@', ':']).next().unwrap_or_default();
        let last = base_name(path);
        LINUX.contains(&last)
    }
}

/// The stages of a file. FROM finds an earlier stage by its exact lower-case name, the last one of that name.
#[must_use]
pub fn stages(instructions: &[&Instruction<'_>]) -> Vec<Stage> {
    let starts: Vec<usize> =
        (0..instructions.len()).filter(|index| instructions[*index].body.keyword == Keyword::From).collect();
    let first = starts.first().copied().unwrap_or(instructions.len());
    let globals = global_args(&instructions[..first]);
    let mut stages: Vec<Stage> = Vec::with_capacity(starts.len());
    let mut named = HashMap::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(instructions.len());
        let instruction = instructions[*start];
        let text = instruction.joined.text();
        let words: Vec<String> = match &instruction.body.args {
            Args::Words(words) => words.iter().map(|word| lossy(word.slice(text)).into_owned()).collect(),
            _ => Vec::new(),
        };
        let base = words.first().map_or(Base::Unknown(String::new()), |word| base_of(word, &globals, &named));
        let name = words.get(2).map(|name| name.to_lowercase());
        if let Some(name) = &name {
            named.insert(name.clone(), index);
        }
        stages.push(Stage { index, name, base, range: *start..end });
    }
    stages
}

/// The ARGs among instructions above the first FROM that have a default, unexpanded.
pub(super) fn global_args(instructions: &[&Instruction<'_>]) -> Vec<(String, String)> {
    let mut globals = Vec::new();
    for instruction in instructions {
        let text = instruction.joined.text();
        let Args::Words(words) = &instruction.body.args else { continue };
        for word in words {
            let word = lossy(word.slice(text));
            if let Some((name, value)) = word.split_once('=') {
                globals.push((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()));
            }
        }
    }
    globals
}

fn base_of(word: &str, globals: &[(String, String)], earlier: &HashMap<String, usize>) -> Base {
    let Some(name) = expanded(word, globals) else { return Base::Unknown(word.to_owned()) };
    if name == "scratch" {
        return Base::Scratch;
    }
    match earlier.get(&name) {
        Some(index) => Base::Stage(*index),
        None => Base::Image(name),
    }
}

/// Fills in `$NAME` and `${NAME}`; `None` where a variable has no default or another form is used.
pub(super) fn expanded(word: &str, globals: &[(String, String)]) -> Option<String> {
    let mut result = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        let (name, tail) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}')?,
            None => {
                after.split_at(after.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count())
            }
        };
        let (_, value) = globals.iter().rev().find(|(known, _)| known == name)?;
        if value.contains('$') {
            return None;
        }
        result.push_str(value);
        rest = tail;
    }
    result.push_str(rest);
    Some(result)
}
