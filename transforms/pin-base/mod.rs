//! FROM an image without a tag, or with `latest`.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::model::{Base, Stage};
use crate::syntax::{image, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "pin-base",
    summary: "find base images without a version",
    offers: Offers::Findings,
    codes: &["DL3006", "DL3007"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for stage in &model.stages {
        if !matches!(stage.base, Base::Image(_) | Base::Unknown(_)) {
            continue;
        }
        let instruction = model.instructions[stage.range.start];
        let text = instruction.joined.text();
        let Some((range, written)) = instruction.body.operands(text).into_iter().next() else { continue };
        let reference = image::read(written.as_bytes());
        let place = instruction.joined.span(range);
        let part = |part: crate::syntax::TextRange| lossy(part.slice(written.as_bytes())).into_owned();
        if reference.digest.is_some() {
            continue;
        }
        match reference.tag.map(part) {
            Some(tag) if tag == "latest" => proposals.leave(
                place,
                format!(
                    "`{written}` names no version: `latest` is another image after each release, and the build changes \
                     with it; name the version that you use"
                ),
            ),
            Some(_) => {}
            // A variable in the last component may hold the tag too: `node$TAG`, `$IMAGE`, `${BASE}-slim`.
            None if reference.variables.iter().any(|variable| !written[variable.end..].contains('/')) => {}
            None if is_stage_in_capitals(&written, &model.stages[..stage.index]) => {}
            None => proposals.leave(
                place,
                format!(
                    "`{written}` has no tag, which means `latest`: the build changes with each release; name the \
                     version that you use"
                ),
            ),
        }
    }
}

/// `FROM BASE` below `AS base`: not found as a stage but for its capitals, it is no image either.
fn is_stage_in_capitals(written: &str, earlier: &[Stage]) -> bool {
    let lower = written.to_lowercase();
    lower != written && earlier.iter().any(|stage| stage.name.as_deref() == Some(&lower))
}
