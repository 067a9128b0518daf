//! Agents and voices. Agents are the seeded ones; the voices are built in and invented.
//! It must not know tasks.

use serde_json::{Value, json};

use super::super::object::Object;
use super::super::store::plain;
use super::super::view;
use super::{Call, Refused};

pub(super) fn page_new(call: &mut Call<'_>) -> Result<Value, Refused> {
    let exact = ["AgentId", "IsAvailable", "ServiceDirection", "TemplateId"];
    let found = find(call, &exact);
    let number = call.arguments.integer("PageNo").or_else(|| call.arguments.integer("PageIndex"));
    Ok(call.page(&found, number))
}

pub(super) fn page_old(call: &mut Call<'_>) -> Result<Value, Refused> {
    let found = find(call, &["AgentId", "Status"]);
    Ok(call.page(&found, call.arguments.integer("PageNo")))
}

/// Without seeded agents every id has a detail, as every id is accepted by Create.
pub(super) fn detail(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = call.arguments.text("AgentId");
    let mut agent = match call.world.store.agent(id) {
        Some(agent) => complete(agent),
        None if call.world.store.agents().is_empty() => complete(&invented(id)),
        None => {
            return Err(Refused::new("AgentNotExist", format!("The agent {id} does not exist.")));
        }
    };
    if let Some(description) = agent.get("Description").cloned() {
        agent.entry("AgentDesc").or_insert(description);
    }
    Ok(view::project(call.operation.fields, &agent, &call.world.switches).into())
}

pub(super) fn voices(call: &mut Call<'_>) -> Result<Value, Refused> {
    let wanted =
        |name: &str, value: &str| !call.arguments.has(name) || call.arguments.text(name) == value;
    let found = VOICES
        .iter()
        .filter(|(code, .., kind)| wanted("TtsVoiceCode", code) && wanted("VoiceType", kind));
    let shown = found.map(|(code, name, engine, style, kind)| {
        json!({
            "TtsVoiceCode": code, "TtsVoiceName": name, "TtsEngine": engine, "TtsStyle": style, "VoiceType": kind,
        })
    });
    Ok(shown.collect())
}

/// `AgentName` matches in part, the others as a whole.
fn find(call: &Call<'_>, exact: &[&str]) -> Vec<Object> {
    let arguments = &call.arguments;
    let same = |agent: &Object, name: &str| {
        !arguments.has(name) || agent.get(name).map(plain) == arguments.get(name).map(plain)
    };
    let name = |agent: &Object| agent.get("AgentName").map(plain).unwrap_or_default();
    let lists = call.world.switches.is("agent_list", "all");
    let agents = call.world.store.agents().iter().filter(|_| lists).map(complete);
    agents
        .filter(|agent| exact.iter().all(|field| same(agent, field)))
        .filter(|agent| name(agent).contains(arguments.text("AgentName")))
        .collect()
}

/// A seed may leave out whether the agent is published: then it is.
fn complete(agent: &Object) -> Object {
    let mut agent = agent.clone();
    let available = agent.entry("IsAvailable").or_insert(true.into()) == &Value::Bool(true);
    agent.entry("Status").or_insert(if available { 1 } else { 2 }.into());
    agent.entry("AgentMode").or_insert(0.into());
    agent
}

fn invented(id: &str) -> Object {
    let named = [("AgentId", id.to_owned()), ("AgentName", format!("agent {id}"))];
    named.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
}

/// Code, name, engine, style, type.
const VOICES: &[(&str, &str, &str, &str, &str)] = &[
    ("emulated_female_1", "Emulated voice 1", "CosyVoice", "friendly", "SYSTEM"),
    ("emulated_male_1", "Emulated voice 2", "CosyVoice", "calm", "SYSTEM"),
    ("emulated_female_2", "Emulated voice 3", "Volcano", "lively", "SYSTEM"),
    ("emulated_clone_1", "Emulated voice 4", "CosyVoice", "own", "COSYCLONE"),
];
