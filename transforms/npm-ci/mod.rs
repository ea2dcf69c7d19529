//! `npm ci` in the place of `npm install`, where a lock file is copied.

use crate::context::Context;
use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::commands;
use crate::knowledge::ecosystems::npm_ci::{self, Candidate};
use crate::knowledge::managers;
use crate::model::copy::join;
use crate::model::{Brought, Copy, Model, Workdir};
use crate::prove::Claim;
use crate::shell::{Script, Simple};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "npm-ci",
    summary: "install what the lock file says with npm ci",
    offers: Offers::Unsafe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
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
    context: Option<&Context>,
    index: usize,
    script: &Script<'_>,
    simple: &Simple,
) -> Result<(), Obstacle> {
    let Some(context) = context else {
        let named = model.earlier(index).into_iter().filter_map(|at| Copy::bringing(model, at)).any(|copy| {
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
    if earlier.into_iter().any(|other| goes_elsewhere(other) || installs(other) || touches(script.str(other.range))) {
        return Err("a command before it may go to another folder, or change what it reads".into());
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
            && (flag.contains("node_modules") || !["=cache", "=secret", "=ssh"].iter().any(|kind| flag.contains(kind)))
    });
    if mounts {
        return Err("a mount may hold its files or the installed packages".into());
    }
    match meddling(model, index) {
        Some(at) => Err(format!("line {} may change what is in the folder", model.instructions[at].first_line).into()),
        None => Ok(()),
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

/// An earlier instruction that touches the manifest, the lock file or the installed packages.
fn meddling(model: &Model<'_, '_>, index: usize) -> Option<usize> {
    model.earlier(index).into_iter().find(|at| {
        let text = String::from_utf8_lossy(model.instructions[*at].joined.text()).into_owned();
        match model.keyword(*at) {
            Keyword::Copy | Keyword::Add | Keyword::Volume => text.contains("node_modules"),
            Keyword::Run => {
                let installs = model
                    .script(*at)
                    .map_or_else(|| text.contains("npm"), |script| script.simple_commands().into_iter().any(installs));
                installs || touches(&text)
            }
            _ => false,
        }
    })
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

fn installs(simple: &Simple) -> bool {
    let words = simple.literals();
    let words = &words[managers::wrapper_len(&words)..];
    words.first() == Some(&Some("npm")) && !npm_ci::leaves_project_alone(words)
}
