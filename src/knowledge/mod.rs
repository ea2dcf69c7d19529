//! Facts of the field as tables: package managers, set-up commands, manifests and lock files.
//!
//! Nothing here knows the syntax of a Dockerfile.

pub mod apt;
mod base_name;
pub mod bases;
pub mod caches;
pub mod commands;
pub mod ecosystems;
pub mod files;
pub mod interpreters;
pub mod managers;
pub mod one_word;
pub mod options;
pub mod pipes;
pub mod processes;
pub mod programs;
pub mod releases;
pub mod started;
pub mod sudo;

pub use base_name::base_name;
pub use managers::{Family, Invocation, Manager, Verb, invocation};
