//! The modules of `examples/modules/`: their own tests, against the emulator and against a mocked provider, what they say
//! of a mistake, and what their READMEs say of them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::docs::{blocks, holds, part};
use crate::support::cli::Terraform;
use crate::support::cloud::Cloud;

fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/modules")
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, to).unwrap();
        }
    }
}

/// The emulator with these agents, and a host in a copy of the module.
fn module(name: &str, switches: &[&str], agents: &Value) -> Option<(Cloud, Terraform)> {
    let cloud = Cloud::with(switches);
    cloud.ask("POST", "/__control", Some(&json!({ "agents": agents })));
    let terraform = Terraform::new(&cloud)?;
    copy(&modules().join(name), terraform.path());
    Some((cloud, terraform))
}

fn own_tests_pass(terraform: &Terraform, says: &str) {
    terraform.run(&["fmt", "-check", "-recursive", "-diff", "-no-color"]).succeeds();
    terraform.run(&["get", "-no-color", "-test-directory=tests"]).succeeds();
    terraform.run(&["validate", "-no-color"]).succeeds();
    terraform.run(&["test", "-no-color"]).succeeds().says(&[says]);
}

fn called(cloud: &Cloud, operation: &str) -> usize {
    cloud.journal().iter().filter(|entry| entry["operation"] == operation).count()
}

#[test]
fn the_tests_of_campaign_pass() {
    let agents = json!([{ "AgentId": 118_000_000_000_000_077_u64, "AgentName": "care", "IsAvailable": true },
        { "AgentId": 118_000_000_000_000_078_u64, "AgentName": "after-care", "IsAvailable": true }]);
    let Some((cloud, terraform)) = module("campaign", &[], &agents) else { return };
    own_tests_pass(&terraform, "5 passed, 0 failed");
    assert!(called(&cloud, "ImportTaskNumberDatas") > 0);
}

fn assistants() -> Value {
    json!([{ "AgentId": 118_000_000_000_000_077_u64, "AgentName": "预约助手", "IsAvailable": true },
        { "AgentId": 118_000_000_000_000_078_u64, "AgentName": "回访助手", "IsAvailable": true }])
}

#[test]
fn the_tests_of_campaigns_pass() {
    // They destroy a task that is scheduled.
    let switches = ["--switch", "stop_requires=running_or_scheduled"];
    let Some((cloud, terraform)) = module("campaigns", &switches, &assistants()) else { return };
    own_tests_pass(&terraform, "5 passed, 0 failed");
    assert_eq!(called(&cloud, "CreateAiCallTask"), 2);
    assert!(called(&cloud, "UpdateAiCallTask") > 0);
}

#[test]
fn a_mistake_in_the_file_is_told_by_its_key_before_anything_is_made() {
    let Some((cloud, terraform)) = module("campaigns", &[], &assistants()) else { return };
    let says = |yaml: &str, expected: &[&str]| {
        std::fs::write(terraform.path().join("all.yaml"), yaml).unwrap();
        let output = terraform.run(&["apply", "-auto-approve", "-no-color", "-var=file=all.yaml"]);
        output.fails().says(expected);
    };
    let line =
        |rest: &str| format!("预约提醒: {{ agent: 预约助手, virtual_number: \"1\", {rest} }}\n");
    let message = |rest: &str| format!("all.yaml: 预约提醒: {rest}");
    for (rest, expected) in [
        ("concurency: 5", "concurency: no key of a campaign; these are: name, agent, agent_id,"),
        ("agent_id: \"1\"", "agent_id: give it or agent, not both."),
        ("name: 7", "name: must be text; put it in quotes."),
        ("days: [MONDAY, FRYDAY]", "days: FRYDAY is none of MONDAY, TUESDAY,"),
        ("days: MON", "days: MON is none of MONDAY, TUESDAY,"),
        ("days: { a: b }", "days: {\"a\":\"b\"} is none of MONDAY,"),
        ("windows: 12:00-09:00", "windows: must be windows such as 09:00-12:00,13:30-18:00,"),
        ("start: \"2026-12-01\"", "start: must be date and time with their zone, such as"),
        ("concurrency: fast", "concurrency: must be a whole number from 1 to 500."),
        ("concurrency: 5.5", "concurrency: must be a whole number from 1 to 500."),
        ("retry_times: 4", "retry_times: must be a whole number from 1 to 3."),
        ("retry_interval: 5", "retry_interval: counts only together with retry_times."),
        ("retry_times: 1, retry_reasons: [BUSY]", "retry_reasons: BUSY is none of CALL_REJECTED,"),
        ("status: ON", "status: true is none of RUNNING, STOPPED."),
        ("deletion_policy: DELETE", "deletion_policy: DELETE is none of STOP, RETIRE,"),
    ] {
        says(&line(rest), &[&message(expected)]);
    }
    let without = "a: {}\nb: { agent: 没有, virtual_number: 0537022000 }\nc: { name: a }\n";
    says(
        without,
        &[
            "all.yaml: a: virtual_number: missing; give it here, or for all campaigns in `defaults`.",
            "all.yaml: a: agent: missing; give the name of a published agent here, or agent_id.",
            "all.yaml: a: name: c has the same name; names are unique within the account.",
            "all.yaml: b: agent: no published agent is named 没有.",
            "all.yaml: b: virtual_number: must be text; put it in quotes.",
        ],
    );
    says("- a\n", &["all.yaml must hold one key for each campaign"]);
    says("a: b: c\n", &["mapping values are not allowed in this context"]);
    assert!(cloud.tasks().is_empty());
}

/// A `variable` or `output` block: its name, and the text of each argument.
struct Block {
    name: String,
    arguments: Vec<(String, String)>,
}

impl Block {
    fn get(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    fn description(&self) -> &str {
        let text =
            self.get("description").unwrap_or_else(|| panic!("{}: no description", self.name));
        text.trim_matches('"')
    }
}

/// The blocks of a kind in a formatted file.
fn read_blocks(text: &str, kind: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix(kind).and_then(|rest| rest.strip_prefix(" \"")) {
            let name = rest.split('"').next().unwrap().to_owned();
            blocks.push(Block { name, arguments: Vec::new() });
            continue;
        }
        let Some(block) = blocks.last_mut() else { continue };
        let inner = line.strip_prefix("  ").unwrap_or_default();
        match inner.split_once(" = ") {
            Some((name, value)) if !inner.starts_with([' ', '#']) => {
                block.arguments.push((name.trim().to_owned(), value.to_owned()));
            }
            Some(_) | None if inner.is_empty() || inner.starts_with('#') => {}
            Some(_) | None => {
                // A block within, or what goes on.
                if inner.starts_with(|letter: char| letter.is_ascii_lowercase()) {
                    block.arguments.push((inner.to_owned(), String::new()));
                } else if let Some((_, value)) = block.arguments.last_mut() {
                    value.push('\n');
                    value.push_str(inner);
                }
            }
        }
    }
    blocks
}

/// A type or a default in a cell: the members of objects have lines of their own.
fn cell(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (flat.find("({"), flat.rfind("})")) {
        (Some(from), Some(to)) => format!("`{}{}`", &flat[..from], &flat[to + 2..]),
        (Some(_) | None, Some(_) | None) => format!("`{flat}`"),
    }
}

/// The tables of inputs and outputs.
fn tables(folder: &Path) -> String {
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let mut text =
        "## Inputs\n\n| name | type | default | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for input in read_blocks(&read("variables.tf"), "variable") {
        let default = input.get("default").map_or("**required**".to_owned(), cell);
        let ephemeral = if input.get("ephemeral") == Some("true") { " Ephemeral." } else { "" };
        let (name, what) = (&input.name, input.description());
        let ty = cell(input.get("type").unwrap());
        text.push_str(&format!("| `{name}` | {ty} | {default} | {what}{ephemeral} |\n"));
        // The members of an object, with what they are unless given.
        for (member, kind) in members(input.get("type").unwrap()) {
            text.push_str(&format!("| `{name}.{member}` | {kind} |\n"));
        }
    }
    text.push_str("\n## Outputs\n\n| name | meaning |\n| --- | --- |\n");
    for output in read_blocks(&read("outputs.tf"), "output") {
        text.push_str(&format!("| `{}` | {} |\n", output.name, output.description()));
    }
    text
}

/// The members of an object type, each with the cells that tell its type, its default, and the comment above it.
fn members(ty: &str) -> Vec<(String, String)> {
    let (mut members, mut comment) = (Vec::new(), "");
    for line in ty.lines().skip(1).map(str::trim) {
        if let Some(text) = line.strip_prefix("# ") {
            comment = text;
        } else if let Some((name, kind)) = line.split_once(" = ") {
            let kind = kind.trim();
            let optional = kind.strip_prefix("optional(").and_then(|kind| kind.strip_suffix(')'));
            let (kind, default) = match optional.map(|inner| inner.split_once(", ")) {
                None => (kind, "**required**".to_owned()),
                Some(None) => (optional.unwrap_or_default(), "`null`".to_owned()),
                Some(Some((kind, default))) => (kind, format!("`{default}`")),
            };
            assert!(!comment.is_empty(), "{name}: a comment says what it is");
            members.push((name.trim().to_owned(), format!("`{kind}` | {default} | {comment}")));
            comment = "";
        }
    }
    members
}

#[test]
fn the_tables_of_the_modules_are_their_files() {
    for entry in std::fs::read_dir(modules()).unwrap() {
        let folder = entry.unwrap().path();
        let path = folder.join("README.md");
        let text = std::fs::read_to_string(&path).unwrap();
        holds(&path, &part(&text, "module", &tables(&folder)));
    }
}

#[test]
fn the_keys_of_a_campaign_are_those_that_the_module_knows() {
    let folder = modules().join("campaigns");
    let problems = std::fs::read_to_string(folder.join("problems.tf")).unwrap();
    let known = problems.split_once("keys = [").unwrap().1.split_once(']').unwrap().0;
    let known: Vec<&str> = known.split('"').skip(1).step_by(2).collect();
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let table = readme.split_once("## Keys of a campaign").unwrap().1.split_once("\n> ").unwrap().0;
    let told: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `").and_then(|line| line.split('`').next()))
        .collect();
    assert_eq!(told, known);
    // The file that it shows is the one that the tests apply.
    let shown = readme.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
    let tested = std::fs::read_to_string(folder.join("tests/campaigns.yaml")).unwrap();
    assert_eq!(shown, tested.split_once('\n').unwrap().1);
}

#[test]
fn the_usage_of_each_readme_is_valid() {
    let Some(terraform) = Terraform::towards("http://127.0.0.1:1") else { return };
    copy(&modules(), &terraform.path().join("modules"));
    let example = modules().join("campaigns/tests/campaigns.yaml");
    std::fs::copy(example, terraform.path().join("campaigns.yaml")).unwrap();
    for name in ["campaign", "campaigns"] {
        let readme = std::fs::read_to_string(modules().join(name).join("README.md")).unwrap();
        terraform.write(&blocks(&readme).join("\n"));
        terraform.run(&["get", "-no-color"]).succeeds();
        terraform.run(&["validate", "-no-color"]).succeeds();
    }
}
