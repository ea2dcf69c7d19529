//! Keywords, stage names and protocols in another case.
//!
//! The two texts must be the same but for the case of ASCII letters, and each letter that differs must stand
//! where BuildKit does not look at its case: `strings.ToLower` on keywords and stage names
//! (`instructions/parse.go`), `findStateByName` for `--from` (`dockerfile2llb/convert.go`), `strings.EqualFold`
//! on `as`, `strings.ToLower` on the protocol (`dockerfile2llb/convert_expose.go`).

use crate::model::Model;
use crate::model::images::named_by_flag;
use crate::syntax::{Args, Flag, Instruction, Keyword, Span, TextRange};

use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    _demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (before.model.file.source, after.model.file.source);
    if !old.eq_ignore_ascii_case(new) {
        return Err(Refusal::new("more than the case of letters changed"));
    }
    let free = caseless(&before.model);
    let differs = |at: &usize| old[*at] != new[*at];
    if let Some(at) =
        (0..old.len()).filter(differs).find(|at| !free.iter().any(|span| span.start <= *at && *at < span.end))
    {
        let line = memchr::memchr_iter(b'\n', &old[..at]).count() + 1;
        return Err(Refusal::new(format!("the case of a letter that counts changed in line {line}")));
    }
    let keywords = |model: &Model<'_, '_>| -> Vec<Keyword> {
        model.instructions.iter().map(|instruction| instruction.body.keyword).collect()
    };
    if keywords(&before.model) != keywords(&after.model) || before.model.stages != after.model.stages {
        return Err(Refusal::new("the file is read otherwise"));
    }
    references_follow(&before.model, &after.model)
}

/// The places of a file where case says nothing.
fn caseless(model: &Model<'_, '_>) -> Vec<Span> {
    let mut places = Vec::new();
    for instruction in &model.instructions {
        let mut ranges = vec![instruction.body.keyword_range];
        match (instruction.body.keyword, &instruction.body.args) {
            (Keyword::From, Args::Words(words)) => ranges.extend(words.iter().skip(1)),
            (Keyword::Expose, Args::Words(words)) => {
                ranges.extend(words.iter().filter_map(|word| protocol(instruction, *word)));
            }
            (Keyword::Copy | Keyword::Run, _) => {
                let names = instruction.body.flags.iter().filter_map(|flag| named_by_flag(instruction, flag));
                ranges.extend(names.filter(|range| is_stage(model, range.slice(instruction.joined.text()))));
            }
            _ => {}
        }
        // A word over several lines has other things between its parts.
        for range in ranges.into_iter().filter(|range| instruction.joined.is_contiguous(*range)) {
            places.push(instruction.joined.span(range));
        }
    }
    places
}

/// The protocol at the end of a word of EXPOSE, where it is written out.
fn protocol(instruction: &Instruction<'_>, word: TextRange) -> Option<TextRange> {
    let text = word.slice(instruction.joined.text());
    let slash = text.iter().rposition(|byte| *byte == b'/')?;
    let (port, protocol) = (&text[..slash], &text[slash + 1..]);
    let known = [&b"tcp"[..], b"udp", b"sctp"].iter().any(|name| protocol.eq_ignore_ascii_case(name));
    let opened = memchr::memchr_iter(b'{', port).count();
    let closed = memchr::memchr_iter(b'}', port).count();
    let plain = !port.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'\\' | b'`' | b'/'));
    (known && plain && opened == closed && !port.is_empty()).then(|| TextRange::new(word.start + slash + 1, word.end))
}

/// The stage or image that a flag names, as BuildKit reads it, with quotes and escapes taken off; the options of a mount
/// may have the quotes of CSV on top.
fn named_by(keyword: Keyword, flag: &Flag) -> Option<&[u8]> {
    let (_, value) = flag.text.split_once('=')?;
    let name = match (keyword, flag.name()) {
        (Keyword::Copy, "from") => value,
        (Keyword::Run, "mount") => value.split(',').find_map(|option| {
            let (key, name) = option.trim_matches('"').split_once('=')?;
            key.eq_ignore_ascii_case("from").then_some(name)
        })?,
        _ => return None,
    };
    Some(name.trim_matches('"').as_bytes())
}

fn is_stage(model: &Model<'_, '_>, name: &[u8]) -> bool {
    model.stages.iter().filter_map(|stage| stage.name.as_ref()).any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

/// Builders that compare names exactly must still find a stage whose name changed.
fn references_follow(old: &Model<'_, '_>, new: &Model<'_, '_>) -> Result<(), Refusal> {
    for stage in &new.stages {
        let at = stage.range.start;
        let (Some(was), Some(is)) = (written_name(old, at), written_name(new, at)) else { continue };
        if was == is {
            continue;
        }
        if is.iter().any(u8::is_ascii_uppercase) {
            return Err(Refusal::new("a stage's name got upper-case letters"));
        }
        for instruction in &new.instructions {
            let text = instruction.joined.text();
            let mut names: Vec<&[u8]> =
                instruction.body.flags.iter().filter_map(|flag| named_by(instruction.body.keyword, flag)).collect();
            if let (Keyword::From, Args::Words(words)) = (instruction.body.keyword, &instruction.body.args) {
                names.extend(words.first().map(|word| word.slice(text)));
            }
            if names.iter().any(|name| name.eq_ignore_ascii_case(is) && *name != is) {
                let line = instruction.first_line;
                return Err(Refusal::new(format!("line {line} still names the stage in another case")));
            }
        }
    }
    Ok(())
}

fn written_name<'m>(model: &'m Model<'_, '_>, from: usize) -> Option<&'m [u8]> {
    let instruction = model.instructions[from];
    let Args::Words(words) = &instruction.body.args else { return None };
    Some(words.get(2)?.slice(instruction.joined.text()))
}
