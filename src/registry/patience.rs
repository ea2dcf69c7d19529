//! How long registries are waited for.

use std::time::Duration;

/// How long the client waits.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one answer with its body.
    pub answer: Duration,
    /// Before another try, at most.
    pub between: Duration,
    /// How often an answer that failed is asked for again.
    pub tries: u32,
    /// Before the second try; twice as long before each further one.
    pub first: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(30),
            between: Duration::from_mins(1),
            tries: 4,
            first: Duration::from_millis(500),
        }
    }
}
