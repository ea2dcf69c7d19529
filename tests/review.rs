//! Reviews without a terminal: whatever is answered, the files are right.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dockmod::context::{Context, Index, Resolution};
use dockmod::edit::{Options, Safety, Selected, Settings, fix_source_beside};
use dockmod::model::{Model, literal_sources};
use dockmod::review::decisions::{Decision, FileDecisions};
use dockmod::review::plan::{self, Fixing, Plan};
use dockmod::review::saved::{LeftOut, Saved};
use dockmod::review::state::{Abilities, Effect, End, Event, Input, NotWritten, State, View};
use dockmod::syntax::{self, validate};
use dockmod::transforms;
use rayon::prelude::*;

/// A Dockerfile where it lies, and how its context is found.
struct Subject {
    path: PathBuf,
    source: Vec<u8>,
}

fn settings(allow_unsafe: bool) -> Settings {
    let transforms = transforms::ALL.iter().map(|transform| Selected { transform, by_name: false }).collect();
    Settings { transforms, allow_unsafe, options: Options::default(), ..Settings::default() }
}

fn with_fixing<T>(subject: &Subject, settings: &Settings, index: &Index, work: impl FnOnce(Fixing<'_>) -> T) -> T {
    let context = |model: &Model<'_, '_>| match index.resolve(&subject.path, &literal_sources(model)) {
        Resolution::Known(context) => Some(context),
        Resolution::Unknown(_) => None,
    };
    work(Fixing { settings, context: &context, beside: Context::beside(&subject.path).as_ref() })
}

/// All files in memory, and a review over them.
struct Desk<'d> {
    subjects: &'d [Subject],
    settings: &'d Settings,
    index: &'d Index,
    disk: Vec<Vec<u8>>,
    state: State,
    effects: Vec<Effect>,
}

impl<'d> Desk<'d> {
    fn new(subjects: &'d [Subject], settings: &'d Settings, index: &'d Index, saved: Option<Saved>) -> Self {
        let texts = subjects.iter().map(|subject| subject.source.clone()).collect();
        let state = State::new(Abilities { editor: true, pager: false }, saved);
        let mut desk = Self { subjects, settings, index, disk: texts, state, effects: Vec::new() };
        for subject in subjects {
            let own = FileDecisions::default();
            let answers = dockmod::review::decisions::Answers { file: 0, own: &own, policies: &[], saved: None };
            let count = with_fixing(subject, settings, index, |fixing| plan::count(&subject.source, fixing, &answers));
            desk.on(Event::Found(subject.path.clone(), count.unwrap_or(0)));
        }
        desk.on(Event::AllFound);
        desk
    }

    /// Feeds an event and does what follows from it; gives the end, once there is one.
    fn on(&mut self, event: Event) -> Option<End> {
        let effects = self.state.on(event);
        self.effects.extend(effects);
        while !self.effects.is_empty() {
            let event = match self.effects.remove(0) {
                Effect::Read(file) => Event::Read(file, Ok(Arc::from(self.disk[file].as_slice()))),
                Effect::Plan(file) => Event::Planned(file, self.plan(file)),
                Effect::Write(file, old, new) => {
                    assert!(old != new, "nothing is written for nothing");
                    if *self.disk[file] == *old {
                        self.disk[file] = new.to_vec();
                        Event::Written(file, Ok(()))
                    } else {
                        Event::Written(file, Err(NotWritten::Changed))
                    }
                }
                Effect::Edit(lines) => Event::Edited(Ok(format!("# by hand\n{lines}"))),
                Effect::Page(_) => Event::Paged(Ok(())),
                Effect::End(end) => return Some(end),
            };
            let effects = self.state.on(event);
            self.effects.extend(effects);
        }
        None
    }

    fn plan(&self, file: usize) -> Result<Plan, String> {
        let source = self.state.files()[file].source.clone().expect("it was read");
        let answers = self.state.answers(file);
        with_fixing(&self.subjects[file], self.settings, self.index, |fixing| plan::plan(&source, fixing, &answers))
            .map_err(|error| error.to_string())
    }

    fn key(&mut self, key: char) -> Option<End> {
        self.on(Event::Key(Input::Char(key)))
    }

    fn saved(&self) -> (Saved, LeftOut) {
        let (mut saved, mut left_out) = (Saved::default(), LeftOut::default());
        for decided in self.state.files().iter().flat_map(|file| &file.outcome) {
            saved.add_decided(decided, &mut left_out);
        }
        (saved, left_out)
    }
}

fn applied(subject: &Subject, settings: &Settings, index: &Index) -> Vec<u8> {
    with_fixing(subject, settings, index, |Fixing { settings, context, beside }| {
        fix_source_beside(&subject.source, settings, context, beside)
    })
    .ok()
    .and_then(|outcome| outcome.changed)
    .unwrap_or_else(|| subject.source.clone())
}

fn parses(text: &[u8]) -> bool {
    syntax::parse(text).is_ok_and(|file| validate::refusal(&file).is_none())
}

/// What must hold of any files; gives how many fixes were asked about.
fn check(subjects: &[Subject], index: &Index, seed: u64) -> usize {
    accept_all(subjects, &settings(false), index);
    let settings = settings(true);
    let asked = accept_all(subjects, &settings, index);
    decline_all(subjects, &settings, index);
    mix(subjects, &settings, index, seed, asked);
    asked
}

fn accept_all(subjects: &[Subject], settings: &Settings, index: &Index) -> usize {
    let mut desk = Desk::new(subjects, settings, index, None);
    let mut asked = 0;
    let mut end = None;
    while end.is_none() && desk.state.step().is_some() {
        assert_eq!(desk.on(Event::Key(Input::Enter)), None);
        end = desk.key('y');
        asked += 1;
    }
    for (subject, written) in subjects.iter().zip(&desk.disk) {
        let expected = applied(subject, settings, index);
        assert!(*written == expected, "{}: `y` to all is not what --apply does", subject.path.display());
    }
    // What was accepted is accepted again, and nothing else is there to decide.
    let (saved, left_out) = desk.saved();
    let torn = left_out != LeftOut::default();
    let text = saved.to_yaml().expect("YAML");
    let saved = Saved::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(saved.to_yaml().expect("YAML"), text, "read and written again, it is the same");
    for (subject, written) in subjects.iter().zip(&desk.disk).filter(|_| !torn) {
        let outcome = with_fixing(subject, settings, index, |fixing| saved.fix(&subject.source, fixing));
        let Ok(outcome) = outcome else { continue };
        let replayed = outcome.changed.unwrap_or_else(|| subject.source.clone());
        assert!(replayed == *written, "{}: a replay is not what was reviewed", subject.path.display());
        assert!(outcome.undecided.is_empty(), "{}: a replay leaves fixes undecided", subject.path.display());
    }
    asked
}

fn decline_all(subjects: &[Subject], settings: &Settings, index: &Index) {
    let mut desk = Desk::new(subjects, settings, index, None);
    while desk.state.step().is_some() && desk.key('n').is_none() {}
    for (subject, written) in subjects.iter().zip(&desk.disk) {
        assert!(*written == subject.source, "{}: `n` to all changes it", subject.path.display());
    }
}

fn mix(subjects: &[Subject], settings: &Settings, index: &Index, seed: u64, asked: usize) {
    let mut random = seed + 1;
    let mut desk = Desk::new(subjects, settings, index, None);
    for _ in 0..asked * 2 + 8 {
        let keys = b"yyyynnnnnjkeusUjkadAD";
        // Knuth's linear congruential generator: its high bits are random enough.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // In a long review what decides about many fixes comes last, or nothing would be left to ask.
        let choice = if asked > 40 { keys.len() - 4 } else { keys.len() };
        let key = char::from(keys[usize::try_from(random >> 40).expect("24 bits") % choice]);
        let mut end = desk.key(key);
        if matches!(desk.state.view(), View::Reason(_)) {
            for c in "because".chars() {
                desk.key(c);
            }
            end = desk.on(Event::Key(Input::Enter));
        }
        if end.is_some() {
            break;
        }
    }
    if desk.state.step().is_some() && *desk.state.view() != View::Over {
        // An edited text that was not taken.
        desk.on(Event::Key(Input::Escape));
        assert_eq!(desk.key('q'), Some(End::Stopped));
    }
    for (index, written) in desk.disk.iter().enumerate() {
        let subject = &subjects[index];
        assert!(
            parses(written) || *written == subject.source,
            "{}: it no longer parses:\n{}",
            subject.path.display(),
            String::from_utf8_lossy(written)
        );
    }
}

fn cases() -> BTreeMap<String, Vec<PathBuf>> {
    let mut found: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for transform in transforms::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms").join(transform.id).join("cases");
        for entry in std::fs::read_dir(folder).expect("the cases") {
            let path = entry.expect("an entry").path();
            if path.join("Dockerfile").is_file() {
                found.entry(transform.id.to_owned()).or_default().push(path);
            }
        }
    }
    for paths in found.values_mut() {
        paths.sort();
    }
    found
}

/// Every transform's cases as one review, with all transforms: those of every second transform.
fn check_cases(first: usize) {
    let mut asked = 0;
    for (seed, (_, paths)) in cases().into_iter().enumerate().skip(first).step_by(2) {
        let subjects: Vec<Subject> = paths
            .iter()
            .map(|path| path.join("Dockerfile"))
            .map(|path| Subject { source: std::fs::read(&path).expect("a case"), path })
            .collect();
        let index = Index::new(&paths);
        asked += check(&subjects, &index, seed as u64);
    }
    println!("{asked} fixes were asked about");
    assert!(asked > 500, "only {asked} fixes were asked about");
}

#[test]
fn cases_become_what_apply_makes_of_them() {
    check_cases(0);
}

#[test]
fn other_cases_become_what_apply_makes_of_them() {
    check_cases(1);
}

fn dockerfiles(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        if entry.file_type().expect("a type").is_dir() {
            dockerfiles(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

/// A part of all real files, as each decision plans its file anew.
const ONE_OF: usize = 10;

/// Real files, in reviews of a few each.
#[test]
#[ignore = "needs DOCKMOD_CORPUS"]
fn real_files_become_what_apply_makes_of_them() {
    let corpus = PathBuf::from(std::env::var_os("DOCKMOD_CORPUS").expect("DOCKMOD_CORPUS"));
    let mut paths = Vec::new();
    dockerfiles(&corpus.join("dockerfiles"), &mut paths);
    let read = |path: &PathBuf| Some(Subject { source: std::fs::read(path).ok()?, path: path.clone() });
    let takes = |subject: &Subject| {
        std::str::from_utf8(&subject.source).is_ok()
            && dockmod::walk::templates::template_marker(&subject.source).is_none()
            && parses(&subject.source)
    };
    let some = paths.iter().step_by(ONE_OF);
    let subjects: Vec<Subject> = some.filter_map(read).filter(takes).collect();
    assert!(subjects.len() > 400, "only {} files", subjects.len());
    let index = Index::new(std::slice::from_ref(&corpus));
    let chunks = subjects.par_chunks(25).enumerate();
    let asked: usize = chunks.map(|(seed, some)| check(some, &index, seed as u64)).sum();
    println!("{} files, {asked} fixes were asked about", subjects.len());
}

#[test]
fn a_safety_is_not_lowered_by_a_replay() {
    let subject = Subject {
        path: PathBuf::from("Dockerfile"),
        source: b"FROM debian:12\nRUN apt-get update && apt-get install -y curl\n".to_vec(),
    };
    let index = Index::new(&[PathBuf::from(".")]);
    let settings = settings(true);
    let desk = {
        let mut desk = Desk::new(std::slice::from_ref(&subject), &settings, &index, None);
        while desk.state.step().is_some() && desk.key('y').is_none() {}
        desk
    };
    let text = desk.saved().0.to_yaml().expect("YAML");
    assert!(text.contains("safety: unsafe"), "{text}");
    let lowered = Saved::parse(&text.replace("safety: unsafe", "safety: safe")).expect("decisions");
    let outcome =
        with_fixing(&subject, &settings, &index, |fixing| lowered.fix(&subject.source, fixing)).expect("a file");
    assert!(!outcome.undecided.is_empty(), "an unsafe fix must be decided as one");
    let state = desk.state.files()[0].outcome.iter().any(|decided| decided.safety == Safety::Unsafe);
    assert!(state && desk.state.files()[0].outcome.iter().all(|decided| decided.decision == Decision::Accept));
}
