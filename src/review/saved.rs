//! Decisions that outlive a review: a YAML file, keyed by transform and content, for other checkouts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::edit::{Answer, Change, Offer, Outcome, Safety, fix_source_as_decided};
use crate::syntax::ParseError;
use crate::transforms;

use super::decisions::{By, Decision, Key, Keys};
use super::plan::{Fixing, answer};
use super::state::Decided;

/// The format that is written, and the only one that is read.
const VERSION: u32 = 1;

const HEAD: &str = "\
# What was decided in a review by dockmod. It holds wherever the same transform would change the same lines:
#   dockmod --decisions FILE [--check | --apply | -i]
";

/// Why a file of decisions is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SavedError(String);

/// Decisions of earlier reviews.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved(BTreeMap<(&'static str, Vec<Change>), Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    safety: Safety,
    verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Accept,
    Decline(Option<String>),
    Edit(String),
    /// It was decided one way here and another way there.
    Torn,
}

/// What could not be saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Edited texts that the proof does not take: on another checkout nobody would have looked at them.
    pub unproved: usize,
    /// Fixes with the same content that were decided in different ways.
    pub torn: usize,
}

impl Saved {
    /// The decision on a fix, where there is one.
    ///
    /// What was accepted as a safe fix is open where it is unsafe. An edited text goes in only where it is proved.
    #[must_use]
    pub fn decision(&self, key: &Key, offer: &Offer<'_>) -> Option<Decision> {
        let entry = self.0.get(&(key.transform, key.changes.clone()))?;
        match &entry.verdict {
            Verdict::Decline(_) => Some(Decision::Decline),
            Verdict::Torn => None,
            _ if offer.safety > entry.safety => None,
            Verdict::Accept => Some(Decision::Accept),
            // The edited text may lead to the fix that it came from: once is enough.
            Verdict::Edit(_) if key.nth > 0 => None,
            Verdict::Edit(lines) => {
                offer.edited(lines).is_ok_and(|text| offer.is_proved(&text)).then(|| Decision::Edit(lines.clone()))
            }
        }
    }

    /// Fixes a file as these decisions say; what they say nothing of is left undecided.
    ///
    /// # Errors
    /// Where BuildKit would not take the file.
    pub fn fix(&self, source: &[u8], fixing: Fixing<'_>) -> Result<Outcome, ParseError> {
        let mut keys = Keys::default();
        let mut decide = |offer: &Offer<'_>| {
            let decision = self.decision(&keys.next(offer), offer);
            decision.as_ref().map_or(Answer::Undecided, answer)
        };
        fix_source_as_decided(source, fixing.settings, fixing.context, fixing.beside, &mut decide)
    }

    /// Takes in what was decided about a fix. `proved` tells whether an edited text keeps what the fix must keep.
    fn add(&mut self, key: &Key, safety: Safety, decision: &Decision, proved: bool, left_out: &mut LeftOut) {
        let verdict = match decision {
            Decision::Accept => Verdict::Accept,
            Decision::Decline => Verdict::Decline(None),
            Decision::Suppress(reason) => Verdict::Decline(Some(reason.clone())),
            // A fix of several places would be saved with the lines in between.
            Decision::Edit(_) if !proved || key.changes.len() != 1 => {
                left_out.unproved += 1;
                return;
            }
            Decision::Edit(lines) => Verdict::Edit(lines.replace("\r\n", "\n")),
        };
        let entry = Entry { safety, verdict };
        let place = (key.transform, key.changes.clone());
        match self.0.get_mut(&place) {
            None => {
                self.0.insert(place, entry);
            }
            Some(known) if known.verdict == entry.verdict => known.safety = known.safety.max(safety),
            Some(Entry { verdict: Verdict::Decline(reason), .. }) if matches!(entry.verdict, Verdict::Decline(_)) => {
                if let Verdict::Decline(Some(new)) = entry.verdict {
                    *reason = Some(new);
                }
            }
            Some(known) => {
                if known.verdict != Verdict::Torn {
                    left_out.torn += 1;
                }
                known.verdict = Verdict::Torn;
            }
        }
    }

    /// Takes in a fix that the user decided on; what came from a file of decisions is known.
    pub fn add_decided(&mut self, decided: &Decided, left_out: &mut LeftOut) {
        let Decided { key, safety, decision, by, proved } = decided;
        if *by != By::Saved {
            self.add(key, *safety, decision, *proved, left_out);
        }
    }

    /// These decisions with those of a later review, which count where both decide.
    #[must_use]
    pub fn overridden_by(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self
    }

    /// How many decisions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().filter(|entry| entry.verdict != Verdict::Torn).count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads a file of decisions.
    ///
    /// # Errors
    /// With line and column, where it is not of the form that [`Saved::to_yaml`] writes.
    pub fn parse(text: &str) -> Result<Self, SavedError> {
        let options = serde_saphyr::options! { with_snippet: false };
        let document: Document =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| SavedError(error.to_string()))?;
        if document.version.value != VERSION {
            let place = place(&document.version);
            let found = document.version.value;
            return Err(SavedError(format!(
                "version {found} is not known, this dockmod reads version {VERSION}{place}"
            )));
        }
        let mut saved = Self::default();
        for record in document.decisions {
            let Record { transform, safety, decision, edited, changes, .. } = record.value.clone();
            let wrong = |message: String| Err(SavedError(format!("{message}{}", place(&record))));
            let Some(known) = transforms::find(&transform) else {
                return wrong(format!("there is no transform `{transform}`"));
            };
            let verdict = match (decision, edited) {
                (Word::Accept, None) => Verdict::Accept,
                (Word::Decline, None) => Verdict::Decline(record.value.reason.clone()),
                (Word::Edit, Some(lines)) => Verdict::Edit(lines),
                (Word::Edit, None) => return wrong("`decision: edit` has no `edited`".to_owned()),
                (_, Some(_)) => return wrong("`edited` belongs to `decision: edit` alone".to_owned()),
            };
            if changes.is_empty() {
                return wrong("`changes` is empty".to_owned());
            }
            let changes = changes.into_iter().map(|Lines { before, after }| Change { before, after }).collect();
            let safety = if safety == Known::Safe { Safety::Safe } else { Safety::Unsafe };
            if saved.0.insert((known.id, changes), Entry { safety, verdict }).is_some() {
                return wrong(format!("`{transform}` is decided twice for the same lines"));
            }
        }
        Ok(saved)
    }

    /// The file of these decisions, in a fixed order.
    ///
    /// # Errors
    /// Where it can't be written as YAML, which no text is known to cause.
    pub fn to_yaml(&self) -> Result<String, SavedError> {
        let records = self.0.iter().filter_map(|((transform, changes), entry)| {
            let (decision, reason, edited) = match &entry.verdict {
                Verdict::Accept => (Word::Accept, None, None),
                Verdict::Decline(reason) => (Word::Decline, reason.as_deref(), None),
                Verdict::Edit(lines) => (Word::Edit, None, Some(Block(lines))),
                Verdict::Torn => return None,
            };
            let changes =
                changes.iter().map(|change| OutLines { before: Block(&change.before), after: Block(&change.after) });
            Some(OutRecord {
                transform,
                safety: if entry.safety == Safety::Safe { Known::Safe } else { Known::Unsafe },
                decision,
                reason,
                edited,
                changes: changes.collect(),
            })
        });
        let document = OutDocument { version: VERSION, decisions: records.collect() };
        let text = serde_saphyr::to_string(&document).map_err(|error| SavedError(error.to_string()))?;
        Ok(format!("{HEAD}{text}"))
    }
}

fn place<T>(value: &serde_saphyr::Spanned<T>) -> String {
    format!(" at line {}, column {}", value.referenced.line(), value.referenced.column())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: serde_saphyr::Spanned<u32>,
    decisions: Vec<serde_saphyr::Spanned<Record>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    transform: String,
    safety: Known,
    decision: Word,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    edited: Option<String>,
    changes: Vec<Lines>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    before: String,
    after: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Accept,
    Decline,
    Edit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Known {
    Safe,
    Unsafe,
}

#[derive(Debug, Serialize)]
struct OutDocument<'s> {
    version: u32,
    decisions: Vec<OutRecord<'s>>,
}

#[derive(Debug, Serialize)]
struct OutRecord<'s> {
    transform: &'s str,
    safety: Known,
    decision: Word,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited: Option<Block<'s>>,
    changes: Vec<OutLines<'s>>,
}

#[derive(Debug, Serialize)]
struct OutLines<'s> {
    before: Block<'s>,
    after: Block<'s>,
}

/// A text that is written as a block where that keeps it byte by byte.
#[derive(Debug, Clone, Copy)]
struct Block<'s>(&'s str);

impl Serialize for Block<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = |c: char| c == '\n' || (!c.is_control() && c != '\u{feff}' && c != '\u{85}');
        let clean = self.0.chars().all(plain)
            && !self.0.starts_with([' ', '\n'])
            && !self.0.ends_with('\n')
            && self.0.lines().all(|line| !line.ends_with(' '));
        if clean && self.0.contains('\n') {
            return serde_saphyr::LitStr(self.0).serialize(serializer);
        }
        serializer.serialize_str(self.0)
    }
}
