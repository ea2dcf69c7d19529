//! npm, yarn and pnpm: `package.json`, lock files and settings.

use super::{Install, NeedsProject, Project, Reading, Tool, local};
use crate::knowledge::base_name;

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
    "fetch-retry-factor",
    "fetch-retry-mintimeout",
    "fetch-retry-maxtimeout",
    "fetch-timeout",
    "maxsockets",
    "prefer-offline",
    "unsafe-perm",
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
fn settings_name_no_file(path: &str, text: &str) -> Result<(), NeedsProject> {
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let key = line.split(['=', ' ']).next().unwrap_or_default().trim_matches('"');
        if !is_harmless_setting(key) {
            return Err(local(format!("`{path}` holds a setting that may name a file: `{key}`")));
        }
    }
    Ok(())
}

/// Whether a key of `.npmrc`, maybe for one scope or address alone, names no file.
pub(super) fn is_harmless_setting(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    HARMLESS_SETTINGS.contains(&key.rsplit(':').next().unwrap_or_default())
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

pub(super) fn reads_nothing_local(
    install: &Install,
    project: &dyn Project,
    lock: Option<&str>,
    reading: &mut Reading,
) -> Result<(), NeedsProject> {
    if project.exists("binding.gyp") {
        return Err(local("`binding.gyp` makes the install build the project's own addon"));
    }
    let manifest = reading.text(project, "package.json");
    match manifest.as_deref().map(serde_json::from_str) {
        Some(Ok(manifest)) => manifest_names_nothing_local(install, &manifest, reading)?,
        // A script that lacks the code breaks the build, and nobody would look for it in the order of COPY.
        _ if install.runs_scripts => {
            return Err(local("`package.json` can't be read, and may run scripts that need the code"));
        }
        Some(Err(_)) => reading.doubt("`package.json` is no JSON"),
        None => {}
    }
    for path in install.settings.iter().filter(|path| project.exists(path)) {
        if let Some(text) = reading.text(project, path) {
            settings_name_no_file(path, &text)?;
        }
    }
    let more: &[&str] = match install.tool {
        Tool::Yarn => &[".yarnrc.yml", ".yarn", ".pnp.cjs"],
        Tool::Pnpm => &["pnpm-workspace.yaml", ".pnpmfile.cjs", "patches"],
        _ => &[],
    };
    if let Some(path) = more.iter().find(|path| project.exists(path)) {
        return Err(local(format!("`{path}` changes what the install reads")));
    }
    if let Some(lock) = lock.and_then(|lock| reading.text(project, lock)) {
        if ["\"link\": true", "\"file:", "@file:", "link:"].iter().any(|part| lock.contains(part)) {
            return Err(local("the lock file names a folder of the project"));
        }
        if install.runs_scripts {
            dependencies_run_no_scripts(install.tool, &lock, reading);
        }
    }
    Ok(())
}

fn manifest_names_nothing_local(
    install: &Install,
    manifest: &serde_json::Value,
    reading: &mut Reading,
) -> Result<(), NeedsProject> {
    let scripts = manifest.get("scripts").and_then(serde_json::Value::as_object);
    let script = NODE_SCRIPTS.iter().find(|name| scripts.is_some_and(|scripts| scripts.contains_key(**name)));
    if let Some(name) = script.filter(|_| install.runs_scripts) {
        return Err(local(format!("`package.json` runs a script of its own during the install: `{name}`")));
    }
    for key in ["workspaces", "pnpm", "resolutions", "overrides", "bundleDependencies", "bundledDependencies"] {
        let Some(value) = manifest.get(key) else { continue };
        match key {
            "workspaces" => return Err(local("`package.json` names workspaces, whose own manifests are read")),
            "pnpm" if value.get("patchedDependencies").is_none() => {}
            "pnpm" => return Err(local("`package.json` patches dependencies with files of the project")),
            "resolutions" | "overrides" if !names_a_path(value) => {}
            _ => reading.doubt(format!("`package.json` holds `{key}`")),
        }
    }
    for key in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
        if manifest.get(key).is_some_and(names_a_path) {
            return Err(local(format!("`package.json` names a folder among its {key}")));
        }
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
fn dependencies_run_no_scripts(tool: Tool, lock: &str, reading: &mut Reading) {
    if tool != Tool::Npm {
        no_prying_package(lock, reading);
        return;
    }
    let Ok(lock) = serde_json::from_str::<serde_json::Value>(lock) else {
        reading.doubt("the lock file is no JSON");
        return;
    };
    let packages = lock.get("packages").and_then(serde_json::Value::as_object);
    let named = packages.into_iter().flatten().find_map(|(path, package)| {
        let name = path.rsplit("node_modules/").next().unwrap_or(path);
        let scripts = package.get("hasInstallScript").and_then(serde_json::Value::as_bool) == Some(true);
        (scripts && !path.is_empty() && !HARMLESS_SCRIPTS.contains(&name)).then_some(name)
    });
    if let Some(name) = named {
        reading.doubt(looks_at_the_project(name));
    }
    let dependencies = lock.get("dependencies");
    let empty = dependencies.is_none_or(|dependencies| dependencies.as_object().is_some_and(serde_json::Map::is_empty));
    if packages.is_none() && !empty {
        // Version 1 of the format does not tell which packages have scripts.
        no_prying_package(&lock.to_string(), reading);
    }
}

fn no_prying_package(lock: &str, reading: &mut Reading) {
    let mut words = lock.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ':' | '/'));
    let named = words.find_map(|word| {
        let name = word.rsplit_once('@').map_or(word, |(name, _)| if name.is_empty() { word } else { name });
        PRYING_PACKAGES.iter().find(|prying| **prying == name || base_name(prying) == name)
    });
    if let Some(name) = named {
        reading.doubt(looks_at_the_project(name));
    }
}

fn looks_at_the_project(name: &str) -> String {
    format!("the dependency `{name}` runs a script when it is installed, which may look at the project")
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
