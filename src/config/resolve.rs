//! What is in force for a Dockerfile, out of a chain of files and the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_saphyr::Spanned;

use crate::edit::{Options, Selected, Settings, Transform};
use crate::registry::{Location, Registries, Registry};
use crate::transforms;

use super::chain::Layer;
use super::file::{self, Profile, Rules, Safety};
use super::names;

/// Transforms that keep a cache out of the image by an option or a command, where a cache mount would do it too.
pub const REPLACED_BY_CACHE_MOUNTS: &[&str] = &[
    "apk-no-cache",
    "apt-clean-lists",
    "dnf-clean",
    "npm-cache-clean",
    "pip-no-cache-dir",
    "yarn-cache-clean",
    "yum-clean",
    "zypper-clean",
];

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A line of a configuration file, from 1.
    File(PathBuf, u64),
    /// An argument of the command line.
    CommandLine(&'static str),
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

/// Transforms that a list names, and where it stands.
pub type List = Sourced<Vec<&'static Transform>>;

/// What the command line asks for; it wins over every file.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// `--select`
    pub select: Vec<&'static Transform>,
    /// `--ignore`
    pub ignore: Vec<&'static Transform>,
    /// `--unsafe`
    pub allow_unsafe: bool,
    /// `--set`
    pub options: Vec<(&'static Transform, String, String)>,
}

/// What is in force.
#[derive(Debug, Clone)]
pub struct Effective {
    /// Only these; without a list, all that are not opt-in.
    pub select: Option<List>,
    /// These as well.
    pub extend_select: Vec<List>,
    /// Lists of those that take no part.
    pub ignore: Vec<List>,
    /// How far fixes may go.
    pub safety: Sourced<Safety>,
    /// How caches are kept out.
    pub profile: Sourced<Profile>,
    /// Options that were set, by transform and name.
    pub options: BTreeMap<(&'static str, String), Sourced<String>>,
    /// Whether a suppression needs a reason.
    pub reasons: Sourced<bool>,
    /// How registries are asked, by host and port: what the nearest file says of each.
    pub registries: BTreeMap<String, Sourced<Registry>>,
}

impl Default for Effective {
    fn default() -> Self {
        Self {
            select: None,
            extend_select: Vec::new(),
            ignore: Vec::new(),
            safety: Sourced { value: Safety::Safe, origin: Origin::Default },
            profile: Sourced { value: Profile::Classic, origin: Origin::Default },
            options: BTreeMap::new(),
            reasons: Sourced { value: false, origin: Origin::Default },
            registries: BTreeMap::new(),
        }
    }
}

impl Effective {
    /// Puts together what the files say, nearest last, and what was asked for. `holds` says whether an override of
    /// a layer holds for the file in question.
    #[must_use]
    pub fn of(layers: &[Layer], holds: &dyn Fn(usize, usize) -> bool, asked: &Asked) -> Self {
        let mut effective = Self::default();
        for (number, layer) in layers.iter().enumerate() {
            effective.take(&layer.path, &layer.file.rules());
            if let Some(reasons) = &layer.file.require_suppression_reasons {
                effective.reasons = from(&layer.path, reasons, reasons.value);
            }
            for (host, rules) in layer.file.registries.iter().flat_map(|registries| &registries.0) {
                effective.registries.insert(host.value.clone(), from(&layer.path, host, registry(&layer.path, rules)));
            }
            for (part, rules) in layer.file.overrides.iter().enumerate() {
                if holds(number, part) {
                    effective.take(&layer.path, &rules.rules());
                }
            }
        }
        effective.take_asked(asked);
        effective
    }

    fn take(&mut self, path: &Path, rules: &Rules<'_>) {
        if let Some(names) = rules.select {
            self.select = Some(list(path, names));
            self.extend_select.clear();
        }
        if !rules.extend_select.is_empty() {
            self.extend_select.push(list(path, rules.extend_select));
        }
        if let Some(names) = rules.ignore {
            self.ignore = vec![list(path, names)];
        }
        if !rules.extend_ignore.is_empty() {
            self.ignore.push(list(path, rules.extend_ignore));
        }
        if let Some(safety) = rules.safety {
            self.safety = from(path, safety, safety.value);
        }
        if let Some(profile) = rules.profile {
            self.profile = from(path, profile, profile.value);
        }
        for (id, options) in rules.transforms {
            // An id that no transform has was refused when the file was read.
            let Some(transform) = transforms::find(&id.value) else { continue };
            for (key, value) in &options.0 {
                self.options.insert((transform.id, key.value.clone()), from(path, value, value.value.clone()));
            }
        }
    }

    fn take_asked(&mut self, asked: &Asked) {
        let said =
            |names: &[&'static Transform], flag| Sourced { value: names.to_vec(), origin: Origin::CommandLine(flag) };
        if !asked.select.is_empty() {
            self.select = Some(said(&asked.select, "--select"));
            self.extend_select.clear();
            // What is asked for by name takes part, whatever a file ignores.
            self.ignore.clear();
        }
        if !asked.ignore.is_empty() {
            self.ignore.push(said(&asked.ignore, "--ignore"));
        }
        if asked.allow_unsafe {
            self.safety = Sourced { value: Safety::Unsafe, origin: Origin::CommandLine("--unsafe") };
        }
        for (transform, key, value) in &asked.options {
            let value = Sourced { value: value.clone(), origin: Origin::CommandLine("--set") };
            self.options.insert((transform.id, key.clone()), value);
        }
    }

    /// Whether a transform takes part, and which list says so.
    #[must_use]
    pub fn takes_part(&self, transform: &'static Transform) -> (bool, Origin) {
        let names = |list: &&List| list.value.iter().any(|other| other.id == transform.id);
        if let Some(list) = self.ignore.iter().rev().find(names) {
            return (false, list.origin.clone());
        }
        if let Some(list) = self.select.iter().chain(&self.extend_select).find(names) {
            return (true, list.origin.clone());
        }
        if let Some(list) = &self.select {
            return (false, list.origin.clone());
        }
        if transform.opt_in {
            return (false, Origin::Default);
        }
        if self.profile.value == Profile::Buildkit && REPLACED_BY_CACHE_MOUNTS.contains(&transform.id) {
            return (false, self.profile.origin.clone());
        }
        (true, Origin::Default)
    }

    /// How registries are asked.
    #[must_use]
    pub fn registries(&self) -> Registries {
        Registries(self.registries.iter().map(|(host, registry)| (host.clone(), registry.value.clone())).collect())
    }

    /// Whether a list asks for the transform by its name.
    #[must_use]
    pub fn by_name(&self, transform: &'static Transform) -> bool {
        let lists = self.select.iter().chain(&self.extend_select);
        lists.flat_map(|list| &list.value).any(|other| other.id == transform.id)
    }

    /// What a run over the file needs.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let taken = transforms::ALL.iter().copied().filter(|transform| self.takes_part(transform).0);
        let mut options = Options::default();
        for ((id, key), value) in &self.options {
            options.set(id, key, &value.value);
        }
        Settings {
            transforms: taken.map(|transform| Selected { transform, by_name: self.by_name(transform) }).collect(),
            allow_unsafe: self.safety.value == Safety::Unsafe,
            options,
            limit: None,
            require_reasons: self.reasons.value,
            images: None,
        }
    }
}

/// What a file says of a registry. Wrong places were refused when the file was read.
fn registry(path: &Path, rules: &file::Registry) -> Registry {
    let place = |place: &Spanned<String>| Location::read(&place.value).ok();
    let folder = path.parent().unwrap_or(Path::new(""));
    Registry {
        rewrite: rules.rewrite.as_ref().and_then(place),
        mirrors: rules.mirrors.iter().flatten().filter_map(place).collect(),
        plain_http: rules.plain_http.as_ref().is_some_and(|plain| plain.value),
        ca_file: rules.ca_file.as_ref().map(|file| folder.join(&file.value)),
        concurrent: rules.concurrent.as_ref().map(|number| usize::from(number.value)),
    }
}

fn from<T, V>(path: &Path, place: &Spanned<V>, value: T) -> Sourced<T> {
    Sourced { value, origin: Origin::File(path.to_owned(), place.referenced.line()) }
}

/// The transforms of a list. Unknown names were refused when the file was read.
fn list(path: &Path, names: &[Spanned<String>]) -> List {
    let line = names.first().map_or(1, |name| name.referenced.line());
    let value = names.iter().filter_map(|name| names::matching(&name.value).ok()).flatten().collect();
    Sourced { value, origin: Origin::File(path.to_owned(), line) }
}
