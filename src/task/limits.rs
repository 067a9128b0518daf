//! What an apply may do to people at most: `max_callees_per_apply` and `deny_starts` of the provider block.

use std::sync::atomic::{AtomicU64, Ordering};

use aliyun::error::{Error, Kind};
use terraform_plugin::diagnostic::Diagnostics;

/// The bounds, and what has been used of them.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// Nothing is started.
    pub(crate) deny_starts: bool,
    /// So many callees are imported at most.
    pub(crate) most_callees: Option<u64>,
    planned: AtomicU64,
    imported: AtomicU64,
}

impl Limits {
    /// These bounds, and nothing used yet.
    pub(crate) fn new(deny_starts: bool, most_callees: Option<u64>) -> Self {
        Self { deny_starts, most_callees, ..Self::default() }
    }

    /// Counts callees that a plan would import; an error where they are too many.
    pub(crate) fn plan(&self, callees: usize, out: &mut Diagnostics) {
        self.count(&self.planned, callees, out);
    }

    /// Counts callees before they are imported; an error where they are too many. True where all of them may go.
    pub(crate) fn import(&self, callees: usize, out: &mut Diagnostics) -> bool {
        self.count(&self.imported, callees, out)
    }

    fn count(&self, counter: &AtomicU64, callees: usize, out: &mut Diagnostics) -> bool {
        let callees = callees as u64;
        let all = counter.fetch_add(callees, Ordering::Relaxed) + callees;
        let Some(most) = self.most_callees.filter(|most| all > *most) else { return true };
        // What is refused is not imported.
        counter.fetch_sub(callees, Ordering::Relaxed);
        let detail = format!(
            "With these {callees} callees, {all} would be imported by this apply, all batches and actions together, and \
             `max_callees_per_apply` of the provider block admits {most}. Nothing was called for them. Raise the limit if that \
             many people are to be called, or split the list over several applies."
        );
        out.error("Too many callees for one apply", detail);
        false
    }

    /// Refuses a start, where starts are denied.
    ///
    /// # Errors
    /// Says so; nothing was called.
    pub(crate) fn start(&self) -> Result<(), Error> {
        if self.deny_starts { Err(Error::new(Kind::Configuration, DENIED)) } else { Ok(()) }
    }

    /// Why a plan is refused that would start something.
    pub(crate) fn denied(&self, summary: String, detail: &str, out: &mut Diagnostics) {
        out.error(
            format!("Starts are denied: {}", lower(&summary)),
            format!("{detail} But {DENIED}."),
        );
    }
}

const DENIED: &str =
    "`deny_starts = true` in the provider block denies every start, so nothing was called";

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callees_are_counted_together_and_what_is_refused_does_not_count() {
        let limits = Limits { most_callees: Some(10), ..Limits::default() };
        let mut out = Diagnostics::new();
        assert!(limits.import(6, &mut out) && limits.import(4, &mut out));
        assert!(!out.has_errors());
        assert!(!limits.import(1, &mut out));
        let told = out.into_iter().next().unwrap();
        assert!(
            told.detail.contains("With these 1 callees, 11 would be imported"),
            "{}",
            told.detail
        );
        let mut plans = Diagnostics::new();
        limits.plan(10, &mut plans);
        assert!(!plans.has_errors(), "a plan counts by itself");
        limits.plan(1, &mut plans);
        assert!(plans.has_errors());
        let none = Limits::default();
        assert!(none.import(usize::MAX / 4, &mut Diagnostics::new()));
        assert!(none.start().is_ok() && Limits { deny_starts: true, ..none }.start().is_err());
    }
}
