//! The fixes of a round proved together, one proof for all of a kind.
//!
//! Most rounds hold nothing that is refused, and a proof for each of their fixes would read the file twice for each.
//! What is proved for all at once is proved: whatever the text differs in is explained by the claim. Where a stretch of
//! fixes is not proved, its halves are, down to the one that is refused; so a file of thousands of fixes is not read
//! thousands of times for one of them.

use crate::prove::{self, Claim, Facts, Version};

use super::fixpoint::Candidate;
use super::made::Made;
use super::offer::demand;
use super::reading::Reading;
use super::{Edit, Fix, Safety, apply};

/// What a round came to.
pub(super) struct Together<'c> {
    /// The text with all that went in; `None` where nothing did.
    pub last: Option<Reading>,
    /// What went in, with the candidate that it is, or is a part of.
    pub chosen: Vec<(&'c Candidate, &'c Fix)>,
    /// What was refused, and why.
    pub refused: Vec<(&'c Candidate, String)>,
}

/// Proves and applies the candidates, which are in order, to a version.
pub(super) fn together<'c>(before: &Version<'_, '_>, candidates: &'c [Candidate], facts: Facts<'_>) -> Together<'c> {
    let mut round = Round { before, facts, edits: Vec::new(), current: None };
    let (mut chosen, mut refused) = (Vec::new(), Vec::new());
    let mut taken = Taken::default();
    let mut at = 0;
    // Up to here at least one is known to be refused.
    let mut suspects_end = None;
    while at < candidates.len() {
        let most = suspects_end.map_or(usize::MAX, |end: usize| (end - at).div_ceil(2));
        let (stretch, end, with_stretch) = taken.stretch(candidates, at, most);
        let fixes: Vec<&Fix> = stretch.iter().map(|number| &candidates[*number].fix).collect();
        match (round.prove(&fixes), stretch.as_slice()) {
            (Ok(()), _) => {
                chosen.extend(stretch.iter().map(|number| (&candidates[*number], &candidates[*number].fix)));
                taken = with_stretch;
                at = end;
                suspects_end = suspects_end.filter(|suspects| end < *suspects);
            }
            (Err(reason), [number]) => {
                let candidate = &candidates[*number];
                let parts = round.parts_of(candidate);
                if parts.is_empty() {
                    refused.push((candidate, reason));
                } else {
                    for part in &parts {
                        taken.made.record(part);
                    }
                    taken.reshaped_until = candidate.cover.end;
                    chosen.extend(parts.into_iter().map(|part| (candidate, part)));
                }
                // What stood back for it is looked at again.
                at = number + 1;
                suspects_end = None;
            }
            (Err(_), _) => suspects_end = Some(end),
        }
    }
    Together { last: round.current, chosen, refused }
}

/// What has gone in so far, or is about to.
#[derive(Clone, Default)]
struct Taken {
    made: Made,
    /// All below is untouched by fixes that change the shape of several instructions.
    reshaped_until: usize,
}

impl Taken {
    /// The numbers of the next candidates from `at` on that may go in together, up to `most` places further; where these
    /// end, and what has gone in with them.
    fn stretch(&self, candidates: &[Candidate], at: usize, most: usize) -> (Vec<usize>, usize, Self) {
        let mut taken = self.clone();
        let end = at.saturating_add(most).min(candidates.len());
        let mut stretch = Vec::new();
        for (number, candidate) in candidates.iter().enumerate().take(end).skip(at) {
            // What touches the very bytes that another changes waits for the next round.
            if candidate.cover.start < taken.reshaped_until || taken.made.touch(&candidate.fix) {
                continue;
            }
            taken.made.record(&candidate.fix);
            if candidate.reshapes {
                taken.reshaped_until = candidate.cover.end;
            }
            stretch.push(number);
        }
        (stretch, end, taken)
    }
}

/// A round so far.
struct Round<'r, 'f, 's> {
    /// The version that it began with.
    before: &'r Version<'f, 's>,
    facts: Facts<'r>,
    /// The edits of its text that have gone in.
    edits: Vec<Edit>,
    /// The text with them, where there are any.
    current: Option<Reading>,
}

impl Round<'_, '_, '_> {
    /// Takes fixes in if they are proved on top of those that have gone in.
    fn prove(&mut self, fixes: &[&Fix]) -> Result<(), String> {
        let mut edits = self.edits.clone();
        // The last of these that is proved, where one is.
        let mut last: Option<Reading> = None;
        for Group { claim, safety, edits: more } in groups(fixes) {
            edits.extend(more);
            let next = apply(self.before.model.file.source, &edits).map_err(|error| error.to_string())?;
            let next = Reading::of_result(next)?;
            let before = last.as_ref().or(self.current.as_ref()).map_or(self.before, Reading::version);
            let proof = prove::prove(before, next.version(), claim, demand(safety), self.facts);
            proof.map_err(|refusal| refusal.to_string())?;
            last = Some(next);
        }
        if last.is_some() {
            self.current = last;
            self.edits = edits;
        }
        Ok(())
    }

    /// Of the smaller fixes of a refused one, each that is proved and touches no other of them.
    fn parts_of<'c>(&mut self, candidate: &'c Candidate) -> Vec<&'c Fix> {
        let mut parts: Vec<&Fix> = Vec::new();
        for part in &candidate.fix.alternatives {
            let touches = parts.last().is_some_and(|last| part.cover().start < last.cover().end);
            if !touches && self.prove(&[part]).is_ok() {
                parts.push(part);
            }
        }
        parts
    }
}

/// Fixes with one claim and safety.
struct Group {
    claim: Claim,
    safety: Safety,
    edits: Vec<Edit>,
}

fn groups(fixes: &[&Fix]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for fix in fixes {
        let edits = fix.edits.iter().cloned();
        match groups.iter_mut().find(|group| (group.claim, group.safety) == (fix.claim, fix.safety)) {
            Some(group) => group.edits.extend(edits),
            None => groups.push(Group { claim: fix.claim, safety: fix.safety, edits: edits.collect() }),
        }
    }
    groups
}
