//! What a managed resource is to a provider: its shape, its life, and what it is told of a change.

use std::time::Duration;

use super::{BoxFuture, Context, Response, Upgrade};
use crate::diagnostic::Diagnostics;
use crate::plan::Plan;
use crate::schema::Schema;
use crate::timeouts;
use crate::value::Value;

/// A managed resource.
pub trait Resource<C>: Send + Sync {
    /// Its type name in configurations.
    fn name(&self) -> &'static str;

    /// Its shape.
    fn schema(&self) -> &'static Schema;

    /// What tells two objects apart for good: attributes that its state has too. Hosts know identities from
    /// Terraform 1.12 on.
    fn identity(&self) -> Option<&'static Schema> {
        None
    }

    /// Checks of a configuration that need more than one attribute. Unknown values pass.
    fn check(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// After the pure plan, also of a destroy: warnings, refusals, further unknown marks. `call` is none where the
    /// provider is not configured.
    fn modify_plan<'a>(
        &'a self,
        _call: Option<&'a Context<C>>,
        _request: &'a mut ModifyPlan<'_>,
    ) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async { Diagnostics::new() })
    }

    /// How stored states of earlier versions of the schema come to the current one, from the oldest version on.
    fn upgrades(&self) -> &'static [Upgrade] {
        &[]
    }

    /// As [`Resource::upgrades`], of stored identities.
    fn identity_upgrades(&self) -> &'static [Upgrade] {
        &[]
    }

    /// The state that an object of another type or provider becomes when a `moved` block brings it here; none: it cannot.
    fn moved(&self, _from: &MovedFrom<'_>) -> Option<Result<Value, Diagnostics>> {
        None
    }

    /// Creates the object of `change.planned`.
    fn create<'a>(&'a self, call: &'a Context<C>, change: &'a Change) -> BoxFuture<'a, Response>;

    /// Reads the object anew. A null value: it is gone. Unless the resource says otherwise, the state is all there is.
    fn read<'a>(&'a self, _call: &'a Context<C>, state: &'a Value) -> BoxFuture<'a, Response> {
        Response::value(state.clone()).ready()
    }

    /// Brings the object from `change.prior` to `change.planned`.
    fn update<'a>(&'a self, call: &'a Context<C>, change: &'a Change) -> BoxFuture<'a, Response>;

    /// Ends the object of `change.prior`. Success is an answer without errors, whatever its value. Unless the resource says
    /// otherwise, there is nothing to end.
    fn delete<'a>(&'a self, _call: &'a Context<C>, _change: &'a Change) -> BoxFuture<'a, Response> {
        Response::default().ready()
    }

    /// Finds an object by what the user gave. The host reads it next.
    fn import<'a>(
        &'a self,
        _call: &'a Context<C>,
        _target: &'a ImportTarget,
    ) -> BoxFuture<'a, Response> {
        let mut told = Response::default();
        let detail = format!("A `{}` cannot be imported.", self.name());
        told.diagnostics.error("Import not supported", detail);
        Box::pin(async { told })
    }
}

/// An object that a `moved` block brings from another type.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MovedFrom<'a> {
    /// The address of the provider that has stored it.
    pub provider: &'a str,
    /// Its type there.
    pub type_name: &'a str,
    /// The version of its schema there.
    pub version: i64,
    /// Its state, JSON.
    pub state: &'a [u8],
}

/// What an import goes by.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportTarget {
    /// A text, as typed by the user.
    Id(String),
    /// An identity, wholly known.
    Identity(Value),
}

/// One change of an object.
#[derive(Debug)]
#[non_exhaustive]
pub struct Change {
    /// The state before; null for a create.
    pub prior: Value,
    /// The planned state; null for a destroy.
    pub planned: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
}

impl Change {
    /// How long the operation may take, when the user says so.
    pub fn timeout(&self, operation: &str) -> Option<Duration> {
        let object = if self.planned.is_null() { &self.prior } else { &self.planned };
        timeouts::configured(object, operation)
    }
}

/// A plan under review.
#[derive(Debug)]
#[non_exhaustive]
pub struct ModifyPlan<'a> {
    /// The configuration; null for a destroy.
    pub config: &'a Value,
    /// The state before; null for a create.
    pub prior: &'a Value,
    /// What the pure step planned.
    pub plan: &'a mut Plan,
    /// Private data: the stored ones on entry, the planned ones on return.
    pub private: &'a mut Vec<u8>,
    /// Surely the second plan of a change, made by its apply: what the first one said is known, and is not said again.
    pub second: bool,
}
