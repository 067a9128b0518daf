//! What the data source `aiccs_call_task` shows: the resource's rows, given by the provider alone, and the figures
//! that change by themselves.

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use aliyun::error::Error;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode::{Computed, OptionalComputed};
use terraform_plugin::schema::{Attribute, Schema, Type};
use terraform_plugin::value::Value;

use crate::config::Ready;
use crate::data_sources::call_tasks::FIGURES;
use crate::field::{self, Field, attributes, decode_positive, field};
use crate::task::private::Private;
use crate::task::state::{Base, Folded, fold};
use crate::task::table::{FIELDS as TABLE, SCHEMA as RESOURCE};
use crate::task::windows;
use crate::task::{Seen, id_of, named};

/// How many rows of the resource are shown: all but the provider's own arguments.
const SHOWN: usize = {
    let (mut count, mut i) = (0, 0);
    while i < TABLE.len() {
        count += !TABLE[i].attribute.local as usize;
        i += 1;
    }
    count
};

const REAL_START: Field = field(
    "real_start_time",
    Type::Int,
    Computed,
    "When the task started: Unix time in milliseconds.",
)
.read_with("RealStartTime", decode_positive);

/// The rows of the data source.
pub const FIELDS: [Field; SHOWN + 1 + FIGURES.len()] = {
    let mut rows = [REAL_START; SHOWN + 1 + FIGURES.len()];
    let (mut i, mut at) = (0, 0);
    while i < TABLE.len() {
        if !TABLE[i].attribute.local {
            rows[at] = shown(TABLE[i]);
            at += 1;
        }
        i += 1;
    }
    let mut i = 0;
    while i < FIGURES.len() {
        rows[SHOWN + 1 + i] = FIGURES[i];
        i += 1;
    }
    rows
};

/// A row that only shows: no default, no check, nothing to write.
const fn shown(row: Field) -> Field {
    let ty = if let Type::Objects(nesting, _) = row.attribute.ty {
        Type::Objects(nesting, windows::SHOWN)
    } else {
        row.attribute.ty
    };
    let target = is(row.attribute.name, "task_id") || is(row.attribute.name, "task_name");
    let mode = if target { OptionalComputed } else { Computed };
    Field {
        attribute: Attribute::new(row.attribute.name, ty, mode, row.attribute.doc),
        write: None,
        read: row.read,
    }
}

const fn is(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

/// The schema of the data source.
pub(crate) static SCHEMA: Schema = Schema::of(
    "One AI outbound-call task, by exactly one of `task_id` and exact `task_name`: its settings, its run state and its figures.",
    &ATTRIBUTES,
);

/// The task that the configuration names, and what of it could not be read; `None` when there is none.
///
/// # Errors
/// The service's.
pub(crate) async fn look(
    ready: &Ready,
    config: &Value,
    wait: &Wait,
) -> Result<Option<(Value, Diagnostics)>, Error> {
    let id = match config.get("task_id").as_str() {
        Some(text) => TaskId::parse(text),
        None => {
            let name = config.get("task_name").as_str().unwrap_or_default();
            named(&ready.client, name, wait).await?.first().and_then(id_of)
        }
    };
    let Some(id) = id else { return Ok(None) };
    let task = ready.task(&id, wait);
    let seen = task.look().await?;
    let Seen::There { detail, item } = &seen else { return Ok(None) };
    let mut base = RESOURCE.empty();
    if let Some(source) = task.source().await? {
        base.put("source", Value::int(source));
    }
    let Folded { state, mut diagnostics } =
        fold(Base::Stored(&base), &seen, &mut Private::default());
    let mut value = SCHEMA.empty();
    for row in &FIELDS {
        let name = row.attribute.name;
        if RESOURCE.attribute(name).is_some() {
            value.put(name, state.get(name).clone());
        } else if let Some(read) = &row.read {
            let answer =
                if read.from == field::From::Detail { Some(detail) } else { item.as_ref() };
            match answer.map_or(Ok(None), |answer| field::read(read, answer)) {
                Ok(shown) => value.put(name, shown.unwrap_or_default()),
                Err(detail) => {
                    diagnostics.error_at(
                        Path::root(name),
                        "Unexpected answer of the service",
                        detail,
                    );
                }
            }
        }
    }
    Ok(Some((value, diagnostics)))
}
