//! Facts of the field as tables: package managers, set-up commands, manifests and lock files.
//!
//! Nothing here knows the syntax of a Dockerfile.

pub mod bases;
pub mod commands;
pub mod ecosystems;
pub mod managers;
pub mod one_word;
pub mod pipes;

pub use managers::{Family, Invocation, Manager, Verb, invocation};
