//! The proof against rewrites made by hand: wrong ones that it refuses, right ones that it accepts.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::path::{Path, PathBuf};

use dockmod::context::{Context, Index, Resolution};
use dockmod::model::literal_sources;
use dockmod::pin::{Images, Lock};
use dockmod::prove::{Claim, Demand, Facts, Version, prove};
use dockmod::syntax;

struct Case {
    name: String,
    claim: Claim,
    demand: Demand,
    why: String,
    before: Vec<u8>,
    after: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
    /// What is known of images.
    lock: Option<String>,
}

fn cases(kind: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prove").join(kind);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the suite").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    paths.sort();
    paths.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let bytes = std::fs::read(path).expect("a case");
    let mut sections: Vec<(String, Vec<u8>)> = vec![(String::new(), Vec::new())];
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"--- ") {
            Some(header) => sections.push((String::from_utf8_lossy(header).trim().to_owned(), Vec::new())),
            None => sections.last_mut().expect("a section").1.extend_from_slice(line),
        }
    }
    let head = String::from_utf8(sections[0].1.clone()).expect("a head");
    let field = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_owned());
    let claim = field("claim:").expect("a claim");
    let section = |wanted: &str| sections.iter().find(|(name, _)| name == wanted).expect("a section").1.clone();
    let files =
        sections.iter().filter_map(|(name, text)| Some((name.strip_prefix("context ")?.to_owned(), text.clone())));
    Case {
        claim: Claim::from_name(&claim).unwrap_or_else(|| panic!("{name}: unknown claim {claim}")),
        demand: match field("demand:").as_deref() {
            Some("only-the-claim") => Demand::OnlyTheClaim,
            _ => Demand::SameImage,
        },
        why: field("why:").expect("a reason"),
        before: section("before"),
        after: section("after"),
        files: files.collect(),
        lock: sections
            .iter()
            .find(|(name, _)| name == "lock")
            .map(|(_, text)| String::from_utf8(text.clone()).expect("a lock")),
        name,
    }
}

/// The verdict: an error says why the rewrite is refused.
fn verdict(case: &Case) -> Result<(), String> {
    let before = syntax::parse(&case.before).map_err(|error| format!("before does not parse: {error}"))?;
    let after = syntax::parse(&case.after).map_err(|error| format!("after does not parse: {error}"))?;
    if let Some(refusal) = syntax::validate::refusal(&after) {
        return Err(format!("BuildKit refuses it: {refusal}"));
    }
    let (before, after) = (Version::of(&before), Version::of(&after));
    let folder = tempfile::tempdir().expect("a folder");
    let context = context(case, &before, folder.path());
    let images = case.lock.as_deref().map(|text| Images::of(&Lock::read(text).expect("a lock")));
    prove(&before, &after, case.claim, case.demand, Facts { context: context.as_ref().into(), images: images.as_ref() })
        .map_err(|refusal| refusal.to_string())
}

fn context(case: &Case, before: &Version<'_, '_>, folder: &Path) -> Option<Context> {
    if case.files.is_empty() {
        return None;
    }
    std::fs::create_dir(folder.join(".git")).expect("a repository");
    let dockerfile = folder.join("Dockerfile");
    std::fs::write(&dockerfile, &case.before).expect("a file");
    for (path, text) in &case.files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    match Index::new(&[folder.to_path_buf()]).resolve(&dockerfile, &literal_sources(&before.model)) {
        Resolution::Known(context) => Some(context),
        Resolution::Unknown(_) => None,
    }
}

#[test]
fn wrong_rewrites_are_refused() {
    let cases = cases("wrong");
    let accepted: Vec<String> = cases
        .iter()
        .filter(|case| verdict(case).is_ok())
        .map(|case| format!("{} ({}): {}", case.name, case.claim.name(), case.why))
        .collect();
    println!("{} wrong rewrites, {} refused", cases.len(), cases.len() - accepted.len());
    assert!(cases.len() >= 80, "only {} cases", cases.len());
    assert!(accepted.is_empty(), "{} wrong rewrites were accepted:\n{}", accepted.len(), accepted.join("\n"));
}

#[test]
fn right_rewrites_are_accepted() {
    let cases = cases("right");
    let refused: Vec<String> = cases
        .iter()
        .filter_map(|case| Some(format!("{} ({}): {}", case.name, case.claim.name(), verdict(case).err()?)))
        .collect();
    println!("{} right rewrites, {} accepted", cases.len(), cases.len() - refused.len());
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    assert!(refused.is_empty(), "{} right rewrites were refused:\n{}", refused.len(), refused.join("\n"));
}
