//! Which files a program's name may stand for when the container starts, and where they come from.
//!
//! What a package manager or a compiler puts somewhere is a program of the system: it is made to be started. COPY,
//! ADD, and commands of RUN that write or place a single file bring the project's own.

mod copied;
mod written;

use crate::context::LazyContext;
use crate::knowledge::base_name;
use crate::syntax::{Args, Keyword, lossy};

use super::copy::join;
use super::state::moved;
use super::{Model, Workdir};

/// What a program may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// Nothing in the file brings it.
    System,
    /// A file of the build context, or one written out in the Dockerfile, with its text.
    File(String),
    /// A file that can't be looked into.
    Unseen {
        /// What it was before it was copied, moved or linked to its place, where that is one file.
        source: Option<String>,
        /// A command prints its text there, in which no `#!` is seen.
        printed: bool,
    },
}

/// How often a file is followed to the place that it was copied from.
const HOPS: usize = 3;

/// How many files one name may stand for before the rest is no longer told apart.
const MANY: usize = 8;

/// Folders whose programs belong to the system.
const SYSTEM: &[&str] = &["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"];

/// All that the program `name` may be, in the image of the stage that holds instruction `index` and in those that are
/// built on it.
#[must_use]
pub fn may_be(model: &Model<'_, '_>, index: usize, name: &str, context: LazyContext<'_>) -> Vec<Program> {
    let Some(own) = model.stage_of(index).map(|stage| stage.index) else { return vec![Program::System] };
    let in_own = Search { model, context, places: places(model, own, name), name };
    let mut found = in_own.look(&chain(model, own), HOPS);
    for child in built_on(model, own) {
        let places = places(model, child, name);
        if places == in_own.places {
            // What the stages below it bring is seen with them.
            let range = model.stages[child].range.clone();
            found.extend(in_own.look(&range.rev().collect::<Vec<_>>(), HOPS));
        } else {
            found.extend(Search { places, ..in_own }.look(&chain(model, child), HOPS));
        }
    }
    if !found.is_empty() {
        return found;
    }
    let script = [".sh", ".bash"].iter().any(|end| name.ends_with(end));
    let system = !name.contains('/') || SYSTEM.iter().any(|folder| name.starts_with(folder));
    if system && !script { vec![Program::System] } else { vec![Program::Unseen { source: None, printed: false }] }
}

/// The stages that are built on a stage, with those that are built on them.
fn built_on(model: &Model<'_, '_>, stage: usize) -> Vec<usize> {
    let mut reached = vec![stage];
    for child in &model.stages[stage + 1..] {
        if child.base.stage().is_some_and(|parent| reached.contains(&parent)) {
            reached.push(child.index);
        }
    }
    reached.split_off(1)
}

/// The instructions that make the image of a stage, the last one first.
fn chain(model: &Model<'_, '_>, stage: usize) -> Vec<usize> {
    model.line_of(stage).into_iter().flat_map(|stage| model.stages[stage].range.clone().rev()).collect()
}

/// The working directory that a stage ends with.
fn final_workdir(model: &Model<'_, '_>, stage: usize) -> Workdir {
    let last = model.stages[stage].range.end - 1;
    let instruction = model.instructions[last];
    match (instruction.body.keyword, &instruction.body.args) {
        (Keyword::Workdir, Args::Text(range)) => {
            let path = lossy(range.slice(instruction.joined.text()));
            moved(&model.states[last].workdir, &path)
        }
        _ => model.states[last].workdir.clone(),
    }
}

/// The paths at which the image of a stage looks for a program.
fn places(model: &Model<'_, '_>, stage: usize, name: &str) -> Vec<String> {
    let here = join(final_workdir(model, stage).path(), name);
    if name.contains('/') {
        return vec![here];
    }
    let mut places = Vec::new();
    // An interpreter is told of a script by its name in the working directory.
    if name.contains('.') {
        places.push(here);
    }
    let folders = model.known_search_folders(&model.line_of(stage));
    places.extend(folders.iter().map(|folder| join(folder, name)));
    places
}

/// Looks for the file at certain places of an image.
struct Search<'a, 'f, 's> {
    model: &'a Model<'f, 's>,
    context: LazyContext<'a>,
    /// Absolute paths.
    places: Vec<String>,
    /// How the program is called.
    name: &'a str,
}

/// What an instruction brings.
#[derive(Default)]
struct Brought {
    programs: Vec<Program>,
    /// It is what the place holds, whatever stood there before.
    sure: bool,
}

impl Brought {
    fn perhaps(program: Program) -> Self {
        Self { programs: vec![program], sure: false }
    }

    fn surely(program: Program) -> Self {
        Self { programs: vec![program], sure: true }
    }
}

fn unseen(source: Option<&str>) -> Program {
    Program::Unseen { source: source.map(str::to_owned), printed: false }
}

impl Search<'_, '_, '_> {
    /// What the instructions bring, of which the last one comes first.
    fn look(&self, chain: &[usize], hops: usize) -> Vec<Program> {
        let mut found = Vec::new();
        for (position, at) in chain.iter().enumerate() {
            let brought = match self.model.keyword(*at) {
                Keyword::Copy | Keyword::Add => self.copied(*at, hops),
                Keyword::Run => self.written(*at, &chain[position + 1..], hops),
                _ => continue,
            };
            found.extend(brought.programs);
            if brought.sure {
                break;
            }
            if found.len() >= MANY {
                found.push(unseen(None));
                break;
            }
        }
        found
    }

    /// The same for a file that is brought from `place`, which is written as `source`.
    fn followed(&self, source: &str, place: String, chain: &[usize], hops: usize) -> Vec<Program> {
        let from = Search { model: self.model, context: self.context, places: vec![place], name: source };
        let mut found = if hops == 0 { Vec::new() } else { from.look(chain, hops - 1) };
        // Its name here tells as much as the one that it had before.
        if found.iter().all(|program| matches!(program, Program::Unseen { .. })) {
            found.push(unseen(Some(source)));
        }
        found
    }
}

/// The last part of a path.
fn base(path: &str) -> &str {
    base_name(path.trim_end_matches('/'))
}
