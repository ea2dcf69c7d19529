//! A `cd` at the start of a RUN became a WORKDIR.
//!
//! The folder in force is then another one for all that follows: whatever may depend on it must find the one
//! that it found before. A missing folder is made where `cd` failed, so that this is never the same image for
//! sure.

use crate::model::{Model, StartsWithCd, User, Workdir};
use crate::shell::Script;
use crate::syntax::{Args, Keyword, lossy};

use super::run_boundaries::is_no_tool_comment;
use super::trace::{Joint, Token};
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    if demand == Demand::SameImage {
        return Err(Refusal::new("WORKDIR makes a folder that is missing, where `cd` fails"));
    }
    let mut walk = Walk { old: before, new: after, i: 0, j: 0, pairs: Vec::new(), entered: Vec::new() };
    walk.whole()?;
    if walk.entered.is_empty() {
        return Err(Refusal::new("no RUN lost a `cd`"));
    }
    for (old, new) in &walk.pairs {
        let entered = walk.entered.iter().any(|run| run == new);
        let (was, is) = (&before.model.states[*old].workdir, &after.model.states[*new].workdir);
        if was != is && !entered && before.model.uses_folder(*old) {
            let line = before.model.instructions[*old].first_line;
            return Err(Refusal::new(format!("line {line} would start in another folder")));
        }
    }
    walk.no_folder_comes_back()?;
    for (old, new) in before.model.stages.iter().zip(&after.model.stages) {
        let end = |model: &Model<'_, '_>, range: &std::ops::Range<usize>| model.folder_after(range.end - 1);
        if end(&before.model, &old.range) != end(&after.model, &new.range)
            && before.model.folder_at_end_matters(old, facts.context)
        {
            return Err(Refusal::new("the stage would end in another folder, in which containers start"));
        }
    }
    Ok(())
}

struct Walk<'v, 'f, 's> {
    old: &'v Version<'f, 's>,
    new: &'v Version<'f, 's>,
    i: usize,
    j: usize,
    /// Instructions of both versions that stand for each other.
    pairs: Vec<(usize, usize)>,
    /// RUNs of the new version that lost their `cd`.
    entered: Vec<usize>,
}

impl Walk<'_, '_, '_> {
    fn whole(&mut self) -> Result<(), Refusal> {
        let (old, new) = (&self.old.trace().tokens, &self.new.trace().tokens);
        while self.i < old.len() || self.j < new.len() {
            match (old.get(self.i), new.get(self.j)) {
                (Some(token), Some(other)) if token == other => {
                    if let (Some(old), Some(new)) = (index_of(token), index_of(other)) {
                        self.pairs.push((old, new));
                    }
                    self.i += 1;
                    self.j += 1;
                }
                (_, Some(Token::Step { index, keyword: Keyword::Workdir, .. })) => {
                    self.appeared(index.0)?;
                    self.j += 1;
                }
                (Some(Token::Step { index, keyword: Keyword::Workdir, .. }), _) => {
                    self.is_gone(index.0)?;
                    self.i += 1;
                }
                (Some(Token::Link { joint: Joint::None, .. }), Some(Token::Link { joint: Joint::None, .. })) => {
                    self.enters()?;
                }
                (Some(token), _) => return Err(Refusal::new(format!("{token} changed or is gone"))),
                (None, Some(token)) => return Err(Refusal::new(format!("{token} appeared"))),
                (None, None) => break,
            }
        }
        Ok(())
    }

    /// No RUN takes a new folder in force away: the builder makes it again for the next one.
    fn no_folder_comes_back(&self) -> Result<(), Refusal> {
        for (old, new) in &self.pairs {
            let (was, is) = (&self.old.model.states[*old].workdir, &self.new.model.states[*new].workdir);
            let Workdir::Known(folder) = is else { continue };
            if was == is || self.entered.contains(new) || self.new.model.keyword(*new) != Keyword::Run {
                continue;
            }
            let Some(script) = self.new.model.script(*new) else { continue };
            if removes(script, folder).is_some() || may_remove_from_elsewhere(script, folder) {
                let line = self.old.model.instructions[*old].first_line;
                return Err(Refusal::new(format!("line {line} may take {folder} away, and it would be made again")));
            }
        }
        Ok(())
    }

    /// A WORKDIR of the new version that the old one does not have: the RUN right below it must start there.
    fn appeared(&self, index: usize) -> Result<(), Refusal> {
        let model = &self.new.model;
        let instruction = model.instructions[index];
        let path = match &instruction.body.args {
            Args::Text(range) => lossy(range.slice(instruction.joined.text())).into_owned(),
            _ => String::new(),
        };
        let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+@".contains(&byte));
        if !path.starts_with('/') || !plain {
            return Err(Refusal::new(format!("`WORKDIR {path}` is not written out")));
        }
        if let Some(Token::Comment(text)) = self.j.checked_sub(1).and_then(|above| self.new.trace().tokens.get(above)) {
            is_no_tool_comment(text)?;
        }
        // The RUN below is the next one of the old version too, and it must enter just this folder.
        let Some(Token::Open { index: run, .. }) = self.old.trace().tokens.get(self.i) else {
            return Err(Refusal::new("a WORKDIR appeared that is not right above a RUN"));
        };
        let starts = StartsWithCd::of(&self.old.model, run.0);
        let folder = starts.and_then(|starts| starts.folder(&self.old.model, run.0));
        match self.new.trace().tokens.get(self.j + 1) {
            Some(Token::Open { .. }) if folder.as_deref() == Some(path.as_str()) => Ok(()),
            _ => Err(Refusal::new(format!("the RUN below does not start with `cd {path}`"))),
        }
    }

    /// A WORKDIR of the old version that is gone: the new one must be in its folder by then, and nothing that may
    /// take the folder away, or change the user that it is made for, may stand since the RUN that entered it.
    fn is_gone(&self, index: usize) -> Result<(), Refusal> {
        let refuse = || Refusal::new("a WORKDIR is gone that does not follow the RUN");
        let run = *self.entered.last().ok_or_else(refuse)?;
        let (_, last) = *self.pairs.last().ok_or_else(refuse)?;
        let model = &self.new.model;
        let harmless =
            |at: usize| !matches!(model.keyword(at), Keyword::Run | Keyword::User | Keyword::From | Keyword::Workdir);
        let above = self.i.checked_sub(1).and_then(|at| self.old.trace().tokens.get(at));
        if matches!(above, Some(Token::Comment(_))) {
            return Err(Refusal::new("a comment above a WORKDIR that is gone would speak of something else"));
        }
        if matches!(above, Some(Token::Open { .. } | Token::Link { .. })) || !(run + 1..=last).all(harmless) {
            return Err(refuse());
        }
        let is = model.folder_after(last);
        if is == self.old.model.folder_after(index) && matches!(is, Workdir::Known(_)) {
            return Ok(());
        }
        Err(Refusal::new("a WORKDIR is gone that names another folder"))
    }

    /// The RUN's `cd` is gone, with the `mkdir -p` of the same folder before it.
    fn enters(&mut self) -> Result<(), Refusal> {
        let Some((old, new)) = self.pairs.last().copied() else {
            return Err(Refusal::new("commands outside of a RUN"));
        };
        let model = &self.old.model;
        let starts = StartsWithCd::of(model, old)
            .ok_or_else(|| Refusal::new("the RUN does not start with `cd` into a folder that is written out"))?;
        let folder = starts.folder(model, old).ok_or_else(|| Refusal::new("which folder it enters is not known"))?;
        if self.new.model.states[new].workdir != Workdir::Known(folder.clone()) {
            return Err(Refusal::new(format!("the RUN would not start in {folder}")));
        }
        if !model.mounts_are_absolute(old) || model.mounts_at(old, &folder) {
            return Err(Refusal::new("what is mounted lies in the folder, or below the folder in force"));
        }
        if starts.mkdir.is_some() && matches!(model.states[old].user, User::Other(_)) {
            return Err(Refusal::new("not every builder gives a folder that WORKDIR makes to the user in force"));
        }
        if !model.states[old].shell.is_plain() {
            return Err(Refusal::new("the shell is given options that are not understood"));
        }
        let script = model.script(old).ok_or_else(|| Refusal::new("a RUN that is no readable script"))?;
        stays(script, &folder, starts.cd)?;
        let gone = if starts.mkdir.is_some() { 2 } else { 1 };
        let (rest, start) = (self.old.trace().tokens.get(self.i + gone), self.new.trace().tokens.get(self.j));
        let (Some(Token::Link { joint: Joint::And, pipeline }), Some(Token::Link { pipeline: other, .. })) =
            (rest, start)
        else {
            return Err(Refusal::new("nothing is left of the RUN"));
        };
        if pipeline != other {
            return Err(Refusal::new(format!("the command `{pipeline}` became `{other}`")));
        }
        let text = model.instructions[old].joined.text();
        if [&b"OLDPWD"[..], b"~-"].iter().any(|name| memchr::memmem::find(text, name).is_some()) {
            return Err(Refusal::new("the RUN names the folder that it was in before its `cd`"));
        }
        self.entered.push(new);
        self.i += gone + 1;
        self.j += 1;
        Ok(())
    }
}

/// The rest of the RUN stays in the folder, and leaves it there for what follows.
fn stays(script: &Script<'_>, folder: &str, cd: &crate::shell::Simple) -> Result<(), Refusal> {
    for simple in script.simple_commands() {
        if simple == cd {
            continue;
        }
        let Some(name) = simple.name() else {
            if simple.words.is_empty() {
                continue;
            }
            return Err(Refusal::new("a command that is not written out may leave the folder"));
        };
        if matches!(name, "cd" | "chdir" | "pushd" | "popd") {
            return Err(Refusal::new("the RUN goes on to other folders"));
        }
    }
    removes(script, folder).map_or(Ok(()), Err)
}

/// A command that takes the folder away, or may do so.
fn removes(script: &Script<'_>, folder: &str) -> Option<Refusal> {
    for simple in script.simple_commands() {
        let Some(name @ ("rm" | "rmdir" | "mv")) = simple.name() else { continue };
        for word in simple.words.iter().skip(1) {
            let text = word.literal.as_deref().unwrap_or_else(|| script.str(word.range)).to_owned();
            let stem = text.split(['*', '?', '[', '{']).next().unwrap_or_default();
            let may_hold = text.contains(['$', '`', '~'])
                || text.split('/').any(|part| part == "..")
                || matches!(text.as_str(), "." | "./")
                || stem.starts_with('/') && folder.starts_with(stem.trim_end_matches('/'));
            if may_hold {
                return Some(Refusal::new(format!("`{name} {text}` may take the folder away")));
            }
        }
    }
    None
}

/// A RUN that starts elsewhere by its own `cd`: a relative path may lead to any part of the folder.
fn may_remove_from_elsewhere(script: &Script<'_>, folder: &str) -> bool {
    let commands = script.simple_commands();
    let mut removals = commands.iter().filter(|simple| matches!(simple.name(), Some("rm" | "rmdir" | "mv")));
    removals.any(|simple| {
        simple.words.iter().skip(1).any(|word| {
            let text = script.str(word.range);
            let text = text.trim_matches(['"', '\'']);
            if text.starts_with('/') {
                return false;
            }
            let mut parts = text.split('/').filter(|part| !matches!(*part, "" | "."));
            let top = parts.next().unwrap_or_default();
            top.contains(['*', '?', '[', '{']) || folder.split('/').skip(1).any(|part| part == top)
        })
    })
}

fn index_of(token: &Token) -> Option<usize> {
    match token {
        Token::Step { index, .. } | Token::Open { index, .. } => Some(index.0),
        _ => None,
    }
}
