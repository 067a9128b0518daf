//! The figures as Markdown, and where they are written.

use std::fmt::Write as _;
use std::path::Path;

use crate::effort::Effort;
use crate::figures::{Figures, Summary};
use crate::load::{CALLERS, CALLS};

const BEGIN: &str = "<!-- figures: written by `cargo bench --bench plugin` -->";
const END: &str = "<!-- end of figures -->";

/// What a ratio or a figure is to reach.
enum Goal {
    /// A ratio to the floor of at most this.
    Most(f64),
    /// A ratio to the floor of at least this.
    Least(f64),
    /// A figure of at most this, whatever the floor's.
    MostPlain(f64),
}

fn goal(what: &str) -> Option<Goal> {
    match what {
        "binary, MiB" => Some(Goal::MostPlain(6.0)),
        "spawn to line, ms" => Some(Goal::Most(1.5)),
        "spawn to schema, ms" => Some(Goal::Most(1.4)),
        "memory after schema, MiB" | "Shutdown to exit, ms" => Some(Goal::Most(2.0)),
        "memory per 1,000 calls, KiB" => Some(Goal::MostPlain(50.0)),
        "Plan, 64 callers: calls per second" => Some(Goal::Least(0.4)),
        _ if what.starts_with("Plan") && what.ends_with("processor per call, us") => {
            Some(Goal::Most(2.5))
        }
        _ => None,
    }
}

/// Every figure, in the order of a process's life.
fn rows() -> Vec<String> {
    let start =
        ["binary, MiB", "spawn to line, ms", "spawn to schema, ms", "memory after schema, MiB"];
    let memory = ["memory after 20,000 calls, MiB", "memory per 1,000 calls, KiB"];
    let mut rows: Vec<String> = start.iter().chain(&memory).map(|row| (*row).to_owned()).collect();
    rows.push("Shutdown to exit, ms".to_owned());
    for (_, call) in CALLS {
        for callers in CALLERS {
            for what in ["latency, us", "calls per second", "processor per call, us"] {
                rows.push(format!("{call}, {callers} callers: {what}"));
            }
        }
    }
    rows
}

pub fn render(figures: &Figures, effort: Effort) -> String {
    let mut text = format!(
        "Minimum / median / 95th percentile of {} interleaved starts ({} of `aws`) and of {} interleaved rounds of \
         {} calls; {} processors. The ratio is the provider's median to the floor's.\n\n",
        effort.starts,
        effort.slow_starts,
        effort.rounds,
        effort.calls,
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    text.push_str(
        "| | provider | floor | ratio | goal | aws |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for what in rows() {
        let cell = |who: &str| figures.of(who, &what).map_or_else(String::new, summary);
        let ratio = figures.ratio(&what);
        let (goal, reached) = verdict(&what, ratio, figures.of("provider", &what));
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        let cells =
            [cell("provider"), cell("floor"), ratio, format!("{goal}{reached}"), cell("aws")];
        let _ = writeln!(text, "| {what} | {} |", cells.join(" | "));
    }
    text
}

fn verdict(what: &str, ratio: Option<f64>, own: Option<Summary>) -> (String, &'static str) {
    let own = own.map(|own| own.median);
    let (goal, held) = match goal(what) {
        None => return (String::new(), ""),
        Some(Goal::Most(most)) => (format!("<= {most}"), ratio.is_some_and(|ratio| ratio <= most)),
        Some(Goal::Least(least)) => {
            (format!(">= {least}"), ratio.is_some_and(|ratio| ratio >= least))
        }
        Some(Goal::MostPlain(most)) => {
            (format!("<= {most}, absolute"), own.is_some_and(|own| own <= most))
        }
    };
    (goal, if held { "" } else { " **missed**" })
}

fn summary(summary: Summary) -> String {
    let number = |value: f64| {
        if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
    };
    let (min, median, p95) = (number(summary.min), number(summary.median), number(summary.p95));
    if min == p95 { median } else { format!("{min} / **{median}** / {p95}") }
}

/// Puts the figures between their markers.
pub fn write(text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/README.md");
    let old = std::fs::read_to_string(&file).expect("benches/README.md");
    let (before, rest) = old.split_once(BEGIN).expect("the first marker");
    let (_, after) = rest.split_once(END).expect("the last marker");
    std::fs::write(&file, format!("{before}{BEGIN}\n\n{text}\n{END}{after}")).expect("written");
}
