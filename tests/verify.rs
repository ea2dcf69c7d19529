//! Real builds before and after: needs an engine, see `tests/verify/README.md`.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dockmod::edit::Offers;
use dockmod::transforms;
use serde_json::Value;

/// One test at a time: another one's images would be found left behind, and its builds would take the processor
/// from those whose time is limited.
static ENGINE: Mutex<()> = Mutex::new(());

fn engine() -> MutexGuard<'static, ()> {
    ENGINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line of `expected`: the kind of a difference and how its place begins.
struct Expected(String, String);

fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify").join(kind);
    let mut found: Vec<PathBuf> = fs::read_dir(folder).expect("cases").map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty(), "no cases of {kind}");
    found
}

/// The first line of `expected`, and the differences below it.
fn expected(case: &Path) -> (String, Vec<Expected>) {
    let text = fs::read_to_string(case.join("expected")).expect("expected");
    let mut lines = text.lines();
    let first = lines.next().expect("a first line").to_owned();
    let line = |line: &str| {
        let (kind, place) = line.split_once(' ').unwrap_or_else(|| panic!("{}: {line}", case.display()));
        Expected(kind.to_owned(), place.to_owned())
    };
    (first, lines.map(line).collect())
}

/// A copy of a case that is a repository of its own, so that its context is known.
fn copy(case: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(case).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).expect("a link");
        } else if entry.file_name() != "expected" {
            fs::copy(entry.path(), target).expect("a file");
        }
    }
}

fn verify(folder: &Path, words: &[&str]) -> (Output, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_dockmod"))
        .args(["verify", "--network", "host", "--format", "json"])
        .args(words)
        .arg(".")
        .current_dir(folder)
        .output()
        .expect("dockmod");
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output, report)
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("no {key} in {value}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

fn fits(difference: &Value, expected: &Expected) -> bool {
    text(difference, "kind") == expected.0 && text(difference, "place").starts_with(&expected.1)
}

fn leaves_nothing_behind() {
    let listed = Command::new("docker").args(["image", "ls", "--format", "{{.Repository}}"]).output().expect("docker");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(!listed.contains("dockmod-verify"), "images are left behind:\n{listed}");
}

#[test]
#[ignore = "needs DOCKMOD_ENGINE, which `tests/engine/start` makes"]
fn safe_fixes_keep_the_image() {
    let _alone = engine();
    let folder = tempfile::tempdir().expect("a folder");
    for case in cases("same") {
        let to = folder.path().join(case.file_name().unwrap());
        copy(&case, &to);
        fs::create_dir(to.join(".git")).expect("a folder");
    }
    let (output, report) = verify(folder.path(), &["--no-rebuild", "--jobs", "2"]);
    let mut wrong = String::new();
    let mut used = BTreeSet::new();
    for file in list(&report, "files") {
        if text(file, "verdict") != "same" {
            let _ = writeln!(wrong, "{file:#}");
        }
        used.extend(list(file, "fixes").iter().map(|fix| text(fix, "transform").to_owned()));
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let built = list(&report, "files").len();
    println!("{built} builds, all the same: {}", report["totals"]);
    assert!(built >= 40, "only {built} Dockerfiles changed and were built");
    assert_eq!(built, cases("same").len(), "a case has nothing to fix");
    let unused: Vec<&str> = transforms::ALL
        .iter()
        .filter(|transform| matches!(transform.offers, Offers::Safe | Offers::SafeOrUnsafe) && !transform.opt_in)
        .map(|transform| transform.id)
        .filter(|id| !used.contains(*id))
        .collect();
    assert!(unused.is_empty(), "no case uses {unused:?}");
    leaves_nothing_behind();
}

#[test]
#[ignore = "needs DOCKMOD_ENGINE, which `tests/engine/start` makes"]
fn unsafe_fixes_change_what_they_claim_and_nothing_else() {
    let _alone = engine();
    let mut used = BTreeSet::new();
    for case in cases("unsafe") {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&case, folder.path());
        fs::create_dir(folder.path().join(".git")).expect("a folder");
        let (id, claims) = expected(&case);
        let (output, report) = verify(folder.path(), &["--no-rebuild", "--select", &id]);
        let name = case.display();
        let [file] = list(&report, "files").as_slice() else {
            panic!("{name}: {}", String::from_utf8_lossy(&output.stderr))
        };
        assert_eq!(text(file, "verdict"), "same", "{name}: {file:#}");
        let is_unsafe = |fix: &&Value| text(fix, "safety") == "unsafe";
        used.extend(list(file, "fixes").iter().filter(is_unsafe).map(|fix| text(fix, "transform").to_owned()));
        for difference in list(file, "explained") {
            assert!(claims.iter().any(|claim| fits(difference, claim)), "{name}: {difference:#}");
        }
        for claim in &claims {
            let found = list(file, "explained").iter().any(|difference| fits(difference, claim));
            assert!(found, "{name}: nothing is {} {}: {file:#}", claim.0, claim.1);
        }
    }
    let unused: Vec<&str> = transforms::ALL
        .iter()
        .filter(|transform| matches!(transform.offers, Offers::Unsafe))
        .map(|transform| transform.id)
        .filter(|id| !used.contains(*id))
        .collect();
    assert!(unused.is_empty(), "no case uses {unused:?}");
    leaves_nothing_behind();
}

#[test]
#[ignore = "needs DOCKMOD_ENGINE, which `tests/engine/start` makes"]
fn wrong_rewrites_are_caught() {
    let _alone = engine();
    let cases = cases("wrong");
    assert!(cases.len() >= 10, "only {} wrong rewrites", cases.len());
    for case in cases {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&case, folder.path());
        let after = folder.path().join("after.Dockerfile");
        let text_after = fs::read(&after).expect("after.Dockerfile");
        fs::remove_file(after).expect("a file");
        commit(folder.path());
        fs::write(folder.path().join("Dockerfile"), text_after).expect("a file");
        let (verdict, differences) = expected(&case);
        let (output, report) = verify(folder.path(), &["--no-rebuild", "--rev", "HEAD"]);
        let name = case.display();
        let [file] = list(&report, "files").as_slice() else {
            panic!("{name}: {}", String::from_utf8_lossy(&output.stderr))
        };
        assert_eq!(text(file, "verdict"), verdict, "{name}: {file:#}");
        assert_eq!(output.status.code(), Some(1), "{name}");
        for expected in &differences {
            let found = list(file, "differences").iter().any(|difference| fits(difference, expected));
            assert!(found, "{name}: nothing is {} {}: {file:#}", expected.0, expected.1);
        }
    }
    leaves_nothing_behind();
}

fn commit(folder: &Path) {
    for words in [
        &["init", "--quiet"] as &[&str],
        &["add", "--all"],
        &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "before"],
    ] {
        let status = Command::new("git").arg("-C").arg(folder).args(words).status().expect("git");
        assert!(status.success(), "git {words:?}");
    }
}

/// A folder with one Dockerfile that has something to fix.
fn one(dockerfile: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(".git")).expect("a folder");
    fs::write(folder.path().join("Dockerfile"), dockerfile).expect("a file");
    folder
}

#[test]
#[ignore = "needs DOCKMOD_ENGINE, which `tests/engine/start` makes"]
fn what_does_not_build_is_named_and_not_counted() {
    let _alone = engine();
    let folder = one("FROM debian:bookworm\nENV A b\nRUN echo reason; exit 3\n");
    let (output, report) = verify(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0));
    let file = &list(&report, "files")[0];
    assert_eq!(text(file, "verdict"), "not-built");
    assert!(text(file, "log").contains("exit code: 3"), "{file:#}");
    assert_eq!(report["totals"]["not_built"], 1);
}

#[test]
#[ignore = "needs DOCKMOD_ENGINE, which `tests/engine/start` makes"]
fn a_build_that_takes_too_long_is_ended() {
    let _alone = engine();
    let folder = one("FROM debian:bookworm\nENV A b\nRUN sleep 300\n");
    let (_, report) = verify(folder.path(), &["--timeout", "5"]);
    let file = &list(&report, "files")[0];
    assert_eq!(text(file, "verdict"), "not-built");
    assert!(text(file, "log").contains("ended after 5 s"), "{file:#}");
}

#[test]
#[ignore = "needs DOCKMOD_ENGINE, which `tests/engine/start` makes"]
fn bisecting_names_the_fix_that_changed_the_image() {
    let _alone = engine();
    let folder = one(
        "FROM debian:bookworm\nENV A b\nENV B c\nADD data /srv/data/\nRUN true\nRUN true\nLABEL a b\nEXPOSE 80/TCP\n",
    );
    // Under its name it could be a plain file; what it is, only the build shows.
    fs::create_dir(folder.path().join("tree")).expect("a folder");
    fs::write(folder.path().join("tree/file"), "text").expect("a file");
    let packed = Command::new("tar").args(["-cf", "data", "-C", "tree", "file"]).current_dir(folder.path()).status();
    assert!(packed.expect("tar").success());
    let context = folder.path().to_str().expect("a path");
    let (output, report) = verify(folder.path(), &["--unsafe", "--bisect", "--context", context]);
    assert_eq!(output.status.code(), Some(1), "{report:#}");
    let file = &list(&report, "files")[0];
    assert_eq!(text(file, "verdict"), "different", "{file:#}");
    assert_eq!(text(&file["culprit"], "transform"), "add-to-copy", "{file:#}");
    leaves_nothing_behind();
}

#[test]
#[ignore = "needs DOCKMOD_ENGINE, which `tests/engine/start` makes"]
fn a_rebuild_after_a_change_is_measured() {
    let _alone = engine();
    let folder = one("FROM debian:bookworm\nENV A b\nCOPY src /srv\nRUN cat /srv/main.py\n");
    fs::create_dir(folder.path().join("src")).expect("a folder");
    fs::write(folder.path().join("src/main.py"), "print(1)\n").expect("a file");
    let (_, report) = verify(folder.path(), &[]);
    let file = &list(&report, "files")[0];
    assert_eq!(text(file, "touched"), "src/main.py");
    assert!(file["before"]["rebuild_seconds"].is_f64() && file["after"]["rebuild_seconds"].is_f64(), "{file:#}");
    assert_eq!(fs::read_to_string(folder.path().join("src/main.py")).expect("a file"), "print(1)\n");
}

#[test]
#[ignore = "needs DOCKMOD_ENGINE, which `tests/engine/start` makes"]
fn an_interrupt_leaves_nothing_behind() {
    let _alone = engine();
    let folder = one("FROM debian:bookworm\nENV A b\nRUN echo begun\nRUN sleep 300 # interrupted\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_dockmod"))
        .args(["verify", "--network", "host", "."])
        .current_dir(folder.path())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("dockmod");
    std::thread::sleep(std::time::Duration::from_secs(8));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success(), "it ended before");
    let asked = std::time::Instant::now();
    let status = child.wait().expect("its end");
    assert!(asked.elapsed() < std::time::Duration::from_mins(2), "it took {:?} to end", asked.elapsed());
    assert_eq!(status.code(), Some(2));
    leaves_nothing_behind();
    let processes = Command::new("ps").args(["-eo", "args"]).output().expect("ps");
    assert!(!String::from_utf8_lossy(&processes.stdout).contains("sleep 300 # interrupted"), "the build goes on");
}
