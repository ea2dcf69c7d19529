//! Documentation that `gem install` generates.
//!
//! Sources: `gem help install`, `RubyGems` history (2.0 brought `--no-document`), the Dockerfiles of the images
//! `ruby` and `jruby`.

use super::program;
use crate::knowledge::base_name;

pub(super) fn place(words: &[Option<&str>]) -> Option<usize> {
    let (at, name) = program(words)?;
    let verb = (*words.get(at + 1)?)?;
    if name != "gem" || !matches!(verb, "install" | "update") {
        return None;
    }
    let decided = |word: &str| {
        // `-N` stands with other letters too.
        let short = word.starts_with('-') && !word.starts_with("--") && word.contains('N');
        matches!(word, "--system" | "--config-file") || short || decides_on_documents(word)
    };
    (!words.iter().flatten().any(|word| decided(word))).then_some(at + 1)
}

/// Whether a long option, or `-N` in lower case, says which documentation is generated.
#[must_use]
pub fn decides_on_documents(word: &str) -> bool {
    word.contains("document") || word == "-n" || is_part(word)
}

/// `--no-ri`, `--rdoc` …
fn is_part(word: &str) -> bool {
    let name = word.strip_prefix("--").map(|name| name.trim_start_matches("no-"));
    name.is_some_and(|name| name.starts_with("ri") || name.starts_with("rdoc") || name.starts_with("doc"))
}

/// Whether an image, by its name, has a gemrc that switches documentation off.
#[must_use]
pub fn brings_gemrc(image: &str) -> bool {
    let name = image.split(['@', ':']).next().unwrap_or_default();
    matches!(base_name(name), "ruby" | "jruby")
}

/// What names of images begin with or hold, dashes and colons left out, that bring or install a `RubyGems` older
/// than 2.0, which does not know `--no-document`.
const BEFORE_TWO: &[&str] = &[
    "ruby1",
    "debian6",
    "debian7",
    "debianoldoldstable",
    "ubuntu10",
    "ubuntu12",
    "ubuntu13",
    "ubuntu14",
    "ubuntudebootstrap",
    "ubuntuupstart",
    "centos5",
    "centos6",
    "oraclelinux5",
    "oraclelinux6",
    "rhel5",
    "rhel6",
    "el6",
    "phusion/baseimage0.9",
];

/// Names of their releases.
const OLD_RELEASES: &[&str] = &["squeeze", "wheezy", "lucid", "precise", "quantal", "raring", "saucy", "trusty"];

/// How packages and installers name a Ruby of their time.
const OLD_RUBIES: &[&str] = &[
    "ruby1",
    "ruby-1",
    "ruby=1.",
    "rubygems1.",
    "rubygems-1.",
    "ruby_version=1.",
    "ruby_version 1.",
    "rvm install 1.",
    "rbenv install 1.",
];

/// Whether the gem of an image may be taken to know `--no-document`; `earlier` is what the file says before, in
/// lower case.
///
/// An old distribution below an image of another name can't be told.
#[must_use]
pub fn knows_no_document(image: &str, earlier: &str) -> bool {
    let image = image.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let joined = image.replace(['-', ':', '_'], "");
    let old_image = BEFORE_TWO.iter().any(|part| joined.contains(part));
    let old_release = OLD_RELEASES.iter().any(|name| image.contains(name) || earlier.contains(name));
    !old_image && !old_release && !OLD_RUBIES.iter().any(|old| earlier.contains(old))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gems_that_know_the_option() {
        for image in ["debian:12", "ubuntu", "ubuntu:22.04", "docker.io/library/debian:8", "centos:7", "alpine:3.14"] {
            assert!(knows_no_document(image, "run gem install x"), "{image}");
        }
        for image in [
            "debian:7",
            "debian:wheezy-slim",
            "i386/debian:wheezy",
            "stackbrew/ubuntu:12.04",
            "ubuntu-debootstrap",
            "docker.io/library/ubuntu:14.04",
            "centos:centos6",
            "oraclelinux:6",
            "phusion/baseimage:0.9.18",
            "phusion/passenger-ruby19",
        ] {
            assert!(!knows_no_document(image, ""), "{image}");
        }
        assert!(!knows_no_document("me/base", "deb http://archive.debian.org/debian wheezy main"));
        assert!(!knows_no_document("amazonlinux:1", "run yum install ruby18"));
    }
}
