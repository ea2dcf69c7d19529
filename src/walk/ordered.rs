//! Reads folders on several threads, and gives what they hold in path order while they are still being read.
//!
//! What is below a folder stands where the folder's name does among those beside it. So the order comes from the tree,
//! folder by folder, and nothing has to be known of folders further on. Threads read ahead of the one that takes the
//! entries, nearest folders first, up to [`AHEAD`] names; a folder that is due and that nobody reads yet is read by the
//! one that takes. What is held grows with the length of folders on the way down, not with the number of files.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::mem;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::vec;

use super::rules::{self, Probed, Rules};
use super::{Entry, LEFT_OUT, Options, Skip, Wanted, io_error, names, skip_of};

/// So many entries and folders are read before they are taken.
const AHEAD: usize = 4096;
/// More threads wait for one another.
const MOST_THREADS: usize = 12;

/// What a folder holds, as far as it is of interest.
enum Node {
    Entry(Entry),
    Folder(Arc<Folder>),
}

struct Folder {
    path: PathBuf,
    root: Arc<Root>,
    /// The rules that hold in the folder above.
    rules: Arc<Rules>,
    reading: Mutex<Reading>,
    done: Condvar,
}

/// Where a walk begins.
struct Root {
    /// As it is written.
    path: PathBuf,
    /// As rules have it: absolute, links resolved.
    resolved: PathBuf,
}

enum Reading {
    /// Nobody reads it.
    Due,
    /// Somebody does.
    Begun,
    /// Somebody does, and it is waited for.
    Awaited,
    /// In the order of names.
    Done(Vec<Node>),
}

impl Folder {
    fn node(path: PathBuf, root: &Arc<Root>, rules: &Arc<Rules>) -> Node {
        let (root, rules) = (Arc::clone(root), Arc::clone(rules));
        Node::Folder(Arc::new(Self { path, root, rules, reading: Mutex::new(Reading::Due), done: Condvar::new() }))
    }

    /// Whether it is the caller who reads it.
    fn begin(&self) -> bool {
        let mut reading = lock(&self.reading);
        let is_due = matches!(*reading, Reading::Due);
        if is_due {
            *reading = Reading::Begun;
        }
        is_due
    }
}

/// Those of the nodes that wait to be read, the nearest one last.
fn waiting(nodes: &[Node]) -> impl Iterator<Item = Arc<Folder>> {
    nodes.iter().rev().filter_map(|node| match node {
        Node::Folder(folder) => Some(Arc::clone(folder)),
        Node::Entry(_) => None,
    })
}

/// What is to be read, and how far it was.
struct Line {
    /// The nearest one last.
    folders: Vec<Arc<Folder>>,
    /// Entries and folders that were read and not taken.
    ahead: usize,
    /// Threads that wait for folders, or for what is ahead to be taken.
    idle: usize,
    /// Nobody takes any more.
    ended: bool,
}

struct Tree<'w> {
    wanted: &'w Wanted<'w>,
    line: Mutex<Line>,
    /// Who is idle has to look again.
    moved: Condvar,
}

/// Gives the entries of folders of which none is in another.
pub(super) fn walk<T>(
    folders: &[PathBuf],
    options: &Options,
    wanted: &Wanted<'_>,
    take: impl FnOnce(&mut dyn Iterator<Item = Entry>) -> T,
) -> T {
    let roots = roots(folders, options);
    let line = Line { folders: waiting(&roots).collect(), ahead: 0, idle: 0, ended: false };
    let tree = Tree { wanted, line: Mutex::new(line), moved: Condvar::new() };
    thread::scope(|scope| {
        // However the taking ends.
        let _end = End(&tree);
        for _ in 0..threads().min(MOST_THREADS) {
            scope.spawn(|| tree.read_ahead());
        }
        take(&mut InOrder { tree: &tree, levels: vec![roots.into_iter()] })
    })
}

/// As many as work on files.
fn threads() -> usize {
    if rayon::current_thread_index().is_some() {
        rayon::current_num_threads()
    } else {
        thread::available_parallelism().map_or(1, NonZero::get)
    }
}

fn roots(folders: &[PathBuf], options: &Options) -> Vec<Node> {
    let mut folders = folders.to_vec();
    folders.sort();
    let mut probed = Probed::new(options);
    let node = |path: PathBuf| {
        // A folder that is gone is told of when it is read.
        let resolved = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let rules = probed.above(&resolved);
        Folder::node(path.clone(), &Arc::new(Root { path, resolved }), &rules)
    };
    folders.into_iter().map(node).collect()
}

impl Tree<'_> {
    fn read_ahead(&self) {
        while let Some(folder) = self.next_in_line() {
            if folder.begin() {
                self.read(&folder);
            }
        }
    }

    fn next_in_line(&self) -> Option<Arc<Folder>> {
        let mut line = lock(&self.line);
        while !line.ended {
            if line.ahead < AHEAD
                && let Some(folder) = line.folders.pop()
            {
                return Some(folder);
            }
            line.idle += 1;
            line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
            line.idle -= 1;
        }
        None
    }

    /// Reads a folder that was begun.
    fn read(&self, folder: &Folder) {
        /// Puts what was found in place, also where the reading panics and nobody would ever put it there.
        struct Put<'f>(&'f Folder, Vec<Node>);
        impl Drop for Put<'_> {
            fn drop(&mut self) {
                let done = Reading::Done(mem::take(&mut self.1));
                if let Reading::Awaited = mem::replace(&mut *lock(&self.0.reading), done) {
                    self.0.done.notify_one();
                }
            }
        }
        let mut put = Put(folder, Vec::new());
        put.1 = self.nodes(folder);
        let mut line = lock(&self.line);
        line.ahead += put.1.len();
        line.folders.extend(waiting(&put.1));
        if line.idle > 0 && line.ahead < AHEAD {
            self.moved.notify_all();
        }
    }

    /// What of that which the folder holds is of interest, and not left out by rules.
    fn nodes(&self, folder: &Folder) -> Vec<Node> {
        let mut found = Vec::new();
        let mut of_rules = Vec::new();
        // The folder itself stands before all that is in it.
        let failed = |error| (OsString::new(), Found::Failed(error));
        match fs::read_dir(&folder.path) {
            Err(error) => found.push(failed(error)),
            Ok(entries) => {
                for entry in entries {
                    let entry = match entry {
                        Ok(entry) => entry,
                        Err(error) => {
                            found.push(failed(error));
                            continue;
                        }
                    };
                    let name = entry.file_name();
                    if rules::is_of_interest(&name) {
                        of_rules.push(name.clone());
                    }
                    found.extend(self.of_interest(&entry, &name).map(|found| (name, found)));
                }
            }
        }
        if found.is_empty() {
            // The rules of this folder need not be read.
            return Vec::new();
        }
        found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let inside = folder.path.strip_prefix(&folder.root.path).unwrap_or(Path::new(""));
        let resolved = folder.root.resolved.join(inside);
        let rules = folder.rules.within(&resolved, &|name| of_rules.iter().any(|there| there == name));
        let stays = |name: &OsString, found: &Found| match found {
            Found::Failed(_) => true,
            Found::Folder => !rules.leave_out(&resolved.join(name), true),
            Found::Dockerfile | Found::Skipped(_) => !rules.leave_out(&resolved.join(name), false),
        };
        let staying = found.into_iter().filter(|(name, found)| stays(name, found));
        staying.map(|(name, found)| found.node(folder, &name, &rules)).collect()
    }

    fn of_interest(&self, entry: &fs::DirEntry, name: &OsStr) -> Option<Found> {
        Some(match entry.file_type() {
            Ok(kind) if kind.is_dir() && LEFT_OUT.iter().any(|left_out| name == *left_out) => return None,
            Ok(kind) if kind.is_dir() => Found::Folder,
            Ok(kind) if kind.is_file() => match skip_of(names::classify(name)) {
                None => Found::Dockerfile,
                Some(Skip::NotADockerfile) if (self.wanted)(&entry.path()) => Found::Dockerfile,
                Some(Skip::NotADockerfile) => return None,
                Some(reason) => Found::Skipped(reason),
            },
            // Links, pipes and devices are not taken: writing through them would change another file.
            Ok(_) => return None,
            Err(error) => Found::Failed(error),
        })
    }

    /// What a folder holds that is due.
    fn take(&self, folder: &Folder) -> Vec<Node> {
        if folder.begin() {
            self.read(folder);
        }
        let mut reading = lock(&folder.reading);
        loop {
            if let Reading::Done(nodes) = &mut *reading {
                let nodes = mem::take(nodes);
                self.taken(nodes.len());
                return nodes;
            }
            *reading = Reading::Awaited;
            reading = folder.done.wait(reading).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn taken(&self, count: usize) {
        let mut line = lock(&self.line);
        line.ahead -= count;
        if line.idle > 0 && line.ahead < AHEAD && !line.folders.is_empty() {
            self.moved.notify_all();
        }
    }
}

/// What a name of interest stands for.
enum Found {
    Folder,
    Dockerfile,
    Skipped(Skip),
    Failed(io::Error),
}

impl Found {
    fn node(self, folder: &Folder, name: &OsStr, rules: &Arc<Rules>) -> Node {
        // `join` with nothing adds a slash.
        let path = if name.is_empty() { folder.path.clone() } else { folder.path.join(name) };
        match self {
            Self::Folder => Folder::node(path, &folder.root, rules),
            Self::Dockerfile => Node::Entry(Entry::Dockerfile(path)),
            Self::Skipped(reason) => Node::Entry(Entry::Skipped { path, reason }),
            Self::Failed(error) => Node::Entry(Entry::Failed { path, error: io_error(error) }),
        }
    }
}

/// The entries of a tree, depth first.
struct InOrder<'t, 'w> {
    tree: &'t Tree<'w>,
    levels: Vec<vec::IntoIter<Node>>,
}

impl Iterator for InOrder<'_, '_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            match self.levels.last_mut()?.next() {
                Some(Node::Entry(entry)) => return Some(entry),
                Some(Node::Folder(folder)) => self.levels.push(self.tree.take(&folder).into_iter()),
                None => drop(self.levels.pop()),
            }
        }
    }
}

/// Sends home who reads ahead.
struct End<'t, 'w>(&'t Tree<'w>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        lock(&self.0.line).ended = true;
        self.0.moved.notify_all();
    }
}

/// What a panic left is whole: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
