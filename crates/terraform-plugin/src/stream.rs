//! The engine for what answers bit by bit: lists of a managed resource's objects, and actions.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::diagnostic::Diagnostics;
use super::driver::{Action, Found, ListResource, Progress, Provider, Wanted};
use super::engine::{Answer, Engine, Input, decode, encode, settle, sound, unknown};
use super::schema::Schema;
use super::validate::validate;
use super::value::Value;

/// What is listed.
#[derive(Debug)]
pub struct ListInputs {
    /// The configuration of the list.
    pub config: Input,
    /// Whether each object is wanted whole.
    pub objects: bool,
    /// How many objects are wanted; all, unless it is positive.
    pub limit: i64,
}

/// An object of a list, encoded.
#[derive(Debug)]
pub struct Listed {
    /// Its identity as msgpack.
    pub identity: Vec<u8>,
    /// What people call it.
    pub name: String,
    /// Its state as msgpack, where that was wanted.
    pub object: Option<Vec<u8>>,
    /// What the user is told of it.
    pub diagnostics: Diagnostics,
}

impl<P: Provider> Engine<P> {
    /// Checks the configuration of a list.
    pub fn validate_list(&self, name: &str, config: &Input) -> Answer {
        settle(self.list_resource(name).and_then(|list| {
            let config = listed_by(config, list.schema())?;
            Ok(validate(&config, list.schema(), false).into())
        }))
    }

    /// Lists objects until there are no more, the limit is reached or `tell` wants no more.
    pub async fn list(
        &self,
        name: &str,
        inputs: &ListInputs,
        tell: impl Fn(Listed) -> bool + Send + Sync,
    ) -> Answer {
        let list = async {
            let (list, call) = (self.list_resource(name)?, self.call(&[], false)?);
            let resource = self.resource(name)?;
            let Some(identity) = resource.identity() else {
                return Err(unknown("list resource", name));
            };
            let config = listed_by(&inputs.config, list.schema())?;
            let diagnostics = validate(&config, list.schema(), false);
            let config = sound(config, diagnostics)?;
            let limit = usize::try_from(inputs.limit).ok().filter(|limit| *limit > 0);
            let told = AtomicUsize::new(0);
            let one = |found: Found| {
                let object =
                    found.object.map(|object| encode(object.without_unknowns(), resource.schema()));
                let listed = Listed {
                    identity: encode(found.identity, identity),
                    name: found.name,
                    object,
                    diagnostics: found.diagnostics,
                };
                let count = told.fetch_add(1, Ordering::Relaxed) + 1;
                tell(listed) && limit.is_none_or(|limit| count < limit)
            };
            let wanted = Wanted { config, objects: inputs.objects };
            Ok(list.list(&call, &wanted, &one).await.into())
        };
        settle(list.await)
    }

    /// Checks the configuration of an action.
    pub fn validate_action(&self, name: &str, config: &Input) -> Answer {
        settle(self.action(name).and_then(|action| Ok(self.checked(action, config)?.1.into())))
    }

    /// Checks the configuration of an action again: what a validation could not know yet, ephemeral values above all,
    /// is told before anything is applied.
    pub async fn plan_action(&self, name: &str, config: &Input, deferral_allowed: bool) -> Answer {
        let plan = async {
            let action = self.action(name)?;
            let (config, mut diagnostics) = self.checked(action, config)?;
            let call = self.call(&[], deferral_allowed).ok();
            if !diagnostics.has_errors() {
                diagnostics.extend(action.plan(call.as_ref(), &config).await);
            }
            let reason = self.deferred(call.as_ref());
            Ok(Answer::from(diagnostics).put_off(reason, deferral_allowed, name))
        };
        settle(plan.await)
    }

    /// Does what an action does.
    pub async fn invoke(&self, name: &str, config: &Input, progress: Progress<'_>) -> Answer {
        let invoke = async {
            let (action, call) = (self.action(name)?, self.call(&[], false)?);
            let (config, diagnostics) = self.checked(action, config)?;
            let config = sound(config, diagnostics)?;
            Ok(action.invoke(&call, &config, progress).await.into())
        };
        settle(invoke.await)
    }

    /// Configurations of actions are stored nowhere by this provider, and hosts that have actions know write-only
    /// values.
    fn checked(
        &self,
        action: &dyn Action<P::ProviderData>,
        config: &Input,
    ) -> Result<(Value, Diagnostics), Diagnostics> {
        let config = decode(config, action.schema(), "configuration")?;
        let mut diagnostics = validate(&config, action.schema(), true);
        diagnostics.extend(action.check(&config));
        Ok((config, diagnostics))
    }

    fn list_resource(
        &self,
        name: &str,
    ) -> Result<&'static dyn ListResource<P::ProviderData>, Diagnostics> {
        let found = self.provider().list_resources().iter().find(|list| list.name() == name);
        found.copied().ok_or_else(|| unknown("list resource", name))
    }

    fn action(&self, name: &str) -> Result<&'static dyn Action<P::ProviderData>, Diagnostics> {
        let found = self.provider().actions().iter().find(|action| action.name() == name);
        found.copied().ok_or_else(|| unknown("action", name))
    }
}

/// A list without a configuration is one without filters.
fn listed_by(config: &Input, schema: &Schema) -> Result<Value, Diagnostics> {
    let config = decode(config, schema, "configuration")?;
    Ok(if config.is_null() { schema.empty() } else { config })
}
