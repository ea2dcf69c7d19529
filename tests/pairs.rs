//! The fixes on ENV, LABEL and MAINTAINER against an evaluator of its own: what every stage's variables, labels and
//! arguments are, instruction by instruction, before and after, whatever the base image sets.
//!
//! The evaluator splits and expands words itself, to strings; it shares nothing with `src/syntax/expand.rs`, which
//! it is held against too.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dockmod::edit::{Outcome, Selected, Settings, fix_source};
use dockmod::syntax::expand::{self, Modifier, Operator, Piece, Word};
use dockmod::syntax::{self, Args, Body, Dockerfile, Instruction, Keyword};
use dockmod::transforms;

// --- words

/// What holds at the start: whatever nobody set has a value of this kind, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    Unset,
    Empty,
    Plain,
    Blanks,
    Quotes,
}

const WORLDS: [World; 5] = [World::Unset, World::Empty, World::Plain, World::Blanks, World::Quotes];

impl World {
    fn value(self, name: &str) -> Option<String> {
        match self {
            Self::Unset => None,
            Self::Empty => Some(String::new()),
            Self::Plain => Some(format!("the-{name}/a.b:c")),
            Self::Blanks => Some(format!("  {name}  of a base\t")),
            Self::Quotes => Some(format!("\"{name}' $x ${{y}} \\ ` #")),
        }
    }
}

type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

/// A word in one environment; an error where the build fails.
fn value_of(raw: &str, escape: char, lookup: Lookup<'_>) -> Result<String, String> {
    let chars: Vec<char> = raw.strip_prefix('\u{feff}').unwrap_or(raw).chars().collect();
    let mut out = String::new();
    let end = run(&chars, 0, None, escape, false, lookup, &mut out)?;
    assert_eq!(end, chars.len());
    Ok(out)
}

/// Takes characters from `at` until behind `stop`, or to the end; gives where it ended.
fn run(
    chars: &[char],
    mut at: usize,
    stop: Option<char>,
    escape: char,
    keeps_escapes: bool,
    lookup: Lookup<'_>,
    out: &mut String,
) -> Result<usize, String> {
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        if Some(c) == stop {
            return Ok(at);
        } else if c == '\'' {
            let length = chars[at..].iter().position(|c| *c == '\'').ok_or("an open single quote")?;
            out.extend(&chars[at..at + length]);
            at += length + 1;
        } else if c == '"' {
            at = double_quoted(chars, at, escape, keeps_escapes, lookup, out)?;
        } else if c == '$' {
            at = dollar(chars, at, escape, lookup, out)?;
        } else if c == escape {
            if keeps_escapes {
                out.push(c);
            }
            out.extend(chars.get(at));
            at = chars.len().min(at + 1);
        } else {
            out.push(c);
        }
    }
    if stop.is_none() { Ok(at) } else { Err("an open brace".to_owned()) }
}

fn double_quoted(
    chars: &[char],
    mut at: usize,
    escape: char,
    keeps_escapes: bool,
    lookup: Lookup<'_>,
    out: &mut String,
) -> Result<usize, String> {
    loop {
        let c = *chars.get(at).ok_or("an open double quote")?;
        at += 1;
        if c == '"' {
            return Ok(at);
        }
        if c == '$' {
            at = dollar(chars, at, escape, lookup, out)?;
            continue;
        }
        if c != escape {
            out.push(c);
            continue;
        }
        if keeps_escapes {
            out.push(c);
        }
        match chars.get(at) {
            None => {}
            Some(next) if ['"', '$', escape].contains(next) => {
                out.push(*next);
                at += 1;
            }
            Some(_) => out.push(c),
        }
    }
}

fn name_at(chars: &[char], at: usize) -> Result<String, String> {
    let rest = &chars[at..];
    let Some(first) = rest.first() else { return Ok(String::new()) };
    if "@*#?-$!".contains(*first) {
        return Ok(first.to_string());
    }
    let belongs: fn(&char) -> bool =
        if first.is_ascii_digit() { |c| c.is_ascii_digit() } else { |c| c.is_ascii_alphanumeric() || *c == '_' };
    let name: String = rest.iter().take_while(|c| belongs(c)).collect();
    match rest.get(name.len()) {
        Some(next) if !next.is_ascii() && (next.is_numeric() || next.is_alphabetic() && !first.is_ascii_digit()) => {
            Err("a name that is not ASCII".to_owned())
        }
        _ => Ok(name),
    }
}

/// What stands behind a dollar sign.
fn dollar(chars: &[char], at: usize, escape: char, lookup: Lookup<'_>, out: &mut String) -> Result<usize, String> {
    if chars.get(at) != Some(&'{') {
        let name = name_at(chars, at)?;
        match name.as_str() {
            "" => out.push('$'),
            _ => out.push_str(&lookup(&name).unwrap_or_default()),
        }
        return Ok(at + name.len());
    }
    let at = at + 1;
    if matches!(chars.get(at), None | Some('{' | '}' | ':')) {
        return Err("a bad substitution".to_owned());
    }
    let name = name_at(chars, at)?;
    let value = lookup(&name);
    let sign = at + name.len();
    let colon = chars.get(sign) == Some(&':');
    let sign = if colon { sign + 1 } else { sign };
    let filled = value.clone().filter(|value| !(colon && value.is_empty()));
    let operand = |keeps: bool, stop: char, from: usize| -> Result<(String, usize), String> {
        let mut word = String::new();
        let end = run(chars, from, Some(stop), escape, keeps, lookup, &mut word)?;
        Ok((word, end))
    };
    match chars.get(sign).copied() {
        Some('}') if !colon => {
            out.push_str(&value.unwrap_or_default());
            Ok(sign + 1)
        }
        Some('-') => {
            let (word, end) = operand(false, '}', sign + 1)?;
            out.push_str(&filled.unwrap_or(word));
            Ok(end)
        }
        Some('+') => {
            let (word, end) = operand(false, '}', sign + 1)?;
            out.push_str(&filled.map_or(String::new(), |_| word));
            Ok(end)
        }
        Some('?') => {
            let (word, end) = operand(false, '}', sign + 1)?;
            out.push_str(&filled.ok_or(format!("{name}: {word}"))?);
            Ok(end)
        }
        Some(sign_char @ ('#' | '%')) if !colon => {
            let (word, end) = operand(true, '}', sign + 1)?;
            out.push_str(&trimmed(&value.unwrap_or_default(), sign_char, &word)?);
            Ok(end)
        }
        Some('/') if !colon => {
            let all = chars.get(sign + 1) == Some(&'/');
            let (pattern, end) = operand(true, '/', sign + 1 + usize::from(all))?;
            let (with, end) = operand(true, '}', end)?;
            out.push_str(&replaced(&value.unwrap_or_default(), &pattern, &with, all)?);
            Ok(end)
        }
        other => Err(format!("an unknown substitution {other:?}")),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Glob {
    Many,
    One,
    Char(char),
}

fn glob(pattern: &str) -> Result<Vec<Glob>, String> {
    let mut globs = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        globs.push(match c {
            '*' => Glob::Many,
            '?' => Glob::One,
            '\\' => match chars.next() {
                Some(c @ ('*' | '?' | '\\' | '}' | '/')) => Glob::Char(c),
                other => return Err(format!("an invalid escape {other:?}")),
            },
            c => Glob::Char(c),
        });
    }
    Ok(globs)
}

/// How many characters of the text the pattern can take from its start.
fn lengths(globs: &[Glob], text: &[char]) -> Vec<usize> {
    let mut ends = vec![0];
    for glob in globs {
        ends = match glob {
            Glob::Many => (ends.first().copied().unwrap_or(1)..=text.len()).collect(),
            Glob::One => ends.iter().filter(|end| **end < text.len()).map(|end| end + 1).collect(),
            Glob::Char(c) => ends.iter().filter(|end| text.get(**end) == Some(c)).map(|end| end + 1).collect(),
        };
        if ends.is_empty() {
            return ends;
        }
    }
    ends
}

fn trimmed(value: &str, sign: char, word: &str) -> Result<String, String> {
    let (longest, pattern) = word.strip_prefix(sign).map_or((false, word), |rest| (true, rest));
    let mut globs = glob(pattern)?;
    let mut text: Vec<char> = value.chars().collect();
    if sign == '%' {
        globs.reverse();
        text.reverse();
    }
    let lengths = lengths(&globs, &text);
    let length = if longest { lengths.last() } else { lengths.first() };
    let mut rest = text[length.copied().unwrap_or(0)..].to_vec();
    if sign == '%' {
        rest.reverse();
    }
    Ok(rest.into_iter().collect())
}

fn replaced(value: &str, pattern: &str, with: &str, all: bool) -> Result<String, String> {
    let globs = glob(pattern)?;
    let text: Vec<char> = value.chars().collect();
    let mut out = String::new();
    let (mut at, mut done) = (0, false);
    while at <= text.len() {
        let length = if done && !all { None } else { lengths(&globs, &text[at..]).last().copied() };
        if let Some(length) = length {
            out.push_str(with);
            done = true;
            at += length;
            if length > 0 {
                continue;
            }
        }
        out.extend(text.get(at));
        at += 1;
    }
    Ok(out)
}

/// Splits the arguments of ENV, LABEL and ARG.
fn split(rest: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        if c == escape && quote != Some('\'') {
            // At the very end it is skipped.
            let Some(next) = chars.next() else { break };
            word.extend([c, next]);
            continue;
        }
        quote = match quote {
            None if c == '"' || c == '\'' => Some(c),
            Some(open) if open == c => None,
            other => other,
        };
        word.push(c);
    }
    words.extend(word);
    words
}

/// The pairs of an ENV or LABEL, as written.
fn pairs(rest: &str, escape: char) -> Result<Vec<(String, String)>, String> {
    let words = split(rest, escape);
    let old_form = words.first().is_some_and(|word| !word.contains('='));
    if old_form {
        let is_blank = |c: char| "\t\u{b}\u{c}\r ".contains(c);
        let (key, value) = rest.split_once(is_blank).ok_or("no value")?;
        return Ok(vec![(key.to_owned(), value.trim_start_matches(is_blank).to_owned())]);
    }
    let pair = |word: &String| {
        let (key, value) = word.split_once('=').ok_or("no `=`")?;
        Ok((key.to_owned(), value.to_owned()))
    };
    words.iter().map(pair).collect()
}

// --- stages

/// What an image says, and what its next instruction sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Image {
    env: BTreeMap<String, String>,
    args: BTreeMap<String, Option<String>>,
    labels: BTreeMap<String, String>,
    author: Option<String>,
    triggers: Vec<String>,
    /// Whatever set it last.
    seen: BTreeMap<String, Option<String>>,
}

type Built = Result<Image, String>;

fn text_of(instruction: &Instruction<'_>, body: &Body) -> String {
    String::from_utf8_lossy(body.rest.slice(instruction.joined.text())).into_owned()
}

/// Every stage's image at its end.
fn stages(file: &Dockerfile<'_>, world: World) -> Vec<Built> {
    let escape = char::from(file.escape);
    let mut global = Image::default();
    let mut names: Vec<String> = Vec::new();
    let mut built: Vec<Built> = Vec::new();
    for instruction in file.instructions() {
        let rest = text_of(instruction, &instruction.body);
        if instruction.body.keyword == Keyword::From {
            let words: Vec<&str> = rest.split_ascii_whitespace().collect();
            let lookup = |name: &str| global.seen.get(name).cloned().unwrap_or_else(|| world.value(name));
            let base = value_of(words[0], escape, &lookup);
            let below = base.map(|base| names.iter().rposition(|name| *name == base));
            built.push(match below {
                Err(error) => Err(error),
                Ok(None) => Ok(Image::default()),
                Ok(Some(below)) => built[below].clone().map(|image| Image { seen: inherited(&image), ..image }),
            });
            names.push(words.get(2).copied().unwrap_or_default().to_lowercase());
            continue;
        }
        match built.last_mut() {
            None => {
                let empty = Image::default();
                if step(instruction, &rest, escape, world, &empty, &mut global).is_err() {
                    return vec![Err("a global ARG".to_owned())];
                }
            }
            Some(Err(_)) => {}
            Some(Ok(image)) => {
                if let Err(error) = step(instruction, &rest, escape, world, &global, image) {
                    built.pop();
                    built.push(Err(error));
                }
            }
        }
    }
    built
}

/// A child stage sees the arguments of the one below, and its variables before them.
fn inherited(image: &Image) -> BTreeMap<String, Option<String>> {
    let env = image.env.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
    image.args.clone().into_iter().chain(env).collect()
}

fn step(
    instruction: &Instruction<'_>,
    rest: &str,
    escape: char,
    world: World,
    global: &Image,
    image: &mut Image,
) -> Result<(), String> {
    let before = image.seen.clone();
    let lookup = |name: &str| before.get(name).cloned().unwrap_or_else(|| world.value(name));
    let pair = |(key, value): (String, String)| -> Result<(String, String), String> {
        Ok((value_of(&key, escape, &lookup)?, value_of(&value, escape, &lookup)?))
    };
    match instruction.body.keyword {
        Keyword::Env => {
            for (key, value) in pairs(rest, escape)?.into_iter().map(pair).collect::<Result<Vec<_>, _>>()? {
                image.seen.insert(key.clone(), Some(value.clone()));
                image.env.insert(key, value);
            }
        }
        Keyword::Label => {
            let pairs = pairs(rest, escape)?.into_iter().map(pair);
            image.labels.extend(pairs.collect::<Result<Vec<_>, _>>()?);
        }
        Keyword::Arg => {
            for word in split(rest, escape) {
                let seen = image.seen.clone();
                let lookup = |name: &str| seen.get(name).cloned().unwrap_or_else(|| world.value(name));
                let (name, value) = match word.split_once('=') {
                    Some((name, value)) => (name, Some(value_of(value, escape, &lookup)?)),
                    None => (word.as_str(), None),
                };
                let name = value_of(name, escape, &lookup)?;
                let value = value.or_else(|| global.args.get(&name).cloned().flatten()).or_else(|| world.value(&name));
                image.seen.insert(name.clone(), value.clone());
                image.args.insert(name, value);
            }
        }
        Keyword::Maintainer => image.author = Some(rest.to_owned()),
        Keyword::Onbuild => image.triggers.push(rest.to_owned()),
        _ => {}
    }
    Ok(())
}

/// Quotes around the whole text may go.
fn unquoted(text: &str) -> String {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.is_empty() && !inner.contains(quote)) {
            return inner.to_owned();
        }
    }
    text.to_owned()
}

/// The image that is wanted: an author whom the rewrite took away stands on a label, unless one is there.
fn wanted(before: &Built, after: &Built) -> Built {
    let mut image = before.clone()?;
    if let (Some(author), Ok(Image { author: None, .. })) = (&image.author, after) {
        image.labels.entry("maintainer".to_owned()).or_insert_with(|| unquoted(author));
        image.author = None;
    }
    Ok(image)
}

/// How many instructions set something.
fn setters(file: &Dockerfile<'_>) -> usize {
    let sets = |keyword| matches!(keyword, Keyword::Env | Keyword::Label | Keyword::Arg | Keyword::Maintainer);
    file.instructions().filter(|instruction| sets(instruction.body.keyword)).count()
}

/// Shows that every stage is the same in every world; gives how many instructions were compared.
fn compare(name: &str, before: &[u8], after: &[u8]) -> usize {
    let (old, new) = (syntax::parse(before).expect("it parses"), syntax::parse(after).expect("it parses"));
    for world in WORLDS {
        let (old, new) = (stages(&old, world), stages(&new, world));
        assert_eq!(old.len(), new.len(), "{name}");
        for (number, (old, new)) in old.iter().zip(&new).enumerate() {
            assert_eq!(wanted(old, new), *new, "{name}: stage {number}, {world:?}");
        }
    }
    setters(&old)
}

fn differ(before: &str, after: &str) -> bool {
    let (old, new) =
        (syntax::parse(before.as_bytes()).expect("it parses"), syntax::parse(after.as_bytes()).expect("it parses"));
    WORLDS.into_iter().any(|world| stages(&old, world) != stages(&new, world))
}

fn settings() -> Settings {
    let ids = ["env-key-value", "label-key-value", "maintainer-to-label", "merge-env"];
    let transforms =
        ids.iter().map(|id| Selected { transform: transforms::find(id).expect("a transform"), by_name: true });
    Settings { transforms: transforms.collect(), ..Settings::default() }
}

fn fixed(source: &[u8]) -> Option<Outcome> {
    fix_source(source, &settings(), &|_| None).ok()
}

// --- the form that the proof compares

/// What a word's form is worth in one environment.
fn worth(word: &Word, lookup: Lookup<'_>) -> Result<String, String> {
    let mut out = String::new();
    for piece in word.pieces() {
        let variable = match piece {
            Piece::Literal(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Variable(variable) => variable,
        };
        let value = lookup(&variable.name);
        let text = match &variable.modifier {
            None => value.unwrap_or_default(),
            Some(Modifier::Replace { all, pattern, replacement }) => {
                replaced(&value.unwrap_or_default(), &worth(pattern, lookup)?, &worth(replacement, lookup)?, *all)?
            }
            Some(Modifier::Operand { operator, empty_is_unset, word }) => {
                let word = worth(word, lookup)?;
                let filled = value.clone().filter(|value| !(*empty_is_unset && value.is_empty()));
                match operator {
                    Operator::Default => filled.unwrap_or(word),
                    Operator::Alternative => filled.map_or(String::new(), |_| word),
                    Operator::Required => filled.ok_or_else(|| format!("{}: {word}", variable.name))?,
                    Operator::WithoutPrefix => trimmed(&value.unwrap_or_default(), '#', &word)?,
                    Operator::WithoutSuffix => trimmed(&value.unwrap_or_default(), '%', &word)?,
                }
            }
        };
        out.push_str(&text);
    }
    Ok(out)
}

/// Holds the form of a word against the evaluator.
fn form_agrees(raw: &str, escape: char) {
    let form = expand::expand(raw.as_bytes(), u8::try_from(escape).expect("an escape character"));
    for world in WORLDS {
        let lookup = |name: &str| world.value(name);
        let value = value_of(raw, escape, &lookup);
        match &form {
            Ok(form) => assert_eq!(worth(form, &lookup), value, "`{raw}` in {world:?}: {form:?}"),
            Err(error) => assert!(value.is_err(), "`{raw}` in {world:?}: {value:?} and {error}"),
        }
    }
}

// --- tests

/// Words that are easily misread.
const WORDS: &[&str] = &[
    "",
    "a",
    "a b",
    "x  y",
    r"C:\f",
    r#""C:\f""#,
    r"C:\\Program Files\\x",
    r#"b "c" d"#,
    "b # c",
    r#"it"'"s"#,
    "it's",
    "a\"",
    r"a\ b c",
    r"\$HOME x",
    "a\\",
    "\"a\\",
    "$x $y",
    "${x}${y}",
    "$x\"b\" c",
    "$\"x\" c",
    "'$x' \"$x\"",
    "$(date +%s) x",
    "$ $. $1 $1a $$ $$a ${1}",
    "${x:-a b}",
    "${x-a b}",
    "${x:-\"a b\"} c",
    "${x:-'$y'} c",
    "${x:+a b} ${x+a}",
    "${x:?no x} ${x?}",
    "${x#the-*} ${x##*/} ${x%:*} ${x%%*.b}",
    r"${x#\*} ${x%\\}",
    "${x/a/b} ${x//a/$y} ${x/?/\"q\"}",
    "${x:-${y:-${z:-a}}}",
    "\"${x:-\"a b\"}\" c",
    "${",
    "${x",
    "${}",
    "${x^^}",
    "${x:1:2}",
    "${x/a}",
    "\u{feff}a",
    "h\u{e9}llo $x\u{bb} a\u{a0}b",
];

#[test]
fn forms_of_words_agree_with_their_values() {
    for raw in WORDS {
        form_agrees(raw, '\\');
        form_agrees(&raw.replace('\\', "`"), '`');
        form_agrees(raw, '`');
    }
}

/// What one pair says where nothing is set, and where `$x` is `the-x/a.b:c`.
#[test]
fn the_evaluator_knows_the_rules() {
    let cases = [
        (r"ENV P C:\f", r"C:f", r"C:f"),
        (r#"ENV P="C:\f""#, r"C:\f", r"C:\f"),
        (r#"ENV P b "c" d"#, "b c d", "b c d"),
        ("ENV P x  y", "x  y", "x  y"),
        ("ENV P b # c", "b # c", "b # c"),
        ("ENV P ${x:-a b}", "a b", "the-x/a.b:c"),
        (r#"ENV P it"'"s"#, "it's", "it's"),
        (r"ENV P=a\ b", "a b", "a b"),
        ("ENV P='$x'\"$x\"", "$x", "$xthe-x/a.b:c"),
        ("ENV P=${x#*-}", "", "x/a.b:c"),
        ("ENV P=${x##*[-/]}", "", "the-x/a.b:c"),
        ("ENV P=${x##*/}", "", "a.b:c"),
        ("ENV P=${x%.*}", "", "the-x/a"),
        ("ENV P=${x%%-*}", "", "the"),
        ("ENV P=${x/-*/+}", "", "the+"),
        ("ENV P=${x//[-.:]/+}", "", "the-x/a.b:c"),
        ("ENV P=${x//?/+}", "", "+++++++++++"),
        ("ENV P=1\nENV P=2 Q=$P\nENV P=$Q", "1", "1"),
        ("ARG x=5\nENV P=$x", "5", "5"),
        ("ENV P K \\\n b", "K  b", "K  b"),
    ];
    for (text, unset, plain) in cases {
        let source = format!("FROM debian:12\n{text}\n");
        let file = syntax::parse(source.as_bytes()).expect("it parses");
        for (world, expected) in [(World::Unset, unset), (World::Plain, plain)] {
            let built = stages(&file, world);
            let image = built[0].as_ref().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(image.env["P"], expected, "{text}");
        }
    }
}

#[test]
fn wrong_rewrites_show() {
    let wrong = [
        ("ENV P C:\\f", "ENV P=\"C:\\f\""),
        ("ENV A b \"c\" d", "ENV A=\"b \\\"c\\\" d\""),
        ("ENV A x  y", "ENV A=\"x y\""),
        ("ENV A '$x y'", "ENV A=\"$x y\""),
        ("ENV A $x\"b\" c", "ENV A=\"$xb c\""),
        ("ENV A ${x:-a b}", "ENV A=\"${x-a b}\""),
        ("ENV A ${x##\\*} b", "ENV A=\"${x##*} b\""),
        ("ENV A a\\ b", "ENV A=\"a\\ b\""),
        ("ENV K a \\\n  b", "ENV K=\"a b\""),
        ("ENV J -a -b=c", "ENV J=-a -b=c"),
        ("ENV a=1\nENV b=$a", "ENV a=1 b=$a"),
        ("ENV PATH=/a:$PATH\nENV PATH=/b:$PATH", "ENV PATH=/a:$PATH PATH=/b:$PATH"),
        ("MAINTAINER $x", "LABEL maintainer=\"$x\""),
    ];
    for (before, after) in wrong {
        let file = |text: &str| format!("FROM debian:12\n{text}\n");
        assert!(differ(&file(before), &file(after)), "{before}");
    }
}

#[test]
fn fixes_keep_every_value() {
    for raw in WORDS {
        for line in [format!("ENV K {raw}"), format!("LABEL k {raw}"), format!("MAINTAINER {raw}")] {
            let source = format!("FROM debian:12\nENV x=1 y=\"a b\"\n{line}\nENV L=$K\nENV M=$x N='$L'\n");
            let backtick = format!("# escape=`\n{source}");
            for source in [source, backtick] {
                let Some(outcome) = fixed(source.as_bytes()) else { continue };
                assert!(outcome.dropped.is_empty(), "{line}: {:?}", outcome.dropped);
                let Some(changed) = outcome.changed else { continue };
                compare(&line, source.as_bytes(), &changed);
            }
        }
    }
}

/// Words of parts that mean something to BuildKit, the same ones in each run.
fn made_up_words(number: usize) -> Vec<String> {
    const PARTS: &[&str] = &[
        " ", "  ", "a", "b", "x", "\"", "'", "\\", "`", "$", "$x", "${x}", "${x", "${", "}", ":-", ":+", "-", "?", "#",
        "%", "/", "*", "=", "\t", "{", "1", "é", "\u{a0}", "\\ ", "\\\"", "\\$", " \\\n  ", "$$", "(", "${x:-",
    ];
    let mut state: u64 = 1;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("a small number") % below
    };
    (0..number).map(|_| (0..=next(9)).map(|_| PARTS[next(PARTS.len())]).collect()).collect()
}

#[test]
fn made_up_words_keep_their_values() {
    let (mut read, mut changed) = (0, 0);
    for raw in made_up_words(1500) {
        if !raw.contains('\n') {
            form_agrees(&raw, '\\');
            form_agrees(&raw, '`');
            read += 1;
        }
        for (head, line) in
            [("", "ENV K "), ("", "LABEL k "), ("", "MAINTAINER "), ("# escape=`\n", "ENV K "), ("", "ENV a=1\nENV b=")]
        {
            let source = format!("{head}FROM debian:12\n{line}{raw}\nENV L=$K M=\"$L\"\n");
            let Some(outcome) = fixed(source.as_bytes()) else { continue };
            let refused: Vec<&str> = outcome.dropped.iter().map(|dropped| dropped.reason.as_str()).collect();
            assert!(refused.is_empty(), "{source}: {refused:?}");
            let Some(new) = outcome.changed else { continue };
            compare(&source, source.as_bytes(), &new);
            changed += 1;
        }
    }
    println!("{read} words read, {changed} files changed");
    assert!(read > 1000 && changed > 3000, "only {read} words and {changed} files");
}

#[test]
fn the_maintainers_label_can_be_chosen() {
    let mut settings = settings();
    settings.options.set("maintainer-to-label", "key", "org.opencontainers.image.authors");
    let source = b"FROM debian:12\nLABEL maintainer=b\nMAINTAINER a\n";
    let outcome = fix_source(source, &settings, &|_| None).expect("a Dockerfile");
    let expected = "FROM debian:12\nLABEL maintainer=b\nLABEL org.opencontainers.image.authors=\"a\"\n";
    assert_eq!(outcome.changed.as_deref(), Some(expected.as_bytes()));
}

fn corpus() -> Vec<PathBuf> {
    let root = PathBuf::from(std::env::var_os("DOCKMOD_CORPUS").expect("DOCKMOD_CORPUS"));
    let mut files = Vec::new();
    collect(&root, &mut files);
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() && entry.file_name().to_string_lossy().to_lowercase().contains("dockerfile") {
            files.push(entry.path());
        }
    }
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus)"]
fn fixes_keep_every_value_of_the_corpus() {
    let (mut files, mut compared, mut changed) = (0, 0, 0);
    let mut by_transform = BTreeMap::<&str, usize>::new();
    for path in corpus() {
        let source = std::fs::read(&path).expect("a file");
        let Some(outcome) = fixed(&source) else { continue };
        let name = path.display().to_string();
        files += 1;
        assert!(outcome.dropped.is_empty(), "{name}: {:?}", outcome.dropped);
        assert!(outcome.cycle.is_empty(), "{name}: {:?}", outcome.cycle);
        for applied in &outcome.applied {
            *by_transform.entry(applied.transform.id).or_default() += 1;
        }
        let Some(new) = outcome.changed else { continue };
        changed += 1;
        compared += compare(&name, &source, &new);
    }
    println!("{files} files, {changed} changed, {compared} instructions compared in {} worlds", WORLDS.len());
    println!("{by_transform:?}");
    assert!(changed > 2000 && compared > 10_000, "only {compared} instructions in {changed} files");
}

#[test]
#[ignore = "needs DOCKMOD_CORPUS (an unpacked corpus)"]
fn forms_of_all_words_of_the_corpus_agree_with_their_values() {
    let mut words = 0;
    for path in corpus() {
        let source = std::fs::read(&path).expect("a file");
        let Ok(file) = syntax::parse(&source) else { continue };
        let escape = char::from(file.escape);
        for instruction in file.instructions() {
            let text = String::from_utf8_lossy(instruction.joined.text()).into_owned();
            let ranges = match &instruction.body.args {
                Args::Pairs(pairs) => pairs.iter().flat_map(|pair| [pair.key, pair.value]).collect(),
                Args::LegacyPair(pair) => vec![pair.key, pair.value],
                Args::Words(words) => words.clone(),
                Args::Text(range) => vec![*range],
                _ => Vec::new(),
            };
            for range in ranges {
                if let Some(raw) = text.get(range.range()) {
                    form_agrees(raw, escape);
                    words += 1;
                }
            }
        }
    }
    println!("{words} words compared in {} worlds", WORLDS.len());
    assert!(words > 10_000, "only {words} words");
}
