//! The provider: which objects there are, and the provider block.

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{Action, DataSource, Function, ListResource, Provider, Resource};
use terraform_plugin::schema::Schema;
use terraform_plugin::value::Value;

use crate::config::Session;
use crate::{actions, config, data_sources, functions, list_resources, resources};

/// The managed resources, in alphabetical order.
static RESOURCES: &[&dyn Resource<Session>] =
    &[&resources::call_task::CallTask, &resources::callee_batch::CalleeBatch];

/// The data sources, in alphabetical order.
pub(crate) static DATA_SOURCES: &[&dyn DataSource<Session>] = &[
    &data_sources::agents::AGENTS,
    &data_sources::call_details::CALL_DETAILS,
    &data_sources::call_task::CallTask,
    &data_sources::call_tasks::CALL_TASKS,
    &data_sources::voices::VOICES,
];

/// The functions, in alphabetical order.
static FUNCTIONS: &[&dyn Function] = &[
    &functions::call_windows::CallWindows,
    &functions::rfc3339::Rfc3339,
    &functions::unix_millis::UnixMillis,
];

/// The list resources, in alphabetical order.
pub(crate) static LIST_RESOURCES: &[&dyn ListResource<Session>] =
    &[&list_resources::call_task::CallTasks];

/// The actions, in alphabetical order.
pub(crate) static ACTIONS: &[&dyn Action<Session>] = &[
    &actions::start::CALL_TASK_START,
    &actions::stop::CALL_TASK_STOP,
    &actions::import_callees::IMPORT_CALLEES,
];

/// The provider.
#[derive(Debug)]
pub struct Aiccs;

impl Provider for Aiccs {
    type ProviderData = Session;

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
