//! The seam: all that this wing asks of a provider and its objects. Names no service and no wire format.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::diagnostic::Diagnostics;
use super::plan::Plan;
use super::schema::{Schema, Type};
use super::timeouts;
use super::value::Value;

/// What an asynchronous driver method answers: one allocation per call.
pub type BoxFuture<'a, T> = Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// A provider: its configuration block, and the objects it registers.
pub trait Provider: Send + Sync + 'static {
    /// What a configured provider hands to its objects.
    type ProviderData: Send + Sync + 'static;

    /// The provider block.
    fn schema(&self) -> &'static Schema;

    /// Namespace and type of its address, such as `hashicorp/null`: under whatever registry or mirror, it is the same provider.
    fn source(&self) -> &'static str {
        ""
    }

    /// Whether an empty text in the provider block counts as left out, as in the blocks of many older providers.
    fn empty_is_absent(&self) -> bool {
        false
    }

    /// Checks of the provider block that need more than one attribute. Unknown values pass.
    fn check(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Makes a client of a provider block, which may hold unknown values during a plan. No I/O.
    fn configure(
        &self,
        config: &Value,
        terraform_version: &str,
    ) -> (Option<Self::ProviderData>, Diagnostics);

    /// The managed resources, in alphabetical order.
    fn resources(&self) -> &'static [&'static dyn Resource<Self::ProviderData>];

    /// The data sources, in alphabetical order.
    fn data_sources(&self) -> &'static [&'static dyn DataSource<Self::ProviderData>] {
        &[]
    }

    /// The functions, in alphabetical order.
    fn functions(&self) -> &'static [&'static dyn Function] {
        &[]
    }

    /// The list resources, in alphabetical order.
    fn list_resources(&self) -> &'static [&'static dyn ListResource<Self::ProviderData>] {
        &[]
    }

    /// The actions, in alphabetical order.
    fn actions(&self) -> &'static [&'static dyn Action<Self::ProviderData>] {
        &[]
    }

    /// The ephemeral resources, in alphabetical order.
    fn ephemeral_resources(&self) -> &'static [&'static dyn EphemeralResource<Self::ProviderData>] {
        &[]
    }
}

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

    /// Brings a stored state of an earlier version of the schema to the current one.
    fn upgrade(&self, _version: i64, _state: &mut Value) {}

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

/// A data source: what is only read.
pub trait DataSource<C>: Send + Sync {
    /// Its type name in configurations.
    fn name(&self) -> &'static str;

    /// Its shape.
    fn schema(&self) -> &'static Schema;

    /// Checks of a configuration that need more than one attribute. Unknown values pass.
    fn check(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Reads what the configuration asks for: the configuration's own values, unchanged, and the computed ones.
    fn read<'a>(&'a self, call: &'a Context<C>, config: &'a Value) -> BoxFuture<'a, Response>;
}

/// An ephemeral resource: asked for anew in each run, held while it is used, and stored nowhere. From Terraform 1.10 on.
pub trait EphemeralResource<C>: Send + Sync {
    /// Its type name in configurations.
    fn name(&self) -> &'static str;

    /// Its shape.
    fn schema(&self) -> &'static Schema;

    /// Checks of a configuration that need more than one attribute. Unknown values pass.
    fn check(&self, config: &Value) -> Diagnostics;

    /// Opens it. The configuration is wholly known and valid; the value holds it unchanged, and the computed attributes.
    fn open<'a>(&'a self, call: &'a Context<C>, config: &'a Value) -> BoxFuture<'a, Opened>;

    /// Keeps it open beyond `renew_at`; `call.private` is what the open or the last renewal left. The value is not used.
    fn renew<'a>(&'a self, call: &'a Context<C>) -> BoxFuture<'a, Opened> {
        let same = Opened { private: call.private.clone(), ..Opened::default() };
        Box::pin(async { same })
    }

    /// Ends it; `call.private` is what the **open** left, whatever renewals did.
    fn close<'a>(&'a self, _call: &'a Context<C>) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async { Diagnostics::new() })
    }
}

/// What an ephemeral resource is once it is open.
#[derive(Debug, Default)]
pub struct Opened {
    /// The configuration, and the computed attributes.
    pub value: Value,
    /// What renewals and the close are given.
    pub private: Vec<u8>,
    /// When it has to be renewed; none: never.
    pub renew_at: Option<SystemTime>,
    /// What the user is told.
    pub diagnostics: Diagnostics,
}

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

/// A function: pure, called in a process that is never configured.
pub trait Function: Send + Sync {
    /// Its name, parameters and result.
    fn signature(&self) -> &'static Signature;

    /// The result for these arguments: one per parameter, known and not null.
    ///
    /// # Errors
    /// What is wrong with which argument.
    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal>;
}

/// What a function takes and gives.
#[derive(Debug)]
pub struct Signature {
    /// Its name after `provider::LOCAL_NAME::`.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What it does, in Markdown.
    pub doc: &'static str,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// The type of its result.
    pub result: Type,
}

/// A parameter of a function.
#[derive(Debug)]
pub struct Parameter {
    /// Its name, for messages.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it is, in Markdown.
    pub doc: &'static str,
}

/// Why a function has no result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The argument to blame, counted from 0.
    pub argument: Option<usize>,
    /// What is wrong, as a sentence.
    pub text: String,
}

/// What surrounds one call of a driver method.
#[derive(Debug)]
pub struct Context<C> {
    /// The configured provider.
    pub client: Arc<C>,
    /// Ends waits and backoffs when the user interrupts; never a write in flight.
    pub stop: CancellationToken,
    /// Private data stored beside the object, or planned for it; none for a data source.
    pub private: Vec<u8>,
}

/// One change of an object.
#[derive(Debug)]
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

/// What a driver method answers: a value **and** diagnostics, so that a create that succeeded and then failed
/// to read back still returns its id.
#[derive(Debug, Default)]
pub struct Response {
    /// The object as it is now.
    pub value: Value,
    /// New private data; `None` keeps what was there.
    pub private: Option<Vec<u8>>,
    /// What the user is told.
    pub diagnostics: Diagnostics,
}

impl From<Diagnostics> for Response {
    fn from(diagnostics: Diagnostics) -> Response {
        Response { diagnostics, ..Response::default() }
    }
}

impl Response {
    /// A value with nothing to say.
    pub fn value(value: Value) -> Response {
        Response { value, private: None, diagnostics: Diagnostics::new() }
    }

    /// The answer of a method that waits for nothing.
    pub fn ready<'a>(self) -> BoxFuture<'a, Response> {
        Box::pin(std::future::ready(self))
    }
}
