//! Import, cancel and query of callees. Nobody is called here: a callee's state only changes
//! by cancelling, or from outside through `/__details`.

use serde_json::{Value, json};

use super::super::callees::{Span, Wanted};
use super::super::object::Object;
use super::super::store::{Family, Task, plain, status};
use super::super::view;
use super::{Call, Refused};

pub(super) fn import(call: &mut Call<'_>) -> Result<Value, Refused> {
    let task = call.task_id()?;
    if call.arguments.text("DataType") != "JSON" {
        return Err(Refused::invalid("DataType", "EXCEL does not work through the API"));
    }
    if !call.arguments.has("PhoneNumberList") {
        return Err(Refused::missing("PhoneNumberList"));
    }
    let list = call.arguments.list("PhoneNumberList").iter().filter_map(Value::as_object);
    let callees = list.map(callee).collect::<Result<Vec<Object>, _>>()?;
    let batch = call.world.store.issue(Family::Batch);
    for mut callee in callees {
        callee.insert("BatchId".to_owned(), batch.to_string().into());
        add(call, &task, callee);
    }
    begin(call, &task);
    Ok(batch.into())
}

pub(super) fn import_one(call: &mut Call<'_>) -> Result<Value, Refused> {
    let task = call.task_id()?;
    let sent = [("PhoneNumber", "CalledNumber"), ("OutId", "OutId"), ("Variables", "Variables")];
    let given = sent
        .iter()
        .filter_map(|(from, to)| Some(((*to).to_owned(), call.arguments.get(from)?.clone())));
    let callee = given.collect();
    let id = add(call, &task, callee);
    begin(call, &task);
    Ok(json!({ "DetailId": id }))
}

/// `DetailIdList` wins over `BatchId` with or without `PhoneNumbers`.
pub(super) fn cancel(call: &mut Call<'_>) -> Result<Value, Refused> {
    let task = call.task_id()?;
    let wanted = wanted(call, &task)?;
    let mut failed = Object::new();
    let total = wanted.len();
    for (name, row) in wanted {
        match row.map(|row| call.world.store.callees(&task).status(row)) {
            Some(Some(0 | 2)) => end(call, &task, row.unwrap_or_default()),
            Some(state) => {
                let state = state.unwrap_or_default();
                let why = format!("The detail cannot be cancelled in status {state}.");
                failed.insert(name, why.into());
            }
            None => {
                failed.insert(name, "The detail does not exist.".into());
            }
        }
    }
    let code = match failed.len() {
        0 => "ALL_SUCCEED",
        count if count == total => "ALL_FAILED",
        _ => "PART_FAILED",
    };
    Ok(json!({
        "TotalCount": total, "SucceedCount": total - failed.len(), "FailedCount": failed.len(),
        "FailedDetails": failed, "ResultCode": code,
    }))
}

pub(super) fn page(call: &mut Call<'_>) -> Result<Value, Refused> {
    let task = call.task_id()?;
    let sheet = call.world.store.callees(&task);
    let wanted = looked_for(call);
    let rows: Vec<usize> = sheet.find(&wanted).collect();
    let arguments = &call.arguments;
    let (rows, mut frame) =
        view::page(rows, arguments.integer("PageNo"), arguments.integer("PageSize"));
    let shown = rows.into_iter().filter_map(|row| sheet.get(row)).map(|mut members| {
        members.insert("TaskId".to_owned(), task.as_str().into());
        Value::from(view::project(call.operation.fields, &members, &call.world.switches))
    });
    frame.insert("List".to_owned(), shown.collect());
    Ok(frame.into())
}

/// `calleeNumber`, `outId`, and one member per variable of the agent.
fn callee(sent: &Object) -> Result<Object, Refused> {
    let invalid = |why: &str| Refused::invalid("PhoneNumberList", why);
    let number =
        sent.get("calleeNumber").and_then(Value::as_str).filter(|number| !number.is_empty());
    let number = number.ok_or_else(|| invalid("an element without calleeNumber"))?;
    let mut callee = Object::from_iter([("CalledNumber".to_owned(), number.into())]);
    let mut variables = sent.clone();
    variables.remove("calleeNumber");
    if let Some(out_id) = variables.remove("outId") {
        if plain(&out_id).chars().count() > 128 {
            return Err(invalid("an outId longer than 128"));
        }
        callee.insert("OutId".to_owned(), plain(&out_id).into());
    }
    callee.insert("Variables".to_owned(), variables.into());
    Ok(callee)
}

fn add(call: &mut Call<'_>, task: &str, mut callee: Object) -> i64 {
    let id = call.world.store.issue(Family::Detail);
    let encryption = call.arguments.integer("EncryptionType").unwrap_or(0);
    let common = [
        ("Status", Value::from(0)),
        ("ImportedTime", call.now.into()),
        ("EncryptionType", encryption.into()),
    ];
    callee.extend(common.map(|(name, value)| (name.to_owned(), value)));
    call.world.store.put_callee(task, id, callee);
    id
}

/// Nobody calls a cancelled callee any more.
fn end(call: &mut Call<'_>, task: &str, row: usize) {
    let sheet = call.world.store.callees(task);
    let Some((id, mut members)) = sheet.id(row).zip(sheet.get(row)) else { return };
    members.insert("Status".to_owned(), 5.into());
    members.insert("CallResult".to_owned(), "CANCEL".into());
    call.world.store.put_callee(task, id, members);
}

/// Importing makes an IMMEDIATE task that was never started run (vendor's user guide); of a stopped one nothing is said.
fn begin(call: &mut Call<'_>, id: &str) {
    let starts: &[i64] = match call.world.switches.word("import_starts") {
        "never" => &[],
        "init_or_stopped" => &[status::INIT, status::STOPPED],
        _ => &[status::INIT],
    };
    let begins = |task: &Task| starts.contains(&task.status()) && !task.is_scheduled();
    if call.world.store.task(id).is_some_and(begins)
        && let Some(task) = call.world.store.task_mut(id)
    {
        task.set("RealStartTime", call.now);
        task.turn(status::RUNNING, 0);
    }
}

/// What to cancel: the client's name for it (id or number), and its row if there is one.
fn wanted(call: &Call<'_>, task: &str) -> Result<Vec<(String, Option<usize>)>, Refused> {
    let own = call.world.store.callees(task);
    let listed = |name: &str| call.arguments.list(name).iter().map(plain);
    if call.arguments.has("DetailIdList") {
        let found = |id: String| {
            let row = id.parse().ok().and_then(|id| own.row(id));
            (id, row)
        };
        return Ok(listed("DetailIdList").map(found).collect());
    }
    if !call.arguments.has("BatchId") {
        return Err(Refused::missing("DetailIdList"));
    }
    let batch = call.arguments.text("BatchId");
    let rows: Vec<usize> = own.of_batch(batch).collect();
    if rows.is_empty() {
        return Err(Refused::new("BatchNotExist", format!("The batch {batch} does not exist.")));
    }
    if call.arguments.has("PhoneNumbers") {
        let find = |number: &str| rows.iter().copied().find(|row| own.number(*row) == number);
        return Ok(listed("PhoneNumbers").map(|number| (number.clone(), find(&number))).collect());
    }
    let id = |row: usize| own.id(row).unwrap_or_default().to_string();
    Ok(rows.into_iter().map(|row| (id(row), Some(row))).collect())
}

/// The filters of a page; `Status` names groups of states, and what was imported a moment ago may not be listed yet.
fn looked_for<'a>(call: &'a Call<'_>) -> Wanted<'a> {
    let arguments = &call.arguments;
    let text = |name: &str| arguments.has(name).then(|| arguments.text(name));
    let span =
        |from: &str, to: &str| Span { from: arguments.integer(from), to: arguments.integer(to) };
    let minutes = |name: &str| arguments.integer(name).map(|minutes| minutes.saturating_mul(60));
    let imported = span("StartImportedTime", "EndImportedTime");
    let listed = call.now - call.world.switches.number("callees_listed_after").unwrap_or(0);
    let ids = arguments.list("DetailIds").iter().filter_map(Value::as_i64);
    Wanted {
        status: Some(match arguments.integer("Status") {
            Some(0) => (0, 3),
            Some(1) => (4, 4),
            _ => (5, 5),
        }),
        batch: text("BatchId"),
        number: text("CalledNumber"),
        out_id: text("OutId"),
        result: text("CallResult"),
        intent: text("MajorIntent"),
        ids: arguments.has("DetailIds").then(|| ids.collect()),
        imported: Span { to: Some(imported.to.map_or(listed, |to| to.min(listed))), ..imported },
        called: span("StartCallingTime", "EndCallingTime"),
        seconds: Span {
            from: minutes("MinConversationDuration"),
            to: minutes("MaxConversationDuration"),
        },
    }
}
