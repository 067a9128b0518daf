//! Rows as Markdown: what an attribute is, what it takes, what a change of it does. Generated from the same rows as
//! the schema, so that the documentation cannot say anything else.

use crate::terraform::schema::{Attribute, Change, Check, Default, Mode, Nesting, Schema, Type};

/// The arguments of a schema, as a Markdown table: name, type, meaning. Blocks stand at its end.
pub fn argument_table(schema: &Schema) -> String {
    let mut arguments =
        schema.attributes.iter().filter(|attribute| attribute.mode != Mode::Computed);
    let mut text = table("argument", &mut arguments);
    for block in schema.blocks {
        let names: Vec<_> = block.attributes.iter().map(|a| format!("`{}`", a.name)).collect();
        let names = names.join(", ");
        text.push_str(&format!("| `{} {{ }}` | block: {names} | {} |\n", block.name, block.doc));
    }
    text
}

/// What the provider alone gives, as a Markdown table.
pub fn attribute_table(schema: &Schema) -> String {
    let computed = schema.attributes.iter().filter(|attribute| attribute.mode == Mode::Computed);
    table("attribute", computed)
}

fn table<'a>(head: &str, attributes: impl Iterator<Item = &'a Attribute>) -> String {
    let mut text = format!("| {head} | type | meaning |\n| --- | --- | --- |\n");
    for attribute in attributes {
        let required = if attribute.mode == Mode::Required { ", **required**" } else { "" };
        text.push_str(&format!(
            "| `{}` | {}{required} | {} |\n",
            attribute.name,
            type_name(attribute.ty),
            meaning(attribute)
        ));
    }
    text
}

/// All there is to say of an attribute, as sentences.
pub fn meaning(attribute: &Attribute) -> String {
    let mut text = attribute.doc.to_owned();
    let mut say = |sentence: String| {
        text.push(' ');
        text.push_str(&sentence);
    };
    for check in attribute.checks {
        if let Some(sentence) = allowed(check, attribute.ty) {
            say(sentence);
        }
    }
    if let Some(default) = attribute.default {
        say(format!("Default: `{}`.", literal(default)));
    }
    if attribute.change == Change::Replace {
        say("A change replaces the object.".to_owned());
    }
    if attribute.write_only {
        say("Write-only: neither plan nor state ever holds it; needs Terraform 1.11 or later."
            .to_owned());
    }
    if attribute.sensitive {
        say("Sensitive.".to_owned());
    }
    text
}

/// What a check allows, as a sentence.
fn allowed(check: &Check, ty: Type) -> Option<String> {
    let each = if matches!(ty, Type::Set(_) | Type::List(_)) { "Each one of" } else { "One of" };
    let words = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        words.join(", ")
    };
    match check {
        Check::Range(from, to) if *to >= i64::from(i32::MAX) => Some(format!("At least {from}.")),
        Check::Range(from, to) => Some(format!("From {from} to {to}.")),
        Check::WarnAbove(limit, _) => Some(format!("Above {limit} there is a warning.")),
        Check::OneOf(list) => Some(format!("{each} {}.", words(list))),
        Check::Usually(list) => {
            Some(format!("{each} {}; another value gives a warning.", words(list)))
        }
        Check::UsuallyInt(list) => {
            let list: Vec<_> =
                list.iter().map(|(number, what)| format!("`{number}` ({what})")).collect();
            Some(format!("One of {}; another value gives a warning.", list.join(", ")))
        }
        Check::NotEmpty | Check::With("", _) => None,
        Check::With(what, _) => {
            let mut letters = what.chars();
            let first = letters.next()?;
            Some(format!("{}{}.", first.to_uppercase(), letters.as_str()))
        }
    }
}

fn literal(default: Default) -> String {
    match default {
        Default::Bool(value) => value.to_string(),
        Default::Int(value) => value.to_string(),
        Default::String(text) => format!("{text:?}"),
    }
}

/// A type as users write it; the members of nested objects are told beside it.
pub fn type_name(ty: Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::Int | Type::Float => "number".to_owned(),
        Type::String => "string".to_owned(),
        Type::List(element) => format!("list of {}", type_name(*element)),
        Type::Set(element) => format!("set of {}", type_name(*element)),
        Type::Map(element) => format!("map of {}", type_name(*element)),
        Type::Objects(nesting, attributes) => {
            let names: Vec<_> = attributes.iter().map(|a| format!("`{}`", a.name)).collect();
            let object = format!("{{ {} }}", names.join(", "));
            match nesting {
                Nesting::Single => object,
                Nesting::List => format!("list of {object}"),
                Nesting::Set => format!("set of {object}"),
                Nesting::Map => format!("map of {object}"),
            }
        }
    }
}
