//! The command line as its users meet it: arguments and files in, exit status, output and files out.
//!
//! Each case is a file `tests/cli/NAME.toml`; see `tests/cli/README.md`. `DOCKMOD_UPDATE_CLI=1` writes what
//! is expected anew where it differs. What data can't say stands below as code.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use tempfile::TempDir;

/// Stands for any text within one line.
const ANY: &str = "[..]";
/// What stands above it in a case is written by hand; what stands below is written by an update.
const EXPECTED: &str = "[expect]\n";

type Files = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Case {
    /// What the case is there for.
    about: String,
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
    /// The folder to start in, below the root.
    #[serde(default)]
    cwd: String,
    /// Whether the root is a git repository.
    #[serde(default = "yes")]
    git: bool,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    r#in: Files,
    /// Files of which each character up to U+00FF is one byte: for what is not UTF-8.
    #[serde(default)]
    in_latin1: Files,
    #[serde(default)]
    expect: Expected,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    code: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    /// The files that changed or are new; all others must be as they were.
    #[serde(default)]
    out: Files,
}

const fn yes() -> bool {
    true
}

/// What a run did.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

/// A folder with files, in which the program is run.
struct Place {
    /// Holds `root`, and is the home folder.
    outer: TempDir,
    root: PathBuf,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().canonicalize().expect("a path").join("root");
        std::fs::create_dir_all(root.join(".git")).expect("a folder");
        let place = Self { outer, root };
        for (path, text) in files {
            place.write(path, text.as_bytes());
        }
        place
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    fn read(&self, path: &str) -> String {
        let bytes = std::fs::read(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn command(&self, program: impl AsRef<OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.root).env_clear().env("HOME", self.outer.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    fn dockmod(&self, args: &[&str]) -> Ran {
        ran(self.command(env!("CARGO_BIN_EXE_dockmod"), args), b"")
    }

    /// All files below the root but those of git.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.root, "", &mut found);
        found
    }
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().expect("a type").is_dir() {
            if name != ".git" {
                collect(&entry.path(), &format!("{name}/"), found);
            }
        } else {
            found.insert(name, std::fs::read(entry.path()).expect("a file"));
        }
    }
}

fn ran(mut command: Command, stdin: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
    // Who does not read stdin closes it, which is no failure.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin);
    let output = child.wait_with_output().expect("an output");
    let text = |bytes| String::from_utf8(bytes).expect("output in UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Whether `text` is what `pattern` says; [`ANY`] stands for any text within a line.
fn matches(pattern: &str, text: &str) -> bool {
    let (patterns, lines): (Vec<_>, Vec<_>) = (pattern.split('\n').collect(), text.split('\n').collect());
    patterns.len() == lines.len() && patterns.iter().zip(&lines).all(|(pattern, line)| line_matches(pattern, line))
}

fn line_matches(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once(ANY) else { return pattern == line };
    let Some(line) = line.strip_prefix(start) else { return false };
    (0..=line.len()).filter(|at| line.is_char_boundary(*at)).any(|at| line_matches(rest, &line[at..]))
}

// --- cases

fn run(case: &Case) -> Expected {
    let place = Place::new(&[]);
    if !case.git {
        std::fs::remove_dir(place.root.join(".git")).expect("a folder");
    }
    for (path, text) in &case.r#in {
        place.write(path, text.as_bytes());
    }
    for (path, text) in &case.in_latin1 {
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).expect("a character up to U+00FF")).collect();
        place.write(path, &bytes);
    }
    let before = place.files();
    let args: Vec<&str> = case.args.iter().map(String::as_str).collect();
    let mut command = place.command(env!("CARGO_BIN_EXE_dockmod"), &args);
    command.current_dir(place.root.join(&case.cwd)).envs(&case.env);
    let Ran { code, stdout, stderr } = ran(command, case.stdin.as_bytes());
    let root = place.root.to_string_lossy();
    let mut out = Files::new();
    let mut after = place.files();
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        out.insert(path.clone(), "(gone)".to_owned());
    }
    after.retain(|path, bytes| before.get(path) != Some(bytes));
    for (path, bytes) in after {
        out.insert(path, String::from_utf8(bytes).expect("UTF-8"));
    }
    Expected { code, stdout: stdout.replace(&*root, ANY), stderr: stderr.replace(&*root, ANY), out }
}

fn difference(expected: &Expected, found: &Expected) -> String {
    let mut text = String::new();
    if expected.code != found.code {
        let _ = writeln!(text, "exit status {}, expected {}", found.code, expected.code);
    }
    for (name, expected, found) in
        [("stdout", &expected.stdout, &found.stdout), ("stderr", &expected.stderr, &found.stderr)]
    {
        if !matches(expected, found) {
            let _ = writeln!(text, "{name} is\n{found}--- expected\n{expected}---");
        }
    }
    if expected.out != found.out {
        let _ = writeln!(text, "changed files are {:#?}, expected {:#?}", found.out, expected.out);
    }
    text
}

/// The expected part of a case as TOML.
fn toml_of(found: &Expected) -> String {
    let mut text = format!("{EXPECTED}code = {}\n", found.code);
    for (key, value) in [("stdout", &found.stdout), ("stderr", &found.stderr)] {
        if !value.is_empty() {
            let _ = writeln!(text, "{key} = {}", toml_string(value));
        }
    }
    if !found.out.is_empty() {
        text.push_str("\n[expect.out]\n");
        for (path, value) in &found.out {
            let _ = writeln!(text, "{path:?} = {}", toml_string(value));
        }
    }
    text
}

fn toml_string(value: &str) -> String {
    let strange = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{feff}';
    if !value.contains(strange) && !value.contains("'''") && !value.ends_with('\'') {
        return format!("'''\n{value}'''");
    }
    let mut text = String::from("\"\"\"\n");
    for c in value.chars() {
        match c {
            '\\' | '"' => text.extend(['\\', c]),
            '\r' => text.push_str("\\r"),
            c if strange(c) => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text + "\"\"\""
}

#[test]
fn cases() {
    let update = std::env::var_os("DOCKMOD_UPDATE_CLI").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("the cases").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension() == Some(OsStr::new("toml")));
    paths.sort();
    let mut wrong = Vec::new();
    for path in &paths {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(path).expect("a case");
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = run(&case);
        let difference = difference(&case.expect, &found);
        if update && (!difference.is_empty() || !text.contains(EXPECTED)) {
            let head = text.split(EXPECTED).next().unwrap_or_default().trim_end();
            let new = format!("{head}\n\n{}", toml_of(&found));
            let again: Case = toml::from_str(&new).unwrap_or_else(|error| panic!("{name}: {error}\n{new}"));
            assert!(self::difference(&again.expect, &found).is_empty(), "{name}: it can't be written as TOML");
            std::fs::write(path, new).expect("a case");
        } else if !difference.is_empty() {
            wrong.push(format!("== {name}: {}\n{difference}", case.about));
        }
    }
    println!("{} cases", paths.len());
    assert!(paths.len() >= 45, "only {} cases", paths.len());
    assert!(
        wrong.is_empty(),
        "{} of {} cases are wrong (DOCKMOD_UPDATE_CLI=1 writes what is expected):\n{}",
        wrong.len(),
        paths.len(),
        wrong.join("\n")
    );
}

#[test]
fn patterns_match_within_a_line() {
    assert!(matches("a [..] c\n", "a b c\n"));
    assert!(matches("[..]/x:1: [..]", "/tmp/ä/x:1: y"));
    assert!(!matches("a [..]", "a b\nc"));
    assert!(!matches("a [..] c", "a b"));
    assert!(!matches("a", "a\n"));
}

// --- what data can't say

const UNSORTED: &str = "FROM alpine:3.20\nRUN apk add --no-cache zip curl\n";
const SORTED: &str = "FROM alpine:3.20\nRUN apk add --no-cache curl zip\n";

#[test]
fn explain_prints_the_page() {
    let place = Place::new(&[]);
    for transform in dockmod::transforms::ALL {
        let ran = place.dockmod(&["explain", transform.id]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, transform.readme, ""));
    }
}

#[test]
fn list_names_every_transform() {
    let ran = Place::new(&[]).dockmod(&["list"]);
    let ids: Vec<&str> = ran.stdout.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    let known: Vec<&str> = dockmod::transforms::ALL.iter().map(|transform| transform.id).collect();
    assert_eq!(ids, known);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn json_is_json() {
    let place =
        Place::new(&[("a/Dockerfile", UNSORTED), ("b/Dockerfile", "FROM x\nENV a\n"), ("c/Dockerfile", "FROM y\n")]);
    let all = place.dockmod(&["parse", "--format", "json", "."]);
    let each = place.dockmod(&["parse", "--format", "ndjson", "."]);
    assert_eq!((all.code, each.code), (2, 2), "one of the files can't be parsed");
    let all: Vec<serde_json::Value> = serde_json::from_str(&all.stdout).expect("a JSON array");
    let each: Vec<serde_json::Value> =
        each.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(all, each);
    let paths: Vec<_> = all.iter().map(|file| file["path"].as_str().expect("a path")).collect();
    assert_eq!(paths, ["./a/Dockerfile", "./b/Dockerfile", "./c/Dockerfile"]);
    assert_eq!(all[1]["line"], 2);
    assert_eq!(all[0]["instructions"][1]["keyword"], "RUN");
}

/// Times in the past, so that a write shows.
fn set_old(path: &Path) -> std::time::SystemTime {
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let file = std::fs::File::options().write(true).open(path).expect("a file");
    file.set_modified(old).expect("a time");
    old
}

#[test]
fn apply_touches_only_what_changes() {
    let place = Place::new(&[("a/Dockerfile", UNSORTED), ("b/Dockerfile", SORTED)]);
    let (a, b) = (place.root.join("a/Dockerfile"), place.root.join("b/Dockerfile"));
    let old = set_old(&b);
    set_old(&a);
    let modified = |path: &Path| std::fs::metadata(path).expect("metadata").modified().expect("a time");
    let first = place.dockmod(&["--apply"]);
    assert_eq!((first.code, first.stdout.as_str()), (0, "a/Dockerfile: fixed: 1 fix (sort-packages)\n"));
    assert_eq!((modified(&b), place.read("b/Dockerfile").as_str()), (old, SORTED));
    assert!(modified(&a) > old);
    assert_eq!(place.read("a/Dockerfile"), SORTED);
    set_old(&a);
    let second = place.dockmod(&["--apply"]);
    assert_eq!((second.code, second.stdout.as_str()), (0, ""));
    assert_eq!((modified(&a), modified(&b)), (old, old), "a second run writes nothing");
    assert_eq!(place.dockmod(&["--check"]).code, 0);
}

#[test]
fn preview_and_check_write_nothing() {
    let place = Place::new(&[("Dockerfile", UNSORTED)]);
    let path = place.root.join("Dockerfile");
    let old = set_old(&path);
    for args in [&[][..], &["--check"], &["--unsafe"], &["--statistics", "-v"], &["parse", "."]] {
        place.dockmod(args);
        assert_eq!(std::fs::metadata(&path).expect("metadata").modified().expect("a time"), old, "{args:?}");
        assert_eq!(place.files().len(), 1, "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn apply_keeps_the_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new(&[("Dockerfile", UNSORTED)]);
    let path = place.root.join("Dockerfile");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("a mode");
    assert_eq!(place.dockmod(&["--apply", "-q"]).code, 0);
    assert_eq!(std::fs::metadata(&path).expect("metadata").permissions().mode() & 0o7777, 0o640);
    assert_eq!(place.read("Dockerfile"), SORTED);
}

#[cfg(unix)]
#[test]
fn a_walk_follows_no_link() {
    let place = Place::new(&[("in/Dockerfile", "FROM x\n"), ("in/real", UNSORTED), ("out/Dockerfile", UNSORTED)]);
    std::os::unix::fs::symlink("../out/Dockerfile", place.root.join("in/Dockerfile.outside")).expect("a link");
    std::os::unix::fs::symlink("../out", place.root.join("in/linked")).expect("a link");
    std::os::unix::fs::symlink("real", place.root.join("in/Dockerfile.inside")).expect("a link");
    // A link is not taken by itself, and followed where it is named.
    let walked = place.dockmod(&["--apply", "in"]);
    assert_eq!((walked.code, walked.stdout.as_str()), (0, ""));
    assert_eq!(place.read("out/Dockerfile"), UNSORTED);
    let inside = place.dockmod(&["--apply", "in/Dockerfile.inside"]);
    assert_eq!((inside.code, inside.stdout.as_str()), (0, "in/Dockerfile.inside: fixed: 1 fix (sort-packages)\n"));
    assert_eq!(place.read("in/real"), SORTED);
    assert!(place.root.join("in/Dockerfile.inside").is_symlink());
}

#[test]
fn bytes_that_are_not_utf8_stay() {
    let place = Place::new(&[("b/Dockerfile", UNSORTED)]);
    let bytes = [b"FROM alpine:3.20\n# \xff\xe4\n".as_slice(), UNSORTED.as_bytes()].concat();
    place.write("a/Dockerfile", &bytes);
    let ran = place.dockmod(&["--apply", "--unsafe"]);
    assert_eq!(ran.stdout, "b/Dockerfile: fixed: 1 fix (sort-packages)\n");
    assert_eq!(place.files()["a/Dockerfile"], bytes);
}

/// Whether modes of folders mean nothing to this user.
#[cfg(unix)]
fn is_root(place: &Place) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let probe = place.root.join("probe");
    std::fs::create_dir(&probe).expect("a folder");
    std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o555)).expect("a mode");
    let root = std::fs::write(probe.join("x"), "").is_ok();
    std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    std::fs::remove_dir_all(&probe).expect("a folder");
    root
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_read_only_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new(&[("a/Dockerfile", UNSORTED), ("b/Dockerfile", UNSORTED)]);
    if is_root(&place) {
        println!("skipped: root may write everywhere");
        return;
    }
    let folder = place.root.join("a");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).expect("a mode");
    let ran = place.dockmod(&["--apply"]);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("a/Dockerfile: not written: "), "{}", ran.stderr);
    assert_eq!((place.read("a/Dockerfile").as_str(), place.read("b/Dockerfile").as_str()), (UNSORTED, SORTED));
}

#[cfg(unix)]
#[test]
fn a_file_that_can_not_be_read_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new(&[("a/Dockerfile", UNSORTED), ("b/Dockerfile", UNSORTED)]);
    if is_root(&place) {
        println!("skipped: root may read everything");
        return;
    }
    std::fs::set_permissions(place.root.join("a/Dockerfile"), std::fs::Permissions::from_mode(0o000)).expect("a mode");
    let ran = place.dockmod(&["--apply"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, "b/Dockerfile: fixed: 1 fix (sort-packages)\n"));
    assert!(ran.stderr.contains("a/Dockerfile: it can't be read: "), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_failure() {
    let files: Vec<(String, &str)> = (0..300).map(|index| (format!("d{index:03}/Dockerfile"), UNSORTED)).collect();
    let place = Place::new(&files.iter().map(|(path, text)| (path.as_str(), *text)).collect::<Vec<_>>());
    let mut child = place
        .command(env!("CARGO_BIN_EXE_dockmod"), &[])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an output");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// Files for which a diff is not plain: line ends, no last line end, a byte-order mark, odd names.
fn for_diffs() -> Vec<(&'static str, String)> {
    let long = "ENV A=1\n".repeat(40);
    let (head, run) = UNSORTED.split_once('\n').expect("two lines");
    vec![
        ("plain/Dockerfile", UNSORTED.to_owned()),
        ("crlf/Dockerfile", UNSORTED.replace('\n', "\r\n")),
        ("crlf-no-end/Dockerfile", UNSORTED.replace('\n', "\r\n").trim_end().to_owned()),
        ("no-end/Dockerfile", UNSORTED.trim_end().to_owned()),
        ("no-end-kept/Dockerfile", format!("{UNSORTED}CMD x")),
        ("mark/Dockerfile", format!("\u{feff}{UNSORTED}")),
        ("escape/Dockerfile", format!("# \u{1b}[31mred \u{202e}\n{UNSORTED}")),
        ("lone-return/Dockerfile", format!("# a\rb\n{UNSORTED}# c\rd\n")),
        ("name with blanks/Dockerfile", UNSORTED.to_owned()),
        ("täg/Dockerfile", UNSORTED.to_owned()),
        ("-dash/Dockerfile", UNSORTED.to_owned()),
        ("hunks/Dockerfile", format!("{head}\n{run}{long}{run}")),
        ("grows/Dockerfile", "FROM debian:12\nRUN apt-get update \\\n && apt-get install -y curl\n".to_owned()),
        ("grows-no-end/Dockerfile", "FROM debian:12\nRUN apt-get update \\\n && apt-get install -y curl".to_owned()),
        ("shrinks/Dockerfile", "FROM debian:12\nRUN mkdir /a\nRUN mkdir /b\nRUN chmod 1 /b".to_owned()),
    ]
}

fn has_git(place: &Place) -> bool {
    place.command("git", &["--version"]).output().is_ok_and(|output| output.status.success())
}

/// The diff that `args` print, applied by git, gives what `--apply` writes.
fn git_applies(files: &[(&str, String)], args: &[&str]) {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let (by_git, by_us) = (Place::new(&files), Place::new(&files));
    if !has_git(&by_git) {
        println!("skipped: no git");
        return;
    }
    std::fs::remove_dir(by_git.root.join(".git")).expect("a folder");
    let git = |args: &[&str], stdin: &str| {
        let mut command = by_git.command("git", &["-c", "core.autocrlf=false"]);
        command.args(args).env("GIT_CEILING_DIRECTORIES", by_git.outer.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        let ran = ran(command, stdin.as_bytes());
        assert_eq!(ran.code, 0, "git {args:?}: {}{}", ran.stdout, ran.stderr);
    };
    git(&["init", "-q"], "");
    let preview = by_git.dockmod(args);
    assert_eq!(preview.code, 0, "{}", preview.stderr);
    git(&["apply", "--check", "--whitespace=nowarn", "-"], &preview.stdout);
    git(&["apply", "--whitespace=nowarn", "-"], &preview.stdout);
    let applied = by_us.dockmod(&[&["--apply"], args].concat());
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    let (left, right) = (by_git.files(), by_us.files());
    for (path, text) in &files {
        let shown = |files: &BTreeMap<String, Vec<u8>>| files[*path].escape_ascii().to_string();
        assert_eq!(shown(&left), shown(&right), "{path}");
        assert_ne!(right[*path], text.as_bytes(), "{path}: nothing was fixed");
    }
    assert_eq!(left.len(), files.len(), "no other file appears");
}

#[test]
fn git_applies_each_diff() {
    for file in for_diffs() {
        git_applies(std::slice::from_ref(&file), &[]);
    }
}

#[test]
fn git_applies_all_diffs_at_once() {
    git_applies(&for_diffs(), &[]);
    git_applies(&for_diffs(), &["."]);
}

#[test]
fn output_does_not_depend_on_threads() {
    let mut files = Vec::new();
    for index in 0..120 {
        let text = match index % 5 {
            0 => UNSORTED.to_owned(),
            1 => SORTED.to_owned(),
            2 => "FROM x\nENV a\n".to_owned(),
            3 => "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y zip curl\n".to_owned(),
            _ => format!("FROM debian:12\n# {index}\nRUN mkdir /a\nRUN mkdir /b\n"),
        };
        files.push((format!("d{}/s{}/Dockerfile", index * 7 % 120, index % 3), text));
    }
    files.push(("d5/Dockerfile.md".to_owned(), String::new()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let place = Place::new(&files);
    for args in [&["-v"][..], &["--check"], &["--statistics"], &["--color", "always"], &["d3", "d1", ".", "d2"]] {
        let one = place.dockmod(&[&["-j", "1"], args].concat());
        assert_eq!(one.code, 2, "{args:?}: some files can't be parsed");
        for threads in ["8", "8", "3"] {
            let many = place.dockmod(&[&["-j", threads], args].concat());
            assert_eq!((many.code, &many.stdout, &many.stderr), (one.code, &one.stdout, &one.stderr), "{args:?}");
        }
    }
    let shown: Vec<String> = place
        .dockmod(&["--check", "-q"])
        .stdout
        .lines()
        .map(|line| line.split(':').next().unwrap_or_default().to_owned())
        .collect();
    let mut sorted = shown.clone();
    sorted.sort_by(|a, b| Path::new(a).cmp(Path::new(b)));
    assert_eq!(shown, sorted, "in path order");
    assert_eq!(shown.len(), 72);
}
