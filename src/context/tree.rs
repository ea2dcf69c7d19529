//! Questions to a build context, answered from the disk when asked.
//!
//! Paths are relative to the context's root, with `/`, and cleaned by their text as Docker does. One
//! that is absolute or climbs out of the root gets the answer «not there». Links are followed inside of
//! the root only: an absolute target would be looked up inside of the context by the builder, so it too
//! is «not there».

use std::collections::VecDeque;
use std::path::Path;

use super::disk::{self, Kind};
use super::glob;
use super::ignorefile::{IgnoreRules, clean};
use super::{Context, EntryInfo};

/// The most that [`Context::read`] returns, in bytes.
const MAX_READ: u64 = 4 * 1024 * 1024;

/// The most links in one path, as on Linux.
const MAX_LINKS: usize = 40;

/// How many entries of an excluded folder are looked at for one that is re-included.
const MAX_SEARCH: usize = 20_000;

impl Context {
    /// Whether `rel` is a file or folder that the build gets to see.
    ///
    /// A folder that is ignored counts if it holds something that an exception takes back in.
    #[must_use]
    pub fn exists(&self, rel: &str) -> bool {
        self.resolve(rel, Some(&self.ignore)).is_some_and(|place| self.is_visible(&place))
    }

    /// Whether `rel` is a folder that the build gets to see, or a link to one.
    #[must_use]
    pub fn is_dir(&self, rel: &str) -> bool {
        self.resolve(rel, Some(&self.ignore)).is_some_and(|place| place.kind == Kind::Folder && self.is_visible(&place))
    }

    /// Whether `rel` is there, be it ignored or not.
    #[must_use]
    pub fn on_disk(&self, rel: &str) -> bool {
        self.resolve(rel, None).is_some()
    }

    /// Whether the build gets to see everything: there is no ignore file, or it holds no pattern.
    #[must_use]
    pub fn leaves_nothing_out(&self) -> bool {
        self.ignore.is_empty()
    }

    /// Whether the ignore file leaves out `rel` and, where it is a folder, everything in it.
    #[must_use]
    pub fn keeps_out(&self, rel: &str) -> bool {
        self.is_ignored(rel) && !self.ignore.may_hold_included(rel)
    }

    /// Whether the ignore file leaves out `rel`, be it there or not. Of a folder this says nothing on
    /// what is inside. A path outside of the root is no part of the context and so counts as ignored.
    #[must_use]
    pub fn is_ignored(&self, rel: &str) -> bool {
        inside(rel).is_none_or(|rel| self.ignore.is_ignored(&rel))
    }

    /// The contents of the file `rel`, if the build gets to see it and it has at most 4 MiB.
    #[must_use]
    pub fn read(&self, rel: &str) -> Option<Vec<u8>> {
        let place = self.visible_file(rel)?;
        let bytes = disk::bytes(&self.root.join(&place.rel), MAX_READ + 1).ok()?;
        (bytes.len() as u64 <= MAX_READ).then_some(bytes)
    }

    /// The first `len` bytes of the file `rel`, all of it where it is shorter, if the build gets to see it.
    #[must_use]
    pub fn head(&self, rel: &str, len: usize) -> Option<Vec<u8>> {
        let place = self.visible_file(rel)?;
        disk::bytes(&self.root.join(&place.rel), len as u64).ok()
    }

    /// How many bytes the file `rel` has, if the build gets to see it.
    #[must_use]
    pub fn size(&self, rel: &str) -> Option<u64> {
        disk::size(&self.root.join(self.visible_file(rel)?.rel))
    }

    /// What the build gets to see in the folder `rel` (the root is `.`), by name. `None` if there is no
    /// such folder or it can't be read. Links are listed as links, wherever they lead.
    #[must_use]
    pub fn list(&self, rel: &str) -> Option<Vec<EntryInfo>> {
        let place = self.resolve(rel, Some(&self.ignore))?;
        if place.kind != Kind::Folder || !self.is_visible(&place) {
            return None;
        }
        let mut entries = Vec::new();
        for (name, kind) in disk::names(&self.root.join(&place.rel))? {
            if self.is_visible(&Place { rel: join(&place.rel, &name), kind }) {
                entries.push(EntryInfo { name, is_dir: kind == Kind::Folder, is_symlink: kind == Kind::Link });
            }
        }
        Some(entries)
    }

    /// The paths that the `COPY` source `pattern` names, sorted; none if it is malformed.
    ///
    /// Each part between slashes is a pattern of Go's `filepath.Match`; a part that is `**` stands for any
    /// folders or none, as `COPY --parents` has it. Wildcards do not reach through links to folders.
    #[must_use]
    pub fn glob(&self, pattern: &str) -> Vec<String> {
        let Some(pattern) = inside(pattern) else { return Vec::new() };
        let Some(parts) = pattern.split('/').map(Part::new).collect::<Option<Vec<_>>>() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        self.glob_in("", &parts, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn glob_in(&self, folder: &str, parts: &[Part], found: &mut Vec<String>) {
        let Some((part, rest)) = parts.split_first() else {
            if self.exists(folder) {
                found.push(clean(folder));
            }
            return;
        };
        let tokens = match part {
            Part::Name(name) => return self.glob_in(&join(folder, name), rest, found),
            Part::Folders => {
                self.glob_in(folder, rest, found);
                None
            }
            Part::Pattern(tokens) => Some(tokens),
        };
        for entry in self.list(folder).unwrap_or_default() {
            let path = join(folder, &entry.name);
            match tokens {
                None if entry.is_dir => self.glob_in(&path, parts, found),
                Some(tokens) if (rest.is_empty() || entry.is_dir) && glob::matches(tokens, &entry.name) => {
                    self.glob_in(&path, rest, found);
                }
                _ => {}
            }
        }
    }

    /// The file `rel`, if it is one and the build gets to see it: opening a pipe would wait for a writer.
    fn visible_file(&self, rel: &str) -> Option<Place> {
        let place = self.resolve(rel, Some(&self.ignore))?;
        (place.kind == Kind::File && !self.ignore.is_ignored(&place.rel)).then_some(place)
    }

    fn is_visible(&self, place: &Place) -> bool {
        if !self.ignore.is_ignored(&place.rel) {
            return true;
        }
        place.kind == Kind::Folder && self.holds_included(&place.rel)
    }

    /// Whether an ignored folder holds something that is re-included. A folder too large to search counts
    /// as if it did: the folder is there, and what is asked of its files is answered exactly.
    fn holds_included(&self, folder: &str) -> bool {
        let mut folders = vec![folder.to_owned()];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            if !self.ignore.may_hold_included(&folder) {
                continue;
            }
            for (name, kind) in disk::names(&self.root.join(&folder)).unwrap_or_default() {
                let path = join(&folder, &name);
                seen += 1;
                if seen > MAX_SEARCH || !self.ignore.is_ignored(&path) {
                    return true;
                }
                if kind == Kind::Folder {
                    folders.push(path);
                }
            }
        }
        false
    }

    /// Follows `rel` through links to what is there. With `rules`, a link that is ignored leads nowhere.
    fn resolve(&self, rel: &str, rules: Option<&IgnoreRules>) -> Option<Place> {
        let mut pending: VecDeque<String> = parts(&inside(rel)?).collect();
        let mut done: Vec<String> = Vec::new();
        let mut kind = disk::target(&self.root).ok()?;
        let mut links = 0;
        while let Some(part) = pending.pop_front() {
            if part == ".." {
                done.pop()?;
                kind = disk::entry(&self.root.join(done.join("/"))).ok()?;
                continue;
            }
            done.push(part);
            let here = done.join("/");
            kind = disk::entry(&self.root.join(&here)).ok()?;
            if kind != Kind::Link {
                continue;
            }
            links += 1;
            if links > MAX_LINKS || rules.is_some_and(|rules| rules.is_ignored(&here)) {
                return None;
            }
            for part in link_parts(&self.root.join(&here))?.into_iter().rev() {
                pending.push_front(part);
            }
            done.pop();
        }
        Some(Place { rel: done.join("/"), kind })
    }
}

/// What a path leads to once its links are followed.
struct Place {
    /// Without links; empty for the root.
    rel: String,
    kind: Kind,
}

enum Part {
    Name(String),
    Folders,
    Pattern(Vec<glob::Token>),
}

impl Part {
    fn new(text: &str) -> Option<Self> {
        if text == "**" {
            return Some(Self::Folders);
        }
        let tokens = glob::compile(text).ok()?;
        if glob::has_wildcard(text) {
            return Some(Self::Pattern(tokens));
        }
        let literal = |token| if let glob::Token::Char(c) = token { Some(c) } else { None };
        Some(Self::Name(tokens.into_iter().filter_map(literal).collect()))
    }
}

/// `rel` cleaned, the root as an empty text; `None` if it is no path inside of the root.
fn inside(rel: &str) -> Option<String> {
    if rel.starts_with('/') || rel.contains('\0') {
        return None;
    }
    match clean(rel) {
        root if root == "." => Some(String::new()),
        out if out == ".." || out.starts_with("../") => None,
        rel => Some(rel),
    }
}

fn parts(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned)
}

fn link_parts(link: &Path) -> Option<Vec<String>> {
    let target = disk::link(link)?;
    if target.has_root() {
        return None;
    }
    Some(parts(target.to_str()?).collect())
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
