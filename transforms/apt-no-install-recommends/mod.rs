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
    asks_registries: false,
    words: &["apt"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    rewrite::add_options(model, proposals, Addition::NoRecommends, |command| {
        let text = model.text_up_to(command.index);
        let decides = |word: &str| word.contains("install-recommends");
        if recommends::configures(text) || command.variable_holds(text, decides) {
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
    // NodeSource's package of that name needs what Debian's recommends.
    let nodesource = model.text_up_to(command.index).contains("nodesource");
    for word in words[command.at + 1..].iter().flatten() {
        if nodesource && managers::package_name(word) == "nodejs" {
            continue;
        }
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

/// The packages that are installed by name up to this RUN, with those that they depend on for sure, and what the
/// base image is known to bring.
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
    if model.base_image(index).is_some_and(|image| image.certificates) {
        found.push("ca-certificates".to_owned());
    }
    let mut at = 0;
    while let Some(package) = found.get(at) {
        let needs = recommends::comes_with(package).iter().map(|name| (*name).to_owned());
        let new: Vec<String> = needs.filter(|name| !found.contains(name)).collect();
        found.extend(new);
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    /// What the reason names as lost by the last `apt-get install` of a file.
    fn lost(source: &str) -> Option<String> {
        let file = syntax::parse(source.as_bytes()).expect("a Dockerfile");
        let model = Model::of(&file);
        let command = *rewrite::lacking(&model, Addition::NoRecommends).last().expect("an install");
        reason(&model, &command).split_once("count on them: ").map(|(_, lost)| lost.to_owned())
    }

    #[test]
    fn what_is_there_is_not_lost() {
        for source in [
            "FROM debian:12\nRUN apt-get install -y ca-certificates curl\n",
            "FROM debian:12\nRUN apt-get install -y curl default-jre\n",
            "FROM debian:12\nRUN apt-get install -y rustc cargo gcc\n",
            "FROM debian:12\nRUN curl https://deb.nodesource.com/setup_20.x | bash - && apt-get install -y nodejs\n",
            "FROM python:3.12\nRUN apt-get install -y curl\n",
            "FROM php:8.2\nRUN apt-get install -y wget\n",
        ] {
            assert_eq!(lost(source), None, "{source}");
        }
        for (source, expected) in [
            (
                "FROM debian:12\nRUN apt-get install -y python3-pip curl\n",
                "`python3-pip` comes without build-essential, python3-dev",
            ),
            ("FROM debian:12\nRUN apt-get install -y r-base\n", "`r-base` comes without r-base-dev"),
            (
                "FROM debian:12-slim\nRUN apt-get install -y curl nodejs\n",
                "`curl` comes without ca-certificates; `nodejs` comes without ca-certificates",
            ),
        ] {
            assert_eq!(lost(source).as_deref(), Some(expected), "{source}");
        }
    }
}
