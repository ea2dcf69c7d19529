//! The parser against BuildKit's: small cases that stand alone, and the corpus where it is at hand.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::path::{Path, PathBuf};

use dockmod::syntax::{self, dump, tokens, validate};
use serde_json::Value;

fn cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parse/cases.ndjson");
    let text = std::fs::read_to_string(path).expect("the cases");
    text.lines().map(|line| serde_json::from_str(line).expect("a case is a JSON object")).collect()
}

fn source(case: &Value) -> Vec<u8> {
    match (case["source"].as_str(), case["source_base64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(text)) => base64(text),
        _ => panic!("a case without a source: {case}"),
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let mut bits = 0_u32;
    let mut held = 0;
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = ALPHABET.iter().position(|known| *known == byte).expect("base64");
        bits = bits << 6 | u32::try_from(value).expect("six bits");
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).expect("eight bits"));
        }
    }
    bytes
}

/// What the tokens cover, put together again.
fn rebuilt(file: &syntax::Dockerfile<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for token in tokens::tokens(file) {
        assert_eq!(token.span.start, bytes.len(), "tokens stand side by side");
        bytes.extend_from_slice(token.span.slice(file.source));
    }
    bytes
}

#[test]
fn cases_parse_as_buildkit_parses_them() {
    let cases = cases();
    assert!(cases.len() >= 300, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let source = source(case);
        let name = case["name"].as_str().expect("a name");
        let expected = &case["expect"];
        match (syntax::parse(&source), expected["error"].as_str()) {
            (Ok(file), None) => {
                assert_eq!(rebuilt(&file), source, "{name}: every byte comes back");
                let got = serde_json::to_value(dump::dump(&file)).expect("a dump is JSON");
                if &got != expected {
                    wrong.push(format!("{name}\n  expected {expected}\n  got      {got}"));
                }
            }
            (Err(error), Some(message)) => {
                if !error.to_string().contains(message) {
                    wrong.push(format!("{name}: expected the error {message:?}, got {error}"));
                }
            }
            (Ok(_), Some(message)) => wrong.push(format!("{name}: expected the error {message:?}, it parses")),
            (Err(error), None) => wrong.push(format!("{name}: rejected: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn bytes_that_are_no_text_come_back() {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    let mut parsed = 0;
    for round in 0..3000 {
        let mut source = b"FROM a\n".to_vec();
        for _ in 0..round % 60 {
            let pick = next();
            match pick % 8 {
                0 => source.push(b'\n'),
                1 => source.push(b'\\'),
                2 => source.extend_from_slice(b"RUN <<E\n"),
                3 => source.extend_from_slice(b"ENV a="),
                4 => source.push(b' '),
                _ => source.push(pick.to_le_bytes()[1]),
            }
        }
        if let Ok(file) = syntax::parse(&source) {
            parsed += 1;
            assert_eq!(rebuilt(&file), source);
        }
    }
    assert!(parsed > 500, "only {parsed} parsed");
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_type().expect("a type").is_dir() {
            files_below(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus) and DOCKMOD_ORACLE (BuildKit's parse of it, NDJSON)"]
fn the_corpus_parses_as_buildkit_parses_it() {
    let corpus = PathBuf::from(std::env::var_os("DOCKMOD_CORPUS").expect("DOCKMOD_CORPUS")).join("dockerfiles");
    let oracle =
        std::fs::read_to_string(std::env::var_os("DOCKMOD_ORACLE").expect("DOCKMOD_ORACLE")).expect("the oracle");
    let mut equal = 0;
    let mut wrong = Vec::new();
    for line in oracle.lines() {
        let mut expected: Value = serde_json::from_str(line).expect("a JSON object a line");
        let path = expected["path"].as_str().expect("a path").to_owned();
        let source = std::fs::read(corpus.join(&path)).expect("a corpus file");
        let same = match syntax::parse(&source) {
            Err(error) => expected["error"].as_str() == Some(error.to_string().as_str()),
            Ok(file) => {
                assert_eq!(rebuilt(&file), source, "{path}: every byte comes back");
                let refused = validate::refusal(&file).is_some();
                let object = expected.as_object_mut().expect("an object");
                object.remove("path");
                refused == object.remove("build_error").is_some()
                    && expected == serde_json::to_value(dump::dump(&file)).expect("a dump is JSON")
            }
        };
        if same {
            equal += 1;
        } else {
            wrong.push(path);
        }
    }
    println!("equal to BuildKit's parser: {equal} of {}", equal + wrong.len());
    assert!(wrong.is_empty(), "{} files differ: {wrong:?}", wrong.len());
    assert!(equal > 5000, "only {equal} files");
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus)"]
fn dockerfile_parser_sees_the_same_instructions_where_it_accepts_a_file() {
    let corpus = PathBuf::from(std::env::var_os("DOCKMOD_CORPUS").expect("DOCKMOD_CORPUS")).join("dockerfiles");
    let mut files = Vec::new();
    files_below(&corpus, &mut files);
    let (mut accepted, mut left_out) = (0, 0);
    let mut differ = Vec::new();
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let Ok(file) = syntax::parse(text.as_bytes()) else { continue };
        let Ok(other) = dockerfile_parser::Dockerfile::parse(&text) else { continue };
        // It knows no heredocs and no other escape character: their lines are instructions to it.
        if file.escape != b'\\' || file.instructions().any(|instruction| !instruction.heredocs.is_empty()) {
            left_out += 1;
            continue;
        }
        accepted += 1;
        let ours: Vec<usize> = file
            .instructions()
            .map(|instruction| {
                let range = instruction.body.keyword_range;
                instruction.joined.span(range).start
            })
            .collect();
        let theirs: Vec<usize> = other.instructions.iter().map(|instruction| instruction.span().start).collect();
        if ours != theirs {
            differ.push(path.strip_prefix(&corpus).expect("a file of the corpus").display().to_string());
        }
    }
    println!(
        "dockerfile-parser accepts {accepted} of {} ({left_out} with heredocs or another escape character left out)",
        files.len()
    );
    assert!(accepted > 5000, "only {accepted} accepted");
    // An empty RUN, and blanks after an escape character: BuildKit sides with us, as the oracle shows.
    let known = [
        "hub/n/nog3/hsbne-dockerhubot/Dockerfile",
        "hub/s/sambritton/cuda-10.1-base-fibrin-platelet/Dockerfile",
        "hub/s/sherylynn/react-native-docker/Dockerfile",
    ];
    differ.retain(|path| !known.contains(&path.as_str()));
    assert!(differ.is_empty(), "{} differ: {differ:#?}", differ.len());
}
