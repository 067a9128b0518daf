//! The figures as Markdown, and where they are written.

use std::fmt::Write as _;
use std::path::Path;

use crate::effort::Effort;
use crate::figures::Figures;

const BEGIN: &str = "<!-- frameworks: written by `benches/frameworks/run.sh` -->";
const END: &str = "<!-- end of frameworks -->";

/// How long the provider's source is.
pub const LINES: &str = "lines of the provider";

/// The contestants, in the order of the columns.
const MEASURED: [&str; 2] = ["terraform-plugin", "tf-provider"];

/// Each figure, what it is called in the table, and what was measured once of the same kind of provider on
/// terraform-plugin-framework 1.19, on another day: empty where nothing was.
const ROWS: [(&str, &str, &str); 10] = [
    (LINES, "lines of the provider", ""),
    ("binary, MiB", "binary, stripped, MiB", "18.1"),
    ("spawn to line, ms", "start to handshake, ms", "22.9"),
    ("spawn to schema, ms", "start to schema, ms", "33.5"),
    ("memory after schema, MiB", "memory after the schema, MiB", "19.2"),
    ("memory after 20,000 calls, MiB", "memory after 20,000 plans, MiB", "637"),
    ("Shutdown to exit, ms", "shutdown to exit, ms", "2.2"),
    ("Plan, 1 callers: latency, us", "a plan, one at a time, us", "4400"),
    ("Plan, 64 callers: calls per second", "plans a second, 64 at a time", "247"),
    ("Plan, 64 callers: processor per call, us", "processor time of a plan, us", "6030"),
];

pub fn render(figures: &Figures, effort: Effort) -> String {
    let mut text = format!(
        "Medians of {} interleaved starts and of {} interleaved rounds of {} calls; {} processors, without TLS, `cargo build --release`, stripped.\n\n",
        effort.starts,
        effort.rounds,
        effort.calls,
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    text.push_str("| | terraform-plugin | tf-provider 0.2.2 (Rust) | terraform-plugin-framework 1.19 (Go) |\n| --- | --: | --: | --: |\n");
    for (what, title, go) in ROWS {
        let cell =
            |who: &str| figures.of(who, what).map_or_else(String::new, |all| number(all.median));
        let _ =
            writeln!(text, "| {title} | {} | {} | {go} |", cell(MEASURED[0]), cell(MEASURED[1]));
    }
    text.push_str(
        "\nThe Go column was measured on another day, with 13 attributes and with mutual TLS, on a machine of the same kind: good for \
         the order of magnitude, not for the digits.\n",
    );
    text
}

fn number(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

/// Puts the figures between their markers.
pub fn write(text: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    for file in ["benches/README.md", "crates/terraform-plugin/README.md"] {
        let file = root.join(file);
        let old = std::fs::read_to_string(&file).expect("a README");
        let (before, rest) = old.split_once(BEGIN).expect("the first marker");
        let (_, after) = rest.split_once(END).expect("the last marker");
        std::fs::write(&file, format!("{before}{BEGIN}\n\n{text}\n{END}{after}")).expect("written");
    }
}
