//! Which Dockerfiles are built, in which two versions and in which folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::Configuration;
use crate::context::{Context, Index, Resolution};
use crate::edit::{Applied, Outcome, fix_source_beside};
use crate::model::{Model, literal_sources};
use crate::syntax;
use crate::verify::Case;
use crate::verify::engine::own_ignore_file;
use crate::walk::{Entry, lexical, templates};

use super::super::args::VerifyArgs;
use super::super::consume::separated;
use super::super::images::OfRun;
use super::super::{run, terminal};

/// What was found.
pub struct Gathered {
    /// The Dockerfiles that change.
    pub cases: Vec<Case>,
    /// Whether a file could not be read or parsed.
    pub failed: bool,
}

/// The Dockerfiles that fixes would change, or that changed since a revision.
///
/// # Errors
/// With a message where git does not know the revision, or where the lock or the configuration of registries is wrong.
pub fn cases(args: &VerifyArgs, configuration: &Configuration) -> Result<Gathered, String> {
    let entries = run::entries(args.files, &args.paths, configuration);
    let index = Index::new(&run::roots(&args.paths));
    let mut gathered = Gathered { cases: Vec::new(), failed: false };
    let mut told = BTreeSet::new();
    let mut known = OfRun::new(configuration);
    for entry in entries {
        let path = entry.path().to_path_buf();
        let mut fail = |message: &str| {
            terminal::error(&separated(&path.display().to_string(), message));
            gathered.failed = true;
        };
        let text = match &entry {
            Entry::Skipped { .. } => continue,
            Entry::Failed { error, .. } => {
                fail(&error.to_string());
                continue;
            }
            Entry::Dockerfile(path) => match fs::read(path) {
                Ok(text) if templates::template_marker(&text).is_some() => continue,
                Ok(text) => text,
                Err(error) => {
                    fail(&format!("it can't be read: {error}"));
                    continue;
                }
            },
        };
        let (before, changed_to) = match &args.rev {
            None => (text, None),
            Some(revision) => match at_revision(&path, revision)? {
                Some(before) if before != text => (before, Some(text)),
                // New since then, or the same.
                _ => continue,
            },
        };
        let resolved = match configuration.for_file(&path) {
            Ok(resolved) => resolved,
            Err(error) => {
                gathered.failed = true;
                if told.insert(error.to_string()) {
                    terminal::config_error(&error);
                }
                continue;
            }
        };
        known.learn_of(&path, &before, &resolved).map_err(|unasked| unasked.message())?;
        let settings = run::with_images(&resolved.settings, known.known()).into_owned();
        let context = known_context(args, &index, &path, &before);
        let beside = Context::beside(&path);
        let outcome = match fix_source_beside(&before, &settings, &|_| context.clone(), beside.as_ref()) {
            Ok(outcome) => outcome,
            Err(error) => {
                fail(&format!("{}:{}: {error}; BuildKit would not build it either", error.line, error.column));
                continue;
            }
        };
        let Some((after, fixes)) = change(outcome, changed_to) else { continue };
        let folder = folder(args, &path, context.as_ref());
        let ignore_file = own_ignore_file(&path);
        gathered.cases.push(Case { path, before, after, fixes, settings, folder, context, ignore_file });
    }
    gathered.failed |= known.tell_failures();
    Ok(gathered)
}

/// What becomes of a file, and by which fixes: those are known of a text that somebody wrote only where they
/// make just that text.
fn change(outcome: Outcome, changed_to: Option<Vec<u8>>) -> Option<(Vec<u8>, Vec<Applied>)> {
    let Some(text) = changed_to else { return Some((outcome.changed?, outcome.applied)) };
    let fixes = if outcome.changed.as_ref() == Some(&text) { outcome.applied } else { Vec::new() };
    Some((text, fixes))
}

fn known_context(args: &VerifyArgs, index: &Index, path: &Path, text: &[u8]) -> Option<Context> {
    if args.context.is_some() {
        return None;
    }
    let file = syntax::parse(text).ok()?;
    match index.resolve(path, &literal_sources(&Model::of(&file))) {
        Resolution::Known(context) => Some(context),
        Resolution::Unknown(_) => None,
    }
}

/// The folder to build in. Where the context is not known, the Dockerfile's own: the verdict then holds for
/// that one, and a wrong one fails to build.
fn folder(args: &VerifyArgs, path: &Path, context: Option<&Context>) -> PathBuf {
    if let Some(folder) = &args.context {
        return folder.clone();
    }
    let own = || lexical::folder_of(path).to_path_buf();
    context.map_or_else(own, |context| context.root.clone())
}

/// The text of a file at a revision; `None` where it was not there.
fn at_revision(path: &Path, revision: &str) -> Result<Option<Vec<u8>>, String> {
    let folder = lexical::folder_of(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let git = |words: &[&str]| {
        Command::new("git").arg("-C").arg(folder).args(words).output().map_err(|error| format!("git: {error}"))
    };
    let commit = format!("{revision}^{{commit}}");
    if !git(&["rev-parse", "--quiet", "--verify", "--end-of-options", &commit])?.status.success() {
        return Err(format!("git knows no revision `{revision}` in {}", folder.display()));
    }
    let shown = git(&["show", "--end-of-options", &format!("{revision}:./{name}")])?;
    Ok(shown.status.success().then_some(shown.stdout))
}
