//! `dockmod -i` in a pseudo-terminal, as a user sees it.
//!
//! Nothing sleeps and hopes: each step waits until the screen shows what is expected.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic and touches files"
)]

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// Long enough for a loaded machine; only a failure takes it all.
const PATIENCE: Duration = Duration::from_mins(1);

const TWO: &str = "FROM alpine:3.20\nRUN apk add --no-cache zip curl\nENV a b\nRUN apk add --no-cache wget bash\n";
const TWO_FIXED: &str =
    "FROM alpine:3.20\nRUN apk add --no-cache curl zip\nENV a=b\nRUN apk add --no-cache bash wget\n";

/// A folder with Dockerfiles.
struct Place {
    outer: TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self { outer: tempfile::tempdir().expect("a folder") };
        for (path, text) in files {
            place.write(path, text);
        }
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.outer.path().join("root").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).expect("a file")
    }

    /// A program for the tests, outside of the root.
    fn script(&self, name: &str, text: &str) -> String {
        let path = self.outer.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        path.to_str().expect("UTF-8").to_owned()
    }

    fn review(&self, args: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Session {
        Session::new(self, &[&["-i"], args].concat(), env, columns, rows)
    }
}

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    closed: bool,
}

/// A running dockmod with its terminal.
struct Session {
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn std::io::Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reader: Option<JoinHandle<()>>,
    screen: vt100::Parser,
    taken: usize,
}

impl Session {
    fn new(place: &Place, args: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dockmod"));
        command.args(args);
        command.cwd(place.path(""));
        command.env_clear();
        command.env("HOME", place.outer.path());
        command.env("TERM", "xterm-256color");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("dockmod");
        drop(pair.slave);
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let mut output = pair.master.try_clone_reader().expect("the output");
        let shared = Arc::clone(&seen);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // Linux says EIO where the other end is closed.
                let read = output.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().expect("no panic");
                seen.bytes.extend_from_slice(&buffer[..read]);
                seen.closed = read == 0;
                shared.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        let keyboard = Some(pair.master.take_writer().expect("a keyboard"));
        let screen = vt100::Parser::new(NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap(), 0);
        Self { master: Some(pair.master), keyboard, child, seen, reader: Some(reader), screen, taken: 0 }
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        let keyboard = self.keyboard.as_mut().expect("a keyboard");
        keyboard.write_all(keys.as_bytes()).expect("keys");
        keyboard.flush().expect("keys");
        self
    }

    /// Waits until the screen is as `wanted` says.
    fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        let started = Instant::now();
        let shared = Arc::clone(&self.seen);
        let mut seen = shared.0.lock().expect("no panic");
        loop {
            self.screen.process(&seen.bytes[self.taken..]);
            self.taken = seen.bytes.len();
            if wanted(self.screen.screen()) {
                return self;
            }
            let spent = started.elapsed();
            assert!(
                spent < PATIENCE && !seen.closed,
                "{what} is not seen (closed: {}):\n{}",
                seen.closed,
                self.screen.screen().contents()
            );
            seen = shared.1.wait_timeout(seen, PATIENCE.saturating_sub(spent)).expect("no panic").0;
        }
    }

    fn sees(&mut self, text: &str) -> &mut Self {
        self.until(text, |screen| screen.contents().replace('\u{a0}', " ").contains(text))
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.screen_mut().set_size(NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap());
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().expect("a terminal").resize(size).expect("another size");
    }

    fn status(&mut self) -> u32 {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.exit_code();
            }
            assert!(started.elapsed() < PATIENCE, "it does not end:\n{}", self.screen.screen().contents());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end: the status, and all that was printed after the review.
    fn ends(&mut self) -> (u32, String) {
        let status = self.status();
        let lines =
            format!("{:?}", self.master.as_ref().expect("a terminal").get_termios().expect("its modes").local_flags);
        assert!(lines.contains("ICANON") && lines.contains("ECHO"), "the terminal is not given back: {lines}");
        self.reader.take().expect("a reader").join().expect("no panic");
        let seen = self.seen.0.lock().expect("no panic");
        self.screen.process(&seen.bytes[self.taken..]);
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        (status, screen.contents())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn one_fix_at_a_time() {
    let place = Place::new(&[("a/Dockerfile", TWO), ("b/Dockerfile", TWO)]);
    let mut session = place.review(&[], &[], 90, 30);
    session.sees("(1/6) a/Dockerfile:2").sees("+RUN apk add --no-cache curl zip").sees("sort-packages (safe)");
    session.keys("\r\ry").sees("(2/6) a/Dockerfile:3").sees("u undo");
    session.keys("n").sees("(3/6) a/Dockerfile:4");
    session.keys("k").sees("declined").keys("y").sees("(3/6) a/Dockerfile:4");
    assert_eq!(place.read("a/Dockerfile"), TWO, "its turn is not over");
    session.keys("y").sees("(4/6) b/Dockerfile:2");
    assert_eq!(place.read("a/Dockerfile"), TWO_FIXED);
    session.keys("?").sees("leave it as it is, go to the next fix").keys("?").sees("(4/6)");
    session.keys("w").sees("# sort-packages").keys("q").sees("(4/6)");
    session.keys("q");
    let (status, told) = session.ends();
    assert_eq!(status, 0);
    assert!(told.contains("a/Dockerfile: fixed: 3 fixes (env-key-value, sort-packages)"), "{told}");
    assert!(told.contains("1 of 2 files changed: 3 accepted, 3 undecided"), "{told}");
    assert_eq!(place.read("b/Dockerfile"), TWO);
}

#[test]
fn keys_that_are_typed_ahead_count() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let mut session = place.review(&[], &[], 80, 24);
    session.sees("(1/3)").keys("yyy");
    assert_eq!(session.ends().0, 0);
    assert_eq!(place.read("Dockerfile"), TWO_FIXED);
}

#[test]
fn changed_words_stand_out_and_no_color_is_respected() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let coloured = |screen: &vt100::Screen, wanted: &dyn Fn(&vt100::Cell) -> bool| {
        let (rows, columns) = screen.size();
        let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        cells.filter_map(|(row, column)| screen.cell(row, column)).filter(|cell| wanted(cell)).count()
    };
    let mut session = place.review(&[], &[], 80, 24);
    session.sees("write and quit");
    let green = |cell: &vt100::Cell| cell.fgcolor() == vt100::Color::Idx(2);
    assert!(coloured(session.screen.screen(), &green) > 20, "the new line is green");
    let words = coloured(session.screen.screen(), &|cell| green(cell) && cell.inverse());
    assert!((1..16).contains(&words), "only the words that changed are marked: {words}");
    session.keys("q").ends();
    for (args, env) in [(&[][..], &[("NO_COLOR", "1")][..]), (&["--color", "never"], &[])] {
        let mut session = place.review(args, env, 80, 24);
        session.sees("write and quit");
        let any = |cell: &vt100::Cell| cell.fgcolor() != vt100::Color::Default || cell.inverse() || cell.bold();
        assert_eq!(coloured(session.screen.screen(), &any), 0);
        session.keys("q").ends();
    }
}

#[test]
fn forty_columns_wide_characters_and_another_size() {
    let text = "FROM alpine:3.20\nLABEL a=\"世界世界世界世界世界世界世界世界世界世界\"\nRUN apk add zip curl && echo \u{1b}[31m\n";
    let place = Place::new(&[("services/with/a/long/path/of/its/own/Dockerfile", text)]);
    let mut session = place.review(&[], &[], 40, 30);
    session.sees("write and quit").sees("wn/Dockerfile:3").sees("\\u{1b}");
    let shown: String = session.screen.screen().rows(0, 40).collect();
    assert_eq!(shown.matches('世').count(), 10, "no character is lost: {shown}");
    session.resize(100, 24);
    session.sees("世界世界世界世界世界世界世界世界世界世界\"");
    session.resize(40, 12);
    session.sees("below: space, arrows").sees("@@");
    session.keys(" ").sees("-RUN apk add zip curl").keys("yy");
    assert_eq!(session.ends().0, 0);
    assert!(place.read("services/with/a/long/path/of/its/own/Dockerfile").contains("add --no-cache curl zip"));
}

#[test]
fn an_interrupt_writes_nothing_more_and_gives_the_terminal_back() {
    let place = Place::new(&[("a/Dockerfile", TWO), ("b/Dockerfile", TWO)]);
    let mut session = place.review(&[], &[], 80, 24);
    session.sees("(1/6)").keys("yyyy").sees("(5/6)").keys("\u{3}");
    let (status, told) = session.ends();
    assert_eq!(status, 130);
    assert!(told.contains("interrupted: only the files that were finished are written"), "{told}");
    assert_eq!((place.read("a/Dockerfile").as_str(), place.read("b/Dockerfile").as_str()), (TWO_FIXED, TWO));
}

#[test]
fn a_signal_ends_it_as_well() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let mut session = place.review(&[], &[], 80, 24);
    session.sees("(1/3)").keys("y").sees("(2/3)");
    let id = session.child.process_id().and_then(|id| i32::try_from(id).ok()).expect("an id");
    let id = rustix::process::Pid::from_raw(id).expect("an id");
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("a signal");
    assert_eq!(session.ends().0, 130);
    assert_eq!(place.read("Dockerfile"), TWO);
}

#[test]
fn a_closed_terminal_ends_it() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let mut session = place.review(&[], &[], 80, 24);
    session.sees("(1/3)").keys("y").sees("(2/3)");
    // The reader holds the terminal as well, and ends with the child.
    session.keyboard = None;
    session.master = None;
    let id = session.child.process_id().and_then(|id| i32::try_from(id).ok()).expect("an id");
    let id = rustix::process::Pid::from_raw(id).expect("an id");
    rustix::process::kill_process(id, rustix::process::Signal::HUP).expect("a signal");
    session.status();
    assert_eq!(place.read("Dockerfile"), TWO);
}

#[test]
fn an_editor_with_arguments() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let editor = place.script(
        "my editor",
        "test \"$1\" = --wait || exit 9\ncat \"$2\" > \"$0.saw\"\nsed -i 's/curl zip/curl nano zip/' \"$2\"",
    );
    let command = format!("'{editor}' --wait");
    let mut session = place.review(&[], &[("VISUAL", &command), ("EDITOR", "false")], 80, 24);
    session.sees("(1/3)").keys("e").sees("(2/3)").keys("k").sees("accepted as edited").sees("proved: nothing");
    session.sees("+RUN apk add --no-cache curl nano zip").keys("q");
    assert_eq!(session.ends().0, 0);
    assert_eq!(place.read("Dockerfile"), TWO.replace("zip curl", "curl nano zip"));
    let saw = std::fs::read_to_string(format!("{editor}.saw")).expect("what the editor saw");
    assert_eq!(saw, "RUN apk add --no-cache curl zip\n");
}

#[test]
fn an_edit_that_can_not_be_taken_is_asked_again() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let editor = place.script(
        "editor",
        "if test -e \"$0.once\"; then sed -i 's/RAN/RUN /' \"$1\"; else touch \"$0.once\"; sed -i s/RUN/RAN/ \"$1\"; fi",
    );
    let mut session = place.review(&[], &[("EDITOR", &editor)], 80, 24);
    session
        .sees("(1/3)")
        .keys("e")
        .sees("not taken: line 2: BuildKit would refuse it")
        .keys("y")
        .keys("e")
        .sees("(2/3)");
    session.keys("q");
    assert_eq!(session.ends().0, 0);
    let mut session = place.review(&[], &[("EDITOR", "false")], 80, 24);
    session.sees("(1/2)").keys("e").sees("`false` failed").keys("q");
    assert_eq!(session.ends().0, 0);
    assert_eq!(
        place.read("Dockerfile"),
        TWO.replace("RUN apk add --no-cache zip curl", "RUN  apk add --no-cache curl zip")
    );
}

#[test]
fn a_pager_of_the_user() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let pager = place.script("pager", "cat > \"$0.saw\"; echo \"$1\"; read -r line < /dev/tty");
    let mut session = place.review(&[], &[("PAGER", &format!("{pager} 'pages of dockmod'"))], 80, 24);
    session.sees("(1/3)").keys("w").sees("pages of dockmod").keys("\r\r").sees("(1/3)").keys("q");
    assert_eq!(session.ends().0, 0);
    assert!(std::fs::read_to_string(format!("{pager}.saw")).expect("a page").starts_with("# sort-packages"));
}

#[test]
fn a_file_that_changed_on_the_disk_is_not_overwritten() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let mut session = place.review(&[], &[], 80, 24);
    session.sees("(1/3)").keys("yy").sees("(3/3)");
    let changed = TWO.replace("ENV a b", "ENV c d");
    place.write("Dockerfile", &changed);
    session.keys("y").sees("changed on the disk meanwhile").sees("ENV c=d");
    assert_eq!(place.read("Dockerfile"), changed);
    session.keys("y");
    assert_eq!(session.ends().0, 0);
    assert_eq!(place.read("Dockerfile"), TWO_FIXED.replace("a=b", "c=d"));
}

#[test]
fn a_comment_with_a_reason() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let mut session = place.review(&[], &[], 80, 24);
    session.sees("(1/3)").keys("s").sees("reason:").keys("order maX\u{7f}tters \u{1b}[200~here\u{1b}[201~");
    session.sees("reason: order matters here").keys("\r").sees("env-key-value").keys("q");
    assert_eq!(session.ends().0, 0);
    let expected = TWO.replace(
        "RUN apk add --no-cache zip",
        "# dockmod: ignore=sort-packages order matters here\nRUN apk add --no-cache zip",
    );
    assert_eq!(place.read("Dockerfile"), expected);
}

#[test]
fn a_pasted_text_is_no_command_and_ctrl_z_does_no_harm() {
    let place = Place::new(&[("Dockerfile", TWO)]);
    let mut session = place.review(&[], &[], 80, 24);
    // Without a shell above there is no job control: it goes on at once.
    session.sees("(1/3)").keys("\u{1b}[200~yyyq\u{1b}[201~\u{1a}").keys("y").sees("(2/3)").keys("q");
    assert_eq!(session.ends().0, 0);
    assert_eq!(place.read("Dockerfile"), TWO.replace("zip curl", "curl zip"));
}

#[test]
fn decisions_are_saved_and_hold_elsewhere() {
    let place = Place::new(&[("a/Dockerfile", TWO)]);
    let mut session = place.review(&["--save", "decisions.yaml", "a"], &[], 80, 24);
    session.sees("(1/3)").keys("yny");
    assert_eq!(session.ends().0, 0);
    let saved = place.read("decisions.yaml");
    place.write("b/Dockerfile", &format!("# another\n{}USER root\nENV c d\n", TWO.replace("3.20", "3.21")));
    // Only what is new is asked about.
    let args = ["--decisions", "decisions.yaml", "--save", "decisions.yaml", "b"];
    let mut session = place.review(&args, &[], 80, 24);
    session.sees("b/Dockerfile:7").sees("+ENV c=d").keys("y");
    let (status, told) = session.ends();
    assert_eq!(status, 0);
    assert!(told.contains("decisions.yaml: 4 decisions"), "{told}");
    assert!(
        place
            .read("b/Dockerfile")
            .contains("curl zip\nENV a b\nRUN apk add --no-cache bash wget\nUSER root\nENV c=d\n")
    );
    assert!(place.read("decisions.yaml").len() > saved.len());
    let mut session = place.review(&["--save", "decisions.yaml", "b"], &[], 80, 24);
    let (status, told) = session.ends();
    assert_eq!(status, 2);
    assert!(told.contains("decisions.yaml is there already"), "{told}");
}
