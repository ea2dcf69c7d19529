//! apt-get installs the packages that it is asked for, and not the ones that they recommend.

use crate::edit::{Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::managers;
use crate::knowledge::options::{Addition, recommends};
use crate::rewrite::{self, Lacking, Verdict};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "apt-no-install-recommends",
    summary: "install only the packages that apt-get is asked for, not the recommended ones",
    offers: Offers::Unsafe,
    codes: &["DL3015"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    rewrite::add_options(model, proposals, Addition::NoRecommends, |command| {
        if recommends::configures(&model.text_up_to(command.index)) {
            return Verdict::Silent;
        }
        Verdict::Add(Safety::Unsafe, reason(command))
    });
}

/// Why, with the packages that are known to lose something.
fn reason(command: &Lacking<'_, '_>) -> String {
    let words = command.simple.literals();
    let mut lost: Vec<String> = Vec::new();
    for word in words[command.at + 1..].iter().flatten() {
        let losses = recommends::losses(word);
        if !losses.is_empty() {
            lost.push(format!("`{}` comes without {}", managers::package_name(word), losses.join(", ")));
        }
    }
    let why = "packages that nobody asked for make the image larger";
    let may = "unsafe because something may count on them";
    if lost.is_empty() { format!("{why}; {may}") } else { format!("{why}; {may}: {}", lost.join("; ")) }
}
