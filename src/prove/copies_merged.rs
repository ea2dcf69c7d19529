//! Neighbouring COPY instructions into one folder became one.
//!
//! BuildKit copies the sources of a COPY one after the other, so that one COPY of all sources leaves the same
//! files. What is a file for sure, and a small one, is all that may go together.

use crate::context::LazyContext;
use crate::knowledge::{base_name, files};
use crate::model::Model;
use crate::model::copy::{self, has_pattern};
use crate::syntax::{Args, Keyword};

use super::trace::Token;
use super::{Demand, Facts, Refusal, Version};

/// Files of together so many bytes take no layer of their own.
const MAX_SIZE: u64 = 1024 * 1024;

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    _demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.trace().tokens, &after.trace().tokens);
    let mut i = 0;
    for token in new {
        let Some(other) = old.get(i) else { return Err(Refusal::new("an instruction appeared")) };
        if other == token {
            i += 1;
            continue;
        }
        i += merged(&before.model, &after.model, &old[i..], token, facts.context)?;
    }
    if i == old.len() { Ok(()) } else { Err(Refusal::new("an instruction, a command or a comment is gone")) }
}

/// A COPY whose paths are written out, with a folder as its destination.
struct IntoFolder {
    flags: Vec<String>,
    sources: Vec<String>,
    folder: String,
}

impl IntoFolder {
    fn of(model: &Model<'_, '_>, token: &Token) -> Result<Self, Refusal> {
        let refuse = || Refusal::new("what was merged are not plain COPY instructions into a folder");
        let Token::Step { index, keyword: Keyword::Copy, .. } = token else { return Err(refuse()) };
        let instruction = model.instructions[index.0];
        if !instruction.heredocs.is_empty() || !matches!(instruction.body.args, Args::Words(_)) {
            return Err(refuse());
        }
        let flags = &instruction.body.flags;
        if flags.iter().any(|flag| !matches!(flag.name(), "chown" | "chmod")) {
            return Err(Refusal::new("layers of other stages, and linked ones, are kept apart on purpose"));
        }
        let mut sources = copy::paths(&instruction.body, instruction.joined.text()).ok_or_else(refuse)?;
        let folder = sources.pop().ok_or_else(refuse)?;
        let folder = if folder == "." { "./".to_owned() } else { folder };
        let written_out = |source: &String| !source.contains(['$', '\\', '"', '\'', '`']);
        if !folder.ends_with('/') || sources.is_empty() || !sources.iter().all(written_out) {
            return Err(refuse());
        }
        Ok(Self { flags: flags.iter().map(|flag| flag.text.clone()).collect(), sources, folder })
    }
}

/// How many tokens at the start of `old` the COPY `new` stands for.
fn merged(
    before: &Model<'_, '_>,
    after: &Model<'_, '_>,
    old: &[Token],
    new: &Token,
    context: LazyContext<'_>,
) -> Result<usize, Refusal> {
    let whole = IntoFolder::of(after, new)?;
    let mut sources = Vec::new();
    let mut taken = 0;
    while sources.len() < whole.sources.len() {
        let next = old.get(taken).ok_or_else(|| Refusal::new("a source appeared"))?;
        let part = IntoFolder::of(before, next)?;
        if part.flags != whole.flags || part.folder != whole.folder {
            return Err(Refusal::new("the COPY instructions differ in flags or destination"));
        }
        sources.extend(part.sources);
        taken += 1;
    }
    if sources != whole.sources || taken < 2 {
        return Err(Refusal::new("a source appeared, moved or is gone"));
    }
    // BuildKit takes `.` with several sources, other builders want the slash.
    let last = &after.instructions[index_of(new)];
    let written = copy::paths(&last.body, last.joined.text()).and_then(|mut paths| paths.pop());
    if written.is_none_or(|written| !written.ends_with('/')) {
        return Err(Refusal::new("several sources want a destination that ends in a slash"));
    }
    are_small_files(&sources, context)?;
    Ok(taken)
}

fn index_of(token: &Token) -> usize {
    if let Token::Step { index, .. } = token { index.0 } else { 0 }
}

fn are_small_files(sources: &[String], context: LazyContext<'_>) -> Result<(), Refusal> {
    let mut names: Vec<String> = Vec::new();
    let mut size = 0;
    for source in sources {
        let name = base_name(source);
        let Some(context) = context.get() else {
            if !files::is_manifest_name(name) {
                return Err(Refusal::new(format!("the build context is not known, and `{source}` may be anything")));
            }
            names.push(name.to_ascii_lowercase());
            continue;
        };
        let path = source.trim_start_matches('/');
        let found = if has_pattern(source) { context.glob(path) } else { vec![path.to_owned()] };
        if found.is_empty() {
            return Err(Refusal::new(format!("`{source}` matches nothing in the build context")));
        }
        for file in found {
            size += context.size(&file).ok_or_else(|| Refusal::new(format!("`{file}` is no file")))?;
            names.push(base_name(&file).to_ascii_lowercase());
        }
    }
    if size >= MAX_SIZE {
        return Err(Refusal::new("large files are kept in layers of their own"));
    }
    let twice = |(at, name): (usize, &String)| names[at + 1..].iter().any(|other| may_be_one(name, other));
    if names.iter().enumerate().any(twice) {
        return Err(Refusal::new("two sources have the same name"));
    }
    Ok(())
}

/// Whether two names, or patterns, may stand for the same file.
fn may_be_one(one: &str, other: &str) -> bool {
    if !has_pattern(one) && !has_pattern(other) {
        return one == other;
    }
    let head = |name: &str| name.split(['*', '?', '[']).next().unwrap_or_default().to_owned();
    let tail = |name: &str| name.rsplit(['*', '?', ']']).next().unwrap_or_default().to_owned();
    let fits = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    let ends = |one: &str, other: &str| one.ends_with(other) || other.ends_with(one);
    fits(&head(one), &head(other)) && ends(&tail(one), &tail(other))
}
