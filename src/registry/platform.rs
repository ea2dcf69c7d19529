//! Platforms that images are for.

use std::fmt;

use serde::Deserialize;

/// An operating system and an architecture, normalised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// `linux`, `windows`, …
    pub os: String,
    /// `amd64`, `arm64`, …; empty where any is meant
    pub architecture: String,
    /// `v6`, `v7`, …
    pub variant: Option<String>,
}

/// A platform as manifests and configurations spell it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Written {
    /// The operating system.
    #[serde(default)]
    pub os: String,
    /// The architecture.
    #[serde(default)]
    pub architecture: String,
    /// The variant.
    #[serde(default)]
    pub variant: Option<String>,
}

impl Platform {
    /// Reads `os/architecture[/variant]`, or one of them alone where it tells the other.
    ///
    /// Source: containerd's `platforms.go`, which BuildKit reads `--platform` with. An architecture alone is one of
    /// linux, as images that are built mostly are; an operating system alone is that of any architecture.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let is_word = |word: &&str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        };
        if !parts.iter().all(is_word) {
            return None;
        }
        match parts[..] {
            [word] => {
                let read = Self::of("linux", word, None);
                let system = Self::of(word, "", None);
                if ARCHITECTURES.contains(&read.architecture.as_str()) {
                    Some(read)
                } else {
                    SYSTEMS.contains(&system.os.as_str()).then_some(system)
                }
            }
            [os, architecture] => Some(Self::of(os, architecture, None)),
            [os, architecture, variant] => Some(Self::of(os, architecture, Some(variant))),
            _ => None,
        }
    }

    fn of(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let os = match os.to_ascii_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            other => other.to_owned(),
        };
        let variant = variant.map(str::to_ascii_lowercase);
        let architecture = architecture.to_ascii_lowercase();
        let (architecture, variant) = match (architecture.as_str(), variant.as_deref()) {
            ("i386", _) => ("386", None),
            ("x86_64" | "x86-64" | "amd64", None | Some("v1")) => ("amd64", None),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("aarch64" | "arm64", None | Some("8" | "v8")) => ("arm64", None),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", None | Some("7")) => ("arm", Some("v7")),
            ("armel", _) | ("arm", Some("6")) => ("arm", Some("v6")),
            ("arm", Some("5")) => ("arm", Some("v5")),
            ("arm", Some("8")) => ("arm", Some("v8")),
            (architecture, variant) => (architecture, variant),
        };
        Self { os, architecture: architecture.to_owned(), variant: variant.map(str::to_owned) }
    }

    /// Whether an image for `self` runs where `wanted` is asked for: an older arm runs on a newer one.
    #[must_use]
    pub fn serves(&self, wanted: &Self) -> bool {
        if self.os != wanted.os {
            return false;
        }
        if wanted.architecture.is_empty() {
            return true;
        }
        if self.architecture != wanted.architecture {
            return false;
        }
        match (self.architecture.as_str(), &self.variant, &wanted.variant) {
            // Both are `v` and a digit.
            ("arm" | "amd64", has, wants) => has <= wants,
            (_, has, wants) => has == wants || has.is_none(),
        }
    }
}

/// Those that images are for, after they are normalised.
const ARCHITECTURES: &[&str] =
    &["386", "amd64", "arm", "arm64", "loong64", "mips64", "mips64le", "ppc64le", "riscv64", "s390x"];

const SYSTEMS: &[&str] = &["darwin", "freebsd", "linux", "windows"];

impl From<Written> for Platform {
    fn from(written: Written) -> Self {
        let variant = written.variant.filter(|variant| !variant.is_empty());
        Self::of(&written.os, &written.architecture, variant.as_deref())
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        if !self.architecture.is_empty() {
            write!(f, "/{}", self.architecture)?;
        }
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_read_as_buildkit_reads_them() {
        for (text, read) in [
            ("linux/amd64", "linux/amd64"),
            ("Linux/x86_64", "linux/amd64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/6", "linux/arm/v6"),
            ("arm64", "linux/arm64"),
            ("windows/amd64", "windows/amd64"),
            ("linux", "linux"),
        ] {
            assert_eq!(Platform::read(text).map(|platform| platform.to_string()).as_deref(), Some(read), "{text}");
        }
        for wrong in ["", "$BUILDPLATFORM", "linux/", "linux/amd64/v1/x", "linus"] {
            assert_eq!(Platform::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_older_variant_serves_a_newer_machine() {
        let serves = |has: &str, wants: &str| {
            Platform::read(has).zip(Platform::read(wants)).is_some_and(|(has, wants)| has.serves(&wants))
        };
        assert!(serves("linux/arm/v6", "linux/arm/v7"));
        assert!(!serves("linux/arm/v7", "linux/arm/v6"));
        assert!(serves("linux/arm64", "linux/arm64/v8"));
        assert!(serves("linux/amd64", "linux/amd64/v3") && !serves("linux/amd64/v3", "linux/amd64"));
        assert!(serves("linux/s390x", "linux") && !serves("windows/amd64", "linux"));
        assert!(!serves("linux/amd64", "linux/arm64") && !serves("windows/amd64", "linux/amd64"));
    }
}
