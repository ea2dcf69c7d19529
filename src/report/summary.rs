//! Counts of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::edit::{Offers, Outcome};

use super::plural;

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Files that were looked at.
    pub files: usize,
    /// Files that change.
    pub changed: usize,
    /// Documents, templates and the like.
    pub skipped: usize,
    /// Files that could not be read, parsed or written.
    pub failed: usize,
    /// Fixes that a file of decisions declines.
    pub declined: usize,
    /// Fixes that a file of decisions does not know.
    pub undecided: usize,
    transforms: BTreeMap<&'static str, Counts>,
    reasons: BTreeMap<(&'static str, String), usize>,
}

/// What a transform did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Fixes that went in.
    pub applied: usize,
    /// Unsafe fixes that were not asked for.
    pub withheld: usize,
    /// Places left alone.
    pub left: usize,
    /// Places to mend by hand.
    pub advice: usize,
    /// Fixes that the proof refused.
    pub refused: usize,
}

/// What became of one file, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Whether its text changes.
    pub changed: bool,
    /// What each transform did, by its id and in that order; those that did nothing are left out.
    pub transforms: Vec<(&'static str, Counts)>,
}

impl Tally {
    /// Counts an outcome.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let mut transforms: BTreeMap<&'static str, Counts> = BTreeMap::new();
        for fix in &outcome.applied {
            transforms.entry(fix.transform.id).or_default().applied += 1;
        }
        for held in &outcome.withheld {
            transforms.entry(held.transform.id).or_default().withheld += 1;
        }
        for left in &outcome.left {
            let counts = transforms.entry(left.transform.id).or_default();
            match left.transform.offers {
                Offers::Findings => counts.advice += 1,
                Offers::Safe | Offers::SafeOrUnsafe | Offers::Unsafe => counts.left += 1,
            }
        }
        for dropped in &outcome.dropped {
            transforms.entry(dropped.transform.id).or_default().refused += 1;
        }
        Self { changed: outcome.changed.is_some(), transforms: transforms.into_iter().collect() }
    }

    /// How many fixes went in.
    #[must_use]
    pub fn applied(&self) -> usize {
        self.transforms.iter().map(|(_, counts)| counts.applied).sum()
    }

    /// The transforms whose fixes went in, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<&'static str> {
        self.transforms.iter().filter(|(_, counts)| counts.applied > 0).map(|(id, _)| *id).collect()
    }
}

impl Summary {
    /// Counts the outcome of one file.
    pub fn count(&mut self, outcome: &Outcome) {
        self.count_tally(&Tally::of(outcome));
        self.declined += outcome.declined.len();
        self.undecided += outcome.undecided.len();
    }

    /// Counts what became of one file.
    pub fn count_tally(&mut self, tally: &Tally) {
        self.files += 1;
        self.changed += usize::from(tally.changed);
        for (id, counts) in &tally.transforms {
            let sum = self.transforms.entry(id).or_default();
            sum.applied += counts.applied;
            sum.withheld += counts.withheld;
            sum.left += counts.left;
            sum.advice += counts.advice;
            sum.refused += counts.refused;
        }
    }

    /// Counts why places of one file were left alone, for [`Self::statistics`].
    pub fn count_reasons(&mut self, outcome: &Outcome) {
        for left in &outcome.left {
            *self.reasons.entry((left.transform.id, general(&left.reason))).or_default() += 1;
        }
        for dropped in &outcome.dropped {
            let reason = format!("not proved: {}", general(&dropped.reason));
            *self.reasons.entry((dropped.transform.id, reason)).or_default() += 1;
        }
    }

    fn total(&self, part: impl Fn(&Counts) -> usize) -> usize {
        self.transforms.values().map(part).sum()
    }

    /// The summary; `done` tells whether the fixes were written.
    #[must_use]
    pub fn lines(&self, done: bool) -> Vec<String> {
        if self.files + self.skipped + self.failed == 0 {
            return vec![
                "no Dockerfile found: they are known by their names, and `include` in dockmod.yaml adds others"
                    .to_owned(),
            ];
        }
        let verb = if done { "changed" } else { "would change" };
        let mut first = format!(
            "{} of {} files {verb}: {}",
            self.changed,
            self.files,
            plural(self.total(|counts| counts.applied), "fix", "fixes")
        );
        let each: Vec<String> = self
            .transforms
            .iter()
            .filter(|(_, counts)| counts.applied > 0)
            .map(|(id, counts)| format!("{id} {}", counts.applied))
            .collect();
        if !each.is_empty() {
            first = format!("{first} ({})", each.join(", "));
        }
        let mut lines = vec![first];
        let mut rest = Vec::new();
        let left = self.total(|counts| counts.left);
        if left > 0 {
            rest.push(format!("{} left alone", plural(left, "place", "places")));
        }
        let refused = self.total(|counts| counts.refused);
        if refused > 0 {
            rest.push(format!("{} refused by the proof", plural(refused, "fix", "fixes")));
        }
        if !rest.is_empty() {
            lines.push(format!("{} (--verbose says why)", rest.join(", ")));
        }
        if self.declined > 0 {
            lines.push(format!("{} declined by the decisions", plural(self.declined, "fix", "fixes")));
        }
        if self.undecided > 0 {
            lines.push(format!(
                "{} not decided: -i with --decisions and --save asks",
                plural(self.undecided, "fix", "fixes")
            ));
        }
        let withheld = self.total(|counts| counts.withheld);
        if withheld > 0 {
            lines.push(format!("--unsafe would bring {} more", plural(withheld, "fix", "fixes")));
        }
        let advice = self.total(|counts| counts.advice);
        if advice > 0 {
            lines.push(format!("{} to mend by hand (--verbose shows them)", plural(advice, "finding", "findings")));
        }
        if self.skipped > 0 {
            lines.push(format!(
                "{} skipped: documents and templates (--verbose names them)",
                plural(self.skipped, "file", "files")
            ));
        }
        if self.failed > 0 {
            lines.push(format!("{} failed", plural(self.failed, "file", "files")));
        }
        lines
    }

    /// A table by transform, and the commonest reasons for leaving a place alone.
    #[must_use]
    pub fn statistics(&self) -> Vec<String> {
        let width = self.transforms.keys().map(|id| id.len()).max().unwrap_or(0).max("transform".len());
        let mut lines = vec![format!(
            "{:width$}  {:>7}  {:>7}  {:>7}  {:>10}  {:>7}",
            "transform", "fixes", "unsafe", "refused", "left alone", "by hand"
        )];
        for (id, counts) in &self.transforms {
            lines.push(format!(
                "{id:width$}  {:>7}  {:>7}  {:>7}  {:>10}  {:>7}",
                counts.applied, counts.withheld, counts.refused, counts.left, counts.advice
            ));
        }
        let mut reasons: Vec<(&(&'static str, String), &usize)> = self.reasons.iter().collect();
        reasons.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
        for ((id, reason), count) in reasons {
            lines.push(format!("{count:>7}  {id}: {reason}"));
        }
        lines
    }
}

/// A reason without what is special to one file, so that equal ones count together.
fn general(reason: &str) -> String {
    let mut result = String::new();
    for (index, part) in reason.split('`').enumerate() {
        result.push_str(if index % 2 == 0 { part } else { "…" });
    }
    let mut text = String::with_capacity(result.len());
    let mut in_number = false;
    for c in result.chars() {
        if c.is_ascii_digit() {
            if !in_number {
                text.push('N');
            }
            in_number = true;
            continue;
        }
        in_number = false;
        text.push(c);
    }
    text
}
