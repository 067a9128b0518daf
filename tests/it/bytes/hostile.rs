//! Values of every schema, sound and hostile.

use super::*;

/// A value with every attribute present.
pub(super) fn sample(schema: &Schema) -> Value {
    let mut value = schema.empty();
    for attribute in schema.attributes {
        value.put(attribute.name, of(attribute.ty));
    }
    for block in schema.blocks {
        value.put(block.name, of(Type::Objects(block.nesting, block.attributes)));
    }
    value
}

pub(super) fn of(ty: Type) -> Value {
    let object = |attributes: &[terraform_plugin::schema::Attribute]| {
        Value::Object(
            attributes.iter().map(|a| (a.name.into(), of(a.ty))).collect::<value::Object>(),
        )
    };
    match ty {
        Type::Bool => Value::Bool(true),
        Type::Int | Type::Float => Value::int(300),
        Type::String => Value::string("text"),
        Type::List(element) => Value::List(vec![of(*element)]),
        Type::Set(element) => Value::set(vec![of(*element)]),
        Type::Map(element) => Value::Map([("k".to_owned(), of(*element))].into()),
        Type::Tuple(_) | Type::Object(_) | Type::Dynamic => unreachable!("no schema has these"),
        Type::Objects(Nesting::Single | Nesting::Group, attributes) => object(attributes),
        Type::Objects(Nesting::List, attributes) => Value::List(vec![object(attributes)]),
        Type::Objects(Nesting::Set, attributes) => Value::set(vec![object(attributes)]),
        Type::Objects(Nesting::Map, attributes) => {
            Value::Map([("k".to_owned(), object(attributes))].into())
        }
    }
}

/// As a state file spells it.
pub(super) fn json(value: &Value) -> String {
    let list = |elements: &[Value]| elements.iter().map(json).collect::<Vec<_>>().join(",");
    let member =
        |(name, value): (&str, &Value)| format!("{}:{}", serde_json::json!(name), json(value));
    match value {
        Value::Null | Value::Unknown => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => serde_json::json!(text).to_string(),
        Value::List(elements) | Value::Set(elements) => format!("[{}]", list(elements)),
        Value::Packed(_) | Value::Dynamic(_) => unreachable!("a sample is neither"),
        Value::Map(members) => {
            let members = members.iter().map(|(k, v)| member((k, v))).collect::<Vec<_>>();
            format!("{{{}}}", members.join(","))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(k, v)| member((k, v))).collect::<Vec<_>>();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// Bytes that are no value of any schema.
pub(super) fn never_msgpack() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = vec![
        vec![0xc1],
        vec![0xff; 9],
        // Lengths far beyond the end.
        vec![0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0xdf, 0xff, 0xff, 0xff, 0xff],
        vec![0xdb, 0xff, 0xff, 0xff, 0xff],
        vec![0xc6, 0xff, 0xff, 0xff, 0xff],
        vec![0xc9, 0xff, 0xff, 0xff, 0xff, 0x0c],
        // An extension longer than any refinement.
        [&[0xc8, 0x08, 0x00, 0x0c][..], &[0; 0x800]].concat(),
        // A map whose key is a map, a number, no UTF-8.
        vec![0x81, 0x80, 0xc0],
        vec![0x81, 0x01, 0xc0],
        vec![0x81, 0xa2, 0xff, 0xfe, 0xc0],
        vec![0xc0, 0xc0],
        vec![0xca, 0x7f, 0xc0, 0, 0],
    ];
    // Deep: lists in lists, maps in maps.
    all.push(vec![0x91; 1 << 17]);
    all.push([0x81, 0xa1, b'a'].repeat(1 << 16));
    all
}

pub(super) fn never_json() -> Vec<String> {
    let mut all: Vec<String> = [
        "{",
        "[1",
        "nul",
        "\"",
        "{\"a\"}",
        "1e999999999",
        "{}{}",
        "[]",
        "7",
        "\"text\"",
        "true",
        "\u{0}",
    ]
    .map(str::to_owned)
    .into();
    all.push("[".repeat(1 << 17));
    all.push("{\"a\":".repeat(1 << 16));
    all
}

/// Each attribute once with each kind of value that it is not.
pub(super) fn confused_msgpack(sound: &[u8], schema: &Schema) -> Vec<Vec<u8>> {
    let value = msgpack::decode(sound, schema).unwrap();
    let kinds: [(&str, &[u8]); 6] = [
        ("bool", &[0xc3]),
        ("number", &[0x07]),
        ("string", &[0xa1, b'x']),
        ("list", &[0x91, 0x91, 0xc3]),
        ("map", &[0x81, 0xa1, b'k', 0x80]),
        ("binary", &[0xc4, 1, 0]),
    ];
    let mut all = Vec::new();
    for attribute in schema.attributes {
        let right = match attribute.ty {
            Type::Bool => "bool",
            Type::Int | Type::Float => "number",
            Type::String => "string",
            Type::List(_)
            | Type::Set(_)
            | Type::Map(_)
            | Type::Tuple(_)
            | Type::Object(_)
            | Type::Dynamic
            | Type::Objects(_, _) => "",
        };
        for (_, bytes) in kinds.iter().filter(|(kind, _)| *kind != right) {
            all.push(with(&value, schema, attribute.name, bytes));
        }
    }
    all
}

/// The value's encoding with other bytes for one attribute.
pub(super) fn with(value: &Value, schema: &Schema, name: &str, bytes: &[u8]) -> Vec<u8> {
    let members = schema.attributes.len() + schema.blocks.len();
    let mut out = vec![0xde, (members >> 8) as u8, members as u8];
    let attributes = schema.attributes.iter().map(|a| (a.name, a.ty));
    for (member, ty) in attributes
        .chain(schema.blocks.iter().map(|b| (b.name, Type::Objects(b.nesting, b.attributes))))
    {
        out.extend([0xd9, member.len() as u8]);
        out.extend(member.as_bytes());
        if member == name {
            out.extend(bytes);
        } else {
            out.extend(msgpack::encode_value(value.get(member), ty));
        }
    }
    out
}

/// A configured process, and how it is configured.
pub(super) struct Served {
    plugin: Plugin,
    pub(super) client: ProviderClient<Channel>,
    config: pb::DynamicValue,
    _cloud: Cloud,
}

impl Served {
    pub(super) async fn start() -> Served {
        let (cloud, plugin) = (Cloud::start(), Plugin::start_plain());
        let channel = plugin.channel(Identity::Plaintext).await.unwrap();
        let client = ProviderClient::new(channel).max_decoding_message_size(64 << 20);
        let mut config = Aiccs.schema().empty();
        config.put("access_key", Value::string(KEY));
        config.put("secret_key", Value::string(SECRET));
        config.put("endpoint", Value::string(cloud.endpoint()));
        let config = dynamic(msgpack::encode(&config, Aiccs.schema()));
        Served { plugin, client, config, _cloud: cloud }
    }

    /// The process lives and takes a configuration.
    pub(super) async fn recovers(&mut self, after: &str) {
        let config = Some(self.config.clone());
        let request = pb::configure_provider::Request { config, ..Default::default() };
        let answer = self.client.configure_provider(request).await.expect(after).into_inner();
        assert_eq!(answer.diagnostics, [], "{after}");
        assert!(self.plugin.process.try_wait().unwrap().is_none(), "the process ended: {after}");
    }

    /// One hostile value. A status may be anything but a broken connection.
    pub(super) async fn send(&self, place: &Place, value: pb::DynamicValue) -> bool {
        match (place.call)(self.client.clone(), value).await {
            Ok(failed) => failed,
            Err(status) => {
                use tonic::Code::{Cancelled, Unavailable, Unknown};
                let lost = [Cancelled, Unavailable, Unknown].contains(&status.code());
                assert!(!lost, "{}: {status}", place.name);
                true
            }
        }
    }
}
