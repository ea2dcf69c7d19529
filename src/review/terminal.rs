//! The terminal in raw mode, given back however the review ends.

use std::io::{self, Write as _};

use console::Style;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{QueueableCommand as _, execute, queue, terminal};

use super::screen::{Screen, Size};
use super::text::Look;

/// The terminal, as long as it is ours. Dropping it, in a panic too, gives it back as it was.
#[derive(Debug)]
pub struct Terminal {
    coloured: bool,
}

impl Terminal {
    /// Takes the terminal: raw mode, and a screen of its own.
    ///
    /// # Errors
    /// Where there is none.
    pub fn enter(coloured: bool) -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        let taken = Self { coloured };
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        Ok(taken)
    }

    /// Its columns and lines.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn size() -> io::Result<Size> {
        let (width, height) = terminal::size()?;
        // A terminal that does not know its size says 0.
        let or = |value: u16, default| if value == 0 { default } else { usize::from(value) };
        Ok(Size { width: or(width, 80), height: or(height, 24) })
    }

    /// Whether the other end was closed.
    #[must_use]
    #[cfg(unix)]
    pub fn is_gone() -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdin = io::stdin();
        let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut watched, Some(&now)).is_ok() && watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
    }

    /// Whether the other end was closed: the system tells in another way.
    #[must_use]
    #[cfg(not(unix))]
    pub const fn is_gone() -> bool {
        false
    }

    /// Empties the screen, for what other programs left on it.
    pub fn clear() {
        // A terminal that is gone is noticed at the next drawing.
        let _ = execute!(io::stdout(), Clear(ClearType::All));
    }

    /// Draws a screen.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn show(&mut self, screen: &Screen, size: Size) -> io::Result<()> {
        let mut out = Vec::new();
        out.queue(Hide)?;
        for row in 0..size.height {
            out.queue(MoveTo(0, to_u16(row)))?.queue(Clear(ClearType::CurrentLine))?;
            for (look, text) in screen.lines.get(row).map(|line| line.0.as_slice()).unwrap_or_default() {
                if self.coloured {
                    write!(out, "{}", style(*look).apply_to(text))?;
                } else {
                    out.write_all(text.as_bytes())?;
                }
            }
        }
        if let Some((column, row)) = screen.cursor {
            queue!(out, MoveTo(to_u16(column), to_u16(row)), Show)?;
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&out)?;
        stdout.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Where it is gone there is nothing to give back.
        let _ = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = terminal::disable_raw_mode();
    }
}

fn to_u16(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn style(look: Look) -> Style {
    let style = Style::new().force_styling(true);
    match look {
        Look::Plain => style,
        Look::Dim => style.dim(),
        Look::Bold | Look::Key => style.bold(),
        Look::Hunk => style.cyan(),
        Look::Old => style.red(),
        Look::OldWord => style.red().reverse(),
        Look::New | Look::Good => style.green(),
        Look::NewWord => style.green().reverse(),
        Look::Warning => style.yellow(),
    }
}
