//! Scripts that were read before.
//!
//! A file is read anew after each fix, and all of its scripts but one are what they were. What a text says depends on
//! nothing else, and its ranges count from its own start, so it need be read only once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::syntax::TextRange;

use super::Opaque;
use super::tree::List;

/// So many bytes of text are kept; a thread then begins anew.
const MOST_BYTES: usize = 256 * 1024;

/// What a text says.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// The text itself.
    pub text: Arc<str>,
    /// The commands.
    pub list: Arc<List>,
    /// The comments.
    pub comments: Arc<[TextRange]>,
}

#[derive(Default)]
struct Memo {
    /// By the text; of sh and of bash.
    known: HashMap<Arc<str>, [Option<Result<Said, Opaque>>; 2]>,
    bytes: usize,
}

thread_local! {
    static MEMO: RefCell<Memo> = RefCell::default();
}

/// What `read` says of a text, or said of it before.
pub(super) fn remembered(
    text: &str,
    bash: bool,
    read: impl FnOnce(&Arc<str>) -> Result<Said, Opaque>,
) -> Result<Said, Opaque> {
    let kind = usize::from(bash);
    let known = MEMO.with_borrow(|memo| memo.known.get(text).and_then(|both| both[kind].clone()));
    if let Some(known) = known {
        return known;
    }
    let text: Arc<str> = text.into();
    let said = read(&text);
    MEMO.with_borrow_mut(|memo| {
        if memo.bytes + text.len() > MOST_BYTES {
            *memo = Memo::default();
        }
        memo.bytes += text.len();
        memo.known.entry(text).or_default()[kind] = Some(said.clone());
    });
    said
}
