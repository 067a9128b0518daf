//! The rows of `aiccs_callee_batch`. Facts only.

use terraform_plugin::schema::Mode::{Computed, Optional, Required};
use terraform_plugin::schema::{Attribute, Check, Nesting, Schema, Type};
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use crate::about::Named;
use crate::field::{Field, attributes, field};

/// What the arguments of an import stand for, in a batch and in the action.
pub(crate) const NAMES: [Named; 7] = [
    Named::sent("task_id", "TaskId"),
    Named::sent("callees_wo", "PhoneNumberList"),
    Named::sent("callees_wo.number", "calleeNumber"),
    Named::sent("callees_wo.out_id", "outId"),
    Named::own("callees_wo.variables"),
    Named::own("callees_wo_version"),
    Named::sent("encryption_type", "EncryptionType"),
];

/// A callee. The list as a whole is marked as sensitive and write-only, nothing inside: core looks at each mark by itself.
pub(crate) const CALLEE: &[Attribute] = &[
    Attribute::new(
        "number",
        Type::String,
        Required,
        "Telephone number, in the open or hashed by `encryption_type`.",
    ),
    Attribute::new(
        "out_id",
        Type::String,
        Optional,
        "Id of your own, 128 characters at most; receipts and call details repeat it. A callee without one gets an id of the \
         provider's, made of the version and its place in the list, so that nobody is imported twice.",
    ),
    Attribute::new(
        "variables",
        Type::Map(&Type::String),
        Optional,
        "Values of the agent's variables for this callee.",
    ),
];

/// Who is to be called; actions take it too.
pub(crate) const CALLEES: Attribute = Attribute::new(
    "callees_wo",
    Type::Objects(Nesting::List, CALLEE),
    Required,
    "Who is to be called. Feed it from ephemeral variables: then no plan, state or log holds a number.",
)
.checks(&[Check::NotEmpty])
.sensitive()
.write_only();

/// How numbers are handed over; actions take it too.
pub(crate) const ENCRYPTION_TYPE: Attribute =
    Attribute::new("encryption_type", Type::Int, Optional, "How the numbers are handed over.")
        .checks(&[Check::UsuallyInt(&[(0, "in the open"), (1, "MD5"), (2, "SHA256"), (3, "SM3")])]);

/// Whether variables are compared; actions take it too.
pub(crate) const CHECK_VARIABLES: Attribute = Attribute::new(
    "check_variables",
    Type::Bool,
    Optional,
    "Whether the `variables` of the callees are compared with those that the agent of the task needs, before anybody is \
     imported; true unless set.",
);

/// The rows, in the order of the documentation.
pub const FIELDS: [Field; 10] = [
    field(
        "task_id",
        Type::String,
        Required,
        "Id of the task: decimal digits. Another one moves the batch: what the old task still has to call of it is \
         cancelled, and the callees given now are imported into the new one.",
    )
    .checks(&[Check::NotEmpty]),
    // A new batch needs somebody; the plan knows whether there is one.
    row(CALLEES.checks(&[]).doc(
        "Who is to be called. Feed it from ephemeral variables: then no plan, state or log holds a number. A change \
              of it alone is not seen: change `callees_wo_version` too. Only a new batch needs it: later it may be empty.",
    )),
    replacing(field(
        "callees_wo_version",
        Type::Int,
        Optional,
        "Version of `callees_wo`. Another one makes a new batch and cancels what the old one still has to call.",
    )),
    replacing(row(ENCRYPTION_TYPE)),
    field(
        "start_after_import",
        Type::Bool,
        Optional,
        "What becomes of the task when the batch is made. `true`: it is started once all callees are in; a task that is \
         scheduled is left to its time, and a start that fails is a warning and is not tried again. `false`: a task that \
         the service starts because of the import is stopped at once. Left out: as the service does, which starts a task \
         with `start_type = \"IMMEDIATE\"` that was never started.",
    )
    .local(),
    field(
        "skip_called",
        Type::Bool,
        Optional,
        "Whether callees that are in the task already, by number and by `out_id` where they have one, and were not \
         cancelled are left out of a new batch; false unless set.",
    )
    .local(),
    row(CHECK_VARIABLES).local(),
    field("id", Type::String, Computed, "Id of the first batch; `lost/...` while nobody knows whether the callees are in, `none/TASK_ID` where `skip_called` \
         left everybody out."),
    field("batch_ids", Type::List(&Type::String), Computed, "Ids of the batches, one for each 1000 callees."),
    field("imported_count", Type::Int, Computed, "How many callees were imported."),
];

const fn replacing(mut field: Field) -> Field {
    field.attribute = field.attribute.replace();
    field
}

const fn row(attribute: Attribute) -> Field {
    Field { attribute, write: None, read: None }
}

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

/// The schema of the resource.
pub static SCHEMA: Schema = Schema::of(
    "A batch of callees for an AI outbound-call task. The numbers are write-only. A destroy cancels the callees that were not called yet.",
    &ATTRIBUTES,
)
.version(1)
.blocks(&[timeouts::BLOCK]);

/// The ids of the batches that a state holds.
pub(super) fn batches(state: &Value) -> Vec<String> {
    let ids = state.get("batch_ids").elements().unwrap_or_default();
    ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
