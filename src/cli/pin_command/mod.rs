//! `dockmod pin`: writes digests into Dockerfiles, and a lock that keeps what they stand for.

mod locked;
mod place;
mod update;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::config::Configuration;
use crate::context::Index;
use crate::edit::{Outcome, Selected, Settings, fix_source_beside};
use crate::pin::{Images, Lock, Locked, gather};
use crate::registry::RegistryError;
use crate::report::plural;
use crate::transforms::{pin_digest, pin_tag};
use crate::walk::Entry;
use crate::write;

use super::args::PinArgs;
use super::consume::separated;
use super::images::{self, Asker, Named};
use super::run::{self, FileResult};
use super::shown::Screen;
use super::{Status, select, terminal};

/// Pins the images of the Dockerfiles below the paths.
pub fn pin(args: &PinArgs) -> io::Result<Status> {
    let failed = |message: &str| {
        terminal::error(message);
        Ok(Status::Failed)
    };
    let configuration = match select::of_files(&args.config) {
        Ok(configuration) => configuration,
        Err(message) => return failed(&message),
    };
    run::set_colours(args.color);
    let lock_path = place::lock(args.lock.as_ref());
    let lock = match Lock::load(&lock_path) {
        Ok(lock) => lock,
        Err(error) => return failed(&error.to_string()),
    };
    if args.verify {
        return verify::verify(args, &configuration, &lock, &lock_path);
    }
    let wanted = match update::wanted(args) {
        Ok(wanted) => wanted,
        Err(message) => return failed(&message),
    };
    // A panic is reported with the file that caused it.
    std::panic::set_hook(Box::new(|_| {}));
    let files = files(args, &configuration);
    let asker = if args.locked { None } else { Some(Asker::new(&configuration)) };
    let asker = match asker.transpose() {
        Ok(asker) => asker,
        Err(unasked) => {
            unasked.tell();
            return Ok(Status::Failed);
        }
    };
    let mut known = Images::of(&lock);
    let mut failures = Vec::new();
    if let (Some(wanted), Some(asker)) = (&wanted, &asker) {
        failures.extend(update::learn(wanted, args.tags, &files, &mut known, asker));
    }
    let needs = images::needs(&files, true);
    match &asker {
        Some(asker) => asker.gather(&mut known, &needs),
        None => gather(&mut known, &needs, Err(&RegistryError::NotLocked), &|| {}),
    }
    failures.extend(images::failures(&files, &known));
    if args.locked && !failures.is_empty() {
        told(&failures);
        return Ok(Status::Failed);
    }
    let mut run = Run {
        args,
        known: Arc::new(known),
        roots: run::roots(&args.paths),
        lock_folder: place::folder(&lock_path),
        done: Done { failed: failures.len(), ..Done::default() },
        locked: BTreeMap::new(),
    };
    run.all(&files, &configuration)?;
    told(&failures);
    let before = lock.text();
    let locked = run.lock(lock);
    let writes = !args.check && !args.dry_run;
    let lock_changes =
        if locked.is_empty() { lock_path.exists() } else { locked.text() != before || !lock_path.exists() };
    if writes
        && lock_changes
        && let Err(error) = locked::write(&lock_path, &locked)
    {
        return failed(&format!("{}: not written: {error}", lock_path.display()));
    }
    run.tell(asker.as_ref());
    if run.done.failed > 0 {
        return Ok(Status::Failed);
    }
    Ok(if args.check && (run.done.changed > 0 || lock_changes) { Status::WouldChange } else { Status::Done })
}

fn told(failures: &[String]) {
    for failure in failures {
        terminal::error(failure);
    }
}

/// The Dockerfiles below the paths, with the images that they name.
fn files(args: &PinArgs, configuration: &Configuration) -> Vec<Named> {
    let entries = run::entries(args.files, &args.paths, configuration);
    let mut files = Vec::new();
    for entry in entries {
        match entry {
            Entry::Dockerfile(path) => {
                let versions = args.versions
                    || configuration.for_file(&path).is_ok_and(|resolved| images::wants_versions(&resolved));
                let uses = images::named(&path);
                files.push(Named { path, uses, versions });
            }
            Entry::Skipped { path, reason } if args.verbose => {
                terminal::line(&format!("{}: skipped: {reason}", path.display()));
            }
            Entry::Skipped { .. } => {}
            Entry::Failed { path, error } => {
                terminal::error(&separated(&path.display().to_string(), &error.to_string()));
            }
        }
    }
    files
}

#[derive(Default)]
struct Done {
    files: usize,
    changed: usize,
    fixes: usize,
    failed: usize,
    left: usize,
}

struct Run<'a> {
    args: &'a PinArgs,
    known: Arc<Images>,
    roots: Vec<PathBuf>,
    lock_folder: PathBuf,
    done: Done,
    locked: BTreeMap<String, Vec<Locked>>,
}

impl Run<'_> {
    fn all(&mut self, files: &[Named], configuration: &Configuration) -> io::Result<()> {
        let index = Index::new(&self.roots);
        let mut out = io::BufWriter::new(io::stdout());
        for file in files {
            self.one(file, configuration, &index, &mut out)?;
        }
        out.flush()
    }

    fn one(
        &mut self,
        file: &Named,
        configuration: &Configuration,
        index: &Index,
        out: &mut impl io::Write,
    ) -> io::Result<()> {
        let path = file.path.display().to_string();
        let source = match fs::read(&file.path) {
            Ok(source) => source,
            Err(error) => return self.fails(out, &path, &format!("it can't be read: {error}")),
        };
        let outcome = run::configured(&file.path, &source, configuration, index, &|_| None, |fixing| {
            let settings = self.settings(fixing.settings, file.versions);
            fix_source_beside(&source, &settings, fixing.context, fixing.beside)
        });
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(FileResult::Skipped(_) | FileResult::Known(_) | FileResult::Fixed { .. }) => return Ok(()),
            Err(FileResult::Failed(message)) => return self.fails(out, &path, &message),
            Err(FileResult::Unconfigured(error)) => {
                self.done.failed += 1;
                out.flush()?;
                terminal::config_error(&error);
                return Ok(());
            }
        };
        self.done.files += 1;
        let mut text = &source;
        if let Some(changed) = &outcome.changed {
            let writes = !self.args.check && !self.args.dry_run;
            if writes && let Err(error) = write::replace(&file.path, &source, changed, &self.roots) {
                return self.fails(out, &path, &format!("not written: {error}"));
            }
            self.done.changed += 1;
            self.done.fixes += outcome.applied.len();
            if !self.args.quiet {
                shown(out, &path, &source, changed, &outcome)?;
            }
            text = changed;
        }
        let failed = file.uses.iter().filter(|used| images::failure(used, &self.known).is_some());
        let failed: BTreeSet<usize> = failed.map(|used| used.line).collect();
        self.left(out, &path, &outcome, &failed)?;
        self.locked.insert(place::within(&self.lock_folder, &file.path), locked::of(text, &self.known));
        Ok(())
    }

    fn fails(&mut self, out: &mut impl io::Write, path: &str, message: &str) -> io::Result<()> {
        self.done.failed += 1;
        out.flush()?;
        terminal::error(&separated(path, message));
        Ok(())
    }

    /// Those transforms alone, with the options of the configuration.
    fn settings(&self, configured: &Settings, versions: bool) -> Settings {
        let digest = Selected { transform: &pin_digest::TRANSFORM, by_name: true };
        let tag = Selected { transform: &pin_tag::TRANSFORM, by_name: self.args.allow_unsafe };
        let transforms = if versions { vec![tag, digest] } else { vec![digest] };
        Settings {
            transforms,
            options: configured.options.clone(),
            require_reasons: configured.require_reasons,
            images: Some(Arc::clone(&self.known)),
            ..Settings::default()
        }
    }

    /// Tells what was left alone for another reason than a failure, of which is told on its own.
    fn left(
        &mut self,
        out: &mut impl io::Write,
        path: &str,
        outcome: &Outcome,
        failed: &BTreeSet<usize>,
    ) -> io::Result<()> {
        let held = outcome
            .withheld
            .iter()
            .map(|held| (held.line, format!("{}: only with --unsafe: {}", held.transform.id, held.reason)));
        let dropped = outcome.dropped.iter().map(|dropped| (dropped.line, format!("not pinned: {}", dropped.reason)));
        let left = outcome.left.iter().map(|left| (left.line, left.reason.clone()));
        let all = left.chain(held).chain(dropped);
        let lines: Vec<(usize, String)> = all.filter(|(line, _)| !failed.contains(line)).collect();
        self.done.left += lines.len();
        if !self.args.quiet {
            out.flush()?;
            for (line, reason) in lines {
                terminal::line(&format!("{path}:{line}: {reason}"));
            }
        }
        Ok(())
    }

    fn lock(&self, mut lock: Lock) -> Lock {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let folder = self.lock_folder.clone();
        lock.take(&self.locked, &now, &|file| folder.join(file).exists());
        lock
    }

    fn tell(&self, asker: Option<&Asker>) {
        if self.args.quiet {
            return;
        }
        let Done { files, changed, fixes, failed, left } = self.done;
        let verb = if self.args.check || self.args.dry_run { "would change" } else { "changed" };
        terminal::line(&format!("{changed} of {files} files {verb}: {}", plural(fixes, "image", "images")));
        if left > 0 {
            terminal::line(&format!("{} left as they are", plural(left, "image", "images")));
        }
        if failed > 0 {
            terminal::line(&format!("{failed} failed"));
        }
        for line in asker.map(Asker::told).unwrap_or_default() {
            terminal::line(&line);
        }
    }
}

/// A diff as a preview shows it, without the reasons, which are the same for all.
fn shown(out: &mut impl io::Write, path: &str, source: &[u8], changed: &[u8], outcome: &Outcome) -> io::Result<()> {
    let comments = outcome
        .applied
        .iter()
        .map(|fix| format!("# {path}:{}: {} ({}): {}", fix.line, fix.transform.id, fix.safety.name(), fix.title));
    let screen = Screen { coloured: console::colors_enabled(), terminal: io::stdout().is_terminal() };
    screen.print(out, path, comments, (source, changed))
}
