//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const AFTER_HELP: &str = "\
Examples:
  dockmod                              preview all safe fixes below this folder
  dockmod --check services             exit 1 where a Dockerfile would change
  dockmod --apply --select merge-runs  write the fixes of one transform
  dockmod - --stdin-filename Dockerfile < Dockerfile
                                       filter: the result on stdout

Exit status: 0 done (under --check: nothing to change), 1 --check found changes, 2 something failed.
A path that is the name of a command is written as ./list.";

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

    /// The file that stdin stands for: its folder gives the build context
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,

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

    /// Leave out ignored files even when they are named
    #[arg(long, help_heading = "Files")]
    pub force_exclude: bool,

    /// Look into hidden folders
    #[arg(long, help_heading = "Files")]
    pub hidden: bool,

    /// Respect no ignore files
    #[arg(long, help_heading = "Files")]
    pub no_ignore: bool,

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
}
