//! No upgrade of the whole base image.

use crate::context::LazyContext;
use crate::edit::{Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::apt;
use crate::knowledge::bases::{self, Distribution};
use crate::model::{Copy, Model};
use crate::prove::Claim;
use crate::rewrite;
use crate::shell::{Script, Simple};
use crate::syntax::{Item, Keyword, TriviaKind, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "no-apt-upgrade",
    summary: "take upgrades of the whole base image out of RUN",
    offers: Offers::Unsafe,
    codes: &["DL3005"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["apt"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        // One at a time: what joins the rest is another after each.
        let upgrade = script.simple_commands().into_iter().find_map(|simple| {
            let found = apt::call(&simple.literals()).filter(|found| apt::is_upgrade(found.verb_word))?;
            Some((simple, format!("{} {}", found.program, found.verb_word)))
        });
        let Some((simple, name)) = upgrade else { continue };
        match reason_to_stay(model, subject.context, index, script, simple) {
            Some(reason) => {
                proposals.leave(model.instructions[index].span, format!("`{name}` stays: {reason}"));
            }
            None => match rewrite::drop_command(model, index, script, simple) {
                None => proposals.leave(
                    model.instructions[index].span,
                    format!("`{name}` stays: it can't be taken out without a change to what stands around it"),
                ),
                Some(edit) => proposals.fixes.push(Fix {
                    title: format!("take `{name}` out"),
                    reason: "an upgrade writes the base image's packages a second time, and makes builds differ from \
                             day to day; unsafe because security updates then come with a newer base image only"
                        .to_owned(),
                    edits: vec![edit],
                    safety: Safety::Unsafe,
                    claim: Claim::CommandDropped,
                    alternatives: Vec::new(),
                }),
            },
        }
    }
}

fn reason_to_stay(
    model: &Model<'_, '_>,
    context: LazyContext<'_>,
    index: usize,
    script: &Script<'_>,
    simple: &Simple,
) -> Option<String> {
    let words = simple.literals();
    let found = apt::call(&words)?;
    if let Some(reason) = apt::upgrade_does_more(&words, &found) {
        return Some(reason);
    }
    if model.base_image(index).is_some_and(|image| image.distribution != Distribution::Debian) {
        return Some("it is not Debian's apt on this image".to_owned());
    }
    if model.image_below(index).is_some_and(bases::is_rolling) {
        return Some("on a rolling release an install without it mixes old packages with new ones".to_owned());
    }
    if script.in_heredoc || !model.instructions[index].heredocs.is_empty() {
        return Some("the RUN has a heredoc".to_owned());
    }
    if !script.prints_to_the_log(simple) {
        return Some("what it prints is kept".to_owned());
    }
    let others = script.simple_commands();
    if !others.iter().any(|other| *other != simple && !apt::serves_others(&other.literals())) {
        return Some("the RUN does little else, and would be left without a purpose".to_owned());
    }
    if let Some(reason) = failure(model, index, script, simple) {
        return Some(reason);
    }
    if let Some(line) = changed_sources(model, context, index) {
        return Some(format!("line {line} may change apt's sources, and the upgrade brings their packages in"));
    }
    if apt::may_add_sources(&lossy(&script.text.text()[..simple.range.start])) {
        return Some("a command before it may add sources, and the upgrade brings their packages in".to_owned());
    }
    spoken_of(model, index).then(|| "a comment speaks of the upgrade".to_owned())
}

/// Where a failure of another command would count otherwise.
fn failure(model: &Model<'_, '_>, index: usize, script: &Script<'_>, simple: &Simple) -> Option<String> {
    let items = &script.list.items;
    let place =
        items.iter().position(|item| item.chain.links.iter().any(|link| link.pipeline.simple() == Some(simple)));
    let Some(at) = place else { return Some("it stands in a group, a branch or a pipe".to_owned()) };
    if !items[at].chain.is_and_only() {
        return Some("its failure is handled".to_owned());
    }
    let links = &items[at].chain.links;
    let shell = &model.states[index].shell;
    let sets = script.simple_commands().iter().any(|other| other.name() == Some("set"));
    let last = at + 1 == items.len();
    if links.len() == 1 && last {
        let errexit = shell.errexit() || script.starts_with_errexit();
        let counted = at > 0 && items[at - 1].chain.links.len() == 1 && errexit;
        return (!counted).then(|| "a failure of the command before it would count, which it did not".to_owned());
    }
    let goes_last = links.last().is_some_and(|link| link.pipeline.simple() == Some(simple));
    let ends = links.len() > 1 && goes_last && !last && (sets || shell.errexit());
    ends.then(|| "a failure of the command before it would end the RUN, which it did not".to_owned())
}

/// The first line up to this RUN that changes what apt installs from, or may.
fn changed_sources(model: &Model<'_, '_>, context: LazyContext<'_>, index: usize) -> Option<usize> {
    let changes = |at: &usize| {
        let text = lossy(model.instructions[*at].joined.text());
        match model.keyword(*at) {
            Keyword::Copy | Keyword::Add => apt::names_sources(&text) || may_hold_sources(model, context, *at),
            Keyword::Run => apt::names_sources(&text) || *at != index && apt::may_add_sources(&text),
            _ => false,
        }
    };
    model.up_to(index).find(changes).map(|at| model.instructions[at].first_line)
}

/// Whether what a COPY brings may hold a source of apt.
fn may_hold_sources(model: &Model<'_, '_>, context: LazyContext<'_>, index: usize) -> bool {
    match Copy::bringing(model, index) {
        Some(copy) => copy.may_bring("/etc/apt", context),
        // From another stage, or by a name that is not written out.
        None => matches!(model.destination(index).as_deref(), Some("/" | "/etc")),
    }
}

/// Whether a comment in the RUN or directly above it names the upgrade.
fn spoken_of(model: &Model<'_, '_>, index: usize) -> bool {
    let instruction = model.instructions[index];
    let items = &model.file.items;
    let at = items.iter().position(|item| matches!(item, Item::Instruction(it) if it.span == instruction.span));
    let above = items[..at.unwrap_or(0)].iter().rev().map_while(|item| match item {
        Item::Trivia(trivia) if trivia.kind == TriviaKind::Comment => Some(trivia),
        _ => None,
    });
    above.chain(&instruction.inner).filter(|trivia| trivia.kind == TriviaKind::Comment).any(|trivia| {
        let comment = lossy(trivia.span.slice(model.file.source)).to_ascii_lowercase();
        apt::speaks_of_upgrade(&comment)
    })
}
