//! The version that `latest` stands for.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::images::{Naming, Place, Says, images};
use crate::pin::Images;
use crate::prove::Claim;
use crate::registry::{LATEST, Reference};
use crate::syntax::{Span, image};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "pin-tag",
    summary: "name the version that an image without a tag stands for",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3006", "DL3007"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: true,
    asks_registries: true,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let Some(known) = subject.images else { return };
    for naming in images(subject.model).iter().filter(|naming| naming.place != Place::Syntax) {
        match named(subject, naming, known) {
            Ok(fixes) => proposals.fixes.extend(fixes),
            Err(reason) => proposals.leave(naming.span, reason),
        }
    }
}

/// The fixes for a place, one for each tag that fits, or why it is left alone.
fn named(subject: &Subject<'_, '_, '_>, naming: &Naming, known: &Images) -> Result<Vec<Fix>, String> {
    let Some(text) = naming.reference() else { return Ok(Vec::new()) };
    // What is no reference is told by the transform that pins.
    let Ok(reference) = Reference::read(text) else { return Ok(Vec::new()) };
    let is_latest = match &reference.digest {
        None => reference.tag_or_latest() == LATEST,
        // A digest without a tag says not that it was `latest`.
        Some(_) => reference.tag.as_deref() == Some(LATEST),
    };
    if !is_latest {
        return Ok(Vec::new());
    }
    if let Some(name) = subject.beside.and_then(|beside| beside.may_replace(text)) {
        return Err(format!(
            "`{text}` gets no version: {name} names build contexts and it, and by another tag no context would replace it"
        ));
    }
    let Some((span, text)) = naming.text() else {
        return Err(format!("`{text}` gets no version: it is put together of arguments"));
    };
    if let Says::Default { argument, read_elsewhere: true, .. } = &naming.says {
        return Err(format!("`{text}` gets no version: something else reads `{argument}`, and would get it too"));
    }
    match known.answer(&reference.by_tag()) {
        Some(Ok(_)) => {}
        Some(Err(error)) => return Err(format!("`{text}` gets no version: {error}")),
        None => return Err(format!("`{text}` gets no version: it was not asked what it stands for")),
    }
    if reference.digest.as_ref().is_some_and(|digest| known.digest(&reference) != Some(digest)) {
        return Err(format!("`{}` gets no version: its tag stands for another image by now", reference.by_tag()));
    }
    let versions = known.versions(&reference);
    if versions.is_empty() {
        return Err(format!("`{text}` gets no version: no tag with a version in it stands for the same image"));
    }
    let parts = image::read(text.as_bytes());
    let end = parts.digest.map_or(text.len(), |digest| digest.start - 1);
    let place = Span::new(span.start + parts.path.end, span.start + end);
    Ok(versions.iter().map(|version| fix(place, version, versions, &reference)).collect())
}

fn fix(place: Span, version: &str, all: &[String], reference: &Reference) -> Fix {
    let others: Vec<String> = all.iter().filter(|other| *other != version).map(|other| format!("`{other}`")).collect();
    let (safety, choice) = if others.is_empty() {
        (Safety::Safe, String::new())
    } else {
        (Safety::Unsafe, format!("; unsafe because {} says as much of it: choose what to follow", others.join(" or ")))
    };
    Fix {
        title: format!("name the version that `{}` stands for: `{}`", reference.by_tag(), reference.with_tag(version)),
        reason: format!("`latest` moves to each new release; today both tags stand for the same digest{choice}"),
        edits: vec![Edit::replace(place, format!(":{version}"))],
        safety,
        claim: Claim::ImageReference,
        alternatives: Vec::new(),
    }
}
