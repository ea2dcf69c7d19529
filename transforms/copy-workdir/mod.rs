//! COPY to a relative destination without a WORKDIR.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::model::{Base, Model, Workdir, cleaned};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "copy-workdir",
    summary: "find a relative destination of COPY without a WORKDIR",
    offers: Offers::Findings,
    codes: &["DL3045"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let body = &instruction.body;
        if !matches!(body.keyword, Keyword::Copy | Keyword::Add) {
            continue;
        }
        let operands = body.operands(instruction.joined.text());
        let Some((range, destination)) = operands.last().filter(|_| operands.len() > 1) else { continue };
        let destination = destination.trim_matches(['"', '\'']);
        if !is_relative(destination) || has_workdir(model, index) {
            continue;
        }
        let at_root = model.base_image(index).is_some_and(|image| image.bare) || is_scratch(model, index);
        let text = if destination == "~" || destination.starts_with("~/") {
            format!(
                "`{destination}` does not lie in a home folder: COPY and ADD do not expand `~` but take it as a name; write \
                 the whole path"
            )
        } else if at_root {
            let meant = cleaned(&format!("/{destination}"));
            format!(
                "`{destination}` is relative and no WORKDIR is set, so that it means `{meant}`; set a WORKDIR or write the \
                 whole path"
            )
        } else {
            format!(
                "`{destination}` is relative and no WORKDIR is set, so that the base image says where it lies; set a \
                 WORKDIR or write the whole path"
            )
        };
        proposals.leave(instruction.joined.span(*range), text);
    }
}

fn is_relative(destination: &str) -> bool {
    let drive = destination.get(1..2) == Some(":");
    !destination.starts_with(['/', '$', '\\']) && !drive
}

/// Whether the stage, or one that it is built on, set a WORKDIR before.
fn has_workdir(model: &Model<'_, '_>, index: usize) -> bool {
    let Some(stage) = model.stage_of(index) else { return true };
    match &model.states[index].workdir {
        Workdir::Inherited => false,
        Workdir::Unknown => true,
        Workdir::Known(_) => {
            // Of `scratch` the folder is known without any WORKDIR.
            model.line_of(stage.index).into_iter().any(|stage| {
                model.stages[stage].range.clone().any(|at| at < index && model.keyword(at) == Keyword::Workdir)
            })
        }
    }
}

fn is_scratch(model: &Model<'_, '_>, index: usize) -> bool {
    let Some(stage) = model.stage_of(index) else { return false };
    model.line_of(stage.index).last().is_some_and(|stage| model.stages[*stage].base == Base::Scratch)
}
