//! `npm install` became `npm ci`.

use crate::context::Context;
use crate::knowledge::ecosystems::npm_ci::{self, Candidate};
use crate::model::copy::join;
use crate::model::{Brought, Model, Workdir};
use crate::shell::Body;
use crate::syntax::Keyword;

use super::super::commands::Changed;
use super::super::trace::Part;
use super::super::{Demand, Facts, Refusal, Version};
use super::{place_of_word, plain, programs_are_themselves};

/// Checks one changed command, whose words before are `words`.
pub fn check(
    before: &Version<'_, '_>,
    command: &Changed<'_, '_>,
    words: &[Option<&str>],
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    if demand == Demand::SameImage {
        return Err(Refusal::new("`npm ci` may install other versions than `npm install`"));
    }
    let model = &before.model;
    let verb = match npm_ci::candidate(words) {
        Candidate::Yes(verb) => verb,
        Candidate::No(reason) => return Err(Refusal::new(reason)),
        Candidate::OtherThing => {
            return Err(Refusal::new("a command of npm changed that is no install of the project"));
        }
    };
    let mut expected = command.before.clone();
    let Some(place) = place_of_word(&expected, verb) else { return Err(Refusal::new("the verb is gone")) };
    expected[place] = plain("ci");
    if expected != command.after {
        return Err(Refusal::new("more than the verb changed"));
    }
    let assigns = |part: &Part| matches!(part, Part::Assignment(text) if npm_ci::variable_steers(name_of(text)));
    if command.before.iter().any(assigns) {
        return Err(Refusal::new("a variable changes where or how npm installs"));
    }
    programs_are_themselves(command)?;
    runs_in_the_folder_in_force(command)?;
    if !command.script.failure_is_final(command.simple, &model.states[command.index].shell) {
        return Err(Refusal::new("a failure of the install is handled"));
    }
    let context = facts.context.ok_or_else(|| Refusal::new("the build context is not known"))?;
    locked(model, command.index, context)?;
    folder_is_as_copied(model, command)
}

fn name_of(assignment: &str) -> &str {
    assignment.split('=').next().unwrap_or_default()
}

/// Nothing in the RUN may go to another folder, or touch what npm reads before it does.
fn runs_in_the_folder_in_force(command: &Changed<'_, '_>) -> Result<(), Refusal> {
    let earlier =
        command.script.simple_commands().into_iter().filter(|simple| simple.range.start < command.simple.range.start);
    for simple in earlier {
        let words = simple.literals();
        let harmless = match words.as_slice() {
            [Some("npm"), ..] => npm_ci::leaves_project_alone(&words),
            [] | [Some("set" | "echo"), ..] => true,
            [Some(name), ..] => {
                !crate::knowledge::commands::changes_shell(name) && !matches!(*name, "sudo" | "sh" | "bash")
            }
            [None, ..] => false,
        };
        let names_it = simple.words.iter().any(|word| touches(command.script.str(word.range)));
        if !harmless || names_it {
            return Err(Refusal::new("a command before the install may change its folder or what it reads"));
        }
    }
    Ok(())
}

fn touches(text: &str) -> bool {
    ["package-lock", "npm-shrinkwrap", "package.json", "node_modules", "package*"]
        .iter()
        .any(|name| text.contains(name))
}

/// The lock file must be copied into the folder, be in step with the manifest, and be one that this npm reads.
fn locked(model: &Model<'_, '_>, index: usize, context: &Context) -> Result<(), Refusal> {
    let node = model.base_name(index).and_then(npm_ci::node_of);
    let node = node.ok_or_else(|| Refusal::new("the npm of the base image is not known"))?;
    if !node.has_ci() {
        return Err(Refusal::new("the npm of the base image has no `ci`"));
    }
    if model.states[index].workdir == Workdir::Unknown {
        return Err(Refusal::new("the working directory is not known"));
    }
    let folder = model.states[index].workdir.path();
    let text = |name: &str| -> Result<Option<String>, Refusal> {
        match model.brought_from(index, &join(folder, name), context) {
            Brought::Nowhere => Ok(None),
            Brought::Unclear(at) => {
                Err(Refusal::new(format!("line {} may bring `{name}`", model.instructions[at].first_line)))
            }
            Brought::From(source) => {
                let bytes = context.read(&source).and_then(|bytes| String::from_utf8(bytes).ok());
                bytes.map(Some).ok_or_else(|| Refusal::new(format!("`{source}` can't be read")))
            }
        }
    };
    let manifest = text("package.json")?.ok_or_else(|| Refusal::new("`package.json` is not copied"))?;
    let lock = match text("npm-shrinkwrap.json")? {
        Some(lock) => lock,
        None => text("package-lock.json")?.ok_or_else(|| Refusal::new("no lock file is copied"))?,
    };
    if text(".npmrc")?.is_some_and(|settings| {
        settings.lines().any(|line| npm_ci::variable_steers(&format!("npm_config_{}", name_of(line).trim())))
    }) {
        return Err(Refusal::new("`.npmrc` changes where or how npm installs"));
    }
    npm_ci::in_step(&manifest, &lock, node).map_err(Refusal::new)
}

/// Nothing done before may have changed the manifest or the lock file, or have put packages there, which
/// `npm ci` would take away.
fn folder_is_as_copied(model: &Model<'_, '_>, command: &Changed<'_, '_>) -> Result<(), Refusal> {
    let index = command.index;
    if let Some(name) = model.env_names(index).into_iter().find(|name| npm_ci::variable_steers(name)) {
        return Err(Refusal::new(format!("`{name}` changes where or how npm installs")));
    }
    let own_mounts = model.flags(index).into_iter().filter(|flag| flag.starts_with("--mount"));
    for mount in own_mounts {
        let passive = ["type=cache", "type=secret", "type=ssh"].iter().any(|kind| mount.contains(kind));
        if !passive || mount.contains("node_modules") {
            return Err(Refusal::new("a mount may hold the manifest or the installed packages"));
        }
    }
    for at in model.earlier(index) {
        let instruction = model.instructions[at];
        let line = instruction.first_line;
        let text = String::from_utf8_lossy(instruction.joined.text()).into_owned();
        let refuse = || Err(Refusal::new(format!("line {line} may change what npm finds in its folder")));
        match model.keyword(at) {
            Keyword::Copy | Keyword::Add | Keyword::Volume if text.contains("node_modules") => return refuse(),
            Keyword::Run if touches(&text) => return refuse(),
            Keyword::Run => match model.body(at) {
                Some(Body::Script(script)) => {
                    let meddles = script.simple_commands().into_iter().any(|simple| {
                        let words = simple.literals();
                        let words = &words[crate::knowledge::managers::wrapper_len(&words)..];
                        words.first() == Some(&Some("npm")) && !npm_ci::leaves_project_alone(words)
                    });
                    if meddles {
                        return refuse();
                    }
                }
                _ if text.contains("npm") => return refuse(),
                _ => {}
            },
            _ => {}
        }
    }
    Ok(())
}
