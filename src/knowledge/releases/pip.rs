//! Which pip a base image brings, or gets from its distribution.
//!
//! Sources: the release notes of pip. `--no-cache-dir` is known since 6.0. Before 19.1 a pip that was told it builds no
//! wheel of a source distribution but runs its `setup.py install`, which leaves other files (pypa/pip#5749, changed by
//! pypa/pip#6303). What the distributions ship: Debian 8 and Ubuntu 15.10 1.5, Debian 10 18.1, Debian 11 20.3, Ubuntu
//! 18.04 9.0, Ubuntu 20.04 20.0, RHEL 8 9.0, RHEL 9 21.2, Fedora 31 19.1, Alpine 3.12 20.1. Docker's `python` images
//! got the newest pip each time they were built, until the next patch release of Python.

use super::{Age, name_and_tag};
use crate::knowledge::bases;

/// Code names and numbers of systems whose pip is older than 6.0.
const OLD_SYSTEMS: &[&str] = &[
    "lucid", "precise", "quantal", "raring", "saucy", "trusty", "utopic", "vivid", "wily", "squeeze", "wheezy",
    "jessie", "10.04", "12.04", "12.10", "13.04", "13.10", "14.04", "14.10", "15.04", "15.10", "1204", "1404",
];

/// Those of systems with a pip from 6.0 to 19.0.
const RECENT_SYSTEMS: &[&str] = &[
    "xenial", "yakkety", "zesty", "artful", "bionic", "cosmic", "disco", "eoan", "stretch", "buster", "16.04", "16.10",
    "17.04", "17.10", "18.04", "18.10", "19.04", "19.10",
];

/// Those of systems with a pip of 19.1 or later.
const MODERN_SYSTEMS: &[&str] = &[
    "focal", "groovy", "hirsute", "impish", "jammy", "kinetic", "lunar", "mantic", "noble", "oracular", "plucky",
    "bullseye", "bookworm", "trixie", "20.04", "20.10", "21.04", "21.10", "22.04", "22.10", "23.04", "23.10", "24.04",
    "24.10",
];

/// Beginnings of names of images whose tags name the system that they are built on, and which leave its pip to it.
const NAMED_AFTER_SYSTEM: &[&str] = &["nvidia/", "mcr.microsoft.com/", "balenalib/", "phusion/baseimage"];

/// Words of tags that stand for what an image is today, whatever its release.
const OF_TODAY: &[&str] = &[
    "",
    "latest",
    "slim",
    "alpine",
    "stable",
    "mainline",
    "current",
    "lts",
    "fpm",
    "cli",
    "apache",
    "rc",
    "dind",
    "git",
    "rolling",
    "devel",
    "testing",
    "unstable",
    "sid",
    "oldstable",
    "rawhide",
];

/// A distribution with what its releases bring.
struct Releases {
    name: &'static str,
    /// The last one with a pip older than 6.0.
    last_old: u32,
    /// The last one with a pip older than 19.1.
    last_recent: u32,
    /// Whether a tag without a number may stand for an old release: the name is no longer kept up.
    has_end: bool,
}

const fn releases(name: &'static str, last_old: u32, last_recent: u32, has_end: bool) -> Releases {
    Releases { name, last_old, last_recent, has_end }
}

const RELEASES: &[Releases] = &[
    releases("debian", 8, 10, false),
    releases("ubuntu", 15, 19, false),
    releases("fedora", 22, 30, false),
    releases("amazonlinux", 0, 2021, false),
    releases("docker", 0, 19, false),
    releases("centos", 5, 8, true),
    releases("oraclelinux", 5, 8, true),
    releases("rockylinux", 0, 8, true),
    releases("almalinux", 0, 8, true),
];

/// How recent a pip of this version is.
#[must_use]
pub fn pip_of_version(version: (u32, u32)) -> Age {
    if version < (6, 0) {
        Age::Old
    } else if version < (19, 1) {
        Age::Recent
    } else {
        Age::Modern
    }
}

/// How recent the pip of an image is, whether it is in it or comes from its distribution.
#[must_use]
pub fn pip(reference: &str) -> Age {
    let (name, tag) = name_and_tag(reference);
    if name.contains('$') || tag.contains('$') {
        return if is_named(&format!("{name}:{tag}"), OLD_SYSTEMS) { Age::Old } else { Age::Unknown };
    }
    let image = Image { name: &name, tag: &tag, by_digest: reference.contains('@') };
    match name.as_str() {
        "python" => image.of_python(),
        "pypy" => image.of_pypy(),
        _ => image.of_system(),
    }
}

/// Whether `pip install --upgrade pip` gets 19.1 or later in this image: for Python 2.6, 3.2 and 3.3 it does not.
#[must_use]
pub fn upgrades_to_modern_pip(reference: &str) -> bool {
    let (name, tag) = name_and_tag(reference);
    let image = Image { name: &name, tag: &tag, by_digest: false };
    let too_old = match name.as_str() {
        "python" | "pypy" => {
            matches!((image.number(0), image.number(1)), (Some(2), Some(0..=6)) | (Some(3), Some(0..=3)))
        }
        "centos" | "oraclelinux" => image.number(0).is_some_and(|release| release < 7) || tag == "centos6",
        _ => false,
    };
    pip(reference) > Age::Unknown && !too_old
}

struct Image<'i> {
    name: &'i str,
    tag: &'i str,
    /// Whether it is pinned: then what its tag stands for today says nothing.
    by_digest: bool,
}

impl Image<'_> {
    /// One of the numbers that the tag begins with: `3`, `7` and `4` in `3.7.4-slim`.
    fn number(&self, at: usize) -> Option<u32> {
        let first = self.tag.split('-').next().unwrap_or_default();
        first.split('.').nth(at).and_then(|part| part.parse().ok())
    }

    /// Whether the tag follows the newest release.
    fn is_of_today(&self) -> bool {
        !self.by_digest && self.tag.split('-').all(|word| OF_TODAY.contains(&word))
    }

    /// Modern where the tag is still moved, or was until its series ended.
    fn moving(&self) -> Age {
        if self.by_digest { Age::Recent } else { Age::Modern }
    }

    fn of_python(&self) -> Age {
        let dropped_early = is_named(self.tag, &["wheezy", "jessie", "onbuild"]) || self.is_on_old_alpine();
        // These came later than the pip.
        let late = is_named(self.tag, &["buster", "bullseye", "bookworm", "trixie"]);
        let age = match self.number(0) {
            Some(2 | 3) if late => Age::Modern,
            None => self.moving(),
            Some(2) => self.of_python_2(),
            Some(3) => self.of_python_3(),
            _ => Age::Unknown,
        };
        if dropped_early { age.min(Age::Recent) } else { age }
    }

    fn of_python_2(&self) -> Age {
        match (self.number(1), self.number(2)) {
            (None, _) | (Some(7), None) => self.moving(),
            (Some(7), Some(17..)) => Age::Modern,
            (Some(7), Some(9..)) => Age::Recent,
            // The first ones were built before there was pip 6.0.
            _ => Age::Unknown,
        }
    }

    fn of_python_3(&self) -> Age {
        match (self.number(1), self.number(2)) {
            // Builds of early betas of 3.8 had pip 19.0.
            (Some(8), None) if self.tag.starts_with("3.8.") => Age::Recent,
            (Some(8..), _) | (Some(7), Some(4..)) | (Some(6), Some(9..)) | (Some(5), Some(8..)) => Age::Modern,
            (None | Some(5..=7), None) if !self.is_prerelease() => self.moving(),
            (Some(5..=7), _) | (Some(4), None | Some(3..)) | (Some(2 | 3), None | Some(6..)) => Age::Recent,
            _ => Age::Unknown,
        }
    }

    /// Whether the tag is that of a version to come: `3.7.0b3`, `3.7-rc`.
    fn is_prerelease(&self) -> bool {
        let first = self.tag.split('-').next().unwrap_or_default();
        first.contains(|c: char| c.is_ascii_alphabetic()) || is_named(self.tag, &["rc"])
    }

    fn of_pypy(&self) -> Age {
        let mut words = self.tag.split('-').skip(1);
        let version = words.next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let version = version.map(|word| {
            let mut parts = word.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        });
        if is_named(self.tag, &["wheezy", "jessie", "onbuild"]) {
            return Age::Recent;
        }
        match (self.number(0), self.number(1), version) {
            (Some(2 | 3), _, Some(version)) if version >= (7, 2) => Age::Modern,
            (None | Some(2), None | Some(7), None) | (Some(3), None | Some(6..), None) => self.moving(),
            _ => Age::Recent,
        }
    }

    fn of_system(&self) -> Age {
        let whole = format!("{}:{}", self.name, self.tag);
        if is_named(&whole, OLD_SYSTEMS) {
            return Age::Old;
        }
        if let Some(age) = self.by_release() {
            return age;
        }
        let official = !self.name.contains('/');
        if official || NAMED_AFTER_SYSTEM.iter().any(|start| self.name.starts_with(start)) {
            if is_named(self.tag, RECENT_SYSTEMS) {
                return Age::Recent;
            }
            if is_named(self.tag, MODERN_SYSTEMS) {
                return Age::Modern;
            }
        }
        if self.name == "phusion/baseimage" {
            return Age::Recent;
        }
        if !official {
            return self.of_distribution_of_python();
        }
        if let Some(age) = self.alpine() {
            return age;
        }
        if self.name == "node" {
            return self.of_node();
        }
        if self.is_of_today() && bases::base_image(&whole).is_some() {
            return Age::Modern;
        }
        Age::Unknown
    }

    /// Images that are nothing but a release of a distribution.
    fn by_release(&self) -> Option<Age> {
        match self.name {
            "archlinux" | "archlinux/archlinux" => return Some(Age::Modern),
            "alpine" | "gliderlabs/alpine" if self.by_digest && self.number(0).is_none() => return Some(Age::Unknown),
            "alpine" | "gliderlabs/alpine" => return Some(alpine(self.tag)),
            "phusion/baseimage" => {
                let old = self.number(0) == Some(0)
                    && self.number(1) == Some(9)
                    && self.number(2).is_none_or(|patch| patch < 19);
                return old.then_some(Age::Old);
            }
            // Without a distribution they are on Debian 11 or later since 1.18.
            "golang" => {
                let late = self.number(0) == Some(1) && self.number(1).is_some_and(|minor| minor >= 18);
                return (late && self.names_no_system()).then_some(Age::Modern);
            }
            _ => {}
        }
        let of_name = RELEASES.iter().find(|release| release.name == self.name)?;
        let number = self.number(0).or_else(|| {
            let digits = self.tag.strip_prefix(self.name).or(self.tag.strip_prefix("stream"))?;
            digits.parse().ok()
        });
        match number {
            Some(number) if number <= of_name.last_old => Some(Age::Old),
            Some(number) if number <= of_name.last_recent => Some(Age::Recent),
            Some(_) => Some(Age::Modern),
            None if of_name.has_end => Some(Age::Recent),
            None => self.is_of_today().then_some(Age::Modern),
        }
    }

    fn names_no_system(&self) -> bool {
        !is_named(self.tag, RECENT_SYSTEMS) && !self.tag.contains("alpine")
    }

    /// What an Alpine below an official image brings.
    fn alpine(&self) -> Option<Age> {
        let (_, release) = self.tag.split_once("alpine")?;
        if release.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(alpine(release));
        }
        // The first ones were built on Alpine 3.3; a release of another program may have ended since.
        let node = self.name == "node" && self.number(0).is_some_and(|major| major >= 14);
        Some(if self.is_of_today() || node { Age::Modern } else { Age::Recent })
    }

    /// Whether the tag names a release of Alpine up to 3.8, which official images left before there was pip 19.1.
    fn is_on_old_alpine(&self) -> bool {
        let Some((_, minor)) = self.tag.split_once("alpine3.") else { return false };
        minor.split('-').next().and_then(|minor| minor.parse::<u32>().ok()).is_none_or(|minor| minor < 9)
    }

    /// Node's images without a distribution in their tags: on Debian 8, later on 9, and on 11 or newer from 18 on.
    fn of_node(&self) -> Age {
        let minor = self.number(1);
        match self.number(0) {
            Some(18..) => Age::Modern,
            Some(12..) => Age::Recent,
            Some(8) if minor.is_none_or(|minor| minor >= 16) => Age::Recent,
            Some(10) if minor.is_none_or(|minor| minor >= 14) => Age::Recent,
            Some(11) if minor.is_none_or(|minor| minor >= 4) => Age::Recent,
            None if self.is_of_today() || is_named(self.tag, &["hydrogen", "iron", "jod"]) => Age::Modern,
            None if is_named(self.tag, &["dubnium", "erbium", "fermium", "gallium"]) => Age::Recent,
            _ => Age::Unknown,
        }
    }

    /// Images of others that bring a Python of their own.
    fn of_distribution_of_python(&self) -> Age {
        let (major, minor) = (self.number(0), self.number(1));
        let newest = self.is_of_today();
        match self.name {
            "continuumio/miniconda3" | "continuumio/anaconda3" | "condaforge/miniforge3" | "condaforge/mambaforge" => {
                let recent = matches!((major, minor), (Some(4), Some(8..)) | (Some(20..), _));
                if newest || recent { Age::Modern } else { Age::Recent }
            }
            "continuumio/miniconda" | "continuumio/miniconda2" | "continuumio/anaconda" | "continuumio/anaconda2" => {
                Age::Recent
            }
            "tensorflow/tensorflow" => {
                let recent = matches!((major, minor), (Some(1), Some(15..)) | (Some(2), Some(1..)) | (Some(3..), _));
                let of_today = self.tag.split('-').next() == Some("latest") && !self.by_digest;
                if newest || recent || of_today { Age::Modern } else { Age::Recent }
            }
            "pytorch/pytorch" => {
                let recent = matches!((major, minor), (Some(1), Some(4..)) | (Some(2..), _));
                if newest || recent { Age::Modern } else { Age::Recent }
            }
            name if name.starts_with("jupyter/") => {
                if newest {
                    Age::Modern
                } else {
                    Age::Recent
                }
            }
            _ => Age::Unknown,
        }
    }
}

/// The pip of a release of Alpine: 3.11 and older had one of 18.1 for Python 2.
fn alpine(release: &str) -> Age {
    let age = super::alpine_release(release);
    let mut parts = release.split(['.', '-', '_']).map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(3), Some(0..=11)) => age.min(Age::Recent),
        _ => age,
    }
}

/// Whether a text holds one of these as a word, or as a number: `14.04` in `ubuntu14.04.5`, not in `3.14.040`; not
/// `stretch` in `timestretch`.
fn is_named(whole: &str, parts: &[&str]) -> bool {
    let digit = |c: char| c.is_ascii_digit() || c == '.';
    parts.iter().any(|part| {
        let number = part.starts_with(|c: char| c.is_ascii_digit());
        whole.match_indices(part).any(|(at, _)| {
            let (before, after) = (&whole[..at], &whole[at + part.len()..]);
            if number {
                !before.ends_with(digit) && !after.starts_with(|c: char| c.is_ascii_digit())
            } else {
                !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[&str] = &[
        "ubuntu:14.04",
        "ubuntu:trusty",
        "ubuntu:15.10",
        "me/ubuntu14.04-ansible",
        "debian:8",
        "debian:8.11-slim",
        "alpine:3.1",
        "phusion/baseimage:0.9.16",
        "node:6-jessie",
    ];

    const UNKNOWN: &[&str] = &[
        "acme/secondary:1",
        "acme/happy3d:1",
        "acme/timestretch",
        "acme/noble-prize",
        "acme/python3:14",
        "demisto/python3:3.12.13.10404775",
        "nvidia/cuda:7.5",
        "node:4",
        "node:8.9.4",
        "node:10.12-slim",
        "python:2.7.8",
        "python:3.4.2",
        "python:$V",
        "ubuntu:$V",
        "me/base",
    ];

    const RECENT: &[&str] = &[
        "ubuntu:16.04",
        "ubuntu:18.04",
        "ubuntu:bionic-20200403",
        "debian:10-slim",
        "debian:stretch",
        "alpine:3.9",
        "alpine:3.11",
        "centos:centos6",
        "centos",
        "centos:8",
        "fedora:29",
        "amazonlinux:2",
        "phusion/baseimage:0.11",
        "nvidia/cuda:10.2-devel-ubuntu18.04",
        "node:8",
        "node:12-buster",
        "node:8-alpine",
        "python:2.7-jessie",
        "python:2.7.16",
        "python:2.7.15",
        "python:3.4",
        "python:3.6.8",
        "python:3.7.0b3",
        "python:3.6-alpine3.7",
        "python:3.6@sha256:00",
        "python@sha256:00",
        "pypy:3-6.0",
        "continuumio/miniconda3:4.5.11",
        "tensorflow/tensorflow:1.12.0-py3",
    ];

    const MODERN: &[&str] = &[
        "python",
        "python:3",
        "python:2.7",
        "python:2.7.16-slim-buster",
        "python:2-slim",
        "python:3.6-alpine",
        "python:3.7.4",
        "python:3.8.0",
        "python:3.12-slim@sha256:00",
        "python:3.13-rc",
        "python:3.7-stretch",
        "python:alpine3.9",
        "pypy:3.9-slim",
        "pypy:3-7.3.1",
        "ubuntu",
        "ubuntu:20.04",
        "ubuntu:22.04@sha256:00",
        "debian:stable-slim",
        "debian:12",
        "debian:bullseye-20230101-slim",
        "alpine:3.12",
        "alpine",
        "fedora:40",
        "centos:stream9",
        "rockylinux:9",
        "amazonlinux:2023",
        "nvidia/cuda:11.4.0-devel-ubuntu20.04",
        "node:20",
        "node:16-bullseye-slim",
        "node:20-alpine",
        "ruby:3.2-slim-bookworm",
        "golang:1.21",
        "nginx:alpine",
        "continuumio/miniconda3",
    ];

    #[test]
    fn pip_by_release() {
        let expected = [(Age::Old, OLD), (Age::Unknown, UNKNOWN), (Age::Recent, RECENT), (Age::Modern, MODERN)];
        for (age, images) in expected {
            for image in images {
                assert_eq!(pip(image), age, "{image}");
            }
        }
    }

    #[test]
    fn pythons_that_get_a_modern_pip() {
        for image in ["python:3.4", "ubuntu:18.04", "centos:7", "debian:9"] {
            assert!(upgrades_to_modern_pip(image), "{image}");
        }
        for image in ["python:3.3", "centos:6", "centos:centos6", "me/base"] {
            assert!(!upgrades_to_modern_pip(image), "{image}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(pip_of_version((1, 5)), Age::Old);
        assert_eq!(pip_of_version((19, 0)), Age::Recent);
        assert_eq!(pip_of_version((19, 1)), Age::Modern);
    }
}
