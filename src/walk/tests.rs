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
        let show = |entry: Entry| {
            let path = entry.path().strip_prefix(self.0.path()).unwrap_or(entry.path());
            match &entry {
                Entry::Dockerfile(_) => path.display().to_string(),
                Entry::Skipped { reason, .. } => format!("{}: skipped {reason:?}", path.display()),
                Entry::Failed { error, .. } => format!("{}: failed {error:?}", path.display()),
            }
        };
        walk(options, &|_| false, |entries| entries.map(show).collect())
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
fn a_dot_that_nobody_typed_is_not_shown() {
    let typed = without_dot(Entry::Dockerfile(PathBuf::from("./a/Dockerfile")));
    assert_eq!(typed.path(), Path::new("a/Dockerfile"));
    let root = without_dot(Entry::Failed { path: PathBuf::from("."), error: WalkError::NotFound });
    assert_eq!(root.path(), Path::new("."));
}

/// A step of a sequence that is the same in each run.
fn step(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 40).unwrap()
}

fn paths(entries: &mut dyn Iterator<Item = Entry>) -> Vec<PathBuf> {
    entries.map(|entry| entry.path().to_path_buf()).collect()
}

/// The paths that the walker of `ignore` finds, sorted as a whole.
fn by_ignore(root: &Path, options: &Options) -> Vec<PathBuf> {
    let mut builder = ignore::WalkBuilder::new(root);
    builder.standard_filters(!options.no_ignore).hidden(!options.hidden);
    if !options.no_ignore {
        builder.add_custom_ignore_filename(".dockmodignore");
    }
    let is_left_out = |entry: &ignore::DirEntry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        entry.depth() > 0 && is_folder && LEFT_OUT.iter().any(|name| entry.file_name() == *name)
    };
    builder.filter_entry(move |entry| !is_left_out(entry));
    let files =
        builder.build().map(Result::unwrap).filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let of_interest = files.filter(|entry| skip_of(names::classify(entry.file_name())) != Some(Skip::NotADockerfile));
    let mut paths: Vec<PathBuf> = of_interest.map(ignore::DirEntry::into_path).collect();
    paths.sort();
    paths
}

#[test]
fn the_rules_are_those_of_ripgrep() {
    const FOLDERS: &[&str] =
        &["", "a", "a/b", "a/b/c", "a-b", "a/.h", ".h/x", "B", "vendor", "a/node_modules/y", "z/z/z"];
    const FILES: &[&str] = &["Dockerfile", "x.Dockerfile", "Dockerfile.md", ".Dockerfile", "main.go", "Dockerfile.j2"];
    const RULES: &[&str] =
        &["*\n", "!a\n", "b/\n", "/a/b\n", "Dockerfile*\n", "!.h\n", "!Dockerfile\n", "**/z\n", "*.md\n", "a/*\n", "["];
    const RULE_FILES: &[&str] = &[".gitignore", ".ignore", ".dockmodignore", ".git/info/exclude"];
    let mut state = 11;
    let mut found = 0;
    for round in 0..150 {
        let tree = Tree::new(&["Dockerfile"]);
        for _ in 0..12 {
            let folder = Path::new(FOLDERS[step(&mut state) % FOLDERS.len()]);
            tree.write(folder.join(FILES[step(&mut state) % FILES.len()]).to_str().unwrap(), "");
        }
        for _ in 0..step(&mut state) % 10 {
            let folder = Path::new(FOLDERS[step(&mut state) % FOLDERS.len()]);
            let rules: String = (0..2).map(|_| RULES[step(&mut state) % RULES.len()]).collect();
            tree.write(folder.join(RULE_FILES[step(&mut state) % RULE_FILES.len()]).to_str().unwrap(), &rules);
        }
        let place = tree.path(FOLDERS[step(&mut state) % FOLDERS.len() * (step(&mut state) % 2)]);
        match step(&mut state) % 4 {
            0 => fs::create_dir_all(place.join(".jj")).unwrap(),
            1 if !place.join(".git").exists() => {
                // A worktree, whose repository is elsewhere.
                tree.write("common/info/exclude", RULES[step(&mut state) % RULES.len()]);
                tree.write("common/worktrees/w/commondir", "../..\n");
                fs::create_dir_all(&place).unwrap();
                fs::write(place.join(".git"), format!("gitdir: {}\n", tree.path("common/worktrees/w").display()))
                    .unwrap();
            }
            _ => {}
        }
        for hidden_and_all in 0..4 {
            let (hidden, no_ignore) = (hidden_and_all % 2 == 1, hidden_and_all > 1);
            // A named folder, and below one that has rules of its own.
            let below = FOLDERS[step(&mut state) % FOLDERS.len()];
            for root in ["", below].into_iter().filter(|root| tree.path(root).is_dir()) {
                let options = Options { hidden, no_ignore, ..tree.options(&[root]) };
                let ours: Vec<PathBuf> = walk(&options, &|_| false, |entries| paths(entries));
                assert_eq!(ours, by_ignore(&tree.path(root), &options), "round {round}, {options:?}");
                found += ours.len();
            }
            // Of a file that is named, the same rules say the same.
            let options = Options { hidden, no_ignore, force_exclude: true, ..tree.options(&[""]) };
            if tree.path(".git").exists() {
                let ours: Vec<PathBuf> = walk(&options, &|_| false, |entries| paths(entries));
                for folder in FOLDERS {
                    let file = tree.path(folder).join("Dockerfile");
                    let is_below_another =
                        file.ancestors().skip(1).any(|above| above != tree.path("") && above.join(".git").exists());
                    if file.exists() && !is_below_another {
                        let excluded = Exclusion::new(&options).of(&file) == Some(Skip::Excluded);
                        assert_eq!(excluded, !ours.contains(&file), "round {round}, {options:?}, {}", file.display());
                    }
                }
            }
        }
    }
    assert!(found > 2000, "only {found} files were found");
}

#[test]
fn folders_apart_are_one_list_and_those_within_others_as_well() {
    let tree = Tree::new(&["a/Dockerfile", "a/b/Dockerfile", "c/Dockerfile", "c/d/Dockerfile", "a-b/Dockerfile"]);
    let all = ["a/Dockerfile", "a/b/Dockerfile", "a-b/Dockerfile", "c/Dockerfile", "c/d/Dockerfile"];
    assert_eq!(tree.walk(&tree.options(&["c", "a-b", "a"])), all);
    assert_eq!(tree.walk(&tree.options(&["c", "a-b", "c/d", "a", ""])), all);
    // As they are written, `a/../c` is in `a`; as it is meant, it is not.
    assert_eq!(
        tree.walk(&tree.options(&["a/../c", "a"])),
        ["a/../c/Dockerfile", "a/../c/d/Dockerfile", "a/Dockerfile", "a/b/Dockerfile"]
    );
}

#[test]
fn more_than_is_read_ahead_is_in_order_and_need_not_be_taken() {
    let tree = Tree::new(&[]);
    for folder in 0..60 {
        for file in 0..100 {
            tree.write(&format!("{folder}/{}/{file}.Dockerfile", folder % 7), "");
        }
    }
    let options = tree.options(&[""]);
    let all: Vec<PathBuf> = walk(&options, &|_| false, |entries| paths(entries));
    assert_eq!(all.len(), 6000);
    assert!(all.is_sorted());
    let first = walk(&options, &|_| false, |entries| paths(&mut entries.take(1)));
    assert_eq!(first, all[..1]);
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
        let entries: Vec<_> = walk(&tree.options(&[""]), &|_| false, |entries| entries.collect());
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].path(), tree.0.path().join(name));
    }
}
