//! The variables of callees against those that the agent of the task needs, before anybody is sent. Rows are told by their
//! place, values never.

use aliyun::client::Wait;
use terraform_plugin::diagnostic::{Diagnostics, Severity};
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::rows::Lines;
use super::told::diagnostic;
use crate::task::Task;
use crate::task::foresight::{ASK, Foresight, Needs};

/// Whether the variables of the callees are those that the agent of the task needs, before anybody is sent. An agent that
/// cannot be asked is a warning, and they are sent.
pub(super) async fn variables_fit(
    agents: Option<&Foresight>,
    task: Task<'_>,
    callees: &Value,
    out: &mut Diagnostics,
) -> bool {
    let Some(agents) = agents else { return true };
    match needs(agents, task, out).await {
        Some(needs) => fits(callees, &needs, out),
        None => true,
    }
}

/// What the callees of a task need, as far as that can be found out; a warning where it cannot.
pub(crate) async fn needs(
    agents: &Foresight,
    task: Task<'_>,
    out: &mut Diagnostics,
) -> Option<Needs> {
    let mut wait = Wait::new(task.wait.stop.clone(), ASK);
    wait.deadline = wait.deadline.min(task.wait.deadline);
    match agents.needs(task.client, task.id, &wait).await {
        Ok(needs) => needs,
        Err(error) => {
            let summary = format!("The variables of callees of task {} were not compared", task.id);
            let mut diagnostic = diagnostic(summary, &error);
            diagnostic.severity = Severity::Warning;
            diagnostic.detail.push_str(
                "\n\nWhat variables the agent of the task needs could not be found out, and the callees are sent as they are.",
            );
            out.push(diagnostic);
            None
        }
    }
}

/// Checks the variables of the rows against those of the agent. True where nothing is wrong.
pub(super) fn fits(callees: &Value, (agent, variables): &Needs, out: &mut Diagnostics) -> bool {
    let path = || Path::root("callees_wo");
    if variables.is_empty() {
        let filled =
            |callee: &Value| matches!(callee.get("variables"), Value::Map(map) if !map.is_empty());
        if callees.each().any(|callee| filled(&callee)) {
            let detail = format!(
                "Agent {agent} has no call variables, and rows of `callees_wo` have some: nobody hears them. The data source \
                 `aiccs_agent` shows the variables of an agent."
            );
            out.warning_at(path(), format!("Agent {agent} has no call variables"), detail);
        }
        return true;
    }
    let mut wrong = Lines::default();
    for (index, callee) in callees.each().enumerate() {
        let faults = variables.faults(callee.get("variables"));
        if !faults.is_empty() {
            wrong.add(index, faults.join("; "));
        }
    }
    let Some(lines) = wrong.told() else { return true };
    let detail = format!(
        "Agent {agent} of the task needs other variables than these rows of `callees_wo` have, counted from 0; whoever is called \
         so hears a hole in the sentence. Nobody was imported:{lines}\n\n{WAY_OUT}"
    );
    out.error_at(path(), "Variables that do not fit the agent", detail);
    false
}

/// What to do about wrong variables.
pub(crate) const WAY_OUT: &str = "The data source `aiccs_agent` shows the variables of an agent. With `check_variables = false` they are not \
     compared.";
