//! The build context of each Dockerfile: its folder, and what the build gets to see in it.
//!
//! A Dockerfile does not say in which folder it is built, and a proof on the wrong folder is worse than
//! none. So a context is known only where one of these holds, and [`Resolution::Unknown`] says why not:
//!
//! 1. A compose file in a folder from the Dockerfile's own up to the repository's root names the
//!    Dockerfile, and all services that do so agree on the context.
//! 2. Of these same folders exactly one holds all literal `COPY` and `ADD` sources, as far as its ignore
//!    file lets the build see them. That takes for granted that the Dockerfile builds, and that its context
//!    is not a folder beside or below its own: the usual ways to call `docker build` use one above. A
//!    folder above needs one source that is more than the name of a folder in it: `cmd/api/Dockerfile`
//!    with `COPY api /` may well copy a program that is built later, and `cmd` has a folder of that name.
//! 3. Nothing is copied but `.` and the like, which fits every folder, and the Dockerfile stands in the
//!    repository's root, so that there is one folder only.
//!
//! The repository's root is the nearest folder upward that holds `.git`, else the topmost walked folder
//! above the Dockerfile. If there is neither, only the Dockerfile's own folder is looked at, and rule 3
//! does not hold: that there is one folder then means only that the others are out of sight.
#![allow(clippy::disallowed_methods, reason = "this room reads the file system")]

mod compose;
pub mod disk;
mod glob;
mod ignorefile;
mod index;
mod lazy;
mod pattern;
mod replaced;
mod tree;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use ignorefile::{IgnoreError, IgnoreRules};
pub use index::{Index, Note};
pub use lazy::{Later, LazyContext};
pub use pattern::PatternError;

use crate::walk::lexical;

/// The build context of one Dockerfile.
#[derive(Clone, Debug)]
pub struct Context {
    /// Absolute and normalized; links in it are kept as they are.
    pub root: PathBuf,
    /// How the context was found.
    pub source: Source,
    /// The stages that compose files build for their own sake.
    targets: Vec<Target>,
    ignore: Arc<IgnoreRules>,
}

/// The stage that a compose file's service is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    /// The last one, as no other is named.
    Last,
    /// One by its name or number.
    Named(String),
    /// One that the environment names.
    Unknown,
}

impl Context {
    /// Whether a compose file builds the stage of this number and name for its own sake, or may do so, beside the
    /// last one.
    #[must_use]
    pub fn is_target(&self, number: usize, name: Option<&str>) -> bool {
        self.targets.iter().any(|target| match target {
            Target::Last => false,
            Target::Named(target) => {
                name.is_some_and(|name| name.eq_ignore_ascii_case(target)) || *target == number.to_string()
            }
            Target::Unknown => true,
        })
    }
}

/// What makes a context known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A service of a compose file builds the Dockerfile there.
    Compose {
        /// The compose file.
        file: PathBuf,
        /// The name of the service.
        service: String,
    },
    /// It is the only folder that holds everything the Dockerfile copies.
    SourcesExist,
    /// It is the only folder there is: the Dockerfile stands in the repository's root.
    OnlyFolder,
    /// It is where the Dockerfile stands, and only perhaps its context.
    Beside,
}

impl Context {
    /// The folder of a Dockerfile, whatever its context is: a hint, on which no safe fix may rest.
    #[must_use]
    pub fn beside(dockerfile: &Path) -> Option<Self> {
        let root = lexical::absolute(dockerfile).ok()?.parent()?.to_path_buf();
        Some(Self { root, source: Source::Beside, ignore: Arc::default(), targets: Vec::new() })
    }
}

/// What is known about the build context of a Dockerfile.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// It is known.
    Known(Context),
    /// It is not, and why.
    Unknown(Reason),
}

/// Why a context is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Compose files build the Dockerfile in several contexts.
    ComposeDisagrees {
        /// These, in path order.
        contexts: Vec<PathBuf>,
    },
    /// Several folders would do.
    Ambiguous {
        /// These, from the Dockerfile's own folder upward.
        candidates: Vec<PathBuf>,
    },
    /// No folder from the Dockerfile's own up to `root` holds everything that is copied.
    SourcesMissing {
        /// The topmost folder that was looked at.
        root: PathBuf,
    },
    /// Only `candidate` fits, and all it has to show for it are folders of the names that are copied.
    WeakEvidence {
        /// The folder that fits.
        candidate: PathBuf,
    },
    /// What is copied fits every folder, and where the repository starts is not known.
    NoRepository,
    /// The ignore file of the context can't be used.
    IgnoreFile {
        /// The ignore file.
        path: PathBuf,
        /// What is wrong with it.
        error: IgnoreError,
    },
    /// The Dockerfile's path can't be made absolute.
    NoFolder,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ComposeDisagrees { contexts } => {
                write!(f, "compose files build it in several contexts: {}", listed(contexts))
            }
            Self::Ambiguous { candidates } => {
                write!(f, "several folders could be its context: {}", listed(candidates))
            }
            Self::SourcesMissing { root } => {
                write!(f, "no folder up to {} holds everything that it copies", quoted(root))
            }
            Self::WeakEvidence { candidate } => {
                write!(f, "{} has folders of the names that it copies, which may be chance", quoted(candidate))
            }
            Self::NoRepository => {
                f.write_str("what it copies fits every folder, and no `.git` or walked folder ends the search")
            }
            Self::IgnoreFile { path, error } => write!(f, "{}: {error}", quoted(path)),
            Self::NoFolder => f.write_str("its folder is not known"),
        }
    }
}

/// With control characters made visible.
fn quoted(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
    paths.join(", ")
}

/// One entry of a folder in a build context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryInfo {
    /// Bytes that are not UTF-8 are replaced.
    pub name: String,
    /// A folder itself, not a link to one.
    pub is_dir: bool,
    /// A link, wherever it leads.
    pub is_symlink: bool,
}
