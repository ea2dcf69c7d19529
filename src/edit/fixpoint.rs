//! Rounds of fixes until nothing changes.

use std::cell::OnceCell;

use crate::context::Context;
use crate::model::Model;
use crate::prove::{self, Claim, Demand, Facts, Version};
use crate::syntax::{self, ParseError, Span, validate};

use super::suppression::Suppressions;
use super::unused::{Ledger, SuppressionNote};
use super::{Finding, Fix, Options, Proposals, Safety, Selected, Subject, Transform, apply};

/// After so many rounds a file is given up; each round parses the file anew.
pub const MAX_ROUNDS: usize = 64;

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
}

/// A fix that went in.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Which transform.
    pub transform: &'static Transform,
    /// What it did.
    pub title: String,
    /// Why, and what it rests on.
    pub reason: String,
    /// How safe it is.
    pub safety: Safety,
    /// What was proved.
    pub claim: Claim,
    /// The line in the text that it was applied to, from 1.
    pub line: usize,
}

/// A fix that the proof refused.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// Which transform.
    pub transform: &'static Transform,
    /// What it would have done.
    pub title: String,
    /// Why it was refused.
    pub reason: String,
    /// The line, from 1.
    pub line: usize,
}

/// An unsafe fix that was not asked for, or a place left alone.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// Which transform.
    pub transform: &'static Transform,
    /// What it would do, or why it does nothing.
    pub reason: String,
    /// The line, from 1.
    pub line: usize,
}

/// What became of a file.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The new text, where it differs.
    pub changed: Option<Vec<u8>>,
    /// What went in, in order.
    pub applied: Vec<Applied>,
    /// What the proof refused.
    pub dropped: Vec<Dropped>,
    /// What `--unsafe` would bring.
    pub withheld: Vec<Withheld>,
    /// What was left alone, with the reason.
    pub left: Vec<Withheld>,
    /// Transforms that undid each other; their changes were taken back.
    pub cycle: Vec<&'static str>,
    /// What is wrong with its suppressing comments.
    pub suppressions: Vec<SuppressionNote>,
    ledger: Ledger,
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
    let mut outcome = Outcome::default();
    {
        let file = syntax::parse(source)?;
        if let Some(refusal) = validate::refusal(&file) {
            return Err(refusal);
        }
        if std::str::from_utf8(source).is_err() {
            // BuildKit replaces such bytes: an edit could not keep them.
            return Ok(outcome);
        }
    }
    let mut text = source.to_vec();
    let mut history: Vec<(Vec<u8>, usize)> = Vec::new();
    let known_context = OnceCell::new();
    for _ in 0..MAX_ROUNDS {
        let left = settings.limit.map_or(usize::MAX, |limit| limit - outcome.applied.len());
        let (next, applied) = round(&text, settings, left, (context, &known_context, beside), &mut outcome)?;
        if applied.is_empty() {
            break;
        }
        history.push((text, outcome.applied.len()));
        outcome.applied.extend(applied);
        text = next;
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

struct Candidate {
    selected: Selected,
    fix: Fix,
    /// All instructions that the fix touches.
    cover: Span,
    /// Whether these are several: what else is done to them waits until they have their new shape.
    reshapes: bool,
    /// Whether the transform changed the file by an unsafe fix in an earlier round: this one may rest on what that
    /// wrote, and is no safer.
    unsafe_before: bool,
}

/// How the context is found, the context once it was, and the file's folder.
type Surroundings<'c> =
    (&'c dyn Fn(&Model<'_, '_>) -> Option<Context>, &'c OnceCell<Option<Context>>, Option<&'c Context>);

/// One round over `text`, of at most `limit` fixes: the new text and what went in. What is not applied goes to
/// `outcome`, which keeps
/// that of the last round only.
fn round(
    text: &[u8],
    settings: &Settings,
    limit: usize,
    (context, known_context, beside): Surroundings<'_>,
    outcome: &mut Outcome,
) -> Result<(Vec<u8>, Vec<Applied>), ParseError> {
    outcome.withheld.clear();
    outcome.left.clear();
    outcome.dropped.clear();
    let file = syntax::parse(text)?;
    let model = Model::of(&file);
    let context = known_context.get_or_init(|| context(&model)).as_ref();
    let suppressions = Suppressions::of(&model, settings.require_reasons);
    let lines = Lines::of(text);
    let mut candidates = Vec::new();
    for selected in &settings.transforms {
        let mut proposals = Proposals::default();
        (selected.transform.propose)(
            &Subject { model: &model, context, beside, options: &settings.options },
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
            let (cover, reshapes) = whole_instructions(cover, &model);
            candidates.push(Candidate { selected: *selected, cover, reshapes, unsafe_before, fix });
        }
    }
    outcome.ledger.take(&suppressions, &|at| lines.number(at));
    // Earlier places first, then the transforms' order: the sort keeps it.
    candidates.sort_by_key(|candidate| candidate.cover.start);
    Ok(prove_and_apply(text, candidates, limit, context, &lines, outcome))
}

/// The span with all instructions that it touches, and whether those are several.
fn whole_instructions(span: Span, model: &Model<'_, '_>) -> (Span, bool) {
    let touched = model.instructions.iter().map(|instruction| instruction.span);
    let touched = touched.filter(|other| other.start <= span.end && span.start < other.end);
    let count = touched.clone().count();
    (touched.fold(span, Span::cover), count > 1)
}

fn prove_and_apply(
    text: &[u8],
    candidates: Vec<Candidate>,
    limit: usize,
    context: Option<&Context>,
    lines: &Lines,
    outcome: &mut Outcome,
) -> (Vec<u8>, Vec<Applied>) {
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
        let mut proved = |fix: &Fix| -> Result<(), String> {
            if applied.len() >= limit {
                return Err("no more fixes are wanted".to_owned());
            }
            current = attempt(&current, fix, &made, context)?;
            made.record(fix);
            let line = lines.number(fix.cover().start);
            let (title, mut reason, mut safety) = (fix.title.clone(), fix.reason.clone(), fix.safety);
            if unsafe_before && safety == Safety::Safe {
                safety = Safety::Unsafe;
                reason.push_str("; unsafe because it may rest on an unsafe fix that went before it");
            }
            applied.push(Applied { transform, title, reason, safety, claim: fix.claim, line });
            Ok(())
        };
        let Err(reason) = proved(&fix) else {
            reshaped_until = if reshapes { cover.end } else { reshaped_until };
            continue;
        };
        // Of the smaller fixes each one that does not touch a proved one has its chance.
        let mut until = 0;
        for smaller in &fix.alternatives {
            if smaller.cover().start >= until && proved(smaller).is_ok() {
                until = smaller.cover().end;
            }
        }
        if until > 0 {
            reshaped_until = cover.end;
        } else {
            let line = lines.number(fix.cover().start);
            outcome.dropped.push(Dropped { transform, title: fix.title, reason, line });
        }
    }
    (current, applied)
}

/// The edits of a round so far, by their places in the text that the round began with.
#[derive(Debug, Default)]
struct Made(Vec<(Span, usize)>);

impl Made {
    /// Whether an edit of `fix` and one that was made overlap or meet.
    fn touch(&self, fix: &Fix) -> bool {
        let meets = |span: Span| self.0.iter().any(|(made, _)| made.start <= span.end && span.start <= made.end);
        fix.edits.iter().any(|edit| meets(edit.span))
    }

    fn record(&mut self, fix: &Fix) {
        self.0.extend(fix.edits.iter().map(|edit| (edit.span, edit.text.len())));
    }

    /// Where a byte of the round's first text stands now; it lies in no edit.
    fn moved(&self, at: usize) -> usize {
        let before = self.0.iter().filter(|(span, _)| span.end <= at);
        let (added, taken) = before.fold((0, 0), |(added, taken), (span, len)| (added + len, taken + span.len()));
        at + added - taken
    }
}

/// Applies one fix and has it proved; its edits are moved by what earlier fixes of the round changed.
fn attempt(current: &[u8], fix: &Fix, made: &Made, context: Option<&Context>) -> Result<Vec<u8>, String> {
    let mut edits = fix.edits.clone();
    for edit in &mut edits {
        let start = made.moved(edit.span.start);
        edit.span = Span::new(start, start + edit.span.len());
    }
    let next = apply(current, &edits).map_err(|error| error.to_string())?;
    let before = syntax::parse(current).map_err(|error| error.to_string())?;
    let after = syntax::parse(&next).map_err(|error| format!("the result does not parse: {error}"))?;
    if let Some(refusal) = validate::refusal(&after) {
        return Err(format!("BuildKit would refuse the result: {refusal}"));
    }
    let demand = if fix.safety == Safety::Safe { Demand::SameImage } else { Demand::OnlyTheClaim };
    let (before, after) = (Version::of(&before), Version::of(&after));
    prove::prove(&before, &after, fix.claim, demand, Facts { context }).map_err(|refusal| refusal.to_string())?;
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
    use super::super::{Edit, Offers};
    use super::*;

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
