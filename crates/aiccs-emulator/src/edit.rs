//! Stored objects changed from outside, by their documented names and types.
//! It must not know where they are stored.

use super::contract::{self, Field, Kind};
use super::object::Object;
use super::view;

/// What a task holds.
pub(super) const TASK: &[&str] = &["QueryAiCallTaskDetail", "QueryAiCallTaskPage"];
/// What a callee holds.
pub(super) const CALLEE: &[&str] = &["QueryAiCallDetailPage"];

/// Sets members; null removes one. The error is a text for the user.
pub(super) fn edit(
    stored: &mut Object,
    members: Object,
    operations: &[&str],
) -> Result<(), String> {
    let fields = fields(operations);
    let mut edits = Vec::new();
    for (name, value) in members {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let names: Vec<_> = fields.iter().map(|field| field.name).collect();
            return Err(format!("no field {name:?}; there are: {}", names.join(", ")));
        };
        let typed = if value.is_null() { None } else { view::cast(field.kind, &value) };
        if typed.is_none() && !value.is_null() {
            return Err(format!("{name} takes {}, not {value}", view::words(field.kind)));
        }
        edits.push((name, typed));
    }
    for (name, value) in edits {
        match value {
            Some(value) => stored.insert(name, value),
            None => stored.remove(&name),
        };
    }
    Ok(())
}

/// The fields of these answers, and what is stored although no answer shows it.
pub(super) fn fields(operations: &[&str]) -> Vec<&'static Field> {
    let found = operations.iter().filter_map(|name| contract::operation(name));
    let hidden: &[Field] = if operations == CALLEE { &[VARIABLES] } else { &[SOURCE] };
    let mut fields: Vec<&Field> =
        found.flat_map(|operation| operation.fields).chain(hidden).collect();
    fields.sort_by_key(|field| field.name);
    fields.dedup_by_key(|field| field.name);
    fields
}

/// Stored and filtered by.
const SOURCE: Field = Field { name: "Source", kind: Kind::Integer };
/// Stored for each callee.
const VARIABLES: Field = Field { name: "Variables", kind: Kind::Object };
