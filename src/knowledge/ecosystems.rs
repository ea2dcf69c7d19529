//! Languages: dependency installs, their manifests and lock files, and what else an install reads.
//!
//! Sources: the reference of each tool on its install command. Paths are relative to the folder that the
//! install runs in.

use super::managers::{self, Family, Verb};

/// An install of the dependencies that manifests name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The tool.
    pub tool: Tool,
    /// Manifests that it can't do without.
    pub manifests: Vec<String>,
    /// Lock files, which pin what it installs; one of them is wanted where any is listed.
    pub locks: Vec<&'static str>,
    /// Files that it reads where they are there.
    pub settings: &'static [&'static str],
    /// What it writes in its folder.
    pub outputs: &'static [&'static str],
    /// Why it may do more than install what the manifests name.
    pub doubt: Option<&'static str>,
    /// Whether scripts of the project are skipped.
    pub skips_scripts: bool,
}

/// The tools whose installs are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// `pip install -r`
    Pip,
    /// `npm ci`, `npm install`
    Npm,
    /// `yarn install`
    Yarn,
    /// `pnpm install`
    Pnpm,
    /// `go mod download`
    Go,
    /// `cargo fetch`
    Cargo,
    /// `bundle install`
    Bundler,
    /// `composer install`
    Composer,
}

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

fn is_path(word: &str) -> bool {
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

impl Install {
    /// Whether it seldom reads more of a project than its manifests: where the project is not at hand, only
    /// such an install may be taken to need nothing else.
    #[must_use]
    pub const fn is_mostly_alone(&self) -> bool {
        matches!(self.tool, Tool::Pip | Tool::Npm | Tool::Yarn | Tool::Pnpm)
    }
}

/// Whether a file or folder of this name may be one that manifests take in: further requirements, manifests
/// of members and plugins.
#[must_use]
pub fn looks_like_manifest(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends =
        [".txt", ".toml", ".lock", ".in", ".cfg", ".mod", ".sum", ".gemspec", ".json", ".yaml", ".yml", ".npmrc"];
    let words = ["requirement", "deps", "depend", "package", "plugin", "patch", "vendor", "workspace", "constraint"];
    ends.iter().any(|end| name.ends_with(end)) || words.iter().any(|word| name.contains(word))
}

/// Whether a command beside an install reads nothing of the project either: named packages from an index,
/// cleaning a cache.
#[must_use]
pub fn is_companion(words: &[Option<&str>]) -> bool {
    let literal: Option<Vec<&str>> = words.iter().copied().collect();
    let Some(literal) = literal else { return false };
    match literal.as_slice() {
        ["npm" | "yarn" | "pnpm" | "composer", "cache", "clean" | "clear", ..]
        | ["composer", "clear-cache" | "clearcache"]
        | ["npm", "config", "set", ..]
        | ["npm", "set", ..]
        | ["corepack", "enable"] => return true,
        ["rm", flags, paths @ ..] if flags.starts_with('-') => {
            return !paths.is_empty()
                && paths.iter().all(|path| {
                    path.starts_with("/root/.cache")
                        || path.starts_with("/root/.npm")
                        || path.starts_with("/tmp/")
                        || path.starts_with("/var/")
                });
        }
        _ => {}
    }
    let Some(found) = managers::invocation(words) else { return false };
    if found.unclear.is_some() {
        return false;
    }
    match found.verb {
        Verb::Update => true,
        Verb::Install => {
            let named = !found.operands.is_empty() && found.operands.iter().all(|index| !is_path(literal[*index]));
            let no_files = !found.options.iter().any(|index| {
                matches!(literal[*index], "-r" | "-c" | "-e" | "--requirement" | "--constraint" | "--editable")
            });
            let global =
                found.manager.family != Family::Npm || literal.iter().any(|word| matches!(*word, "-g" | "--global"));
            named && no_files && global
        }
        Verb::Other => false,
    }
}

/// The build context, or as much of it as an install may look at.
pub trait Project {
    /// The text of a file, if it is there and readable.
    fn read(&self, path: &str) -> Option<String>;
    /// Whether something of that name is there.
    fn exists(&self, path: &str) -> bool;
    /// What an environment variable is set to, where that is known.
    fn env(&self, name: &str) -> Option<String>;
    /// The names of all variables that are set.
    fn env_names(&self) -> Vec<String>;
}

/// Why an install can't be shown to need its manifests alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Need {
    /// Something of the project itself is read: moving code below the install breaks the build.
    #[error("{0}")]
    Local(String),
    /// It is not known.
    #[error("{0}")]
    Unknown(String),
}

fn local(text: impl Into<String>) -> Need {
    Need::Local(text.into())
}

fn unknown(text: impl Into<String>) -> Need {
    Need::Unknown(text.into())
}

/// The files that the install reads, where it reads no others: manifests, lock, settings.
///
/// # Errors
/// Where it reads, or may read, something else of the project.
pub fn files_read(install: &Install, project: &dyn Project) -> Result<Vec<String>, Need> {
    let mut files = install.manifests.clone();
    for path in &files {
        if !project.exists(path) {
            return Err(unknown(format!("`{path}` is not found in the build context")));
        }
    }
    let lock = install.locks.iter().find(|lock| project.exists(lock));
    if !install.locks.is_empty() && lock.is_none() && !is_empty_go_module(install, project) {
        return Err(unknown("there is no lock file: what is installed is not pinned"));
    }
    files.extend(lock.map(|lock| (*lock).to_owned()));
    files.extend(install.settings.iter().filter(|path| project.exists(path)).map(|path| (*path).to_owned()));
    if let Some(doubt) = install.doubt.filter(|_| !is_frozen_by_env(install, project)) {
        return Err(unknown(doubt));
    }
    if let Some(name) = project.env_names().into_iter().find(|name| steers(install.tool, name)) {
        return Err(unknown(format!("the variable `{name}` may name a file of the project")));
    }
    let text = |path: &str| project.read(path).ok_or_else(|| unknown(format!("`{path}` can't be read")));
    match install.tool {
        Tool::Pip => {
            for manifest in &install.manifests {
                requirements_name_nothing_local(manifest, &text(manifest)?)?;
            }
        }
        Tool::Npm | Tool::Yarn | Tool::Pnpm => {
            node_reads_nothing_local(
                install,
                project,
                &text("package.json")?,
                lock.map(|lock| text(lock)).transpose()?.as_deref(),
            )?;
        }
        Tool::Go => go_module_is_alone(project, &text("go.mod")?)?,
        Tool::Cargo => crate_is_alone(project, &text("Cargo.toml")?)?,
        Tool::Bundler => gemfile_is_alone(&text("Gemfile")?)?,
        Tool::Composer => composer_is_alone(&text("composer.json")?)?,
    }
    Ok(files)
}

/// Bundler's settings come by the environment as well as by options.
fn is_frozen_by_env(install: &Install, project: &dyn Project) -> bool {
    let set = |name: &str| project.env(name).is_some_and(|value| matches!(value.as_str(), "1" | "true"));
    install.tool == Tool::Bundler && set("BUNDLE_FROZEN") && project.env("BUNDLE_PATH").is_none()
}

/// Variables of a tool that name no file: switches, addresses, numbers.
const HARMLESS_VARIABLES: &[&str] = &[
    "PIP_NO_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_ROOT_USER_ACTION",
    "PIP_VERSION",
    "PIP_NO_INPUT",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_NO_COLOR",
    "PIP_PROGRESS_BAR",
    "PIP_BREAK_SYSTEM_PACKAGES",
    "PIP_PREFER_BINARY",
    "NPM_CONFIG_LOGLEVEL",
    "NPM_CONFIG_REGISTRY",
    "NPM_CONFIG_PRODUCTION",
    "NPM_CONFIG_FUND",
    "NPM_CONFIG_AUDIT",
    "NPM_CONFIG_UPDATE_NOTIFIER",
    "NPM_CONFIG_CACHE",
    "NPM_CONFIG_PREFIX",
    "NPM_VERSION",
    "NPM_TOKEN",
    "YARN_VERSION",
    "YARN_CACHE_FOLDER",
    "BUNDLE_FROZEN",
    "BUNDLE_WITHOUT",
    "BUNDLE_JOBS",
    "BUNDLE_RETRY",
    "BUNDLE_SILENCE_ROOT_WARNING",
    "BUNDLER_VERSION",
    "GOPATH",
    "GOPROXY",
    "GO111MODULE",
    "GOOS",
    "GOARCH",
    "GOARM",
    "GOPRIVATE",
    "GOSUMDB",
    "GONOSUMDB",
    "GOCACHE",
    "GOMODCACHE",
    "GOROOT",
    "GOTOOLCHAIN",
    "GO_VERSION",
    "GOLANG_VERSION",
    "CARGO_HOME",
    "CARGO_TERM_COLOR",
    "CARGO_INCREMENTAL",
    "CARGO_NET_RETRY",
    "CARGO_NET_GIT_FETCH_WITH_CLI",
    "COMPOSER_ALLOW_SUPERUSER",
    "COMPOSER_MEMORY_LIMIT",
    "COMPOSER_HOME",
    "COMPOSER_CACHE_DIR",
    "COMPOSER_NO_INTERACTION",
    "PNPM_HOME",
    "PNPM_VERSION",
];

/// Whether a variable of this name may tell the tool to read some file.
fn steers(tool: Tool, name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let prefixes: &[&str] = match tool {
        Tool::Pip => &["PIP_"],
        Tool::Npm | Tool::Yarn | Tool::Pnpm => &["NPM_CONFIG_", "YARN_", "PNPM_", "NODE_OPTIONS"],
        Tool::Go => &["GO"],
        Tool::Cargo => &["CARGO_", "RUSTUP_TOOLCHAIN"],
        Tool::Bundler => &["BUNDLE_", "BUNDLER_", "RUBYOPT"],
        Tool::Composer => &["COMPOSER"],
    };
    prefixes.iter().any(|prefix| name.starts_with(prefix)) && !HARMLESS_VARIABLES.contains(&name.as_str())
}

/// Keys of `.npmrc` and `.yarnrc` that name no file.
const HARMLESS_SETTINGS: &[&str] = &[
    "registry",
    "always-auth",
    "strict-ssl",
    "fund",
    "audit",
    "save-exact",
    "engine-strict",
    "legacy-peer-deps",
    "loglevel",
    "progress",
    "package-lock",
    "ignore-scripts",
    "save-prefix",
    "update-notifier",
    "fetch-retries",
    "fetch-timeout",
    "network-timeout",
    "email",
    "_auth",
    "_authtoken",
    "_password",
    "username",
    "node-linker",
    "shamefully-hoist",
    "auto-install-peers",
    "strict-peer-dependencies",
    "hoist",
    "prefer-frozen-lockfile",
    "lockfile",
    "production",
    "color",
];

/// Settings may name files: certificates, mirrors, hooks.
fn settings_name_no_file(path: &str, text: &str) -> Result<(), Need> {
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let key = line.split(['=', ' ']).next().unwrap_or_default().trim_matches('"').to_ascii_lowercase();
        let key = key.rsplit(':').next().unwrap_or_default();
        if !HARMLESS_SETTINGS.contains(&key) {
            return Err(local(format!("`{path}` holds a setting that may name a file: `{key}`")));
        }
    }
    Ok(())
}

fn is_empty_go_module(install: &Install, project: &dyn Project) -> bool {
    install.tool == Tool::Go && project.read("go.mod").is_some_and(|text| !text.contains("require"))
}

fn requirements_name_nothing_local(path: &str, text: &str) -> Result<(), Need> {
    if text.contains('\0') {
        return Err(unknown(format!("`{path}` is no plain text")));
    }
    for line in text.replace("\\\n", " ").lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let first = line.split([' ', '=', '\t']).next().unwrap_or_default();
        let attached = (first.starts_with("-r") || first.starts_with("-c")) && !first.starts_with("--");
        if attached || matches!(first, "--requirement" | "--constraint") {
            return Err(local(format!("`{path}` takes in another file: `{line}`")));
        }
        if first.starts_with("-e") || first == "--editable" {
            return Err(local(format!("`{path}` installs a folder in place: `{line}`")));
        }
        if first == "-f" || first == "--find-links" {
            return Err(local(format!("`{path}` looks for packages elsewhere: `{line}`")));
        }
        if first.starts_with('-') {
            let known = [
                "--index-url",
                "-i",
                "--extra-index-url",
                "--no-index",
                "--trusted-host",
                "--pre",
                "--prefer-binary",
                "--no-binary",
                "--only-binary",
                "--require-hashes",
                "--hash",
            ];
            if known.contains(&first) {
                continue;
            }
            return Err(unknown(format!("`{path}` holds an option that is not understood: `{line}`")));
        }
        let requirement = line.split(';').next().unwrap_or_default();
        let name = requirement.split(['=', '<', '>', '!', '~', '[', '@', ' ']).next().unwrap_or_default();
        let archive =
            [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().any(|end| requirement.trim_end().ends_with(end));
        let address = requirement.contains("://") && !requirement.contains("file:");
        if (requirement.contains("file:") || name.starts_with('.') || name.contains('/') || archive) && !address {
            return Err(local(format!("`{path}` names something local: `{line}`")));
        }
        if requirement.contains("${") {
            return Err(unknown(format!("`{path}` holds a variable: `{line}`")));
        }
    }
    Ok(())
}

/// Scripts that npm, yarn and pnpm run for the project itself during an install.
const NODE_SCRIPTS: &[&str] = &[
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
    "dependencies",
    "pnpm:devPreinstall",
];

fn node_reads_nothing_local(
    install: &Install,
    project: &dyn Project,
    manifest: &str,
    lock: Option<&str>,
) -> Result<(), Need> {
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(manifest) else {
        return Err(unknown("`package.json` is no JSON"));
    };
    let scripts = manifest.get("scripts").and_then(serde_json::Value::as_object);
    let script = NODE_SCRIPTS.iter().find(|name| scripts.is_some_and(|scripts| scripts.contains_key(**name)));
    if let Some(name) = script.filter(|_| !install.skips_scripts) {
        return Err(local(format!("`package.json` runs a script of its own during the install: `{name}`")));
    }
    if project.exists("binding.gyp") {
        return Err(local("`binding.gyp` makes the install build the project's own addon"));
    }
    for key in [
        "workspaces",
        "pnpm",
        "resolutions",
        "overrides",
        "bundleDependencies",
        "bundledDependencies",
        "packageManager",
    ] {
        let Some(value) = manifest.get(key) else { continue };
        match key {
            "workspaces" => return Err(local("`package.json` names workspaces, whose own manifests are read")),
            "pnpm" if value.get("patchedDependencies").is_none() => {}
            "pnpm" => return Err(local("`package.json` patches dependencies with files of the project")),
            "resolutions" | "overrides" if !names_a_path(value) => {}
            "packageManager" => {}
            _ => return Err(unknown(format!("`package.json` holds `{key}`"))),
        }
    }
    for key in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
        if manifest.get(key).is_some_and(names_a_path) {
            return Err(local(format!("`package.json` names a folder among its {key}")));
        }
    }
    for path in install.settings.iter().filter(|path| project.exists(path)) {
        settings_name_no_file(path, &project.read(path).ok_or_else(|| unknown(format!("`{path}` can't be read")))?)?;
    }
    if let Some(lock) = lock.filter(|_| !install.skips_scripts) {
        dependencies_run_no_scripts(install.tool, lock)?;
    }
    let more: &[&str] = match install.tool {
        Tool::Yarn => &[".yarnrc.yml", ".yarn", ".pnp.cjs"],
        Tool::Pnpm => &["pnpm-workspace.yaml", ".pnpmfile.cjs", "patches"],
        _ => &[],
    };
    if let Some(path) = more.iter().find(|path| project.exists(path)) {
        return Err(local(format!("`{path}` changes what the install reads")));
    }
    if lock.is_some_and(|lock| {
        lock.contains("\"link\": true") || lock.contains("\"file:") || lock.contains("@file:") || lock.contains("link:")
    }) {
        return Err(local("the lock file names a folder of the project"));
    }
    Ok(())
}

/// Packages whose install scripts build or fetch the package itself and read nothing of the project.
const HARMLESS_SCRIPTS: &[&str] = &[
    "esbuild",
    "fsevents",
    "core-js",
    "core-js-pure",
    "core-js-bundle",
    "es5-ext",
    "protobufjs",
    "bufferutil",
    "utf-8-validate",
    "@swc/core",
    "unrs-resolver",
    "bcrypt",
    "sqlite3",
    "better-sqlite3",
    "sharp",
    "msgpackr-extract",
    "cpu-features",
    "ssh2",
    "@parcel/watcher",
    "lmdb",
    "node-sass",
    "grpc-tools",
    "dtrace-provider",
    "deasync",
    "iltorb",
];

/// Packages whose install scripts look for settings or schemas of the project.
const PRYING_PACKAGES: &[&str] = &[
    "prisma",
    "@prisma/client",
    "puppeteer",
    "cypress",
    "playwright",
    "patch-package",
    "electron",
    "husky",
    "nuxt",
    "simple-git-hooks",
];

/// Shows that no dependency's install script looks at the project.
fn dependencies_run_no_scripts(tool: Tool, lock: &str) -> Result<(), Need> {
    if tool == Tool::Npm {
        let Ok(lock) = serde_json::from_str::<serde_json::Value>(lock) else {
            return Err(unknown("the lock file is no JSON"));
        };
        let packages = lock.get("packages").and_then(serde_json::Value::as_object);
        for (path, package) in packages.into_iter().flatten() {
            let name = path.rsplit("node_modules/").next().unwrap_or(path);
            let scripts = package.get("hasInstallScript").and_then(serde_json::Value::as_bool) == Some(true);
            if scripts && !path.is_empty() && !HARMLESS_SCRIPTS.contains(&name) {
                return Err(unknown(format!(
                    "the dependency `{name}` runs a script when it is installed, which may look at the project"
                )));
            }
        }
        if packages.is_none()
            && !lock
                .get("dependencies")
                .is_none_or(|dependencies| dependencies.as_object().is_some_and(serde_json::Map::is_empty))
        {
            // Version 1 of the format does not tell which packages have scripts.
            let text = lock.to_string();
            return no_prying_package(&text);
        }
        return Ok(());
    }
    no_prying_package(lock)
}

fn no_prying_package(lock: &str) -> Result<(), Need> {
    let mut words = lock.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ':' | '/'));
    let named = words.find_map(|word| {
        let name = word.rsplit_once('@').map_or(word, |(name, _)| if name.is_empty() { word } else { name });
        PRYING_PACKAGES.iter().find(|prying| **prying == name || prying.rsplit('/').next() == Some(name))
    });
    named.map_or(Ok(()), |name| {
        Err(unknown(format!(
            "the dependency `{name}` runs a script when it is installed, which may look at the project"
        )))
    })
}

fn names_a_path(dependencies: &serde_json::Value) -> bool {
    match dependencies {
        serde_json::Value::Object(map) => map.values().any(names_a_path),
        serde_json::Value::String(version) => {
            ["file:", "link:", "portal:", "workspace:", "patch:", "exec:", ".", "/", "~"]
                .iter()
                .any(|start| version.starts_with(start))
                && !version.starts_with("~0")
                && !is_tilde_range(version)
        }
        _ => false,
    }
}

fn is_tilde_range(version: &str) -> bool {
    version
        .strip_prefix('~')
        .is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == 'v'))
}

fn go_module_is_alone(project: &dyn Project, module: &str) -> Result<(), Need> {
    if project.exists("go.work") {
        return Err(local("`go.work` takes in other modules"));
    }
    let replaces_path = module.lines().any(|line| {
        let line = line.split("//").next().unwrap_or_default();
        line.split_once("=>").is_some_and(|(_, target)| target.trim_start().starts_with(['.', '/']))
    });
    if replaces_path { Err(local("`go.mod` replaces a module by a folder")) } else { Ok(()) }
}

fn crate_is_alone(project: &dyn Project, manifest: &str) -> Result<(), Need> {
    let Ok(manifest) = manifest.parse::<toml::Table>() else { return Err(unknown("`Cargo.toml` is no TOML")) };
    if manifest.contains_key("workspace") {
        return Err(local("`Cargo.toml` names a workspace, whose members are read"));
    }
    if names_key(&toml::Value::Table(manifest.clone()), "path", &["lib", "bin", "example", "test", "bench"]) {
        return Err(local("`Cargo.toml` names a dependency by its path"));
    }
    let has_path = |value: &toml::Value| value.get("path").is_some();
    let target = manifest.get("lib").is_some_and(has_path)
        || manifest
            .get("bin")
            .and_then(toml::Value::as_array)
            .is_some_and(|bins| !bins.is_empty() && bins.iter().all(has_path));
    if !target {
        return Err(local("`Cargo.toml` names no target with its path: cargo looks for one in `src`"));
    }
    if manifest.get("package").and_then(|package| package.get("workspace")).is_some() || project.exists("../Cargo.toml")
    {
        return Err(unknown("the crate belongs to a workspace"));
    }
    Ok(())
}

fn names_key(value: &toml::Value, key: &str, except: &[&str]) -> bool {
    match value {
        toml::Value::Table(table) => table.iter().any(|(name, value)| {
            name == key && value.is_str() || !except.contains(&name.as_str()) && names_key(value, key, &[])
        }),
        toml::Value::Array(array) => array.iter().any(|value| names_key(value, key, &[])),
        _ => false,
    }
}

fn gemfile_is_alone(gemfile: &str) -> Result<(), Need> {
    for line in gemfile.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let first = line.split([' ', '(']).next().unwrap_or_default();
        let plain =
            matches!(first, "" | "source" | "gem" | "group" | "end" | "ruby" | "platforms" | "git_source" | "platform");
        if line.contains("path:") || line.contains(":path") || first == "gemspec" || first == "path" {
            return Err(local(format!("`Gemfile` names a folder: `{line}`")));
        }
        if !plain || line.contains("File.") || line.contains("file:") || line.contains("#{") && first != "git_source" {
            return Err(local(format!("`Gemfile` runs code: `{line}`")));
        }
    }
    Ok(())
}

fn composer_is_alone(manifest: &str) -> Result<(), Need> {
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(manifest) else {
        return Err(unknown("`composer.json` is no JSON"));
    };
    let repositories = manifest.get("repositories").map(ToString::to_string).unwrap_or_default();
    if repositories.contains("\"path\"") || repositories.contains("\"artifact\"") {
        return Err(local("`composer.json` names a repository in a folder"));
    }
    if manifest.to_string().contains("patches") {
        return Err(local("`composer.json` patches dependencies, maybe with files of the project"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Files(BTreeMap<&'static str, &'static str>);

    impl Project for Files {
        fn read(&self, path: &str) -> Option<String> {
            self.0.get(path).map(|text| (*text).to_owned())
        }

        fn exists(&self, path: &str) -> bool {
            self.0.contains_key(path)
        }

        fn env(&self, _: &str) -> Option<String> {
            None
        }

        fn env_names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    fn read(line: &str, files: &[(&'static str, &'static str)]) -> Result<Vec<String>, Need> {
        let words: Vec<Option<&str>> = line.split(' ').map(Some).collect();
        let install = dependency_install(&words).expect("a dependency install");
        files_read(&install, &Files(files.iter().copied().collect()))
    }

    #[test]
    fn pip_reads_its_requirements() {
        let line = "pip install --no-cache-dir -r requirements.txt";
        assert_eq!(
            read(line, &[("requirements.txt", "flask==3.0 # x\n--hash=sha256:ab\n")]),
            Ok(vec!["requirements.txt".to_owned()])
        );
        assert!(matches!(read(line, &[("requirements.txt", "--frob x")]), Err(Need::Unknown(_))));
        for text in ["-r base.txt", "-rbase.txt", "-c c.txt", "-e .", "./lib", "lib @ file:///x", "libs/a.whl", "../x"]
        {
            assert!(matches!(read(line, &[("requirements.txt", text)]), Err(Need::Local(_))), "{text}");
        }
        assert!(read(line, &[("requirements.txt", "x @ git+https://h/x.git\n")]).is_ok());
    }

    #[test]
    fn npm_reads_manifest_and_lock() {
        let lock = ("package-lock.json", "{}");
        let plain = ("package.json", r#"{"dependencies":{"a":"~1.2"},"scripts":{"build":"x"}}"#);
        assert!(read("npm ci --omit=dev", &[plain, lock]).is_ok());
        assert!(read("npm install", &[plain, lock]).is_err());
        assert!(read("npm ci", &[plain]).is_err());
        for text in [r#"{"scripts":{"prepare":"x"}}"#, r#"{"workspaces":["a"]}"#, r#"{"dependencies":{"a":"file:a"}}"#]
        {
            let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
            assert!(matches!(read("npm ci", &[("package.json", text), lock]), Err(Need::Local(_))), "{text}");
        }
        assert!(read("npm ci --ignore-scripts", &[("package.json", r#"{"scripts":{"prepare":"x"}}"#), lock]).is_ok());
    }

    #[test]
    fn other_tools() {
        assert!(read("go mod download", &[("go.mod", "module a\nrequire b v1\n"), ("go.sum", "b")]).is_ok());
        assert!(read("go mod download", &[("go.mod", "require b v1\nreplace b => ./b\n"), ("go.sum", "b")]).is_err());
        let bin = "[package]\nname='a'\n[[bin]]\nname='a'\npath='src/main.rs'\n";
        assert!(read("cargo fetch --locked", &[("Cargo.toml", bin), ("Cargo.lock", "")]).is_ok());
        assert!(read("cargo fetch --locked", &[("Cargo.toml", "[package]\nname='a'\n"), ("Cargo.lock", "")]).is_err());
        let path = "[[bin]]\nname='a'\npath='m.rs'\n[dependencies]\nb={path='../b'}\n";
        assert!(read("cargo fetch --locked", &[("Cargo.toml", path), ("Cargo.lock", "")]).is_err());
        assert!(read("bundle install --frozen", &[("Gemfile", "source 'x'\ngem 'a'\n"), ("Gemfile.lock", "")]).is_ok());
        assert!(read("bundle install --frozen", &[("Gemfile", "gemspec\n"), ("Gemfile.lock", "")]).is_err());
        assert!(
            read("composer install --no-scripts --no-autoloader", &[("composer.json", "{}"), ("composer.lock", "")])
                .is_ok()
        );
    }

    #[test]
    fn what_is_no_dependency_install() {
        for line in [
            "npm run build",
            "pip install flask",
            "pip install -e .",
            "pip install .",
            "go build",
            "yarn add x",
            "cargo build",
            "composer install",
        ] {
            let words: Vec<Option<&str>> = line.split(' ').map(Some).collect();
            assert!(dependency_install(&words).is_none(), "{line}");
        }
    }
}
