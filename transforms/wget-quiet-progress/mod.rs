//! GNU wget prints few lines of progress.

use crate::edit::{Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::bases::{Distribution, Wget};
use crate::knowledge::options::Addition;
use crate::knowledge::{Family, base_name};
use crate::model::{Model, copy};
use crate::rewrite::{self, Lacking, Verdict};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "wget-quiet-progress",
    summary: "let GNU wget print a line for each 32 MB instead of a progress bar",
    offers: Offers::Safe,
    codes: &["DL3047"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["wget"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    rewrite::add_options(model, proposals, Addition::DotProgress, |command| {
        if command.place.messages_taken {
            return Verdict::Silent;
        }
        match gnu_by(model, command) {
            Ok(by) => Verdict::Add(
                Safety::Safe,
                format!("its progress may fill the build's log with thousands of lines; {by}, which can print fewer"),
            ),
            Err(reason) => Verdict::Leave(format!("`wget` prints its progress in full: {reason}")),
        }
    });
}

/// What makes sure that wget is GNU wget.
fn gnu_by(model: &Model<'_, '_>, command: &Lacking<'_, '_>) -> Result<&'static str, &'static str> {
    let replaced = ["bin/wget", "wget()", "wget ()", "alias wget", "function wget", "wget2"];
    if replaced.iter().any(|part| model.said_up_to(command.index, part)) {
        return Err("another program may have taken the place of wget");
    }
    let copied = model.earlier(command.index).any(|at| {
        let instruction = model.instructions[at];
        matches!(model.keyword(at), Keyword::Copy | Keyword::Add)
            && copy::paths(&instruction.body, instruction.joined.text())
                .is_some_and(|paths| paths.iter().any(|path| base_name(path) == "wget"))
    });
    if copied {
        return Err("a wget of its own is copied into the image");
    }
    let base = model.base_image(command.index);
    let fedora = model.image_below(command.index).is_some_and(|image| image.contains("fedora"));
    if let Some(base) = base {
        match base.distribution {
            _ if base.wget == Wget::Gnu => return Ok("the base image brings GNU wget"),
            _ if model.said_up_to(command.index, "busybox") => {}
            Distribution::Debian => return Ok("the wget of Debian and Ubuntu is GNU wget"),
            Distribution::RedHat if !fedora => return Ok("the wget of this distribution is GNU wget"),
            _ => {}
        }
    }
    match model.installed_before(command.index, command.simple.range, "wget") {
        Some(Family::Debian) => Ok("apt installs GNU wget before"),
        Some(Family::Alpine) => Ok("apk installs GNU wget before"),
        Some(_) if fedora => Err("the wget of Fedora is Wget2 since release 40, which may refuse `--progress=dot`"),
        Some(_) => Err("the base image may be Fedora, whose wget does not know `--progress=dot`"),
        None if base.is_some_and(|base| base.wget == Wget::Busybox) => {
            Err("it may be busybox's, which does not know `--progress`")
        }
        None => Err("it is not known to be GNU wget: neither the base image nor an install before says so"),
    }
}
