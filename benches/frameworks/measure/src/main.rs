//! What the same provider costs on each framework, as a host starts and calls it: `[--quick] NAME=BINARY...`. Starts, loads and
//! figures are those of `benches/plugin`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, dead_code)]

mod build;
mod sample;
mod table;

#[path = "../../../plugin/figures.rs"]
mod figures;
#[path = "../../../../tests/it/support/host.rs"]
mod host;
#[path = "../../../plugin/load.rs"]
mod load;
#[path = "../../../plugin/startup.rs"]
mod startup;

use build::Contestant;
use figures::Figures;

/// Unused here: the arguments name the binaries.
const PROVIDER: &str = "";

/// How much to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Processes started.
    pub starts: usize,
    /// Processes started of a slow peer.
    pub slow_starts: usize,
    /// Interleaved rounds of load.
    pub rounds: usize,
    /// Calls of a round.
    pub calls: usize,
}

const FULL: Effort = Effort { starts: 20, slow_starts: 0, rounds: 2, calls: 200 };
const QUICK: Effort = Effort { starts: 5, slow_starts: 0, rounds: 1, calls: 100 };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let effort = if quick { QUICK } else { FULL };
    let named = arguments.iter().filter_map(|argument| argument.split_once('='));
    let contestants: Vec<Contestant> = named.map(Contestant::new).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut figures = Figures::default();
    for contestant in &contestants {
        let size = std::fs::metadata(&contestant.binary).unwrap().len();
        figures.add(contestant.name, "binary, MiB", size as f64 / (1024.0 * 1024.0));
        figures.add(contestant.name, table::LINES, contestant.lines() as f64);
    }
    runtime.block_on(startup::measure(&contestants, effort, &mut figures));
    runtime.block_on(load::memory(&contestants, &mut figures));
    runtime.block_on(load::measure(&contestants, effort, &mut figures));
    let text = table::render(&figures, effort);
    println!("{text}");
    if !quick {
        table::write(&text);
    }
}
