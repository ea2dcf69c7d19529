//! What a stage did before one of its commands.

use crate::knowledge::{self, Family, Invocation, Verb, managers};
use crate::shell::{Script, Simple, Terminator};
use crate::syntax::{Keyword, TextRange};

use super::{Base, Model};

impl Model<'_, '_> {
    /// The instructions that were done before `index`: those above it in its stage, and those of the stages
    /// that it is built on; the nearest one last.
    pub fn earlier(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> + Clone + use<> {
        let mut ranges = Vec::new();
        let mut stage = self.stage_of(index);
        let mut end = index;
        while let Some(current) = stage {
            ranges.push(current.range.start..end);
            stage = current.base.stage().map(|parent| &self.stages[parent]);
            end = stage.map_or(0, |stage| stage.range.end);
        }
        ranges.into_iter().rev().flatten()
    }

    /// The same with `index` itself at the end.
    pub fn up_to(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> + Clone + use<> {
        self.earlier(index).chain(std::iter::once(index))
    }

    /// Whether instruction `other` is done before `index`, in its stage or one that it is built on.
    #[must_use]
    pub fn is_before(&self, other: usize, index: usize) -> bool {
        let (Some(wanted), mut stage) = (self.stage_of(other), self.stage_of(index)) else { return false };
        while let Some(current) = stage.filter(|stage| stage.index > wanted.index) {
            stage = current.base.stage().map(|parent| &self.stages[parent]);
        }
        other < index && stage == Some(wanted)
    }

    /// The name of the image below the stage of an instruction, without the variables' known defaults where it
    /// has any.
    #[must_use]
    pub fn image_below(&self, index: usize) -> Option<&str> {
        let mut stage = self.stage_of(index)?;
        while let Some(parent) = stage.base.stage() {
            stage = &self.stages[parent];
        }
        match &stage.base {
            Base::Image(name) | Base::Unknown(name) => Some(name),
            Base::Scratch | Base::Stage(_) => None,
        }
    }

    /// Which family of package managers has surely installed `package` before the command at `at` of a RUN.
    ///
    /// The install is run in every case, and its failure ends the build or keeps that command from being run.
    /// Only with apt, where nothing else would provide the package, a failure may be passed over.
    #[must_use]
    pub fn installed_before(&self, index: usize, at: TextRange, package: &str) -> Option<Family> {
        let mut found = None;
        for other in self.up_to(index) {
            if self.keyword(other) != Keyword::Run {
                continue;
            }
            let Some(script) = self.script(other) else {
                // What can't be read may take the package away again.
                found = found.filter(|family| *family != Family::Alpine);
                continue;
            };
            for simple in script.commands_in_order() {
                if other == index && simple.range.end > at.start {
                    break;
                }
                let words = simple.literals();
                let Some(invocation) = knowledge::invocation(&words) else {
                    // `$(apk del …)`, `sh -c 'apk del …'`, `apk $OPTIONS del …`
                    let text = script.str(simple.range);
                    if text.contains("apk") && text.contains("del") {
                        found = found.filter(|family| *family != Family::Alpine);
                    }
                    continue;
                };
                if invocation.verb_word == "del" {
                    found = found.filter(|family| *family != Family::Alpine);
                }
                if installs(&words, &invocation, package) {
                    let leads = other == index && script.leads_to(simple, at);
                    if self.surely_done(other, script, simple, &invocation, leads) {
                        found = Some(invocation.manager.family);
                    }
                }
            }
        }
        found
    }

    /// Whether a command is run in every case, and one that fails ends the build; `leads` says that what is asked
    /// for follows only where it went well.
    pub(super) fn surely_done(
        &self,
        index: usize,
        script: &Script<'_>,
        simple: &Simple,
        found: &Invocation<'_>,
        leads: bool,
    ) -> bool {
        let run = script.list.items.iter().any(|item| {
            let links = &item.chain.links;
            let at = links.iter().position(|link| link.pipeline.simple() == Some(simple));
            item.end != Terminator::Background
                && at.is_some_and(|at| {
                    links[..=at]
                        .iter()
                        .all(|link| link.joiner.is_none_or(|joiner| joiner.kind == crate::shell::Joiner::And))
                })
        });
        let shell = script.run_by(&self.states[index].shell);
        let final_failure = script.failure_is_final(simple, &shell);
        run && (leads || final_failure || found.manager.family == Family::Debian)
    }
}

/// Whether a command names the package among those that it installs, into this system.
fn installs(words: &[Option<&str>], found: &Invocation<'_>, package: &str) -> bool {
    let elsewhere = words.iter().flatten().any(|word| {
        ["--root", "--installroot", "--download", "--simulate", "--dry-run", "--print-uris", "--assume", "-s", "-d"]
            .iter()
            .any(|option| word.starts_with(option))
            && !word.starts_with("--assume-yes")
            && *word != "--assumeyes"
            || found.manager.family == Family::Alpine && word.starts_with("-p")
    });
    let named = |at: &usize| {
        words[*at].is_some_and(|word| managers::package_name(word) == package)
            // The value of an option that is not known.
            && found.unclear.is_none_or(|unclear| unclear + 1 != *at || words[unclear].is_none())
    };
    found.verb == Verb::Install && !elsewhere && found.operands.iter().any(named)
}
