//! Fixes, their edits, and the rounds in which they are chosen, proved and applied.

mod apply;
mod declined;
mod fix;
mod fixpoint;
mod made;
mod offer;
mod outcome;
mod reading;
mod suppress;
mod suppression;
mod together;
mod transform;
mod unused;
mod words;

pub use apply::{EditError, apply};
pub use fix::{Edit, Finding, Fix, Proposals, Safety, sort};
pub use fixpoint::{Decide, MAX_ROUNDS, Settings, fix_source, fix_source_as_decided, fix_source_beside};
pub use offer::{Answer, Change, EditedError, Offer, with_lines};
pub use outcome::{Applied, Dropped, Outcome, Withheld};
pub use suppress::{SuppressError, comment as suppressing_comment};
pub use transform::{Offers, Options, Selected, Subject, Transform};
pub use unused::{Fault, SuppressionNote};
