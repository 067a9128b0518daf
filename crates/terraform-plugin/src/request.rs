//! What is logged of a call: the fields that hosts and people filter by. Costs next to nothing where nothing is
//! logged.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::field::Empty;
use tracing::{Span, debug, error_span, trace};

use super::diagnostic::{Diagnostics, Severity};

/// What a call is about.
#[derive(Clone, Copy)]
pub(super) enum On<'a> {
    Provider,
    Resource(&'a str),
    DataSource(&'a str),
    EphemeralResource(&'a str),
    ListResource(&'a str),
    Action(&'a str),
}

/// The calls of one process.
#[derive(Default)]
pub(super) struct Requests {
    count: AtomicU64,
    seed: RandomState,
}

/// One call.
pub(super) struct Logged {
    span: Span,
    started: Option<Instant>,
}

impl Requests {
    pub(super) fn start(&self, rpc: &'static str, on: On<'_>) -> Logged {
        // Of the gravest level: the fields stand beside whatever is logged at all.
        let span = error_span!(
            "rpc",
            tf_rpc = rpc,
            tf_req_id = Empty,
            tf_resource_type = Empty,
            tf_data_source_type = Empty,
            tf_ephemeral_resource_type = Empty,
            tf_list_resource_type = Empty,
            tf_action_type = Empty
        );
        if span.is_disabled() {
            return Logged { span, started: None };
        }
        span.record("tf_req_id", self.id());
        match on {
            On::Provider => {}
            On::Resource(name) => drop(span.record("tf_resource_type", name)),
            On::DataSource(name) => drop(span.record("tf_data_source_type", name)),
            On::EphemeralResource(name) => {
                span.record("tf_ephemeral_resource_type", name);
            }
            On::ListResource(name) => drop(span.record("tf_list_resource_type", name)),
            On::Action(name) => drop(span.record("tf_action_type", name)),
        }
        span.in_scope(|| trace!("Received request"));
        Logged { span, started: Some(Instant::now()) }
    }

    /// In the form of a random UUID; unique among the calls of all processes.
    fn id(&self) -> String {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let (a, b) = (self.seed.hash_one((number, 'a')), self.seed.hash_one((number, 'b')));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            (b >> 48) & 0x3fff | 0x8000,
            b & 0xffff_ffff_ffff
        )
    }
}

impl Logged {
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(super) fn served(self, diagnostics: &Diagnostics) {
        let Some(started) = self.started else { return };
        self.span.in_scope(|| {
            for diagnostic in diagnostics.iter() {
                debug!(
                    diagnostic_severity = ?diagnostic.severity,
                    diagnostic_summary = %diagnostic.summary,
                    "Response contains a diagnostic"
                );
            }
            let of = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
            debug!(
                tf_req_duration_ms = started.elapsed().as_millis() as u64,
                diagnostic_error_count = of(Severity::Error),
                diagnostic_warning_count = of(Severity::Warning),
                "Served request"
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Requests;

    #[test]
    fn ids_look_like_uuids_and_differ() {
        let requests = Requests::default();
        let (a, b) = (requests.id(), requests.id());
        assert_ne!(a, b);
        let lengths: Vec<_> = a.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{a}");
        assert!(a.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()));
    }
}
