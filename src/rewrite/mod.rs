//! Edits that several transforms make, written in the file's own style.

mod after_copy;
mod assent;
mod cleanup;
mod command;
mod instruction;
mod options;
mod pair;

pub use after_copy::CopyThenCommand;
pub use assent::assume_yes;
pub use cleanup::{Cleaner, propose_cleanups};
pub use command::{append_command, drop_command, drop_word, insert_word_after, joiner_at_end, joiner_for_any_user};
pub use instruction::{
    comments_above, drop_instruction, drop_uncommented, insert_line_above, insert_line_above_comments, overridden,
    replace_with,
};
pub use options::{Lacking, Verdict, add_options, lacking};
pub use pair::as_key_value;
