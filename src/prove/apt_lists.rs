//! A RUN that fetched apt's lists removes them at its end.

use std::cell::OnceCell;

use crate::knowledge::{self, Family, Verb, base_name, commands};
use crate::model::copy::{self, RuntimeProgram};
use crate::model::{Model, User};
use crate::shell::{Body, Script};
use crate::syntax::{Args, Keyword, lossy};

use super::trace::{Part, Pipeline};
use super::{Demand, Facts, Refusal, Version, appended, taken_along};

/// The folder of the lists.
const LISTS: &str = "/var/lib/apt/lists";

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let reads = Reads::of(&before.model, facts);
    for added in appended::commands(before, after)? {
        if !removes_lists(added.pipeline) {
            return Err(Refusal::new(format!("`{}` is more than the removal of the lists", added.pipeline)));
        }
        let script = appended::script(&before.model, added.index)?;
        appended::keeps_the_result(script, &before.model.states[added.index].shell, added.joint)?;
        fetches_lists(&before.model, script, added.index)?;
        if demand == Demand::SameImage {
            reads.none_after(added.index)?;
        }
    }
    Ok(())
}

/// Exactly `rm -rf /var/lib/apt/lists/*`.
fn removes_lists(pipeline: &Pipeline) -> bool {
    let Pipeline::Simple { negated: false, commands } = pipeline else { return false };
    let [parts] = commands.as_slice() else { return false };
    let raw: Vec<&str> = parts.iter().map(Part::raw).collect();
    raw == ["rm", "-rf", "/var/lib/apt/lists/*"] && parts.iter().all(|part| matches!(part, Part::Word { .. }))
}

/// The lists must have been fetched by this very RUN, whatever happens, as root.
fn fetches_lists(model: &Model<'_, '_>, script: &Script<'_>, index: usize) -> Result<(), Refusal> {
    if matches!(model.states[index].user, User::Other(_)) {
        return Err(Refusal::new("the RUN's user is not root and may not remove the lists"));
    }
    if model.may_mount_at(index, LISTS) {
        return Err(Refusal::new("the lists are a mount, kept between builds on purpose"));
    }
    let surely = script.list.items.iter().any(|item| {
        item.end != crate::shell::Terminator::Background
            && item.chain.is_and_only()
            && item.chain.links.iter().any(|link| link.pipeline.simple().is_some_and(is_plain_update))
    });
    let installs = script.simple_commands().into_iter().any(|simple| {
        let words = simple.literals();
        knowledge::invocation(&words)
            .is_some_and(|found| found.manager.family == Family::Debian && found.verb == Verb::Install)
    });
    if !installs {
        return Err(Refusal::new("the RUN fetches the lists for others to use"));
    }
    let sudo = script.simple_commands().iter().any(|simple| simple.name() == Some("sudo"));
    if sudo {
        return Err(Refusal::new("the update runs under sudo, and the removal would not"));
    }
    if !surely {
        return Err(Refusal::new("this RUN does not surely run `apt-get update`"));
    }
    Ok(())
}

fn is_plain_update(simple: &crate::shell::Simple) -> bool {
    let words = simple.literals();
    matches!(words.first(), Some(Some("apt-get" | "apt")))
        && knowledge::invocation(&words)
            .is_some_and(|found| found.manager.family == Family::Debian && found.verb == Verb::Update)
}

/// Which instructions read the lists, each looked at once.
struct Reads<'m, 'f, 's> {
    model: &'m Model<'f, 's>,
    facts: Facts<'m>,
    known: Vec<OnceCell<Result<(), Refusal>>>,
}

impl<'m, 'f, 's> Reads<'m, 'f, 's> {
    fn of(model: &'m Model<'f, 's>, facts: Facts<'m>) -> Self {
        Self { model, facts, known: vec![OnceCell::new(); model.instructions.len()] }
    }

    /// Everything that sees the files after this RUN must be known not to read the lists.
    fn none_after(&self, index: usize) -> Result<(), Refusal> {
        // Its indices are fetched by `apt-get update` from version 3 on: apt-file(1).
        if self.model.said_up_to(index, "apt-file") {
            return Err(Refusal::new("`apt-file` searches the indices among the lists"));
        }
        for other in self.model.seen_by(index) {
            self.known[other].get_or_init(|| reads_no_lists(self.model, other, self.facts)).clone()?;
        }
        taken_along::none_of(self.model, index, LISTS)
    }
}

fn reads_no_lists(model: &Model<'_, '_>, index: usize, facts: Facts<'_>) -> Result<(), Refusal> {
    let instruction = model.instructions[index];
    let line = instruction.first_line;
    let keyword = match &instruction.body.args {
        Args::Onbuild(inner) => inner.keyword,
        _ => instruction.body.keyword,
    };
    if !matches!(keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck) {
        return Ok(());
    }
    let text = lossy(instruction.span.slice(model.file.source));
    let refreshed = OnceCell::new();
    let refreshed = || *refreshed.get_or_init(|| refreshes_first(model, index));
    if mentions_apt(&text) && !refreshed() {
        return Err(Refusal::new(format!("line {line} may use the lists")));
    }
    if keyword != Keyword::Run {
        return container_reads_no_lists(model, index, facts);
    }
    match model.body(index) {
        Some(Body::Script(script)) => {
            for simple in script.simple_commands() {
                let words = simple.literals();
                let words = &words[knowledge::managers::wrapper_len(&words)..];
                let Some(first) = words.first() else { continue };
                let known = first.is_some_and(|name| {
                    commands::never_reads_apt_lists(name, &words[1..]) || (mentions_apt(name) && refreshed())
                });
                if !known {
                    let name = first.unwrap_or("a command that is not written out");
                    return Err(Refusal::new(format!("`{name}` in line {line} may use the lists")));
                }
            }
            Ok(())
        }
        _ => Err(Refusal::new(format!("what line {line} runs can't be read, and may use the lists"))),
    }
}

/// What the container runs: a program of the system counts on no lists, a script of the project may.
fn container_reads_no_lists(model: &Model<'_, '_>, index: usize, facts: Facts<'_>) -> Result<(), Refusal> {
    let words: Vec<String> = match model.body(index) {
        Some(Body::Exec(words)) => words.clone(),
        Some(Body::Script(script)) => script
            .simple_commands()
            .iter()
            .flat_map(|simple| simple.words.iter().filter_map(|word| word.literal.as_deref().map(str::to_owned)))
            .collect(),
        _ => return Ok(()),
    };
    let line = model.instructions[index].first_line;
    for (at, word) in words.iter().enumerate() {
        match copy::runtime_program(model, index, word, facts.context) {
            RuntimeProgram::Script(text) if mentions_apt(&text) => {
                return Err(Refusal::new(format!("`{word}`, which line {line} runs, uses apt")));
            }
            // Of the arguments only what looks like a script is one.
            RuntimeProgram::Unknown(path) if at == 0 || is_script_name(&path) => {
                return Err(Refusal::new(format!(
                    "`{path}`, which line {line} runs, can't be read and may use the lists"
                )));
            }
            RuntimeProgram::System | RuntimeProgram::Script(_) | RuntimeProgram::Unknown(_) => {}
        }
    }
    Ok(())
}

fn is_script_name(path: &str) -> bool {
    let name = base_name(path);
    name.contains("entrypoint")
        || [".sh", ".bash"].iter().any(|end| name.ends_with(end))
        || !name.contains('.') && path.starts_with("./")
}

fn mentions_apt(text: &str) -> bool {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    words.any(|word| matches!(word, "apt" | "apt-get" | "aptitude" | "apt-cache" | "apt-file" | "add-apt-repository"))
}

/// Whether a RUN fetches the lists itself before it uses them.
fn refreshes_first(model: &Model<'_, '_>, index: usize) -> bool {
    let Some(script) = model.script(index) else { return false };
    let apt = script
        .simple_commands()
        .into_iter()
        .find(|simple| simple.words.iter().any(|word| word.literal.as_deref().is_some_and(mentions_apt)));
    let first_item = script.list.items.iter().find_map(|item| {
        item.chain.links.iter().find_map(|link| {
            let simple = link.pipeline.simple()?;
            simple.words.iter().any(|word| word.literal.as_deref().is_some_and(mentions_apt)).then_some(simple)
        })
    });
    // The first command that names apt must be the update, at the top level of the script.
    matches!((apt, first_item), (Some(apt), Some(first)) if apt == first && is_plain_update(first))
}
