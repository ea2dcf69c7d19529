//! Approval fix by fix.
//!
//! `state`, `machine`, `typing`, `deciding` and `look` are the review itself: events in, effects out, no terminal. `plan` asks
//! [`crate::edit`] for the fixes of one file, `screen` makes lines of the state, `drive` owns the terminal and
//! does what the effects say, `saved` keeps decisions in a file.

pub mod command;
mod deciding;
pub mod decisions;
pub mod drive;
mod external;
mod look;
mod machine;
pub mod plan;
pub mod saved;
pub mod screen;
pub mod state;
mod terminal;
pub mod text;
mod typing;

#[cfg(test)]
mod tests;
