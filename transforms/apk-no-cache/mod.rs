//! `apk add` keeps neither the index nor packages in the image.

use std::collections::BTreeSet;

use crate::edit::{self, Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::caches::ApkIndex;
use crate::knowledge::releases::Age;
use crate::knowledge::{self, Verb};
use crate::model::caches::{self, Use, apk};
use crate::prove::Claim;
use crate::rewrite;
use crate::shell::{Script, Simple, Word};
use crate::syntax::{Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "apk-no-cache",
    summary: "let apk install without storing its index",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3019"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["apk"],
    propose,
};

/// What is added.
const OPTION: &str = "--no-cache";

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let mut changed = BTreeSet::new();
    // From the last to the first: a RUN whose index a later one reads waits until that one fetches its own.
    for index in (0..model.instructions.len()).rev() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        let installs: Vec<(&Simple, usize)> =
            script.simple_commands().into_iter().filter_map(|simple| Some((simple, verb_to_follow(simple)?))).collect();
        // An upgrade alone is nobody's finding; beside an install it is what needs the stored index.
        if !installs.iter().any(|(simple, verb)| simple.words[*verb].literal.as_deref() == Some("add")) {
            continue;
        }
        let place = Place { subject, index, script };
        let span = model.instructions[index].span;
        match place.fix(&installs, &changed) {
            Ok(Planned::Now(fix)) => {
                changed.insert(index);
                proposals.fixes.push(*fix);
            }
            Ok(Planned::After(line)) => {
                changed.insert(index);
                proposals.leave(span, format!("`{OPTION}` is not added: line {line} installs by the stored index"));
            }
            Err(reason) => proposals.leave(span, format!("`{OPTION}` is not added: {reason}")),
        }
    }
    proposals.fixes.reverse();
    proposals.findings.reverse();
}

/// The place of `add` in a command that lacks the option; none where a variable or an unknown option before it
/// may make something else of it.
fn verb_to_follow(simple: &Simple) -> Option<usize> {
    let words = simple.literals();
    let stored = knowledge::caches::apk_index(&words)?;
    let found = knowledge::invocation(&words)?;
    let reads_index = found.verb == Verb::Install || found.verb_word == "upgrade";
    if !reads_index || !matches!(stored, ApkIndex::Stored | ApkIndex::NeededToInstall) {
        return None;
    }
    let verb = (0..words.len()).find(|at| words[*at] == Some(found.verb_word) && !found.options.contains(at))?;
    found.unclear.is_none_or(|at| at > verb).then_some(verb)
}

/// Whether a word tells apk to store the index first, and nothing else.
fn tells_to_update(word: &Word) -> bool {
    matches!(word.literal.as_deref(), Some("-U" | "--update" | "--update-cache"))
}

/// When a RUN is changed.
enum Planned {
    /// Now.
    Now(Box<Fix>),
    /// Once the RUN in this line fetches the index itself.
    After(usize),
}

/// A RUN that installs by apk.
struct Place<'p, 'a, 'f, 's> {
    subject: &'p Subject<'a, 'f, 's>,
    index: usize,
    script: &'p Script<'s>,
}

impl Place<'_, '_, '_, '_> {
    /// The fix, or what it waits for out of `changed`.
    fn fix(&self, installs: &[(&Simple, usize)], changed: &BTreeSet<usize>) -> Result<Planned, String> {
        let (model, index) = (self.subject.model, self.index);
        let age = apk::age(model, index);
        if age == Age::Old {
            return Err("the apk of this base image is older than 2.6 and does not know it".to_owned());
        }
        if apk::is_mounted(model, index) || apk::has_lasting_cache(model) {
            return Err("apk's cache is kept on purpose".to_owned());
        }
        if caches::is_offline(model, index) {
            return Err("the RUN has no network".to_owned());
        }
        let reads =
            |simple: &Simple| knowledge::caches::apk_index(&simple.literals()) == Some(ApkIndex::NeededToInstall);
        if age == Age::Recent
            && installs.iter().any(|(simple, _)| reads(simple) && apk::repositories_may_change(model, index, simple))
        {
            return Err("the repositories may change between `apk update` and the install".to_owned());
        }
        let later = apk::later_use(model, index, age, self.subject.context);
        // A RUN that updates, or removes the index itself, leaves the same to those that come later.
        let same_for_later = self.removes_index();
        if !same_for_later && !later.installs.is_empty() && later.installs.iter().all(|at| changed.contains(at)) {
            return Ok(Planned::After(model.instructions[later.installs[0]].first_line));
        }
        let mut doubt = (age == Age::Unknown)
            .then(|| "the base image is not known, and an apk older than 2.6 does not know the option".to_owned());
        let mut option_only = self.updates().is_some_and(|update| self.is_read_by_others(update));
        if !same_for_later {
            let read = match (later.installs.first(), later.other) {
                (Some(at), _) => {
                    Some(format!("line {} installs by the stored index", model.instructions[*at].first_line))
                }
                (None, Use::Surely(reason)) => Some(reason),
                (None, Use::Perhaps(reason)) => {
                    if self.updates().is_some() {
                        option_only = true;
                    } else {
                        doubt.get_or_insert(reason);
                    }
                    None
                }
                (None, Use::None) => None,
            };
            match read {
                Some(_) if self.updates().is_some() => option_only = true,
                Some(reason) => return Err(reason),
                None => {}
            }
        }
        Ok(Planned::Now(Box::new(self.written(installs, option_only, doubt.as_deref()))))
    }

    /// The `apk update` that stands at the top of the RUN.
    fn updates(&self) -> Option<&Simple> {
        let commands = apk::commands_of(self.script).into_iter().map(|(simple, _)| simple);
        let is_update = |simple: &&Simple| {
            knowledge::invocation(&simple.literals()).is_some_and(|found| found.verb_word == "update")
        };
        commands.filter(is_update).find(|simple| apk::is_on_top(self.script, simple))
    }

    /// Whether another command than an install that gets the option reads what the update stored.
    fn is_read_by_others(&self, update: &Simple) -> bool {
        apk::commands_of(self.script)
            .into_iter()
            .any(|(simple, index)| simple != update && index != ApkIndex::NotNeeded && verb_to_follow(simple).is_none())
    }

    /// Whether the RUN removes the index at its end.
    fn removes_index(&self) -> bool {
        let last = apk::commands_of(self.script).iter().map(|(simple, _)| simple.range.end).max().unwrap_or(0);
        self.script.single_chain().is_some() && self.removals().iter().any(|simple| simple.range.start > last)
    }

    /// Commands of the chain that are `rm -rf /var/cache/apk/*`, or that and more.
    fn removals(&self) -> Vec<&Simple> {
        let commands = self.script.simple_commands().into_iter();
        commands
            .filter(|simple| {
                simple.name() == Some("rm")
                    && caches::is_forced(&simple.literals())
                    && apk::is_on_top(self.script, simple)
                    && simple.words.iter().any(|word| self.script.str(word.range) == "/var/cache/apk/*")
            })
            .collect()
    }

    fn written(&self, installs: &[(&Simple, usize)], option_only: bool, doubt: Option<&str>) -> Fix {
        let for_doubt =
            |saves: &str| doubt.map_or_else(|| saves.to_owned(), |doubt| format!("{saves}; unsafe because {doubt}"));
        let reason = for_doubt("the index is fetched for this install alone and does not stay in the layer");
        let plain_reason = match self.updates() {
            Some(_) => for_doubt(
                "the install fetches the index for itself; that of `apk update` stays in the layer, as others may read it",
            ),
            None => reason.clone(),
        };
        let safety = if doubt.is_some() { Safety::Unsafe } else { Safety::Safe };
        let title = self.title(installs, &[]);
        let plain = Fix {
            title: title.clone(),
            reason: plain_reason,
            edits: self.options(installs),
            safety,
            claim: Claim::DownloadCache,
            alternatives: Vec::new(),
        };
        if option_only {
            return plain;
        }
        let (whole, what) = self.with_idle_commands(installs);
        if what.is_empty() {
            return plain;
        }
        Fix {
            title: self.title(installs, &what),
            edits: whole,
            alternatives: vec![plain],
            reason,
            safety,
            claim: Claim::DownloadCache,
        }
    }

    /// What is done, with the commands that go.
    fn title(&self, installs: &[(&Simple, usize)], commands: &[&str]) -> String {
        let mut gone: Vec<String> = Vec::new();
        for word in installs.iter().flat_map(|(simple, _)| simple.words.iter().filter(|word| tells_to_update(word))) {
            let word = format!("`{}`", self.script.str(word.range));
            if !gone.contains(&word) {
                gone.push(word);
            }
        }
        gone.extend(commands.iter().map(|command| (*command).to_owned()));
        match gone.as_slice() {
            [] => format!("add `{OPTION}` to apk add"),
            _ => format!("add `{OPTION}` to apk add, and drop {}", gone.join(" and ")),
        }
    }

    /// The option for each install, in the place of what told apk to store the index.
    fn options(&self, installs: &[(&Simple, usize)]) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (simple, verb) in installs {
            let drops = self.update_words(simple);
            let after_verb = self.script.span(simple.words[*verb].range).end;
            // An option right behind the verb gives its place to the new one.
            let replaced = drops.iter().position(|edit| edit.span.start == after_verb);
            if replaced.is_none() {
                edits.push(rewrite::insert_word_after(self.script, &simple.words[*verb], OPTION));
            }
            edits.extend(drops.into_iter().enumerate().map(|(at, edit)| {
                if replaced == Some(at) { Edit::replace(edit.span, format!(" {OPTION}")) } else { edit }
            }));
        }
        edit::sort(&mut edits);
        edits
    }

    fn update_words(&self, simple: &Simple) -> Vec<Edit> {
        let words = simple.words.iter().enumerate();
        let told = words.filter(|(_, word)| tells_to_update(word));
        told.filter_map(|(at, _)| rewrite::drop_word(self.subject.model, self.index, self.script, simple, at)).collect()
    }

    /// All edits, and which commands become idle and go.
    fn with_idle_commands(&self, installs: &[(&Simple, usize)]) -> (Vec<Edit>, Vec<&'static str>) {
        let (model, index, script) = (self.subject.model, self.index, self.script);
        let mut edits = self.options(installs);
        let mut what = Vec::new();
        let update = self.updates().and_then(|update| rewrite::drop_command(model, index, script, update));
        if let Some(edit) = &update {
            what.push("`apk update`");
            edits.push(edit.clone());
        }
        let stores_no_more = script.single_chain().is_some() && (update.is_some() || self.updates().is_none());
        let earlier = self.stored_earlier();
        for removal in self.removals().into_iter().filter(|_| stores_no_more && !earlier) {
            if script.str(removal.words[removal.words.len() - 1].range) != "/var/cache/apk/*" || removal.words.len() > 3
            {
                continue;
            }
            if let Some(edit) = rewrite::drop_command(model, index, script, removal) {
                what.push("the removal of the index");
                edits.push(edit);
            }
        }
        edit::sort(&mut edits);
        (edits, what)
    }

    /// Whether an earlier RUN or the base image may hold an index, which a removal takes away.
    fn stored_earlier(&self) -> bool {
        let model = self.subject.model;
        let known = model
            .base_reference(self.index)
            .is_some_and(|(name, written_out)| written_out && knowledge::releases::apk(name) > Age::Unknown);
        let Some(stage) = model.stage_of(self.index) else { return true };
        let earlier = |at: usize| {
            let text = lossy(model.instructions[at].span.slice(model.file.source));
            let stores = model
                .script(at)
                .is_none_or(|script| apk::commands_of(script).iter().any(|(_, index)| *index != ApkIndex::NotNeeded));
            text.contains("/var/cache/apk") || stores && apk::is_named_in(&text)
        };
        !known || stage.base.stage().is_some() || (stage.range.start + 1..self.index).any(earlier)
    }
}
