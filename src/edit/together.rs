//! The fixes of a round proved together, one proof for all of a kind.
//!
//! Most rounds hold nothing that is refused, and a proof for each of their fixes would read the file twice for each.
//! What is proved for all at once is proved: whatever the text differs in is explained by the claim. Where a group is not
//! proved, the caller tries its fixes one by one.

use crate::prove::{self, Claim, Facts, Version};
use crate::syntax::{self, validate};

use super::fixpoint::Candidate;
use super::made::Made;
use super::offer::demand;
use super::{Edit, Safety, apply};

/// Fixes with one claim and safety.
struct Group {
    claim: Claim,
    safety: Safety,
    edits: Vec<Edit>,
}

/// The text with all that goes in if every fix is proved, and which of the candidates these are; `None` where one is
/// not. `before` is the version of `text`.
pub(super) fn together(
    text: &[u8],
    before: &Version<'_, '_>,
    candidates: &[Candidate],
    facts: Facts<'_>,
) -> Option<(Vec<u8>, Vec<usize>)> {
    let mut made = Made::default();
    let mut reshaped_until = 0;
    let mut chosen = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for (at, Candidate { fix, cover, reshapes, .. }) in candidates.iter().enumerate() {
        // What touches the very bytes that another changes waits for the next round.
        if cover.start < reshaped_until || made.touch(fix) {
            continue;
        }
        made.record(fix);
        if *reshapes {
            reshaped_until = cover.end;
        }
        chosen.push(at);
        let edits = fix.edits.iter().cloned();
        match groups.iter_mut().find(|group| (group.claim, group.safety) == (fix.claim, fix.safety)) {
            Some(group) => group.edits.extend(edits),
            None => groups.push(Group { claim: fix.claim, safety: fix.safety, edits: edits.collect() }),
        }
    }
    let changed = proved(text, before, Vec::new(), &groups, facts)?;
    Some((changed, chosen))
}

/// The text with the edits of all groups, each proved on top of those before it; `edits` are those that `before` has.
fn proved(
    text: &[u8],
    before: &Version<'_, '_>,
    mut edits: Vec<Edit>,
    groups: &[Group],
    facts: Facts<'_>,
) -> Option<Vec<u8>> {
    let (group, rest) = groups.split_first()?;
    edits.extend(group.edits.iter().cloned());
    let next = apply(text, &edits).ok()?;
    {
        let file = syntax::parse(&next).ok()?;
        if validate::refusal(&file).is_some() {
            return None;
        }
        let after = Version::of(&file);
        prove::prove(before, &after, group.claim, demand(group.safety), facts).ok()?;
        if !rest.is_empty() {
            return proved(text, &after, edits, rest, facts);
        }
    }
    Some(next)
}
