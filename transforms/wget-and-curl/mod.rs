//! Both wget and curl in one image.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::bases::Wget;
use crate::knowledge::managers;
use crate::knowledge::{self, Family, Verb, base_name};
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
    asks_registries: false,
    words: &["wget"],
    propose,
};

/// Where a stage first installs or runs a tool.
struct Seen {
    tool: &'static str,
    span: Span,
    line: usize,
    /// Whether it is installed, not run.
    installed: bool,
}

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for stage in &model.stages {
        let mut seen = Vec::new();
        for index in stage.range.clone().filter(|index| model.inner(*index).keyword == Keyword::Run) {
            seen.extend(model.script(index).map(|script| tools(model, index, script)).unwrap_or_default());
        }
        // The wget of busybox is there anyway: a curl that is only installed may be for whoever uses the image.
        let of_busybox = model.base_image(stage.range.start).is_some_and(|image| image.wget == Wget::Busybox);
        if of_busybox && !seen.iter().any(|seen| seen.tool == "wget" && seen.installed) {
            seen.retain(|seen| !seen.installed);
        }
        let Some(first) = seen.first() else { continue };
        let Some(other) = seen.iter().find(|seen| seen.tool != first.tool) else { continue };
        proposals.leave(
            other.span,
            format!(
                "`{}` does what `{}` of line {} does: one tool is enough to fetch files; use one of them",
                other.tool, first.tool, first.line
            ),
        );
    }
}

fn tools(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Vec<Seen> {
    let lines_before =
        |at: usize| memchr::memchr_iter(b'\n', &model.file.source[model.instructions[index].span.start..at]).count();
    let mut found = Vec::new();
    for simple in script.simple_commands() {
        let (places, installed) = places(simple);
        for at in places {
            let Some(tool) = simple.words[at].literal.as_deref().and_then(tool_of) else { continue };
            let span = script.span(simple.words[at].range);
            found.push(Seen {
                tool,
                span,
                line: model.instructions[index].first_line + lines_before(span.start),
                installed,
            });
        }
    }
    found
}

fn tool_of(word: &str) -> Option<&'static str> {
    ["wget", "curl"].into_iter().find(|tool| managers::package_name(base_name(word)) == *tool)
}

/// The words of a command that may name a tool: the command itself, or packages of the system that it installs; and
/// whether it is these.
fn places(simple: &Simple) -> (Vec<usize>, bool) {
    let words = simple.literals();
    match knowledge::invocation(&words) {
        // `pip install wget` brings a library.
        Some(found) if found.verb == Verb::Install && is_of_the_system(found.manager.family) => (found.operands, true),
        Some(_) => (Vec::new(), false),
        None => {
            let at = managers::wrapper_len(&words);
            (if at < words.len() { vec![at] } else { Vec::new() }, false)
        }
    }
}

const fn is_of_the_system(family: Family) -> bool {
    matches!(family, Family::Debian | Family::Alpine | Family::RedHat | Family::Suse)
}
