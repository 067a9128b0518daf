//! The examples of the pages: each is a whole configuration, and is planned and applied as it stands.

use aliyun::client::Parameters;
use serde_json::{Value, json};
use terraform_provider_aiccs::docs::pages::{ObjectKind, Page, functions, pages};

use crate::docs::{blocks, example, more_examples};
use crate::hosts::{Host, hosts};
use crate::operations::{client, wait};
use crate::support::cli::Terraform;
use crate::support::cloud::Cloud;

/// An account as the examples find it: their agent, and (unless they make it themselves) their task.
fn account(with_task: bool) -> Cloud {
    let cloud = Cloud::start();
    let variable = json!({ "PhoneTagKey": "name", "PhoneTagName": "姓名", "PhoneTagRequired": true, "PhoneTagType": "TEXT" });
    let agent = json!([{ "AgentId": 118_000_000_000_000_042_u64, "AgentName": "Appointment reminder", "IsAvailable": true,
        "PhoneTagConfig": [variable] }]);
    let instance =
        json!([{ "Code": "0537022000", "Name": "reminders", "InstanceStatus": "usable" }]);
    cloud.ask("POST", "/__control", Some(&json!({ "agents": agent, "instances": instance })));
    if with_task {
        let task = json!({ "TaskId": "118000000000000001", "TaskName": "Appointment reminder", "AgentId": "118000000000000042",
            "CallerNumber": "0537022000", "StartType": "IMMEDIATE", "ConcurrentCount": 5, "CallDays": ["MONDAY"],
            "CallTimes": [{ "StartTime": "09:00:00", "EndTime": "12:00:00" }], "Status": 2 });
        cloud.ask("POST", "/__tasks", Some(&task));
        let detail = called(&cloud);
        cloud.ask(
            "PATCH",
            &format!("/__details/{detail}"),
            Some(&json!({ "Status": 4, "ConversationDuration": 23 })),
        );
    }
    cloud
}

/// A callee of the task, as the console would import him: the id of his detail.
fn called(cloud: &Cloud) -> String {
    let parameters = Parameters::new()
        .with("TaskId", "118000000000000001")
        .with("PhoneNumber", "13800002222")
        .with("OutId", "order-0")
        .with("Variables", r#"{"name":"王"}"#);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (client, wait) = (client(cloud), wait());
    runtime.block_on(client.import_one_task_phone_number(parameters, &wait)).unwrap().0
}

/// The oldest Terraform that an example says it needs.
fn needs(example: &str) -> (u32, u32) {
    let version = example
        .split_once("required_version = \">= ")
        .map(|(_, rest)| rest.split('"').next().unwrap());
    version.map_or((1, 0), |version| {
        let (major, minor) = version.split_once('.').unwrap();
        (major.parse().unwrap(), minor.parse().unwrap())
    })
}

/// The example in a directory of its own, with the variables that examples use.
fn stands(host: &Host, cloud: &Cloud, example: &str) -> Terraform {
    let mut terraform = host.terraform(cloud);
    std::fs::write(terraform.path().join("main.tf"), example).unwrap();
    let callees = if example.contains("callees(var.callees)") {
        "手机号,外部编号,name\n138 0000 1111,order-1,王小明\n".to_owned()
    } else {
        json!([{ "number": "13800001111", "out_id": "order-1", "name": "王小明" }]).to_string()
    };
    terraform.set("TF_VAR_callees", &callees);
    terraform.set("TF_VAR_number", "13800001111");
    terraform.set("ALIBABA_CLOUD_ENDPOINT_DYVMSAPI", &cloud.endpoint());
    terraform
}

fn applies(host: &Host, page: &str, example: &str, with_task: bool) -> (Cloud, Terraform) {
    eprintln!("{page}");
    let cloud = account(with_task);
    let terraform = stands(host, &cloud, example);
    assert!(example.starts_with("terraform {"), "{page}: an example is a whole configuration");
    terraform.apply();
    (cloud, terraform)
}

fn pages_of(kinds: &[ObjectKind]) -> impl Iterator<Item = Page> {
    pages().into_iter().filter(|page| kinds.contains(&page.kind))
}

fn usage(page: &Page) -> String {
    example(&format!("{}/{}", page.examples(), page.kind.example()))
}

/// All examples of its page, without their titles.
fn all_usages(page: &Page) -> Vec<String> {
    let more =
        more_examples(page).into_iter().map(|text| text.split_once('\n').unwrap().1.to_owned());
    std::iter::once(usage(page)).chain(more).collect()
}

/// The newest host at hand; none where these tests are left out.
fn newest() -> Option<Host> {
    hosts((1, 0)).into_iter().next_back()
}

#[test]
fn examples_of_resources_and_data_sources_apply() {
    let kinds =
        [ObjectKind::Provider, ObjectKind::Resource, ObjectKind::DataSource, ObjectKind::Ephemeral];
    let Some(host) = newest() else { return };
    for page in pages_of(&kinds) {
        for example in all_usages(&page) {
            if host.version < needs(&example) {
                continue;
            }
            // Who makes the task finds none.
            let makes = example.contains("resource \"aiccs_call_task\"");
            applies(&host, page.name, &example, !makes);
        }
    }
}

#[test]
fn the_first_task_of_the_readme_applies() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let first =
        blocks(&readme).into_iter().find(|block| block.contains("callees(var.callees)")).unwrap();
    let Some(host) = hosts((1, 11)).into_iter().next_back() else { return };
    let (cloud, _terraform) = applies(&host, "README", &first, false);
    assert_eq!(cloud.ask("GET", "/__details", None).as_array().unwrap().len(), 1);
}

#[test]
fn examples_of_functions_apply_and_give_what_they_say() {
    let Some(host) = newest() else { return };
    for signature in functions() {
        let example = example(&format!("functions/{}/function.tf", signature.name));
        if host.version < needs(&example) {
            continue;
        }
        let (_cloud, terraform) = applies(&host, signature.name, &example, true);
        // The comment above an output is its value.
        for part in example.split("\n# ").skip(1) {
            let Some((comment, rest)) = part.split_once('\n') else { continue };
            let Some(rest) = rest.strip_prefix("output \"") else { continue };
            let name = rest.split('"').next().unwrap();
            let given = terraform.run(&["output", "-no-color", "-json", name]).succeeds().text;
            let given: Value = serde_json::from_str(&given).unwrap();
            match &given {
                Value::String(text) => assert_eq!(text, comment, "{}", signature.name),
                Value::Number(number) => {
                    assert_eq!(number.to_string(), comment, "{}", signature.name)
                }
                other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                    let told = comment.replace(" = ", ": ").replace("start_time", "\"start_time\"");
                    let told = told.replace("end_time", "\"end_time\"");
                    assert_eq!(
                        &serde_json::from_str::<Value>(&told).unwrap(),
                        other,
                        "{}",
                        signature.name
                    );
                }
            }
        }
    }
}

/// Each resource of an example is forgotten and brought back, in every form that the host knows.
#[test]
fn examples_of_imports_import() {
    for page in pages_of(&[ObjectKind::Resource]) {
        let (usage, file) =
            (usage(&page), |name: &str| example(&format!("{}/{name}", page.examples())));
        let name = usage.split(&format!("resource \"{}\" \"", page.name)).nth(1).unwrap();
        let address = format!("{}.{}", page.name, name.split('"').next().unwrap());
        for host in hosts(needs(&usage)) {
            let (cloud, terraform) = applies(&host, page.name, &usage, false);
            let forget = || terraform.run(&["state", "rm", &address]).succeeds();
            for command in file("import.sh").lines().filter(|line| !line.starts_with('#')) {
                let words: Vec<&str> = command.splitn(4, ' ').collect();
                assert_eq!(words[..3], ["terraform", "import", &*address]);
                forget();
                let id = words[3].trim_matches('\'');
                terraform.run(&["import", "-no-color", &address, id]).succeeds();
                cloud.writes();
                // What the provider keeps for itself comes from the configuration, and nothing is sent.
                terraform.apply();
                assert_eq!(cloud.writes(), Vec::<String>::new(), "{command}");
            }
            forget();
            let mut blocks = vec![((1, 5), "import-by-string-id.tf")];
            blocks.extend(page.identity.map(|_| ((1, 12), "import-by-identity.tf")));
            for (from, block) in blocks {
                if host.version >= from && !(host.is_tofu() && from == (1, 12)) {
                    std::fs::write(terraform.path().join("import.tf"), file(block)).unwrap();
                    terraform
                        .run(&["plan", "-no-color"])
                        .succeeds()
                        .says(&["1 to import, 0 to add"]);
                }
            }
        }
    }
}

#[test]
fn examples_of_actions_are_invoked() {
    for host in hosts((1, 14)).into_iter().filter(|host| !host.is_tofu()) {
        for page in pages_of(&[ObjectKind::Action]) {
            let example = usage(&page);
            for more in all_usages(&page).into_iter().skip(1) {
                applies(&host, page.name, &more, true);
            }
            let (_cloud, terraform) = applies(&host, page.name, &example, true);
            let name = example.split(&format!("action \"{}\" \"", page.name)).nth(1).unwrap();
            let address =
                format!("-invoke=action.{}.{}", page.name, name.split('"').next().unwrap());
            terraform.run(&["apply", "-auto-approve", "-no-color", &address]).succeeds();
        }
    }
}

#[test]
fn examples_of_lists_list() {
    for host in hosts((1, 14)).into_iter().filter(|host| !host.is_tofu()) {
        for page in pages_of(&[ObjectKind::List]) {
            let cloud = account(true);
            let terraform = stands(&host, &cloud, &example("provider/provider.tf"));
            std::fs::write(terraform.path().join("all.tfquery.hcl"), usage(&page)).unwrap();
            terraform.run(&["query", "-no-color"]).succeeds().says(&["118000000000000001"]);
        }
    }
}
