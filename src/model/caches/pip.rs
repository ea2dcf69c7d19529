//! pip's cache: what counts on it, and what settles whether there is one.

use crate::knowledge::{Family, base_name, managers};
use crate::shell::{Script, Simple};
use crate::syntax::{Args, Keyword, lossy};

use super::super::Model;
use super::kept::{self, Keeps, When};
use super::{is_forced, is_offline, runs, text};

/// Whether the file says otherwise that pip is to keep nothing: by a variable or by pip's settings.
#[must_use]
pub fn is_switched_off(model: &Model<'_, '_>, index: usize) -> bool {
    let in_scope = model.sets_variable(index, "PIP_NO_CACHE_DIR");
    let in_run = text(model, index).contains("PIP_NO_CACHE_DIR");
    let settings = || {
        let mut keeps = Keeps::default();
        for at in (0..model.instructions.len()).filter(|at| model.keyword(*at) == Keyword::Run) {
            let text = text(model, at);
            if text.contains("global.no-cache-dir") || text.contains("install.no-cache-dir") {
                keeps.add(at, When::OfLater, "it is switched off".to_owned());
            }
        }
        keeps
    };
    in_scope || in_run || kept::reason(model, index, "no pip", settings).is_some()
}

/// What makes pip's cache matter to a RUN: the cache is kept on purpose, or something counts on it.
#[must_use]
pub fn reason_to_keep(model: &Model<'_, '_>, index: usize) -> Option<String> {
    if is_mounted(model, index) {
        return Some("the cache is a mount, kept between builds on purpose".to_owned());
    }
    kept::reason(model, index, "pip", || {
        let mut keeps = Keeps::default();
        (0..model.instructions.len()).for_each(|at| counts_on_cache(model, at, &mut keeps));
        keeps
    })
}

fn counts_on_cache(model: &Model<'_, '_>, at: usize, keeps: &mut Keeps) {
    let line = model.instructions[at].first_line;
    let text = text(model, at);
    if ["PIP_CACHE_DIR", "XDG_CACHE_HOME", "global.cache-dir", "--cache-dir"].iter().any(|word| text.contains(word)) {
        return keeps.add(at, When::Always, format!("line {line} says where the cache is"));
    }
    if text.contains("pip.conf") || text.contains("pip/pip.ini") {
        let reason = format!("line {line} brings settings of pip, which may say where the cache is");
        return keeps.add(at, When::Always, reason);
    }
    if runs(model, at) && asks_for_cache(model, at, &text) {
        return keeps.add(at, When::Always, format!("line {line} asks pip for its cache"));
    }
    if runs(model, at) && may_ask_for_cache(model, at) {
        let reason = format!("line {line} calls pip by words that are not known, and may ask for its cache");
        return keeps.add(at, When::Always, reason);
    }
    if is_offline(model, at) && mentions_pip(&text) {
        return keeps.add(at, When::OfEarlier, format!("line {line} installs without a network"));
    }
    if counts_on_folder(model, at, &text) {
        keeps.add(at, When::OfEarlier, format!("line {line} counts on `.cache` being there"));
    }
}

fn is_mounted(model: &Model<'_, '_>, index: usize) -> bool {
    let flags = model.flags(index);
    let mut mounts = flags.iter().filter(|flag| flag.starts_with("--mount="));
    mounts.any(|mount| {
        let other = ["/var/cache/apt", "/var/lib/apt", "/var/cache/apk", "/var/cache/yum", "/var/cache/dnf"];
        let is_cache = mount.contains("type=cache") && !other.iter().any(|place| mount.contains(place));
        is_cache
            || mount.contains("pip") && !mount.contains("type=secret")
            || mount.contains(".cache")
            || mount.contains('$')
    })
}

fn mentions_pip(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .any(|word| word.strip_prefix("pip").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.')))
}

fn asks_for_cache(model: &Model<'_, '_>, at: usize, text: &str) -> bool {
    let Some(script) = model.script(at) else {
        return mentions_pip(text) && text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "cache");
    };
    script.simple_commands().into_iter().any(|simple| {
        let words = simple.literals();
        managers::family(&words) == Some(Family::Pip)
            && managers::invocation(&words).is_some_and(|found| found.verb_word == "cache")
    })
}

/// Whether what a command asks pip for is not written out: `pip $OPTIONS`.
fn may_ask_for_cache(model: &Model<'_, '_>, at: usize) -> bool {
    model.script(at).is_some_and(|script| {
        script.simple_commands().into_iter().any(|simple| {
            let words = simple.literals();
            managers::family(&words) == Some(Family::Pip) && managers::invocation(&words).is_none()
        })
    })
}

/// Whether an instruction fails, or gives something else, where `.cache` is missing in a home folder.
fn counts_on_folder(model: &Model<'_, '_>, at: usize, text: &str) -> bool {
    if !text.contains(".cache") && !text.contains("/.c*") && !text.contains("/.[") {
        return false;
    }
    let flags = model.flags(at);
    if flags.iter().any(|flag| may_be_pip_cache(flag)) {
        return true;
    }
    match model.keyword(at) {
        Keyword::Copy | Keyword::Add => {
            let words: Vec<String> = match &model.instructions[at].body.args {
                Args::Words(words) => {
                    let joined = model.instructions[at].joined.text();
                    words.iter().map(|word| lossy(word.slice(joined)).into_owned()).collect()
                }
                Args::Json(strings) => strings.iter().map(|string| string.value.clone()).collect(),
                _ => return true,
            };
            let sources = words.split_last().map_or(&[][..], |(_, sources)| sources);
            flags.iter().any(|flag| flag.starts_with("--from=")) && sources.iter().any(|path| may_be_pip_cache(path))
        }
        _ if !runs(model, at) => false,
        _ => model.script(at).is_none_or(|script| {
            let commands = script.simple_commands();
            // What no command's own words hold (a loop's list, a redirection) is not judged.
            let seen = commands
                .iter()
                .flat_map(|simple| &simple.words)
                .filter(|word| script.str(word.range).contains(".cache"));
            let whole = script.whole().matches(".cache").count();
            let within: usize = seen.map(|word| script.str(word.range).matches(".cache").count()).sum();
            within < whole || commands.iter().any(|simple| command_counts_on_folder(script, simple))
        }),
    }
}

fn command_counts_on_folder(script: &Script<'_>, simple: &Simple) -> bool {
    if !simple.words.iter().any(|word| may_be_pip_cache(script.str(word.range))) {
        return false;
    }
    let words = simple.literals();
    let words = &words[managers::wrapper_len(&words)..];
    match words.first().copied().flatten().map(base_name) {
        Some("rm") => !is_forced(words),
        Some("mkdir") => !words.iter().flatten().any(|word| word.starts_with('-') && word.contains('p')),
        Some("echo" | "printf") => false,
        _ => true,
    }
}

/// Whether a path may be `.cache` of a home folder, or pip's folder in it: not another tool's.
fn may_be_pip_cache(path: &str) -> bool {
    if path.contains("/.c*") || path.contains("/.[") || path.contains("/.*") || path.contains("/.?") {
        return true;
    }
    path.match_indices(".cache").any(|(at, found)| {
        let rest = &path[at + found.len()..];
        let Some(inner) = rest.strip_prefix('/') else { return true };
        let name: &str = inner.split(['/', ',', '"', '\'', '}', ';']).next().unwrap_or_default();
        name.is_empty() || name.starts_with("pip") || name.contains(['*', '?', '[', '$', '{'])
    })
}
