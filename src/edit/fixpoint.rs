//! Rounds of fixes until nothing changes.

use std::sync::Arc;

use crate::context::{Context, Later, LazyContext};
use crate::model::Model;
use crate::pin::Images;
use crate::prove::{self, Facts, Version};
use crate::syntax::{self, ParseError, Span, validate};

use super::declined::Declined;
use super::made::Made;
use super::offer::{Answer, Offer, demand};
use super::outcome::{Applied, Dropped, Outcome, Withheld};
use super::reading::Reading;
use super::suppression::Suppressions;
use super::together::together;
use super::words::Words;
use super::{Edit, Finding, Fix, Options, Proposals, Safety, Selected, Subject, apply, suppress};

/// After so many rounds a file is given up; each round parses the file anew.
pub const MAX_ROUNDS: usize = 64;
/// After so many texts that were put in by hand as well.
const MAX_BY_HAND: usize = 4096;

/// Says what is to become of each offer.
pub type Decide<'d> = dyn FnMut(&Offer<'_>) -> Answer + 'd;

/// What takes part in a run, and how far it may go.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The transforms, in the order in which they win conflicts.
    pub transforms: Vec<Selected>,
    /// Whether unsafe fixes are applied.
    pub allow_unsafe: bool,
    /// Options of transforms.
    pub options: Options,
    /// After so many fixes of a file no more is applied.
    pub limit: Option<usize>,
    /// Whether a suppressing comment of our own form counts only with a reason behind it.
    pub require_reasons: bool,
    /// What is known of images, where a lock or registries were asked.
    pub images: Option<Arc<Images>>,
}

/// Fixes a file that stands in no folder until nothing changes.
///
/// # Errors
/// Where BuildKit would not take the file: it is left alone.
pub fn fix_source(
    source: &[u8],
    settings: &Settings,
    context: &dyn Fn(&Model<'_, '_>) -> Option<Context>,
) -> Result<Outcome, ParseError> {
    fix_source_beside(source, settings, context, None)
}

/// Fixes a file until nothing changes; `beside` is its folder, see [`Context::beside`].
///
/// # Errors
/// Where BuildKit would not take the file: it is left alone.
pub fn fix_source_beside(
    source: &[u8],
    settings: &Settings,
    context: &dyn Fn(&Model<'_, '_>) -> Option<Context>,
    beside: Option<&Context>,
) -> Result<Outcome, ParseError> {
    fixed(source, settings, context, beside, None)
}

/// Fixes a file as `decide` says, which is asked about each fix that is proved, in the order in which they would
/// go in. Where it accepts them all, the result is that of [`fix_source_beside`].
///
/// # Errors
/// Where BuildKit would not take the file: it is left alone.
pub fn fix_source_as_decided(
    source: &[u8],
    settings: &Settings,
    context: &dyn Fn(&Model<'_, '_>) -> Option<Context>,
    beside: Option<&Context>,
    decide: &mut Decide<'_>,
) -> Result<Outcome, ParseError> {
    fixed(source, settings, context, beside, Some(decide))
}

/// Fixes a file; without somebody who decides, all fixes are accepted.
fn fixed(
    source: &[u8],
    settings: &Settings,
    context: &dyn Fn(&Model<'_, '_>) -> Option<Context>,
    beside: Option<&Context>,
    mut decide: Option<&mut Decide<'_>>,
) -> Result<Outcome, ParseError> {
    let mut outcome = Outcome::default();
    let first = syntax::parse(source)?;
    if let Some(refusal) = validate::refusal(&first) {
        return Err(refusal);
    }
    if std::str::from_utf8(source).is_err() {
        // BuildKit replaces such bytes: an edit could not keep them.
        return Ok(outcome);
    }
    let first = Version::of(&first);
    // Found by the text as it came, whatever the fixes make of it.
    let find = || context(&first.model);
    let later = Later::new(&find);
    let mut text = source.to_vec();
    // The text as it was read when it was proved.
    let mut current: Option<Reading> = None;
    let mut history: Vec<(Vec<u8>, usize)> = Vec::new();
    let mut declined = Declined::default();
    let (mut rounds, mut by_hand) = (0, 0);
    while rounds < MAX_ROUNDS && by_hand < MAX_BY_HAND {
        let limit = settings.limit.map_or(usize::MAX, |limit| limit.saturating_sub(outcome.applied.len()));
        let surroundings = (LazyContext::Later(&later), beside);
        let deciding = (decide.as_deref_mut(), &mut declined);
        let version = current.as_ref().map_or(&first, Reading::version);
        let done = round(version, settings, limit, surroundings, deciding, &mut outcome);
        if done.applied.is_empty() {
            break;
        }
        history.push((text, outcome.applied.len()));
        outcome.applied.extend(done.applied);
        let next = match done.next {
            Next::Read(reading) => reading,
            Next::Text(text) => Reading::of(text)?,
        };
        text = next.text().to_vec();
        current = Some(next);
        if done.by_hand {
            // Who writes a text by hand may go back to an earlier one.
            history.clear();
            by_hand += 1;
            continue;
        }
        rounds += 1;
        if let Some((earlier, fixes)) = history.iter().find(|(earlier, _)| *earlier == text) {
            // The fixes since then undo each other: back to where it began.
            outcome.cycle = outcome.applied.drain(*fixes..).map(|fix| fix.transform.id).collect();
            outcome.cycle.sort_unstable();
            outcome.cycle.dedup();
            text.clone_from(earlier);
            break;
        }
    }
    outcome.changed = (text != source).then_some(text);
    outcome.suppressions = std::mem::take(&mut outcome.ledger).notes(settings);
    Ok(outcome)
}

/// A fix that may go in.
pub(super) struct Candidate {
    selected: Selected,
    /// The fix.
    pub(super) fix: Fix,
    /// All instructions that the fix touches.
    pub(super) cover: Span,
    /// Whether these are several: what else is done to them waits until they have their new shape.
    pub(super) reshapes: bool,
    /// Whether the transform changed the file by an unsafe fix in an earlier round: this one may rest on what that
    /// wrote, and is no safer.
    unsafe_before: bool,
}

impl Candidate {
    /// What is said of `fix`, which is its own or a part of that.
    fn applied(&self, fix: &Fix, lines: &Lines) -> Applied {
        let (safety, reason) = after_others(fix, self.unsafe_before);
        let Fix { title, claim, .. } = fix;
        let line = lines.number(fix.cover().start);
        Applied { transform: self.selected.transform, title: title.clone(), reason, safety, claim: *claim, line }
    }
}

/// The context, and the file's folder.
type Surroundings<'c> = (LazyContext<'c>, Option<&'c Context>);

/// One round over a version, of at most `limit` fixes: the new text and what went in. What is not applied goes to
/// `outcome`, which keeps that of the last round only.
fn round(
    version: &Version<'_, '_>,
    settings: &Settings,
    limit: usize,
    (context, beside): Surroundings<'_>,
    (decide, declined): (Option<&mut Decide<'_>>, &mut Declined),
    outcome: &mut Outcome,
) -> Done {
    outcome.withheld.clear();
    outcome.left.clear();
    outcome.dropped.clear();
    let model = &version.model;
    let text = model.file.source;
    let images = settings.images.as_deref();
    let suppressions = Suppressions::of(model, settings.require_reasons);
    let lines = Lines::of(text);
    let mut candidates = Vec::new();
    let words = Words::of(text);
    for selected in settings.transforms.iter().filter(|selected| words.may_concern(selected.transform)) {
        let mut proposals = Proposals::default();
        (selected.transform.propose)(
            &Subject { model, context, beside, images, options: &settings.options },
            &mut proposals,
        );
        let transform = selected.transform;
        for Finding { span, reason } in proposals.findings {
            if !suppressions.cover(transform, span) {
                outcome.left.push(Withheld { transform, reason, line: lines.number(span.start) });
            }
        }
        let unsafe_before =
            outcome.applied.iter().any(|done| done.transform.id == transform.id && done.safety == Safety::Unsafe);
        for fix in proposals.fixes {
            let cover = fix.cover();
            if suppressions.cover(transform, cover) {
                continue;
            }
            if fix.safety == Safety::Unsafe && !settings.allow_unsafe && !selected.by_name {
                outcome.withheld.push(Withheld { transform, reason: fix.title, line: lines.number(cover.start) });
                continue;
            }
            let (cover, reshapes) = whole_instructions(cover, model);
            candidates.push(Candidate { selected: *selected, cover, reshapes, unsafe_before, fix });
        }
    }
    outcome.ledger.take(&suppressions, &|at| lines.number(at));
    // Earlier places first, then the transforms' order: the sort keeps it.
    candidates.sort_by_key(|candidate| candidate.cover.start);
    let facts = Facts { context, images };
    if decide.is_none() && limit == usize::MAX && !candidates.is_empty() {
        let done = together(version, &candidates, facts);
        outcome.dropped.extend(done.refused.into_iter().map(|(candidate, reason)| {
            let line = lines.number(candidate.fix.cover().start);
            Dropped { transform: candidate.selected.transform, title: candidate.fix.title.clone(), reason, line }
        }));
        let applied = done.chosen.into_iter().map(|(candidate, fix)| candidate.applied(fix, &lines)).collect();
        let next = done.last.map_or_else(|| Next::Text(text.to_vec()), Next::Read);
        return Done { next, applied, by_hand: false };
    }
    prove_and_apply(text, candidates, Round { limit, facts, lines, decide, declined }, outcome)
}

/// The span with all instructions that it touches, and whether those are several.
fn whole_instructions(span: Span, model: &Model<'_, '_>) -> (Span, bool) {
    let from = model.instructions.partition_point(|instruction| instruction.span.end <= span.start);
    let until = model.instructions.partition_point(|instruction| instruction.span.start <= span.end);
    let touched = model.instructions.get(from..until).unwrap_or_default();
    (touched.iter().map(|instruction| instruction.span).fold(span, Span::cover), touched.len() > 1)
}

/// What a round goes by.
struct Round<'r, 'd> {
    /// After so many fixes no more is applied.
    limit: usize,
    facts: Facts<'r>,
    lines: Lines,
    decide: Option<&'r mut Decide<'d>>,
    declined: &'r mut Declined,
}

/// The text that a round leaves.
enum Next {
    /// As it was read to prove it.
    Read(Reading),
    /// To be read.
    Text(Vec<u8>),
}

/// What a round came to.
struct Done {
    next: Next,
    applied: Vec<Applied>,
    /// A text was put in by hand: the rest of the file is looked at anew.
    by_hand: bool,
}

/// What became of a fix that is proved, or was not taken before.
enum Tried {
    Applied,
    NotTaken,
    ByHand,
}

/// How safe a fix is, and why, after what its transform did before.
fn after_others(fix: &Fix, unsafe_before: bool) -> (Safety, String) {
    if unsafe_before && fix.safety == Safety::Safe {
        let reason = format!("{}; unsafe because it may rest on an unsafe fix that went before it", fix.reason);
        return (Safety::Unsafe, reason);
    }
    (fix.safety, fix.reason.clone())
}

fn prove_and_apply(text: &[u8], candidates: Vec<Candidate>, round: Round<'_, '_>, outcome: &mut Outcome) -> Done {
    let Round { limit, facts, lines, mut decide, declined } = round;
    let mut current = text.to_vec();
    let mut made = Made::default();
    let mut applied = Vec::new();
    let mut reshaped_until = 0;
    for Candidate { selected, fix, cover, reshapes, unsafe_before } in candidates {
        // What touches the very bytes that a proved fix changed waits for the next round.
        if cover.start < reshaped_until || made.touch(&fix) {
            continue;
        }
        let transform = selected.transform;
        if applied.len() >= limit {
            break;
        }
        let mut tried = |fix: &Fix| -> Result<Tried, String> {
            if applied.len() >= limit {
                return Err("no more fixes are wanted".to_owned());
            }
            let edits = made.moved(fix);
            if declined.hold(transform.id, &edits, &current) {
                return Ok(Tried::NotTaken);
            }
            let next = attempt(&current, &edits, fix, facts)?;
            let line = lines.number(fix.cover().start);
            let (title, claim) = (fix.title.clone(), fix.claim);
            let (safety, reason) = after_others(fix, unsafe_before);
            let offer = Offer {
                transform,
                title: &title,
                reason: &reason,
                safety,
                claim,
                before: &current,
                after: &next,
                edits: &edits,
                facts,
            };
            let answer = decide.as_deref_mut().map_or(Answer::Accept, |decide| decide(&offer));
            let by_hand = match answer {
                Answer::Accept => None,
                Answer::Replace(lines) => match offer.edited(&lines) {
                    Ok(next) => Some((offer.replacement(&next), next)),
                    Err(error) => return Err(format!("the edited text is not taken: {error}")),
                },
                Answer::Suppress(reason) => match suppress::comment(&current, &edits, transform, &reason) {
                    Ok((edit, next)) => {
                        declined.add(transform.id, &edits, &current);
                        Some((edit, next))
                    }
                    Err(error) => return Err(error.to_string()),
                },
                answer @ (Answer::Decline | Answer::Undecided) => {
                    declined.add(transform.id, &edits, &current);
                    let not_taken = Withheld { transform, reason: title, line };
                    let list = if answer == Answer::Decline { &mut outcome.declined } else { &mut outcome.undecided };
                    list.push(not_taken);
                    return Ok(Tried::NotTaken);
                }
            };
            if let Some((edit, next)) = by_hand {
                declined.follow(&[edit]);
                current = next;
                applied.push(Applied { transform, title: format!("{title} (by hand)"), reason, safety, claim, line });
                return Ok(Tried::ByHand);
            }
            declined.follow(&edits);
            current = next;
            made.record(fix);
            applied.push(Applied { transform, title, reason, safety, claim, line });
            Ok(Tried::Applied)
        };
        let reason = match tried(&fix) {
            Ok(Tried::Applied) => {
                reshaped_until = if reshapes { cover.end } else { reshaped_until };
                continue;
            }
            Ok(Tried::NotTaken) => continue,
            Ok(Tried::ByHand) => return Done { next: Next::Text(current), applied, by_hand: true },
            Err(reason) => reason,
        };
        // Of the smaller fixes each one that does not touch a proved one has its chance.
        let (mut until, mut offered) = (0, false);
        for smaller in &fix.alternatives {
            if smaller.cover().start < until {
                continue;
            }
            match tried(smaller) {
                Ok(Tried::Applied) => until = smaller.cover().end,
                Ok(Tried::NotTaken) => offered = true,
                Ok(Tried::ByHand) => return Done { next: Next::Text(current), applied, by_hand: true },
                Err(_) => {}
            }
        }
        if until > 0 {
            reshaped_until = cover.end;
        } else if !offered {
            let line = lines.number(fix.cover().start);
            outcome.dropped.push(Dropped { transform, title: fix.title, reason, line });
        }
    }
    Done { next: Next::Text(current), applied, by_hand: false }
}

/// Applies one fix and has it proved; its edits are places of the text as it is now.
fn attempt(current: &[u8], edits: &[Edit], fix: &Fix, facts: Facts<'_>) -> Result<Vec<u8>, String> {
    let next = apply(current, edits).map_err(|error| error.to_string())?;
    let before = syntax::parse(current).map_err(|error| error.to_string())?;
    let after = syntax::parse(&next).map_err(|error| format!("the result does not parse: {error}"))?;
    if let Some(refusal) = validate::refusal(&after) {
        return Err(format!("BuildKit would refuse the result: {refusal}"));
    }
    let (before, after) = (Version::of(&before), Version::of(&after));
    prove::prove(&before, &after, fix.claim, demand(fix.safety), facts).map_err(|refusal| refusal.to_string())?;
    Ok(next)
}

/// Where lines start.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &[u8]) -> Self {
        Self(memchr::memchr_iter(b'\n', text).collect())
    }

    /// The line of a byte, from 1.
    fn number(&self, at: usize) -> usize {
        self.0.partition_point(|feed| *feed < at) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Offers, Transform};
    use super::*;
    use crate::prove::Claim;

    /// A transform that replaces one text by another, wherever it stands, under a claim of its own.
    macro_rules! replacing {
        ($name:ident, $id:literal, $from:literal, $to:literal, $claim:expr) => {
            static $name: Transform = Transform {
                id: $id,
                summary: "",
                offers: Offers::Safe,
                codes: &["X1"],
                readme: "",
                options: &[],
                opt_in: false,
                asks_registries: false,
                words: &[],
                propose: |subject, proposals| {
                    let source = subject.model.file.source;
                    for at in memchr::memmem::find_iter(source, $from) {
                        proposals.fixes.push(Fix {
                            title: $id.to_owned(),
                            reason: String::new(),
                            edits: vec![Edit::replace(Span::new(at, at + $from.len()), $to)],
                            safety: Safety::Safe,
                            claim: $claim,
                            alternatives: Vec::new(),
                        });
                    }
                },
            };
        };
    }

    replacing!(WIDEN, "widen", b"a b", "a  b", Claim::Layout);
    replacing!(NARROW, "narrow", b"a  b", "a b", Claim::Layout);
    replacing!(TIGHTEN, "tighten", b"c  d", "c d", Claim::Layout);
    replacing!(BREAK, "break", b"RUN c", "RAN c", Claim::Layout);
    replacing!(CHANGE, "change", b"RUN d", "RUN e", Claim::Layout);
    replacing!(EAT, "eat", b"# note\n", "", Claim::Layout);
    replacing!(JOIN, "join", b"\nRUN g", " && g", Claim::RunBoundaries);

    fn fixed(source: &str, transforms: &[&'static Transform]) -> Outcome {
        let transforms = transforms.iter().map(|transform| Selected { transform, by_name: false }).collect();
        let settings = Settings { transforms, ..Settings::default() };
        fix_source(source.as_bytes(), &settings, &|_| None).expect("a Dockerfile")
    }

    fn text(outcome: &Outcome) -> Option<&str> {
        outcome.changed.as_deref().map(|bytes| std::str::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn only_the_guilty_fix_is_dropped() {
        let outcome = fixed("FROM x\nRUN a  b\nRUN c\nRUN d\n# note\nRUN a  b\n", &[&NARROW, &BREAK, &CHANGE, &EAT]);
        assert_eq!(text(&outcome), Some("FROM x\nRUN a b\nRUN c\nRUN d\n# note\nRUN a b\n"));
        let dropped: Vec<&str> = outcome.dropped.iter().map(|dropped| dropped.transform.id).collect();
        assert_eq!(dropped, ["break", "change", "eat"], "a syntax error, another command, a lost comment");
        assert_eq!(outcome.applied.len(), 2);
    }

    #[test]
    fn fixes_of_one_instruction_wait_for_the_next_round() {
        let outcome = fixed("FROM x\nRUN f\nRUN g a  b\n", &[&JOIN, &NARROW]);
        assert_eq!(text(&outcome), Some("FROM x\nRUN f && g a b\n"));
        assert_eq!(outcome.applied.iter().map(|fix| fix.transform.id).collect::<Vec<_>>(), ["join", "narrow"]);
    }

    #[test]
    fn fixes_of_one_instruction_go_in_together_where_they_do_not_touch() {
        let outcome = fixed("FROM x\nRUN a  b && c  d\n", &[&NARROW, &TIGHTEN]);
        assert_eq!(text(&outcome), Some("FROM x\nRUN a b && c d\n"));
        assert_eq!(outcome.applied.iter().map(|fix| fix.line).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn a_cycle_is_named_and_undone() {
        let outcome = fixed("FROM x\nRUN a b\n", &[&WIDEN, &NARROW]);
        assert_eq!(outcome.cycle, ["narrow", "widen"]);
        assert_eq!(text(&outcome), None, "the text is what it was");
        assert!(outcome.applied.is_empty());
    }

    #[test]
    fn comments_switch_transforms_off() {
        for comment in ["# dockmod: ignore=narrow", "# dockmod: ignore=other,narrow because", "# hadolint ignore=X1"] {
            let outcome = fixed(&format!("FROM x\n{comment}\nRUN a  b\n"), &[&NARROW]);
            assert_eq!(text(&outcome), None, "{comment}");
        }
        let outcome = fixed("FROM x\n# dockmod: ignore=narrow\nRUN f\nRUN a  b\n", &[&NARROW]);
        assert!(outcome.changed.is_some(), "it holds for one instruction");
        assert_eq!(text(&fixed("# dockmod: ignore-file\nFROM x\nRUN a  b\n", &[&NARROW])), None);
        assert_eq!(text(&fixed("# check=skip=X1\nFROM x\nRUN a  b\n", &[&NARROW])), None);
    }

    #[test]
    fn what_buildkit_refuses_and_what_is_no_text_is_left_alone() {
        let settings = Settings::default();
        assert!(fix_source(b"FROM x\nBOGUS\n", &settings, &|_| None).is_err());
        let selected = vec![Selected { transform: &NARROW, by_name: false }];
        let settings = Settings { transforms: selected, ..Settings::default() };
        let outcome = fix_source(b"FROM x\nRUN a  b \xff\n", &settings, &|_| None).expect("it parses");
        assert!(outcome.changed.is_none());
    }
}
