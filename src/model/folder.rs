//! What depends on the folder in force.

use crate::context::LazyContext;
use crate::shell::{Chain, Simple};
use crate::syntax::{Args, Keyword, lossy};

use super::copy::{self, below};
use super::{Model, Stage, Workdir, state};

/// A RUN that starts with `cd` into a folder, and goes on from there.
#[derive(Debug)]
pub struct StartsWithCd<'m> {
    /// The `cd`.
    pub cd: &'m Simple,
    /// The `mkdir -p` of the same folder in front of it.
    pub mkdir: Option<&'m Simple>,
    /// The folder, as written.
    pub path: &'m str,
    /// The whole chain; what follows is `&&`-joined.
    pub chain: &'m Chain,
}

impl<'m> StartsWithCd<'m> {
    /// Reads a RUN; `None` where a failing `cd` would not fail it, or nothing follows.
    #[must_use]
    pub fn of(model: &'m Model<'_, '_>, index: usize) -> Option<Self> {
        let script = model.run_script(index)?;
        let chain = script.single_chain().filter(|chain| chain.is_and_only())?;
        let plain = |at: usize| {
            let simple = chain.links.get(at)?.pipeline.simple()?;
            (simple.assignments.is_empty() && simple.redirects.is_empty()).then_some(simple)
        };
        let first = plain(0)?;
        let (mkdir, cd, at) = match first.literals().as_slice() {
            [Some("cd"), Some(_)] => (None, first, 0),
            [Some("mkdir"), Some("-p" | "--parents"), Some(made)] => {
                let second = plain(1)?;
                match second.literals().as_slice() {
                    [Some("cd"), Some(path)] if trimmed(path) == trimmed(made) => (Some(first), second, 1),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let path = cd.words.get(1)?.literal.as_deref()?;
        let written_plainly = script.str(cd.words[1].range) == path;
        let spelled = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+@".contains(&byte));
        let follows = at + 1 < chain.links.len();
        (written_plainly && spelled && follows && !path.starts_with('-')).then_some(Self { cd, mkdir, path, chain })
    }

    /// The folder as an absolute path; `None` where it climbs, or is relative to what is not known.
    #[must_use]
    pub fn folder(&self, model: &Model<'_, '_>, index: usize) -> Option<String> {
        if self.path.split('/').any(|part| part == "..") {
            return None;
        }
        match model.states[index].workdir.then(self.path) {
            Workdir::Known(folder) => Some(folder),
            Workdir::Inherited | Workdir::Unknown => None,
        }
    }
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

impl Workdir {
    /// The folder after `WORKDIR path`.
    #[must_use]
    pub fn then(&self, path: &str) -> Self {
        state::moved(self, path)
    }
}

impl Model<'_, '_> {
    /// The folder in force after an instruction.
    #[must_use]
    pub fn folder_after(&self, index: usize) -> Workdir {
        let instruction = self.instructions[index];
        match (&instruction.body.keyword, &instruction.body.args) {
            (Keyword::Workdir, Args::Text(range)) => {
                let path = lossy(range.slice(instruction.joined.text()));
                self.states[index].workdir.then(&path)
            }
            _ => self.states[index].workdir.clone(),
        }
    }

    /// Whether what an instruction does depends, or may depend, on the folder in force just before it. What
    /// containers run depends on the folder in force at the end of the stage; see
    /// [`Model::folder_at_end_matters`].
    #[must_use]
    pub fn uses_folder(&self, index: usize) -> bool {
        let instruction = self.instructions[index];
        match instruction.body.keyword {
            Keyword::Run => {
                let leaves_it = StartsWithCd::of(self, index).is_some_and(|run| run.path.starts_with('/'));
                !(leaves_it && self.mounts_are_absolute(index))
            }
            Keyword::Copy | Keyword::Add => {
                let paths = copy::paths(&instruction.body, instruction.joined.text());
                !paths.is_some_and(|paths| paths.last().is_some_and(|path| path.starts_with('/')))
            }
            Keyword::Workdir => {
                let path = instruction.body.rest.slice(instruction.joined.text());
                ![&b"/"[..], b"\"/", b"'/"].iter().any(|start| path.starts_with(start))
            }
            Keyword::Arg
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Env
            | Keyword::Expose
            | Keyword::From
            | Keyword::Healthcheck
            | Keyword::Label
            | Keyword::Maintainer
            | Keyword::Onbuild
            | Keyword::Shell
            | Keyword::Stopsignal
            | Keyword::User => false,
            Keyword::Volume | Keyword::Unknown => true,
        }
    }

    /// Whether the mounts of a RUN lie at absolute paths, or it has none: others lie below the folder in force.
    #[must_use]
    pub fn mounts_are_absolute(&self, index: usize) -> bool {
        self.flags(index).iter().filter_map(|flag| flag.strip_prefix("--mount=")).all(|mount| {
            let mut options = mount.split(',').filter_map(|option| option.split_once('='));
            options.all(|(key, value)| {
                !matches!(key.to_ascii_lowercase().as_str(), "target" | "dst" | "destination") || value.starts_with('/')
            })
        })
    }

    /// Whether a RUN mounts something at `folder`, above or below it.
    #[must_use]
    pub fn mounts_at(&self, index: usize, folder: &str) -> bool {
        self.flags(index).iter().filter_map(|flag| flag.strip_prefix("--mount=")).any(|mount| {
            mount.split(',').filter_map(|option| option.split_once('=')).any(|(key, value)| {
                let target = matches!(key.to_ascii_lowercase().as_str(), "target" | "dst" | "destination");
                target && (below(value, folder).is_some() || below(folder, trimmed(value)).is_some() || value == "/")
            })
        })
    }

    /// Whether a RUN may mount something at `folder`, above or below it: also where a target is relative to a
    /// folder that is not known, or holds a variable.
    #[must_use]
    pub fn may_mount_at(&self, index: usize, folder: &str) -> bool {
        let workdir = &self.states[index].workdir;
        self.flags(index).iter().filter_map(|flag| flag.strip_prefix("--mount=")).any(|mount| {
            mount.split(',').filter_map(|option| option.split_once('=')).any(|(key, target)| {
                if !matches!(key.to_ascii_lowercase().as_str(), "target" | "dst" | "destination") {
                    return false;
                }
                let Workdir::Known(path) = state::moved(workdir, target) else { return true };
                below(&path, folder).is_some() || below(folder, &path).is_some()
            })
        })
    }

    /// Whether anything depends on the folder in force at the end of a stage: a container, or a stage built on
    /// it. Of a stage that only gives files to others, nothing does; unless a compose file builds it for its own
    /// sake, as far as the build context is known.
    #[must_use]
    pub fn folder_at_end_matters(&self, stage: &Stage, context: LazyContext<'_>) -> bool {
        if context.get().is_some_and(|context| context.is_target(stage.index, stage.name.as_deref())) {
            return true;
        }
        let later = &self.stages[stage.index + 1..];
        if later.is_empty() || later.iter().any(|other| other.base.stage() == Some(stage.index)) {
            return true;
        }
        let mut own = stage.range.clone();
        let starts = own.any(|index| {
            matches!(self.keyword(index), Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Onbuild)
        });
        starts || !self.gives_files(stage)
    }

    /// Whether a later instruction takes files from a stage.
    fn gives_files(&self, stage: &Stage) -> bool {
        let is_it = |name: &str| {
            name == stage.index.to_string()
                || stage.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name))
        };
        (stage.range.end..self.instructions.len()).any(|index| {
            self.flags(index).iter().any(|flag| {
                flag.strip_prefix("--from=").is_some_and(is_it)
                    || flag.strip_prefix("--mount=").is_some_and(|mount| {
                        mount.split(',').filter_map(|option| option.strip_prefix("from=")).any(is_it)
                    })
            })
        })
    }
}
