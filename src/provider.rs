//! The bridge: the only folder that names both wings. Which objects there are, and the provider block.

pub mod actions;
pub mod call_task;
pub mod callee_batch;
pub mod config;
pub mod data;
pub mod docs;
mod failure;
pub mod field;
pub mod functions;

use self::config::Session;
use crate::terraform::diagnostic::Diagnostics;
use crate::terraform::driver::{Action, DataSource, Function, ListResource, Provider, Resource};
use crate::terraform::schema::Schema;
use crate::terraform::value::Value;

/// The managed resources, in alphabetical order.
static RESOURCES: &[&dyn Resource<Session>] = &[&call_task::CallTask, &callee_batch::CalleeBatch];

/// The data sources, in alphabetical order.
static DATA_SOURCES: &[&dyn DataSource<Session>] = &[
    &data::agents::AGENTS,
    &data::call_details::CALL_DETAILS,
    &data::call_task::CallTask,
    &data::call_tasks::CALL_TASKS,
    &data::voices::VOICES,
];

/// The functions, in alphabetical order.
static FUNCTIONS: &[&dyn Function] = &[
    &functions::call_windows::CallWindows,
    &functions::rfc3339::Rfc3339,
    &functions::unix_millis::UnixMillis,
];

/// The list resources, in alphabetical order.
static LIST_RESOURCES: &[&dyn ListResource<Session>] = &[&call_task::list::CallTasks];

/// The actions, in alphabetical order.
static ACTIONS: &[&dyn Action<Session>] = &[
    &actions::start::CALL_TASK_START,
    &actions::stop::CALL_TASK_STOP,
    &actions::import_callees::IMPORT_CALLEES,
];

/// The provider.
#[derive(Debug)]
pub struct Aiccs;

impl Provider for Aiccs {
    type Client = Session;

    fn schema(&self) -> &'static Schema {
        &config::SCHEMA
    }

    fn check(&self, config: &Value) -> Diagnostics {
        config::check(config)
    }

    fn configure(&self, config: &Value, terraform_version: &str) -> (Option<Session>, Diagnostics) {
        config::configure(config, terraform_version)
    }

    fn resources(&self) -> &'static [&'static dyn Resource<Session>] {
        RESOURCES
    }

    fn data_sources(&self) -> &'static [&'static dyn DataSource<Session>] {
        DATA_SOURCES
    }

    fn functions(&self) -> &'static [&'static dyn Function] {
        FUNCTIONS
    }

    fn list_resources(&self) -> &'static [&'static dyn ListResource<Session>] {
        LIST_RESOURCES
    }

    fn actions(&self) -> &'static [&'static dyn Action<Session>] {
        ACTIONS
    }
}
