//! The journal: one entry per service call, in order, refused ones included; also as a log in JSON lines.
//! It records what was sent and what was answered; it must not decide anything.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write, stderr};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::mask;
use super::request::Request;
use super::verify::Verdict;

/// The entries so far; the oldest are dropped where there are too many.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: VecDeque<Kept>,
    bytes: usize,
    sequence: u64,
    log: Option<Sink>,
}

/// An entry, and what it was signed over.
#[derive(Debug)]
struct Kept {
    entry: Value,
    signing: Value,
    bytes: usize,
}

/// Where the lines go.
#[derive(Debug)]
enum Sink {
    File(File),
    StandardError,
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
    /// How long it took to answer, without the wait of a fault.
    pub(super) micros: u64,
}

impl Journal {
    /// With a log of the calls to come, at the end of this file; `-` is standard error.
    pub(super) fn open(log: Option<&Path>) -> io::Result<Self> {
        let log = match log {
            None => None,
            Some(path) if path == Path::new("-") => Some(Sink::StandardError),
            Some(path) => {
                let file = File::options().append(true).create(true).open(path);
                let named = |error: io::Error| {
                    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
                };
                Some(Sink::File(file.map_err(named)?))
            }
        };
        Ok(Self { log, ..Self::default() })
    }

    pub(super) fn add(&mut self, entry: Entry<'_>) {
        self.sequence += 1;
        let Entry { request, verdict, unknown, answer, request_id, fault, late, now, micros } =
            entry;
        let parameters: Map<String, Value> =
            request.business().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let bytes =
            ENTRY + request.business().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let entry = json!({
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
            "micros": micros,
        });
        self.write(&entry);
        let canonical = verdict.canonical.as_ref().filter(|text| text.len() <= LONGEST);
        let signing = json!({
            "signature_expected": verdict.expected, "canonical_request": canonical,
        });
        let kept = [verdict.string_to_sign.as_ref(), canonical];
        let kept = kept.into_iter().flatten().map(String::len).filter(|length| *length <= LONGEST);
        let bytes = bytes + kept.sum::<usize>();
        self.bytes += bytes;
        self.entries.push_back(Kept { entry, signing, bytes });
        while self.entries.len() > ENTRIES || (self.bytes > BYTES && self.entries.len() > 1) {
            self.bytes -= self.entries.pop_front().map_or(0, |kept| kept.bytes);
        }
    }

    /// Notes in the entry of a call when its operation was done, after which other call, and with what outcome.
    pub(super) fn done_late(
        &mut self,
        id: u64,
        now: i64,
        (status, code, success): (u16, Option<String>, Option<bool>),
    ) {
        let entry = self.entries.iter_mut().find(|kept| kept.entry["late"]["id"] == id);
        if let Some(late) = entry.and_then(|kept| kept.entry.get_mut("late")) {
            *late = json!({
                "id": id, "done_unix_millis": now, "after_sequence": self.sequence, "http_status": status, "code": code,
                "success": success,
            });
        }
    }

    /// The entries after this number, at most so many of the newest.
    pub(super) fn after(&self, sequence: u64, most: usize) -> impl Iterator<Item = &Value> {
        let dropped = self.entries.front().and_then(|kept| kept.entry["sequence"].as_u64());
        let skip = sequence.saturating_sub(dropped.unwrap_or(1).saturating_sub(1));
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let skip = skip.max(self.entries.len().saturating_sub(most));
        self.entries.iter().skip(skip).map(|kept| &kept.entry)
    }

    /// One entry, with what its signature was checked against.
    pub(super) fn one(&self, sequence: u64) -> Option<Value> {
        let kept = self.entries.iter().find(|kept| kept.entry["sequence"] == sequence)?;
        let mut shown = kept.entry.clone();
        if let (Some(shown), Some(signing)) = (shown.as_object_mut(), kept.signing.as_object()) {
            shown.extend(signing.clone());
        }
        Some(shown)
    }

    /// The number of the last call.
    pub(super) fn last(&self) -> u64 {
        self.sequence
    }

    pub(super) fn clear(&mut self) {
        *self = Self { log: self.log.take(), ..Self::default() };
    }

    /// A line that cannot be written stops no call.
    fn write(&mut self, entry: &Value) {
        let Some(log) = &mut self.log else { return };
        let line = format!("{}\n", masked(entry));
        let _written = match log {
            Sink::File(file) => file.write_all(line.as_bytes()),
            Sink::StandardError => stderr().write_all(line.as_bytes()),
        };
    }
}

/// An entry that holds no telephone number.
pub(super) fn masked(entry: &Value) -> Value {
    let mut shown = entry.clone();
    for name in ["string_to_sign", "canonical_request"] {
        if let Some(text) = shown[name].as_str() {
            // Numbers stand in it as they were sent, only encoded once more.
            let text = mask::signed(text);
            shown[name] = text.into();
        }
    }
    for (name, value) in shown["parameters"].as_object_mut().into_iter().flatten() {
        *value = mask::parameter(name, value.as_str().unwrap_or_default()).into();
    }
    shown
}

/// How many entries are kept, and how much text in them.
const ENTRIES: usize = 100_000;
const BYTES: usize = 128 << 20;
/// What an entry holds beside its parameters, about.
const ENTRY: usize = 800;
