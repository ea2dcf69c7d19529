//! From `shuck-parser`'s tree to ours.
//!
//! Its node spans run into what follows (`a &&` for `a`), so ranges are computed from operators and words;
//! each word and each gap between words is checked against the text.

use std::sync::Arc;

use shuck_ast::{self as ast, StmtSeq};
use shuck_parser::ShellDialect;
use shuck_parser::parser::Parser;
use smallvec::SmallVec;

use crate::syntax::{Joined, TextRange};

use super::lexed;
use super::literal::{self, literal};
use super::memo::{self, Said};
use super::plain;
use super::tree::{
    Assignment, Chain, ChainLink, Command, Compound, CompoundKind, Joiner, Link, List, ListItem, Pipeline, Redirect,
    Simple, Terminator, Word,
};
use super::{Opaque, Script};

/// How deep commands may be nested before a script is left alone.
const MAX_DEPTH: usize = 64;

/// Parses a script for sh or bash.
///
/// # Errors
/// Where the text is no shell, or some part of it is not certain.
pub fn parse(text: Joined<'_>, in_heredoc: bool, bash: bool) -> Result<Script<'_>, Opaque> {
    let source = std::str::from_utf8(text.text()).map_err(|_| Opaque::NotUtf8)?;
    let Said { text: written, list, comments } = memo::remembered(source, bash, |source| read(source, bash))?;
    Ok(Script { text, written, list, comments, in_heredoc, bash })
}

fn read(text: &Arc<str>, bash: bool) -> Result<Said, Opaque> {
    let (list, comments) = match plain::read(text) {
        Some(list) => (list, Vec::new()),
        None => read_by_parser(text, bash)?,
    };
    Ok(Said { text: text.clone(), list: Arc::new(list), comments: comments.into() })
}

/// The commands and the comments of a text, as the parser of the whole language reads it.
pub(super) fn read_by_parser(source: &str, bash: bool) -> Result<(List, Vec<TextRange>), Opaque> {
    if source.contains('\0') {
        return Err(Opaque::Syntax("a NUL byte".to_owned()));
    }
    if nesting(source) > MAX_DEPTH / 2 || prefixes(source) > MAX_DEPTH {
        return Err(Opaque::Syntax("brackets are nested too deeply".to_owned()));
    }
    let parsed = Parser::with_dialect(source, ShellDialect::Bash).parse();
    if parsed.is_err() {
        return Err(Opaque::Syntax(parsed.strict_error().to_string()));
    }
    let mut converter = Converter { source, bash, comments: Vec::new(), depth: 0 };
    converter.collect_comments(&parsed.file.body);
    let list = converter.list(&parsed.file.body, converter.without_comment(TextRange::new(0, source.len())))?;
    if list.items.is_empty() {
        return Err(Opaque::Empty);
    }
    Ok((list, converter.comments))
}

/// How deep brackets stand in each other, quotes unseen.
///
/// The parser reads what stands in open brackets again for each of them: some hundred `${` in one `$(` take
/// it minutes.
fn nesting(source: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in source.bytes() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// How many words stand that take a command behind them, each of which the parser goes down for.
fn prefixes(source: &str) -> usize {
    source.split_ascii_whitespace().filter(|word| matches!(*word, "time" | "coproc")).count()
}

struct Converter<'t> {
    source: &'t str,
    bash: bool,
    comments: Vec<TextRange>,
    depth: usize,
}

fn range_of(span: ast::Span) -> TextRange {
    TextRange::new(span.start.offset(), span.end.offset())
}

impl Converter<'_> {
    fn unclear<T>(what: &str) -> Result<T, Opaque> {
        Err(Opaque::Syntax(what.to_owned()))
    }

    fn bash_only(&self, what: &'static str) -> Result<(), Opaque> {
        if self.bash { Ok(()) } else { Err(Opaque::Bashism(what)) }
    }

    fn list(&mut self, list: &StmtSeq, within: TextRange) -> Result<List, Opaque> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Self::unclear("commands are nested too deeply");
        }
        let mut items: Vec<ListItem> = Vec::with_capacity(list.len());
        let mut at = within.start;
        for (index, stmt) in list.iter().enumerate() {
            let at_end = index + 1 == list.len();
            let end = match (stmt.terminator, at_end) {
                (Some(ast::StmtTerminator::Semicolon), _) => Terminator::Semicolon,
                (Some(ast::StmtTerminator::Background(ast::BackgroundOperator::Plain)), _) => Terminator::Background,
                (Some(ast::StmtTerminator::Background(_)), _) => return Self::unclear("a zsh operator"),
                (None, true) => Terminator::None,
                (None, false) => Terminator::Newline,
            };
            let stop = match stmt.terminator_span {
                Some(span) => span.start.offset(),
                None if at_end => within.end,
                None => stmt.span.end.offset(),
            };
            let start = self.item_start(at, stmt);
            let range = self.trimmed(TextRange::new(start.min(stop), stop));
            let chain = self.chain(stmt, range)?;
            items.push(ListItem { chain, end, range });
            at = stmt.terminator_span.map_or(stop, |span| span.end.offset());
        }
        self.nothing_behind_items(&items, at, within)?;
        self.depth -= 1;
        Ok(List { items })
    }

    fn collect_comments(&mut self, list: &StmtSeq) {
        self.note_comments(&list.leading_comments);
        self.note_comments(&list.trailing_comments);
        let mut pending: Vec<&ast::Stmt> = list.iter().collect();
        while let Some(stmt) = pending.pop() {
            self.note_comments(&stmt.leading_comments);
            self.note_comments(stmt.inline_comment.as_slice());
            match &stmt.command {
                ast::Command::Binary(binary) => pending.extend([&*binary.left, &*binary.right]),
                ast::Command::Compound(
                    ast::CompoundCommand::Subshell(inner) | ast::CompoundCommand::BraceGroup(inner),
                ) => {
                    self.note_comments(&inner.leading_comments);
                    self.note_comments(&inner.trailing_comments);
                    pending.extend(inner.iter());
                }
                _ => {}
            }
        }
    }

    /// The range up to a comment that runs to its end.
    fn without_comment(&self, range: TextRange) -> TextRange {
        let ends_here = |comment: &&TextRange| {
            self.source[comment.end.min(range.end)..range.end].bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
        };
        let start = self.comments.iter().filter(ends_here).map(|comment| comment.start).min();
        TextRange::new(range.start, start.unwrap_or(range.end))
    }

    fn note_comments(&mut self, comments: &[ast::Comment]) {
        for comment in comments {
            let range = TextRange::new(usize::from(comment.range.start()), usize::from(comment.range.end()));
            if !self.comments.contains(&range) {
                self.comments.push(range);
            }
        }
    }

    /// A statement that begins with a group has the bracket left out of its span.
    fn item_start(&self, from: usize, stmt: &ast::Stmt) -> usize {
        let start = stmt.span.start.offset().max(from);
        let head = &self.source[from..start];
        match head.trim_end_matches([' ', '\t', '\n', '(', '{', '!']) {
            rest if rest.len() == head.trim_end_matches([' ', '\t', '\n']).len() => start,
            rest => {
                from + rest.len()
                    + (head[rest.len()..].len() - head[rest.len()..].trim_start_matches([' ', '\t', '\n']).len())
            }
        }
    }

    fn trimmed(&self, range: TextRange) -> TextRange {
        let text = &self.source[range.range()];
        let lead = text.len() - text.trim_start_matches([' ', '\t', '\n']).len();
        let text = text.trim_start_matches([' ', '\t', '\n']);
        let tail = text.len() - text.trim_end_matches([' ', '\t', '\n']).len();
        TextRange::new(range.start + lead, (range.end - tail).max(range.start + lead))
    }

    fn chain(&mut self, stmt: &ast::Stmt, range: TextRange) -> Result<Chain, Opaque> {
        // The tree leans to the left: walk down without recursion, long chains are common.
        let mut rights: Vec<(Link, &ast::Stmt)> = Vec::new();
        let mut current = stmt;
        while let ast::Command::Binary(binary) = &current.command {
            let kind = match binary.op {
                ast::BinaryOp::And => Joiner::And,
                ast::BinaryOp::Or => Joiner::Or,
                ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll => break,
            };
            if current.negated || !current.redirects.is_empty() {
                return Self::unclear("a negated or redirected chain");
            }
            rights.push((Link { kind, range: range_of(binary.op_span) }, &binary.right));
            current = &binary.left;
        }
        rights.reverse();
        let mut links = Vec::with_capacity(rights.len() + 1);
        let mut joiner = None;
        let mut start = range.start;
        let mut pending = Some(current);
        let mut rights = rights.into_iter();
        while let Some(stmt) = pending {
            let next = rights.next();
            let end = next.as_ref().map_or(range.end, |(link, _)| link.range.start);
            if end < start {
                return Self::unclear("operators out of order");
            }
            let range = self.trimmed(TextRange::new(start, end));
            let pipeline = self.pipeline(stmt)?;
            if let Some(Command::Simple(simple)) = pipeline.commands.last() {
                let rest = self.source.get(simple.range.end..range.end).unwrap_or_default();
                // The lines that follow are the heredoc's.
                self.nothing_behind(if opens_heredoc(&pipeline) { to_line_end(rest) } else { rest })?;
            }
            links.push(ChainLink { joiner, pipeline, range });
            start = next.as_ref().map_or(end, |(link, _)| link.range.end);
            (joiner, pending) = next.map_or((None, None), |(link, stmt)| (Some(link), Some(stmt)));
        }
        Ok(Chain { links })
    }

    /// Behind a list that opens a heredoc the parser loses some commands, as in `a <<D; [ -f b ] && c`.
    fn nothing_behind_items(&self, items: &[ListItem], at: usize, within: TextRange) -> Result<(), Opaque> {
        let Some(last) = items.last() else { return Ok(()) };
        let links = items.iter().flat_map(|item| &item.chain.links);
        if links.map(|link| &link.pipeline).any(opens_heredoc) {
            let command = last.chain.links.last().and_then(|link| link.pipeline.commands.last());
            let start = match command {
                _ if last.end != Terminator::None => at,
                Some(Command::Simple(simple)) => simple.range.end,
                _ => last.range.end,
            };
            // What is lost of a group is not within its span.
            return self.nothing_behind(to_line_end(&self.source[start..]));
        }
        if last.end == Terminator::None { Ok(()) } else { self.nothing_behind(&self.source[at..within.end.max(at)]) }
    }

    /// The parser gives up in silence within some brackets (`=(`): what follows them would belong to no command,
    /// and neither would what is added there.
    fn nothing_behind(&self, rest: &str) -> Result<(), Opaque> {
        let rest = rest.trim_start_matches([' ', '\t', '\n', '\\', '\r']);
        // Within a group, a branch or a loop the range may run into what ends that.
        let ends_outside = self.depth > 1 && !rest.trim_start_matches([';', '&', ' ', '\t']).starts_with(['(', '[']);
        if rest.is_empty() || rest.starts_with('#') || ends_outside {
            return Ok(());
        }
        Self::unclear("text behind the last word of a command")
    }

    fn pipeline(&mut self, stmt: &ast::Stmt) -> Result<Pipeline, Opaque> {
        let mut rights: Vec<&ast::Stmt> = Vec::new();
        let mut current = stmt;
        while let ast::Command::Binary(binary) = &current.command {
            match binary.op {
                ast::BinaryOp::Pipe => {}
                ast::BinaryOp::PipeAll => self.bash_only("`|&`")?,
                ast::BinaryOp::And | ast::BinaryOp::Or => return Self::unclear("a chain within a pipeline"),
            }
            rights.push(&binary.right);
            current = &binary.left;
        }
        let mut commands = vec![self.command(current)?];
        for right in rights.into_iter().rev() {
            commands.push(self.command(right)?);
        }
        Ok(Pipeline { negated: stmt.negated, commands })
    }

    fn command(&mut self, stmt: &ast::Stmt) -> Result<Command, Opaque> {
        match &stmt.command {
            ast::Command::Simple(simple) => {
                let mut words = Vec::with_capacity(simple.args.len() + 1);
                if !simple.name.span.slice(self.source).is_empty() {
                    words.push(range_of(simple.name.span));
                }
                words.extend(simple.args.iter().map(|word| range_of(word.span)));
                self.simple(&simple.assignments, words, &stmt.redirects)
            }
            ast::Command::Decl(decl) => {
                let mut words = vec![range_of(decl.variant_span)];
                for operand in &decl.operands {
                    words.push(range_of(match operand {
                        ast::DeclOperand::Flag(word) | ast::DeclOperand::Dynamic(word) => word.span,
                        ast::DeclOperand::Name(name) => name.span,
                        ast::DeclOperand::Assignment(assignment) => assignment.span,
                    }));
                }
                self.simple(&decl.assignments, words, &stmt.redirects)
            }
            ast::Command::Builtin(builtin) => self.builtin(builtin, &stmt.redirects),
            ast::Command::Binary(_) => Self::unclear("a chain within a command"),
            ast::Command::Function(function) => {
                let body = self.nested_stmt(&function.body)?;
                Ok(compound(CompoundKind::Function, vec![body], &stmt.redirects))
            }
            ast::Command::AnonymousFunction(_) => Self::unclear("an anonymous function"),
            ast::Command::Compound(command) => self.compound(command, &stmt.redirects),
        }
    }

    fn builtin(&mut self, builtin: &ast::BuiltinCommand, redirects: &[ast::Redirect]) -> Result<Command, Opaque> {
        let (name, span, first, more, assignments) = match builtin {
            ast::BuiltinCommand::Break(c) => ("break", c.span, &c.depth, &c.extra_args, &c.assignments),
            ast::BuiltinCommand::Continue(c) => ("continue", c.span, &c.depth, &c.extra_args, &c.assignments),
            ast::BuiltinCommand::Return(c) => ("return", c.span, &c.code, &c.extra_args, &c.assignments),
            ast::BuiltinCommand::Exit(c) => ("exit", c.span, &c.code, &c.extra_args, &c.assignments),
        };
        let from = assignments.last().map_or(span.start.offset(), |assignment| assignment.span.end.offset());
        let Some(offset) = self.source[from..].find(name) else {
            return Self::unclear("a builtin without its name");
        };
        let mut words = vec![TextRange::new(from + offset, from + offset + name.len())];
        words.extend(first.iter().chain(more).map(|word| range_of(word.span)));
        self.simple(assignments, words, redirects)
    }

    fn simple(
        &mut self,
        assignments: &[ast::Assignment],
        words: Vec<TextRange>,
        redirects: &[ast::Redirect],
    ) -> Result<Command, Opaque> {
        let assignments =
            assignments.iter().map(|assignment| self.assignment(assignment)).collect::<Result<Vec<_>, _>>()?;
        let words = words.into_iter().map(|range| self.word(range)).collect::<Result<Vec<_>, _>>()?;
        let redirects = redirects.iter().map(|redirect| self.redirect(redirect)).collect::<Result<Vec<_>, _>>()?;
        let mut parts: SmallVec<[TextRange; 16]> = SmallVec::new();
        parts.extend(assignments.iter().map(|part| part.range));
        parts.extend(words.iter().map(|part| part.range));
        parts.extend(redirects.iter().map(|part| part.range));
        parts.sort_unstable();
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return Self::unclear("an empty command");
        };
        let range = TextRange::new(first.start, last.end);
        for pair in parts.windows(2) {
            let gap = self.source.get(pair[0].end..pair[1].start);
            if !gap.is_some_and(|gap| gap.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\\' | b'\r'))) {
                return Self::unclear("words that do not stand side by side");
            }
        }
        Ok(Command::Simple(Simple { assignments, words, redirects, range }))
    }

    fn word(&self, range: TextRange) -> Result<Word, Opaque> {
        let text = &self.source[range.range()];
        if text.starts_with("<(") || text.starts_with(">(") {
            self.bash_only("process substitution")?;
            return Ok(Word { range, literal: None });
        }
        let (quotes, literal) = literal::read(text);
        if quotes.broken {
            // An array or a pattern of bash holds blanks and operators within its brackets.
            let bracketed = text.contains("=(") || text.contains("@(");
            if !self.bash || !bracketed || !brackets_close(text) {
                return Self::unclear(&format!("the word {text:?}"));
            }
        }
        Ok(Word { range, literal })
    }

    fn assignment(&self, assignment: &ast::Assignment) -> Result<Assignment, Opaque> {
        let range = range_of(assignment.span);
        let text = &self.source[range.range()];
        let Some((name, value)) = text.split_once('=') else {
            return Self::unclear("an assignment without `=`");
        };
        if matches!(assignment.value, ast::AssignmentValue::Compound(_)) {
            self.bash_only("an array")?;
            return Ok(Assignment { name: name.to_owned(), range, literal: None });
        }
        Ok(Assignment { name: name.to_owned(), range, literal: literal(value) })
    }

    fn redirect(&self, redirect: &ast::Redirect) -> Result<Redirect, Opaque> {
        use ast::RedirectKind as Kind;
        let mut range = range_of(redirect.span);
        let heredoc = matches!(redirect.kind, Kind::HereDoc | Kind::HereDocStrip);
        match redirect.kind {
            Kind::OutputBoth => self.bash_only("`&>`")?,
            Kind::HereString => self.bash_only("`<<<`")?,
            _ => {}
        }
        // The target's own span is not always its place in the text: the redirection's is.
        let digits = self.source[range.range()].trim_start_matches(|c: char| c.is_ascii_digit());
        let written = digits.trim_start_matches(['<', '>', '&', '|']).trim();
        if redirect.kind == Kind::DupOutput && !is_descriptor(written) {
            self.bash_only("`>&` with a file")?;
        }
        let target = if heredoc { None } else { literal(written) };
        // The descriptor in front belongs to the redirection: `2>&1`.
        let digits = self.source[..range.start].bytes().rev().take_while(u8::is_ascii_digit).count();
        let before = self.source[..range.start - digits].bytes().next_back();
        let starts_with_operator = self.source[range.start..].starts_with(['<', '>']);
        if starts_with_operator
            && digits > 0
            && before.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b')' | b'}'))
        {
            range.start -= digits;
        }
        let writes =
            matches!(redirect.kind, Kind::Output | Kind::Clobber | Kind::Append | Kind::ReadWrite | Kind::OutputBoth)
                || (redirect.kind == Kind::DupOutput && !target.as_deref().is_some_and(is_descriptor));
        Ok(Redirect { range, target, writes, heredoc })
    }

    fn nested_stmt(&mut self, stmt: &ast::Stmt) -> Result<List, Opaque> {
        let range = self.trimmed(range_of(stmt.span));
        let chain = self.chain(stmt, range)?;
        Ok(List { items: vec![ListItem { chain, end: Terminator::None, range }] })
    }

    fn nested(&mut self, list: &StmtSeq) -> Result<List, Opaque> {
        self.list(list, range_of(list.span))
    }

    fn compound(&mut self, command: &ast::CompoundCommand, redirects: &[ast::Redirect]) -> Result<Command, Opaque> {
        use ast::CompoundCommand as C;
        for redirect in redirects {
            self.redirect(redirect)?;
        }
        let (kind, lists) = match command {
            C::Subshell(list) => (CompoundKind::Subshell, vec![self.nested(list)?]),
            C::BraceGroup(list) => (CompoundKind::Braces, vec![self.nested(list)?]),
            C::If(branch) => {
                if !matches!(branch.syntax, ast::IfSyntax::ThenFi { .. }) {
                    return Self::unclear("a brace-style if");
                }
                let mut lists = vec![self.nested(&branch.condition)?, self.nested(&branch.then_branch)?];
                for (condition, body) in &branch.elif_branches {
                    lists.push(self.nested(condition)?);
                    lists.push(self.nested(body)?);
                }
                if let Some(body) = &branch.else_branch {
                    lists.push(self.nested(body)?);
                }
                (CompoundKind::If, lists)
            }
            C::For(command) => {
                if !matches!(command.syntax, ast::ForSyntax::InDoDone { .. }) {
                    return Self::unclear("an unusual for loop");
                }
                (CompoundKind::Loop, vec![self.nested(&command.body)?])
            }
            C::While(command) => {
                (CompoundKind::Loop, vec![self.nested(&command.condition)?, self.nested(&command.body)?])
            }
            C::Until(command) => {
                (CompoundKind::Loop, vec![self.nested(&command.condition)?, self.nested(&command.body)?])
            }
            C::Case(command) => {
                let lists = command.cases.iter().map(|case| self.nested(&case.body)).collect::<Result<_, _>>()?;
                (CompoundKind::Case, lists)
            }
            C::Select(command) => {
                self.bash_only("`select`")?;
                (CompoundKind::Loop, vec![self.nested(&command.body)?])
            }
            C::Time(command) => {
                let lists = match &command.command {
                    Some(stmt) => vec![self.nested_stmt(stmt)?],
                    None => Vec::new(),
                };
                (CompoundKind::Other, lists)
            }
            C::ArithmeticFor(command) => {
                self.bash_only("an arithmetic loop")?;
                (CompoundKind::Loop, vec![self.nested(&command.body)?])
            }
            C::Arithmetic(_) => {
                self.bash_only("`((`")?;
                (CompoundKind::Other, Vec::new())
            }
            C::Conditional(_) => {
                self.bash_only("`[[`")?;
                (CompoundKind::Other, Vec::new())
            }
            C::Coproc(_) | C::Always(_) | C::Repeat(_) | C::Foreach(_) => return Self::unclear("an unusual command"),
        };
        Ok(compound(kind, lists, redirects))
    }
}

fn compound(kind: CompoundKind, lists: Vec<List>, redirects: &[ast::Redirect]) -> Command {
    Command::Compound(Compound { kind, lists, redirected: !redirects.is_empty() })
}

fn opens_heredoc(pipeline: &Pipeline) -> bool {
    let simple = pipeline.commands.iter().filter_map(|command| match command {
        Command::Simple(simple) => Some(simple),
        Command::Compound(_) => None,
    });
    simple.flat_map(|simple| &simple.redirects).any(|redirect| redirect.heredoc)
}

/// What stands before the first line end that no backslash escapes.
fn to_line_end(text: &str) -> &str {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes());
    let end =
        ends.into_iter().find(|end| text[..*end].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0);
    &text[..end.unwrap_or(text.len())]
}

/// Whether each bracket outside of quotes is opened and closed.
fn brackets_close(text: &str) -> bool {
    let Some(lexed) = lexed::lex(text) else { return false };
    let mut depth = 0_usize;
    for byte in lexed.bare.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return false,
            b')' => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

fn is_descriptor(text: &str) -> bool {
    text == "-" || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

#[cfg(test)]
mod tests {
    use crate::syntax::Span;

    use super::*;

    fn script(text: &str) -> Result<Script<'_>, Opaque> {
        parse(Joined::of(text.as_bytes(), Span::new(0, text.len())), false, false)
    }

    fn links(text: &str) -> Vec<String> {
        let script = script(text).expect("clean shell");
        let chain = script.single_chain().expect("one chain");
        chain.links.iter().map(|link| script.str(link.range).to_owned()).collect()
    }

    #[test]
    fn chains_come_apart_at_their_operators() {
        assert_eq!(links("a && b 'x && y' || (c; d) | e && { f; }"), ["a", "b 'x && y'", "(c; d) | e", "{ f; }"]);
        assert_eq!(links("(a; b) && c"), ["(a; b)", "c"]);
        assert_eq!(links("! a && b"), ["! a", "b"]);
    }

    #[test]
    fn lists_come_apart_at_their_terminators() {
        let script = script("a; (b); c & d").expect("clean shell");
        let items: Vec<_> = script.list.items.iter().map(|item| (script.str(item.range), item.end)).collect();
        let expected = [
            ("a", Terminator::Semicolon),
            ("(b)", Terminator::Semicolon),
            ("c", Terminator::Background),
            ("d", Terminator::None),
        ];
        assert_eq!(items, expected);
    }

    #[test]
    fn redirections_are_no_words() {
        let script = script("apt-get install x > /dev/null 2>&1 y").expect("clean shell");
        let simple = script.simple_commands()[0];
        let words: Vec<_> = simple.words.iter().map(|word| script.str(word.range)).collect();
        let redirects: Vec<_> = simple.redirects.iter().map(|redirect| script.str(redirect.range)).collect();
        assert_eq!(words, ["apt-get", "install", "x", "y"]);
        assert_eq!(redirects, ["> /dev/null", "2>&1"]);
    }

    #[test]
    fn what_is_not_certain_is_opaque() {
        for text in ["a &&", "a ;; b", "if x", "a &> f", "[[ a ]]", "echo 'x", "diff <(a) b", ""] {
            assert!(script(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_bracket_that_swallows_what_follows_is_opaque() {
        for text in ["a =(", "a =( && b", "a $x=( && b", "a @( && b", "a =(b) && c", "a b) && c", "a =( ) b; c"] {
            let found = script(text);
            assert!(found.is_err(), "{text}: {found:?}");
        }
        let bash = |text: &str| parse(Joined::owned(text.to_owned()), false, true);
        for text in ["export a=(b && c", "a =( && b", "ls @(a|b && c"] {
            let found = bash(text);
            assert!(found.is_err(), "{text}: {found:?}");
        }
        for text in ["export a=(b c) && d", "ls @(a|b) && c"] {
            let script = bash(text).expect("a script");
            assert_eq!(script.list.items[0].chain.links.len(), 2, "{text}");
        }
    }

    #[test]
    fn what_the_parser_loses_behind_a_heredocs_name_is_opaque() {
        for text in [
            "a <<D [\"",
            "a <<D [\" && b",
            "a <<D =(b\nx\nD\n",
            "a <<D \\\n[\"",
            "a | b <<D [\" c",
            "{ a <<D [\"\n}",
            "a <<D;[\nx\nD",
            "a <<D; [\"",
            "a b <<D & [\"",
        ] {
            let found = script(text);
            assert!(found.is_err(), "{text}: {found:?}");
        }
        // Commands that a shell runs, and that the parser loses.
        assert!(script("a <<D; [ -f b ] && c\nx\nD\n").is_err());
        for (text, commands) in [
            ("a <<D\nx\nD\n[ -f b ] && c\n", 3),
            ("{ a <<D; [ -f b ] && c\nx\nD\n}", 3),
            ("if a <<D; [ -f b ]\nx\nD\nthen c; fi", 3),
            ("a && (b <<D; [ -f b ]\nx\nD\n)", 3),
            ("{ a <<D; c; }\nx\nD\n", 2),
            ("if a <<D; c\nx\nD\nthen c; fi", 3),
            ("a <<D > f\n\"\nD\n", 1),
            ("a <<D && b\n[\"\nD\nc", 3),
            ("a <<D # [\"\nx\nD\n", 1),
            ("a <<D;\n[\"\nD\n", 1),
            ("{ a <<D; }\nx\nD\nb", 2),
            ("if a <<D\nx\nD\nthen b; fi", 2),
        ] {
            assert_eq!(script(text).expect(text).simple_commands().len(), commands, "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_opaque_at_once() {
        let text = format!("echo $({}]ate)", "${".repeat(300));
        assert!(matches!(script(&text), Err(Opaque::Syntax(_))));
        assert!(matches!(script(&format!("{}a", "time ".repeat(5000))), Err(Opaque::Syntax(_))));
        assert!(script(&format!("echo {}{}", "$(echo ".repeat(6), ")".repeat(6))).is_ok());
    }

    #[test]
    fn comments_are_seen() {
        let script = script("a && b # c && d").expect("clean shell");
        assert_eq!(script.comments.len(), 1);
        assert_eq!(script.str(script.comments[0]), "# c && d");
    }
}
