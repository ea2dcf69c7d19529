//! The review without a terminal, over files in memory.

use std::path::PathBuf;
use std::sync::Arc;

use crate::edit::{Selected, Settings};
use crate::transforms;

use super::command::{ALL, Command};
use super::plan::{Fixing, count, plan};
use super::screen::{Screen, Size, screen};
use super::state::{Abilities, Effect, End, Event, Input, NotWritten, State, View};

const TWO: &str = "FROM alpine:3.20\nRUN apk add --no-cache zip curl\nENV a b\nRUN apk add --no-cache wget bash\n";
const TWO_FIXED: &str =
    "FROM alpine:3.20\nRUN apk add --no-cache curl zip\nENV a=b\nRUN apk add --no-cache bash wget\n";

/// Files in memory and a review over them.
struct Desk {
    disk: Vec<String>,
    writes: usize,
    state: State,
    end: Option<End>,
    /// What the editor makes of the lines.
    editor: fn(&str) -> Result<String, String>,
}

fn settings() -> Settings {
    let named = ["sort-packages", "env-key-value", "merge-runs"];
    let transforms =
        named.iter().map(|id| Selected { transform: transforms::find(id).unwrap(), by_name: false }).collect();
    Settings { transforms, ..Settings::default() }
}

impl Desk {
    fn new(files: &[&str]) -> Self {
        let mut desk = Self::empty();
        for text in files {
            desk.found(text);
        }
        desk.on(Event::AllFound);
        desk
    }

    fn empty() -> Self {
        let state = State::new(Abilities { editor: true, pager: false }, None);
        Self { disk: Vec::new(), writes: 0, state, end: None, editor: |lines| Ok(lines.to_owned()) }
    }

    fn found(&mut self, text: &str) {
        let file = self.disk.len();
        self.disk.push(text.to_owned());
        let settings = settings();
        let fixing = Fixing { settings: &settings, context: &|_| None, beside: None };
        let answers = super::decisions::Answers {
            file,
            own: &super::decisions::FileDecisions::default(),
            policies: &[],
            saved: None,
        };
        let total = count(text.as_bytes(), fixing, &answers).unwrap();
        self.on(Event::Found(PathBuf::from(format!("f{file}/Dockerfile")), total));
    }

    fn on(&mut self, event: Event) {
        let mut effects = self.state.on(event);
        while !effects.is_empty() {
            let settings = settings();
            let fixing = Fixing { settings: &settings, context: &|_| None, beside: None };
            let event = match effects.remove(0) {
                Effect::Read(file) => Event::Read(file, Ok(Arc::from(self.disk[file].as_bytes()))),
                Effect::Plan(file) => {
                    let source = self.state.files()[file].source.clone().unwrap();
                    Event::Planned(file, Ok(plan(&source, fixing, &self.state.answers(file)).unwrap()))
                }
                Effect::Write(file, old, new) => {
                    self.writes += 1;
                    if self.disk[file].as_bytes() == &*old {
                        self.disk[file] = String::from_utf8(new.to_vec()).unwrap();
                        Event::Written(file, Ok(()))
                    } else {
                        Event::Written(file, Err(NotWritten::Changed))
                    }
                }
                Effect::Edit(lines) => Event::Edited((self.editor)(&lines)),
                Effect::Page(_) => Event::Paged(Ok(())),
                Effect::End(end) => {
                    self.end = Some(end);
                    continue;
                }
            };
            effects.extend(self.state.on(event));
        }
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.chars() {
            self.on(Event::Key(if key == '\n' { Input::Enter } else { Input::Char(key) }));
        }
        self
    }

    /// The file and line that are shown, with the transform.
    fn at(&self) -> String {
        let Some((file, step)) = self.state.step() else { return "-".to_owned() };
        format!("{file}:{} {}", step.line, step.transform.id)
    }

    fn decided(&self) -> Option<String> {
        let (decision, by) = self.state.step()?.1.decided.clone()?;
        Some(format!("{decision:?} {by:?}"))
    }

    fn screen(&mut self, width: usize, height: usize) -> Screen {
        let screen = screen(&self.state, Size { width, height });
        self.state.fit(screen.overflow, screen.page);
        screen
    }

    fn text(&mut self, width: usize, height: usize) -> String {
        self.screen(width, height).lines.iter().map(|line| line.text() + "\n").collect()
    }
}

#[test]
fn yes_to_all_writes_each_file_when_its_turn_is_over() {
    let mut desk = Desk::new(&[TWO, TWO]);
    assert_eq!(desk.at(), "0:2 sort-packages");
    desk.keys("yy");
    assert_eq!((desk.at().as_str(), desk.writes), ("0:4 sort-packages", 0));
    desk.keys("y");
    assert_eq!((desk.at().as_str(), desk.disk[0].as_str()), ("1:2 sort-packages", TWO_FIXED));
    desk.keys("yyy");
    assert_eq!((desk.end, desk.disk[1].as_str(), desk.writes), (Some(End::Finished), TWO_FIXED, 2));
}

#[test]
fn no_to_all_writes_nothing() {
    let mut desk = Desk::new(&[TWO, TWO]);
    desk.keys("nnnnnn");
    assert_eq!((desk.end, desk.writes), (Some(End::Finished), 0));
    assert_eq!(desk.disk, [TWO, TWO]);
}

#[test]
fn no_fixes_end_at_once() {
    assert_eq!(Desk::new(&[]).end, Some(End::Finished));
    assert_eq!(Desk::new(&[TWO_FIXED]).end, Some(End::Finished));
}

#[test]
fn what_is_not_a_valid_key_does_nothing() {
    for before in ["", "y", "j", "yyyk", "s", "?", "w"] {
        let mut desk = Desk::new(&[TWO, TWO]);
        desk.keys(before);
        desk.screen(80, 40);
        let valid: Vec<char> = desk.state.commands().into_iter().map(Command::key).collect();
        let (at, decided, writes) = (desk.at(), desk.decided(), desk.writes);
        let view = desk.state.view().clone();
        if matches!(view, View::Reason(_)) {
            continue;
        }
        let others = ALL.into_iter().map(Command::key).chain(['x', 'Y', 'N', '1', 'é', '\n']);
        for key in others.filter(|key| !valid.contains(key)) {
            if matches!(view, View::Help | View::Page(_)) && matches!(key, 'q' | '?' | 'w') {
                continue;
            }
            desk.keys(&key.to_string());
            assert_eq!(desk.at(), at, "{before:?} {key:?}");
            assert_eq!((desk.decided(), desk.writes, desk.end), (decided.clone(), writes, None), "{before:?} {key:?}");
            assert_eq!(*desk.state.view(), view, "{before:?} {key:?}");
        }
    }
}

#[test]
fn the_rest_of_a_file() {
    let mut desk = Desk::new(&[TWO, TWO]);
    desk.keys("na");
    assert_eq!(desk.at(), "1:2 sort-packages");
    assert_eq!(desk.disk[0], TWO_FIXED.replace("curl zip", "zip curl"), "what was declined before stays so");
    desk.keys("yd");
    assert_eq!(desk.end, Some(End::Finished));
    assert_eq!(desk.disk[1], TWO.replace("zip curl", "curl zip"));
}

#[test]
fn the_rest_begins_here() {
    let mut desk = Desk::new(&[TWO]);
    desk.keys("ja");
    assert_eq!(
        (desk.at().as_str(), desk.decided()),
        ("0:2 sort-packages", None),
        "what was passed over is asked again"
    );
    assert_eq!(desk.end, None);
    desk.keys("n");
    assert_eq!((desk.end, desk.disk[0].as_str()), (Some(End::Finished), &*TWO_FIXED.replace("curl zip", "zip curl")));
}

#[test]
fn all_of_a_transform_over_files() {
    let mut desk = Desk::new(&[TWO, TWO, TWO]);
    desk.keys("A");
    assert_eq!(desk.at(), "0:3 env-key-value");
    desk.keys("D");
    assert_eq!(desk.end, Some(End::Finished), "nothing is left to ask");
    let expected = TWO_FIXED.replace("ENV a=b", "ENV a b");
    assert_eq!(desk.disk, [expected.as_str(); 3]);
}

#[test]
fn all_of_a_transform_is_undone_in_all_files() {
    let mut desk = Desk::new(&[TWO, TWO, TWO]);
    desk.keys("A");
    assert_eq!(desk.state.notice(), None);
    desk.keys("y");
    assert_eq!(desk.state.notice(), Some("passed 2 fixes that are decided (k shows them)"));
    desk.keys("y");
    assert_eq!((desk.at().as_str(), desk.disk[1].as_str()), ("2:3 env-key-value", TWO_FIXED));
    desk.keys("uuu");
    assert_eq!((desk.at().as_str(), desk.decided()), ("0:2 sort-packages", None));
    assert_eq!(desk.disk, [TWO; 3], "the files that were written are as they were");
    desk.keys("nnn");
    assert_eq!(desk.at(), "1:2 sort-packages");
    desk.keys("yyy");
    assert_eq!(desk.disk, [TWO, TWO_FIXED, TWO]);
}

#[test]
fn undo_and_redo() {
    let mut desk = Desk::new(&[TWO, TWO]);
    assert!(!desk.state.allows(Command::Undo) && !desk.state.allows(Command::Redo));
    desk.keys("yyy");
    assert_eq!(desk.disk[0], TWO_FIXED);
    desk.keys("u");
    assert_eq!((desk.at().as_str(), desk.decided()), ("0:4 sort-packages", None));
    assert_eq!(desk.disk[0], TWO_FIXED.replace("bash wget", "wget bash"), "a finished file is kept as it is decided");
    desk.keys("uu");
    assert_eq!((desk.at().as_str(), desk.disk[0].as_str()), ("0:2 sort-packages", TWO));
    assert!(!desk.state.allows(Command::Undo));
    desk.keys("UUU");
    assert_eq!((desk.at().as_str(), desk.disk[0].as_str()), ("1:2 sort-packages", TWO_FIXED));
    assert!(!desk.state.allows(Command::Redo));
    desk.keys("un");
    assert!(!desk.state.allows(Command::Redo), "another decision makes another future");
}

#[test]
fn back_shows_what_was_decided_and_decides_anew() {
    let mut desk = Desk::new(&[TWO, TWO]);
    assert!(!desk.state.allows(Command::Back));
    desk.keys("ynyk");
    assert_eq!((desk.at().as_str(), desk.decided().as_deref()), ("0:4 sort-packages", Some("Accept This")));
    assert_eq!(desk.disk[0], TWO_FIXED.replace("a=b", "a b"));
    desk.keys("k");
    assert_eq!(desk.decided().as_deref(), Some("Decline This"));
    desk.keys("y");
    assert_eq!((desk.at().as_str(), desk.disk[0].as_str()), ("1:2 sort-packages", TWO_FIXED));
    desk.keys("kj");
    assert_eq!(desk.at(), "1:2 sort-packages");
}

#[test]
fn forth_leaves_it_open_and_comes_round() {
    let mut desk = Desk::new(&[TWO]);
    desk.keys("jj");
    assert_eq!(desk.at(), "0:4 sort-packages");
    desk.keys("j");
    assert_eq!((desk.at().as_str(), desk.writes), ("0:2 sort-packages", 0));
    desk.keys("yyn");
    assert_eq!(desk.end, Some(End::Finished));
    let mut desk = Desk::new(&["FROM alpine:3.20\nENV a b\n"]);
    assert!(!desk.state.allows(Command::Next), "there is nowhere to go");
    desk.keys("j");
    assert_eq!(desk.at(), "0:2 env-key-value");
}

#[test]
fn quitting_writes_what_was_accepted() {
    let mut desk = Desk::new(&[TWO, TWO]);
    desk.keys("yq");
    assert_eq!(desk.end, Some(End::Stopped));
    assert_eq!(desk.disk, [TWO.replace("zip curl", "curl zip"), TWO.to_owned()]);
}

#[test]
fn an_interrupt_writes_nothing_more() {
    for (event, end) in [(Event::Interrupted, End::Interrupted), (Event::Closed, End::Closed)] {
        let mut desk = Desk::new(&[TWO, TWO]);
        desk.keys("yyyy");
        desk.on(event);
        assert_eq!((desk.end, desk.disk[0].as_str(), desk.disk[1].as_str()), (Some(end), TWO_FIXED, TWO));
        desk.keys("yq");
        assert_eq!(desk.writes, 1, "it is over");
    }
}

#[test]
fn twins_are_asked_about_one_by_one() {
    let twins = "FROM alpine:3.20 AS a\nRUN apk add zip curl\nFROM alpine:3.20\nRUN apk add zip curl\n";
    let mut desk = Desk::new(&[twins]);
    desk.keys("n");
    assert_eq!((desk.at().as_str(), desk.decided()), ("0:4 sort-packages", None));
    desk.keys("y");
    assert_eq!(desk.disk[0], "FROM alpine:3.20 AS a\nRUN apk add zip curl\nFROM alpine:3.20\nRUN apk add curl zip\n");
}

#[test]
fn a_declined_fix_is_not_offered_again_after_others_changed_its_instruction() {
    let source = "FROM alpine:3.20\nRUN apk add bash\nRUN apk add zip curl\n";
    let mut desk = Desk::new(&[source]);
    assert_eq!(desk.at(), "0:2 merge-runs");
    desk.keys("ny");
    assert_eq!(desk.end, Some(End::Finished), "{}", desk.at());
    assert_eq!(desk.disk[0], source.replace("zip curl", "curl zip"));
}

#[test]
fn what_follows_is_planned_on_the_new_text() {
    let mut desk = Desk::new(&["FROM alpine:3.20\nRUN apk add bash\nRUN apk add zip curl\n"]);
    desk.keys("y");
    assert_eq!(desk.at(), "0:3 sort-packages");
    let step = desk.state.step().unwrap().1.clone();
    assert!(step.before.windows(3).any(|text| text == b"&& "), "it is shown in the joined RUN");
    desk.keys("y");
    assert_eq!(desk.disk[0], "FROM alpine:3.20\nRUN apk add bash \\\n    && apk add curl zip\n");
}

#[test]
fn an_edited_result_goes_in_and_is_told_from_a_proved_one() {
    let mut desk = Desk::new(&[TWO]);
    desk.editor = |lines| Ok(lines.replace("curl zip", "curl  zip=1"));
    desk.keys("e");
    assert_eq!(desk.at(), "0:3 env-key-value");
    desk.keys("k");
    assert!(!desk.state.step().unwrap().1.proved);
    desk.editor = |lines| Ok(lines.replace("zip=1", "zip"));
    desk.keys("e");
    desk.keys("k");
    assert!(desk.state.step().unwrap().1.proved, "only layout differs from the fix");
    desk.keys("q");
    assert_eq!(desk.disk[0], TWO.replace("zip curl", "curl  zip"));
}

#[test]
fn an_edit_that_changes_nothing_decides_nothing() {
    let mut desk = Desk::new(&[TWO]);
    desk.keys("e");
    assert_eq!((desk.at().as_str(), desk.decided()), ("0:2 sort-packages", None));
    assert!(desk.state.notice().unwrap().contains("nothing was decided"));
    desk.editor = |lines| Ok(lines.replace("curl zip", "zip curl"));
    desk.keys("ek");
    assert_eq!(desk.decided().as_deref(), Some("Decline This"), "the lines as they were before the fix");
}

#[test]
fn a_bad_edit_is_told_and_asked_again() {
    let mut desk = Desk::new(&[TWO]);
    desk.editor = |lines| {
        if lines.starts_with("RAN") { Ok(lines.replace("RAN", "RUN ")) } else { Ok(lines.replace("RUN", "RAN")) }
    };
    desk.keys("e");
    assert!(matches!(desk.state.view(), View::BadEdit(..)));
    assert!(
        desk.text(80, 24).contains("not taken: line 2: BuildKit would refuse it: unknown instruction"),
        "{}",
        desk.text(80, 24)
    );
    desk.keys("y\n");
    assert!(matches!(desk.state.view(), View::BadEdit(..)), "only e and Esc go on");
    desk.keys("e");
    assert_eq!(desk.at(), "0:3 env-key-value");
    desk.editor = |_| Err("`code` failed".to_owned());
    desk.keys("e");
    assert_eq!((desk.at().as_str(), desk.state.notice()), ("0:3 env-key-value", Some("`code` failed")));
    desk.editor = |_| Ok("BOGUS\n".to_owned());
    desk.keys("e");
    desk.on(Event::Key(Input::Escape));
    assert_eq!((desk.at().as_str(), desk.decided()), ("0:3 env-key-value", None));
}

#[test]
fn a_suppressing_comment_needs_a_reason() {
    let mut desk = Desk::new(&[TWO]);
    desk.keys("s\n \n");
    assert_eq!(*desk.state.view(), View::Reason(" ".to_owned()), "Enter alone does nothing");
    desk.on(Event::Key(Input::Escape));
    assert_eq!((desk.at().as_str(), desk.decided()), ("0:2 sort-packages", None));
    desk.keys("squx");
    desk.on(Event::Key(Input::Backspace));
    desk.keys("!\n");
    assert_eq!(desk.at(), "0:4 env-key-value");
    desk.keys("dk");
    assert_eq!(
        desk.disk[0],
        TWO.replace("RUN apk add --no-cache zip", "# dockmod: ignore=sort-packages qu!\nRUN apk add --no-cache zip")
    );
}

#[test]
fn a_file_that_changed_meanwhile_is_planned_anew() {
    let mut desk = Desk::new(&[TWO, TWO]);
    desk.keys("yn");
    desk.disk[0] = format!("# new\n{TWO}");
    desk.keys("y");
    assert_eq!(desk.disk[0], format!("# new\n{TWO}"), "it is not overwritten");
    assert!(desk.state.notice().unwrap().contains("changed on the disk meanwhile"));
    // What was decided still holds of the same lines, and is shown before it is written.
    assert_eq!((desk.at().as_str(), desk.decided().as_deref()), ("0:3 sort-packages", Some("Accept This")));
    desk.keys("y");
    assert_eq!(desk.at(), "1:2 sort-packages");
    assert_eq!(desk.disk[0], format!("# new\n{}", TWO_FIXED.replace("a=b", "a b")));
}

#[test]
fn what_was_decided_holds_in_a_file_that_changed() {
    let mut desk = Desk::new(&[TWO]);
    desk.keys("yn");
    desk.disk[0] = TWO.replace("ENV a b", "ENV c d").replace("FROM", "# new\nFROM");
    desk.keys("y");
    assert_eq!(desk.at(), "0:4 env-key-value", "the new line is asked about");
    desk.keys("y");
    assert_eq!(desk.end, Some(End::Finished));
    assert_eq!(desk.disk[0], format!("# new\n{}", TWO_FIXED.replace("ENV a=b", "ENV c=d")));
}

#[test]
fn the_review_starts_before_all_files_are_known() {
    let mut desk = Desk::empty();
    assert_eq!(*desk.state.view(), View::Waiting);
    desk.found(TWO);
    assert!(desk.text(80, 24).starts_with("(1/3+) f0/Dockerfile:2\n"));
    desk.keys("yyy");
    assert_eq!((desk.state.view(), desk.writes, desk.end), (&View::Waiting, 1, None));
    desk.found(TWO_FIXED);
    desk.found(TWO);
    assert!(desk.text(80, 24).starts_with("(4/6+) f2/Dockerfile:2\n"));
    desk.on(Event::AllFound);
    assert!(desk.text(80, 24).starts_with("(4/6) f2/Dockerfile:2\n"));
}

#[test]
fn a_screen_shows_all_that_is_known() {
    let mut desk = Desk::new(&[TWO]);
    let text = desk.text(80, 40);
    for line in [
        "(1/3) f0/Dockerfile:2\n",
        "sort-packages (safe): ",
        "why: ",
        "proved: package-order\n",
        "-RUN apk add --no-cache zip curl\n+RUN apk add --no-cache curl zip\n ENV a b\n",
        "y\u{a0}accept  n\u{a0}decline  a/d\u{a0}rest\u{a0}of\u{a0}file",
        "A/D\u{a0}all\u{a0}sort-packages",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    desk.keys("y");
    assert!(desk.text(80, 40).contains("u\u{a0}undo"));
    desk.keys("k");
    assert!(desk.text(80, 40).contains("\naccepted\n"));
    assert!(!desk.text(80, 40).contains("A/D"), "what is decided is no place to decide all from");
}

#[test]
fn no_line_is_wider_or_lost_on_any_screen() {
    let wide = "FROM alpine:3.20\nLABEL title=\"世界世界世界世界世界世界世界世界世界\"\nRUN apk add zip curl && echo \u{1b}[2J 界界界界界界界界界界界界界界界界\n";
    for keys in ["", "s界 because", "?", "w"] {
        let mut desk = Desk::new(&[wide]);
        desk.keys(keys);
        for (width, height) in [(40, 24), (40, 10), (20, 12), (80, 24), (7, 5), (1, 1), (200, 50)] {
            while desk.state.scroll() > 0 {
                desk.on(Event::Key(Input::PageUp));
            }
            let screen = desk.screen(width, height);
            assert!(screen.lines.len() <= height, "{keys} {width}x{height}");
            for line in &screen.lines {
                assert!(line.width() <= width.max(2), "{keys} {width}x{height}: {:?}", line.text());
                assert!(!line.text().contains('\u{1b}'));
            }
            // Scrolled through, everything was there.
            let mut seen: Vec<String> = screen.lines.iter().map(super::text::Line::text).collect();
            for _ in 0..if keys.is_empty() { screen.overflow } else { 0 } {
                desk.on(Event::Key(Input::Down));
                seen.extend(desk.screen(width, height).lines.iter().map(super::text::Line::text));
            }
            if keys.is_empty() && width >= 20 {
                assert!(seen.concat().contains("\\u{1b}[2J"), "{width}x{height}");
                assert!(seen.iter().any(|line| line.contains("(1/1) f0/")), "{width}x{height}");
            }
        }
    }
}

#[test]
fn scrolling_is_offered_only_where_it_helps() {
    let mut desk = Desk::new(&[TWO]);
    desk.screen(80, 40);
    assert!(!desk.state.allows(Command::Scroll));
    desk.screen(40, 12);
    assert!(desk.state.allows(Command::Scroll));
    for input in [Input::Down, Input::Char(' '), Input::PageDown, Input::PageDown, Input::PageDown] {
        desk.on(Event::Key(input));
    }
    let last = desk.screen(40, 12);
    assert_eq!(desk.state.scroll(), last.overflow);
    desk.on(Event::Key(Input::Up));
    assert_eq!(desk.state.scroll(), last.overflow - 1);
}
