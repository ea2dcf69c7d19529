//! npm, yarn and pnpm: `package.json`, lock files and settings.

use super::{Install, Need, Project, Tool, local, unknown};

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
