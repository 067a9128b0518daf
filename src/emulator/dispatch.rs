//! One flow for every service call: admit, strike a fault or run the operation, answer, record.
//! It must not know what a single operation does.

use super::answer::{self, Answer, Gateway};
use super::arguments::{self, Arguments};
use super::contract::{self, Operation};
use super::control;
use super::faults::{self, Delivery, Fault};
use super::journal::Entry;
use super::operations::{self, Call, Refused};
use super::request::Request;
use super::verify::Verdict;
use super::world::World;

/// Answers one HTTP request.
pub(super) fn handle(world: &mut World, request: &Request) -> (Answer, Delivery) {
    match request.path.strip_prefix("/__") {
        Some(path) => (control::handle(world, request, path), Delivery::Now),
        None => serve(world, request),
    }
}

fn serve(world: &mut World, request: &Request) -> (Answer, Delivery) {
    let now = world.now();
    let id = world.chance.request_id();
    let mut verdict = Verdict { access_key_id: None, signature_valid: false, refusal: None };
    let (mut unknown, mut fault) = (Vec::new(), None);
    let mut answer = match admit(world, request, &mut verdict) {
        Err(refusal) => answer::gateway(request, &id, &refusal),
        Ok(operation) => {
            unknown = arguments::unknown(request, operation);
            fault = faults::take(&mut world.faults, operation.name, &mut world.chance);
            let caller = verdict.access_key_id.clone();
            Admitted { request, operation, caller, id: &id }.answer(world, fault.as_ref())
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
        now,
    });
    (answer, delivery)
}

/// Does the operation of a call that was admitted and cut before.
pub(super) fn late(world: &mut World, request: &Request) {
    if let Some(operation) = request.action().and_then(contract::operation) {
        let id = world.chance.request_id();
        Admitted { request, operation, caller: None, id: &id }.run(world);
        // Nobody hears of an error; the next call meets it again.
        let _saved = world.store.save();
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
    let action = request.action().ok_or_else(|| {
        Gateway::new(400, "MissingAction", "Action is mandatory for this action.")
    })?;
    let found = contract::operation(action).filter(|_| request.path == "/");
    let operation = found.ok_or_else(|| {
        let message = "Specified api is not found, please check your url and method.";
        Gateway::new(404, "InvalidAction.NotFound", message)
    })?;
    match request.version() {
        None => {
            return Err(Gateway::new(
                400,
                "MissingVersion",
                "Version is mandatory for this action.",
            ));
        }
        Some(version) if version == operation.version => {}
        Some(_) => {
            return Err(Gateway::new(
                400,
                "InvalidVersion",
                "Specified parameter Version is not valid.",
            ));
        }
    }
    if operation.name != UNSIGNED {
        let time = world.time();
        *verdict = world.keyring.verify(request, time);
    }
    verdict.refusal.take().map_or(Ok(operation), Err)
}

/// The one operation without a signature (vendor's page of `AssumeRoleWithOIDC`).
const UNSIGNED: &str = "AssumeRoleWithOIDC";

/// An admitted call on its way.
struct Admitted<'a> {
    request: &'a Request,
    operation: &'static Operation,
    caller: Option<String>,
    id: &'a str,
}

impl Admitted<'_> {
    fn answer(&self, world: &mut World, fault: Option<&Fault>) -> Answer {
        match fault {
            Some(fault) if fault.kind == "business" => self.refuse(world, &busy()),
            Some(fault) if !fault.commits() => {
                fault.answer(self.request, self.operation.name, self.id)
            }
            _ => self.run(world),
        }
    }

    fn run(&self, world: &mut World) -> Answer {
        let (request, operation, caller, now) =
            (self.request, self.operation, self.caller.clone(), world.now());
        world.store.wake(now);
        let done = Arguments::read(request, operation).and_then(|arguments| {
            let handler = operations::handler(operation.name).ok_or_else(busy)?;
            handler(&mut Call { world, operation, arguments, caller, now })
        });
        match done {
            Err(refused) => self.refuse(world, &refused),
            Ok(data)
                if CONTRADICTORY.contains(&operation.name)
                    && world.switches.is("flags", "contradictory") =>
            {
                answer::contradiction(request, operation, self.id, data)
            }
            Ok(data) => answer::success(request, operation, self.id, data),
        }
    }

    fn refuse(&self, world: &World, refused: &Refused) -> Answer {
        let Refused { code, message, status } = refused;
        let plain = self.operation.data == contract::Data::Plain;
        let gateway = plain || world.switches.is("business_errors", "http_400");
        match status.or(gateway.then_some(400)) {
            Some(status) => {
                let refusal = Gateway::new(status, code.as_str(), message.as_str());
                answer::gateway(self.request, self.id, &refusal)
            }
            None => answer::refusal(self.request, self.operation, self.id, code, message),
        }
    }
}

fn busy() -> Refused {
    Refused::new("SystemBusy", "The system is busy.")
}

const CONTRADICTORY: &[&str] =
    &["CreateAiCallTask", "UpdateAiCallTask", "StartAiCallTask", "StopAiCallTask"];
