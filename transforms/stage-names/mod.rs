//! Stage names that clash, and names of stages that are none.

use std::collections::HashMap;

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::model::{Model, one_slip_apart};
use crate::syntax::Span;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "stage-names",
    summary: "find stage names that clash or are unknown",
    offers: Offers::Findings,
    codes: &["DuplicateStageName", "ReservedStageName", "DL3022", "DL3023", "DL3024"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (stage, name) in model.stages.iter().enumerate().filter_map(|(at, stage)| Some((at, stage.name.as_deref()?))) {
        named(model, stage, name, seen.insert(name, stage), proposals);
    }
    for index in 0..model.instructions.len() {
        let onbuild = model.inner(index).keyword != model.keyword(index);
        let Some(own) = model.stage_of(index).map(|stage| stage.index) else { continue };
        // What ONBUILD names is a stage of another file.
        if onbuild {
            continue;
        }
        for (range, from) in model.takes_from(index) {
            let place = model.instructions[index].joined.span(range);
            if let Some(text) = unknown(model, own, &from) {
                proposals.leave(place, text);
            }
        }
    }
}

/// Looks at the name of a stage; `earlier` is the last stage above that has it too.
fn named(model: &Model<'_, '_>, stage: usize, name: &str, earlier: Option<usize>, proposals: &mut Proposals) {
    let place = name_place(model, stage);
    if name == "scratch" || name == "context" {
        proposals.leave(
            place,
            format!("`{name}` is a reserved name, which means something else in other places; choose another one"),
        );
    }
    if let Some(earlier) = earlier {
        let line = model.instructions[model.stages[earlier].range.start].first_line;
        proposals.leave(
            place,
            format!(
                "line {line} has a stage `{name}` already: what names it means the one or the other; choose another name"
            ),
        );
    }
}

fn name_place(model: &Model<'_, '_>, stage: usize) -> Span {
    let instruction = model.instructions[model.stages[stage].range.start];
    let words = instruction.body.operands(instruction.joined.text());
    let range = words.get(2).map_or(instruction.body.rest, |(range, _)| *range);
    instruction.joined.span(range)
}

/// What is wrong with a name that stage `own` takes files from, where that is certain.
fn unknown(model: &Model<'_, '_>, own: usize, from: &str) -> Option<String> {
    if from.contains('$') {
        let text = format!(
            "`{from}` is taken as it stands, for variables are not expanded here; name a stage whose FROM uses the variable"
        );
        return Some(text);
    }
    let line = |stage: usize| model.instructions[model.stages[stage].range.start].first_line;
    match model.stage_named(from) {
        Some(stage) if stage == own => {
            Some(format!("`{from}` is the stage itself, which can't take files from itself; name another one"))
        }
        Some(stage) if stage > own => Some(format!(
            "`{from}` is a stage of line {}, below this one: only BuildKit finds it, other builders look for an image of \
             that name; move the stage up",
            line(stage)
        )),
        Some(_) => None,
        None if from.parse::<usize>().is_ok() => {
            Some(format!("there is no stage `{from}`: stages are counted from 0; name the stage that is meant"))
        }
        None => {
            let meant = model.stages.iter().filter_map(|stage| stage.name.as_deref());
            let meant = meant.filter(|name| name.len() > 2).find(|name| one_slip_apart(name, &from.to_lowercase()))?;
            Some(format!("there is no stage `{from}`, so that an image of that name is taken; `{meant}` may be meant"))
        }
    }
}
