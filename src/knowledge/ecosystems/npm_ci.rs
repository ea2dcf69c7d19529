//! Where `npm ci` can take the place of `npm install`.
//!
//! Sources: npm's documentation of `npm install`, `npm ci`, `package-lock.json`; the release list of Node.js.

use serde_json::{Map, Value};

use crate::knowledge::base_name;

/// A command as a candidate for `npm ci`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidate {
    /// It installs what the manifest names, with options that `npm ci` has too; the verb is this word.
    Yes(usize),
    /// It installs what the manifest names, and `npm ci` would do something else.
    No(String),
    /// It does something else.
    OtherThing,
}

/// Options that mean the same for both.
const FLAGS: &[&str] = &[
    "--production",
    "--production=true",
    "--omit=dev",
    "--include=dev",
    "--only=production",
    "--only=prod",
    "--legacy-peer-deps",
    "--ignore-scripts",
    "--no-audit",
    "--audit=false",
    "--no-fund",
    "--fund=false",
    "--unsafe-perm",
    "--unsafe-perm=true",
    "--silent",
    "-s",
    "--quiet",
    "-q",
    "--verbose",
    "--no-progress",
    "--progress=false",
    "--prefer-offline",
    "--no-update-notifier",
    "--no-color",
    "--foreground-scripts",
];

/// Options with a value, which means the same for both.
const VALUED: &[&str] = &[
    "--loglevel",
    "--registry",
    "--cache",
    "--fetch-timeout",
    "--fetch-retries",
    "--fetch-retry-mintimeout",
    "--fetch-retry-maxtimeout",
    "--maxsockets",
];

/// Reads a command; a word that is not written out is `None`.
#[must_use]
pub fn candidate(words: &[Option<&str>]) -> Candidate {
    let [Some("npm"), rest @ ..] = words else { return Candidate::OtherThing };
    if rest.iter().any(|word| matches!(word, Some("-g" | "--global" | "--location=global" | "--global=true"))) {
        return Candidate::OtherThing;
    }
    let mut verb = None;
    let mut obstacle = None;
    let mut at = 1;
    while at < words.len() {
        let Some(word) = words[at] else { return Candidate::OtherThing };
        match word {
            "install" | "i" if verb.is_none() => verb = Some(at),
            _ if FLAGS.contains(&word) => {}
            _ if VALUED.contains(&word) => at += 1,
            _ if word.split_once('=').is_some_and(|(name, _)| VALUED.contains(&name)) => {}
            "--omit" if words.get(at + 1) == Some(&Some("dev")) => at += 1,
            "--only" if matches!(words.get(at + 1), Some(Some("production" | "prod"))) => at += 1,
            "--no-package-lock" | "--package-lock=false" | "--no-shrinkwrap" => {
                obstacle = Some(format!("`{word}` makes it pass over the lock file"));
            }
            _ if word.starts_with('-') => {
                obstacle.get_or_insert_with(|| format!("`{word}` is not known to mean the same for `npm ci`"));
            }
            // Another command of npm, or a package.
            _ => return Candidate::OtherThing,
        }
        at += 1;
    }
    match (verb, obstacle) {
        (None, _) => Candidate::OtherThing,
        (Some(_), Some(obstacle)) => Candidate::No(obstacle),
        (Some(verb), None) => Candidate::Yes(verb),
    }
}

/// Whether a command of npm leaves the project's manifest, lock file and `node_modules` as they are.
#[must_use]
pub fn leaves_project_alone(words: &[Option<&str>]) -> bool {
    let arguments = &words[1.min(words.len())..];
    let global = arguments.iter().any(|word| matches!(word, Some("-g" | "--global" | "--location=global")));
    match arguments.iter().find(|word| word.is_none_or(|word| !word.starts_with('-'))) {
        Some(Some("config" | "set" | "get")) => !arguments.iter().any(|word| word.is_none_or(steers)),
        Some(Some("install" | "i" | "add" | "update" | "uninstall")) => global,
        Some(Some("cache" | "-v" | "--version" | "version" | "whoami" | "root" | "bin" | "help")) | None => true,
        Some(_) => false,
    }
}

/// Whether a setting of npm changes where or how it installs.
fn steers(setting: &str) -> bool {
    let name = setting.to_ascii_lowercase().replace('_', "-");
    ["lock", "shrinkwrap", "global", "prefix", "location", "workspace", "omit", "dry", "save"]
        .iter()
        .any(|part| name.contains(part))
}

/// Whether an environment variable changes where or how npm installs.
#[must_use]
pub fn variable_steers(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("npm_config_").is_some_and(steers)
}

/// The version of Node.js that an image brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The major version; the newest where the tag names none.
    major: u32,
    /// The minor version; the newest where the tag names none.
    minor: u32,
}

/// Names of release lines.
const LINES: &[(&str, u32)] = &[
    ("argon", 4),
    ("boron", 6),
    ("carbon", 8),
    ("dubnium", 10),
    ("erbium", 12),
    ("fermium", 14),
    ("gallium", 16),
    ("hydrogen", 18),
    ("iron", 20),
    ("jod", 22),
    ("krypton", 24),
];

/// Words that begin a tag of the newest version, or of the newest with long support.
const NEWEST: &[&str] = &["latest", "lts", "current", "alpine", "slim", "bookworm", "trixie", "bullseye"];

/// The Node.js of an image called `node`; `None` for other images and for tags that tell nothing.
#[must_use]
pub fn node_of(image: &str) -> Option<Node> {
    let image = image.split('@').next().unwrap_or_default();
    let last = base_name(image);
    let (name, tag) = last.split_once(':').unwrap_or((last, "latest"));
    if name != "node" {
        return None;
    }
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    if let Some((_, major)) = LINES.iter().find(|(line, _)| *line == first || parts.clone().any(|part| part == *line)) {
        return Some(Node { major: *major, minor: u32::MAX });
    }
    if NEWEST.iter().any(|word| first == *word || *word == "alpine" && first.starts_with("alpine")) {
        return Some(Node { major: u32::MAX, minor: u32::MAX });
    }
    let mut numbers = first.trim_start_matches('v').split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = match numbers.next() {
        None | Some("x") => u32::MAX,
        Some(minor) => minor.parse().ok()?,
    };
    Some(Node { major, minor })
}

impl Node {
    /// Whether its npm has `ci`, which came with npm 5.7.
    #[must_use]
    pub const fn has_ci(self) -> bool {
        match self.major {
            0..=7 | 9 => false,
            8 => self.minor >= 12,
            10 => self.minor >= 3,
            _ => true,
        }
    }

    /// Whether its npm is 7 or newer, and checks the whole tree against the lock file.
    const fn checks_the_tree(self) -> bool {
        self.major >= 15
    }
}

/// Shows that the lock file is in step with the manifest, as far as the two tell, and that the npm of that
/// Node.js can install from it.
///
/// # Errors
/// With what does not fit.
pub fn in_step(manifest: &str, lock: &str, node: Node) -> Result<(), String> {
    let parsed = |text: &str, name: &str| match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(format!("{name} can't be read")),
    };
    let manifest = parsed(manifest, "`package.json`")?;
    let lock = parsed(lock, "the lock file")?;
    if manifest.contains_key("workspaces") {
        return Err("`package.json` names workspaces".to_owned());
    }
    match lock.get("lockfileVersion").and_then(Value::as_u64) {
        Some(1) if node.checks_the_tree() => Err(
            "the lock file is of version 1, which lacks the peer dependencies that `npm ci` of npm 7 and newer asks for"
                .to_owned(),
        ),
        Some(1) => in_step_with_versions(&manifest, &lock),
        Some(2) => in_step_with_root(&manifest, &lock),
        Some(3) if node.checks_the_tree() => in_step_with_root(&manifest, &lock),
        Some(3) => Err("the lock file is of version 3, which npm before version 7 can't read".to_owned()),
        Some(version) => Err(format!("version {version} of the lock file is not known")),
        None => Err("the lock file has no version".to_owned()),
    }
}

fn names<'m>(map: &'m Map<String, Value>, key: &str) -> Vec<(&'m str, &'m str)> {
    let entries = map.get(key).and_then(Value::as_object).into_iter().flatten();
    let mut found: Vec<(&str, &str)> =
        entries.map(|(name, range)| (name.as_str(), range.as_str().unwrap_or_default())).collect();
    found.sort_unstable();
    found
}

/// From version 2 on the lock file says which manifest it was made for.
fn in_step_with_root(manifest: &Map<String, Value>, lock: &Map<String, Value>) -> Result<(), String> {
    let packages = lock.get("packages").and_then(Value::as_object).ok_or("the lock file names no packages")?;
    let root = packages.get("").and_then(Value::as_object).ok_or("the lock file does not say what it was made for")?;
    // npm lists an optional dependency there alone, whatever else names it.
    let optional = names(manifest, "optionalDependencies");
    for key in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
        let is_optional = |name: &str| key == "dependencies" && optional.iter().any(|(other, _)| *other == name);
        let wanted: Vec<_> = names(manifest, key).into_iter().filter(|(name, _)| !is_optional(name)).collect();
        let locked: Vec<_> = names(root, key).into_iter().filter(|(name, _)| !is_optional(name)).collect();
        if let Some((name, _)) = wanted.iter().find(|entry| !locked.contains(entry)) {
            return Err(format!("the lock file is not in step with `package.json`: `{name}`"));
        }
        if let Some((name, _)) = locked.iter().find(|entry| !wanted.contains(entry)) {
            return Err(format!("the lock file is not in step with `package.json`: `{name}`"));
        }
        let installed = matches!(key, "dependencies" | "devDependencies");
        let missing =
            wanted.iter().find(|(name, _)| installed && !packages.contains_key(&format!("node_modules/{name}")));
        if let Some((name, _)) = missing {
            return Err(format!("the lock file lacks `{name}`"));
        }
    }
    Ok(())
}

/// Version 1 names the versions alone.
fn in_step_with_versions(manifest: &Map<String, Value>, lock: &Map<String, Value>) -> Result<(), String> {
    let none = Map::new();
    let locked = lock.get("dependencies").and_then(Value::as_object).unwrap_or(&none);
    for key in ["dependencies", "devDependencies"] {
        for (name, range) in names(manifest, key) {
            let version = locked.get(name).and_then(|entry| entry.get("version")).and_then(Value::as_str);
            let Some(version) = version else { return Err(format!("the lock file lacks `{name}`")) };
            if !may_match(range, version) {
                return Err(format!("the lock file is not in step with `package.json`: `{name}`"));
            }
        }
    }
    Ok(())
}

/// Whether a version may be of a range: `1.2.3` exactly, `^1…` and `~1…` by the major version; others may.
fn may_match(range: &str, version: &str) -> bool {
    let exact = !range.is_empty() && range.chars().all(|c| c.is_ascii_digit() || c == '.') && range.contains('.');
    if exact && range.split('.').count() == 3 {
        return range == version;
    }
    let Some(rest) = range.strip_prefix(['^', '~']) else { return true };
    let major = |text: &str| text.trim().split('.').next().unwrap_or_default().to_owned();
    let single = !rest.contains([' ', '|']);
    !single || major(rest) == major(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Candidate {
        let words: Vec<Option<&str>> =
            line.split(' ').map(|word| if word.contains('$') { None } else { Some(word) }).collect();
        candidate(&words)
    }

    #[test]
    fn installs_of_the_project() {
        assert_eq!(read("npm install"), Candidate::Yes(1));
        assert_eq!(read("npm i --production --no-audit"), Candidate::Yes(1));
        assert_eq!(read("npm --loglevel warn install --omit dev"), Candidate::Yes(3));
        for line in ["npm install -g x", "npm install x", "npm ci", "npm install $X", "npm run build", "yarn install"] {
            assert_eq!(read(line), Candidate::OtherThing, "{line}");
        }
        for line in ["npm install --no-package-lock", "npm i --force", "npm i --prefix=/x", "npm i --save-dev"] {
            assert!(matches!(read(line), Candidate::No(_)), "{line}");
        }
    }

    #[test]
    fn versions_of_node() {
        for (image, has) in [
            ("node", true),
            ("node:18-alpine", true),
            ("node:8", true),
            ("node:8.11", false),
            ("node:6.9", false),
            ("node:boron", false),
            ("node:lts-argon", false),
            ("node:9", false),
            ("node:10.1.0", false),
            ("bitnami/node:10", true),
            ("node:alpine3.18", true),
        ] {
            assert_eq!(node_of(image).map(Node::has_ci), Some(has), "{image}");
        }
        for image in ["python:3", "node:mine", "node-build:1"] {
            assert_eq!(node_of(image), None, "{image}");
        }
    }

    #[test]
    fn manifest_and_lock() {
        let newest = node_of("node").expect("node");
        let old = node_of("node:12").expect("node");
        let manifest = r#"{"dependencies":{"a":"^1.0.0"},"devDependencies":{"b":"2.0.0"}}"#;
        let root = r#"{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"^1.0.0"},"devDependencies":{"b":"2.0.0"}},"node_modules/a":{},"node_modules/b":{}}}"#;
        assert_eq!(in_step(manifest, root, newest), Ok(()));
        assert!(in_step(manifest, root, old).is_err());
        assert!(in_step(manifest, &root.replace("^1.0.0", "^1.1.0"), newest).is_err());
        assert!(in_step(manifest, &root.replace("node_modules/b", "node_modules/c"), newest).is_err());
        let versions = r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.2.0"},"b":{"version":"2.0.0"}}}"#;
        assert_eq!(in_step(manifest, versions, old), Ok(()));
        assert!(in_step(manifest, versions, newest).is_err());
        assert!(in_step(manifest, &versions.replace("1.2.0", "2.2.0"), old).is_err());
        assert!(in_step(manifest, "{}", newest).is_err());
    }

    #[test]
    fn other_commands_of_npm() {
        let alone = |line: &str| leaves_project_alone(&line.split(' ').map(Some).collect::<Vec<_>>());
        for line in ["npm config set registry x", "npm install -g npm", "npm --version", "npm cache clean --force"] {
            assert!(alone(line), "{line}");
        }
        for line in ["npm config set package-lock false", "npm install x", "npm link", "npm run build"] {
            assert!(!alone(line), "{line}");
        }
    }
}
