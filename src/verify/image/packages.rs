//! What package managers say is installed, read from their own records.
//!
//! Sources: dpkg's `status(5)` and the `status.d` of images built without dpkg, Alpine's `apk-installed-db(5)`,
//! Python's "Recording installed projects", npm's `package.json(5)`, `RubyGems`' specifications folder. The
//! database of RPM has no public format; the engine asks `rpm` in the image.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Tree;

/// Records that are larger than this are not read, in bytes.
const MAX_RECORD: u64 = 64 * 1024 * 1024;
/// The same of what describes a single package.
const MAX_ONE: u64 = 1024 * 1024;

/// Who installed a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    /// dpkg, which apt installs by.
    Dpkg,
    /// Alpine's apk.
    Apk,
    /// rpm, which dnf, yum and zypper install by.
    Rpm,
    /// pip, or what else installs Python packages.
    Pip,
    /// npm, yarn or pnpm.
    Npm,
    /// `RubyGems`.
    Gem,
}

impl Manager {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dpkg => "dpkg",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Pip => "pip",
            Self::Npm => "npm",
            Self::Gem => "gem",
        }
    }
}

/// Packages with their versions. Of one name several may be installed, in several places: those of Python,
/// Node and Ruby are named with their folder.
pub type Packages = BTreeMap<(Manager, String), String>;

/// How many bytes of a file are wanted, where it records packages.
#[must_use]
pub fn record(path: &[u8]) -> Option<u64> {
    match path {
        b"var/lib/dpkg/status" | b"lib/apk/db/installed" | b"usr/lib/apk/db/installed" => Some(MAX_RECORD),
        _ if path.starts_with(b"var/lib/dpkg/status.d/") && !path.ends_with(b".md5sums") => Some(MAX_ONE),
        _ if python(path).is_some() || path.ends_with(b"/package.json") && node(path).is_some() => Some(MAX_ONE),
        _ => None,
    }
}

/// Whether the tree has a database of RPM.
#[must_use]
pub fn has_rpm(tree: &Tree) -> bool {
    let folders: [&[u8]; 2] = [b"var/lib/rpm/", b"usr/lib/sysimage/rpm/"];
    let names: [&[u8]; 3] = [b"rpmdb.sqlite", b"Packages.db", b"Packages"];
    folders.iter().any(|folder| names.iter().any(|name| tree.get(&[*folder, *name].concat()).is_some()))
}

/// Reads all records of a tree but RPM's.
pub(super) fn installed(tree: &Tree) -> Packages {
    let mut found = Packages::new();
    for (path, _) in tree.iter() {
        if let Some(name) = gem(path) {
            found.insert((Manager::Gem, name), "installed".to_owned());
            continue;
        }
        let Some(content) = tree.content(path).filter(|_| record(path).is_some()) else { continue };
        let text = String::from_utf8_lossy(content);
        match path.as_slice() {
            path if path.starts_with(b"var/lib/dpkg/status") => dpkg(&text, &mut found),
            b"lib/apk/db/installed" | b"usr/lib/apk/db/installed" => apk(&text, &mut found),
            path => {
                if let Some(folder) = python(path) {
                    pip(&text, &folder, &mut found);
                } else if let Some(folder) = node(path) {
                    npm(&text, &folder, &mut found);
                }
            }
        }
    }
    found
}

/// Paragraphs of `Key: value`, with an empty line between.
fn dpkg(text: &str, found: &mut Packages) {
    for paragraph in text.split("\n\n") {
        let value = |key: &str| field(paragraph, key, ": ");
        let (Some(name), Some(version)) = (value("Package"), value("Version")) else { continue };
        // A package whose configuration alone is left is not installed; `status.d` states no status.
        if value("Status").is_some_and(|status| !status.ends_with(" installed")) {
            continue;
        }
        let foreign = value("Architecture").filter(|_| value("Multi-Arch") == Some("same"));
        let name = foreign.map_or_else(|| name.to_owned(), |architecture| format!("{name}:{architecture}"));
        found.insert((Manager::Dpkg, name), version.to_owned());
    }
}

/// Paragraphs of `K:value`.
fn apk(text: &str, found: &mut Packages) {
    for paragraph in text.split("\n\n") {
        if let (Some(name), Some(version)) = (field(paragraph, "P", ":"), field(paragraph, "V", ":")) {
            found.insert((Manager::Apk, name.to_owned()), version.to_owned());
        }
    }
}

fn field<'t>(paragraph: &'t str, key: &str, colon: &str) -> Option<&'t str> {
    paragraph.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(colon))
}

/// The folder of packages that a Python record belongs to.
fn python(path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    let info = path.strip_suffix("/METADATA").filter(|info| info.ends_with(".dist-info"));
    let info = info.or_else(|| path.strip_suffix("/PKG-INFO").filter(|info| info.ends_with(".egg-info")))?;
    Some(info.rsplit_once('/')?.0.to_owned())
}

fn pip(text: &str, folder: &str, found: &mut Packages) {
    // The description follows the head.
    let head = text.split("\n\n").next().unwrap_or_default();
    if let (Some(name), Some(version)) = (field(head, "Name", ": "), field(head, "Version", ": ")) {
        found.insert((Manager::Pip, format!("{folder}/{name}")), version.to_owned());
    }
}

/// The folder of a package, if the path is the `package.json` of one that was installed.
fn node(path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    let package = path.strip_suffix("/package.json")?;
    // What yarn keeps of its downloads is not installed.
    if package.contains("/.cache/yarn/") {
        return None;
    }
    let (folder, name) = package.rsplit_once("node_modules/")?;
    let is_name = match name.strip_prefix('@') {
        Some(scoped) => scoped.matches('/').count() == 1,
        None => !name.contains('/'),
    };
    is_name.then(|| format!("{folder}node_modules/{name}"))
}

fn npm(text: &str, folder: &str, found: &mut Packages) {
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    if let Ok(Package { version }) = serde_json::from_str(text) {
        found.insert((Manager::Npm, folder.to_owned()), version);
    }
}

/// A gem's name with its version, which is the name of its specification.
fn gem(path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    let (folder, name) = path.strip_suffix(".gemspec")?.rsplit_once('/')?;
    let folder = folder.strip_suffix("/default").unwrap_or(folder);
    folder.ends_with("/specifications").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(packages: &Packages) -> Vec<String> {
        packages.iter().map(|((manager, name), version)| format!("{} {name} {version}", manager.name())).collect()
    }

    #[test]
    fn dpkg_counts_what_is_installed() {
        let mut found = Packages::new();
        dpkg(
            "Package: zip\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0-13\nDescription: Archiver\n \
             Version: 9\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: libc6\n\
             Status: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 2.36\n\n\
             Package: base\nVersion: 12\n",
            &mut found,
        );
        assert_eq!(names(&found), ["dpkg base 12", "dpkg libc6:amd64 2.36", "dpkg zip 3.0-13"]);
    }

    #[test]
    fn apk_pip_and_npm() {
        let mut found = Packages::new();
        apk("C:Q1x=\nP:musl\nV:1.2.4-r2\nA:x86_64\nF:lib\n\nP:zip\nV:3.0-r12\n\n", &mut found);
        pip("Metadata-Version: 2.1\nName: Flask\nVersion: 3.0.0\n\nName: no\n", "usr/lib/python3/x", &mut found);
        npm(r#"{"name": "a", "version": "1.2.3"}"#, "srv/node_modules/a", &mut found);
        npm("no JSON", "srv/node_modules/b", &mut found);
        assert_eq!(
            names(&found),
            [
                "apk musl 1.2.4-r2",
                "apk zip 3.0-r12",
                "pip usr/lib/python3/x/Flask 3.0.0",
                "npm srv/node_modules/a 1.2.3"
            ]
        );
    }

    #[test]
    fn where_records_stand() {
        assert_eq!(python(b"usr/lib/python3/x/Flask-3.0.dist-info/METADATA").as_deref(), Some("usr/lib/python3/x"));
        assert_eq!(python(b"usr/lib/python3/x/old.egg-info/PKG-INFO").as_deref(), Some("usr/lib/python3/x"));
        assert_eq!(python(b"usr/share/METADATA"), None);
        assert_eq!(node(b"srv/node_modules/a/package.json").as_deref(), Some("srv/node_modules/a"));
        assert_eq!(node(b"srv/node_modules/@s/a/package.json").as_deref(), Some("srv/node_modules/@s/a"));
        assert_eq!(
            node(b"srv/node_modules/a/node_modules/b/package.json").as_deref(),
            Some("srv/node_modules/a/node_modules/b")
        );
        assert_eq!(node(b"srv/node_modules/a/test/package.json"), None);
        assert_eq!(node(b"srv/package.json"), None);
        assert_eq!(gem(b"var/lib/gems/3.1.0/specifications/rake-13.0.6.gemspec").as_deref(), Some("rake-13.0.6"));
        assert_eq!(gem(b"srv/app/app.gemspec"), None);
        assert!(record(b"var/lib/dpkg/status.d/base").is_some());
        assert!(record(b"var/lib/dpkg/status.d/base.md5sums").is_none());
    }
}
