//! Which apk and pip a base image brings, as far as its name tells.
//!
//! Sources: the release notes of apk-tools (`--no-cache` since 2.6, Alpine 3.3) and of pip (`--no-cache-dir` since
//! 6.0), and what the distributions ship: Debian 8, Ubuntu 15.10 and older bring pip 1.5 or less.

/// How recent a tool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// It does not know the option.
    Old,
    /// It is not known.
    Unknown,
    /// It knows the option.
    Recent,
    /// It knows the option, and fetches what it needs of an index by itself.
    Modern,
}

/// Prefixes of the official images, other architectures included.
const OFFICIAL: &[&str] = &[
    "docker.io/library/",
    "docker.io/",
    "index.docker.io/",
    "public.ecr.aws/docker/library/",
    "library/",
    "amd64/",
    "i386/",
    "arm64v8/",
    "arm32v7/",
    "arm32v6/",
    "armhf/",
    "ppc64le/",
    "s390x/",
];

/// An image's name without registry and its tag, in lower case.
fn name_and_tag(reference: &str) -> (String, String) {
    let reference = reference.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let slash = reference.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match reference[slash..].split_once(':') {
        Some((last, tag)) => (&reference[..slash + last.len()], tag),
        None => (reference.as_str(), ""),
    };
    let name = OFFICIAL.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    (name.to_owned(), tag.to_owned())
}

/// How recent the apk of an image is.
#[must_use]
pub fn apk(reference: &str) -> Age {
    let (name, tag) = name_and_tag(reference);
    if matches!(name.as_str(), "alpine" | "gliderlabs/alpine") {
        return alpine_release(&tag);
    }
    if name.contains('/') || name.contains('$') || tag.contains('$') {
        return Age::Unknown;
    }
    match tag.split_once("alpine") {
        // The first of Docker's official images on Alpine were built on 3.3.
        Some((_, release)) if release.starts_with(|c: char| c.is_ascii_digit()) => alpine_release(release),
        Some(_) => Age::Recent,
        None if name == "docker" => Age::Recent,
        None => Age::Unknown,
    }
}

fn alpine_release(tag: &str) -> Age {
    if matches!(tag, "" | "latest" | "edge" | "3") {
        return Age::Modern;
    }
    let mut parts = tag.split(['.', '-', '_']).map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(0..=2), _) | (Some(3), Some(0..=2)) => Age::Old,
        (Some(3), Some(3..=8)) => Age::Recent,
        // apk fetches an index that is missing or older than four hours by itself.
        (Some(3), Some(_)) => Age::Modern,
        _ => Age::Unknown,
    }
}

/// Parts of names and tags that stand for a system whose pip is older than 6.0.
const OLD_SYSTEMS: &[&str] = &[
    "lucid", "precise", "quantal", "raring", "saucy", "trusty", "utopic", "vivid", "wily", "squeeze", "wheezy",
    "jessie", "10.04", "12.04", "12.10", "13.04", "13.10", "14.04", "14.10", "15.04", "15.10", "1204", "1404",
];

/// Parts of names and tags that stand for a system or distribution of Python with a pip of 6.0 or later.
const RECENT_SYSTEMS: &[&str] = &[
    "16.04",
    "18.04",
    "20.04",
    "22.04",
    "24.04",
    "xenial",
    "bionic",
    "focal",
    "jammy",
    "noble",
    "stretch",
    "buster",
    "bullseye",
    "bookworm",
    "trixie",
    "conda",
    "jupyter/",
    "pytorch/",
    "tensorflow/tensorflow",
    "python3",
    "py3",
];

/// Whether a release is named: `14.04` in `ubuntu14.04.5`, not in `3.14.040`.
fn names(whole: &str, part: &str) -> bool {
    let number = |c: char| c.is_ascii_digit() || c == '.';
    let is_number = part.starts_with(number);
    whole.match_indices(part).any(|(at, _)| {
        let (before, after) = (&whole[..at], &whole[at + part.len()..]);
        !is_number || !before.ends_with(number) && !after.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// How recent the pip of an image is, whether it is in it or comes from its distribution.
#[must_use]
pub fn pip(reference: &str) -> Age {
    let (name, tag) = name_and_tag(reference);
    if matches!(name.as_str(), "python" | "pypy") {
        return Age::Recent;
    }
    let whole = format!("{name}:{tag}");
    if OLD_SYSTEMS.iter().any(|part| names(&whole, part)) {
        return Age::Old;
    }
    let number = |at: usize| tag.split(['.', '-']).nth(at).and_then(|part| part.parse::<u32>().ok());
    let unnumbered = number(0).is_none() && !tag.contains('$');
    match (name.as_str(), number(0)) {
        ("debian", Some(0..=8))
        | ("fedora", Some(0..=22))
        | ("centos" | "oraclelinux", Some(0..=5))
        | ("ubuntu", Some(0..=15)) => Age::Old,
        ("phusion/baseimage", Some(0)) if number(1) == Some(9) && number(2).is_none_or(|patch| patch < 19) => Age::Old,
        ("alpine" | "gliderlabs/alpine", _) => alpine_release(&tag).min(Age::Recent),
        ("centos", None) if tag.starts_with("centos5") => Age::Old,
        ("centos", None) if tag.starts_with("centos") => Age::Recent,
        ("ubuntu" | "debian" | "fedora" | "centos" | "oraclelinux" | "rockylinux" | "almalinux", Some(_))
        | ("node", Some(8..))
        | ("golang", Some(2..))
        | ("amazonlinux" | "archlinux" | "archlinux/archlinux" | "docker" | "phusion/baseimage", _) => Age::Recent,
        _ if RECENT_SYSTEMS.iter().any(|part| names(&whole, part)) => Age::Recent,
        _ if name.contains('/') || name.contains('$') || tag.contains('$') => Age::Unknown,
        // An official image without a number is the one of today, and those on Alpine began with 3.3.
        _ if tag.contains("alpine") => apk(reference).min(Age::Recent),
        _ if unnumbered && super::bases::base_image(reference).is_some() => Age::Recent,
        _ => Age::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apk_by_release() {
        for (image, age) in [
            ("alpine", Age::Modern),
            ("alpine:3.20.1", Age::Modern),
            ("alpine:3.4", Age::Recent),
            ("alpine:3.2", Age::Old),
            ("alpine:2.7", Age::Old),
            ("gliderlabs/alpine:3.1", Age::Old),
            ("node:6-alpine", Age::Recent),
            ("python:3.11-alpine3.18", Age::Modern),
            ("me/alpine", Age::Unknown),
            ("alpine:$V", Age::Unknown),
            ("debian", Age::Unknown),
        ] {
            assert_eq!(apk(image), age, "{image}");
        }
    }

    #[test]
    fn pip_by_release() {
        for (image, age) in [
            ("python:2.7-jessie", Age::Recent),
            ("ubuntu:14.04", Age::Old),
            ("ubuntu:trusty", Age::Old),
            ("me/ubuntu14.04-ansible", Age::Old),
            ("demisto/python3:3.12.13.10404775", Age::Recent),
            ("ubuntu:15.10", Age::Old),
            ("ubuntu", Age::Recent),
            ("ubuntu:16.04", Age::Recent),
            ("debian:8", Age::Old),
            ("debian:8.11-slim", Age::Old),
            ("debian:12", Age::Recent),
            ("alpine:3.1", Age::Old),
            ("alpine:3.11", Age::Recent),
            ("nvidia/cuda:11.4.0-devel-ubuntu20.04", Age::Recent),
            ("nvidia/cuda:7.5", Age::Unknown),
            ("phusion/baseimage:0.9.16", Age::Old),
            ("phusion/baseimage:0.11", Age::Recent),
            ("centos:centos6", Age::Recent),
            ("node:4", Age::Unknown),
            ("node:20", Age::Recent),
            ("me/base", Age::Unknown),
            ("ubuntu:$V", Age::Unknown),
        ] {
            assert_eq!(pip(image), age, "{image}");
        }
    }
}
