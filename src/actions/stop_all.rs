//! The action `aiccs_call_tasks_stop`: the emergency stop of an account.

use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::{Parameters, Wait};
use aliyun::error::Error;
use regex_lite::Regex;
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::Progress;
use terraform_plugin::schema::Mode::Optional;
use terraform_plugin::schema::{Attribute, Check, Schema, Type};
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use super::{Run, TaskAction};
use crate::about::{About, Callout, Named};
use crate::config::Ready;
use crate::data_sources::check_regex;
use crate::failure;
use crate::task::run_state::Status;
use crate::task::{Stuck, id_of, status_of};
use aliyun::side_by_side::side_by_side;

/// How long it may take unless `timeouts` says otherwise.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Call Tasks",
    callouts: &[Callout::Warning(
        "**This stops every task of the account that runs**, those of other configurations and of the console too, unless `name_regex` \
         says which ones.",
    )],
    names: &[Named::own("name_regex")],
    operations: &["QueryAiCallTaskPage", "StopAiCallTask"],
    timeouts: &[("invoke", LIMIT)],
    more: "\
## Use

By hand, when dialling has to end now:

```shell
terraform apply -invoke=action.aiccs_call_tasks_stop.emergency
```

All tasks of the account that run are stopped side by side, those of other configurations too, unless `name_regex` says
which ones. What is being called goes on to its end. Tasks that wait for their time are not touched: stop these one by one.
The error at the end lists what could not be stopped.

An action leaves no state. Where `desired_status = \"RUNNING\"` is set, the next apply starts the task again.
",
    ..About::NONE
};

/// The schema of the action.
static SCHEMA: Schema = Schema::of(
    "Stops all AI outbound-call tasks that run, or those whose names match, and waits until they are stopped.",
    &[Attribute::new(
        "name_regex",
        Type::String,
        Optional,
        "Regular expression that the names of the tasks match; all tasks unless set.",
    )
    .checks(&[Check::With("", check_regex)])],
)
.blocks(&[timeouts::INVOKE]);

/// The action.
pub(crate) static CALL_TASKS_STOP: TaskAction = TaskAction {
    name: "aiccs_call_tasks_stop",
    schema: &SCHEMA,
    limit: LIMIT,
    check: |_, _| {},
    run: Run::All(|ready, wait, config, progress| {
        Box::pin(stop_all(ready, wait, config, progress))
    }),
};

async fn stop_all(
    ready: &Ready,
    wait: &Wait,
    config: &Value,
    progress: Progress<'_>,
) -> Diagnostics {
    let pattern = config.get("name_regex").as_str().and_then(|text| Regex::new(text).ok());
    let mut out = Diagnostics::new();
    match running(ready, pattern.as_ref(), wait).await {
        Ok(tasks) => stop(ready, &tasks, wait, progress, &mut out).await,
        Err(error) => {
            let summary = "Could not list the call tasks, so none was stopped";
            out.push(failure::diagnostic(summary, &error, &[]));
        }
    }
    out
}

/// The tasks that run, by id, with their names.
async fn running(
    ready: &Ready,
    pattern: Option<&Regex>,
    wait: &Wait,
) -> Result<Vec<(TaskId, String)>, Error> {
    let mut found: Vec<(TaskId, String)> = Vec::new();
    // What the list shows without a source is not documented; and an emergency does not trust a filter by run state.
    for source in [None, Some("0"), Some("1")] {
        let mut filters = Parameters::new();
        if let Some(source) = source {
            filters.set("Source", source);
        }
        for item in ready.client.query_ai_call_task_page(&filters, wait).await? {
            let name = item.get("TaskName").and_then(Json::as_str).unwrap_or_default();
            let runs = status_of(&item) == Some(Status::Running);
            let Some(id) = id_of(&item).filter(|_| runs) else { continue };
            let known = found.iter().any(|(other, _)| *other == id);
            if !known && pattern.is_none_or(|pattern| pattern.is_match(name)) {
                found.push((id, name.to_owned()));
            }
        }
    }
    Ok(found)
}

async fn stop(
    ready: &Ready,
    tasks: &[(TaskId, String)],
    wait: &Wait,
    progress: Progress<'_>,
    out: &mut Diagnostics,
) {
    progress(match tasks.len() {
        0 => "No call task runs: there is nothing to stop.".to_owned(),
        1 => "1 call task runs: stopping it.".to_owned(),
        count => format!("{count} call tasks run: stopping them."),
    });
    let one = |(id, name): &'_ (TaskId, String)| {
        let (id, label) = (id.clone(), format!("\"{name}\" ({id})"));
        async move {
            let stopped = ready.task(&id, wait).stop(false).await;
            if stopped.is_ok() {
                progress(format!("Call task {label} was stopped."));
            }
            stopped.err().map(|stuck| format!("  - {label}: {}", why(&stuck)))
        }
    };
    let failed: Vec<String> =
        side_by_side(tasks.iter().map(one)).await.into_iter().flatten().collect();
    if !failed.is_empty() {
        let summary =
            format!("{} of {} call tasks could not be stopped", failed.len(), tasks.len());
        let detail = format!(
            "They may still call people:\n\n{}\n\nInvoke the action again, or stop them in the console.",
            failed.join("\n")
        );
        out.error(summary, detail);
    }
}

fn why(stuck: &Stuck) -> String {
    match stuck {
        Stuck::Call(error) => error.to_string(),
        Stuck::Failed { reason } => {
            format!(
                "it has failed{}",
                reason.as_ref().map_or(String::new(), |why| format!(": {why}"))
            )
        }
    }
}
