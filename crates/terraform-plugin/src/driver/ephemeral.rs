//! What an ephemeral resource is to a provider.

use std::time::SystemTime;

use super::{BoxFuture, Context};
use crate::diagnostic::Diagnostics;
use crate::schema::Schema;
use crate::value::Value;

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

impl From<Diagnostics> for Opened {
    fn from(diagnostics: Diagnostics) -> Opened {
        Opened { diagnostics, ..Opened::default() }
    }
}
