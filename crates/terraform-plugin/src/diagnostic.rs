//! Diagnostics: what the user is told beside a value. A step never panics and never hides a partial result:
//! it answers a value and diagnostics.

use super::path::Path;

/// As many as one answer holds: a collection of a million wrong elements says the same a hundred times at most.
const MOST: usize = 100;

/// In bytes: whatever a message quotes, it stays a message.
const LONGEST_SUMMARY: usize = 1 << 10;
const LONGEST_DETAIL: usize = 16 << 10;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// Something the user should know.
    Warning,
}

/// One message for the user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A short title, without a full stop.
    pub summary: String,
    /// Sentences: what happened, why, and what to do next.
    pub detail: String,
    /// The attribute to blame, if one is.
    pub path: Option<Path>,
}

/// Diagnostics in the order they arose, without duplicates.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Adds a diagnostic unless an equal one is there, or there are more than anybody reads. The first error
    /// always finds room.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.0.len() >= MOST && (diagnostic.severity != Severity::Error || self.has_errors()) {
            return;
        }
        cut(&mut diagnostic.summary, LONGEST_SUMMARY);
        cut(&mut diagnostic.detail, LONGEST_DETAIL);
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// Adds an error about the whole object.
    pub fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
        });
    }

    /// Adds an error at an attribute.
    pub fn error_at(&mut self, path: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: Some(path),
        });
    }

    /// Adds a warning about the whole object.
    pub fn warning(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic {
            severity: Severity::Warning,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
        });
    }

    /// Adds a warning at an attribute.
    pub fn warning_at(
        &mut self,
        path: Path,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.push(Diagnostic {
            severity: Severity::Warning,
            summary: summary.into(),
            detail: detail.into(),
            path: Some(path),
        });
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Diagnostics) {
        for diagnostic in other.0 {
            self.push(diagnostic);
        }
    }

    /// Drops the warnings.
    pub fn keep_errors(&mut self) {
        self.0.retain(|d| d.severity == Severity::Error);
    }

    /// True when at least one is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Shortens a text that is longer than a message should be.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push_str(" ...");
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagnostics, LONGEST_DETAIL, MOST};

    #[test]
    fn a_thousand_warnings_are_cut_short_and_hide_no_error() {
        let mut all = Diagnostics::new();
        (0..1000).for_each(|n| all.warning("Odd", n.to_string()));
        assert_eq!((all.iter().count(), all.has_errors()), (MOST, false));
        all.error("Wrong", "");
        all.error("Wrong too", "");
        assert_eq!((all.iter().count(), all.has_errors()), (MOST + 1, true));
    }

    #[test]
    fn a_message_stays_a_message_whatever_it_quotes() {
        let mut all = Diagnostics::new();
        all.error("Wrong", "回".repeat(LONGEST_DETAIL));
        let detail = &all.iter().next().unwrap().detail;
        assert!(detail.len() <= LONGEST_DETAIL + 4 && detail.ends_with("回 ..."));
    }
}
