//! Commands that go along with an install and read nothing of the project either.

use super::super::managers::{self, Family, Verb};
use super::install::is_path;

/// Whether a command beside an install reads nothing of the project either: named packages from an index,
/// cleaning a cache.
#[must_use]
pub fn is_companion(words: &[Option<&str>]) -> bool {
    let literal: Option<Vec<&str>> = words.iter().copied().collect();
    let Some(literal) = literal else { return false };
    match literal.as_slice() {
        ["npm" | "yarn" | "pnpm" | "composer", "cache", "clean" | "clear", ..]
        | ["composer", "clear-cache" | "clearcache"]
        | ["npm", "config", "set", ..]
        | ["npm", "set", ..]
        | ["corepack", "enable"] => return true,
        ["rm", flags, paths @ ..] if flags.starts_with('-') => {
            return !paths.is_empty()
                && paths.iter().all(|path| {
                    path.starts_with("/root/.cache")
                        || path.starts_with("/root/.npm")
                        || path.starts_with("/tmp/")
                        || path.starts_with("/var/")
                });
        }
        _ => {}
    }
    let Some(found) = managers::invocation(words) else { return false };
    if found.unclear.is_some() {
        return false;
    }
    match found.verb {
        Verb::Update => true,
        Verb::Install => {
            let named = !found.operands.is_empty() && found.operands.iter().all(|index| !is_path(literal[*index]));
            let no_files = !found.options.iter().any(|index| {
                matches!(literal[*index], "-r" | "-c" | "-e" | "--requirement" | "--constraint" | "--editable")
            });
            let global =
                found.manager.family != Family::Npm || literal.iter().any(|word| matches!(*word, "-g" | "--global"));
            named && no_files && global
        }
        Verb::Other => false,
    }
}
