//! Each transform against its own cases, with what each case becomes as a reviewed snapshot.
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
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dockmod::context::{Context, Index, Resolution};
use dockmod::edit::{
    Answer, Offer, Offers, Outcome, Selected, Settings, Transform, fix_source_as_decided, fix_source_beside,
};
use dockmod::model::{Model, literal_sources};
use dockmod::pin::{Images, Lock};
use dockmod::report::diff::unified;
use dockmod::syntax;
use dockmod::transforms;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folders(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.file_type().expect("a type").is_dir())
        .map(|entry| entry.file_name().into_string().expect("a name in UTF-8"))
        .collect();
    names.sort();
    names
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file");
        }
    }
}

/// Runs one transform over the case's Dockerfile, in a repository of its own.
fn run(transform: &'static Transform, case: &Path, source: &[u8], by_name: bool) -> Outcome {
    let repository = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(repository.path().join(".git")).expect("a folder");
    copy_tree(case, repository.path());
    let index = Index::new(&[repository.path().to_path_buf()]);
    // A lock in the case's own folder, or one for all cases of the transform.
    let locks = [case.join("dockmod.lock"), case.with_file_name("dockmod.lock")];
    let images = locks.iter().find(|path| path.exists()).map(|path| {
        let lock = Lock::load(path).unwrap_or_else(|error| panic!("{error}"));
        Arc::new(Images::of(&lock))
    });
    let settings = Settings { transforms: vec![Selected { transform, by_name }], images, ..Settings::default() };
    let dockerfile = repository.path().join("Dockerfile");
    let context = |model: &Model<'_, '_>| match index.resolve(&dockerfile, &literal_sources(model)) {
        Resolution::Known(context) => Some(context),
        Resolution::Unknown(_) => None,
    };
    let outcome = fix_source_beside(source, &settings, &context, Context::beside(&dockerfile).as_ref());
    outcome.unwrap_or_else(|error| panic!("{}: {error}", case.display()))
}

/// Of several tags that fit, a review offers the next one where one is declined.
#[test]
fn another_tag_is_offered_where_one_is_declined() {
    let transform = transforms::find("pin-tag").expect("a transform");
    let case = root().join("transforms/pin-tag/cases/unsafe-several-fit");
    let lock = Lock::load(&case.with_file_name("dockmod.lock")).expect("a lock");
    let images = Some(Arc::new(Images::of(&lock)));
    let settings = Settings { transforms: vec![Selected { transform, by_name: true }], images, ..Settings::default() };
    let source = std::fs::read(case.join("Dockerfile")).expect("a Dockerfile");
    let mut offered = Vec::new();
    let mut decide = |offer: &Offer<'_>| {
        offered.push(offer.title.to_owned());
        if offered.len() == 1 { Answer::Decline } else { Answer::Accept }
    };
    let outcome = fix_source_as_decided(&source, &settings, &|_| None, None, &mut decide).expect("a Dockerfile");
    assert_eq!(outcome.changed.as_deref(), Some(&b"FROM nginx:1.27.3-bookworm\n"[..]), "{offered:?}");
}

/// The snapshot of a case: the diff, or why nothing is done.
fn snapshot(case: &str, source: &[u8], outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    for applied in &outcome.applied {
        lines.push(format!(
            "{}:{} {} ({}): {}\n",
            case,
            applied.line,
            applied.transform.id,
            applied.safety.name(),
            applied.title
        ));
    }
    for dropped in &outcome.dropped {
        lines.push(format!("{}:{} refused by the proof: {}\n", case, dropped.line, dropped.reason));
    }
    for held in &outcome.withheld {
        lines.push(format!("{}:{} unsafe: {}\n", case, held.line, held.reason));
    }
    for left in &outcome.left {
        lines.push(format!("{}:{} left alone: {}\n", case, left.line, left.reason));
    }
    let mut text: String = lines.concat();
    if let Some(changed) = &outcome.changed {
        text.push_str(&unified("Dockerfile", source, changed).replace('\r', "␍"));
    }
    text
}

#[test]
fn cases_become_what_their_snapshots_say() {
    let update = std::env::var_os("DOCKMOD_UPDATE_SNAPSHOTS").is_some();
    let mut wrong = Vec::new();
    let mut total = 0;
    for transform in transforms::ALL {
        let cases = root().join("transforms").join(transform.id).join("cases");
        let mut expected = BTreeSet::new();
        for case in folders(&cases) {
            total += 1;
            let folder = cases.join(&case);
            let source = std::fs::read(folder.join("Dockerfile")).expect("a Dockerfile");
            // `unsafe-` cases change only where the transform is asked for by its name.
            // A transform that is never safe is asked for in its `keep-` cases too, or they could not fail.
            let asked = case.starts_with("unsafe-") || transform.offers == Offers::Unsafe;
            let outcome = run(transform, &folder, &source, asked);
            if outcome.changed.is_some() != (case.starts_with("unsafe-") || case.starts_with("fix-")) {
                wrong.push(format!("{}/{case}: {}", transform.id, snapshot(&case, &source, &outcome)));
            }
            // `find-` cases of a transform without fixes have findings, `keep-` ones have none.
            if transform.offers == Offers::Findings && outcome.left.is_empty() == case.starts_with("find-") {
                wrong.push(format!("{}/{case}: {} findings", transform.id, outcome.left.len()));
            }
            let foreign = match transform.offers {
                Offers::Safe => case.starts_with("unsafe-") || case.starts_with("find-"),
                Offers::SafeOrUnsafe => case.starts_with("find-"),
                Offers::Unsafe => case.starts_with("fix-") || case.starts_with("find-"),
                Offers::Findings => case.starts_with("unsafe-") || case.starts_with("fix-"),
            };
            assert!(!foreign, "{}/{case}: the transform offers {}", transform.id, transform.offers.name());
            if asked {
                assert!(
                    run(transform, &folder, &source, false).changed.is_none(),
                    "{}/{case}: it is safe",
                    transform.id
                );
            }
            if let Some(changed) = &outcome.changed {
                let again = run(transform, &folder, changed, asked);
                assert!(again.changed.is_none(), "{}/{case}: a second run changes it again", transform.id);
                assert!(syntax::parse(changed).is_ok(), "{}/{case}: the result does not parse", transform.id);
            }
            let path = root().join("snapshots").join(transform.id).join(format!("{case}.snap"));
            expected.insert(path.clone());
            let text = snapshot(&case, &source, &outcome);
            if update {
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                std::fs::write(&path, &text).expect("a snapshot");
            } else if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
                wrong.push(format!("{}: the snapshot differs, it should hold\n{text}", path.display()));
            }
        }
        let folder = root().join("snapshots").join(transform.id);
        let kept: BTreeSet<PathBuf> =
            std::fs::read_dir(&folder).expect("snapshots").map(|entry| entry.expect("an entry").path()).collect();
        let stray: Vec<_> = kept.difference(&expected).collect();
        assert!(stray.is_empty(), "snapshots without a case: {stray:?}");
    }
    println!("{total} cases");
    assert!(
        wrong.is_empty(),
        "{} of {total} cases are wrong (DOCKMOD_UPDATE_SNAPSHOTS=1 writes snapshots):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn folders_registry_pages_and_snapshots_agree() {
    let ids: BTreeSet<String> = transforms::ALL.iter().map(|transform| transform.id.to_owned()).collect();
    let code: BTreeSet<String> = folders(&root().join("transforms")).into_iter().collect();
    let snapshots: BTreeSet<String> = folders(&root().join("snapshots")).into_iter().collect();
    assert_eq!(ids, code, "each folder of transforms/ is registered");
    assert_eq!(ids, snapshots, "each transform has snapshots");
    for transform in transforms::ALL {
        let page = transform.readme;
        assert!(page.starts_with(&format!("# {}\n", transform.id)), "{}: the page starts with its id", transform.id);
        let headings: &[&str] = match transform.offers {
            Offers::Findings => {
                &["## What it finds", "## Why", "## Example", "## When it says nothing", "## What to do", "## Settles"]
            }
            Offers::Safe | Offers::SafeOrUnsafe | Offers::Unsafe => &[
                "## What it does",
                "## Why",
                "## Before and after",
                "## When it leaves a place alone",
                "## Safety",
                "## Settles",
            ],
        };
        for heading in headings {
            assert!(page.contains(heading), "{}: the page has no `{heading}`", transform.id);
        }
        for code in transform.codes {
            assert!(page.contains(code), "{}: the page does not name {code}", transform.id);
        }
    }
}

/// The table of the README, as the registry has it.
#[test]
fn the_readme_lists_every_transform() {
    let mut table = String::from("| id | what it does | safety | settles |\n|---|---|---|---|\n");
    for transform in transforms::ALL {
        let id = transform.id;
        let summary = transform.summary.replace('|', "\\|");
        let opt_in = if transform.opt_in { ", opt-in" } else { "" };
        let (safety, codes) = (transform.offers.name(), transform.codes.join(", "));
        writeln!(table, "| [`{id}`](transforms/{id}/README.md) | {summary} | {safety}{opt_in} | {codes} |")
            .expect("text");
    }
    let path = root().join("README.md");
    let page = std::fs::read_to_string(&path).expect("a page");
    let (start, end) = ("<!-- transforms: written by tests/transforms.rs -->\n", "<!-- end of transforms -->");
    let from = page.find(start).expect("a start") + start.len();
    let to = page.find(end).expect("an end");
    if std::env::var_os("DOCKMOD_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, format!("{}{table}{}", &page[..from], &page[to..])).expect("a page");
        return;
    }
    assert_eq!(&page[from..to], table, "DOCKMOD_UPDATE_SNAPSHOTS=1 writes the README's table");
}

/// The blocks of a page: every `dockerfile before` one becomes the `dockerfile after` one that follows.
#[test]
fn pages_show_what_happens() {
    for transform in transforms::ALL {
        if transform.offers == Offers::Findings {
            page_shows_findings(transform);
            continue;
        }
        let blocks = blocks(transform.readme);
        assert!(!blocks.is_empty(), "{}: the page has no example", transform.id);
        for (before, after, files) in blocks {
            let folder = tempfile::tempdir().expect("a folder");
            for (path, text) in files {
                let path = folder.path().join(path);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                std::fs::write(path, text).expect("a file");
            }
            std::fs::write(folder.path().join("Dockerfile"), &before).expect("a file");
            let outcome = run(transform, folder.path(), before.as_bytes(), true);
            let changed = outcome.changed.map(|bytes| String::from_utf8(bytes).expect("text"));
            assert_eq!(changed.as_deref(), Some(after.as_str()), "{}: the page's example", transform.id);
        }
    }
}

/// A `dockerfile found` block has findings, a `dockerfile clean` one has none.
fn page_shows_findings(transform: &'static Transform) {
    let mut kinds = BTreeSet::new();
    let mut lines = transform.readme.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```dockerfile ") else { continue };
        let text: String = lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("Dockerfile"), &text).expect("a file");
        let outcome = run(transform, folder.path(), text.as_bytes(), true);
        assert_eq!(outcome.left.is_empty(), kind == "clean", "{}: the page's example\n{text}", transform.id);
        kinds.insert(kind);
    }
    assert_eq!(kinds, BTreeSet::from(["clean", "found"]), "{}: the page's examples", transform.id);
}

type Block = (String, String, Vec<(String, String)>);

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut files = Vec::new();
    let mut before = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let mut text = String::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            text.push_str(line);
            text.push('\n');
        }
        match kind.split_once(' ') {
            Some(("dockerfile", "before")) => before = Some(text),
            Some(("dockerfile", "after")) => {
                found.push((before.take().expect("a before block"), text, std::mem::take(&mut files)));
            }
            Some((_, path)) => files.push((path.to_owned(), text)),
            None => {}
        }
    }
    found
}
