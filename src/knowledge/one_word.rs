//! Which commands and variables give one word: no blank, no line end, no character of a pattern.
//!
//! Sources: the manual pages of coreutils, busybox, `dpkg`(1), `lsb_release`(1), `rpm`(8), `getconf`(1); the
//! Dockerfiles of Docker's official images.

use super::bases::{BaseImage, Distribution};

/// Whether what the command prints is one word, or nothing where it fails.
#[must_use]
pub fn prints_one_word(words: &[Option<&str>]) -> bool {
    let Some(words) = words.iter().copied().collect::<Option<Vec<&str>>>() else { return false };
    let Some((name, arguments)) = words.split_first() else { return false };
    if let ("arch" | "whoami" | "hostname", [])
    | ("id", ["-u" | "-g" | "-un" | "-gn"])
    | ("git", ["rev-parse", "HEAD"] | ["rev-parse", "--short", "HEAD"])
    | (
        "lsb_release",
        ["-cs" | "-sc" | "-rs" | "-sr"]
        | ["-c" | "-r", "-s"]
        | ["-s", "-c" | "-r"]
        | ["--codename" | "--release", "--short"],
    ) = (*name, arguments)
    {
        return true;
    }
    match (*name, arguments) {
        ("nproc", arguments) => arguments.iter().all(|word| word.starts_with("--")),
        ("uname", [option]) => matches!(*option, "-r" | "-m" | "-s" | "--machine" | "--kernel-release"),
        ("dpkg", [option]) => *option == "--print-architecture",
        ("dpkg-architecture", [option]) => option.starts_with("-qDEB_"),
        ("apk", [option]) => *option == "--print-arch",
        ("rpm", ["-E" | "--eval", macro_name]) => matches!(*macro_name, "%fedora" | "%rhel" | "%centos" | "%_arch"),
        ("id", ["-u" | "-g", user]) => !user.starts_with('-'),
        ("getconf", [name]) => matches!(*name, "_NPROCESSORS_ONLN" | "_NPROCESSORS_CONF" | "LONG_BIT"),
        ("date", ["-u", format] | [format]) => is_plain_date(format),
        _ => false,
    }
}

/// A format without blanks, whose parts are all numbers.
fn is_plain_date(format: &str) -> bool {
    let Some(format) = format.strip_prefix('+') else { return false };
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        let known = match letter {
            '%' => letters.next().is_some_and(|letter| "sYmdHMSFTjyN".contains(letter)),
            letter => is_plain(letter),
        };
        if !known {
            return false;
        }
    }
    !format.is_empty()
}

/// Whether a value is one word wherever it stands: not empty, and no character that a shell looks at.
#[must_use]
pub fn is_one_word(value: &str) -> bool {
    !value.is_empty() && value.chars().all(is_plain)
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-' | '/' | ':' | '@' | '%' | '+' | '=' | ',')
}

/// Whether a base image brings the variable, with one word as its value, in each of its tags.
#[must_use]
pub fn set_by_image(image: &str, name: &str) -> bool {
    let path = image.split(['@', ':']).next().unwrap_or_default();
    let path = path.strip_prefix("docker.io/").unwrap_or(path);
    let known: &[&str] = match path.strip_prefix("library/").unwrap_or(path) {
        "golang" => &["GOPATH", "GOLANG_VERSION"],
        "node" => &["NODE_VERSION"],
        "python" => &["PYTHON_VERSION"],
        "php" => &["PHP_INI_DIR", "PHP_VERSION"],
        "ruby" => &["RUBY_VERSION", "GEM_HOME"],
        "rust" => &["CARGO_HOME", "RUSTUP_HOME", "RUST_VERSION"],
        "openjdk" | "eclipse-temurin" => &["JAVA_HOME", "JAVA_VERSION"],
        "tomcat" => &["CATALINA_HOME", "TOMCAT_VERSION"],
        "nginx" => &["NGINX_VERSION"],
        "jenkins/jenkins" => &["JENKINS_HOME"],
        "postgres" => &["PGDATA", "PG_MAJOR"],
        _ => &[],
    };
    known.contains(&name)
}

/// Whether an official image runs as root in each of its tags, where no USER says otherwise.
#[must_use]
pub fn runs_as_root(image: &str) -> bool {
    let path = image.split(['@', ':']).next().unwrap_or_default();
    let path = path.strip_prefix("docker.io/").unwrap_or(path);
    matches!(
        path.strip_prefix("library/").unwrap_or(path),
        "golang"
            | "node"
            | "python"
            | "php"
            | "ruby"
            | "rust"
            | "openjdk"
            | "eclipse-temurin"
            | "tomcat"
            | "nginx"
            | "maven"
            | "httpd"
            | "perl"
            | "gcc"
            | "erlang"
            | "elixir"
            | "postgres"
            | "redis"
    )
}

/// Whether the home directory of root is one word: in each image of a distribution it is `/root`.
#[must_use]
pub const fn root_home_is_one_word(image: BaseImage) -> bool {
    !matches!(image.distribution, Distribution::Busybox)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> bool {
        prints_one_word(&line.split(' ').map(Some).collect::<Vec<_>>())
    }

    #[test]
    fn commands() {
        for line in ["nproc", "uname -m", "dpkg --print-architecture", "lsb_release -cs", "date +%Y-%m-%d", "id -u www"]
        {
            assert!(one(line), "{line}");
        }
        for line in ["uname -a", "uname", "cat f", "date", "date +%c", "id", "seq 3", "apt-mark showmanual", "pwd"] {
            assert!(!one(line), "{line}");
        }
    }

    #[test]
    fn values() {
        assert!(is_one_word("/usr/local/go-1.2"));
        for value in ["", "a b", "a*", "a\tb", "[a]", "~/x"] {
            assert!(!is_one_word(value), "{value:?}");
        }
    }
}
