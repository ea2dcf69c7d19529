//! Fixes, their edits, and the rounds in which they are chosen, proved and applied.

mod apply;
mod fix;
mod fixpoint;
mod suppression;
mod transform;
mod unused;

pub use apply::{EditError, apply};
pub use fix::{Edit, Finding, Fix, Proposals, Safety};
pub use fixpoint::{Applied, Dropped, MAX_ROUNDS, Outcome, Settings, Withheld, fix_source, fix_source_beside};
pub use transform::{Offers, Options, Selected, Subject, Transform};
pub use unused::{Fault, SuppressionNote};
