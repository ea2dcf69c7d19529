//! Properties that hold for every input, tried on random ones.
//!
//! Each test runs for `DOCKMOD_FUZZ_SECONDS`. `DOCKMOD_FUZZ_SEED` repeats a run; with `DOCKMOD_CORPUS` its
//! Dockerfiles are mutated too. A failure prints the smallest input that was found for it.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

mod kept;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dockmod::edit::{Options, Selected, Settings, fix_source};
use dockmod::shell::{Interpreter, body_of};
use dockmod::syntax::{self, dump, tokens};
use dockmod::transforms;

/// The command line gives its threads as much.
const STACK: usize = 32 * 1024 * 1024;
/// An input that takes longer has hung.
const PATIENCE: Duration = Duration::from_mins(1);
/// A run ends early when it has found so many kinds of failures.
const ENOUGH: usize = 12;
/// Bigger files of the corpus are left out: many inputs find more than long ones.
const LONGEST: u64 = 12 * 1024;

/// `SplitMix64`: small, and the same everywhere.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where `end` is 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits") % end.max(1)
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

// --- inputs

const IMAGES: &[&str] =
    &["debian:12", "node:20", "python:3.12-slim", "alpine:3.20", "scratch", "base", "$BASE", "UBUNTU"];
const NAMES: &[&str] = &["base", "build", "Base", "deps", "0", "final"];
const PACKAGES: &[&str] = &[
    "curl",
    "zip",
    "git",
    "ca-certificates",
    "make",
    "gcc=4:12*",
    "libpq5",
    "\"nodejs=${V}\"",
    "$EXTRA",
    "nano-",
    "./x.deb",
    "Zsh",
    "a+",
    "curl",
    "-y",
    "-t bookworm",
    "--no-install-recommends",
    "lib{a,b}",
    "'zsh'",
    "ä",
];
const COMMANDS: &[&str] = &[
    "apt-get update",
    "apt-get update -qq",
    "apt update",
    "apt-get clean",
    "rm -rf /var/lib/apt/lists/*",
    "mkdir -p /srv/a",
    "chown -R app /srv/a",
    "chmod +x /srv/a",
    "useradd app",
    "echo hi",
    "echo \"a b\" > /etc/x",
    "npm ci",
    "npm install",
    "yarn install --frozen-lockfile",
    "pnpm install",
    "pip install -r requirements.txt",
    "bundle install",
    "go mod download",
    "cargo fetch",
    "composer install --no-scripts --no-autoloader",
    "make",
    "make install",
    "cd /srv",
    "export A=1",
    "set -e",
    "set -eux",
    "set -o pipefail",
    "curl -fsSL https://x.y/z | tar xz -C /opt",
    "ln -s /a /b",
    "touch /x",
    "sed -i s/a/b/ /etc/x",
    "test -f /x",
    "[ -f /x ]",
    "true",
    "exit 0",
    ": ",
    "! false",
    "sleep 1 &",
    "A=1 make",
    "apt-get remove -y gcc",
    "apk del .build-deps",
    "sudo apt-get update",
    "(cd /x && make)",
    "{ a; b; }",
    "if [ -f x ]; then y; fi",
    "for i in a b; do echo $i; done",
    "while read l; do :; done < x",
    "case $x in a) b;; *) c;; esac",
    "f() { x; }",
    "echo $(date)",
    "echo `date`",
    "echo ${X:=1}",
    "echo $((1+2))",
    "echo 'a\\'",
    "echo \"\\\"\"",
    "cat <<< x",
    "[[ -f x ]]",
    "a 2>&1 >/dev/null",
    "exec a",
    "trap x EXIT",
    ". /x",
    "nohup a",
    "echo a # note",
    "echo a#b",
    "time a",
];
const INSTALLS: &[&str] = &[
    "apt-get install -y",
    "apt-get install",
    "apt install -y --no-install-recommends",
    "apk add --no-cache",
    "apk add --virtual .b",
    "dnf install -y",
    "yum -y install",
    "zypper in",
    "pip install",
    "npm install",
    "sudo apt-get install -y",
    "apt-get -qq install -t rel",
    "microdnf install",
];
const JOINERS: &[&str] = &[" && ", " && ", " && ", "; ", " || ", " | ", "&&", " & ", ";"];
const OTHERS: &[&str] = &[
    "LABEL a=b",
    "LABEL a b c",
    "LABEL a=\"x y\" b='c'",
    "ENV A=1 B=2",
    "ENV DEBIAN_FRONTEND noninteractive",
    "ENV A=b\\ c",
    "ARG X",
    "ARG X=1 Y",
    "EXPOSE 80 443/tcp",
    "USER app",
    "USER root",
    "WORKDIR /app",
    "WORKDIR a",
    "VOLUME /data",
    "VOLUME [\"/a\", \"/b\"]",
    "CMD [\"a\", \"b\"]",
    "CMD apt-get update",
    "ENTRYPOINT [\"/x\"]",
    "ENTRYPOINT x y",
    "STOPSIGNAL SIGTERM",
    "MAINTAINER me <me@x.y>",
    "HEALTHCHECK CMD curl -f localhost",
    "HEALTHCHECK --interval=5s CMD [\"a\"]",
    "HEALTHCHECK NONE",
    "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
    "SHELL [\"powershell\", \"-c\"]",
    "ONBUILD RUN apt-get update",
    "ONBUILD COPY . .",
    "COPY . .",
    "COPY . /app",
    "COPY src ./src",
    "COPY package.json package-lock.json ./",
    "COPY requirements.txt .",
    "COPY --chown=app:app . .",
    "COPY --from=build /x /y",
    "COPY [\"a b\", \"/c/\"]",
    "ADD . /x",
    "ADD https://x.y/z.tar.gz /z",
    "COPY --link a b",
    "RUN [\"apt-get\", \"update\"]",
    "FOO bar",
    "ENV",
    "LABEL",
    "RUN",
    "COPY a",
    "run echo lower",
    "Copy main.go ./",
];
const COMMENTS: &[&str] = &[
    "# note",
    "#",
    "  # indented",
    "\t#tab",
    "# hadolint ignore=DL3009",
    "# dockmod: ignore=merge-runs why",
    "# ends in \\",
    "# dockmod: ignore=sort-packages",
    "#no blank",
    "# ä ö",
    "# trailing  ",
    "# check=skip=all",
    "# syntax=docker/dockerfile:1",
    "# hadolint ignore=DL3059,DL3008",
    "# shellcheck disable=SC2086",
];
const HEREDOC_HEADS: &[&str] = &[
    "RUN <<EOF",
    "RUN <<-EOF",
    "RUN <<'EOF'",
    "RUN <<\"EOF\"",
    "COPY <<EOF /x",
    "RUN cat <<EOF > /x",
    "RUN <<EOF bash",
    "ADD <<EOF <<EOF /x/",
    "RUN apt-get update && cat <<EOF",
];
const PIECES: &[&str] = &[
    " \\\n",
    "\\\n",
    "\n",
    "\r\n",
    "\r",
    "\\",
    "\\\r\n",
    " \\ \n",
    "`\n",
    "`",
    "#",
    "\n#x\n",
    " && ",
    "\t",
    "  ",
    "\"",
    "'",
    "$",
    "${",
    "}",
    "<<EOF",
    "\nEOF\n",
    "<<-",
    "&&",
    "||",
    ";",
    ";;",
    "|",
    "&",
    "(",
    ")",
    "{",
    "[\"",
    "\"]",
    ",",
    "=",
    "--",
    "--mount=type=cache,target=/x ",
    "--network=none ",
    "\u{feff}",
    "\u{a0}",
    "\u{85}",
    "\0",
    "\x0b",
    "\x0c",
    "\u{2028}",
    "ä",
    "\u{fffd}",
    "RUN ",
    "FROM ",
    "\nRUN ",
    "\nFROM x\n",
    " AS ",
    "COPY ",
    "ENV ",
    "ONBUILD ",
    "# escape=`\n",
    "$(",
    "`",
    "*",
    "~",
    "!",
    "\\\\",
    "\\\\\n",
    "<<",
    "<<\"",
    "1<<2",
    "curl zip ",
    "apt-get install ",
    "apt-get update",
    "\n\n",
    " \n",
    "\x1b[31m",
    "-",
    "+",
    "\u{200b}",
];

/// Dockerfiles to start mutations from.
fn seeds() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms"), &mut found);
    assert!(found.len() > 50, "only {} Dockerfiles below transforms", found.len());
    if let Some(corpus) = std::env::var_os("DOCKMOD_CORPUS") {
        collect(&PathBuf::from(corpus), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut Vec<Vec<u8>>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            collect(&entry.path(), found);
        } else if kind.is_file()
            && entry.file_name().to_string_lossy().to_lowercase().contains("dockerfile")
            && entry.metadata().expect("metadata").len() <= LONGEST
        {
            found.push(std::fs::read(entry.path()).expect("a file"));
        }
    }
}

/// An install with its packages, on one line or on several.
fn install(rng: &mut Rng, escape: char, out: &mut String) {
    out.push_str(rng.pick(INSTALLS));
    let spread = rng.one_in(2);
    for _ in 0..=rng.below(5) {
        if spread {
            let indent = rng.pick(&["    ", "\t", "", "  "]);
            let _ = write!(out, " {escape}\n{indent}");
            if rng.one_in(8) {
                let _ = writeln!(out, "{}", rng.pick(COMMENTS));
            }
        } else {
            out.push(' ');
        }
        out.push_str(rng.pick(PACKAGES));
        if rng.one_in(12) {
            let _ = write!(out, " {}", rng.pick(PACKAGES));
        }
    }
}

/// A shell script; line breaks are continued.
fn script(rng: &mut Rng, escape: char, out: &mut String) {
    for index in 0..=rng.below(4) {
        if index > 0 {
            let joiner = rng.pick(JOINERS);
            match rng.below(5) {
                0 => {
                    let _ = write!(out, " {escape}\n   {joiner}");
                }
                1 => {
                    let _ = write!(out, "{joiner}{escape}\n\t");
                }
                2 if rng.one_in(3) => {
                    let _ = write!(out, "{joiner}{escape}\n{}\n\n ", rng.pick(COMMENTS));
                }
                _ => out.push_str(joiner),
            }
        }
        if rng.one_in(3) { install(rng, escape, out) } else { out.push_str(rng.pick(COMMANDS)) }
    }
}

/// Something like a Dockerfile.
fn dockerfile(rng: &mut Rng) -> Vec<u8> {
    let mut out = String::new();
    if rng.one_in(30) {
        out.push('\u{feff}');
    }
    let escape = if rng.one_in(10) { '`' } else { '\\' };
    if escape == '`' {
        out.push_str("# escape=`\n");
    } else if rng.one_in(10) {
        out.push_str(rng.pick(&["# syntax=docker/dockerfile:1\n", "# check=skip=all\n", "# escape=\\\n", "#\n", "\n"]));
    }
    let _ = write!(out, "FROM {}", rng.pick(IMAGES));
    if rng.one_in(3) {
        let _ = write!(out, " AS {}", rng.pick(NAMES));
    }
    out.push('\n');
    for _ in 0..=rng.below(9) {
        match rng.below(20) {
            0..=9 => {
                out.push_str(rng.pick(&[
                    "RUN ",
                    "RUN ",
                    "RUN ",
                    "run ",
                    "RUN  ",
                    " RUN\t",
                    "RUN --mount=type=cache,target=/c ",
                ]));
                if rng.one_in(10) {
                    let _ = write!(out, "{escape}\n  ");
                }
                script(rng, escape, &mut out);
                out.push_str(rng.pick(&["", "", "", "", " ", "\t", " # note"]));
                out.push('\n');
            }
            10..=13 => {
                let _ = writeln!(out, "{}", rng.pick(OTHERS));
            }
            14 | 15 => {
                let _ = writeln!(out, "{}", rng.pick(COMMENTS));
            }
            16 => out.push_str(rng.pick(&["\n", "\n\n", "  \n", "\t\n"])),
            17 => {
                let _ = writeln!(out, "FROM {} AS {}", rng.pick(IMAGES), rng.pick(NAMES));
            }
            18 => {
                let _ = writeln!(out, "{}", rng.pick(HEREDOC_HEADS));
                script(rng, '\\', &mut out);
                out.push_str(rng.pick(&["\nEOF\n", "\nEOF\n", "\n\tEOF\n", "\nEOF \n", "\nEOF\nEOF\n"]));
            }
            _ => out.push_str(
                rng.pick(&["COPY . .\nRUN npm ci\n", "RUN apt-get update\nRUN apt-get install -y zip curl\n"]),
            ),
        }
    }
    if rng.one_in(4) {
        out.pop();
    }
    let mut out = out.into_bytes();
    if rng.one_in(6) {
        out = crlf(&out);
    }
    out
}

fn crlf(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 32);
    for (index, byte) in text.iter().enumerate() {
        if *byte == b'\n' && (index == 0 || text[index - 1] != b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// One step away from `text`.
fn mutated(rng: &mut Rng, text: &[u8], seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = lines(text);
    let at = rng.below(parts.len());
    match rng.below(14) {
        0 if !parts.is_empty() => {
            parts.remove(at);
        }
        1 if !parts.is_empty() => parts.insert(rng.below(parts.len()), parts[at]),
        2 if !parts.is_empty() => {
            let other = rng.below(parts.len());
            parts.swap(at, other);
        }
        3 => {
            let other = lines(&seeds[rng.below(seeds.len())]);
            let from = rng.below(other.len());
            let some = &other[from..(from + 1 + rng.below(6)).min(other.len())];
            let mut spliced: Vec<u8> = parts[..at].concat();
            spliced.extend(some.concat());
            spliced.extend(parts[at..].concat());
            return spliced;
        }
        4 => return crlf(text),
        5 => {
            // Another end for one line.
            let mut out = parts[..at].concat();
            if let Some(line) = parts.get(at) {
                out.extend(line.trim_ascii_end());
                out.extend(
                    rng.pick(&[
                        " \\\n",
                        "\\\n",
                        " \\ \t\n",
                        "\r\n",
                        "  \n",
                        " \\\n# c\n",
                        " \\\n\n",
                        " && \\\n",
                        "\\\r\n",
                        "",
                    ])
                    .bytes(),
                );
                out.extend(parts[at + 1..].concat());
            }
            return out;
        }
        6 => {
            let mut out = parts[..at].concat();
            let _ = writeln!(out, "{}", if rng.one_in(2) { rng.pick(COMMENTS) } else { rng.pick(OTHERS) });
            out.extend(parts[at..].concat());
            return out;
        }
        7 => {
            let mut out = text.to_vec();
            if !out.is_empty() {
                let at = rng.below(out.len());
                out[at] = u8::try_from(rng.below(256)).expect("a byte");
            }
            return out;
        }
        8 => {
            let start = rng.below(text.len());
            let end = (start + rng.below(8)).min(text.len());
            return [&text[..start], &text[end..]].concat();
        }
        9 => {
            let mut line = String::from("RUN ");
            script(rng, '\\', &mut line);
            line.push('\n');
            return [parts[..at].concat(), line.into_bytes(), parts[at..].concat()].concat();
        }
        10 => return text[..rng.below(text.len() + 1)].to_vec(),
        _ => {
            let at = rng.below(text.len() + 1);
            return [&text[..at], rng.pick(PIECES).as_bytes(), &text[at..]].concat();
        }
    }
    parts.concat()
}

fn random_bytes(rng: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..rng.below(60) {
        if rng.one_in(3) {
            out.push(u8::try_from(rng.below(256)).expect("a byte"));
        } else {
            out.extend(rng.pick(PIECES).bytes());
        }
    }
    out
}

/// An input out of all kinds.
fn input(rng: &mut Rng, seeds: &[Vec<u8>], raw: bool) -> Vec<u8> {
    if raw && rng.one_in(5) {
        return random_bytes(rng);
    }
    let mut text = if rng.one_in(2) { dockerfile(rng) } else { seeds[rng.below(seeds.len())].clone() };
    for _ in 0..rng.below(5) {
        text = mutated(rng, &text, seeds);
    }
    text
}

/// A RUN or the like with a body that may be anything.
fn run_input(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    if rng.one_in(4) {
        return input(rng, seeds, false);
    }
    let mut body = String::new();
    script(rng, '\\', &mut body);
    let mut body = body.into_bytes();
    for _ in 0..rng.below(6) {
        let at = rng.below(body.len() + 1);
        let piece = rng.pick(PIECES);
        let piece = if rng.one_in(3) { rng.pick(COMMANDS) } else { piece };
        // Here and there many of one kind: nesting is where a recursive parser ends.
        let times = if rng.one_in(20) { rng.below(400) } else { 1 };
        body.splice(at..at, piece.repeat(times).into_bytes());
    }
    let head = rng.pick(&[
        "RUN ",
        "RUN ",
        "RUN ",
        "CMD ",
        "ENTRYPOINT ",
        "HEALTHCHECK CMD ",
        "ONBUILD RUN ",
        "RUN <<EOF\n",
        "RUN <<-EOF bash\n",
    ]);
    let tail = if head.contains("<<") { "\nEOF\n" } else { "\n" };
    [b"FROM x\n", head.as_bytes(), &body, tail.as_bytes()].concat()
}

// --- properties

/// Whether the input came as far as what the property is about, or how it fails.
type Property = fn(&[u8]) -> Result<bool, String>;

fn parse_covers_every_byte(source: &[u8]) -> Result<bool, String> {
    let Ok(file) = syntax::parse(source) else { return Ok(false) };
    let mut at = 0;
    for token in tokens::tokens(&file) {
        if token.span.start != at || token.span.end < at {
            return Err(format!("the token {token:?} does not start where the one before ends ({at})"));
        }
        at = token.span.end;
    }
    if at != source.len() {
        return Err(format!("the tokens end at {at} of {}", source.len()));
    }
    let mut at = 0;
    for item in &file.items {
        if item.span().start != at {
            return Err(format!("an item starts at {}, not at {at}", item.span().start));
        }
        at = item.span().end;
    }
    if at != source.len() {
        return Err(format!("the items end at {at} of {}", source.len()));
    }
    let _ = dump::dump(&file);
    let _ = syntax::validate::refusal(&file);
    let _ = dockmod::walk::templates::template_marker(source);
    Ok(true)
}

fn fixing_keeps_the_rest(source: &[u8]) -> Result<bool, String> {
    let mut changed = false;
    for (scope, allow_unsafe) in [("related", false), ("related", true), ("all", true)] {
        let mut settings = Settings { allow_unsafe, ..Settings::default() };
        settings.transforms = transforms::ALL.iter().map(|transform| Selected { transform, by_name: false }).collect();
        settings.options = Options::default();
        settings.options.set("merge-runs", "scope", scope);
        changed |= fixing_with(source, &settings)?;
    }
    Ok(changed)
}

fn fixing_with(source: &[u8], settings: &Settings) -> Result<bool, String> {
    let Ok(outcome) = fix_source(source, settings, &|_| None) else { return Ok(false) };
    if !outcome.cycle.is_empty() {
        return Err(format!("they undo each other: {:?}", outcome.cycle));
    }
    let Some(changed) = outcome.changed else { return Ok(false) };
    let shown = || format!("\n--- became\n{}\n", escaped(&changed));
    let before = syntax::parse(source).map_err(|error| format!("a file that does not parse was fixed: {error}"))?;
    let after = syntax::parse(&changed).map_err(|error| format!("the result does not parse: {error}{}", shown()))?;
    let claims = outcome.applied.iter().map(|applied| applied.claim).collect();
    kept::compare(&before, &after, &claims).map_err(|fault| format!("{fault}{}", shown()))?;
    let ends = |text: &[u8]| {
        let feeds = memchr::memchr_iter(b'\n', text).count();
        let pairs = text.windows(2).filter(|pair| *pair == b"\r\n").count();
        (feeds, pairs)
    };
    let (old, new) = (ends(source), ends(&changed));
    if old.1 == 0 && new.1 > 0 {
        return Err(format!("line ends: CRLF appeared in a file without{}", shown()));
    }
    if old.0 > 0 && old.0 == old.1 && new.0 != new.1 {
        return Err(format!("line ends: LF appeared in a file with CRLF{}", shown()));
    }
    match fix_source(&changed, settings, &|_| None) {
        Err(error) => Err(format!("the result is refused: {error}{}", shown())),
        Ok(again) => match again.changed {
            Some(again) => Err(format!("a second run changes it{}--- and then\n{}\n", shown(), escaped(&again))),
            None => Ok(true),
        },
    }
}

fn shell_reads_bodies(source: &[u8]) -> Result<bool, String> {
    let Ok(file) = syntax::parse(source) else { return Ok(false) };
    let mut read = false;
    let bash = Interpreter::Bash { options: vec!["-o".to_owned(), "pipefail".to_owned(), "-c".to_owned()] };
    for instruction in file.instructions() {
        for shell in [Interpreter::default_linux(), bash.clone(), Interpreter::default_windows()] {
            let Some(dockmod::shell::Body::Script(script)) = body_of(&file, instruction, &shell) else { continue };
            read = true;
            for simple in script.simple_commands() {
                for word in &simple.words {
                    let (text, span) = (script.str(word.range), script.span(word.range));
                    if text.is_empty() && !word.range.is_empty() {
                        return Err(format!("a word is cut within a character: {:?}", word.range));
                    }
                    if span.end > source.len() || span.start > span.end {
                        return Err(format!("a word lies at {span:?}, outside of the file"));
                    }
                }
            }
        }
    }
    Ok(read)
}

// --- the runner

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics of the thread that tries inputs are caught and told once, with their place.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if QUIET.get() {
                let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
                PLACE.set(place);
            } else {
                usual(info);
            }
        }));
    });
}

thread_local! {
    static PLACE: Cell<String> = const { Cell::new(String::new()) };
}

fn verdict(property: Property, source: &[u8]) -> Result<bool, String> {
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(|| property(source)));
    QUIET.set(false);
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panicked at {}: {}", PLACE.take(), text.unwrap_or("?")))
    })
}

/// What kind of failure it is: its text up to the first colon, for a panic its place.
fn kind(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let colons = if first.starts_with("panicked") { 2 } else { 1 };
    first.split(':').take(colons).collect::<Vec<_>>().join(":")
}

/// Takes lines, then bytes away as long as it fails the same way.
fn smaller(property: Property, source: &[u8], message: &str) -> (Vec<u8>, String) {
    let wanted = kind(message);
    let mut best = (source.to_vec(), message.to_owned());
    let until = Instant::now() + Duration::from_secs(20);
    let try_without = |best: &mut (Vec<u8>, String), candidate: Vec<u8>| -> bool {
        match verdict(property, &candidate) {
            Err(message) if kind(&message) == wanted && Instant::now() < until => {
                *best = (candidate, message);
                true
            }
            _ => false,
        }
    };
    loop {
        let length = best.0.len();
        let mut at = 0;
        while at < lines(&best.0).len() {
            let mut parts = lines(&best.0);
            parts.remove(at);
            let candidate = parts.concat();
            if !try_without(&mut best, candidate) {
                at += 1;
            }
        }
        for size in [16, 4, 1] {
            let mut at = 0;
            while at < best.0.len() {
                let end = (at + size).min(best.0.len());
                let candidate = [&best.0[..at], &best.0[end..]].concat();
                if !try_without(&mut best, candidate) {
                    at += size;
                }
            }
        }
        if best.0.len() == length || Instant::now() > until {
            return best;
        }
    }
}

fn escaped(source: &[u8]) -> String {
    lines(source).iter().map(|line| format!("    b\"{}\"", line.escape_ascii())).collect::<Vec<_>>().join("\n")
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// Tries `property` on what `make` makes, until the time is over.
fn fuzz(name: &str, property: Property, make: fn(&mut Rng, &[Vec<u8>]) -> Vec<u8>) {
    let seconds = number("DOCKMOD_FUZZ_SECONDS").unwrap_or(20);
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| u64::from(time.subsec_nanos()) ^ time.as_secs());
    let seed = number("DOCKMOD_FUZZ_SEED").unwrap_or(now);
    // Not captured: should the process die, this line is all there is.
    let _ = writeln!(std::io::stderr(), "{name}: DOCKMOD_FUZZ_SEED={seed}");
    silence();
    let current = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&current);
    let (alive, heard) = channel::<()>();
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let (mut rng, seeds) = (Rng(seed), seeds());
        let until = Instant::now() + Duration::from_secs(seconds);
        let (mut tried, mut deep) = (0_usize, 0_usize);
        let mut failures: BTreeMap<String, (Vec<u8>, String)> = BTreeMap::new();
        while Instant::now() < until && failures.len() < ENOUGH {
            let source = make(&mut rng, &seeds);
            shared.lock().expect("a lock").clone_from(&source);
            match verdict(property, &source) {
                Ok(reached) => deep += usize::from(reached),
                Err(message) if failures.contains_key(&kind(&message)) => {}
                Err(message) => {
                    failures.insert(kind(&message), smaller(property, &source, &message));
                }
            }
            tried += 1;
            // Nobody listens any more only where the watcher has given up.
            let _ = alive.send(());
        }
        (tried, deep, failures)
    });
    let worker = worker.expect("a thread");
    if hung(&heard) {
        let source = current.lock().expect("a lock");
        panic!("{name}: seed {seed}: no answer within {} s on\n{}", PATIENCE.as_secs(), escaped(&source));
    }
    let (tried, deep, failures) = worker.join().expect("the worker");
    println!("{name}: {tried} inputs in {seconds} s, {deep} of them parsed or fixed, seed {seed}");
    let mut report = String::new();
    for (source, message) in failures.values() {
        let _ = writeln!(report, "\n=== {message}\n--- on\n{}", escaped(source));
    }
    assert!(report.is_empty(), "{name}: {} kinds of failures, seed {seed}:\n{report}", failures.len());
}

/// Waits for the worker; `true` where it has been silent for too long.
fn hung(heard: &Receiver<()>) -> bool {
    loop {
        match heard.recv_timeout(PATIENCE) {
            Ok(()) => while heard.try_recv().is_ok() {},
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

#[test]
#[ignore = "needs DOCKMOD_FUZZ_SECONDS: seconds for each property"]
fn parse_never_panics_and_comes_back() {
    fuzz("parse_never_panics_and_comes_back", parse_covers_every_byte, |rng, seeds| input(rng, seeds, true));
}

#[test]
#[ignore = "needs DOCKMOD_FUZZ_SECONDS: seconds for each property"]
fn fixing_is_idempotent_and_keeps_the_rest() {
    fuzz("fixing_is_idempotent_and_keeps_the_rest", fixing_keeps_the_rest, |rng, seeds| input(rng, seeds, false));
}

#[test]
#[ignore = "needs DOCKMOD_FUZZ_SECONDS: seconds for each property"]
fn shell_never_panics() {
    fuzz("shell_never_panics", shell_reads_bodies, run_input);
}
