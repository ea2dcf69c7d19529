//! The command `dockmod`.

use std::process::ExitCode;

/// Trees of many small nodes are made and thrown away for each file.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dockmod::cli::main()
}
