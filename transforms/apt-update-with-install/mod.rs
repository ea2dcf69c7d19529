//! A lone `apt-get update` joins the install that follows.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{self, Family, Verb};
use crate::model::Model;
use crate::prove::Claim;
use crate::shell::{Script, Simple};
use crate::style::{self, OperatorPlace, Style};
use crate::syntax::{Item, Keyword, Span, TextRange};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "apt-update-with-install",
    summary: "run apt-get update in the same RUN as the install that needs it",
    offers: Offers::Safe,
    codes: &["DL3009"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["apt"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for update in 0..model.instructions.len() {
        let Some(left) = model.run_script(update).filter(|script| is_lone_update(script)) else { continue };
        let span = model.instructions[update].span;
        match install_after(model, update) {
            Ok(None) => {}
            Ok(Some((install, _))) if install != update + 1 && has_comment_above(model, span) => {
                proposals
                    .leave(span, "`apt-get update` stays alone: the comment above it would lose what it speaks of");
            }
            Err(reason) => proposals.leave(span, format!("`apt-get update` stays alone: {reason}")),
            Ok(Some((install, right))) => {
                let style = model.style().of_run(model, install);
                let edits = if install == update + 1 {
                    style::run::join(model, &style, (update, left), (install, right), false)
                } else {
                    move_down(model, &style, (update, left), (install, right))
                };
                proposals.fixes.push(Fix {
                    title: "run `apt-get update` in the RUN that installs".to_owned(),
                    reason: "a cached layer of `apt-get update` alone grows old, and the install then asks for packages that are gone; the same commands run in the same order".to_owned(),
                    edits,
                    safety: Safety::Safe,
                    claim: Claim::AptUpdateJoined,
                    alternatives: Vec::new(),
                });
            }
        }
    }
}

fn apt(simple: &Simple, verb: Verb) -> bool {
    let words = simple.literals();
    knowledge::invocation(&words).is_some_and(|found| {
        found.manager.family == Family::Debian
            && found.verb == verb
            && (verb == Verb::Install || found.unclear.is_none())
    })
}

/// Just `apt-get update`, with options.
fn is_lone_update(script: &Script<'_>) -> bool {
    let Some(chain) = script.single_chain().filter(|chain| chain.links.len() == 1) else { return false };
    let Some(simple) = chain.links[0].pipeline.simple() else { return false };
    script.comments.is_empty()
        && simple.assignments.is_empty()
        && simple.redirects.is_empty()
        && apt(simple, Verb::Update)
}

/// The RUN that the update is for. None where no RUN that installs follows; an error where one does and the
/// two can't be joined.
fn install_after<'m, 's>(model: &'m Model<'_, 's>, update: usize) -> Result<Option<(usize, &'m Script<'s>)>, String> {
    let mut at = update;
    while let Some(next) = model.next_in_stage(at) {
        at = next;
        match model.keyword(at) {
            Keyword::Label
            | Keyword::Expose
            | Keyword::Cmd
            | Keyword::Stopsignal
            | Keyword::Healthcheck
            | Keyword::Maintainer => {}
            Keyword::Run => break,
            keyword => {
                let installs =
                    model.later(update).any(|index| model.run_script(index).is_some_and(starts_with_install));
                return if installs { Err(format!("{keyword} stands between it and the install")) } else { Ok(None) };
            }
        }
    }
    if at == update || model.keyword(at) != Keyword::Run {
        return Ok(None);
    }
    let Some(right) = model.run_script(at).filter(|script| starts_with_install(script)) else { return Ok(None) };
    if model.flags(update).iter().any(|flag| flag.starts_with("--mount=") && !flag.contains("type=cache")) {
        return Err("a mount may be made anew for each RUN".to_owned());
    }
    if model.flags(update) != model.flags(at) {
        return Err("the two RUNs have different flags".to_owned());
    }
    let one_chain = right.single_chain().is_some_and(crate::shell::Chain::is_and_only);
    if !one_chain {
        return Err("the RUN that installs handles a failure, and would handle the update's too".to_owned());
    }
    Ok(Some((at, right)))
}

fn starts_with_install(script: &Script<'_>) -> bool {
    let first = script.list.items.first().and_then(|item| item.chain.links.first());
    first.and_then(|link| link.pipeline.simple()).is_some_and(|simple| apt(simple, Verb::Install))
}

fn has_comment_above(model: &Model<'_, '_>, span: Span) -> bool {
    let mut above = model.file.items.iter().take_while(|item| item.span().end <= span.start).collect::<Vec<_>>();
    while above.last().is_some_and(|item| is_blank(item, model.file.source)) {
        above.pop();
    }
    matches!(above.last(), Some(Item::Trivia(_)))
}

/// Takes the update away and puts it before the install, below what stands between them.
fn move_down(
    model: &Model<'_, '_>,
    style: &Style,
    (update, left): (usize, &Script<'_>),
    (install, right): (usize, &Script<'_>),
) -> Vec<Edit> {
    let whole = TextRange::new(0, left.text.text().len());
    let command = left.str(whole).to_owned();
    let at = right.span(TextRange::new(0, 1)).start;
    let text = match style.operator {
        OperatorPlace::LineStart => format!("{command}{}{}&& ", style.continuation(), style.indent),
        OperatorPlace::LineEnd => format!("{command} &&{}{}", style.continuation(), style.indent),
    };
    let gone = with_one_blank_line(model, model.instructions[update].span);
    debug_assert!(model.instructions[install].span.start >= gone.end);
    vec![Edit::delete(gone), Edit::insert(at, text)]
}

/// The instruction's lines, and a blank line below where one stands above too.
fn with_one_blank_line(model: &Model<'_, '_>, span: Span) -> Span {
    let source = model.file.source;
    let blank_above = model.file.items.iter().any(|item| is_blank(item, source) && item.span().end == span.start);
    let below = model.file.items.iter().find(|item| item.span().start == span.end && is_blank(item, source));
    match below {
        Some(item) if blank_above => span.cover(item.span()),
        _ => span,
    }
}

fn is_blank(item: &Item<'_>, source: &[u8]) -> bool {
    matches!(item, Item::Trivia(trivia) if trivia.kind == crate::syntax::TriviaKind::Blank && !trivia.span.slice(source).is_empty())
}
