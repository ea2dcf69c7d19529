//! Which commands install the dependencies that manifests name.

use super::super::managers::{self, Family, Verb};
use super::{Install, Tool};

/// Reads a command as a dependency install. A word that is not written out is `None`.
#[must_use]
pub fn dependency_install(words: &[Option<&str>]) -> Option<Install> {
    let words: Vec<&str> = words.iter().copied().collect::<Option<_>>()?;
    let (program, arguments) = words.split_first()?;
    match *program {
        "npm" => npm(arguments),
        "yarn" => yarn(arguments),
        "pnpm" => pnpm(arguments),
        "go" => go(arguments),
        "cargo" => cargo(arguments),
        "bundle" => bundle(arguments),
        "composer" => composer(arguments),
        _ => pip(&words),
    }
}

const NODE_SETTINGS: &[&str] = &[".npmrc"];
const NODE_OUTPUTS: &[&str] = &["node_modules"];

fn pip(words: &[&str]) -> Option<Install> {
    let literal: Vec<Option<&str>> = words.iter().map(|word| Some(*word)).collect();
    let found = managers::invocation(&literal)?;
    if found.manager.family != Family::Pip || found.verb != Verb::Install || found.unclear.is_some() {
        return None;
    }
    let mut manifests = Vec::new();
    let mut doubt = None;
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        let value = |name: &str| word.strip_prefix(name).map(str::to_owned).filter(|rest| !rest.is_empty());
        match word {
            "-r" | "--requirement" | "-c" | "--constraint" => {
                manifests.push((*words.get(at + 1)?).to_owned());
                at += 1;
            }
            "-e" | "--editable" => return None,
            "-t" | "--target" | "--prefix" | "--root" | "--src" | "-f" | "--find-links" | "--cache-dir" | "--log" => {
                let path = words.get(at + 1)?;
                if !path.starts_with('/') && !path.contains("://") {
                    doubt = Some("it is given a folder beside the manifests");
                }
                at += 1;
            }
            _ => {
                let attached = value("--requirement=").or_else(|| value("--constraint="));
                let short = if word.starts_with("--") { None } else { value("-r").or_else(|| value("-c")) };
                manifests.extend(attached.or(short));
                if word.starts_with("--editable=") || word.starts_with("--target=") || word.starts_with("--find-links=")
                {
                    doubt = Some("it is given a folder beside the manifests");
                }
            }
        }
        at += 1;
    }
    if manifests.is_empty() || manifests.iter().any(|path| path.contains("://")) {
        return None;
    }
    if found.operands.iter().any(|index| is_path(words[*index])) {
        return None;
    }
    if words.contains(&"-m") {
        doubt = Some("`python -m` looks for modules in the folder it runs in");
    }
    Some(Install {
        tool: Tool::Pip,
        manifests,
        locks: Vec::new(),
        settings: &[],
        outputs: &[],
        doubt,
        skips_scripts: true,
    })
}

pub(super) fn is_path(word: &str) -> bool {
    word.starts_with('.')
        || word.starts_with('/')
        || word.contains("://")
        || word.contains('/')
        || word.rsplit('.').next() == Some("whl")
}

fn npm(arguments: &[&str]) -> Option<Install> {
    let verbs =
        plain_words(arguments, &["--prefix", "--registry", "--loglevel", "--cache", "--only", "--omit", "--include"])?;
    let clean = match verbs.as_slice() {
        ["ci" | "clean-install"] => true,
        ["install" | "i"] => false,
        _ => return None,
    };
    if arguments.iter().any(|word| matches!(*word, "-g" | "--global") || word.starts_with("--prefix")) {
        return None;
    }
    Some(Install {
        tool: Tool::Npm,
        manifests: vec!["package.json".to_owned()],
        locks: vec!["package-lock.json", "npm-shrinkwrap.json"],
        settings: NODE_SETTINGS,
        outputs: NODE_OUTPUTS,
        doubt: (!clean).then_some("`npm install` may rewrite the lock file; `npm ci` would not"),
        skips_scripts: arguments.contains(&"--ignore-scripts"),
    })
}

fn yarn(arguments: &[&str]) -> Option<Install> {
    let verbs = plain_words(
        arguments,
        &["--network-timeout", "--registry", "--network-concurrency", "--cache-folder", "--mutex"],
    )?;
    if !matches!(verbs.as_slice(), [] | ["install"]) {
        return None;
    }
    if arguments.iter().any(|word| {
        word.starts_with("--cwd") || word.starts_with("--modules-folder") || matches!(*word, "--version" | "--help")
    }) {
        return None;
    }
    let frozen = arguments.iter().any(|word| matches!(*word, "--frozen-lockfile" | "--immutable"));
    Some(Install {
        tool: Tool::Yarn,
        manifests: vec!["package.json".to_owned()],
        locks: vec!["yarn.lock"],
        settings: &[".npmrc", ".yarnrc"],
        outputs: NODE_OUTPUTS,
        doubt: (!frozen).then_some("without `--frozen-lockfile` it may rewrite the lock file"),
        skips_scripts: arguments.contains(&"--ignore-scripts"),
    })
}

fn pnpm(arguments: &[&str]) -> Option<Install> {
    let verbs = plain_words(arguments, &["--registry", "--store-dir"])?;
    if !matches!(verbs.as_slice(), ["install" | "i"]) {
        return None;
    }
    if arguments.iter().any(|word| {
        matches!(*word, "-g" | "--global" | "-r" | "--recursive" | "-C")
            || word.starts_with("--dir")
            || word.starts_with("--filter")
    }) {
        return None;
    }
    let frozen = arguments.contains(&"--frozen-lockfile");
    Some(Install {
        tool: Tool::Pnpm,
        manifests: vec!["package.json".to_owned()],
        locks: vec!["pnpm-lock.yaml"],
        settings: NODE_SETTINGS,
        outputs: NODE_OUTPUTS,
        doubt: (!frozen).then_some("without `--frozen-lockfile` it may rewrite the lock file"),
        skips_scripts: arguments.contains(&"--ignore-scripts"),
    })
}

fn go(arguments: &[&str]) -> Option<Install> {
    let rest: Vec<&str> = arguments.iter().copied().filter(|word| !matches!(*word, "-x" | "-json")).collect();
    if !matches!(rest.as_slice(), ["mod", "download" | "verify"]) {
        return None;
    }
    Some(Install {
        tool: Tool::Go,
        manifests: vec!["go.mod".to_owned()],
        locks: vec!["go.sum"],
        settings: &[],
        outputs: &[],
        doubt: None,
        skips_scripts: true,
    })
}

fn cargo(arguments: &[&str]) -> Option<Install> {
    let verbs = plain_words(arguments, &["--target"])?;
    if !matches!(verbs.as_slice(), ["fetch"]) || arguments.iter().any(|word| word.starts_with("--manifest-path")) {
        return None;
    }
    let locked = arguments.iter().any(|word| matches!(*word, "--locked" | "--frozen"));
    Some(Install {
        tool: Tool::Cargo,
        manifests: vec!["Cargo.toml".to_owned()],
        locks: vec!["Cargo.lock"],
        settings: &[".cargo/config.toml", ".cargo/config", "rust-toolchain", "rust-toolchain.toml"],
        outputs: &["target"],
        doubt: (!locked).then_some("without `--locked` it may rewrite the lock file"),
        skips_scripts: true,
    })
}

fn bundle(arguments: &[&str]) -> Option<Install> {
    let verbs = plain_words(arguments, &["--jobs", "-j", "--retry", "--without", "--with", "--path"])?;
    if !matches!(verbs.as_slice(), [] | ["install"]) {
        return None;
    }
    if arguments
        .iter()
        .any(|word| word.starts_with("--gemfile") || word.starts_with("--binstubs") || word.starts_with("--standalone"))
    {
        return None;
    }
    let frozen = arguments.iter().any(|word| matches!(*word, "--frozen" | "--deployment"));
    let in_project = arguments.iter().any(|word| *word == "--deployment" || word.starts_with("--path"));
    Some(Install {
        tool: Tool::Bundler,
        manifests: vec!["Gemfile".to_owned()],
        locks: vec!["Gemfile.lock"],
        settings: &[".ruby-version", ".bundle/config"],
        outputs: if in_project { &["vendor", ".bundle"] } else { &[] },
        doubt: (!frozen).then_some("without `--frozen` it may rewrite the lock file"),
        skips_scripts: true,
    })
}

fn composer(arguments: &[&str]) -> Option<Install> {
    let verbs = plain_words(arguments, &[])?;
    if !matches!(verbs.as_slice(), ["install" | "i"]) {
        return None;
    }
    if arguments.iter().any(|word| word.starts_with("--working-dir") || *word == "-d") {
        return None;
    }
    // Else it runs the project's scripts and scans its classes.
    if !arguments.contains(&"--no-scripts") || !arguments.contains(&"--no-autoloader") {
        return None;
    }
    Some(Install {
        tool: Tool::Composer,
        manifests: vec!["composer.json".to_owned()],
        locks: vec!["composer.lock"],
        settings: &["auth.json", "symfony.lock"],
        outputs: &["vendor"],
        doubt: None,
        skips_scripts: true,
    })
}

/// The words that are no options; `None` where an option's value can't be told from them.
fn plain_words<'w>(arguments: &[&'w str], valued: &[&str]) -> Option<Vec<&'w str>> {
    let mut plain = Vec::new();
    let mut at = 0;
    while at < arguments.len() {
        let word = arguments[at];
        if valued.contains(&word) {
            at += 2;
            continue;
        }
        if !word.starts_with('-') {
            plain.push(word);
        } else if word == "--" {
            return None;
        }
        at += 1;
    }
    Some(plain)
}
