//! What an apply may do to people at most, through the real host: limits are errors before the first call.

use serde_json::{Value as Json, json};

use crate::support::cli::{APPLY, Terraform, task};
use crate::support::cloud::Cloud;

fn block(arguments: &str) -> String {
    format!("provider \"aiccs\" {{\n{arguments}}}\n")
}

fn batch(name: &str, count: usize) -> String {
    format!(
        "resource \"aiccs_callee_batch\" {name:?} {{\n  task_id = aiccs_call_task.t.id\n  callees_wo_version = 1\n  callees_wo = [for n \
         in range({count}) : {{ number = format(\"138%08d\", n), out_id = \"{name}-${{n}}\" }}]\n}}\n"
    )
}

fn writes(cloud: &Cloud) -> Vec<String> {
    cloud.writes()
}

#[test]
fn more_callees_than_admitted_are_an_error_of_the_plan() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let limit = block("  max_callees_per_apply = 5\n");
    terraform.write(&(limit.clone() + &task(&[]) + &batch("a", 3) + &batch("b", 3)));
    terraform
        .run(&["plan", "-no-color"])
        .fails()
        .says(&["Too many callees for one apply", "max_callees_per_apply"]);
    terraform.run(&APPLY).fails();
    assert_eq!(writes(&cloud), Vec::<String>::new(), "nothing is called");
    terraform.write(&(limit + &task(&[]) + &batch("a", 3) + &batch("b", 2)));
    terraform.run(&APPLY).succeeds();
    assert_eq!(cloud.ask("GET", "/__details", None).as_array().unwrap().len(), 5);
}

#[test]
fn denied_starts_are_errors_of_the_plan_and_start_nothing() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let deny = block("  deny_starts = true\n");
    let said = ["Starts are denied", "deny_starts"];
    // A start by wish.
    terraform.write(&(deny.clone() + &task(&[("desired_status", "\"RUNNING\"")])));
    terraform.run(&["plan", "-no-color"]).fails().says(&said);
    terraform.run(&APPLY).fails();
    assert_eq!(writes(&cloud), Vec::<String>::new());
    // The restart after an update.
    terraform.write(&(deny.clone() + &task(&[])));
    terraform.run(&APPLY).succeeds();
    let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    cloud.edit(&id, &json!({ "Status": 1 }));
    terraform.write(&(deny.clone() + &task(&[("task_cps", "9")])));
    terraform.run(&["plan", "-no-color"]).fails().says(&said);
    // An import that the service follows by a start.
    cloud.edit(&id, &json!({ "Status": 0 }));
    terraform.write(&(deny.clone() + &task(&[]) + &batch("a", 2)));
    terraform.run(&["plan", "-no-color"]).fails().says(&said);
    terraform.run(&APPLY).fails();
    assert_eq!(cloud.ask("GET", "/__details", None), json!([]), "nobody is imported");
    let started = |entry: &&Json| entry["operation"] == "StartAiCallTask";
    assert_eq!(cloud.journal().iter().filter(started).count(), 0);
    // What stands still may be filled.
    let held = batch("a", 2)
        .replace("callees_wo_version", "start_after_import = false\n  callees_wo_version");
    terraform.write(&(deny + &task(&[]) + &held));
    // A service that stops only what runs would start it; one that stops more does not.
    terraform.run(&APPLY).fails().says(&said);
    assert_eq!(cloud.ask("GET", "/__details", None), json!([]), "nobody is imported");
    cloud.switch(&[("stop_requires", "any")]);
    terraform.run(&APPLY).succeeds();
    assert_eq!(cloud.ask("GET", "/__details", None).as_array().unwrap().len(), 2);
    assert_eq!(cloud.journal().iter().filter(started).count(), 0);
    assert_ne!(cloud.task()["Status"], json!(1));
}
