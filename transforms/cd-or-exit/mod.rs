//! `cd x; y` becomes `cd x || exit 1; y`.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::Model;
use crate::prove::Claim;
use crate::shell::{Command, CompoundKind, Joiner, List, Pipeline, Script, Simple, Terminator};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "cd-or-exit",
    summary: "stop the RUN where a `cd` fails",
    offers: Offers::Unsafe,
    codes: &["SC2164"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["cd", "pushd", "popd"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        if let Some(script) = model.script(index) {
            in_script(model, index, script, proposals);
        }
    }
}

fn in_script(model: &Model<'_, '_>, index: usize, script: &Script<'_>, proposals: &mut Proposals) {
    let shell = &model.states[index].shell;
    if shell.errexit() || !shell.is_plain() || switches_errexit(script) {
        return;
    }
    let mut places = Places::default();
    look(&script.list, true, &mut places);
    for simple in script.simple_commands() {
        let known = places.passed_over.contains(&simple) || places.counts.contains(&simple);
        if !known && may_fail(simple) && !is_handled(&script.list, simple) {
            let reason = "no `|| exit 1` behind this `cd`: it is part of a chain, a branch, a loop or a function";
            proposals.leave(script.span(simple.range), reason);
        }
    }
    places.passed_over.retain(|simple| {
        // In a heredoc the shell gets it as a part of the word, and what is put behind it would stand before the line feed.
        let ends_in_return = script.str(simple.range).ends_with('\r');
        if ends_in_return {
            let reason = "no `|| exit 1` behind this `cd`: its line ends in a carriage return, which the shell takes for a \
                          part of its last word";
            proposals.leave(script.span(simple.range), reason);
        }
        !ends_in_return
    });
    if places.passed_over.is_empty() {
        return;
    }
    let risk = risk(script, &places.passed_over);
    let edits = places.passed_over.iter().map(|simple| Edit::insert(script.span(simple.range).end, " || exit 1"));
    proposals.fixes.push(Fix {
        title: "stop where `cd` fails".to_owned(),
        reason: format!(
            "a `cd` that fails is passed over, and what follows runs in the wrong folder; unsafe because {risk}"
        ),
        edits: edits.collect(),
        safety: Safety::Unsafe,
        claim: Claim::FailureEndsRun,
        alternatives: Vec::new(),
    });
}

/// What may happen where a `cd` fails: at the top the RUN ends, in `( … )` only that does.
fn risk(script: &Script<'_>, places: &[&Simple]) -> &'static str {
    let links = || script.list.items.iter().flat_map(|item| &item.chain.links);
    let at_top = places.iter().filter(|simple| links().any(|link| link.pipeline.simple() == Some(**simple))).count();
    match at_top {
        all if all == places.len() => "a RUN that went on regardless now fails",
        0 => {
            "a `( … )` that went on regardless now ends there, and the RUN goes on behind it where its failure is passed \
             over"
        }
        _ => "a RUN that went on regardless now fails, and a `( … )` ends there",
    }
}

/// Whether any `set` may switch `-e` on: failures count then, or the RUN says where they do not.
fn switches_errexit(script: &Script<'_>) -> bool {
    let sets = script.simple_commands().into_iter().filter(|simple| simple.name() == Some("set"));
    sets.flat_map(|simple| simple.words.iter().skip(1)).any(|word| {
        let Some(word) = word.literal.as_deref() else { return true };
        word == "errexit" || word.starts_with('-') && word.contains('e')
    })
}

#[derive(Default)]
struct Places<'t> {
    /// A failure is passed over, and an `||` can be put behind it.
    passed_over: Vec<&'t Simple>,
    /// It is the last command: its failure counts as it is.
    counts: Vec<&'t Simple>,
}

fn look<'t>(list: &'t List, top: bool, places: &mut Places<'t>) {
    for (at, item) in list.items.iter().enumerate() {
        let or = item.chain.links.iter().any(|link| link.joiner.is_some_and(|joiner| joiner.kind == Joiner::Or));
        if or || item.end == Terminator::Background {
            continue;
        }
        for link in &item.chain.links {
            let alone = item.chain.links.len() == 1;
            match link.pipeline.simple() {
                Some(simple) if alone && may_fail(simple) => {
                    let is_final = at + 1 == list.items.len();
                    let kind = if is_final { &mut places.counts } else { &mut places.passed_over };
                    kind.push(simple);
                }
                None if top => subshells(&link.pipeline).for_each(|list| look(list, false, places)),
                _ => {}
            }
        }
    }
}

fn subshells(pipeline: &Pipeline) -> impl Iterator<Item = &List> {
    let lists = match pipeline.commands.as_slice() {
        [Command::Compound(compound)] if compound.kind == CompoundKind::Subshell && !pipeline.negated => {
            compound.lists.as_slice()
        }
        _ => &[],
    };
    lists.iter()
}

/// `cd`, `pushd` or `popd` to a folder that may be missing.
fn may_fail(simple: &Simple) -> bool {
    if !simple.assignments.is_empty() || simple.redirects.iter().any(|redirect| redirect.heredoc) {
        return false;
    }
    match (simple.name(), simple.words.get(1).map(|word| word.literal.as_deref())) {
        (Some("popd"), _) | (Some("cd" | "pushd"), None | Some(None)) => true,
        // The root and the folder above are always there.
        (Some("cd" | "pushd"), Some(Some(folder))) => !folder.split('/').all(|part| matches!(part, "" | "." | "..")),
        _ => false,
    }
}

/// Whether `&&` or `||` follows it, in whatever list it stands.
fn is_handled(list: &List, simple: &Simple) -> bool {
    list.items.iter().flat_map(|item| item.chain.links.iter().enumerate().map(move |(at, link)| (item, at, link))).any(
        |(item, at, link)| {
            let followed = at + 1 < item.chain.links.len();
            link.pipeline.commands.iter().any(|command| match command {
                Command::Simple(other) => other == simple && followed,
                Command::Compound(compound) => compound.lists.iter().any(|list| is_handled(list, simple)),
            })
        },
    )
}
