//! An ephemeral resource that has to be renewed, and a resource that waits until it was. What happens is written into a file.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::*;
use terraform_plugin::schema::{Attribute, Mode, Schema, Type};
use terraform_plugin::value::Value;

const JOURNAL: Attribute =
    Attribute::new("journal", Type::String, Mode::Required, "Path of a file.");

static LEASE: Schema = Schema::of(
    "A lease.",
    &[JOURNAL, Attribute::new("token", Type::String, Mode::Computed, "What it gives.").sensitive()],
);
static WAITER: Schema = Schema::of("Waits until a lease was renewed.", &[JOURNAL]);

pub(crate) struct Lease;
pub(crate) struct Waiter;

fn note(journal: &str, line: &str) -> Diagnostics {
    let mut out = Diagnostics::new();
    let file = std::fs::OpenOptions::new().create(true).append(true).open(journal);
    if let Err(error) = file.and_then(|mut file| writeln!(file, "{line}")) {
        out.error("Cannot write the journal", format!("{journal}: {error}."));
    }
    out
}

/// The journal, and how often the lease was renewed.
fn kept(private: &[u8]) -> (String, u32) {
    let text = String::from_utf8_lossy(private);
    let (count, journal) = text.split_once(' ').unwrap_or_default();
    (journal.to_owned(), count.parse().unwrap_or(0))
}

fn opened(value: Value, journal: &str, renewals: u32, diagnostics: Diagnostics) -> Opened {
    let renew_at = Some(SystemTime::now() + Duration::from_secs(1));
    let private = format!("{renewals} {journal}").into_bytes();
    Opened { value, private, renew_at, diagnostics }
}

impl EphemeralResource<()> for Lease {
    fn name(&self) -> &'static str {
        "specimen_lease"
    }
    fn schema(&self) -> &'static Schema {
        &LEASE
    }
    fn check(&self, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }
    fn open<'a>(&'a self, _: &'a Context<()>, config: &'a Value) -> BoxFuture<'a, Opened> {
        let journal = config.get("journal").as_str().unwrap_or_default();
        let mut value = config.clone();
        value.put("token", Value::string("t0ken"));
        let told = note(journal, "opened");
        Box::pin(async move { opened(value, journal, 0, told) })
    }
    fn renew<'a>(&'a self, call: &'a Context<()>) -> BoxFuture<'a, Opened> {
        let (journal, renewals) = kept(&call.private);
        let told = note(&journal, &format!("renewed {}", renewals + 1));
        Box::pin(async move { opened(Value::Null, &journal, renewals + 1, told) })
    }
    fn close<'a>(&'a self, call: &'a Context<()>) -> BoxFuture<'a, Diagnostics> {
        let (journal, _) = kept(&call.private);
        Box::pin(async move { note(&journal, "closed") })
    }
}

impl Resource<()> for Waiter {
    fn name(&self) -> &'static str {
        "specimen_waiter"
    }
    fn schema(&self) -> &'static Schema {
        &WAITER
    }
    fn create<'a>(&'a self, call: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let journal = change.planned.get("journal").as_str().unwrap_or_default();
            let renewed = async {
                while !std::fs::read_to_string(journal).is_ok_and(|text| text.contains("renewed 2"))
                {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            let mut told = Response::value(change.planned.clone());
            tokio::select! {
                () = renewed => {}
                () = tokio::time::sleep(Duration::from_secs(60)) => {
                    told.diagnostics.error("Never renewed", "Nobody renewed the lease.");
                }
                () = call.stop.cancelled() => {
                    told.diagnostics.error("Interrupted", "The wait ended early.");
                }
            }
            told
        })
    }
    fn update<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        Response::value(change.planned.clone()).ready()
    }
}
