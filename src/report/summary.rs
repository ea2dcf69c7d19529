//! Counts of a run.
