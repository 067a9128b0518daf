//! The operations, one function each, found by name; everything they share is the dispatcher's.
//! It must not know HTTP, signatures or faults.

mod agents;
mod callees;
mod conversation;
mod hotline;
mod instances;
mod sts;
mod task_queries;
mod tasks;

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::contract::Operation;
pub(super) use super::refused::Refused;
use super::store::plain;
use super::view;
use super::world::World;

/// One admitted call.
pub(super) struct Call<'a> {
    pub(super) world: &'a mut World,
    pub(super) operation: &'static Operation,
    pub(super) arguments: Arguments,
    /// Id of the key that signed.
    pub(super) caller: Option<String>,
    /// Whose tasks are seen; empty where all callers see the same.
    pub(super) account: String,
    pub(super) now: i64,
}

/// Answers with `Data`.
pub(super) type Handler = fn(&mut Call<'_>) -> Result<Value, Refused>;

/// The function of an operation.
pub(super) fn handler(name: &str) -> Option<Handler> {
    HANDLERS.iter().find(|(operation, _)| *operation == name).map(|(_, handler)| *handler)
}

const HANDLERS: &[(&str, Handler)] = &[
    ("CreateAiCallTask", tasks::create),
    ("UpdateAiCallTask", tasks::update),
    ("StartAiCallTask", tasks::start),
    ("StopAiCallTask", tasks::stop),
    ("QueryAiCallTaskDetail", task_queries::detail),
    ("QueryAiCallTaskPage", task_queries::page),
    ("ImportTaskNumberDatas", callees::import),
    ("ImportOneTaskPhoneNumber", callees::import_one),
    ("CancelAiCallDetails", callees::cancel),
    ("QueryAiCallDetailPage", callees::page),
    ("QueryConversationDetailInfoNew", conversation::detail),
    ("PageQueryAgentListNew", agents::page_new),
    ("PageQueryAgentList", agents::page_old),
    ("QueryAiVoiceAgentDetailNew", agents::detail),
    ("ListAvailableTts", agents::voices),
    ("GetConfigNumList", hotline::no_numbers),
    ("ListOutboundPhoneNumber", hotline::no_numbers),
    ("QueryHotlineNumber", hotline::no_page),
    ("ListServiceInstanceForPage", instances::page),
    ("AssumeRole", sts::assume_role),
    ("AssumeRoleWithOIDC", sts::assume_role),
    ("GetCallerIdentity", sts::caller_identity),
];

impl Call<'_> {
    /// The id in `TaskId` (text in most operations, a number in one), of a task that exists.
    fn task_id(&self) -> Result<String, Refused> {
        let id = self.arguments.get("TaskId").map(plain).unwrap_or_default();
        match self.world.store.task(&id).filter(|task| task.account == self.account) {
            Some(_) => Ok(id),
            None => Err(Refused::no_task(&id)),
        }
    }

    /// One page of these objects, under the documented names.
    fn page(&self, stored: &[Map<String, Value>], number: Option<i64>) -> Value {
        let (items, frame) =
            view::page(stored.iter().collect(), number, self.arguments.integer("PageSize"));
        let show = |item: &Map<String, Value>| {
            view::project(self.operation.fields, item, &self.world.switches)
        };
        let list: Vec<Value> = items.into_iter().map(|item| show(item).into()).collect();
        let mut frame = frame;
        frame.insert("List".to_owned(), list.into());
        frame.into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::*;

    #[test]
    fn every_operation_of_the_contract_has_a_function() {
        let without = contract::operations().filter(|operation| handler(operation.name).is_none());
        assert_eq!(without.map(|operation| operation.name).collect::<Vec<_>>(), [] as [&str; 0]);
        assert_eq!(contract::operations().count(), HANDLERS.len());
    }
}
