//! Says by which sources the program is built: what a cache holds is right for the same program only.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a build script reads sources and speaks to cargo")]

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let mut hash = DefaultHasher::new();
    for part in ["src", "transforms", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={part}");
        take_in(Path::new(part), &mut hash)?;
    }
    println!("cargo::rustc-env=DOCKMOD_SOURCES={:016x}", hash.finish());
    Ok(())
}

/// Takes in a file, or all Rust files of a folder; cases and pages change nothing of what a transform does.
fn take_in(path: &Path, hash: &mut DefaultHasher) -> io::Result<()> {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        entries.sort();
        let taken = |path: &&PathBuf| path.is_dir() || path.extension().is_some_and(|end| end == "rs");
        return entries.iter().filter(taken).try_for_each(|entry| take_in(entry, hash));
    }
    // A crate that is installed without `--locked` may come without its lock file.
    if path.exists() {
        hash.write(path.to_string_lossy().as_bytes());
        hash.write(&fs::read(path)?);
    }
    Ok(())
}
