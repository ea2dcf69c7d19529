//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::pin::tags::Level;

const AFTER_HELP: &str = "\
Examples:
  dockmod                              preview all safe fixes below this folder
  dockmod --check services             exit 1 where a Dockerfile would change
  dockmod --apply --select merge-runs  write the fixes of one transform
  dockmod -i services                  approve fix by fix
  dockmod - --stdin-filename Dockerfile < Dockerfile
                                       filter: the result on stdout

Exit status: 0 done (under --check: nothing to change), 1 --check found changes, 2 something failed,
130 -i was interrupted.
A path that is the name of a command is written as ./list.";

const AFTER_VERIFY: &str = "\
Examples:
  dockmod verify services                  build what the safe fixes would change, before and after
  dockmod verify --unsafe --bisect         unsafe fixes too; name the one that changed an image
  dockmod verify --rev main --format markdown > comment.md
                                           what changed since a revision, for a pull request

Exit status: 0 all images are the same, 1 an image differs or no longer builds, 2 something failed.
A Dockerfile that does not build before its fixes is named, and not counted.";

/// Rewrites Dockerfiles, and proves each rewrite before it is shown.
///
/// Without --check or --apply nothing is written: diffs that `git apply` takes go to stdout, a summary to
/// stderr.
#[derive(Debug, Parser)]
#[command(name = "dockmod", version, after_help = AFTER_HELP, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Cli {
    /// Another command than a run over Dockerfiles.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// A run over Dockerfiles.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The commands beside a run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the transforms
    List,
    /// Print the page of a transform: what it does, why, when it refuses
    Explain {
        /// The transform's id, as `dockmod list` shows it
        id: String,
    },
    /// Show how BuildKit reads Dockerfiles
    Parse(ParseArgs),
    /// Build Dockerfiles before and after their fixes, and compare the images
    Verify(Box<VerifyArgs>),
    /// Name images by digest, keep what they stood for in a lock, and move them on
    Pin(Box<PinArgs>),
    /// Show what is configured for a file, or the schema of dockmod.yaml
    Config(ConfigCommand),
    /// Write a dockmod.yaml with every key explained
    Init(InitArgs),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, in roff
    Man,
}

/// `dockmod config`
#[derive(Debug, Args)]
pub struct ConfigCommand {
    /// What to show.
    #[command(subcommand)]
    pub what: ConfigAction,
}

/// What `dockmod config` shows.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// What is in force for a Dockerfile, and where each value comes from
    Show(Box<ShowArgs>),
    /// The JSON schema of dockmod.yaml
    Schema,
}

/// Arguments of `dockmod config show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dockmod config show services/api/Dockerfile\n  dockmod config show --unsafe")]
pub struct ShowArgs {
    /// The Dockerfile, which need not be there
    #[arg(default_value = "Dockerfile", value_name = "PATH")]
    pub path: PathBuf,

    /// Which transforms take part.
    #[command(flatten)]
    pub choice: Choice,

    /// Where configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Arguments of `dockmod init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to write it to
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub folder: PathBuf,

    /// Replace a configuration that is there
    #[arg(long)]
    pub force: bool,
}

/// Where configuration comes from.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// Take this file for all Dockerfiles, instead of the nearest dockmod.yaml upward from each
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Configuration")]
    pub config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long, help_heading = "Configuration")]
    pub no_config: bool,
}

/// Arguments of `dockmod parse`.
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// Dockerfiles, folders, or - for stdin
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = ParseFormat::Tree)]
    pub format: ParseFormat,
}

/// Formats of `dockmod parse`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ParseFormat {
    /// Every token with its place
    Tree,
    /// One JSON array
    Json,
    /// One JSON object a line for each file
    Ndjson,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, as `NO_COLOR` and `CLICOLOR_FORCE` allow
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Arguments of a run over Dockerfiles.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct RunArgs {
    /// Dockerfiles and folders, or - for stdin [default: this folder]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,

    /// Write nothing, and exit 1 where a Dockerfile would change
    #[arg(long, conflicts_with = "apply")]
    pub check: bool,

    /// Write the fixes
    #[arg(long)]
    pub apply: bool,

    /// Approve the fixes one by one, in a terminal
    #[arg(short, long, conflicts_with_all = ["check", "apply"])]
    pub interactive: bool,

    /// Only do what an earlier review decided; with -i, ask about the rest
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,

    /// Keep what is decided in a file, for --decisions on other checkouts
    #[arg(long, value_name = "FILE", requires = "interactive")]
    pub save: Option<PathBuf>,

    /// The file that stdin stands for: its folder gives the build context
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,

    /// Which transforms take part.
    #[command(flatten)]
    pub choice: Choice,

    /// Which files are looked at.
    #[command(flatten)]
    pub files: Files,

    /// Where configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,

    /// Also report comments `# dockmod: ignore=…` that silence nothing; under --check they count as changes
    #[arg(long, help_heading = "Output")]
    pub unused_suppressions: bool,

    /// Print a table of what was fixed, refused and left alone
    #[arg(long, help_heading = "Output")]
    pub statistics: bool,

    /// When to colour
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", help_heading = "Output")]
    pub color: ColorChoice,

    /// Also say what was left alone, and why
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Output")]
    pub verbose: bool,

    /// No summary
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,

    /// Threads [default: as many as there are processors]
    #[arg(short = 'j', long, value_name = "N", help_heading = "Output")]
    pub threads: Option<usize>,

    /// Work out everything anew, and keep nothing for the next run
    #[arg(long, help_heading = "Output")]
    pub no_cache: bool,
}

/// Which transforms take part, and how far they may go.
#[derive(Debug, Args)]
pub struct Choice {
    /// Only these transforms, by id or by a check that they settle; allows their unsafe fixes
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Transforms")]
    pub select: Vec<String>,

    /// All but these transforms
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Transforms")]
    pub ignore: Vec<String>,

    /// Also apply fixes that may change what is in the image
    #[arg(long = "unsafe", help_heading = "Transforms")]
    pub allow_unsafe: bool,

    /// Set an option of a transform
    #[arg(long, value_name = "ID.KEY=VALUE", help_heading = "Transforms")]
    pub set: Vec<String>,
}

/// Which files are looked at.
#[derive(Debug, Clone, Copy, Args)]
pub struct Files {
    /// Leave out ignored files even when they are named
    #[arg(long, help_heading = "Files")]
    pub force_exclude: bool,

    /// Look into hidden folders
    #[arg(long, help_heading = "Files")]
    pub hidden: bool,

    /// Respect no ignore files
    #[arg(long, help_heading = "Files")]
    pub no_ignore: bool,
}

/// Arguments of `dockmod verify`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = AFTER_VERIFY)]
pub struct VerifyArgs {
    /// Dockerfiles and folders [default: this folder]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,

    /// Compare with this git revision, instead of with what the fixes make of the files
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,

    /// Find the fix that changed an image, by building with half of them
    #[arg(long)]
    pub bisect: bool,

    /// Measure no rebuild after a change of a source file
    #[arg(long)]
    pub no_rebuild: bool,

    /// How to print it
    #[arg(long, value_enum, default_value_t = VerifyFormat::Text)]
    pub format: VerifyFormat,

    /// Which transforms take part.
    #[command(flatten)]
    pub choice: Choice,

    /// Which files are looked at.
    #[command(flatten)]
    pub files: Files,

    /// Where configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,

    /// What builds [default: the first of docker, podman and buildah that answers]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Builds")]
    pub engine: Option<EngineName>,

    /// The build context of all files [default: the one that each file's COPY sources or a compose file tell]
    #[arg(long, value_name = "FOLDER", help_heading = "Builds")]
    pub context: Option<PathBuf>,

    /// Set a build argument
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Builds")]
    pub build_arg: Vec<String>,

    /// Hand a secret to the builds
    #[arg(long, value_name = "id=ID,src=FILE", help_heading = "Builds")]
    pub secret: Vec<String>,

    /// Hand an SSH agent or key to the builds
    #[arg(long, value_name = "ID", help_heading = "Builds")]
    pub ssh: Vec<String>,

    /// The stage to build [default: the last]
    #[arg(long, value_name = "STAGE", help_heading = "Builds")]
    pub target: Option<String>,

    /// The platform to build for
    #[arg(long, value_name = "OS/ARCH", help_heading = "Builds")]
    pub platform: Option<String>,

    /// The network of RUN
    #[arg(long, value_name = "MODE", help_heading = "Builds")]
    pub network: Option<String>,

    /// Files that are built side by side; more than one makes the times less sure
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Builds")]
    pub jobs: u16,

    /// Seconds after which a build is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Builds")]
    pub timeout: u64,

    /// When to colour
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", help_heading = "Output")]
    pub color: ColorChoice,

    /// Also list the differences that a fix claims
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Output")]
    pub verbose: bool,

    /// Say nothing on the way
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}

const AFTER_PIN: &str = "\
Examples:
  dockmod pin services                     write digests, and dockmod.lock
  dockmod pin --locked --check             CI: ask no registry; exit 1 where an image is not pinned
  dockmod pin --update                     move all digests to what their tags stand for today
  dockmod pin --update python node --tags patch
                                           two images, to later tags such as 3.9.7 for 3.9.6
  dockmod pin --verify                     are the locked digests still there, and which tags moved?

Exit status: 0 done, 1 --check found something to change or --verify a digest that is gone,
2 something failed: an unknown image, a registry that does not answer. The others are pinned
all the same.";

/// Arguments of `dockmod pin`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = AFTER_PIN)]
pub struct PinArgs {
    /// Dockerfiles and folders [default: this folder]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,

    /// Move pinned images to what their tags stand for today: all, or those of these names
    #[arg(long, value_name = "IMAGE", num_args = 0..)]
    pub update: Option<Vec<String>>,

    /// With --update: also to later tags of the same kind, no further than this
    #[arg(long, value_enum, value_name = "LEVEL", requires = "update")]
    pub tags: Option<Level>,

    /// First name the version that `latest` stands for (pin-tag)
    #[arg(long)]
    pub versions: bool,

    /// With --versions: also where several tags fit as well
    #[arg(long = "unsafe", requires = "versions")]
    pub allow_unsafe: bool,

    /// Ask whether the locked digests are still there, and which tags moved; write nothing
    #[arg(long, conflicts_with_all = ["update", "versions", "locked", "check", "dry_run", "paths"])]
    pub verify: bool,

    /// Ask no registry, and fail where the lock is not complete
    #[arg(long, conflicts_with = "update")]
    pub locked: bool,

    /// Write nothing, and exit 1 where something would change
    #[arg(long)]
    pub check: bool,

    /// Write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// The lock [default: the nearest dockmod.lock upward, or one in the repository's root]
    #[arg(long, value_name = "FILE")]
    pub lock: Option<PathBuf>,

    /// Which files are looked at.
    #[command(flatten)]
    pub files: Files,

    /// Where configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,

    /// When to colour
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", help_heading = "Output")]
    pub color: ColorChoice,

    /// Also say which files were left out
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Output")]
    pub verbose: bool,

    /// No diffs and no summary
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}

/// Engines by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// `docker buildx build`
    Docker,
    /// `podman build`
    Podman,
    /// `buildah build`
    Buildah,
}

impl EngineName {
    /// The name of its program.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
        }
    }
}

/// Formats of `dockmod verify`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// For a terminal
    Text,
    /// One JSON object
    Json,
    /// A table for a pull request
    Markdown,
}
