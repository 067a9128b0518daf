//! The page for people at `/`: one embedded file, and what it asks for while it is open. Numbers are masked.
//! It must not change anything: for that the page calls the emulator's own endpoints, as everybody does.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::answer::{self, Answer};
use super::clock;
use super::faults::{self, Fault};
use super::journal;
use super::mask;
use super::request::Request;
use super::switches::{Allowed, SWITCHES, Switch};
use super::windows::Windows;
use super::world::World;

const PAGE: &str = include_str!("page.html");

/// Only the page's own script and style run, and they reach nobody but this emulator; no text becomes HTML.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |tag: &str| {
        let (start, end) = (format!("<{tag}>"), format!("</{tag}>"));
        let inner = PAGE.split_once(&start).and_then(|(_, rest)| rest.split_once(&end));
        let inner = inner.map_or("", |(inner, _)| inner);
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(inner)))
    };
    format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash("script"),
        hash("style"),
    )
});

/// Whether somebody opened the address in a browser: no call of the service looks like this.
pub(super) fn is_asked_for(request: &Request) -> bool {
    matches!(request.method.as_str(), "GET" | "HEAD")
        && request.path == "/"
        && request.query.is_empty()
        && ["authorization", "x-acs-action"].iter().all(|name| request.header(name).is_none())
}

/// The page itself.
pub(super) fn page() -> Answer {
    Answer { policy: Some(&POLICY), ..answer::raw(200, "text/html; charset=utf-8", PAGE) }
}

/// What the page shows: `after` is the last call it knows, `task` the one it looks into, `search` a part of names.
pub(super) fn shown(world: &World, request: &Request) -> Value {
    let text = |name: &str| request.parameter(name).unwrap_or_default();
    let after = text("after").parse().unwrap_or(0);
    let now = world.now();
    let (tasks, total) = tasks(world, text("search"), text("first").parse().unwrap_or(0));
    let switches =
        SWITCHES.iter().map(|switch| show_switch(switch, world.switches.word(switch.name)));
    let kinds = faults::KINDS.iter().map(|(kind, about)| json!({ "kind": kind, "about": about }));
    let operations = super::contract::operations().map(|operation| operation.name);
    json!({
        "clock": clock::to_json(now, &world.pace),
        "tasks": tasks,
        "tasks_total": total,
        "callees": callees(world, text("task")),
        "journal": world.journal.after(after, MOST).map(journal::masked).collect::<Vec<_>>(),
        "last": world.journal.last(),
        "faults": world.faults.iter().map(Fault::to_json).collect::<Vec<_>>(),
        "switches": switches.collect::<Vec<_>>(),
        "kinds": kinds.collect::<Vec<_>>(),
        "operations": operations.collect::<Vec<_>>(),
        "late": world.late.to_json(),
    })
}

/// The newest that match, and how many do.
fn tasks(world: &World, search: &str, first: usize) -> (Vec<Value>, usize) {
    let now = world.now();
    let matches = |id: &str, name: &str| name.contains(search) || id.contains(search);
    let found: Vec<_> = world
        .store
        .tasks()
        .iter()
        .rev()
        .filter(|(id, task)| matches(id, task.text("TaskName")))
        .collect();
    let total = found.len();
    let shown = found.into_iter().skip(first).take(MOST).map(|(id, task)| {
        let windows = Windows::of(&task.fields);
        let mut fields = task.fields.clone();
        fields.extend(world.store.callees(id).counters(now));
        for (name, value) in [
            ("TaskId", Value::from(id.as_str())),
            ("Account", task.account.as_str().into()),
            ("Pending", task.pending.map(|(to, _)| to).into()),
            ("Open", windows.open(now).into()),
            ("OpensAt", windows.next(now).into()),
        ] {
            fields.insert(name.to_owned(), value);
        }
        Value::from(fields)
    });
    (shown.collect(), total)
}

/// The last callees of a task: who was called last first, then who came last.
fn callees(world: &World, task: &str) -> Value {
    let sheet = world.store.callees(task);
    let mut rows: Vec<usize> = sheet.last_called(MOST);
    let rest = (0..sheet.len()).rev().filter(|row| !rows.contains(row)).take(MOST - rows.len());
    rows.extend(rest.collect::<Vec<_>>());
    let shown =
        rows.into_iter().filter_map(|row| sheet.get(row)).map(|mut members: Map<String, Value>| {
            let number = members.get("CalledNumber").and_then(Value::as_str).unwrap_or_default();
            let number = mask::number(number);
            members.insert("CalledNumber".to_owned(), number.into());
            if let Some(variables) = members.get("Variables").map(Value::to_string) {
                members.insert(
                    "Variables".to_owned(),
                    mask::parameter("Variables", &variables).into(),
                );
            }
            Value::from(members)
        });
    json!({ "task": task, "total": sheet.len(), "list": shown.collect::<Vec<_>>() })
}

fn show_switch(switch: &Switch, value: &str) -> Value {
    let (words, number) = match &switch.allowed {
        Allowed::Words(words) => (words.to_vec(), Value::Null),
        Allowed::Number(_, least, greatest) => {
            (Vec::new(), json!({ "least": least, "greatest": greatest }))
        }
        Allowed::WordOrNumber(word) => (vec![*word], json!({})),
    };
    json!({
        "name": switch.name, "value": value, "default": switch.allowed.default(), "words": words, "number": number,
        "about": switch.about,
    })
}

/// How many of a kind the page shows at once.
const MOST: usize = 100;
