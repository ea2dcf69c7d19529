//! Rounds of fixes until nothing changes.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::context::Context;
use crate::model::Model;
use crate::prove::{self, Claim, Demand, Facts, Version};
use crate::syntax::{self, ParseError, Span, validate};

use super::suppression::Suppressions;
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
}

/// Fixes a file until nothing changes.
///
/// # Errors
/// Where BuildKit would not take the file: it is left alone.
pub fn fix_source(
    source: &[u8],
    settings: &Settings,
    context: &dyn Fn(&Model<'_, '_>) -> Option<Context>,
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
    let mut seen = HashSet::from([text.clone()]);
    let known_context = OnceCell::new();
    for _ in 0..MAX_ROUNDS {
        let (next, applied) = round(&text, settings, context, &known_context, &mut outcome)?;
        if applied.is_empty() {
            break;
        }
        if !seen.insert(next.clone()) {
            outcome.cycle = applied.iter().map(|fix| fix.transform.id).collect();
            break;
        }
        text = next;
        outcome.applied.extend(applied);
    }
    outcome.changed = (text != source).then_some(text);
    Ok(outcome)
}

struct Candidate {
    selected: Selected,
    fix: Fix,
}

/// One round over `text`: the new text and what went in. What is not applied goes to `outcome`, which keeps
/// that of the last round only.
fn round(
    text: &[u8],
    settings: &Settings,
    context: &dyn Fn(&Model<'_, '_>) -> Option<Context>,
    known_context: &OnceCell<Option<Context>>,
    outcome: &mut Outcome,
) -> Result<(Vec<u8>, Vec<Applied>), ParseError> {
    outcome.withheld.clear();
    outcome.left.clear();
    outcome.dropped.clear();
    let file = syntax::parse(text)?;
    let model = Model::of(&file);
    let context = known_context.get_or_init(|| context(&model)).as_ref();
    let suppressions = Suppressions::of(&model);
    let lines = Lines::of(text);
    let mut candidates = Vec::new();
    for selected in &settings.transforms {
        let mut proposals = Proposals::default();
        (selected.transform.propose)(&Subject { model: &model, context, options: &settings.options }, &mut proposals);
        let transform = selected.transform;
        for Finding { span, reason } in proposals.findings {
            if !suppressions.cover(transform, span) {
                outcome.left.push(Withheld { transform, reason, line: lines.number(span.start) });
            }
        }
        for fix in proposals.fixes {
            let cover = fix.cover();
            if suppressions.cover(transform, cover) {
                continue;
            }
            if fix.safety == Safety::Unsafe && !settings.allow_unsafe && !selected.by_name {
                outcome.withheld.push(Withheld { transform, reason: fix.title, line: lines.number(cover.start) });
                continue;
            }
            candidates.push(Candidate { selected: *selected, fix });
        }
    }
    let chosen = without_conflicts(candidates, &model);
    Ok(prove_and_apply(text, chosen, context, &lines, outcome))
}

/// Earlier places first, then the transforms' order; a fix that touches an instruction that a chosen one
/// touches waits for the next round.
fn without_conflicts(mut candidates: Vec<Candidate>, model: &Model<'_, '_>) -> Vec<Candidate> {
    candidates.sort_by_key(|candidate| candidate.fix.cover().start);
    let mut chosen: Vec<Candidate> = Vec::new();
    let mut taken_until = 0;
    for candidate in candidates {
        let cover = whole_instructions(candidate.fix.cover(), model);
        if cover.start < taken_until {
            continue;
        }
        taken_until = cover.end.max(cover.start + 1);
        chosen.push(candidate);
    }
    chosen
}

fn whole_instructions(span: Span, model: &Model<'_, '_>) -> Span {
    let touched = model.instructions.iter().map(|instruction| instruction.span);
    touched.filter(|other| other.start <= span.end && span.start < other.end).fold(span, Span::cover)
}

fn prove_and_apply(
    text: &[u8],
    chosen: Vec<Candidate>,
    context: Option<&Context>,
    lines: &Lines,
    outcome: &mut Outcome,
) -> (Vec<u8>, Vec<Applied>) {
    let mut current = text.to_vec();
    let mut grown: isize = 0;
    let mut applied = Vec::new();
    for Candidate { selected, fix } in chosen {
        let transform = selected.transform;
        let mut proved = |fix: &Fix| -> Result<(), String> {
            let next = attempt(&current, fix, grown, context)?;
            grown += next.len().cast_signed() - current.len().cast_signed();
            current = next;
            let line = lines.number(fix.cover().start);
            let (title, reason) = (fix.title.clone(), fix.reason.clone());
            applied.push(Applied { transform, title, reason, safety: fix.safety, claim: fix.claim, line });
            Ok(())
        };
        let Err(reason) = proved(&fix) else { continue };
        // Of the smaller fixes each one that does not touch a proved one has its chance.
        let mut until = 0;
        for smaller in &fix.alternatives {
            if smaller.cover().start >= until && proved(smaller).is_ok() {
                until = smaller.cover().end;
            }
        }
        if until == 0 {
            let line = lines.number(fix.cover().start);
            outcome.dropped.push(Dropped { transform, title: fix.title, reason, line });
        }
    }
    (current, applied)
}

/// Applies one fix and has it proved; edits are moved by what earlier fixes of the round added.
fn attempt(current: &[u8], fix: &Fix, grown: isize, context: Option<&Context>) -> Result<Vec<u8>, String> {
    let mut edits = fix.edits.clone();
    for edit in &mut edits {
        edit.span.start = edit.span.start.saturating_add_signed(grown);
        edit.span.end = edit.span.end.saturating_add_signed(grown);
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
