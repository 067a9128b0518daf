//! Samples by contestant and figure, and what is said of them.

use std::collections::BTreeMap;

/// All samples of a run.
#[derive(Default)]
pub struct Figures(BTreeMap<(String, String), Vec<f64>>);

/// Minimum, median and 95th percentile.
#[derive(Clone, Copy)]
pub struct Summary {
    pub min: f64,
    pub median: f64,
    pub p95: f64,
}

impl Figures {
    pub fn add(&mut self, who: &str, what: &str, value: f64) {
        self.0.entry((who.to_owned(), what.to_owned())).or_default().push(value);
    }

    /// None where nothing was measured.
    pub fn of(&self, who: &str, what: &str) -> Option<Summary> {
        let mut samples = self.0.get(&(who.to_owned(), what.to_owned()))?.clone();
        samples.sort_by(f64::total_cmp);
        let at = |part: f64| samples[((samples.len() - 1) as f64 * part).round() as usize];
        Some(Summary { min: samples[0], median: at(0.5), p95: at(0.95) })
    }

    /// The first's median to the second's.
    pub fn ratio(&self, what: &str) -> Option<f64> {
        Some(self.of("provider", what)?.median / self.of("floor", what)?.median)
    }
}
