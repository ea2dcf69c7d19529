//! Commands that go along with an install and read nothing of the project either.

use super::super::managers::{self, Family, Invocation, Verb};
use super::install::{PYTHON_M, is_local, is_path};
use super::node::is_harmless_setting;
use super::options::{self, CommandLine};
use crate::knowledge::base_name;

/// A command beside an install that reads nothing of the project either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Companion {
    /// Why it may read something all the same.
    pub doubt: Option<&'static str>,
}

/// Reads a command as one that goes along with an install: it installs named packages from an index, or cleans a
/// cache. A word that is not written out is `None`.
#[must_use]
pub fn companion(words: &[Option<&str>]) -> Option<Companion> {
    let literal: Vec<&str> = words.iter().copied().collect::<Option<_>>()?;
    let harmless = |harmless: bool| harmless.then_some(Companion { doubt: None });
    match literal.as_slice() {
        ["npm" | "yarn" | "pnpm" | "composer", "cache", "clean" | "clear", ..]
        | ["composer", "clear-cache" | "clearcache"]
        | ["corepack", "enable"] => return harmless(true),
        ["npm", "config", "set", settings @ ..] | ["npm", "set", settings @ ..] => {
            return harmless(set_no_file(settings));
        }
        ["rm", flags, paths @ ..] if flags.starts_with('-') => {
            return harmless(!paths.is_empty() && paths.iter().all(|path| is_leftover(path)));
        }
        _ => {}
    }
    if !literal.starts_with(&["env"]) && managers::family(words) == Some(Family::Pip) {
        return python_packages(&literal[managers::wrapper_len(words)..]);
    }
    harmless(system_packages(words, &literal))
}

/// Whether a package manager installs named packages, or fetches its index.
fn system_packages(words: &[Option<&str>], literal: &[&str]) -> bool {
    if literal.starts_with(&["env"]) {
        let mut set = literal[1..managers::wrapper_len(words)].iter();
        if !set.all(|setting| setting.starts_with("DEBIAN_FRONTEND=")) {
            return false;
        }
    }
    let Some(found) = managers::invocation(words) else { return false };
    if found.unclear.is_some() || options_name_a_file(&found, literal) {
        return false;
    }
    let named = !found.operands.is_empty() && found.operands.iter().all(|index| !is_path(literal[*index]));
    let global = literal.iter().any(|word| matches!(*word, "-g" | "--global"));
    match (found.verb, found.manager.family) {
        (Verb::Other, _) | (_, Family::Pip) => false,
        (Verb::Update, _) => true,
        (Verb::Install, Family::Npm) => named && global,
        (Verb::Install, _) => named,
    }
}

/// `npm set key=value key=value`, `npm set key value`
fn set_no_file(settings: &[&str]) -> bool {
    let settings: Vec<&str> =
        settings.iter().copied().filter(|word| !matches!(*word, "-g" | "--global" | "--location=global")).collect();
    let key = |setting: &&str| setting.split_once('=').map(|(key, _)| is_harmless_setting(key));
    match settings.as_slice() {
        [name, _] if key(name).is_none() => is_harmless_setting(name),
        settings => !settings.is_empty() && settings.iter().all(|setting| key(setting) == Some(true)),
    }
}

/// What package managers leave behind, and where nobody keeps a project.
const LEFTOVERS: &[&str] =
    &["/root/.cache", "/root/.npm", "/tmp", "/var/tmp", "/var/cache", "/var/lib/apt/lists", "/var/log"];

fn is_leftover(path: &str) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !path.contains("..") && LEFTOVERS.iter().any(|folder| below(folder))
}

fn python_packages(words: &[&str]) -> Option<Companion> {
    let program = *words.first()?;
    let by_python = base_name(program).starts_with("python");
    // A path may be that of a program of the project.
    if program.contains('/') {
        return None;
    }
    let line = CommandLine::of(&words[if by_python { 3 } else { 1 }..], &options::PIP);
    let named = match line.plain.as_slice() {
        ["install", packages @ ..] => !packages.is_empty() && !packages.iter().any(|word| is_path(word)),
        _ => false,
    };
    let takes_files = ["requirement", "constraint", "editable"].iter().any(|name| line.has(name));
    let leaves_files_alone = line.unclear.is_empty() && line.writes.is_empty() && !takes_files;
    let from_addresses = line.reads.iter().all(|value| !is_local(value));
    (named && leaves_files_alone && from_addresses).then_some(Companion { doubt: by_python.then_some(PYTHON_M) })
}

/// Options of package managers that name a file or a folder.
const OPTIONS_WITH_FILES: &[&str] = &[
    "-c",
    "-o",
    "-p",
    "--cache-dir",
    "--config",
    "--config-file",
    "--installroot",
    "--keys-dir",
    "--option",
    "--prefix",
    "--repositories-file",
    "--root",
    "--setopt",
    "--workspace",
];

fn options_name_a_file(found: &Invocation<'_>, words: &[&str]) -> bool {
    found.options.iter().map(|index| words[*index]).any(|word| {
        let name = word.split('=').next().unwrap_or_default();
        let path = word.contains('/') && !word.contains("://");
        path || OPTIONS_WITH_FILES.contains(&name) || ["-c", "-o"].iter().any(|start| word.starts_with(start))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn companions() {
        let read = |line: &str| super::companion(&line.split(' ').map(Some).collect::<Vec<_>>());
        for line in [
            "rm -rf /var/lib/apt/lists/* /tmp/* /root/.cache",
            "npm config set registry https://h",
            "npm set @a:registry=https://h strict-ssl=false",
            "npm install -g npm@10",
            "pip install --no-cache-dir -U pip setuptools",
            "pip install -i https://h/simple x",
            "env DEBIAN_FRONTEND=noninteractive apt-get install -y git",
            "apt-get update",
            "python3 -m pip install -U pip",
        ] {
            assert!(read(line).is_some(), "{line}");
        }
        for line in [
            "rm -rf /var/www/app/tests",
            "rm -rf /tmp/../var/www",
            "rm -rf /root/.cachefile",
            "npm config set cafile ./ca.pem",
            "npm set registry=https://h cafile=x",
            "pip install --cert ca.pem x",
            "pip install -f wheels x",
            "pip install -qr r.txt x",
            "tools/pip install x",
            "env PIP_CONSTRAINT=c.txt pip install x",
            "env APT_CONFIG=x apt-get install -y git",
            "apt-get install -y -c apt.conf git",
            "npm install x",
        ] {
            assert!(read(line).is_none(), "{line}");
        }
    }
}
