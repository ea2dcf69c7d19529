//! Whether the rules leave out a file that the command line names, under `force_exclude`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ignore::IncrementalIgnore;

use super::{LEFT_OUT, Options, Skip, builder, lexical, names, skip_of};

/// Answers for one file after the other; the rules of each tree are read once.
pub(super) struct Exclusion<'a> {
    options: &'a Options,
    trees: HashMap<PathBuf, Option<IncrementalIgnore>>,
}

impl<'a> Exclusion<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self { options, trees: HashMap::new() }
    }

    /// The reason to leave out `file`, a file that the command line names.
    pub(super) fn of(&mut self, file: &Path) -> Option<Skip> {
        if !self.options.force_exclude {
            return None;
        }
        let name = file.file_name().unwrap_or_default();
        if let Some(reason) = skip_of(names::classify(name)) {
            return Some(reason);
        }
        // Without a working folder no rule can be tied to the file, so none leaves it out.
        let file = lexical::absolute(file).ok()?;
        let root = tree_of(&file)?;
        let inside = file.strip_prefix(&root).ok()?;
        let folders = inside.parent().unwrap_or(Path::new(""));
        if folders.iter().any(|folder| LEFT_OUT.iter().any(|name| folder == *name)) {
            return Some(Skip::Excluded);
        }
        let options = self.options;
        let rules = self.trees.entry(root).or_insert_with_key(|root| builder(root, options).build_matchers().pop());
        let excluded = rules.as_mut().is_some_and(|rules| rules.matched(inside, false).is_ignore());
        excluded.then_some(Skip::Excluded)
    }
}

/// The folder from which a walk would come upon `file`: its repository, else the working folder, else
/// the file's own folder.
fn tree_of(file: &Path) -> Option<PathBuf> {
    let own = file.parent()?;
    if let Some(repository) = own.ancestors().find(|folder| folder.join(".git").exists()) {
        return Some(repository.to_owned());
    }
    match lexical::absolute(Path::new(".")) {
        Ok(here) if own.starts_with(&here) => Some(here),
        _ => Some(own.to_owned()),
    }
}
