//! The engine for what was stored by an earlier version: states and identities.

use super::diagnostic::Diagnostics;
use super::driver::Provider;
use super::engine::{Answer, Engine, encode};
use super::json;
use super::schema::Schema;
use super::value::Value;

impl<P: Provider> Engine<P> {
    /// Brings stored state to the current schema.
    pub fn upgrade(&self, name: &str, version: i64, state: &[u8]) -> Answer {
        self.on_resource(name, |resource| {
            let schema = resource.schema();
            let mut state = stored(name, schema, version, state, "state")?;
            if version < schema.version && !state.is_null() {
                resource.upgrade(version, &mut state);
            }
            Ok(Answer { value: Some(encode(state, schema)), ..Answer::default() })
        })
    }

    /// Brings a stored identity to the current schema. All versions so far are one.
    pub fn upgrade_identity(&self, name: &str, version: i64, stored: &[u8]) -> Answer {
        self.on_resource(name, |resource| {
            let Some(schema) = resource.identity() else {
                let mut diagnostics = Diagnostics::new();
                diagnostics.error("No identity", format!("`{name}` has no identity."));
                return Err(diagnostics);
            };
            let identity = self::stored(name, schema, version, stored, "identity")?;
            Ok(Answer { identity: Some(encode(identity, schema)), ..Answer::default() })
        })
    }
}

/// Stored JSON as a value of the current schema.
fn stored(
    name: &str,
    schema: &Schema,
    version: i64,
    stored: &[u8],
    what: &str,
) -> Result<Value, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    if version > schema.version || version < 0 {
        let detail = format!(
            "The {what} of this `{name}` was stored by schema version {version}; this provider knows version {}. \
             Upgrade the provider.",
            schema.version
        );
        diagnostics.error(format!("Stored {what} of another version"), detail);
        return Err(diagnostics);
    }
    json::decode(stored, schema).map_err(|error| {
        diagnostics.error(
            format!("Unreadable {what}"),
            format!("The stored {what} of `{name}`: {error}."),
        );
        diagnostics
    })
}
