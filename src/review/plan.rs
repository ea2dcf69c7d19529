//! The fixes of one file, as they stand after what was decided.

use std::sync::{Arc, OnceLock};

use crate::context::Context;
use crate::edit::{Answer, Edit, Offer, Safety, Settings, Transform, fix_source_as_decided, suppressing_comment};
use crate::model::Model;
use crate::prove::Claim;
use crate::syntax::{ParseError, Span};

use super::decisions::{Answers, By, Decision, Key, Keys};

/// What a file is fixed with.
#[derive(Clone, Copy)]
pub struct Fixing<'f> {
    /// The transforms and their options.
    pub settings: &'f Settings,
    /// Finds the build context.
    pub context: &'f dyn Fn(&Model<'_, '_>) -> Option<Context>,
    /// The file's own folder.
    pub beside: Option<&'f Context>,
}

/// A fix that is offered.
#[derive(Debug, Clone)]
pub struct Step {
    /// By its content.
    pub key: Key,
    /// Which transform.
    pub transform: &'static Transform,
    /// What it does.
    pub title: String,
    /// Why, and what it rests on.
    pub reason: String,
    /// How safe it is.
    pub safety: Safety,
    /// What was proved.
    pub claim: Claim,
    /// The line of the text before at which it begins, from 1.
    pub line: usize,
    /// The text that it changes.
    pub before: Arc<[u8]>,
    /// The text that it makes; of an edited one, the edited text.
    pub after: Arc<[u8]>,
    /// The lines of the text before that it touches.
    pub place: Span,
    /// What it makes of them, or the edited ones, with line feeds for line ends.
    pub lines: String,
    /// What was decided, and by whom; none where it is open.
    pub decided: Option<(Decision, By)>,
    /// Whether an edited text keeps all that the fix must keep; true of all others.
    pub proved: bool,
    /// Its edits of the text before.
    pub edits: Vec<Edit>,
    suppressible: OnceLock<bool>,
}

impl Step {
    /// Whether a comment can switch it off.
    #[must_use]
    pub fn is_suppressible(&self) -> bool {
        let tried = || suppressing_comment(&self.before, &self.edits, self.transform, "reason").is_ok();
        *self.suppressible.get_or_init(tried)
    }
}

/// The fixes of a file.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In the order in which they are offered. Open ones are not in the text that later ones change.
    pub steps: Vec<Step>,
    /// How many fixes it comes to if all that is open is accepted; never less than the steps.
    pub total: usize,
    /// The text with what was accepted.
    pub result: Vec<u8>,
    /// Transforms that undid each other.
    pub cycle: Vec<&'static str>,
}

impl Plan {
    /// Whether nobody has decided on a step.
    #[must_use]
    pub fn is_open(&self, step: usize) -> bool {
        self.steps.get(step).is_some_and(|step| step.decided.is_none())
    }

    /// The first open step from `from` on.
    #[must_use]
    pub fn open_from(&self, from: usize) -> Option<usize> {
        (from..self.steps.len()).find(|step| self.is_open(*step))
    }

    /// How many steps are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.steps.iter().filter(|step| step.decided.is_none()).count()
    }

    /// The step of a key.
    #[must_use]
    pub fn position(&self, key: &Key) -> Option<usize> {
        self.steps.iter().position(|step| step.key == *key)
    }
}

/// Plans a file.
///
/// # Errors
/// Where BuildKit would not take the file.
pub fn plan(source: &[u8], fixing: Fixing<'_>, answers: &Answers<'_>) -> Result<Plan, ParseError> {
    let mut keys = Keys::default();
    let mut steps: Vec<Step> = Vec::new();
    let mut decide = |offer: &Offer<'_>| {
        let key = keys.next(offer);
        let decided = answers.of(&key, offer);
        let answer = match &decided {
            None => Answer::Undecided,
            Some((decision, _)) => answer(decision),
        };
        // Most steps change what the one before them made.
        let shared = steps.last().filter(|last| *last.after == *offer.before).map(|last| Arc::clone(&last.after));
        steps.push(step(key, offer, decided, shared));
        answer
    };
    let outcome = fix_source_as_decided(source, fixing.settings, fixing.context, fixing.beside, &mut decide)?;
    let result = outcome.changed.unwrap_or_else(|| source.to_vec());
    let mut plan = Plan { total: steps.len(), steps, result, cycle: outcome.cycle };
    if plan.open() > 0 {
        plan.total = plan.total.max(count(source, fixing, answers)?);
    }
    Ok(plan)
}

/// How many fixes are offered where all that is open is accepted.
///
/// # Errors
/// Where BuildKit would not take the file.
pub fn count(source: &[u8], fixing: Fixing<'_>, answers: &Answers<'_>) -> Result<usize, ParseError> {
    let mut keys = Keys::default();
    let mut offers = 0;
    let mut decide = |offer: &Offer<'_>| {
        offers += 1;
        answers.of(&keys.next(offer), offer).map_or(Answer::Accept, |(decision, _)| answer(&decision))
    };
    fix_source_as_decided(source, fixing.settings, fixing.context, fixing.beside, &mut decide)?;
    Ok(offers)
}

/// A decision as the answer to an offer.
#[must_use]
pub fn answer(decision: &Decision) -> Answer {
    match decision {
        Decision::Accept => Answer::Accept,
        Decision::Decline => Answer::Decline,
        Decision::Edit(lines) => Answer::Replace(lines.clone()),
        Decision::Suppress(reason) => Answer::Suppress(reason.clone()),
    }
}

fn step(key: Key, offer: &Offer<'_>, decided: Option<(Decision, By)>, before: Option<Arc<[u8]>>) -> Step {
    let mut after = offer.after.to_vec();
    let (place, made) = offer.lines();
    let mut lines = String::from_utf8_lossy(made.slice(offer.after)).replace("\r\n", "\n");
    let mut proved = true;
    match &decided {
        Some((Decision::Edit(edited), _)) => {
            lines.clone_from(edited);
            if let Ok(text) = offer.edited(edited) {
                proved = offer.is_proved(&text);
                after = text;
            }
        }
        Some((Decision::Suppress(reason), _)) => {
            if let Ok((_, text)) = suppressing_comment(offer.before, offer.edits, offer.transform, reason) {
                after = text;
            }
        }
        _ => {}
    }
    Step {
        key,
        transform: offer.transform,
        title: offer.title.to_owned(),
        reason: offer.reason.to_owned(),
        safety: offer.safety,
        claim: offer.claim,
        line: offer.line(),
        before: before.unwrap_or_else(|| offer.before.into()),
        after: after.into(),
        place,
        lines,
        decided,
        proved,
        edits: offer.edits.to_vec(),
        suppressible: OnceLock::new(),
    }
}
