//! The operations of AICCS 2019-10-15: names, what repeating them would do, typed answers.
//! Knows no Terraform attribute: parameters come named as the service names them.

use std::fmt;

use serde_json::{Map, Value};

use super::client::{Answer, Class, Client, Operation, Parameters, Wait};
use super::envelope;
use super::error::{Error, Kind};
use super::http::Method;
use super::pages::{items_and_total, masked, unexpected};
use super::redact;

pub use super::pages::{MOST_BYTES, MOST_PAGES, PAGE_SIZE, Pages, exact, length};

/// The most callees that one `ImportTaskNumberDatas` takes.
pub const MOST_CALLEES: usize = 1000;

/// Operations of the vendor's catalogue that are not called.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NotCalled {
    /// Their names.
    pub operations: &'static [&'static str],
    /// Why not.
    pub reason: &'static str,
}

/// The operations of the vendor's catalogue that are not called, and why.
pub const NOT_CALLED: [NotCalled; 2] = [
    NotCalled {
        operations: &["PageQueryAgentList"],
        reason: "The older list of agents: PageQueryAgentListNew shows the same ones, and more of each.",
    },
    NotCalled {
        operations: &["GetConfigNumList", "ListOutboundPhoneNumber", "QueryHotlineNumber"],
        reason: "Numbers of call centres with people, which no AI call task has.",
    },
];

/// What was said in a call, which may be long.
const RECORDS: [&str; 3] = ["ConversationRecord", "Options", "RecordingFilePath"];

/// `CreateAiCallTask`: Data is the new task's id.
static CREATE_AI_CALL_TASK: Operation = operation("CreateAiCallTask", Class::Create);
/// `UpdateAiCallTask`: Data is true.
static UPDATE_AI_CALL_TASK: Operation = operation("UpdateAiCallTask", Class::Update);
/// `QueryAiCallTaskDetail`: Data is an object, without status.
static QUERY_AI_CALL_TASK_DETAIL: Operation = operation("QueryAiCallTaskDetail", Class::Query);
/// `QueryAiCallTaskPage`: Data is a page of tasks, with status.
pub static QUERY_AI_CALL_TASK_PAGE: Operation = operation("QueryAiCallTaskPage", Class::Query);
/// `StartAiCallTask`: Data is true.
static START_AI_CALL_TASK: Operation = operation("StartAiCallTask", Class::Start);
/// `StopAiCallTask`: Data is true.
static STOP_AI_CALL_TASK: Operation = operation("StopAiCallTask", Class::Stop);
/// `ImportTaskNumberDatas`: Data is the id of the batch. Sent twice, it would call everybody twice.
static IMPORT_TASK_NUMBER_DATAS: Operation = Operation {
    in_body: &["PhoneNumberList"],
    ..operation("ImportTaskNumberDatas", Class::Create)
};
/// `CancelAiCallDetails`: Data says how many were cancelled.
static CANCEL_AI_CALL_DETAILS: Operation = operation("CancelAiCallDetails", Class::Stop);
/// `QueryAiCallDetailPage`: Data is a page of callees.
static QUERY_AI_CALL_DETAIL_PAGE: Operation = operation("QueryAiCallDetailPage", Class::Query);
/// `PageQueryAgentListNew`: Data is a page of agents, whose ids are numbers.
static PAGE_QUERY_AGENT_LIST_NEW: Operation = operation("PageQueryAgentListNew", Class::Query);
/// `QueryAiVoiceAgentDetailNew`: Data is an agent.
static QUERY_AI_VOICE_AGENT_DETAIL_NEW: Operation =
    operation("QueryAiVoiceAgentDetailNew", Class::Query);
/// `ListAvailableTts`: Data is a list of voices, without pages.
static LIST_AVAILABLE_TTS: Operation = operation("ListAvailableTts", Class::Query);

/// `ImportOneTaskPhoneNumber`: Data holds the detail id of the callee. Sent twice, it would call twice.
static IMPORT_ONE_TASK_PHONE_NUMBER: Operation =
    operation("ImportOneTaskPhoneNumber", Class::Create);
/// `QueryConversationDetailInfoNew`: Data is the record of one call.
static QUERY_CONVERSATION_DETAIL_INFO_NEW: Operation =
    operation("QueryConversationDetailInfoNew", Class::Query);

const fn operation(name: &'static str, class: Class) -> Operation {
    Operation {
        name,
        version: "2019-10-15",
        product: "aiccs",
        class,
        method: Method::Post,
        in_body: &[],
    }
}

/// The id of a task: decimal text, 18 digits as a rule; never a float.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(String);

impl TaskId {
    /// Reads an id: digits only, not all of them zero.
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            !text.is_empty() && text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits && text.bytes().any(|byte| byte != b'0')).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Client {
    /// Makes a task. The parameters are those of `CreateAiCallTask`.
    pub async fn create_ai_call_task(
        &self,
        parameters: Parameters,
        wait: &Wait,
    ) -> Result<(TaskId, Answer), Error> {
        let answer = self.call(&CREATE_AI_CALL_TASK, parameters, wait).await?;
        match exact(&answer.data).as_deref().and_then(TaskId::parse) {
            Some(id) => Ok((id, answer)),
            None => Err(unexpected(&CREATE_AI_CALL_TASK, &answer, "a task id")),
        }
    }

    /// Replaces a task's settings. The parameters are those of `UpdateAiCallTask`, `TaskId` among them.
    pub async fn update_ai_call_task(
        &self,
        parameters: Parameters,
        wait: &Wait,
    ) -> Result<Answer, Error> {
        self.call(&UPDATE_AI_CALL_TASK, parameters, wait).await
    }

    /// A task's settings as `QueryAiCallTaskDetail` shows them; none where `Data` is null.
    pub async fn query_ai_call_task_detail(
        &self,
        id: &TaskId,
        wait: &Wait,
    ) -> Result<Option<Value>, Error> {
        let answer = self.call(&QUERY_AI_CALL_TASK_DETAIL, of(id), wait).await?;
        match answer.data {
            Value::Null => Ok(None),
            Value::Object(ref data) => match data.get("TaskId").and_then(exact) {
                Some(other) if other != id.as_str() => {
                    let mut error = unexpected(&QUERY_AI_CALL_TASK_DETAIL, &answer, "this task");
                    error.kind = Kind::Unreadable;
                    error.message = format!(
                        "the service was asked for task {id} and shows the settings of another one"
                    );
                    Err(error)
                }
                Some(_) | None => Ok(Some(answer.data)),
            },
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(unexpected(&QUERY_AI_CALL_TASK_DETAIL, &answer, "an object"))
            }
        }
    }

    /// All tasks that match the filters of `QueryAiCallTaskPage`, over all pages. `TaskName` and `AgentName` match fuzzily.
    pub async fn query_ai_call_task_page(
        &self,
        filters: &Parameters,
        wait: &Wait,
    ) -> Result<Vec<Value>, Error> {
        self.all_pages(&QUERY_AI_CALL_TASK_PAGE, "TaskId", filters, wait).await
    }

    /// One page of the tasks that match the filters, and how many there are by its total.
    pub async fn task_page(
        &self,
        filters: Parameters,
        number: usize,
        wait: &Wait,
    ) -> Result<(Vec<Value>, Option<usize>), Error> {
        let parameters =
            filters.with("PageNo", number.to_string()).with("PageSize", PAGE_SIZE.to_string());
        let answer = self.call(&QUERY_AI_CALL_TASK_PAGE, parameters, wait).await?;
        items_and_total(&QUERY_AI_CALL_TASK_PAGE, answer)
    }

    /// The same, page by page.
    pub fn task_pages<'a>(&'a self, filters: Parameters, wait: &'a Wait) -> Pages<'a> {
        Pages::new(self, &QUERY_AI_CALL_TASK_PAGE, "TaskId", filters, wait)
    }

    /// Starts a task: it makes telephones ring.
    pub async fn start_ai_call_task(&self, id: &TaskId, wait: &Wait) -> Result<Answer, Error> {
        self.call(&START_AI_CALL_TASK, of(id), wait).await
    }

    /// Stops a task.
    pub async fn stop_ai_call_task(&self, id: &TaskId, wait: &Wait) -> Result<Answer, Error> {
        self.call(&STOP_AI_CALL_TASK, of(id), wait).await
    }

    /// Imports callees into a task, at most [`MOST_CALLEES`]: objects with `calleeNumber`, `outId` and the agent's variables.
    /// The batch's id, exact.
    pub async fn import_task_number_datas(
        &self,
        id: &TaskId,
        callees: Vec<Value>,
        encryption_type: Option<i64>,
        wait: &Wait,
    ) -> Result<(String, Answer), Error> {
        let mut parameters = of(id)
            .with("DataType", "JSON")
            .with("PhoneNumberList", Value::Array(callees).to_string());
        if let Some(encryption) = encryption_type {
            parameters.set("EncryptionType", encryption.to_string());
        }
        let answer =
            self.call(&IMPORT_TASK_NUMBER_DATAS, parameters, wait).await.map_err(masked)?;
        match exact(&answer.data).filter(|id| TaskId::parse(id).is_some()) {
            Some(batch) => Ok((batch, answer)),
            None => Err(unexpected(&IMPORT_TASK_NUMBER_DATAS, &answer, "a batch id")),
        }
    }

    /// Imports one callee: `TaskId` and `PhoneNumber` are needed, `OutId`, `Variables` and `Extension` are not. The id of the
    /// callee's detail, exact.
    pub async fn import_one_task_phone_number(
        &self,
        parameters: Parameters,
        wait: &Wait,
    ) -> Result<(String, Answer), Error> {
        let operation = &IMPORT_ONE_TASK_PHONE_NUMBER;
        let answer = self.call(operation, parameters, wait).await.map_err(masked)?;
        match answer.data.get("DetailId").and_then(exact) {
            Some(detail) => Ok((detail, answer)),
            None => Err(unexpected(operation, &answer, "an object with a DetailId")),
        }
    }

    /// The record of one call, by `TaskId`, `DetailId`, `CallId` or `OutId`; which of them go together is not documented.
    /// Null where there is none.
    pub async fn query_conversation_detail_info_new(
        &self,
        parameters: Parameters,
        wait: &Wait,
    ) -> Result<(Value, Answer), Error> {
        let operation = &QUERY_CONVERSATION_DETAIL_INFO_NEW;
        let mut answer = self.call(operation, parameters, wait).await.map_err(masked)?;
        match answer.data.take() {
            data @ (Value::Null | Value::Object(_)) => Ok((data, answer)),
            data @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                answer.data = data;
                Err(unexpected(operation, &answer, "an object"))
            }
        }
    }

    /// Cancels callees of a task: `DetailIdList`, or `BatchId` with or without `PhoneNumbers`, among the parameters.
    pub async fn cancel_ai_call_details(
        &self,
        parameters: Parameters,
        wait: &Wait,
    ) -> Result<Cancelled, Error> {
        let answer = self.call(&CANCEL_AI_CALL_DETAILS, parameters, wait).await.map_err(masked)?;
        let read = answer.data.as_object().and_then(Cancelled::read);
        read.ok_or_else(|| unexpected(&CANCEL_AI_CALL_DETAILS, &answer, "the counts of a cancel"))
    }

    /// All callees of a task that match the filters of `QueryAiCallDetailPage`; `TaskId` and `Status` are needed.
    pub async fn query_ai_call_detail_page(
        &self,
        filters: &Parameters,
        wait: &Wait,
    ) -> Result<Vec<Value>, Error> {
        let mut all = Vec::new();
        self.detail_pages(filters.clone(), wait).each(|items| all.extend(items)).await?;
        Ok(all)
    }

    /// The same, page by page, and without what was said in the calls.
    pub fn detail_pages<'a>(&'a self, filters: Parameters, wait: &'a Wait) -> Pages<'a> {
        let operation = &QUERY_AI_CALL_DETAIL_PAGE;
        Pages::new(self, operation, "DetailId", filters, wait).of_callees(&RECORDS)
    }

    /// All agents that match the filters of `PageQueryAgentListNew`. Read `AgentId` with [`exact`]: it is a number.
    pub async fn page_query_agent_list_new(
        &self,
        filters: &Parameters,
        wait: &Wait,
    ) -> Result<Vec<Value>, Error> {
        self.all_pages(&PAGE_QUERY_AGENT_LIST_NEW, "AgentId", filters, wait).await
    }

    /// The agent of this id, by `QueryAiVoiceAgentDetailNew`; null where the service shows none.
    pub async fn query_ai_voice_agent_detail_new(
        &self,
        id: &str,
        wait: &Wait,
    ) -> Result<Value, Error> {
        self.agent_detail(Parameters::new().with("AgentId", id), wait).await
    }

    /// The same with all parameters: `AgentId`, and `BranchId`, and `VersionId` within it.
    pub async fn agent_detail(&self, parameters: Parameters, wait: &Wait) -> Result<Value, Error> {
        Ok(self.call(&QUERY_AI_VOICE_AGENT_DETAIL_NEW, parameters, wait).await?.data)
    }

    /// The voices that match the filters of `ListAvailableTts`.
    pub async fn list_available_tts(
        &self,
        filters: Parameters,
        wait: &Wait,
    ) -> Result<Vec<Value>, Error> {
        let answer = self.call(&LIST_AVAILABLE_TTS, filters, wait).await?;
        match answer.data {
            Value::Array(voices) => Ok(voices),
            Value::Null => Ok(Vec::new()),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                Err(unexpected(&LIST_AVAILABLE_TTS, &answer, "a list"))
            }
        }
    }

    async fn all_pages(
        &self,
        operation: &'static Operation,
        key: &'static str,
        filters: &Parameters,
        wait: &Wait,
    ) -> Result<Vec<Value>, Error> {
        let mut all = Vec::new();
        let pages = Pages::new(self, operation, key, filters.clone(), wait);
        pages.each(|items| all.extend(items)).await?;
        Ok(all)
    }
}

/// What a cancel came to.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cancelled {
    /// How many callees were meant.
    pub total: u64,
    /// How many were cancelled.
    pub succeeded: u64,
    /// How many were not: calls that wait in the queue or are under way.
    pub failed: u64,
    /// Why not, by detail id or telephone number.
    pub reasons: Vec<(String, String)>,
}

impl Cancelled {
    fn read(data: &Map<String, Value>) -> Option<Self> {
        let number = |name| envelope::text(data, name)?.parse().ok();
        let reason = |(name, why): (&String, &Value)| {
            (name.clone(), redact::about_callees(&exact(why).unwrap_or_default()))
        };
        let reasons = data.get("FailedDetails").and_then(Value::as_object);
        Some(Self {
            total: number("TotalCount")?,
            succeeded: number("SucceedCount")?,
            failed: number("FailedCount")?,
            reasons: reasons.into_iter().flatten().map(reason).collect(),
        })
    }
}

/// Without the reasons: their names may be telephone numbers.
impl fmt::Debug for Cancelled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Cancelled {} of {}, not {}", self.succeeded, self.total, self.failed)
    }
}

fn of(id: &TaskId) -> Parameters {
    Parameters::new().with("TaskId", id.as_str())
}
