//! Several hosts: what each of them is for runs on each of them. `AICCS_HOSTS` names them, as paths with `:` between or `all`
//! for what `tests/hosts.sh` has fetched; unset means the one on PATH.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::cli::{APPLY, Terraform, cli, task};
use crate::support::cloud::Cloud;

/// A host and its version.
pub struct Host {
    path: PathBuf,
    pub version: (u32, u32),
    name: String,
}

impl Host {
    fn at(path: PathBuf) -> Host {
        let output =
            Command::new(&path).args(["version", "-json"]).env("CHECKPOINT_DISABLE", "1").output();
        let output =
            output.unwrap_or_else(|error| panic!("{} does not start: {error}", path.display()));
        let told: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{} says no version", path.display()));
        let text = told["terraform_version"].as_str().unwrap().to_owned();
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
        let version = (parts.next().unwrap(), parts.next().unwrap());
        let tofu = path.file_name().is_some_and(|name| name.to_string_lossy().contains("tofu"));
        let name = format!("{} {text}", if tofu { "OpenTofu" } else { "Terraform" });
        Host { path, version, name }
    }

    pub fn is_tofu(&self) -> bool {
        self.name.starts_with("OpenTofu")
    }

    pub fn terraform(&self, cloud: &Cloud) -> Terraform {
        Terraform::by(self.path.clone(), &cloud.endpoint())
    }
}

/// The hosts of `AICCS_HOSTS`, from this version on; those that lack what a test is about are left out.
pub fn hosts(from: (u32, u32)) -> Vec<Host> {
    let paths: Vec<PathBuf> = match std::env::var("AICCS_HOSTS") {
        Err(_) => cli().into_iter().collect(),
        Ok(all) if all == "all" => {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/hosts");
            let entries = std::fs::read_dir(&folder).expect("tests/hosts.sh has fetched hosts");
            entries.map(|entry| entry.unwrap().path().join("terraform")).collect()
        }
        Ok(list) => list.split(':').map(PathBuf::from).collect(),
    };
    let mut hosts: Vec<Host> = paths.into_iter().map(Host::at).collect();
    hosts.sort_by_key(|host| host.version);
    hosts.retain(|host| host.version >= from);
    for host in &hosts {
        eprintln!("on {}", host.name);
    }
    hosts
}

/// Notes that a host can do this, in the file that `AICCS_SUPPORT` names: the table of hosts in the documentation is made of it.
fn passed(host: &Host, feature: &str) {
    if let Some(path) = std::env::var_os("AICCS_SUPPORT") {
        let line = json!({ "host": host.name, "feature": feature }).to_string() + "\n";
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}

#[test]
fn every_host_lives_a_whole_life() {
    for host in hosts((1, 0)) {
        let cloud = Cloud::start();
        let terraform = host.terraform(&cloud);
        terraform.write(&task(&[("task_name", "\"life\"")]));
        terraform.apply();
        let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
        // In place, then drift, then a replacement.
        terraform.write(&task(&[("task_name", "\"life\""), ("task_cps", "7")]));
        terraform.apply();
        assert_eq!(cloud.task()["ConcurrentCount"], json!(7), "{}", host.name);
        cloud.ask("PATCH", &format!("/__tasks/{id}"), Some(&json!({ "ConcurrentCount": 9 })));
        terraform.apply();
        assert_eq!(cloud.task()["ConcurrentCount"], json!(7), "{}: drift is undone", host.name);
        terraform
            .write(&task(&[("task_name", "\"next\""), ("agent_id", "\"118000000000000002\"")]));
        terraform.run(&APPLY).succeeds().says(&["1 added", "1 destroyed"]);
        terraform.destroy().says(&["remains in the account"]);
        assert_eq!(terraform.state(), Value::Null, "{}", host.name);
        passed(&host, "create, update, drift, replace, destroy");
    }
}

#[test]
fn every_host_imports_by_id_and_by_name() {
    for host in hosts((1, 0)) {
        let cloud = Cloud::start();
        let terraform = host.terraform(&cloud);
        terraform.write(&task(&[("task_name", "\"there\"")]));
        terraform.apply();
        let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
        for by in [id.as_str(), "there"] {
            terraform.run(&["state", "rm", "aiccs_call_task.t"]).succeeds();
            terraform.run(&["import", "-no-color", "aiccs_call_task.t", by]).succeeds();
            terraform.plans_nothing();
        }
        passed(&host, "import by id and by name");
    }
}

#[test]
fn callees_need_write_only_arguments_and_older_hosts_are_told_once() {
    let batch = "resource \"aiccs_callee_batch\" \"b\" {\n  task_id = aiccs_call_task.t.id\n  callees_wo_version = 1\n  \
                 callees_wo = [{ number = \"13800000001\" }, { number = \"13800000002\" }]\n}\n";
    for host in hosts((1, 0)) {
        let cloud = Cloud::start();
        let terraform = host.terraform(&cloud);
        terraform.write(&(task(&[]) + batch));
        if host.version >= (1, 11) {
            terraform.apply();
            assert_eq!(
                cloud.ask("GET", "/__details", None).as_array().unwrap().len(),
                2,
                "{}",
                host.name
            );
            terraform.destroy();
            passed(&host, "callees (write-only arguments)");
        } else {
            let told = terraform.run(&["plan", "-no-color"]).fails().says(&["1.11"]);
            let errors = told.text.matches("Error:").count();
            assert_eq!(errors, 1, "{}:\n{}", host.name, told.text);
        }
    }
}

#[test]
fn state_of_the_oldest_is_changed_by_the_newest_and_read_back() {
    let hosts = hosts((1, 0));
    let (Some(oldest), Some(newest)) = (hosts.first(), hosts.last()) else { return };
    let cloud = Cloud::start();
    let mut terraform = oldest.terraform(&cloud);
    terraform.write(&task(&[("desired_status", "\"STOPPED\"")]));
    terraform.apply();
    terraform.host(&newest.path);
    terraform.plans_nothing();
    terraform.write(&task(&[("desired_status", "\"STOPPED\""), ("task_cps", "8")]));
    terraform.apply();
    terraform.host(&oldest.path);
    terraform.plans_nothing();
}

#[test]
fn newer_hosts_query_tasks_and_write_their_configuration() {
    for host in hosts((1, 14)).into_iter().filter(|host| !host.is_tofu()) {
        let cloud = Cloud::start();
        let terraform = host.terraform(&cloud);
        for name in ["a", "b"] {
            terraform.write(&task(&[("task_name", &format!("{name:?}"))]));
            terraform.apply();
            terraform.run(&["state", "rm", "aiccs_call_task.t"]).succeeds();
        }
        terraform.write("");
        let query = "list \"aiccs_call_task\" \"all\" {\n  provider = aiccs\n  include_resource = true\n}\n";
        std::fs::write(terraform.path().join("all.tfquery.hcl"), query).unwrap();
        let told =
            terraform.run(&["query", "-no-color", "-generate-config-out=found.tf"]).succeeds();
        assert!(told.text.contains("task_id="), "{}:\n{}", host.name, told.text);
        let written = std::fs::read_to_string(terraform.path().join("found.tf")).unwrap();
        assert_eq!(
            written.matches("resource \"aiccs_call_task\"").count(),
            2,
            "{}:\n{written}",
            host.name
        );
        assert_eq!(written.matches("identity = {").count(), 2, "{}: import by identity", host.name);
        std::fs::remove_file(terraform.path().join("all.tfquery.hcl")).unwrap();
        terraform.run(&APPLY).succeeds().says(&["2 imported", "0 added", "0 changed"]);
        terraform.plans_nothing();
        passed(&host, "query, generated configuration, import by identity");
    }
}

#[test]
fn newer_hosts_run_actions_by_trigger_and_by_hand() {
    for host in hosts((1, 14)).into_iter().filter(|host| !host.is_tofu()) {
        let cloud = Cloud::start();
        let terraform = host.terraform(&cloud);
        let trigger = "  lifecycle {\n    action_trigger {\n      events  = [after_create]\n      actions = \
                       [action.aiccs_call_task_start.go]\n    }\n  }\n}\n";
        let resource = task(&[]).trim_end().trim_end_matches('}').to_owned() + trigger;
        let actions = "action \"aiccs_call_task_start\" \"go\" {\n  config { task_id = aiccs_call_task.t.id }\n}\n\
                       action \"aiccs_call_task_stop\" \"halt\" {\n  config { task_id = aiccs_call_task.t.id }\n}\n";
        terraform.write(&(resource + actions));
        terraform.run(&APPLY).succeeds().says(&["aiccs_call_task_start"]);
        assert_eq!(cloud.task()["Status"], json!(1), "{}: it runs", host.name);
        let invoke =
            ["apply", "-auto-approve", "-no-color", "-invoke=action.aiccs_call_task_stop.halt"];
        terraform.run(&invoke).succeeds();
        assert_eq!(cloud.task()["Status"], json!(2), "{}: it stands", host.name);
        passed(&host, "actions");
    }
}

#[test]
fn functions_serve_where_the_host_has_them() {
    for host in hosts((1, 8)) {
        let cloud = Cloud::start();
        let terraform = host.terraform(&cloud);
        terraform
            .write("output \"w\" { value = provider::aiccs::call_windows(\"09:00-12:00\") }\n");
        terraform.run(&APPLY).succeeds().says(&["09:00:00"]);
        passed(&host, "functions");
    }
}

/// Ctrl-C ends an action at once: it starts nothing, and says what it leaves behind.
#[test]
fn newer_hosts_cancel_an_action() {
    for host in hosts((1, 14)).into_iter().filter(|host| !host.is_tofu()) {
        let cloud = Cloud::start();
        let terraform = host.terraform(&cloud);
        let action = "action \"aiccs_call_task_stop\" \"halt\" {\n  config { task_id = aiccs_call_task.t.id }\n}\n";
        terraform.write(&(task(&[]) + action));
        terraform.run(&APPLY).succeeds();
        let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
        cloud.edit(&id, &json!({ "Status": 1 }));
        cloud.switch(&[("stop_takes_polls", "1000000")]);
        let invoke =
            ["apply", "-auto-approve", "-no-color", "-invoke=action.aiccs_call_task_stop.halt"];
        let mut command = terraform.command(&invoke);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        let pid = child.id().to_string();
        let (done, ended) = std::sync::mpsc::channel();
        let waiter = std::thread::spawn(move || {
            let output = child.wait_with_output().unwrap();
            let _ = done.send(());
            (
                output.status.success(),
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
            )
        });
        let look_again = std::time::Duration::from_millis(5);
        while !cloud.journal().iter().any(|entry| entry["operation"] == "StopAiCallTask") {
            assert!(ended.recv_timeout(look_again).is_err(), "{}: it ended too early", host.name);
        }
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        ended.recv_timeout(std::time::Duration::from_secs(60)).expect("the action ends");
        let (succeeded, text) = waiter.join().unwrap();
        assert!(!succeeded && text.contains("interrupted"), "{}: {text}", host.name);
        assert!(!cloud.writes().contains(&"StartAiCallTask".to_owned()), "{}", host.name);
        passed(&host, "cancelled actions");
    }
}
