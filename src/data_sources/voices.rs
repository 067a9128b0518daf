//! The data source `aiccs_voices`: the voices that agents can speak with.

use aliyun::client::Wait;
use terraform_plugin::schema::Mode::{Computed, Optional};
use terraform_plugin::schema::{Attribute, Check, Nesting, Schema, Type};
use terraform_plugin::value::Value;

use super::{Asked, Listing, Near, Shape, Take, filters, no_check, no_more};
use crate::about::{About, Named};
use crate::config::Ready;
use crate::field::{Field, attributes, field};

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Agents and Numbers",
    operations: &["ListAvailableTts"],
    rows: &[("", &FIELDS), ("voices", &VOICE)],
    names: &[Named::read("voices", "Data")],
    ..About::NONE
};

/// The rows of a voice.
pub const VOICE: [Field; 6] = [
    field("tts_voice_code", Type::String, Computed, "Code of the voice.").page_as("TtsVoiceCode"),
    field("tts_voice_name", Type::String, Computed, "Name of the voice.").page_as("TtsVoiceName"),
    field("tts_engine", Type::String, Computed, "Engine that speaks it.").page_as("TtsEngine"),
    field("tts_style", Type::String, Computed, "Its style.").page_as("TtsStyle"),
    field("tts_audition_file_url", Type::String, Computed, "Where a sample can be heard.")
        .page_as("TtsAuditionFileUrl"),
    field("voice_type", Type::String, Computed, "Where it comes from.").page_as("VoiceType"),
];

const VOICE_ATTRIBUTES: [Attribute; VOICE.len()] = attributes(&VOICE);

/// The rows of the data source.
pub const FIELDS: [Field; 3] = [
    field("tts_voice_code", Type::String, Optional, "Code of the voice.").filter_as("TtsVoiceCode"),
    field("voice_type", Type::String, Optional, "Where the voices come from.")
        .filter_as("VoiceType")
        .checks(&[Check::Usually(&["SYSTEM", "COSYCLONE", "BL-CUSTOM"])]),
    field(
        "voices",
        Type::Objects(Nesting::List, &VOICE_ATTRIBUTES),
        Computed,
        "The voices, ordered by their codes.",
    ),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

static SCHEMA: Schema = Schema::of(
    "The voices that match the filters. Without voices of one's own the service lists the built-in ones only.",
    &ATTRIBUTES,
);

/// The data source.
pub static VOICES: Listing = Listing {
    name: "aiccs_voices",
    schema: &SCHEMA,
    shape: Shape { list: "voices", rows: &VOICE, id: "tts_voice_code", ids: None, name: None },
    check: no_check,
    ask,
    near: Some(Near { filter: "tts_voice_code", member: "tts_voice_code" }),
    more: no_more,
};

fn ask<'a>(ready: &'a Ready, config: &'a Value, wait: &'a Wait, take: Take<'a>) -> Asked<'a> {
    Box::pin(async move {
        let filters = filters(&FIELDS, config);
        take(ready.client.list_available_tts(filters, wait).await?);
        Ok(())
    })
}
