//! `npm ci` in the place of `npm install`, where a lock file is copied.

use crate::context::{Context, LazyContext};
use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::commands;
use crate::knowledge::ecosystems::before_npm;
use crate::knowledge::ecosystems::npm_ci::{self, Candidate};
use crate::model::copy::{below, join};
use crate::model::{Brought, Copy, Model, Workdir};
use crate::prove::Claim;
use crate::shell::{Script, Simple};
use crate::syntax::{Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "npm-ci",
    summary: "install what the lock file says with npm ci",
    offers: Offers::Unsafe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["npm"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        for simple in script.simple_commands() {
            let span = script.span(simple.range);
            let mut leave = |reason: &str| proposals.leave(span, format!("`npm install` stays: {reason}"));
            match npm_ci::candidate(&simple.literals()) {
                Candidate::OtherThing => {}
                // Where no lock file is known of, nothing is wrong.
                Candidate::No(reason) => match locked(model, subject.context, index, script, simple) {
                    Err(Obstacle::NoLockFile) => {}
                    Err(Obstacle::Reason(_)) | Ok(()) => leave(&reason),
                },
                Candidate::Yes(verb) => match locked(model, subject.context, index, script, simple) {
                    Err(Obstacle::NoLockFile) => {}
                    Err(Obstacle::Reason(reason)) => leave(&reason),
                    Ok(()) if !script.text.is_contiguous(simple.words[verb].range) => {
                        leave("the word is split over two lines");
                    }
                    Ok(()) => proposals.fixes.push(Fix {
                        title: "install with npm ci".to_owned(),
                        reason:
                            "npm ci installs exactly what the lock file says and never rewrites it; unsafe because \
                                 npm install may have installed newer versions, and npm ci fails where the lock file \
                                 is out of step"
                                .to_owned(),
                        edits: vec![Edit::replace(script.span(simple.words[verb].range), "ci")],
                        safety: Safety::Unsafe,
                        claim: Claim::OtherProgram,
                        alternatives: Vec::new(),
                    }),
                },
            }
        }
    }
}

/// Why `npm install` stays.
enum Obstacle {
    /// The project has no lock file, as far as can be seen: nothing is wrong.
    NoLockFile,
    /// Something else.
    Reason(String),
}

impl<T: Into<String>> From<T> for Obstacle {
    fn from(reason: T) -> Self {
        Self::Reason(reason.into())
    }
}

/// Whether the folder of the install holds a lock file in step with its manifest, and nothing else that counts.
fn locked(
    model: &Model<'_, '_>,
    context: LazyContext<'_>,
    index: usize,
    script: &Script<'_>,
    simple: &Simple,
) -> Result<(), Obstacle> {
    let Some(context) = context.get() else {
        let named = model.earlier(index).filter_map(|at| Copy::bringing(model, at)).any(|copy| {
            copy.sources
                .iter()
                .any(|source| source.ends_with("package-lock.json") || source.ends_with("shrinkwrap.json"))
        });
        return Err(if named { "the build context is not known".into() } else { Obstacle::NoLockFile });
    };
    if model.states[index].workdir == Workdir::Unknown {
        return Err("the working directory is not known".into());
    }
    let folder = model.states[index].workdir.path();
    let read = |name: &str| match model.brought_from(index, &join(folder, name), context) {
        Brought::Nowhere => Ok(None),
        Brought::Unclear(at) => Err(format!("line {} may bring another `{name}`", model.instructions[at].first_line)),
        Brought::From(source) => match context.read(&source).and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) => Ok(Some(text)),
            None => Err(format!("`{source}` can't be read")),
        },
    };
    let Some(manifest) = read("package.json")? else { return Err(Obstacle::NoLockFile) };
    let lock = match read("npm-shrinkwrap.json")? {
        Some(lock) => Some(lock),
        None => read("package-lock.json")?,
    };
    let Some(lock) = lock else { return Err(not_copied(model, context, index, folder)) };
    let node = model.base_name(index).and_then(npm_ci::node_of).ok_or("the npm of the base image is not known")?;
    if !node.has_ci() {
        return Err("the npm of the base image is older than `npm ci`".into());
    }
    npm_ci::in_step(&manifest, &lock, node)?;
    if !script.failure_is_final(simple, &model.states[index].shell) {
        return Err("its failure is handled".into());
    }
    let earlier = script.simple_commands().into_iter().filter(|other| other.range.start < simple.range.start);
    if earlier.into_iter().any(|other| goes_elsewhere(other) || !is_harmless(script, other, folder)) {
        return Err("a command before it may go to another folder, or change what it reads".into());
    }
    if let Some(at) = model.up_to(index).find(|at| replaces_npm(model, *at)) {
        return Err(format!("line {} may put in another npm than that of the image", line_of(model, at)).into());
    }
    if let Some(name) = model.env_names(index).into_iter().find(|name| npm_ci::variable_steers(name)) {
        return Err(format!("`{name}` changes where or how it installs").into());
    }
    let steers = |line: &str| {
        let name = line.split('=').next().unwrap_or_default().trim();
        npm_ci::variable_steers(&format!("npm_config_{name}"))
    };
    if read(".npmrc")?.is_some_and(|settings| settings.lines().any(steers)) {
        return Err("`.npmrc` changes where or how it installs".into());
    }
    let mounts = model.flags(index).into_iter().any(|flag| {
        flag.starts_with("--mount")
            && (touches(flag)
                || !["=cache", "=secret", "=ssh"].iter().any(|kind| flag.contains(kind))
                || covers(flag, &model.states[index].workdir))
    });
    if mounts {
        return Err("a mount may hold its files or the installed packages".into());
    }
    if let Some(at) = meddling(model, index, context) {
        return Err(format!("line {} may change what is in the folder", line_of(model, at)).into());
    }
    match model.brought_from(index, &join(folder, "node_modules"), context) {
        Brought::Nowhere => Ok(()),
        _ => Err("the build context may hold `node_modules`, which `npm ci` would remove".into()),
    }
}

/// The lock file may lie beside the manifest, and not get into the image.
fn not_copied(model: &Model<'_, '_>, context: &Context, index: usize, folder: &str) -> Obstacle {
    let Brought::From(manifest) = model.brought_from(index, &join(folder, "package.json"), context) else {
        return Obstacle::NoLockFile;
    };
    let lock = manifest.replace("package.json", "package-lock.json");
    if context.exists(&lock) {
        return format!("`{lock}` is not copied").into();
    }
    if context.on_disk(&lock) { format!("`.dockerignore` keeps `{lock}` out").into() } else { Obstacle::NoLockFile }
}

/// An earlier instruction that may change the manifest, the lock file or the installed packages.
fn meddling(model: &Model<'_, '_>, index: usize, context: &Context) -> Option<usize> {
    let folder = model.states[index].workdir.path();
    let mut arrived = false;
    model.earlier(index).find(|at| {
        let text = lossy(model.instructions[*at].joined.text());
        match model.keyword(*at) {
            Keyword::Copy | Keyword::Add => {
                let brings = Copy::bringing(model, *at).is_none_or(|copy| {
                    MANIFESTS.iter().any(|name| copy.may_bring(&join(folder, name), context.into()))
                });
                arrived |= brings;
                text.contains("node_modules")
            }
            Keyword::Volume => text.contains("node_modules"),
            Keyword::Run => {
                let Some(script) = model.script(*at) else { return arrived || text.contains("npm") };
                let commands = script.simple_commands();
                let spoils = |simple: &&Simple| {
                    before_npm::installs_packages(&simple.literals()) || arrived && !is_harmless(script, simple, folder)
                };
                touches(&text) || commands.iter().any(spoils)
            }
            _ => false,
        }
    })
}

/// The files that npm reads in its folder.
const MANIFESTS: &[&str] = &["package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"];

/// Whether a command leaves the files of the folder, and so what npm finds there, as they are.
fn is_harmless(script: &Script<'_>, simple: &Simple, folder: &str) -> bool {
    let text = script.str(simple.range);
    let written = simple.redirects.iter().filter(|redirect| redirect.writes);
    let elsewhere = written.into_iter().all(|redirect| match redirect.target.as_deref() {
        Some(".npmrc") => text.lines().all(|line| !settings_steer(line)),
        Some(path) => before_npm::lies_outside(path, folder),
        None => false,
    });
    elsewhere
        && !touches(text)
        && !text.contains(['`'])
        && !text.contains("$(")
        && before_npm::leaves_files_alone(&script.words_and_patterns(simple), folder)
}

/// Whether a word of a text is a setting that changes where or how npm installs.
fn settings_steer(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\''))
        .any(|word| npm_ci::variable_steers(&format!("npm_config_{word}")))
}

/// Whether an instruction may put another npm, or another Node.js with its npm, in front of the image's.
fn replaces_npm(model: &Model<'_, '_>, index: usize) -> bool {
    let text = lossy(model.instructions[index].joined.text());
    match model.keyword(index) {
        Keyword::Copy | Keyword::Add => text.contains("bin/node") || text.contains("bin/npm"),
        Keyword::Run => {
            let mut commands = model.script(index).map(Script::simple_commands).unwrap_or_default().into_iter();
            text.contains("nvm")
                || text.contains("nodejs.org/dist")
                || commands.any(|simple| before_npm::replaces_npm(&simple.literals()))
        }
        _ => false,
    }
}

/// Whether a mount lies over the folder, or may.
fn covers(flag: &str, workdir: &Workdir) -> bool {
    let fields = flag.trim_start_matches("--mount=").split(',');
    let target = fields
        .filter_map(|field| field.split_once('='))
        .find_map(|(key, value)| matches!(key, "target" | "dst" | "destination").then_some(value));
    // A secret or an agent without a target goes to /run.
    let Some(target) = target else { return flag.contains("=cache") };
    let folder = workdir.path();
    let target = join(folder, target);
    let unclear = target.contains(['$', '"']);
    let perhaps = *workdir == Workdir::Inherited && !before_npm::lies_outside(&target, folder);
    unclear || perhaps || below(folder, &target).is_some()
}

fn line_of(model: &Model<'_, '_>, index: usize) -> usize {
    model.instructions[index].first_line
}

fn touches(text: &str) -> bool {
    let files = ["package-lock", "npm-shrinkwrap", "package.json", "package*", "node_modules"];
    files.iter().any(|name| text.contains(name))
}

/// Whether a command may leave the folder, or runs another shell or user.
fn goes_elsewhere(simple: &Simple) -> bool {
    match simple.words.first().map(|word| word.literal.as_deref()) {
        None | Some(Some("set" | "echo")) => false,
        Some(Some(name)) => commands::changes_shell(name) || matches!(name, "sudo" | "sh" | "bash"),
        Some(None) => true,
    }
}
