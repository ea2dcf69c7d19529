//! Go modules, crates and composer manifests.

use serde_json::Value;

use super::{Install, NeedsProject, Project, Reading, local};

pub(super) fn go_module_is_alone(project: &dyn Project, reading: &mut Reading) -> Result<(), NeedsProject> {
    if project.exists("go.work") {
        return Err(local("`go.work` takes in other modules"));
    }
    let Some(module) = reading.text(project, "go.mod") else { return Ok(()) };
    let replaces_path = module.lines().any(|line| {
        let line = line.split("//").next().unwrap_or_default();
        // A path may stand in quotes.
        let target = line.split_once("=>").map(|(_, target)| target.trim_start_matches([' ', '\t', '"', '`']));
        target.is_some_and(|target| target.starts_with(['.', '/']))
    });
    if replaces_path { Err(local("`go.mod` replaces a module by a folder")) } else { Ok(()) }
}

pub(super) fn crate_is_alone(
    install: &Install,
    project: &dyn Project,
    reading: &mut Reading,
) -> Result<(), NeedsProject> {
    for path in install.settings.iter().filter(|path| project.exists(path)) {
        cargo_settings_name_nothing_local(project, path, reading)?;
    }
    let Some(text) = reading.text(project, "Cargo.toml") else { return Ok(()) };
    let Ok(manifest) = text.parse::<toml::Table>() else {
        reading.doubt("`Cargo.toml` is no TOML");
        return Ok(());
    };
    if manifest.contains_key("workspace") {
        return Err(local("`Cargo.toml` names a workspace, whose members are read"));
    }
    if names_key(&toml::Value::Table(manifest.clone()), "path", &["lib", "bin", "example", "test", "bench"]) {
        return Err(local("`Cargo.toml` names a dependency by its path"));
    }
    targets_have_paths(&manifest)?;
    if manifest.get("package").and_then(|package| package.get("workspace")).is_some() || project.exists("../Cargo.toml")
    {
        reading.doubt("the crate belongs to a workspace");
    }
    Ok(())
}

/// Cargo looks for the file of each target whose path the manifest does not name, and fails where there is none.
fn targets_have_paths(manifest: &toml::Table) -> Result<(), NeedsProject> {
    let mut any = false;
    for kind in ["lib", "bin", "example", "test", "bench"] {
        let targets: &[toml::Value] = match manifest.get(kind) {
            Some(toml::Value::Array(targets)) => targets,
            Some(target) => std::slice::from_ref(target),
            None => continue,
        };
        if targets.iter().any(|target| target.get("path").is_none()) {
            return Err(local(format!("`Cargo.toml` names a target without its path: `{kind}`")));
        }
        any |= matches!(kind, "lib" | "bin") && !targets.is_empty();
    }
    if any { Ok(()) } else { Err(local("`Cargo.toml` names no target with its path: cargo looks for one in `src`")) }
}

/// Tables of cargo's settings that name no source of crates.
const HARMLESS_TABLES: &[&str] = &["alias", "build", "cargo-new", "env", "net", "profile", "target", "term"];

fn cargo_settings_name_nothing_local(
    project: &dyn Project,
    path: &str,
    reading: &mut Reading,
) -> Result<(), NeedsProject> {
    let Some(text) = reading.text(project, path) else { return Ok(()) };
    let Ok(settings) = text.parse::<toml::Table>() else {
        // `rust-toolchain` may be the name of a toolchain alone.
        if path != "rust-toolchain" {
            reading.doubt(format!("`{path}` is no TOML"));
        }
        return Ok(());
    };
    let named = ["directory", "local-registry", "path", "paths", "include"];
    if let Some(key) = named.iter().find(|key| names_anything(&toml::Value::Table(settings.clone()), key)) {
        return Err(local(format!("`{path}` names a file or folder: `{key}`")));
    }
    let harmless = |key: &&String| HARMLESS_TABLES.contains(&key.as_str()) || path.starts_with("rust-toolchain");
    if let Some(key) = settings.keys().find(|key| !harmless(key)) {
        reading.doubt(format!("`{path}` holds `{key}`, which may name a file"));
    }
    Ok(())
}

fn names_anything(value: &toml::Value, key: &str) -> bool {
    match value {
        toml::Value::Table(table) => table.iter().any(|(name, value)| name == key || names_anything(value, key)),
        toml::Value::Array(array) => array.iter().any(|value| names_anything(value, key)),
        _ => false,
    }
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

pub(super) fn composer_is_alone(
    install: &Install,
    project: &dyn Project,
    lock: Option<&str>,
    reading: &mut Reading,
) -> Result<(), NeedsProject> {
    if let Some(lock) = lock.filter(|_| install.runs_plugins) {
        let text = reading.text(project, lock);
        plugins_are_none(text.as_deref(), reading);
    }
    let Some(text) = reading.text(project, "composer.json") else { return Ok(()) };
    let Ok(manifest) = serde_json::from_str::<Value>(&text) else {
        reading.doubt("`composer.json` is no JSON");
        return Ok(());
    };
    let repositories = manifest.get("repositories").map(ToString::to_string).unwrap_or_default();
    if repositories.contains("\"path\"") || repositories.contains("\"artifact\"") {
        return Err(local("`composer.json` names a repository in a folder"));
    }
    if manifest.to_string().contains("patches") {
        return Err(local("`composer.json` patches dependencies, maybe with files of the project"));
    }
    if manifest.get("extra").and_then(|extra| extra.get("merge-plugin")).is_some() {
        return Err(local("`composer.json` takes in further manifests: `merge-plugin`"));
    }
    Ok(())
}

/// Plugins are code that composer runs, also where the project's own scripts are not run.
fn plugins_are_none(lock: Option<&str>, reading: &mut Reading) {
    let Some(lock) = lock else { return };
    let Ok(lock) = serde_json::from_str::<Value>(lock) else {
        reading.doubt("the lock file is no JSON");
        return;
    };
    let packages = ["packages", "packages-dev"].map(|key| lock.get(key).and_then(Value::as_array));
    let plugin = packages.into_iter().flatten().flatten().find(|package| {
        let kind = package.get("type").and_then(Value::as_str).unwrap_or_default();
        matches!(kind, "composer-plugin" | "composer-installer")
    });
    if let Some(plugin) = plugin {
        let name = plugin.get("name").and_then(Value::as_str).unwrap_or_default();
        reading.doubt(format!("the plugin `{name}` is run, and may look at the project"));
    }
}
