//! ADD of local files and folders becomes COPY.

use crate::context::LazyContext;
use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::{Added, copy};
use crate::prove::Claim;
use crate::syntax::{Args, Keyword};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "add-to-copy",
    summary: "COPY instead of ADD for local files and folders",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3020"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["add"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    for index in 0..subject.model.instructions.len() {
        look_at(subject, index, proposals);
    }
}

fn look_at(subject: &Subject<'_, '_, '_>, index: usize, proposals: &mut Proposals) {
    let instruction = subject.model.instructions[index];
    let (body, context) = match &instruction.body.args {
        // A trigger runs in the build context of another image.
        Args::Onbuild(inner) => (&**inner, LazyContext::NONE),
        _ => (&instruction.body, subject.context),
    };
    if body.keyword != Keyword::Add || !instruction.joined.is_contiguous(body.keyword_range) {
        return;
    }
    let text = instruction.joined.text();
    let Some(paths) = copy::paths(body, text) else { return };
    let Some((_, sources)) = paths.split_last().filter(|(_, sources)| !sources.is_empty()) else { return };
    let is_heredoc =
        |source: &String| instruction.heredocs.iter().any(|doc| doc.marker.slice(text) == source.as_bytes());
    let kinds: Vec<(&String, Added)> = sources
        .iter()
        .filter(|source| !is_heredoc(source))
        .map(|source| (source, Added::of(source, context)))
        .collect();
    let is_adds_own = |kind: &Added| matches!(kind, Added::Unpacked | Added::Fetched);
    if !kinds.is_empty() && kinds.iter().all(|(_, kind)| is_adds_own(kind)) {
        return;
    }
    let leave = |proposals: &mut Proposals, why: String| {
        proposals.leave(instruction.span, format!("COPY would do for local files: {why}"));
    };
    if let Some(flag) = body.flags.iter().find(|flag| matches!(flag.name(), "checksum" | "keep-git-dir" | "unpack")) {
        return leave(proposals, format!("it has no `--{}`", flag.name()));
    }
    let mut by_name = None;
    for (source, kind) in &kinds {
        match kind {
            Added::Copied => {}
            Added::CopiedByName => by_name = by_name.or(Some(source)),
            Added::Unpacked => return leave(proposals, format!("but `{source}` is an archive, which ADD unpacks")),
            Added::Fetched => return leave(proposals, format!("but `{source}` is fetched, which only ADD does")),
            Added::Unclear(why) => return leave(proposals, format!("but `{source}` {why}")),
        }
    }
    let keyword = body.keyword_range.slice(text);
    let copy = if keyword.iter().all(u8::is_ascii_lowercase) {
        "copy"
    } else if keyword[1..].iter().all(u8::is_ascii_lowercase) {
        "Copy"
    } else {
        "COPY"
    };
    let gain = "COPY says that nothing is unpacked or fetched";
    proposals.fixes.push(Fix {
        title: "copy local files with COPY".to_owned(),
        reason: match by_name {
            None => format!("{gain}, and nothing here is: each source is a folder or a file that is no archive"),
            Some(source) => {
                format!("{gain}; unsafe because only the name of `{source}` says that it is no archive")
            }
        },
        edits: vec![Edit::replace(instruction.joined.span(body.keyword_range), copy)],
        safety: if by_name.is_some() { Safety::Unsafe } else { Safety::Safe },
        claim: Claim::AddIsCopy,
        alternatives: Vec::new(),
    });
}
