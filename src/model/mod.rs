//! What is in force at each instruction: stage, shell, user, folder; and how stages depend on each other.
//!
//! Source: `frontend/dockerfile/dockerfile2llb/convert.go`.

mod added;
mod bash;
mod brought;
pub mod caches;
pub mod copy;
mod defaults;
mod earlier;
mod echoed;
mod folder;
pub mod images;
mod one_word;
pub mod program;
mod search_path;
pub mod shells;
mod so_far;
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
pub use so_far::Mention;
pub use sources::literal_sources;
pub use spelling::one_slip_apart;
pub use stage::{Base, Stage};
pub use state::{State, User, Workdir, cleaned};

use std::cell::OnceCell;
use std::ops::Range;

use so_far::SoFar;

use crate::knowledge::bases::{self, BaseImage, Distribution};
use crate::knowledge::options;
use crate::shell::{self, Body, Script};
use crate::style::Style;
use crate::syntax::expand::{Modifier, Operator, Piece, Word};
use crate::syntax::{Args, Dockerfile, Instruction, Keyword, TextRange, lossy};

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
    so_far: SoFar,
    pub(crate) style: OnceCell<Style>,
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
        let so_far = SoFar::new(stages.len());
        Self { file, instructions, stages, states: in_force, bodies, so_far, style: OnceCell::new() }
    }

    /// The stage that an instruction belongs to; `None` before the first FROM.
    #[must_use]
    pub fn stage_of(&self, index: usize) -> Option<&Stage> {
        let at = self.stages.partition_point(|stage| stage.range.end <= index);
        self.stages.get(at).filter(|stage| stage.range.contains(&index))
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
    /// of the stages built on it, with those built on them; in order.
    pub fn later(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> + Clone + use<> {
        let mut ranges = Vec::new();
        if let Some(stage) = self.stage_of(index) {
            ranges.push(index + 1..stage.range.end);
            let mut reached = vec![stage.index];
            for child in &self.stages[stage.index + 1..] {
                if child.base.stage().is_some_and(|parent| reached.binary_search(&parent).is_ok()) {
                    reached.push(child.index);
                    ranges.push(child.range.clone());
                }
            }
        }
        ranges.into_iter().flatten()
    }

    /// CMD, ENTRYPOINT, HEALTHCHECK and ONBUILD of the stages that see the files which instruction `index`
    /// leaves, also those that stand above it: the container runs them all the same. In order.
    pub fn started_with(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> {
        self.above(index).chain(self.later(index)).filter(|at| self.starts_with_container(*at))
    }

    /// All that sees the files which instruction `index` leaves, in order, the container's own start included.
    pub fn seen_by(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> {
        self.above(index).filter(|at| self.starts_with_container(*at)).chain(self.later(index))
    }

    fn starts_with_container(&self, index: usize) -> bool {
        matches!(self.keyword(index), Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Onbuild)
    }

    fn above(&self, index: usize) -> Range<usize> {
        self.stage_of(index).map_or(0..0, |stage| stage.range.start..index)
    }

    /// What is known of the image below the stage of instruction `index`, where that image is written out:
    /// the name holds no variable, which a build could set otherwise.
    #[must_use]
    pub fn base_image(&self, index: usize) -> Option<BaseImage> {
        let stage = self.stage_of(index)?.index;
        *self.so_far.images[stage].get_or_init(|| self.image_below_stage(index))
    }

    fn image_below_stage(&self, index: usize) -> Option<BaseImage> {
        let (name, written_out) = self.base_reference(index)?;
        if !written_out {
            return None;
        }
        let image = bases::base_image(name)?;
        // The tags of an image move from one distribution to another over the years; what calls apk is on Alpine.
        let doubted = !image.bare && image.distribution == Distribution::Debian && self.calls_apk(index);
        (!doubted).then_some(image)
    }

    /// Whether the stage of an instruction, or one that it is built on, calls Alpine's package manager.
    fn calls_apk(&self, index: usize) -> bool {
        let mut stage = self.stage_of(index);
        while let Some(current) = stage {
            let mut scripts = current.range.clone().filter_map(|at| self.script(at));
            let called = scripts.any(|script| {
                script
                    .simple_commands()
                    .iter()
                    .any(|simple| options::program(&simple.literals()).is_some_and(|(_, program)| program == "apk"))
            });
            if called {
                return true;
            }
            stage = current.base.stage().map(|parent| &self.stages[parent]);
        }
        false
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
    pub fn env_names(&self, index: usize) -> Vec<&str> {
        self.variables(index).iter().map(|(name, _)| name.as_str()).collect()
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
        let value = lossy(pair.value.slice(text));
        Some(value.trim_matches(['"', '\'']).to_owned())
    }

    /// The keyword of an instruction.
    #[must_use]
    pub fn keyword(&self, index: usize) -> Keyword {
        self.instructions[index].body.keyword
    }
}

/// No value that anybody writes is longer; one that doubles with each variable would not end.
const LONGEST_VALUE: usize = 1 << 16;

fn put_in(word: &Word, known: &[(String, Option<String>)], value: &mut String) {
    for piece in word.pieces() {
        let variable = match piece {
            Piece::Literal(text) => {
                value.push_str(text);
                continue;
            }
            Piece::Variable(variable) => variable,
        };
        let set = known.iter().rev().find(|(name, _)| *name == variable.name).and_then(|(_, value)| value.as_deref());
        match (set, &variable.modifier) {
            (Some(set), _) if value.len() + set.len() < LONGEST_VALUE => value.push_str(set),
            (None, Some(Modifier::Operand { operator: Operator::Default, word, .. })) => put_in(word, known, value),
            _ => {}
        }
    }
}

/// The name that ARG declares, and the place of its default.
fn argument(text: &[u8], word: TextRange) -> (String, Option<TextRange>) {
    let equals = memchr::memchr(b'=', word.slice(text)).map(|at| word.start + at);
    let name = TextRange::new(word.start, equals.unwrap_or(word.end));
    (lossy(name.slice(text)).into_owned(), equals.map(|at| TextRange::new(at + 1, word.end)))
}
