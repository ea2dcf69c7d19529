//! How recent the pip is that a command of a RUN calls.

use crate::knowledge::releases::{self, Age};
use crate::knowledge::{self, Family, Invocation, Verb, base_name, managers};
use crate::shell::{Chain, Script, Simple};
use crate::syntax::Keyword;

use super::super::Model;

/// How recent the pip is that the command `simple` of instruction `index` calls: the image's own, or what an earlier
/// command put in its place. Modern stands for 19.1 and later, see [`releases::pip`].
#[must_use]
pub fn age(model: &Model<'_, '_>, index: usize, simple: &Simple) -> Age {
    let asked_for = PipVersions::of(model).oldest_asked_for;
    let Some((name, written_out)) = model.base_reference(index) else { return Age::Unknown };
    let of_image = releases::pip(name);
    if of_image.min(asked_for) == Age::Old {
        return Age::Old;
    }
    let known = if written_out { of_image } else { Age::Unknown };
    let own = if brings_another(model, index, name) { known.min(Age::Recent) } else { known };
    let replaced =
        runs_get_pip(model, index, simple) || known > Age::Unknown && is_upgraded(model, index, simple, name);
    let age = if replaced { Age::Modern } else { own };
    // pip and what it is built from come as wheels, which every pip installs alike.
    let age = if age == Age::Recent && installs_pip_alone(simple) { Age::Modern } else { age };
    if installs_pip_alone(simple) { age } else { age.min(asked_for) }
}

/// The oldest pip that the file asks for by a version, or by a virtualenv that brings one.
fn oldest_asked_for(model: &Model<'_, '_>) -> Age {
    let scripts = (0..model.instructions.len()).filter_map(|at| model.script(at));
    let ages = scripts.flat_map(|script| {
        let words = script.simple_commands().into_iter().flat_map(|simple| &simple.words);
        words.filter_map(|word| {
            let Some(literal) = word.literal.as_deref() else { return asked_for_by_variable(script.str(word.range)) };
            version_asked_for(literal)
        })
    });
    ages.min().unwrap_or(Age::Modern)
}

/// `pip==$VERSION` may be any.
fn asked_for_by_variable(raw: &str) -> Option<Age> {
    let raw = raw.trim_start_matches(['"', '\'']);
    ["pip=", "pip<", "pip~", "virtualenv="].iter().any(|pin| raw.starts_with(pin)).then_some(Age::Recent)
}

/// The pip of `pip==9.0.1`, the newest one of `pip<19`, or that of `virtualenv==15.1`.
fn version_asked_for(word: &str) -> Option<Age> {
    // Every word of a file is asked for.
    if !word.starts_with("pip") && !word.starts_with("virtualenv") {
        return None;
    }
    let program = managers::package_name(word);
    let program = program.split('[').next().unwrap_or(program);
    let limits = word.get(program.len()..)?.split(',').filter_map(|limit| {
        let limit = limit.trim();
        let (below, version) = match limit.strip_prefix("==").or(limit.strip_prefix("~=")).or(limit.strip_prefix("<="))
        {
            Some(version) => (false, version),
            None => (true, limit.strip_prefix('<')?),
        };
        let mut parts = version.trim_start_matches('=').trim().split('.');
        let major: u32 = parts.next()?.parse().ok()?;
        let minor: u32 = parts.next().and_then(|part| part.parse().ok()).unwrap_or_default();
        Some(match (below, major, minor) {
            (true, _, 0) => (major.saturating_sub(1), u32::MAX),
            (true, ..) => (major, minor - 1),
            (false, ..) => (major, minor),
        })
    });
    let newest = limits.min()?;
    match program {
        "pip" => Some(releases::pip_of_version(newest)),
        // virtualenv brings a pip: 12 has 6.0, 20 has 20.
        "virtualenv" => Some(match newest.0 {
            0..=11 => Age::Old,
            12..=19 => Age::Recent,
            _ => Age::Modern,
        }),
        _ => None,
    }
}

/// Whether the file brings a Python beside the image's own, whose pip may be an old one.
fn brings_another(model: &Model<'_, '_>, index: usize, image: &str) -> bool {
    let says = |text| model.said_up_to(index, text);
    let last = base_name(image);
    let of_python = last.starts_with("python:") || last == "python";
    let tag = image.rsplit(':').next().unwrap_or_default();
    let old_series = ["2", "3.5", "3.6", "3.7"]
        .iter()
        .any(|series| tag.strip_prefix(series).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())));
    // An environment gets the pip that came with Python itself: 18.1 in the last ones of these series.
    if of_python && old_series && (says("venv") || says("virtualenv")) {
        return true;
    }
    let conda = ["miniconda", "anaconda", "miniforge", "mambaforge"].iter().any(|installer| says(installer));
    if conda && !image.contains("conda") && !says("-latest-") {
        return true;
    }
    ["pyenv", "python.org/ftp", "ensurepip", "deadsnakes", "rh-python", "iuscommunity", "ius.io"]
        .iter()
        .any(|hint| says(hint))
}

/// Where `get-pip.py` is fetched from, for the Pythons that get 19.1 or later.
const GET_PIP: &[&str] = &["", "2.7/", "3.5/", "3.6/", "3.7/", "3.8/"];

/// Whether an earlier command surely ran today's `get-pip.py` for the Python that this one calls.
fn runs_get_pip(model: &Model<'_, '_>, index: usize, simple: &Simple) -> bool {
    if !model.said_up_to(index, "bootstrap.pypa.io/") {
        return false;
    }
    let text = model.text_up_to(index);
    let fetched = GET_PIP.iter().any(|folder| {
        ["", "pip/"].iter().any(|pip| text.contains(&format!("bootstrap.pypa.io/{pip}{folder}get-pip.py")))
    });
    let words = simple.literals();
    let Some(called) = Caller::of(&words).filter(|_| fetched) else { return false };
    model.up_to(index).filter(|at| model.keyword(*at) == Keyword::Run).any(|at| {
        let Some(script) = model.script(at) else { return false };
        let in_order = script.single_chain().is_some_and(Chain::is_and_only);
        script.simple_commands().into_iter().any(|other| {
            let done =
                if at == index { script.leads_to(other, simple.range) } else { in_order && is_link(script, other) };
            let words = other.literals();
            done && calls_get_pip(&words) && Caller::of(&words).is_some_and(|python| python.reaches(&called, false))
        })
    })
}

fn is_link(script: &Script<'_>, simple: &Simple) -> bool {
    let mut links = script.list.items.iter().flat_map(|item| &item.chain.links);
    links.any(|link| link.pipeline.simple() == Some(simple))
}

fn calls_get_pip(words: &[Option<&str>]) -> bool {
    let words = &words[managers::wrapper_len(words)..];
    let [Some(python), Some(script), rest @ ..] = words else { return false };
    base_name(python).starts_with("python")
        && base_name(script) == "get-pip.py"
        && rest.iter().all(|word| word.is_some_and(|word| word.starts_with('-')))
}

/// Whether an earlier command surely upgraded the pip that this one calls.
fn is_upgraded(model: &Model<'_, '_>, index: usize, simple: &Simple, image: &str) -> bool {
    let words = simple.literals();
    let Some(called) = Caller::of(&words) else { return false };
    let one_python = ["python", "pypy", "conda"].iter().any(|name| image.contains(name));
    if !releases::upgrades_to_modern_pip(image) || called.is_of_old_python() {
        return false;
    }
    PipVersions::of(model).upgrades.iter().any(|&(at, number)| {
        if at != index && !model.is_before(at, index) {
            return false;
        }
        let Some(script) = model.script(at) else { return false };
        let other = script.simple_commands()[number];
        let words = other.literals();
        let Some(found) = knowledge::invocation(&words) else { return false };
        let leads = at == index && script.leads_to(other, simple.range);
        let in_time = at != index || other.range.end <= simple.range.start;
        in_time
            && Caller::of(&words).is_some_and(|upgraded| upgraded.reaches(&called, one_python))
            && model.surely_done(at, script, other, &found, leads)
    })
}

/// What a file asks of pip itself.
#[derive(Debug)]
pub struct PipVersions {
    /// The oldest pip that it asks for by a version, or by a virtualenv that brings one.
    oldest_asked_for: Age,
    /// The commands of RUNs that put a modern pip in place: the instruction, and which of its simple commands.
    upgrades: Vec<(usize, usize)>,
}

impl PipVersions {
    /// Looked for once in a file.
    fn of<'m>(model: &'m Model<'_, '_>) -> &'m Self {
        model.so_far.pip.get_or_init(|| {
            let mut upgrades = Vec::new();
            for at in (0..model.instructions.len()).filter(|at| model.keyword(*at) == Keyword::Run) {
                let commands = model.script(at).map(Script::simple_commands).unwrap_or_default();
                for (number, simple) in commands.into_iter().enumerate() {
                    let words = simple.literals();
                    if knowledge::invocation(&words).is_some_and(|found| upgrades_pip(&words, &found)) {
                        upgrades.push((at, number));
                    }
                }
            }
            Self { oldest_asked_for: oldest_asked_for(model), upgrades }
        })
    }
}

/// Whether a command installs the newest pip, or one of 19.1 or later, for the whole system.
fn upgrades_pip(words: &[Option<&str>], found: &Invocation<'_>) -> bool {
    let elsewhere =
        ["--user", "--target", "--prefix", "--root", "--no-index", "--find-links", "--constraint", "--dry-run"];
    let short = ["-t", "-f", "-c"];
    let options: Vec<&str> = found.options.iter().filter_map(|at| words[*at]).collect();
    let limited =
        options.iter().any(|word| short.contains(word) || elsewhere.iter().any(|option| word.starts_with(option)));
    let upgrades = options.iter().any(|word| {
        matches!(*word, "--upgrade" | "--force-reinstall")
            || word.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('U'))
    });
    let names_pip = |at: &usize| {
        words[*at].is_some_and(|word| match version_asked_for(word) {
            Some(age) => age == Age::Modern && managers::package_name(word) == "pip",
            None => upgrades && word == "pip",
        })
    };
    found.manager.family == Family::Pip
        && found.verb == Verb::Install
        && found.unclear.is_none()
        && !limited
        && found.operands.iter().any(names_pip)
}

/// Whether a command installs nothing but pip and what it comes with, each of them a wheel of the index.
fn installs_pip_alone(simple: &Simple) -> bool {
    let words = simple.literals();
    let Some(found) = knowledge::invocation(&words) else { return false };
    let plain_option = |at: &usize| {
        words[*at].is_some_and(|word| {
            matches!(
                word,
                "--upgrade" | "-U" | "-q" | "--quiet" | "--no-cache-dir" | "-qU" | "-Uq" | "--force-reinstall"
            ) || word.starts_with("--disable-pip")
        })
    };
    let plain_name = |at: &usize| {
        words[*at].is_some_and(|word| {
            matches!(word, "setuptools" | "wheel")
                || matches!(managers::package_name(word), "pip") && !word.contains(['/', '@'])
        })
    };
    found.verb == Verb::Install
        && !found.operands.is_empty()
        && found.operands.iter().all(plain_name)
        && found.options.iter().all(plain_option)
}

/// Which of the pips of a system a command calls.
struct Caller<'w> {
    folder: &'w str,
    /// `3` of `pip3` and of `python3 -m pip`.
    python: &'w str,
    /// Whether it is named as a module of its Python.
    is_module: bool,
}

impl<'w> Caller<'w> {
    fn of(words: &[Option<&'w str>]) -> Option<Self> {
        let program = words.get(managers::wrapper_len(words)).copied().flatten()?;
        let name = base_name(program);
        let folder = &program[..program.len() - name.len()];
        let (python, is_module) = match name.strip_prefix("pip") {
            Some(python) => (python, false),
            None => (name.strip_prefix("python")?, true),
        };
        Some(Self { folder, python, is_module })
    }

    fn is_of_old_python(&self) -> bool {
        matches!(self.python, "2.6" | "3.2" | "3.3")
    }

    /// Whether the pip that this one upgrades is the one that `called` stands for.
    fn reaches(&self, called: &Caller<'_>, one_python: bool) -> bool {
        if self.folder != called.folder || self.is_of_old_python() {
            return false;
        }
        // The newest pip of all goes by the plain name, whatever Python it belongs to.
        one_python || self.python == called.python || called.python.is_empty() && !called.is_module
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_are_asked_for() {
        for (word, age) in [
            ("pip==1.5.6", Some(Age::Old)),
            ("pip<6", Some(Age::Old)),
            ("pip==9.0.3", Some(Age::Recent)),
            ("pip<19", Some(Age::Recent)),
            ("pip<19.1", Some(Age::Recent)),
            ("pip>=9,<10", Some(Age::Recent)),
            ("pip<20", Some(Age::Modern)),
            ("pip~=20.2", Some(Age::Modern)),
            ("virtualenv==1.11", Some(Age::Old)),
            ("virtualenv==16.7", Some(Age::Recent)),
            ("virtualenv<20.22", Some(Age::Modern)),
            ("pip", None),
            ("pip>=20", None),
            ("pipenv==2018.1", None),
        ] {
            assert_eq!(version_asked_for(word), age, "{word}");
        }
    }
}
