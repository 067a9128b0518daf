//! The data source `aiccs_call_task`: one task, by id or exact name.

use aliyun::aiccs::exact;
use aliyun::client::{Parameters, Wait};
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{BoxFuture, DataSource, Response, respond};
use terraform_plugin::path::Path;
use terraform_plugin::schema::Schema;
use terraform_plugin::validate::nearest;
use terraform_plugin::value::Value;

use super::READ;
use crate::about::{About, Named};
use crate::config::{Context, Ready, Session};
use crate::data_sources::call_task_rows::{FIELDS, SCHEMA, look};
use crate::failure;

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Call Tasks",
    operations: &["QueryAiCallTaskDetail", "QueryAiCallTaskPage"],
    rows: &[("", &FIELDS)],
    names: &[
        Named::sent("task_id", "TaskId"),
        Named::sent("task_name", "TaskName"),
        Named::read("id", "TaskId"),
        Named::own("source"),
        Named::read("call_time.start_time", "StartTime"),
        Named::read("call_time.end_time", "EndTime"),
        Named::read("callable_time.start_time", "StartTime"),
        Named::read("callable_time.end_time", "EndTime"),
    ],
    ..About::NONE
};

/// The data source.
#[derive(Debug)]
pub(crate) struct CallTask;

impl DataSource<Session> for CallTask {
    fn name(&self) -> &'static str {
        "aiccs_call_task"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, config: &Value) -> Diagnostics {
        super::by_id_or_name(config, "task", "task_id", "task_name")
    }

    fn read<'a>(&'a self, call: &'a Context, config: &'a Value) -> BoxFuture<'a, Response> {
        respond(async move {
            let ready = call.client.ready()?;
            let mut told = Response::default();
            let wait = Wait::new(call.stop.clone(), READ);
            match look(ready, config, &wait).await {
                Ok(Some((value, diagnostics))) => told = Response { value, diagnostics, ..told },
                Ok(None) => {
                    let by_id = config.get("task_id").is_known();
                    let name = if by_id { "task_id" } else { "task_name" };
                    let mut how = if by_id {
                        "Ids are decimal digits.".to_owned()
                    } else {
                        "Names are compared to the letter, blanks and case included.".to_owned()
                    };
                    if let Some(name) = config.get("task_name").as_str()
                        && let Some(near) = nearest_name(ready, name, &wait).await
                    {
                        how = format!("Did you mean {near:?}?");
                    }
                    let detail = format!(
                        "No call task of this account has the {name} {}. {how}",
                        config.get(name)
                    );
                    told.diagnostics.error_at(Path::root(name), "Call task not found", detail);
                }
                Err(error) => {
                    let summary = "Could not read the call task";
                    told.diagnostics.push(failure::diagnostic(summary, &error, &[]));
                }
            }
            Ok(told)
        })
    }
}

/// The name like this one among the first page of tasks: a guess is not worth more.
async fn nearest_name(ready: &Ready, name: &str, wait: &Wait) -> Option<String> {
    let wait = wait.clone().at_most(1);
    let items = ready.client.task_pages(Parameters::new(), &wait).next().await.ok()??;
    let names: Vec<String> = items.iter().filter_map(|item| exact(item.get("TaskName")?)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    nearest(name, &names).map(str::to_owned)
}
