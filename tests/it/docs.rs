//! The documentation says what the rows say: generated parts are rewritten when they are stale, and then the test
//! fails, so that nobody lands them unread.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aiccs_emulator::contract;
use terraform_plugin::json;
use terraform_plugin::schema::{Attribute, Mode, Type};
use terraform_provider_aiccs::about::Callout;
use terraform_provider_aiccs::docs::pages::{ObjectKind, Page, functions, pages};
use terraform_provider_aiccs::docs::{self, Examples};

use crate::markdown::taken_apart;
use crate::support::cli::Terraform;
use crate::support::cloud::Cloud;
use crate::support::core::{configured_with, encode};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Puts `text` into the file; fails when something else stood there.
#[track_caller]
pub fn holds(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    if before != text {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        panic!("{} was stale and is rewritten: read it and commit it", path.display());
    }
}

/// Replaces what stands between the markers of a generated part.
pub fn part(text: &str, name: &str, content: &str) -> String {
    let marker = format!("<!-- generated: {name} -->\n");
    let (head, rest) = text.split_once(&marker).expect("the marker of a generated part");
    let (_, tail) = rest.split_once("<!-- end -->").expect("the end of a generated part");
    format!("{head}{marker}{content}<!-- end -->{tail}")
}

#[test]
fn the_table_of_objects_is_what_is_registered() {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    holds(&path, &part(&text, "objects", &docs::object_table("docs/")));
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
    for page in ["compatibility.md", "compatibility.zh-CN.md"] {
        let path = root().join("docs/guides").join(page);
        let text = part(&std::fs::read_to_string(&path).unwrap(), "hosts", &table);
        holds(&path, &text);
    }
}

/// A file of `examples/`.
pub fn example(path: &str) -> String {
    let path = root().join("examples").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The examples of a page; a resource has those of its import, too.
fn examples(page: &Page) -> Examples {
    let read = |file: &str| example(&format!("{}/{file}", page.examples()));
    let (usage, more) = (read(page.kind.example()), more_examples(page));
    if page.kind != ObjectKind::Resource {
        return Examples { usage, more, ..Examples::default() };
    }
    let by_identity = page.identity.map_or(String::new(), |_| read("import-by-identity.tf"));
    Examples {
        usage,
        more,
        import: read("import.sh"),
        import_by_id: read("import-by-string-id.tf"),
        import_by_identity: by_identity,
    }
}

/// Further examples of a page, in the order of their names: `resource-*.tf` beside `resource.tf`.
pub fn more_examples(page: &Page) -> Vec<String> {
    let (stem, _) = page.kind.example().split_once('.').unwrap();
    let entries = std::fs::read_dir(root().join("examples").join(page.examples())).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        names.filter(|name| name.starts_with(&format!("{stem}-"))).collect();
    names.sort();
    let read = |name: &String| example(&format!("{}/{name}", page.examples()));
    let examples: Vec<String> = names.iter().map(read).collect();
    assert!(
        examples.iter().all(|text| text.starts_with("# ")),
        "{}: a title as a comment",
        page.name
    );
    examples
}

/// The folders of the registry's layout.
const FOLDERS: [&str; 8] = [
    "",
    "resources",
    "data-sources",
    "ephemeral-resources",
    "functions",
    "list-resources",
    "actions",
    "guides",
];

#[test]
fn the_registry_pages_are_the_rows() {
    let mut expected = BTreeSet::new();
    for page in pages() {
        holds(&root().join("docs").join(page.file()), &docs::page(&page, &examples(&page)));
        expected.insert(page.file());
    }
    for signature in functions() {
        let file = format!("functions/{}.md", signature.name);
        let from = format!("functions/{}/function.tf", signature.name);
        holds(&root().join("docs").join(&file), &docs::function_page(signature, &example(&from)));
        expected.insert(file);
    }
    let found: BTreeSet<String> = files()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with("guides/"))
        .collect();
    assert_eq!(found, expected, "a page without an object");
}

/// The Markdown files of the registry's folders, by their names below `docs/`.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        let Ok(entries) = std::fs::read_dir(root().join("docs").join(folder)) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let name = path.strip_prefix(root().join("docs")).unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".md") {
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

/// What the registry's own tool checks: folders, extensions, sizes, front matter; and that each page has its group.
#[test]
fn the_layout_is_the_registrys() {
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // The registry leaves pictures alone.
        let known = FOLDERS.contains(&&*name) || name == "images";
        assert!(!path.is_dir() || known, "{name} is no folder of the registry");
    }
    let files = files();
    assert!(files.len() < 2000);
    for (name, text) in files {
        assert!(text.len() <= 500_000, "{name} is larger than the registry takes");
        let head = text.strip_prefix("---\n").and_then(|text| text.split_once("\n---\n"));
        let (head, body) = head.unwrap_or_else(|| panic!("{name} has no front matter"));
        let keys: Vec<&str> = head
            .lines()
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_once(':').map(|(key, _)| key))
            .collect();
        let group = head.lines().find_map(|line| line.strip_prefix("subcategory: "));
        if name == "index.md" {
            assert_eq!(keys, ["page_title", "description"], "{name}");
        } else {
            assert_eq!(keys, ["page_title", "subcategory", "description"], "{name}");
            let own = name.starts_with("functions/") || name.starts_with("guides/");
            assert!(
                own || ["\"Call Tasks\"", "\"Callees\"", "\"Agents and Numbers\""]
                    .contains(&group.unwrap()),
                "{name}: {group:?}"
            );
        }
        let description = head.split_once("description: |-\n  ").unwrap().1;
        assert!(
            description.len() > 20 && !description.contains('\n'),
            "{name}: a description is one line"
        );
        let titles = taken_apart(body).0.lines().filter(|line| line.starts_with("# ")).count();
        assert_eq!(titles, 1, "{name}: one title");
    }
}

/// A kind that has no object yet is laid out like the others.
#[test]
fn every_kind_has_its_folder_title_and_example() {
    let all = pages();
    let page = Page {
        kind: ObjectKind::Ephemeral,
        name: "aiccs_x",
        identity: None,
        listed: false,
        ..all[3]
    };
    let text = docs::page(&page, &Examples { usage: "# none\n".to_owned(), ..Examples::default() });
    assert!(
        text.starts_with("---\npage_title: \"aiccs_x Ephemeral Resource - aiccs\"\n"),
        "{text}"
    );
    assert!(text.contains("\n# aiccs_x (Ephemeral Resource)\n"), "{text}");
    assert_eq!(page.file(), "ephemeral-resources/x.md");
    assert_eq!(page.examples(), "ephemeral-resources/aiccs_x");
    assert_eq!(page.kind.example(), "ephemeral-resource.tf");
    let kinds: BTreeSet<_> = all.iter().map(|page| page.kind.folder()).collect();
    assert!(kinds.iter().all(|folder| FOLDERS.contains(folder)), "{kinds:?}");
}

#[test]
fn every_argument_has_its_line() {
    for page in pages() {
        let text = docs::page(&page, &Examples::default());
        let own = text.split("\n<a id=").next().unwrap();
        for attribute in page.schema.attributes {
            let line = format!("\n- `{}` (", attribute.name);
            assert_eq!(own.matches(&line).count(), 1, "{}: {}", page.name, attribute.name);
        }
    }
}

#[test]
fn every_attribute_says_what_it_stands_for() {
    for page in pages().iter().filter(|page| page.kind != ObjectKind::Provider) {
        let left = docs::unexplained(page);
        assert!(
            left.is_empty(),
            "{}: which parameter or field are {left:?}? See `rows` and `names` of its ABOUT",
            page.name
        );
    }
}

/// Double entry: the parameters and fields that a page names are documented for the operations that it names.
#[test]
fn pages_name_documented_parameters_and_fields() {
    for page in pages().iter().filter(|page| page.kind != ObjectKind::Provider) {
        let operations: Vec<_> =
            page.about.operations.iter().filter_map(|name| contract::operation(name)).collect();
        assert_eq!(
            operations.len(),
            page.about.operations.len(),
            "{}: an unknown operation",
            page.name
        );
        let parameters: BTreeSet<_> =
            operations.iter().flat_map(|o| o.parameters).map(|p| p.name).collect();
        let fields: BTreeSet<_> =
            operations.iter().flat_map(|o| o.fields).map(|f| f.name).collect();
        let rows =
            page.about.rows.iter().filter(|(path, _)| path.is_empty()).flat_map(|(_, rows)| *rows);
        let sent = rows.clone().filter_map(|row| row.write).map(|write| write.parameter);
        let read = rows.filter_map(|row| row.read).map(|read| read.field);
        let names = page.about.all_names().filter(|named| !named.path.contains('.'));
        let also_read = names.clone().map(|named| named.read);
        for parameter in sent.chain(names.map(|named| named.sent)).filter(|name| !name.is_empty()) {
            assert!(parameters.contains(parameter), "{}: {parameter} is no parameter", page.name);
        }
        for field in
            read.chain(also_read).filter(|name| !["", "Data", "List", "Records"].contains(name))
        {
            assert!(fields.contains(field), "{}: {field} is no field", page.name);
        }
    }
}

/// The attributes, and those nested in them.
pub fn all(attributes: &'static [Attribute]) -> Vec<&'static Attribute> {
    let nested = attributes
        .iter()
        .flat_map(|a| if let Type::Objects(_, inner) = a.ty { all(inner) } else { Vec::new() });
    attributes.iter().chain(nested).collect()
}

/// Whatever rings telephones, and whatever shows a number, says so before anything else.
#[test]
fn what_rings_or_reveals_is_set_apart() {
    for page in pages() {
        let rings = page
            .about
            .operations
            .iter()
            .any(|name| name.starts_with("Import") || *name == "StartAiCallTask");
        let told = page.about.callouts.iter().any(|callout| matches!(callout, Callout::Rings(_)));
        assert_eq!(rings, told, "{}", page.name);
        let reveals =
            all(page.schema.attributes).iter().any(|a| a.sensitive && a.mode == Mode::Computed);
        let warns =
            page.about.callouts.iter().any(|callout| matches!(callout, Callout::Warning(_)));
        assert!(!reveals || warns, "{}", page.name);
    }
}

/// The Terraform blocks of a Markdown text.
pub fn blocks(text: &str) -> Vec<String> {
    let blocks = taken_apart(text).1.into_iter().filter(|block| block.language == "terraform");
    blocks.map(|block| block.code).collect()
}

#[test]
fn every_block_of_documentation_and_examples_is_valid() {
    let Some(terraform) = Terraform::towards("http://127.0.0.1:1") else { return };
    // Guides have tests of their own.
    let pages = files().into_iter().filter(|(name, _)| !name.starts_with("guides/"));
    let mut texts: Vec<String> = pages.map(|(_, text)| text).collect();
    texts.push(std::fs::read_to_string(root().join("README.md")).unwrap());
    let all: Vec<String> = texts.iter().flat_map(|text| blocks(text)).collect();
    assert!(all.len() > 12);
    for block in all {
        let main = terraform.path().join("main.tf");
        std::fs::write(&main, &block).unwrap();
        // Identities are known from Terraform 1.12 on, lists and actions from 1.14 on; an import block needs its
        // resource beside it.
        let later = ["import {", "list \""].iter().any(|word| block.starts_with(word));
        if later || block.contains("required_version = \">= 1.14\"") {
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
        let example = example(&format!("{}/{}", page.examples(), page.kind.example()));
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
    let more = serde_json::json!({ "dyvms_endpoint": cloud.endpoint() });
    let (_plugin, mut client) = configured_with(&cloud, &more).await;
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
