//! Bytes as text.

use std::borrow::Cow;

/// Bytes as text, with what is no UTF-8 replaced, as BuildKit reads it. Nearly all is text, which is checked many times
/// faster than it is repaired.
#[must_use]
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
