//! What the page of an object says beside its schema. Each object declares its own, in its own file; `docs` lays it out.

use std::time::Duration;

/// The facts about one object.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The operations of the service that it calls.
    pub operations: &'static [&'static str],
    /// How long each operation may take unless `timeouts` says otherwise, by the names in `timeouts`.
    pub timeouts: &'static [(&'static str, Duration)],
    /// More sections, Markdown.
    pub more: &'static str,
}
