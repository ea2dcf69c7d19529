//! What a tag says: a version by numbers, and words around it that must stay.

use std::cmp::Ordering;
use std::fmt;

/// How far an update may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Level {
    /// Only the last of three numbers or more: 3.9.6 → 3.9.7
    Patch,
    /// All numbers but the first: 3.9.6 → 3.10.1
    Minor,
    /// All numbers: 3.9.6 → 4.0.0
    Major,
}

/// A tag with a version in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// What stands before the version: nothing, `v`, or words that end in `-`.
    before: String,
    /// The numbers as written.
    numbers: Vec<String>,
    /// What stands between the numbers: `.`, or `u` as in `8u292`.
    joints: Vec<char>,
    /// What follows.
    after: String,
    kind: Kind,
    is_prerelease: bool,
}

/// How the numbers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As versions do.
    Version,
    /// As months do: 22.04.
    Month,
    /// As days do: 20240131, 2024.01.31, 2024-01-31.
    Day,
}

/// Words of what is not released yet; digits may follow.
const PRERELEASE: &[&str] = &[
    "alpha",
    "beta",
    "canary",
    "dev",
    "devel",
    "ea",
    "edge",
    "experimental",
    "insiders",
    "m",
    "master",
    "milestone",
    "nightly",
    "next",
    "pre",
    "preview",
    "rc",
    "snapshot",
    "test",
    "testing",
    "unstable",
];

impl Scheme {
    /// Reads a tag; `None` where it has no version.
    #[must_use]
    pub fn read(tag: &str) -> Option<Self> {
        let starts = version_starts(tag);
        // Of a name and a date, such as `bookworm-20240131`, the date is the version.
        let start =
            starts.iter().copied().find(|at| *at == 0 || (*at == 1 && tag.starts_with(['v', 'V']))).or_else(|| {
                starts
                    .into_iter()
                    .find(|at| is_day(&digits(&tag[*at..])) && !tag[..*at].bytes().any(|byte| byte.is_ascii_digit()))
            })?;
        let (before, rest) = tag.split_at(start);
        let mut numbers = vec![digits(rest)];
        let mut joints = Vec::new();
        let mut at = numbers[0].len();
        loop {
            let mut chars = rest[at..].chars();
            let Some(joint) = chars.next() else { break };
            let number = digits(chars.as_str());
            let is_update = joint == 'u' && numbers.len() == 1;
            let is_dash_of_day =
                joint == '-' && numbers.len() < 3 && numbers[0].len() == 4 && is_day_so_far(&numbers, &number);
            if number.is_empty() || !(joint == '.' || is_update || is_dash_of_day) {
                break;
            }
            at += 1 + number.len();
            joints.push(joint);
            numbers.push(number);
        }
        let after = &rest[at..];
        // `1.2.x`, `3.9.6a_b`: a letter right behind is part of the version, and only a pre-release is known.
        let is_prerelease = is_prerelease(after);
        if after.starts_with(|c: char| c.is_ascii_alphanumeric()) && !is_prerelease {
            return None;
        }
        // `4f8c2d1`, `20ab`: what looks like a commit is none of these.
        let kind = kind(&numbers, &joints);
        Some(Self { before: before.to_owned(), numbers, joints, after: after.to_owned(), kind, is_prerelease })
    }

    /// Whether it names what is not released yet.
    #[must_use]
    pub const fn is_prerelease(&self) -> bool {
        self.is_prerelease
    }

    /// Whether the other names the same thing in another version.
    #[must_use]
    pub fn is_same_series(&self, other: &Self) -> bool {
        let padded = |scheme: &Self| scheme.numbers.iter().any(|number| number.len() > 1 && number.starts_with('0'));
        let padding = match self.kind {
            Kind::Version => padded(self) == padded(other),
            // Numbers of a date are as long as each other.
            Kind::Month | Kind::Day => self.numbers.iter().map(String::len).eq(other.numbers.iter().map(String::len)),
        };
        self.kind == other.kind
            && self.before == other.before
            && self.joints == other.joints
            && self.after == other.after
            && padding
    }

    /// The order of two tags of one series.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.iter().zip(&other.numbers).map(|(one, two)| compare_numbers(one, two));
        numbers.fold(Ordering::Equal, Ordering::then)
    }

    /// Whether an update from here to a later tag of the series is within a level.
    #[must_use]
    pub fn reaches(&self, later: &Self, level: Level) -> bool {
        let equal = self.numbers.iter().zip(&later.numbers);
        let equal = equal.take_while(|(one, two)| compare_numbers(one, two) == Ordering::Equal).count();
        match (self.kind, level) {
            (_, Level::Major) => true,
            // A month is a release of its own, what follows it a rebuild.
            (Kind::Month, _) => equal >= 2,
            // So is the day behind a name.
            (Kind::Day, _) => !self.before.is_empty(),
            (Kind::Version, Level::Minor) => equal >= 1,
            // Java's updates are patches.
            (Kind::Version, Level::Patch) => equal >= 2 || (equal == 1 && self.joints.first() == Some(&'u')),
        }
    }

    /// The tag that a tag should move to, within a level: the highest of its series, never a pre-release.
    #[must_use]
    pub fn update<'t>(from: &str, tags: impl Iterator<Item = &'t str>, level: Level) -> Option<&'t str> {
        let own = Self::read(from).filter(|own| !own.is_prerelease)?;
        let mut read: Vec<(&str, Self)> = tags.filter_map(|tag| Some((tag, Self::read(tag)?))).collect();
        // 22.10 is a month only among others such as 22.04.
        let has_months = own.kind == Kind::Month || read.iter().any(|(_, scheme)| scheme.kind == Kind::Month);
        let mut own = own;
        if has_months {
            own.take_for_month();
            for (_, scheme) in &mut read {
                scheme.take_for_month();
            }
        }
        let later = read.into_iter().filter(|(_, other)| {
            !other.is_prerelease
                && own.is_same_series(other)
                && own.compare(other) == Ordering::Less
                && own.reaches(other, level)
        });
        later.max_by(|(_, one), (_, two)| one.compare(two)).map(|(tag, _)| tag)
    }

    fn take_for_month(&mut self) {
        let is_month = matches!(&self.numbers[..], [year, month, ..] if year.len() == 2 && month == "10");
        if is_month && self.kind == Kind::Version {
            self.kind = Kind::Month;
        }
    }

    /// How much a tag says: more numbers, then more words behind them.
    fn specificity(&self) -> (usize, usize) {
        (self.numbers.len(), self.after.split(['-', '_']).filter(|word| !word.is_empty()).count())
    }

    /// Of the tags those that say most of a version; in their order where several say as much. Pre-releases and dates
    /// alone are left out.
    #[must_use]
    pub fn most_specific(tags: &[String]) -> Vec<String> {
        let read: Vec<(&String, (usize, usize))> =
            tags.iter().filter_map(|tag| Some((tag, Self::candidate(tag)?.specificity()))).collect();
        let most = read.iter().map(|(_, specificity)| *specificity).max();
        let mut best: Vec<String> = read
            .into_iter()
            .filter(|(_, specificity)| Some(*specificity) == most)
            .map(|(tag, _)| tag.clone())
            .collect();
        best.sort_unstable();
        best
    }

    fn candidate(tag: &str) -> Option<Self> {
        Self::read(tag).filter(|scheme| !scheme.is_prerelease && scheme.before.len() <= 1)
    }

    /// Tags that may stand for what `latest` stands for: those of the highest versions, the most specific first.
    #[must_use]
    pub fn likely_latest(tags: &[String], most: usize) -> Vec<String> {
        let mut read: Vec<(&String, Self)> = tags.iter().filter_map(|tag| Some((tag, Self::candidate(tag)?))).collect();
        // Days and versions are not one order: those that are more common are the repository's own.
        let days = read.iter().filter(|(_, scheme)| scheme.kind == Kind::Day).count();
        let wants_days = days * 2 > read.len();
        read.retain(|(_, scheme)| (scheme.kind == Kind::Day) == wants_days);
        read.sort_by(|(tag, one), (other_tag, two)| {
            let three = |scheme: &Self| scheme.numbers.len().min(3);
            let highest = || two.compare(one).then_with(|| two.specificity().cmp(&one.specificity()));
            three(two).cmp(&three(one)).then_with(highest).then_with(|| tag.cmp(other_tag))
        });
        read.into_iter().take(most).map(|(tag, _)| tag.clone()).collect()
    }
}

/// As the tests show it: what is read of a tag.
impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Version => "version",
            Kind::Month => "month",
            Kind::Day => "day",
        };
        let early = if self.is_prerelease { " pre-release" } else { "" };
        write!(f, "{kind}{early} {:?} {} {:?}", self.before, self.numbers.join(" "), self.after)
    }
}

fn digits(text: &str) -> String {
    text.chars().take_while(char::is_ascii_digit).collect()
}

/// Where words of a tag begin with a digit; a `v` before it belongs to it.
fn version_starts(tag: &str) -> Vec<usize> {
    let bytes = tag.as_bytes();
    let begins =
        |at: usize| at == 0 || matches!(bytes[at - 1], b'-' | b'_') || (at == 1 && matches!(bytes[0], b'v' | b'V'));
    (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit() && begins(*at)).collect()
}

fn compare_numbers(one: &str, two: &str) -> Ordering {
    let (one, two) = (one.trim_start_matches('0'), two.trim_start_matches('0'));
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

fn within(text: &str, least: u32, most: u32) -> bool {
    text.len() <= 8 && text.parse().is_ok_and(|number: u32| (least..=most).contains(&number))
}

/// `20240131`, with or without an hour behind.
fn is_day(number: &str) -> bool {
    number.len() == 8 && within(&number[..4], 2010, 2099) && within(&number[4..6], 1, 12) && within(&number[6..], 1, 31)
}

fn is_day_so_far(numbers: &[String], next: &str) -> bool {
    within(&numbers[0], 2010, 2099) && next.len() == 2 && within(next, 1, if numbers.len() == 1 { 12 } else { 31 })
}

fn kind(numbers: &[String], joints: &[char]) -> Kind {
    let is_year = within(&numbers[0], 2010, 2099);
    match numbers {
        [number, ..] if is_day(number) => Kind::Day,
        // 2024.01.31 and 2024.1.0 alike: a year is no version that others could follow by number.
        [_, _, ..] if is_year => Kind::Day,
        [_] if is_year && joints.is_empty() => Kind::Day,
        [year, month]
            if year.len() == 2
                && month.len() == 2
                && within(year, 10, 99)
                && within(month, 1, 12)
                && month.starts_with('0') =>
        {
            Kind::Month
        }
        [year, month, _]
            if year.len() == 2
                && month.len() == 2
                && within(year, 10, 99)
                && month.starts_with('0')
                && within(month, 1, 12) =>
        {
            Kind::Month
        }
        _ => Kind::Version,
    }
}

/// Whether what follows a version says that it is not released yet: `-rc1`, `b2-slim`, `-SNAPSHOT`.
fn is_prerelease(after: &str) -> bool {
    let mut words = after.split(['-', '_', '.', '+', '~']);
    // Python's `3.13.0a1` and `3.13.0b2`.
    let glued = words.next().is_some_and(|word| is_early(word, &["a", "b", "c"]));
    glued || words.any(|word| is_early(word, &[]))
}

fn is_early(word: &str, letters: &[&str]) -> bool {
    let word = word.to_ascii_lowercase();
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    // `m` is a milestone only with its number.
    let is_known = PRERELEASE.contains(&stem) && (stem != "m" || stem.len() < word.len());
    is_known || (letters.contains(&stem) && stem.len() < word.len())
}
