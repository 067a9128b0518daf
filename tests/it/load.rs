//! Many tasks at once through a service that throttles and breaks connections; sessions that end in between; no
//! network at all.

use std::collections::HashSet;

use serde_json::json;

use crate::support::cli::{Terraform, task};
use crate::support::cloud::Cloud;
use crate::support::local;

/// How many tasks are applied at once; the full number is 1000.
const NUMBER: &str = "AICCS_LOAD_TASKS";

fn number() -> usize {
    std::env::var(NUMBER).map_or(300, |text| text.parse().unwrap())
}

fn many(count: usize) -> String {
    task(&[("count", &count.to_string()), ("task_name", "\"campaign-${count.index}\"")])
}

#[test]
fn many_tasks_are_made_exactly_once_through_throttling_and_resets() {
    let cloud = Cloud::with(&["--seed", "5"]);
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let count = number();
    terraform.write(&many(count));
    cloud.faults(json!([
        { "operation": "*", "kind": "throttle_plain", "times": null, "probability": 0.2 },
        { "operation": "*", "kind": "drop_before", "times": null, "probability": 0.01 },
        { "operation": "*", "kind": "drop_after", "times": null, "probability": 0.01 },
    ]));
    let apply = ["apply", "-auto-approve", "-no-color", "-parallelism=50"];
    // A create that is lost twice is an error by design, one of some thousand: the next apply makes what is left.
    let told = terraform.run(&apply);
    let (made, failed) = (cloud.tasks().len(), told.text.matches("Error: ").count());
    assert!(failed <= 2 && made + failed >= count, "{}", told.text);
    if failed > 0 {
        told.says(&["broke before the answer was complete"]);
        terraform.run(&apply).succeeds();
    } else {
        told.succeeds().says(&[&format!("{count} added")]);
    }
    let tasks = cloud.tasks();
    let names: HashSet<String> = tasks.iter().map(|task| task["TaskName"].to_string()).collect();
    assert_eq!((tasks.len(), names.len()), (count, count));
    let struck = cloud.journal().iter().filter(|entry| !entry["fault"].is_null()).count();
    assert!(struck > count / 4, "the service did misbehave: {struck}");
    cloud.calm();
    terraform.plans_nothing();
}

/// Each has a state of its own and knows nothing of the others: what the service refuses is all that tells them.
#[test]
fn four_machines_share_the_limit_of_one_account() {
    let cloud = Cloud::with(&["--switch", "requests_per_second=50"]);
    let machines: Vec<Terraform> = (0..4).filter_map(|_| Terraform::new(&cloud)).collect();
    if machines.is_empty() {
        return;
    }
    std::thread::scope(|scope| {
        for (number, terraform) in machines.iter().enumerate() {
            let name = format!("\"machine-{number}-${{count.index}}\"");
            terraform.write(&task(&[("count", "30"), ("task_name", &name)]));
            scope.spawn(|| terraform.apply().says(&["30 added"]).never_says("Error: "));
        }
    });
    let tasks = cloud.tasks();
    let names: HashSet<String> = tasks.iter().map(|task| task["TaskName"].to_string()).collect();
    assert_eq!((tasks.len(), names.len()), (120, 120));
    let journal = cloud.journal();
    let refused = journal.iter().filter(|entry| entry["code"] == "Throttling.User").count();
    assert!(refused > 0, "the limit was never met");
    let served = journal.len() - refused;
    assert!(refused < 2 * served, "{refused} refused, {served} served: nobody went slower");
}

#[test]
fn a_session_that_ends_in_the_middle_is_not_noticed() {
    let cloud = Cloud::with(&["--switch", "session_seconds=2"]);
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let block = format!(
        "provider \"aiccs\" {{\n  sts_endpoint = \"{}\"\n  requests_per_second = 4\n  assume_role {{\n    \
         role_arn = \"acs:ram::1:role/deploy\"\n  }}\n}}\n",
        cloud.endpoint()
    );
    terraform.write(&format!("{block}{}", many(6)));
    terraform.run(&["apply", "-auto-approve", "-no-color"]).succeeds().never_says("Error: ");
    let journal = cloud.journal();
    let sessions = journal.iter().filter(|entry| entry["operation"] == "AssumeRole").count();
    assert!(sessions > 1, "the session was renewed: {sessions}");
    assert_eq!(cloud.tasks().len(), 6);
}

#[test]
fn without_network_and_credentials_all_that_needs_neither_works() {
    let Some(mut terraform) = Terraform::towards(&format!("http://{}", local::nobody())) else {
        return;
    };
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    terraform.write(&task(&[]));
    terraform.run(&["validate", "-no-color"]).succeeds();
    terraform.run(&["providers", "schema", "-json"]).succeeds().says(&["aiccs_call_task"]);
    terraform.plans_changes().says(&["1 to add"]);
}
