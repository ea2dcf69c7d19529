//! A run over Dockerfiles: find, read, fix, hand to the consumer in path order.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use crate::config::{ConfigError, Configuration, Resolved};
use crate::context::{Context, Index, Resolution};
use crate::edit::{Outcome, Settings, fix_source_beside};
use crate::model::{Model, literal_sources};
use crate::pin::Images;
use crate::report::summary::Tally;
use crate::review::plan::Fixing;
use crate::review::saved::Saved;
use crate::syntax::ParseError;
use crate::walk::{self, Entry, Options, lexical, templates};

use super::args::{ColorChoice, Files, RunArgs};
use super::cached::{self, Batch};
use super::consume::{Consumer, separated};
use super::images::{self, Named, OfRun};
use super::numbers::Numbers;
use super::{Status, review_command, select, terminal};

/// Files that are worked on before their results are printed: bounds what is held in memory.
const BATCH: usize = 512;
/// For fewer files a cache is not worth reading.
const FEW: usize = 32;
/// After this long a progress bar appears.
const PATIENCE: Duration = Duration::from_millis(500);
/// The shell parser recurses: a deep command must not end the process.
pub const STACK: usize = 32 * 1024 * 1024;

/// Of a file on which a panic was caught.
pub const FAILED_ITSELF: &str = "dockmod failed on this file: please report it as a bug, with the file";

/// What became of a file.
pub struct Report {
    /// The file.
    pub path: PathBuf,
    /// Its result.
    pub result: FileResult,
}

/// The ways a file can end.
pub enum FileResult {
    /// It was looked at in an earlier run, and nothing that this rested on has changed.
    Known(Tally),
    /// It was looked at.
    Fixed {
        /// Its text before.
        source: Vec<u8>,
        /// What was done.
        outcome: Box<Outcome>,
    },
    /// It is no Dockerfile to work on.
    Skipped(String),
    /// It could not be read or parsed.
    Failed(String),
    /// Its configuration is wrong.
    Unconfigured(Arc<ConfigError>),
}

/// Runs over the paths of the arguments.
pub fn run(args: &RunArgs) -> io::Result<Status> {
    let configuration = match select::configuration(&args.choice, &args.config) {
        Ok(configuration) => configuration,
        Err(message) => {
            terminal::error(&message);
            return Ok(Status::Failed);
        }
    };
    set_colours(args.color);
    let saved = match review_command::load(args) {
        Ok(saved) => saved,
        Err(message) => {
            terminal::error(&message);
            return Ok(Status::Failed);
        }
    };
    // A panic is reported with the file that caused it.
    std::panic::set_hook(Box::new(|_| {}));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads.unwrap_or(0)).stack_size(STACK).build();
    let pool = match pool {
        Ok(pool) => pool,
        Err(error) => {
            terminal::error(&format!("no threads could be started: {error}"));
            return Ok(Status::Failed);
        }
    };
    if args.interactive {
        return review_command::review(args, &configuration, saved, &pool);
    }
    let saved = saved.as_ref();
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return pool.install(|| filter(args, &configuration, saved));
    }
    pool.install(|| files(args, &configuration, saved))
}

pub fn set_colours(choice: ColorChoice) {
    match choice {
        ColorChoice::Auto => {}
        ColorChoice::Always => {
            console::set_colors_enabled(true);
            console::set_colors_enabled_stderr(true);
        }
        ColorChoice::Never => {
            console::set_colors_enabled(false);
            console::set_colors_enabled_stderr(false);
        }
    }
}

/// The folders and files to walk; this folder where none is named.
pub fn roots(paths: &[PathBuf]) -> Vec<PathBuf> {
    if paths.is_empty() { vec![PathBuf::from(".")] } else { paths.to_vec() }
}

/// Gives the entries below the paths to `take`, in path order, without those that their configuration leaves out.
pub fn with_entries<T>(
    files: Files,
    paths: &[PathBuf],
    configuration: &Configuration,
    take: impl FnOnce(&mut dyn Iterator<Item = Entry>) -> T,
) -> T {
    let options = Options {
        paths: paths.to_vec(),
        force_exclude: files.force_exclude,
        hidden: files.hidden,
        no_ignore: files.no_ignore,
    };
    // A file that is named is wanted, save where names come from a hook.
    let is_named = |path: &Path| !files.force_exclude && paths.iter().any(|named| named == path);
    let stays = |entry: &Entry| match entry {
        Entry::Dockerfile(path) => !configuration.excludes(path) || is_named(path),
        Entry::Skipped { .. } | Entry::Failed { .. } => true,
    };
    walk::walk(&options, &|path| configuration.includes(path), |entries| take(&mut entries.filter(stays)))
}

/// All of them at once.
pub fn entries(files: Files, paths: &[PathBuf], configuration: &Configuration) -> Vec<Entry> {
    with_entries(files, paths, configuration, |entries| entries.collect())
}

/// The next entries, so many that it is worth to share them out among threads; none at the end.
fn batch_of(entries: &mut dyn Iterator<Item = Entry>) -> Vec<Entry> {
    entries.take(BATCH).collect()
}

fn files(args: &RunArgs, configuration: &Configuration, saved: Option<&Saved>) -> io::Result<Status> {
    with_entries(args.files, &args.paths, configuration, |entries| of_entries(args, configuration, saved, entries))
}

fn of_entries(
    args: &RunArgs,
    configuration: &Configuration,
    saved: Option<&Saved>,
    entries: &mut dyn Iterator<Item = Entry>,
) -> io::Result<Status> {
    // Without a path, names are shown as a reader in this folder would write them.
    let given = roots(&args.paths);
    let index = Index::new(&given);
    let numbers = Numbers::of(args, saved);
    let mut consumer = Consumer::new(args, given.clone());
    let mut images = OfRun::new(configuration);
    let mut progress = Progress::new();
    let mut batch = batch_of(entries);
    let mut cache = if batch.len() < FEW { None } else { cached::open(args, numbers, configuration, &given) };
    while !batch.is_empty() {
        if let Err(unasked) = images.learn(batch.par_iter().filter_map(|entry| named(entry, configuration)).collect()) {
            unasked.tell();
            return Ok(Status::Failed);
        }
        let known = images.known();
        let known_before = cache.as_mut().map(|cache| cache.batch(&batch));
        let report = |entry: &Entry| {
            let Report { path, result } = report(entry, configuration, saved, known, &index, known_before.as_ref());
            Report { path, result: numbers.reduced(result) }
        };
        let reports: Vec<Report> = batch.par_iter().map(report).collect();
        progress.advance(batch.len());
        progress.suspend(|| reports.into_iter().try_for_each(|report| consumer.take(report)))?;
        if let Some(before) = known_before {
            before.finish();
        }
        batch = batch_of(entries);
    }
    progress.finish();
    for note in index.notes() {
        terminal::warning(&format!("{}: {}: it tells no build context", note.path.display(), note.message));
    }
    let status = consumer.finish()?;
    if let Some(cache) = cache {
        cache.finish();
    }
    Ok(if images.tell_failures() { Status::Failed } else { status })
}

/// The images that an entry names, where its settings ask for them.
fn named(entry: &Entry, configuration: &Configuration) -> Option<Named> {
    let Entry::Dockerfile(path) = entry else { return None };
    let resolved = configuration.for_file(path).ok().filter(|resolved| images::asks(resolved))?;
    Some(Named { path: path.clone(), uses: images::named(path), versions: images::wants_versions(&resolved) })
}

fn report(
    entry: &Entry,
    configuration: &Configuration,
    saved: Option<&Saved>,
    images: Option<&Arc<Images>>,
    index: &Index,
    cache: Option<&Batch<'_>>,
) -> Report {
    let path = entry.path().to_path_buf();
    let result = match entry {
        Entry::Skipped { reason, .. } => FileResult::Skipped(reason.to_string()),
        Entry::Failed { error, .. } => FileResult::Failed(error.to_string()),
        Entry::Dockerfile(path) => match configuration.for_file(path) {
            Ok(resolved) => match fs::read(path) {
                Ok(source) => {
                    let settings = with_images(&resolved.settings, images);
                    let work = |source| fixed(path, source, &settings, saved, index);
                    match cache.filter(|_| settings.images.is_none()) {
                        Some(cache) => cache.look_up(path, source, &resolved, work),
                        None => work(source),
                    }
                }
                Err(error) => FileResult::Failed(format!("it can't be read: {error}")),
            },
            Err(error) => FileResult::Unconfigured(error),
        },
    };
    Report { path, result }
}

/// The settings with what is known of images.
pub fn with_images<'s>(settings: &'s Settings, images: Option<&Arc<Images>>) -> Cow<'s, Settings> {
    match images {
        None => Cow::Borrowed(settings),
        Some(images) => Cow::Owned(Settings { images: Some(Arc::clone(images)), ..settings.clone() }),
    }
}

fn fixed(path: &Path, source: Vec<u8>, settings: &Settings, saved: Option<&Saved>, index: &Index) -> FileResult {
    let outcome = guarded(path, &source, settings, index, |fixing| {
        let Fixing { settings, context, beside } = fixing;
        match saved {
            None => fix_source_beside(&source, settings, context, beside),
            Some(saved) => saved.fix(&source, fixing),
        }
    });
    match outcome {
        Ok(outcome) => FileResult::Fixed { source, outcome: Box::new(outcome) },
        Err(other) => other,
    }
}

/// Works on a file by its configuration; `images` says what is known of images where that asks for it.
pub fn configured<T>(
    path: &Path,
    source: &[u8],
    configuration: &Configuration,
    index: &Index,
    images: &dyn Fn(&Resolved) -> Option<Arc<Images>>,
    work: impl FnOnce(Fixing<'_>) -> Result<T, ParseError>,
) -> Result<T, FileResult> {
    let resolved = configuration.for_file(path).map_err(FileResult::Unconfigured)?;
    guarded(path, source, &with_images(&resolved.settings, images(&resolved).as_ref()), index, work)
}

/// Works on a file that is no template; a panic and a file that BuildKit refuses become results.
fn guarded<T>(
    path: &Path,
    source: &[u8],
    settings: &Settings,
    index: &Index,
    work: impl FnOnce(Fixing<'_>) -> Result<T, ParseError>,
) -> Result<T, FileResult> {
    if let Some(marker) = templates::template_marker(source) {
        return Err(FileResult::Skipped(format!("a template ({}, line {})", marker.kind, marker.line)));
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let context = |model: &Model<'_, '_>| match index.resolve(path, &literal_sources(model)) {
            Resolution::Known(context) => Some(context),
            Resolution::Unknown(_) => None,
        };
        work(Fixing { settings, context: &context, beside: Context::beside(path).as_ref() })
    }));
    match outcome {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(FileResult::Failed(format!(
            "{}:{}: {error}; BuildKit would not build it either",
            error.line, error.column
        ))),
        Err(_) => Err(FileResult::Failed(FAILED_ITSELF.to_owned())),
    }
}

/// Text from stdin, its fixed form to stdout.
fn filter(args: &RunArgs, configuration: &Configuration, saved: Option<&Saved>) -> io::Result<Status> {
    if args.paths.len() > 1 {
        terminal::error("`-` reads stdin and takes no further paths");
        return Ok(Status::Failed);
    }
    if args.apply {
        terminal::error("`-` writes to stdout: `--apply` has nothing to write to");
        return Ok(Status::Failed);
    }
    let mut source = Vec::new();
    io::stdin().lock().read_to_end(&mut source)?;
    let name = args.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("Dockerfile"));
    let folder = lexical::folder_of(&name).to_path_buf();
    let index = Index::new(&[folder]);
    let mut status = Status::Done;
    let mut images = OfRun::new(configuration);
    let result = match configuration.for_file(&name) {
        Ok(resolved) => {
            if let Err(unasked) = images.learn_of(&name, &source, &resolved) {
                unasked.tell();
                return Ok(Status::Failed);
            }
            fixed(&name, source.clone(), &with_images(&resolved.settings, images.known()), saved, &index)
        }
        Err(error) => FileResult::Unconfigured(error),
    };
    let changed = match result {
        FileResult::Fixed { outcome, .. } => outcome.changed,
        FileResult::Skipped(_) | FileResult::Known(_) => None,
        FileResult::Failed(message) => {
            terminal::error(&separated(&name.display().to_string(), &message));
            status = Status::Failed;
            None
        }
        FileResult::Unconfigured(error) => {
            terminal::config_error(&error);
            status = Status::Failed;
            None
        }
    };
    if images.tell_failures() {
        status = Status::Failed;
    }
    if args.check {
        return Ok(if status == Status::Done && changed.is_some() { Status::WouldChange } else { status });
    }
    io::stdout().lock().write_all(changed.as_deref().unwrap_or(&source))?;
    Ok(status)
}

/// How many files are done, on stderr, once a run takes long. Of how many is not known before the last one is found.
struct Progress {
    bar: ProgressBar,
    started: Instant,
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} Dockerfiles") {
            bar.set_style(style);
        }
        Self { bar, started: Instant::now(), shown: false }
    }

    fn advance(&mut self, by: usize) {
        if !self.shown && self.started.elapsed() > PATIENCE && console::user_attended_stderr() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
        self.bar.inc(by as u64);
    }

    fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        if self.shown { self.bar.suspend(print) } else { print() }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
