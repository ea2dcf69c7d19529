//! An install no longer keeps its downloads, and clean-ups of them that became idle are gone.

use crate::knowledge::caches::{ApkIndex, apk_index};
use crate::knowledge::releases::Age;
use crate::knowledge::{self, Family, Verb};
use crate::model::Model;
use crate::model::caches::{self, Use, apk, pip, pip_age};
use crate::shell::{Script, Simple, Terminator};
use crate::syntax::lossy;

use super::commands::{self, Changed};
use super::trace::{Joint, Part, Pipeline, Token, links, parts};
use super::{Demand, Facts, Refusal, Version, appended};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.model, &after.model);
    if commands::outline(old) != commands::outline(new) {
        return Err(Refusal::new("an instruction or a comment appeared, moved or is gone"));
    }
    for index in 0..old.instructions.len() {
        if commands::says(old, index) != commands::says(new, index) {
            let run = Run::of(old, new, index)?;
            run.check(old, demand, facts)?;
        }
    }
    Ok(())
}

/// A RUN that differs.
struct Run<'v, 's, 'n> {
    index: usize,
    before: &'v Script<'s>,
    after: &'n Script<'n>,
    changed: Vec<Changed<'v, 's>>,
    gone: Vec<&'v Simple>,
}

impl<'v, 's, 'n> Run<'v, 's, 'n> {
    fn of(old: &'v Model<'_, 's>, new: &'n Model<'_, 'n>, index: usize) -> Result<Self, Refusal> {
        let (Some(before), Some(after)) = (old.script(index), new.script(index)) else {
            return Err(Refusal::new("what a RUN runs changed, and can't be read"));
        };
        let mut changed = Vec::new();
        match commands::in_run(old, new, index, &mut changed) {
            Ok(()) => Ok(Self { index, before, after, changed, gone: Vec::new() }),
            Err(refusal) => thinned(old, new, index, (before, after))
                .unwrap_or(Err(refusal))
                .map(|(changed, gone)| Self { index, before, after, changed, gone }),
        }
    }

    fn check(&self, model: &Model<'_, '_>, demand: Demand, facts: Facts<'_>) -> Result<(), Refusal> {
        let mut of_apk = false;
        for changed in &self.changed {
            match added_option(changed)? {
                Family::Alpine => of_apk = true,
                _ => pip_keeps_nothing(model, self.index, changed.simple, demand)?,
            }
        }
        if !of_apk && !self.gone.is_empty() {
            return Err(Refusal::new("a clean-up is gone, and no install changed"));
        }
        if of_apk { self.apk_keeps_nothing(model, demand, facts) } else { Ok(()) }
    }

    fn apk_keeps_nothing(&self, model: &Model<'_, '_>, demand: Demand, facts: Facts<'_>) -> Result<(), Refusal> {
        let age = apk::age(model, self.index);
        match age {
            Age::Old => return Err(Refusal::new("the image's apk is older than 2.6 and does not know `--no-cache`")),
            Age::Unknown if demand == Demand::SameImage => {
                return Err(Refusal::new("the image's apk may be older than 2.6 and not know `--no-cache`"));
            }
            _ => {}
        }
        if apk::has_lasting_cache(model) || apk::is_mounted(model, self.index) {
            return Err(Refusal::new("apk's cache is kept on purpose"));
        }
        if caches::is_offline(model, self.index) {
            return Err(Refusal::new("without a network a stored index alone can be read"));
        }
        if age == Age::Recent && self.reads_another_index(model) {
            return Err(Refusal::new("the repositories may change between the stored index and the install"));
        }
        self.finds_its_index(age, demand)?;
        self.removals_are_idle(model, age)?;
        if !self.leaves_another_index() {
            return Ok(());
        }
        let later = apk::later_use(model, self.index, age, facts.context);
        match (later.installs.first(), later.other) {
            (Some(other), _) => Err(Refusal::new(format!(
                "line {} installs by the stored index",
                model.instructions[*other].first_line
            ))),
            (_, Use::Surely(reason)) => Err(Refusal::new(reason)),
            (_, Use::Perhaps(reason)) if demand == Demand::SameImage => Err(Refusal::new(reason)),
            _ => Ok(()),
        }
    }

    /// Whether an install read an index that was stored before the repositories changed, and now fetches one.
    fn reads_another_index(&self, model: &Model<'_, '_>) -> bool {
        self.changed.iter().any(|changed| {
            let reads = apk_index(&changed.simple.literals()) == Some(ApkIndex::NeededToInstall);
            reads && apk::repositories_may_change(model, self.index, changed.simple)
        })
    }

    /// Every command of this RUN that reads a stored index must find the one that it found.
    fn finds_its_index(&self, age: Age, demand: Demand) -> Result<(), Refusal> {
        let (old, new) = (apk::commands_of(self.before), apk::commands_of(self.after));
        let first_stored = |commands: &[(&Simple, ApkIndex)]| {
            commands.iter().position(|(_, index)| matches!(index, ApkIndex::Stored | ApkIndex::NeededToInstall))
        };
        let mut stored = false;
        for (simple, index) in &new {
            let needs = match index {
                ApkIndex::Stored => {
                    stored |= apk::is_on_top(self.after, simple);
                    continue;
                }
                ApkIndex::NotNeeded => continue,
                ApkIndex::NeededToInstall => age != Age::Modern,
                ApkIndex::Needed => true,
            };
            if needs && !stored && first_stored(&old).is_some() {
                return Err(Refusal::new("another command of the RUN reads the index that is no longer stored"));
            }
        }
        let same_start = stored && self.gone.iter().all(|simple| !is_update(simple));
        if same_start || age == Age::Modern || demand == Demand::OnlyTheClaim || !self.stored_before() {
            return Ok(());
        }
        match apk::unknown_command(self.before) {
            Some(name) => Err(Refusal::new(format!("`{name}` may call apk in the same RUN"))),
            None => Ok(()),
        }
    }

    fn stored_before(&self) -> bool {
        let commands = apk::commands_of(self.before);
        commands.iter().any(|(_, index)| matches!(index, ApkIndex::Stored | ApkIndex::NeededToInstall))
    }

    /// A removal of the index may go only where there is none.
    fn removals_are_idle(&self, model: &Model<'_, '_>, age: Age) -> Result<(), Refusal> {
        if !self.gone.iter().any(|simple| !is_update(simple)) {
            return Ok(());
        }
        if apk::commands_of(self.after).iter().any(|(_, index)| *index != ApkIndex::NotNeeded) {
            return Err(Refusal::new("the RUN still stores an index, and no longer removes it"));
        }
        let known = model
            .base_reference(self.index)
            .is_some_and(|(name, written_out)| written_out && knowledge::releases::apk(name) > Age::Unknown);
        if !known || age <= Age::Unknown {
            return Err(Refusal::new("the base image may hold an index, which the RUN no longer removes"));
        }
        let mut stage = model.stage_of(self.index);
        let mut end = self.index;
        while let Some(current) = stage {
            for at in current.range.start + 1..end {
                if may_store(model, at) {
                    let line = model.instructions[at].first_line;
                    return Err(Refusal::new(format!(
                        "line {line} may leave an index, which the RUN no longer removes"
                    )));
                }
            }
            stage = current.base.stage().map(|parent| &model.stages[parent]);
            end = stage.map_or(0, |stage| stage.range.end);
        }
        Ok(())
    }

    /// Whether the RUN may have left an index that it no longer leaves.
    fn leaves_another_index(&self) -> bool {
        let keeps_update = self.gone.iter().all(|simple| !is_update(simple))
            && apk::commands_of(self.after)
                .iter()
                .any(|(simple, index)| *index == ApkIndex::Stored && apk::is_on_top(self.after, simple));
        self.stored_before() && !keeps_update && !removes_at_end(self.before)
    }
}

/// Whether an instruction may put something into `/var/cache/apk`.
fn may_store(model: &Model<'_, '_>, at: usize) -> bool {
    let text = lossy(model.instructions[at].span.slice(model.file.source));
    if text.contains("/var/cache/apk") {
        return true;
    }
    match model.script(at) {
        Some(script) => {
            apk::commands_of(script).iter().any(|(_, index)| *index != ApkIndex::NotNeeded)
                || apk::unknown_command(script).is_some() && apk::is_named_in(&text)
        }
        None => apk::is_named_in(&text),
    }
}

type Thinned<'v, 's> = (Vec<Changed<'v, 's>>, Vec<&'v Simple>);

/// What changed and what is gone at the top of a RUN.
///
/// `None` where anything else differs: a flag, an operator, what stands at the end.
fn thinned<'v, 's>(
    old: &'v Model<'_, 's>,
    new: &Model<'_, '_>,
    index: usize,
    (before, after): (&'v Script<'s>, &Script<'_>),
) -> Option<Result<Thinned<'v, 's>, Refusal>> {
    let plain = |model: &Model<'_, '_>, script: &Script<'_>| {
        model.script(index).is_some() && script.comments.is_empty() && model.instructions[index].heredocs.len() < 2
    };
    let names = |model: &Model<'_, '_>| {
        let docs = model.instructions[index].heredocs.iter();
        docs.map(|doc| (doc.name.clone(), doc.chomp)).collect::<Vec<_>>()
    };
    let same = old.flags(index) == new.flags(index) && before.bash == after.bash && names(old) == names(new);
    if !plain(old, before) || !plain(new, after) || !same {
        return None;
    }
    let ((old_links, old_end), (new_links, new_end)) = (links(before), links(after));
    if old_end != new_end || has_heredoc(before) {
        return None;
    }
    let (mut changed, mut gone) = (Vec::new(), Vec::new());
    let mut rest = new_links.iter().peekable();
    let mut first = true;
    let nodes = before.list.items.iter().flat_map(|item| item.chain.links.iter().map(move |link| (item, link)));
    for ((_, token), (item, link)) in old_links.iter().zip(nodes) {
        let Token::Link { joint, pipeline } = token else { return None };
        if let Some((_, Token::Link { joint: new_joint, pipeline: other })) = rest.peek() {
            let expected = if first { Joint::None } else { *joint };
            let candidate = one_of_each(link.pipeline.simple(), pipeline, other).map(|(simple, old, new)| Changed {
                index,
                script: before,
                simple,
                before: old,
                after: new,
            });
            let stays = pipeline == other;
            if stays || candidate.as_ref().is_some_and(|candidate| added_option(candidate).is_ok()) {
                if *new_joint != expected {
                    return None;
                }
                changed.extend(candidate.filter(|_| !stays));
                rest.next();
                first = false;
                continue;
            }
        }
        let simple = link.pipeline.simple()?;
        // Out of `a; b && c` nothing can go but a whole part, and of parts only an update: its result may count
        // for what follows, which then fetches the index itself and fails the same way.
        let alone = item.chain.links.len() == 1 && item.end != Terminator::Background;
        let in_list = before.single_chain().is_none();
        let last = before.list.items.last().is_some_and(|last| last.range == item.range);
        if in_list && (!alone || last || !is_update(simple)) || !item.chain.is_and_only() {
            return None;
        }
        gone.push(simple);
    }
    if rest.next().is_some() {
        return Some(Err(Refusal::new("a command appeared in the RUN")));
    }
    if let Some(simple) = gone.iter().find(|simple| !is_update(simple) && !removes_index_alone(before, simple)) {
        let words = before.str(simple.range);
        return Some(Err(Refusal::new(format!("`{words}` is gone, which is no clean-up of apk"))));
    }
    Some(Ok((changed, gone)))
}

/// The command of two pipelines that are one simple command each.
fn one_of_each<'v>(
    simple: Option<&'v Simple>,
    old: &Pipeline,
    new: &Pipeline,
) -> Option<(&'v Simple, Vec<Part>, Vec<Part>)> {
    match (simple, old, new) {
        (
            Some(simple),
            Pipeline::Simple { negated: false, commands: old },
            Pipeline::Simple { negated: false, commands: new },
        ) if old.len() == 1 && new.len() == 1 => Some((simple, old[0].clone(), new[0].clone())),
        _ => None,
    }
}

fn has_heredoc(script: &Script<'_>) -> bool {
    script.simple_commands().iter().any(|simple| simple.redirects.iter().any(|redirect| redirect.heredoc))
}

/// Exactly `apk update`, options that only speak aside.
fn is_update(simple: &Simple) -> bool {
    let words = simple.literals();
    simple.assignments.is_empty()
        && simple.redirects.is_empty()
        && matches!(words.first(), Some(Some("apk")))
        && words.contains(&Some("update"))
        && words[1..].iter().all(|word| {
            matches!(
                word,
                Some("update" | "-q" | "--quiet" | "-v" | "--verbose" | "--no-progress" | "-U" | "--update-cache")
            )
        })
}

/// Exactly `rm -rf /var/cache/apk/*`, which says nothing and can't fail.
fn removes_index_alone(script: &Script<'_>, simple: &Simple) -> bool {
    let raw: Vec<String> = parts(script, simple).iter().map(|part| part.raw().to_owned()).collect();
    let [rm, options @ .., place] = raw.as_slice() else { return false };
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    rm == "rm"
        && place == "/var/cache/apk/*"
        && matches!(options.as_slice(), ["-rf" | "-fr" | "-Rf" | "-fR" | "-f"] | ["-r", "-f"] | ["-f", "-r"])
}

/// Whether a RUN surely removes the index after all that may store it.
fn removes_at_end(script: &Script<'_>) -> bool {
    let last = apk::commands_of(script).iter().map(|(simple, _)| simple.range.end).max().unwrap_or(0);
    let certain = script.single_chain().is_some() || appended::sets_errexit(script);
    certain
        && script.list.items.iter().any(|item| {
            item.end != Terminator::Background
                && item.chain.is_and_only()
                && (script.single_chain().is_some() || item.chain.links.len() == 1)
                && item.chain.links.iter().filter_map(|link| link.pipeline.simple()).any(|simple| {
                    let words = simple.literals();
                    simple.range.start > last
                        && words.first() == Some(&Some("rm"))
                        && caches::is_forced(&words)
                        && simple.words.iter().any(|word| {
                            matches!(
                                script.str(word.range),
                                "/var/cache/apk/*" | "/var/cache/apk/" | "/var/cache/apk" | "/var/cache/*"
                            )
                        })
                })
        })
}

/// Options that tell apk to fetch the index and store it, and nothing else.
const APK_UPDATES: &[&str] = &["-U", "--update", "--update-cache"];

/// The family of an install whose one change is that it keeps nothing: the option stands behind the verb, and
/// what tells apk to store the index first may be gone.
fn added_option(changed: &Changed<'_, '_>) -> Result<Family, Refusal> {
    let words = changed.simple.literals();
    let found = knowledge::invocation(&words)
        .filter(|found| found.verb == Verb::Install || is_apk_upgrade(found))
        .ok_or_else(|| Refusal::new("a command that installs nothing changed"))?;
    let option = match found.manager.family {
        Family::Alpine => "--no-cache",
        Family::Pip => "--no-cache-dir",
        _ => return Err(Refusal::new("an install of another package manager changed")),
    };
    let verb = (0..words.len())
        .find(|at| words[*at] == Some(found.verb_word) && !found.options.contains(at))
        .ok_or_else(|| Refusal::new("the verb is not found"))?;
    if found.unclear.is_some_and(|at| at < verb) {
        return Err(Refusal::new("an option that is not understood stands before the verb"));
    }
    if words.iter().flatten().any(|word| word.starts_with("--no-cache") || word.starts_with("--cache")) {
        return Err(Refusal::new("the command says what becomes of its cache already"));
    }
    if found.manager.family == Family::Alpine
        && !matches!(apk_index(&words), Some(ApkIndex::Stored | ApkIndex::NeededToInstall))
    {
        return Err(Refusal::new("the command reads a stored index on purpose"));
    }
    let is_option = |part: &Part| matches!(part, Part::Word { raw, .. } if raw == option);
    let place =
        changed.after.iter().position(is_option).ok_or_else(|| Refusal::new("another change than the option"))?;
    let verb_part = |parts: &[Part]| {
        let mut seen = 0;
        parts.iter().position(|part| {
            let hit = matches!(part, Part::Word { .. }) && seen == verb;
            seen += usize::from(matches!(part, Part::Word { .. }));
            hit
        })
    };
    let mut rest: Vec<&Part> = changed.after.iter().collect();
    rest.remove(place);
    let is_update = |part: &&Part| {
        found.manager.family == Family::Alpine
            && matches!(part, Part::Word { literal: Some(word), .. } if APK_UPDATES.contains(&word.as_str()))
    };
    let kept: Vec<&Part> = changed.before.iter().filter(|part| !is_update(part)).collect();
    let updates_before_verb =
        changed.before.iter().take(verb_part(&changed.before).unwrap_or(0)).filter(is_update).count();
    let stays: Vec<&Part> = changed.before.iter().collect();
    let dropped = if rest == stays {
        0
    } else if rest == kept {
        updates_before_verb
    } else {
        return Err(Refusal::new("more than the option changed"));
    };
    let expected = verb_part(&changed.before).map(|at| at + 1 - dropped);
    if expected == Some(place) {
        Ok(found.manager.family)
    } else {
        Err(Refusal::new("the option does not stand behind the verb"))
    }
}

/// `apk upgrade` reads the index as `apk add` does, and may fetch it for itself alone.
fn is_apk_upgrade(found: &knowledge::Invocation<'_>) -> bool {
    found.manager.family == Family::Alpine && found.verb_word == "upgrade"
}

fn pip_keeps_nothing(model: &Model<'_, '_>, index: usize, simple: &Simple, demand: Demand) -> Result<(), Refusal> {
    match pip_age::age(model, index, simple) {
        Age::Old => return Err(Refusal::new("the image's pip is older than 6.0 and does not know `--no-cache-dir`")),
        Age::Unknown | Age::Recent if demand == Demand::SameImage => {
            return Err(Refusal::new("the pip may be older than 19.1 and install otherwise by `--no-cache-dir`"));
        }
        _ => {}
    }
    pip::reason_to_keep(model, index).map_or(Ok(()), |reason| Err(Refusal::new(reason)))
}
