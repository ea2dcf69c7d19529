//! Finds the context of one Dockerfile after the other. Only folders on the way up from a Dockerfile are
//! read, each once.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use super::compose::{self, Claim, ComposeFile};
use super::disk::{self, Asked, Kind};
use super::ignorefile::{IgnoreError, IgnoreRules, clean};
use super::{Context, Reason, Resolution, Source, Target};
use crate::walk::lexical;

/// The most that is read of a compose or ignore file, in bytes. No real one comes near it.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// A compose file that could not be read; its claims are missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The compose file.
    pub path: PathBuf,
    /// With line and column if the YAML is broken.
    pub message: String,
}

/// What is known of the folders that hold or lead to Dockerfiles. Shared between threads by reference.
#[derive(Debug)]
pub struct Index {
    roots: Vec<PathBuf>,
    folders: RwLock<HashMap<PathBuf, Arc<Folder>>>,
    notes: Mutex<BTreeSet<Note>>,
}

/// So many folders are remembered; then it begins anew. Files come in the order of their paths, so that those of one
/// folder, and those below it, follow each other.
const MOST_FOLDERS: usize = 4096;

/// What one folder holds, each part read when first asked for.
#[derive(Debug, Default)]
struct Folder {
    /// The nearest folder with `.git`, this one or one above.
    repository: OnceLock<Found<Option<PathBuf>>>,
    compose: OnceLock<Found<Compose>>,
    /// From its `.dockerignore`.
    ignore: OnceLock<Found<Result<Arc<IgnoreRules>, IgnoreError>>>,
}

/// What was found, and what was asked of the disk for it.
#[derive(Debug)]
struct Found<T> {
    value: T,
    asked: Asked,
}

/// What is in the cell, or is found now; each time it counts as asked for.
fn found_once<T>(cell: &OnceLock<Found<T>>, find: impl FnOnce() -> T) -> &T {
    let found = cell.get_or_init(|| {
        let (value, asked) = disk::recorded(find);
        Found { value, asked }
    });
    disk::asked_before(&found.asked);
    &found.value
}

/// The builds of a folder's compose files.
type Compose = HashMap<PathBuf, Vec<Claim>>;

/// The folders that can be the context, from the Dockerfile's own upward.
struct Chain<'a> {
    folders: Vec<&'a Path>,
    /// Whether the last one is known to be the repository's root.
    ends_at_root: bool,
}

impl Index {
    /// `roots` are the walked paths; they end the search upward where there is no `.git`.
    #[must_use]
    pub fn new(roots: &[PathBuf]) -> Self {
        let roots = roots.iter().filter_map(|root| lexical::absolute(root).ok()).collect();
        Self { roots, folders: RwLock::default(), notes: Mutex::default() }
    }

    /// The context of `dockerfile`, given its literal `COPY` and `ADD` sources from the context, as
    /// written. Sources with variables and addresses are passed over.
    pub fn resolve(&self, dockerfile: &Path, literal_sources: &[String]) -> Resolution {
        self.known(dockerfile, literal_sources).map_or_else(Resolution::Unknown, Resolution::Known)
    }

    /// The compose files that could not be read so far, in path order.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn known(&self, dockerfile: &Path, sources: &[String]) -> Result<Context, Reason> {
        let dockerfile = lexical::absolute(dockerfile).map_err(|_| Reason::NoFolder)?;
        let chain = self.chain(&dockerfile).ok_or(Reason::NoFolder)?;
        if let Some((claim, targets)) = self.claimed(&dockerfile, &chain)? {
            let source = Source::Compose { file: claim.file, service: claim.service };
            return Ok(Context { targets, ..self.context(claim.context, source, &dockerfile)? });
        }
        let evidence = evidence(sources);
        if evidence.is_empty() {
            return self.only_folder(&dockerfile, &chain);
        }
        let mut candidates = Vec::new();
        for folder in &chain.folders {
            candidates.extend(self.candidate(folder, &dockerfile, &evidence)?);
        }
        if candidates.len() > 1 {
            return Err(ambiguous(candidates.iter().map(|candidate| candidate.root.as_path())));
        }
        let Some(context) = candidates.pop() else {
            let root = chain.folders.last().map_or_else(PathBuf::new, |root| root.to_path_buf());
            return Err(Reason::SourcesMissing { root });
        };
        let is_own = dockerfile.parent() == Some(&context.root);
        if !is_own && evidence.iter().all(|source| is_folder_name(&context, source)) {
            return Err(Reason::WeakEvidence { candidate: context.root });
        }
        Ok(context)
    }

    fn only_folder(&self, dockerfile: &Path, chain: &Chain<'_>) -> Result<Context, Reason> {
        match chain.folders.as_slice() {
            [_] if !chain.ends_at_root => Err(Reason::NoRepository),
            [only] => self.context(only.to_path_buf(), Source::OnlyFolder, dockerfile),
            several => Err(ambiguous(several.iter().copied())),
        }
    }

    /// `folder` as the context, if the build would see all of `evidence` there.
    fn candidate(&self, folder: &Path, dockerfile: &Path, evidence: &[String]) -> Result<Option<Context>, Reason> {
        let source = Source::SourcesExist;
        let bare = Context { root: folder.to_owned(), source, targets: Vec::new(), ignore: Arc::default() };
        // Before the ignore file is read: a broken one matters only if the folder comes into question.
        if !evidence.iter().all(|source| holds(&bare, source)) {
            return Ok(None);
        }
        let context = self.context(bare.root, bare.source, dockerfile)?;
        Ok(evidence.iter().all(|source| holds(&context, source)).then_some(context))
    }

    fn context(&self, root: PathBuf, source: Source, dockerfile: &Path) -> Result<Context, Reason> {
        let ignore = self.ignore_rules(&root, dockerfile)?;
        Ok(Context { root, source, targets: Vec::new(), ignore })
    }

    /// `Dockerfile.dockerignore` beside the Dockerfile wins over `.dockerignore` in the context's root.
    ///
    /// Source: <https://docs.docker.com/build/concepts/context/#filename-and-location>.
    fn ignore_rules(&self, root: &Path, dockerfile: &Path) -> Result<Arc<IgnoreRules>, Reason> {
        let mut own = dockerfile.as_os_str().to_owned();
        own.push(".dockerignore");
        let own = PathBuf::from(own);
        let general = root.join(".dockerignore");
        let rules = match read_ignore_file(&own) {
            Ok(None) => {
                let rules = &self.folder(root).ignore;
                return found_once(rules, || general_rules(&general))
                    .clone()
                    .map_err(|error| Reason::IgnoreFile { path: general, error });
            }
            Ok(Some(text)) if text.is_empty() && disk::target(&general).is_ok() => Err(IgnoreError::EmptyBesideAnother),
            Ok(Some(text)) => IgnoreRules::parse(&text),
            Err(error) => Err(error),
        };
        rules.map(Arc::new).map_err(|error| Reason::IgnoreFile { path: own, error })
    }

    /// What compose files between the Dockerfile and the repository's root say of it, and the stages that they build.
    fn claimed(&self, dockerfile: &Path, chain: &Chain<'_>) -> Result<Option<(Claim, Vec<Target>)>, Reason> {
        let mut agreed: Option<Claim> = None;
        let mut targets: Vec<Target> = Vec::new();
        let mut contexts: Vec<PathBuf> = Vec::new();
        for folder in &chain.folders {
            let facts = self.folder(folder);
            let compose = found_once(&facts.compose, || self.read_compose_files(folder));
            for claim in compose.get(dockerfile).into_iter().flatten() {
                targets.push(claim.target.clone());
                // A service whose context is gone can't be built, so it is no witness.
                if contexts.contains(&claim.context) || !matches!(disk::target(&claim.context), Ok(Kind::Folder)) {
                    continue;
                }
                contexts.push(claim.context.clone());
                agreed.get_or_insert_with(|| claim.clone());
            }
        }
        if contexts.len() > 1 {
            contexts.sort_unstable();
            return Err(Reason::ComposeDisagrees { contexts });
        }
        Ok(agreed.map(|claim| (claim, targets)))
    }

    fn read_compose_files(&self, folder: &Path) -> Compose {
        let mut files = Vec::new();
        for name in disk::compose_files(folder) {
            let path = folder.join(name);
            match read_compose_file(&path) {
                Ok(file) => files.push(file),
                Err(message) => {
                    self.notes.lock().unwrap_or_else(PoisonError::into_inner).insert(Note { path, message });
                    disk::told();
                }
            }
        }
        let mut found = Compose::new();
        for claim in compose::claims(&files) {
            found.entry(on_disk_name(&claim.dockerfile)).or_default().push(claim);
        }
        found
    }

    fn chain<'a>(&self, dockerfile: &'a Path) -> Option<Chain<'a>> {
        let own = dockerfile.parent()?;
        let walked =
            || self.roots.iter().filter(|root| own.starts_with(root)).min_by_key(|root| root.as_os_str().len());
        let root = self.repository(own).or_else(|| walked().cloned());
        let Some(root) = root else {
            return Some(Chain { folders: vec![own], ends_at_root: false });
        };
        let folders = own.ancestors().take_while(|folder| folder.starts_with(&root)).collect();
        Some(Chain { folders, ends_at_root: true })
    }

    fn repository(&self, folder: &Path) -> Option<PathBuf> {
        let facts = self.folder(folder);
        let find = || {
            if disk::entry(&folder.join(".git")).is_ok() {
                return Some(folder.to_owned());
            }
            folder.parent().and_then(|above| self.repository(above))
        };
        found_once(&facts.repository, find).clone()
    }

    fn folder(&self, path: &Path) -> Arc<Folder> {
        let known = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        known.unwrap_or_else(|| {
            let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
            if folders.len() >= MOST_FOLDERS {
                folders.clear();
            }
            Arc::clone(folders.entry(path.to_owned()).or_default())
        })
    }
}

fn ambiguous<'a>(folders: impl Iterator<Item = &'a Path>) -> Reason {
    Reason::Ambiguous { candidates: folders.map(Path::to_owned).collect() }
}

/// The sources that tell one folder from another, cleaned. A leading slash means the context's root.
fn evidence(sources: &[String]) -> Vec<String> {
    let local = |source: &&String| !source.contains('$') && !source.contains("://") && !source.starts_with("git@");
    let cleaned = sources.iter().filter(local).map(|source| clean(source.trim_start_matches('/')));
    cleaned.filter(|source| !fits_every_folder(source)).collect()
}

/// `.`, `*`, `**/*`: nothing but wildcards.
fn fits_every_folder(source: &str) -> bool {
    source.chars().all(|c| matches!(c, '.' | '*' | '?' | '/')) && !source.contains("..")
}

fn holds(context: &Context, source: &str) -> bool {
    // A name may hold a bracket or a backslash; as a literal it is looked up first.
    context.exists(source) || (source.contains(['*', '?', '[', '\\']) && !context.glob(source).is_empty())
}

/// Whether `source` is no more than the name of a folder in the context's root, as `docker` or `docker/*`.
fn is_folder_name(context: &Context, source: &str) -> bool {
    let mut name = source;
    while let Some((folder, last)) = name.rsplit_once('/')
        && fits_every_folder(last)
    {
        name = folder;
    }
    !name.contains('/') && context.is_dir(name)
}

fn general_rules(path: &Path) -> Result<Arc<IgnoreRules>, IgnoreError> {
    let text = read_ignore_file(path)?.unwrap_or_default();
    IgnoreRules::parse(&text).map(Arc::new)
}

fn read_ignore_file(path: &Path) -> Result<Option<Vec<u8>>, IgnoreError> {
    match read_capped(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IgnoreError::Unreadable(error.to_string())),
    }
}

fn read_compose_file(path: &Path) -> Result<ComposeFile, String> {
    let bytes = read_capped(path).map_err(|error| error.to_string())?;
    let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string())?;
    ComposeFile::parse(path.to_owned(), text)
}

/// `BuildKit` takes `dockerfile` where there is no `Dockerfile` (moby/moby#10858).
fn on_disk_name(dockerfile: &Path) -> PathBuf {
    let lower = dockerfile.with_file_name("dockerfile");
    if dockerfile.ends_with("Dockerfile") && disk::target(dockerfile).is_err() && disk::target(&lower).is_ok() {
        return lower;
    }
    dockerfile.to_owned()
}

/// Reads a regular file; anything else could block or never end.
fn read_capped(path: &Path) -> io::Result<Vec<u8>> {
    if disk::target(path)? != Kind::File {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let bytes = disk::bytes(path, MAX_FILE + 1)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
