use std::fs;
use std::sync::Arc;

use super::super::Source;
use super::*;

struct Tree {
    temporary: tempfile::TempDir,
}

impl Tree {
    fn new(files: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        for file in files {
            let path = temporary.path().join("ctx").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        Self { temporary }
    }

    fn context(&self, ignore: &str) -> Context {
        Context {
            root: self.temporary.path().join("ctx"),
            source: Source::SourcesExist,
            targets: Vec::new(),
            ignore: Arc::new(IgnoreRules::parse(ignore.as_bytes()).unwrap()),
        }
    }
}

fn names(context: &Context, rel: &str) -> Vec<String> {
    context.list(rel).unwrap().into_iter().map(|entry| entry.name).collect()
}

#[test]
fn existence_honours_the_ignore_file() {
    let tree = Tree::new(&["a/b/c.txt", "a/d.txt", "e.txt"]);
    let context = tree.context("a/b\n");
    assert!(context.exists("a/d.txt") && context.exists("./a//d.txt") && context.exists("a/x/../d.txt"));
    assert!(context.exists(".") && context.exists("") && context.exists("a/"));
    assert!(!context.exists("a/b/c.txt") && !context.exists("a/b") && !context.exists("gone"));
    assert!(context.on_disk("a/b/c.txt") && !context.on_disk("gone"));
    assert!(context.is_ignored("a/b/c.txt") && context.is_ignored("a/b/gone") && !context.is_ignored("gone"));
}

#[test]
fn nothing_outside_of_the_root_is_seen() {
    let tree = Tree::new(&["a.txt"]);
    fs::write(tree.temporary.path().join("secret"), "s").unwrap();
    let context = tree.context("");
    let absolute = tree.temporary.path().join("ctx/a.txt");
    for rel in ["../secret", "x/../../secret", "..", absolute.to_str().unwrap(), "a\0.txt", "a.txt/x"] {
        assert!(!context.exists(rel) && !context.on_disk(rel) && context.read(rel).is_none(), "{rel}");
        assert!(context.glob(rel).is_empty() && context.list(rel).is_none(), "{rel}");
    }
    assert!(context.is_ignored("../secret"));
    assert_eq!(context.read("a.txt").unwrap(), b"a.txt");
}

#[test]
fn an_ignored_folder_with_an_exception_is_there() {
    let tree = Tree::new(&["src/app/main.rs", "src/other.rs", "docs/a.md", "target/x"]);
    let context = tree.context("*\n!src/app\n");
    assert_eq!(names(&context, "."), ["src"]);
    assert_eq!(names(&context, "src"), ["app"]);
    assert_eq!(names(&context, "src/app"), ["main.rs"]);
    assert!(context.exists("src") && context.is_ignored("src"));
    assert!(!context.exists("docs") && context.list("docs").is_none() && context.read("src/other.rs").is_none());
    let deep = tree.context("*\n!**/*.md\n");
    assert_eq!(names(&deep, ""), ["docs"]);
}

#[test]
fn large_files_and_folders_are_not_read() {
    let tree = Tree::new(&["a/b"]);
    let context = tree.context("");
    let big = context.root.join("big");
    fs::write(&big, vec![0; 4 * 1024 * 1024]).unwrap();
    assert_eq!(context.read("big").unwrap().len(), 4 * 1024 * 1024);
    fs::write(&big, vec![0; 4 * 1024 * 1024 + 1]).unwrap();
    assert!(context.read("big").is_none() && context.read("a").is_none());
}

#[test]
fn globs() {
    let tree = Tree::new(&["a.csproj", "b.csproj", "src/c.csproj", "src/x/d.csproj", "src/x/[y]", ".hidden"]);
    let context = tree.context("b.*\n");
    for (pattern, wanted) in [
        ("*.csproj", vec!["a.csproj"]),
        ("./*.csproj", vec!["a.csproj"]),
        ("*/*.csproj", vec!["src/c.csproj"]),
        ("src/?", vec!["src/x"]),
        ("*", vec![".hidden", "a.csproj", "src"]),
        ("**/*.csproj", vec!["a.csproj", "src/c.csproj", "src/x/d.csproj"]),
        ("src/**/d.csproj", vec!["src/x/d.csproj"]),
        ("src/x/[[]y]", vec!["src/x/[y]"]),
        ("src/x/\\[y\\]", vec!["src/x/[y]"]),
        ("src", vec!["src"]),
        (".", vec!["."]),
        ("[ab].csproj", vec!["a.csproj"]),
        ("*/gone", vec![]),
        ("[", vec![]),
    ] {
        assert_eq!(context.glob(pattern), wanted, "{pattern}");
    }
}

#[cfg(unix)]
#[test]
fn the_root_may_be_a_link() {
    let tree = Tree::new(&["a/b"]);
    let mut context = tree.context("");
    let link = tree.temporary.path().join("link");
    std::os::unix::fs::symlink(&context.root, &link).unwrap();
    context.root = link;
    assert_eq!(names(&context, "."), ["a"]);
    assert_eq!(context.read("a/b").unwrap(), b"a/b");
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_of_the_root_only() {
    use std::os::unix::fs::symlink;
    let tree = Tree::new(&["real/a.txt", "real/b.txt", "sub/x"]);
    let context = tree.context("real/b.txt\nhidden-link\n");
    fs::write(tree.temporary.path().join("secret"), "s").unwrap();
    let link = |target: &str, name: &str| symlink(target, context.root.join(name)).unwrap();
    link("real", "folder");
    link("../real/a.txt", "sub/up");
    link("../../secret", "sub/out");
    link("real/b.txt", "to-ignored");
    link("real/a.txt", "hidden-link");
    link("loop", "loop");
    link(context.root.join("real/a.txt").to_str().unwrap(), "absolute");
    link("gone", "broken");
    assert_eq!(context.read("folder/a.txt").unwrap(), b"real/a.txt");
    assert_eq!(context.read("sub/up").unwrap(), b"real/a.txt");
    for rel in ["sub/out", "to-ignored", "hidden-link", "loop", "absolute", "broken", "folder/b.txt"] {
        assert!(context.read(rel).is_none() && !context.exists(rel), "{rel}");
    }
    assert!(context.on_disk("to-ignored") && !context.on_disk("sub/out") && !context.on_disk("absolute"));
    let entry = context.list(".").unwrap().into_iter().find(|entry| entry.name == "folder").unwrap();
    assert!(entry.is_symlink && !entry.is_dir);
    assert_eq!(context.glob("*/a.txt"), ["real/a.txt"]);
    assert_eq!(context.glob("folder/*.txt"), ["folder/a.txt"]);
}
