//! Which SHELL reads what, and what `pipefail` would make of it.

use crate::knowledge::{base_name, bases, pipes};
use crate::shell::{Body, Command, CompoundKind, Link, List, Opaque, Pipeline, Script, Simple};
use crate::syntax::{Keyword, lossy};

use super::{Base, Model};

impl Model<'_, '_> {
    /// The SHELL instruction that is in force at `index`; `None` where none is, and the image's own is.
    #[must_use]
    pub fn shell_set_at(&self, index: usize) -> Option<usize> {
        let mut stage = self.stage_of(index)?;
        let mut end = index;
        loop {
            let found = (stage.range.start..end).rev().find(|at| self.keyword(*at) == Keyword::Shell);
            if found.is_some() {
                return found;
            }
            stage = &self.stages[stage.base.stage()?];
            end = stage.range.end;
        }
    }

    /// The instructions whose shell form a SHELL right behind `index`, or at it, reaches: up to the next SHELL, in
    /// the stages built on this one too.
    #[must_use]
    pub fn under_shell_behind(&self, index: usize) -> Vec<usize> {
        let mut reached = Vec::new();
        let Some(stage) = self.stage_of(index) else { return reached };
        let mut open = vec![(stage.index, index + 1)];
        while let Some((stage, start)) = open.pop() {
            let end = self.stages[stage].range.end;
            let next = (start..end).find(|at| self.keyword(*at) == Keyword::Shell);
            reached.extend(start..next.unwrap_or(end));
            if next.is_none() {
                let children = self.stages.iter().filter(|child| child.base.stage() == Some(stage));
                open.extend(children.map(|child| (child.index, child.range.start)));
            }
        }
        reached.sort_unstable();
        reached
    }

    /// The name of the image below the stage of instruction `index`, where it is written out.
    #[must_use]
    pub fn written_out_base(&self, index: usize) -> Option<&str> {
        let mut stage = self.stage_of(index)?;
        while let Some(parent) = stage.base.stage() {
            stage = &self.stages[parent];
        }
        let Base::Image(name) = &stage.base else { return None };
        let from = self.instructions[stage.range.start];
        let written_out = !from.body.rest.slice(from.joined.text()).contains(&b'$');
        written_out.then_some(name.as_str())
    }

    /// Whether `/bin/ash` of the image is one that knows `pipefail`: busybox 1.27, Alpine 3.7, or later.
    #[must_use]
    pub fn ash_knows_pipefail(&self, index: usize) -> bool {
        self.written_out_base(index).is_some_and(bases::ash_knows_pipefail)
    }

    /// Whether a RUN below `index`, in this stage or in one built on it, is read by the shell that is in force there.
    #[must_use]
    pub fn shell_is_used_later(&self, index: usize) -> bool {
        self.later(index).any(|at| {
            let read = match self.body(at) {
                Some(Body::Script(script)) => !script.in_heredoc,
                Some(Body::Opaque(Opaque::Bashism(_))) => self.instructions[at].heredocs.is_empty(),
                _ => false,
            };
            read && self.keyword(at) == Keyword::Run && self.shell_set_at(at) == self.shell_set_at(index)
        })
    }

    /// What `/bin/sh` reads whatever a SHELL at `index` says: HEALTHCHECK, and CMD and ENTRYPOINT above it, in shell
    /// form and also of the stages below.
    ///
    /// Source: `dispatchCmd` of `dockerfile2llb/convert.go` puts the SHELL in force in front of the command; a
    /// HEALTHCHECK is kept as it is, and Docker 26.1 was seen to run it by `/bin/sh`.
    #[must_use]
    pub fn read_by_sh_anyway(&self, index: usize) -> Vec<usize> {
        let above = |at: &usize| matches!(self.keyword(*at), Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck);
        let mut found: Vec<usize> = self.earlier(index).filter(above).collect();
        found.extend(self.later(index).filter(|at| self.keyword(*at) == Keyword::Healthcheck));
        found.retain(|at| matches!(self.body(*at), Some(Body::Script(_) | Body::Opaque(_))));
        found
    }

    /// Whether the instruction names `sh` itself, or `su` and `runuser`, which start the shell of a user, as a word
    /// of its own.
    #[must_use]
    pub fn names_sh(&self, index: usize) -> bool {
        let text = lossy(self.instructions[index].span.slice(self.file.source));
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')));
        words.any(|word| matches!(base_name(word), "sh" | "su" | "runuser"))
    }
}

/// Whether anything in the script is a pipeline of several commands.
#[must_use]
pub fn pipes(script: &Script<'_>) -> bool {
    let mut found = Vec::new();
    collect(&script.list, &mut found);
    found.iter().any(|pipeline| pipeline.commands.len() > 1)
}

/// Whether the script switches `pipefail` on by itself.
#[must_use]
pub fn sets_pipefail(script: &Script<'_>) -> bool {
    let mut sets = script.simple_commands().into_iter().filter(|simple| simple.name() == Some("set"));
    sets.any(|simple| simple.literals().contains(&Some("pipefail")))
}

/// Why a pipeline of the script may fail under `pipefail` though nothing is wrong; `None` where none does.
#[must_use]
pub fn pipefail_hazard(script: &Script<'_>) -> Option<String> {
    let bodies = match script.substitutions() {
        Ok(bodies) => bodies,
        Err(reason) => return Some(reason),
    };
    std::iter::once(script).chain(&bodies).find_map(own_hazard)
}

fn own_hazard(script: &Script<'_>) -> Option<String> {
    let mut found = Vec::new();
    collect(&script.list, &mut found);
    found.into_iter().filter(|pipeline| pipeline.commands.len() > 1).find_map(|pipeline| hazard(script, pipeline))
}

fn collect<'t>(list: &'t List, found: &mut Vec<&'t Pipeline>) {
    for pipeline in list.items.iter().flat_map(|item| &item.chain.links).map(|link| &link.pipeline) {
        found.push(pipeline);
        for command in &pipeline.commands {
            if let Command::Compound(compound) = command {
                compound.lists.iter().for_each(|list| collect(list, found));
            }
        }
    }
}

fn hazard(script: &Script<'_>, pipeline: &Pipeline) -> Option<String> {
    if pipeline.negated {
        return Some("a negated pipeline would mean something else".to_owned());
    }
    let (_, writers) = pipeline.commands.split_last()?;
    if let Some(reason) = writers.iter().find_map(writer_hazard) {
        return Some(reason);
    }
    let little = match pipeline.commands.as_slice() {
        [Command::Simple(first), Command::Simple(reader)] => {
            pipes::writes_little(&first.literals()) && !pipes::reads_nothing(&reader.literals())
        }
        _ => false,
    };
    if little {
        return None;
    }
    pipeline.commands.iter().skip(1).find_map(|reader| match reader {
        Command::Simple(simple) => pipes::stops_early(&simple.literals(), script.str(simple.range)),
        Command::Compound(compound) if compound.kind == CompoundKind::Loop => {
            let stops = simple_commands(&compound.lists).into_iter().find_map(Simple::name_that_stops);
            stops.map(|name| format!("`{name}` ends a loop that reads, and its writer's SIGPIPE would count"))
        }
        Command::Compound(_) => Some("a group that reads may stop early".to_owned()),
    })
}

/// A writer fails rightly where any of its commands does.
fn writer_hazard(writer: &Command) -> Option<String> {
    match writer {
        Command::Simple(simple) => pipes::may_fail_rightly(&simple.literals()),
        Command::Compound(compound) => {
            if !matches!(compound.kind, CompoundKind::Subshell | CompoundKind::Braces) {
                return Some("a loop or a branch writes into a pipe, and its status would count".to_owned());
            }
            let or = compound.lists.iter().flat_map(|list| &list.items).flat_map(|item| &item.chain.links);
            let handled = or.filter_map(|link| link.joiner).any(|Link { kind, .. }| kind == crate::shell::Joiner::Or);
            if handled {
                return Some("a group that handles a failure writes into a pipe".to_owned());
            }
            let simples = simple_commands(&compound.lists);
            simples.into_iter().find_map(|simple| pipes::may_fail_rightly(&simple.literals()))
        }
    }
}

fn simple_commands(lists: &[List]) -> Vec<&Simple> {
    let mut found = Vec::new();
    for list in lists {
        list.visit(&mut |command| {
            if let Command::Simple(simple) = command {
                found.push(simple);
            }
        });
    }
    found
}

impl Simple {
    fn name_that_stops(&self) -> Option<&str> {
        self.name().filter(|name| matches!(*name, "break" | "exit" | "return" | "head" | "ssh"))
    }
}
