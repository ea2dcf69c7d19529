//! Lines with styles, fitted to a width in columns of a terminal.

use unicode_width::UnicodeWidthChar as _;

use crate::report::escape::visible;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As the terminal has it.
    Plain,
    /// Less in sight.
    Dim,
    /// A heading.
    Bold,
    /// A key to press.
    Key,
    /// The head of a hunk.
    Hunk,
    /// A removed line.
    Old,
    /// A removed word.
    OldWord,
    /// An added line.
    New,
    /// An added word.
    NewWord,
    /// What needs attention.
    Warning,
    /// What is fine.
    Good,
}

/// A line as pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(pub Vec<(Look, String)>);

/// Columns of a tab.
const TAB: usize = 8;

impl Line {
    /// A line of one look. Control characters are made visible.
    #[must_use]
    pub fn of(look: Look, text: &str) -> Self {
        Self::default().and(look, text)
    }

    /// The line with one more piece.
    #[must_use]
    pub fn and(mut self, look: Look, text: &str) -> Self {
        let text = visible(text.strip_suffix('\n').unwrap_or(text)).into_owned();
        if !text.is_empty() {
            self.0.push((look, text));
        }
        self
    }

    /// The characters alone.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The line broken wherever a column is full; later lines begin with `indent` blanks. Tabs become blanks.
    #[must_use]
    pub fn wrapped(&self, width: usize, indent: usize) -> Vec<Self> {
        let indent = if indent * 2 > width { 0 } else { indent };
        let (mut lines, mut line, mut column) = (Vec::new(), Self::default(), 0);
        for (look, c) in self.characters() {
            let wide = c.width().unwrap_or(0);
            if column + wide > width && column > indent {
                lines.push(std::mem::take(&mut line));
                column = indent;
                if indent > 0 {
                    line.push(Look::Plain, &" ".repeat(indent));
                }
            }
            line.push(look, c.encode_utf8(&mut [0; 4]));
            column += wide;
        }
        lines.push(line);
        lines
    }

    /// The line broken between words, where they are not wider than a line.
    #[must_use]
    pub fn wrapped_words(&self, width: usize, indent: usize) -> Vec<Self> {
        let indent = if indent * 2 > width { 0 } else { indent };
        let (mut lines, mut line, mut column) = (Vec::new(), Self::default(), 0);
        for word in self.words() {
            let wide = word.width();
            if column > indent && column + word.trimmed_width() > width {
                lines.push(std::mem::take(&mut line).trimmed());
                column = indent;
                line.push(Look::Plain, &" ".repeat(indent));
            }
            for (look, text) in &word.0 {
                line.push(*look, text);
            }
            column += wide;
        }
        lines.push(line.trimmed());
        lines.iter().flat_map(|line| line.wrapped(width, indent)).collect()
    }

    /// Columns that it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.characters().map(|(_, c)| c.width().unwrap_or(0)).sum()
    }

    fn trimmed_width(&self) -> usize {
        self.clone().trimmed().width()
    }

    fn trimmed(mut self) -> Self {
        while let Some((_, text)) = self.0.last_mut() {
            text.truncate(text.trim_end_matches(' ').len());
            if !text.is_empty() {
                break;
            }
            self.0.pop();
        }
        self
    }

    fn push(&mut self, look: Look, text: &str) {
        match self.0.last_mut() {
            Some((last, known)) if *last == look => known.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push((look, text.to_owned())),
        }
    }

    /// Characters with their looks; a tab as the blanks up to its stop.
    fn characters(&self) -> impl Iterator<Item = (Look, char)> + '_ {
        let mut column = 0;
        self.0.iter().flat_map(|(look, text)| text.chars().map(|c| (*look, c))).flat_map(move |(look, c)| {
            let (c, times) = if c == '\t' { (' ', TAB - column % TAB) } else { (c, 1) };
            column += times * c.width().unwrap_or(0);
            std::iter::repeat_n((look, c), times)
        })
    }

    /// Words, each with the blanks behind it. A no-break space holds words together.
    fn words(&self) -> Vec<Self> {
        let mut words = Vec::new();
        let mut word = Self::default();
        let mut after_blank = false;
        for (look, c) in self.characters() {
            if after_blank && c != ' ' {
                words.push(std::mem::take(&mut word));
            }
            after_blank = c == ' ';
            word.push(look, c.encode_utf8(&mut [0; 4]));
        }
        words.push(word);
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn lines_break_at_the_width() {
        let line = Line::of(Look::Old, "-abc").and(Look::OldWord, "defg");
        assert_eq!(texts(&line.wrapped(4, 1)), ["-abc", " def", " g"]);
        assert_eq!(texts(&Line::default().wrapped(4, 1)), [""]);
    }

    #[test]
    fn wide_characters_take_two_columns_and_are_not_cut() {
        let line = Line::of(Look::Plain, "a世界b");
        assert_eq!(texts(&line.wrapped(4, 0)), ["a世", "界b"]);
        assert_eq!(line.width(), 6);
        assert_eq!(texts(&Line::of(Look::Plain, "世界").wrapped(1, 0)), ["世", "界"], "none is lost");
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        let line = Line::of(Look::Plain, "one two three");
        assert_eq!(texts(&line.wrapped_words(8, 2)), ["one two", "  three"]);
        assert_eq!(texts(&Line::of(Look::Plain, "abcdefgh ij").wrapped_words(4, 0)), ["abcd", "efgh", "ij"]);
    }

    #[test]
    fn tabs_stop_at_each_eighth_column_and_control_characters_show() {
        assert_eq!(texts(&Line::of(Look::Plain, "ab\tc").wrapped(20, 0)), ["ab      c"]);
        assert_eq!(Line::of(Look::Plain, "a\u{1b}[2J\r\n").text(), "a\\u{1b}[2J\\u{d}");
    }
}
