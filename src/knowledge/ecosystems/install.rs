//! Which commands install the dependencies that manifests name.

use super::super::managers::{self, Family};
use super::options::{self, CommandLine};
use super::{Install, Tool};
use crate::knowledge::base_name;

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

/// What makes `python -m pip` uncertain.
pub(super) const PYTHON_M: &str = "`python -m` looks for modules in the folder it runs in";

const NODE_SETTINGS: &[&str] = &[".npmrc"];

impl Install {
    /// An install with these options, which writes what they tell it to.
    fn new(tool: Tool, line: &CommandLine<'_>) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            tool,
            manifests: Vec::new(),
            locks: Vec::new(),
            settings: &[],
            outputs: owned(&line.writes),
            reads: line.reads.iter().filter(|path| is_local(path)).map(|path| (*path).to_owned()).collect(),
            unclear: owned(&line.unclear),
            doubts: Vec::new(),
            runs_scripts: false,
            runs_plugins: false,
        }
    }

    fn node(tool: Tool, line: &CommandLine<'_>, lock_is_kept: bool, doubt: &'static str) -> Self {
        let mut install = Self::new(tool, line);
        install.manifests.push("package.json".to_owned());
        install.settings = NODE_SETTINGS;
        install.outputs.push("node_modules".to_owned());
        install.doubts.extend((!lock_is_kept).then_some(doubt));
        install.runs_scripts = !line.is_on("ignore-scripts");
        install
    }
}

/// Whether a value names a file or folder, and no address.
pub(super) fn is_local(value: &str) -> bool {
    !value.contains("://") || value.starts_with("file:")
}

fn pip(words: &[&str]) -> Option<Install> {
    let literal: Vec<Option<&str>> = words.iter().map(|word| Some(*word)).collect();
    let start = managers::wrapper_len(&literal);
    // `env` may set what pip reads.
    if managers::family(&literal) != Some(Family::Pip) || words.first() == Some(&"env") {
        return None;
    }
    let program = *words.get(start)?;
    let by_python = base_name(program).starts_with("python");
    let line = CommandLine::of(words.get(start + if by_python { 3 } else { 1 }..)?, &options::PIP);
    let Some(("install", packages)) = line.plain.split_first().map(|(verb, rest)| (*verb, rest)) else { return None };
    let manifests: Vec<String> =
        line.values("requirement").chain(line.values("constraint")).map(str::to_owned).collect();
    if manifests.is_empty() || manifests.iter().any(|path| path.contains("://")) || line.has("editable") {
        return None;
    }
    if packages.iter().any(|word| is_path(word)) {
        return None;
    }
    let mut install = Install::new(Tool::Pip, &line);
    install.manifests = manifests;
    install.reads.extend(program.contains('/').then(|| program.to_owned()));
    install.doubts.extend(by_python.then_some(PYTHON_M));
    Some(install)
}

pub(super) fn is_path(word: &str) -> bool {
    word.starts_with('.')
        || word.starts_with('/')
        || word.contains("://")
        || word.contains('/')
        || word.rsplit('.').next() == Some("whl")
}

fn npm(arguments: &[&str]) -> Option<Install> {
    // Another folder, or none of the project's.
    if arguments.iter().any(|word| matches!(*word, "-g" | "--global") || word.starts_with("--prefix")) {
        return None;
    }
    let line = CommandLine::of(arguments, &options::NPM);
    let clean = match line.plain.as_slice() {
        ["ci" | "clean-install"] => true,
        ["install" | "i"] => false,
        _ => return None,
    };
    let doubt = "`npm install` may rewrite the lock file; `npm ci` would not";
    let mut install = Install::node(Tool::Npm, &line, clean, doubt);
    install.locks = vec!["package-lock.json", "npm-shrinkwrap.json"];
    Some(install)
}

fn yarn(arguments: &[&str]) -> Option<Install> {
    if arguments.iter().any(|word| {
        word.starts_with("--cwd") || word.starts_with("--modules-folder") || matches!(*word, "--version" | "--help")
    }) {
        return None;
    }
    let line = CommandLine::of(arguments, &options::YARN);
    if !matches!(line.plain.as_slice(), [] | ["install"]) {
        return None;
    }
    let frozen = line.is_on("frozen-lockfile") || line.is_on("immutable");
    let doubt = "without `--frozen-lockfile` it may rewrite the lock file";
    let mut install = Install::node(Tool::Yarn, &line, frozen, doubt);
    install.locks = vec!["yarn.lock"];
    install.settings = &[".npmrc", ".yarnrc"];
    Some(install)
}

fn pnpm(arguments: &[&str]) -> Option<Install> {
    if arguments.iter().any(|word| {
        matches!(*word, "-g" | "--global" | "-r" | "--recursive" | "-C")
            || word.starts_with("--dir")
            || word.starts_with("--filter")
    }) {
        return None;
    }
    let line = CommandLine::of(arguments, &options::PNPM);
    if !matches!(line.plain.as_slice(), ["install" | "i"]) {
        return None;
    }
    let doubt = "without `--frozen-lockfile` it may rewrite the lock file";
    let mut install = Install::node(Tool::Pnpm, &line, line.is_on("frozen-lockfile"), doubt);
    install.locks = vec!["pnpm-lock.yaml"];
    Some(install)
}

fn go(arguments: &[&str]) -> Option<Install> {
    let rest: Vec<&str> = arguments.iter().copied().filter(|word| !matches!(*word, "-x" | "-json")).collect();
    if !matches!(rest.as_slice(), ["mod", "download" | "verify"]) {
        return None;
    }
    let mut install = Install::new(Tool::Go, &CommandLine::default());
    install.manifests.push("go.mod".to_owned());
    install.locks = vec!["go.sum"];
    Some(install)
}

fn cargo(arguments: &[&str]) -> Option<Install> {
    if arguments.iter().any(|word| word.starts_with("--manifest-path")) {
        return None;
    }
    let line = CommandLine::of(arguments, &options::CARGO);
    if line.plain != ["fetch"] {
        return None;
    }
    let locked = line.is_on("locked") || line.is_on("frozen");
    let mut install = Install::new(Tool::Cargo, &line);
    install.manifests.push("Cargo.toml".to_owned());
    install.locks = vec!["Cargo.lock"];
    install.settings = &[".cargo/config.toml", ".cargo/config", "rust-toolchain", "rust-toolchain.toml"];
    install.outputs.push("target".to_owned());
    install.doubts.extend((!locked).then_some("without `--locked` it may rewrite the lock file"));
    Some(install)
}

fn bundle(arguments: &[&str]) -> Option<Install> {
    if arguments
        .iter()
        .any(|word| word.starts_with("--gemfile") || word.starts_with("--binstubs") || word.starts_with("--standalone"))
    {
        return None;
    }
    let line = CommandLine::of(arguments, &options::BUNDLER);
    if !matches!(line.plain.as_slice(), [] | ["install"]) {
        return None;
    }
    let frozen = line.is_on("frozen") || line.is_on("deployment");
    let mut install = Install::new(Tool::Bundler, &line);
    install.manifests.push("Gemfile".to_owned());
    install.locks = vec!["Gemfile.lock"];
    install.settings = &[".ruby-version", ".bundle/config"];
    if line.has("deployment") || line.has("path") {
        install.outputs.extend(["vendor".to_owned(), ".bundle".to_owned()]);
    }
    install.doubts.extend((!frozen).then_some("without `--frozen` it may rewrite the lock file"));
    Some(install)
}

fn composer(arguments: &[&str]) -> Option<Install> {
    if arguments.iter().any(|word| word.starts_with("--working-dir") || *word == "-d") {
        return None;
    }
    let line = CommandLine::of(arguments, &options::COMPOSER);
    if !matches!(line.plain.as_slice(), ["install" | "i"]) {
        return None;
    }
    // Else it runs the project's scripts and scans its classes.
    if !line.is_on("no-scripts") || !line.is_on("no-autoloader") {
        return None;
    }
    let mut install = Install::new(Tool::Composer, &line);
    install.manifests.push("composer.json".to_owned());
    install.locks = vec!["composer.lock"];
    install.settings = &["auth.json", "symfony.lock"];
    install.outputs.push("vendor".to_owned());
    install.runs_plugins = !line.is_on("no-plugins");
    Some(install)
}
