//! What ADD does with a source: copies it as COPY would, unpacks it, or fetches it.
//!
//! Source: `dispatchCopy` of `frontend/dockerfile/dockerfile2llb/convert.go`, and `unpack` of
//! `solver/llbsolver/file/unpack.go`.

use crate::context::{Context, LazyContext};
use crate::knowledge::{base_name, files};

use super::copy::has_pattern;
use super::state::cleaned;

/// What ADD does with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It is copied for sure: a folder, or a file that is seen to be no archive.
    Copied,
    /// Its name says that it is copied.
    CopiedByName,
    /// It is unpacked, or may be: its name or its content is that of an archive.
    Unpacked,
    /// It is fetched from elsewhere.
    Fetched,
    /// Nothing tells, and why.
    Unclear(&'static str),
}

impl Added {
    /// What ADD does with `source`, as written.
    #[must_use]
    pub fn of(source: &str, context: LazyContext<'_>) -> Self {
        if source.contains(['$', '\\', '"', '\'', '`']) {
            return Self::Unclear("is not written out");
        }
        if is_address(source) {
            return Self::Fetched;
        }
        if source.contains(':') {
            return Self::Unclear("may be an address");
        }
        let path = cleaned(source)[1..].to_owned();
        if path.is_empty() {
            return Self::Copied;
        }
        if source.split('/').any(|part| part == "..") {
            return Self::Unclear("climbs out of its folder");
        }
        if has_pattern(source) {
            return matched(source, &path, context);
        }
        if let Some(seen) = context.get().and_then(|context| seen(&path, context)) {
            return seen;
        }
        let name = base_name(&path);
        if files::is_packed_name(name) {
            return Self::Unpacked;
        }
        // A trailing slash names a folder.
        if source.ends_with('/') || source.ends_with("/.") {
            return Self::Copied;
        }
        if files::is_plain_name(name) || files::is_bare_name(name) {
            return Self::CopiedByName;
        }
        Self::Unclear("may be an archive")
    }
}

/// What the build context shows at `path`; `None` where nothing is there.
fn seen(path: &str, context: &Context) -> Option<Added> {
    if context.is_dir(path) {
        return Some(Added::Copied);
    }
    let head = context.head(path, files::HEAD)?;
    if files::stands_for_another(&head) {
        return None;
    }
    if files::may_unpack(&head) {
        return Some(Added::Unpacked);
    }
    let name = base_name(path);
    // A file that is named like an archive and is none may be there only until the archive is made.
    (!files::is_packed_name(name) || files::is_zip(&head)).then_some(Added::Copied)
}

/// What a pattern may name: what it matches now, and what a build may put there.
fn matched(source: &str, pattern: &str, context: LazyContext<'_>) -> Added {
    let name = base_name(pattern);
    if files::is_packed_name(name) {
        return Added::Unpacked;
    }
    let found = context.get().map(|context| (context, context.glob(pattern)));
    let Some((context, found)) = found.filter(|(_, found)| !found.is_empty()) else {
        return Added::Unclear("is a pattern that may match an archive");
    };
    let seen: Vec<Option<Added>> = found.iter().map(|path| seen(path, context)).collect();
    if seen.contains(&Some(Added::Unpacked)) {
        return Added::Unpacked;
    }
    if !seen.iter().all(|seen| *seen == Some(Added::Copied)) {
        return Added::Unclear("is a pattern that may match an archive");
    }
    let end = name.rsplit(['*', '?', ']']).next().unwrap_or_default();
    let ends_plain = end.starts_with('.') && files::is_plain_name(&format!("x{end}"));
    if ends_plain || source.ends_with('/') { Added::Copied } else { Added::CopiedByName }
}

/// Whether a source is fetched: an address, or a git repository.
fn is_address(source: &str) -> bool {
    let name = source.split(['#', '?']).next().unwrap_or(source);
    source.contains("://")
        || source.starts_with("github.com/")
        || name.trim_end_matches('/').strip_suffix(".git").is_some()
        || source.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name() {
        for source in [".", "./", "/", "src/", "./src/.", "conf.d/"] {
            assert_eq!(Added::of(source, LazyContext::NONE), Added::Copied, "{source}");
        }
        for source in ["app.py", "src", "./a/b.conf", ".bashrc", "target/app.jar"] {
            assert_eq!(Added::of(source, LazyContext::NONE), Added::CopiedByName, "{source}");
        }
        for source in ["a.tgz", "rootfs.tar.xz", "x.tar.gz/", "*.tar", "alpine.apk"] {
            assert_eq!(Added::of(source, LazyContext::NONE), Added::Unpacked, "{source}");
        }
        for source in ["https://a/b", "git@h:r.git", "github.com/a/b", "git://h/r", "repo.git#main"] {
            assert_eq!(Added::of(source, LazyContext::NONE), Added::Fetched, "{source}");
        }
        for source in ["$SRC", "data.bin", "rootfs", "*", "*.py", "a:b", "../x", "foo-1.2", "\"a\""] {
            assert!(matches!(Added::of(source, LazyContext::NONE), Added::Unclear(_)), "{source}");
        }
    }
}
