//! `FROM --platform` with a fixed or a needless platform.

use crate::edit::{Offers, Proposals, Subject, Transform};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "platform-in-from",
    summary: "find FROM with a fixed or needless platform",
    offers: Offers::Findings,
    codes: &["FromPlatformFlagConstDisallowed", "RedundantTargetPlatform", "DL3029"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["platform"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for stage in &model.stages {
        let instruction = model.instructions[stage.range.start];
        let Some(flag) = instruction.body.flags.iter().find(|flag| flag.name() == "platform") else { continue };
        let Some(platform) = flag.value().filter(|value| !value.is_empty()) else { continue };
        let place = instruction.joined.span(flag.range);
        if matches!(platform, "$TARGETPLATFORM" | "${TARGETPLATFORM}") {
            proposals.leave(place, format!("`--platform={platform}` asks for what FROM takes anyway; leave it out"));
        } else if !platform.contains('$') && !says_so(stage.name.as_deref(), platform) {
            proposals.leave(
                place,
                format!(
                    "`{platform}` is fixed, whatever the build asks for: the image can't be built for another platform; \
                     leave it out, or call the stage after the platform if it is meant"
                ),
            );
        }
    }
}

/// Whether the stage is named after the system or the architecture, as BuildKit lets pass.
fn says_so(stage: Option<&str>, platform: &str) -> bool {
    let Some(stage) = stage else { return false };
    let mut parts = platform.split('/').filter(|part| !part.is_empty()).take(2);
    parts.any(|part| {
        let part = part.to_ascii_lowercase();
        let usual = match part.as_str() {
            "x86_64" | "x86-64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        stage.contains(usual)
    })
}
