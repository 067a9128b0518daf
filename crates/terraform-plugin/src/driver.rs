//! The seam: all that this wing asks of a provider and its objects. Names no service and no wire format.

mod deferral;
mod ephemeral;
mod function;
mod resource;
mod stream;
mod upgrade;

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

pub use self::deferral::Deferral;
pub use self::ephemeral::{EphemeralResource, Opened};
pub use self::function::{Function, Parameter, Refusal, Signature};
pub use self::resource::{Change, ImportTarget, ModifyPlan, MovedFrom, Resource};
pub use self::stream::{Action, Found, ListResource, Progress, Tell, Wanted};
pub use self::upgrade::Upgrade;
use super::diagnostic::Diagnostics;
use super::schema::Schema;
use super::value::Value;

/// What an asynchronous driver method answers: one allocation per call.
pub type BoxFuture<'a, T> = Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// Boxes what a method does, so that `?` may end it with diagnostics: the answer is then made of them, without a value.
///
/// ```
/// use terraform_plugin::{diagnostic::Diagnostics, driver::{BoxFuture, Response, respond}, value::Value};
///
/// fn parse(text: &str) -> Result<i64, Diagnostics> {
///     text.parse().map_err(|_| {
///         let mut out = Diagnostics::new();
///         out.error("Not a number", format!("{text:?} is no number."));
///         out
///     })
/// }
///
/// fn read<'a>(text: &'a str) -> BoxFuture<'a, Response> {
///     respond(async move { Ok(Response::value(Value::int(parse(text)?))) })
/// }
/// ```
pub fn respond<'a, T: From<Diagnostics> + 'a>(
    work: impl Future<Output = Result<T, Diagnostics>> + Send + 'a,
) -> BoxFuture<'a, T> {
    Box::pin(async move { work.await.unwrap_or_else(T::from) })
}

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

    /// Whether nothing can be done until the provider block is wholly known: asked where it is not. Then everything is put
    /// off to a later run, and where the host cannot do that, the user is told so.
    fn defers(&self, _config: &Value) -> bool {
        false
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

/// What surrounds one call of a driver method.
#[derive(Debug)]
#[non_exhaustive]
pub struct Context<C> {
    /// The configured provider.
    pub client: Arc<C>,
    /// Ends waits and backoffs when the user interrupts; never a write in flight.
    pub stop: CancellationToken,
    /// Private data stored beside the object, or planned for it; none for a data source.
    pub private: Vec<u8>,
    /// Whether the host can put this off to a later run, see [`Context::defer`].
    pub deferral_allowed: bool,
    deferral: OnceLock<Deferral>,
}

impl<C> Context<C> {
    pub(super) fn new(
        client: Arc<C>,
        stop: CancellationToken,
        private: &[u8],
        deferral_allowed: bool,
    ) -> Context<C> {
        let (private, deferral) = (private.to_vec(), OnceLock::new());
        Context { client, stop, private, deferral_allowed, deferral }
    }

    /// Puts this off to a later run: a plan, a read, an import, the plan of an action, or an open. What the method answers
    /// then is what can be said already. Where the host cannot put it off, it fails, and the user is told what to do.
    pub fn defer(&self, reason: Deferral) {
        // The first reason counts.
        let _ = self.deferral.set(reason);
    }

    pub(super) fn deferred(&self) -> Option<Deferral> {
        self.deferral.get().copied()
    }
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

#[cfg(test)]
mod tests {
    use super::{Opened, Response, respond};
    use crate::diagnostic::Diagnostics;
    use crate::value::Value;

    #[tokio::test]
    async fn what_ends_early_answers_its_diagnostics_without_a_value() {
        let mut reasons = Diagnostics::new();
        reasons.error("Not ready", "The provider cannot call.");
        let failed: Result<Value, Diagnostics> = Err(reasons.clone());
        let early = failed.clone();
        let response: Response = respond(async move { Ok(Response::value(early?)) }).await;
        assert_eq!((response.value, response.diagnostics), (Value::Null, reasons.clone()));
        let early = failed.clone();
        let open = async move { Ok(Opened { value: early?, ..Opened::default() }) };
        let opened: Opened = respond(open).await;
        assert_eq!((opened.value, opened.diagnostics), (Value::Null, reasons.clone()));
        let told: Diagnostics = respond(async move { failed.map(|_| Diagnostics::new()) }).await;
        assert_eq!(told, reasons);
    }

    #[tokio::test]
    async fn what_comes_to_its_end_answers_what_it_made() {
        let response = respond(async { Ok(Response::value(Value::int(7))) }).await;
        assert_eq!((response.value, response.diagnostics), (Value::int(7), Diagnostics::new()));
    }
}
