//! Owns the terminal while a review goes on: draws the state, feeds it keys, does what it wants done.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::decisions::Answers;
use super::external;
use super::plan::Plan;
use super::screen::{Size, screen};
use super::state::{Effect, End, Event, Input, NotWritten, State, View};
use super::terminal::Terminal;

/// How often signals and newly planned files are looked at.
const TICK: Duration = Duration::from_millis(50);

/// A pager that ends so soon has not been read.
const GLANCE: Duration = Duration::from_millis(500);

/// Plans a file, or says why not.
pub type Planner<'w> = dyn Fn(&Path, &[u8], &Answers<'_>) -> Result<Plan, String> + 'w;
/// Replaces a text in a file by another.
pub type Writer<'w> = dyn Fn(&Path, &[u8], &[u8]) -> Result<(), NotWritten> + 'w;

/// What a review needs of the world.
pub struct World<'w> {
    /// Reads a file.
    pub read: &'w dyn Fn(&Path) -> Result<Vec<u8>, String>,
    /// Plans a file.
    pub plan: &'w Planner<'w>,
    /// Replaces a file: what is there, what comes in its place.
    pub write: &'w Writer<'w>,
    /// The user's editor, a command with arguments.
    pub editor: Option<String>,
    /// The user's pager, a command with arguments.
    pub pager: Option<String>,
    /// Whether colours are wanted.
    pub coloured: bool,
    /// Set by a signal to end.
    pub signalled: &'w AtomicBool,
    /// The files in path order, each with its number of fixes; closed after the last.
    pub found: Receiver<(PathBuf, usize)>,
}

/// Goes through a review to its end.
///
/// # Errors
/// Where there is no terminal to draw on.
pub fn drive(state: &mut State, world: &World<'_>) -> io::Result<End> {
    let mut driver =
        Driver { world, terminal: None, effects: VecDeque::new(), keys: VecDeque::new(), fresh: true, size: None };
    loop {
        if let Some(end) = driver.turn(state)? {
            return Ok(end);
        }
    }
}

struct Driver<'w> {
    world: &'w World<'w>,
    /// There from the first fix on.
    terminal: Option<Terminal>,
    effects: VecDeque<Effect>,
    /// Typed while effects were done.
    keys: VecDeque<KeyEvent>,
    /// The screen shows the state.
    fresh: bool,
    /// The size that it was drawn for.
    size: Option<Size>,
}

impl Driver<'_> {
    /// One step: a signal, an effect, a file, a key, or a wait for the next.
    fn turn(&mut self, state: &mut State) -> io::Result<Option<End>> {
        if self.world.signalled.load(Ordering::SeqCst) {
            self.feed(state, Event::Interrupted);
        }
        if let Some(effect) = self.effects.pop_front() {
            if let Effect::End(end) = effect {
                return Ok(Some(end));
            }
            self.perform(state, effect)?;
            self.read_ahead(state);
            return Ok(None);
        }
        if self.take_found(state) {
            return Ok(None);
        }
        if let Some(key) = self.keys.pop_front() {
            self.pressed(state, key)?;
            return Ok(None);
        }
        if self.terminal.is_none() {
            if *state.view() == View::Waiting {
                self.wait_for_file(state);
                return Ok(None);
            }
            self.terminal = Some(Terminal::enter(self.world.coloured)?);
        }
        if !self.fresh && !self.draw(state) {
            self.feed(state, Event::Closed);
            return Ok(None);
        }
        self.wait_for_key(state);
        Ok(None)
    }

    fn feed(&mut self, state: &mut State, event: Event) {
        let ends = matches!(event, Event::Interrupted | Event::Closed);
        let effects = state.on(event);
        if ends {
            // Nothing more is written.
            self.effects.clear();
        }
        self.effects.extend(effects);
        self.fresh = false;
    }

    fn perform(&mut self, state: &mut State, effect: Effect) -> io::Result<()> {
        let event = match effect {
            Effect::Read(file) => {
                Event::Read(file, (self.world.read)(&state.files()[file].path).map(|text| text.as_slice().into()))
            }
            Effect::Plan(file) => {
                let own = &state.files()[file];
                let source = own.source.clone().unwrap_or_default();
                Event::Planned(file, (self.world.plan)(&own.path, &source, &state.answers(file)))
            }
            Effect::Write(file, old, new) => {
                Event::Written(file, (self.world.write)(&state.files()[file].path, &old, &new))
            }
            Effect::Edit(lines) => {
                let editor = self.world.editor.as_deref().unwrap_or_default();
                Event::Edited(self.apart(|| external::edit(editor, &lines))?)
            }
            Effect::Page(text) => {
                let pager = self.world.pager.as_deref().unwrap_or_default();
                let result = self.apart(|| {
                    let started = Instant::now();
                    let shown = external::page(pager, text);
                    // One that does not wait for the reader, as `less -F` with a short page.
                    if shown.is_ok() && started.elapsed() < GLANCE {
                        external::wait_for_key();
                    }
                    shown
                });
                Event::Paged(result?)
            }
            Effect::End(_) => return Ok(()),
        };
        self.feed(state, event);
        Ok(())
    }

    /// Runs another program in the terminal.
    fn apart<T>(&mut self, run: impl FnOnce() -> T) -> io::Result<T> {
        self.terminal = None;
        let result = run();
        // Ctrl-C was meant for that program.
        self.world.signalled.store(false, Ordering::SeqCst);
        self.terminal = Some(Terminal::enter(self.world.coloured)?);
        Ok(result)
    }

    /// Looks at what was typed while something was done: Ctrl-C must not wait.
    fn read_ahead(&mut self, state: &mut State) {
        while self.terminal.is_some() && event::poll(Duration::ZERO).unwrap_or(false) {
            match event::read() {
                Ok(event::Event::Key(key)) if is_interrupt(&key) => self.feed(state, Event::Interrupted),
                Ok(event::Event::Key(key)) => self.keys.push_back(key),
                Ok(_) => self.fresh = false,
                Err(_) => return self.feed(state, Event::Closed),
            }
        }
    }

    fn take_found(&mut self, state: &mut State) -> bool {
        if state.all_found() {
            return false;
        }
        match self.world.found.try_recv() {
            Ok((path, total)) => self.feed(state, Event::Found(path, total)),
            Err(TryRecvError::Disconnected) => self.feed(state, Event::AllFound),
            Err(TryRecvError::Empty) => return false,
        }
        true
    }

    fn wait_for_file(&mut self, state: &mut State) {
        match self.world.found.recv_timeout(TICK) {
            Ok((path, total)) => self.feed(state, Event::Found(path, total)),
            Err(RecvTimeoutError::Disconnected) => self.feed(state, Event::AllFound),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }

    fn wait_for_key(&mut self, state: &mut State) {
        match event::poll(TICK) {
            // The signal of another size may have come before anybody listened, or to another program.
            Ok(false) => self.fresh &= Terminal::size().ok() == self.size,
            Ok(true) => match event::read() {
                Ok(event::Event::Key(key)) => self.keys.push_back(key),
                // Only the reason takes a text; elsewhere each of its characters would be a command.
                Ok(event::Event::Paste(text)) => {
                    let is_asked = matches!(state.view(), View::Reason(_));
                    for c in text.chars().filter(|_| is_asked) {
                        let key = if c.is_control() { ' ' } else { c };
                        self.feed(state, Event::Key(Input::Char(key)));
                    }
                }
                Ok(_) => self.fresh = false,
                Err(_) => self.feed(state, Event::Closed),
            },
            Err(_) => self.feed(state, Event::Closed),
        }
        if self.terminal.is_some() && Terminal::is_gone() {
            self.feed(state, Event::Closed);
        }
    }

    fn pressed(&mut self, state: &mut State, key: KeyEvent) -> io::Result<()> {
        if key.kind == KeyEventKind::Release {
            return Ok(());
        }
        if is_interrupt(&key) {
            self.feed(state, Event::Interrupted);
            return Ok(());
        }
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            match key.code {
                KeyCode::Char('z') => {
                    self.terminal = None;
                    external::suspend();
                    self.terminal = Some(Terminal::enter(self.world.coloured)?);
                    self.fresh = false;
                }
                KeyCode::Char('l') => {
                    Terminal::clear();
                    self.fresh = false;
                }
                _ => {}
            }
            return Ok(());
        }
        let input = match key.code {
            KeyCode::Char(c) => Input::Char(c),
            KeyCode::Enter => Input::Enter,
            KeyCode::Esc => Input::Escape,
            KeyCode::Backspace => Input::Backspace,
            KeyCode::Up => Input::Up,
            KeyCode::Down => Input::Down,
            KeyCode::PageUp => Input::PageUp,
            KeyCode::PageDown => Input::PageDown,
            _ => return Ok(()),
        };
        self.feed(state, Event::Key(input));
        Ok(())
    }

    /// Draws the state; false where nobody sees it.
    fn draw(&mut self, state: &mut State) -> bool {
        let Some(terminal) = &mut self.terminal else { return true };
        let Ok(size) = Terminal::size() else { return false };
        let shown = screen(state, size);
        state.fit(shown.overflow, shown.page);
        self.fresh = true;
        self.size = Some(size);
        terminal.show(&shown, size).is_ok()
    }
}

fn is_interrupt(key: &KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c'))
}
