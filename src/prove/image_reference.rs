//! Images named otherwise: with a digest, or by another tag.
//!
//! Beside the words that name images the two texts must be the same byte for byte, save for an ARG that holds
//! nothing but a digest. What each word names is then looked up in what is known of images: a reference with a digest
//! is that image whatever its tag says (`distribution/reference`; BuildKit's resolver asks for the digest alone).

use crate::model::images::{Naming, Place, Says, images};
use crate::pin::Images;
use crate::registry::{Digest, Platform, Reference};
use crate::syntax::{Args, Keyword, Span, TextRange, lossy};

use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let known = facts.images.ok_or_else(|| Refusal::new("nothing is known of images"))?;
    let (old, new) = (images(&before.model), images(&after.model));
    let digests = digest_arguments(before, after)?;
    if demand == Demand::SameImage && !digests.is_empty() {
        return Err(Refusal::new("an argument with a digest holds for one value of the others only"));
    }
    let (held, holds) = match demand {
        Demand::SameImage => (Vec::new(), Vec::new()),
        Demand::OnlyTheClaim => (digests_in_arguments(before)?, digests_in_arguments(after)?),
    };
    same_beside((before, &old, &held, &[]), (after, &new, &holds, &digests))?;
    if old.len() != new.len() || before.model.stages.len() != after.model.stages.len() {
        return Err(Refusal::new("other places name images"));
    }
    for (old, new) in old.iter().zip(&new) {
        if (old.place, &old.platform) != (new.place, &new.platform) {
            return Err(Refusal::new("other places name images"));
        }
        if old.reference() != new.reference() || old.text().map(|(_, text)| text) != new.text().map(|(_, text)| text) {
            same_image(old, new, demand, known)?;
        }
    }
    Ok(())
}

/// The ARGs above the first FROM that only `after` has: each is `NAME=@DIGEST`, and `before` holds no such name.
fn digest_arguments(before: &Version<'_, '_>, after: &Version<'_, '_>) -> Result<Vec<Span>, Refusal> {
    let first = after.model.stages.first().map_or(0, |stage| stage.range.start);
    let count = |version: &Version<'_, '_>| {
        version.model.instructions.iter().filter(|instruction| instruction.body.keyword == Keyword::Arg).count()
    };
    let mut added = Vec::new();
    for instruction in &after.model.instructions[..first] {
        let Args::Words(words) = &instruction.body.args else { continue };
        let [word] = &words[..] else { continue };
        let text = lossy(word.slice(instruction.joined.text()));
        let Some((name, digest)) = text.split_once("=@") else { continue };
        if memchr::memmem::find(before.model.file.source, name.as_bytes()).is_none() && Digest::read(digest).is_some() {
            added.push(instruction.span);
        }
    }
    if count(before) + added.len() == count(after) {
        Ok(added)
    } else {
        Err(Refusal::new("an ARG appeared or is gone"))
    }
}

/// Where the ARGs above the first FROM that are nothing but a digest hold it. Nothing but FROM may read them: what they
/// come to is seen in the words that name images.
fn digests_in_arguments(version: &Version<'_, '_>) -> Result<Vec<Span>, Refusal> {
    let first = version.model.stages.first().map_or(0, |stage| stage.range.start);
    let mut held = Vec::new();
    for (at, instruction) in version.model.instructions[..first].iter().enumerate() {
        let Args::Words(words) = &instruction.body.args else { continue };
        for word in words {
            let text = lossy(word.slice(instruction.joined.text()));
            let Some((name, digest)) = text.split_once("=@") else { continue };
            let range = TextRange::new(word.start + name.len() + 2, word.end);
            if Digest::read(digest).is_none() || !instruction.joined.is_contiguous(range) {
                continue;
            }
            let others = version
                .model
                .instructions
                .iter()
                .enumerate()
                .filter(|(other, instruction)| *other != at && instruction.body.keyword != Keyword::From);
            let source = version.model.file.source;
            if others
                .into_iter()
                .any(|(_, other)| memchr::memmem::find(other.span.slice(source), name.as_bytes()).is_some())
            {
                return Err(Refusal::new(format!("more than FROM reads `{name}`")));
            }
            held.push(instruction.joined.span(range));
        }
    }
    Ok(held)
}

/// A version with the words that name its images, digests in ARGs, and whole instructions that only it has.
type Side<'v> = (&'v Version<'v, 'v>, &'v [Naming], &'v [Span], &'v [Span]);

/// Whether the texts are the same beside the words that name images, digests in ARGs of their own, and instructions that
/// only one has.
fn same_beside(before: Side<'_>, after: Side<'_>) -> Result<(), Refusal> {
    let rest = |(version, namings, held, only_here): Side<'_>| {
        let source = version.model.file.source;
        // The place of an ARG's default is not that of the word.
        let names = namings.iter().map(|naming| naming.text().map_or(naming.span, |(span, _)| span));
        let mut cut: Vec<Span> = names.chain(held.iter().chain(only_here).copied()).collect();
        cut.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        let (mut at, mut piece) = (0, Vec::new());
        for span in cut {
            if span.start < at {
                // Within one that is cut already, or the default of an ARG that two words name.
                continue;
            }
            piece.extend_from_slice(&source[at..span.start]);
            if !only_here.contains(&span) {
                pieces.push(std::mem::take(&mut piece));
            }
            at = span.end;
        }
        piece.extend_from_slice(&source[at..]);
        pieces.push(piece);
        pieces
    };
    if rest(before) == rest(after) {
        return Ok(());
    }
    Err(Refusal::new("more than the names of images changed"))
}

/// Whether what `new` names is what `old` names, or today's image of its own tag.
fn same_image(old: &Naming, new: &Naming, demand: Demand, known: &Images) -> Result<(), Refusal> {
    match (&old.says, &new.says) {
        (Says::Written(_), Says::Written(_)) => {}
        (
            Says::Default { argument: was, read_elsewhere, .. },
            Says::Default { argument: is, read_elsewhere: still, .. },
        ) if was == is => {
            if *read_elsewhere || *still {
                return Err(Refusal::new(format!("something else reads `{is}`, and would get the digest with it")));
            }
        }
        (Says::Composed { arguments: was, .. }, Says::Composed { arguments: is, .. })
            if demand == Demand::OnlyTheClaim && (was == is || (is.len() == was.len() + 1 && is.starts_with(was))) => {}
        _ => return Err(Refusal::new("an image is named in another way")),
    }
    let read = |naming: &Naming| {
        let text = naming.reference().unwrap_or_default();
        Reference::read(text).map_err(|error| Refusal::new(format!("`{text}`: {error}")))
    };
    let (old, to) = (read(old)?, read(new)?);
    if old.repository != to.repository {
        return Err(Refusal::new(format!("`{to}` is another repository than `{old}`")));
    }
    let of_tag = |reference: &Reference| {
        known
            .digest(reference)
            .ok_or_else(|| Refusal::new(format!("it is not known what `{}` stands for", reference.by_tag())))
    };
    let named = match (&to.digest, demand) {
        (Some(digest), _) => digest,
        (None, _) => of_tag(&to)?,
    };
    match demand {
        Demand::SameImage => {
            let was = match &old.digest {
                Some(digest) => digest,
                None => of_tag(&old)?,
            };
            if was != named {
                return Err(Refusal::new(format!("`{old}` is {was}, and `{to}` is not")));
            }
            if old.tag_or_latest() != to.tag_or_latest() && of_tag(&to)? != was {
                return Err(Refusal::new(format!("`{to}` says a tag that stands for another image")));
            }
        }
        Demand::OnlyTheClaim => {
            if of_tag(&to)? != named {
                return Err(Refusal::new(format!("`{to}` has not the digest of its tag")));
            }
        }
    }
    has_platform(new, &to, known)
}

/// Where FROM asks for a platform, the image must be there for it.
fn has_platform(new: &Naming, to: &Reference, known: &Images) -> Result<(), Refusal> {
    let Some(wanted) = new.platform.as_deref().filter(|wanted| new.place == Place::From && !wanted.contains('$'))
    else {
        return Ok(());
    };
    let Some(platform) = Platform::read(wanted) else {
        return Err(Refusal::new(format!("`{wanted}` is no platform")));
    };
    let platforms = known.platforms(to).unwrap_or_default();
    if platforms.iter().any(|has| has.serves(&platform)) {
        return Ok(());
    }
    Err(Refusal::new(format!("`{to}` is not there for {wanted}")))
}
