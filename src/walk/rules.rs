//! Which files and folders ignore rules leave out.
//!
//! What a line of an ignore file means is the matter of the `ignore` crate. Which files hold rules, and which of them wins,
//! is ripgrep's order: `.dockmodignore` before `.ignore`, that before `.gitignore`, that before `.git/info/exclude`, that
//! before git's global excludes; among files of one name the nearest that says anything. Rules of git count within a
//! repository, and end at its root. Hidden names are left out where no rule takes them in.
//!
//! A folder that holds no ignore file has the rules of the one above: who has read its names need not look for any.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Options;

/// The ignore file that is ours alone; gitignore syntax.
const OWN: &str = ".dockmodignore";
const GENERAL: &str = ".ignore";
const GIT: &str = ".gitignore";
/// What makes a folder the root of a repository.
const REPOSITORY: [&str; 2] = [".git", ".jj"];

/// Whether rules can come from an entry of this name.
pub(super) fn is_of_interest(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
        && [OWN, GENERAL, GIT].iter().chain(&REPOSITORY).any(|known| name == *known)
}

/// The rules that hold in a folder, and for what is below it.
#[derive(Debug)]
pub(super) struct Rules {
    above: Option<Arc<Self>>,
    /// Of this folder's files, the first that says anything wins.
    files: [Gitignore; KINDS],
    is_repository: bool,
    in_repository: bool,
    everywhere: Arc<Everywhere>,
}

const KINDS: usize = 4;
/// From here on they are git's.
const OF_GIT: usize = 2;

/// What holds whatever the folder.
#[derive(Debug)]
struct Everywhere {
    /// Ignore files count.
    by_files: bool,
    hidden: bool,
    global: Gitignore,
}

impl Rules {
    /// Those that hold whatever the folder.
    fn of_all_folders(options: &Options) -> Arc<Self> {
        let global = if options.no_ignore { Gitignore::empty() } else { Gitignore::global().0 };
        let everywhere = Arc::new(Everywhere { by_files: !options.no_ignore, hidden: options.hidden, global });
        let files = std::array::from_fn(|_| Gitignore::empty());
        Arc::new(Self { above: None, files, is_repository: false, in_repository: false, everywhere })
    }

    /// The rules in a folder, of which `holds` says whether it has an entry of some name.
    pub fn within(self: &Arc<Self>, folder: &Path, holds: &dyn Fn(&str) -> bool) -> Arc<Self> {
        if !self.everywhere.by_files {
            return Arc::clone(self);
        }
        // A link that leads nowhere makes no repository.
        let is_repository = REPOSITORY.iter().any(|name| holds(name) && fs::metadata(folder.join(name)).is_ok());
        let named = |name: &str| if holds(name) { read(folder, &folder.join(name)) } else { Gitignore::empty() };
        let exclude = || Some(read(folder, &git_folder(&folder.join(REPOSITORY[0]))?.join("info/exclude")));
        let exclude = if holds(REPOSITORY[0]) { exclude() } else { None };
        let files = [named(OWN), named(GENERAL), named(GIT), exclude.unwrap_or_else(Gitignore::empty)];
        if !is_repository && files.iter().all(Gitignore::is_empty) {
            return Arc::clone(self);
        }
        Arc::new(Self {
            above: Some(Arc::clone(self)),
            files,
            is_repository,
            in_repository: is_repository || self.in_repository,
            everywhere: Arc::clone(&self.everywhere),
        })
    }

    /// Whether they leave out an entry of a folder in which they hold.
    pub fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        let said = self.said(path, is_folder);
        let is_hidden = || path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        said.is_ignore() || (said.is_none() && !self.everywhere.hidden && is_hidden())
    }

    fn said(&self, path: &Path, is_folder: bool) -> Match<()> {
        let mut said = [const { Match::None }; KINDS];
        let mut beyond_repository = !self.in_repository;
        let mut next = Some(self);
        while let Some(rules) = next {
            let kinds = if beyond_repository { OF_GIT } else { KINDS };
            for (said, file) in said.iter_mut().zip(&rules.files).take(kinds) {
                if said.is_none() {
                    *said = file.matched(path, is_folder).map(|_| ());
                }
            }
            beyond_repository |= rules.is_repository;
            next = rules.above.as_deref();
        }
        let global = || self.everywhere.global.matched(path, is_folder).map(|_| ());
        let global = if self.in_repository { global() } else { Match::None };
        said.into_iter().fold(Match::None, Match::or).or(global)
    }
}

/// The rules in folders that no walk has read; each is looked at once.
pub(super) struct Probed {
    of_all: Arc<Rules>,
    folders: HashMap<PathBuf, Arc<Rules>>,
}

impl Probed {
    pub fn new(options: &Options) -> Self {
        Self { of_all: Rules::of_all_folders(options), folders: HashMap::new() }
    }

    /// The rules above a folder, whose path is absolute and has no links.
    pub fn above(&mut self, folder: &Path) -> Arc<Rules> {
        match folder.parent() {
            Some(parent) => self.within(parent),
            None => Arc::clone(&self.of_all),
        }
    }

    /// Those in the folder.
    pub fn within(&mut self, folder: &Path) -> Arc<Rules> {
        if let Some(known) = self.folders.get(folder) {
            return Arc::clone(known);
        }
        let above = self.above(folder);
        let rules = above.within(folder, &|name| fs::symlink_metadata(folder.join(name)).is_ok());
        self.folders.insert(folder.to_path_buf(), Arc::clone(&rules));
        rules
    }
}

/// The rules of a file, for what is below a folder. A line that is no pattern is passed over.
fn read(folder: &Path, file: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    builder.add(file);
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Where a repository keeps what all its worktrees share: in a worktree `.git` is a file that leads to it.
///
/// Source: <https://git-scm.com/docs/gitrepository-layout>.
fn git_folder(git: &Path) -> Option<PathBuf> {
    if !git.is_file() {
        return Some(git.to_path_buf());
    }
    let first_line = |path: &Path| fs::read_to_string(path).ok()?.lines().next().map(str::to_owned);
    let own = PathBuf::from(first_line(git)?.strip_prefix("gitdir: ")?);
    let shared = first_line(&own.join("commondir"))?;
    Some(own.join(shared))
}
