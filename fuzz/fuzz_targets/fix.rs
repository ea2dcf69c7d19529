//! A fixed file parses, and a second run leaves it alone.
#![no_main]

use dockmod::edit::{Selected, Settings, fix_source};
use dockmod::{syntax, transforms};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    let transforms = transforms::ALL.iter().map(|transform| Selected { transform, by_name: false }).collect();
    let settings = Settings { transforms, allow_unsafe: true, ..Settings::default() };
    let Ok(outcome) = fix_source(source, &settings, &|_| None) else { return };
    assert!(outcome.cycle.is_empty(), "{:?} undo each other", outcome.cycle);
    let Some(changed) = outcome.changed else { return };
    assert!(syntax::parse(&changed).is_ok(), "the result parses");
    let again = fix_source(&changed, &settings, &|_| None).expect("the result is taken");
    assert!(again.changed.is_none(), "a second run changes nothing");
});
