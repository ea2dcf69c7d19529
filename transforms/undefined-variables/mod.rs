//! Variables that are not set where they are used.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::model::{Base, Model, Stage, one_slip_apart};
use crate::syntax::variables::{Reference, references};
use crate::syntax::{Args, Instruction, Keyword, Span, TextRange, lossy};

mod defaults;
mod script;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "undefined-variables",
    summary: "find variables that are not set",
    offers: Offers::Findings,
    codes: &["UndefinedVar", "UndefinedArgInFrom", "InvalidDefaultArgInFrom"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["$"],
    propose,
};

/// What BuildKit sets for FROM, and for a stage that asks for it by ARG.
///
/// Source: `defaultArgs` of `dockerfile2llb/platform.go`.
const PREDEFINED: &[&str] = &[
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// What images of bare distributions set.
const OF_DISTRIBUTIONS: &[&str] = &["PATH", "container", "DISTTAG", "FGC", "FBR", "LANG", "HOSTNAME"];

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let globals = defaults::Globals::of(model);
    // An image may carry the version that a tag names: `FROM node:$NODE_VERSION`, and another image of the same.
    let versions: BTreeSet<String> =
        model.stages.iter().flat_map(|stage| in_from(model, stage)).filter(|name| name.contains("VERSION")).collect();
    let names = Names { globals, declared: OnceCell::new() };
    let mut ends: Vec<Scope> = Vec::with_capacity(model.stages.len());
    for stage in &model.stages {
        let first = model.instructions[stage.range.start];
        from(model, first, &names.globals, proposals);
        let mut scope = stage.base.stage().map_or_else(|| Scope::of(model, stage), |parent| ends[parent].clone());
        scope.perhaps_of_image.extend(in_from(model, stage));
        scope.perhaps_of_image.extend(versions.iter().cloned());
        in_stage(model, stage.range.clone(), &names, &mut scope, proposals);
        ends.push(scope);
    }
}

/// The names that the file sets.
struct Names {
    /// Above the first FROM.
    globals: defaults::Globals,
    /// By name, the instructions that set it, where anything asks for that.
    declared: OnceCell<HashMap<String, Vec<usize>>>,
}

impl Names {
    fn declared(&self, model: &Model<'_, '_>) -> &HashMap<String, Vec<usize>> {
        self.declared.get_or_init(|| {
            let mut declared: HashMap<String, Vec<usize>> = HashMap::new();
            for index in 0..model.instructions.len() {
                for name in declares(model, index) {
                    declared.entry(name).or_default().push(index);
                }
            }
            declared
        })
    }
}

/// The variables that FROM uses.
fn in_from(model: &Model<'_, '_>, stage: &Stage) -> Vec<String> {
    let first = model.instructions[stage.range.start];
    let own = references(first.joined.text(), first.body.rest, model.file.escape);
    own.into_iter().map(|reference| reference.name).collect()
}

/// What is known of the variables at a point of a stage.
#[derive(Clone)]
struct Scope {
    /// Those that ENV and ARG set.
    set: BTreeSet<String>,
    /// Those that the base image may carry, as FROM uses them.
    perhaps_of_image: BTreeSet<String>,
    /// Whether all variables of the base image are known.
    all_known: bool,
    /// Windows tells names apart by other rules.
    windows: bool,
}

impl Scope {
    /// At the start of a stage that is built on no other one.
    fn of(model: &Model<'_, '_>, stage: &Stage) -> Self {
        let bare = model.base_image(stage.range.start).is_some_and(|image| image.bare);
        Self {
            set: BTreeSet::new(),
            perhaps_of_image: BTreeSet::new(),
            all_known: stage.base == Base::Scratch || bare,
            windows: model.file.escape == b'`' || stage.base.is_windows(),
        }
    }
}

fn from(model: &Model<'_, '_>, instruction: &Instruction<'_>, globals: &defaults::Globals, proposals: &mut Proposals) {
    let text = instruction.joined.text();
    let name = instruction.body.operands(text).into_iter().next().map(|(range, _)| range);
    let platform = instruction.body.flags.iter().find(|flag| flag.name() == "platform").map(|flag| flag.range);
    let mut undeclared = false;
    for range in platform.into_iter().chain(name) {
        for Reference { name, range, .. } in references(text, range, model.file.escape) {
            if globals.has(&name) || PREDEFINED.contains(&name.as_str()) {
                continue;
            }
            undeclared = true;
            let near = globals.names().chain(PREDEFINED.iter().copied()).find(|known| one_slip_apart(known, &name));
            let text = match near {
                Some(near) => {
                    format!("no ARG above the first FROM declares `{name}`; `{near}` may be meant")
                }
                None => format!(
                    "no ARG above the first FROM declares `{name}`, so that `--build-arg` can't set it; declare it there"
                ),
            };
            proposals.leave(instruction.joined.span(range), text);
        }
    }
    let Some(range) = name.filter(|_| !undeclared) else { return };
    let word = lossy(range.slice(text));
    if let Some(image) = globals.expand(&word).filter(|image| word.contains('$') && !defaults::is_image(image)) {
        let shown = if image.is_empty() { "an empty name".to_owned() } else { format!("`{image}`") };
        proposals.leave(
            instruction.joined.span(range),
            format!(
                "`{word}` is no image unless `--build-arg` sets it, but {shown}: a plain `docker build` fails; give the \
                 ARG a default"
            ),
        );
    }
}

fn in_stage(model: &Model<'_, '_>, range: Range<usize>, names: &Names, scope: &mut Scope, proposals: &mut Proposals) {
    let mut reported: BTreeSet<String> = BTreeSet::new();
    for index in range.skip(1) {
        let in_run = model.instructions[index].body.keyword == Keyword::Run;
        let uses = match (scope.windows, in_run) {
            (true, _) => Vec::new(),
            (false, true) => script::uses(model, index),
            (false, false) => in_words(model, index),
        };
        let declared = declares(model, index);
        let mounted = mounted(model, index);
        // An ARG sees what stands before it in the same line.
        let is_arg = model.keyword(index) == Keyword::Arg;
        // `${A:+:${A}}` asks first whether it is set.
        let guarded: BTreeSet<&str> =
            uses.iter().filter(|found| !found.reference.plain).map(|found| found.reference.name.as_str()).collect();
        for Use { reference, place } in &uses {
            let name = reference.name.as_str();
            let is_known =
                scope.set.contains(name) || name == "PATH" || is_arg && declared.iter().any(|own| own == name);
            let is_known = is_known || mounted.iter().any(|own| own == name);
            if is_known || guarded.contains(name) || reported.contains(name) {
                continue;
            }
            if in_run && script::may_set(model, index, name) {
                continue;
            }
            if let Some(text) = unset(model, index, name, names, scope) {
                reported.insert(name.to_owned());
                proposals.leave(*place, text);
            }
        }
        scope.set.extend(declared);
    }
}

/// What is wrong with a name that nothing above sets, where that is certain.
fn unset(model: &Model<'_, '_>, index: usize, name: &str, names: &Names, scope: &Scope) -> Option<String> {
    let globals = &names.globals;
    let perhaps_of_image = !scope.all_known && scope.perhaps_of_image.contains(name);
    if globals.has(name) && !perhaps_of_image {
        let unless = if scope.all_known { "" } else { ", unless the base image sets it" };
        return Some(format!(
            "`{name}` is empty here{unless}: an ARG above the first FROM is known to FROM alone; repeat `ARG {name}` in this stage"
        ));
    }
    if PREDEFINED.contains(&name) {
        return Some(format!(
            "`{name}` is empty here: a stage gets it only by an ARG of its own; add `ARG {name}` to this stage"
        ));
    }
    // A script may set it, and so may a file that it reads.
    if model.keyword(index) == Keyword::Run || is_proxy(name) || is_of_the_build(name) {
        return None;
    }
    if scope.all_known
        && let Some(text) = set_elsewhere(model, index, name, names)
    {
        return Some(text);
    }
    if let Some(near) = scope.set.iter().map(String::as_str).chain(["PATH"]).find(|known| slip(known, name)) {
        return Some(format!("nothing in this file sets `{name}`; `{near}` may be meant"));
    }
    (scope.all_known && !OF_DISTRIBUTIONS.contains(&name)).then(|| {
        format!("nothing sets `{name}`, in this file or in its base image, so that it is empty; set it or take it out")
    })
}

/// What is wrong with a name that the file does set, but not where it is used.
fn set_elsewhere(model: &Model<'_, '_>, index: usize, name: &str, names: &Names) -> Option<String> {
    let places = names.declared(model).get(name)?;
    if model.keyword(index) == Keyword::Env && places.binary_search(&index).is_ok() {
        return Some(format!(
            "`{name}` is empty here: an ENV is read with the values from before it, so that what it sets itself does not \
             count; set `{name}` in an ENV above, or take it out"
        ));
    }
    let stage = model.stage_of(index)?;
    let below = places.get(places.partition_point(|at| *at <= index)).filter(|at| stage.range.contains(at));
    if let Some(below) = below {
        let line = model.instructions[*below].first_line;
        return Some(format!("`{name}` is empty here: it is set in line {line}, below; set it above"));
    }
    let first = model.stages.first()?.range.start;
    let other = places.get(places.partition_point(|at| *at < first))?;
    let line = model.instructions[*other].first_line;
    Some(format!("`{name}` is empty here: line {line} sets it in another stage alone; set it in this stage as well"))
}

/// The variables that secrets of a RUN may be handed over in: `--mount=type=secret,id=NAME,env=NAME`.
fn mounted(model: &Model<'_, '_>, index: usize) -> Vec<String> {
    let flags = model.instructions[index].body.flags.iter().filter(|flag| flag.name() == "mount");
    let options = flags.filter_map(|flag| flag.value()).flat_map(|value| value.split(','));
    let names = options.filter_map(|option| option.strip_prefix("env=").or_else(|| option.strip_prefix("id=")));
    names.map(str::to_owned).collect()
}

/// The arguments that BuildKit reads itself. Source: `nonEnvArgs` of `dockerfile2llb/convert.go`.
fn is_of_the_build(name: &str) -> bool {
    matches!(name, "BUILDKIT_SBOM_SCAN_CONTEXT" | "BUILDKIT_SBOM_SCAN_STAGE")
}

/// The names that ENV or ARG sets.
fn declares(model: &Model<'_, '_>, index: usize) -> Vec<String> {
    let instruction = model.instructions[index];
    let text = instruction.joined.text();
    let body = &instruction.body;
    match body.keyword {
        Keyword::Env => body.pairs().iter().map(|pair| lossy(pair.key.slice(text)).into_owned()).collect(),
        Keyword::Arg => {
            let words = body.operands(text).into_iter();
            words.map(|(_, word)| word.split('=').next().unwrap_or_default().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// The build arguments that need no ARG.
fn is_proxy(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "http_proxy" | "https_proxy" | "ftp_proxy" | "no_proxy" | "all_proxy")
}

/// Whether one name is the other with a slip of the keyboard: in one word of it, and in no short one, for
/// `WORK_UID` and `WORK_GID` are two names.
fn slip(known: &str, name: &str) -> bool {
    if known == "PATH" {
        return one_slip_apart(known, name) && name.len() == 4;
    }
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).eq(name.bytes().filter(u8::is_ascii_digit));
    if !digits(known) {
        return false;
    }
    let (left, right): (Vec<&str>, Vec<&str>) = (known.split('_').collect(), name.split('_').collect());
    let differing: Vec<(&&str, &&str)> = left.iter().zip(&right).filter(|(left, right)| left != right).collect();
    left.len() == right.len()
        && matches!(differing.as_slice(), [(left, right)] if left.len() > 4 && right.len() > 4 && one_slip_apart(left, right))
}

/// A variable that an instruction uses.
struct Use {
    reference: Reference,
    place: Span,
}

/// The variables in what BuildKit expands.
///
/// Source: `Expand` of `dockerfile/instructions/commands.go`.
fn in_words(model: &Model<'_, '_>, index: usize) -> Vec<Use> {
    let instruction = model.instructions[index];
    let body = &instruction.body;
    let text = instruction.joined.text();
    let of = |range: TextRange| -> Vec<Use> {
        let found = references(text, range, model.file.escape).into_iter();
        found.map(|reference| Use { place: instruction.joined.span(reference.range), reference }).collect()
    };
    let words = || body.operands(text).into_iter();
    match body.keyword {
        Keyword::Env | Keyword::Label => {
            body.pairs().iter().flat_map(|pair| [pair.key, pair.value]).flat_map(&of).collect()
        }
        Keyword::Copy | Keyword::Add => {
            let flags = body.flags.iter().filter(|flag| matches!(flag.name(), "chown" | "chmod" | "checksum"));
            let paths = words().map(|(range, _)| range).filter(|range| !range.slice(text).starts_with(b"<<"));
            flags.map(|flag| flag.range).chain(paths).flat_map(&of).collect()
        }
        Keyword::Expose | Keyword::Volume | Keyword::Arg => words().flat_map(|(range, _)| of(range)).collect(),
        Keyword::User | Keyword::Workdir | Keyword::Stopsignal => match body.args {
            Args::Text(range) => of(range),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
