use std::sync::Mutex;

use super::*;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[&str]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for file in files {
            tree.write(file, "");
        }
        tree
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    fn options(&self, paths: &[&str]) -> Options {
        Options { paths: paths.iter().map(|path| self.path(path)).collect(), ..Options::default() }
    }

    /// The result as lines: `path`, `path: skipped …` or `path: failed …`.
    fn walk(&self, options: &Options) -> Vec<String> {
        let show = |entry: &Entry| {
            let path = entry.path().strip_prefix(self.0.path()).unwrap_or(entry.path());
            match entry {
                Entry::Dockerfile(_) => path.display().to_string(),
                Entry::Skipped { reason, .. } => format!("{}: skipped {reason:?}", path.display()),
                Entry::Failed { error, .. } => format!("{}: failed {error:?}", path.display()),
            }
        };
        walk(options, &|_| false, &|_| ()).iter().map(show).collect()
    }
}

#[test]
fn order_is_by_component_and_skips_have_reasons() {
    let tree = Tree::new(&[
        "a-b/Dockerfile",
        "a/z/Dockerfile",
        "a/Dockerfile",
        "a/Dockerfile.md",
        "a/main.go",
        "a/Dockerfile.dockerignore",
        "a/Dockerfile.j2",
        "a/Dockerfile~",
        "B/x.Dockerfile",
    ]);
    assert_eq!(
        tree.walk(&tree.options(&[""])),
        [
            "B/x.Dockerfile",
            "a/Dockerfile",
            "a/Dockerfile.j2: skipped Template",
            "a/Dockerfile.md: skipped Document",
            "a/Dockerfile~: skipped Backup",
            "a/z/Dockerfile",
            "a-b/Dockerfile",
        ]
    );
}

#[test]
fn other_peoples_and_hidden_folders_are_left_out_unless_named() {
    let tree = Tree::new(&[
        "Dockerfile",
        ".hidden/Dockerfile",
        "vendor/Dockerfile",
        "node_modules/x/Dockerfile",
        ".git/Dockerfile",
    ]);
    assert_eq!(tree.walk(&tree.options(&[""])), ["Dockerfile"]);
    let hidden = Options { hidden: true, ..tree.options(&[""]) };
    assert_eq!(tree.walk(&hidden), [".hidden/Dockerfile", "Dockerfile"]);
    let named = tree.options(&["vendor", ".hidden", "node_modules"]);
    assert_eq!(tree.walk(&named), [".hidden/Dockerfile", "node_modules/x/Dockerfile", "vendor/Dockerfile"]);
}

#[test]
fn ignore_files_count() {
    let tree = Tree::new(&["a/Dockerfile", "b/Dockerfile", "c/Dockerfile", "c/Dockerfile.keep", "d/Dockerfile"]);
    tree.write(".gitignore", "a/\n");
    tree.write(".ignore", "b/\n");
    tree.write(".dockmodignore", "c/*\n!c/Dockerfile.keep\n");
    let options = tree.options(&[""]);
    // Outside of a git repository `.gitignore` means nothing.
    assert_eq!(tree.walk(&options), ["a/Dockerfile", "c/Dockerfile.keep", "d/Dockerfile"]);
    fs::create_dir(tree.path(".git")).unwrap();
    assert_eq!(tree.walk(&options), ["c/Dockerfile.keep", "d/Dockerfile"]);
    let all = Options { no_ignore: true, ..options };
    assert_eq!(tree.walk(&all), ["a/Dockerfile", "b/Dockerfile", "c/Dockerfile", "c/Dockerfile.keep", "d/Dockerfile"]);
    // Named on the command line: taken.
    assert_eq!(tree.walk(&tree.options(&["a", "b/Dockerfile"])), ["a/Dockerfile", "b/Dockerfile"]);
}

#[test]
fn a_named_file_is_taken_whatever_its_name() {
    let tree = Tree::new(&["Dockerfile.j2", "build.txt", "vendor/Dockerfile"]);
    let options = tree.options(&["", "Dockerfile.j2", "build.txt", "vendor/Dockerfile"]);
    assert_eq!(tree.walk(&options), ["Dockerfile.j2", "build.txt", "vendor/Dockerfile"]);
}

#[test]
fn force_exclude_applies_the_rules_to_named_files() {
    let tree = Tree::new(&[
        "Dockerfile",
        "Dockerfile.j2",
        "build.txt",
        "out/Dockerfile",
        "vendor/x/Dockerfile",
        ".ci/Dockerfile",
        "deep/Dockerfile",
    ]);
    fs::create_dir(tree.path(".git")).unwrap();
    tree.write(".gitignore", "out/\n");
    tree.write("deep/.dockmodignore", "Dockerfile\n");
    let paths = [
        "Dockerfile",
        "Dockerfile.j2",
        "build.txt",
        "out/Dockerfile",
        "vendor/x/Dockerfile",
        ".ci/Dockerfile",
        "deep/Dockerfile",
    ];
    let options = Options { force_exclude: true, ..tree.options(&paths) };
    assert_eq!(
        tree.walk(&options),
        [
            ".ci/Dockerfile: skipped Excluded",
            "Dockerfile",
            "Dockerfile.j2: skipped Template",
            "build.txt: skipped NotADockerfile",
            "deep/Dockerfile: skipped Excluded",
            "out/Dockerfile: skipped Excluded",
            "vendor/x/Dockerfile: skipped Excluded",
        ]
    );
    let unignored = Options { no_ignore: true, hidden: true, ..options };
    let taken: Vec<_> = tree.walk(&unignored).into_iter().filter(|line| !line.contains(':')).collect();
    assert_eq!(taken, [".ci/Dockerfile", "Dockerfile", "deep/Dockerfile", "out/Dockerfile"]);
}

#[test]
fn overlapping_paths_give_each_file_once() {
    let tree = Tree::new(&["a/Dockerfile", "a/b/Dockerfile"]);
    let options = tree.options(&["a", "", "a/b/../b", "a/Dockerfile", "a/Dockerfile"]);
    assert_eq!(tree.walk(&options), ["a/Dockerfile", "a/b/Dockerfile"]);
}

#[test]
fn what_does_not_exist_is_a_failure_that_says_what_to_do() {
    let tree = Tree::new(&["Dockerfile"]);
    let options = tree.options(&["", "gone/Dockerfile"]);
    assert_eq!(tree.walk(&options), ["Dockerfile", "gone/Dockerfile: failed NotFound"]);
    assert!(WalkError::NotFound.to_string().contains("check the spelling"));
}

#[test]
fn failures_keep_their_path_and_kind() {
    let denied = ignore::Error::WithDepth {
        depth: 1,
        err: Box::new(ignore::Error::WithPath {
            path: PathBuf::from("secret"),
            err: Box::new(ignore::Error::Io(io::ErrorKind::PermissionDenied.into())),
        }),
    };
    let Entry::Failed { path, error } = failure(denied) else { panic!("not a failure") };
    assert_eq!(path, Path::new("secret"));
    assert!(matches!(error, WalkError::PermissionDenied));
}

#[test]
fn progress_counts_every_dockerfile_once() {
    let tree = Tree::new(&["a/Dockerfile", "b/Dockerfile", "c/Dockerfile", "c/Dockerfile.md"]);
    let seen = Mutex::new(Vec::new());
    walk(&tree.options(&["a", "b", "c", "c/Dockerfile"]), &|_| false, &|n| seen.lock().unwrap().push(n));
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    // The named file is counted when named and when walked: progress, not a result.
    assert_eq!(seen, [1, 2, 3, 4]);
}

#[test]
fn a_dot_that_nobody_typed_is_not_shown() {
    let mut typed = Entry::Dockerfile(PathBuf::from("./a/Dockerfile"));
    strip_dot(&mut typed);
    assert_eq!(typed.path(), Path::new("a/Dockerfile"));
    let mut root = Entry::Failed { path: PathBuf::from("."), error: WalkError::NotFound };
    strip_dot(&mut root);
    assert_eq!(root.path(), Path::new("."));
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_only_if_named() {
        let tree = Tree::new(&["real/Dockerfile"]);
        symlink(tree.path(""), tree.path("real/loop")).unwrap();
        symlink(tree.path("real"), tree.path("folder")).unwrap();
        symlink(tree.path("real/Dockerfile"), tree.path("Dockerfile")).unwrap();
        symlink("gone", tree.path("broken")).unwrap();
        assert_eq!(tree.walk(&tree.options(&[""])), ["real/Dockerfile"]);
        assert_eq!(
            tree.walk(&tree.options(&["folder", "Dockerfile", "broken"])),
            ["Dockerfile", "broken: failed BrokenLink", "folder/Dockerfile"]
        );
    }

    #[test]
    fn names_need_not_be_utf8() {
        let tree = Tree::new(&[]);
        let name = OsStr::from_bytes(b"Dockerfile.\xff");
        fs::write(tree.0.path().join(name), "").unwrap();
        let entries = walk(&tree.options(&[""]), &|_| false, &|_| ());
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].path(), tree.0.path().join(name));
    }
}
