//! Documentation that `gem install` generates.
//!
//! Sources: `gem help install`, `RubyGems` history (2.0 brought `--no-document`), the Dockerfiles of the images
//! `ruby` and `jruby`.

use super::program;

pub(super) fn place(words: &[Option<&str>]) -> Option<usize> {
    let (at, name) = program(words)?;
    let verb = (*words.get(at + 1)?)?;
    if name != "gem" || !matches!(verb, "install" | "update") {
        return None;
    }
    // `-N` stands with other letters too.
    let short = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('N');
    let decides = |word: &str| {
        matches!(word, "--system" | "--config-file") || short(word) || word.contains("document") || is_part(word)
    };
    (!words.iter().flatten().any(|word| decides(word))).then_some(at + 1)
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
    matches!(name.rsplit('/').next(), Some("ruby" | "jruby"))
}

/// Images with a `RubyGems` older than 2.0, which does not know `--no-document`.
const BEFORE_TWO: &[(&str, &[&str])] = &[
    ("ruby", &["1"]),
    ("debian", &["6", "7", "squeeze", "wheezy", "oldoldstable"]),
    ("ubuntu", &["10", "12", "13", "14", "lucid", "precise", "trusty", "saucy", "raring", "quantal"]),
    ("ubuntu-debootstrap", &[""]),
    ("ubuntu-upstart", &[""]),
    ("centos", &["5", "6", "centos5", "centos6"]),
    ("phusion/baseimage", &["0.9"]),
];

/// Whether the gem of an image surely knows `--no-document`; `earlier` is what the file says before, in lower
/// case.
#[must_use]
pub fn knows_no_document(image: &str, earlier: &str) -> bool {
    let (name, tag) = image.split_once(':').unwrap_or((image, "latest"));
    let name = name.trim_start_matches("docker.io/").trim_start_matches("library/");
    let old_image =
        BEFORE_TWO.iter().any(|(known, tags)| *known == name && tags.iter().any(|start| tag.starts_with(start)));
    let old_ruby = ["ruby1.", "ruby-1.", "ruby=1.", "rubygems1.", "rubygems-1.", "ruby_version=1.", "ruby_version 1."];
    !old_image && !old_ruby.iter().any(|old| earlier.contains(old))
}
