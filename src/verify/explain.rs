//! Which differences between two images are what a fix says that it changes.

use crate::edit::{Applied, Safety};
use crate::prove::Claim;

use super::difference::{Aspect, Difference, Place};
use super::image::{Image, Manager};

/// The fix that says of itself that it makes this difference.
#[must_use]
pub fn explanation<'f>(
    difference: &Difference,
    all: &[Difference],
    before: &Image,
    fixes: &'f [Applied],
) -> Option<&'f Applied> {
    fixes.iter().find(|fix| {
        keeps_no_cache(fix.claim, difference, before)
            || spells_otherwise(fix.claim, difference)
            || fix.safety == Safety::Unsafe && changes_the_image(fix.claim, difference, all)
    })
}

/// A command that the image keeps as text, written otherwise.
fn spells_otherwise(claim: Claim, difference: &Difference) -> bool {
    let (Place::Config(key), Some(before), Some(after)) = (&difference.place, &difference.before, &difference.after)
    else {
        return false;
    };
    match (claim, key.as_str()) {
        (Claim::ShellSpelling, "command" | "entrypoint" | "health check") => {
            let plain = |text: &str| text.replace("$(", "`").replace(')', "`");
            plain(before) == plain(after)
        }
        (Claim::AddIsCopy, "on build") => before.replace("\"ADD ", "\"COPY ") == *after,
        _ => false,
    }
}

/// Logs with a place for each user id.
fn counts_users(path: &[u8]) -> bool {
    matches!(path, b"var/log/lastlog" | b"var/log/faillog")
}

/// Package caches, which even a safe fix may empty.
fn keeps_no_cache(claim: Claim, difference: &Difference, before: &Image) -> bool {
    let Place::File(path, aspect) = &difference.place else { return false };
    let Ok(path) = std::str::from_utf8(path) else { return false };
    match claim {
        Claim::AptListsCleanup => difference.is_removal() && path.starts_with("var/lib/apt/lists/"),
        Claim::DownloadCache => {
            difference.is_removal() && (path.starts_with("var/cache/apk/") || in_pip_cache(path, before))
        }
        Claim::CacheCleanup => {
            matches!(aspect, Aspect::Presence | Aspect::Content)
                && SYSTEM_CACHES.iter().any(|folder| path.starts_with(folder))
                || path.split('/').any(|part| part == ".npm")
                || in_yarn_cache(path)
        }
        _ => false,
    }
}

/// What `dnf clean all` and its like empty, and where they note that they did.
const SYSTEM_CACHES: &[&str] =
    &["var/cache/dnf", "var/cache/yum", "var/cache/libdnf5", "var/cache/zypp", "var/lib/dnf/"];

/// Below `.cache/pip`, or a `.cache` that held nothing else.
fn in_pip_cache(path: &str, before: &Image) -> bool {
    if path.ends_with(".cache/pip") || path.contains(".cache/pip/") {
        return true;
    }
    if path != ".cache" && !path.ends_with("/.cache") {
        return false;
    }
    let (below, of_pip) = (format!("{path}/"), format!("{path}/pip"));
    let is_pips = |inside: &[u8]| inside == of_pip.as_bytes() || inside.starts_with(format!("{of_pip}/").as_bytes());
    before.tree.iter().filter(|(inside, _)| inside.starts_with(below.as_bytes())).all(|(inside, _)| is_pips(inside))
}

fn in_yarn_cache(path: &str) -> bool {
    ["usr/local/share/.cache", ".cache/yarn", ".yarn/berry"].iter().any(|folder| path.contains(folder))
}

/// What an unsafe fix may do to an image, by what it says.
fn changes_the_image(claim: Claim, difference: &Difference, all: &[Difference]) -> bool {
    match (claim, &difference.place) {
        (Claim::CommandOptions, Place::Package(Manager::Dpkg, _)) => difference.is_removal(),
        // `useradd --no-log-init` makes no place for a new user there.
        (Claim::CommandOptions, Place::File(path, Aspect::Content)) if counts_users(path) => true,
        (Claim::CommandOptions, Place::File(path, aspect)) => {
            let fewer =
                all.iter().any(|other| matches!(other.place, Place::Package(Manager::Dpkg, _)) && other.is_removal());
            fewer && (difference.is_removal() || *aspect == Aspect::Content && lists_what_is_there(path))
                || difference.is_removal() && is_documentation(path)
        }
        (Claim::CommandDropped, Place::Package(Manager::Dpkg, _))
        | (Claim::OtherProgram, Place::Package(Manager::Npm, _)) => true,
        (Claim::CommandDropped, Place::File(..)) => {
            all.iter().any(|other| matches!(other.place, Place::Package(Manager::Dpkg, _)))
        }
        (Claim::OtherProgram, Place::File(path, _)) => {
            // apt removes what it downloaded, apt-get keeps it; npm ci installs what the lock file says.
            path.starts_with(b"var/cache/apt/archives/") || is_of_npm(path)
        }
        (Claim::AuthorLabel, Place::Config(key)) => match key.as_str() {
            "author" => {
                difference.is_removal() && all.iter().any(|other| is_label_of(other, difference.before.as_ref()))
            }
            _ => all.iter().any(|author| {
                author.place == Place::Config("author".to_owned()) && is_label_of(difference, author.before.as_ref())
            }),
        },
        (Claim::ExecForm, Place::Config(key)) => {
            matches!(key.as_str(), "entrypoint" | "command") || key.starts_with("volume ")
        }
        // The folders that a COPY makes for its file get its owner too.
        (Claim::CopyOwnerAndMode, Place::File(_, aspect)) => *aspect == Aspect::Owner,
        (Claim::WorkdirForCd, Place::Config(key)) => key == "working folder",
        (Claim::ShellInForce, Place::Config(key)) => matches!(key.as_str(), "shell" | "entrypoint" | "command"),
        (Claim::ShellInForce, Place::File(path, Aspect::Content)) => {
            matches!(path.as_slice(), b"bin/sh" | b"usr/bin/sh")
        }
        _ => false,
    }
}

/// Records and indexes that are made anew from what is installed.
fn lists_what_is_there(path: &[u8]) -> bool {
    let records: &[&[u8]] = &[
        b"var/lib/dpkg/",
        b"var/lib/apt/extended_states",
        b"etc/ld.so.cache",
        b"etc/ssl/certs/",
        b"usr/share/info/dir",
        b"usr/share/mime/",
        b"usr/lib/x86_64-linux-gnu/gdk-pixbuf",
        b"usr/share/glib-2.0/schemas/gschemas.compiled",
    ];
    records.iter().any(|record| path.starts_with(record))
}

/// What `gem install` generates of a gem's comments.
fn is_documentation(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(path);
    path.split_once("/doc").is_some_and(|(folder, rest)| {
        (folder.contains("gems") || folder.contains("bundle")) && (rest.is_empty() || rest.starts_with('/'))
    })
}

fn is_of_npm(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(path);
    path.split('/').any(|part| matches!(part, "node_modules" | ".npm" | "package-lock.json"))
}

/// Whether a difference is a new label that says what the author was.
fn is_label_of(difference: &Difference, author: Option<&String>) -> bool {
    let is_label = matches!(
        &difference.place,
        Place::Config(key) if matches!(key.as_str(), "label maintainer" | "label org.opencontainers.image.authors")
    );
    // MAINTAINER keeps quotes as a part of the name, which a label has around its value.
    let unquoted = |text: &'_ String| {
        let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote).map(str::to_owned);
        inner('"').or_else(|| inner('\'')).unwrap_or_else(|| text.clone())
    };
    let text = difference.after.as_ref();
    is_label && author.is_some_and(|author| text == Some(author) || text == Some(&unquoted(author)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transforms;

    fn fix(claim: Claim, safety: Safety) -> Applied {
        let transform = transforms::ALL[0];
        Applied { transform, title: String::new(), reason: String::new(), safety, claim, line: 1 }
    }

    fn gone(path: &str) -> Difference {
        let place = Place::File(path.as_bytes().to_vec(), Aspect::Presence);
        Difference { place, before: Some("a file".to_owned()), after: None }
    }

    fn new(path: &str) -> Difference {
        Difference { before: None, after: Some("a file".to_owned()), ..gone(path) }
    }

    fn config(key: &str, before: Option<&str>, after: Option<&str>) -> Difference {
        let text = |text: &str| text.to_owned();
        Difference { place: Place::Config(key.to_owned()), before: before.map(text), after: after.map(text) }
    }

    fn package(before: Option<&str>, after: Option<&str>) -> Difference {
        let text = |text: &str| text.to_owned();
        let place = Place::Package(Manager::Dpkg, "git".to_owned());
        Difference { place, before: before.map(text), after: after.map(text) }
    }

    fn explained(difference: &Difference, all: &[Difference], fix: &Applied) -> bool {
        explanation(difference, all, &Image::default(), std::slice::from_ref(fix)).is_some()
    }

    #[test]
    fn caches_may_go_and_nothing_else() {
        let lists = fix(Claim::AptListsCleanup, Safety::Safe);
        assert!(explained(&gone("var/lib/apt/lists/lock"), &[], &lists));
        assert!(!explained(&new("var/lib/apt/lists/lock"), &[], &lists), "a new list");
        assert!(!explained(&gone("var/lib/apt/extended_states"), &[], &lists));
        let downloads = fix(Claim::DownloadCache, Safety::Safe);
        assert!(explained(&gone("root/.cache/pip/http/a"), &[], &downloads));
        assert!(explained(&gone("var/cache/apk/APKINDEX.1.tar.gz"), &[], &downloads));
        assert!(!explained(&gone("srv/pip/a"), &[], &downloads));
        let cleanup = fix(Claim::CacheCleanup, Safety::Safe);
        assert!(explained(&gone("root/.npm/_cacache/x"), &[], &cleanup));
        assert!(!explained(&gone("srv/node_modules/a"), &[], &cleanup));
    }

    #[test]
    fn a_safe_fix_explains_no_change_of_the_image() {
        let all = [package(Some("1"), None)];
        assert!(explained(&all[0], &all, &fix(Claim::CommandOptions, Safety::Unsafe)));
        assert!(!explained(&all[0], &all, &fix(Claim::CommandOptions, Safety::Safe)));
        let other_version = [package(Some("1"), Some("2"))];
        assert!(!explained(&other_version[0], &other_version, &fix(Claim::CommandOptions, Safety::Unsafe)));
    }

    #[test]
    fn files_go_only_with_their_packages() {
        let options = fix(Claim::CommandOptions, Safety::Unsafe);
        let alone = [gone("usr/bin/less")];
        assert!(!explained(&alone[0], &alone, &options));
        let with_package = [package(Some("1"), None), gone("usr/bin/less"), new("usr/bin/more")];
        assert!(explained(&with_package[1], &with_package, &options));
        assert!(!explained(&with_package[2], &with_package, &options), "a new file");
    }

    #[test]
    fn an_author_becomes_a_label_of_the_same_text() {
        let label = fix(Claim::AuthorLabel, Safety::Unsafe);
        let right = [config("author", Some("A"), None), config("label maintainer", None, Some("A"))];
        assert!(right.iter().all(|difference| explained(difference, &right, &label)));
        let wrong = [config("author", Some("A"), None), config("label maintainer", None, Some("B"))];
        assert!(wrong.iter().all(|difference| !explained(difference, &wrong, &label)));
    }

    #[test]
    fn settings_of_other_kinds_are_never_explained() {
        let command = [config("command", Some("a"), Some("b"))];
        assert!(explained(&command[0], &command, &fix(Claim::ExecForm, Safety::Unsafe)));
        for claim in Claim::ALL {
            let user = [config("user", Some("app"), None)];
            assert!(!explained(&user[0], &user, &fix(*claim, Safety::Unsafe)), "{}", claim.name());
        }
    }
}
