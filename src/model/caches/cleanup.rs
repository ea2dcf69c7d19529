//! What counts on the cache of a package manager that a RUN would clean at its end.

use crate::context::{Context, LazyContext};
use crate::knowledge::caches::{Cleanup, YarnVerb, yarn_verb};
use crate::knowledge::managers;
use crate::knowledge::{Family, base_name};
use crate::shell::{Body, Script};
use crate::syntax::{Keyword, lossy};

use super::super::Model;
use super::super::copy::{self, Copy};
use super::kept::{self, Keeps, When};
use super::{Use, is_offline, runs, text};

/// What makes the cache matter: it is kept on purpose, or something counts on it.
#[must_use]
pub fn reason_to_keep(model: &Model<'_, '_>, index: usize, cleanup: &Cleanup) -> Option<String> {
    let flags = model.flags(index);
    if flags
        .iter()
        .any(|flag| flag.starts_with("--mount=") && !flag.contains("type=secret") && !flag.contains("type=ssh"))
    {
        return Some("the RUN has a mount, which the clean-up could reach".to_owned());
    }
    kept::reason(model, index, cleanup.command, || {
        let mut keeps = Keeps::default();
        (0..model.instructions.len()).for_each(|at| counts_on_cache(model, at, cleanup, &mut keeps));
        keeps
    })
}

fn counts_on_cache(model: &Model<'_, '_>, at: usize, cleanup: &Cleanup, keeps: &mut Keeps) {
    let line = model.instructions[at].first_line;
    let text = text(model, at).to_lowercase();
    if cleanup.places.iter().any(|place| text.contains(place)) && names_it(model, at) {
        keeps.add(at, When::OfOthers, format!("line {line} names the cache"));
    }
    if text.contains("keepcache") || text.contains("makecache") || text.contains("keeppackages") {
        return keeps.add(at, When::Always, format!("line {line} keeps the cache on purpose"));
    }
    if is_offline(model, at) {
        keeps.add(at, When::OfEarlier, format!("line {line} runs without a network"));
    }
    let of_node = matches!(cleanup.family, Family::Npm | Family::Yarn);
    if of_node && ["npm_config_cache", "yarn_cache_folder"].iter().any(|name| text.contains(name)) {
        return keeps.add(at, When::Always, format!("line {line} says where the cache is"));
    }
    if cleanup.family == Family::Npm && names_workspaces(&text) {
        return keeps.add(at, When::Always, format!("line {line} sets workspaces, with which npm does not clean"));
    }
    if of_node && fills_cache(model, at, &text, cleanup) {
        let reason = format!("line {line} fills the cache on purpose, or says where it is");
        return keeps.add(at, When::Always, reason);
    }
    let offline = of_node && text.contains("offline");
    if offline || runs(model, at) && works_from_cache(model, at, cleanup) {
        keeps.add(at, When::Always, format!("line {line} works from the cache"));
    }
}

/// Whether npm is told to work on workspaces by a variable or its settings: `npm cache` then stops.
fn names_workspaces(text: &str) -> bool {
    let dense = text.replace(' ', "");
    text.contains("npm_config_workspace")
        || ["npm config set workspace", "npm set workspace"].iter().any(|set| text.contains(set))
        || text.contains(".npmrc") && (dense.contains("workspaces=") || dense.contains("workspace="))
}

/// Whether npm or yarn is asked to put something into its cache, or is told where that is by its settings.
fn fills_cache(model: &Model<'_, '_>, at: usize, text: &str, cleanup: &Cleanup) -> bool {
    let settings = (text.contains(".npmrc") || text.contains(".yarnrc")) && text.contains("cache");
    let Some(script) = model.script(at) else {
        return settings || runs(model, at) && (text.contains("cache add") || text.contains("set cache"));
    };
    script.simple_commands().into_iter().any(|simple| {
        let words = simple.literals();
        let words: Vec<&str> = words[managers::wrapper_len(&words)..].iter().map(|word| word.unwrap_or("$")).collect();
        let Some((program, rest)) = words.split_first() else { return false };
        let plain: Vec<&str> = rest.iter().copied().filter(|word| !word.starts_with('-')).collect();
        let sets = plain.iter().position(|word| *word == "set").is_some_and(|set| {
            plain
                .get(set + 1)
                .is_some_and(|key| matches!(*key, "$") || key.contains("cache") || key.contains("prefer-"))
        });
        base_name(program) == cleanup.program && (sets || matches!(plain.as_slice(), ["cache", "add", ..]))
            || settings && simple.words.iter().any(|word| names_settings_of_cache(script.str(word.range)))
    })
}

/// Whether a word is a setting of the cache's place: `cache=/opt/npm`, `yarn-offline-mirror`.
fn names_settings_of_cache(word: &str) -> bool {
    let word = word.to_lowercase().replace(' ', "");
    ["cache=", "cache-folder", "cache:"].iter().any(|setting| word.contains(setting))
}

/// An ENV or a LABEL that only mentions a path reads nothing of it; one that sets where the cache is counts.
fn names_it(model: &Model<'_, '_>, at: usize) -> bool {
    !matches!(model.keyword(at), Keyword::Label | Keyword::Maintainer | Keyword::Expose)
}

/// Whether any command is given the manager's option to work from its cache, or to fill it.
fn works_from_cache(model: &Model<'_, '_>, at: usize, cleanup: &Cleanup) -> bool {
    let from_cache = |words: &[&str]| {
        let Some(program) = words.first().map(|word| base_name(word)) else { return false };
        match cleanup.family {
            Family::RedHat if matches!(program, "dnf" | "yum" | "microdnf" | "repoquery" | "yumdownloader") => {
                words[1..].iter().any(|word| {
                    let letters = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
                    matches!(*word, "--cacheonly" | "--downloadonly")
                        || letters.is_some_and(|letters| letters.contains('C'))
                })
            }
            Family::Suse if program == "zypper" => words[1..].iter().any(|word| {
                matches!(
                    *word,
                    "--no-refresh" | "--no-remote" | "--download-only" | "-d" | "--cache-dir" | "--pkg-cache-dir"
                )
            }),
            Family::Npm | Family::Yarn => {
                program == cleanup.program
                    && words[1..].iter().any(|word| {
                        ["--cache", "--no-cache", "--global-folder", "--prefer-offline"]
                            .iter()
                            .any(|option| word.starts_with(option))
                    })
            }
            _ => false,
        }
    };
    let exec = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        (0..words.len()).any(|start| from_cache(&words[start..]))
    };
    match model.body(at) {
        Some(Body::Exec(words)) => exec(words),
        Some(Body::Script(script)) => script.simple_commands().into_iter().any(|simple| {
            let words = simple.literals();
            let words: Vec<&str> =
                words[managers::wrapper_len(&words)..].iter().map(|word| word.unwrap_or_default()).collect();
            from_cache(&words)
        }),
        _ => false,
    }
}

/// Whether a later instruction names the program: it would have to fetch anew what is cleaned.
#[must_use]
pub fn is_used_later(model: &Model<'_, '_>, index: usize, program: &str) -> bool {
    model.seen_by(index).any(|at| {
        let text = text(model, at);
        runs(model, at)
            && text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).any(|word| word == program)
    })
}

/// Whether the project, where it is at hand, says that it installs from the cache, or where the cache is, or sets
/// workspaces, with which `npm cache` stops.
#[must_use]
pub fn project_works_from_cache(model: &Model<'_, '_>, index: usize, context: LazyContext<'_>) -> bool {
    let Some(context) = context.get() else { return false };
    [".npmrc", ".yarnrc", "package.json"].iter().any(|name| {
        let text = project_file(model, index, name, context).and_then(|place| context.read(&place));
        text.is_some_and(|text| {
            let text = lossy(&text).to_lowercase();
            let of_cache = text.contains("cache") || *name == ".npmrc" && text.contains("workspace");
            text.contains("offline") || *name != "package.json" && of_cache
        })
    })
}

/// Whether the yarn that a RUN calls keeps in its cache what nothing needs later: yarn 1 does, yarn 2 and
/// later run programs from there.
#[must_use]
pub fn yarn_runs_from_cache(model: &Model<'_, '_>, index: usize, script: &Script<'_>, context: LazyContext<'_>) -> Use {
    let whole = lossy(model.file.source).to_lowercase();
    let hints =
        ["berry", "corepack", "yarn set ", "yarn policies", ".yarnrc.yml", "yarnpkg/releases", "yarn_ignore_path"];
    // The folder of yarn 2 and later, not the settings of yarn 1.
    let folder = whole.match_indices(".yarn").any(|(at, found)| {
        !whole[at + found.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    });
    if folder {
        return Use::Surely("`.yarn` may hold the cache that programs are run from".to_owned());
    }
    if let Some(hint) = hints.iter().find(|hint| whole.contains(**hint)) {
        return Use::Surely(format!("`{}` points to yarn 2 or later, which runs programs from its cache", hint.trim()));
    }
    let words = script.simple_commands();
    let mut verbs = words.iter().filter_map(|simple| yarn_verb(&simple.literals()));
    let all_global = verbs.all(|verb| matches!(verb, YarnVerb::Global | YarnVerb::Itself));
    if all_global {
        return Use::None;
    }
    let unknown =
        || Use::Perhaps("the project is not at hand, and yarn 2 or later runs programs from its cache".to_owned());
    let leaves_folder = words.iter().any(|simple| {
        matches!(simple.name(), Some("cd" | "pushd" | "popd") | None) && !simple.words.is_empty()
            || simple.literals().iter().flatten().any(|word| word.starts_with("--cwd"))
    });
    let Some(context) = context.get().filter(|_| !leaves_folder) else { return unknown() };
    let Some(lock_place) = project_file(model, index, "yarn.lock", context) else { return unknown() };
    let lock = context.read(&lock_place).map(|text| lossy(&text).into_owned());
    let folder = lock_place.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let berry = || Use::Surely("the project uses yarn 2 or later, which runs programs from its cache".to_owned());
    let mut up = vec![folder.to_owned()];
    while let Some((parent, _)) = up.last().and_then(|at| at.rsplit_once('/')) {
        up.push(parent.to_owned());
    }
    up.push(String::new());
    if up.iter().any(|at| context.on_disk(&copy::join(&format!("/{at}"), ".yarnrc.yml")[1..])) {
        return berry();
    }
    match lock {
        Some(text) if text.contains("__metadata:") => return berry(),
        Some(text) if text.contains("# yarn lockfile v1") => {}
        _ => return unknown(),
    }
    let read = |name: &str| context.read(&beside(name)).map(|text| lossy(&text).into_owned());
    if read(".yarnrc")
        .is_some_and(|text| text.contains("yarn-path") || text.contains("offline") || text.contains("cache"))
    {
        return berry();
    }
    let Some(manifest) = read("package.json") else { return unknown() };
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(&manifest) else { return unknown() };
    let wanted = manifest.get("packageManager").and_then(serde_json::Value::as_str);
    match wanted {
        Some(wanted) if !wanted.starts_with("yarn@1.") => berry(),
        _ => Use::None,
    }
}

/// Whether the files in a folder say that its project uses yarn 2 or later.
#[must_use]
pub fn is_project_of_later_yarn(folder: &Context) -> bool {
    let read = |name: &str| folder.read(name).map(|text| lossy(&text).into_owned());
    let manifest = read("package.json").and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let wanted = manifest.as_ref().and_then(|manifest| manifest.get("packageManager")?.as_str());
    folder.on_disk(".yarnrc.yml")
        || read("yarn.lock").is_some_and(|text| text.contains("__metadata:"))
        || wanted.is_some_and(|wanted| wanted.starts_with("yarn@") && !wanted.starts_with("yarn@1."))
}

/// Where in the context the file `name` of the folder in force comes from.
fn project_file(model: &Model<'_, '_>, index: usize, name: &str, context: &Context) -> Option<String> {
    let place = copy::join(model.states[index].workdir.path(), name);
    let stage = model.stage_of(index)?;
    let copies = (stage.range.start..index).rev().filter_map(|at| Copy::bringing(model, at));
    copies.into_iter().find_map(|copy| copy.source_of(&place, context.into()))
}
