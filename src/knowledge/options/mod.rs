//! Options that commands are better off with: which command lacks one, and behind which of its words it goes.
//!
//! Sources are named with each table. A word that is not written out is `None`.

mod accounts;
mod assent;
mod documents;
mod progress;
pub mod recommends;

pub use accounts::{Uid, is_high, resets_only_what_is_there, uid, uid_word};
pub use assent::fails_without_answer;
pub use documents::{brings_gemrc, decides_on_documents, knows_no_document};

use super::managers::wrapper_len;
use crate::knowledge::base_name;

/// An option that a command lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Addition {
    /// A package manager's `-y`: its questions are answered with yes.
    Assent,
    /// apt's `--no-install-recommends`.
    NoRecommends,
    /// gem's `--no-document`.
    NoDocument,
    /// useradd's `-l`.
    NoLogInit,
    /// GNU wget's `--progress=dot:giga`.
    DotProgress,
}

impl Addition {
    /// Every one that there is.
    pub const ALL: &[Self] = &[Self::Assent, Self::NoRecommends, Self::NoDocument, Self::NoLogInit, Self::DotProgress];

    /// The option as written.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Assent => "-y",
            Self::NoRecommends => "--no-install-recommends",
            Self::NoDocument => "--no-document",
            Self::NoLogInit => "-l",
            Self::DotProgress => "--progress=dot:giga",
        }
    }

    /// The word behind which the option goes, by index; `None` where the command does not know the option, has
    /// it, or has one that decides the same.
    #[must_use]
    pub fn place(self, words: &[Option<&str>]) -> Option<usize> {
        match self {
            Self::Assent => assent::place(words),
            Self::NoRecommends => recommends::place(words),
            Self::NoDocument => documents::place(words),
            Self::NoLogInit => accounts::place(words),
            Self::DotProgress => progress::place(words),
        }
    }
}

/// Where a command's program stands, and its name without a path.
#[must_use]
pub fn program<'w>(words: &[Option<&'w str>]) -> Option<(usize, &'w str)> {
    let at = wrapper_len(words);
    Some((at, base_name((*words.get(at)?)?)))
}

/// Where the verb of a package manager's command line stands; `None` where an option before it is not known,
/// whose value it may be.
fn verb_at(words: &[Option<&str>], found: &super::Invocation<'_>) -> Option<usize> {
    let (start, _) = program(words)?;
    let at = (start + 1..words.len()).find(|at| !found.options.contains(at))?;
    let clear = found.unclear.is_none_or(|unclear| unclear > at);
    (clear && words[at] == Some(found.verb_word)).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command with the option put in, where it lacks it.
    fn with(addition: Addition, line: &str) -> Option<String> {
        let words: Vec<&str> = line.split(' ').collect();
        let literals: Vec<Option<&str>> =
            words.iter().map(|word| if word.contains('$') { None } else { Some(*word) }).collect();
        let at = addition.place(&literals)?;
        Some([&words[..=at], &[addition.text()], &words[at + 1..]].concat().join(" "))
    }

    #[test]
    fn questions_are_answered() {
        for (line, expected) in [
            ("apt-get install x", Some("apt-get install -y x")),
            ("sudo -E apt-get -q -o A=b install x", Some("sudo -E apt-get -q -o A=b install -y x")),
            ("apt-get -t install remove x", Some("apt-get -t install remove -y x")),
            ("apt-get install $P", Some("apt-get install -y $P")),
            ("apt-get install x --yes", None),
            ("apt-get -yq install x", None),
            ("apt-get install -qq x", None),
            ("apt-get install -q -q x", None),
            ("apt-get install -q=2 x", None),
            ("apt-get install -q x", Some("apt-get install -y -q x")),
            ("apt-get install -s x", None),
            ("apt-get install --assume-no x", None),
            ("apt-get -o APT::Get::Assume-Yes=true install x", None),
            ("apt-get --frob install x", None),
            ("apt-get $O install x", None),
            ("apt-get update", None),
            ("yum groupinstall x", Some("yum groupinstall -y x")),
            ("yum group install x", Some("yum group install -y x")),
            ("yum group list", None),
            ("yum -y update", None),
            ("yum clean all", None),
            ("dnf module enable nodejs:18", Some("dnf module enable -y nodejs:18")),
            ("dnf install --assumeyes x", None),
            ("dnf --setopt=assumeyes=1 install x", None),
            ("microdnf install x", Some("microdnf install -y x")),
            ("microdnf module enable x", None),
            ("zypper install x", Some("zypper install -y x")),
            ("zypper -n install x", None),
            ("zypper -qn in x", None),
            ("zypper in -n x", Some("zypper in -y -n x")),
            ("zypper source-install x", None),
            ("zypper rm --no-confirm x", None),
        ] {
            assert_eq!(with(Addition::Assent, line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn recommended_packages_are_left_out() {
        for (line, expected) in [
            ("apt-get install x", Some("apt-get install --no-install-recommends x")),
            ("apt-get install -y x", Some("apt-get install -y --no-install-recommends x")),
            ("apt-get -y install -qq --yes x", Some("apt-get -y install -qq --yes --no-install-recommends x")),
            ("apt-get install -t y x", Some("apt-get install --no-install-recommends -t y x")),
            ("apt-get install --install-recommends x", None),
            ("apt-get install -oAPT::Install-Recommends=0 x", None),
            ("apt-get -c f install x", None),
            ("apt-get upgrade", None),
        ] {
            assert_eq!(with(Addition::NoRecommends, line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn gems_come_without_documentation() {
        for (line, expected) in [
            ("gem install x", Some("gem install --no-document x")),
            ("sudo gem install x -- --a", Some("sudo gem install --no-document x -- --a")),
            ("gem install x --no-ri --no-rdoc", None),
            ("gem install -N x", None),
            ("gem install x -NV", None),
            ("gem install $O x", Some("gem install --no-document $O x")),
            ("gem update", Some("gem update --no-document")),
            ("gem update --system", None),
            ("gem list", None),
        ] {
            assert_eq!(with(Addition::NoDocument, line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn users_with_high_numbers_get_no_log() {
        for (line, expected) in [
            ("useradd -u 100000 x", Some("useradd -l -u 100000 x")),
            ("useradd -m --uid=1234567 x", Some("useradd -l -m --uid=1234567 x")),
            ("useradd -mu 1234567 x", Some("useradd -l -mu 1234567 x")),
            ("useradd -u $U x", Some("useradd -l -u $U x")),
            ("useradd -u 1000 x", None),
            ("useradd -d u x", None),
            ("useradd -c -u100000 x", None),
            ("useradd -l -u 100000 x", None),
            ("useradd -ru 100000 --no-log-init x", None),
            ("useradd $X -u 100000 x", Some("useradd -l $X -u 100000 x")),
            ("usermod -u 100000 x", None),
        ] {
            assert_eq!(with(Addition::NoLogInit, line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn wget_prints_few_lines() {
        for (line, expected) in [
            ("wget http://x", Some("wget --progress=dot:giga http://x")),
            ("wget -O - $U", Some("wget --progress=dot:giga -O - $U")),
            ("sudo wget -P /opt/x u", Some("sudo wget --progress=dot:giga -P /opt/x u")),
            ("wget -qO- u", None),
            ("wget -nv u", None),
            ("wget --no-verbose u", None),
            ("wget --qui u", None),
            ("wget -b u", None),
            ("wget -o log u", None),
            ("wget --append-output=log u", None),
            ("wget --progress=bar u", None),
            ("wget -e progress=bar u", None),
            ("wget --version", None),
            ("/opt/bin/wget u", None),
            ("wget", None),
        ] {
            assert_eq!(with(Addition::DotProgress, line).as_deref(), expected, "{line}");
        }
    }
}
