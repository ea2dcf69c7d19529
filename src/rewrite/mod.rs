//! Edits that several transforms make, written in the file's own style.

mod command;
mod instruction;

pub use command::{append_command, drop_command, drop_word, insert_word_after, joiner_at_end};
pub use instruction::{
    comments_above, drop_instruction, drop_uncommented, insert_line_above, overridden, replace_with,
};
