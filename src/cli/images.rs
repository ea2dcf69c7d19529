//! What a run needs to know of images: out of the lock, and from registries.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::{ConfigError, Configuration, Resolved};
use crate::model::Model;
use crate::pin::{Images, LOCK_NAME, Lock, Need, Use, gather, uses};
use crate::registry::client::{Client, Patience};
use crate::registry::{Reference, Source};
use crate::report::plural;
use crate::syntax;
use crate::transforms::pin_tag;
use crate::walk::{lexical, templates};

use super::terminal;

/// A Dockerfile with the images that it names.
pub struct Named {
    /// The file.
    pub path: PathBuf,
    /// Its images.
    pub uses: Vec<Use>,
    /// Whether versions of `latest` are wanted.
    pub versions: bool,
}

/// The images that a file names; none where it can't be read or is no Dockerfile, of which the fixes tell.
pub fn named(path: &Path) -> Vec<Use> {
    let Ok(source) = fs::read(path) else { return Vec::new() };
    named_in(&source)
}

/// The images that a text names.
pub fn named_in(source: &[u8]) -> Vec<Use> {
    if templates::template_marker(source).is_some() {
        return Vec::new();
    }
    match syntax::parse(source) {
        Ok(file) => uses(&Model::of(&file)),
        Err(_) => Vec::new(),
    }
}

/// Whether a run by these settings has to know images.
pub fn asks(resolved: &Resolved) -> bool {
    resolved.settings.transforms.iter().any(|selected| selected.transform.asks_registries)
}

/// Whether it names versions of `latest`.
pub fn wants_versions(resolved: &Resolved) -> bool {
    resolved.settings.transforms.iter().any(|selected| selected.transform.id == pin_tag::TRANSFORM.id)
}

/// The nearest lock upward from the working folder.
pub fn nearest_lock() -> Option<PathBuf> {
    let here = lexical::absolute(Path::new(".")).ok()?;
    let place = here.ancestors().map(|folder| folder.join(LOCK_NAME)).find(|path| path.is_file())?;
    // As a reader in this folder would write it.
    Some(place.strip_prefix(&here).map_or(place.clone(), Path::to_path_buf))
}

/// Why nobody is asked.
pub enum Unasked {
    /// The configuration is wrong.
    Configuration(Arc<ConfigError>),
    /// The lock, or a file that the configuration names, is wrong.
    File(String),
}

impl Unasked {
    /// Prints it.
    pub fn tell(&self) {
        match self {
            Self::Configuration(error) => terminal::config_error(error),
            Self::File(message) => terminal::error(message),
        }
    }

    /// It as one text.
    pub fn message(&self) -> String {
        match self {
            Self::Configuration(error) => error.to_string(),
            Self::File(message) => message.clone(),
        }
    }
}

fn load_nearest() -> Result<Lock, Unasked> {
    let lock = nearest_lock().map_or(Ok(Lock::default()), |path| Lock::load(&path));
    lock.map_err(|error| Unasked::File(error.to_string()))
}

/// What has to be known; `pinned` ones as well, or only those that are to be pinned.
pub fn needs(files: &[Named], pinned: bool) -> BTreeSet<(Reference, Need)> {
    let all = files.iter().flat_map(|file| file.uses.iter().flat_map(|used| used.needs(file.versions)));
    all.filter(|(reference, _)| pinned || reference.digest.is_none()).collect()
}

/// Why nothing can be done for an image: it is not known, or not there for its platform.
pub fn failure(used: &Use, images: &Images) -> Option<String> {
    let Use { reference, platform, .. } = used;
    let asked = if reference.digest.is_some() { reference.clone() } else { reference.by_tag() };
    match images.answer(&asked)? {
        Err(error) => Some(error.to_string()),
        Ok(_) => images.lacks(&asked, platform.as_deref()),
    }
}

/// What failed: for each reference why, and where it is named.
pub fn failures(files: &[Named], images: &Images) -> Vec<String> {
    let mut failed: BTreeMap<(&Reference, String), Vec<String>> = BTreeMap::new();
    for file in files {
        for used in &file.uses {
            let Use { line, reference, .. } = used;
            let Some(reason) = failure(used, images) else { continue };
            failed.entry((reference, reason)).or_default().push(format!("{}:{line}", file.path.display()));
        }
    }
    let told = |((reference, reason), places): ((&Reference, String), Vec<String>)| {
        let others = match places.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        format!("{}{others}: {reference}: {reason}", places[0])
    };
    failed.into_iter().map(told).collect()
}

/// Who asks registries.
pub struct Asker(Client);

impl Asker {
    /// As it is configured for the working folder.
    ///
    /// # Errors
    /// With a message where the configuration, or a file that it names, is wrong.
    pub fn new(configuration: &Configuration) -> Result<Self, Unasked> {
        let resolved = configuration.for_file(Path::new("Dockerfile")).map_err(Unasked::Configuration)?;
        let client = Client::new(resolved.effective.registries(), Patience::default());
        Ok(Self(client.map_err(Unasked::File)?))
    }

    /// Who answers.
    pub fn source(&self) -> &dyn Source {
        &self.0
    }

    /// Asks for all that is needed, with a bar where it takes long.
    pub fn gather(&self, images: &mut Images, needs: &BTreeSet<(Reference, Need)>) {
        let bar = bar(needs.len());
        gather(images, needs, Ok(self.source()), &|| bar.inc(1));
        bar.finish_and_clear();
    }

    /// How many requests were sent, and what the registries said last of how many they still take.
    pub fn told(&self) -> Vec<String> {
        let mut lines = vec![format!("{} asked of registries", plural(self.0.requests(), "request", "requests"))];
        for (host, limit) in self.0.limits() {
            lines.push(format!("{host} takes {} more of {} requests", limit.remaining, limit.limit));
        }
        lines
    }
}

/// A bar on stderr, where that is a terminal.
pub fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} images") {
        bar.set_style(style);
    }
    if console::user_attended_stderr() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    bar
}

/// What is known of images: out of the nearest lock, and from registries for the others. Nothing is read and nobody is
/// asked before a file needs to know one; each image is asked for once.
pub struct OfRun<'c> {
    configuration: &'c Configuration,
    known: Option<Arc<Images>>,
    asker: Option<Asker>,
    asked: BTreeSet<(Reference, Need)>,
    /// The files that name images of which nothing is known, with these alone.
    failing: Vec<Named>,
}

impl<'c> OfRun<'c> {
    /// Asks nobody yet.
    pub const fn new(configuration: &'c Configuration) -> Self {
        Self { configuration, known: None, asker: None, asked: BTreeSet::new(), failing: Vec::new() }
    }

    /// What is known so far; nothing where no file needed to know.
    pub const fn known(&self) -> Option<&Arc<Images>> {
        self.known.as_ref()
    }

    /// Asks for what these files need to know.
    ///
    /// # Errors
    /// Where the lock or the configuration of registries is wrong.
    pub fn learn(&mut self, files: Vec<Named>) -> Result<(), Unasked> {
        if files.is_empty() {
            return Ok(());
        }
        let known = match &mut self.known {
            Some(known) => known,
            none => none.insert(Arc::new(Images::of(&load_nearest()?))),
        };
        let mut needs = needs(&files, false);
        needs.retain(|need| !self.asked.contains(need));
        let is_open = |(reference, need): &(Reference, Need)| {
            known.answer(reference).is_none() || (*need == Need::Versions && known.versions(reference).is_empty())
        };
        if needs.iter().any(is_open) {
            let asker = match &mut self.asker {
                Some(asker) => asker,
                none => none.insert(Asker::new(self.configuration)?),
            };
            asker.gather(Arc::make_mut(known), &needs);
        }
        self.asked.extend(needs);
        for mut file in files {
            file.uses.retain(|used| failure(used, known).is_some());
            if !file.uses.is_empty() {
                self.failing.push(file);
            }
        }
        Ok(())
    }

    /// Asks for what a text needs to know, where its settings ask for it.
    ///
    /// # Errors
    /// As [`Self::learn`].
    pub fn learn_of(&mut self, path: &Path, source: &[u8], resolved: &Resolved) -> Result<(), Unasked> {
        if !asks(resolved) {
            return Ok(());
        }
        self.learn(vec![Named { path: path.to_path_buf(), uses: named_in(source), versions: wants_versions(resolved) }])
    }

    /// Prints what failed, and says whether anything did.
    pub fn tell_failures(&self) -> bool {
        let failures = self.known.as_ref().map_or_else(Vec::new, |known| failures(&self.failing, known));
        for failure in &failures {
            terminal::error(failure);
        }
        !failures.is_empty()
    }
}

/// What is known of images, asked for file by file from several threads.
pub struct OnDemand<'c>(Mutex<OfRun<'c>>);

impl<'c> OnDemand<'c> {
    /// Asks nobody yet.
    pub const fn new(configuration: &'c Configuration) -> Self {
        Self(Mutex::new(OfRun::new(configuration)))
    }

    /// What has to be known for a text, where its settings ask for it and it can be asked.
    pub fn for_file(&self, resolved: &Resolved, source: &[u8]) -> Option<Arc<Images>> {
        if !asks(resolved) {
            return None;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.learn_of(Path::new(""), source, resolved).ok()?;
        known.known().cloned()
    }
}
