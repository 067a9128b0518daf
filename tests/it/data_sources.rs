//! Data sources and functions through real Terraform against the emulator, and their rows against its contract.

use std::collections::BTreeSet;

use aiccs_emulator::contract;
use aliyun::aiccs::TaskId;
use serde_json::{Value as Json, json};
use terraform_provider_aiccs::data_sources::call_task_rows as data;
use terraform_provider_aiccs::data_sources::{
    agent, agents, call_details, call_tasks, service_instances, voices,
};
use terraform_provider_aiccs::field::{Field, From};

use crate::support::cli::{Terraform, start, task};
use crate::support::cloud::Cloud;

/// The outputs of an apply, as JSON values.
fn outputs(terraform: &Terraform, hcl: &str) -> Json {
    terraform.write(hcl);
    terraform.apply();
    let text = terraform.command(&["output", "-json"]).output().unwrap().stdout;
    let outputs: Json = serde_json::from_slice(&text).unwrap();
    let members = outputs.as_object().unwrap().iter();
    members
        .map(|(name, output)| (name.clone(), output["value"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn every_row_is_in_the_contract_of_its_operation() {
    let check = |rows: &[Field], reads: &str, page: &str| {
        for row in rows {
            let name = row.attribute.name;
            if let Some(write) = row.write {
                let operation = contract::operation(page).unwrap();
                let known = operation.parameters.iter().any(|p| p.name == write.parameter);
                assert!(known, "{name}: {page} takes no {}", write.parameter);
            }
            if let Some(read) = row.read {
                let from = if read.from == From::Detail { reads } else { page };
                let operation = contract::operation(from).unwrap();
                assert!(
                    operation.fields.iter().any(|f| f.name == read.field),
                    "{name}: {from} gives no {}",
                    read.field
                );
            }
        }
    };
    let detail = [&call_details::DETAIL[..], &call_details::RECORD[..]].concat();
    let lists: [(&[Field], &[Field], &str); 5] = [
        (&agents::FIELDS, &agents::AGENT, "PageQueryAgentListNew"),
        (&call_details::FIELDS, &detail, "QueryAiCallDetailPage"),
        (&call_tasks::FIELDS, &call_tasks::TASK, "QueryAiCallTaskPage"),
        (&voices::FIELDS, &voices::VOICE, "ListAvailableTts"),
        (&service_instances::FIELDS, &service_instances::INSTANCE, "ListServiceInstanceForPage"),
    ];
    for (filters, rows, operation) in lists {
        check(filters, operation, operation);
        check(rows, operation, operation);
        let shown: BTreeSet<_> =
            rows.iter().filter_map(|row| row.read.map(|read| read.field)).collect();
        let given: BTreeSet<_> =
            contract::operation(operation).unwrap().fields.iter().map(|f| f.name).collect();
        // Whose account it is tells STS.
        let missing: Vec<_> = given.difference(&shown).filter(|name| **name != "AliUid").collect();
        assert!(missing.is_empty(), "{operation} gives more: {missing:?}");
    }
    check(&data::FIELDS, "QueryAiCallTaskDetail", "QueryAiCallTaskPage");
    check(&agent::FIELDS, "QueryAiVoiceAgentDetailNew", "QueryAiVoiceAgentDetailNew");
}

#[test]
fn a_task_is_found_by_id_and_by_exact_name() {
    let Some((cloud, terraform)) = start() else { return };
    let found = r#"
data "aiccs_call_task" "id" { task_id = aiccs_call_task.t.id }
data "aiccs_call_task" "name" { task_name = aiccs_call_task.t.task_name }
output "id" { value = data.aiccs_call_task.id }
output "name" { value = data.aiccs_call_task.name }
"#;
    let outputs = outputs(&terraform, &(task(&[]) + found));
    assert_eq!(outputs["id"], outputs["name"]);
    let (shown, stored) = (&outputs["id"], cloud.task());
    assert_eq!(shown["task_id"], stored["TaskId"]);
    assert_eq!(
        (&shown["task_cps"], &shown["status"], &shown["source"]),
        (&json!(5), &json!("INIT"), &json!(0))
    );
    assert_eq!((&shown["total_count"], &shown["complete_rate"]), (&json!(0), &json!(0)));
    assert_eq!(shown["call_time"].as_array().unwrap().len(), 2);
    terraform.write("data \"aiccs_call_task\" \"n\" { task_name = \"nobody\" }\n");
    terraform.plan().fails().says(&["Call task not found", "nobody"]);
    terraform.write("data \"aiccs_call_task\" \"n\" {}\n");
    terraform.run(&["validate", "-no-color"]).fails().says(&["Missing id or name"]);
    terraform.write("data \"aiccs_call_task\" \"n\" {\n task_id = \"1\"\n task_name = \"n\"\n}\n");
    terraform.run(&["validate", "-no-color"]).fails().says(&["Id and name together"]);
}

#[test]
fn tasks_are_listed_by_their_filters() {
    let Some((cloud, terraform)) = start() else { return };
    cloud.switch(&[("list_engine_tasks", "with_source_only")]);
    for (name, status, source) in [("b 乙", 1, 0), ("a 甲", 0, 0), ("engine", 2, 1)] {
        let task =
            json!({ "TaskName": name, "Status": status, "Source": source, "AgentName": "x" });
        cloud.ask("POST", "/__tasks", Some(&task));
    }
    let outputs = outputs(
        &terraform,
        r#"
data "aiccs_call_tasks" "all" {}
data "aiccs_call_tasks" "running" { status = "RUNNING" }
data "aiccs_call_tasks" "engine" { source = 1 }
data "aiccs_call_tasks" "regex" { name_regex = "^[ab] " }
data "aiccs_call_tasks" "none" { task_name = "nobody" }
output "all" { value = data.aiccs_call_tasks.all.names }
output "ids" { value = data.aiccs_call_tasks.all.ids }
output "running" { value = data.aiccs_call_tasks.running.tasks }
output "engine" { value = data.aiccs_call_tasks.engine.names }
output "regex" { value = data.aiccs_call_tasks.regex.names }
output "none" { value = data.aiccs_call_tasks.none }
"#,
    );
    assert_eq!(outputs["all"], json!(["b 乙", "a 甲", "engine"]));
    let mut ids = outputs["ids"].as_array().unwrap().clone();
    ids.sort_by_key(ToString::to_string);
    assert_eq!(outputs["ids"], json!(ids));
    assert_eq!(outputs["running"][0]["task_name"], "b 乙");
    assert_eq!(
        (&outputs["engine"], &outputs["regex"]),
        (&json!(["engine"]), &json!(["b 乙", "a 甲"]))
    );
    let none = &outputs["none"];
    assert_eq!(
        (&none["ids"], &none["names"], &none["tasks"]),
        (&json!([]), &json!([]), &json!([]))
    );
    terraform.write("data \"aiccs_call_tasks\" \"t\" { name_regex = \"(\" }\n");
    terraform.run(&["validate", "-no-color"]).fails().says(&["Invalid regular expression"]);
}

#[test]
fn thousands_of_tasks_take_one_query_a_page() {
    let Some((cloud, terraform)) = start() else { return };
    let count: usize =
        std::env::var("AICCS_LIST_TASKS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let task = |n| json!({ "TaskName": format!("t{n}"), "Source": 0 });
    cloud.ask("POST", "/__tasks", Some(&(0..count).map(task).collect()));
    let outputs = outputs(
        &terraform,
        "data \"aiccs_call_tasks\" \"all\" { source = 0 }\noutput \"count\" { value = length(toset(data.aiccs_call_tasks.all.ids)) }\n",
    );
    assert_eq!(outputs["count"], json!(count));
    // The apply and the plan after it read once each.
    let pages = cloud.journal().len();
    assert!(pages <= 2 * (count / 50 + 2), "{pages} queries");
}

#[test]
fn agents_and_voices_are_listed() {
    let Some((cloud, terraform)) = start() else { return };
    let agents = json!([
        { "AgentId": 118_000_000_000_000_077_u64, "AgentName": "sales", "IsAvailable": true },
        { "AgentId": 118_000_000_000_000_003_u64, "AgentName": "care", "IsAvailable": false },
    ]);
    cloud.ask("POST", "/__control", Some(&json!({ "agents": agents })));
    let outputs = outputs(
        &terraform,
        r#"
data "aiccs_agents" "all" {}
data "aiccs_agents" "published" { is_available = true }
data "aiccs_voices" "all" {}
output "all" { value = data.aiccs_agents.all }
output "published" { value = data.aiccs_agents.published.names }
output "voices" { value = data.aiccs_voices.all.voices }
"#,
    );
    assert_eq!(outputs["all"]["ids"], json!(["118000000000000003", "118000000000000077"]));
    assert_eq!(outputs["all"]["agents"][0]["agent_name"], "care");
    assert_eq!(outputs["published"], json!(["sales"]));
    let codes: Vec<_> = outputs["voices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["tts_voice_code"].as_str().unwrap())
        .collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| !code.is_empty()), "{codes:?}");
}

/// Imports callees as another user of the service does.
pub fn import(cloud: &Cloud, task: &str, callees: Json) {
    let client = crate::operations::client(cloud);
    let (id, callees) = (TaskId::parse(task).unwrap(), callees.as_array().unwrap().clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let wait = crate::operations::wait;
    runtime.block_on(async {
        client.import_task_number_datas(&id, callees, None, &wait()).await.unwrap()
    });
}

#[test]
fn numbers_come_masked_unless_they_are_asked_for() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&task(&[]));
    terraform.apply();
    let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    let hcl = task(&[])
        + r#"
data "aiccs_call_details" "masked" {
  task_id = aiccs_call_task.t.id
  status  = 0
}
data "aiccs_call_details" "open" {
  task_id        = aiccs_call_task.t.id
  status         = 0
  reveal_numbers = true
}
output "masked" { value = data.aiccs_call_details.masked.details[*].called_number }
output "none" {
  value     = data.aiccs_call_details.masked.numbers
  sensitive = true
}
output "open" {
  value     = data.aiccs_call_details.open.numbers
  sensitive = true
}
output "out" { value = data.aiccs_call_details.open.details[*].out_id }
"#;
    import(&cloud, &id, json!([{ "calleeNumber": "13812341234", "outId": "o-1" }]));
    let outputs = outputs(&terraform, &hcl);
    assert_eq!(outputs["masked"], json!(["138****1234"]));
    let numbers: Vec<_> = outputs["open"].as_object().unwrap().values().collect();
    assert_eq!((numbers, &outputs["out"]), (vec![&json!("13812341234")], &json!(["o-1"])));
    assert_eq!(outputs["none"], json!({}));
}

#[test]
fn functions_compute_and_refuse_at_their_argument() {
    let Some((_cloud, terraform)) = start() else { return };
    let outputs = outputs(
        &terraform,
        r#"
output "millis" { value = provider::aiccs::unix_millis("2026-12-01T09:00:00+08:00") }
output "text" { value = provider::aiccs::rfc3339(1796086800000, "UTC") }
output "windows" { value = provider::aiccs::call_windows("13:30-18:00,09:00-12:00") }
"#,
    );
    assert_eq!(outputs["millis"], json!(1_796_086_800_000_i64));
    assert_eq!(outputs["text"], "2026-12-01T01:00:00Z");
    assert_eq!(outputs["windows"][0], json!({ "start_time": "09:00:00", "end_time": "12:00:00" }));
    terraform.write("output \"x\" { value = provider::aiccs::rfc3339(0, \"Mars/Olympus\") }\n");
    terraform.run(&["validate", "-no-color"]).fails().says(&["\"zone\" parameter", "Mars/Olympus"]);
}

#[test]
fn windows_of_a_function_fit_a_task() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&task(&[(
        "call_time",
        "provider::aiccs::call_windows(\"09:00-12:00,13:30-18:00\")",
    )]));
    terraform.apply();
    assert_eq!(cloud.task()["CallTimes"].as_array().unwrap().len(), 2);
}

#[test]
fn a_read_names_the_argument_of_the_provider_block_that_is_not_known() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(
        r#"
resource "terraform_data" "later" { input = "n" }
provider "aiccs" { configuration_source = terraform_data.later.output }
data "aiccs_call_tasks" "all" {}
"#,
    );
    terraform
        .plan()
        .fails()
        .says(&["Provider configuration not known yet", "`configuration_source`"]);
    assert_eq!(cloud.journal().len(), 0, "nothing is asked with half a configuration");
}

#[test]
fn more_ids_than_a_query_takes_are_refused_before_it() {
    let Some((_cloud, terraform)) = start() else { return };
    let hcl = |count: u32| {
        format!(
            "data \"aiccs_call_details\" \"d\" {{\n task_id = \"1\"\n status = 0\n detail_ids = [for n in range(1, {}) : tostring(n)]\n}}\n",
            count + 1
        )
    };
    terraform.write(&hcl(100));
    terraform.run(&["validate", "-no-color"]).succeeds();
    terraform.write(&hcl(101));
    terraform.run(&["validate", "-no-color"]).fails().says(&["Too many ids", "has 101 ids"]);
}

#[test]
fn an_agent_tells_which_variables_it_needs() {
    let Some((cloud, terraform)) = start() else { return };
    let tags = json!([
        { "Id": 1, "PhoneTagKey": "name", "PhoneTagName": "姓名", "PhoneTagRequired": true, "PhoneTagSource": "IMPORT",
          "PhoneTagType": "TEXT" },
        { "Id": 2, "PhoneTagKey": "level", "PhoneTagName": "等级", "PhoneTagRequired": false, "PhoneTagSource": "IMPORT",
          "PhoneTagType": "ENUM", "PhoneTagEnum": [{ "Id": 3, "Value": "gold", "Description": "金" }] },
    ]);
    let agents = json!([
        { "AgentId": 118_000_000_000_000_077_u64, "AgentName": "sales", "PhoneTagConfig": tags, "BranchId": 118_000_000_000_000_078_u64 },
        { "AgentId": 118_000_000_000_000_003_u64, "AgentName": "care" },
        { "AgentId": 118_000_000_000_000_004_u64, "AgentName": "care" },
    ]);
    cloud.ask("POST", "/__control", Some(&json!({ "agents": agents })));
    let outputs = outputs(
        &terraform,
        r#"
data "aiccs_agent" "a" { agent_name = "sales" }
data "aiccs_agent" "silent" { agent_id = "118000000000000003" }
output "a" { value = data.aiccs_agent.a }
output "silent" { value = [for variable in data.aiccs_agent.silent.variables : variable.name] }
"#,
    );
    let agent = &outputs["a"];
    assert_eq!(outputs["silent"], json!([]));
    assert_eq!(
        (&agent["agent_id"], &agent["branch_id"]),
        (&json!("118000000000000077"), &json!("118000000000000078"))
    );
    assert_eq!(agent["variables"][0]["name"], "name");
    assert_eq!(
        (&agent["variables"][0]["required"], &agent["variables"][1]["type"]),
        (&json!(true), &json!("ENUM"))
    );
    assert_eq!(
        agent["variables"][1]["allowed_values"],
        json!([{ "value": "gold", "description": "金" }])
    );
    let check = |arguments: &str, says: &[&str]| {
        terraform.write(&format!("data \"aiccs_agent\" \"a\" {{\n{arguments}}}\n"));
        terraform.run(&["plan", "-no-color"]).fails().says(says);
    };
    check(
        "  agent_name = \"care\"\n",
        &["Several agents of one name", "118000000000000003, 118000000000000004"],
    );
    check("  agent_name = \"Sales\"\n", &["Agent not found"]);
    check("", &["Missing id or name"]);
    check("  agent_id = \"1\"\n  version_id = \"2\"\n", &["Version without a branch"]);
}

#[test]
fn service_instances_are_what_tasks_call_from() {
    let Some((cloud, terraform)) = start() else { return };
    let instance =
        |n| json!({ "Code": format!("05710000{n:03}"), "Name": format!("i{n}"), "SceneId": n % 2 });
    let instances: Vec<Json> = (0..120).map(instance).collect();
    cloud.ask("POST", "/__control", Some(&json!({ "instances": instances })));
    let block = format!(
        "provider \"aiccs\" {{\n  dyvms_endpoint = \"{}\"\n  allowed_account_ids = [\"1000000000000001\"]\n  sts_endpoint = \"{}\"\n}}\n",
        cloud.endpoint(),
        cloud.endpoint()
    );
    let found = outputs(
        &terraform,
        &(block
            + r#"
data "aiccs_service_instances" "all" {}
data "aiccs_service_instances" "one" { code = "05710000007" }
data "aiccs_service_instances" "scene" { scene_id = 1 }
output "codes" { value = data.aiccs_service_instances.all.codes }
output "one" { value = data.aiccs_service_instances.one.instances }
output "scene" { value = length(data.aiccs_service_instances.scene.codes) }
"#),
    );
    let codes = found["codes"].as_array().unwrap();
    assert_eq!((codes.len(), &codes[119]), (120, &json!("05710000119")));
    assert_eq!((&found["one"][0]["name"], &found["scene"]), (&json!("i7"), &json!(60)));
    let asked =
        cloud.journal().into_iter().filter(|e| e["operation"] == "ListServiceInstanceForPage");
    let pagers: Vec<Json> = asked.map(|entry| entry["parameters"]["Pager"].clone()).collect();
    assert!(pagers.contains(&json!(r#"{"PageIndex":3,"PageSize":50}"#)), "{pagers:?}");
    let operations: Vec<Json> =
        cloud.journal().iter().map(|entry| entry["operation"].clone()).collect();
    assert_eq!(operations[0], "GetCallerIdentity", "the account guard comes first");
    // From the environment; a wrong account never gets there.
    let mut terraform = terraform;
    terraform.set("DYVMS_ENDPOINT", &cloud.endpoint());
    terraform.write("data \"aiccs_service_instances\" \"all\" {}\n");
    terraform.plans_changes();
    cloud.fault("ListServiceInstanceForPage", "forbidden_ram");
    terraform
        .plan()
        .fails()
        .says(&["Could not read instances", "dyvms:ListServiceInstanceForPage"]);
}
