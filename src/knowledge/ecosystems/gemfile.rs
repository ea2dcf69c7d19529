//! Gemfiles: a Gemfile is a program, and one of literals alone reads no file.
//!
//! Source: bundler's page on gemfile(5).

use super::{NeedsProject, Project, Reading, local};

/// Words of a Gemfile that only say which gems are wanted. `git_source` may put its argument into an address.
const WORDS: &[&str] =
    &["do", "end", "false", "gem", "git_source", "group", "nil", "platform", "platforms", "ruby", "source", "true"];

/// Keys whose value is a file or a folder.
const KEYS_OF_FILES: &[&str] = &["path", "file"];

/// Variables of bundler's settings that name no file, as in `.bundle/config`.
const HARMLESS_SETTINGS: &[&str] =
    &["BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT", "BUNDLE_WITHOUT", "BUNDLE_WITH", "BUNDLE_JOBS", "BUNDLE_RETRY"];

pub(super) fn is_alone(project: &dyn Project, reading: &mut Reading) -> Result<(), NeedsProject> {
    if project.exists("vendor/cache") {
        return Err(local("gems are taken from `vendor/cache`"));
    }
    if project.exists(".bundle/config")
        && let Some(settings) = reading.text(project, ".bundle/config")
    {
        let mut keys = settings.lines().filter_map(|line| line.split_once(':')).map(|(key, _)| key.trim());
        if let Some(key) = keys.find(|key| !HARMLESS_SETTINGS.contains(key)) {
            reading.doubt(format!("`.bundle/config` holds `{key}`, which may name a file"));
        }
    }
    let Some(gemfile) = reading.text(project, "Gemfile") else { return Ok(()) };
    is_made_of_literals(&gemfile)
}

fn is_made_of_literals(gemfile: &str) -> Result<(), NeedsProject> {
    let mut at = 0;
    while let Some(c) = gemfile[at..].chars().next() {
        let rest = &gemfile[at..];
        let line = || gemfile[gemfile[..at].rfind('\n').map_or(0, |end| end + 1)..].lines().next().unwrap_or("").trim();
        let runs_code = || local(format!("`Gemfile` runs code: `{}`", line()));
        let names_a_folder = || local(format!("`Gemfile` names a folder: `{}`", line()));
        at += match c {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => {
                let text = string(rest, c).ok_or_else(runs_code)?;
                if c == '"' && !interpolates_names_alone(text, line()) {
                    return Err(runs_code());
                }
                if text.starts_with(['.', '/']) || text.starts_with("file:") {
                    return Err(names_a_folder());
                }
                let end = text.len() + 2;
                // `"path": "lib"`
                if rest[end..].starts_with(':') {
                    return Err(runs_code());
                }
                end
            }
            // `%i[mingw mswin]`
            '%' => list_of_words(rest).ok_or_else(runs_code)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let word = word(rest);
                let behind = &rest[word.len()..];
                let is_key = behind.starts_with(':') && !behind.starts_with("::");
                let is_name = is_key || is_symbol(&gemfile[..at]);
                if matches!(word, "gemspec" | "path") || is_name && KEYS_OF_FILES.contains(&word) {
                    return Err(names_a_folder());
                }
                if !is_name && !WORDS.contains(&word) && !is_parameter(word, line()) {
                    return Err(runs_code());
                }
                word.len()
            }
            _ if c.is_ascii_digit() || c.is_whitespace() => c.len_utf8(),
            ',' | ':' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '=' | '>' => 1,
            _ => return Err(runs_code()),
        };
    }
    Ok(())
}

/// What stands in quotes; `None` where an escape does or the quote is not closed in its line.
fn string(rest: &str, quote: char) -> Option<&str> {
    let text = &rest[1..];
    let text = &text[..text.find(quote)?];
    (!text.contains(['\\', '\n'])).then_some(text)
}

fn list_of_words(rest: &str) -> Option<usize> {
    let list = rest.strip_prefix("%i[").or_else(|| rest.strip_prefix("%w["))?;
    let end = list.find(']')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c.is_whitespace();
    list[..end].chars().all(plain).then_some(end + 4)
}

/// Whether what follows is a symbol: behind a colon that ends no key.
fn is_symbol(before: &str) -> bool {
    let before_colon = before.strip_suffix(':');
    before_colon.is_some_and(|text| !text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':')))
}

fn word(rest: &str) -> &str {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    &rest[..end]
}

/// `git_source(:github) { |repo| "https://github.com/#{repo}.git" }`: the block's parameter.
fn is_parameter(name: &str, line: &str) -> bool {
    line.starts_with("git_source") && line.split('|').nth(1).is_some_and(|parameter| parameter.trim() == name)
}

fn interpolates_names_alone(text: &str, line: &str) -> bool {
    text.split("#{").skip(1).all(|part| part.split_once('}').is_some_and(|(name, _)| is_parameter(name, line)))
        && !text.contains("#@")
        && !text.contains("#$")
}

#[cfg(test)]
mod tests {
    use super::is_made_of_literals;

    #[test]
    fn literals() {
        for text in [
            "source \"https://rubygems.org\"\n\ngem 'a', '~> 1.0', \">= 2\" # it's\n",
            "git_source(:github) { |repo| \"https://github.com/#{repo}.git\" }\n",
            "group :development, :test do\n  gem \"a\", platforms: %i[ mri windows ], require: false\nend\n",
            "gem 'a', :git => 'https://h/a.git', :platforms => [:mri]; ruby '3.2.0'\n",
            "gem 'a', group: [:test], require: ['b/c', \"d\"]",
        ] {
            assert_eq!(is_made_of_literals(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn code_and_folders() {
        for text in [
            "ruby IO.read(\"v\").strip",
            "gem \"a\", YAML.load_file(\"v\")[\"a\"]",
            "gem \"a\", `cat v`",
            "gem \"a\", open(\"v\").read",
            "gem \"a\", \"#{IO.read('v')}\"",
            "gem \"a\", **JSON.parse(x)",
            "gem \"a\" if File.exist?(\"v\")",
            "git_source(:gh) { |r| `cat v` }",
            "eval_gemfile \"x\"",
            "gem 'a', ENV['V']",
            "gem 'a', %x[cat v]",
            "gem 'a', %w[#{x}]",
            "gem 'a', path: 'lib/a'",
            "gem 'a', :path => 'lib/a'",
            "gem 'a', git: './a'",
            "gem 'a', \"path\": 'a'",
            "ruby file: '.ruby-version'",
            "path 'components' do\nend",
            "gemspec",
            "gem 'a', ::X",
            "gem 'a', {require:open('v')}",
            "gem 'a",
        ] {
            assert!(is_made_of_literals(text).is_err(), "{text}");
        }
    }
}
