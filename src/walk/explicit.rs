//! Whether the rules leave out a file that the command line names, under `force_exclude`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::rules::Rules;
use super::{LEFT_OUT, Options, Skip, lexical, names, skip_of};

/// Answers for one file after the other; the rules of each folder are read once.
pub(super) struct Exclusion<'a> {
    options: &'a Options,
    /// Trees with their resolved paths, and the rules above them.
    trees: HashMap<PathBuf, (PathBuf, Arc<Rules>)>,
    /// The rules in resolved folders; none where a folder is left out.
    folders: HashMap<PathBuf, Option<Arc<Rules>>>,
}

impl<'a> Exclusion<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self { options, trees: HashMap::new(), folders: HashMap::new() }
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
        let (resolved, above) = self.trees.entry(root).or_insert_with_key(|root| {
            let resolved = fs::canonicalize(root).unwrap_or_else(|_| root.clone());
            let above = Rules::above(&resolved, options);
            (resolved, above)
        });
        let mut rules = above.probed(resolved);
        let mut path = resolved.clone();
        for folder in folders {
            path.push(folder);
            let known = self.folders.entry(path.clone());
            let found = known.or_insert_with_key(|path| (!rules.leave_out(path, true)).then(|| rules.probed(path)));
            let Some(found) = found else { return Some(Skip::Excluded) };
            rules = Arc::clone(found);
        }
        rules.leave_out(&path.join(name), false).then_some(Skip::Excluded)
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
