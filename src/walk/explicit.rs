//! Whether the rules leave out a file that the command line names, under `force_exclude`.

use std::fs;
use std::path::{Path, PathBuf};

use super::rules::Probed;
use super::{LEFT_OUT, Options, Skip, lexical, names, skip_of};

/// Answers for one file after the other; the rules of each folder are read once.
pub(super) struct Exclusion<'a> {
    options: &'a Options,
    rules: Option<Probed>,
}

impl<'a> Exclusion<'a> {
    pub(super) const fn new(options: &'a Options) -> Self {
        Self { options, rules: None }
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
        let probed = self.rules.get_or_insert_with(|| Probed::new(self.options));
        let mut path = fs::canonicalize(&root).unwrap_or(root);
        for folder in folders {
            let rules = probed.within(&path);
            path.push(folder);
            if rules.leave_out(&path, true) {
                return Some(Skip::Excluded);
            }
        }
        probed.within(&path).leave_out(&path.join(name), false).then_some(Skip::Excluded)
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
