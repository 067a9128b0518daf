//! States that released versions have written: later ones read them for ever, and plan nothing for them.

use std::path::Path;

use serde_json::{Value as Json, json};
use terraform_plugin::driver::Provider as _;
use terraform_plugin::schema::Schema;
use terraform_provider_aiccs::provider::Aiccs;
use tfplugin_proto::tfplugin6 as pb;

use crate::support::core::{decode, told};
use crate::support::host::Plugin;

/// `tests/data/states/VERSION/TYPE.json`: `schema_version` and `attributes` of an object as a state file of that version has it.
fn states() -> Vec<(String, String, Json)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/states");
    let mut states = Vec::new();
    for version in std::fs::read_dir(folder).unwrap() {
        let version = version.unwrap();
        for file in std::fs::read_dir(version.path()).unwrap() {
            let file = file.unwrap();
            let text = std::fs::read_to_string(file.path()).unwrap();
            let name = file.file_name().into_string().unwrap().replace(".json", "");
            let version = version.file_name().into_string().unwrap();
            states.push((version, name, serde_json::from_str(&text).unwrap()));
        }
    }
    states
}

fn schema(name: &str) -> &'static Schema {
    Aiccs.resources().iter().find(|resource| resource.name() == name).unwrap().schema()
}

#[tokio::test]
async fn the_states_of_all_versions_are_read() {
    let states = states();
    for resource in Aiccs.resources() {
        let has = states.iter().any(|(_, name, _)| name == resource.name());
        assert!(has, "no state of {} is kept", resource.name());
    }
    let plugin = Plugin::start_plain();
    let mut client = plugin.connect().await;
    for (version, name, state) in states {
        let request = pb::upgrade_resource_state::Request {
            type_name: name.clone(),
            version: state["schema_version"].as_i64().unwrap(),
            raw_state: Some(pb::RawState {
                json: state["attributes"].to_string().into(),
                ..Default::default()
            }),
        };
        let answer = client.upgrade_resource_state(request).await.unwrap().into_inner();
        assert!(answer.diagnostics.is_empty(), "{version} {name}: {:?}", told(answer.diagnostics));
        let value = decode(answer.upgraded_state, schema(&name));
        for (attribute, kept) in state["attributes"].as_object().unwrap() {
            let now = value.get(attribute);
            match kept {
                Json::Null => {}
                Json::String(text) => {
                    assert_eq!(now.as_str(), Some(&**text), "{version} {name}: {attribute}")
                }
                Json::Number(number) => {
                    assert_eq!(
                        json!(now.as_int()),
                        json!(number.as_i64()),
                        "{version} {name}: {attribute}"
                    );
                }
                Json::Bool(flag) => {
                    assert_eq!(now.as_bool(), Some(*flag), "{version} {name}: {attribute}")
                }
                Json::Array(items) => {
                    assert_eq!(now.count(), items.len(), "{version} {name}: {attribute}")
                }
                Json::Object(_) => assert!(now.is_known(), "{version} {name}: {attribute}"),
            }
        }
    }
}
