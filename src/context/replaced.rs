//! Images that a build replaces by a folder or another image of its own.
//!
//! `--build-context NAME=…`, `contexts` of a bake file and `additional_contexts` of a compose file stand in for the image
//! of that name as the Dockerfile writes it; with a digest behind the name the real image is taken
//! (BuildKit's `frontend/dockerui/namedcontext.go`).

use std::path::Path;

use super::{Context, disk};

/// Files that may hold such names.
const FILES: &[&str] = &[
    "compose.yaml",
    "compose.yml",
    "docker-bake.hcl",
    "docker-bake.json",
    "docker-bake.override.hcl",
    "docker-bake.override.json",
    "docker-compose.yaml",
    "docker-compose.yml",
];
/// A longer file is read so far, in bytes.
const MOST: u64 = 1024 * 1024;
/// So many folders upward are looked at where no repository begins before.
const FOLDERS: usize = 16;

impl Context {
    /// The name of a file from here up to the repository's root that names contexts, and an image among them by its name or one
    /// that holds it. It says only that the image may be replaced.
    #[must_use]
    pub fn may_replace(&self, image: &str) -> Option<&'static str> {
        let untagged = image.strip_suffix(":latest").unwrap_or(image);
        for folder in self.root.ancestors().take(FOLDERS) {
            let named = FILES.iter().find(|name| {
                beginning(&folder.join(name)).is_some_and(|text| {
                    let holds = |wanted: &str| memchr::memmem::find(&text, wanted.as_bytes()).is_some();
                    holds("contexts") && holds(untagged)
                })
            });
            if named.is_some() {
                return named.copied();
            }
            if disk::target(&folder.join(".git")).is_ok() {
                break;
            }
        }
        None
    }
}

fn beginning(path: &Path) -> Option<Vec<u8>> {
    disk::bytes(path, MOST).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_contexts_are_found_upward() {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).expect("folders");
        std::fs::create_dir(folder.path().join(".git")).expect("a folder");
        std::fs::write(folder.path().join("docker-bake.hcl"), "target \"a\" { contexts = { alpine = \"target:b\" } }")
            .expect("a file");
        std::fs::write(folder.path().join("a/compose.yaml"), "services: {a: {image: debian}}").expect("a file");
        let context = Context::beside(&below.join("Dockerfile")).expect("a folder");
        assert!(context.may_replace("alpine:latest").is_some_and(|name| name.ends_with("docker-bake.hcl")));
        assert_eq!(context.may_replace("nginx"), None);
        assert_eq!(context.may_replace("debian"), None, "that file names no contexts");
    }
}
