//! What the queries show of call tasks: detail, pages, counters.
//! The rules are the vendor's; where the documents are silent, a switch decides.

use serde_json::{Map, Value};

use super::super::arguments::Arguments;
use super::super::store::Task;
use super::super::switches::Switches;
use super::super::view;
use super::{Call, Refused};

pub(super) fn detail(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = call.arguments.text("TaskId").to_owned();
    let turn = call.world.turn();
    let switches = &call.world.switches;
    let own = call.world.store.task(&id).filter(|task| task.account == call.account);
    let Some(task) = own else {
        return match switches.word("missing_task_detail") {
            "success_false" => Err(Refused::no_task(&id)),
            "http_404" => Err(Refused { status: Some(404), ..Refused::no_task(&id) }),
            _ => Ok(Value::Null),
        };
    };
    let mut shown = view::project(call.operation.fields, &task.fields, switches);
    show_caller(&mut shown, switches);
    for value in shown.values_mut() {
        arrange(value, switches, turn);
    }
    Ok(shown.into())
}

pub(super) fn page(call: &mut Call<'_>) -> Result<Value, Refused> {
    let arguments = &call.arguments;
    let filter = Filter::of(arguments, &call.world.switches, call.now);
    let tasks = call.world.store.tasks();
    let matches =
        |(_, task): &(&String, &Task)| task.account == call.account && filter.matches(task);
    let found: Vec<(&String, &Task)> = match arguments.text("TaskId") {
        "" => tasks.iter().rev().filter(matches).collect(),
        id => tasks.get_key_value(id).into_iter().filter(matches).collect(),
    };
    let (shown, mut frame) =
        view::page(found, arguments.integer("PageNo"), arguments.integer("PageSize"));
    let ids: Vec<String> = shown.into_iter().map(|(id, _)| id.clone()).collect();
    let items: Vec<Value> = ids.iter().map(|id| item(call, id)).collect();
    for id in &ids {
        if call.world.store.task(id).is_some_and(|task| task.pending.is_some()) {
            call.world.store.task_mut(id).map(Task::seen);
        }
    }
    frame.insert("List".to_owned(), items.into());
    Ok(frame.into())
}

/// What a page is asked for. `TaskName` and `AgentName` match in part, the others as a whole.
struct Filter<'a> {
    parts: Vec<(&'static str, &'a str)>,
    wholes: Vec<(&'static str, &'a str)>,
    status: Option<i64>,
    source: Option<i64>,
    engine: bool,
    /// What was created later is not listed yet.
    until: i64,
}

impl<'a> Filter<'a> {
    fn of(arguments: &'a Arguments, switches: &Switches, now: i64) -> Filter<'a> {
        let given = |names: &[&'static str]| {
            let given = names.iter().filter(|name| arguments.has(name));
            given.map(|name| (*name, arguments.text(name))).collect()
        };
        let words = ["INIT", "RUNNING", "STOPPED", "FAILED"];
        let status = words.iter().position(|word| *word == arguments.text("Status"));
        let source = arguments.integer("Source");
        Filter {
            parts: given(&["TaskName", "AgentName"]),
            wholes: given(&["TaskId", "ApplicationCode"]),
            status: status.and_then(|number| i64::try_from(number).ok()),
            source,
            engine: source.is_some() || switches.is("list_engine_tasks", "always"),
            until: now - switches.number("tasks_listed_after").unwrap_or(0),
        }
    }

    fn matches(&self, task: &Task) -> bool {
        let source = || task.integer("Source");
        self.parts.iter().all(|(name, part)| task.text(name).contains(part))
            && self.wholes.iter().all(|(name, whole)| task.text(name) == *whole)
            && self.status.is_none_or(|status| task.status() == status)
            && self.source.is_none_or(|wanted| source() == Some(wanted))
            && (self.engine || source() != Some(1))
            && task.integer("CreateTime").is_none_or(|created| created <= self.until)
    }
}

fn item(call: &Call<'_>, id: &str) -> Value {
    let Some(task) = call.world.store.task(id) else { return Value::Null };
    let mut stored = call.world.store.callees(id).counters(call.now);
    stored.extend(task.fields.clone());
    let mut shown = view::project(call.operation.fields, &stored, &call.world.switches);
    if let Some(status) = call.world.switches.number("page_status") {
        shown.insert("Status".to_owned(), status.into());
    }
    shown.into()
}

fn show_caller(shown: &mut Map<String, Value>, switches: &Switches) {
    let number = shown.get("CallerNumber").and_then(Value::as_str).unwrap_or_default().to_owned();
    let shown_as = match switches.word("caller_number") {
        _ if number.is_empty() => return,
        "absent" => {
            shown.remove("CallerNumber");
            return;
        }
        "masked" => {
            let visible = |at: usize| at < 3 || at + 3 >= number.chars().count();
            number
                .chars()
                .enumerate()
                .map(|(at, digit)| if visible(at) { digit } else { '*' })
                .collect()
        }
        "other" => "057100000000".to_owned(),
        _ => number,
    };
    shown.insert("CallerNumber".to_owned(), shown_as.into());
}

/// Order of lists and form of times; "shuffled" turns a list further on every read.
fn arrange(value: &mut Value, switches: &Switches, turn: usize) {
    let Value::Array(items) = value else { return };
    match switches.word("list_order") {
        "reversed" => items.reverse(),
        "shuffled" if !items.is_empty() => {
            let by = turn % items.len();
            items.rotate_left(by);
        }
        _ => {}
    }
    if switches.is("time_format", "minutes") {
        for time in items.iter_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            let short = time.as_str().and_then(|text| text.get(..5)).unwrap_or_default().to_owned();
            *time = short.into();
        }
    }
}
