//! Languages: dependency installs, their manifests and lock files, and what else an install reads.
//!
//! Sources: the reference of each tool on its install command. Paths are relative to the folder that the
//! install runs in.

pub mod before_npm;
mod companions;
mod gemfile;
mod install;
mod node;
pub mod npm_ci;
mod options;
mod others;
mod python;
mod variables;

pub use companions::{Companion, companion};
pub use install::dependency_install;
pub use variables::paths_in;

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
    /// What it writes in its folder, or where its options tell it to.
    pub outputs: Vec<String>,
    /// What it reads beside these, as its options name it, and its program where that is named by a path.
    pub reads: Vec<String>,
    /// Options that are not understood: they may name anything.
    pub unclear: Vec<String>,
    /// Why it may do more than install what the manifests name.
    pub doubts: Vec<&'static str>,
    /// Whether scripts of the project are run.
    pub runs_scripts: bool,
    /// Whether plugins among the dependencies are run.
    pub runs_plugins: bool,
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
    fn env_names(&self) -> Vec<&str>;
}

/// Something of the project itself is read: moving code below the install breaks the build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NeedsProject(String);

pub(super) fn local(text: impl Into<String>) -> NeedsProject {
    NeedsProject(text.into())
}

/// What an install reads of a project, as far as can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The files: manifests, lock, settings.
    pub files: Vec<String>,
    /// Why it may read more, or do more, than that. None of them rules out another.
    pub doubts: Vec<String>,
}

impl Reading {
    fn doubt(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.doubts.contains(&text) {
            self.doubts.push(text);
        }
    }

    /// The text of a file that the install reads; a doubt where it can't be read.
    fn text(&mut self, project: &dyn Project, path: &str) -> Option<String> {
        let text = project.read(path);
        if text.is_none() {
            self.doubt(format!("`{path}` can't be read"));
        }
        // The tools pass over a byte order mark.
        text.map(|text| text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

/// What the install reads, where it reads nothing of the project's own code for sure.
///
/// # Errors
/// Where it does, whatever else is in doubt.
pub fn files_read(install: &Install, project: &dyn Project) -> Result<Reading, NeedsProject> {
    if let Some(option) = install.unclear.first() {
        return Err(local(format!("the option `{option}` is not understood, and may name a file")));
    }
    let mut reading = Reading { files: install.manifests.clone(), doubts: Vec::new() };
    for path in &install.manifests {
        if !project.exists(path) {
            reading.doubt(format!("`{path}` is not found in the build context"));
        }
    }
    let lock = install.locks.iter().find(|lock| project.exists(lock)).copied();
    if !install.locks.is_empty() && lock.is_none() && !is_empty_go_module(install, project) {
        reading.doubt("there is no lock file: what is installed is not pinned");
    }
    reading.files.extend(lock.map(str::to_owned));
    reading.files.extend(install.settings.iter().filter(|path| project.exists(path)).map(|path| (*path).to_owned()));
    if !is_frozen_by_env(install, project) {
        for doubt in &install.doubts {
            reading.doubt(*doubt);
        }
    }
    for name in project.env_names().into_iter().filter(|name| variables::steers(install.tool, name)) {
        reading.doubt(format!("the variable `{name}` may name a file of the project"));
    }
    manifests_name_nothing_local(install, project, lock, &mut reading)?;
    Ok(reading)
}

fn manifests_name_nothing_local(
    install: &Install,
    project: &dyn Project,
    lock: Option<&str>,
    reading: &mut Reading,
) -> Result<(), NeedsProject> {
    match install.tool {
        Tool::Pip => {
            for path in &install.manifests {
                if let Some(text) = reading.text(project, path) {
                    python::requirements_name_nothing_local(path, &text, reading)?;
                }
            }
            Ok(())
        }
        Tool::Npm | Tool::Yarn | Tool::Pnpm => node::reads_nothing_local(install, project, lock, reading),
        Tool::Go => others::go_module_is_alone(project, reading),
        Tool::Cargo => others::crate_is_alone(install, project, reading),
        Tool::Bundler => gemfile::is_alone(project, reading),
        Tool::Composer => others::composer_is_alone(install, project, lock, reading),
    }
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

        fn env_names(&self) -> Vec<&str> {
            Vec::new()
        }
    }

    fn read(line: &str, files: &[(&'static str, &'static str)]) -> Result<Reading, NeedsProject> {
        let words: Vec<Option<&str>> = line.split(' ').map(Some).collect();
        let install = dependency_install(&words).expect("a dependency install");
        files_read(&install, &Files(files.iter().copied().collect()))
    }

    /// Whether it reads its manifests alone, without a doubt.
    fn is_alone(line: &str, files: &[(&'static str, &'static str)]) -> bool {
        read(line, files).is_ok_and(|reading| reading.doubts.is_empty())
    }

    #[test]
    fn pip_reads_its_requirements() {
        let line = "pip install --no-cache-dir -r requirements.txt";
        assert_eq!(
            read(line, &[("requirements.txt", "flask==3.0 # x\n--hash=sha256:ab\n")]),
            Ok(Reading { files: vec!["requirements.txt".to_owned()], doubts: Vec::new() })
        );
        for text in ["--frob x", "x --global-option=-Iinc", "x==${V}"] {
            assert_eq!(read(line, &[("requirements.txt", text)]).map(|reading| reading.doubts.len()), Ok(1), "{text}");
        }
        for text in [
            "-r base.txt",
            "-rbase.txt",
            "-c c.txt",
            "-e .",
            "\u{feff}-e .",
            "x==${V}\n-e .",
            "flask\r-e .",
            "./lib",
            "lib @ file:///x",
            "libs/a.whl",
            "../x",
            "-i ./simple",
            "--extra-index-url file:///x",
        ] {
            assert!(read(line, &[("requirements.txt", text)]).is_err(), "{text}");
        }
        assert!(is_alone(line, &[("requirements.txt", "-i https://h/simple\nx @ git+https://h/x.git\n")]));
    }

    #[test]
    fn npm_reads_manifest_and_lock() {
        let lock = ("package-lock.json", "{}");
        let plain = ("package.json", r#"{"dependencies":{"a":"~1.2"},"scripts":{"build":"x"}}"#);
        assert!(is_alone("npm ci --omit=dev", &[plain, lock]));
        assert!(!is_alone("npm install", &[plain, lock]));
        assert!(!is_alone("npm ci", &[plain]));
        assert_eq!(read("npm install", &[plain]).map(|reading| reading.doubts.len()), Ok(2));
        assert!(read("npm ci --workspaces", &[plain, lock]).is_err());
        assert!(read("npm ci", &[lock]).is_err(), "scripts may be run");
        assert!(read("npm ci --ignore-scripts", &[lock]).is_ok());
        for text in [r#"{"scripts":{"prepare":"x"}}"#, r#"{"workspaces":["a"]}"#, r#"{"dependencies":{"a":"file:a"}}"#]
        {
            let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
            assert!(read("npm ci", &[("package.json", text), lock]).is_err(), "{text}");
            assert!(read("npm install", &[("package.json", text)]).is_err(), "{text}");
        }
        assert!(is_alone("npm ci --ignore-scripts", &[("package.json", r#"{"scripts":{"prepare":"x"}}"#), lock]));
    }

    #[test]
    fn other_tools() {
        assert!(is_alone("go mod download", &[("go.mod", "module a\nrequire b v1\n"), ("go.sum", "b")]));
        for path in ["./b", "\"../b\"", "`/b`"] {
            let module: &'static str = Box::leak(format!("require b v1\nreplace b => {path}\n").into_boxed_str());
            assert!(read("go mod download", &[("go.mod", module), ("go.sum", "b")]).is_err(), "{path}");
        }
        let composer = "composer install --no-scripts --no-autoloader";
        assert!(is_alone(composer, &[("composer.json", "{}"), ("composer.lock", "{}")]));
        let plugin = ("composer.lock", r#"{"packages":[{"name":"a/b","type":"composer-plugin"}]}"#);
        assert!(!is_alone(composer, &[("composer.json", "{}"), plugin]));
        assert!(is_alone(&format!("{composer} --no-plugins"), &[("composer.json", "{}"), plugin]));
    }

    #[test]
    fn cargo_looks_for_targets() {
        let read = |manifest: &'static str| {
            read("cargo fetch --locked", &[("Cargo.toml", manifest), ("Cargo.lock", "")])
                .is_ok_and(|reading| reading.doubts.is_empty())
        };
        assert!(read("[package]\nname='a'\n[[bin]]\nname='a'\npath='src/main.rs'\n"));
        for manifest in [
            "[package]\nname='a'\n",
            "[[bin]]\nname='a'\npath='m.rs'\n[dependencies]\nb={path='../b'}\n",
            "[[bin]]\nname='a'\npath='m.rs'\n[[bench]]\nname='q'\n",
            "[lib]\nname='a'\n[[bin]]\nname='a'\npath='m.rs'\n",
            "[lib]\npath='l.rs'\n[[example]]\nname='e'\n",
        ] {
            assert!(!read(manifest), "{manifest}");
        }
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
