use std::fs;

use super::*;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for (file, text) in files {
            let path = tree.path(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tree
    }

    /// The same with a `.git` in the root.
    fn repository(files: &[(&str, &str)]) -> Self {
        let tree = Self::new(files);
        fs::create_dir(tree.path(".git")).unwrap();
        tree
    }

    fn path(&self, relative: &str) -> PathBuf {
        if relative.is_empty() { self.0.path().to_owned() } else { self.0.path().join(relative) }
    }

    fn resolve(&self, dockerfile: &str, sources: &[&str]) -> Result<Context, Reason> {
        resolve(&Index::new(&[]), &self.path(dockerfile), sources)
    }
}

fn resolve(index: &Index, dockerfile: &Path, sources: &[&str]) -> Result<Context, Reason> {
    let sources: Vec<String> = sources.iter().map(|&source| source.to_owned()).collect();
    match index.resolve(dockerfile, &sources) {
        Resolution::Known(context) => Ok(context),
        Resolution::Unknown(reason) => Err(reason),
    }
}

#[test]
fn compose_names_the_context() {
    let tree = Tree::repository(&[
        ("compose.yaml", "services: {api: {build: {context: ., dockerfile: api/Dockerfile}}}"),
        ("api/Dockerfile", ""),
        ("api/package.json", ""),
    ]);
    let context = tree.resolve("api/Dockerfile", &["package.json"]).unwrap();
    assert_eq!(context.root, tree.path(""));
    let file = tree.path("compose.yaml");
    assert_eq!(context.source, Source::Compose { file, service: "api".into() });
}

#[test]
fn a_compose_file_below_the_root_counts_too() {
    let tree = Tree::repository(&[("a/compose.yml", "services: {x: {build: ./b}}"), ("a/b/dockerfile", "")]);
    assert_eq!(tree.resolve("a/b/dockerfile", &[]).unwrap().root, tree.path("a/b"));
}

#[test]
fn compose_files_that_disagree_prove_nothing() {
    let tree = Tree::repository(&[
        ("compose.yaml", "services: {api: {build: ./api}, same: {build: api}}"),
        ("docker-compose.ci.yml", "services: {test: {build: {context: ., dockerfile: api/Dockerfile}}}"),
        ("api/Dockerfile", ""),
    ]);
    let contexts = vec![tree.path(""), tree.path("api")];
    assert_eq!(tree.resolve("api/Dockerfile", &[]).unwrap_err(), Reason::ComposeDisagrees { contexts });
}

#[test]
fn a_broken_compose_file_is_a_note() {
    let tree = Tree::repository(&[("compose.yaml", "services: ["), ("Dockerfile", ""), ("a", "")]);
    let index = Index::new(&[]);
    assert_eq!(resolve(&index, &tree.path("Dockerfile"), &["a"]).unwrap().source, Source::SourcesExist);
    let notes = index.notes();
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].path, tree.path("compose.yaml"));
}

#[test]
fn the_one_folder_that_holds_all_sources() {
    let tree = Tree::repository(&[
        ("app/docker/Dockerfile", ""),
        ("app/docker/entry.sh", ""),
        ("app/package.json", ""),
        ("app/src/x.ts", ""),
        ("app/a.csproj", ""),
        ("package.json", ""),
    ]);
    let root = |sources: &[&str]| tree.resolve("app/docker/Dockerfile", sources).map(|context| context.root);
    assert_eq!(root(&["package.json", "src/", "docker/entry.sh"]), Ok(tree.path("app")));
    assert_eq!(root(&["./*.csproj", "."]), Ok(tree.path("app")));
    assert_eq!(root(&["/src/x.ts", "$X", "https://x.org/y"]), Ok(tree.path("app")));
    assert_eq!(root(&["entry.sh", "*"]), Ok(tree.path("app/docker")));
    assert_eq!(root(&["gone"]), Err(Reason::SourcesMissing { root: tree.path("") }));
    assert_eq!(root(&["../src"]), Err(Reason::SourcesMissing { root: tree.path("") }));
    let candidates = vec![tree.path("app"), tree.path("")];
    assert_eq!(root(&["package.json"]), Err(Reason::Ambiguous { candidates }));
}

#[test]
fn a_folder_of_the_same_name_proves_nothing_upward() {
    let tree = Tree::repository(&[
        ("cmd/api/Dockerfile", ""),
        ("cmd/api/main.go", ""),
        ("cmd/api/docker/x", ""),
        ("go.mod", ""),
        ("sub/deep/x", ""),
    ]);
    let root = |sources: &[&str]| tree.resolve("cmd/api/Dockerfile", sources).map(|context| context.root);
    for source in ["api", "./api/", "api/*", "api/**/*"] {
        assert_eq!(root(&[source]), Err(Reason::WeakEvidence { candidate: tree.path("cmd") }), "{source}");
    }
    assert_eq!(root(&["api", "api/main.go"]), Ok(tree.path("cmd")));
    assert_eq!(root(&["cmd/api"]), Ok(tree.path("")));
    assert_eq!(root(&["sub/*", "*.mod"]), Ok(tree.path("")));
    assert_eq!(root(&["docker"]), Ok(tree.path("cmd/api")));
}

#[test]
fn sources_that_fit_everywhere_are_no_evidence() {
    let tree = Tree::repository(&[("Dockerfile", ""), ("api/Dockerfile", "")]);
    for sources in [&[] as &[&str], &["."], &["./"], &["*"], &["./**/*", "/"]] {
        assert_eq!(tree.resolve("Dockerfile", sources).unwrap().source, Source::OnlyFolder, "{sources:?}");
        let candidates = vec![tree.path("api"), tree.path("")];
        assert_eq!(tree.resolve("api/Dockerfile", sources).unwrap_err(), Reason::Ambiguous { candidates });
    }
}

#[test]
fn without_git_the_topmost_walked_folder_is_the_root() {
    let tree = Tree::new(&[("a/b/Dockerfile", ""), ("a/x", ""), ("y", "")]);
    let dockerfile = tree.path("a/b/Dockerfile");
    let walked = Index::new(&[tree.path("a/b"), tree.path("a")]);
    assert_eq!(resolve(&walked, &dockerfile, &["x"]).unwrap().root, tree.path("a"));
    assert!(resolve(&walked, &dockerfile, &["y"]).is_err());
    let alone = Index::new(std::slice::from_ref(&dockerfile));
    assert_eq!(resolve(&alone, &dockerfile, &["."]).unwrap_err(), Reason::NoRepository);
    assert_eq!(resolve(&alone, &dockerfile, &["Dockerfile"]).unwrap().root, tree.path("a/b"));
}

#[test]
fn sources_that_are_ignored_do_not_count() {
    let tree = Tree::repository(&[("a/Dockerfile", ""), ("a/x", ""), ("a/.dockerignore", "x\n"), ("x", "")]);
    assert_eq!(tree.resolve("a/Dockerfile", &["x"]).unwrap().root, tree.path(""));
}

#[test]
fn the_dockerfiles_own_ignore_file_wins() {
    let tree = Tree::repository(&[
        ("Dockerfile", ""),
        ("d/dev.Dockerfile", ""),
        ("d/dev.Dockerfile.dockerignore", "b\n"),
        (".dockerignore", "a\n"),
        ("a", ""),
        ("b", ""),
    ]);
    let plain = tree.resolve("Dockerfile", &[]).unwrap();
    assert!(!plain.exists("a") && plain.exists("b"));
    let own = tree.resolve("d/dev.Dockerfile", &["a"]).unwrap();
    assert!(own.exists("a") && !own.exists("b"));
}

#[test]
fn ignore_files_that_stop_a_build_or_are_unclear_make_it_unknown() {
    let tree = Tree::repository(&[("Dockerfile", ""), (".dockerignore", "[\n")]);
    let path = tree.path(".dockerignore");
    let malformed = IgnoreError::Pattern { line: 1, error: super::super::PatternError::Malformed };
    assert_eq!(tree.resolve("Dockerfile", &[]).unwrap_err(), Reason::IgnoreFile { path, error: malformed });
    fs::write(tree.path("Dockerfile.dockerignore"), "").unwrap();
    let path = tree.path("Dockerfile.dockerignore");
    let error = IgnoreError::EmptyBesideAnother;
    assert_eq!(tree.resolve("Dockerfile", &[]).unwrap_err(), Reason::IgnoreFile { path, error });
}

#[test]
fn an_index_is_shared_between_threads() {
    let tree = Tree::repository(&[("compose.yaml", "services: {a: {build: ./a}}"), ("a/Dockerfile", "")]);
    let index = Index::new(&[]);
    let dockerfile = tree.path("a/Dockerfile");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(resolve(&index, &dockerfile, &[]).unwrap().root, tree.path("a")));
        }
    });
}
