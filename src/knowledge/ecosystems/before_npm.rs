//! What commands before an `npm install` do to what it finds: its own program, the manifests, the packages.
//!
//! Sources: npm's documentation of its commands; the pages of n, nvm, fnm, volta and corepack. A word that is not
//! written out is `None`.

use crate::knowledge::base_name;
use crate::knowledge::managers::{self, Family, wrapper_len};

use super::npm_ci::leaves_project_alone;

/// Programs that put another Node.js or npm in front of the one that is there, by their names or those of their
/// packages.
const SWITCHES: &[&str] = &["n", "nvm", "fnm", "volta", "nodenv", "asdf", "corepack", "npm"];

/// Commands that write nothing, or only names, owners and modes of files, whatever their arguments.
const HARMLESS: &[&str] = &[
    "set",
    "echo",
    "printf",
    "true",
    ":",
    "test",
    "[",
    "ls",
    "cat",
    "pwd",
    "id",
    "whoami",
    "date",
    "sleep",
    "uname",
    "which",
    "mkdir",
    "chown",
    "chmod",
    "chgrp",
    "groupadd",
    "useradd",
    "usermod",
    "addgroup",
    "adduser",
    "locale-gen",
    "ldconfig",
    "update-ca-certificates",
    "apt-key",
    "sha256sum",
];

/// Commands that change no other paths than those that they name.
const ON_NAMED_PATHS: &[&str] = &["rm", "rmdir", "touch", "ln", "cp", "mv"];

/// Folders of the system, in which no project lies unless its own folder is in them.
const OF_THE_SYSTEM: &[&str] = &["/tmp/", "/var/", "/root/", "/etc/", "/usr/", "/run/", "/opt/", "/home/", "/dev/"];

/// Whether a command may put another npm in the place of the one that is there.
#[must_use]
pub fn replaces_npm(words: &[Option<&str>]) -> bool {
    let words = &words[wrapper_len(words)..];
    let [Some(program), arguments @ ..] = words else { return false };
    let program = base_name(program);
    if !matches!(program, "npm" | "yarn" | "pnpm") {
        return SWITCHES.contains(&program);
    }
    let global = arguments.iter().any(|word| matches!(word, Some("-g" | "--global" | "--location=global" | "global")));
    let named = arguments.iter().copied().filter(|word| word.is_none_or(|word| !word.starts_with('-')));
    let operands: Vec<Option<&str>> = named.collect();
    let updates_all = matches!(operands.as_slice(), [Some("update" | "up" | "upgrade")]);
    let switch = |word: &str| SWITCHES.contains(&word.split('@').next().unwrap_or_default());
    global && (updates_all || operands.into_iter().any(|word| word.is_none_or(switch)))
}

/// Whether a command may put packages into `node_modules` of the folder that it runs in.
#[must_use]
pub fn installs_packages(words: &[Option<&str>]) -> bool {
    let words = &words[wrapper_len(words)..];
    let [Some(program), arguments @ ..] = words else { return false };
    match base_name(program) {
        "npm" => !leaves_project_alone(words),
        "yarn" | "pnpm" | "bun" => {
            let global = arguments.iter().any(|word| matches!(word, Some("-g" | "--global" | "global")));
            let verb = arguments.iter().find(|word| word.is_none_or(|word| !word.starts_with('-')));
            let asks = || arguments.iter().any(|word| matches!(word, Some("--version" | "-v")));
            !global && !matches!(verb, Some(Some("config" | "cache" | "set"))) && !asks()
        }
        _ => false,
    }
}

/// Whether a command is known to leave the files of `folder`, which it runs in, as they are; redirections are left
/// aside.
#[must_use]
pub fn leaves_files_alone(words: &[Option<&str>], folder: &str) -> bool {
    let words = &words[wrapper_len(words)..];
    let [first, arguments @ ..] = words else { return true };
    let Some(program) = *first else { return false };
    if managers::invocation(words).is_some_and(|found| {
        matches!(found.manager.family, Family::Debian | Family::Alpine | Family::RedHat | Family::Suse)
    }) {
        return true;
    }
    match program {
        "npm" => leaves_project_alone(words),
        "yarn" | "pnpm" => !installs_packages(words),
        "node" => matches!(arguments, [Some("--version" | "-v")]),
        "git" => matches!(arguments, [Some("config"), ..]),
        _ if ON_NAMED_PATHS.contains(&program) => {
            arguments.iter().all(|word| word.is_some_and(|word| word.starts_with('-') || lies_outside(word, folder)))
        }
        _ => HARMLESS.contains(&program),
    }
}

/// Whether a path, which may be a pattern, surely names nothing in `folder`, nor what holds it.
///
/// Where the folder is not known, that is a path in one of the system's.
#[must_use]
pub fn lies_outside(path: &str, folder: &str) -> bool {
    let fixed = match path.find(['*', '?', '[', '{']) {
        Some(pattern) => &path[..path[..pattern].rfind('/').map_or(0, |slash| slash + 1)],
        None => path,
    };
    let with_slash = |path: &str| format!("{}/", path.trim_end_matches('/'));
    let (path, folder) = (with_slash(fixed), with_slash(folder));
    let climbs = path.split('/').any(|part| part == ".." || part == ".");
    OF_THE_SYSTEM.iter().any(|of_the_system| path.starts_with(of_the_system))
        && !climbs
        && !path.starts_with(&folder)
        && !folder.starts_with(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Option<&str>> {
        line.split(' ').map(|word| if word.contains('$') { None } else { Some(word) }).collect()
    }

    #[test]
    fn another_npm() {
        for line in
            ["npm install -g npm@6", "npm i -g n", "n 10", "nvm use 12", "npm -g update", "npm i -g $X", "sudo n lts"]
        {
            assert!(replaces_npm(&words(line)), "{line}");
        }
        for line in ["npm install -g pm2", "npm install", "npm config set x y", "node -v", "yarn global add x"] {
            assert!(!replaces_npm(&words(line)), "{line}");
        }
    }

    #[test]
    fn packages_of_the_folder() {
        for line in ["yarn", "yarn install", "pnpm i", "npm install x", "bun add x"] {
            assert!(installs_packages(&words(line)), "{line}");
        }
        for line in ["yarn global add x", "pnpm add -g x", "yarn --version", "npm install -g x", "make"] {
            assert!(!installs_packages(&words(line)), "{line}");
        }
    }

    #[test]
    fn files_of_the_folder() {
        for line in [
            "apt-get install -y python3",
            "mkdir -p dist",
            "rm -rf /var/lib/apt/lists/* /tmp/*",
            "cp /usr/bin/a /usr/src/b",
            "node --version",
            "npm cache clean --force",
        ] {
            assert!(leaves_files_alone(&words(line), "/usr/src/app"), "{line}");
        }
        for line in [
            "npx x",
            "node x.js",
            "git checkout .",
            "rm -rf ./*",
            "rm -rf /usr/src/*",
            "rm /usr/src/app/x",
            "rm -rf /*",
            "rm /tmp/../usr/src/app",
            "cp $X /tmp/x",
            "yarn",
            "make",
            "sed -i s/a/b/ x.json",
        ] {
            assert!(!leaves_files_alone(&words(line), "/usr/src/app"), "{line}");
        }
        assert!(!leaves_files_alone(&words("rm -rf /app/x"), "/\u{1}"));
        assert!(leaves_files_alone(&words("rm -rf /tmp/x"), "/\u{1}"));
    }
}
