//! What hadolint says of real Dockerfiles before and after all fixes.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use dockmod::edit::{Selected, Settings, fix_source};
use dockmod::transforms;

/// Findings of one file: each code with its number.
type Findings = BTreeMap<String, usize>;

fn dockerfiles(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            dockerfiles(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}

fn settings(allow_unsafe: bool) -> Settings {
    let taking_part = transforms::ALL.iter().filter(|transform| !transform.opt_in);
    let transforms = taking_part.map(|transform| Selected { transform, by_name: false }).collect();
    Settings { transforms, allow_unsafe, ..Settings::default() }
}

/// What hadolint finds in each of the texts; two processes side by side.
fn hadolint(texts: &[Vec<u8>]) -> Vec<Findings> {
    let half = texts.len().div_ceil(2).max(1);
    std::thread::scope(|scope| {
        let halves: Vec<_> = texts.chunks(half).map(|part| scope.spawn(move || hadolint_in_turn(part))).collect();
        halves.into_iter().flat_map(|half| half.join().expect("a thread")).collect()
    })
}

fn hadolint_in_turn(texts: &[Vec<u8>]) -> Vec<Findings> {
    let mut found = Vec::with_capacity(texts.len());
    for batch in texts.chunks(64) {
        let folder = tempfile::tempdir().expect("a folder");
        for (number, text) in batch.iter().enumerate() {
            std::fs::write(folder.path().join(number.to_string()), text).expect("a file");
        }
        found.extend(run(folder.path(), 0..batch.len()));
    }
    found
}

/// Runs it over a batch; where it stops at a file, that file alone has no findings.
fn run(folder: &Path, numbers: std::ops::Range<usize>) -> Vec<Findings> {
    let program = std::env::var_os("DOCKMOD_HADOLINT").expect("DOCKMOD_HADOLINT");
    let names = numbers.clone().map(|number| number.to_string());
    let output = Command::new(program)
        .args(["--no-fail", "--no-color", "--format", "json"])
        .args(names)
        .current_dir(folder)
        .output()
        .expect("hadolint");
    let Ok(serde_json::Value::Array(list)) = serde_json::from_slice(&output.stdout) else {
        if numbers.len() <= 1 {
            return vec![Findings::new(); numbers.len()];
        }
        let middle = usize::midpoint(numbers.start, numbers.end);
        let mut found = run(folder, numbers.start..middle);
        found.extend(run(folder, middle..numbers.end));
        return found;
    };
    let mut found = vec![Findings::new(); numbers.len()];
    for finding in list {
        let number: usize = finding["file"].as_str().expect("a file").parse().expect("a number");
        let code = finding["code"].as_str().expect("a code").to_owned();
        *found[number - numbers.start].entry(code).or_default() += 1;
    }
    found
}

/// The texts after all fixes; the same bytes where nothing changes or the file is refused.
fn fixed(sources: &[Vec<u8>], allow_unsafe: bool) -> Vec<Vec<u8>> {
    let settings = settings(allow_unsafe);
    let fix = |source: &Vec<u8>| {
        let outcome = fix_source(source, &settings, &|_| None).ok();
        outcome.and_then(|outcome| outcome.changed).unwrap_or_else(|| source.clone())
    };
    sources.iter().map(fix).collect()
}

/// Findings after: only what changed is looked at anew.
fn after(sources: &[Vec<u8>], before: &[Findings], new: &[Vec<u8>]) -> Vec<Findings> {
    let changed: Vec<usize> = (0..sources.len()).filter(|at| sources[*at] != new[*at]).collect();
    let texts: Vec<Vec<u8>> = changed.iter().map(|at| new[*at].clone()).collect();
    let mut findings = before.to_vec();
    for (at, found) in changed.into_iter().zip(hadolint(&texts)) {
        findings[at] = found;
    }
    findings
}

fn totals(findings: &[Findings]) -> Findings {
    let mut total = Findings::new();
    for (code, number) in findings.iter().flatten() {
        *total.entry(code.clone()).or_default() += number;
    }
    total
}

/// Codes that a file has after and did not have before.
fn appeared<'f>(before: &'f [Findings], after: &'f [Findings]) -> Vec<(usize, &'f str)> {
    let new = |at: usize| after[at].keys().filter(move |code| !before[at].contains_key(*code));
    (0..before.len()).flat_map(|at| new(at).map(move |code| (at, code.as_str()))).collect()
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus) and DOCKMOD_HADOLINT (the hadolint program)"]
fn hadolint_finds_less_and_shellcheck_nothing_new() {
    let root = PathBuf::from(std::env::var_os("DOCKMOD_CORPUS").expect("DOCKMOD_CORPUS")).join("dockerfiles");
    let mut paths = Vec::new();
    dockerfiles(&root, &mut paths);
    let sources: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("a file")).collect();
    let before = hadolint(&sources);
    let safe = after(&sources, &before, &fixed(&sources, false));
    let with_unsafe = after(&sources, &before, &fixed(&sources, true));
    let (old, mid, new) = (totals(&before), totals(&safe), totals(&with_unsafe));
    println!("| code | before | safe fixes | unsafe ones too |\n|---|---|---|---|");
    let codes: BTreeSet<&String> = old.keys().chain(mid.keys()).chain(new.keys()).collect();
    for code in codes {
        let number = |total: &Findings| total.get(code).copied().unwrap_or(0);
        println!("| {code} | {} | {} | {} |", number(&old), number(&mid), number(&new));
    }
    let sum = |total: &Findings| total.values().sum::<usize>();
    println!("| all | {} | {} | {} |", sum(&old), sum(&mid), sum(&new));
    let mut new_shell = Vec::new();
    for (name, after) in [("safe", &safe), ("unsafe", &with_unsafe)] {
        for (at, code) in appeared(&before, after) {
            let line = format!("{name}: {}: {code}", paths[at].display());
            println!("appeared: {line}");
            if code.starts_with("SC") {
                new_shell.push(line);
            }
        }
    }
    assert!(paths.len() > 5000, "only {} files", paths.len());
    assert!(sum(&mid) < sum(&old) && sum(&new) < sum(&mid), "the fixes settle nothing");
    assert!(new_shell.is_empty(), "ShellCheck finds what it did not find before:\n{}", new_shell.join("\n"));
}
