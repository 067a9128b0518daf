//! A batch whose task has become another one: what it still has to call is cancelled there, the list given now is imported
//! here. The same id calls nothing.

use aliyun::client::Wait;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{Change, Response};
use terraform_plugin::value::Value;

use super::compare::variables_fit;
use super::private::Private;
use super::{DELETE, compares, create, delete, refuse_nobody, rows, task_of};
use crate::config::{Context, Ready};

/// What a move may make anew.
pub(super) const MADE_ANEW: [&str; 3] = ["id", "batch_ids", "imported_count"];

/// Where no other task is meant after all, what is known stays.
pub(super) fn unmoved(change: &Change) -> Value {
    let mut state = change.planned.clone();
    for name in MADE_ANEW {
        if state.get(name).is_unknown() {
            state.put(name, change.prior.get(name).clone());
        }
    }
    state
}

/// Moves the batch. What fails leaves the batch where it was, so that the next apply tries again; what had come in by then is
/// known by its own ids.
pub(super) async fn moved(ready: &Ready, call: &Context, change: &Change) -> Response {
    let _busy = ready.call_tasks.busy();
    let private = Private::parse(&call.private);
    let failed = |state: Value, diagnostics: Diagnostics| Response {
        value: state,
        private: Some(private.bytes()),
        diagnostics,
    };
    let mut out = Diagnostics::new();
    let callees = change.config.get("callees_wo");
    refuse_nobody(callees, &mut out);
    rows::check(callees, change.planned.get("encryption_type").as_int(), &mut out);
    out.keep_errors();
    if out.has_errors() {
        return failed(change.prior.clone(), out);
    }
    let wait = Wait::new(call.stop.clone(), change.timeout("delete").unwrap_or(DELETE));
    if let (Some(id), true) = (task_of(&change.planned), compares(&change.planned)) {
        let task = ready.task(&id, &wait);
        if !variables_fit(Some(&ready.foresight), task, callees, &mut out).await {
            return failed(change.prior.clone(), out);
        }
        // The import compares once more, and says the same.
        out.keep_errors();
    }
    out.extend(delete::delete(ready, &change.prior, &private, &wait).await);
    if out.has_errors() {
        return failed(change.prior.clone(), out);
    }
    let mut told = create(ready, call, change).await;
    out.extend(std::mem::take(&mut told.diagnostics));
    if !out.has_errors() {
        told.diagnostics = out;
        return told;
    }
    let mut left = change.prior.clone();
    left.put("batch_ids", Value::List(Vec::new()));
    left.put("imported_count", Value::int(0));
    failed(left, out)
}
