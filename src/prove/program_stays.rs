//! The program that cleans at the end of a RUN is still there, and still the one that installed.

use crate::knowledge::caches::{self, Cleanup};
use crate::knowledge::{Family, base_name, commands, managers};
use crate::shell::{Script, Simple};

use super::Refusal;

/// Checks what is done from the last install on.
///
/// # Errors
/// With the command that may take the program away, or make another one of it.
pub fn check(script: &Script<'_>, last: &Simple, cleanup: &Cleanup) -> Result<(), Refusal> {
    is_found_again(script, last, cleanup)?;
    let later = || script.simple_commands().into_iter().filter(|simple| simple.range > last.range);
    if let Some(simple) = later().find(|simple| changes_environment(script, simple, cleanup)) {
        let words = script.str(simple.range);
        return Err(Refusal::new(format!("`{words}` gives the clean-up another environment than the install had")));
    }
    if cleanup.of_system {
        return later().try_for_each(|simple| system_keeps(script, simple, cleanup));
    }
    if brings(script, &["npm", "yarn", "n", "node", "corepack", "nodejs", "nvm"]) {
        return Err(Refusal::new(format!("the RUN puts another `{}` in place, which may not start", cleanup.program)));
    }
    later().try_for_each(|simple| keeps(script, simple, cleanup))
}

/// Variables of a single command that change neither which program is run, nor where its cache is.
fn is_harmless_variable(name: &str, cleanup: &Cleanup) -> bool {
    let of_any = name.to_ascii_lowercase().ends_with("_proxy") || matches!(name, "LANG" | "LC_ALL" | "NODE_ENV" | "CI");
    let decides = ["PATH", "HOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH", "PYTHONHOME"];
    // npm and yarn stop where their settings name a variable that is not set.
    of_any || cleanup.of_system && !decides.contains(&name)
}

/// The clean-up calls the program by its plain name, with the variables of the RUN.
fn is_found_again(script: &Script<'_>, last: &Simple, cleanup: &Cleanup) -> Result<(), Refusal> {
    let program = last.name().unwrap_or_default();
    let folder = program.strip_suffix(cleanup.program).unwrap_or(program);
    if !matches!(folder, "" | "/usr/bin/" | "/bin/" | "/usr/local/bin/") {
        return Err(Refusal::new(format!(
            "`{program}` is called by its path, and `{}` may not be found",
            cleanup.program
        )));
    }
    match last.assignments.iter().find(|assignment| !is_harmless_variable(&assignment.name, cleanup)) {
        Some(assignment) => {
            let words = script.str(assignment.range);
            Err(Refusal::new(format!("the install alone is given `{words}`, and the clean-up is not")))
        }
        None => Ok(()),
    }
}

/// Whether a command behind the install takes variables away or changes which programs are found.
fn changes_environment(script: &Script<'_>, simple: &Simple, cleanup: &Cleanup) -> bool {
    let names = ["PATH", "HOME"];
    let set = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let adds = name == "PATH" && cleanup.of_system && (value.contains("$PATH") || value.contains("${PATH"));
        names.contains(&name) && !adds
    };
    let words = simple.words.iter().skip(1).map(|word| script.str(word.range));
    match simple.name() {
        None => simple.words.is_empty() && simple.assignments.iter().any(|found| set(script.str(found.range))),
        Some("export" | "declare" | "typeset" | "readonly") => {
            words.map(|word| word.trim_matches(['"', '\''])).any(set)
        }
        Some("unset") => !cleanup.of_system || words.into_iter().any(|word| names.contains(&word)),
        Some("alias") => true,
        _ => false,
    }
}

/// Commands that change or remove what their words name.
const CHANGING: &[&str] =
    &["rm", "rmdir", "unlink", "shred", "truncate", "sed", "chmod", "chown", "tee", "dd", "patch", "find"];

/// A command behind the install must leave a system's manager, and what that is made of, as it was.
fn system_keeps(script: &Script<'_>, simple: &Simple, cleanup: &Cleanup) -> Result<(), Refusal> {
    let literals = simple.literals();
    let start = managers::wrapper_len(&literals);
    let literals = &literals[start..];
    let Some(Some(name)) = literals.first() else { return Ok(()) };
    let base = base_name(name);
    let refuse = || {
        Err(Refusal::new(format!(
            "`{name}` may take `{}` away, or make it fail, before the RUN's end",
            cleanup.program
        )))
    };
    let overwritten = simple.redirects.iter().filter(|redirect| redirect.writes);
    if overwritten.into_iter().any(|redirect| redirect.target.as_deref().is_some_and(|path| cleanup.is_at(path))) {
        return refuse();
    }
    let raw: Vec<&str> =
        simple.words[start + 1..].iter().map(|word| script.str(word.range).trim_matches(['"', '\''])).collect();
    let gone = match base {
        "ln" | "cp" | "install" | "mv" | "rsync" => {
            arrives_at(&raw).iter().any(|path| cleanup.is_at(path))
                || base == "mv" && raw.iter().any(|path| cleanup.is_reached_by(path))
        }
        "alternatives" | "update-alternatives" => sets_alternative(&raw, cleanup),
        _ if CHANGING.contains(&base) => {
            let deletes = base != "find" || raw.iter().any(|word| matches!(*word, "-delete" | "-exec" | "-execdir"));
            deletes && raw.iter().filter(|word| !word.starts_with('-')).any(|path| cleanup.is_reached_by(path))
        }
        "sh" | "bash" | "ash" | "xargs" | "perl" | "make" => raw.iter().any(|text| names_part(text, cleanup)),
        _ => match managers::family(literals) {
            Some(family @ (Family::RedHat | Family::Suse)) => removes_part(base, family, &literals[1..], cleanup),
            _ => false,
        },
    };
    let own_python = base == "make" && {
        let text = script.whole();
        let mut prefixes = text.match_indices("--prefix=/usr").map(|(at, found)| &text[at + found.len()..]);
        text.contains("Python-") && prefixes.any(|rest| !rest.starts_with('/'))
    };
    if gone || own_python { refuse() } else { Ok(()) }
}

/// Where `ln`, `cp`, `mv` and `install` put something.
fn arrives_at(words: &[&str]) -> Vec<String> {
    let paths: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
    let Some((to, from)) = paths.split_last() else { return Vec::new() };
    let into_folder = caches::is_folder_of_programs(to) || to.ends_with('/');
    if !into_folder {
        return vec![(*to).to_owned()];
    }
    from.iter().map(|path| format!("{}/{}", to.trim_end_matches('/'), base_name(path))).collect()
}

/// Whether `alternatives` chooses what a part of the program is.
fn sets_alternative(words: &[&str], cleanup: &Cleanup) -> bool {
    let named = words.iter().any(|word| !word.contains('/') && cleanup.is_part(word));
    let linked = words.windows(2).any(|pair| matches!(pair[0], "--install" | "--slave") && cleanup.is_at(pair[1]));
    named || linked
}

/// Whether a text that another program runs names a part of the program by its path.
fn names_part(text: &str, cleanup: &Cleanup) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '"' | '\'' | '(' | ')'))
        .any(|word| word.starts_with('/') && cleanup.is_at(word))
}

/// Whether a manager of the system takes away what the program is made of.
fn removes_part(program: &str, family: Family, words: &[Option<&str>], cleanup: &Cleanup) -> bool {
    let says = |verbs: &[&str]| words.iter().flatten().any(|word| verbs.contains(word));
    let short = |letter: char| {
        words.iter().flatten().any(|word| {
            word.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains(letter))
        })
    };
    let removes = match program {
        "rpm" => short('e') && !short('q') || says(&["--erase"]),
        _ => says(&["remove", "erase", "autoremove", "rm", "swap"]),
    };
    if !removes {
        return false;
    }
    // yum and dnf protect themselves and all that they need, by name even against a variable.
    let protects = matches!(program, "yum" | "dnf") && family == Family::RedHat && program == cleanup.program;
    let unprotects = words.iter().flatten().any(|word| word.contains("protected") || *word == "--nodeps");
    let names = words.iter().any(|word| match word {
        Some(word) => !word.starts_with('-') && cleanup.is_part(word),
        None => !protects,
    });
    unprotects || names
}

/// Words that ask a package manager to take packages away.
const REMOVES: &[&str] = &[
    "remove",
    "purge",
    "autoremove",
    "autopurge",
    "erase",
    "del",
    "uninstall",
    "rm",
    "unlink",
    "-e",
    "-P",
    "--purge",
    "--erase",
    "-r",
];

/// A command behind the install must leave a program that packages or archives brought where it is.
fn keeps(script: &Script<'_>, simple: &Simple, cleanup: &Cleanup) -> Result<(), Refusal> {
    let words = simple.literals();
    let start = managers::wrapper_len(&words);
    let words = &words[start..];
    if simple.words.is_empty() {
        return Ok(());
    }
    let Some(Some(name)) = words.first() else {
        return Err(Refusal::new("a command that is not written out may take the program away"));
    };
    let base = base_name(name);
    let asks_to_remove = || words[1..].iter().any(|word| word.is_none_or(|word| REMOVES.contains(&word)));
    let removes = match base {
        "rm" | "mv" | "unlink" => !simple.words.iter().skip(1).all(|word| is_harmless_removal(script.str(word.range))),
        "find" => {
            let paths = simple.words[start + 1..].iter().map(|word| script.str(word.range));
            let mut paths = paths.take_while(|word| !word.starts_with(['-', '(', '!', '\\']));
            let only_looks = words.iter().all(|word| {
                word.is_some_and(|word| !matches!(word, "-delete" | "-exec" | "-execdir" | "-ok" | "-okdir"))
            });
            !only_looks && !paths.all(|path| is_harmless_removal(&format!("{path}/")))
        }
        "node" | "npx" | "ng" | "gulp" | "grunt" | "bower" | "tsc" | "webpack" => false,
        "npm" | "yarn" | "pnpm" => asks_to_remove(),
        _ if managers::family(words).is_some() => asks_to_remove(),
        _ => !commands::never_reads_apt_lists(name, &words[1..]),
    };
    if removes {
        return Err(Refusal::new(format!("`{name}` may take `{}` away before the RUN's end", cleanup.program)));
    }
    Ok(())
}

/// Whether an install by npm or yarn names one of these packages, or may by a variable.
fn brings(script: &Script<'_>, packages: &[&str]) -> bool {
    script.simple_commands().into_iter().any(|simple| {
        let family = managers::family(&simple.literals());
        matches!(family, Some(Family::Npm | Family::Yarn))
            && simple
                .words
                .iter()
                .skip(1)
                .map(|word| script.str(word.range).trim_matches(['"', '\'']))
                .any(|word| word.starts_with(['$', '`']) || packages.contains(&managers::package_name(word)))
    })
}

/// A removal that reaches neither programs nor modules of the system.
fn is_harmless_removal(word: &str) -> bool {
    let places = [
        "/var/cache/",
        "/var/lib/apt/lists",
        "/var/log/",
        "/tmp/",
        "/var/tmp/",
        "/root/.npm",
        "~/.npm",
        "/root/.cache",
    ];
    word.starts_with('-')
        || !word.contains("..") && !word.contains(['$', '`']) && places.iter().any(|place| word.starts_with(place))
}
