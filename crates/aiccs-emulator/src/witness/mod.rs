//! For someone with an account: asks the real service what the documents leave open, as far as that can be asked without
//! calling anybody. It makes one task without callees, never starts it, and leaves it renamed: nothing can be deleted.
//! It must not know how the emulator answers: it is run against both positions of every switch that it asks about.

pub(super) mod flags;
mod http;
mod report;

use std::io;

use serde_json::Value;

use self::http::{Endpoint, Reply};
pub use self::report::{Finding, Report};
use super::clock::Clock;

/// What the witness is started with.
pub struct Options {
    /// Host or URL of AICCS.
    pub endpoint: String,
    /// A published agent of the account.
    pub agent: String,
    /// A service instance (or number) of the account.
    pub virtual_number: String,
    /// The key: id, secret, token of a temporary one.
    pub key: (String, String, Option<String>),
    /// The time of the machine.
    pub clock: Clock,
}

/// Asks, and leaves the task retired whatever happens on the way.
pub async fn run(options: Options) -> io::Result<Report> {
    let salt = (options.clock)().unsigned_abs();
    let endpoint = Endpoint::open(&options.endpoint, options.key, salt)?;
    let report = Report::new(endpoint.host(), (options.clock)());
    let name = format!("witness-{salt}");
    let (agent, number) = (options.agent, options.virtual_number);
    let mut witness = Witness { endpoint, clock: options.clock, report, agent, number, name };
    witness.before().await?;
    let Some(id) = witness.create().await? else { return Ok(witness.report) };
    let asked = witness.about(&id).await;
    let retired = witness.retire(&id).await;
    asked?;
    retired?;
    Ok(witness.report)
}

struct Witness {
    endpoint: Endpoint,
    clock: Clock,
    report: Report,
    agent: String,
    number: String,
    name: String,
}

const WINDOWS: &str = r#"["{\"startTime\":\"14:00:00\",\"endTime\":\"15:00:00\"}","{\"startTime\":\"09:00:00\",\"endTime\":\"10:00:00\"}"]"#;
const DAYS: &str = r#"["FRIDAY","MONDAY","WEDNESDAY"]"#;
/// An id that no task has.
const NOBODY: &str = "999999999999999999";
const MINUTE: i64 = 60_000;

impl Witness {
    async fn call(&mut self, operation: &str, parameters: &[(&str, &str)]) -> io::Result<Reply> {
        let now = (self.clock)();
        self.endpoint.call(operation, parameters, now).await
    }

    /// Questions that change nothing.
    async fn before(&mut self) -> io::Result<()> {
        let reply = self.call("QueryAiCallTaskPage", &[("PageSize", "1")]).await?;
        if !reply.succeeded() {
            return Err(io::Error::other(format!("the first query is refused: {}", reply.words())));
        }
        let missing = self.call("QueryAiCallTaskDetail", &[]).await?;
        self.report.fact("a missing parameter", missing.words());
        let reply = self.call("QueryAiCallTaskDetail", &[("TaskId", NOBODY)]).await?;
        let position = match (reply.status, &reply.json["Data"]) {
            (200, Value::Null) if reply.succeeded() => "null_data",
            (200, _) if !reply.succeeded() => "success_false",
            (404, _) => "http_404",
            _ => "another",
        };
        self.report.found("missing_task_detail", position, reply.words());
        let reply = self.call("StopAiCallTask", &[("TaskId", NOBODY)]).await?;
        let position = if reply.status == 200 { "http_200" } else { "http_400" };
        self.report.found("business_errors", position, reply.words());
        let agents =
            self.call("PageQueryAgentListNew", &[("AgentId", &self.agent.clone())]).await?;
        let listed = agents.json["Data"]["List"].as_array().is_some_and(|list| !list.is_empty());
        self.report.found("agent_list", if listed { "all" } else { "none" }, agents.words());
        let record =
            self.call("QueryConversationDetailInfoNew", &[("OutId", "witness-nobody")]).await?;
        let code = record.json["Code"].as_str().unwrap_or_default();
        let needs = code.contains("Missing") || code.contains("TaskId");
        self.report.found(
            "call_record_requires",
            if needs { "task_id" } else { "any" },
            record.words(),
        );
        let late = (self.clock)() - 20 * MINUTE;
        let late = self.endpoint.call("QueryAiCallTaskPage", &[("PageSize", "1")], late).await?;
        let minutes = if late.succeeded() { "30" } else { "15" };
        self.report.found("skew_minutes", minutes, format!("20 minutes old: {}", late.words()));
        Ok(())
    }

    /// Without `TaskCps`, with everything whose order or form is of interest.
    async fn create(&mut self) -> io::Result<Option<String>> {
        let (agent, number, name) = (self.agent.clone(), self.number.clone(), self.name.clone());
        let parameters = [
            ("AgentId", agent.as_str()),
            ("VirtualNumber", &number),
            ("TaskName", &name),
            ("StartType", "IMMEDIATE"),
            ("CallTime", WINDOWS),
            ("CallDay", DAYS),
            ("MissCallRetry", "true"),
            ("CallRetryTimes", "1"),
            ("CallRetryInterval", "30"),
            ("CallRetryReason", r#"["NO_ANSWER"]"#),
        ];
        let reply = self.call("CreateAiCallTask", &parameters).await?;
        let data = &reply.json["Data"];
        let id = data.as_str().map_or_else(|| data.to_string(), str::to_owned);
        if id.parse::<u64>().is_err() {
            self.report.fact("CreateAiCallTask is refused; nothing more was asked", reply.words());
            return Ok(None);
        }
        let kind = if reply.json["Data"].is_string() { "string" } else { "number" };
        self.report.found("create_data", kind, reply.words());
        let consistent = reply.json["Success"] != Value::Bool(false);
        let position = if consistent { "consistent" } else { "contradictory" };
        self.report.found("flags", position, format!("Success: {}", reply.json["Success"]));
        self.report.task = Some(id.clone());
        Ok(Some(id))
    }

    async fn about(&mut self, id: &str) -> io::Result<()> {
        self.listed(id).await?;
        let detail = self.detail(id).await?;
        self.shown(&detail);
        let name = format!("{}-renamed", self.name);
        let first = self.update(id, &name, &[]).await?;
        let position = if first.succeeded() { "not_running" } else { "stopped" };
        self.report.found("update_requires", position, format!("not started: {}", first.words()));
        self.stopped(id).await?;
        // A stop that was taken may have made an update possible.
        if first.succeeded() || self.update(id, &name, &[]).await?.succeeded() {
            self.updated(id, &detail, &name).await?;
        } else {
            for switch in ["name_on_update", "omitted_on_update", "update_interval_max"] {
                self.report.open(switch, "the update was refused");
            }
        }
        for (switch, why) in NOT_ASKED {
            self.report.open(switch, why);
        }
        Ok(())
    }

    async fn detail(&mut self, id: &str) -> io::Result<Value> {
        let reply = self.call("QueryAiCallTaskDetail", &[("TaskId", id)]).await?;
        if reply.succeeded() && reply.json["Data"].is_object() {
            return Ok(reply.json["Data"].clone());
        }
        Err(io::Error::other(format!("the detail of the new task is refused: {}", reply.words())))
    }

    /// How long the new task is in no list.
    async fn listed(&mut self, id: &str) -> io::Result<()> {
        let began = (self.clock)();
        for attempt in 0..60 {
            let reply = self.call("QueryAiCallTaskPage", &[("TaskId", id)]).await?;
            if reply.json["Data"]["List"].as_array().is_some_and(|list| !list.is_empty()) {
                let waited = (self.clock)() - began;
                let position = if attempt == 0 { 0 } else { waited.max(1) };
                self.report.found(
                    "tasks_listed_after",
                    &position.to_string(),
                    format!("look {}", attempt + 1),
                );
                return Ok(());
            }
            // A real service takes a while to show what it did: the next look is a later one.
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        self.report.found("tasks_listed_after", "600000", "not within 60 looks".to_owned());
        Ok(())
    }

    /// What the detail shows of what was sent, and of what was not.
    fn shown(&mut self, detail: &Value) {
        let cps = detail["ConcurrentCount"].to_string();
        self.report.found("default_task_cps", &cps, "TaskCps was left out".to_owned());
        let days = texts(&detail["CallDays"]);
        let order = match days.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["FRIDAY", "MONDAY", "WEDNESDAY"] => "as_sent",
            ["WEDNESDAY", "MONDAY", "FRIDAY"] => "reversed",
            _ => "shuffled",
        };
        self.report.found("list_order", order, days.join(" "));
        let time = detail["CallTimes"][0]["StartTime"].as_str().unwrap_or_default().to_owned();
        let form = if time.len() == 5 { "minutes" } else { "seconds" };
        self.report.found("time_format", form, time);
        let caller = detail["CallerNumber"].as_str();
        let position = match caller {
            None => "absent",
            Some(caller) if caller == self.number => "echo",
            Some(caller) if caller.contains('*') => "masked",
            Some(_) => "other",
        };
        self.report.found("caller_number", position, "compared with what was sent".to_owned());
        let unset = match detail.get("LineEncoding") {
            None => "absent",
            Some(Value::Null) => "null",
            Some(_) => "zero",
        };
        self.report.found("unset_optionals", unset, "LineEncoding was not sent".to_owned());
    }

    /// The task has never run: a stop changes nothing that anybody could hear.
    async fn stopped(&mut self, id: &str) -> io::Result<()> {
        let reply = self.call("StopAiCallTask", &[("TaskId", id)]).await?;
        let position = if reply.succeeded() { "any" } else { "running" };
        self.report.found("stop_requires", position, format!("initialised: {}", reply.words()));
        Ok(())
    }

    /// What an update that left the interval out has made of the task.
    async fn updated(&mut self, id: &str, before: &Value, name: &str) -> io::Result<()> {
        let after = self.detail(id).await?;
        let kept = after["TaskName"] == name;
        let position = if kept { "as_sent" } else { "truncated" };
        self.report.found("name_on_update", position, "compared with what was sent".to_owned());
        let interval = (&before["RetryInterval"], &after["RetryInterval"]);
        let position = if interval.0 == interval.1 { "keep" } else { "reset" };
        self.report.found(
            "omitted_on_update",
            position,
            format!("CallRetryInterval {} -> {}", interval.0, interval.1),
        );
        let long = self.update(id, name, &[("CallRetryInterval", "121")]).await?;
        let position = if long.succeeded() { "720" } else { "120" };
        self.report.found(
            "update_interval_max",
            position,
            format!("121 minutes: {}", long.words()),
        );
        Ok(())
    }

    async fn update(&mut self, id: &str, name: &str, more: &[(&str, &str)]) -> io::Result<Reply> {
        let number = self.number.clone();
        let mut parameters = vec![
            ("TaskId", id),
            ("TaskName", name),
            ("VirtualNumber", &number),
            ("StartType", "IMMEDIATE"),
            ("CallTime", WINDOWS),
            ("CallDay", DAYS),
            ("TaskCps", "1"),
        ];
        parameters.extend(more);
        self.call("UpdateAiCallTask", &parameters).await
    }

    /// The name is free for others, and says what it was.
    async fn retire(&mut self, id: &str) -> io::Result<()> {
        let name = format!("witness-retired-{id}");
        let reply = self.update(id, &name, &[]).await?;
        self.report.retired = reply.succeeded().then_some(name);
        Ok(())
    }
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// What cannot be asked without people who are called, a task that runs, or disturbing others of the account.
pub const NOT_ASKED: &[(&str, &str)] = &[
    ("callees_listed_after", "needs callees"),
    ("import_starts", "needs callees"),
    ("list_engine_tasks", "needs an engine task"),
    ("page_status", "needs a task that has finished"),
    ("requests_per_second", "would throttle the account"),
    ("start_before_time", "needs a start"),
    ("start_fails", "needs a start"),
    ("start_requires", "needs a start"),
    ("start_takes_polls", "needs a start"),
    ("stop_takes_polls", "needs a running task"),
    ("stopped_schedule", "needs a task that starts by itself"),
];
