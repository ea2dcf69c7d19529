//! `dockmod -i`: find and plan files in the background, review them in the terminal, tell what was done.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::config::{ConfigError, Configuration, Resolved};
use crate::context::Index;
use crate::report::plural;
use crate::review::decisions::{Answers, Decision, FileDecisions};
use crate::review::drive::{World, drive};
use crate::review::plan;
use crate::review::saved::{LeftOut, Saved};
use crate::review::state::{Abilities, End, NotWritten, State};
use crate::walk::Entry;
use crate::walk::lexical::folder_of;
use crate::write::{self, WriteError};

use super::args::RunArgs;
use super::consume::separated;
use super::images::OnDemand;
use super::run::{self, FileResult};
use super::{Status, terminal};

/// Files that are planned before their counts are handed on: few, as the review waits for the first.
const BATCH: usize = 16;

/// The decisions of `--decisions`; checks `--save` too, before any work is done.
///
/// # Errors
/// With a message where a file can't be used.
pub fn load(args: &RunArgs) -> Result<Option<Saved>, String> {
    let saved = match &args.decisions {
        None => None,
        Some(path) => {
            let shown = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|error| format!("{shown}: it can't be read: {error}"))?;
            Some(Saved::parse(&text).map_err(|error| format!("{shown}: {error}"))?)
        }
    };
    if let Some(path) = &args.save {
        let added_to = args.decisions.as_ref().is_some_and(|decisions| same_file(decisions, path));
        if path.exists() && !added_to {
            let shown = path.display();
            return Err(format!("{shown} is there already: give it to --decisions too to add to it, or name another"));
        }
        if !folder_of(path).is_dir() {
            return Err(format!("{}: there is no such folder to save the decisions in", folder_of(path).display()));
        }
    }
    Ok(saved)
}

fn same_file(left: &Path, right: &Path) -> bool {
    match (left.canonicalize(), right.canonicalize()) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}

/// What the search for fixes came upon beside them.
#[derive(Debug, Default)]
struct Found {
    failed: Vec<String>,
    unconfigured: Vec<Arc<ConfigError>>,
    skipped: Vec<String>,
}

/// Runs a review.
pub fn review(
    args: &RunArgs,
    configuration: &Configuration,
    saved: Option<Saved>,
    pool: &ThreadPool,
) -> io::Result<Status> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        terminal::error("`-i` asks about each fix, and `-` stands for a text from stdin: name the file itself");
        return Ok(Status::Failed);
    }
    if let Some(name) = no_terminal() {
        terminal::error(&format!("`-i` needs a terminal, and {name} is none: {}", without_terminal(args)));
        return Ok(Status::Failed);
    }
    let signalled = Arc::new(AtomicBool::new(false));
    let on_signal = Arc::clone(&signalled);
    if let Err(error) = ctrlc::set_handler(move || on_signal.store(true, Ordering::SeqCst)) {
        terminal::error(&format!("Ctrl-C can't be waited for: {error}"));
        return Ok(Status::Failed);
    }
    let roots = run::roots(&args.paths);
    let index = Index::new(&roots);
    let images = OnDemand::new(configuration);
    let (editor, pager) = (editor(), pager());
    let mut state = State::new(Abilities { editor: editor.is_some(), pager: pager.is_some() }, saved.clone());
    let stop = AtomicBool::new(false);
    let (to_review, found) = channel();
    let (end, beside) = thread::scope(|scope| {
        let (index, images, stop, saved) = (&index, &images, &stop, saved.as_ref());
        let search =
            scope.spawn(move || pool.install(|| search(args, configuration, saved, (index, images), stop, &to_review)));
        let world = World {
            read: &|path| fs::read(path).map_err(|error| format!("it can't be read: {error}")),
            plan: &|path, source, answers| planned(path, source, answers, configuration, (index, images)),
            write: &|path, old, new| match write::replace(path, old, new, &roots) {
                Ok(()) => Ok(()),
                Err(WriteError::Changed) => Err(NotWritten::Changed),
                Err(error) => Err(NotWritten::Failed(error.to_string())),
            },
            editor,
            pager,
            coloured: console::colors_enabled(),
            signalled: &signalled,
            found,
        };
        let end = catch_unwind(AssertUnwindSafe(|| drive(&mut state, &world)));
        stop.store(true, Ordering::SeqCst);
        (end, search.join().unwrap_or_default())
    });
    match end {
        Ok(Ok(end)) => told(args, &state, &beside, end, saved),
        Ok(Err(error)) => {
            terminal::error(&format!("the terminal can't be used: {error}"));
            Ok(Status::Failed)
        }
        Err(_) => {
            terminal::error("dockmod failed: please report it as a bug; files that were finished are written");
            Ok(Status::Failed)
        }
    }
}

fn no_terminal() -> Option<&'static str> {
    if !io::stdin().is_terminal() {
        return Some("stdin");
    }
    (!io::stdout().is_terminal()).then_some("stdout")
}

/// The commands that do without a terminal what was asked for.
fn without_terminal(args: &RunArgs) -> String {
    let mut rest = String::new();
    let words: Vec<String> = args.paths.iter().map(|path| path.display().to_string()).collect();
    for word in &words {
        rest.push(' ');
        rest.push_str(&shell_words::quote(word));
    }
    let select = if args.choice.select.is_empty() { "ID,…".to_owned() } else { args.choice.select.join(",") };
    let unsafe_too = if args.choice.allow_unsafe { " --unsafe" } else { "" };
    format!(
        "`dockmod{unsafe_too}{rest}` shows the fixes, `dockmod --apply --select {select}{unsafe_too}{rest}` writes those of the transforms named"
    )
}

fn editor() -> Option<String> {
    let named = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    named("VISUAL").or_else(|| named("EDITOR")).or_else(|| on_path("vi").then(|| "vi".to_owned()))
}

/// The user's pager; one that would not wait for a key is none.
fn pager() -> Option<String> {
    std::env::var("PAGER").ok().filter(|value| !matches!(value.trim(), "" | "cat"))
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Finds the files in path order and hands on how many fixes each has.
fn search(
    args: &RunArgs,
    configuration: &Configuration,
    saved: Option<&Saved>,
    (index, images): (&Index, &OnDemand<'_>),
    stop: &AtomicBool,
    to_review: &Sender<(PathBuf, usize)>,
) -> Found {
    let mut found = Found::default();
    let own = FileDecisions::default();
    let answers = Answers { file: 0, own: &own, policies: &[], saved };
    let count = |entry: &Entry| match entry {
        Entry::Skipped { reason, .. } => Err(FileResult::Skipped(reason.to_string())),
        Entry::Failed { error, .. } => Err(FileResult::Failed(error.to_string())),
        Entry::Dockerfile(path) => match fs::read(path) {
            Err(error) => Err(FileResult::Failed(format!("it can't be read: {error}"))),
            Ok(source) => {
                let known = |resolved: &Resolved| images.for_file(resolved, &source);
                run::configured(path, &source, configuration, index, &known, |fixing| {
                    plan::count(&source, fixing, &answers)
                })
            }
        },
    };
    for batch in run::entries(args.files, &args.paths, configuration).chunks(BATCH) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let counts: Vec<Result<usize, FileResult>> = batch.par_iter().map(count).collect();
        for (entry, count) in batch.iter().zip(counts) {
            let path = entry.path();
            match count {
                // Whoever reviews may have stopped.
                Ok(count) => drop(to_review.send((path.to_path_buf(), count))),
                Err(FileResult::Failed(message)) => {
                    found.failed.push(separated(&path.display().to_string(), &message));
                }
                Err(FileResult::Skipped(reason)) => {
                    found.skipped.push(format!("{}: skipped: {reason}", path.display()));
                }
                // A configuration may hold for many files.
                Err(FileResult::Unconfigured(error)) => {
                    let is_known = found.unconfigured.iter().any(|known| known.to_string() == error.to_string());
                    if !is_known {
                        found.unconfigured.push(error);
                    }
                }
                Err(FileResult::Known(_) | FileResult::Fixed { .. }) => {}
            }
        }
    }
    found
}

fn planned(
    path: &Path,
    source: &[u8],
    answers: &Answers<'_>,
    configuration: &Configuration,
    (index, images): (&Index, &OnDemand<'_>),
) -> Result<plan::Plan, String> {
    // The shell parser recurses: a deep command must not end the process.
    let planned = thread::scope(|scope| {
        let work = || {
            let known = |resolved: &Resolved| images.for_file(resolved, source);
            run::configured(path, source, configuration, index, &known, |fixing| plan::plan(source, fixing, answers))
        };
        let thread = thread::Builder::new().stack_size(run::STACK).spawn_scoped(scope, work)?;
        thread.join().map_err(|_| io::Error::other("dockmod failed on it"))
    });
    match planned {
        Ok(Ok(plan)) => Ok(plan),
        Ok(Err(FileResult::Skipped(reason))) => Err(format!("skipped: {reason}")),
        Ok(Err(FileResult::Failed(message))) => Err(message),
        Ok(Err(FileResult::Unconfigured(error))) => Err(error.to_string()),
        Ok(Err(FileResult::Known(_) | FileResult::Fixed { .. })) => Ok(plan::Plan::default()),
        Err(error) => Err(format!("it can't be planned: {error}")),
    }
}

/// Tells what was done, and saves the decisions.
fn told(args: &RunArgs, state: &State, beside: &Found, end: End, saved: Option<Saved>) -> io::Result<Status> {
    let mut status = Status::Done;
    let mut out = io::stdout().lock();
    let mut changed = 0;
    for file in state.files().iter().filter(|file| file.disk != file.source) {
        changed += 1;
        let accepted = |decision: &Decision| matches!(decision, Decision::Accept | Decision::Edit(_));
        let done: Vec<_> = file.outcome.iter().filter(|decided| accepted(&decided.decision)).collect();
        let mut ids: Vec<&str> = done.iter().map(|decided| decided.key.transform).collect();
        ids.sort_unstable();
        ids.dedup();
        let fixes = plural(done.len(), "fix", "fixes");
        let line = format!("{}: fixed: {fixes} ({})", file.path.display(), ids.join(", "));
        writeln!(out, "{}", crate::report::escape::visible(&line))?;
    }
    out.flush()?;
    for message in &beside.failed {
        status = Status::Failed;
        terminal::error(message);
    }
    for error in &beside.unconfigured {
        status = Status::Failed;
        terminal::config_error(error);
    }
    for (file, message) in state.files().iter().filter_map(|file| Some((file, file.failed.as_ref()?))) {
        status = Status::Failed;
        terminal::error(&separated(&file.path.display().to_string(), message));
    }
    if args.verbose {
        beside.skipped.iter().for_each(|line| terminal::line(line));
    }
    if matches!(end, End::Interrupted | End::Closed) {
        terminal::line("interrupted: only the files that were finished are written");
        return Ok(Status::Interrupted);
    }
    if !args.quiet {
        terminal::line(&summary(state, changed));
    }
    if let Some(path) = &args.save
        && let Err(message) = save(path, state, saved, args.quiet)
    {
        status = Status::Failed;
        terminal::error(&message);
    }
    Ok(status)
}

fn summary(state: &State, changed: usize) -> String {
    let decided = || state.files().iter().flat_map(|file| &file.outcome);
    let count = |wanted: &dyn Fn(&Decision) -> bool| decided().filter(|decided| wanted(&decided.decision)).count();
    let counts = [
        (count(&|decision| *decision == Decision::Accept), "accepted"),
        (count(&|decision| matches!(decision, Decision::Edit(_))), "edited"),
        (count(&|decision| *decision == Decision::Decline), "declined"),
        (count(&|decision| matches!(decision, Decision::Suppress(_))), "suppressed"),
        (
            state.files().iter().map(|file| if file.source.is_some() { file.open } else { file.total }).sum(),
            "undecided",
        ),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    let fixes = if parts.is_empty() { "no fix".to_owned() } else { parts.join(", ") };
    format!("{} of {} changed: {fixes}", changed, plural(state.files().len(), "file", "files"))
}

/// Writes what was decided by the user to a file, with what was known before.
fn save(path: &Path, state: &State, earlier: Option<Saved>, quiet: bool) -> Result<(), String> {
    let mut left_out = LeftOut::default();
    let mut new = Saved::default();
    for decided in state.files().iter().flat_map(|file| &file.outcome) {
        new.add_decided(decided, &mut left_out);
    }
    let all = earlier.unwrap_or_default().overridden_by(new);
    let failed = |error: io::Error| format!("{}: the decisions can't be saved: {error}", path.display());
    let text = all.to_yaml().map_err(|error| failed(io::Error::other(error)))?;
    write::put(path, text.as_bytes()).map_err(failed)?;
    if !quiet {
        terminal::line(&format!("{}: {}", path.display(), plural(all.len(), "decision", "decisions")));
    }
    if left_out.unproved > 0 {
        let number = plural(left_out.unproved, "edited text", "edited texts");
        terminal::warning(&format!("{number} not saved: without a proof, or of several places, they hold only here"));
    }
    if left_out.torn > 0 {
        let number = plural(left_out.torn, "fix", "fixes");
        terminal::warning(&format!("{number} not saved: the same lines were decided in different ways"));
    }
    Ok(())
}
