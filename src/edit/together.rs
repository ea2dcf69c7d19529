//! The fixes of a round proved together, one proof for all of a kind.
//!
//! Most rounds hold nothing that is refused, and a proof for each of their fixes would read the file twice for each.
//! What is proved for all at once is proved: whatever the text differs in is explained by the claim. Where a stretch of
//! fixes is not proved, its halves are, down to the one that is refused; so a file of thousands of fixes is not read
//! thousands of times for one of them.

use crate::prove::{self, Claim, Facts, Version};
use crate::syntax::{self, validate};

use super::fixpoint::Candidate;
use super::made::Made;
use super::offer::demand;
use super::{Edit, Fix, Safety, apply};

/// What a round came to.
pub(super) struct Together<'c> {
    /// The text with all that went in; `None` where nothing did.
    pub text: Option<Vec<u8>>,
    /// What went in, with the candidate that it is, or is a part of.
    pub chosen: Vec<(&'c Candidate, &'c Fix)>,
    /// What was refused, and why.
    pub refused: Vec<(&'c Candidate, String)>,
}

/// Proves and applies the candidates, which are in order. `before` is the version of `text`.
pub(super) fn together<'c>(
    text: &[u8],
    before: &Version<'_, '_>,
    candidates: &'c [Candidate],
    facts: Facts<'_>,
) -> Together<'c> {
    let mut round = Round { text, before, facts, edits: Vec::new(), current: None };
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
    Together { text: round.current, chosen, refused }
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
    /// The text that it began with.
    text: &'r [u8],
    before: &'r Version<'f, 's>,
    facts: Facts<'r>,
    /// The edits of `text` that have gone in.
    edits: Vec<Edit>,
    /// The text with them, where there are any.
    current: Option<Vec<u8>>,
}

impl Round<'_, '_, '_> {
    /// Takes fixes in if they are proved on top of those that have gone in.
    fn prove(&mut self, fixes: &[&Fix]) -> Result<(), String> {
        let groups = groups(fixes);
        if groups.is_empty() {
            return Ok(());
        }
        let mut edits = self.edits.clone();
        let next = match &self.current {
            None => proved(self.text, self.before, &mut edits, &groups, self.facts)?,
            Some(current) => {
                let file = syntax::parse(current).map_err(|error| error.to_string())?;
                proved(self.text, &Version::of(&file), &mut edits, &groups, self.facts)?
            }
        };
        self.current = Some(next);
        self.edits = edits;
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

/// The text with the edits of all groups, each proved on top of those before it; `edits` are those that `before` has.
fn proved(
    text: &[u8],
    before: &Version<'_, '_>,
    edits: &mut Vec<Edit>,
    groups: &[Group],
    facts: Facts<'_>,
) -> Result<Vec<u8>, String> {
    let (group, rest) = groups.split_first().ok_or("nothing is to be proved")?;
    edits.extend(group.edits.iter().cloned());
    let next = apply(text, edits).map_err(|error| error.to_string())?;
    {
        let file = syntax::parse(&next).map_err(|error| format!("the result does not parse: {error}"))?;
        if let Some(refusal) = validate::refusal(&file) {
            return Err(format!("BuildKit would refuse the result: {refusal}"));
        }
        let after = Version::of(&file);
        let proof = prove::prove(before, &after, group.claim, demand(group.safety), facts);
        proof.map_err(|refusal| refusal.to_string())?;
        if !rest.is_empty() {
            return proved(text, &after, edits, rest, facts);
        }
    }
    Ok(next)
}
