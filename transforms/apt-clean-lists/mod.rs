//! A RUN that fetches apt's lists removes them at its end.

use std::cell::OnceCell;

use crate::context::LazyContext;
use crate::edit::{Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{self, Family, Verb, commands};
use crate::model::Model;
use crate::model::copy::{self, RuntimeProgram};
use crate::prove::Claim;
use crate::rewrite;
use crate::shell::{Body, Script, Simple, Terminator};
use crate::syntax::{Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "apt-clean-lists",
    summary: "remove apt's package lists in the RUN that fetched them",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3009"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["apt"],
    propose,
};

/// What is added.
const REMOVAL: &str = "rm -rf /var/lib/apt/lists/*";

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let uses = Uses::new(model, subject.context);
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        if !names(script, Verb::Update) || !names(script, Verb::Install) || already_removes(script) {
            continue;
        }
        let span = model.instructions[index].span;
        match separator(model, index, script) {
            Err(reason) => proposals.leave(span, format!("apt's lists stay in the image: {reason}")),
            Ok(separator) => match uses.after(index) {
                LaterUse::Surely(line) => {
                    proposals.leave(span, format!("apt's lists stay in the image: line {line} uses them"));
                }
                LaterUse::Perhaps(reason) => proposals.fixes.push(fix(model, index, script, separator, Some(&reason))),
                LaterUse::None => proposals.fixes.push(fix(model, index, script, separator, None)),
            },
        }
    }
}

fn is_update(simple: &Simple) -> bool {
    knowledge::invocation(&simple.literals())
        .is_some_and(|found| found.manager.family == Family::Debian && found.verb == Verb::Update)
}

/// Whether any command of the script asks apt for this.
fn names(script: &Script<'_>, verb: Verb) -> bool {
    script.simple_commands().into_iter().any(|simple| {
        knowledge::invocation(&simple.literals())
            .is_some_and(|found| found.manager.family == Family::Debian && found.verb == verb)
    })
}

/// Any mention of the lists' folder, or of a command that cleans it.
fn already_removes(script: &Script<'_>) -> bool {
    let text = script.whole();
    text.contains("/var/lib/apt")
        || text.contains("/var/lib/*")
        || text.contains("distclean")
        || text.contains("dist-clean")
        || text.contains("apt-lists")
        || text.contains("/var/lib/{")
}

/// What stands between the last command and the removal; an error where there is no safe way.
fn separator(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Result<&'static str, String> {
    let joiner = rewrite::joiner_at_end(model, index, script)?;
    if script.simple_commands().iter().any(|simple| simple.name() == Some("sudo")) {
        return Err("the RUN uses sudo".to_owned());
    }
    if model.may_mount_at(index, "/var/lib/apt/lists") {
        return Err("the lists may be kept in a mount".to_owned());
    }
    // From version 3 on it reads indices that `apt-get update` fetches: apt-file(1).
    if model.said_up_to(index, "apt-file") {
        return Err("`apt-file` searches the indices among them".to_owned());
    }
    let on_top = |simple: &Simple| {
        script.list.items.iter().any(|item| {
            item.end != Terminator::Background
                && item.chain.is_and_only()
                && item.chain.links.iter().any(|link| link.pipeline.simple() == Some(simple))
        })
    };
    if !script.simple_commands().into_iter().any(|simple| is_update(simple) && on_top(simple)) {
        return Err("`apt-get update` is not run in every case".to_owned());
    }
    Ok(joiner)
}

#[derive(Debug, Clone)]
enum LaterUse {
    None,
    Perhaps(String),
    Surely(usize),
}

/// What each instruction does with the lists that it finds, worked out when it is first asked for.
struct Uses<'m, 'f, 's> {
    model: &'m Model<'f, 's>,
    context: LazyContext<'m>,
    known: Vec<OnceCell<LaterUse>>,
}

impl<'m, 'f, 's> Uses<'m, 'f, 's> {
    fn new(model: &'m Model<'f, 's>, context: LazyContext<'m>) -> Self {
        Self { model, context, known: vec![OnceCell::new(); model.instructions.len()] }
    }

    /// Whether anything that sees the files of RUN `index` may use the lists.
    fn after(&self, index: usize) -> LaterUse {
        let mut perhaps = None;
        for later in self.model.seen_by(index) {
            match self.known[later].get_or_init(|| use_of(self.model, self.context, later)) {
                LaterUse::None => {}
                found @ LaterUse::Surely(_) => return found.clone(),
                found @ LaterUse::Perhaps(_) => _ = perhaps.get_or_insert(found),
            }
        }
        perhaps.cloned().unwrap_or(LaterUse::None)
    }
}

/// Whether an instruction may use the lists.
fn use_of(model: &Model<'_, '_>, context: LazyContext<'_>, index: usize) -> LaterUse {
    let line = model.instructions[index].first_line;
    let keyword = model.keyword(index);
    if !matches!(keyword, Keyword::Run | Keyword::Onbuild | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck) {
        return LaterUse::None;
    }
    let text = lossy(model.instructions[index].span.slice(model.file.source));
    let script = model.script(index);
    let mentions = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .any(|word| matches!(word, "apt" | "apt-get" | "aptitude" | "apt-cache" | "apt-file" | "add-apt-repository"));
    if mentions {
        let refreshed = script.is_some_and(|script| {
            script
                .simple_commands()
                .into_iter()
                .find(|simple| simple.literals().iter().flatten().any(|word| word.starts_with("apt")))
                .is_some_and(is_update)
        });
        if !refreshed {
            return LaterUse::Surely(line);
        }
    }
    if keyword != Keyword::Run {
        return match started(model, context, index) {
            Started::ReadsNoLists => LaterUse::None,
            Started::UsesApt => LaterUse::Surely(line),
            Started::Unknown(path) => {
                LaterUse::Perhaps(format!("`{path}`, which line {line} starts, can't be read and may use them"))
            }
        };
    }
    let Some(script) = script else { return LaterUse::Perhaps(format!("what line {line} runs is not known")) };
    for simple in script.simple_commands() {
        let words = simple.literals();
        let words = &words[knowledge::managers::wrapper_len(&words)..];
        let Some(first) = words.first() else { continue };
        let harmless = first.is_some_and(|name| {
            commands::never_reads_apt_lists(name, &words[1..]) || mentions && name.starts_with("apt")
        });
        if !harmless {
            let name = first.unwrap_or("a command");
            return LaterUse::Perhaps(format!("`{name}` in line {line} may use them"));
        }
    }
    LaterUse::None
}

enum Started {
    ReadsNoLists,
    UsesApt,
    Unknown(String),
}

/// What CMD or ENTRYPOINT starts: a script of the project may use apt.
fn started(model: &Model<'_, '_>, context: LazyContext<'_>, index: usize) -> Started {
    let literals: Vec<String> = match model.body(index) {
        Some(Body::Exec(words)) => words.clone(),
        Some(Body::Script(script)) => {
            let simple = script.simple_commands().into_iter();
            simple
                .flat_map(|simple| simple.words.iter().filter_map(|word| word.literal.as_deref().map(str::to_owned)))
                .collect()
        }
        _ => return Started::ReadsNoLists,
    };
    let mut result = Started::ReadsNoLists;
    for (at, word) in literals.iter().enumerate() {
        match copy::runtime_program(model, index, word, context) {
            RuntimeProgram::Script(text) if text.contains("apt-get") || text.contains("apt ") => {
                return Started::UsesApt;
            }
            RuntimeProgram::Unknown(path)
                if at == 0
                    || path.contains("entrypoint")
                    || path.rsplit('.').next() == Some("sh")
                    || path.starts_with("./") =>
            {
                result = Started::Unknown(path);
            }
            _ => {}
        }
    }
    result
}

fn fix(model: &Model<'_, '_>, index: usize, script: &Script<'_>, separator: &str, doubt: Option<&str>) -> Fix {
    let saves = "the lists take some 20 to 40 MB in the layer and grow old";
    Fix {
        title: "remove apt's lists at the end of the RUN".to_owned(),
        reason: doubt.map_or_else(
            || format!("{saves}; nothing later in this file uses them (images built on this one are taken to run their own `apt-get update`)"),
            |doubt| format!("{saves}; unsafe because {doubt}"),
        ),
        edits: vec![rewrite::append_command(model, index, script, separator, REMOVAL)],
        safety: if doubt.is_some() { Safety::Unsafe } else { Safety::Safe },
        claim: Claim::AptListsCleanup,
        alternatives: Vec::new(),
    }
}
