//! `apt` became `apt-get`.

use crate::knowledge::apt::{self, Reading};
use crate::knowledge::bases::Distribution;
use crate::knowledge::{Invocation, managers};
use crate::model::{Copy, Model};
use crate::syntax::{Args, Keyword, lossy};

use super::super::commands::Changed;
use super::super::trace::Part;
use super::super::{Demand, Facts, Refusal, Version};
use super::{place_of_word, plain, programs_are_themselves};

/// Checks one changed command, whose words before are `words`.
pub fn check(
    before: &Version<'_, '_>,
    command: &Changed<'_, '_>,
    words: &[Option<&str>],
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let model = &before.model;
    let program = managers::wrapper_len(words);
    if words.get(program) != Some(&Some("apt")) {
        return Err(Refusal::new("a command changed that is no call of apt, npm or sudo"));
    }
    let Some(found) = apt::call(words) else { return Err(Refusal::new("what apt is asked to do is not known")) };
    let twin = apt::twin(found.verb_word).map_err(Refusal::new)?;
    if command.after != expected(command, words, program, &found, twin)? {
        return Err(Refusal::new("the call of apt did not become its twin of apt-get"));
    }
    if demand == Demand::SameImage && twin.option.is_some() {
        return Err(Refusal::new("what a plain upgrade of apt installs is a setting of its own"));
    }
    options_are_known(words, &found)?;
    programs_are_themselves(command)?;
    apt_is_debians(model, command.index)?;
    file_speaks_of_no_other_apt(model)?;
    if !command.script.prints_to_the_log(command.simple) {
        return Err(Refusal::new("what apt prints is kept or read"));
    }
    names_are_read_alike(model, command, &found, demand)?;
    if demand == Demand::SameImage {
        nothing_brings_settings(model, command.index, facts)?;
    }
    Ok(())
}

/// The parts with the program, and where need be the verb, of apt-get.
fn expected(
    command: &Changed<'_, '_>,
    words: &[Option<&str>],
    program: usize,
    found: &Invocation<'_>,
    twin: apt::Twin,
) -> Result<Vec<Part>, Refusal> {
    let verb = (program + 1..words.len())
        .find(|at| words[*at] == Some(found.verb_word) && !found.options.contains(at))
        .and_then(|at| place_of_word(&command.before, at));
    let (Some(verb), Some(name)) = (verb, place_of_word(&command.before, program)) else {
        return Err(Refusal::new("the call of apt can't be taken apart"));
    };
    let mut parts = command.before.clone();
    if parts[name].raw() != "apt" {
        return Err(Refusal::new("apt is named in another way"));
    }
    parts[name] = plain("apt-get");
    if twin.verb != found.verb_word {
        parts[verb] = plain(twin.verb);
    }
    if let Some(option) = twin.option {
        parts.insert(verb + 1, plain(option));
    }
    Ok(parts)
}

fn options_are_known(words: &[Option<&str>], found: &Invocation<'_>) -> Result<(), Refusal> {
    let own_settings = |at: &usize| {
        words[*at].is_some_and(|word| {
            word == "--config-file"
                || word.starts_with("--config-file=")
                || word.starts_with('-') && !word.starts_with("--") && word.contains('c')
        })
    };
    if found.unclear.is_some() || found.options.iter().any(own_settings) {
        return Err(Refusal::new("an option of apt is not known to mean the same for apt-get"));
    }
    // The placeholder of a word that is not written out must not be the value of an option.
    if found.options.iter().any(|at| words[*at].is_none()) {
        return Err(Refusal::new("the value of an option is not written out"));
    }
    Ok(())
}

fn apt_is_debians(model: &Model<'_, '_>, index: usize) -> Result<(), Refusal> {
    if model.base_image(index).is_some_and(|image| image.distribution != Distribution::Debian) {
        return Err(Refusal::new("apt is not Debian's on this image"));
    }
    let mint = model.base_name(index).is_some_and(|name| name.to_ascii_lowercase().contains("mint"));
    if mint { Err(Refusal::new("apt is a wrapper on Linux Mint")) } else { Ok(()) }
}

/// The whole file must be silent on settings that are apt's alone, and on programs in the place of both.
fn file_speaks_of_no_other_apt(model: &Model<'_, '_>) -> Result<(), Refusal> {
    let text = lossy(model.file.source).to_ascii_lowercase();
    if text.contains("binary::apt") {
        return Err(Refusal::new("the file has settings for apt alone"));
    }
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let replaced = text.match_indices("bin/apt").any(|(at, found)| {
        let rest = &text[at + found.len()..];
        let rest = rest.strip_prefix("-get").unwrap_or(rest);
        !rest.starts_with(part_of_word)
    });
    if replaced {
        return Err(Refusal::new("the file speaks of apt or apt-get by their paths, and may replace one"));
    }
    Ok(())
}

fn names_are_read_alike(
    model: &Model<'_, '_>,
    command: &Changed<'_, '_>,
    found: &Invocation<'_>,
    demand: Demand,
) -> Result<(), Refusal> {
    let shell = &model.states[command.index].shell;
    for operand in &found.operands {
        let raw = place_of_word(&command.before, *operand).map_or("", |place| command.before[place].raw());
        match apt::reading(raw) {
            Reading::Alike => {}
            Reading::AlikeIfThere if command.script.failure_is_final(command.simple, shell) => {}
            Reading::AlikeIfThere | Reading::Unknown if demand == Demand::OnlyTheClaim => {}
            Reading::AlikeIfThere => {
                return Err(Refusal::new(format!(
                    "if there is no package `{raw}`, apt fails and apt-get looks further"
                )));
            }
            Reading::Unknown => return Err(Refusal::new(format!("what `{raw}` stands for may be a pattern"))),
            Reading::Otherwise => {
                return Err(Refusal::new(format!("`{raw}` is a pattern, which apt and apt-get read differently")));
            }
        }
    }
    Ok(())
}

/// No variable and no copied file may hold settings for apt alone; what uses the downloads must not be there.
fn nothing_brings_settings(model: &Model<'_, '_>, index: usize, facts: Facts<'_>) -> Result<(), Refusal> {
    if model.sets_variable(index, "APT_CONFIG") {
        return Err(Refusal::new("APT_CONFIG names settings that may be for apt alone"));
    }
    for at in model.earlier(index) {
        let line = model.instructions[at].first_line;
        if matches!(model.keyword(at), Keyword::Copy | Keyword::Add) && may_bring_settings(model, at, facts) {
            return Err(Refusal::new(format!("line {line} may bring settings for apt alone")));
        }
    }
    let archives = model.instructions.iter().enumerate().any(|(at, _)| {
        let scripts = model.script(at).into_iter().flat_map(|script| script.simple_commands());
        scripts.into_iter().any(|simple| {
            let named = |word: &crate::shell::Word| {
                model.script(at).is_some_and(|script| script.str(word.range).contains("apt/archives"))
            };
            !matches!(simple.name(), Some("rm" | "find" | "echo" | "printf")) && simple.words.iter().any(named)
        })
    });
    if archives {
        return Err(Refusal::new("a command uses the packages that apt-get keeps and apt removes"));
    }
    Ok(())
}

fn may_bring_settings(model: &Model<'_, '_>, at: usize, facts: Facts<'_>) -> bool {
    let Some(place) = model.destination(at) else { return false };
    if place.starts_with("/etc/apt/apt.conf") {
        return true;
    }
    if !matches!(place.as_str(), "/" | "/etc" | "/etc/apt") {
        return false;
    }
    let Some(copy) = Copy::of(model, at) else { return !names_one_file(model, at) };
    match facts.context.get() {
        Some(context) => {
            ["/etc/apt/apt.conf", "/etc/apt/apt.conf.d"].iter().any(|path| copy.may_write_below(path, context.into()))
        }
        None => !names_one_file(model, at),
    }
}

/// Whether each source is, by its name, a file that holds no settings of apt.
fn names_one_file(model: &Model<'_, '_>, at: usize) -> bool {
    let instruction = model.instructions[at];
    let text = instruction.joined.text();
    let sources: Vec<String> = match &instruction.body.args {
        Args::Words(words) => words.iter().map(|word| lossy(word.slice(text)).into_owned()).collect(),
        Args::Json(strings) => strings.iter().map(|string| string.value.clone()).collect(),
        _ => return false,
    };
    let ends = [".list", ".sources", ".gpg", ".asc", ".sh", ".json", ".py", ".txt", ".yml", ".yaml", ".jar", ".deb"];
    sources.split_last().is_some_and(|(_, sources)| {
        sources.iter().all(|source| source.ends_with("preferences") || ends.iter().any(|end| source.ends_with(end)))
    })
}
