//! Commands that make no sense while an image is built.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::{base_name, managers};
use crate::shell::{Script, Simple, Terminator};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "no-ssh-or-power",
    summary: "find commands that make no sense in a build",
    offers: Offers::Findings,
    codes: &["DL3001"],
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
        let body = model.inner(index);
        if body.keyword != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        // The key of such a RUN comes from the build, not from the image.
        let brings_key = body.flags.iter().any(|flag| {
            flag.name() == "mount" && ["type=ssh", "type=secret"].iter().any(|kind| flag.text.contains(kind))
        });
        let insecure = body.flags.iter().any(|flag| flag.name() == "security" && flag.value() == Some("insecure"));
        let commands = script.simple_commands();
        let on_its_own = commands.len() == 1;
        for simple in commands {
            let words = simple.literals();
            let at = managers::wrapper_len(&words);
            let Some(name) = words.get(at).copied().flatten() else { continue };
            let arguments = &words[at + 1..];
            let text = match base_name(name) {
                // A script that starts the server.
                _ if name.contains("/init.d/") => continue,
                "ssh" if brings_key || arguments.contains(&Some("-V")) => continue,
                "ssh" => {
                    "`ssh` in a build needs a key in the image or a host that is open to all; take files from a repository, \
                     or use `RUN --mount=type=ssh`"
                        .to_owned()
                }
                name @ ("shutdown" | "reboot" | "poweroff" | "halt") => {
                    format!("`{name}` has nothing to end in a build, which is no running system; drop it")
                }
                name @ ("vim" | "vi" | "nano" | "top" | "htop") if is_interactive(arguments) => {
                    format!("`{name}` waits for someone at a terminal, and a build has none; drop it")
                }
                name @ ("ps" | "free" | "ifconfig") if prints_only(script, simple) => {
                    format!("`{name}` shows the state of the build machine, which is nothing to the image; drop it")
                }
                "mount" if !insecure && !arguments.is_empty() => {
                    "`mount` is not allowed in a build, and a mount would not stay in the image; mount when the container \
                     starts, or by `RUN --mount`"
                        .to_owned()
                }
                "service" if is_last(script, simple) && starts(arguments) && !ends_at_once(arguments) => {
                    "`service` starts a daemon that ends with this RUN and is not in the image; start it by CMD or \
                     ENTRYPOINT"
                        .to_owned()
                }
                name @ ("service" | "kill") if on_its_own && (name == "kill" && !lists(arguments) || stops(arguments)) => {
                    format!("`{name}` finds no process of an earlier RUN to stop, as these ended with it; drop it")
                }
                _ => continue,
            };
            proposals.leave(script.span(simple.words[at].range), text);
        }
    }
}

/// `vim +PlugInstall +qall` and `vim -c …` run commands and end.
fn is_interactive(arguments: &[Option<&str>]) -> bool {
    !arguments.iter().any(|word| word.is_none_or(|word| word.starts_with(['+', '-'])))
}

/// Whether nothing reads what the command prints.
fn prints_only(script: &Script<'_>, simple: &Simple) -> bool {
    let items = script.list.items.iter();
    let on_its_own = items.flat_map(|item| &item.chain.links).any(|link| link.pipeline.simple() == Some(simple));
    on_its_own && simple.redirects.is_empty()
}

fn starts(arguments: &[Option<&str>]) -> bool {
    arguments.iter().any(|word| matches!(word, Some("start" | "restart")))
}

fn stops(arguments: &[Option<&str>]) -> bool {
    arguments.contains(&Some("stop"))
}

/// Services that set something and end, without a daemon.
fn ends_at_once(arguments: &[Option<&str>]) -> bool {
    let one_shot = ["procps", "sysctl", "hostname", "networking", "kmod", "apparmor", "iptables", "console-setup"];
    arguments.first().is_some_and(|name| name.is_none_or(|name| one_shot.contains(&name)))
}

/// `kill -l` prints the names of the signals.
fn lists(arguments: &[Option<&str>]) -> bool {
    matches!(arguments.first(), Some(Some("-l" | "-L" | "--list" | "--table")))
}

/// Whether nothing runs after the command that could use what it started: `|| true` and `; exit 0` do not.
fn is_last(script: &Script<'_>, simple: &Simple) -> bool {
    let does_nothing = |other: &Simple| matches!(other.name(), Some("true" | ":" | "exit"));
    let mut links = script.list.items.iter().flat_map(|item| item.chain.links.iter().map(|link| (item.end, link)));
    let last = links.rfind(|(_, link)| !link.pipeline.simple().is_some_and(does_nothing));
    last.is_some_and(|(end, link)| end != Terminator::Background && link.pipeline.simple() == Some(simple))
}
