//! Protobuf messages to and from this wing's own types: schemas, diagnostics, paths, values.

use tfplugin_proto::tfplugin6 as pb;

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::driver::{Deferral, Parameter, Refusal, Signature};
use super::engine::Input;
use super::path::{Path, Step};
use super::schema::{Attribute, Mode, NestedBlock, Nesting, Schema, Type};
use super::stream::Listed;

pub(super) fn input(value: Option<pb::DynamicValue>) -> Input {
    value.map_or_else(Input::default, |v| Input { msgpack: v.msgpack, json: v.json })
}

pub(super) fn dynamic(msgpack: Option<Vec<u8>>) -> Option<pb::DynamicValue> {
    msgpack.map(|bytes| pb::DynamicValue { msgpack: bytes.into(), json: bytes::Bytes::new() })
}

/// Whether the host can put something off to a later run.
pub(super) fn deferral_allowed(capabilities: Option<pb::ClientCapabilities>) -> bool {
    capabilities.is_some_and(|capabilities| capabilities.deferral_allowed)
}

pub(super) fn deferred(reason: Option<Deferral>) -> Option<pb::Deferred> {
    use pb::deferred::Reason;
    let reason = match reason? {
        Deferral::ResourceConfigUnknown => Reason::ResourceConfigUnknown,
        Deferral::ProviderConfigUnknown => Reason::ProviderConfigUnknown,
        Deferral::AbsentPrerequisite => Reason::AbsentPrereq,
    };
    Some(pb::Deferred { reason: reason.into() })
}

pub(super) fn diagnostics(diagnostics: Diagnostics) -> Vec<pb::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

fn diagnostic(diagnostic: Diagnostic) -> pb::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => pb::diagnostic::Severity::Error,
        Severity::Warning => pb::diagnostic::Severity::Warning,
    };
    pb::Diagnostic {
        severity: severity.into(),
        summary: plain(&diagnostic.summary).replace('\n', " "),
        detail: plain(&diagnostic.detail),
        attribute: diagnostic.path.as_ref().map(path),
    }
}

/// Text fit for a terminal, whatever values went into it: without control characters but line ends, and without what
/// turns the direction of text or is not seen.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|letter| *letter == '\n' || !is_hidden(*letter)).collect()
}

fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

pub(super) fn path(path: &Path) -> pb::AttributePath {
    use pb::attribute_path::step::Selector;
    let selector = |step: &Step| match step {
        Step::Attribute(name) => Selector::AttributeName(name.clone().into_owned()),
        Step::Index(index) => Selector::ElementKeyInt(*index),
        Step::Key(key) => Selector::ElementKeyString(key.clone()),
    };
    let step = |step: &Step| pb::attribute_path::Step { selector: Some(selector(step)) };
    pb::AttributePath { steps: path.steps().iter().map(step).collect() }
}

pub(super) fn schema(schema: &Schema) -> pb::Schema {
    let block = block(schema.doc, schema.attributes, schema.blocks);
    pb::Schema { version: schema.version, block: Some(block) }
}

pub(super) fn action_schema(of: &Schema) -> pb::ActionSchema {
    pb::ActionSchema { schema: Some(schema(of)) }
}

pub(super) fn listed(listed: Listed) -> pb::list_resource::Event {
    pb::list_resource::Event {
        identity: identity(Some(listed.identity)),
        display_name: listed.name,
        resource_object: dynamic(listed.object),
        diagnostic: diagnostics(listed.diagnostics),
    }
}

/// The last event of a list, if there is still something to say.
pub(super) fn list_end(said: Diagnostics) -> Option<pb::list_resource::Event> {
    let event =
        || pb::list_resource::Event { diagnostic: diagnostics(said.clone()), ..Default::default() };
    (!said.is_empty()).then(event)
}

pub(super) fn progress(message: &str) -> pb::invoke_action::Event {
    use pb::invoke_action::event::{Progress, Type};
    let message = plain(message).replace('\n', " ");
    pb::invoke_action::Event { r#type: Some(Type::Progress(Progress { message })) }
}

/// The last event of an action: there is always one.
pub(super) fn completed(said: Diagnostics) -> Option<pb::invoke_action::Event> {
    use pb::invoke_action::event::{Completed, Type};
    let completed = Completed { diagnostics: diagnostics(said) };
    Some(pb::invoke_action::Event { r#type: Some(Type::Completed(completed)) })
}

pub(super) fn identity(msgpack: Option<Vec<u8>>) -> Option<pb::ResourceIdentityData> {
    msgpack.map(|bytes| pb::ResourceIdentityData { identity_data: dynamic(Some(bytes)) })
}

pub(super) fn identity_schema(schema: &Schema) -> pb::ResourceIdentitySchema {
    use pb::resource_identity_schema::IdentityAttribute;
    let attribute = |attribute: &Attribute| IdentityAttribute {
        name: attribute.name.to_owned(),
        r#type: type_json(attribute.ty).into(),
        required_for_import: attribute.mode == Mode::Required,
        optional_for_import: attribute.mode == Mode::Optional,
        description: attribute.doc.to_owned(),
    };
    pb::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: schema.attributes.iter().map(attribute).collect(),
    }
}

pub(super) fn function(signature: &Signature) -> pb::Function {
    let parameter = |parameter: &Parameter| pb::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: type_json(parameter.ty).into(),
        description: parameter.doc.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
    };
    pb::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        variadic_parameter: signature.variadic.as_ref().map(parameter),
        r#return: Some(pb::function::Return { r#type: type_json(signature.result).into() }),
        summary: signature.summary.to_owned(),
        description: signature.doc.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        ..pb::Function::default()
    }
}

pub(super) fn refusal(refusal: Refusal) -> pb::FunctionError {
    let function_argument = refusal.argument.and_then(|index| i64::try_from(index).ok());
    pb::FunctionError { text: plain(&refusal.text), function_argument }
}

fn block(doc: &str, attributes: &[Attribute], blocks: &[NestedBlock]) -> pb::schema::Block {
    pb::schema::Block {
        attributes: attributes.iter().map(attribute).collect(),
        block_types: blocks.iter().map(nested_block).collect(),
        description: doc.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        ..pb::schema::Block::default()
    }
}

fn nested_block(nested: &NestedBlock) -> pb::schema::NestedBlock {
    use pb::schema::nested_block::NestingMode;
    let nesting = match nested.nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::Group => NestingMode::Group,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    // The numbers that core knows: a single block is required or not, and of groups and maps it counts none.
    let (min_items, max_items) = match nested.nesting {
        Nesting::Single if nested.min_items > 0 => (1, 1),
        Nesting::Single | Nesting::Group | Nesting::Map => (0, 0),
        Nesting::List | Nesting::Set => (nested.min_items, nested.max_items),
    };
    pb::schema::NestedBlock {
        type_name: nested.name.to_owned(),
        block: Some(block(nested.doc, nested.attributes, nested.blocks)),
        nesting: nesting.into(),
        min_items,
        max_items,
    }
}

fn attribute(attribute: &Attribute) -> pb::schema::Attribute {
    let mode = attribute.mode;
    // What nobody configures is a plain type: core looks at each nested attribute by itself, which takes minutes for
    // thousands of rows.
    let nested = if let Type::Objects(nesting, attributes) = attribute.ty
        && mode != Mode::Computed
    {
        Some(nested_type(nesting, attributes))
    } else {
        None
    };
    pb::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: if nested.is_some() { bytes::Bytes::new() } else { type_json(attribute.ty).into() },
        nested_type: nested,
        description: attribute.doc.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        required: mode == Mode::Required,
        optional: matches!(mode, Mode::Optional | Mode::OptionalComputed),
        computed: mode.is_computed(),
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
        ..pb::schema::Attribute::default()
    }
}

fn nested_type(nesting: Nesting, attributes: &[Attribute]) -> pb::schema::Object {
    use pb::schema::object::NestingMode;
    let nesting = match nesting {
        Nesting::Single | Nesting::Group => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    pb::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..pb::schema::Object::default()
    }
}

/// A type as JSON text, compact as Terraform writes it.
fn type_json(ty: Type) -> String {
    match ty {
        Type::Bool => "\"bool\"".to_owned(),
        Type::Int | Type::Float => "\"number\"".to_owned(),
        Type::String => "\"string\"".to_owned(),
        Type::List(element) => format!("[\"list\",{}]", type_json(*element)),
        Type::Set(element) => format!("[\"set\",{}]", type_json(*element)),
        Type::Map(element) => format!("[\"map\",{}]", type_json(*element)),
        Type::Dynamic => "\"dynamic\"".to_owned(),
        Type::Tuple(types) => {
            let types: Vec<_> = types.iter().map(|ty| type_json(*ty)).collect();
            format!("[\"tuple\",[{}]]", types.join(","))
        }
        Type::Object(members) => {
            let member = |(name, ty): &(&str, Type)| format!("\"{name}\":{}", type_json(*ty));
            let members: Vec<_> = members.iter().map(member).collect();
            format!("[\"object\",{{{}}}]", members.join(","))
        }
        Type::Objects(nesting, attributes) => {
            let members: Vec<_> =
                attributes.iter().map(|a| format!("\"{}\":{}", a.name, type_json(a.ty))).collect();
            let object = format!("[\"object\",{{{}}}]", members.join(","));
            match nesting {
                Nesting::Single | Nesting::Group => object,
                Nesting::List => format!("[\"list\",{object}]"),
                Nesting::Set => format!("[\"set\",{object}]"),
                Nesting::Map => format!("[\"map\",{object}]"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{plain, type_json};
    use crate::schema::{Attribute, Mode, Nesting, Type};

    #[test]
    fn a_message_holds_nothing_that_a_terminal_obeys() {
        assert_eq!(
            plain("a\u{1b}[31m\u{9b}b\r\n\u{202e}c\u{7f}\t\u{feff}回访 👩‍💻"),
            "a[31mb\nc回访 👩‍💻"
        );
    }

    #[test]
    fn types_are_json_as_terraform_writes_it() {
        static INNER: [Attribute; 1] = [Attribute::new("a", Type::Bool, Mode::Required, "")];
        static OBJECTS: Type = Type::Objects(Nesting::List, &INNER);
        assert_eq!(type_json(Type::Set(&Type::String)), r#"["set","string"]"#);
        assert_eq!(type_json(Type::Map(&OBJECTS)), r#"["map",["list",["object",{"a":"bool"}]]]"#);
    }
}
