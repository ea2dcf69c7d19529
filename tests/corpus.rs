//! The tool let loose on real Dockerfiles: all fixes, unsafe ones too, over a copy of the corpus.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

mod kept;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use dockmod::edit::{Options, Outcome, Selected, Settings, fix_source};
use dockmod::shell::{Body, Interpreter, body_of, read_both_ways};
use dockmod::syntax::{self, Instruction, Keyword};
use dockmod::transforms;

fn settings(merge_all: bool) -> Settings {
    let transforms = transforms::ALL.iter().map(|transform| Selected { transform, by_name: false }).collect();
    let mut options = Options::default();
    if merge_all {
        options.set("merge-runs", "scope", "all");
    }
    Settings { transforms, allow_unsafe: true, options, ..Settings::default() }
}

fn corpus() -> Vec<PathBuf> {
    let root = PathBuf::from(std::env::var_os("DOCKMOD_CORPUS").expect("DOCKMOD_CORPUS"));
    let mut files = Vec::new();
    collect(&root, &mut files);
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() && entry.file_name().to_string_lossy().to_lowercase().contains("dockerfile") {
            files.push(entry.path());
        }
    }
}

fn fixed(source: &[u8], settings: &Settings) -> Option<Outcome> {
    fix_source(source, settings, &|_| None).ok()
}

/// The scripts of the RUNs that a file has and the other has not.
fn scripts(source: &[u8]) -> Vec<String> {
    let file = syntax::parse(source).expect("it parses");
    let mut found = Vec::new();
    for instruction in file.instructions().filter(|instruction| instruction.body.keyword == Keyword::Run) {
        if let Some(Body::Script(script)) = body_of(&file, instruction, &Interpreter::default_linux()) {
            found.push(String::from_utf8_lossy(script.text.text()).into_owned());
        }
    }
    found
}

/// Whether bash reads each script: one process for all of them.
fn bash_reads(scripts: &[String]) -> Vec<bool> {
    let mut child = Command::new("bash")
        .args(["-c", "while IFS= read -r -d '' script; do if bash -n -c \"$script\" 2>/dev/null; then echo y; else echo n; fi; done"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input: Vec<u8> = scripts.iter().flat_map(|script| script.bytes().chain([0])).collect();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("an output");
    writer.join().expect("a thread").expect("a pipe");
    let verdicts: Vec<bool> =
        output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| line == b"y").collect();
    assert_eq!(verdicts.len(), scripts.len());
    verdicts
}

/// What is wrong with a rewrite.
fn fault(source: &[u8], new: &[u8], outcome: &Outcome, settings: &Settings) -> Result<(), String> {
    let before = syntax::parse(source).map_err(|error| format!("a file that does not parse was fixed: {error}"))?;
    let after = syntax::parse(new).map_err(|error| format!("the result does not parse: {error}"))?;
    if let Some(refusal) = syntax::validate::refusal(&after) {
        return Err(format!("BuildKit would refuse the result: {refusal}"));
    }
    let claims = outcome.applied.iter().map(|applied| applied.claim).collect();
    kept::compare(&before, &after, &claims)?;
    if !source.contains(&b'\r') && new.contains(&b'\r') {
        return Err("carriage returns appeared".to_owned());
    }
    let again = fixed(new, settings).ok_or("the result is refused")?;
    if again.changed.is_some() {
        let what: Vec<_> = again.applied.iter().map(|applied| (applied.transform.id, applied.line)).collect();
        return Err(format!("a second run changes it again: {what:?}"));
    }
    Ok(())
}

fn run_over_the_corpus(merge_all: bool) {
    let settings = settings(merge_all);
    let started = Instant::now();
    let (mut files, mut changed, mut by_transform) = (0, 0, BTreeMap::<&str, usize>::new());
    let mut refusals = BTreeMap::<String, usize>::new();
    let mut faults = Vec::new();
    let (mut before_scripts, mut after_scripts) = (Vec::new(), Vec::new());
    for path in corpus() {
        let source = std::fs::read(&path).expect("a file");
        let name = path.display();
        let Some(outcome) = fixed(&source, &settings) else { continue };
        files += 1;
        for applied in &outcome.applied {
            *by_transform.entry(applied.transform.id).or_default() += 1;
        }
        for dropped in &outcome.dropped {
            *refusals.entry(format!("{}: {}", dropped.transform.id, dropped.reason)).or_default() += 1;
        }
        if !outcome.cycle.is_empty() {
            faults.push(format!("{name}: {:?} undo each other", outcome.cycle));
        }
        let Some(new) = outcome.changed.clone() else { continue };
        changed += 1;
        if let Err(fault) = fault(&source, &new, &outcome, &settings) {
            faults.push(format!("{name}: {fault}"));
        }
        let (old, new) = (scripts(&source), scripts(&new));
        before_scripts.extend(old.iter().filter(|script| !new.contains(script)).cloned());
        after_scripts
            .extend(new.into_iter().filter(|script| !old.contains(script)).map(|script| (path.clone(), script)));
    }
    let seconds = started.elapsed().as_secs_f64();
    let old_bad = bash_reads(&before_scripts).iter().filter(|read| !**read).count();
    let verdicts = bash_reads(&after_scripts.iter().map(|(_, script)| script.clone()).collect::<Vec<_>>());
    let new_bad: Vec<_> =
        after_scripts.iter().zip(verdicts).filter(|(_, read)| !read).map(|(script, _)| script).collect();
    println!(
        "{changed} of {files} files changed in {seconds:.1} s: {by_transform:?}; {} RUNs rewritten",
        after_scripts.len()
    );
    println!("refused by the proof: {refusals:#?}");
    println!("bash could not read {} of them, and {old_bad} of what they were made of", new_bad.len());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(new_bad.is_empty(), "bash can't read {new_bad:#?}");
    assert!(files > 5000 && changed > 1000, "only {changed} of {files} files changed");
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus)"]
fn all_fixes_keep_what_they_promise() {
    run_over_the_corpus(false);
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus)"]
fn merging_everything_keeps_what_it_promises() {
    run_over_the_corpus(true);
}

/// Transforms that change how an instruction is written, and not what BuildKit reads.
const REWRITE_ALONE: &[&str] = &["keyword-casing", "no-empty-continuation", "sort-packages"];

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus)"]
fn bytes_outside_of_the_edits_stay() {
    // Each transform alone: an instruction that says the same keeps every byte, indentation and blanks too.
    let (mut untouched, mut faults) = (0, Vec::new());
    for transform in transforms::ALL.iter().filter(|transform| !REWRITE_ALONE.contains(&transform.id)) {
        let settings = Settings { transforms: vec![Selected { transform, by_name: true }], ..Settings::default() };
        for path in corpus() {
            let source = std::fs::read(&path).expect("a file");
            let Some(new) = fixed(&source, &settings).and_then(|outcome| outcome.changed) else { continue };
            let (old, new) = (written(&source), written(&new));
            // Laid side by side by their bytes: what differs in them must say something else, too. By what they
            // say alone, one of two that say the same might be taken for the other.
            for op in similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new) {
                let (was, is) = (&old[op.old_range()], &new[op.new_range()]);
                if op.tag() == similar::DiffTag::Equal {
                    untouched += was.len();
                    continue;
                }
                let rewritten = was.iter().find(|(says, _)| is.iter().any(|(now, _)| now == says));
                if let Some((says, bytes)) = rewritten {
                    let bytes = String::from_utf8_lossy(bytes);
                    faults.push(format!("{}: {}: {says}: {bytes:?}", transform.id, path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} instructions changed that say the same:\n{}", faults.len(), faults.join("\n"));
    println!("{untouched} instructions beside a fix kept their bytes");
    assert!(untouched > 10_000, "only {untouched} instructions compared");
}

/// Each instruction with what it says and its bytes; the last line end is not its own.
fn written(source: &[u8]) -> Vec<(String, Vec<u8>)> {
    let file = syntax::parse(source).expect("it parses");
    let one = |instruction: &Instruction<'_>| {
        let says = syntax::dump::instruction(&file, instruction).without_lines();
        (format!("{says:?}"), without_line_end(instruction.span.slice(source)).to_vec())
    };
    file.instructions().map(one).collect()
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus)"]
fn plain_scripts_are_read_as_the_parser_reads_them() {
    let (mut plain, mut all) = (0, 0);
    for path in corpus() {
        let source = std::fs::read(&path).expect("a file");
        let Ok(file) = syntax::parse(&source) else { continue };
        for instruction in file.instructions() {
            let Some(Body::Script(script)) = body_of(&file, instruction, &Interpreter::default_linux()) else {
                continue;
            };
            for bash in [false, true] {
                let (own, parsed) = read_both_ways(script.whole(), bash);
                all += 1;
                plain += usize::from(own.is_some());
                assert!(own.is_none_or(|own| Ok(own) == parsed), "{}: {}", path.display(), script.whole());
            }
        }
    }
    println!("{plain} of {all} scripts are plain");
    assert!(plain * 2 > all, "{plain} of {all}");
}
