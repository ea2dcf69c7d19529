//! What well-known base images bring, told by their names.
//!
//! Sources: the Dockerfiles of Docker's official images, and those of the distributions.

/// The distribution of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Debian or Ubuntu: apt; `/bin/sh` is dash.
    Debian,
    /// Alpine: apk; `/bin/sh` is busybox.
    Alpine,
    /// Fedora, `CentOS`, Rocky, Alma, Amazon, Oracle, UBI: dnf or yum; `/bin/sh` is bash.
    RedHat,
    /// openSUSE: zypper; `/bin/sh` is bash.
    Suse,
    /// Arch: pacman; `/bin/sh` is bash.
    Arch,
    /// busybox alone.
    Busybox,
}

/// Which wget an image brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wget {
    /// GNU wget.
    Gnu,
    /// busybox's, which knows few options.
    Busybox,
    /// None, or it is not known.
    Unknown,
}

/// What is known of a base image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BaseImage {
    /// Its distribution.
    pub distribution: Distribution,
    /// Which wget it brings.
    pub wget: Wget,
    /// Whether it is nothing but a distribution: no ENTRYPOINT, no WORKDIR, root as its user, and a shell as
    /// its CMD.
    pub bare: bool,
    /// Whether `ca-certificates` is surely in it.
    pub certificates: bool,
}

impl BaseImage {
    /// Whether bash is in the image.
    #[must_use]
    pub const fn has_bash(self) -> bool {
        matches!(
            self.distribution,
            Distribution::Debian | Distribution::RedHat | Distribution::Suse | Distribution::Arch
        )
    }

    /// Whether `/bin/sh` is bash.
    #[must_use]
    pub const fn sh_is_bash(self) -> bool {
        matches!(self.distribution, Distribution::RedHat | Distribution::Suse | Distribution::Arch)
    }
}

/// Images that are distributions, by their names without registry and tag.
const BARE: &[(&str, Distribution)] = &[
    ("debian", Distribution::Debian),
    ("ubuntu", Distribution::Debian),
    ("alpine", Distribution::Alpine),
    ("busybox", Distribution::Busybox),
    ("centos", Distribution::RedHat),
    ("fedora", Distribution::RedHat),
    ("rockylinux", Distribution::RedHat),
    ("almalinux", Distribution::RedHat),
    ("amazonlinux", Distribution::RedHat),
    ("oraclelinux", Distribution::RedHat),
    ("rockylinux/rockylinux", Distribution::RedHat),
    ("quay.io/centos/centos", Distribution::RedHat),
    ("registry.fedoraproject.org/fedora", Distribution::RedHat),
    ("registry.access.redhat.com/ubi8", Distribution::RedHat),
    ("registry.access.redhat.com/ubi8/ubi", Distribution::RedHat),
    ("registry.access.redhat.com/ubi9", Distribution::RedHat),
    ("registry.access.redhat.com/ubi9/ubi", Distribution::RedHat),
    ("opensuse/leap", Distribution::Suse),
    ("opensuse/tumbleweed", Distribution::Suse),
    ("archlinux", Distribution::Arch),
    ("archlinux/archlinux", Distribution::Arch),
];

/// Official images that build on Debian unless their tag says otherwise, and whether their full variants build
/// on `buildpack-deps`, which brings GNU wget.
const ON_DEBIAN: &[(&str, bool)] = &[
    ("buildpack-deps", true),
    ("python", true),
    ("node", true),
    ("ruby", true),
    ("golang", true),
    ("rust", true),
    ("perl", true),
    ("openjdk", true),
    ("gcc", true),
    ("haskell", false),
    ("erlang", true),
    ("elixir", true),
    ("pypy", true),
    ("php", false),
    ("nginx", false),
    ("httpd", false),
    ("redis", false),
    ("postgres", false),
    ("mariadb", false),
    ("mongo", false),
    ("tomcat", false),
    ("maven", false),
    ("gradle", false),
    ("eclipse-temurin", false),
    ("jenkins/jenkins", false),
    ("wordpress", false),
    ("drupal", false),
    ("joomla", false),
    ("nextcloud", false),
    ("rabbitmq", false),
    ("memcached", false),
    ("julia", false),
    ("r-base", true),
    ("swift", false),
    ("composer", false),
    ("influxdb", false),
    ("neo4j", false),
    ("cassandra", false),
    ("haproxy", false),
    ("solr", false),
    ("ghost", false),
];

/// Official images whose plain tag is not on Debian, or was not always.
const NOT_ALWAYS_DEBIAN: &[&str] = &["composer", "mysql"];

/// Those that build on `php`, which brings certificates for its own downloads.
const ON_PHP: &[&str] = &["php", "wordpress", "drupal", "joomla", "nextcloud"];

/// Parts of a tag that name another system than Debian or Ubuntu.
const OTHER_SYSTEMS: &[&str] = &[
    "windows",
    "nanoserver",
    "servercore",
    "oracle",
    "ol7",
    "ol8",
    "ol9",
    "ubi",
    "centos",
    "amazon",
    "al2",
    "corretto",
    "ibm",
    "fedora",
    "alma",
    "rhel",
    "rocky",
    "busybox",
    "distroless",
    "onbuild",
];

/// Parts of a tag that name Debian or a version that was always on it.
const ON_DEBIAN_FOR_SURE: &[&str] =
    &["slim", "stretch", "buster", "bullseye", "bookworm", "trixie", "temurin", "focal", "jammy", "noble"];

/// Images whose variants with `OpenJDK` build on the image `openjdk`.
const ON_OPENJDK: &[&str] = &["openjdk", "maven", "tomcat"];

/// What is known of the image of this name, its tag included; a name with a variable in it is not known.
#[must_use]
pub fn base_image(reference: &str) -> Option<BaseImage> {
    if reference.contains('$') {
        return None;
    }
    let (name, tag) = name_and_tag(reference);
    if let Some((_, distribution)) = BARE.iter().find(|(known, _)| *known == name) {
        let wget = if matches!(distribution, Distribution::Alpine | Distribution::Busybox) {
            Wget::Busybox
        } else {
            Wget::Unknown
        };
        let usual = !tag.contains("minimal") && !tag.contains("micro") && !tag.contains("distroless");
        return usual.then_some(BaseImage { distribution: *distribution, wget, bare: true, certificates: false });
    }
    let (_, buildpack) = ON_DEBIAN.iter().find(|(known, _)| *known == name)?;
    // The variants `cli` of wordpress build on Alpine's php.
    if tag.contains("alpine") || name == "wordpress" && tag.starts_with("cli") {
        let (distribution, wget) = (Distribution::Alpine, Wget::Busybox);
        return Some(BaseImage { distribution, wget, bare: false, certificates: false });
    }
    if NOT_ALWAYS_DEBIAN.contains(&name) || OTHER_SYSTEMS.iter().any(|system| tag.contains(system)) {
        return None;
    }
    if ON_OPENJDK.contains(&name) && !on_debian_by_its_java(name, &tag) || name == "neo4j" && !neo4j_on_debian(&tag) {
        return None;
    }
    let full = *buildpack && !tag.contains("slim") && !tag.contains("jre") && !tag.contains("otp");
    let wget = if full { Wget::Gnu } else { Wget::Unknown };
    let certificates = full || ON_PHP.contains(&name);
    Some(BaseImage { distribution: Distribution::Debian, wget, bare: name == "buildpack-deps", certificates })
}

/// Whether an image is, by its name, of a rolling release, or of one that is not out yet.
#[must_use]
pub fn is_rolling(reference: &str) -> bool {
    let reference = reference.to_ascii_lowercase();
    let (name, tag) = name_and_tag(&reference);
    let by_name = name == "r-base" || ["kali", "parrotsec", "parrot-"].iter().any(|part| name.contains(part));
    let moving = |part: &str| matches!(part, "sid" | "unstable" | "testing" | "rolling" | "devel" | "experimental");
    by_name
        || name.split(['/', '-']).any(moving)
        || tag.split(['-', '.', '_']).any(|part| moving(part) && part != "devel")
        || tag == "devel"
}

/// Whether a tag of an image with Java names Debian or Ubuntu.
///
/// From version 12 on the plain tags of openjdk are on Oracle Linux, and so were those of maven that build on it:
/// 3.6 and 3.8, and with a JDK in their name.
fn on_debian_by_its_java(name: &str, tag: &str) -> bool {
    if ON_DEBIAN_FOR_SURE.iter().any(|part| tag.contains(part)) {
        return true;
    }
    let java = match name {
        "openjdk" => Some(tag),
        _ => ["jdk", "jre"]
            .iter()
            .find_map(|kit| tag.split_once(kit))
            .map(|(_, version)| version.trim_start_matches('-')),
    };
    let digits = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().to_owned();
    match java.map(digits) {
        Some(version) => matches!(version.as_str(), "7" | "8" | "11"),
        None => name != "maven" || !["3.6", "3.8"].iter().any(|release| tag.starts_with(release)),
    }
}

/// Whether a tag of neo4j names Debian: before 3.5 its image was on Alpine.
fn neo4j_on_debian(tag: &str) -> bool {
    let digits = tag.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse::<u32>().map_or(digits.is_empty(), |major| major >= 4)
}

/// The name without the registry of Docker's official images, and the tag in lower case.
fn name_and_tag(reference: &str) -> (&str, String) {
    let reference = reference.split('@').next().unwrap_or_default();
    let slash = reference.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match reference[slash..].split_once(':') {
        Some((last, tag)) => (&reference[..slash + last.len()], tag.to_ascii_lowercase()),
        None => (reference, String::new()),
    };
    let name = ["docker.io/library/", "docker.io/", "index.docker.io/", "public.ecr.aws/docker/library/", "library/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    (name, tag)
}

/// Whether the image is Alpine by its name, of a release whose ash knows `pipefail`: 3.7 or later.
///
/// A tag of an official image that only says `-alpine` may be an old one.
#[must_use]
pub fn ash_knows_pipefail(reference: &str) -> bool {
    if base_image(reference).is_none_or(|image| image.distribution != Distribution::Alpine) {
        return false;
    }
    let (name, tag) = name_and_tag(reference);
    let release = if name == "alpine" {
        tag.as_str()
    } else if tag == "alpine" {
        ""
    } else {
        let Some((_, release)) = tag.split_once("-alpine") else { return false };
        if release.is_empty() {
            return false;
        }
        release
    };
    if matches!(release, "" | "latest" | "edge" | "3") {
        return true;
    }
    let mut numbers = release.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(3)), Some(Ok(minor))) => minor >= 7,
        // Snapshots of edge are named by their day; the first is of 2019.
        (Some(Ok(day)), None) => day > 20_190_000,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_tell_the_distribution() {
        let distribution = |name: &str| base_image(name).map(|image| image.distribution);
        assert_eq!(distribution("python:3.11-alpine3.18"), Some(Distribution::Alpine));
        assert_eq!(distribution("docker.io/library/node:20-slim"), Some(Distribution::Debian));
        assert_eq!(distribution("centos:7"), Some(Distribution::RedHat));
        assert_eq!(distribution("localhost:5000/debian"), None);
        assert_eq!(distribution("python:windowsservercore"), None);
        assert_eq!(distribution("node:$V"), None);
        assert_eq!(distribution("openjdk:17"), None);
        assert_eq!(distribution("openjdk:17-slim"), Some(Distribution::Debian));
        assert_eq!(distribution("openjdk:8-jdk"), Some(Distribution::Debian));
        assert_eq!(distribution("me/python"), None);
        for name in ["wordpress:cli", "wordpress:cli-2.8-php8.1", "wordpress:php8.1-fpm-alpine"] {
            assert_eq!(distribution(name), Some(Distribution::Alpine), "{name}");
        }
        for name in [
            "neo4j:3.2",
            "neo4j:3",
            "maven:3.8.5-openjdk-17",
            "maven:3.8.1",
            "maven:3-jdk-13",
            "tomcat:9-jdk15-openjdk",
            "jenkins/jenkins:lts-almalinux",
        ] {
            assert_eq!(distribution(name), None, "{name}");
        }
        for name in [
            "neo4j",
            "neo4j:5.1",
            "wordpress:6-php8.1",
            "maven",
            "maven:3-jdk-8",
            "maven:3.9.5",
            "maven:3.8.5-openjdk-17-slim",
            "maven:3.8-eclipse-temurin-17",
            "tomcat:9",
            "tomcat:9-jdk11",
        ] {
            assert_eq!(distribution(name), Some(Distribution::Debian), "{name}");
        }
    }

    #[test]
    fn releases_of_alpine() {
        for name in ["alpine", "alpine:3.7", "alpine:3.18.4", "alpine:edge", "python:3.11-alpine3.18", "node:alpine"] {
            assert!(ash_knows_pipefail(name), "{name}");
        }
        for name in ["alpine:3.6", "alpine:2.7", "node:8-alpine", "python:3.6-alpine3.6", "debian:12", "busybox"] {
            assert!(!ash_knows_pipefail(name), "{name}");
        }
    }

    #[test]
    fn full_images_bring_gnu_wget() {
        let wget = |name: &str| base_image(name).map(|image| image.wget);
        assert_eq!(wget("python:3.11"), Some(Wget::Gnu));
        assert_eq!(wget("python:3.11-slim"), Some(Wget::Unknown));
        assert_eq!(wget("alpine"), Some(Wget::Busybox));
        assert_eq!(wget("debian@sha256:00"), Some(Wget::Unknown));
    }
}
