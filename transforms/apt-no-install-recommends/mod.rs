//! apt-get installs the packages that it is asked for, and not the ones that they recommend.

use crate::edit::{Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::options::{Addition, recommends};
use crate::knowledge::{self, Family, Verb, managers};
use crate::model::Model;
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
        Verdict::Add(Safety::Unsafe, reason(model, command))
    });
}

/// Why, with the packages that are known to lose something.
fn reason(model: &Model<'_, '_>, command: &Lacking<'_, '_>) -> String {
    let there = asked_for(model, command.index);
    let words = command.simple.literals();
    let mut lost: Vec<String> = Vec::new();
    for word in words[command.at + 1..].iter().flatten() {
        let losses: Vec<&str> =
            recommends::losses(word).iter().copied().filter(|loss| !there.iter().any(|other| other == loss)).collect();
        if !losses.is_empty() {
            lost.push(format!("`{}` comes without {}", managers::package_name(word), losses.join(", ")));
        }
    }
    let why = "packages that nobody asked for make the image larger";
    let may = "unsafe because something may count on them";
    if lost.is_empty() { format!("{why}; {may}") } else { format!("{why}; {may}: {}", lost.join("; ")) }
}

/// The packages that are installed by name up to this RUN, with those that they depend on for sure.
fn asked_for(model: &Model<'_, '_>, index: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for script in model.up_to(index).into_iter().filter_map(|at| model.script(at)) {
        for simple in script.simple_commands() {
            let words = simple.literals();
            let Some(invocation) = knowledge::invocation(&words) else { continue };
            if invocation.manager.family == Family::Debian && invocation.verb == Verb::Install {
                let names = invocation.operands.iter().filter_map(|at| words[*at]).map(managers::package_name);
                found.extend(names.map(str::to_owned));
            }
        }
    }
    for (package, needs) in
        [("build-essential", &["gcc", "g++", "make", "libc6-dev"][..]), ("g++", &["gcc", "libc6-dev"])]
    {
        if found.iter().any(|other| other == package) {
            found.extend(needs.iter().map(|name| (*name).to_owned()));
        }
    }
    found
}
