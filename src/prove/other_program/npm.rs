//! `npm install` became `npm ci`.

use crate::context::Context;
use crate::knowledge::ecosystems::before_npm;
use crate::knowledge::ecosystems::npm_ci::{self, Candidate};
use crate::model::copy::{below, join};
use crate::model::{Brought, Copy, Model, Workdir};
use crate::shell::{Body, Script, Simple};
use crate::syntax::{Keyword, lossy};

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
    let folder = model.states[command.index].workdir.path();
    runs_in_the_folder_in_force(command, folder)?;
    if !command.script.failure_is_final(command.simple, &model.states[command.index].shell) {
        return Err(Refusal::new("a failure of the install is handled"));
    }
    let context = facts.context.get().ok_or_else(|| Refusal::new("the build context is not known"))?;
    locked(model, command.index, context)?;
    npm_is_the_images(model, command.index)?;
    folder_is_as_copied(model, command, context)
}

fn name_of(assignment: &str) -> &str {
    assignment.split('=').next().unwrap_or_default()
}

/// Nothing in the RUN may go to another folder, or touch what npm reads before it does.
fn runs_in_the_folder_in_force(command: &Changed<'_, '_>, folder: &str) -> Result<(), Refusal> {
    let earlier =
        command.script.simple_commands().into_iter().filter(|simple| simple.range.start < command.simple.range.start);
    for simple in earlier {
        let words = simple.literals();
        let stays = match words.first() {
            None | Some(Some("set")) => true,
            Some(Some(name)) => !crate::knowledge::commands::changes_shell(name) && *name != "sudo",
            Some(None) => false,
        };
        if !stays || !keeps_files(command.script, simple, folder) {
            return Err(Refusal::new("a command before the install may change its folder or what it reads"));
        }
    }
    Ok(())
}

/// Whether a command surely writes nothing that npm reads in `folder`: neither by itself, nor by what it runs for
/// a word, nor by a redirection.
fn keeps_files(script: &Script<'_>, simple: &Simple, folder: &str) -> bool {
    if !before_npm::leaves_files_alone(&script.words_and_patterns(simple), folder) {
        return false;
    }
    let raw = script.str(simple.range);
    if touches(raw) || raw.contains("$(") || raw.contains('`') {
        return false;
    }
    let steered = || {
        let names = raw.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
        names.into_iter().any(|name| npm_ci::variable_steers(&format!("npm_config_{name}")))
    };
    simple.redirects.iter().filter(|redirect| redirect.writes).all(|redirect| match redirect.target.as_deref() {
        // Where packages come from, and the key to it.
        Some(".npmrc") => !steered(),
        Some(target) => before_npm::lies_outside(target, folder),
        None => false,
    })
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

/// What the image's name tells of its npm must hold when the install runs.
fn npm_is_the_images(model: &Model<'_, '_>, index: usize) -> Result<(), Refusal> {
    for at in model.up_to(index) {
        let text = lossy(model.instructions[at].joined.text());
        let named = match model.keyword(at) {
            Keyword::Copy | Keyword::Add => ["bin/node", "bin/npm"].iter().any(|program| text.contains(program)),
            Keyword::Run => ["nodejs.org/dist", "nvm"].iter().any(|source| text.contains(source)),
            _ => false,
        };
        let runs = |script: &Script<'_>| {
            script.simple_commands().iter().any(|simple| before_npm::replaces_npm(&simple.literals()))
        };
        if named || model.keyword(at) == Keyword::Run && model.script(at).is_some_and(runs) {
            let line = model.instructions[at].first_line;
            return Err(Refusal::new(format!("line {line} may put another npm in the place of the image's")));
        }
    }
    Ok(())
}

/// Whether a mount of a RUN leaves the folder of the install in sight, and its manifests and packages with it.
fn mount_is_beside(flag: &str, workdir: &Workdir) -> bool {
    let passive = ["type=cache", "type=secret", "type=ssh"].iter().any(|kind| flag.contains(kind));
    if !passive || touches(flag) {
        return false;
    }
    let target = flag.split([',', '=']).skip_while(|part| !matches!(*part, "target" | "dst" | "destination")).nth(1);
    match (target, workdir) {
        (None, _) => !flag.contains("type=cache"),
        (Some(target), _) if target.contains(['$', '"']) => false,
        (Some(target), Workdir::Known(folder)) => below(folder, &join(folder, target)).is_none(),
        (Some(target), _) => before_npm::lies_outside(target, workdir.path()),
    }
}

/// Nothing done before may have changed the manifest or the lock file, or have put packages there, which
/// `npm ci` would take away.
fn folder_is_as_copied(model: &Model<'_, '_>, command: &Changed<'_, '_>, context: &Context) -> Result<(), Refusal> {
    let index = command.index;
    if let Some(name) = model.env_names(index).into_iter().find(|name| npm_ci::variable_steers(name)) {
        return Err(Refusal::new(format!("`{name}` changes where or how npm installs")));
    }
    let state = &model.states[index];
    let mut mounts = model.flags(index).into_iter().filter(|flag| flag.starts_with("--mount"));
    if mounts.any(|mount| !mount_is_beside(mount, &state.workdir)) {
        return Err(Refusal::new("a mount may hold the manifest or the installed packages"));
    }
    let folder = state.workdir.path();
    if model.brought_from(index, &join(folder, "node_modules"), context) != Brought::Nowhere {
        return Err(Refusal::new("`npm ci` would remove the packages that the build context may hold"));
    }
    let read = ["package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"];
    let mut copied = false;
    for at in model.earlier(index) {
        let instruction = model.instructions[at];
        let text = lossy(instruction.joined.text());
        let spoils = match model.keyword(at) {
            Keyword::Volume => text.contains("node_modules"),
            Keyword::Copy | Keyword::Add => {
                let copy = Copy::bringing(model, at);
                copied |=
                    copy.is_none_or(|copy| read.iter().any(|name| copy.may_bring(&join(folder, name), context.into())));
                text.contains("node_modules")
            }
            Keyword::Run => match model.body(at) {
                _ if touches(&text) => true,
                Some(Body::Script(script)) => script.simple_commands().into_iter().any(|simple| {
                    before_npm::installs_packages(&simple.literals()) || copied && !keeps_files(script, simple, folder)
                }),
                _ => copied || text.contains("npm"),
            },
            _ => false,
        };
        if spoils {
            let line = instruction.first_line;
            return Err(Refusal::new(format!("line {line} may change what npm finds in its folder")));
        }
    }
    Ok(())
}
