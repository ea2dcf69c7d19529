//! What is in force at each instruction: stage, shell, user, folder; and how stages depend on each other.
//!
//! Source: `frontend/dockerfile/dockerfile2llb/convert.go`.

mod added;
mod brought;
pub mod caches;
pub mod copy;
mod earlier;
mod folder;
mod one_word;
pub mod program;
mod search_path;
pub mod shells;
mod sources;
mod spelling;
mod stage;
mod state;
mod targets;

pub use added::Added;
pub use brought::Brought;
pub use copy::Copy;
pub use folder::StartsWithCd;
pub use one_word::Words;
pub use search_path::SearchFolder;
pub use sources::literal_sources;
pub use spelling::one_slip_apart;
pub use stage::{Base, Stage};
pub use state::{State, User, Workdir};

use crate::knowledge::bases::{self, BaseImage};
use crate::shell::{self, Body, Script};
use crate::syntax::{Args, Dockerfile, Instruction, Keyword};

/// A Dockerfile with what is in force at each instruction.
#[derive(Debug)]
pub struct Model<'f, 's> {
    /// The file.
    pub file: &'f Dockerfile<'s>,
    /// Its instructions in order; every index below counts these.
    pub instructions: Vec<&'f Instruction<'s>>,
    /// Its stages in order.
    pub stages: Vec<Stage>,
    /// What is in force just before each instruction.
    pub states: Vec<State>,
    /// What each instruction runs.
    bodies: Vec<Option<Body<'s>>>,
}

impl<'f, 's> Model<'f, 's> {
    /// Computes the model of a file.
    #[must_use]
    pub fn of(file: &'f Dockerfile<'s>) -> Self {
        let instructions: Vec<_> = file.instructions().collect();
        let stages = stage::stages(&instructions);
        let in_force = state::states(file, &instructions, &stages);
        let bodies = instructions.iter().zip(&in_force);
        let bodies = bodies.map(|(instruction, state)| shell::body_of(file, instruction, &state.shell)).collect();
        Self { file, instructions, stages, states: in_force, bodies }
    }

    /// The stage that an instruction belongs to; `None` before the first FROM.
    #[must_use]
    pub fn stage_of(&self, index: usize) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.range.contains(&index))
    }

    /// What an instruction runs; see [`shell::body_of`].
    #[must_use]
    pub fn body(&self, index: usize) -> Option<&Body<'s>> {
        self.bodies[index].as_ref()
    }

    /// The script that an instruction runs, where it is one that can be read.
    #[must_use]
    pub fn script(&self, index: usize) -> Option<&Script<'s>> {
        match self.body(index) {
            Some(Body::Script(script)) => Some(script),
            _ => None,
        }
    }

    /// The script of a RUN without heredocs, where it can be read.
    #[must_use]
    pub fn run_script(&self, index: usize) -> Option<&Script<'s>> {
        let plain = self.keyword(index) == Keyword::Run && self.instructions[index].heredocs.is_empty();
        if plain { self.script(index) } else { None }
    }

    /// The flags of an instruction, as BuildKit reads them.
    #[must_use]
    pub fn flags(&self, index: usize) -> Vec<&str> {
        self.instructions[index].body.flags.iter().map(|flag| flag.text.as_str()).collect()
    }

    /// The instructions that see the files which instruction `index` leaves: the rest of its stage, and all
    /// of the stages built on it, with those built on them.
    #[must_use]
    pub fn later(&self, index: usize) -> Vec<usize> {
        let Some(stage) = self.stage_of(index) else { return Vec::new() };
        let mut later: Vec<usize> = (index + 1..stage.range.end).collect();
        let mut reached = vec![stage.index];
        for child in &self.stages[stage.index + 1..] {
            if child.base.stage().is_some_and(|parent| reached.contains(&parent)) {
                reached.push(child.index);
                later.extend(child.range.clone());
            }
        }
        later
    }

    /// CMD, ENTRYPOINT, HEALTHCHECK and ONBUILD of the stages that see the files which instruction `index`
    /// leaves, also those that stand above it: the container runs them all the same.
    #[must_use]
    pub fn started_with(&self, index: usize) -> Vec<usize> {
        let Some(stage) = self.stage_of(index) else { return Vec::new() };
        let starts = |at: &usize| {
            matches!(self.keyword(*at), Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Onbuild)
        };
        let mut found: Vec<usize> = (stage.range.start..index).filter(starts).collect();
        found.extend(self.later(index).into_iter().filter(starts));
        found
    }

    /// What is known of the image below the stage of instruction `index`, where that image is written out:
    /// the name holds no variable, which a build could set otherwise.
    #[must_use]
    pub fn base_image(&self, index: usize) -> Option<BaseImage> {
        let (name, written_out) = self.base_reference(index)?;
        if written_out { bases::base_image(name) } else { None }
    }

    /// The name of the image below the stage of instruction `index`, and whether it is written out: else it
    /// holds a variable, which a build could set otherwise.
    #[must_use]
    pub fn base_reference(&self, index: usize) -> Option<(&str, bool)> {
        let mut stage = self.stage_of(index)?;
        while let Some(parent) = stage.base.stage() {
            stage = &self.stages[parent];
        }
        let (Base::Image(name) | Base::Unknown(name)) = &stage.base else { return None };
        let from = self.instructions[stage.range.start];
        let written_out = !from.body.rest.slice(from.joined.text()).contains(&b'$');
        Some((name, written_out && matches!(stage.base, Base::Image(_))))
    }

    /// The index of the next instruction after `index` in the same stage.
    #[must_use]
    pub fn next_in_stage(&self, index: usize) -> Option<usize> {
        let stage = self.stage_of(index)?;
        (index + 1 < stage.range.end).then_some(index + 1)
    }

    /// What an ENV of this stage, or of those it is built on, set a variable to before instruction `index`.
    #[must_use]
    pub fn env(&self, index: usize, name: &str) -> Option<String> {
        let mut stage = self.stage_of(index)?;
        let mut end = index;
        loop {
            let found = (stage.range.start..end).rev().find_map(|at| self.sets_env(at, name));
            if found.is_some() {
                return found;
            }
            stage = &self.stages[stage.base.stage()?];
            end = stage.range.end;
        }
    }

    /// The names of all variables that ENV and ARG of this stage, or of those it is built on, set before
    /// instruction `index`.
    #[must_use]
    pub fn env_names(&self, index: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut stage = self.stage_of(index);
        let mut end = index;
        while let Some(current) = stage {
            for at in current.range.start..end {
                let instruction = self.instructions[at];
                let text = instruction.joined.text();
                let string = |range: crate::syntax::TextRange| String::from_utf8_lossy(range.slice(text)).into_owned();
                match (&instruction.body.keyword, &instruction.body.args) {
                    (Keyword::Env, Args::Pairs(pairs)) => names.extend(pairs.iter().map(|pair| string(pair.key))),
                    (Keyword::Env, Args::LegacyPair(pair)) => names.push(string(pair.key)),
                    (Keyword::Arg, Args::Words(words)) => {
                        names.extend(
                            words.iter().map(|word| string(*word).split('=').next().unwrap_or_default().to_owned()),
                        );
                    }
                    _ => {}
                }
            }
            stage = current.base.stage().map(|parent| &self.stages[parent]);
            end = stage.map_or(0, |stage| stage.range.end);
        }
        names
    }

    fn sets_env(&self, index: usize, name: &str) -> Option<String> {
        let instruction = self.instructions[index];
        if instruction.body.keyword != Keyword::Env {
            return None;
        }
        let text = instruction.joined.text();
        let pairs = match &instruction.body.args {
            Args::Pairs(pairs) => pairs.as_slice(),
            Args::LegacyPair(pair) => std::slice::from_ref(pair),
            _ => return None,
        };
        let pair = pairs.iter().rev().find(|pair| pair.key.slice(text) == name.as_bytes())?;
        let value = String::from_utf8_lossy(pair.value.slice(text)).into_owned();
        Some(value.trim_matches(['"', '\'']).to_owned())
    }

    /// The keyword of an instruction.
    #[must_use]
    pub fn keyword(&self, index: usize) -> Keyword {
        self.instructions[index].body.keyword
    }
}
