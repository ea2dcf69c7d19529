//! The tool let loose on real Dockerfiles: all fixes, unsafe ones too, over a copy of the corpus.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use dockmod::edit::{Options, Outcome, Selected, Settings, fix_source};
use dockmod::shell::{Body, Interpreter, body_of};
use dockmod::syntax::dump::InstructionDump;
use dockmod::syntax::{self, Keyword};
use dockmod::transforms;

fn settings(merge_all: bool) -> Settings {
    let transforms = transforms::ALL.iter().map(|transform| Selected { transform, by_name: false }).collect();
    let mut options = Options::default();
    if merge_all {
        options.set("merge-runs", "scope", "all");
    }
    Settings { transforms, allow_unsafe: true, options, limit: None }
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

fn comments(source: &[u8]) -> BTreeMap<String, usize> {
    let file = syntax::parse(source).expect("it parses");
    let mut found = BTreeMap::new();
    for span in file.comments() {
        *found.entry(String::from_utf8_lossy(span.slice(source)).trim().to_owned()).or_default() += 1;
    }
    found
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

/// What each instruction says, lines left aside.
fn dumped(source: &[u8]) -> Vec<InstructionDump> {
    let file = syntax::parse(source).expect("it parses");
    syntax::dump::dump(&file).instructions.into_iter().map(InstructionDump::without_lines).collect()
}

/// What was a JSON array is one still, unless a later instruction of its kind overrides it.
fn json_stays_json(old: &[InstructionDump], new: &[InstructionDump]) -> Result<(), String> {
    let count = |list: &[InstructionDump], keyword: &str| list.iter().filter(|each| each.keyword == keyword).count();
    let one = |keyword: &str| if keyword == "ADD" { "COPY".to_owned() } else { keyword.to_owned() };
    for form in old.iter().filter(|each| each.json) {
        let kept =
            new.iter().any(|each| each.json && one(&each.keyword) == one(&form.keyword) && each.value == form.value);
        let may_be_overridden = matches!(form.keyword.as_str(), "CMD" | "ENTRYPOINT" | "HEALTHCHECK");
        let overridden = may_be_overridden && count(new, &form.keyword) < count(old, &form.keyword);
        if !kept && !overridden {
            return Err(format!("{} {:?} is no JSON array any more", form.keyword, form.value));
        }
    }
    Ok(())
}

/// Every flag is there still; stage names may have changed their case.
fn flags_stay(old: &[InstructionDump], new: &[InstructionDump]) -> Result<(), String> {
    let flags = |list: &[InstructionDump]| -> BTreeSet<(String, String)> {
        list.iter()
            .flat_map(|each| each.flags.iter().map(|flag| (each.keyword.replace("ADD", "COPY"), flag.to_lowercase())))
            .collect()
    };
    match flags(old).difference(&flags(new)).next() {
        Some((keyword, flag)) => Err(format!("{keyword} lost {flag}")),
        None => Ok(()),
    }
}

/// Instructions whose meaning nobody has touched: stages, folders, users, volumes, ports, in order.
fn backbone(list: &[InstructionDump]) -> Vec<String> {
    let kept =
        |keyword: &str| matches!(keyword, "FROM" | "USER" | "ARG" | "VOLUME" | "EXPOSE" | "STOPSIGNAL" | "ONBUILD");
    let said = |each: &InstructionDump| format!("{} {}", each.keyword, each.value.join(" ").to_lowercase());
    list.iter().filter(|each| kept(&each.keyword)).map(said).collect()
}

fn run_over_the_corpus(merge_all: bool) {
    let settings = settings(merge_all);
    let started = Instant::now();
    let (mut files, mut changed, mut by_transform) = (0, 0, BTreeMap::<&str, usize>::new());
    let mut refusals = BTreeMap::<String, usize>::new();
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
        assert!(outcome.cycle.is_empty(), "{name}: {:?} undo each other", outcome.cycle);
        let Some(new) = outcome.changed else { continue };
        changed += 1;
        let file = syntax::parse(&new).unwrap_or_else(|error| panic!("{name}: the result does not parse: {error}"));
        assert!(syntax::validate::refusal(&file).is_none(), "{name}: BuildKit would refuse the result");
        assert_eq!(comments(&source), comments(&new), "{name}: comments");
        let (old_says, new_says) = (dumped(&source), dumped(&new));
        json_stays_json(&old_says, &new_says).unwrap_or_else(|error| panic!("{name}: {error}"));
        flags_stay(&old_says, &new_says).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(backbone(&old_says), backbone(&new_says), "{name}: other instructions");
        let again = fixed(&new, &settings).expect("it parses");
        assert!(again.changed.is_none(), "{name}: a second run changes it again");
        let returns = |text: &[u8]| text.contains(&b'\r');
        assert!(returns(&source) || !returns(&new), "{name}: carriage returns appeared");
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
    let mut untouched = 0;
    for transform in transforms::ALL.iter().filter(|transform| !REWRITE_ALONE.contains(&transform.id)) {
        let settings = Settings { transforms: vec![Selected { transform, by_name: true }], ..Settings::default() };
        for path in corpus() {
            let source = std::fs::read(&path).expect("a file");
            let Some(new) = fixed(&source, &settings).and_then(|outcome| outcome.changed) else { continue };
            let (old, new) = (written(&source), written(&new));
            let said = |list: &[(InstructionDump, Vec<u8>)]| -> Vec<String> {
                list.iter().map(|(says, _)| format!("{says:?}")).collect()
            };
            let (before, after) = (said(&old), said(&new));
            for op in similar::capture_diff_slices(similar::Algorithm::Myers, &before, &after) {
                let similar::DiffOp::Equal { old_index, new_index, len } = op else { continue };
                untouched += len;
                for at in 0..len {
                    let same = old[old_index + at].1 == new[new_index + at].1;
                    assert!(same, "{}: {}: {}", transform.id, path.display(), before[old_index + at]);
                }
            }
        }
    }
    println!("{untouched} instructions beside a fix kept their bytes");
    assert!(untouched > 10_000, "only {untouched} instructions compared");
}

/// Each instruction with what it says and its bytes; the last line end is not its own.
fn written(source: &[u8]) -> Vec<(InstructionDump, Vec<u8>)> {
    let file = syntax::parse(source).expect("it parses");
    let bytes = file.instructions().map(|instruction| without_line_end(instruction.span.slice(source)).to_vec());
    dumped(source).into_iter().zip(bytes).collect()
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}
