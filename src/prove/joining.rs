//! What a command leaves behind in its shell, its namespaces and its processes.
//!
//! Two RUNs are two shells, two mount and process namespaces; joined by `&&` they are one of each.

use std::collections::{BTreeSet, HashMap};

use crate::knowledge::{base_name, commands, managers, processes};
use crate::model::{Model, State, User, Workdir};
use crate::shell::{Command, CompoundKind, Interpreter, List, Pipeline, Script, Simple, Terminator, Word};

use super::Refusal;

/// Places that each RUN gets anew, or that are mounted for one RUN alone.
const PER_RUN_PLACES: &[&str] = &["/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/proc/", "/sys/"];

/// Devices that are the same in each RUN; the rest of `/dev` is a new tmpfs.
const STANDING_DEVICES: &[&str] =
    &["null", "stdout", "stderr", "stdin", "tty", "zero", "random", "urandom", "fd", "full"];

/// Commands that run what their arguments say, in another shell or as another user.
const OPAQUE_WRAPPERS: &[&str] = &["su", "runuser", "sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"];

/// Commands that run the rest of their words.
const WRAPPERS: &[&str] =
    &["sudo", "env", "timeout", "nice", "gosu", "su-exec", "ionice", "time", "xvfb-run", "chroot"];

/// Shows that nothing but files is left for what runs next in the same shell.
///
/// # Errors
/// With the first thing that may be left behind.
pub fn leaves_only_files(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Result<(), Refusal> {
    let state = &model.states[index];
    shell_reads_nothing_at_start(&state.shell)?;
    if model.sets_variable(index, "BASH_ENV") {
        return Err(Refusal::new("each bash reads the file that BASH_ENV names anew"));
    }
    if !script.comments.is_empty() {
        return Err(Refusal::new("a shell comment runs to the end of the command"));
    }
    let Some(chain) = script.single_chain() else {
        return Err(Refusal::new("the commands are not one chain: a `;` or `&` hides a failure"));
    };
    if !chain.is_and_only() {
        return Err(Refusal::new("an `||` handles a failure"));
    }
    text_leaves_nothing(script.whole(), state)?;
    for link in &chain.links {
        pipeline_leaves_nothing(&link.pipeline)?;
    }
    for simple in script.simple_commands() {
        keeps_folder_shell_and_user(script, simple, state)?;
    }
    Ok(())
}

/// A login shell reads profiles at each start, which the RUN before may have written.
fn shell_reads_nothing_at_start(shell: &Interpreter) -> Result<(), Refusal> {
    if !shell.is_plain() {
        return Err(Refusal::new("the shell is given options that are not understood"));
    }
    let login = shell.options().iter().any(|word| {
        word == "--login"
            || word.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('l'))
    });
    if login { Err(Refusal::new("a login shell reads the profiles anew in each RUN")) } else { Ok(()) }
}

/// What shows in the text alone: variables set by expansion, places that each RUN gets anew.
fn text_leaves_nothing(text: &str, state: &State) -> Result<(), Refusal> {
    if let Some(place) = PER_RUN_PLACES.iter().find(|place| text.contains(**place)) {
        return Err(Refusal::new(format!("{place} is another one in each RUN")));
    }
    for (at, _) in text.match_indices("/dev/") {
        let name: String = text[at + 5..].chars().take_while(char::is_ascii_alphanumeric).collect();
        if !STANDING_DEVICES.contains(&name.as_str()) {
            return Err(Refusal::new(format!("/dev/{name} is another one in each RUN")));
        }
    }
    if text.contains("/etc/passwd") || text.contains("/etc/group") || text.contains("/etc/shadow") {
        return Err(Refusal::new("user and home are looked up anew in each RUN"));
    }
    if assigns_by_expansion(text) || assigns_by_arithmetic(text) {
        return Err(Refusal::new("an expansion sets a variable for what follows"));
    }
    if state.shell.errexit() && (text.contains("$(") || text.contains('`')) {
        return Err(Refusal::new("under `-e` a substitution ends early, and not on the left of `&&`"));
    }
    Ok(())
}

/// Whether a `$((…))` assigns.
fn assigns_by_arithmetic(text: &str) -> bool {
    text.match_indices("$((").any(|(at, _)| {
        let inner = text[at..].split("))").next().unwrap_or_default();
        let compared = inner.replace("==", "").replace("!=", "").replace("<=", "").replace(">=", "");
        compared.contains('=') || inner.contains("++") || inner.contains("--")
    })
}

/// The folder, the shell's own program and the user must be the same for what runs next.
fn keeps_folder_shell_and_user(script: &Script<'_>, simple: &Simple, state: &State) -> Result<(), Refusal> {
    let words = simple.literals();
    let words = &words[managers::wrapper_len(&words)..];
    let Some(Some(name)) = words.first() else { return Ok(()) };
    let name = base_name(name);
    let arguments: Vec<String> =
        simple.words.iter().skip(1).map(|word| written(script, word)).filter(|word| word.as_str() != name).collect();
    if matches!(name, "rm" | "rmdir" | "mv" | "unlink" | "shred")
        && let Some(path) = arguments.iter().find(|path| may_be_folder_in_force(path, name, &arguments, &state.workdir))
    {
        return Err(Refusal::new(format!("`{path}` may be the working directory, which each RUN makes anew")));
    }
    let is_shell = |path: &str| matches!(base_name(path), "sh" | "bash" | "dash" | "ash");
    let replaces = matches!(
        name,
        "ln" | "mv" | "cp" | "rm" | "install" | "update-alternatives" | "dpkg-divert" | "dpkg-reconfigure"
    );
    if replaces && arguments.iter().any(|path| is_shell(path)) {
        return Err(Refusal::new("the shell itself is replaced for the next RUN"));
    }
    let changes_user =
        matches!(name, "usermod" | "groupmod" | "gpasswd" | "userdel" | "groupdel" | "deluser" | "delgroup");
    if changes_user && (matches!(state.user, User::Other(_)) || arguments.iter().any(|word| word == "root")) {
        return Err(Refusal::new(format!("`{name}` may change the user, who is looked up anew in each RUN")));
    }
    if name == "printf" && arguments.iter().any(|word| word == "-v") {
        return Err(Refusal::new("`printf -v` sets a variable for what follows"));
    }
    Ok(())
}

/// Places below which no image has its working directory.
const NEVER_IN_FORCE: &[&str] = &[
    "/var/",
    "/tmp/",
    "/etc/",
    "/usr/share/",
    "/usr/lib/",
    "/usr/local/",
    "/root/.",
    "/lib/",
    "/boot/",
    "/home/linuxbrew/",
];

/// Whether removing or moving `path` may take the working directory away.
pub(super) fn may_be_folder_in_force(path: &str, command: &str, arguments: &[String], workdir: &Workdir) -> bool {
    let recursive = command != "rm"
        || arguments.iter().any(|word| {
            word == "--recursive"
                || word
                    .strip_prefix('-')
                    .is_some_and(|letters| !letters.starts_with('-') && letters.contains(['r', 'R']))
        });
    if path.starts_with('-') || !recursive {
        return false;
    }
    if path.contains(['$', '`']) {
        return true;
    }
    let stem: &str = path.split(['*', '?', '[', '{']).next().unwrap_or_default();
    if !stem.starts_with('/') {
        // Below the working directory, unless it climbs out of it.
        return path.split('/').any(|part| part == "..") || matches!(path, "." | "./") || path.starts_with('~');
    }
    match workdir {
        Workdir::Known(folder) => {
            let pattern = stem.len() < path.len();
            let path = stem.trim_end_matches('/');
            let under =
                folder == path || folder.strip_prefix(path).is_some_and(|rest| pattern || rest.starts_with('/'));
            under || path.is_empty()
        }
        Workdir::Inherited | Workdir::Unknown => !NEVER_IN_FORCE.iter().any(|place| stem.starts_with(place)),
    }
}

/// Whether a `${NAME=value}` or `${NAME:=value}` is in the text.
fn assigns_by_expansion(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let rest = text[at + 2..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        rest.starts_with('=') || rest.starts_with(":=")
    })
}

/// Shows that what the flags of two RUNs mount is the same for both, and kept or unchanged from one to the
/// next.
///
/// # Errors
/// With the flag that makes something anew for each RUN.
pub fn mounts_are_lasting(flags: &[&str]) -> Result<(), Refusal> {
    for flag in flags {
        let Some(mount) = flag.strip_prefix("--mount=") else { continue };
        let options: Vec<&str> = mount.split(',').collect();
        let kind = options.iter().find_map(|option| option.strip_prefix("type=")).unwrap_or("bind");
        let writable = options
            .iter()
            .any(|option| matches!(option.split('=').next(), Some("rw" | "readwrite" | "ro" | "readonly")));
        let lasting = match kind {
            "cache" | "secret" | "ssh" => true,
            "bind" => !writable,
            _ => false,
        };
        if !lasting {
            return Err(Refusal::new(format!("`{flag}` is made anew for each RUN")));
        }
    }
    Ok(())
}

fn pipeline_leaves_nothing(pipeline: &Pipeline) -> Result<(), Refusal> {
    if pipeline.negated {
        return Err(Refusal::new("a negated command"));
    }
    for command in &pipeline.commands {
        match command {
            Command::Compound(compound) if compound.kind == CompoundKind::Subshell => {
                for list in &compound.lists {
                    subshell_leaves_nothing(list)?;
                }
            }
            Command::Compound(_) => return Err(Refusal::new("a group, a branch, a loop or a function")),
            Command::Simple(simple) => {
                let Some(name) = simple.name() else {
                    return Err(Refusal::new("an assignment, or a command whose name is not written out"));
                };
                if commands::changes_shell(name) || name == ":" && !simple.assignments.is_empty() {
                    return Err(Refusal::new(format!("`{name}` changes the shell for what follows")));
                }
                leaves_no_process(simple)?;
                if simple.redirects.iter().any(|redirect| redirect.heredoc) {
                    return Err(Refusal::new("a heredoc"));
                }
            }
        }
    }
    Ok(())
}

/// A subshell keeps its folder and variables to itself; only an `&&` chain fails alike with and without `-e`.
fn subshell_leaves_nothing(list: &List) -> Result<(), Refusal> {
    let [item] = list.items.as_slice() else {
        return Err(Refusal::new("a subshell with several commands in sequence"));
    };
    if !item.chain.is_and_only() || item.end != Terminator::None {
        return Err(Refusal::new("a subshell that hides a failure"));
    }
    for command in item.chain.links.iter().flat_map(|link| &link.pipeline.commands) {
        let Command::Simple(simple) = command else {
            return Err(Refusal::new("a subshell with commands nested in it"));
        };
        if simple.name().is_none() {
            return Err(Refusal::new("a command whose name is not written out"));
        }
        leaves_no_process(simple)?;
        if simple.redirects.iter().any(|redirect| redirect.heredoc) {
            return Err(Refusal::new("a heredoc"));
        }
    }
    Ok(())
}

/// Looks through what runs other commands; a daemon would live on beside what follows.
fn leaves_no_process(simple: &Simple) -> Result<(), Refusal> {
    let words = simple.literals();
    for start in programs(&words) {
        let Some(name) = words[start] else { continue };
        if processes::leaves_process(&words[start..]) {
            return Err(Refusal::new(format!("`{name}` may leave a process running, which ends with its RUN")));
        }
        if processes::acts_on_namespace(name) {
            return Err(Refusal::new(format!("`{name}` holds for its own RUN only")));
        }
        if OPAQUE_WRAPPERS.contains(&base_name(name))
            && words.iter().any(|word| matches!(word, Some("-c" | "-lc" | "-ec" | "-xc" | "-ic")))
        {
            return Err(Refusal::new(format!("what `{name} -c` runs may leave a process running")));
        }
    }
    Ok(())
}

/// Where in a command the program may stand that it runs in the end: each word, where a wrapper has options or
/// operands of its own.
fn programs(words: &[Option<&str>]) -> Vec<usize> {
    let start = managers::wrapper_len(words);
    let hidden = words
        .get(start)
        .copied()
        .flatten()
        .is_some_and(|name| name.starts_with('-') || WRAPPERS.contains(&base_name(name)));
    if hidden { (start..words.len()).collect() } else { (start..words.len()).take(1).collect() }
}

/// What a shell that runs several scripts one after the other may remember of where it found commands, and what may
/// have moved these since.
#[derive(Debug, Default)]
pub struct Remembered {
    names: BTreeSet<String>,
    /// The group of each tool that an argument names, with the first word that does so, and its number.
    named: HashMap<String, (usize, String)>,
    words: usize,
}

impl Remembered {
    /// Takes in a script that runs next.
    pub fn add(&mut self, script: &Script<'_>) {
        for simple in script.simple_commands() {
            self.names.extend(simple.name().map(str::to_owned));
            for word in simple.words.iter().skip(1) {
                let text = written(script, word);
                if simple.name() == Some("rm") && text.starts_with("/var/") {
                    // No command lies there: `/var/cache/yum` is not yum.
                    continue;
                }
                let tokens = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.' | '+' | '_')));
                for token in tokens.filter(|token| !token.is_empty()) {
                    self.name(tool_group(token), token);
                }
                if text == "--system" {
                    // gem updates itself.
                    self.name("gem".to_owned(), "gem");
                }
            }
        }
    }

    fn name(&mut self, group: String, token: &str) {
        self.words += 1;
        self.named.entry(group).or_insert_with(|| (self.words, token.to_owned()));
    }

    /// Shows that no command that `next` runs may have moved since it ran before.
    ///
    /// A shell remembers where it found a command: `pip install -U pip` in one RUN and `pip` in the next find two
    /// programs, and one when joined.
    ///
    /// # Errors
    /// With the command that may have moved.
    pub fn finds_the_same_commands(&self, next: &Script<'_>) -> Result<(), Refusal> {
        let commands = next.simple_commands();
        let names = commands.iter().filter_map(|simple| simple.name());
        let both: BTreeSet<&str> = names.filter(|name| self.names.contains(*name)).collect();
        if let Some(switcher) = self.names.iter().find(|name| SWITCHERS.contains(&base_name(name)))
            && both.iter().any(|name| name != switcher)
        {
            return Err(Refusal::new(format!(
                "`{switcher}` may put other programs in the place of those that the shell remembers"
            )));
        }
        let moved = both.iter().filter_map(|name| self.named.get(&tool_group(name)));
        match moved.min() {
            Some((_, name)) => Err(Refusal::new(format!(
                "`{name}` may be found in another place after the first RUN, and a shell remembers the old one"
            ))),
            None => Ok(()),
        }
    }
}

/// Commands that put one version of other commands in the place of another.
const SWITCHERS: &[&str] =
    &["n", "nvm", "rustup", "pyenv", "rbenv", "asdf", "corepack", "update-alternatives", "alternatives", "sdk"];

/// Tools that come together: one may bring another version of the other.
const TOOL_GROUPS: &[&[&str]] = &[
    &["npm", "node", "nodejs", "npx", "n", "nvm"],
    &["yarn", "yarnpkg", "pnpm", "corepack"],
    &["gem", "bundle", "bundler", "ruby", "rubygems-update"],
    &["cargo", "rustc", "rustup", "rust"],
    &["conda", "mamba", "micromamba"],
    &["easy_install", "setuptools"],
];

/// The name that stands for a command's group, versions left out: `pip3.11` is `pip`.
fn tool_group(name: &str) -> String {
    let name = base_name(name);
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let plain = if plain.is_empty() { name } else { plain };
    let group = TOOL_GROUPS.iter().find(|group| group.contains(&plain));
    group.map_or(plain, |group| group[0]).to_owned()
}

fn written(script: &Script<'_>, word: &Word) -> String {
    word.literal.as_deref().unwrap_or_else(|| script.str(word.range)).to_owned()
}
