//! Does the operation of a call that was admitted, and answers it.
//! It must not know faults, the journal or the network.

use super::answer::{self, Answer, Gateway};
use super::arguments::{self, Arguments};
use super::contract::{self, Operation};
use super::operations::{self, Call};
use super::refused::Refused;
use super::request::Request;
use super::world::World;

/// An admitted call on its way.
pub(super) struct Admitted<'a> {
    pub(super) request: &'a Request,
    pub(super) operation: &'static Operation,
    /// The access key id that signed it.
    pub(super) caller: Option<String>,
    pub(super) id: &'a str,
}

impl Admitted<'_> {
    /// Does the operation.
    pub(super) fn run(&self, world: &mut World) -> Answer {
        let (request, operation, caller) = (self.request, self.operation, self.caller.clone());
        if let Some(name) = arguments::missing(request, operation) {
            return answer::gateway(request, self.id, &Gateway::missing(name));
        }
        world.wake();
        let now = world.now();
        let done = Arguments::read(request, operation).and_then(|arguments| {
            let handler = operations::handler(operation.name).ok_or_else(busy)?;
            let account = world.account(caller.as_deref());
            handler(&mut Call { world, operation, arguments, caller, account, now })
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

    /// A refusal in the shape of the operation.
    pub(super) fn refuse(&self, world: &World, refused: &Refused) -> Answer {
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

/// A refusal that says nothing.
pub(super) fn busy() -> Refused {
    Refused::new("SystemBusy", "The system is busy.")
}

const CONTRADICTORY: &[&str] =
    &["CreateAiCallTask", "UpdateAiCallTask", "StartAiCallTask", "StopAiCallTask"];
