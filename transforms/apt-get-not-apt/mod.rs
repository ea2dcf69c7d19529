//! `apt-get` in the place of `apt`.

use crate::context::LazyContext;
use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::apt::{self, Reading};
use crate::knowledge::bases::Distribution;
use crate::knowledge::managers;
use crate::model::{Copy, Model};
use crate::prove::Claim;
use crate::shell::{Command, CompoundKind, Script, Simple};
use crate::syntax::{Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "apt-get-not-apt",
    summary: "call apt-get instead of apt, whose command line is not made for scripts",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3027"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["apt"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        let calls: Vec<&Simple> = script.simple_commands().into_iter().filter(|simple| calls_apt(simple)).collect();
        if calls.is_empty() {
            continue;
        }
        let span = model.instructions[index].span;
        if let Some(reason) = obstacle(model, index, script) {
            proposals.leave(span, format!("`apt` stays: {reason}"));
            continue;
        }
        let doubt = doubt(model, subject.context, index);
        let (mut certain, mut doubtful, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
        let mut left: Vec<String> = Vec::new();
        for simple in calls {
            match call(model, index, script, simple).map_err(|reason| stays(simple, &reason)) {
                Err(reason) if !left.contains(&reason) => left.push(reason),
                Err(_) => {}
                Ok((edits, own)) => match own.or_else(|| doubt.clone()) {
                    None => certain.extend(edits),
                    Some(doubt) => {
                        doubtful.extend(edits);
                        if !doubts.contains(&doubt) {
                            doubts.push(doubt);
                        }
                    }
                },
            }
        }
        for reason in left {
            proposals.leave(span, reason);
        }
        if !certain.is_empty() {
            proposals.fixes.push(fix(certain, None));
        }
        if !doubtful.is_empty() {
            proposals.fixes.push(fix(doubtful, Some(&doubts.join("; "))));
        }
    }
}

fn calls_apt(simple: &Simple) -> bool {
    let words = simple.literals();
    words.get(managers::wrapper_len(&words)) == Some(&Some("apt"))
}

fn stays(simple: &Simple, reason: &str) -> String {
    let verb = apt::call(&simple.literals()).map(|found| format!(" {}", found.verb_word)).unwrap_or_default();
    format!("`apt{verb}` stays: {reason}")
}

/// What speaks against all calls of a RUN.
fn obstacle(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Option<String> {
    let mut defines = false;
    script.list.visit(&mut |command| {
        defines |= match command {
            Command::Simple(simple) => matches!(simple.name(), Some("alias" | "hash")),
            Command::Compound(compound) => compound.kind == CompoundKind::Function,
        };
    });
    if defines {
        return Some("the RUN defines functions or aliases".to_owned());
    }
    if model.base_image(index).is_some_and(|image| image.distribution != Distribution::Debian) {
        return Some("it is not Debian's apt on this image".to_owned());
    }
    if model.base_name(index).is_some_and(|name| name.to_ascii_lowercase().contains("mint")) {
        return Some("on Linux Mint it is a wrapper".to_owned());
    }
    let text = lossy(model.file.source).to_ascii_lowercase();
    if text.contains("binary::apt") {
        return Some("the file has settings (`Binary::apt`) that hold for apt alone".to_owned());
    }
    let by_path = text.match_indices("bin/apt").any(|(at, found)| {
        let rest = &text[at + found.len()..];
        !rest.strip_prefix("-get").unwrap_or(rest).starts_with(|c: char| c.is_ascii_alphanumeric() || "-_.".contains(c))
    });
    by_path.then(|| "the file speaks of apt by its path, and may put another program there".to_owned())
}

/// What makes all calls of a RUN uncertain.
fn doubt(model: &Model<'_, '_>, context: LazyContext<'_>, index: usize) -> Option<String> {
    if model.sets_variable(index, "APT_CONFIG") {
        return Some("APT_CONFIG may name settings that hold for apt alone".to_owned());
    }
    let brings = |at: &usize| {
        let copies = matches!(model.keyword(*at), Keyword::Copy | Keyword::Add);
        copies && model.destination(*at).is_some_and(|place| brings_settings(model, context, *at, &place))
    };
    if let Some(at) = model.earlier(index).find(brings) {
        let line = model.instructions[at].first_line;
        return Some(format!("line {line} may bring settings that hold for apt alone"));
    }
    let uses_archives = (0..model.instructions.len()).any(|at| {
        let Some(script) = model.script(at) else { return false };
        script.simple_commands().into_iter().any(|simple| {
            !matches!(simple.name(), Some("rm" | "find" | "echo" | "printf"))
                && simple.words.iter().any(|word| script.str(word.range).contains("apt/archives"))
        })
    });
    uses_archives.then(|| "a command uses downloaded packages, which apt removes and apt-get keeps".to_owned())
}

fn brings_settings(model: &Model<'_, '_>, context: LazyContext<'_>, at: usize, place: &str) -> bool {
    if place.starts_with("/etc/apt/apt.conf") {
        return true;
    }
    if !matches!(place, "/" | "/etc" | "/etc/apt") {
        return false;
    }
    let text = lossy(model.instructions[at].joined.text());
    let known = [".list", ".sources", ".gpg", ".asc", ".sh", ".json", ".py", ".txt", ".yml", ".yaml", ".jar", ".deb"];
    let sources = || text.split_whitespace().skip(1).filter(|word| !word.starts_with("--"));
    let count = sources().count().saturating_sub(1);
    let one_file = |word: &str| known.iter().any(|end| word.ends_with(end)) || word.ends_with("preferences");
    let harmless = count > 0 && sources().take(count).all(one_file);
    match (Copy::of(model, at), context.get()) {
        (Some(copy), Some(context)) => {
            copy.may_write_below("/etc/apt/apt.conf", context.into())
                || copy.may_write_below("/etc/apt/apt.conf.d", context.into())
        }
        _ => !harmless,
    }
}

/// The edits for one call, and what is uncertain about it.
fn call(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    simple: &Simple,
) -> Result<(Vec<Edit>, Option<String>), String> {
    let words = simple.literals();
    let found = apt::call(&words).ok_or("what it is asked to do is not written out")?;
    let verb = found.verb_word;
    let twin = apt::twin(verb).map_err(str::to_owned)?;
    let program = managers::wrapper_len(&words);
    let config = |word: &str| {
        word.starts_with("--config-file") || word.starts_with('-') && !word.starts_with("--") && word.contains('c')
    };
    let option = found.options.iter().find(|at| words[**at].is_none_or(config)).or(found.unclear.as_ref());
    if let Some(at) = option {
        let raw = script.str(simple.words[*at].range);
        return Err(format!("`{raw}` is not known to mean the same for apt-get"));
    }
    if !script.prints_to_the_log(simple) {
        return Err("what it prints is kept or read, and apt-get prints otherwise".to_owned());
    }
    let mut doubt = None;
    for operand in &found.operands {
        let raw = script.str(simple.words[*operand].range);
        match apt::reading(raw) {
            Reading::Alike => {}
            Reading::AlikeIfThere if script.failure_is_final(simple, &model.states[index].shell) => {}
            Reading::AlikeIfThere => {
                doubt.get_or_insert_with(|| {
                    format!("if there is no package `{raw}` apt fails, which is handled, and apt-get looks for others")
                });
            }
            Reading::Unknown => {
                doubt.get_or_insert_with(|| {
                    format!("`{raw}` may stand for a pattern, which apt and apt-get read differently")
                });
            }
            Reading::Otherwise => {
                return Err(format!("`{raw}` is a pattern, which apt and apt-get read differently"));
            }
        }
    }
    let verb_at = (program + 1..words.len()).find(|at| words[*at] == Some(verb) && !found.options.contains(at));
    let verb_at = verb_at.ok_or("its verb is not found")?;
    if !script.text.is_contiguous(simple.words[program].range)
        || !script.text.is_contiguous(simple.words[verb_at].range)
    {
        return Err("a word of it is split over two lines".to_owned());
    }
    let mut edits = vec![Edit::replace(script.span(simple.words[program].range), "apt-get")];
    let verb_span = script.span(simple.words[verb_at].range);
    if twin.verb != verb {
        edits.push(Edit::replace(verb_span, twin.verb));
    }
    if let Some(option) = twin.option {
        edits.push(Edit::insert(verb_span.end, format!(" {option}")));
        doubt.get_or_insert_with(|| {
            "that `apt upgrade` installs new packages is a setting, which the image may have changed".to_owned()
        });
    }
    Ok((edits, doubt))
}

fn fix(edits: Vec<Edit>, doubt: Option<&str>) -> Fix {
    let why = "apt is for terminals: it warns in scripts, and its options and output may change between releases";
    Fix {
        title: "call apt-get instead of apt".to_owned(),
        reason: doubt.map_or_else(
            || format!("{why}; both run the same code for these commands"),
            |doubt| format!("{why}; unsafe because {doubt}"),
        ),
        edits,
        safety: if doubt.is_some() { Safety::Unsafe } else { Safety::Safe },
        claim: Claim::OtherProgram,
        alternatives: Vec::new(),
    }
}
