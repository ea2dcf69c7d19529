//! What a COPY reads from the build context and which paths it writes.
//!
//! Source: `dispatchCopy` of `frontend/dockerfile/dockerfile2llb/convert.go`, and the Docker reference on COPY.

use crate::context::LazyContext;
use crate::knowledge::base_name;
use crate::syntax::{Args, Body, Keyword};

use super::Model;
use super::program::{self, Program};
use super::state::{Workdir, cleaned};

/// A COPY whose sources and destination are written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Flags as BuildKit reads them.
    pub flags: Vec<String>,
    /// Sources relative to the context's root, cleaned, without leading slash; `""` is the root itself.
    pub sources: Vec<String>,
    /// The destination as an absolute path; below [`Copy::FOLDER_IN_FORCE`] where the working directory is
    /// not known.
    pub destination: String,
    /// Whether the destination is a folder for sure: it ends in `/` or is the working directory itself.
    pub into_folder: bool,
}

impl Copy {
    /// Stands for a working directory that is not known: only paths of the same stretch compare.
    pub const FOLDER_IN_FORCE: &'static str = "/\u{1}";

    /// Reads instruction `index`; `None` where it is no plain COPY from the context with all paths written
    /// out.
    #[must_use]
    pub fn of(model: &Model<'_, '_>, index: usize) -> Option<Self> {
        if model.keyword(index) == Keyword::Copy { Self::bringing(model, index) } else { None }
    }

    /// Reads instruction `index`, be it COPY or ADD: what it brings, archives and addresses left aside.
    #[must_use]
    pub fn bringing(model: &Model<'_, '_>, index: usize) -> Option<Self> {
        let instruction = model.instructions[index];
        if !instruction.heredocs.is_empty() {
            return None;
        }
        Self::read(&instruction.body, instruction.joined.text(), &model.states[index].workdir)
    }

    fn read(body: &Body, text: &[u8], workdir: &Workdir) -> Option<Self> {
        if !matches!(body.keyword, Keyword::Copy | Keyword::Add) {
            return None;
        }
        let flags: Vec<String> = body.flags.iter().map(|flag| flag.text.clone()).collect();
        if body.flags.iter().any(|flag| !matches!(flag.name(), "chown" | "chmod")) {
            return None;
        }
        let words = paths(body, text)?;
        let (destination, sources) = words.split_last()?;
        let written_out = |word: &String| !word.contains(['$', '\\', '"', '\'', '`']);
        if sources.is_empty() || !words.iter().all(written_out) {
            return None;
        }
        if sources.iter().any(|source| source.split('/').any(|part| part == "..")) {
            return None;
        }
        let sources: Vec<String> = sources.iter().map(|source| cleaned(source)[1..].to_owned()).collect();
        let in_force = workdir.path();
        let absolute = destination.starts_with('/');
        let path = if absolute { cleaned(destination) } else { cleaned(&format!("{in_force}/{destination}")) };
        let into_folder = destination.ends_with('/') || destination.ends_with("/.") || path == in_force || path == "/";
        Some(Self { flags, sources, destination: path, into_folder })
    }

    /// Where in the context the file `path` of the image comes from, if this COPY writes it.
    ///
    /// Without a context a source counts as a file unless it is `.` or ends nowhere in a file name.
    #[must_use]
    pub fn source_of(&self, path: &str, context: LazyContext<'_>) -> Option<String> {
        for source in &self.sources {
            let matches = match context.get() {
                Some(context) if has_pattern(source) => context.glob(source),
                _ => vec![source.clone()],
            };
            for found in matches {
                let is_folder = found.is_empty() || context.get().is_some_and(|context| context.is_dir(&found));
                if is_folder {
                    let Some(rest) = below(path, &self.destination) else { continue };
                    let candidate = if found.is_empty() { rest.to_owned() } else { format!("{found}/{rest}") };
                    if context.get().is_none_or(|context| context.exists(&candidate)) {
                        return Some(candidate);
                    }
                    continue;
                }
                let name = base_name(&found);
                let into_folder = self.into_folder || self.sources.len() > 1;
                let target = if into_folder { join(&self.destination, name) } else { self.destination.clone() };
                let same = if has_pattern(name) { pattern_may_match(name, &target, path) } else { target == path };
                if same && context.get().is_none_or(|context| context.exists(&found)) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// Whether the file `path` of the image may come from this COPY.
    ///
    /// Without a context any source may be a folder that holds it.
    #[must_use]
    pub fn may_bring(&self, path: &str, context: LazyContext<'_>) -> bool {
        if context.get().is_some() {
            return self.source_of(path, context).is_some();
        }
        if self.source_of(path, LazyContext::NONE).is_some() {
            return true;
        }
        let Some(rest) = below(path, &self.destination) else { return false };
        // A file whose name ends in an extension brings itself alone, into a folder that is one for sure.
        let one_file = |source: &String| {
            let name = base_name(source);
            name.trim_start_matches('.').contains('.') && !has_pattern(name)
        };
        let known_folder = self.into_folder || self.sources.len() > 1 || rest.is_empty();
        !(known_folder && self.sources.iter().all(one_file))
    }

    /// Whether the file `path` of the image comes from this COPY for sure: it is named, or the context says
    /// so.
    #[must_use]
    pub fn surely_brings(&self, path: &str, context: LazyContext<'_>) -> bool {
        if context.get().is_some() {
            return self.source_of(path, context).is_some();
        }
        let file = base_name(path);
        let into_folder = self.into_folder || self.sources.len() > 1;
        self.sources.iter().any(|source| {
            let name = base_name(source);
            let target = if into_folder { join(&self.destination, name) } else { self.destination.clone() };
            name == file && target == path || has_pattern(name) && pattern_may_match(name, &target, path)
        })
    }

    /// Whether this COPY may write `path` or something below it, as far as the context tells.
    #[must_use]
    pub fn may_write_below(&self, path: &str, context: LazyContext<'_>) -> bool {
        self.sources.iter().any(|source| {
            let Some(context) = context.get() else {
                // Without the context a folder of any content may be meant.
                let name = base_name(source);
                return below(&join(&self.destination, name), path).is_some()
                    || below(path, &self.destination).is_some() && !name.contains('.');
            };
            let found = if has_pattern(source) { context.glob(source) } else { vec![source.clone()] };
            found.iter().any(|found| {
                if found.is_empty() || context.is_dir(found) {
                    let Some(rest) = below(path, &self.destination) else {
                        return below(&self.destination, path).is_some();
                    };
                    let inside = if found.is_empty() { rest.to_owned() } else { format!("{found}/{rest}") };
                    return rest.is_empty() || !context.keeps_out(&inside);
                }
                let name = base_name(found);
                let into_folder = self.into_folder || self.sources.len() > 1;
                let target = if into_folder { join(&self.destination, name) } else { self.destination.clone() };
                below(&target, path).is_some()
            })
        })
    }

    /// Where each source lands: the file itself, or for a folder the destination that its contents go to.
    #[must_use]
    pub fn targets(&self, context: LazyContext<'_>) -> Vec<String> {
        let target = |source: &String| {
            let is_folder = source.is_empty() || context.get().is_some_and(|context| context.is_dir(source));
            if is_folder || !(self.into_folder || self.sources.len() > 1) {
                return self.destination.clone();
            }
            join(&self.destination, base_name(source))
        };
        self.sources.iter().map(target).collect()
    }

    /// Whether the sources are just the whole context.
    #[must_use]
    pub fn is_whole_context(&self) -> bool {
        self.sources == [""]
    }
}

/// The sources of a COPY or ADD and its destination, the last one, as written; markers of heredocs are among
/// them.
#[must_use]
pub fn paths(body: &Body, text: &[u8]) -> Option<Vec<String>> {
    match &body.args {
        Args::Words(words) => {
            words.iter().map(|word| Some(std::str::from_utf8(word.slice(text)).ok()?.to_owned())).collect()
        }
        Args::Json(strings) => Some(strings.iter().map(|string| string.value.clone()).collect()),
        _ => None,
    }
}

/// Folders of a system, in which any tool may find settings.
const SYSTEM_FOLDERS: &[&str] = &[
    "etc", "usr", "root", "home", "bin", "sbin", "lib", "lib64", "opt", "var", "tmp", "run", "proc", "sys", "dev",
    "boot", "go", "mnt",
];

/// Folders for projects within those of the system.
const PROJECT_FOLDERS: &[&str] =
    &["/usr/src", "/usr/local/src", "/var/www", "/root/app", "/root/src", "/root/code", "/go/src"];

/// Whether a COPY brings files to a folder of the project alone, where no tool looks for settings of its own.
#[must_use]
pub fn stays_in_project(copy: &Copy, context: LazyContext<'_>) -> bool {
    let path = copy.destination.as_str();
    if below(path, Copy::FOLDER_IN_FORCE).is_some() {
        // The folder in force may be the root: then a folder `etc` in the context would be the system's.
        return context.get().is_none() && !copy.is_whole_context()
            || context.get().is_some()
                && !SYSTEM_FOLDERS
                    .iter()
                    .any(|name| copy.may_write_below(&join(Copy::FOLDER_IN_FORCE, name), context));
    }
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (top, depth) = (parts.first().copied().unwrap_or_default(), parts.len());
    match top {
        "" => false,
        "home" => depth >= 3,
        "opt" | "srv" | "mnt" => depth >= 2,
        top if SYSTEM_FOLDERS.contains(&top) => PROJECT_FOLDERS.iter().any(|folder| below(path, folder).is_some()),
        _ => true,
    }
}

/// Whether a source holds a pattern of Go's `filepath.Match`.
#[must_use]
pub fn has_pattern(source: &str) -> bool {
    source.contains(['*', '?', '['])
}

fn pattern_may_match(name: &str, target: &str, path: &str) -> bool {
    let folder = target.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(file) = below(path, folder) else { return false };
    let head: String = name.chars().take_while(|c| !matches!(c, '*' | '?' | '[')).collect();
    let tail: String = name
        .chars()
        .rev()
        .take_while(|c| !matches!(c, '*' | '?' | ']'))
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    file.starts_with(&head) && file.ends_with(&tail) && !file.contains('/')
}

/// What is left of `path` below `folder`; empty for the folder itself.
#[must_use]
pub fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder == "/" {
        return path.strip_prefix('/');
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// `folder/name`, cleaned; an absolute name stands for itself.
#[must_use]
pub fn join(folder: &str, name: &str) -> String {
    if name.starts_with('/') {
        return cleaned(name);
    }
    cleaned(&[folder, "/", name].concat())
}

/// What the container runs by CMD or ENTRYPOINT in exec form, or by a shell form that is one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeProgram {
    /// A program of the system, found by its name or in the system's folders.
    System,
    /// A file of the project, with its text.
    Script(String),
    /// Something that can't be looked into.
    Unknown(String),
}

/// What the program at `path`, which instruction `index` names, is in the images that run it; of several files the text
/// of all.
#[must_use]
pub fn runtime_program(model: &Model<'_, '_>, index: usize, path: &str, context: LazyContext<'_>) -> RuntimeProgram {
    let found = program::may_be(model, index, path, context);
    let texts: Vec<&str> = found
        .iter()
        .filter_map(|program| match program {
            Program::File(text) => Some(text.as_str()),
            Program::System | Program::Unseen { .. } => None,
        })
        .collect();
    if !texts.is_empty() {
        return RuntimeProgram::Script(texts.join("\n"));
    }
    if found.contains(&Program::System) { RuntimeProgram::System } else { RuntimeProgram::Unknown(path.to_owned()) }
}
