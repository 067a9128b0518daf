//! What answers bit by bit: lists of a managed resource's objects, and actions.

use super::{BoxFuture, Context};
use crate::diagnostic::Diagnostics;
use crate::schema::Schema;
use crate::value::Value;

/// A list of a managed resource's objects, in or out of state: `terraform query`, from Terraform 1.14 on.
pub trait ListResource<C>: Send + Sync {
    /// The type name of the managed resource, which has an identity.
    fn name(&self) -> &'static str;

    /// What a list can be asked for.
    fn schema(&self) -> &'static Schema;

    /// Tells object by object, until there are no more or no more are wanted.
    fn list<'a>(
        &'a self,
        call: &'a Context<C>,
        wanted: &'a Wanted,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Diagnostics>;
}

/// What a list is asked for.
#[derive(Debug)]
#[non_exhaustive]
pub struct Wanted {
    /// The configuration, wholly known and valid.
    pub config: Value,
    /// Whether each object is wanted whole.
    pub objects: bool,
}

/// An object of a list.
#[derive(Debug)]
pub struct Found {
    /// Its identity.
    pub identity: Value,
    /// What people call it.
    pub name: String,
    /// Its whole state, where that is wanted.
    pub object: Option<Value>,
    /// What the user is told of it.
    pub diagnostics: Diagnostics,
}

/// Takes one object of a list. False: no more are wanted.
pub type Tell<'a> = &'a (dyn Fn(Found) -> bool + Send + Sync);

/// An action: something done once, that leaves no state. From Terraform 1.14 on.
pub trait Action<C>: Send + Sync {
    /// Its type name in configurations.
    fn name(&self) -> &'static str;

    /// Its shape.
    fn schema(&self) -> &'static Schema;

    /// Checks of a configuration that need more than one attribute. Unknown values pass.
    fn check(&self, config: &Value) -> Diagnostics;

    /// Looks at what is going to be done, beside the checks: warnings, refusals, and whether it has to wait for a later run.
    /// `call` is none where the provider is not configured.
    fn plan<'a>(
        &'a self,
        _call: Option<&'a Context<C>>,
        _config: &'a Value,
    ) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async { Diagnostics::new() })
    }

    /// Does it. The configuration is wholly known and valid.
    fn invoke<'a>(
        &'a self,
        call: &'a Context<C>,
        config: &'a Value,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Diagnostics>;
}

/// Tells the user how far an action is.
pub type Progress<'a> = &'a (dyn Fn(String) + Send + Sync);
