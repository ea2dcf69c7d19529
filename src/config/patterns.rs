//! Path patterns of a configuration: as in a `.gitignore`, from the folder of the file that states them.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde_saphyr::Spanned;

use super::error::ConfigError;

/// Patterns that were read and hold below one folder.
#[derive(Debug, Clone)]
pub struct Patterns {
    folder: PathBuf,
    set: Gitignore,
}

impl Patterns {
    /// Reads the patterns of the configuration at `path`; `text` is that file's.
    ///
    /// # Errors
    /// Where one is malformed, with its place.
    pub fn read(path: &Path, text: &str, patterns: &[Spanned<String>]) -> Result<Self, ConfigError> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut builder = GitignoreBuilder::new("");
        for pattern in patterns {
            let wrong = |error: ignore::Error| {
                let message = format!("the pattern can't be read: {}", in_words(error));
                ConfigError::of_value(path, text, pattern, message)
            };
            builder.add_line(None, &pattern.value).map_err(wrong)?;
        }
        let set = builder.build().map_err(|error| ConfigError::of_file(path, in_words(error)))?;
        Ok(Self { folder, set })
    }

    /// Whether a file is meant: by its own path, or by that of a folder it lies in. Its path is absolute.
    #[must_use]
    pub fn hold(&self, file: &Path) -> bool {
        let Ok(inside) = file.strip_prefix(&self.folder) else { return false };
        self.set.matched_path_or_any_parents(inside, false).is_ignore()
    }
}

fn in_words(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithPath { err, .. } => in_words(*err),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_a_gitignore() {
        for (pattern, file, holds) in [
            ("Dockerfile", "/r/a/b/Dockerfile", true),
            ("/Dockerfile", "/r/a/Dockerfile", false),
            ("/Dockerfile", "/r/Dockerfile", true),
            ("services/", "/r/services/a/Dockerfile", true),
            ("services/*/Dockerfile", "/r/services/a/b/Dockerfile", false),
            ("services/**/Dockerfile", "/r/services/a/b/Dockerfile", true),
            ("*.docker", "/r/a/x.docker", true),
            ("*", "/other/Dockerfile", false),
        ] {
            let text = format!("[\"{pattern}\"]");
            let patterns: Vec<Spanned<String>> = serde_saphyr::from_str(&text).expect("a list");
            let patterns = Patterns::read(Path::new("/r/dockmod.yaml"), &text, &patterns).expect("patterns");
            assert_eq!(patterns.hold(Path::new(file)), holds, "{pattern} and {file}");
        }
    }
}
