//! Tags of official images: which of them are one series, in which order, and where an update leads.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, reason = "a test may panic and touches files")]

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::ValueEnum as _;
use dockmod::pin::tags::{Level, Scheme};

const TAGS: &str = include_str!("tags/tags.txt");
const SERIES: &str = include_str!("tags/series.txt");
const UPDATES: &str = include_str!("tags/updates.txt");

fn tags() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut tags: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in TAGS.lines().filter(|line| !line.starts_with('#')) {
        let (image, tag) = line.split_once(':').expect("an image and a tag");
        tags.entry(image).or_default().push(tag);
    }
    tags
}

/// Each series in its order, then what names no version and what is not released.
#[test]
fn series_and_their_order() {
    let mut text = String::new();
    for (image, tags) in tags() {
        let mut series: Vec<Vec<(&str, Scheme)>> = Vec::new();
        let (mut names, mut early) = (Vec::new(), Vec::new());
        for tag in tags {
            match Scheme::read(tag) {
                None => names.push(tag),
                Some(scheme) if scheme.is_prerelease() => early.push(tag),
                Some(scheme) => match series.iter_mut().find(|known| known[0].1.is_same_series(&scheme)) {
                    Some(known) => known.push((tag, scheme)),
                    None => series.push(vec![(tag, scheme)]),
                },
            }
        }
        for known in &mut series {
            known.sort_by(|(_, one), (_, two)| one.compare(two));
            for pair in known.windows(2) {
                assert_eq!(pair[0].1.compare(&pair[1].1), Ordering::Less, "{image}: {} and {}", pair[0].0, pair[1].0);
            }
        }
        let shown = |known: &Vec<(&str, Scheme)>| known.iter().map(|(tag, _)| *tag).collect::<Vec<_>>().join(" < ");
        let mut lines: Vec<String> = series.iter().map(shown).collect();
        lines.sort();
        for line in lines {
            writeln!(text, "{image}: {line}").expect("text");
        }
        writeln!(text, "{image}: early: {}", early.join(", ")).expect("text");
        writeln!(text, "{image}: names: {}", names.join(", ")).expect("text");
    }
    if std::env::var_os("DOCKMOD_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tags/series.txt"), &text).expect("a file");
        return;
    }
    assert!(TAGS.lines().count() > 600, "real tags");
    assert_eq!(text, SERIES);
}

/// Where updates lead, written by hand: `IMAGE FROM LEVEL TO`, `-` for nowhere.
#[test]
fn updates() {
    let tags = tags();
    let mut wrong = Vec::new();
    for line in UPDATES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [image, from, level, to] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
        let level = Level::from_str(level, false).expect("a level");
        let found = Scheme::update(from, tags[image].iter().copied(), level).unwrap_or("-");
        if found != to {
            wrong.push(format!("{line}: it is {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
