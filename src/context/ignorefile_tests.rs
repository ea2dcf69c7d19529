use super::*;

fn ignored(file: &str, path: &str) -> bool {
    IgnoreRules::parse(file.as_bytes()).unwrap().is_ignored(path)
}

/// One pattern against one path, most of them from the tests of moby/patternmatcher.
#[test]
fn single_patterns() {
    for (pattern, path, wanted) in [
        ("**", "file", true),
        ("**/", "file", true),
        ("**", "dir/file", true),
        ("**/**", "dir/file", true),
        ("dir/**", "dir/file", true),
        ("dir/**", "dir/dir2/file", true),
        ("**/dir", "dir", true),
        ("**/dir", "dir/file", true),
        ("**/dir2/*", "dir/dir2/file", true),
        ("**/dir2/*", "dir/dir2/file/x", true),
        ("**/dir2/**", "dir/dir2/dir3/file", true),
        ("**file", "file", true),
        ("**file", "dir/dir/file", true),
        ("**file", "dir/profile", true),
        ("**/file", "dir/profile", false),
        ("**/file*txt", "dir/dir/file.txt", true),
        ("**/**/*.txt", "file.txt", true),
        ("**/**/*.txt2", "dir/dir/file.txt", false),
        ("a**/*.txt", "a/file.txt", true),
        ("a**/*.txt", "a/dir/dir/file.txt", true),
        ("a/*.txt", "a/dir/file.txt", false),
        ("a/*.txt**", "a/file.txt", true),
        ("a[b-d]e", "ace", true),
        ("a[b-d]e", "aae", false),
        ("a[^b-d]e", "aze", true),
        (".*", ".foo", true),
        (".*", "foo", false),
        ("abc.def", "abcZdef", false),
        ("abc?def", "abcZdef", true),
        ("abc?def", "abc/def", false),
        ("**/foo/bar", "dir/dir2/foo/bar", true),
        ("abc/**", "abc", false),
        ("abc/**", "abc/def/ghi", true),
        ("**/.foo", "bar.foo", false),
        ("a(b)c/def", "a(b)c/def", true),
        ("a.|)$(}+{bc", "a.|)$(}+{bc", true),
        ("dist/*.whl", "dist/p-2.4.0+g08-py3.whl", true),
        ("a\\*b", "a*b", true),
        ("a\\*b", "axb", false),
        // Anchored at the root, unlike `.gitignore`.
        ("node_modules", "node_modules/x", true),
        ("node_modules", "sub/node_modules/x", false),
        ("*/temp*", "somedir/temporary.txt", true),
        ("*/*/temp*", "somedir/temporary.txt", false),
        // Slashes, dots and blanks are cleaned.
        ("/foo", "foo", true),
        ("//foo//bar/", "foo/bar", true),
        ("./foo", "foo", true),
        ("x/../foo", "foo", true),
        ("/../foo", "foo", true),
        ("../foo", "foo", false),
        ("  foo\t\r", "foo", true),
        ("foo bar", "foo bar", true),
        // These match nothing.
        ("/", "foo", false),
        (".", "foo", false),
        // `*` in a folder's name takes all in it.
        ("*", "dir/file", true),
        ("[a-z]*", "Dir/file", false),
        // A negated class takes the slash, as BuildKit's expression does.
        ("a[^b]c", "a/c", true),
        ("foo*", "foo/bar", true),
        ("f?o", "fóo", true),
        ("f??o", "fóo", false),
        ("f?", "fó", true),
    ] {
        assert_eq!(ignored(pattern, path), wanted, "{pattern} {path}");
    }
}

#[test]
fn order_exceptions_and_parents() {
    for (file, path, wanted) in [
        ("docs\n!docs/README.md", "docs/README.md", false),
        ("docs/\n!docs/README.md", "docs/README.md", false),
        ("docs/*\n!docs/README.md", "docs/README.md", false),
        ("docs\n!docs/README.md", "docs/other.md", true),
        ("*.go\n!a.go", "a.go", false),
        ("!a.go\n*.go", "a.go", true),
        ("**\n!util/docker/web", "util/docker/web/foo", false),
        ("**\n!util/docker/web\nutil/docker/web/foo", "util/docker/web/foo", true),
        ("**\n!dist/*.whl", "dist/a.whl", false),
        ("*\n!src", "src/deep/a", false),
        ("*\n!src", "other/a", true),
        ("*\n!src\nsrc/*.tmp", "src/a.tmp", true),
        ("*\n!**/*.md", "a/b/c.md", false),
        ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true),
        ("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false),
        // An exception for a folder does not reach what is excluded by name inside of it.
        ("a/b\n!a", "a/b", true),
        ("!a\na/b", "a/b", true),
        // An excluded folder is not entered for an exception that names another.
        ("a\n!b/a", "a/x", true),
        // The walk would send it, opening it fails.
        ("a\n!a/b\na", "a/b", true),
        ("! /abs/path\nx", "x", true),
        ("abs\n! /abs/path", "abs/path", false),
        ("a\n!!a", "a", true),
    ] {
        assert_eq!(ignored(file, path), wanted, "{file:?} {path}");
    }
}

#[test]
fn comments_stand_at_the_start_of_a_line() {
    assert!(!ignored("#foo", "#foo"));
    assert!(ignored(" #foo", "#foo"));
    assert!(ignored("\\#foo", "#foo"));
    assert!(!ignored("foo # note", "foo"));
    assert!(ignored("foo # note", "foo # note"));
    assert!(!ignored("\u{feff}# foo\n\n\n", "foo"));
    assert!(ignored("\u{feff}foo\r\nbar\r\n", "foo"));
    assert!(ignored("\u{feff}foo\r\nbar\r\n", "bar"));
}

#[test]
fn the_root_is_never_ignored() {
    assert!(!ignored("**", ""));
}

#[test]
fn folders_with_exceptions() {
    let may = |file: &str, folder: &str| IgnoreRules::parse(file.as_bytes()).unwrap().may_hold_included(folder);
    assert!(may("*\n!src/app", "src"));
    assert!(may("*\n!src/app/**", "src"));
    assert!(!may("*\n!src/app", "sr"));
    assert!(!may("*\n!src/app", "other"));
    assert!(may("*\n!**/*.md", "other"));
    assert!(!may("*", "src"));
}

#[test]
fn what_stops_a_build_is_an_error_with_its_line() {
    let error = |text: &[u8]| IgnoreRules::parse(text).unwrap_err();
    let at = |line, error| IgnoreError::Pattern { line, error };
    assert_eq!(error(b"a\n!\n"), at(2, PatternError::LoneException));
    assert_eq!(error(b"! \n"), at(1, PatternError::LoneException));
    assert_eq!(error(b"!/\n"), at(1, PatternError::LoneException));
    assert_eq!(error(b"a\n\n[b"), at(3, PatternError::Malformed));
    assert_eq!(error(b"\xff\xfea\0"), IgnoreError::NotUtf8);
    assert_eq!(error(&vec![b'a'; 70_000]), IgnoreError::LongLine { line: 1 });
}

#[test]
fn cleans_like_go() {
    for (given, wanted) in [("a//b/./c/", "a/b/c"), ("a/../..", ".."), ("/..", "/"), ("", "."), ("../../a", "../../a")]
    {
        assert_eq!(clean(given), wanted, "{given}");
    }
}
