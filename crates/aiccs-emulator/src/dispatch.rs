//! One flow for every service call: admit, strike a fault or run the operation, answer, record.
//! It must not know what a single operation does.

use std::time::{Duration, Instant};

use super::answer::{self, Answer, Gateway};
use super::arguments;
use super::contract::{self, Operation};
use super::control;
use super::faults::{self, Delivery, Fault};
use super::journal::Entry;
use super::page;
use super::perform::{Admitted, busy};
use super::request::{FORM, Request};
use super::verify::Verdict;
use super::world::World;

/// What comes of a request.
pub(super) struct Outcome {
    pub(super) answer: Answer,
    pub(super) delivery: Delivery,
    /// An operation that is to be released later, by its id.
    pub(super) late: Option<(u64, Duration)>,
}

/// Answers one HTTP request.
pub(super) fn handle(world: &mut World, request: &Request) -> Outcome {
    match request.path.strip_prefix("/__") {
        Some(path) => {
            let answer = control::handle(world, request, path);
            Outcome { answer, delivery: Delivery::Now, late: None }
        }
        None if page::is_asked_for(request) => {
            Outcome { answer: page::page(), delivery: Delivery::Now, late: None }
        }
        None => serve(world, request),
    }
}

fn serve(world: &mut World, request: &Request) -> Outcome {
    let now = world.now();
    let id = world.chance.request_id();
    let (began, mut verdict) = (Instant::now(), Verdict::default());
    let (mut unknown, mut fault, mut late) = (Vec::new(), None, None);
    let mut answer = match admit(world, request, &mut verdict) {
        Err(refusal) => answer::gateway(request, &id, &refusal),
        Ok(operation) => {
            unknown = arguments::unknown(request, operation);
            fault = faults::take(&mut world.faults, operation.name, &mut world.chance);
            let caller = verdict.access_key_id.clone();
            late = fault
                .as_ref()
                .and_then(|fault| keep(world, fault, request, operation, caller.clone()));
            answered(&Admitted { request, operation, caller, id: &id }, world, fault.as_ref())
        }
    };
    if let Err(error) = world.store.save() {
        let refusal = Gateway::new(
            500,
            "InternalError",
            format!("The state file cannot be written: {error}"),
        );
        answer = answer::gateway(request, &id, &refusal);
    }
    let delivery = fault.as_ref().map_or(Delivery::Now, Fault::delivery);
    let heard = matches!(delivery, Delivery::Now | Delivery::After(_));
    world.journal.add(Entry {
        request,
        verdict: &verdict,
        unknown,
        answer: heard.then_some(&answer),
        request_id: &id,
        fault: fault.as_ref().map(|fault| fault.kind.as_str()),
        late: late.map(|(id, _)| id),
        now,
        micros: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
    });
    // What is held waits for no time.
    let late = late.and_then(|(id, delay)| Some((id, delay?)));
    Outcome { answer, delivery, late }
}

/// Keeps the call of a late fault: its id, and after which time it is done.
fn keep(
    world: &mut World,
    fault: &Fault,
    request: &Request,
    operation: &'static Operation,
    caller: Option<String>,
) -> Option<(u64, Option<Duration>)> {
    let delay = fault.lateness().filter(|_| world.switches.is("late_operations", "by_clock"));
    let at = delay.map(|delay| {
        let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        world.now().saturating_add(millis)
    });
    fault.lateness().map(|_| (world.late.keep(request, operation, caller, at), delay))
}

fn answered(call: &Admitted<'_>, world: &mut World, fault: Option<&Fault>) -> Answer {
    match fault {
        Some(fault) if fault.kind == "business" => call.refuse(world, &busy()),
        Some(fault) if !fault.commits() => fault.answer(call.request, call.operation.name, call.id),
        Some(_) | None => call.run(world),
    }
}

/// Method, action, version, signature.
fn admit(
    world: &mut World,
    request: &Request,
    verdict: &mut Verdict,
) -> Result<&'static Operation, Gateway> {
    if !matches!(request.method.as_str(), "GET" | "POST") {
        return Err(Gateway::new(
            400,
            "UnsupportedHTTPMethod",
            "This http method is not supported.",
        ));
    }
    check_body(request)?;
    let action = request.action().ok_or_else(|| Gateway::missing("Action"))?;
    let found = contract::operation(action).filter(|_| request.path == "/");
    let operation = found.ok_or_else(|| {
        let message = "Specified api is not found, please check your url and method.";
        Gateway::new(404, "InvalidAction.NotFound", message)
    })?;
    match request.version() {
        None => return Err(Gateway::missing("Version")),
        Some(version) if version == operation.version => {}
        Some(_) => {
            return Err(Gateway::new(
                400,
                "InvalidVersion",
                "Specified parameter Version is not valid.",
            ));
        }
    }
    if !world.takes_request() {
        return Err(Gateway::throttled(400));
    }
    if operation.name != UNSIGNED {
        let time = world.time();
        *verdict = world.keyring.verify(request, time);
    }
    verdict.refusal.take().map_or(Ok(operation), Err)
}

/// A body has a form, or nothing. Both codes are invented: the vendor's lists have none for this.
fn check_body(request: &Request) -> Result<(), Gateway> {
    if request.body.len() > LONGEST_BODY {
        let message = format!("The request body is longer than {LONGEST_BODY} bytes.");
        return Err(Gateway::new(413, "RequestBodyTooLarge", message));
    }
    if request.body.is_empty() || request.has_form() {
        return Ok(());
    }
    let kind = request.header("content-type").unwrap_or("none");
    let message = format!("The content type of a body is {FORM}, not {kind}.");
    Err(Gateway::new(415, "UnsupportedContentType", message))
}

/// Invented: a thousand callees with long variables are a tenth of it.
pub(super) const LONGEST_BODY: usize = 8 << 20;

/// The one operation without a signature (vendor's page of `AssumeRoleWithOIDC`).
const UNSIGNED: &str = "AssumeRoleWithOIDC";
