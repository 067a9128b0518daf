//! Bringing batches of a task back under Terraform by hand. What a batch was made of the service does not tell.

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{ImportTarget, Response};
use terraform_plugin::value::Value;

use super::cancel::look;
use super::private::Private;
use super::table::SCHEMA;
use crate::config::Ready;
use crate::failure;

/// The state of `TASK_ID/BATCH_ID[,BATCH_ID]`.
pub(super) async fn adopt(ready: &Ready, target: &ImportTarget, wait: &Wait) -> Response {
    let mut out = Diagnostics::new();
    let parsed = match target {
        ImportTarget::Id(text) => parse(text),
        ImportTarget::Identity(_) => None,
    };
    let Some((id, batches)) = parsed else {
        out.error(
            "Invalid id of a callee batch",
            "A batch is imported as TASK_ID/BATCH_ID, or TASK_ID/BATCH_ID,BATCH_ID where it has more than 1000 callees: \
             decimal numbers, without blanks.",
        );
        return Response { diagnostics: out, ..Response::default() };
    };
    let task = ready.task(&id, wait);
    let mut count = 0;
    for batch in &batches {
        match look(task, batch).await {
            Ok((taken, _)) if taken.kept() > 0 => count += taken.kept(),
            Ok(_) => {
                let detail = format!(
                    "Task {id} has no callees of batch {batch} in this account, or all of them were cancelled."
                );
                out.error("Callee batch not found", detail);
            }
            Err(error) => {
                let summary = format!("Could not look up batch {batch}");
                out.push(failure::diagnostic(summary, &error, &[]));
            }
        }
    }
    if out.has_errors() {
        return Response { diagnostics: out, ..Response::default() };
    }
    let mut state = SCHEMA.empty();
    state.put("task_id", Value::string(id.as_str()));
    state.put("id", Value::string(batches[0]));
    state.put("batch_ids", Value::List(batches.iter().map(|id| Value::string(*id)).collect()));
    state.put("imported_count", Value::int(i64::try_from(count).unwrap_or(i64::MAX)));
    let private = Private { adopted: true, ..Private::default() };
    Response { value: state, private: Some(private.bytes()), diagnostics: out }
}

fn parse(text: &str) -> Option<(TaskId, Vec<&str>)> {
    let (task, batches) = text.split_once('/')?;
    let batches: Vec<&str> = batches.split(',').collect();
    let valid = batches.iter().all(|batch| TaskId::parse(batch).is_some());
    Some((TaskId::parse(task)?, batches)).filter(|_| valid)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_batch_is_named_by_its_task_and_its_ids() {
        let (task, batches) = parse("12/34,56").unwrap();
        assert_eq!((task.as_str(), batches), ("12", vec!["34", "56"]));
        for text in
            ["12", "12/", "/34", "12/34,", "12/a", "a/12", "12/34/56", "12/34, 56", "lost/1/2"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
