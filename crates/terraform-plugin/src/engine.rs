//! One flow per call of the protocol: look up, decode, pure step, driver, encode. What holds for every object
//! stands here once: write-only values never stored, unknown never stored, private data echoed.

mod parts;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

pub use self::parts::{Answer, ApplyInputs, Input, PlanInputs};
use super::deferral::refused;
use super::diagnostic::Diagnostics;
use super::driver::{
    Change, Context, Deferral, ImportTarget, ModifyPlan, Provider, Resource, Response,
};
use super::plan::{Plan, plan, without_write_only};
use super::schema::Schema;
use super::validate::validate;
use super::value::Value;
use super::walk::Walk;
use super::{json, msgpack};

/// The engine of one provider process.
pub struct Engine<P: Provider> {
    provider: P,
    client: Mutex<Option<Arc<P::ProviderData>>>,
    stop: Mutex<CancellationToken>,
    /// Everything has to wait: the provider block is not known yet.
    waits: AtomicBool,
    walk: Walk,
}

impl<P: Provider> Engine<P> {
    /// An engine that is not configured yet.
    pub fn new(provider: P) -> Engine<P> {
        Engine {
            provider,
            client: Mutex::new(None),
            stop: Mutex::new(CancellationToken::new()),
            waits: AtomicBool::new(false),
            walk: Walk::default(),
        }
    }

    /// The provider.
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// As after a configuration.
    #[cfg(test)]
    pub(super) fn configured(&self, client: P::ProviderData) {
        *self.client.lock().unwrap() = Some(Arc::new(client));
    }

    /// Ends the waits of the calls in flight; later calls work as before.
    pub fn stop(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *stop).cancel();
    }

    /// Checks the provider block.
    pub fn validate_provider(&self, config: &Input) -> Answer {
        let schema = self.provider.schema();
        match self.block(config) {
            Ok(config) => {
                let mut diagnostics = validate(&config, schema, false);
                diagnostics.extend(self.provider.check(&config));
                diagnostics.into()
            }
            Err(diagnostics) => diagnostics.into(),
        }
    }

    /// Configures the provider, anew if it was configured before.
    pub fn configure(
        &self,
        config: &Input,
        terraform_version: &str,
        deferral_allowed: bool,
    ) -> Answer {
        let config = match self.block(config) {
            Ok(config) => config,
            Err(diagnostics) => return diagnostics.into(),
        };
        self.walk.begin();
        let waits = !config.is_wholly_known() && self.provider.defers(&config);
        self.waits.store(waits, Ordering::Relaxed);
        if waits {
            let reason = Deferral::ProviderConfigUnknown;
            let allowed = Diagnostics::new();
            return if deferral_allowed { allowed } else { refused(reason, "the provider") }.into();
        }
        let (client, diagnostics) = self.provider.configure(&config, terraform_version);
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = client.map(Arc::new);
        diagnostics.into()
    }

    fn block(&self, config: &Input) -> Result<Value, Diagnostics> {
        let config = decode(config, self.provider.schema(), "provider configuration")?;
        Ok(if self.provider.empty_is_absent() { config.without_empty_texts() } else { config })
    }

    /// Checks a resource's configuration.
    pub fn validate_resource(
        &self,
        name: &str,
        config: &Input,
        write_only_allowed: bool,
    ) -> Answer {
        self.on_resource(name, |resource| {
            let config = decode(config, resource.schema(), "configuration")?;
            let mut diagnostics = validate(&config, resource.schema(), write_only_allowed);
            diagnostics.extend(resource.check(&config));
            Ok(diagnostics.into())
        })
    }

    /// Plans a change.
    pub async fn plan(&self, name: &str, inputs: &PlanInputs) -> Answer {
        let planned = async {
            let resource = self.resource(name)?;
            let schema = resource.schema();
            let prior = decode(&inputs.prior, schema, "prior state")?;
            let config = decode(&inputs.config, schema, "configuration")?;
            // Of the proposal only that is asked: the rest follows from the other two.
            let mut plan = match inputs.proposed.is_null() {
                true => Plan::destroy(),
                false => plan(schema, &config, &prior),
            };
            let mut private = inputs.private.to_vec();
            let second = self.walk.is_second(inputs.deferral_allowed);
            let mut request = ModifyPlan {
                config: &config,
                prior: &prior,
                plan: &mut plan,
                private: &mut private,
                second,
            };
            let allowed = inputs.deferral_allowed;
            let call = self.call(&inputs.private, allowed).ok();
            let mut diagnostics = resource.modify_plan(call.as_ref(), &mut request).await;
            if second {
                replaces_after_all(&prior, &plan, &mut diagnostics);
                diagnostics.keep_errors();
            }
            let answer = Answer {
                identity: identity(resource, &plan.planned),
                value: Some(encode(plan.planned, schema)),
                private,
                replace: plan.replace,
                diagnostics,
                ..Answer::default()
            };
            Ok(answer.put_off(self.deferred(call.as_ref()), allowed, name))
        };
        settle(planned.await)
    }

    /// Reads an object anew.
    pub async fn read(
        &self,
        name: &str,
        state: &Input,
        private: &[u8],
        deferral_allowed: bool,
    ) -> Answer {
        self.walk.has_read();
        let read = async {
            let resource = self.resource(name)?;
            let state = decode(state, resource.schema(), "state")?;
            if self.waits() {
                let answer = leave(resource, private, Response::value(state));
                return Ok(answer.put_off(self.deferred(None), deferral_allowed, name));
            }
            let call = self.call(private, deferral_allowed)?;
            let mut told = resource.read(&call, &state).await;
            let reason = self.deferred(Some(&call));
            // What was put off is not gone.
            if reason.is_some() && told.value.is_null() {
                told.value = state;
            }
            Ok(leave(resource, private, told).put_off(reason, deferral_allowed, name))
        };
        settle(read.await)
    }

    /// Applies a planned change.
    pub async fn apply(&self, name: &str, inputs: &ApplyInputs) -> Answer {
        self.walk.has_applied();
        let apply = async {
            let (resource, call) = (self.resource(name)?, self.call(&inputs.private, false)?);
            let schema = resource.schema();
            let change = Change {
                prior: decode(&inputs.prior, schema, "prior state")?,
                planned: decode(&inputs.planned, schema, "planned state")?,
                config: decode(&inputs.config, schema, "configuration")?,
            };
            let told = match (change.prior.is_null(), change.planned.is_null()) {
                (true, true) => Response::default(),
                (true, false) => resource.create(&call, &change).await,
                (false, false) => resource.update(&call, &change).await,
                (false, true) => delete(resource, &call, change).await,
            };
            Ok(leave(resource, &inputs.private, told))
        };
        settle(apply.await)
    }

    /// Finds an object by what the user typed, or by its identity where there is one.
    pub async fn import(
        &self,
        name: &str,
        id: String,
        by: &Input,
        deferral_allowed: bool,
    ) -> Answer {
        self.walk.has_read();
        let import = async {
            let resource = self.resource(name)?;
            if self.waits() {
                let reason = self.deferred(None);
                return Ok(Answer::default().put_off(reason, deferral_allowed, name));
            }
            let call = self.call(&[], deferral_allowed)?;
            let target = match resource.identity() {
                Some(schema) if !by.is_empty() => {
                    let identity = decode(by, schema, "identity")?;
                    let diagnostics = validate(&identity, schema, false);
                    if diagnostics.has_errors() {
                        return Err(diagnostics);
                    }
                    ImportTarget::Identity(identity)
                }
                Some(_) | None => ImportTarget::Id(id),
            };
            let told = resource.import(&call, &target).await;
            let reason = self.deferred(Some(&call));
            let absent = reason.is_some() && told.value.is_null();
            let mut answer = leave(resource, &[], told);
            if absent {
                answer.value = None;
            }
            Ok(answer.put_off(reason, deferral_allowed, name))
        };
        settle(import.await)
    }

    pub(super) fn on_resource(
        &self,
        name: &str,
        run: impl FnOnce(&dyn Resource<P::ProviderData>) -> Result<Answer, Diagnostics>,
    ) -> Answer {
        settle(self.resource(name).and_then(run))
    }

    /// Everything has to wait for a later run.
    pub(super) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Why a call has to wait for a later run, if it has to.
    pub(super) fn deferred(&self, call: Option<&Context<P::ProviderData>>) -> Option<Deferral> {
        let all = self.waits().then_some(Deferral::ProviderConfigUnknown);
        all.or_else(|| call?.deferred())
    }

    pub(super) fn resource(
        &self,
        name: &str,
    ) -> Result<&'static dyn Resource<P::ProviderData>, Diagnostics> {
        let found = self.provider.resources().iter().find(|resource| resource.name() == name);
        found.copied().ok_or_else(|| unknown("resource type", name))
    }

    pub(super) fn call(
        &self,
        private: &[u8],
        deferral_allowed: bool,
    ) -> Result<Context<P::ProviderData>, Diagnostics> {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match client {
            Some(client) => Ok(Context::new(client, stop, private, deferral_allowed)),
            None => {
                let mut diagnostics = Diagnostics::new();
                let detail = "The provider was asked to reach the service before it was configured. This is \
                              either an error in the host, or the provider block was refused before.";
                diagnostics.error("Provider not configured", detail);
                Err(diagnostics)
            }
        }
    }
}

/// A configuration that can be acted on: without errors, wholly known, not null.
pub(super) fn sound(config: Value, mut diagnostics: Diagnostics) -> Result<Value, Diagnostics> {
    if config.is_null() || !config.is_wholly_known() {
        let detail = "The host sent a configuration that is null or not wholly known. This is an error in the host or in the \
                      provider, not in your configuration.";
        diagnostics.error("Configuration not known yet", detail);
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(config) }
}

/// An apply does not replace what its plan did not: an attribute that was unknown then has turned out to be another one.
fn replaces_after_all(prior: &Value, plan: &Plan, out: &mut Diagnostics) {
    if prior.is_null() {
        return;
    }
    for path in &plan.replace {
        let (was, is) = (prior.at(path), plan.planned.at(path));
        let detail = format!(
            "`{path}` was {was}, and is {is} now. It was not known when this was planned, or has changed since, and another \
             one replaces the object. Nothing was called. Plan again; where it is unknown at every plan, since what it \
             follows from is always pending, use `-replace=ADDRESS` with the address of this resource."
        );
        out.error_at(path.clone(), format!("`{path}` changed since the plan"), detail);
    }
}

/// A delete that failed keeps what is there; one that succeeded leaves nothing.
async fn delete<C>(resource: &dyn Resource<C>, call: &Context<C>, change: Change) -> Response {
    let mut told = resource.delete(call, &change).await;
    if !told.diagnostics.has_errors() {
        told.value = Value::Null;
    } else if told.value.is_null() {
        told.value = change.prior;
    }
    told
}

/// The identity that a state or a plan has, once it is known.
pub(super) fn identity<C>(resource: &dyn Resource<C>, object: &Value) -> Option<Vec<u8>> {
    let schema = resource.identity()?;
    let mut identity = schema.empty();
    for attribute in schema.attributes {
        let value = object.get(attribute.name);
        if !value.is_known() {
            return None;
        }
        identity.put(attribute.name, value.clone());
    }
    Some(encode(identity, schema))
}

/// A name that the host asks for and this provider does not have.
pub(super) fn unknown(what: &str, name: &str) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    diagnostics.error(format!("Unknown {what}"), format!("This provider has no {what} `{name}`."));
    diagnostics
}

pub(super) fn settle(result: Result<Answer, Diagnostics>) -> Answer {
    result.unwrap_or_else(Answer::from)
}

/// What is stored: wholly known, and with the private data there were unless the driver gave others.
fn leave<C>(resource: &dyn Resource<C>, private: &[u8], told: Response) -> Answer {
    let value = told.value.without_unknowns();
    // Private data beside nothing would make the next create look like the second half of a replacement.
    let private = match value.is_null() {
        true => Vec::new(),
        false => told.private.unwrap_or_else(|| private.to_vec()),
    };
    Answer {
        identity: identity(resource, &value),
        value: Some(encode(value, resource.schema())),
        private,
        diagnostics: told.diagnostics,
        ..Answer::default()
    }
}

pub(super) fn decode(input: &Input, schema: &Schema, what: &str) -> Result<Value, Diagnostics> {
    let decoded = if !input.msgpack.is_empty() {
        msgpack::decode_packed(&input.msgpack, schema)
    } else if !input.json.is_empty() {
        json::decode(&input.json, schema)
    } else {
        Ok(Value::Null)
    };
    decoded.map_err(|error| {
        let mut diagnostics = Diagnostics::new();
        let detail = format!(
            "The {what} that the host sent does not fit this provider's schema: {error}. This is an error in the \
             host or in the provider, not in your configuration."
        );
        diagnostics.error("Value of an unexpected form", detail);
        diagnostics
    })
}

pub(super) fn encode(mut value: Value, schema: &Schema) -> Vec<u8> {
    without_write_only(&mut value, schema);
    msgpack::encode(&value, schema)
}

#[cfg(test)]
mod tests {
    use super::replaces_after_all;
    use crate::diagnostic::Diagnostics;
    use crate::path::Path;
    use crate::plan::Plan;
    use crate::value::Value;

    #[test]
    fn what_turns_out_different_at_the_second_plan_is_an_error_with_both_values() {
        let object = |agent: &str| Value::object([("agent", Value::string(agent))]);
        let told = |prior: &Value, replace: Vec<Path>| {
            let mut out = Diagnostics::new();
            replaces_after_all(prior, &Plan { planned: object("b"), replace }, &mut out);
            out.into_iter().next().map(|told| told.detail)
        };
        let replace = || vec![Path::root("agent")];
        let detail = told(&object("a"), replace()).unwrap();
        assert!(detail.contains("`agent` was \"a\", and is \"b\" now"), "{detail}");
        assert_eq!(told(&Value::Null, replace()), None, "a create replaces nothing");
        assert_eq!(told(&object("a"), Vec::new()), None);
    }
}
