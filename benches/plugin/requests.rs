//! The requests that hosts send for one object, whatever provider it is of.

use terraform_plugin::msgpack;
use terraform_plugin::schema::Schema;
use terraform_plugin::value::Value;
use tfplugin_proto::tfplugin6 as pb;

/// A resource to make requests for.
pub struct Requests {
    pub name: &'static str,
    pub schema: &'static Schema,
}

impl Requests {
    pub fn dynamic(&self, value: &Value) -> Option<pb::DynamicValue> {
        let msgpack = msgpack::encode(value, self.schema).into();
        Some(pb::DynamicValue { msgpack, json: Default::default() })
    }

    pub fn validate(&self, config: &Value) -> pb::validate_resource_config::Request {
        let (type_name, config) = (self.name.to_owned(), self.dynamic(config));
        pb::validate_resource_config::Request { type_name, config, ..Default::default() }
    }

    /// From a state, or null, to what is proposed for a configuration.
    pub fn plan(
        &self,
        prior: &Value,
        proposed: &Value,
        config: &Value,
    ) -> pb::plan_resource_change::Request {
        pb::plan_resource_change::Request {
            type_name: self.name.to_owned(),
            prior_state: self.dynamic(prior),
            proposed_new_state: self.dynamic(proposed),
            config: self.dynamic(config),
            ..Default::default()
        }
    }

    pub fn read(&self, state: &Value) -> pb::read_resource::Request {
        let (type_name, current_state) = (self.name.to_owned(), self.dynamic(state));
        pb::read_resource::Request { type_name, current_state, ..Default::default() }
    }

    /// Of a state of the first version.
    pub fn upgrade(&self, json: &[u8]) -> pb::upgrade_resource_state::Request {
        let raw_state = Some(pb::RawState { json: json.to_vec().into(), ..Default::default() });
        let type_name = self.name.to_owned();
        pb::upgrade_resource_state::Request { type_name, version: 0, raw_state }
    }
}
