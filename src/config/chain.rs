//! A configuration file with all that it extends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_saphyr::Spanned;

use crate::walk::lexical;

use super::error::ConfigError;
use super::file::File;
use super::patterns::Patterns;
use super::read;

/// Files that extend each other are no deeper than this.
const MAX_DEPTH: usize = 32;

/// The files that hold together, in the order in which they win: the nearest one last.
#[derive(Debug, Clone)]
pub struct Chain(pub Vec<Layer>);

/// One file that was read.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its absolute path.
    pub path: PathBuf,
    /// What it says.
    pub file: File,
    /// The Dockerfiles of each override.
    pub overrides: Vec<Patterns>,
    /// Further files that are Dockerfiles.
    pub include: Option<Patterns>,
    /// Dockerfiles that are left out.
    pub exclude: Option<Patterns>,
}

impl Chain {
    /// Reads the file at an absolute path, and all that it extends.
    ///
    /// # Errors
    /// Where one can't be read, is wrong, or extends itself.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let mut layers = Vec::new();
        add(path, None, &mut Vec::new(), &mut layers)?;
        Ok(Self(layers))
    }
}

/// Who asks for a file: its path, its text, and the value that names the file.
type Asker<'a> = (&'a Path, &'a str, &'a Spanned<String>);

fn add(
    path: &Path,
    asker: Option<Asker<'_>>,
    above: &mut Vec<PathBuf>,
    layers: &mut Vec<Layer>,
) -> Result<(), ConfigError> {
    let wrong = |message: String| match asker {
        Some((asker, text, value)) => ConfigError::of_value(asker, text, value, message),
        None => ConfigError::of_file(path, message),
    };
    if above.iter().any(|other| other == path) {
        return Err(wrong(format!("`{}` extends itself", path.display())));
    }
    if above.len() >= MAX_DEPTH {
        return Err(wrong(format!("more than {MAX_DEPTH} files extend each other")));
    }
    let text = fs::read_to_string(path).map_err(|error| match (error.kind(), asker) {
        (io::ErrorKind::NotFound, Some(_)) => wrong(format!("there is no file `{}`", path.display())),
        (io::ErrorKind::NotFound, None) => wrong("there is no such file: check the spelling".to_owned()),
        (_, Some(_)) => wrong(format!("`{}` can't be read: {error}", path.display())),
        (_, None) => wrong(format!("it can't be read: {error}")),
    })?;
    let file = read::read(path, &text)?;
    above.push(path.to_owned());
    for base in file.extends.iter().flatten() {
        let folder = path.parent().unwrap_or(Path::new(""));
        add(&lexical::normalize(&folder.join(&base.value)), Some((path, &text, base)), above, layers)?;
    }
    above.pop();
    let patterns = |list: &[Spanned<String>]| Patterns::read(path, &text, list);
    let overrides = file.overrides.iter().map(|part| patterns(&part.paths)).collect::<Result<_, _>>()?;
    let include = file.include.as_deref().map(patterns).transpose()?;
    let exclude = file.exclude.as_deref().map(patterns).transpose()?;
    layers.push(Layer { path: path.to_owned(), file, overrides, include, exclude });
    Ok(())
}
