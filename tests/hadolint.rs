//! What hadolint says of real Dockerfiles before and after all fixes.
//!
//! It shows one finding of ShellCheck for each RUN, whichever comes last, and nothing at all for a file that
//! it can't parse: settle one finding, and another one may come to light that was there all along. So that a
//! code is held to be new only where ShellCheck does not find it in the old text either, both texts are asked
//! about again and again, each time with what was found switched off, until nothing more is found.
//!
//! Every fourth file is looked at, all of them with `DOCKMOD_HADOLINT_ALL=1`.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use dockmod::edit::{Selected, Settings, fix_source};
use dockmod::syntax::dump::InstructionDump;
use dockmod::syntax::{self, dump};
use dockmod::transforms;

/// Findings of one file: code and line.
type Findings = Vec<(String, usize)>;
/// How often each code was found.
type Totals = BTreeMap<String, usize>;

/// Without `DOCKMOD_HADOLINT_ALL`, one of so many files is looked at.
const SAMPLE: usize = 4;
/// After so many questions ShellCheck must have said all that it has to say of one RUN.
const MOST_CODES: usize = 30;

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
        let line = finding["line"].as_u64().expect("a line");
        found[number - numbers.start].push((code, usize::try_from(line).expect("a line")));
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

fn totals(findings: &[Findings]) -> Totals {
    let mut total = Totals::new();
    for (code, _) in findings.iter().flatten() {
        *total.entry(code.clone()).or_default() += 1;
    }
    total
}

/// A file's RUNs, asked about until ShellCheck has told all that it finds in them.
struct Probe {
    instructions: Vec<InstructionDump>,
    /// For each RUN in shell form the codes found so far; `None` once nothing more is found.
    asked: Vec<Option<BTreeSet<String>>>,
    codes: BTreeSet<String>,
}

impl Probe {
    /// Where hadolint has shown nothing for a RUN, and nothing keeps it from doing so, there is nothing to find.
    fn of(source: &[u8], shown: &Findings) -> Self {
        let instructions = syntax::parse(source).map(|file| dump::dump(&file).instructions).unwrap_or_default();
        let unread = shown.iter().any(|(code, _)| code == "DL1000");
        let switched_off = memchr::memmem::find(source, b"hadolint").is_some();
        let mut probe = Self { instructions: Vec::new(), asked: Vec::new(), codes: BTreeSet::new() };
        for run in instructions.iter().filter(|each| is_script(each)) {
            let found = shown.iter().filter(|(code, line)| code.starts_with("SC") && *line == run.start_line);
            let found: BTreeSet<String> = found.map(|(code, _)| code.clone()).collect();
            probe.codes.extend(found.iter().cloned());
            probe.asked.push((unread || switched_off || !found.is_empty()).then_some(found));
        }
        Self { instructions, ..probe }
    }

    /// A Dockerfile of the RUNs that are still asked about, and of what hadolint heeds besides: shells and
    /// names of variables. Gives the lines of the RUNs, too.
    fn text(&self) -> (String, Vec<(usize, usize)>) {
        let (mut text, mut lines, mut run) = (String::from("FROM scratch\n"), Vec::new(), 0);
        for each in &self.instructions {
            match each.keyword.as_str() {
                "FROM" => text.push_str("FROM scratch\n"),
                "ENV" => each.value.chunks(3).for_each(|pair| sets(&mut text, &pair[0])),
                "ARG" => {
                    each.value.iter().for_each(|arg| sets(&mut text, arg.split('=').next().unwrap_or_default()));
                }
                "SHELL" => {
                    let words = serde_json::to_string(&each.value).expect("a list");
                    let _ = writeln!(text, "SHELL {words}");
                }
                "RUN" if is_script(each) => {
                    if let Some(found) = &self.asked[run] {
                        lines.push((text.matches('\n').count() + 1, run));
                        let off: Vec<&str> = found.iter().map(String::as_str).collect();
                        // A code that no one has: without one, the comment is an error.
                        let off = if off.is_empty() { "SC9999".to_owned() } else { off.join(",") };
                        let script = &each.value[0];
                        let _ = writeln!(text, "RUN <<PROBE\n# shellcheck disable={off}\n{{\n{script}\n}}\nPROBE\n");
                    }
                    run += 1;
                }
                _ => {}
            }
        }
        (text, lines)
    }

    fn hear(&mut self, lines: &[(usize, usize)], findings: &Findings) {
        let mut goes_on = vec![false; self.asked.len()];
        for (code, line) in findings.iter().filter(|(code, _)| code.starts_with("SC")) {
            let (_, run) = lines.iter().find(|(at, _)| at == line).expect("the line of a RUN");
            goes_on[*run] |= self.asked[*run].as_mut().is_some_and(|found| found.insert(code.clone()));
            self.codes.insert(code.clone());
        }
        for (asked, goes_on) in self.asked.iter_mut().zip(goes_on) {
            asked.take_if(|_| !goes_on);
        }
    }
}

/// Whether hadolint has ShellCheck read it as it stands: those with heredocs no fix touches.
fn is_script(each: &InstructionDump) -> bool {
    each.keyword == "RUN" && !each.json && each.heredocs.is_empty() && !each.value.is_empty()
}

/// Has hadolint know a variable; one with a name that no shell takes it would not parse.
fn sets(text: &mut String, name: &str) {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit()) {
        let _ = writeln!(text, "ENV {name}=1");
    }
}

/// All codes that ShellCheck finds in each text, given what hadolint shows of it.
fn shellcheck(texts: &[(&[u8], &Findings)]) -> Vec<BTreeSet<String>> {
    let mut probes: Vec<Probe> = texts.iter().map(|(text, shown)| Probe::of(text, shown)).collect();
    for _ in 0..MOST_CODES {
        let open: Vec<usize> = (0..probes.len()).filter(|at| probes[*at].asked.iter().any(Option::is_some)).collect();
        if open.is_empty() {
            break;
        }
        let asked: Vec<_> = open.iter().map(|at| probes[*at].text()).collect();
        let texts: Vec<Vec<u8>> = asked.iter().map(|(text, _)| text.clone().into_bytes()).collect();
        for ((at, (text, lines)), findings) in open.into_iter().zip(asked).zip(hadolint(&texts)) {
            assert!(findings.iter().all(|(code, _)| code != "DL1000"), "hadolint can't parse\n{text}");
            probes[at].hear(&lines, &findings);
        }
    }
    assert!(probes.iter().all(|probe| probe.asked.iter().all(Option::is_none)), "ShellCheck finds no end");
    probes.into_iter().map(|probe| probe.codes).collect()
}

/// The texts of all files with what hadolint shows of them.
type Shown<'t> = (&'t [Vec<u8>], &'t [Findings]);

/// Codes that ShellCheck finds in what a file became, and did not find in the file.
fn new_in(before: Shown<'_>, after: Shown<'_>) -> Vec<(usize, String)> {
    let changed: Vec<usize> = (0..before.0.len()).filter(|at| before.0[*at] != after.0[*at]).collect();
    let all = |(texts, shown): Shown<'_>| {
        let texts: Vec<_> = changed.iter().map(|at| (texts[*at].as_slice(), &shown[*at])).collect();
        shellcheck(&texts)
    };
    let mut found = Vec::new();
    for (at, (old, new)) in changed.iter().zip(all(before).into_iter().zip(all(after))) {
        // `echo -e`: one finding with two numbers, the second one where a SHELL names `ash`.
        let renumbered = |code: &str| code == "SC3036" && old.contains("SC3037");
        found.extend(new.difference(&old).filter(|code| !renumbered(code)).map(|code| (*at, code.clone())));
    }
    found
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus) and DOCKMOD_HADOLINT (the hadolint program)"]
fn hadolint_finds_less_and_shellcheck_nothing_new() {
    let root = PathBuf::from(std::env::var_os("DOCKMOD_CORPUS").expect("DOCKMOD_CORPUS")).join("dockerfiles");
    let mut paths = Vec::new();
    dockerfiles(&root, &mut paths);
    assert!(paths.len() > 5000, "only {} files", paths.len());
    if std::env::var_os("DOCKMOD_HADOLINT_ALL").is_none() {
        paths = paths.into_iter().step_by(SAMPLE).collect();
    }
    let sources: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("a file")).collect();
    let before = hadolint(&sources);
    let (safe_texts, unsafe_texts) = (fixed(&sources, false), fixed(&sources, true));
    let safe = after(&sources, &before, &safe_texts);
    let with_unsafe = after(&sources, &before, &unsafe_texts);
    let (old, mid, new) = (totals(&before), totals(&safe), totals(&with_unsafe));
    println!("| code | before | safe fixes | unsafe ones too |\n|---|---|---|---|");
    let codes: BTreeSet<&String> = old.keys().chain(mid.keys()).chain(new.keys()).collect();
    for code in codes {
        let number = |total: &Totals| total.get(code).copied().unwrap_or(0);
        println!("| {code} | {} | {} | {} |", number(&old), number(&mid), number(&new));
    }
    let sum = |total: &Totals| total.values().sum::<usize>();
    println!("| all, in {} files | {} | {} | {} |", paths.len(), sum(&old), sum(&mid), sum(&new));
    let mut new_codes = Vec::new();
    for (name, texts, shown) in [("safe", &safe_texts, &safe), ("unsafe", &unsafe_texts, &with_unsafe)] {
        let found = new_in((&sources, &before), (texts, shown)).into_iter();
        new_codes.extend(found.map(|(at, code)| format!("{name}: {}: {code}", paths[at].display())));
    }
    assert!(sum(&mid) < sum(&old) && sum(&new) < sum(&mid), "the fixes settle nothing");
    assert!(new_codes.is_empty(), "ShellCheck finds what it did not find before:\n{}", new_codes.join("\n"));
}

#[test]
#[ignore = "needs DOCKMOD_HADOLINT (the hadolint program)"]
fn all_of_shellchecks_findings_come_to_light() {
    let texts = ["rm $X `cat y` $KNOWN; echo -e z", "true"];
    let texts = texts.map(|script| format!("FROM debian:12\nENV KNOWN=1\nRUN {script}\n").into_bytes());
    let shown = hadolint(&texts);
    let shown_codes = totals(&shown).into_keys().filter(|code| code.starts_with("SC"));
    assert_eq!(shown_codes.collect::<Vec<_>>(), ["SC3037"], "hadolint shows them all by itself");
    let found = shellcheck(&[(&texts[0], &shown[0]), (&texts[1], &shown[1])]);
    let codes: Vec<&str> = found[0].iter().map(String::as_str).collect();
    assert_eq!(codes, ["SC2006", "SC2046", "SC2086", "SC3037"]);
    assert!(found[1].is_empty());
}
