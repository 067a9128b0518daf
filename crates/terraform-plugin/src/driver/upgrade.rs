//! What a stored object of an earlier version was, and what becomes of it.

use crate::diagnostic::Diagnostics;
use crate::schema::Schema;
use crate::value::Value;

/// One step of an upgrade: from a version to the next one. Several steps follow each other, so that each knows two versions
/// only. A version without a step is like the next one: attributes that it lacks are null, and those it has more are dropped.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Upgrade {
    /// The version that was stored.
    pub from: i64,
    /// Its schema at that version: what the stored object is read with.
    pub schema: &'static Schema,
    /// Makes of an object of that version one of the next version, or says why it cannot.
    pub run: fn(Value) -> Result<Value, Diagnostics>,
}

impl Upgrade {
    /// The step from a version, of that schema, to the next one.
    pub const fn new(
        from: i64,
        schema: &'static Schema,
        run: fn(Value) -> Result<Value, Diagnostics>,
    ) -> Upgrade {
        Upgrade { from, schema, run }
    }
}
