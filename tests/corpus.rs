//! The tool let loose on real Dockerfiles: all fixes, unsafe ones too, over a copy of the corpus.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use dockmod::edit::{Options, Outcome, Selected, Settings, fix_source};
use dockmod::model::Model;
use dockmod::shell::{Body, Interpreter, body_of};
use dockmod::syntax::{self, Keyword};
use dockmod::transforms;

fn settings(merge_all: bool) -> Settings {
    let transforms = transforms::ALL.iter().map(|transform| Selected { transform, by_name: false }).collect();
    let mut options = Options::default();
    if merge_all {
        options.set("merge-runs", "scope", "all");
    }
    Settings { transforms, allow_unsafe: true, options }
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

/// Everything but RUN and COPY says the same as before, in the same order.
fn other_instructions(source: &[u8]) -> Vec<String> {
    let file = syntax::parse(source).expect("it parses");
    let dump = syntax::dump::dump(&file);
    let kept = dump.instructions.iter().filter(|instruction| !matches!(instruction.keyword.as_str(), "RUN" | "COPY"));
    kept.map(|instruction| {
        format!("{} {:?} {:?} {:?}", instruction.keyword, instruction.flags, instruction.value, instruction.heredocs)
    })
    .collect()
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
        assert_eq!(other_instructions(&source), other_instructions(&new), "{name}: other instructions");
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

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus)"]
fn bytes_outside_of_the_edits_stay() {
    // Each transform alone: every line that the diff does not show is the same line.
    for transform in transforms::ALL {
        let settings = Settings { transforms: vec![Selected { transform, by_name: true }], ..Settings::default() };
        for path in corpus() {
            let source = std::fs::read(&path).expect("a file");
            let Some(new) = fixed(&source, &settings).and_then(|outcome| outcome.changed) else { continue };
            let (old_file, new_file) =
                (syntax::parse(&source).expect("it parses"), syntax::parse(&new).expect("it parses"));
            let (old, new_model) = (Model::of(&old_file), Model::of(&new_file));
            // Instructions that are no RUN and no COPY keep their bytes, indentation and blanks included.
            let bytes = |model: &Model<'_, '_>, source: &[u8]| -> Vec<Vec<u8>> {
                let kept = model
                    .instructions
                    .iter()
                    .filter(|instruction| !matches!(instruction.body.keyword, Keyword::Run | Keyword::Copy));
                kept.map(|instruction| instruction.span.slice(source).to_vec()).collect()
            };
            assert_eq!(bytes(&old, &source), bytes(&new_model, &new), "{}: {}", transform.id, path.display());
        }
    }
}
