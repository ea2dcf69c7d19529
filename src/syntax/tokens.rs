//! The tree as a flat list of tokens that covers every byte of the file.

use serde::Serialize;

use super::{Args, Body, Dockerfile, Instruction, Item, Span, TextRange, TriviaKind};

/// A stretch of the file and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// A line with a parser directive.
    Directive,
    /// A comment line.
    Comment,
    /// A blank line.
    Blank,
    /// An instruction's keyword, or the part of it that stands on one line.
    Keyword,
    /// A `--flag`.
    Flag,
    /// A word of the arguments.
    Word,
    /// An element of a JSON array.
    JsonElement,
    /// The key of an ENV or LABEL pair.
    Key,
    /// The value of an ENV or LABEL pair.
    Value,
    /// The rest of a line in shell form.
    Text,
    /// A heredoc's lines.
    HeredocBody,
    /// The line that ends a heredoc.
    HeredocEnd,
    /// Blanks, brackets, continuation characters, line ends, a byte-order mark.
    Layout,
}

/// All tokens in order; each byte of the file belongs to exactly one.
#[must_use]
pub fn tokens(file: &Dockerfile<'_>) -> Vec<Token> {
    let mut tokens = Vec::new();
    for item in &file.items {
        match item {
            Item::Directive(span) => tokens.push(Token { kind: TokenKind::Directive, span: *span }),
            Item::Trivia(trivia) => tokens.push(Token { kind: trivia_kind(trivia.kind), span: trivia.span }),
            Item::Instruction(instruction) => instruction_tokens(instruction, &mut tokens),
        }
    }
    tokens
}

fn trivia_kind(kind: TriviaKind) -> TokenKind {
    match kind {
        TriviaKind::Blank => TokenKind::Blank,
        TriviaKind::Comment => TokenKind::Comment,
    }
}

fn instruction_tokens(instruction: &Instruction<'_>, tokens: &mut Vec<Token>) {
    let mut leaves = Vec::new();
    body_leaves(&instruction.body, &mut leaves);
    let mut found: Vec<Token> = Vec::new();
    let mut text_start = 0;
    for piece in instruction.joined.spans() {
        let text = TextRange::new(text_start, text_start + piece.len());
        for (kind, leaf) in &leaves {
            let start = leaf.start.max(text.start);
            let end = leaf.end.min(text.end);
            if start < end {
                let at = piece.start + (start - text.start);
                found.push(Token { kind: *kind, span: Span::new(at, at + end - start) });
            }
        }
        text_start = text.end;
    }
    found.extend(instruction.inner.iter().map(|line| Token { kind: trivia_kind(line.kind), span: line.span }));
    for doc in &instruction.heredocs {
        if !doc.body.is_empty() {
            found.push(Token { kind: TokenKind::HeredocBody, span: doc.body });
        }
        found.push(Token { kind: TokenKind::HeredocEnd, span: doc.terminator });
    }
    found.sort_by_key(|token| token.span);
    let mut at = instruction.span.start;
    for token in found {
        if at < token.span.start {
            tokens.push(Token { kind: TokenKind::Layout, span: Span::new(at, token.span.start) });
        }
        at = token.span.end;
        tokens.push(token);
    }
    if at < instruction.span.end {
        tokens.push(Token { kind: TokenKind::Layout, span: Span::new(at, instruction.span.end) });
    }
}

fn body_leaves(body: &Body, leaves: &mut Vec<(TokenKind, TextRange)>) {
    leaves.push((TokenKind::Keyword, body.keyword_range));
    leaves.extend(body.flags.iter().map(|flag| (TokenKind::Flag, flag.range)));
    match &body.args {
        Args::None => leaves.push((TokenKind::Text, body.rest)),
        Args::Onbuild(inner) => body_leaves(inner, leaves),
        args => args_leaves(args, leaves),
    }
}

fn args_leaves(args: &Args, leaves: &mut Vec<(TokenKind, TextRange)>) {
    match args {
        Args::None | Args::Onbuild(_) => {}
        Args::Text(range) => leaves.push((TokenKind::Text, *range)),
        Args::Words(words) => leaves.extend(words.iter().map(|word| (TokenKind::Word, *word))),
        Args::Json(strings) => leaves.extend(strings.iter().map(|string| (TokenKind::JsonElement, string.range))),
        Args::Pairs(pairs) => {
            for pair in pairs {
                leaves.push((TokenKind::Key, pair.key));
                leaves.push((TokenKind::Value, pair.value));
            }
        }
        Args::LegacyPair(pair) => {
            leaves.push((TokenKind::Key, pair.key));
            leaves.push((TokenKind::Value, pair.value));
        }
        Args::Healthcheck { kind, command } => {
            leaves.push((TokenKind::Word, *kind));
            args_leaves(command, leaves);
        }
    }
}
