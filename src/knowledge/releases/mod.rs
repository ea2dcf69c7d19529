//! Which apk and pip a base image brings, as far as its name tells.
//!
//! Source: the release notes of apk-tools (`--no-cache` since 2.6, Alpine 3.3).

mod pip;

pub use pip::{pip, pip_of_version, upgrades_to_modern_pip};

/// How recent a tool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// It does not know the option.
    Old,
    /// It is not known.
    Unknown,
    /// It knows the option, which changes more than what is kept: an apk without a stored index reads the one of
    /// now, a pip installs what it builds itself in another way.
    Recent,
    /// It knows the option, which changes nothing but what is kept: an apk fetches a missing index in any case, a
    /// pip installs the same.
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
}
