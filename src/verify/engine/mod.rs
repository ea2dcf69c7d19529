//! The program that builds images: `docker`, `podman` or `buildah`, by its command line.
//!
//! The command line is the one door that all engines and versions share: builds, secrets, contexts and the
//! reading of a saved image are the same calls as those that people make by hand. Every image gets a name of
//! the run, so that all of them can be found again and removed, and no one else's is.

mod cleaning;
pub mod process;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use process::{Ended, Interrupt};

use super::image::{self, Image, ImageError, Manager, Packages};

/// How many lines of a failed build's log are told.
const LOG_LINES: usize = 20;
/// A container that lists packages takes no longer.
const QUERY_LIMIT: Duration = Duration::from_mins(1);

/// Which program builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `docker buildx build`, or `docker build` with BuildKit where there is no buildx.
    Docker {
        /// Whether there is buildx.
        buildx: bool,
    },
    /// `podman build`
    Podman,
    /// `buildah build`
    Buildah,
}

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Docker { .. } => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
        }
    }
}

/// Why there is no engine, or why it did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// None answers.
    #[error("no engine answers: install and start docker, podman or buildah ({0})")]
    NotFound(String),
    /// It could not be run, or a file for it could not be written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It failed at something other than a build.
    #[error("`{call}` failed: {log}")]
    Failed {
        /// What was called.
        call: String,
        /// What it said.
        log: String,
    },
    /// Images of this run could not be removed.
    #[error("these images could not be removed: {0}")]
    LeftBehind(String),
    /// Working containers that came up during the run, and may be another build's.
    #[error(
        "these containers came up during the run and may be of builds that were ended; `{program} rm` removes them: {ids}"
    )]
    Containers {
        /// The engine's program.
        program: &'static str,
        /// Their ids.
        ids: String,
    },
    /// What it saved can't be read.
    #[error("{0}")]
    Image(#[from] ImageError),
}

/// What is said to each build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// `--build-arg`, each `KEY=VALUE` or `KEY`.
    pub build_args: Vec<String>,
    /// `--secret`
    pub secrets: Vec<String>,
    /// `--ssh`
    pub ssh: Vec<String>,
    /// `--target`
    pub target: Option<String>,
    /// `--platform`
    pub platform: Option<String>,
    /// `--network`
    pub network: Option<String>,
    /// A build that takes longer is ended.
    pub limit: Duration,
}

/// One build.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The Dockerfile's text.
    pub dockerfile: &'r [u8],
    /// The ignore file that belongs to this Dockerfile alone, where there is one.
    pub ignore_file: Option<&'r Path>,
    /// The build context.
    pub context: &'r Path,
    /// Whether nothing of earlier builds may be used.
    pub fresh: bool,
}

/// How a build ended.
#[derive(Debug)]
pub enum Built {
    /// There is an image.
    Image {
        /// Its name.
        name: String,
        /// How long it took.
        took: Duration,
    },
    /// It failed.
    Failed {
        /// The end of its log.
        log: String,
    },
    /// Ctrl-C.
    Interrupted,
}

/// An engine with all that this run made in it.
#[derive(Debug)]
pub struct Engine {
    program: Program,
    version: String,
    options: BuildOptions,
    /// The repository of the run's image names.
    repository: String,
    images: AtomicUsize,
    folder: TempDir,
    /// The build cache that was there before.
    cache: BTreeSet<String>,
    /// The working containers that were there before.
    containers: BTreeSet<String>,
}

impl Engine {
    /// Finds the engine of a name, or the first of docker, podman and buildah that answers.
    ///
    /// # Errors
    /// Where none does.
    pub fn find(name: Option<&str>, options: BuildOptions) -> Result<Self, EngineError> {
        let mut said = Vec::new();
        for candidate in name.map_or_else(|| vec!["docker", "podman", "buildah"], |name| vec![name]) {
            match answering(candidate) {
                Ok((program, version)) => return Self::new(program, version, options),
                Err(reason) => said.push(format!("{candidate}: {reason}")),
            }
        }
        Err(EngineError::NotFound(said.join("; ")))
    }

    fn new(program: Program, version: String, options: BuildOptions) -> Result<Self, EngineError> {
        let folder = tempfile::Builder::new().prefix("dockmod-verify-").tempdir()?;
        let name = folder.path().file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        // Names of images know no capitals, and no `-` or `.` at their ends.
        let repository = format!("localhost/{}", name.trim_matches(['-', '.', '_']));
        let mut engine = Self {
            program,
            version,
            options,
            repository,
            images: AtomicUsize::new(0),
            folder,
            cache: BTreeSet::new(),
            containers: BTreeSet::new(),
        };
        engine.cache = engine.build_cache()?;
        engine.containers = engine.working_containers()?.into_keys().collect();
        Ok(engine)
    }

    /// Its name and version.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.program.name(), self.version)
    }

    /// The repository of the run's image names.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.program.name());
        command.args(words);
        command
    }

    /// Builds an image.
    ///
    /// # Errors
    /// Where the engine can't be run; a build that fails is no error.
    pub fn build(&self, request: &Request<'_>, interrupt: &Interrupt) -> Result<Built, EngineError> {
        let number = self.images.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.path().join(number.to_string());
        fs::create_dir(&folder)?;
        let dockerfile = folder.join("Dockerfile");
        fs::write(&dockerfile, request.dockerfile)?;
        if let Some(ignore_file) = request.ignore_file {
            fs::copy(ignore_file, folder.join("Dockerfile.dockerignore"))?;
        }
        let name = format!("{}:{number}", self.repository);
        let log = folder.join("log");
        let command = self.build_command(&name, &dockerfile, request);
        let started = Instant::now();
        match process::watched(command, &log, self.options.limit, interrupt)? {
            Ended::Itself(status) if status.success() => Ok(Built::Image { name, took: started.elapsed() }),
            Ended::Itself(_) => Ok(Built::Failed { log: process::tail(&log, LOG_LINES) }),
            Ended::TimedOut => {
                let log = process::tail(&log, LOG_LINES);
                Ok(Built::Failed {
                    log: format!("{log}\nended after {} s, see --timeout", self.options.limit.as_secs()),
                })
            }
            Ended::Interrupted => Ok(Built::Interrupted),
        }
    }

    fn build_command(&self, name: &str, dockerfile: &Path, request: &Request<'_>) -> Command {
        let options = &self.options;
        let mut command = match self.program {
            Program::Docker { buildx: true } => {
                self.command(&["buildx", "build", "--progress", "plain", "--load", "--provenance", "false"])
            }
            Program::Docker { buildx: false } => {
                let mut command = self.command(&["build", "--progress", "plain"]);
                command.env("DOCKER_BUILDKIT", "1");
                command
            }
            // OCI's format has no SHELL and no HEALTHCHECK.
            Program::Podman | Program::Buildah => {
                self.command(&["build", "--layers", "--force-rm", "--format", "docker"])
            }
        };
        command.args(["--tag", name]).arg("--file").arg(dockerfile);
        if request.fresh {
            command.arg("--no-cache");
        }
        let mut each = |option: &str, values: &[String]| {
            for value in values {
                command.arg(option).arg(value);
            }
        };
        each("--build-arg", &options.build_args);
        each("--secret", &options.secrets);
        each("--ssh", &options.ssh);
        each("--target", options.target.as_slice());
        each("--platform", options.platform.as_slice());
        each("--network", options.network.as_slice());
        command.arg(request.context);
        command
    }

    /// Reads an image; `keep` says of a path how many bytes of its content are wanted. After an interrupt its list
    /// of packages may lack those of rpm.
    ///
    /// # Errors
    /// Where the engine does not save it, or it can't be read.
    pub fn image(
        &self,
        name: &str,
        keep: &dyn Fn(&[u8]) -> Option<u64>,
        interrupt: &Interrupt,
    ) -> Result<Image, EngineError> {
        let archive = format!("docker-archive:/dev/stdout:{name}");
        let words: Vec<&str> = match self.program {
            Program::Docker { .. } => vec!["image", "save", name],
            Program::Podman => vec!["save", "--quiet", "--format", "docker-archive", name],
            Program::Buildah => vec!["push", "--quiet", name, &archive],
        };
        let log = self.folder.path().join(format!("save-{}", self.images.fetch_add(1, Ordering::Relaxed)));
        let mut child = process::piped(self.command(&words), &log)?;
        let Some(stream) = child.stdout.take() else {
            return Err(io::Error::other("the engine's output is not at hand").into());
        };
        let read = image::read(stream, keep);
        if read.is_err() {
            process::end(&mut child)?;
        }
        let status = child.wait()?;
        if !status.success() && read.is_ok() {
            let call = format!("{} {}", self.program.name(), words.join(" "));
            return Err(EngineError::Failed { call, log: process::tail(&log, LOG_LINES) });
        }
        let mut image = read?;
        if image::has_rpm(&image.tree) {
            image.packages.extend(self.rpm_packages(name, interrupt));
        }
        Ok(image)
    }

    /// What `rpm` in the image lists: the format of its database is its own. None where there is no `rpm`.
    fn rpm_packages(&self, name: &str, interrupt: &Interrupt) -> Packages {
        let mut packages = Packages::new();
        let format = "%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE}.%{ARCH}\\n";
        let words = [
            "run",
            "--rm",
            "--network",
            "none",
            "--entrypoint",
            "rpm",
            name,
            "--query",
            "--all",
            "--queryformat",
            format,
        ];
        if self.program == Program::Buildah {
            return packages;
        }
        let log = self.folder.path().join(format!("rpm-{}", self.images.fetch_add(1, Ordering::Relaxed)));
        let listed = process::watched(self.command(&words), &log, QUERY_LIMIT, interrupt);
        if !matches!(listed, Ok(Ended::Itself(status)) if status.success()) {
            return packages;
        }
        for line in fs::read_to_string(&log).unwrap_or_default().lines() {
            if let Some((package, version)) = line.split_once(' ') {
                packages.insert((Manager::Rpm, package.to_owned()), version.replace("(none):", ""));
            }
        }
        packages
    }

    fn call(&self, words: &[&str]) -> Result<Output, EngineError> {
        let output = process::output(self.command(words))?;
        if output.status.success() {
            return Ok(output);
        }
        let log = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(EngineError::Failed { call: format!("{} {}", self.program.name(), words.join(" ")), log })
    }
}

/// The program of a name with its version, if it is there and its engine answers.
fn answering(name: &str) -> Result<(Program, String), String> {
    let run = |words: &[&str]| {
        let mut command = Command::new(name);
        command.args(words);
        let output = process::output(command).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "not installed".to_owned(),
            _ => error.to_string(),
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(said.trim().lines().last().unwrap_or("it fails").to_owned())
    };
    match name {
        "docker" => {
            let version = run(&["version", "--format", "{{.Server.Version}}"])?;
            let buildx = run(&["buildx", "version"]).is_ok();
            let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default();
            if !buildx && major >= 23 {
                return Err("its buildx plug-in is missing".to_owned());
            }
            Ok((Program::Docker { buildx }, version))
        }
        "podman" => Ok((Program::Podman, run(&["version", "--format", "{{.Version}}"])?)),
        "buildah" => {
            let line = run(&["--version"])?;
            Ok((Program::Buildah, line.split_whitespace().nth(2).unwrap_or("?").to_owned()))
        }
        _ => Err("no engine of that name is known".to_owned()),
    }
}

/// The ignore file that belongs to one Dockerfile alone: `NAME.dockerignore` beside it, as BuildKit has it.
#[must_use]
pub fn own_ignore_file(dockerfile: &Path) -> Option<PathBuf> {
    let mut name = dockerfile.file_name().unwrap_or(OsStr::new("")).to_owned();
    name.push(".dockerignore");
    let path = dockerfile.with_file_name(name);
    path.is_file().then_some(path)
}
