//! From the text of a configuration to its checked form.

use std::path::Path;

use serde_saphyr::Spanned;

use crate::registry::Location;
use crate::report::nearest;

use super::error::ConfigError;
use super::file::{File, Registry, Rules};
use super::names;

/// Reads the text of the configuration at `path`.
///
/// # Errors
/// Where it is no YAML, holds an unknown key or a value of another kind, or names what does not exist.
pub fn read(path: &Path, text: &str) -> Result<File, ConfigError> {
    let options = serde_saphyr::options! { with_snippet: false };
    let file = serde_saphyr::from_str_with_options::<Option<File>>(text, options).map_err(|error| {
        let message = in_words(&error.to_string());
        match error.location() {
            Some(location) => ConfigError::at(path, text, location, message),
            None => ConfigError::of_file(path, message),
        }
    })?;
    // A file of nothing but comments says nothing.
    let file = file.unwrap_or_default();
    check(path, text, &file.rules())?;
    for (host, registry) in file.registries.iter().flat_map(|registries| &registries.0) {
        check_registry(path, text, host, registry)?;
    }
    for part in &file.overrides {
        check(path, text, &part.rules())?;
        if part.paths.is_empty() {
            return Err(ConfigError::of_file(path, "an override has no `paths`, so it holds for no file"));
        }
    }
    Ok(file)
}

/// Checks names of transforms and their options.
fn check(path: &Path, text: &str, rules: &Rules<'_>) -> Result<(), ConfigError> {
    let wrong = |value: &Spanned<String>, message: String| ConfigError::of_value(path, text, value, message);
    let lists =
        [rules.select.unwrap_or_default(), rules.extend_select, rules.ignore.unwrap_or_default(), rules.extend_ignore];
    for name in lists.into_iter().flatten() {
        names::matching(&name.value).map_err(|message| wrong(name, message))?;
    }
    for (id, options) in rules.transforms {
        let transform = names::exactly(&id.value).map_err(|message| wrong(id, message))?;
        for (key, value) in &options.0 {
            let values = names::values(transform, &key.value).map_err(|message| wrong(key, message))?;
            names::value(transform, &key.value, values, &value.value).map_err(|message| wrong(value, message))?;
        }
    }
    Ok(())
}

/// Checks the places that registries are asked at.
fn check_registry(path: &Path, text: &str, host: &Spanned<String>, registry: &Registry) -> Result<(), ConfigError> {
    let wrong = |value: &Spanned<String>, message: String| ConfigError::of_value(path, text, value, message);
    match Location::read(&host.value) {
        Ok(location) if location.prefix.is_empty() => {}
        _ => return Err(wrong(host, format!("`{}` is not of the form HOST[:PORT]", host.value))),
    }
    for place in registry.rewrite.iter().chain(registry.mirrors.iter().flatten()) {
        Location::read(&place.value).map_err(|error| wrong(place, error.to_string()))?;
    }
    match &registry.concurrent {
        Some(number) if number.value == 0 => {
            Err(ConfigError::of_value(path, text, number, "without any request nothing is asked: take 1 or more"))
        }
        _ => Ok(()),
    }
}

/// The parser's message in the words of a reader of the file.
fn in_words(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    if let Some((what, expected)) = message.split_once(", expected one of ")
        && let Some(name) = what.split('`').nth(1)
    {
        let known: Vec<&str> = expected.split(", ").map(|name| name.trim_matches('`')).collect();
        let kind = if what.starts_with("unknown field") { "there is no key" } else { "it can't be" };
        return match nearest(name, known.iter().copied()) {
            Some(near) => format!("{kind} `{name}`: did you mean `{near}`?"),
            None => format!("{kind} `{name}`: known are {}", known.join(", ")),
        };
    }
    if let Some(rest) = message.strip_prefix("duplicate mapping key: ") {
        let key = rest.split(',').next().unwrap_or(rest);
        return format!("the key `{key}` is there twice: keep one");
    }
    let plain = match message {
        "expected sequence start" => "a list belongs here, such as [a, b]",
        "expected mapping start" => "keys with values belong here, such as `safety: safe`",
        "expected string scalar" | "cannot deserialize null into string; use Option<String>" => "a text belongs here",
        "invalid boolean" => "it is either `true` or `false`",
        "externally tagged enum expected scalar or mapping" => "a word belongs here",
        other => match other.strip_prefix("missing field ") {
            Some(field) => return format!("the key {field} is missing"),
            None if other.starts_with("multiple YAML documents") => "there is a second document: one is read only",
            None => other,
        },
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read(Path::new("dockmod.yaml"), text).expect_err(text).to_string()
    }

    #[test]
    fn errors_have_a_place_and_the_nearest_right_name() {
        for (text, expected) in [
            ("selct: []\n", "dockmod.yaml:1:1: there is no key `selct`: did you mean `select`?"),
            (
                "select:\n  - merge-rums\n",
                "dockmod.yaml:2:5: there is no transform `merge-rums`: did you mean `merge-runs`?",
            ),
            ("\nsafety: unsave\n", "dockmod.yaml:2:9: it can't be `unsave`: did you mean `unsafe`?"),
            ("select: merge-runs\n", "dockmod.yaml:1:9: a list belongs here"),
            ("ignore: []\nignore: []\n", "dockmod.yaml:2:1: the key `ignore` is there twice"),
            (
                "transforms: {merge-runs: {scop: all}}\n",
                "dockmod.yaml:1:27: `merge-runs` has no option `scop`: it has scope",
            ),
            ("transforms: {merge-runs: {scope: al}}\n", "dockmod.yaml:1:34: `merge-runs.scope` can't be `al`"),
            ("transforms: {sort: {}}\n", "dockmod.yaml:1:14: there is no transform `sort`"),
            ("overrides: [{select: []}]\n", "dockmod.yaml:1:14: the key `paths` is missing"),
            ("overrides: [{paths: [a], extends: [b]}]\n", "dockmod.yaml:1:26: there is no key `extends`"),
            ("require-suppression-reasons: maybe\n", "dockmod.yaml:1:30: it is either `true` or `false`"),
            ("profile: [a]\n", "dockmod.yaml:1:10: a word belongs here"),
            ("registries: {a.io/b: {}}\n", "dockmod.yaml:1:14: `a.io/b` is not of the form HOST[:PORT]"),
            (
                "registries: {a.io: {mirrors: [\"https://b.io\"]}}\n",
                "dockmod.yaml:1:31: `https://b.io` is not of the form HOST[:PORT][/PATH]",
            ),
            (
                "registries: {a.io: {mirror: b.io}}\n",
                "dockmod.yaml:1:21: there is no key `mirror`: did you mean `mirrors`?",
            ),
            ("registries: {a.io: {concurrent: 0}}\n", "dockmod.yaml:1:33: without any request"),
            ("select: [a\n", "dockmod.yaml:1:9: unclosed bracket"),
        ] {
            let found = error(text);
            assert!(found.starts_with(expected), "{text}: {found}");
        }
    }

    #[test]
    fn the_place_is_shown() {
        let expected =
            "dockmod.yaml:2:9: it can't be `none`: known are safe, unsafe\n  |\n2 | safety: none\n  |         ^";
        assert_eq!(error("# x\nsafety: none\n"), expected);
    }

    #[test]
    fn a_file_may_say_nothing() {
        for text in ["", "# a comment\n", "select:\n", "\u{feff}overrides: []\n"] {
            assert!(read(Path::new("a"), text).is_ok(), "{text}");
        }
    }
}
