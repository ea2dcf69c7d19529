//! One process a container: no supervisor, no daemons in the background.

use std::collections::BTreeSet;

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::managers;
use crate::knowledge::{self, Verb, base_name, started};
use crate::model::Model;
use crate::shell::{self, Body, Command, Script, Simple, Terminator};
use crate::syntax::{Args, Keyword, Span};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "one-process",
    summary: "find containers that run several processes",
    offers: Offers::Findings,
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
    let before = proposals.findings.len();
    for index in 0..model.instructions.len() {
        let keyword = model.inner(index).keyword;
        if !matches!(keyword, Keyword::Cmd | Keyword::Entrypoint) || is_replaced(model, index, keyword) {
            continue;
        }
        if let Some((span, text)) = started(model, index) {
            proposals.leave(span, text);
        }
    }
    // A supervisor that CMD names was reported where it is started.
    if proposals.findings.len() == before {
        installed(model, proposals);
    }
}

fn is_replaced(model: &Model<'_, '_>, index: usize, keyword: Keyword) -> bool {
    let Some(stage) = model.stage_of(index) else { return true };
    let plain = model.keyword(index) == keyword;
    plain && (index + 1..stage.range.end).any(|later| model.keyword(later) == keyword)
}

/// What CMD or ENTRYPOINT starts, where that is more than one process.
fn started(model: &Model<'_, '_>, index: usize) -> Option<(Span, String)> {
    match model.body(index)? {
        Body::Script(script) => in_script(script),
        Body::Exec(words) => in_exec_form(model, index, words),
        Body::Opaque(_) => None,
    }
}

fn in_exec_form(model: &Model<'_, '_>, index: usize, words: &[String]) -> Option<(Span, String)> {
    let Args::Json(strings) = &model.inner(index).args else { return None };
    let instruction = model.instructions[index];
    let at = started::wrapper_len(words);
    let program = words.get(at)?;
    if is_supervisor(model, program) {
        return Some((instruction.joined.span(strings[at].range), supervisor(program)));
    }
    let is_command = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
    if started::is_shell(program) && words.get(at + 1).is_some_and(is_command) {
        let bash = base_name(program) == "bash";
        let script = shell::script_in_json(model.file, instruction, strings.get(at + 2)?, bash)?;
        return in_script(&script);
    }
    None
}

/// `/init` is the start program of s6-overlay.
fn is_supervisor(model: &Model<'_, '_>, program: &str) -> bool {
    started::is_supervisor(program)
        || program == "/init" && memchr::memmem::find(model.file.source, b"s6-overlay").is_some()
}

fn supervisor(program: &str) -> String {
    format!(
        "`{}` runs several processes in one container: the runtime sees the supervisor alone, so that a service which \
         fails is neither reported nor restarted with its container; give each service a container of its own",
        base_name(program)
    )
}

enum Start {
    /// A process that goes on while the next command runs.
    Background(String),
    /// A process that the shell waits for.
    Foreground(String),
    /// A command that starts nothing to stay.
    Nothing,
}

fn in_script(script: &Script<'_>) -> Option<(Span, String)> {
    let mut background: Vec<(Span, String)> = Vec::new();
    let mut foreground = None;
    let mut waits = false;
    let mut nothing_stays = false;
    let items = &script.list.items;
    for (item_at, item) in items.iter().enumerate() {
        for (link_at, link) in item.chain.links.iter().enumerate() {
            let last = item_at + 1 == items.len() && link_at + 1 == item.chain.links.len();
            // The shell's job of a pipe is known by its last command.
            let [.., Command::Simple(simple)] = link.pipeline.commands.as_slice() else { continue };
            let span = script.span(simple.range);
            if let Some(program) = program_of(simple).filter(|program| started::is_supervisor(program)) {
                return Some((span, supervisor(program)));
            }
            waits |= last && simple.name() == Some("wait");
            let detached = item.end == Terminator::Background && link_at + 1 == item.chain.links.len();
            match start_of(simple, last || detached) {
                Start::Background(name) => {
                    nothing_stays = last;
                    background.push((span, name));
                }
                Start::Foreground(name) if detached => {
                    nothing_stays = last;
                    background.push((span, name));
                }
                Start::Foreground(name) if last => foreground = Some(name),
                _ => {}
            }
        }
    }
    let span = background.first()?.0;
    let names: Vec<String> = background.into_iter().map(|(_, name)| name).chain(foreground).collect();
    let listed = names.join("`, `");
    let text = if nothing_stays {
        format!(
            "all that is started goes to the background (`{listed}`), so that the container ends at once; start one process, \
             in the foreground"
        )
    } else if names.len() > 1 {
        format!(
            "several processes are started in one container (`{listed}`): it lives and ends with one of them, and the \
             others get no signal; give each a container of its own"
        )
    } else if waits {
        // The shell ends with its only child.
        return None;
    } else {
        format!(
            "`{listed}` is started in the background: the container goes on when it fails, and ends with another command; \
             start it in the foreground, as the only process"
        )
    };
    Some((span, text))
}

fn program_of(simple: &Simple) -> Option<&str> {
    let words: Vec<&str> = simple.words.iter().map_while(|word| word.literal.as_deref()).collect();
    words.get(started::wrapper_len(&words)).copied()
}

/// What a command starts; `last` tells whether the shell ends with it.
fn start_of(simple: &Simple, last: bool) -> Start {
    let words: Vec<&str> = simple.words.iter().map(|word| word.literal.as_deref().unwrap_or_default()).collect();
    let words = &words[started::wrapper_len(&words)..];
    let [program, arguments @ ..] = words else { return Start::Nothing };
    let program = base_name(program);
    let starts = |word: &&str| matches!(*word, "start" | "restart");
    if words[0].contains("/init.d/") {
        return if arguments.iter().any(&starts) { Start::Background(program.to_owned()) } else { Start::Nothing };
    }
    match (program, arguments) {
        ("service" | "invoke-rc.d" | "rc-service", [name, rest @ ..]) if rest.iter().any(&starts) => {
            return Start::Background((*name).to_owned());
        }
        ("systemctl", [verb, name, ..]) if starts(verb) => return Start::Background((*name).to_owned()),
        ("apachectl" | "apache2ctl", ["start" | "restart", ..]) => return Start::Background(program.to_owned()),
        _ => {}
    }
    // What nginx does in the end is up to its configuration.
    if goes_to_background(program, arguments) && !(last && program == "nginx") {
        return Start::Background(program.to_owned());
    }
    let script = arguments.iter().find(|word| !word.starts_with('-'));
    if let Some(script) = script.filter(|script| started::is_shell(program) && !script.is_empty()) {
        return Start::Foreground(base_name(script).to_owned());
    }
    if is_idle(program) || !last && is_short(program) || program.is_empty() {
        return Start::Nothing;
    }
    Start::Foreground(program.to_owned())
}

/// Daemons that leave the foreground unless an option keeps them there.
fn goes_to_background(program: &str, arguments: &[&str]) -> bool {
    let has = |option: &str| arguments.iter().any(|word| word.starts_with(option));
    match program {
        "sshd" => !has("-D") && !has("-d") && !has("-t") && !has("-e"),
        "cron" => !has("-f"),
        "crond" => !has("-f") && !has("-n") && !has("-d"),
        "rsyslogd" => !has("-n"),
        "nginx" => !arguments
            .iter()
            .any(|word| word.contains("daemon off") || word.is_empty() || *word == "-t" || *word == "-c"),
        "redis-server" => arguments.windows(2).any(|pair| pair == ["--daemonize", "yes"]),
        _ => program.starts_with("php-fpm") && arguments.iter().any(|word| matches!(*word, "-D" | "--daemonize")),
    }
}

/// Commands that only keep the container alive.
fn is_idle(program: &str) -> bool {
    started::is_shell(program)
        || matches!(program, "tail" | "sleep" | "wait" | "cat" | "true" | ":" | "top" | "watch" | "read")
}

/// Commands that end at once, whose `&` matters to nobody.
fn is_short(program: &str) -> bool {
    matches!(
        program,
        "echo" | "printf" | "mkdir" | "rm" | "cp" | "mv" | "touch" | "ln" | "chown" | "chmod" | "export" | "cd" | "set"
    )
}

/// Installs of a supervisor in an image that is built for its own sake.
fn installed(model: &Model<'_, '_>, proposals: &mut Proposals) {
    // `chpst` and `setuidgid` of these packages change the user, and `supervisorctl` asks another container.
    if names_other_use(model.file.source) {
        return;
    }
    let kept: BTreeSet<usize> = model.targets().into_iter().flat_map(|stage| model.line_of(stage)).collect();
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run
            || model.stage_of(index).is_none_or(|stage| !kept.contains(&stage.index))
        {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        for simple in script.simple_commands() {
            let words = simple.literals();
            let Some(found) = knowledge::invocation(&words).filter(|found| found.verb == Verb::Install) else {
                continue;
            };
            for at in &found.operands {
                let Some(package) = words[*at].map(managers::package_name) else { continue };
                if started::brings_supervisor(package) {
                    proposals.leave(
                        script.span(simple.words[*at].range),
                        format!(
                            "`{package}` brings a supervisor, which runs several processes in one container, and of which \
                             alone the runtime knows; give each service a container of its own"
                        ),
                    );
                }
            }
        }
    }
}

/// Whether the file uses a tool of such a package that supervises nothing.
fn names_other_use(source: &[u8]) -> bool {
    ["chpst", "setuidgid", "svlogd", "supervisorctl"]
        .iter()
        .any(|tool| memchr::memmem::find(source, tool.as_bytes()).is_some())
}
