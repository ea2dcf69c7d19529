//! `dockmod pin --update`: moves digests, and with `--tags` tags.

use std::collections::BTreeSet;

use crate::cli::args::PinArgs;
use crate::cli::images::{Asker, Named, bar};
use crate::pin::tags::Level;
use crate::pin::{Images, moves};
use crate::registry::Reference;

/// Which images are to move: all, or those that were named.
pub(super) struct Wanted(Vec<Reference>);

impl Wanted {
    fn holds(&self, reference: &Reference) -> bool {
        self.0.is_empty() || self.0.iter().any(|named| names(named, reference))
    }
}

/// Whether a name without a tag, or with the same one, is that of the reference.
fn names(named: &Reference, reference: &Reference) -> bool {
    named.repository == reference.repository && (named.tag.is_none() || named.tag == reference.tag)
}

/// What `--update` asks for; `None` without it.
///
/// # Errors
/// With a message where a name is no image.
pub(super) fn wanted(args: &PinArgs) -> Result<Option<Wanted>, String> {
    let Some(names) = &args.update else { return Ok(None) };
    let read = |name: &String| Reference::read(name).map_err(|error| format!("--update {name}: {error}"));
    Ok(Some(Wanted(names.iter().map(read).collect::<Result<_, _>>()?)))
}

/// Asks what the images move to; gives what failed.
pub(super) fn learn(
    wanted: &Wanted,
    level: Option<Level>,
    files: &[Named],
    known: &mut Images,
    asker: &Asker,
) -> Vec<String> {
    let all = files.iter().flat_map(|file| file.uses.iter().map(|used| &used.reference));
    // A digest without a tag says not what it should follow.
    let moving: BTreeSet<Reference> = all
        .filter(|reference| wanted.holds(reference) && (reference.tag.is_some() || reference.digest.is_none()))
        .map(|reference| if reference.digest.is_some() { reference.clone() } else { reference.by_tag() })
        .collect();
    let mut failed: Vec<String> = wanted
        .0
        .iter()
        .filter(|named| !files.iter().any(|file| file.uses.iter().any(|used| names(named, &used.reference))))
        .map(|named| format!("--update {named}: no Dockerfile here names it; paths go before --update"))
        .collect();
    let source = asker.source();
    let (pinned, open): (BTreeSet<Reference>, BTreeSet<Reference>) =
        moving.into_iter().partition(|reference| reference.digest.is_some());
    let progress = bar(pinned.len() + open.len());
    // What has no digest yet is pinned to what its own tag stands for today.
    for (references, level) in [(pinned, level), (open, None)] {
        let moves = moves(&references, level, source, &|| progress.inc(1));
        for step in moves.steps {
            known.learn(step.to.by_tag(), Ok(step.resolved.clone()));
            known.learn(step.to.clone(), Ok(step.resolved));
            if step.from.digest.is_some() {
                known.learn_move(step.from, step.to);
            }
        }
        failed.extend(moves.failed.into_iter().map(|(reference, error)| format!("{}: {error}", reference.by_tag())));
    }
    progress.finish_and_clear();
    failed
}
