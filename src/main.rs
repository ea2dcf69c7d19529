//! The command `dockmod`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dockmod::cli::main()
}
