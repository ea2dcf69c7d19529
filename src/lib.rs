//! The engine of dockmod: find Dockerfiles, parse them, propose fixes, prove them, show or write them.

pub mod cache;
pub mod cli;
pub mod config;
pub mod context;
pub mod edit;
pub mod knowledge;
pub mod model;
pub mod pin;
pub mod prove;
pub mod registry;
pub mod report;
pub mod review;
pub mod rewrite;
pub mod shell;
pub mod style;
pub mod syntax;
pub mod verify;
pub mod walk;
pub mod write;

#[path = "../transforms/mod.rs"]
pub mod transforms;
