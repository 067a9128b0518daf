//! Answers of the service folded into a state: the user's spelling stays where it means the same, what differs
//! is drift after a read and a broken promise after a write. Pure.

use aliyun::aiccs::TaskId;
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode;
use terraform_plugin::value::Value;

use crate::field::{self, Field, From};
use crate::task::Seen;
use crate::task::private::Private;
use crate::task::table::{FIELDS, SCHEMA};
use crate::task::vocabulary::StartType;

/// What the answers are held against.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base<'a> {
    /// The stored state: differences are drift.
    Stored(&'a Value),
    /// The planned state, after a write: known values were promised.
    Planned(&'a Value),
}

impl Base<'_> {
    fn value(&self) -> &Value {
        match self {
            Base::Stored(value) | Base::Planned(value) => value,
        }
    }

    /// What an import knows: an id.
    fn is_imported(&self) -> bool {
        matches!(self, Base::Stored(state) if state.get("task_name").is_null())
    }

    fn is_planned(&self) -> bool {
        matches!(self, Base::Planned(_))
    }
}

/// A state that is as the service has it, and what there is to say about it.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) state: Value,
    pub(crate) diagnostics: Diagnostics,
}

/// What an import knows; the read that follows fills in the rest.
pub(crate) fn imported(id: &TaskId) -> Value {
    let mut state = SCHEMA.empty();
    state.put("id", Value::string(id.as_str()));
    state.put("task_id", Value::string(id.as_str()));
    state
}

/// Folds what was seen into the base.
pub(crate) fn fold(base: Base<'_>, seen: &Seen, private: &mut Private) -> Folded {
    let mut state = base.value().clone();
    let mut out = Diagnostics::new();
    if let Seen::There { detail, item } = seen {
        for field in &FIELDS {
            fold_field(field, base, detail, item.as_ref(), private, &mut state, &mut out);
        }
        settle_owner(base.value(), &mut state);
        if !StartType::is_scheduled(&state) && !base.is_planned() {
            state.put("task_start_time", Value::Null);
        }
        let id = state.get("task_id").clone();
        state.put("id", id);
    }
    fill_defaults(&mut state);
    Folded { state: state.without_unknowns(), diagnostics: out }
}

fn fold_field(
    field: &Field,
    base: Base<'_>,
    detail: &Json,
    item: Option<&Json>,
    private: &mut Private,
    state: &mut Value,
    out: &mut Diagnostics,
) {
    let Some(read) = &field.read else { return };
    let name = field.attribute.name;
    let answer = match (read.from, item) {
        (From::Detail, _) => detail,
        (From::Page, Some(item)) => item,
        (From::Page, None) => return,
    };
    let shown = match field::read(read, answer) {
        Ok(shown) => shown,
        Err(error) => {
            let detail =
                format!("Reading `{name}`: {error}. The known value stays. Please report this.");
            return out.error_at(Path::root(name), "Unexpected answer of the service", detail);
        }
    };
    // The service keeps the time of a schedule that is none any more.
    let start_type = StartType::parse(detail.get("StartType").and_then(Json::as_str));
    let starts_at_once = start_type == Some(StartType::Immediate);
    let shown = shown.filter(|_| name != "task_start_time" || !starts_at_once);
    let held = base.value().get(name);
    if name == "virtual_number" && keeps_number(held, shown.as_ref()) {
        return note_number(held, shown.as_ref(), private, state, out);
    }
    if name == "virtual_number" && base.is_imported() && shown.as_ref().is_some_and(Value::is_known)
    {
        note_imported_number(shown.as_ref(), out);
    }
    let value = match shown {
        None if !nothing(held) && unreported(name, base, private) => held.clone(),
        None | Some(Value::Null) if nothing(held) && held.is_known() => held.clone(),
        None => Value::Null,
        Some(value) if field.attribute.semantic_eq(held, &value) => held.clone(),
        Some(value) => value,
    };
    let promised = base.is_planned() && !held.is_unknown();
    if promised && value != *held {
        if field.attribute.mode == Mode::Computed || (held.is_null() && nothing(&value)) {
            return;
        }
        broken(name, held, &value, out);
    }
    state.put(name, value);
}

/// Null, or a value that some answers show instead of it.
fn nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(_) => value.as_int() == Some(0),
        Value::List(_) | Value::Packed(_) | Value::Set(_) => value.count() == 0,
        Value::Map(members) => members.is_empty(),
        Value::Unknown | Value::Bool(true) | Value::Object(_) | Value::Dynamic(_) => false,
    }
}

/// Whether the service does not show this attribute at all. After a write that is learnt, after a read recalled.
fn unreported(name: &str, base: Base<'_>, private: &mut Private) -> bool {
    let known = private.unreported.iter().any(|known| known == name);
    if base.is_planned() && !known && base.value().get(name).is_known() {
        private.unreported.push(name.to_owned());
        return true;
    }
    known
}

/// That the service answers with the number it was given is only inferred: another or a masked one is no drift.
fn keeps_number(held: &Value, shown: Option<&Value>) -> bool {
    let masked = shown.and_then(Value::as_str).is_some_and(|text| text.contains('*'));
    masked || (held.is_known() && shown != Some(held))
}

fn note_number(
    held: &Value,
    shown: Option<&Value>,
    private: &mut Private,
    state: &mut Value,
    out: &mut Diagnostics,
) {
    if held.is_unknown() {
        state.put("virtual_number", Value::Null);
    }
    let Some(shown) = shown.filter(|shown| shown.is_known()) else { return };
    if !private.number_noted {
        private.number_noted = true;
        let kept = if held.is_known() {
            "The configured value is kept"
        } else {
            "It is left out of the state"
        };
        let detail = format!(
            "The service shows {shown} as the number that calls go out from. {kept}; this is told once. Whether the \
             service answers with the service instance it was given is not documented."
        );
        out.warning_at(Path::root("virtual_number"), "The service shows another number", detail);
    }
}

/// Nobody documents that it is the one that was configured.
fn note_imported_number(shown: Option<&Value>, out: &mut Diagnostics) {
    let Some(shown) = shown else { return };
    let detail = format!(
        "The service shows {shown} as the number that calls go out from, and the state takes it as `virtual_number`. Whether \
         the service answers with the service instance it was given is not documented: where another one was given, the next \
         update sends this one. Write `virtual_number` in the configuration to be sure; this is told once."
    );
    let summary = "The number of an imported task is the one that the service shows";
    out.warning_at(Path::root("virtual_number"), summary, detail);
}

fn broken(name: &'static str, planned: &Value, stored: &Value, out: &mut Diagnostics) {
    let detail = format!(
        "`{name}` was planned as {planned}, but the service stored {stored}. The state keeps what the service has. \
         Either configure that value, or find out why the service changed it."
    );
    out.error_at(Path::root(name), "The service stored another value", detail);
}

/// A task has an agent or an application; the service may name both.
fn settle_owner(base: &Value, state: &mut Value) {
    let engine = match base.get("source").as_int().or_else(|| state.get("source").as_int()) {
        Some(source) => source == 1,
        None => state.get("agent_id").is_null() || base.get("application_code").is_known(),
    };
    let other = if engine { "agent_id" } else { "application_code" };
    if !base.get(other).is_known() {
        state.put(other, Value::Null);
    }
}

/// The provider's own arguments have their defaults also where no configuration gave them yet: after an import.
fn fill_defaults(state: &mut Value) {
    for attribute in SCHEMA.attributes {
        if let Some(default) = attribute.default
            && !state.get(attribute.name).is_known()
        {
            state.put(attribute.name, default.value());
        }
    }
}
