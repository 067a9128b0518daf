//! The engine for what was stored by an earlier version: states and identities.

use super::diagnostic::Diagnostics;
use super::driver::{Provider, Upgrade};
use super::engine::{Answer, Engine, encode};
use super::json;
use super::schema::Schema;
use super::value::Value;

impl<P: Provider> Engine<P> {
    /// Brings stored state to the current schema.
    pub fn upgrade(&self, name: &str, version: i64, state: &[u8]) -> Answer {
        self.on_resource(name, |resource| {
            let schema = resource.schema();
            let state = Stored { name, what: "state", version, json: state };
            let state = state.upgraded(schema, resource.upgrades())?;
            Ok(Answer { value: Some(encode(state, schema)), ..Answer::default() })
        })
    }

    /// Brings a stored identity to the current schema.
    pub fn upgrade_identity(&self, name: &str, version: i64, stored: &[u8]) -> Answer {
        self.on_resource(name, |resource| {
            let Some(schema) = resource.identity() else {
                let mut diagnostics = Diagnostics::new();
                diagnostics.error("No identity", format!("`{name}` has no identity."));
                return Err(diagnostics);
            };
            let stored = Stored { name, what: "identity", version, json: stored };
            let identity = stored.upgraded(schema, resource.identity_upgrades())?;
            Ok(Answer { identity: Some(encode(identity, schema)), ..Answer::default() })
        })
    }
}

/// A stored object of some version.
struct Stored<'a> {
    name: &'a str,
    what: &'a str,
    version: i64,
    json: &'a [u8],
}

impl Stored<'_> {
    /// The object as the current schema has it: each step begins where the one before ended.
    fn upgraded(&self, schema: &Schema, upgrades: &[Upgrade]) -> Result<Value, Diagnostics> {
        self.check(schema)?;
        let ahead = |upgrade: &&Upgrade| (self.version..schema.version).contains(&upgrade.from);
        let mut steps = upgrades.iter().filter(ahead).peekable();
        let stored = self.decode(steps.peek().map_or(schema, |step| step.schema))?;
        if stored.is_null() {
            return Ok(stored);
        }
        let mut object = steps.try_fold(stored, |object, step| (step.run)(object))?;
        for block in schema.blocks {
            if object.get(block.name).is_null() {
                object.put(block.name, block.absent());
            }
        }
        Ok(object)
    }

    fn check(&self, schema: &Schema) -> Result<(), Diagnostics> {
        let Stored { name, what, version, .. } = self;
        if (0..=schema.version).contains(version) {
            return Ok(());
        }
        let mut diagnostics = Diagnostics::new();
        let detail = format!(
            "The {what} of this `{name}` was stored by schema version {version}; this provider knows version {}. \
             Upgrade the provider.",
            schema.version
        );
        diagnostics.error(format!("Stored {what} of another version"), detail);
        Err(diagnostics)
    }

    fn decode(&self, schema: &Schema) -> Result<Value, Diagnostics> {
        let Stored { name, what, .. } = self;
        json::decode(self.json, schema).map_err(|error| {
            let mut diagnostics = Diagnostics::new();
            let detail = format!("The stored {what} of `{name}`: {error}.");
            diagnostics.error(format!("Unreadable {what}"), detail);
            diagnostics
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Stored;
    use crate::driver::Upgrade;
    use crate::schema::{Attribute, Mode, NestedBlock, Nesting, Schema, Type};
    use crate::value::Value;

    #[test]
    fn a_block_that_no_step_gives_is_empty() {
        const NAME: Attribute = Attribute::new("name", Type::String, Mode::Required, "");
        static OLD: Schema = Schema::of("", &[NAME]);
        static NEW: Schema = Schema::of("", &[NAME]).version(1).blocks(&[NestedBlock::new(
            "limits",
            Nesting::List,
            "",
            &[NAME],
        )]);
        let stored = Stored { name: "n", what: "state", version: 0, json: br#"{"name": "a"}"# };
        let upgraded = stored.upgraded(&NEW, &[Upgrade::new(0, &OLD, Ok)]).unwrap();
        assert_eq!(upgraded, NEW.object([("name", Value::string("a"))]));
    }
}
