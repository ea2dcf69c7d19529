//! GNU wget prints few lines of progress.

use crate::edit::{Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::Family;
use crate::knowledge::bases::{Distribution, Wget};
use crate::knowledge::options::Addition;
use crate::model::Model;
use crate::rewrite::{self, Lacking, Verdict};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "wget-quiet-progress",
    summary: "let GNU wget print a line for each 32 MB instead of a progress bar",
    offers: Offers::Safe,
    codes: &["DL3047"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
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
                format!("its progress fills the build's log with thousands of lines; {by}, which knows the option"),
            ),
            Err(reason) => Verdict::Leave(format!("`wget` prints its progress in full: {reason}")),
        }
    });
}

/// What makes sure that wget is GNU wget.
fn gnu_by(model: &Model<'_, '_>, command: &Lacking<'_, '_>) -> Result<&'static str, &'static str> {
    let text = model.text_up_to(command.index);
    let replaced = ["bin/wget", "wget()", "wget ()", "alias", "function wget", "wget2"];
    if replaced.iter().any(|part| text.replace("/usr/bin/wget http", "").contains(part)) {
        return Err("another program may have taken the place of wget");
    }
    let base = model.base_image(command.index);
    if base.is_some_and(|base| base.wget == Wget::Gnu) {
        return Ok("the base image brings GNU wget");
    }
    match model.installed_before(command.index, command.simple.range, "wget") {
        Some(Family::Debian) => Ok("apt installs GNU wget before"),
        Some(Family::Alpine) => Ok("apk installs GNU wget before"),
        Some(Family::RedHat) => {
            let fedora = model.image_below(command.index).is_some_and(|image| image.contains("fedora"));
            if fedora {
                Err("the wget of Fedora is Wget2, which does not know `--progress=dot`")
            } else if base.is_some_and(|base| base.distribution == Distribution::RedHat) {
                Ok("the distribution's wget is GNU wget")
            } else {
                Err("the base image may be Fedora, whose wget does not know `--progress=dot`")
            }
        }
        _ if base.is_some_and(|base| base.wget == Wget::Busybox) => {
            Err("it may be busybox's, which does not know `--progress`")
        }
        _ => Err("it is not known whether it is GNU wget: neither the base image nor an install before says so"),
    }
}
