//! What BuildKit's parser takes and the build then refuses.
//!
//! Source: `frontend/dockerfile/instructions/{parse,bflag}.go`. Only what needs no variables is checked.

use super::parse::{ParseError, ParseErrorKind};
use super::{Args, Body, Dockerfile, Instruction, Keyword, lossy};

/// How the value of a flag is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FlagValue {
    Needed,
    /// Needed, and the flag may be given more than once.
    Repeated,
    Boolean,
}

use FlagValue::{Boolean, Needed, Repeated};

fn known_flags(keyword: Keyword) -> Option<&'static [(&'static str, FlagValue)]> {
    Some(match keyword {
        Keyword::From => &[("platform", Needed)],
        Keyword::Run => &[("mount", Repeated), ("network", Needed), ("security", Needed), ("device", Repeated)],
        Keyword::Copy => &[
            ("chown", Needed),
            ("from", Needed),
            ("chmod", Needed),
            ("link", Boolean),
            ("parents", Boolean),
            ("exclude", Repeated),
        ],
        Keyword::Add => &[
            ("chown", Needed),
            ("chmod", Needed),
            ("link", Boolean),
            ("keep-git-dir", Boolean),
            ("checksum", Needed),
            ("unpack", Boolean),
            ("exclude", Repeated),
        ],
        Keyword::Healthcheck => &[
            ("interval", Needed),
            ("timeout", Needed),
            ("start-period", Needed),
            ("start-interval", Needed),
            ("retries", Needed),
        ],
        // ARG and STOPSIGNAL never look at their flags.
        Keyword::Arg | Keyword::Stopsignal | Keyword::Unknown => return None,
        _ => &[],
    })
}

/// The first thing for which BuildKit refuses to build the file.
#[must_use]
pub fn refusal(file: &Dockerfile<'_>) -> Option<ParseError> {
    let mut in_stage = false;
    for instruction in file.instructions() {
        let text = instruction.joined.text();
        if let Err(message) = check(&instruction.body, text) {
            return Some(refused(instruction, message));
        }
        match instruction.body.keyword {
            Keyword::From => in_stage = true,
            Keyword::Arg => {}
            _ if !in_stage => return Some(refused(instruction, "no build stage in current context".to_owned())),
            _ => {}
        }
    }
    None
}

fn refused(instruction: &Instruction<'_>, message: String) -> ParseError {
    ParseError { kind: ParseErrorKind::Refused(message), line: instruction.first_line, column: 1 }
}

fn check(body: &Body, text: &[u8]) -> Result<(), String> {
    let keyword = body.keyword;
    if keyword == Keyword::Unknown {
        return Err(format!("unknown instruction: {}", lossy(body.keyword_range.slice(text))));
    }
    let is_none =
        matches!(&body.args, Args::Healthcheck { kind, .. } if kind.slice(text).eq_ignore_ascii_case(b"NONE"));
    if !is_none {
        check_flags(body)?;
    }
    let count = count(&body.args);
    match keyword {
        Keyword::Env | Keyword::Label | Keyword::Expose | Keyword::Volume | Keyword::Arg | Keyword::Onbuild
            if count == 0 =>
        {
            Err(format!("{keyword} requires at least one argument"))
        }
        Keyword::Env | Keyword::Label if has_blank_key(&body.args) => Err(format!("{keyword} names can not be blank")),
        Keyword::Arg if has_blank_name(&body.args, text) => Err("ARG names can not be blank".to_owned()),
        Keyword::Maintainer | Keyword::User | Keyword::Workdir | Keyword::Stopsignal if count != 1 => {
            Err(format!("{keyword} requires exactly one argument"))
        }
        Keyword::Add | Keyword::Copy if count == 0 => Err(format!("{keyword} requires at least two arguments")),
        Keyword::Add | Keyword::Copy if count == 1 => Err(format!(
            "{keyword} requires at least two arguments, but only one was provided. Destination could not be determined"
        )),
        Keyword::From => check_from(&body.args, text),
        Keyword::Run if matches!(&body.args, Args::Json(strings) if strings.is_empty()) => {
            Err("RUN requires at least one argument".to_owned())
        }
        Keyword::Volume if volume_is_blank(&body.args) => Err("VOLUME specified can not be an empty string".to_owned()),
        Keyword::Healthcheck => check_healthcheck(&body.args, text),
        Keyword::Shell if !matches!(&body.args, Args::Json(strings) if !strings.is_empty()) => {
            Err("SHELL requires the arguments to be in JSON form".to_owned())
        }
        Keyword::Onbuild => check_onbuild(&body.args, text),
        _ => Ok(()),
    }
}

fn count(args: &Args) -> usize {
    match args {
        Args::None => 0,
        Args::Words(words) => words.len(),
        Args::Json(strings) => strings.len(),
        Args::Pairs(pairs) => pairs.len(),
        Args::Text(_) | Args::LegacyPair(_) | Args::Healthcheck { .. } | Args::Onbuild(_) => 1,
    }
}

fn check_flags(body: &Body) -> Result<(), String> {
    let Some(known) = known_flags(body.keyword) else { return Ok(()) };
    for (index, flag) in body.flags.iter().enumerate() {
        let name = flag.name();
        let Some((_, kind)) = known.iter().find(|(known, _)| *known == name) else {
            return Err(format!("unknown flag: --{name}"));
        };
        if *kind != Repeated && body.flags[..index].iter().any(|earlier| earlier.name() == name) {
            return Err(format!("duplicate flag specified: --{name}"));
        }
        match (kind, flag.value()) {
            (Needed | Repeated, None) => return Err(format!("missing a value on flag: --{name}")),
            (Boolean, Some(value)) if !matches!(value.to_lowercase().as_str(), "true" | "false" | "") => {
                return Err(format!("expecting boolean value for flag {name}, not: {value}"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn has_blank_key(args: &Args) -> bool {
    match args {
        Args::Pairs(pairs) => pairs.iter().any(|pair| pair.key.is_empty()),
        Args::LegacyPair(pair) => pair.key.is_empty(),
        _ => false,
    }
}

fn has_blank_name(args: &Args, text: &[u8]) -> bool {
    matches!(args, Args::Words(words) if words.iter().any(|word| word.slice(text).first() == Some(&b'=')))
}

fn volume_is_blank(args: &Args) -> bool {
    matches!(args, Args::Json(strings) if strings.iter().any(|string| string.value.trim().is_empty()))
}

fn check_from(args: &Args, text: &[u8]) -> Result<(), String> {
    let wrong_count = || Err("FROM requires either one or three arguments".to_owned());
    let Args::Words(words) = args else { return wrong_count() };
    match words.as_slice() {
        [_] => Ok(()),
        [_, between, name] if between.slice(text).eq_ignore_ascii_case(b"as") => {
            let name = lossy(name.slice(text)).to_lowercase();
            if is_stage_name(&name) {
                return Ok(());
            }
            Err(format!("invalid name for build stage: {name:?}, name can't start with a number or contain symbols"))
        }
        _ => wrong_count(),
    }
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
}

fn check_healthcheck(args: &Args, text: &[u8]) -> Result<(), String> {
    let Args::Healthcheck { kind, command } = args else {
        return Err("HEALTHCHECK requires at least one argument".to_owned());
    };
    match (kind.slice(text).to_ascii_uppercase().as_slice(), &**command) {
        (b"NONE", Args::None) => Ok(()),
        (b"NONE", _) => Err("HEALTHCHECK NONE takes no arguments".to_owned()),
        (b"CMD", Args::None) => Err("Missing command after HEALTHCHECK CMD".to_owned()),
        (b"CMD", Args::Json(strings)) if strings.is_empty() => Err("Missing command after HEALTHCHECK CMD".to_owned()),
        (b"CMD", _) => Ok(()),
        _ => Err(format!("Unknown type {:?} in HEALTHCHECK (try CMD)", lossy(kind.slice(text)).to_uppercase())),
    }
}

fn check_onbuild(args: &Args, text: &[u8]) -> Result<(), String> {
    let Args::Onbuild(inner) = args else { return Ok(()) };
    match inner.keyword {
        Keyword::Onbuild => Err("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        Keyword::Maintainer | Keyword::From => Err(format!("{} isn't allowed as an ONBUILD trigger", inner.keyword)),
        // The rest is checked when a child image triggers it.
        Keyword::Unknown if inner.keyword_range.is_empty() => {
            Err(format!("unknown instruction: {}", lossy(inner.rest.slice(text))))
        }
        _ => Ok(()),
    }
}
