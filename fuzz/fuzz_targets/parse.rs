//! The parser takes any bytes, and its tokens cover all of them.
#![no_main]

use dockmod::syntax::{self, dump, tokens, validate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    let Ok(file) = syntax::parse(source) else { return };
    let mut at = 0;
    for token in tokens::tokens(&file) {
        assert_eq!(token.span.start, at, "tokens without gaps");
        at = token.span.end;
    }
    assert_eq!(at, source.len(), "tokens to the end");
    let _ = dump::dump(&file);
    let _ = validate::refusal(&file);
});
