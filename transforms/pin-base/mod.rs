//! FROM an image without a tag, or with `latest`.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::model::Base;
use crate::syntax::image;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "pin-base",
    summary: "find base images without a version",
    offers: Offers::Findings,
    codes: &["DL3006", "DL3007"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
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
        let part =
            |part: crate::syntax::TextRange| String::from_utf8_lossy(part.slice(written.as_bytes())).into_owned();
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
            // A variable at the end may hold the tag too: `node$TAG`, `$IMAGE`.
            None if reference.variables.iter().any(|variable| variable.end == written.len()) => {}
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
