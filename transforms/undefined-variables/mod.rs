//! Variables that are not set where they are used.

use std::collections::BTreeSet;

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::model::{Base, Model, one_slip_apart};
use crate::syntax::variables::{Reference, references};
use crate::syntax::{Args, Keyword, Span, TextRange};

mod defaults;
mod script;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "undefined-variables",
    summary: "find variables that are not set",
    offers: Offers::Findings,
    codes: &["UndefinedVar", "UndefinedArgInFrom", "InvalidDefaultArgInFrom"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    propose,
};

/// What BuildKit sets for FROM, and for a stage that asks for it by ARG.
///
/// Source: `defaultArgs` of `dockerfile2llb/platform.go`.
const PREDEFINED: &[&str] = &[
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// What images of bare distributions set.
const OF_DISTRIBUTIONS: &[&str] = &["PATH", "container", "DISTTAG", "FGC", "FBR", "LANG", "HOSTNAME"];

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let globals = defaults::Globals::of(model);
    for stage in 0..model.stages.len() {
        from(model, stage, &globals, proposals);
        if model.file.escape == b'`' || root_of(model, stage).is_windows() {
            // Windows tells names apart by other rules.
            continue;
        }
        in_stage(model, stage, &globals, proposals);
    }
}

fn from(model: &Model<'_, '_>, stage: usize, globals: &defaults::Globals, proposals: &mut Proposals) {
    let instruction = model.instructions[model.stages[stage].range.start];
    let text = instruction.joined.text();
    let name = instruction.body.operands(text).into_iter().next().map(|(range, _)| range);
    let platform = instruction.body.flags.iter().find(|flag| flag.name() == "platform").map(|flag| flag.range);
    let mut undeclared = false;
    for range in platform.into_iter().chain(name) {
        for Reference { name, range, .. } in references(text, range, model.file.escape) {
            if globals.has(&name) || PREDEFINED.contains(&name.as_str()) {
                continue;
            }
            undeclared = true;
            let near = globals.names().chain(PREDEFINED.iter().copied()).find(|known| one_slip_apart(known, &name));
            let text = match near {
                Some(near) => {
                    format!("no ARG above the first FROM declares `{name}`; `{near}` may be meant")
                }
                None => format!(
                    "no ARG above the first FROM declares `{name}`, so that `--build-arg` can't set it; declare it there"
                ),
            };
            proposals.leave(instruction.joined.span(range), text);
        }
    }
    let Some(range) = name.filter(|_| !undeclared) else { return };
    let word = String::from_utf8_lossy(range.slice(text)).into_owned();
    if let Some(image) = globals.expand(&word).filter(|image| word.contains('$') && !defaults::is_image(image)) {
        let shown = if image.is_empty() { "an empty name".to_owned() } else { format!("`{image}`") };
        proposals.leave(
            instruction.joined.span(range),
            format!(
                "`{word}` is no image unless `--build-arg` sets it, but {shown}: a plain `docker build` fails; give the \
                 ARG a default"
            ),
        );
    }
}

/// What the stage is built on in the end.
fn root_of<'m>(model: &'m Model<'_, '_>, stage: usize) -> &'m Base {
    let line = model.line_of(stage);
    &model.stages[line.last().copied().unwrap_or(stage)].base
}

fn in_stage(model: &Model<'_, '_>, stage: usize, globals: &defaults::Globals, proposals: &mut Proposals) {
    let range = model.stages[stage].range.clone();
    let root = root_of(model, stage);
    let all_known = *root == Base::Scratch || model.base_image(range.start).is_some_and(|image| image.bare);
    let named_in_from = variables_of_from(model, stage);
    let mut reported: BTreeSet<String> = BTreeSet::new();
    for index in range.start + 1..range.end {
        let in_run = model.instructions[index].body.keyword == Keyword::Run;
        let uses = if in_run { script::uses(model, index) } else { in_words(model, index) };
        // `${A:+:${A}}` asks first whether it is set.
        let guarded: Vec<String> =
            uses.iter().filter(|found| !found.reference.plain).map(|found| found.reference.name.clone()).collect();
        let before = model.env_names(index);
        for Use { reference, declared_here, place } in uses {
            let name = reference.name;
            let is_known = before.contains(&name) || declared_here.contains(&name) || name == "PATH";
            if is_known || guarded.contains(&name) || reported.contains(&name) {
                continue;
            }
            // An image may carry the version that its tag names: `FROM node:$NODE_VERSION`.
            let perhaps_of_image = !all_known && named_in_from.contains(&name);
            let text = if globals.has(&name) && !perhaps_of_image {
                format!(
                    "`{name}` is empty here: an ARG above the first FROM is known to FROM alone; repeat `ARG {name}` in \
                     this stage"
                )
            } else if PREDEFINED.contains(&name.as_str()) {
                format!(
                    "`{name}` is empty here: a stage gets it only by an ARG of its own; add `ARG {name}` to this stage"
                )
            } else if in_run || is_proxy(&name) {
                // A script may set it, and so may a file that it reads.
                continue;
            } else if let Some(near) =
                before.iter().map(String::as_str).chain(["PATH"]).find(|known| slip(known, &name))
            {
                format!("nothing in this file sets `{name}`; `{near}` may be meant")
            } else if all_known && !OF_DISTRIBUTIONS.contains(&name.as_str()) {
                format!(
                    "nothing sets `{name}`, in this file or in its base image, so that it is empty; set it or take it out"
                )
            } else {
                continue;
            };
            reported.insert(name);
            proposals.leave(place, text);
        }
    }
}

/// The build arguments that need no ARG.
fn is_proxy(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "http_proxy" | "https_proxy" | "ftp_proxy" | "no_proxy" | "all_proxy")
}

/// Whether one name is the other with a slip of the keyboard: in one word of it, and in no short one, for
/// `WORK_UID` and `WORK_GID` are two names.
fn slip(known: &str, name: &str) -> bool {
    if known == "PATH" {
        return one_slip_apart(known, name) && name.len() == 4;
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (left, right): (Vec<&str>, Vec<&str>) = (known.split('_').collect(), name.split('_').collect());
    let differing: Vec<(&&str, &&str)> = left.iter().zip(&right).filter(|(left, right)| left != right).collect();
    left.len() == right.len()
        && digits(known) == digits(name)
        && matches!(differing.as_slice(), [(left, right)] if left.len() > 4 && right.len() > 4 && one_slip_apart(left, right))
}

fn variables_of_from(model: &Model<'_, '_>, stage: usize) -> Vec<String> {
    let mut names = Vec::new();
    for stage in model.line_of(stage) {
        let instruction = model.instructions[model.stages[stage].range.start];
        let found = references(instruction.joined.text(), instruction.body.rest, model.file.escape);
        names.extend(found.into_iter().map(|reference| reference.name));
    }
    names
}

/// A variable that an instruction uses.
struct Use {
    reference: Reference,
    /// What the same ARG declared before, and the name that it declares just now.
    declared_here: Vec<String>,
    place: Span,
}

/// The variables in what BuildKit expands.
///
/// Source: `Expand` of `dockerfile/instructions/commands.go`.
fn in_words(model: &Model<'_, '_>, index: usize) -> Vec<Use> {
    let instruction = model.instructions[index];
    let body = &instruction.body;
    let text = instruction.joined.text();
    let of = |range: TextRange, declared: &[String]| -> Vec<Use> {
        let found = references(text, range, model.file.escape).into_iter();
        found
            .map(|reference| {
                let place = instruction.joined.span(reference.range);
                Use { reference, declared_here: declared.to_vec(), place }
            })
            .collect()
    };
    let words = || body.operands(text).into_iter();
    match body.keyword {
        Keyword::Env | Keyword::Label => {
            body.pairs().iter().flat_map(|pair| [pair.key, pair.value]).flat_map(|range| of(range, &[])).collect()
        }
        Keyword::Copy | Keyword::Add => {
            let flags = body.flags.iter().filter(|flag| matches!(flag.name(), "chown" | "chmod" | "checksum"));
            let paths = words().map(|(range, _)| range).filter(|range| !range.slice(text).starts_with(b"<<"));
            flags.map(|flag| flag.range).chain(paths).flat_map(|range| of(range, &[])).collect()
        }
        Keyword::Expose | Keyword::Volume => words().flat_map(|(range, _)| of(range, &[])).collect(),
        Keyword::User | Keyword::Workdir | Keyword::Stopsignal => match body.args {
            Args::Text(range) => of(range, &[]),
            _ => Vec::new(),
        },
        Keyword::Arg => {
            let mut declared: Vec<String> = Vec::new();
            words()
                .flat_map(|(range, word)| {
                    declared.push(word.split('=').next().unwrap_or_default().to_owned());
                    of(range, &declared)
                })
                .collect()
        }
        _ => Vec::new(),
    }
}
