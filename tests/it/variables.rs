//! The variables of callees against those that the agent of the task needs, through the real host: nobody is called with a hole
//! in the sentence.

use serde_json::{Value as Json, json};

use crate::support::cli::{APPLY, Output, Terraform, task};
use crate::support::cloud::Cloud;

const MARKER: &str = "1389999";
const AGENT: u64 = 118_000_000_000_000_001;

/// An emulator whose agent needs `name`, and may have `level`.
fn start() -> Option<(Cloud, Terraform)> {
    let cloud = Cloud::start();
    let tags = json!([
        { "PhoneTagKey": "name", "PhoneTagRequired": true, "PhoneTagSource": "MANUAL_CREATE", "PhoneTagType": "TEXT" },
        { "PhoneTagKey": "level", "PhoneTagRequired": false, "PhoneTagType": "ENUM",
          "PhoneTagEnum": [{ "Value": "gold" }, { "Value": "silver" }] },
        { "PhoneTagKey": "city", "PhoneTagRequired": true, "PhoneTagSource": "SYSTEM", "PhoneTagType": "TEXT" },
    ]);
    seed(&cloud, &tags);
    let terraform = Terraform::new(&cloud)?;
    Some((cloud, terraform))
}

fn seed(cloud: &Cloud, tags: &Json) {
    let agents = json!([{ "AgentId": AGENT, "AgentName": "sales", "PhoneTagConfig": tags }]);
    cloud.ask("POST", "/__control", Some(&json!({ "agents": agents })));
}

/// A task and a batch with these variables, one row each.
fn batch(variables: &[&str], edits: &str) -> String {
    let rows: Vec<String> = variables
        .iter()
        .enumerate()
        .map(|(n, variables)| {
            format!("    {{ number = join(\"\", [\"1389\", \"999{n:04}\"]), variables = {variables} }},\n")
        })
        .collect();
    task(&[])
        + &format!(
            "resource \"aiccs_callee_batch\" \"b\" {{\n  task_id = aiccs_call_task.t.id\n  callees_wo = [\n{}  ]\n{edits}}}\n",
            rows.concat()
        )
}

fn callees(cloud: &Cloud) -> usize {
    cloud.ask("GET", "/__details", None).as_array().unwrap().len()
}

const WRONG: [&str; 4] = [
    "{ name = \"Wang\", level = \"gold\" }",
    "{ level = \"gold\" }",
    "{ nmae = \"Li\", name = \"Li\" }",
    "{ name = \"Li\", level = \"Gold\" }",
];

const SAID: [&str; 8] = [
    "Variables that do not fit the agent",
    "row 1 (line 3 of a CSV)",
    "variable `name`, which the agent requires, is missing",
    "row 2 (line 4 of a CSV)",
    "no variable \"nmae\": did you mean `name`?",
    "row 3 (line 5 of a CSV)",
    "\"gold\", \"silver\"",
    "check_variables = false",
];

#[track_caller]
fn says(output: Output) {
    output.says(&SAID).never_says("row 0").never_says(MARKER);
}

#[test]
fn of_a_task_that_is_there_the_plan_knows() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&task(&[]));
    terraform.apply();
    cloud.writes();
    terraform.write(&batch(&WRONG, ""));
    says(terraform.plan().fails());
    says(terraform.run(&APPLY).fails());
    assert_eq!((callees(&cloud), cloud.writes().len()), (0, 0));
    terraform.write(&batch(&WRONG[..1], ""));
    terraform.apply();
    assert_eq!(callees(&cloud), 1);
}

#[test]
fn of_a_new_task_the_apply_knows_before_the_first_row() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(&WRONG, ""));
    says(terraform.run(&APPLY).fails());
    assert_eq!((callees(&cloud), cloud.writes()), (0, vec!["CreateAiCallTask".to_owned()]));
    // The next plan tells it, and a right list goes in once.
    says(terraform.plan().fails());
    terraform.write(&batch(&WRONG[..1], ""));
    terraform.apply();
    assert_eq!(callees(&cloud), 1);
}

#[test]
fn it_can_be_switched_off() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(&WRONG, "  check_variables = false\n"));
    terraform.apply();
    assert_eq!(callees(&cloud), 4);
    let asked = |entry: &Json| entry["operation"] == "QueryAiVoiceAgentDetailNew";
    assert!(!cloud.journal().iter().any(asked), "nobody asks the agent");
}

#[test]
fn an_agent_that_cannot_be_asked_is_a_warning() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(&WRONG, ""));
    let refused = json!([{ "operation": "QueryAiVoiceAgentDetailNew", "kind": "forbidden_ram", "times": 1000 }]);
    cloud.faults(refused);
    terraform
        .run(&APPLY)
        .succeeds()
        .says(&["were not compared", "aiccs:QueryAiVoiceAgentDetailNew"]);
    assert_eq!(callees(&cloud), 4);
}

#[test]
fn a_task_of_the_call_engine_has_no_agent() {
    let Some((cloud, terraform)) = start() else { return };
    let engine = batch(&WRONG, "").replace("agent_id", "application_code");
    terraform.write(&engine);
    terraform.apply();
    assert_eq!(callees(&cloud), 4);
}

#[test]
fn an_agent_without_variables_warns_of_those_that_are_given() {
    let Some((cloud, terraform)) = start() else { return };
    seed(&cloud, &json!([]));
    terraform.write(&batch(&WRONG, ""));
    terraform.run(&APPLY).succeeds().says(&["has no call variables"]);
    assert_eq!(callees(&cloud), 4);
    // One that does not say is not doubted.
    seed(&cloud, &Json::Null);
    terraform.write(&batch(&WRONG, "  callees_wo_version = 2\n"));
    terraform.run(&APPLY).succeeds().never_says("call variables");
}

#[test]
fn a_move_is_compared_before_anything_is_cancelled() {
    let Some((cloud, terraform)) = start() else { return };
    let other = task(&[("task_name", "\"other\"")]).replace("\"t\"", "\"u\"");
    terraform.write(&(batch(&["{ name = \"Li\" }"], "") + &other));
    terraform.apply();
    cloud.writes();
    let moved = batch(&["{ level = \"gold\" }"], "").replace("call_task.t.id", "call_task.u.id");
    terraform.write(&(moved + &other));
    terraform.run(&APPLY).fails().says(&["Variables that do not fit the agent"]);
    assert_eq!(cloud.writes(), Vec::<String>::new(), "nobody is cancelled");
}
