//! Go modules, crates, Gemfiles and composer manifests.

use super::{Need, Project, local, unknown};

pub(super) fn go_module_is_alone(project: &dyn Project, module: &str) -> Result<(), Need> {
    if project.exists("go.work") {
        return Err(local("`go.work` takes in other modules"));
    }
    let replaces_path = module.lines().any(|line| {
        let line = line.split("//").next().unwrap_or_default();
        line.split_once("=>").is_some_and(|(_, target)| target.trim_start().starts_with(['.', '/']))
    });
    if replaces_path { Err(local("`go.mod` replaces a module by a folder")) } else { Ok(()) }
}

pub(super) fn crate_is_alone(project: &dyn Project, manifest: &str) -> Result<(), Need> {
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

pub(super) fn gemfile_is_alone(gemfile: &str) -> Result<(), Need> {
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

pub(super) fn composer_is_alone(manifest: &str) -> Result<(), Need> {
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
