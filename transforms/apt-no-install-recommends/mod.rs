//! apt-get installs the packages that it is asked for, and not the ones that they recommend.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::edit::{Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::options::{Addition, recommends};
use crate::knowledge::{self, Family, Verb, managers};
use crate::model::{Mention, Model};
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
    let installed = OnceCell::new();
    let configured = Mention::new(&recommends::configures);
    rewrite::add_options(model, proposals, Addition::NoRecommends, |command| {
        let decides = |word: &str| word.contains("install-recommends");
        if configured.is_up_to(model, command.index) || command.variable_holds(model.text_up_to(command.index), decides)
        {
            return Verdict::Silent;
        }
        let installed = || installed.get_or_init(|| Installed::of(model));
        let nodesource = || model.said_up_to(command.index, "nodesource");
        Verdict::Add(Safety::Unsafe, reason(model, command, installed, nodesource))
    });
}

/// Why, with the packages that are known to lose something; `nodesource` says whether that is a source of packages.
fn reason<'i>(
    model: &Model<'_, '_>,
    command: &Lacking<'_, '_>,
    installed: impl Fn() -> &'i Installed,
    nodesource: impl Fn() -> bool,
) -> String {
    let words = command.simple.literals();
    let mut lost: Vec<String> = Vec::new();
    for word in words[command.at + 1..].iter().flatten() {
        // NodeSource's package of that name needs what Debian's recommends.
        if managers::package_name(word) == "nodejs" && nodesource() {
            continue;
        }
        let losses = recommends::losses(word).iter().copied();
        let losses: Vec<&str> = losses.filter(|loss| !installed().is_there(model, loss, command.index)).collect();
        if !losses.is_empty() {
            lost.push(format!("`{}` comes without {}", managers::package_name(word), losses.join(", ")));
        }
    }
    let why = "packages that nobody asked for make the image larger";
    let may = "unsafe because something may count on them";
    if lost.is_empty() { format!("{why}; {may}") } else { format!("{why}; {may}: {}", lost.join("; ")) }
}

/// The RUNs that install each package by name.
struct Installed(HashMap<String, Vec<usize>>);

impl Installed {
    fn of(model: &Model<'_, '_>) -> Self {
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        for at in 0..model.instructions.len() {
            let Some(script) = model.script(at) else { continue };
            for simple in script.simple_commands() {
                let words = simple.literals();
                let Some(invocation) = knowledge::invocation(&words) else { continue };
                if invocation.manager.family != Family::Debian || invocation.verb != Verb::Install {
                    continue;
                }
                for name in invocation.operands.iter().filter_map(|at| words[*at]).map(managers::package_name) {
                    let places = found.entry(name.to_owned()).or_default();
                    if places.last() != Some(&at) {
                        places.push(at);
                    }
                }
            }
        }
        Self(found)
    }

    /// Whether a package is there after RUN `index`: asked for, a dependency for sure of one that is, or known to be
    /// in the base image.
    fn is_there(&self, model: &Model<'_, '_>, package: &str, index: usize) -> bool {
        let mut wanted = vec![package];
        let mut at = 0;
        while let Some(package) = wanted.get(at).copied() {
            let in_base =
                package == "ca-certificates" && model.base_image(index).is_some_and(|image| image.certificates);
            let places = self.0.get(package).into_iter().flatten();
            if in_base || places.copied().any(|place| model.is_before(place, index) || place == index) {
                return true;
            }
            let new: Vec<&str> = recommends::bring(package).filter(|other| !wanted.contains(other)).collect();
            wanted.extend(new);
            at += 1;
        }
        false
    }
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
        let installed = Installed::of(&model);
        reason(&model, &command, || &installed, || source.contains("nodesource"))
            .split_once("count on them: ")
            .map(|(_, lost)| lost.to_owned())
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
