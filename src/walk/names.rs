//! What a file's name says: a Dockerfile, something made from or for one, or none of our business.

use std::ffi::OsStr;

/// What a file's name, without its folders, says about the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// `Dockerfile`, `Dockerfile.dev`, `api.Dockerfile`, `Containerfile`, …
    Dockerfile,
    /// Text about a Dockerfile: `Dockerfile.md`.
    Document,
    /// Input of a template engine that writes a Dockerfile: `Dockerfile.j2`.
    Template,
    /// A copy that an editor or a merge left behind: `Dockerfile.orig`, `Dockerfile~`.
    Backup,
    /// Anything else, among it `Dockerfile.dockerignore` and program text like `Dockerfile_test.go`.
    Other,
}

/// The names that `docker build` and `podman build` look for, and that others are built from.
const STEMS: [&str; 2] = ["Dockerfile", "Containerfile"];

const DOCUMENTS: &[&str] = &["adoc", "asciidoc", "htm", "html", "markdown", "md", "pdf", "rst", "txt"];

const TEMPLATES: &[&str] = &[
    "ejs", "erb", "gotmpl", "hbs", "in", "j2", "jinja", "jinja2", "liquid", "m4", "mako", "mustache", "njk",
    "template", "tmpl", "tpl", "twig",
];

const BACKUPS: &[&str] = &["bak", "orig", "rej", "swo", "swp"];

/// Files that share the prefix of a Dockerfile and are written in another language.
const OTHERS: &[&str] = &[
    "dockerignore",
    "gz",
    "go",
    "java",
    "js",
    "json",
    "lock",
    "patch",
    "py",
    "rb",
    "rs",
    "sh",
    "snap",
    "sum",
    "tar",
    "toml",
    "ts",
    "xml",
    "yaml",
    "yml",
    "zip",
];

/// Tells what `name` (one path component) is.
///
/// The extension is looked at first, since `Dockerfile.*` would take `Dockerfile.md` too. Extensions
/// count in any case; the names themselves count as written, because docker treats them so.
#[must_use]
pub fn classify(name: &OsStr) -> NameKind {
    let name = name.as_encoded_bytes();
    if let Some(original) = name.strip_suffix(b"~") {
        return if is_dockerfile_name(original) { NameKind::Backup } else { NameKind::Other };
    }
    if let Some((stem, extension)) = split_extension(name)
        && is_dockerfile_name(stem)
        && let Some(kind) = by_extension(extension)
    {
        return kind;
    }
    if is_dockerfile_name(name) { NameKind::Dockerfile } else { NameKind::Other }
}

fn by_extension(extension: &[u8]) -> Option<NameKind> {
    let among = |list: &[&str]| list.iter().any(|known| extension.eq_ignore_ascii_case(known.as_bytes()));
    if among(DOCUMENTS) {
        return Some(NameKind::Document);
    }
    if among(TEMPLATES) {
        return Some(NameKind::Template);
    }
    if among(BACKUPS) {
        return Some(NameKind::Backup);
    }
    among(OTHERS).then_some(NameKind::Other)
}

fn split_extension(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = name.iter().rposition(|&byte| byte == b'.')?;
    Some((&name[..dot], &name[dot + 1..]))
}

fn is_dockerfile_name(name: &[u8]) -> bool {
    STEMS.iter().any(|stem| {
        let lower = stem.to_ascii_lowercase();
        name == stem.as_bytes()
            || name == lower.as_bytes()
            || has_variant(name, stem.as_bytes())
            || has_prefix_part(name, stem.as_bytes())
            || has_prefix_part(name, lower.as_bytes())
    })
}

/// `Dockerfile.dev`, `Dockerfile-dev`, `Dockerfile_dev`.
fn has_variant(name: &[u8], stem: &[u8]) -> bool {
    name.strip_prefix(stem).is_some_and(|rest| rest.len() > 1 && matches!(rest[0], b'.' | b'-' | b'_'))
}

/// `api.Dockerfile`, `api.dockerfile`.
fn has_prefix_part(name: &[u8], stem: &[u8]) -> bool {
    name.strip_suffix(stem).is_some_and(|rest| rest.len() > 1 && rest.ends_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        use NameKind::{Backup, Dockerfile, Document, Other, Template};
        let table: &[(&str, NameKind)] = &[
            ("Dockerfile", Dockerfile),
            ("dockerfile", Dockerfile),
            ("Containerfile", Dockerfile),
            ("containerfile", Dockerfile),
            ("DOCKERFILE", Other),
            ("Dockerfile.dev", Dockerfile),
            ("Dockerfile.1.7", Dockerfile),
            ("Dockerfile-dev", Dockerfile),
            ("Dockerfile_19c", Dockerfile),
            ("Containerfile.prod", Dockerfile),
            ("api.Dockerfile", Dockerfile),
            ("api.v2.dockerfile", Dockerfile),
            ("api.containerfile", Dockerfile),
            ("README.Dockerfile", Dockerfile),
            (".Dockerfile", Other),
            ("Dockerfile.", Other),
            ("Dockerfiles", Other),
            ("MyDockerfile", Other),
            ("dockerfile.go", Other),
            ("dockerfile.dev", Other),
            ("Dockerfile.dockerignore", Other),
            ("api.Dockerfile.dockerignore", Other),
            ("Dockerfile.go", Other),
            ("Dockerfile_test.go", Other),
            ("Dockerfile-build.sh", Other),
            ("Dockerfile.yml", Other),
            ("Dockerfile.md", Document),
            ("Dockerfile.MD", Document),
            ("Dockerfile.build.rst", Document),
            ("api.Dockerfile.txt", Document),
            ("notes.md", Other),
            ("Dockerfile.j2", Template),
            ("Dockerfile-app.tmpl", Template),
            ("api.Dockerfile.erb", Template),
            ("Dockerfile.m4", Template),
            ("Containerfile.in", Template),
            ("nginx.conf.j2", Other),
            ("Dockerfile.orig", Backup),
            ("Dockerfile.j2.bak", Backup),
            ("Dockerfile~", Backup),
            ("api.Dockerfile~", Backup),
            ("notes~", Other),
            ("", Other),
        ];
        for (name, kind) in table {
            assert_eq!(classify(OsStr::new(name)), *kind, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(classify(OsStr::from_bytes(b"Dockerfile.\xff")), NameKind::Dockerfile);
        assert_eq!(classify(OsStr::from_bytes(b"\xff.Dockerfile")), NameKind::Dockerfile);
    }
}
