//! The journal: one entry per service call, in order, refused ones included.
//! It records what was sent and what was answered; it must not decide anything.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::request::Request;
use super::verify::Verdict;

/// The entries so far.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Vec<Value>,
    sequence: u64,
}

/// A longer string to sign, as imports have, is not kept.
const LONGEST: usize = 16 * 1024;

/// What is known about a call when it is over.
pub(super) struct Entry<'a> {
    pub(super) request: &'a Request,
    pub(super) verdict: &'a Verdict,
    pub(super) unknown: Vec<String>,
    /// `None` when the client gets no answer.
    pub(super) answer: Option<&'a Answer>,
    pub(super) request_id: &'a str,
    pub(super) fault: Option<&'a str>,
    /// The id of its operation, where that is done later.
    pub(super) late: Option<u64>,
    pub(super) now: i64,
}

impl Journal {
    pub(super) fn add(&mut self, entry: Entry<'_>) {
        self.sequence += 1;
        let Entry { request, verdict, unknown, answer, request_id, fault, late, now } = entry;
        let parameters: Map<String, Value> =
            request.business().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        self.entries.push(json!({
            "sequence": self.sequence,
            "operation": request.action(),
            "method": request.method,
            "parameters": parameters,
            "unknown_parameters": unknown,
            "signature": verdict.access_key_id.as_ref().map(|_| request.style().word()),
            "signature_valid": verdict.signature_valid,
            "signature_value": verdict.signature,
            "string_to_sign": verdict.string_to_sign.as_ref().filter(|text| text.len() <= LONGEST),
            "access_key_id": verdict.access_key_id,
            "user_agent": request.header("user-agent"),
            "http_status": answer.map(|answer| answer.status),
            "code": answer.and_then(|answer| answer.code.as_deref()),
            "success": answer.and_then(|answer| answer.success),
            "request_id": request_id,
            "fault": fault,
            "late": late.map(|id| json!({ "id": id, "done_unix_millis": null })),
            "unix_millis": now,
        }));
    }

    /// Notes in the entry of a call when its operation was done, after which other call, and with what outcome.
    pub(super) fn done_late(
        &mut self,
        id: u64,
        now: i64,
        (status, code, success): (u16, Option<String>, Option<bool>),
    ) {
        let entry = self.entries.iter_mut().find(|entry| entry["late"]["id"] == id);
        if let Some(late) = entry.and_then(|entry| entry.get_mut("late")) {
            *late = json!({
                "id": id, "done_unix_millis": now, "after_sequence": self.sequence, "http_status": status, "code": code,
                "success": success,
            });
        }
    }

    pub(super) fn to_json(&self) -> Value {
        Value::Array(self.entries.clone())
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
