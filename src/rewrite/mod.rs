//! Edits that several transforms make, written in the file's own style.

mod command;
mod instruction;

pub use command::{append_command, drop_command, drop_word, insert_word_after, joiner_at_end};
pub use instruction::{drop_instruction, insert_line_above, insert_line_above_comments, replace_with};
