//! Stage names, and what refers to them, in lower case.

use crate::edit::{self, Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::Model;
use crate::prove::Claim;
use crate::syntax::{Args, Flag, Instruction, Keyword, Span, TextRange, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "stage-name-casing",
    summary: "write stage names in lower case, with all references",
    offers: Offers::Safe,
    codes: &["StageNameCasing"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for stage in &model.stages {
        let from = model.instructions[stage.range.start];
        let (Args::Words(words), Some(lower)) = (&from.body.args, &stage.name) else { continue };
        let [_, _, name] = words.as_slice() else { continue };
        let written = string(from, *name);
        if written == *lower {
            continue;
        }
        match edits(model, from, *name, &written, lower) {
            Err(reason) => {
                proposals.leave(from.span, format!("the stage `{written}` would be named `{lower}`, but {reason}"));
            }
            Ok(edits) => proposals.fixes.push(Fix {
                title: format!("name the stage `{lower}` for `{written}`"),
                reason: "BuildKit reads stage names in lower case, also in `--from` and `--target`; \
                         FROM finds no other"
                    .to_owned(),
                edits,
                safety: Safety::Safe,
                claim: Claim::Spelling,
                alternatives: Vec::new(),
            }),
        }
    }
}

fn string(instruction: &Instruction<'_>, range: TextRange) -> String {
    lossy(range.slice(instruction.joined.text())).into_owned()
}

/// The name and all that refers to it.
fn edits(
    model: &Model<'_, '_>,
    from: &Instruction<'_>,
    name: TextRange,
    written: &str,
    lower: &str,
) -> Result<Vec<Edit>, String> {
    if model.stages.iter().filter(|stage| stage.name.as_deref() == Some(lower)).count() > 1 {
        return Err("another stage has that name".to_owned());
    }
    let replaced = |instruction: &Instruction<'_>, range: TextRange| -> Result<Edit, String> {
        let line = instruction.first_line;
        if !instruction.joined.is_contiguous(range) {
            return Err(format!("a name of line {line} stands on two lines"));
        }
        Ok(Edit::replace(instruction.joined.span(range), lower))
    };
    let mut edits = vec![replaced(from, name)?];
    for instruction in &model.instructions {
        let line = instruction.first_line;
        if let Args::Onbuild(inner) = &instruction.body.args {
            if inner.flags.iter().any(|flag| flag.text.contains(written)) {
                return Err(format!("ONBUILD of line {line} may refer to it"));
            }
            continue;
        }
        if let (Keyword::From, Args::Words(words)) = (instruction.body.keyword, &instruction.body.args) {
            let base = words.first().map(|word| string(instruction, *word)).unwrap_or_default();
            if base.eq_ignore_ascii_case(lower) && base != lower {
                return Err(format!("FROM of line {line} names it in another case, which BuildKit does not find"));
            }
        }
        // A variable may hold the name as it was, for builders that compare it exactly.
        if let (Keyword::Arg, Args::Words(words)) = (instruction.body.keyword, &instruction.body.args)
            && words.iter().any(|word| {
                string(instruction, *word).split_once('=').is_some_and(|(_, value)| value.contains(written))
            })
        {
            return Err(format!("ARG of line {line} may hold its name"));
        }
        for flag in &instruction.body.flags {
            let Some(range) = named_by(instruction, flag) else {
                if is_quoted(instruction, flag) && names_in_another_case(flag, lower) {
                    return Err(format!("a flag of line {line} that names it has quotes or escapes"));
                }
                continue;
            };
            let found = string(instruction, range);
            if found != lower && found.eq_ignore_ascii_case(lower) {
                edits.push(replaced(instruction, range)?);
            }
        }
    }
    edit::sort(&mut edits);
    edits.dedup_by_key(|edit| -> Span { edit.span });
    Ok(edits)
}

/// Whether what a flag says is not what is written.
fn is_quoted(instruction: &Instruction<'_>, flag: &Flag) -> bool {
    string(instruction, flag.range) != flag.text
}

/// Whether a flag names the stage, and not in lower case, after its quotes are taken off.
fn names_in_another_case(flag: &Flag, lower: &str) -> bool {
    let options = flag.text.split([',', '"']).map(|option| option.trim_start_matches("--mount="));
    let mut names = options.filter_map(|option| option.split_once('=')).filter_map(|(key, name)| {
        let from = key.trim_start_matches("--").eq_ignore_ascii_case("from");
        from.then_some(name)
    });
    names.any(|name| name != lower && name.eq_ignore_ascii_case(lower))
}

/// Where a flag names a stage or an image.
fn named_by(instruction: &Instruction<'_>, flag: &Flag) -> Option<TextRange> {
    let raw = string(instruction, flag.range);
    if raw != flag.text {
        return None;
    }
    let value = raw.find('=')? + 1;
    match (instruction.body.keyword, flag.name()) {
        (Keyword::Copy, "from") => Some(TextRange::new(flag.range.start + value, flag.range.end)),
        (Keyword::Run, "mount") => {
            let mut at = value;
            for option in raw[value..].split(',') {
                if let Some((key, name)) = option.split_once('=')
                    && key.eq_ignore_ascii_case("from")
                {
                    let start = flag.range.start + at + key.len() + 1;
                    return Some(TextRange::new(start, start + name.len()));
                }
                at += option.len() + 1;
            }
            None
        }
        _ => None,
    }
}
