//! Both wget and curl in one image.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::managers::{self, base_name};
use crate::knowledge::{self, Verb};
use crate::model::Model;
use crate::shell::{Script, Simple};
use crate::syntax::{Keyword, Span};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "wget-and-curl",
    summary: "find stages that use both wget and curl",
    offers: Offers::Findings,
    codes: &["DL4001"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    propose,
};

/// Where a stage first installs or runs a tool.
struct Seen {
    tool: &'static str,
    span: Span,
    line: usize,
}

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for stage in &model.stages {
        let mut first: Option<Seen> = None;
        'stage: for index in stage.range.clone() {
            if model.inner(index).keyword != Keyword::Run {
                continue;
            }
            let Some(script) = model.script(index) else { continue };
            for seen in tools(model, index, script) {
                match &first {
                    None => first = Some(seen),
                    Some(other) if other.tool == seen.tool => {}
                    Some(other) => {
                        proposals.leave(
                            seen.span,
                            format!(
                                "`{}` does what `{}` of line {} does: two tools to install and keep up for one task; use \
                                 one of them",
                                seen.tool, other.tool, other.line
                            ),
                        );
                        break 'stage;
                    }
                }
            }
        }
    }
}

fn tools(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Vec<Seen> {
    let lines_before =
        |at: usize| memchr::memchr_iter(b'\n', &model.file.source[model.instructions[index].span.start..at]).count();
    let mut found = Vec::new();
    for simple in script.simple_commands() {
        for at in places(simple) {
            let Some(tool) = simple.words[at].literal.as_deref().and_then(tool_of) else { continue };
            let span = script.span(simple.words[at].range);
            found.push(Seen { tool, span, line: model.instructions[index].first_line + lines_before(span.start) });
        }
    }
    found
}

fn tool_of(word: &str) -> Option<&'static str> {
    ["wget", "curl"].into_iter().find(|tool| managers::package_name(base_name(word)) == *tool)
}

/// The words of a command that may name a tool: the command itself, and packages that it installs.
fn places(simple: &Simple) -> Vec<usize> {
    let words = simple.literals();
    match knowledge::invocation(&words) {
        Some(found) if found.verb == Verb::Install => found.operands,
        Some(_) => Vec::new(),
        None => {
            let at = managers::wrapper_len(&words);
            if at < words.len() { vec![at] } else { Vec::new() }
        }
    }
}
