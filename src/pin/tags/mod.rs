//! Tags that name versions: how they are read, and which one follows which.

mod scheme;

pub use scheme::{Level, Scheme};
