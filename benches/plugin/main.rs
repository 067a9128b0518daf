//! What the provider costs as a process, next to an empty gRPC server with the same TLS (`floor`) and, where its
//! binary is found, the AWS provider. Runs are interleaved; the figures go into `benches/README.md`.
//! `cargo bench --bench plugin`; `-- --quick` for a rough look that writes nothing; `-- --instructions BINARY...` counts
//! instructions instead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]
#![allow(dead_code, missing_docs, unreachable_pub)]

mod build;
mod effort;
mod figures;
mod instructions;
mod load;
mod requests;
mod sample;
mod startup;
mod table;

/// Unused here: the bench names its binaries itself.
const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-aiccs");

#[path = "../../tests/it/support/host.rs"]
mod host;

use effort::Effort;

const FULL: Effort = Effort { starts: 40, slow_starts: 5, rounds: 7, calls: 2000 };
const QUICK: Effort = Effort { starts: 10, slow_starts: 1, rounds: 3, calls: 1000 };

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--instructions") {
        // cargo adds a flag of its own at the end.
        let binaries = arguments[at + 1..].iter().filter(|argument| !argument.starts_with("--"));
        let binaries: Vec<_> =
            binaries.map(|name| std::fs::canonicalize(name).expect(name)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(instructions::measure(&binaries));
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    let effort = if quick { QUICK } else { FULL };
    let text = table::render(&effort.measure(&build::contestants()), effort);
    println!("{text}");
    if !quick {
        table::write(&text);
    }
}
