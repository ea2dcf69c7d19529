//! A COPY moved below a dependency install that does not need it.
//!
//! The two files are walked side by side. A COPY that is missing at its place is on its way down; every
//! instruction that it passes must commute with it, and it must turn up unchanged. A COPY that is new must
//! bring no more than a part of what one on its way down brings.

use crate::context::LazyContext;
use crate::knowledge::base_name;
use crate::knowledge::ecosystems::{self, Install, Project};
use crate::model::{Copy, Model};
use crate::shell::Command;
use crate::syntax::{Item, Keyword, Span, Trivia, TriviaKind, dump, lossy};

use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let old: Vec<Unit> = units(&before.model);
    let new: Vec<Unit> = units(&after.model);
    let mut moving: Vec<usize> = Vec::new();
    let mut parts: Vec<usize> = Vec::new();
    let (mut i, mut j) = (0, 0);
    let rules = Rules { before: &before.model, after: &after.model, demand, context: facts.context };
    while j < new.len() {
        if let Some(first) = moving.first()
            && old[*first] == new[j]
            && old.get(i) != Some(&new[j])
        {
            moving.remove(0);
            j += 1;
            if moving.is_empty() {
                parts.clear();
            }
            continue;
        }
        if old.get(i) == Some(&new[j]) {
            for copy in &moving {
                rules.commute(*copy, i, &parts)?;
            }
            i += 1;
            j += 1;
            continue;
        }
        if old.get(i).is_some_and(|unit| unit.says.keyword == "COPY") && !is_part(&rules, &old, &new, i, j) {
            moving.push(i);
            i += 1;
            continue;
        }
        if old.get(i).is_some_and(|unit| unit.says.keyword == "COPY") {
            moving.push(i);
            i += 1;
        }
        let Some(whole) = moving.last() else {
            return Err(Refusal::new("an instruction appeared, or one that is no COPY moved"));
        };
        rules.part_of(*whole, j)?;
        parts.push(j);
        j += 1;
    }
    if i < old.len() || !moving.is_empty() {
        return Err(Refusal::new("an instruction is gone"));
    }
    Ok(())
}

/// An instruction with the comment lines that stand directly above it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    says: dump::InstructionDump,
    comments: Vec<String>,
}

fn units(model: &Model<'_, '_>) -> Vec<Unit> {
    let source = model.file.source;
    let mut units = Vec::new();
    let mut above: Vec<String> = Vec::new();
    for item in &model.file.items {
        match item {
            Item::Trivia(Trivia { kind: TriviaKind::Comment, span }) => above.push(line(source, *span)),
            Item::Trivia(_) | Item::Directive(_) => above.clear(),
            Item::Instruction(instruction) => {
                let says = dump::instruction(model.file, instruction).without_lines();
                let inner = instruction.inner.iter().filter(|trivia| trivia.kind == TriviaKind::Comment);
                let mut comments = std::mem::take(&mut above);
                comments.extend(inner.map(|trivia| line(source, trivia.span)));
                units.push(Unit { says, comments });
            }
        }
    }
    units
}

fn line(source: &[u8], span: Span) -> String {
    lossy(span.slice(source)).trim().to_owned()
}

/// Whether `new[j]` is a part that goes before the COPY at `old[i]`, which moves.
fn is_part(rules: &Rules<'_, '_, '_>, old: &[Unit], new: &[Unit], i: usize, j: usize) -> bool {
    new[j].says.keyword == "COPY" && !old[i + 1..].iter().any(|unit| *unit == new[j]) && rules.part_of(i, j).is_ok()
}

struct Rules<'f, 's, 'c> {
    before: &'f Model<'f, 's>,
    after: &'f Model<'f, 's>,
    demand: Demand,
    context: LazyContext<'c>,
}

impl Rules<'_, '_, '_> {
    fn copy(&self, index: usize) -> Result<Copy, Refusal> {
        Copy::of(self.before, index)
            .ok_or_else(|| Refusal::new("a COPY with variables, patterns of its own or from another stage moved"))
    }

    /// The new COPY at `j` brings files that the moving one brings again later, to the same places.
    fn part_of(&self, whole: usize, j: usize) -> Result<(), Refusal> {
        let part = Copy::of(self.after, j).ok_or_else(|| Refusal::new("a COPY appeared that is not written out"))?;
        let whole = self.copy(whole)?;
        if !whole.is_whole_context() || whole.flags != part.flags {
            return Err(Refusal::new("a COPY appeared that is no part of the one that moved"));
        }
        let Some(context) = self.context.get() else {
            return Err(Refusal::new("a COPY appeared, and the build context is not known"));
        };
        for source in &part.sources {
            if source.contains(['*', '?', '[']) || !context.exists(source) || context.is_dir(source) {
                return Err(Refusal::new(format!("`{source}` is no file of the build context")));
            }
            let place = format!("{}/{source}", whole.destination.trim_end_matches('/'));
            if part.source_of(&place, context.into()).as_deref() != Some(source) {
                return Err(Refusal::new(format!("`{source}` goes to another place than before")));
            }
        }
        Ok(())
    }

    /// The COPY at `copy` and the instruction at `other` may swap.
    fn commute(&self, copy: usize, other: usize, parts: &[usize]) -> Result<(), Refusal> {
        let model = self.before;
        if model.stage_of(copy) != model.stage_of(other) {
            return Err(Refusal::new("a COPY moved into another stage"));
        }
        let moving = self.copy(copy)?;
        match model.keyword(other) {
            Keyword::Label
            | Keyword::Expose
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Stopsignal
            | Keyword::Healthcheck
            | Keyword::Maintainer
            | Keyword::User
            | Keyword::Env
            | Keyword::Arg => Ok(()),
            Keyword::Copy => self.copies_commute(&moving, other),
            Keyword::Run => self.run_commutes(copy, &moving, other, parts),
            keyword => Err(Refusal::new(format!("a COPY can't pass {keyword}"))),
        }
    }

    fn copies_commute(&self, moving: &Copy, other: usize) -> Result<(), Refusal> {
        let other = self.copy(other)?;
        for target in other.targets(self.context) {
            if moving.may_write_below(&target, self.context) {
                return Err(Refusal::new(format!("both COPYs may write {target}")));
            }
        }
        for target in moving.targets(self.context) {
            if other.may_write_below(&target, self.context) && self.demand == Demand::SameImage {
                return Err(Refusal::new(format!("both COPYs may write {target}")));
            }
        }
        Ok(())
    }

    fn run_commutes(&self, copy: usize, moving: &Copy, run: usize, parts: &[usize]) -> Result<(), Refusal> {
        let installs = self.installs(run)?;
        if self.demand == Demand::SameImage {
            self.no_variable_names(moving, run)?;
        }
        let folder = self.before.states[run].workdir.path();
        if self.before.states[run].workdir != self.before.states[copy].workdir {
            return Err(Refusal::new("the working directory changed in between"));
        }
        let makes_links = |index: usize| {
            let script = self.before.script(index);
            script.is_some_and(|script| script.simple_commands().iter().any(|simple| simple.name() == Some("ln")))
        };
        let links = (0..copy).any(makes_links);
        if links {
            return Err(Refusal::new("an earlier step makes links, and a COPY follows them"));
        }
        if !crate::model::copy::stays_in_project(moving, self.context) {
            return Err(Refusal::new(format!(
                "a COPY to {} may bring settings that the install reads",
                moving.destination
            )));
        }
        if self.context.get().is_none() {
            let mut names = moving.sources.iter().map(|source| base_name(source));
            if names.any(ecosystems::looks_like_manifest) || !installs.iter().all(Install::is_mostly_alone) {
                return Err(Refusal::new(
                    "the build context is not known, and the install may read what the COPY brings",
                ));
            }
        }
        for install in &installs {
            self.install_needs_no(install, moving, folder, run, parts)?;
        }
        Ok(())
    }

    fn install_needs_no(
        &self,
        install: &Install,
        moving: &Copy,
        folder: &str,
        run: usize,
        parts: &[usize],
    ) -> Result<(), Refusal> {
        let place = |path: &str| crate::model::copy::join(folder, path);
        let brought_by_part = |path: &str| {
            parts.iter().any(|part| {
                Copy::of(self.after, *part).is_some_and(|part| part.source_of(&place(path), self.context).is_some())
            })
        };
        let needed = install
            .manifests
            .iter()
            .map(String::as_str)
            .chain(install.locks.iter().copied())
            .chain(install.settings.iter().copied());
        for path in needed {
            if moving.may_bring(&place(path), self.context) && !brought_by_part(path) {
                return Err(Refusal::new(format!("the install reads `{path}`, which the COPY may bring")));
            }
        }
        for path in &install.manifests {
            if !brought_by_part(path) && !self.stays_above(&place(path), run) {
                return Err(Refusal::new(format!("no COPY that stays above the install names `{path}`")));
            }
        }
        for path in &install.reads {
            if moving.may_write_below(&place(path), self.context) {
                return Err(Refusal::new(format!("the install reads `{path}`, which the COPY may bring")));
            }
        }
        let image = ImageFolder { rules: self, folder, run, parts };
        let reading = ecosystems::files_read(install, &image).map_err(|need| Refusal::new(need.to_string()))?;
        if self.demand == Demand::OnlyTheClaim {
            return Ok(());
        }
        if let Some(doubt) = reading.doubts.first() {
            return Err(Refusal::new(doubt));
        }
        let Some(context) = self.context.get() else {
            return Err(Refusal::new("the build context is not known, so the manifests could not be read"));
        };
        for output in &install.outputs {
            if moving.may_write_below(&place(output), context.into()) {
                return Err(Refusal::new(format!(
                    "the COPY may bring a `{output}` over what the install wrote: let `.dockerignore` name it"
                )));
            }
        }
        Ok(())
    }

    /// No variable that is set when the RUN starts has a path in it that the moving COPY brings.
    fn no_variable_names(&self, moving: &Copy, run: usize) -> Result<(), Refusal> {
        let folder = self.before.states[run].workdir.path();
        for (name, value) in self.before.variables(run) {
            for path in ecosystems::paths_in(name, value.as_deref().unwrap_or_default()) {
                if moving.may_bring(&crate::model::copy::join(folder, path), self.context) {
                    return Err(Refusal::new(format!(
                        "the variable `{name}` names `{path}`, which the COPY may bring"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Whether a COPY of the new version, above the same RUN, surely brings the file.
    fn stays_above(&self, path: &str, run: usize) -> bool {
        let says = |model: &Model<'_, '_>, index: usize| {
            dump::instruction(model.file, model.instructions[index]).without_lines()
        };
        let wanted = says(self.before, run);
        let rank = (0..run).filter(|index| says(self.before, *index) == wanted).count();
        let same = (0..self.after.instructions.len()).filter(|index| says(self.after, *index) == wanted).nth(rank);
        let Some(run) = same else { return false };
        let start = self.after.stage_of(run).map_or(0, |stage| stage.range.start);
        (start..run).filter_map(|index| Copy::of(self.after, index)).any(|copy| copy.surely_brings(path, self.context))
    }

    /// The dependency installs of a RUN that does nothing else.
    fn installs(&self, run: usize) -> Result<Vec<Install>, Refusal> {
        let refuse = || Refusal::new("a COPY can't pass a RUN that does more than install dependencies");
        if !self.before.instructions[run].body.flags.iter().all(|flag| flag.text.starts_with("--mount=type=cache,")) {
            return Err(Refusal::new("a RUN with mounts may read anything"));
        }
        let Some(script) = self.before.script(run) else { return Err(refuse()) };
        let chain = script.single_chain().filter(|chain| chain.is_and_only()).ok_or_else(refuse)?;
        let mut installs = Vec::new();
        for link in &chain.links {
            let [Command::Simple(simple)] = link.pipeline.commands.as_slice() else { return Err(refuse()) };
            if link.pipeline.negated || !simple.assignments.is_empty() || !simple.redirects.is_empty() {
                return Err(refuse());
            }
            let words = simple.literals();
            if let Some(install) = ecosystems::dependency_install(&words) {
                installs.push(install);
                continue;
            }
            let companion = ecosystems::companion(&words).ok_or_else(refuse)?;
            if let Some(doubt) = companion.doubt.filter(|_| self.demand == Demand::SameImage) {
                return Err(Refusal::new(doubt));
            }
        }
        if installs.is_empty() { Err(refuse()) } else { Ok(installs) }
    }
}

/// The folder that an install runs in, as the COPYs before it filled it.
struct ImageFolder<'r, 'f, 's, 'c> {
    rules: &'r Rules<'f, 's, 'c>,
    folder: &'r str,
    run: usize,
    parts: &'r [usize],
}

impl ImageFolder<'_, '_, '_, '_> {
    fn source(&self, path: &str) -> Option<String> {
        let place = crate::model::copy::join(self.folder, path);
        let model = self.rules.before;
        let stage = model.stage_of(self.run)?;
        let from_parts = self.parts.iter().rev().filter_map(|part| Copy::of(self.rules.after, *part));
        let before = (stage.range.start..self.run).rev().filter_map(|index| Copy::of(model, index));
        from_parts.chain(before).find_map(|copy| copy.source_of(&place, self.rules.context))
    }
}

impl Project for ImageFolder<'_, '_, '_, '_> {
    fn read(&self, path: &str) -> Option<String> {
        String::from_utf8(self.rules.context.get()?.read(&self.source(path)?)?).ok()
    }

    /// Without the context a COPY of a folder tells of no file in it.
    fn exists(&self, path: &str) -> bool {
        if let Some(context) = self.rules.context.get() {
            return self.source(path).is_some_and(|source| context.exists(&source));
        }
        let place = crate::model::copy::join(self.folder, path);
        let model = self.rules.before;
        let start = model.stage_of(self.run).map_or(self.run, |stage| stage.range.start);
        (start..self.run).filter_map(|at| Copy::of(model, at)).any(|copy| copy.surely_brings(&place, LazyContext::NONE))
    }

    fn env(&self, name: &str) -> Option<String> {
        self.rules.before.env(self.run, name)
    }

    fn env_names(&self) -> Vec<&str> {
        self.rules.before.env_names(self.run)
    }
}
