//! What the same provider costs on each framework, as a host starts and calls it: `[--quick] NAME=BINARY...`. Starts, loads and
//! figures are those of `benches/plugin`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, dead_code)]

mod build;
mod sample;
mod table;

#[path = "../../../plugin/effort.rs"]
mod effort;
#[path = "../../../plugin/figures.rs"]
mod figures;
#[path = "../../../../tests/it/support/host.rs"]
mod host;
#[path = "../../../plugin/load.rs"]
mod load;
#[path = "../../../plugin/requests.rs"]
mod requests;
#[path = "../../../plugin/startup.rs"]
mod startup;

use build::Contestant;
use effort::Effort;

/// Unused here: the arguments name the binaries.
const PROVIDER: &str = "";

const FULL: Effort = Effort { starts: 20, slow_starts: 0, rounds: 2, calls: 200 };
const QUICK: Effort = Effort { starts: 5, slow_starts: 0, rounds: 1, calls: 100 };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let effort = if quick { QUICK } else { FULL };
    let named = arguments.iter().filter_map(|argument| argument.split_once('='));
    let contestants: Vec<Contestant> = named.map(Contestant::new).collect();
    let mut figures = effort.measure(&contestants);
    for contestant in &contestants {
        figures.add(contestant.name, table::LINES, contestant.lines() as f64);
    }
    let text = table::render(&figures, effort);
    println!("{text}");
    if !quick {
        table::write(&text);
    }
}
