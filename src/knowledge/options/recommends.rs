//! Packages that apt installs because others recommend them.
//!
//! Sources: apt-get(8), apt.conf(5); the `Depends` and `Recommends` fields of Debian 11, 12 and of Ubuntu 20.04 to 24.04.

use crate::knowledge::{Family, Verb, invocation, managers};

use super::verb_at;

/// Packages whose recommended ones are commonly counted on, and what is missing without them.
static LOSSES: &[(&str, &[&str])] = &[
    ("ansible", &["python3-winrm", "python3-jmespath"]),
    ("autoconf", &["automake"]),
    ("cabal-install", &["curl"]),
    ("chromium", &["chromium-sandbox"]),
    ("cmake", &["gcc", "make"]),
    ("composer", &["git", "unzip"]),
    ("cpanminus", &["make"]),
    ("cron", &["a mail server"]),
    ("curl", &["ca-certificates"]),
    ("dirmngr", &["gnupg"]),
    ("docker.io", &["ca-certificates", "git", "xz-utils"]),
    ("dpkg-dev", &["build-essential", "fakeroot"]),
    ("fail2ban", &["iptables", "whois"]),
    ("flatpak", &["ca-certificates"]),
    ("gcc", &["libc6-dev"]),
    ("gdb", &["libc-dbg"]),
    ("git", &["ca-certificates", "less", "openssh-client", "patch"]),
    ("golang", &["gcc", "libc6-dev", "pkg-config"]),
    ("golang-go", &["gcc", "libc6-dev", "pkg-config"]),
    ("gpg", &["gnupg"]),
    ("imagemagick", &["ghostscript"]),
    ("libtool", &["libltdl-dev"]),
    ("luarocks", &["lua-sec"]),
    ("mercurial", &["openssh-client"]),
    ("nodejs", &["ca-certificates"]),
    ("npm", &["git"]),
    ("octave", &["gnuplot"]),
    ("opam", &["ca-certificates", "git", "m4", "ocaml", "rsync"]),
    ("openssh-client", &["xauth"]),
    ("openssh-server", &["xauth"]),
    ("openvpn", &["easy-rsa"]),
    ("postfix", &["ca-certificates"]),
    ("python-pip", &["build-essential", "python-dev"]),
    ("python3-matplotlib", &["python3-tk"]),
    ("python3-pip", &["build-essential", "python3-dev"]),
    ("python3-scipy", &["g++", "python3-pil"]),
    ("r-base", &["r-base-dev"]),
    ("r-base-core", &["r-recommended", "r-base-dev"]),
    ("rsyslog", &["logrotate"]),
    ("rustc", &["cargo"]),
    ("systemd", &["dbus"]),
    ("texlive-latex-extra", &["texlive-fonts-recommended", "texlive-plain-generic"]),
    ("texlive-xetex", &["lmodern"]),
    ("wget", &["ca-certificates"]),
    ("xvfb", &["xauth"]),
];

/// Packages that surely bring others of the table's, as they depend on them.
static DEPENDS: &[(&str, &[&str])] = &[
    ("build-essential", &["dpkg-dev", "g++", "gcc", "libc6-dev", "make"]),
    ("cargo", &["rustc"]),
    ("default-jdk", &["ca-certificates"]),
    ("default-jdk-headless", &["ca-certificates"]),
    ("default-jre", &["ca-certificates"]),
    ("default-jre-headless", &["ca-certificates"]),
    ("dpkg-dev", &["make", "patch", "xz-utils"]),
    ("g++", &["gcc", "libc6-dev"]),
    ("gnupg2", &["gnupg"]),
    ("libtool", &["libc6-dev"]),
    ("npm", &["ca-certificates"]),
    ("python3-dev", &["libc6-dev"]),
    ("python3-pip", &["ca-certificates"]),
    ("python3-requests", &["ca-certificates"]),
    ("r-base", &["r-base-core", "r-recommended"]),
    ("r-base-core", &["ca-certificates", "unzip"]),
    ("rustc", &["gcc", "libc6-dev"]),
    ("software-properties-common", &["ca-certificates"]),
];

/// The packages that bring this one along in any case, as far as [`losses`] asks for it.
pub fn bring(package: &str) -> impl Iterator<Item = &'static str> {
    DEPENDS.iter().filter(move |(_, needs)| needs.contains(&package)).map(|(known, _)| *known)
}

/// What a package is likely to be missed to have brought along.
#[must_use]
pub fn losses(package: &str) -> &'static [&'static str] {
    let name = managers::package_name(package);
    LOSSES.iter().find(|(known, _)| *known == name).map_or(&[], |(_, lost)| *lost)
}

pub(super) fn place(words: &[Option<&str>]) -> Option<usize> {
    let found = invocation(words)?;
    if found.manager.family != Family::Debian || found.verb != Verb::Install {
        return None;
    }
    let verb = verb_at(words, &found)?;
    let decided = words.iter().flatten().any(|word| {
        const OPTION: &str = "install-recommends";
        let says_so = word.len() >= OPTION.len() && word.to_ascii_lowercase().contains(OPTION);
        says_so || is_config_file(word)
    });
    if decided {
        return None;
    }
    // `install -y --no-install-recommends x` is how people write it.
    let more = words[verb + 1..].iter().map_while(|word| word.filter(|word| is_assent_or_quiet(word)));
    Some(verb + more.count())
}

fn is_assent_or_quiet(word: &str) -> bool {
    let letters = word.strip_prefix('-').unwrap_or_default();
    !letters.is_empty() && letters.chars().all(|letter| matches!(letter, 'y' | 'q'))
        || matches!(word, "--yes" | "--assume-yes" | "--quiet")
}

fn is_config_file(word: &str) -> bool {
    word.starts_with("-c") || word.starts_with("--config-file")
}

/// The end of the first place where a text, in lower case, sets apt's option otherwise than for one command: in a
/// configuration file.
#[must_use]
pub fn configures(text: &str) -> Option<usize> {
    let mut places = text.match_indices("install-recommends");
    let in_a_file = places.find(|(at, _)| {
        let before = text[..*at].trim_end_matches("apt::").trim_end_matches(['"', '\'', '=', ' ']);
        !text[..*at].ends_with("--")
            && !text[..*at].ends_with("--no-")
            && !before.ends_with("-o")
            && !before.ends_with("--option")
    });
    in_a_file.map(|(at, found)| at + found.len())
}
