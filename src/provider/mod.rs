//! The bridge: the only folder that names both wings. Which objects there are, and the provider block.

pub mod call_task;
pub mod config;
pub mod docs;
mod failure;
pub mod field;

use self::config::Session;
use crate::terraform::diagnostic::Diagnostics;
use crate::terraform::driver::{Provider, Resource};
use crate::terraform::schema::Schema;
use crate::terraform::value::Value;

/// The managed resources, in alphabetical order.
static RESOURCES: &[&dyn Resource<Session>] = &[&call_task::CallTask];

/// The provider.
#[derive(Debug)]
pub struct Aiccs;

impl Provider for Aiccs {
    type Client = Session;

    fn schema(&self) -> &'static Schema {
        &config::SCHEMA
    }

    fn check(&self, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    fn configure(&self, config: &Value, terraform_version: &str) -> (Option<Session>, Diagnostics) {
        config::configure(config, terraform_version)
    }

    fn resources(&self) -> &'static [&'static dyn Resource<Session>] {
        RESOURCES
    }
}
