//! The provider: which objects there are, and the provider block.

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{
    Action, DataSource, EphemeralResource, Function, ListResource, Provider, Resource,
};
use terraform_plugin::schema::Schema;
use terraform_plugin::value::Value;

use crate::about::About;
use crate::config::Session;
use crate::resources::{call_task, callee_batch};
use crate::{actions, config, data_sources, ephemeral_resources, functions, list_resources};

/// An object and what its page says.
type Registered<T> = (&'static T, &'static About);

/// The managed resources, in alphabetical order.
pub(crate) const RESOURCES: [Registered<dyn Resource<Session>>; 2] =
    [(&call_task::CallTask, &call_task::ABOUT), (&callee_batch::CalleeBatch, &callee_batch::ABOUT)];

/// The data sources, in alphabetical order.
pub(crate) const DATA_SOURCES: [Registered<dyn DataSource<Session>>; 7] = [
    (&data_sources::agent::Agent, &data_sources::agent::ABOUT),
    (&data_sources::agents::AGENTS, &data_sources::agents::ABOUT),
    (&data_sources::call_details::CALL_DETAILS, &data_sources::call_details::ABOUT),
    (&data_sources::call_task::CallTask, &data_sources::call_task::ABOUT),
    (&data_sources::call_tasks::CALL_TASKS, &data_sources::call_tasks::ABOUT),
    (&data_sources::service_instances::SERVICE_INSTANCES, &data_sources::service_instances::ABOUT),
    (&data_sources::voices::VOICES, &data_sources::voices::ABOUT),
];

/// The functions, in alphabetical order.
pub(crate) static FUNCTIONS: &[&dyn Function] = &[
    &functions::call_windows::CallWindows,
    &functions::callees::Callees,
    &functions::rfc3339::Rfc3339,
    &functions::unix_millis::UnixMillis,
];

/// The list resources, in alphabetical order.
pub(crate) const LIST_RESOURCES: [Registered<dyn ListResource<Session>>; 1] =
    [(&list_resources::call_task::CallTasks, &list_resources::call_task::ABOUT)];

/// The actions, in alphabetical order.
pub(crate) const ACTIONS: [Registered<dyn Action<Session>>; 5] = [
    (&actions::start::CALL_TASK_START, &actions::start::ABOUT),
    (&actions::stop::CALL_TASK_STOP, &actions::stop::ABOUT),
    (&actions::stop_all::CALL_TASKS_STOP, &actions::stop_all::ABOUT),
    (&actions::import_callee::IMPORT_CALLEE, &actions::import_callee::ABOUT),
    (&actions::import_callees::IMPORT_CALLEES, &actions::import_callees::ABOUT),
];

/// The ephemeral resources, in alphabetical order.
pub(crate) const EPHEMERAL_RESOURCES: [Registered<dyn EphemeralResource<Session>>; 1] =
    [(&ephemeral_resources::call_record::CallRecord, &ephemeral_resources::call_record::ABOUT)];

/// The objects alone, as the framework takes them.
const fn objects<T: ?Sized, const N: usize>(registered: [Registered<T>; N]) -> [&'static T; N] {
    let mut objects = [registered[0].0; N];
    let mut at = 0;
    while at < N {
        objects[at] = registered[at].0;
        at += 1;
    }
    objects
}

/// The provider.
#[derive(Debug)]
pub struct Aiccs;

impl Provider for Aiccs {
    type ProviderData = Session;

    fn schema(&self) -> &'static Schema {
        &config::SCHEMA
    }

    fn source(&self) -> &'static str {
        "aiccs/aiccs"
    }

    fn empty_is_absent(&self) -> bool {
        true
    }

    fn check(&self, config: &Value) -> Diagnostics {
        config::check(config)
    }

    fn configure(&self, config: &Value, terraform_version: &str) -> (Option<Session>, Diagnostics) {
        config::configure(config, terraform_version)
    }

    fn resources(&self) -> &'static [&'static dyn Resource<Session>] {
        const { &objects(RESOURCES) }
    }

    fn data_sources(&self) -> &'static [&'static dyn DataSource<Session>] {
        const { &objects(DATA_SOURCES) }
    }

    fn functions(&self) -> &'static [&'static dyn Function] {
        FUNCTIONS
    }

    fn list_resources(&self) -> &'static [&'static dyn ListResource<Session>] {
        const { &objects(LIST_RESOURCES) }
    }

    fn actions(&self) -> &'static [&'static dyn Action<Session>] {
        const { &objects(ACTIONS) }
    }

    fn ephemeral_resources(&self) -> &'static [&'static dyn EphemeralResource<Session>] {
        const { &objects(EPHEMERAL_RESOURCES) }
    }
}
