//! The actions over gRPC, as hosts from 1.14 on call them: what is called, what is told, and that numbers go nowhere
//! else.

use serde_json::{Value as Json, json};
use terraform_plugin::driver::Provider as _;
use terraform_plugin::json as state;
use terraform_provider_aiccs::provider::Aiccs;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::support::cloud::Cloud;
use crate::support::core::{Told, configured, encode, told};
use crate::support::host::Plugin;

const MARKER: &str = "1389999";

/// The progress of an action, and what it told at its end.
#[derive(Debug)]
struct Acted {
    progress: Vec<String>,
    told: Vec<Told>,
}

impl Acted {
    #[track_caller]
    fn succeeds(self, progress: &[&str]) {
        assert_eq!(self.told.len(), 0, "{self:?}");
        assert_eq!(self.progress.len(), progress.len(), "{self:?}");
        for (said, expected) in self.progress.iter().zip(progress) {
            assert!(said.contains(expected), "{said:?} is without {expected:?}");
        }
    }

    #[track_caller]
    fn fails(self, attribute: &str, parts: &[&str]) {
        let [told] = self.told.as_slice() else { panic!("{self:?}") };
        assert_eq!((told.error, told.attribute.as_str()), (true, attribute), "{told:?}");
        for part in parts {
            assert!(told.summary.contains(part) || told.detail.contains(part), "{told:?}");
        }
        assert!(!format!("{self:?}").contains(MARKER));
    }
}

struct Host {
    cloud: Cloud,
    client: ProviderClient<Channel>,
    _plugin: Plugin,
}

impl Host {
    async fn start() -> Host {
        let cloud = Cloud::start();
        let (_plugin, client) = configured(&cloud).await;
        Host { cloud, client, _plugin }
    }

    /// A task with these fields; its id.
    fn task(&self, fields: &Json) -> String {
        let task = self.cloud.ask("POST", "/__tasks", Some(fields));
        task["TaskId"].as_str().unwrap().to_owned()
    }

    async fn invoke(&mut self, name: &str, config: &Json) -> Acted {
        let request = pb::invoke_action::Request {
            action_type: name.to_owned(),
            config: config_of(name, config),
            ..Default::default()
        };
        let mut events = self.client.invoke_action(request).await.unwrap().into_inner();
        let mut acted = Acted { progress: Vec::new(), told: Vec::new() };
        let mut ended = false;
        while let Some(event) = events.message().await.unwrap() {
            assert!(!ended, "an event after the end");
            match event.r#type.expect("an event of a kind") {
                pb::invoke_action::event::Type::Progress(said) => acted.progress.push(said.message),
                pb::invoke_action::event::Type::Completed(end) => {
                    ended = true;
                    acted.told = told(end.diagnostics);
                }
            }
        }
        assert!(ended, "no end: {acted:?}");
        acted
    }

    async fn validate(&mut self, name: &str, config: &Json) -> Vec<Told> {
        let request = pb::validate_action_config::Request {
            type_name: name.to_owned(),
            config: config_of(name, config),
        };
        told(self.client.validate_action_config(request).await.unwrap().into_inner().diagnostics)
    }
}

fn config_of(name: &str, config: &Json) -> Option<pb::DynamicValue> {
    let action = Aiccs.actions().iter().find(|action| action.name() == name).unwrap();
    let schema = action.schema();
    encode(&state::decode(config.to_string().as_bytes(), schema).unwrap(), schema)
}

/// So many callees.
fn callees(count: usize) -> Json {
    let callee = |n| json!({ "number": format!("{MARKER}{n:05}"), "out_id": format!("o{n}"), "variables": null });
    (0..count).map(callee).collect()
}

#[tokio::test]
async fn the_schema_names_the_actions_and_their_write_only_numbers() {
    let mut host = Host::start().await;
    let schema = host.client.get_provider_schema(pb::get_provider_schema::Request {}).await;
    let actions = schema.unwrap().into_inner().action_schemas;
    let names: Vec<_> = actions.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "aiccs_call_task_start",
            "aiccs_call_task_stop",
            "aiccs_call_tasks_stop",
            "aiccs_import_callee",
            "aiccs_import_callees"
        ]
    );
    let block = actions["aiccs_import_callees"].schema.clone().unwrap().block.unwrap();
    let callees = block.attributes.iter().find(|a| a.name == "callees_wo").unwrap();
    assert!(callees.write_only && callees.sensitive && callees.required);
    assert!(
        callees
            .nested_type
            .as_ref()
            .unwrap()
            .attributes
            .iter()
            .all(|a| !a.write_only && !a.sensitive)
    );
}

#[tokio::test]
async fn a_task_is_started_and_stopped() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE" }));
    let config = json!({ "task_id": id });
    let start = host.invoke("aiccs_call_task_start", &config).await;
    start.succeeds(&["is INIT: starting it", "was started"]);
    assert_eq!(host.cloud.task()["Status"], 1);
    host.invoke("aiccs_call_task_start", &config).await.succeeds(&["runs already"]);
    let stop = host.invoke("aiccs_call_task_stop", &config).await;
    stop.succeeds(&["is RUNNING: stopping it", "was stopped"]);
    assert_eq!(host.cloud.task()["Status"], 2);
    let again = host.invoke("aiccs_call_task_stop", &config).await;
    again.succeeds(&["is STOPPED: there is nothing to stop"]);
    assert_eq!(host.cloud.writes(), ["StartAiCallTask", "StopAiCallTask"]);
}

#[tokio::test]
async fn a_scheduled_task_starts_now_and_is_stopped_before_its_time() {
    let mut host = Host::start().await;
    host.cloud.switch(&[("stop_requires", "running_or_scheduled")]);
    let id = host.task(&json!({
        "TaskName": "t", "StartType": "SCHEDULE", "StartTime": 4_000_000_000_000_i64
    }));
    let config = json!({ "task_id": id });
    host.invoke("aiccs_call_task_start", &config).await.succeeds(&["INIT", "was started"]);
    assert_eq!(host.cloud.writes(), ["StartAiCallTask"]);
    host.cloud.edit(&id, &json!({ "Status": 0 }));
    host.invoke("aiccs_call_task_stop", &config).await.succeeds(&["INIT", "was stopped"]);
    assert_eq!(host.cloud.writes(), ["StopAiCallTask"]);
}

#[tokio::test]
async fn a_scheduled_task_that_was_not_started_is_told_as_such() {
    let mut host = Host::start().await;
    let id = host.task(&json!({
        "TaskName": "t", "StartType": "SCHEDULE", "StartTime": 4_000_000_000_000_i64
    }));
    let config = json!({ "task_id": id });
    host.cloud.switch(&[("start_requires", "stopped")]);
    host.invoke("aiccs_call_task_start", &config).await.fails("", &["Could not start call task"]);
    host.cloud.calm();
    host.cloud.fault("StartAiCallTask", "forbidden_ram");
    let acted = host.invoke("aiccs_call_task_start", &config).await;
    acted.fails("", &["aiccs:StartAiCallTask"]);
    host.cloud.fault("StartAiCallTask", "drop_before");
    host.invoke("aiccs_call_task_start", &config).await.succeeds(&["INIT", "was started"]);
    assert_eq!(host.cloud.task()["Status"], 1, "a lost start is sent again");
}

#[tokio::test]
async fn lost_answers_are_settled_and_refusals_told() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE" }));
    let config = json!({ "task_id": id });
    host.cloud.fault("StartAiCallTask", "drop_after");
    host.invoke("aiccs_call_task_start", &config).await.succeeds(&["INIT", "was started"]);
    assert_eq!(host.cloud.writes(), ["StartAiCallTask"]);
    host.cloud.fault("StopAiCallTask", "drop_after");
    host.invoke("aiccs_call_task_stop", &config).await.succeeds(&["RUNNING", "was stopped"]);
    assert_eq!(host.cloud.task()["Status"], 2);
    host.cloud.switch(&[("start_fails", "always")]);
    let failed = host.invoke("aiccs_call_task_start", &config).await;
    failed.fails("", &["Could not start call task", "FAILED instead of RUNNING. Reason:"]);
    let missing = json!({ "task_id": "118000000000000404" });
    for name in ["aiccs_call_task_start", "aiccs_call_task_stop"] {
        host.invoke(name, &missing).await.fails("task_id", &["Call task not found"]);
    }
}

#[tokio::test]
async fn callees_are_imported_with_progress() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE", "Status": 2 }));
    let config = json!({
        "task_id": id, "callees_wo": callees(2500), "start_after_import": true
    });
    host.invoke("aiccs_import_callees", &config).await.succeeds(&[
        "1000 of 2500 callees",
        "2000 of 2500 callees",
        "2500 of 2500 callees",
        "was started",
    ]);
    let details = host.cloud.ask("GET", "/__details", None);
    assert_eq!(details.as_array().unwrap().len(), 2500);
    let import = "ImportTaskNumberDatas";
    assert_eq!(host.cloud.writes(), [import, import, import, "StartAiCallTask"]);
    // The same once more: nobody is called again.
    let mut again = config.clone();
    let acted = host.invoke("aiccs_import_callees", &again).await;
    let [told] = acted.told.as_slice() else { panic!("{acted:?}") };
    assert!(!told.error && told.summary.starts_with("2500 callees were in task"), "{told:?}");
    assert!(host.cloud.writes().is_empty());
    // Another version: by the user's word.
    again["callees_wo"] = json!([{ "number": format!("{MARKER}0000") }]);
    for version in [1, 2] {
        again["callees_wo_version"] = version.into();
        host.invoke("aiccs_import_callees", &again).await.succeeds(&["1 of 1", "needs no start"]);
        assert_eq!(host.cloud.writes(), [import]);
    }
}

#[tokio::test]
async fn a_task_that_the_import_starts_is_told() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE" }));
    let config = json!({ "task_id": id, "callees_wo": callees(1) });
    let acted = host.invoke("aiccs_import_callees", &config).await;
    let [told] = acted.told.as_slice() else { panic!("{acted:?}") };
    assert!(!told.error && told.summary.contains("runs now"), "{told:?}");
}

#[tokio::test]
async fn an_import_that_fails_is_taken_back() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE" }));
    let config = json!({ "task_id": id, "callees_wo": callees(1500) });
    host.cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "forbidden_ram", "times": 1, "skip": 1 }
    ]));
    let mut acted = host.invoke("aiccs_import_callees", &config).await;
    assert_eq!(acted.progress.len(), 1);
    // The first chunk has started the task, and nobody stopped it.
    let runs = acted.told.pop().unwrap();
    assert!(!runs.error && runs.summary.contains("runs now"), "{runs:?}");
    acted.fails("", &["chunk 2 of 2", "rows 1000 to 1499", "1000 callees", "cancelled again"]);
    let details = host.cloud.ask("GET", "/__details", None);
    assert!(details.as_array().unwrap().iter().all(|detail| detail["CallResult"] == "CANCEL"));
    let missing = json!({ "task_id": "118000000000000404", "callees_wo": callees(1) });
    host.cloud.writes();
    host.invoke("aiccs_import_callees", &missing).await.fails("task_id", &["not found"]);
    assert_eq!(host.cloud.writes(), [""; 0]);
}

#[tokio::test]
async fn a_configuration_is_checked_before_anything_is_called() {
    let mut host = Host::start().await;
    let rows = json!([{ "number": "13899991234" }, { "number": "" }]);
    for (name, config, attribute, part) in [
        ("aiccs_call_task_start", json!({}), "task_id", "required"),
        (
            "aiccs_call_task_stop",
            json!({ "task_id": "1", "timeouts": { "invoke": "soon" } }),
            "timeouts",
            "duration",
        ),
        ("aiccs_import_callees", json!({ "task_id": "1" }), "callees_wo", "required"),
        (
            "aiccs_import_callees",
            json!({ "task_id": "1", "callees_wo": [] }),
            "callees_wo",
            "empty",
        ),
        (
            "aiccs_import_callees",
            json!({ "task_id": "1", "callees_wo": rows }),
            "callees_wo",
            "row 1",
        ),
    ] {
        let told = host.validate(name, &config).await;
        let acted = host.invoke(name, &config).await;
        assert_eq!(told.len(), 1, "{name} {config}: {told:?}");
        for told in [&told[0], &acted.told[0]] {
            assert_eq!(told.attribute, attribute, "{told:?}");
            assert!(told.error && told.detail.contains(part), "{told:?}");
            assert!(!told.detail.contains(MARKER));
        }
    }
    for id in ["abc", "", " 118"] {
        let acted = host.invoke("aiccs_call_task_start", &json!({ "task_id": id })).await;
        acted.fails("task_id", &["Invalid task id", "decimal"]);
    }
    assert_eq!(host.cloud.journal(), [Json::Null; 0]);
}

#[tokio::test]
async fn a_start_that_comes_in_after_a_stop_is_stopped() {
    let mut host = Host::start().await;
    let id = host
        .task(&json!({ "TaskName": "t", "AgentId": "1", "Status": 2, "StartType": "IMMEDIATE" }));
    host.cloud.hold();
    host.cloud.faults(json!([{ "operation": "StartAiCallTask", "kind": "drop_late", "times": 2 }]));
    let config = json!({ "task_id": id });
    let acted = host.invoke("aiccs_call_task_start", &config).await;
    assert!(acted.told[0].error, "{acted:?}");
    let acted = host.invoke("aiccs_call_task_stop", &config).await;
    assert!(acted.told[0].summary.contains("may still be started"), "{acted:?}");
    host.cloud.release();
    assert_eq!(host.cloud.task()["Status"], 1);
    host.cloud.writes();
    let acted = host.invoke("aiccs_call_task_stop", &config).await;
    assert_eq!(host.cloud.writes(), ["StopAiCallTask"], "{acted:?}");
}

#[tokio::test]
async fn an_emergency_stop_ends_all_that_run_and_lists_what_it_could_not_stop() {
    let mut host = Host::start().await;
    let fields = |name: &str, status: i64, source: i64| json!({ "TaskName": name, "Status": status, "Source": source });
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(host.task(&fields(&format!("reminder {n}"), 1, n % 2)));
    }
    let other = host.task(&fields("survey", 1, 0));
    let still = host.task(&fields("reminder that stands", 2, 0));
    host.cloud
        .faults(json!([{ "operation": "StopAiCallTask", "kind": "forbidden_ram", "times": 1 }]));
    let acted = host.invoke("aiccs_call_tasks_stop", &json!({ "name_regex": "^reminder" })).await;
    let told: String =
        acted.told.iter().map(|told| format!("{} {}", told.summary, told.detail)).collect();
    assert!(told.starts_with("1 of 60 call tasks could not be stopped"), "{told}");
    assert_eq!(told.matches("  - \"reminder").count(), 1, "{told}");
    assert_eq!(acted.progress[0], "60 call tasks run: stopping them.");
    assert_eq!(acted.progress.len(), 60);
    let status =
        |id: &str| host.cloud.ask("GET", &format!("/__tasks/{id}"), None)["Status"].clone();
    assert_eq!((status(&other), status(&still)), (json!(1), json!(2)));
    let again = host.invoke("aiccs_call_tasks_stop", &json!({})).await;
    assert!(again.told.is_empty(), "{:?}", again.told);
    let running = host.cloud.tasks().into_iter().filter(|task| task["Status"] == json!(1));
    assert_eq!(running.count(), 0);
    let nothing = host.invoke("aiccs_call_tasks_stop", &json!({})).await;
    assert_eq!(nothing.progress, ["No call task runs: there is nothing to stop."]);
}

/// One callee of a task; `edits` are further arguments.
fn callee(task: &str, edits: &Json) -> Json {
    let mut config = json!({ "task_id": task, "number": format!("{MARKER}0000") });
    for (name, value) in edits.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

const ONE: &str = "ImportOneTaskPhoneNumber";

#[tokio::test]
async fn one_callee_is_imported_once() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE", "Status": 2 }));
    let config =
        callee(&id, &json!({ "out_id": "o-1", "variables": { "name": "王" }, "extension": "vip" }));
    host.invoke("aiccs_import_callee", &config).await.succeeds(&["(detail 125"]);
    let sent = host.cloud.journal().into_iter().find(|entry| entry["operation"] == ONE).unwrap();
    assert_eq!(
        (&sent["parameters"]["Extension"], &sent["parameters"]["OutId"]),
        (&json!("vip"), &json!("o-1"))
    );
    assert_eq!(host.cloud.writes(), [ONE]);
    let details = host.cloud.ask("GET", "/__details", None);
    assert_eq!(details[0]["Variables"], json!({ "name": "王" }));
    // Once more, by another process too: he is in.
    host.invoke("aiccs_import_callee", &config).await.succeeds(&["already"]);
    let (_plugin, mut client) = configured(&host.cloud).await;
    std::mem::swap(&mut host.client, &mut client);
    host.invoke("aiccs_import_callee", &config).await.succeeds(&["already"]);
    assert_eq!(host.cloud.writes(), [""; 0]);
    // Another version of a callee without an id: by the user's word.
    for version in [1, 2] {
        let config = callee(&id, &json!({ "number_version": version }));
        host.invoke("aiccs_import_callee", &config).await.succeeds(&["is in task"]);
        assert_eq!(host.cloud.writes(), [ONE]);
    }
}

#[tokio::test]
async fn one_callee_whose_import_is_lost_is_looked_up_and_never_sent_again() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE", "Status": 2 }));
    host.cloud.fault(ONE, "drop_after");
    host.invoke("aiccs_import_callee", &callee(&id, &json!({}))).await.succeeds(&["(detail 125"]);
    assert_eq!(host.cloud.writes(), [ONE]);
    host.cloud.fault(ONE, "drop_before");
    let config = callee(&id, &json!({ "number_version": 2 }));
    let acted = host.invoke("aiccs_import_callee", &config).await;
    acted.fails("", &["Could not import the callee", "never sent again"]);
    assert_eq!(host.cloud.writes(), [ONE]);
    host.invoke("aiccs_import_callee", &config).await.succeeds(&["(detail 125"]);
    assert_eq!(host.cloud.ask("GET", "/__details", None).as_array().unwrap().len(), 2);
    // Nobody can tell: nobody is called.
    host.cloud.faults(
        json!([{ "operation": "QueryAiCallDetailPage", "kind": "forbidden_ram", "times": 1 }]),
    );
    let config = callee(&id, &json!({ "number_version": 3 }));
    host.cloud.writes();
    let acted = host.invoke("aiccs_import_callee", &config).await;
    acted.fails("", &["Could not find out whether the callee is in task"]);
    assert_eq!(host.cloud.writes(), [""; 0]);
}

#[tokio::test]
async fn one_callee_is_checked_before_anything_is_sent() {
    let mut host = Host::start().await;
    let tags = json!([{ "PhoneTagKey": "name", "PhoneTagRequired": true, "PhoneTagType": "TEXT" }]);
    let agents = json!([{ "AgentId": 7, "AgentName": "a", "PhoneTagConfig": tags }]);
    host.cloud.ask("POST", "/__control", Some(&json!({ "agents": agents })));
    let id = host
        .task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE", "Status": 2, "AgentId": "7" }));
    let acted = host
        .invoke("aiccs_import_callee", &callee(&id, &json!({ "variables": { "nam": "x" } })))
        .await;
    acted.fails(
        "variables",
        &["do not fit the agent", "`name`", "did you mean `name`?", "check_variables = false"],
    );
    let mut rows = json!({ "task_id": id, "callees_wo": callees(2) });
    host.invoke("aiccs_import_callees", &rows)
        .await
        .fails("callees_wo", &["row 0", "row 1", "`name`"]);
    assert_eq!(host.cloud.writes(), [""; 0]);
    rows["check_variables"] = json!(false);
    host.invoke("aiccs_import_callees", &rows).await.succeeds(&["2 of 2"]);
    let fits = callee(&id, &json!({ "variables": { "name": "x" } }));
    host.invoke("aiccs_import_callee", &fits).await.succeeds(&["is in task"]);
    let off = callee(&id, &json!({ "check_variables": false, "number_version": 2 }));
    host.invoke("aiccs_import_callee", &off).await.succeeds(&["is in task"]);
    for (edits, attribute, part) in [
        (json!({ "number": "" }), "number", "empty"),
        (json!({ "out_id": "x".repeat(129) }), "out_id", "128"),
        (json!({ "variables": { "outId": "x" } }), "variables", "outId"),
    ] {
        let told = host.validate("aiccs_import_callee", &callee(&id, &edits)).await;
        assert!(
            told[0].error && told[0].attribute == attribute && told[0].detail.contains(part),
            "{told:?}"
        );
    }
    let told =
        host.validate("aiccs_import_callee", &callee(&id, &json!({ "number": "1.38E+10" }))).await;
    assert!(!told[0].error && told[0].detail.contains("spreadsheets"), "{told:?}");
    let missing = callee("118000000000000404", &json!({}));
    host.invoke("aiccs_import_callee", &missing).await.fails("task_id", &["not found"]);
}

#[tokio::test]
async fn one_callee_who_starts_the_task_is_told() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE" }));
    let acted = host.invoke("aiccs_import_callee", &callee(&id, &json!({}))).await;
    let [told] = acted.told.as_slice() else { panic!("{acted:?}") };
    assert!(!told.error && told.summary.contains("runs now"), "{told:?}");
}

/// However far an import was: what came in before the chunk that fails is taken back, and the error counts it.
#[tokio::test]
async fn the_sixtieth_chunk_takes_the_others_back() {
    let mut host = Host::start().await;
    let id = host.task(&json!({ "TaskName": "t", "StartType": "IMMEDIATE", "Status": 2 }));
    host.cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "forbidden_ram", "times": 1, "skip": 59 }
    ]));
    let config = json!({ "task_id": id, "callees_wo": callees(61_000) });
    let acted = host.invoke("aiccs_import_callees", &config).await;
    assert_eq!(acted.progress.len(), 59);
    acted.fails("", &["chunk 60 of 61", "rows 59000 to 59999", "59000 callees", "cancelled again"]);
    let details = host.cloud.ask("GET", "/__details", None);
    let details = details.as_array().unwrap();
    assert!(
        details.len() == 59_000 && details.iter().all(|detail| detail["CallResult"] == "CANCEL")
    );
}
