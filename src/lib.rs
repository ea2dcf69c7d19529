//! The engine of dockmod: find Dockerfiles, parse them, propose fixes, prove them, show or write them.

pub mod knowledge;
pub mod model;
pub mod shell;
pub mod syntax;
