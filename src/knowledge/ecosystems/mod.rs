//! Languages: dependency installs, their manifests and lock files, and what else an install reads.
//!
//! Sources: the reference of each tool on its install command. Paths are relative to the folder that the
//! install runs in.

pub mod before_npm;
mod companions;
mod install;
mod node;
pub mod npm_ci;
mod others;
mod python;
mod variables;

pub use companions::is_companion;
pub use install::dependency_install;

/// An install of the dependencies that manifests name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The tool.
    pub tool: Tool,
    /// Manifests that it can't do without.
    pub manifests: Vec<String>,
    /// Lock files, which pin what it installs; one of them is wanted where any is listed.
    pub locks: Vec<&'static str>,
    /// Files that it reads where they are there.
    pub settings: &'static [&'static str],
    /// What it writes in its folder.
    pub outputs: &'static [&'static str],
    /// Why it may do more than install what the manifests name.
    pub doubt: Option<&'static str>,
    /// Whether scripts of the project are skipped.
    pub skips_scripts: bool,
}

/// The tools whose installs are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// `pip install -r`
    Pip,
    /// `npm ci`, `npm install`
    Npm,
    /// `yarn install`
    Yarn,
    /// `pnpm install`
    Pnpm,
    /// `go mod download`
    Go,
    /// `cargo fetch`
    Cargo,
    /// `bundle install`
    Bundler,
    /// `composer install`
    Composer,
}

impl Install {
    /// Whether it seldom reads more of a project than its manifests: where the project is not at hand, only
    /// such an install may be taken to need nothing else.
    #[must_use]
    pub const fn is_mostly_alone(&self) -> bool {
        matches!(self.tool, Tool::Pip | Tool::Npm | Tool::Yarn | Tool::Pnpm)
    }
}

/// Whether a file or folder of this name may be one that manifests take in: further requirements, manifests
/// of members and plugins.
#[must_use]
pub fn looks_like_manifest(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends =
        [".txt", ".toml", ".lock", ".in", ".cfg", ".mod", ".sum", ".gemspec", ".json", ".yaml", ".yml", ".npmrc"];
    let words = ["requirement", "deps", "depend", "package", "plugin", "patch", "vendor", "workspace", "constraint"];
    ends.iter().any(|end| name.ends_with(end)) || words.iter().any(|word| name.contains(word))
}

/// The build context, or as much of it as an install may look at.
pub trait Project {
    /// The text of a file, if it is there and readable.
    fn read(&self, path: &str) -> Option<String>;
    /// Whether something of that name is there.
    fn exists(&self, path: &str) -> bool;
    /// What an environment variable is set to, where that is known.
    fn env(&self, name: &str) -> Option<String>;
    /// The names of all variables that are set.
    fn env_names(&self) -> Vec<String>;
}

/// Why an install can't be shown to need its manifests alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Need {
    /// Something of the project itself is read: moving code below the install breaks the build.
    #[error("{0}")]
    Local(String),
    /// It is not known.
    #[error("{0}")]
    Unknown(String),
}

pub(super) fn local(text: impl Into<String>) -> Need {
    Need::Local(text.into())
}

pub(super) fn unknown(text: impl Into<String>) -> Need {
    Need::Unknown(text.into())
}

/// The files that the install reads, where it reads no others: manifests, lock, settings.
///
/// # Errors
/// Where it reads, or may read, something else of the project.
pub fn files_read(install: &Install, project: &dyn Project) -> Result<Vec<String>, Need> {
    let mut files = install.manifests.clone();
    for path in &files {
        if !project.exists(path) {
            return Err(unknown(format!("`{path}` is not found in the build context")));
        }
    }
    let lock = install.locks.iter().find(|lock| project.exists(lock));
    if !install.locks.is_empty() && lock.is_none() && !is_empty_go_module(install, project) {
        return Err(unknown("there is no lock file: what is installed is not pinned"));
    }
    files.extend(lock.map(|lock| (*lock).to_owned()));
    files.extend(install.settings.iter().filter(|path| project.exists(path)).map(|path| (*path).to_owned()));
    if let Some(doubt) = install.doubt.filter(|_| !is_frozen_by_env(install, project)) {
        return Err(unknown(doubt));
    }
    if let Some(name) = project.env_names().into_iter().find(|name| variables::steers(install.tool, name)) {
        return Err(unknown(format!("the variable `{name}` may name a file of the project")));
    }
    let text = |path: &str| project.read(path).ok_or_else(|| unknown(format!("`{path}` can't be read")));
    match install.tool {
        Tool::Pip => {
            for manifest in &install.manifests {
                python::requirements_name_nothing_local(manifest, &text(manifest)?)?;
            }
        }
        Tool::Npm | Tool::Yarn | Tool::Pnpm => {
            node::reads_nothing_local(
                install,
                project,
                &text("package.json")?,
                lock.map(|lock| text(lock)).transpose()?.as_deref(),
            )?;
        }
        Tool::Go => others::go_module_is_alone(project, &text("go.mod")?)?,
        Tool::Cargo => others::crate_is_alone(project, &text("Cargo.toml")?)?,
        Tool::Bundler => others::gemfile_is_alone(&text("Gemfile")?)?,
        Tool::Composer => others::composer_is_alone(&text("composer.json")?)?,
    }
    Ok(files)
}

/// Bundler's settings come by the environment as well as by options.
fn is_frozen_by_env(install: &Install, project: &dyn Project) -> bool {
    let set = |name: &str| project.env(name).is_some_and(|value| matches!(value.as_str(), "1" | "true"));
    install.tool == Tool::Bundler && set("BUNDLE_FROZEN") && project.env("BUNDLE_PATH").is_none()
}

fn is_empty_go_module(install: &Install, project: &dyn Project) -> bool {
    install.tool == Tool::Go && project.read("go.mod").is_some_and(|text| !text.contains("require"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Files(BTreeMap<&'static str, &'static str>);

    impl Project for Files {
        fn read(&self, path: &str) -> Option<String> {
            self.0.get(path).map(|text| (*text).to_owned())
        }

        fn exists(&self, path: &str) -> bool {
            self.0.contains_key(path)
        }

        fn env(&self, _: &str) -> Option<String> {
            None
        }

        fn env_names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    fn read(line: &str, files: &[(&'static str, &'static str)]) -> Result<Vec<String>, Need> {
        let words: Vec<Option<&str>> = line.split(' ').map(Some).collect();
        let install = dependency_install(&words).expect("a dependency install");
        files_read(&install, &Files(files.iter().copied().collect()))
    }

    #[test]
    fn pip_reads_its_requirements() {
        let line = "pip install --no-cache-dir -r requirements.txt";
        assert_eq!(
            read(line, &[("requirements.txt", "flask==3.0 # x\n--hash=sha256:ab\n")]),
            Ok(vec!["requirements.txt".to_owned()])
        );
        assert!(matches!(read(line, &[("requirements.txt", "--frob x")]), Err(Need::Unknown(_))));
        for text in ["-r base.txt", "-rbase.txt", "-c c.txt", "-e .", "./lib", "lib @ file:///x", "libs/a.whl", "../x"]
        {
            assert!(matches!(read(line, &[("requirements.txt", text)]), Err(Need::Local(_))), "{text}");
        }
        assert!(read(line, &[("requirements.txt", "x @ git+https://h/x.git\n")]).is_ok());
    }

    #[test]
    fn npm_reads_manifest_and_lock() {
        let lock = ("package-lock.json", "{}");
        let plain = ("package.json", r#"{"dependencies":{"a":"~1.2"},"scripts":{"build":"x"}}"#);
        assert!(read("npm ci --omit=dev", &[plain, lock]).is_ok());
        assert!(read("npm install", &[plain, lock]).is_err());
        assert!(read("npm ci", &[plain]).is_err());
        for text in [r#"{"scripts":{"prepare":"x"}}"#, r#"{"workspaces":["a"]}"#, r#"{"dependencies":{"a":"file:a"}}"#]
        {
            let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
            assert!(matches!(read("npm ci", &[("package.json", text), lock]), Err(Need::Local(_))), "{text}");
        }
        assert!(read("npm ci --ignore-scripts", &[("package.json", r#"{"scripts":{"prepare":"x"}}"#), lock]).is_ok());
    }

    #[test]
    fn other_tools() {
        assert!(read("go mod download", &[("go.mod", "module a\nrequire b v1\n"), ("go.sum", "b")]).is_ok());
        assert!(read("go mod download", &[("go.mod", "require b v1\nreplace b => ./b\n"), ("go.sum", "b")]).is_err());
        let bin = "[package]\nname='a'\n[[bin]]\nname='a'\npath='src/main.rs'\n";
        assert!(read("cargo fetch --locked", &[("Cargo.toml", bin), ("Cargo.lock", "")]).is_ok());
        assert!(read("cargo fetch --locked", &[("Cargo.toml", "[package]\nname='a'\n"), ("Cargo.lock", "")]).is_err());
        let path = "[[bin]]\nname='a'\npath='m.rs'\n[dependencies]\nb={path='../b'}\n";
        assert!(read("cargo fetch --locked", &[("Cargo.toml", path), ("Cargo.lock", "")]).is_err());
        assert!(read("bundle install --frozen", &[("Gemfile", "source 'x'\ngem 'a'\n"), ("Gemfile.lock", "")]).is_ok());
        assert!(read("bundle install --frozen", &[("Gemfile", "gemspec\n"), ("Gemfile.lock", "")]).is_err());
        assert!(
            read("composer install --no-scripts --no-autoloader", &[("composer.json", "{}"), ("composer.lock", "")])
                .is_ok()
        );
    }

    #[test]
    fn what_is_no_dependency_install() {
        for line in [
            "npm run build",
            "pip install flask",
            "pip install -e .",
            "pip install .",
            "go build",
            "yarn add x",
            "cargo build",
            "composer install",
        ] {
            let words: Vec<Option<&str>> = line.split(' ').map(Some).collect();
            assert!(dependency_install(&words).is_none(), "{line}");
        }
    }
}
