//! Which calls each operation makes, in their order, taken from the journal of a service that answers at once: `src/calls.md`, a part
//! of the crate's documentation. It is rewritten when it is stale, and then the test fails, so that nobody lands a call unread.

use serde_json::{Value as Json, json};

use crate::matrix::config;
use crate::support::cloud::Cloud;
use crate::support::core::Core;

/// The calls since the last question.
fn calls(cloud: &Cloud) -> Vec<String> {
    let name = |entry: &Json| entry["operation"].as_str().unwrap().to_owned();
    let calls = cloud.journal().iter().map(name).collect();
    cloud.ask("DELETE", "/__journal", None);
    calls
}

/// `QueryAiCallTaskPage ×3 → CreateAiCallTask`
fn chain(calls: &[String]) -> String {
    let steps = calls.chunk_by(|one, next| one == next).map(|same| match same.len() {
        1 => same[0].clone(),
        count => format!("{} ×{count}", same[0]),
    });
    let chain = steps.collect::<Vec<_>>().join(" → ");
    if chain.is_empty() { "nothing".to_owned() } else { chain }
}

/// One operation, by its plan and by the whole of its apply.
struct Life {
    cloud: Cloud,
    core: Core,
    page: String,
}

impl Life {
    fn new() -> Life {
        let cloud = Cloud::start();
        cloud.switch(&[("stop_requires", "running_or_scheduled")]);
        let core = Core::new(&cloud);
        Life { cloud, core, page: String::new() }
    }

    fn line(&mut self, what: &str, plan: &[String], apply: &[String]) {
        self.page.push_str(&format!("| {what} | {} | {} |\n", chain(plan), chain(apply)));
    }

    /// The apply plans once more: what that asks is a part of it.
    fn step(&mut self, what: &str, wish: Option<&Json>) {
        calls(&self.cloud);
        self.core.plan(wish).succeeds();
        let plan = calls(&self.cloud);
        self.core.apply(wish).succeeds();
        let both = calls(&self.cloud);
        assert_eq!(both[..plan.len()], plan, "{what}");
        self.line(what, &plan, &both[plan.len()..]);
    }

    fn runs(&mut self) {
        let id = self.core.id().unwrap();
        self.cloud.edit(&id, &json!({ "Status": 1 }));
    }
}

#[test]
fn the_calls_of_each_operation_are_in_the_documentation() {
    let mut life = Life::new();
    life.step("create", Some(&config(&[])));
    life.core.plan(Some(&config(&[]))).succeeds();
    let refresh = calls(&life.cloud);
    life.line("refresh of one task, nothing changed", &refresh, &[]);
    life.step("update of a task that stands still", Some(&config(&[("task_cps", json!(9))])));
    life.runs();
    life.step("update of a running task", Some(&config(&[("task_cps", json!(7))])));
    life.step(
        "stop by `desired_status = \"STOPPED\"`",
        Some(&config(&[("task_cps", json!(7)), ("desired_status", json!("STOPPED"))])),
    );
    life.step(
        "start by `desired_status = \"RUNNING\"`",
        Some(&config(&[("task_cps", json!(7)), ("desired_status", json!("RUNNING"))])),
    );
    life.step("destroy of a running task, `STOP`", None);
    life.core.apply(Some(&config(&[("task_name", json!("quiet"))]))).succeeds();
    life.step("destroy of a task that was never started, `STOP`", None);
    life.core
        .apply(Some(&config(&[
            ("task_name", json!("retired")),
            ("deletion_policy", json!("RETIRE")),
        ])))
        .succeeds();
    life.step("destroy, `RETIRE`", None);
    let page = format!(
        "# Calls\n\nWhat each operation on one task asks of the service, in its order, when nothing fails; written by `tests/it/diagrams.rs` from the \
         emulator's journal. `A → B` is first A, then B; `×3` three times in a row. A refresh of many tasks takes about one call for \
         each: pages of the list serve all that are read at once.\n\n| operation | refresh and plan | apply |\n| --- | --- | --- |\n{}",
        life.page
    );
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/calls.md");
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    if before != page {
        std::fs::write(&path, &page).unwrap();
        panic!("{} was stale and is rewritten: read it and commit it", path.display());
    }
}
