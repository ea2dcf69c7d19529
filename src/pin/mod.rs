//! Pins images: what is known of them, the lock that keeps it, and how tags follow one another.

mod check;
mod gather;
mod images;
mod lock;
pub mod tags;
mod update;
mod uses;

pub use check::{Checked, Fate, check};
pub use gather::{Need, gather};
pub use images::Images;
pub use lock::{Entry, LOCK_NAME, Lock, LockError, Locked};
pub use update::{Moves, Step, moves};
pub use uses::{Use, uses};
