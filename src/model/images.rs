//! Where a file names images: FROM, `COPY --from`, `RUN --mount=…,from=` and `# syntax=`.
//!
//! Sources: `frontend/dockerfile/dockerfile2llb/convert.go` (`toDispatchState`, `dispatchCopy`),
//! `convert_runmount.go`, and `parser/directives.go` (`DetectSyntax`).

use crate::syntax::{Args, DirectiveKind, Flag, Instruction, Keyword, Span, TextRange, image, lossy};

use super::{Base, Model};

/// A place that names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// Which kind of place.
    pub place: Place,
    /// The word that names it.
    pub span: Span,
    /// What is named.
    pub says: Says,
    /// The value of FROM's `--platform`, as written.
    pub platform: Option<String>,
}

/// The places that can name an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `# syntax=`
    Syntax,
    /// FROM
    From,
    /// `COPY --from=`
    Copy,
    /// `RUN --mount=…,from=`
    Mount,
}

/// What a place names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// The word is the reference.
    Written(String),
    /// The word is `$NAME`, and the default of that ARG is the reference.
    Default {
        /// The name.
        argument: String,
        /// Where the default stands, quotes around it left out.
        span: Span,
        /// The default.
        text: String,
        /// Whether something else in the file may read the argument.
        read_elsewhere: bool,
    },
    /// The word is put together of text and ARGs with defaults.
    Composed {
        /// What it comes to with the defaults.
        text: String,
        /// The names of the ARGs in it.
        arguments: Vec<String>,
    },
    /// What it is can't be told.
    Unknown(String),
}

impl Naming {
    /// The bytes to edit and the reference that they hold, where the reference stands in one place.
    #[must_use]
    pub fn text(&self) -> Option<(Span, &str)> {
        match &self.says {
            Says::Written(text) => Some((self.span, text)),
            Says::Default { span, text, .. } => Some((*span, text)),
            Says::Composed { .. } | Says::Unknown(_) => None,
        }
    }

    /// The reference with all defaults filled in, where they are known.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        match &self.says {
            Says::Written(text) | Says::Default { text, .. } | Says::Composed { text, .. } => Some(text),
            Says::Unknown(_) => None,
        }
    }
}

/// All places of a file that name images, in the order of the file. Names of stages and `scratch` are none.
#[must_use]
pub fn images(model: &Model<'_, '_>) -> Vec<Naming> {
    let mut namings = Vec::new();
    namings.extend(frontend(model));
    for (index, instruction) in model.instructions.iter().enumerate() {
        match instruction.body.keyword {
            Keyword::From => namings.extend(base(model, index)),
            Keyword::Copy | Keyword::Run => {
                namings.extend(instruction.body.flags.iter().filter_map(|flag| by_flag(model, instruction, flag)));
            }
            _ => {}
        }
    }
    namings
}

/// The image of `# syntax=`: the first word.
fn frontend(model: &Model<'_, '_>) -> Option<Naming> {
    let directive = model.file.directives.iter().find(|directive| directive.kind == DirectiveKind::Syntax)?;
    let value = directive.value.slice(model.file.source);
    let length = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let span = Span::new(directive.value.start, directive.value.start + length);
    let text = lossy(&value[..length]).into_owned();
    Some(Naming { place: Place::Syntax, span, says: Says::Written(text), platform: None })
}

fn base(model: &Model<'_, '_>, index: usize) -> Option<Naming> {
    let stage = model.stages.iter().find(|stage| stage.range.start == index)?;
    if matches!(stage.base, Base::Scratch | Base::Stage(_)) {
        return None;
    }
    let instruction = model.instructions[index];
    let text = instruction.joined.text();
    let Args::Words(words) = &instruction.body.args else { return None };
    let word = *words.first()?;
    let written = lossy(word.slice(text)).into_owned();
    // A stage whose name is written in capitals is found by its lower-case name only: this is no image either.
    let lower = written.to_lowercase();
    if lower != written && model.stages[..stage.index].iter().any(|earlier| earlier.name.as_deref() == Some(&lower)) {
        return None;
    }
    let flag = instruction.body.flags.iter().find(|flag| flag.name() == "platform");
    let platform = flag.and_then(Flag::value).map(str::to_owned);
    let span = instruction.joined.span(word);
    let says = if !instruction.joined.is_contiguous(word) {
        Says::Unknown("it is written over several lines".to_owned())
    } else if written.contains('$') {
        by_arguments(model, index, &written, &stage.base)
    } else if written.contains(['"', '\'', '\\', '`']) {
        Says::Unknown("it is written with quotes".to_owned())
    } else {
        Says::Written(written)
    };
    Some(Naming { place: Place::From, span, says, platform })
}

/// A word of FROM with variables.
fn by_arguments(model: &Model<'_, '_>, from: usize, written: &str, base: &Base) -> Says {
    let mut arguments: Vec<String> = Vec::new();
    for range in image::read(written.as_bytes()).variables {
        let variable = &written[range.range()];
        let name = variable.trim_start_matches(['$', '{']).trim_end_matches('}');
        if !is_name(name) {
            return Says::Unknown(format!("`{variable}` is more than the name of an argument"));
        }
        if !arguments.iter().any(|known| known == name) {
            arguments.push(name.to_owned());
        }
    }
    if let [argument] = &arguments[..]
        && (written == format!("${argument}") || written == format!("${{{argument}}}"))
        && let Some((at, span, text)) = default(model, argument)
    {
        let read_elsewhere = is_read_elsewhere(model, argument, at);
        return Says::Default { argument: argument.clone(), span, text, read_elsewhere };
    }
    match base {
        Base::Image(text) if !text.contains(['$', '"', '\'', '\\', '`', ' ']) => {
            Says::Composed { text: text.clone(), arguments }
        }
        _ => {
            let first = model.stages.first().map_or(from, |stage| stage.range.start);
            let open = arguments
                .iter()
                .find(|name| declarations(model, name).all(|(at, value)| at >= first || value.is_none()));
            Says::Unknown(match open {
                Some(name) => format!("the argument `{name}` has no default above the first FROM"),
                None => "what its arguments stand for can't be told".to_owned(),
            })
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Each ARG of a name, with the place of what follows `=`.
fn declarations<'m>(model: &'m Model<'_, '_>, name: &'m str) -> impl Iterator<Item = (usize, Option<TextRange>)> + 'm {
    let all = model.instructions.iter().enumerate();
    all.filter(|(_, instruction)| instruction.body.keyword == Keyword::Arg).flat_map(move |(at, instruction)| {
        let words = match &instruction.body.args {
            Args::Words(words) => words.as_slice(),
            _ => &[],
        };
        words.iter().filter_map(move |word| {
            let text = word.slice(instruction.joined.text());
            let rest = text.strip_prefix(name.as_bytes())?;
            match rest.first() {
                None => Some((at, None)),
                Some(b'=') => Some((at, Some(TextRange::new(word.start + name.len() + 1, word.end)))),
                Some(_) => None,
            }
        })
    })
}

/// The default of an ARG above the first FROM: which instruction, its place without quotes, its text. `None` where it
/// is not plain text, or there are several.
fn default(model: &Model<'_, '_>, name: &str) -> Option<(usize, Span, String)> {
    let first = model.stages.first()?.range.start;
    let mut above = declarations(model, name).filter(|(at, _)| *at < first);
    let (at, value) = above.next()?;
    if above.next().is_some() {
        return None;
    }
    let instruction = model.instructions[at];
    let mut range = value?;
    let text = range.slice(instruction.joined.text());
    for quote in [b'"', b'\''] {
        if text.len() >= 2 && text[0] == quote && text[text.len() - 1] == quote {
            range = TextRange::new(range.start + 1, range.end - 1);
            break;
        }
    }
    let text = lossy(range.slice(instruction.joined.text())).into_owned();
    let is_plain = !text.is_empty() && !text.contains(['$', '"', '\'', '\\', '`', ' ']);
    (is_plain && instruction.joined.is_contiguous(range)).then(|| (at, instruction.joined.span(range), text))
}

/// Whether an instruction other than its ARG, and the FROMs that are nothing but `$NAME`, holds the name.
fn is_read_elsewhere(model: &Model<'_, '_>, name: &str, argument: usize) -> bool {
    model.instructions.iter().enumerate().any(|(at, instruction)| {
        if at == argument {
            return false;
        }
        let mut places = whole_words(instruction.joined.text(), name);
        if let (Keyword::From, Args::Words(words)) = (instruction.body.keyword, &instruction.body.args)
            && let Some(word) = words.first()
        {
            let written = word.slice(instruction.joined.text());
            if written == format!("${name}").as_bytes() || written == format!("${{{name}}}").as_bytes() {
                places.retain(|place| *place < word.start || *place >= word.end);
            }
        }
        let documents = instruction.heredocs.iter().map(|heredoc| heredoc.body.slice(model.file.source));
        !places.is_empty() || documents.into_iter().any(|text| !whole_words(text, name).is_empty())
    })
}

fn whole_words(text: &[u8], name: &str) -> Vec<usize> {
    let in_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    memchr::memmem::find_iter(text, name)
        .filter(|at| {
            !in_name(at.checked_sub(1).and_then(|before| text.get(before))) && !in_name(text.get(at + name.len()))
        })
        .collect()
}

fn by_flag(model: &Model<'_, '_>, instruction: &Instruction<'_>, flag: &Flag) -> Option<Naming> {
    let range = named_by_flag(instruction, flag)?;
    let text = lossy(range.slice(instruction.joined.text())).into_owned();
    let is_stage =
        model.stages.iter().filter_map(|stage| stage.name.as_deref()).any(|name| name == text.to_lowercase());
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_stage || is_number || text == "scratch" {
        return None;
    }
    let place = if instruction.body.keyword == Keyword::Copy { Place::Copy } else { Place::Mount };
    let says = if text.contains('$') {
        Says::Unknown("BuildKit fills in no arguments here".to_owned())
    } else if !instruction.joined.is_contiguous(range) {
        Says::Unknown("it is written over several lines".to_owned())
    } else {
        Says::Written(text)
    };
    Some(Naming { place, span: instruction.joined.span(range), says, platform: None })
}

/// Where a flag names a stage or image: the value of COPY's `--from`, or `from=` of RUN's `--mount`; `None` where it is
/// written with quotes or escapes.
#[must_use]
pub fn named_by_flag(instruction: &Instruction<'_>, flag: &Flag) -> Option<TextRange> {
    let raw = flag.range.slice(instruction.joined.text());
    // With quotes or escapes the text and what it says are not the same.
    if raw != flag.text.as_bytes() {
        return None;
    }
    match (instruction.body.keyword, flag.name()) {
        (Keyword::Copy, "from") => {
            let equals = raw.iter().position(|byte| *byte == b'=')?;
            Some(TextRange::new(flag.range.start + equals + 1, flag.range.end))
        }
        (Keyword::Run, "mount") => {
            let mut at = raw.iter().position(|byte| *byte == b'=')? + 1;
            for option in raw[at..].split(|byte| *byte == b',') {
                if option.len() > 5 && option[..5].eq_ignore_ascii_case(b"from=") {
                    return Some(TextRange::new(flag.range.start + at + 5, flag.range.start + at + option.len()));
                }
                at += option.len() + 1;
            }
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str) -> Vec<String> {
        let file = crate::syntax::parse(source.as_bytes()).expect("a Dockerfile");
        let model = Model::of(&file);
        let shown = |naming: &Naming| {
            let text = naming.text().map(|(span, text)| {
                assert_eq!(span.slice(source.as_bytes()), text.as_bytes(), "the place holds the text");
                text
            });
            let platform = naming.platform.as_deref().map(|platform| format!(" for {platform}")).unwrap_or_default();
            match &naming.says {
                Says::Written(_) => format!("{:?} {}{platform}", naming.place, text.unwrap_or_default()),
                Says::Default { argument, read_elsewhere, .. } => {
                    format!("{:?} {argument}={} {read_elsewhere}{platform}", naming.place, text.unwrap_or_default())
                }
                Says::Composed { text, arguments } => format!("{:?} {text} of {}", naming.place, arguments.join(",")),
                Says::Unknown(reason) => format!("{:?} ? {reason}", naming.place),
            }
        };
        images(&model).iter().map(shown).collect()
    }

    #[test]
    fn images_and_stages_are_told_apart() {
        let source = "# syntax=docker/dockerfile:1 x\nFROM --platform=$BUILDPLATFORM golang:1 AS Build\nFROM scratch\n\
            FROM build\nCOPY --from=BUILD /a /b\nCOPY --from=0 /a /b\nCOPY --from=nginx:1 /a /b\n\
            RUN --mount=type=bind,from=alpine,target=/x --mount=from=build,target=/y ls\nCOPY --from=$X /a /b\n";
        assert_eq!(
            named(source),
            [
                "Syntax docker/dockerfile:1",
                "From golang:1 for $BUILDPLATFORM",
                "Copy nginx:1",
                "Mount alpine",
                "Copy ? BuildKit fills in no arguments here",
            ]
        );
    }

    #[test]
    fn arguments_are_followed_to_their_defaults() {
        for (source, says) in [
            ("ARG A=debian:12\nFROM $A\n", "From A=debian:12 false"),
            ("ARG X=1 A=\"debian:12\"\nFROM ${A}\n", "From A=debian:12 false"),
            ("ARG A=debian:12\nFROM $A AS x\nFROM $A\n", "From A=debian:12 false"),
            ("ARG A=debian:12\nFROM $A\nARG A\nRUN echo $A\n", "From A=debian:12 true"),
            ("ARG A=debian:12\nARG B=$A\nFROM $A\n", "From A=debian:12 true"),
            ("ARG A=debian:12\nFROM $A\nRUN <<E\necho $A\nE\n", "From A=debian:12 true"),
            ("ARG A=debian:12\nFROM $A\nRUN echo $AB _A\n", "From A=debian:12 false"),
            ("ARG V=12\nFROM debian:$V\n", "From debian:12 of V"),
            ("ARG V=12\nFROM debian:${V:-11}\n", "From ? `${V:-11}` is more than the name of an argument"),
            ("ARG V\nFROM debian:$V\n", "From ? the argument `V` has no default above the first FROM"),
            ("FROM $A\nARG A=1\n", "From ? the argument `A` has no default above the first FROM"),
            ("FROM \"debian\"\n", "From ? it is written with quotes"),
            ("FROM deb\\\nian\n", "From ? it is written over several lines"),
        ] {
            assert_eq!(named(source)[0], says, "{source}");
        }
    }
}
