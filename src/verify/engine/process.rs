//! Programs that are run for us: with an end to their time, and stopped with all that they started.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How long a program that is told to end may take.
const GRACE: Duration = Duration::from_secs(10);
/// How much of the end of a log is kept, in bytes.
const TAIL: u64 = 16 * 1024;

/// Set once, by Ctrl-C: everything that runs ends, and nothing new is begun.
#[derive(Debug, Default)]
pub struct Interrupt(AtomicBool);

impl Interrupt {
    /// Asks everything to end. Gives whether that had been asked before.
    pub fn set(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Whether everything is asked to end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// How a program ended that was watched.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Itself(ExitStatus),
    /// It took longer than it may.
    TimedOut,
    /// Ctrl-C.
    Interrupted,
}

/// Runs a program with all its output in the file `log`.
///
/// # Errors
/// Where it can't be started.
pub fn watched(mut command: Command, log: &Path, limit: Duration, interrupt: &Interrupt) -> io::Result<Ended> {
    let output = File::create(log)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    apart(&mut command);
    let started = Instant::now();
    let mut child = command.spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::Itself(status));
        }
        if interrupt.is_set() {
            end(&mut child)?;
            return Ok(Ended::Interrupted);
        }
        if started.elapsed() > limit {
            end(&mut child)?;
            return Ok(Ended::TimedOut);
        }
        thread::sleep(POLL);
    }
}

/// Runs a short program and takes its output.
///
/// # Errors
/// Where it can't be started.
pub fn output(mut command: Command) -> io::Result<Output> {
    apart(&mut command);
    command.stdin(Stdio::null()).output()
}

/// Starts a program whose output is read while it runs; what it says of errors goes to the file `log`.
///
/// # Errors
/// Where it can't be started.
pub fn piped(mut command: Command, log: &Path) -> io::Result<Child> {
    apart(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log)?).spawn()
}

/// The last lines of a log.
#[must_use]
pub fn tail(log: &Path, lines: usize) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let all: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// A group of its own: Ctrl-C in the terminal reaches us alone, and the group can be ended as a whole. The
/// client of Docker hands a build to a plug-in, which would live on after it.
#[cfg(unix)]
fn apart(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
const fn apart(_: &mut Command) {}

/// Ends a program and what it started: first by asking, which lets the engine tidy up.
///
/// # Errors
/// Where it can't be waited for.
pub fn end(child: &mut Child) -> io::Result<()> {
    ask(child);
    let asked = Instant::now();
    while asked.elapsed() < GRACE {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(POLL);
    }
    force(child);
    child.wait().map(drop)
}

#[cfg(unix)]
fn ask(child: &Child) {
    signal(child, rustix::process::Signal::TERM);
}

#[cfg(unix)]
fn force(child: &mut Child) {
    signal(child, rustix::process::Signal::KILL);
}

#[cfg(unix)]
fn signal(child: &Child, signal: rustix::process::Signal) {
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // It may have ended this very moment.
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

#[cfg(not(unix))]
fn ask(child: &mut Child) {
    let _ = child.kill();
}

#[cfg(not(unix))]
fn force(child: &mut Child) {
    let _ = child.kill();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_log_ends_with_its_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let ended = watched(shell("seq 9; echo; exit 3"), &log, Duration::from_mins(1), &Interrupt::default());
        assert!(matches!(ended.unwrap(), Ended::Itself(status) if status.code() == Some(3)));
        assert_eq!(tail(&log, 2), "8\n9");
    }

    #[test]
    fn what_takes_too_long_ends_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let (log, mark) = (folder.path().join("log"), folder.path().join("mark"));
        let script = format!("(sleep 1; echo > '{}') & wait", mark.display());
        let ended = watched(shell(&script), &log, Duration::from_millis(50), &Interrupt::default());
        assert!(matches!(ended.unwrap(), Ended::TimedOut));
        thread::sleep(Duration::from_millis(1500));
        assert!(!mark.exists(), "what it started goes on");
    }

    #[test]
    fn an_interrupt_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::default();
        interrupt.set();
        let ended = watched(shell("sleep 60"), &folder.path().join("log"), Duration::from_mins(1), &interrupt);
        assert!(matches!(ended.unwrap(), Ended::Interrupted));
    }
}
