//! Runs with a cache tell what runs without one tell, whatever changes between them.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic and touches files"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Dockerfiles whose outcome rests on what stands beside them.
const DOCKERFILES: &[&str] = &[
    "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD [\"node\", \"server.js\"]\n",
    "FROM node:20\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm install\nCOPY src src\nUSER node\n",
    "FROM debian:12\nCOPY run.sh /run.sh\nRUN apt-get update && apt-get install -y curl\nENTRYPOINT [\"/run.sh\"]\n",
    "FROM python:3.12\nADD requirements.txt /\nRUN pip install -r /requirements.txt\nADD src /src\n",
    "FROM python:3.12\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n",
    "FROM alpine:3.20\nADD run.sh /usr/local/bin/\nRUN chmod +x /usr/local/bin/run.sh\nRUN apk add curl\n",
    "FROM debian:12\nADD *.json /etc/app/\nMAINTAINER x\nENV a b\n",
    "FROM debian:12\nRUNN ls\n",
];

/// What stands beside them, in some of the forms that it takes over time.
const BESIDE: &[(&str, &[&str])] = &[
    (".dockerignore", &["node_modules\n.git\n", "*\n!src\n", "[\n", ""]),
    ("package.json", &["{\"name\": \"a\"}", "{\"name\": \"a\", \"scripts\": {\"postinstall\": \"node src/x\"}}"]),
    ("package-lock.json", &["{\"lockfileVersion\": 3, \"packages\": {}}", "{"]),
    (".npmrc", &["cache=/opt\n", "registry=https://r.example\n"]),
    ("run.sh", &["#!/bin/sh\nexec sleep 1\n", "#!/bin/sh\napt-get install -y vim\n"]),
    ("requirements.txt", &["flask==3.0\n", "-e .\n"]),
    ("src/x.js", &["1\n"]),
    ("compose.yaml", &["services: {a: {build: .}}\n", "services: {a: {build: ..}}\n", "services: [\n"]),
    (".git/HEAD", &["ref: refs/heads/main\n"]),
    ("1.Dockerfile.dockerignore", &["src\n"]),
    ("dockmod.yaml", &["unsafe: true\n", "ignore: [add-to-copy]\n"]),
];

struct Repository {
    root: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { root: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        for folder in repository.folders() {
            fs::create_dir_all(&folder).unwrap();
            for (number, text) in DOCKERFILES.iter().enumerate() {
                fs::write(folder.join(format!("{number}.Dockerfile")), text).unwrap();
            }
        }
        repository
    }

    /// Folders with Dockerfiles in each, some of them above others.
    fn folders(&self) -> Vec<PathBuf> {
        ["a", "b", "c", "c/d", "e"].map(|folder| self.root.path().join(folder)).to_vec()
    }

    /// The texts of all Dockerfiles.
    fn texts(&self) -> Vec<Vec<u8>> {
        let files = self
            .folders()
            .into_iter()
            .flat_map(|folder| (0..DOCKERFILES.len()).map(move |number| folder.join(format!("{number}.Dockerfile"))));
        files.map(|file| fs::read(file).unwrap()).collect()
    }

    fn run(&self, arguments: &[&str]) -> (String, String, Option<i32>) {
        let output = Command::new(env!("CARGO_BIN_EXE_dockmod"))
            .args(arguments)
            .arg(".")
            .current_dir(self.root.path())
            .env("DOCKMOD_CACHE_DIR", self.cache.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr), output.status.code())
    }

    /// What both runs tell, which must be the same.
    fn told(&self, arguments: &[&str]) -> (String, String, Option<i32>) {
        let with = self.run(arguments);
        let without = self.run(&[arguments, &["--no-cache"]].concat());
        assert_eq!(with, without, "with a cache, and without one: {arguments:?}");
        with
    }

    fn stored(&self) -> Vec<(PathBuf, SystemTime)> {
        let files = fs::read_dir(self.cache.path()).unwrap().flatten();
        let mut files: Vec<_> = files.map(|file| (file.path(), file.metadata().unwrap().modified().unwrap())).collect();
        files.sort();
        files
    }
}

/// A step of a sequence that is the same in each run.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 40).unwrap()
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn whatever_changes_a_run_with_a_cache_tells_the_same() {
    let mut state = 7;
    for first in 0..BESIDE.len() {
        // A few kinds of files at a time, so that one does not hide what another does.
        let kinds: Vec<_> = (0..3).map(|further| BESIDE[(first + further * 4) % BESIDE.len()]).collect();
        let repository = Repository::new();
        let folders = repository.folders();
        for folder in folders.iter().step_by(2) {
            for (name, forms) in &kinds {
                put(&folder.join(name), forms[0]);
            }
        }
        let mut told = vec![repository.told(&["--check"])];
        for step in 0..16 {
            let folder = &folders[next(&mut state) % folders.len()];
            let (name, forms) = kinds[next(&mut state) % kinds.len()];
            let path = folder.join(name);
            match next(&mut state) % 8 {
                0 | 1 if path.exists() => fs::remove_file(&path).unwrap(),
                2 => put(&folder.join("0.Dockerfile"), DOCKERFILES[next(&mut state) % DOCKERFILES.len()]),
                _ => put(&path, forms[next(&mut state) % forms.len()]),
            }
            told.push(repository.told(if step % 4 == 0 { &[] } else { &["--check"] }));
        }
        told.sort();
        told.dedup();
        assert!(told.len() > 2, "{kinds:?} change nothing of what is told");
    }
}

#[test]
fn what_nothing_changed_of_is_not_worked_out_again() {
    let repository = Repository::new();
    let first = repository.run(&["--check"]);
    let stored = repository.stored();
    assert_eq!(stored.len(), 1);
    assert_eq!(repository.run(&["--check"]), first);
    assert_eq!(repository.stored(), stored, "all of it was known, so nothing was written");

    // Other settings are other runs.
    repository.run(&["--check", "--unsafe"]);
    assert_eq!(repository.stored().len(), 2);
    // What is told in words is worked out each time.
    for arguments in [["-v"], ["--statistics"], ["--unused-suppressions"]] {
        repository.told(&arguments);
    }
    assert_eq!(repository.stored().len(), 2);
}

#[test]
fn applying_after_a_check_writes_what_it_would_write_without_it() {
    let (with, without) = (Repository::new(), Repository::new());
    with.run(&["--check"]);
    assert_eq!(with.run(&["--apply"]), without.run(&["--apply", "--no-cache"]));
    assert_eq!(with.texts(), without.texts());
    assert_eq!(with.told(&["--check"]).2, Some(2), "one of them is no Dockerfile that builds");
}

#[test]
fn a_cache_that_cannot_be_written_is_none() {
    let repository = Repository::new();
    let told = repository.run(&["--check", "--no-cache"]);
    let file = repository.root.path().join("a file");
    fs::write(&file, "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dockmod"))
        .args(["--check", "."])
        .current_dir(repository.root.path())
        .env("DOCKMOD_CACHE_DIR", &file)
        .output()
        .unwrap();
    assert_eq!((String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code()), (told.1, told.2));
}

#[test]
fn few_files_need_no_cache() {
    let repository = Repository::new();
    let output = Command::new(env!("CARGO_BIN_EXE_dockmod"))
        .args(["--check", "c/d"])
        .current_dir(repository.root.path())
        .env("DOCKMOD_CACHE_DIR", repository.cache.path())
        .output()
        .unwrap();
    assert!(output.status.code().is_some());
    assert!(repository.stored().is_empty());
}

#[test]
fn files_that_come_and_go_in_a_large_tree_change_nothing_of_what_is_told() {
    let repository = Repository::new();
    let file = |number: usize| repository.root.path().join(format!("{}/{number}/Dockerfile", number % 7));
    let texts = ["FROM debian:12\nMAINTAINER x\n", "FROM debian:12\nENV a b\n", "FROM debian:12\n"];
    for number in 0..1500 {
        put(&file(number), texts[number % 2]);
    }
    let mut told = vec![repository.told(&["--check"])];
    let stored = repository.stored();
    told.push(repository.told(&["--check"]));
    assert_eq!((&told[1], repository.stored()), (&told[0], stored), "all of it was known, so nothing was written");
    // In the first, a middle and the last part of the tree.
    for (number, text) in [(7, texts[2]), (1502, texts[0]), (745, texts[2]), (6, texts[1]), (1399, texts[2])] {
        put(&file(number), text);
        told.push(repository.told(&["--check"]));
        fs::remove_file(file(number)).unwrap();
        told.push(repository.told(&["--check"]));
    }
    told.dedup();
    assert!(told.len() > 8, "the changes change nothing of what is told");
}
