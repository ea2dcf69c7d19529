//! A relative WORKDIR is written as the absolute path that it stands for.
//!
//! Source: `NormalizeWorkdir` of `util/system/path.go`: a relative path is joined to the folder in force and
//! cleaned, links unseen.

use crate::model::{Base, Model, Workdir};
use crate::shell::Interpreter;
use crate::syntax::{Args, Keyword};

use super::counterparts::differing;
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.model, &after.model);
    for index in differing(before, after)? {
        let line = old.instructions[index].first_line;
        if old.keyword(index) != Keyword::Workdir || old.flags(index) != new.flags(index) {
            return Err(Refusal::new(format!("what line {line} says changed")));
        }
        if is_windows(old, index) {
            return Err(Refusal::new(format!("line {line} may name a folder of Windows")));
        }
        if parents(old, index).any(|at| matches!(&old.instructions[at].body.args, Args::Onbuild(_))) {
            return Err(Refusal::new(format!("an ONBUILD below the stage of line {line} may change the folder")));
        }
        let (Some(was), Some(is)) = (written_out(old, index), written_out(new, index)) else {
            return Err(Refusal::new(format!("the folder of line {line} is not written out")));
        };
        if was.starts_with('/') || !is.starts_with('/') {
            return Err(Refusal::new(format!("line {line} does not go from a relative to an absolute path")));
        }
        let folder = match (&old.states[index].workdir, demand) {
            (Workdir::Known(folder), _) => folder.as_str(),
            (Workdir::Inherited, Demand::OnlyTheClaim) if old.base_image(index).is_some_and(|base| base.bare) => "/",
            _ => return Err(Refusal::new(format!("the folder in force above line {line} is not known"))),
        };
        if lexical(&format!("{folder}/{was}")) != lexical(is) {
            return Err(Refusal::new(format!("line {line} leads to another folder")));
        }
    }
    Ok(())
}

/// The path of a WORKDIR without variables and escapes, a pair of quotes around it taken off.
fn written_out<'m>(model: &'m Model<'_, '_>, index: usize) -> Option<&'m str> {
    let instruction = model.instructions[index];
    let Args::Text(range) = &instruction.body.args else { return None };
    let text = std::str::from_utf8(range.slice(instruction.joined.text())).ok()?;
    let bare = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let path = bare('"').or_else(|| bare('\'')).unwrap_or(text);
    let drive = path.as_bytes().get(1) == Some(&b':');
    let plain = !path.contains(['$', '\\', '"', '\'', '`', '~', '#']) && path.trim() == path;
    // Without quotes a blank is part of the path to BuildKit, and most likely a mistake.
    let one_word = text.len() != path.len() || !path.contains(char::is_whitespace);
    (plain && one_word && !drive && !path.is_empty()).then_some(path)
}

/// The path without empty parts, `.` and `..`.
fn lexical(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts
}

/// The instructions of the stages that the stage of instruction `index` is built on.
fn parents(model: &Model<'_, '_>, index: usize) -> impl Iterator<Item = usize> {
    let first = model.stage_of(index).and_then(|stage| stage.base.stage());
    let up = |parent: &usize| model.stages[*parent].base.stage();
    std::iter::successors(first, up).flat_map(|parent| model.stages[parent].range.clone())
}

fn is_windows(model: &Model<'_, '_>, index: usize) -> bool {
    if matches!(model.states[index].shell, Interpreter::Other(_)) {
        return true;
    }
    let mut stage = model.stage_of(index);
    while let Some(current) = stage {
        if matches!(current.base, Base::Image(_) | Base::Unknown(_)) && current.base.is_windows() {
            return true;
        }
        stage = current.base.stage().map(|parent| &model.stages[parent]);
    }
    false
}
