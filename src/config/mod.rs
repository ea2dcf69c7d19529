//! `dockmod.yaml`: the nearest one upward from a Dockerfile, what it extends, and what is in force for the file.
#![allow(clippy::disallowed_methods, reason = "this room reads configuration files")]

mod chain;
mod error;
mod file;
mod names;
mod patterns;
mod read;
mod resolve;
mod schema;
mod show;
mod start;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::cache;
use crate::edit::Settings;
use crate::walk::lexical;

pub use chain::Layer;
pub use error::ConfigError;
pub use file::{File, Profile, Safety};
pub use names::{exactly, matching, unknown, value, values};
pub use resolve::{Asked, Effective, Origin, REPLACED_BY_CACHE_MOUNTS, Sourced};
pub use schema::SCHEMA;
pub use show::show;
pub use start::START;

/// The names that are looked for in a folder, the first one first.
pub const NAMES: [&str; 2] = ["dockmod.yaml", ".dockmod.yaml"];

/// Where configuration is taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The nearest file upward from each Dockerfile.
    Nearest,
    /// One file for all.
    File(PathBuf),
    /// None.
    Nothing,
}

/// What is in force for one file.
#[derive(Debug)]
pub struct Resolved {
    /// Every value with its origin.
    pub effective: Effective,
    /// The settings of a run that follow from it.
    pub settings: Settings,
    fingerprint: cache::Key,
}

/// What was found for a folder: the chain of its nearest file, if there is one.
type Found = Result<Option<Arc<Loaded>>, Arc<ConfigError>>;

/// A chain that was read, with what was worked out for its combinations of overrides.
#[derive(Debug)]
struct Loaded {
    layers: Vec<Layer>,
    resolved: RwLock<HashMap<Vec<bool>, Arc<Resolved>>>,
}

/// So many folders are remembered; then it begins anew.
const MOST_FOLDERS: usize = 16_384;

/// Finds and reads configuration files, each once, and says what is in force for a Dockerfile.
#[derive(Debug)]
pub struct Configuration {
    wanted: Wanted,
    asked: Asked,
    /// What holds where no file does.
    plain: Arc<Resolved>,
    /// The file that was named.
    named: Option<Found>,
    /// By absolute folder.
    folders: RwLock<HashMap<PathBuf, Found>>,
    /// By absolute path of the file.
    files: RwLock<HashMap<PathBuf, Found>>,
}

impl Configuration {
    /// Takes configuration from where it is wanted; what is asked for on the command line wins.
    #[must_use]
    pub fn new(wanted: Wanted, asked: Asked) -> Self {
        let plain = Arc::new(Resolved::of(Effective::of(&[], &|_, _| false, &asked)));
        let named = match &wanted {
            Wanted::File(path) => Some(load(&absolute(path))),
            Wanted::Nearest | Wanted::Nothing => None,
        };
        Self { wanted, asked, plain, named, folders: RwLock::default(), files: RwLock::default() }
    }

    /// What holds where no file does.
    #[must_use]
    pub fn plain(&self) -> &Resolved {
        &self.plain
    }

    /// What is in force for the Dockerfile at `path`.
    ///
    /// # Errors
    /// Where its configuration can't be read or is wrong.
    pub fn for_file(&self, path: &Path) -> Result<Arc<Resolved>, Arc<ConfigError>> {
        let Some((loaded, file)) = self.found(path)? else { return Ok(Arc::clone(&self.plain)) };
        let holds = |layer: &Layer| layer.overrides.iter().map(|part| part.hold(&file)).collect::<Vec<_>>();
        let holding: Vec<Vec<bool>> = loaded.layers.iter().map(holds).collect();
        let key = holding.concat();
        if let Some(known) = loaded.resolved.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let effective = Effective::of(&loaded.layers, &|layer, part| holding[layer][part], &self.asked);
        let resolved = Arc::new(Resolved::of(effective));
        let mut known = loaded.resolved.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.entry(key).or_insert(resolved)))
    }

    /// The configuration files in force for a Dockerfile, nearest last.
    ///
    /// # Errors
    /// As [`Self::for_file`].
    pub fn files_of(&self, path: &Path) -> Result<Vec<PathBuf>, Arc<ConfigError>> {
        let found = self.found(path)?;
        Ok(found.map(|(loaded, _)| loaded.layers.iter().map(|layer| layer.path.clone()).collect()).unwrap_or_default())
    }

    /// Whether a configuration takes the file for a Dockerfile, whatever its name. A wrong configuration takes none:
    /// it is told of for the Dockerfiles below it.
    #[must_use]
    pub fn includes(&self, path: &Path) -> bool {
        let Ok(Some((loaded, file))) = self.found(path) else { return false };
        loaded.layers.iter().rev().find_map(|layer| layer.include.as_ref()).is_some_and(|include| include.hold(&file))
    }

    /// Whether a configuration leaves the Dockerfile out.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        let Ok(Some((loaded, file))) = self.found(path) else { return false };
        loaded.layers.iter().rev().find_map(|layer| layer.exclude.as_ref()).is_some_and(|exclude| exclude.hold(&file))
    }

    /// The chain for a file, and its absolute path.
    fn found(&self, path: &Path) -> Result<Option<(Arc<Loaded>, PathBuf)>, Arc<ConfigError>> {
        if self.wanted == Wanted::Nothing {
            return Ok(None);
        }
        let file = absolute(path);
        let found = match &self.named {
            Some(named) => named.clone(),
            None => file.parent().map_or(Ok(None), |folder| self.nearest(folder)),
        }?;
        Ok(found.map(|loaded| (loaded, file)))
    }

    /// The nearest file, in this folder or above. Each folder is looked at once, or seldom where there are many.
    fn nearest(&self, folder: &Path) -> Found {
        if let Some(known) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(folder) {
            return known.clone();
        }
        let here = NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
        let found = match here {
            Some(path) => self.loaded(&path),
            None => folder.parent().map_or(Ok(None), |above| self.nearest(above)),
        };
        let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        if folders.len() >= MOST_FOLDERS {
            folders.clear();
        }
        folders.insert(folder.to_owned(), found.clone());
        found
    }

    fn loaded(&self, path: &Path) -> Found {
        if let Some(known) = self.files.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        let found = load(path);
        // Where two threads came here at once, both take the same one.
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.entry(path.to_owned()).or_insert(found).clone()
    }
}

impl Resolved {
    fn of(effective: Effective) -> Self {
        let settings = effective.settings();
        let fingerprint = fingerprint(&settings);
        Self { effective, settings, fingerprint }
    }

    /// Tells these settings from others.
    #[must_use]
    pub const fn fingerprint(&self) -> &cache::Key {
        &self.fingerprint
    }
}

/// All that changes what becomes of a file; what registries say is not in it.
fn fingerprint(settings: &Settings) -> cache::Key {
    let Settings { transforms, allow_unsafe, options, limit, require_reasons, images: _ } = settings;
    let transforms: Vec<_> = transforms.iter().map(|selected| (selected.transform.id, selected.by_name)).collect();
    cache::key([format!("{transforms:?} {allow_unsafe} {options:?} {limit:?} {require_reasons}").as_bytes()])
}

fn load(path: &Path) -> Found {
    match chain::Chain::read(path) {
        Ok(chain) => Ok(Some(Arc::new(Loaded { layers: chain.0, resolved: RwLock::default() }))),
        Err(error) => Err(Arc::new(error)),
    }
}

fn absolute(path: &Path) -> PathBuf {
    // Without a working folder a path can only be taken as it is.
    lexical::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests;
