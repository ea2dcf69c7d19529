//! What a key does, and the words that are shown for it.

/// What the user can ask for while a fix is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Accept this fix.
    Yes,
    /// Decline this fix.
    No,
    /// Accept the rest of the file.
    RestYes,
    /// Decline the rest of the file.
    RestNo,
    /// Accept all of this transform, here and in all later files.
    AllYes,
    /// Decline all of this transform.
    AllNo,
    /// To the next fix.
    Next,
    /// To the fix before.
    Back,
    /// Edit the result.
    Edit,
    /// Decline, and write a comment that says why.
    Suppress,
    /// The transform's page.
    Why,
    /// Take the last decision back.
    Undo,
    /// Decide again what was taken back.
    Redo,
    /// Show what does not fit above or below.
    Scroll,
    /// What the keys do.
    Help,
    /// Write what was accepted, and stop.
    Quit,
}

/// All commands, in the order in which they are shown.
pub const ALL: [Command; 16] = [
    Command::Yes,
    Command::No,
    Command::RestYes,
    Command::RestNo,
    Command::AllYes,
    Command::AllNo,
    Command::Next,
    Command::Back,
    Command::Edit,
    Command::Suppress,
    Command::Why,
    Command::Undo,
    Command::Redo,
    Command::Scroll,
    Command::Help,
    Command::Quit,
];

impl Command {
    /// The command of a character that is typed.
    #[must_use]
    pub fn of(c: char) -> Option<Self> {
        ALL.into_iter().find(|command| command.key() == c)
    }

    /// The character that is typed for it; [`Command::Scroll`] has keys without one too.
    #[must_use]
    pub const fn key(self) -> char {
        match self {
            Self::Yes => 'y',
            Self::No => 'n',
            Self::RestYes => 'a',
            Self::RestNo => 'd',
            Self::AllYes => 'A',
            Self::AllNo => 'D',
            Self::Next => 'j',
            Self::Back => 'k',
            Self::Edit => 'e',
            Self::Suppress => 's',
            Self::Why => 'w',
            Self::Undo => 'u',
            Self::Redo => 'U',
            Self::Scroll => ' ',
            Self::Help => '?',
            Self::Quit => 'q',
        }
    }

    /// One or two words for the line of keys.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Yes => "accept",
            Self::No => "decline",
            Self::RestYes => "accept the rest of the file",
            Self::RestNo => "decline the rest of the file",
            Self::AllYes => "accept all of the transform",
            Self::AllNo => "decline all of the transform",
            Self::Next => "next",
            Self::Back => "back",
            Self::Edit => "edit",
            Self::Suppress => "suppress",
            Self::Why => "why",
            Self::Undo => "undo",
            Self::Redo => "redo",
            Self::Scroll => "scroll",
            Self::Help => "help",
            Self::Quit => "write and quit",
        }
    }

    /// A sentence for the help.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Yes => "accept this fix",
            Self::No => "decline this fix",
            Self::RestYes => "accept this fix and all later ones of this file",
            Self::RestNo => "decline this fix and all later ones of this file",
            Self::AllYes => {
                "accept all fixes of this transform from here on, in all files; those that are less safe than this one are still asked for"
            }
            Self::AllNo => "decline all fixes of this transform from here on, in all files",
            Self::Next => "leave it as it is, go to the next fix",
            Self::Back => "go to the fix before, and see what was decided",
            Self::Edit => "edit what the fix makes of its lines, in $VISUAL or $EDITOR",
            Self::Suppress => "decline, and write an ignore comment with a reason above the instruction",
            Self::Why => "read the page of the transform",
            Self::Undo => "take the last decision back",
            Self::Redo => "decide again what was taken back",
            Self::Scroll => "scroll; so do the arrow and page keys",
            Self::Help => "this help",
            Self::Quit => "write what was accepted, and stop; Ctrl-C stops and writes nothing more",
        }
    }
}
