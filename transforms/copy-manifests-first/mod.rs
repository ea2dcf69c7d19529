//! Dependencies are installed before the code is copied.

use crate::context::LazyContext;
use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::base_name;
use crate::knowledge::ecosystems::{self, Install, Project};
use crate::model::copy::{below, join, stays_in_project};
use crate::model::{Copy, Model};
use crate::prove::Claim;
use crate::shell::Command;
use crate::style::Style;
use crate::syntax::{Item, Keyword, Span, Trivia, TriviaKind, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "copy-manifests-first",
    summary: "copy dependency manifests and install before the code is copied",
    offers: Offers::SafeOrUnsafe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let mut moves: Vec<Move> = Vec::new();
    for stage in &model.stages {
        let installs: Vec<RunInstalls> = stage.range.clone().filter_map(|run| installs(model, run)).collect();
        let Some(last) = installs.last() else { continue };
        for index in stage.range.start..last.run {
            let Some(copy) = Copy::of(model, index) else { continue };
            if !copy.is_whole_context() && brings_a_manifest(model, subject.context, (index, &copy), &installs) {
                continue;
            }
            match destination_of(model, subject.context, (index, &copy), &installs) {
                Ok(None) => {}
                Ok(Some(found)) => moves.push(found),
                Err((run, reason)) => {
                    let line = model.instructions[run].first_line;
                    proposals.leave(
                        model.instructions[index].span,
                        format!("this COPY stays above the install of line {line}: {reason}"),
                    );
                }
            }
        }
    }
    while let Some(first) = moves.first() {
        let target = first.below;
        let (same, rest): (Vec<Move>, Vec<Move>) = moves.into_iter().partition(|found| found.below == target);
        proposals.fixes.push(fix(model, &same));
        moves = rest;
    }
}

/// Whether any install below the COPY, in its stage, may read something that it brings.
fn brings_a_manifest(
    model: &Model<'_, '_>,
    context: LazyContext<'_>,
    (index, copy): (usize, &Copy),
    installs: &[RunInstalls],
) -> bool {
    installs.iter().filter(|found| found.run > index).any(|found| {
        let folder = model.states[found.run].workdir.path();
        let mut paths = found.installs.iter().flat_map(read_by_name);
        paths.any(|path| copy.may_bring(&join(folder, path), context))
    })
}

/// Every file that an install reads where it is there.
fn read_by_name(install: &Install) -> impl Iterator<Item = &str> {
    let named = install.manifests.iter().map(String::as_str);
    named.chain(install.locks.iter().copied()).chain(install.settings.iter().copied())
}

/// A COPY that can go below an install.
struct Move {
    copy: usize,
    /// The last install that it can go below.
    below: usize,
    /// Files that the install needs out of this COPY, which are copied on their own at its place.
    split: Vec<String>,
    /// Why it is not certain that nothing breaks.
    doubts: Vec<String>,
}

/// The install below which the COPY can go. None where there is none that it holds up; an error where there
/// is one and the COPY has to stay.
fn destination_of(
    model: &Model<'_, '_>,
    context: LazyContext<'_>,
    (index, copy): (usize, &Copy),
    all_installs: &[RunInstalls],
) -> Result<Option<Move>, (usize, String)> {
    let mut found: Option<Move> = None;
    let mut passed: Vec<Copy> = Vec::new();
    let mut at = index;
    while let Some(next) = model.next_in_stage(at) {
        at = next;
        if at - index > FARTHEST {
            break;
        }
        match model.keyword(at) {
            Keyword::Label
            | Keyword::Expose
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Stopsignal
            | Keyword::Healthcheck
            | Keyword::Maintainer
            | Keyword::User
            | Keyword::Env
            | Keyword::Arg => {}
            Keyword::Copy => match Copy::of(model, at) {
                Some(other) if !may_collide(copy, &other, context) => passed.push(other),
                _ => break,
            },
            Keyword::Run => {
                let Ok(known) = all_installs.binary_search_by_key(&at, |found| found.run) else { break };
                let RunInstalls { installs, doubts, .. } = &all_installs[known];
                if model.states[at].workdir != model.states[index].workdir {
                    break;
                }
                match past(model, context, (index, copy), &passed, at, installs) {
                    Ok(mut step) => {
                        step.doubts.extend_from_slice(doubts);
                        if let Some(earlier) = found.take() {
                            step.split.extend(earlier.split);
                            step.split.sort();
                            step.split.dedup();
                            step.doubts.splice(0..0, earlier.doubts);
                        }
                        found = Some(step);
                    }
                    Err(Some(reason)) if found.is_none() => return Err((at, reason)),
                    Err(_) => break,
                }
            }
            _ => break,
        }
    }
    Ok(found)
}

/// A RUN of dependency installs.
struct RunInstalls {
    run: usize,
    installs: Vec<Install>,
    /// What is not certain about the commands beside them.
    doubts: Vec<String>,
}

/// So many instructions a COPY goes down at most: an image has no more than 127 layers.
const FARTHEST: usize = 256;

/// The dependency installs of a RUN that does nothing else.
fn installs(model: &Model<'_, '_>, run: usize) -> Option<RunInstalls> {
    if model.keyword(run) != Keyword::Run {
        return None;
    }
    let flags = &model.instructions[run].body.flags;
    if !flags.iter().all(|flag| flag.text.starts_with("--mount=type=cache,")) {
        return None;
    }
    let chain = model.script(run)?.single_chain().filter(|chain| chain.is_and_only())?;
    let mut found = Vec::new();
    let mut doubts = Vec::new();
    for link in &chain.links {
        let [Command::Simple(simple)] = link.pipeline.commands.as_slice() else { return None };
        if link.pipeline.negated || !simple.assignments.is_empty() || !simple.redirects.is_empty() {
            return None;
        }
        let words = simple.literals();
        match ecosystems::dependency_install(&words) {
            Some(install) => found.push(install),
            None => doubts.extend(ecosystems::companion(&words)?.doubt.map(str::to_owned)),
        }
    }
    (!found.is_empty()).then_some(RunInstalls { run, installs: found, doubts })
}

/// Takes the COPY past one RUN of installs. `Err(None)`: the COPY is what brings the manifests.
fn past(
    model: &Model<'_, '_>,
    context: LazyContext<'_>,
    (index, copy): (usize, &Copy),
    passed: &[Copy],
    run: usize,
    installs: &[Install],
) -> Result<Move, Option<String>> {
    let folder = model.states[run].workdir.path();
    let mut split = Vec::new();
    let mut doubts = Vec::new();
    if !stays_in_project(copy, context) {
        return Err(Some(format!(
            "it brings files to {}, where any tool may look for settings",
            copy.destination.replace(Copy::FOLDER_IN_FORCE, "the folder in force")
        )));
    }
    let unseen = context.get().is_none();
    let sources = || copy.sources.iter().map(|source| base_name(source));
    if unseen && (sources().any(ecosystems::looks_like_manifest) || !installs.iter().all(Install::is_mostly_alone)) {
        return Err(Some("the build context is not known, and the install may read what this COPY brings".to_owned()));
    }
    for install in installs {
        if unseen && install.manifests.iter().any(|path| copy.may_bring(&join(folder, path), LazyContext::NONE)) {
            return Err(None);
        }
        let project = ImageFolder { model, context, folder, run };
        let reading = ecosystems::files_read(install, &project).map_err(|need| Some(need.to_string()))?;
        if let Some(path) = install.reads.iter().find(|path| copy.may_write_below(&join(folder, path), context)) {
            return Err(Some(format!("the install reads `{path}`, which it may bring")));
        }
        doubts.extend(reading.doubts);
        for path in reading.files {
            let place = join(folder, &path);
            let brought_here = copy.source_of(&place, context);
            let brought_between = passed.iter().any(|other| other.surely_brings(&place, context));
            match brought_here {
                Some(source) if copy.is_whole_context() && context.get().is_some() && !brought_between => {
                    split.push(source);
                }
                // Later files win: the COPY would put its own over the ones copied since.
                Some(_) => return Err(None),
                None if context.get().is_none() && copy.may_bring(&place, LazyContext::NONE) => return Err(None),
                None if brought_between
                    || passed_before(model, context, index, &place)
                    || !install.manifests.contains(&path) => {}
                None => return Err(Some(format!("no COPY names `{path}`"))),
            }
        }
        if context.get().is_none() && doubts.is_empty() {
            doubts.push("the build context is not known, so its manifests could not be read".to_owned());
        }
        for output in &install.outputs {
            if copy.may_write_below(&join(folder, output), context) {
                doubts.push(format!(
                    "the COPY may bring a `{output}` over what the install wrote, as `.dockerignore` does not name it"
                ));
            }
        }
    }
    doubts.extend(variable_names_what_moves(model, context, copy, run));
    if !split.is_empty() && split.iter().any(|path| path.contains(' ')) {
        return Err(Some("a manifest has a blank in its name".to_owned()));
    }
    Ok(Move { copy: index, below: run, split, doubts })
}

/// A variable that names something which the COPY brings: whatever the install starts may look for it.
fn variable_names_what_moves(
    model: &Model<'_, '_>,
    context: LazyContext<'_>,
    copy: &Copy,
    run: usize,
) -> Option<String> {
    let folder = model.states[run].workdir.path();
    model.variables(run).iter().find_map(|(name, value)| {
        let value = value.as_ref()?;
        let paths = ecosystems::paths_in(name, value);
        let path = paths.into_iter().find(|path| copy.may_bring(&join(folder, path), context))?;
        Some(format!("the variable `{name}` names `{path}`, which the COPY may bring"))
    })
}

/// Whether a COPY above `index` surely brings a file.
fn passed_before(model: &Model<'_, '_>, context: LazyContext<'_>, index: usize, place: &str) -> bool {
    let start = model.stage_of(index).map_or(0, |stage| stage.range.start);
    (start..index).filter_map(|at| Copy::of(model, at)).any(|copy| copy.surely_brings(place, context))
}

/// Whether both may write the same path.
fn may_collide(copy: &Copy, other: &Copy, context: LazyContext<'_>) -> bool {
    other.targets(context).iter().any(|target| copy.may_write_below(target, context))
        || copy
            .targets(context)
            .iter()
            .any(|target| other.may_write_below(target, context) && below(target, &other.destination).is_some())
}

/// The folder that the install runs in, as the COPYs above it filled it.
struct ImageFolder<'a, 'f, 's> {
    model: &'a Model<'f, 's>,
    context: LazyContext<'a>,
    folder: &'a str,
    run: usize,
}

impl ImageFolder<'_, '_, '_> {
    fn source(&self, path: &str) -> Option<String> {
        let place = join(self.folder, path);
        let stage = self.model.stage_of(self.run)?;
        let copies = (stage.range.start..self.run).rev().filter_map(|index| Copy::of(self.model, index));
        copies.into_iter().find_map(|copy| copy.source_of(&place, self.context))
    }
}

impl Project for ImageFolder<'_, '_, '_> {
    fn read(&self, path: &str) -> Option<String> {
        String::from_utf8(self.context.get()?.read(&self.source(path)?)?).ok()
    }

    /// Without the context only what a COPY names is there for sure, and not what a folder may hold.
    fn exists(&self, path: &str) -> bool {
        if self.context.get().is_some() {
            return self.source(path).is_some();
        }
        let place = join(self.folder, path);
        let Some(stage) = self.model.stage_of(self.run) else { return false };
        let mut copies = (stage.range.start..self.run).filter_map(|index| Copy::of(self.model, index));
        copies.any(|copy| copy.surely_brings(&place, LazyContext::NONE))
    }

    fn env(&self, name: &str) -> Option<String> {
        self.model.env(self.run, name)
    }

    fn env_names(&self) -> Vec<&str> {
        self.model.env_names(self.run)
    }
}

fn fix(model: &Model<'_, '_>, moves: &[Move]) -> Fix {
    let source = model.file.source;
    let style = model.style();
    let mut edits = Vec::new();
    let mut block = String::new();
    for found in moves {
        let whole = with_comments(model, model.instructions[found.copy].span);
        let mut text = lossy(whole.slice(source)).into_owned();
        if !text.ends_with('\n') {
            text.push_str(style.line_end);
        }
        if has_blank_line_above(model, whole) {
            block.push_str(style.line_end);
        }
        block.push_str(&text);
        if found.split.is_empty() {
            edits.push(Edit::delete(with_one_blank_line(model, whole)));
        } else {
            edits.push(Edit::replace(whole, manifests_copy(model, found.copy, &found.split, style)));
        }
    }
    let below = moves.first().map_or(0, |found| found.below);
    let at = model.instructions[below].span.end;
    if !source[..at].ends_with(b"\n") {
        block = format!("{}{}", style.line_end, block.trim_end_matches(['\r', '\n']));
    }
    edits.push(Edit::insert(at, block));
    let mut doubts: Vec<&str> = Vec::new();
    for doubt in moves.iter().flat_map(|found| &found.doubts) {
        if !doubts.contains(&doubt.as_str()) {
            doubts.push(doubt);
        }
    }
    let gain = "a change of the code then no longer installs all dependencies anew";
    Fix {
        title: "install dependencies before the code is copied".to_owned(),
        reason: if doubts.is_empty() {
            format!("{gain}; the manifests were read in the build context and name nothing local")
        } else {
            format!("{gain}; unsafe because {}", doubts.join(", and "))
        },
        edits,
        safety: if doubts.is_empty() { Safety::Safe } else { Safety::Unsafe },
        claim: Claim::StepOrder,
        alternatives: Vec::new(),
    }
}

/// COPY instructions for just these files, one a folder, with the flags and the keyword's case of `index`.
fn manifests_copy(model: &Model<'_, '_>, index: usize, files: &[String], style: &Style) -> String {
    let instruction = model.instructions[index];
    let text = instruction.joined.text();
    let string = |range: crate::syntax::TextRange| lossy(range.slice(text)).into_owned();
    let keyword = string(instruction.body.keyword_range);
    let flags: String = instruction.body.flags.iter().flat_map(|flag| [string(flag.range), " ".to_owned()]).collect();
    let destination = match &instruction.body.args {
        crate::syntax::Args::Words(words) => words.last().map(|word| string(*word)),
        crate::syntax::Args::Json(strings) => strings.last().map(|string| string.value.clone()),
        _ => None,
    };
    let destination = destination.unwrap_or_else(|| ".".to_owned());
    let base = if destination == "." { "./".to_owned() } else { format!("{}/", destination.trim_end_matches('/')) };
    let mut folders: Vec<(&str, Vec<&str>)> = Vec::new();
    for file in files {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, list)) => list.push(file),
            None => folders.push((folder, vec![file])),
        }
    }
    let lines = folders.into_iter().map(|(folder, list)| {
        let target = if folder.is_empty() { base.clone() } else { format!("{base}{folder}/") };
        format!("{keyword} {flags}{} {target}{}", list.join(" "), style.line_end)
    });
    lines.collect()
}

/// The instruction with the comment lines directly above it.
fn with_comments(model: &Model<'_, '_>, span: Span) -> Span {
    let mut start = span.start;
    for item in model.file.items.iter().rev() {
        if let Item::Trivia(Trivia { kind: TriviaKind::Comment, span }) = item
            && span.end == start
        {
            start = span.start;
        }
    }
    Span::new(start, span.end)
}

fn has_blank_line_above(model: &Model<'_, '_>, span: Span) -> bool {
    model.file.items.iter().any(
        |item| matches!(item, Item::Trivia(Trivia { kind: TriviaKind::Blank, span: other }) if other.end == span.start),
    )
}

/// The lines, and a blank line below where one stands above too.
fn with_one_blank_line(model: &Model<'_, '_>, span: Span) -> Span {
    if !has_blank_line_above(model, span) {
        return span;
    }
    let below = model.file.items.iter().find_map(|item| match item {
        Item::Trivia(Trivia { kind: TriviaKind::Blank, span: other }) if other.start == span.end => Some(*other),
        _ => None,
    });
    below.map_or(span, |below| span.cover(below))
}
