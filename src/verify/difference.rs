//! How two images differ.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use serde::Serialize;

use super::image::{Image, ImagePath, Kind, Manager, Node};

/// What of an image differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A part of the configuration.
    Config(String),
    /// The version of a package, or whether it is there.
    Package(Manager, String),
    /// One aspect of a file.
    File(ImagePath, Aspect),
}

/// What of a file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// Whether it is there.
    Presence,
    /// Whether it is a file, a folder, a link or a device.
    Type,
    /// Its content, or where the link leads.
    Content,
    /// Its permissions.
    Mode,
    /// Its user and group.
    Owner,
    /// Its extended attributes.
    Attributes,
}

/// A difference, with how it was and how it is; `None` where it is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Difference {
    /// What differs.
    pub place: Place,
    /// How it was.
    pub before: Option<String>,
    /// How it is.
    pub after: Option<String>,
}

impl Difference {
    /// Whether the path, the package or the setting is gone.
    #[must_use]
    pub const fn is_removal(&self) -> bool {
        self.before.is_some() && self.after.is_none()
    }

    /// The path, where it is about a file.
    #[must_use]
    pub const fn path(&self) -> Option<&ImagePath> {
        match &self.place {
            Place::File(path, _) => Some(path),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, Aspect::Presence) => write!(f, "/{}", String::from_utf8_lossy(path)),
            Self::File(path, aspect) => write!(f, "/{}: {}", String::from_utf8_lossy(path), aspect.name()),
            Self::Package(manager, name) => write!(f, "{} package {name}", manager.name()),
            Self::Config(key) => f.write_str(key),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{}: {before} became {after}", self.place),
            (Some(before), None) => write!(f, "{}: {before} is gone", self.place),
            (None, Some(after)) => write!(f, "{}: {after} is new", self.place),
            (None, None) => write!(f, "{}", self.place),
        }
    }
}

impl Aspect {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Presence => "presence",
            Self::Type => "type",
            Self::Content => "content",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Attributes => "attributes",
        }
    }
}

/// All differences, sorted by place: those that say most come first.
#[must_use]
pub fn differences(before: &Image, after: &Image) -> Vec<Difference> {
    let mut found = Vec::new();
    let paths: BTreeSet<&ImagePath> = before.tree.iter().chain(after.tree.iter()).map(|(path, _)| path).collect();
    for path in paths {
        file(path, before.tree.get(path), after.tree.get(path), &mut found);
    }
    let packages: BTreeSet<_> = before.packages.keys().chain(after.packages.keys()).collect();
    for key in packages {
        let place = || Place::Package(key.0, key.1.clone());
        compare(place, before.packages.get(key).cloned(), after.packages.get(key).cloned(), &mut found);
    }
    let settings: BTreeSet<_> = before.config.0.keys().chain(after.config.0.keys()).collect();
    for key in settings {
        let place = || Place::Config(key.clone());
        compare(place, before.config.0.get(key).cloned(), after.config.0.get(key).cloned(), &mut found);
    }
    found.sort_unstable();
    found
}

fn file(path: &ImagePath, before: Option<&Node>, after: Option<&Node>, found: &mut Vec<Difference>) {
    let place = |aspect| Place::File(path.clone(), aspect);
    let (Some(before), Some(after)) = (before, after) else {
        let name = |node: Option<&Node>| node.map(|node| kind_name(&node.kind).to_owned());
        compare(|| place(Aspect::Presence), name(before), name(after), found);
        return;
    };
    if before == after {
        return;
    }
    let (old, new) = (kind_name(&before.kind), kind_name(&after.kind));
    if old != new {
        compare(|| place(Aspect::Type), Some(old.to_owned()), Some(new.to_owned()), found);
    } else if before.kind != after.kind {
        compare(|| place(Aspect::Content), Some(content(&before.kind)), Some(content(&after.kind)), found);
    }
    let mode = |node: &Node| Some(format!("{:04o}", node.mode));
    compare(|| place(Aspect::Mode), mode(before), mode(after), found);
    let owner = |node: &Node| Some(format!("{}:{}", node.owner.0, node.owner.1));
    compare(|| place(Aspect::Owner), owner(before), owner(after), found);
    let attributes = |node: &Node| {
        let each = node.attributes.iter().map(|(name, value)| format!("{name}={}", hex(value)));
        Some(each.collect::<Vec<_>>().join(" "))
    };
    compare(|| place(Aspect::Attributes), attributes(before), attributes(after), found);
}

fn compare(place: impl FnOnce() -> Place, before: Option<String>, after: Option<String>, found: &mut Vec<Difference>) {
    if before != after {
        found.push(Difference { place: place(), before, after });
    }
}

const fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Folder => "a folder",
        Kind::File { .. } => "a file",
        Kind::Link { .. } => "a link",
        Kind::Device { .. } => "a device",
        Kind::Pipe => "a pipe",
    }
}

fn content(kind: &Kind) -> String {
    match kind {
        Kind::File { size, digest, .. } => format!("{size} bytes (sha256 {}…)", &hex(digest)[..12]),
        Kind::Link { target } => format!("→ {}", String::from_utf8_lossy(target)),
        Kind::Device { number: (major, minor), .. } => format!("{major}:{minor}"),
        Kind::Folder | Kind::Pipe => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
