//! What people do with a host beside apply: one scenario each, judged by what comes out of it.

use serde_json::{Value, json};

use crate::support::cli::{APPLY, Terraform, start, task};
use crate::support::cloud::Cloud;

/// A task by resource name and task name.
fn named(resource: &str, name: &str) -> String {
    let name = format!("{name:?}");
    task(&[("task_name", &name)])
        .replace("\"aiccs_call_task\" \"t\"", &format!("\"aiccs_call_task\" {resource:?}"))
}

/// The standard output of a run, as JSON.
#[track_caller]
fn json_of(terraform: &Terraform, arguments: &[&str]) -> Value {
    let output = terraform.command(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn forget(cloud: &Cloud) {
    cloud.ask("DELETE", "/__journal", None);
}

fn operations(cloud: &Cloud) -> Vec<String> {
    let name = |entry: &Value| entry["operation"].as_str().unwrap().to_owned();
    cloud.journal().iter().map(name).collect()
}

#[test]
fn tests_of_modules_run_with_the_provider_and_with_mocks() {
    let Some((cloud, terraform)) = start() else { return };
    let outputs = "output \"id\" { value = aiccs_call_task.t.id }\n\
                   output \"names\" { value = data.aiccs_call_tasks.all.names }\n";
    terraform.write(
        &(task(&[("task_name", "\"t\"")]) + "data \"aiccs_call_tasks\" \"all\" {}\n" + outputs),
    );
    let real = "run \"real\" {\n  assert {\n    condition     = length(output.id) == 18\n    error_message = \"no id\"\n  }\n}\n";
    let mocked = r#"
mock_provider "aiccs" {}
override_resource {
  target = aiccs_call_task.t
  values = { id = "42", task_id = "42" }
}
override_data {
  target = data.aiccs_call_tasks.all
  values = { names = ["x", "y"] }
}
run "mocked" {
  assert {
    condition     = output.id == "42" && output.names[1] == "y"
    error_message = "the overrides do not count"
  }
}
"#;
    std::fs::write(terraform.path().join("real.tftest.hcl"), real).unwrap();
    terraform.run(&["test", "-no-color"]).succeeds().says(&["1 passed, 0 failed"]);
    assert!(operations(&cloud).contains(&"CreateAiCallTask".to_owned()));
    forget(&cloud);
    std::fs::remove_file(terraform.path().join("real.tftest.hcl")).unwrap();
    std::fs::write(terraform.path().join("mocked.tftest.hcl"), mocked).unwrap();
    terraform.run(&["test", "-no-color"]).succeeds().says(&["1 passed, 0 failed"]);
    assert_eq!(operations(&cloud), Vec::<String>::new(), "a mock calls nobody");
}

#[test]
fn what_reads_nothing_needs_no_credentials() {
    let Some((cloud, mut terraform)) = start() else { return };
    terraform.write(&task(&[]));
    terraform.apply();
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    forget(&cloud);
    terraform.run(&["validate", "-no-color"]).succeeds();
    terraform.run(&["plan", "-refresh=false", "-detailed-exitcode", "-no-color"]).succeeds();
    terraform.write(&task(&[("task_cps", "6")]));
    let told = terraform.run(&["plan", "-refresh=false", "-no-color"]).succeeds();
    assert!(told.text.contains("1 to change"), "{}", told.text);
    assert_eq!(operations(&cloud), Vec::<String>::new());
}

#[test]
fn the_console_calls_functions() {
    let Some((_cloud, terraform)) = start() else { return };
    terraform.write("locals { w = provider::aiccs::call_windows(\"09:00-12:00\") }\n");
    let mut command = terraform.command(&["console"]);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"local.w\n").unwrap();
    let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(text.contains("12:00:00"), "{text}");
}

#[test]
fn a_saved_plan_is_applied_once_and_a_stale_one_not_at_all() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&task(&[]));
    terraform.run(&["plan", "-no-color", "-out=first"]).succeeds();
    terraform.run(&["apply", "-no-color", "first"]).succeeds();
    terraform.write(&task(&[("task_cps", "6")]));
    terraform.run(&["plan", "-no-color", "-out=second"]).succeeds();
    let shown = json_of(&terraform, &["show", "-json", "second"]);
    assert_eq!(shown["resource_changes"][0]["change"]["after"]["task_cps"], json!(6));
    terraform.write(&task(&[("task_cps", "7")]));
    terraform.apply();
    terraform.run(&["apply", "-no-color", "second"]).fails().says(&["stale"]);
    assert_eq!(cloud.task()["ConcurrentCount"], json!(7));
}

#[test]
fn targets_replacements_and_refreshes_do_what_they_say() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&(named("a", "a") + &named("b", "b")));
    terraform.run(&["apply", "-auto-approve", "-no-color", "-target=aiccs_call_task.a"]).succeeds();
    assert_eq!(cloud.tasks().len(), 1);
    terraform.apply();
    forget(&cloud);
    terraform
        .run(&["apply", "-auto-approve", "-no-color", "-replace=aiccs_call_task.a"])
        .succeeds()
        .says(&["1 added", "1 destroyed"]);
    assert!(
        !operations(&cloud).contains(&"CreateAiCallTask".to_owned()),
        "its own name: taken over"
    );
    let id = cloud.tasks()[0]["TaskId"].as_str().unwrap().to_owned();
    cloud.ask("PATCH", &format!("/__tasks/{id}"), Some(&json!({ "ConcurrentCount": 9 })));
    forget(&cloud);
    terraform
        .run(&["apply", "-auto-approve", "-no-color", "-refresh-only"])
        .succeeds()
        .says(&["has changed"]);
    let writes = operations(&cloud).into_iter().filter(|name| !name.starts_with("Query"));
    assert_eq!(writes.collect::<Vec<_>>(), Vec::<String>::new());
    terraform.run(&["plan", "-no-color"]).succeeds().says(&["1 to change"]);
}

#[test]
fn resources_move_within_the_configuration_and_not_from_other_types() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&named("a", "n"));
    terraform.apply();
    forget(&cloud);
    terraform.write(
        &(named("b", "n") + "moved {\n  from = aiccs_call_task.a\n  to   = aiccs_call_task.b\n}\n"),
    );
    terraform.run(&APPLY).succeeds().says(&["0 added, 0 changed, 0 destroyed"]);
    terraform.write("resource \"terraform_data\" \"x\" {}\n");
    terraform.run(&APPLY).succeeds();
    let from = "moved {\n  from = terraform_data.x\n  to   = aiccs_call_task.c\n}\n";
    terraform.write(&(named("c", "m") + from));
    terraform.run(&["plan", "-no-color"]).fails().says(&["Cannot move `terraform_data`"]);
}

#[test]
fn a_removed_block_forgets_without_a_call() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&task(&[]));
    terraform.apply();
    forget(&cloud);
    terraform.write("removed {\n  from = aiccs_call_task.t\n  lifecycle { destroy = false }\n}\n");
    terraform.run(&APPLY).succeeds();
    assert_eq!(terraform.state(), Value::Null);
    let writes = operations(&cloud).into_iter().filter(|name| !name.starts_with("Query"));
    assert_eq!(writes.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn many_are_imported_by_one_block() {
    let Some((cloud, terraform)) = start() else { return };
    let each = named("t", "x")
        .replace("task_name = \"x\"", "task_name = each.key")
        .replace("{\n  task_name", "{\n  for_each = local.all\n  task_name");
    let locals = |ids: &str| format!("locals {{\n  all = {{{ids}}}\n}}\n");
    terraform.write(&(locals(" a = 1, b = 2, c = 3 ") + &each));
    terraform.apply();
    let ids: Vec<String> = cloud
        .tasks()
        .iter()
        .map(|task| format!("{} = {}", task["TaskName"].as_str().unwrap(), task["TaskId"]))
        .collect();
    std::fs::remove_file(terraform.path().join("terraform.tfstate")).unwrap();
    let import = "import {\n  for_each = local.all\n  to = aiccs_call_task.t[each.key]\n  id = each.value\n}\n";
    terraform.write(&(locals(&ids.join(", ")) + import + &each));
    terraform.run(&APPLY).succeeds().says(&["3 imported, 0 added, 0 changed"]);
    assert_eq!(cloud.tasks().len(), 3);
}

#[test]
fn workspaces_and_aliases_keep_apart() {
    let Some((cloud, terraform)) = start() else { return };
    let alias = "provider \"aiccs\" {}\nprovider \"aiccs\" {\n  alias = \"other\"\n  requests_per_second = 100\n}\n";
    let other = named("b", "b-${terraform.workspace}")
        .replace("  agent_id", "  provider = aiccs.other\n  agent_id");
    let hcl = alias.to_owned() + &named("a", "a-${terraform.workspace}") + &other;
    terraform.write(&hcl);
    terraform.run(&APPLY).succeeds();
    terraform.run(&["workspace", "new", "second"]).succeeds();
    terraform.run(&APPLY).succeeds().says(&["2 added"]);
    let mut names: Vec<_> =
        cloud.tasks().iter().map(|task| task["TaskName"].as_str().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["a-default", "a-second", "b-default", "b-second"]);
    terraform.destroy();
    terraform.run(&["workspace", "select", "default"]).succeeds();
    terraform.run(&["plan", "-detailed-exitcode", "-no-color"]).succeeds();
}

#[test]
fn any_parallelism_makes_each_task_once() {
    let Some((cloud, terraform)) = start() else { return };
    let resource = named("t", "x")
        .replace("task_name = \"x\"", "task_name = \"t-${count.index}\"")
        .replace("{\n  task_name", "{\n  count = 30\n  task_name");
    terraform.write(&resource);
    terraform
        .run(&["apply", "-auto-approve", "-no-color", "-parallelism=100"])
        .succeeds()
        .says(&["30 added"]);
    terraform.run(&["plan", "-detailed-exitcode", "-no-color", "-parallelism=1"]).succeeds();
    assert_eq!(cloud.tasks().len(), 30);
    terraform
        .run(&["destroy", "-auto-approve", "-no-color", "-parallelism=1"])
        .succeeds()
        .says(&["30 destroyed"]);
}

#[test]
fn plans_and_states_are_read_by_tools() {
    let Some((_cloud, terraform)) = start() else { return };
    terraform.write(&task(&[]));
    let output = terraform.command(&["plan", "-json"]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let planned = lines.iter().find(|line| line["type"] == "planned_change").unwrap();
    assert_eq!(planned["change"]["action"], "create");
    terraform.apply();
    let shown = json_of(&terraform, &["show", "-json"]);
    let resource = &shown["values"]["root_module"]["resources"][0];
    assert_eq!(resource["type"], "aiccs_call_task");
    assert!(resource["values"]["id"].is_string() && resource["values"]["task_cps"] == json!(5));
}
