//! Images by their digest.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::base_name;
use crate::model::images::{Naming, Says, images};
use crate::pin::Images;
use crate::prove::Claim;
use crate::registry::{Digest, LATEST, Reference};
use crate::syntax::{Args, Keyword, Span, TextRange, image, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "pin-digest",
    summary: "name images by the digest that their tag stands for",
    offers: Offers::SafeOrUnsafe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[("arguments", &["report", "add-argument"])],
    opt_in: true,
    asks_registries: true,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let namings = images(subject.model);
    let Some(known) = subject.images else {
        if let Some(first) = namings.first() {
            proposals.leave(first.span, "no registry was asked for what it stands for");
        }
        return;
    };
    for naming in &namings {
        match pinned(subject, naming, known) {
            Ok(Some(fix)) => proposals.fixes.push(fix),
            Ok(None) => {}
            Err(reason) => proposals.leave(naming.span, reason),
        }
    }
}

/// The fix for a place, none where there is nothing to do, or why it is left alone.
fn pinned(subject: &Subject<'_, '_, '_>, naming: &Naming, known: &Images) -> Result<Option<Fix>, String> {
    let text = match (&naming.says, naming.reference()) {
        (_, Some(text)) => text,
        (Says::Unknown(reason), None) => return Err(format!("not pinned: {reason}")),
        (_, None) => return Ok(None),
    };
    if let Some(name) = subject.beside.and_then(|beside| beside.may_replace(text)) {
        return Err(format!(
            "`{text}` is not pinned: {name} names build contexts and it, and with a digest behind it no context would \
             replace it"
        ));
    }
    let reference = Reference::read(text).map_err(|error| format!("`{text}` is not pinned: {error}"))?;
    if let Some(digest) = &reference.digest {
        return match known.moved(&reference) {
            Some(to) if *to != reference => moved(subject, naming, (&reference, digest), to, known),
            _ => Ok(None),
        };
    }
    let resolved = match known.answer(&reference.by_tag()) {
        Some(Ok(resolved)) => resolved,
        Some(Err(error)) => return Err(format!("`{text}` is not pinned: {error}")),
        None => return Err(format!("`{text}` is not pinned: it was not asked what it stands for")),
    };
    if let Some(reason) = known.lacks(&reference, naming.platform.as_deref()) {
        return Err(format!("`{text}` is not pinned: {reason}"));
    }
    let added = if reference.tag.is_some() { String::new() } else { format!(":{LATEST}") };
    let added = format!("{added}@{}", resolved.digest);
    let short = resolved.digest.short();
    match &naming.says {
        Says::Written(_) => {
            let edit = Edit::insert(naming.span.end, added);
            Ok(Some(safe(format!("pin `{text}` to {short}"), vec![edit])))
        }
        Says::Default { argument, span, read_elsewhere: false, .. } => {
            let edit = Edit::insert(span.end, added);
            Ok(Some(safe(format!("pin the default of `{argument}`, `{text}`, to {short}"), vec![edit])))
        }
        Says::Default { argument, .. } => {
            Err(format!("`{text}` is not pinned: something else reads `{argument}`, and would get the digest with it"))
        }
        Says::Composed { arguments, .. } if subject.options.get(TRANSFORM.id, "arguments") == Some("add-argument") => {
            with_argument(subject, naming, arguments, &resolved.digest, &reference).map(Some)
        }
        Says::Composed { arguments, .. } => Err(format!(
            "`{text}` is not pinned: {} may be set to another value, for which the digest would not hold; \
             `arguments: add-argument` pins it by one more ARG",
            listed(arguments)
        )),
        Says::Unknown(_) => Ok(None),
    }
}

fn listed(arguments: &[String]) -> String {
    arguments.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

fn safe(title: String, edits: Vec<Edit>) -> Fix {
    Fix {
        title,
        reason:
            "a tag moves, a digest is one image for ever; it is that of the index, so each platform gets its own image"
                .to_owned(),
        edits,
        safety: Safety::Safe,
        claim: Claim::ImageReference,
        alternatives: Vec::new(),
    }
}

/// One more ARG for the digest, behind the last of those that the word holds.
fn with_argument(
    subject: &Subject<'_, '_, '_>,
    naming: &Naming,
    arguments: &[String],
    digest: &Digest,
    reference: &Reference,
) -> Result<Fix, String> {
    let model = subject.model;
    let source = model.file.source;
    if reference.tag.is_none() {
        return Err(format!("`{reference}` is not pinned: it has no tag, and an argument may bring one"));
    }
    let first = model.stages.first().map_or(0, |stage| stage.range.start);
    let declares = |index: &usize| {
        let instruction = model.instructions[*index];
        let text = instruction.joined.text();
        instruction.body.operands(text).iter().any(|(_, word)| {
            let name = word.split('=').next().unwrap_or_default();
            instruction.body.keyword == Keyword::Arg && arguments.iter().any(|argument| argument == name)
        })
    };
    let Some(last) = (0..first).rev().find(declares) else {
        return Err(format!("`{reference}` is not pinned: its arguments have no ARG above the first FROM"));
    };
    let instruction = model.instructions[last];
    let line = instruction.span.slice(source);
    if !line.ends_with(b"\n") {
        return Err(format!("`{reference}` is not pinned: its ARG has no line end"));
    }
    let name = argument_name(reference, source);
    let indent: String =
        line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).map(|byte| char::from(*byte)).collect();
    let end = if line.ends_with(b"\r\n") { "\r\n" } else { "\n" };
    let keyword = lossy(instruction.body.keyword_range.slice(instruction.joined.text()));
    Ok(Fix {
        title: format!("pin `{reference}` to {} by the argument `{name}`", digest.short()),
        reason: format!(
            "a tag moves, a digest is one image for ever; unsafe because who builds with another {} must set `{name}` too, \
             or empty, since the digest wins over the tag",
            listed(arguments)
        ),
        edits: vec![
            Edit::insert(instruction.span.end, format!("{indent}{keyword} {name}=@{digest}{end}")),
            Edit::insert(naming.span.end, format!("${{{name}}}")),
        ],
        safety: Safety::Unsafe,
        claim: Claim::ImageReference,
        alternatives: Vec::new(),
    })
}

/// A name that the file does not hold yet, after the image.
fn argument_name(reference: &Reference, source: &[u8]) -> String {
    let last = base_name(&reference.repository.path);
    let image: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let image = if image.starts_with(|c: char| c.is_ascii_digit()) { format!("IMAGE_{image}") } else { image };
    let name = format!("{image}_DIGEST");
    let is_free = |name: &str| memchr::memmem::find(source, name.as_bytes()).is_none();
    if is_free(&name) {
        return name;
    }
    // Not as many names as the file has bytes can be in it.
    (2..=source.len()).map(|number| format!("{name}_{number}")).find(|name| is_free(name)).unwrap_or(name)
}

/// Another digest, and where it was asked for another tag.
fn moved(
    subject: &Subject<'_, '_, '_>,
    naming: &Naming,
    (reference, digest): (&Reference, &Digest),
    to: &Reference,
    known: &Images,
) -> Result<Option<Fix>, String> {
    let Some(next) = &to.digest else { return Ok(None) };
    let tag = to.tag_or_latest();
    if let Some(reason) = known.lacks(to, naming.platform.as_deref()) {
        return Err(format!("`{reference}` is not moved to `{}`: {reason}", to.by_tag()));
    }
    let edits = match (&naming.says, naming.text()) {
        (_, Some((span, text))) => {
            let parts = image::read(text.as_bytes());
            let Some(old_tag) = parts.tag else { return Ok(None) };
            vec![Edit::replace(Span::new(span.start + old_tag.start, span.end), format!("{tag}@{next}"))]
        }
        (Says::Composed { .. }, None) if reference.tag.as_deref() == Some(tag) => {
            let span = value_of_argument(subject, digest).ok_or_else(|| {
                format!("`{reference}` is not moved: its digest is not the whole default of one argument")
            })?;
            vec![Edit::replace(span, next.as_str())]
        }
        _ => return Err(format!("`{reference}` is not moved to `{}`: its tag stands in an argument", to.by_tag())),
    };
    let by_tag = reference.by_tag();
    let title = if reference.tag.as_deref() == Some(tag) {
        format!("move `{by_tag}` from {} to {}", digest.short(), next.short())
    } else {
        format!("move `{by_tag}` to `{}`, {}", to.by_tag(), next.short())
    };
    Ok(Some(Fix {
        title,
        reason: "it is what the registry has today; unsafe because it is another image".to_owned(),
        edits,
        safety: Safety::Unsafe,
        claim: Claim::ImageReference,
        alternatives: Vec::new(),
    }))
}

/// Where the digest stands in `ARG NAME=@DIGEST`.
fn value_of_argument(subject: &Subject<'_, '_, '_>, digest: &Digest) -> Option<Span> {
    let wanted = format!("=@{digest}");
    let mut found = subject.model.instructions.iter().filter_map(|instruction| {
        let Args::Words(words) = &instruction.body.args else { return None };
        let text = instruction.joined.text();
        let word = words.iter().find(|word| word.slice(text).ends_with(wanted.as_bytes()))?;
        let range = TextRange::new(word.end + 2 - wanted.len(), word.end);
        (instruction.body.keyword == Keyword::Arg && instruction.joined.is_contiguous(range))
            .then(|| instruction.joined.span(range))
    });
    let span = found.next()?;
    found.next().is_none().then_some(span)
}
