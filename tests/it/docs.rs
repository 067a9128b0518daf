//! The documentation says what the rows say: generated parts are rewritten when they are stale, and then the test
//! fails, so that nobody lands them unread.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use terraform_plugin::json;
use terraform_plugin::schema::Mode;
use terraform_provider_aiccs::docs::pages::{ObjectKind, functions, pages};
use terraform_provider_aiccs::task::table::SCHEMA;
use terraform_provider_aiccs::{config, docs};

use crate::support::cli::Terraform;
use crate::support::cloud::Cloud;
use crate::support::core::{configured, encode};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Puts `text` into the file; fails when something else stood there.
#[track_caller]
fn holds(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    if before != text {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        panic!("{} was stale and is rewritten: read it and commit it", path.display());
    }
}

/// Replaces what stands between the markers of a generated part.
fn part(text: &str, name: &str, content: &str) -> String {
    let marker = format!("<!-- generated: {name} -->\n");
    let (head, rest) = text.split_once(&marker).expect("the marker of a generated part");
    let (_, tail) = rest.split_once("<!-- end -->").expect("the end of a generated part");
    format!("{head}{marker}{content}<!-- end -->{tail}")
}

#[test]
fn the_tables_of_the_readme_are_the_rows() {
    let path = root().join("README.md");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text = part(&text, "provider", &docs::argument_table(&config::SCHEMA));
    text = part(&text, "arguments", &docs::argument_table(&SCHEMA));
    text = part(&text, "attributes", &docs::attribute_table(&SCHEMA));
    holds(&path, &text);
}

#[test]
fn the_table_of_hosts_is_what_has_passed() {
    let text = std::fs::read_to_string(root().join("docs/support.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let word = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap().to_owned();
    let features: BTreeSet<String> = lines.iter().map(|line| word(line, "feature")).collect();
    // By version: the longer number is the later one.
    let key = |host: &str| {
        let parts = host.split([' ', '.']).map(|part| format!("{part:>9}"));
        parts.collect::<String>()
    };
    let mut hosts: Vec<String> =
        lines.iter().map(|line| word(line, "host")).collect::<BTreeSet<_>>().into_iter().collect();
    hosts.sort_by_key(|host| key(host));
    let mut table = format!("| host | {} |\n", Vec::from_iter(features.clone()).join(" | "));
    table.push_str(&format!("| --- |{}\n", " --- |".repeat(features.len())));
    for host in hosts {
        let has = |feature: &String| {
            lines.iter().any(|line| word(line, "host") == host && word(line, "feature") == *feature)
        };
        let cells: Vec<&str> = features.iter().map(|f| if has(f) { "yes" } else { "-" }).collect();
        table.push_str(&format!("| {host} | {} |\n", cells.join(" | ")));
    }
    let path = root().join("docs/guides/compatibility.md");
    let page = part(&std::fs::read_to_string(&path).unwrap(), "hosts", &table);
    holds(&path, &page);
}

/// Where an object's page and its example are, below `docs/` and `examples/`.
fn places(kind: ObjectKind, name: &str) -> (String, String) {
    match kind {
        ObjectKind::Provider => ("index.md".to_owned(), "provider/provider.tf".to_owned()),
        ObjectKind::Resource => {
            let page = name.trim_start_matches("aiccs_");
            (format!("resources/{page}.md"), format!("resources/{name}/resource.tf"))
        }
        ObjectKind::DataSource => {
            let page = name.trim_start_matches("aiccs_");
            (format!("data-sources/{page}.md"), format!("data-sources/{name}/data-source.tf"))
        }
        ObjectKind::List => {
            let page = name.trim_start_matches("aiccs_");
            let example = format!("list-resources/{name}/list-resource.tfquery.hcl");
            (format!("list-resources/{page}.md"), example)
        }
        ObjectKind::Action => {
            let page = name.trim_start_matches("aiccs_");
            (format!("actions/{page}.md"), format!("actions/{name}/action.tf"))
        }
    }
}

fn example(path: &str) -> String {
    let path = root().join("examples").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_registry_pages_are_the_rows() {
    let mut expected = BTreeSet::new();
    for page in pages() {
        let (file, from) = places(page.kind, page.name);
        holds(&root().join("docs").join(&file), &docs::page(&page, &example(&from)));
        expected.insert(file);
    }
    for signature in functions() {
        let file = format!("functions/{}.md", signature.name);
        let from = format!("functions/{}/function.tf", signature.name);
        holds(&root().join("docs").join(&file), &docs::function_page(signature, &example(&from)));
        expected.insert(file);
    }
    let mut found = BTreeSet::new();
    for folder in ["", "resources", "data-sources", "functions", "list-resources", "actions"] {
        for entry in std::fs::read_dir(root().join("docs").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                found.insert(if folder.is_empty() { name } else { format!("{folder}/{name}") });
            }
        }
    }
    assert_eq!(found, expected, "a page without an object");
}

#[test]
fn every_argument_has_its_line() {
    for page in pages() {
        let text = docs::page(&page, "");
        for attribute in page.schema.attributes {
            let line = format!("\n* `{}` - (", attribute.name);
            assert_eq!(text.matches(&line).count(), 1, "{}: {}", page.name, attribute.name);
        }
    }
}

/// The Terraform blocks of a Markdown text.
fn blocks(text: &str) -> Vec<String> {
    let parts = text.split("```terraform\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_block_of_documentation_and_examples_is_formatted_and_valid() {
    let Some(terraform) = Terraform::towards("http://127.0.0.1:1") else { return };
    let mut texts = Vec::new();
    for page in pages() {
        let (file, _) = places(page.kind, page.name);
        texts.push(std::fs::read_to_string(root().join("docs").join(file)).unwrap());
    }
    for signature in functions() {
        texts.push(format!(
            "```terraform\n{}```",
            example(&format!("functions/{}/function.tf", signature.name))
        ));
    }
    texts.push(std::fs::read_to_string(root().join("README.md")).unwrap());
    let all: Vec<String> = texts.iter().flat_map(|text| blocks(text)).collect();
    assert!(all.len() > 12);
    for block in all {
        let main = terraform.path().join("main.tf");
        std::fs::write(&main, &block).unwrap();
        terraform.run(&["fmt", "-check", "-diff", "-no-color"]).succeeds();
        // Identities are known from Terraform 1.12 on, lists and actions from 1.14 on; an import block needs its
        // resource beside it.
        let later = ["import {", "list \""].iter().any(|word| block.starts_with(word));
        if later || block.contains("action \"") {
            continue;
        }
        if block.contains("required_providers") {
            std::fs::write(&main, &block).unwrap();
        } else {
            terraform.write(&block);
        }
        terraform.run(&["validate", "-no-color"]).succeeds();
    }
}

/// Blocks that the Terraform at hand may not know: what they set are arguments of the schema, required ones among them.
#[test]
fn examples_of_lists_and_actions_fit_their_schemas() {
    for page in
        pages().into_iter().filter(|p| matches!(p.kind, ObjectKind::List | ObjectKind::Action))
    {
        let example = example(&places(page.kind, page.name).1);
        let block = example.split("  config {\n").nth(1).expect("a block `config`");
        let set: Vec<_> = block
            .lines()
            .take_while(|line| *line != "  }")
            .filter_map(|line| {
                line.strip_prefix("    ").filter(|line| !line.starts_with([' ', ']', '}']))
            })
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let blocks = page.schema.blocks.iter().map(|block| block.name);
        let known: Vec<_> = page.schema.attributes.iter().map(|a| a.name).chain(blocks).collect();
        assert!(!set.is_empty() && set.iter().all(|name| known.contains(name)), "{set:?}");
        for attribute in page.schema.attributes.iter().filter(|a| a.mode == Mode::Required) {
            assert!(set.contains(&attribute.name), "{}: {}", page.name, attribute.name);
        }
    }
}

/// What the page of a data source says it calls is what it calls.
#[tokio::test]
async fn pages_name_the_operations_that_are_called() {
    use tfplugin_proto::tfplugin6 as pb;
    let cloud = Cloud::start();
    let task = cloud.ask("POST", "/__tasks", Some(&serde_json::json!({ "TaskName": "t" })));
    let agents = serde_json::json!([{ "AgentId": 118_000_000_000_000_077_u64, "AgentName": "a" }]);
    cloud.ask("POST", "/__control", Some(&serde_json::json!({ "agents": agents })));
    let (_plugin, mut client) = configured(&cloud).await;
    for page in pages().into_iter().filter(|page| page.kind == ObjectKind::DataSource) {
        let id = &task["TaskId"];
        let config = match page.name {
            "aiccs_agent" => serde_json::json!({ "agent_name": "a" }),
            "aiccs_call_task" => serde_json::json!({ "task_id": id }),
            "aiccs_call_details" => serde_json::json!({ "task_id": id, "status": 0 }),
            _ => serde_json::json!({}),
        };
        let config = json::decode(config.to_string().as_bytes(), page.schema).unwrap();
        cloud.ask("DELETE", "/__journal", None);
        let request = pb::read_data_source::Request {
            type_name: page.name.to_owned(),
            config: encode(&config, page.schema),
            ..Default::default()
        };
        let answer = client.read_data_source(request).await.unwrap().into_inner();
        assert!(answer.diagnostics.is_empty(), "{}: {:?}", page.name, answer.diagnostics);
        let called: BTreeSet<_> = cloud
            .journal()
            .iter()
            .map(|call| call["operation"].as_str().unwrap().to_owned())
            .collect();
        let named: BTreeSet<_> =
            page.about.operations.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(called, named, "{}", page.name);
    }
}
