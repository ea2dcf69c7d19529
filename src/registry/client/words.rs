//! What an answer says beside what was asked for.

use serde::Deserialize;

use super::exchange::Answer;

/// The longest message that is passed on, in characters.
const LENGTH: usize = 200;

/// How many requests a host takes in a while.
///
/// Source: Docker Hub's `ratelimit-limit` and `ratelimit-remaining`, such as `100;w=21600`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// In all.
    pub limit: u64,
    /// Still.
    pub remaining: u64,
}

impl Limit {
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let number = |name| answer.header(name)?.split(';').next()?.trim().parse().ok();
        Some(Self { limit: number("ratelimit-limit")?, remaining: number("ratelimit-remaining")? })
    }
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// The registry's own words for what went wrong.
pub(super) fn of(answer: &Answer) -> String {
    let Ok(Errors { errors }) = serde_json::from_slice(&answer.body) else { return String::new() };
    let messages = errors.into_iter().map(|error| if error.message.is_empty() { error.code } else { error.message });
    let text = messages.filter(|message| !message.is_empty()).collect::<Vec<_>>().join("; ");
    text.chars().take(LENGTH).collect()
}
