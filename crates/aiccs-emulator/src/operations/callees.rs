//! Import, cancel and query of callees. Nobody is called here: a callee's state only changes
//! by cancelling, or from outside through `/__details`.

use serde_json::{Map, Value, json};

use super::super::store::{Family, plain, status};
use super::{Call, Refused};

type Object = Map<String, Value>;

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
    for (name, id) in wanted {
        let detail = id.and_then(|id| call.world.store.details.get_mut(&id));
        match detail.map(|detail| (detail.get("Status").and_then(Value::as_i64), detail)) {
            Some((Some(0 | 2), detail)) => {
                detail.insert("Status".to_owned(), 5.into());
                detail.insert("CallResult".to_owned(), "CANCEL".into());
            }
            Some((state, _)) => {
                let state = state.unwrap_or_default();
                failed.insert(
                    name,
                    format!("The detail cannot be cancelled in status {state}.").into(),
                );
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
    let found: Vec<Object> =
        call.world.store.callees(&task).filter(|detail| matches(call, detail)).cloned().collect();
    Ok(call.page(&found, call.arguments.integer("PageNo")))
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
        ("DetailId", Value::from(id.to_string())),
        ("TaskId", task.into()),
        ("Status", 0.into()),
        ("ImportedTime", call.now.into()),
        ("EncryptionType", encryption.into()),
    ];
    callee.extend(common.map(|(name, value)| (name.to_owned(), value)));
    call.world.store.details.insert(id.to_string(), callee);
    id
}

/// Importing makes an IMMEDIATE task that was never started run (vendor's user guide); of a stopped one nothing is said.
fn begin(call: &mut Call<'_>, id: &str) {
    let starts: &[i64] = match call.world.switches.word("import_starts") {
        "never" => &[],
        "init_or_stopped" => &[status::INIT, status::STOPPED],
        _ => &[status::INIT],
    };
    if let Some(task) = call.world.store.tasks.get_mut(id)
        && starts.contains(&task.status())
        && !task.is_scheduled()
    {
        task.set("RealStartTime", call.now);
        task.turn(status::RUNNING, 0);
    }
}

/// What to cancel: the client's name for it (id or number), and the detail's id if there is one.
fn wanted(call: &Call<'_>, task: &str) -> Result<Vec<(String, Option<String>)>, Refused> {
    let own: Vec<&Object> = call.world.store.callees(task).collect();
    let text = |detail: &Object, name: &str| detail.get(name).map(plain).unwrap_or_default();
    let find = |pick: &dyn Fn(&Object) -> bool| {
        own.iter().find(|it| pick(it)).map(|it| text(it, "DetailId"))
    };
    let listed = |name: &str| call.arguments.list(name).iter().map(plain);
    if call.arguments.has("DetailIdList") {
        let found = |id: String| (id.clone(), find(&|detail| text(detail, "DetailId") == id));
        return Ok(listed("DetailIdList").map(found).collect());
    }
    if !call.arguments.has("BatchId") {
        return Err(Refused::missing("DetailIdList"));
    }
    let batch = call.arguments.text("BatchId");
    if !own.iter().any(|detail| text(detail, "BatchId") == batch) {
        return Err(Refused::new("BatchNotExist", format!("The batch {batch} does not exist.")));
    }
    if call.arguments.has("PhoneNumbers") {
        let is = |detail: &Object, number: &str| {
            text(detail, "BatchId") == batch && text(detail, "CalledNumber") == number
        };
        let found = |number: String| (number.clone(), find(&|detail| is(detail, &number)));
        return Ok(listed("PhoneNumbers").map(found).collect());
    }
    let whole = own
        .iter()
        .filter(|detail| text(detail, "BatchId") == batch)
        .map(|detail| text(detail, "DetailId"));
    Ok(whole.map(|id| (id.clone(), Some(id))).collect())
}

fn matches(call: &Call<'_>, detail: &Object) -> bool {
    let arguments = &call.arguments;
    let number = |name: &str| detail.get(name).and_then(Value::as_i64);
    let same = |name: &str| !arguments.has(name) || detail.get(name) == arguments.get(name);
    let within = |name: &str, from: Option<i64>, to: Option<i64>| {
        from.is_none_or(|from| number(name).is_some_and(|it| it >= from))
            && to.is_none_or(|to| number(name).is_some_and(|it| it <= to))
    };
    let states = match arguments.integer("Status") {
        Some(0) => 0..=3,
        Some(1) => 4..=4,
        _ => 5..=5,
    };
    let listed = call.now - call.world.switches.number("callees_listed_after").unwrap_or(0);
    let ids: Vec<String> = arguments.list("DetailIds").iter().map(plain).collect();
    let minutes = |name: &str| arguments.integer(name).map(|minutes| minutes.saturating_mul(60));
    number("Status").is_some_and(|status| states.contains(&status))
        && ["BatchId", "CalledNumber", "CallResult", "MajorIntent", "OutId"].into_iter().all(same)
        && number("ImportedTime").is_none_or(|time| time <= listed)
        && (ids.is_empty() || detail.get("DetailId").is_some_and(|id| ids.contains(&plain(id))))
        && within(
            "ImportedTime",
            arguments.integer("StartImportedTime"),
            arguments.integer("EndImportedTime"),
        )
        && within(
            "CallingTime",
            arguments.integer("StartCallingTime"),
            arguments.integer("EndCallingTime"),
        )
        && within(
            "ConversationDuration",
            minutes("MinConversationDuration"),
            minutes("MaxConversationDuration"),
        )
}
