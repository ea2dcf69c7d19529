//! `npm ci` in the place of `npm install`, where a lock file is copied.

use crate::context::Context;
use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::commands;
use crate::knowledge::ecosystems::npm_ci::{self, Candidate};
use crate::knowledge::managers;
use crate::model::copy::join;
use crate::model::{Brought, Model, Workdir};
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
                Candidate::No(reason) => leave(&reason),
                Candidate::Yes(verb) => match locked(model, subject.context, index, script, simple) {
                    Err(reason) => leave(&reason),
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

/// Whether the folder of the install holds a lock file in step with its manifest, and nothing else that counts.
fn locked(
    model: &Model<'_, '_>,
    context: Option<&Context>,
    index: usize,
    script: &Script<'_>,
    simple: &Simple,
) -> Result<(), String> {
    let context = context.ok_or("the build context is not known, and so whether there is a lock file")?;
    let node = model.base_name(index).and_then(npm_ci::node_of).ok_or("the npm of the base image is not known")?;
    if !node.has_ci() {
        return Err("the npm of the base image is older than `npm ci`".to_owned());
    }
    if model.states[index].workdir == Workdir::Unknown {
        return Err("the working directory is not known".to_owned());
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
    let manifest = read("package.json")?.ok_or("no COPY above brings `package.json`")?;
    let lock = match read("npm-shrinkwrap.json")? {
        Some(lock) => lock,
        None => read("package-lock.json")?.ok_or("no COPY above brings a `package-lock.json`")?,
    };
    npm_ci::in_step(&manifest, &lock, node)?;
    if !script.failure_is_final(simple, &model.states[index].shell) {
        return Err("its failure is handled".to_owned());
    }
    let moved = script.simple_commands().into_iter().any(|other| {
        other.range.start < simple.range.start
            && other.name().is_none_or(|name| name != "set" && commands::changes_shell(name))
            && !other.words.is_empty()
    });
    if moved {
        return Err("a command before it may go to another folder".to_owned());
    }
    match meddling(model, index) {
        Some(at) => Err(format!("line {} may change what is in the folder", model.instructions[at].first_line)),
        None => Ok(()),
    }
}

/// An earlier instruction that touches the manifest, the lock file or the installed packages.
fn meddling(model: &Model<'_, '_>, index: usize) -> Option<usize> {
    model.earlier(index).into_iter().find(|at| {
        let text = String::from_utf8_lossy(model.instructions[*at].joined.text()).into_owned();
        match model.keyword(*at) {
            Keyword::Copy | Keyword::Add | Keyword::Volume => text.contains("node_modules"),
            Keyword::Run => {
                let files = ["package-lock", "npm-shrinkwrap", "package.json", "node_modules"];
                let installs = model.script(*at).map_or_else(
                    || text.contains("npm"),
                    |script| script.simple_commands().into_iter().any(|simple| installs(simple)),
                );
                installs || files.iter().any(|name| text.contains(name))
            }
            _ => false,
        }
    })
}

fn installs(simple: &Simple) -> bool {
    let words = simple.literals();
    let words = &words[managers::wrapper_len(&words)..];
    words.first() == Some(&Some("npm")) && !npm_ci::leaves_project_alone(words)
}
