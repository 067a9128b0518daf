//! Words for the parts of a schema: types, what a check allows, a default, and lines that are not too long. Pure.

use terraform_plugin::schema::{Attribute, Check, Default, Effect, Mode, Nesting, Type};

/// A type as the registry's pages name it.
pub(super) fn type_name(ty: Type, mode: Mode) -> String {
    // What the provider alone gives is no nested attribute for core, and is named as what it is.
    let objects = |nested: &str, plain: &str| {
        if mode == Mode::Computed { plain.to_owned() } else { nested.to_owned() }
    };
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Int | Type::Float => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::List(element) => format!("List of {}", type_name(*element, mode)),
        Type::Set(element) => format!("Set of {}", type_name(*element, mode)),
        Type::Map(element) => format!("Map of {}", type_name(*element, mode)),
        Type::Tuple(_) => "Tuple".to_owned(),
        Type::Object(_) => "Object".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::Objects(Nesting::Single | Nesting::Group, _) => objects("Attributes", "Object"),
        Type::Objects(Nesting::List, _) => objects("Attributes List", "List of Object"),
        Type::Objects(Nesting::Set, _) => objects("Attributes Set", "Set of Object"),
        Type::Objects(Nesting::Map, _) => objects("Attributes Map", "Map of Object"),
    }
}

/// A type as configurations write it.
pub(super) fn type_expression(ty: Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::Int | Type::Float => "number".to_owned(),
        Type::String => "string".to_owned(),
        Type::List(element) => format!("list({})", type_expression(*element)),
        Type::Set(element) => format!("set({})", type_expression(*element)),
        Type::Map(element) => format!("map({})", type_expression(*element)),
        Type::Tuple(types) => {
            let types: Vec<_> = types.iter().map(|ty| type_expression(*ty)).collect();
            format!("tuple([{}])", types.join(", "))
        }
        Type::Object(members) => {
            let member = |(name, ty): &(&str, Type)| format!("{name} = {}", type_expression(*ty));
            let members: Vec<_> = members.iter().map(member).collect();
            format!("object({{ {} }})", members.join(", "))
        }
        Type::Dynamic => "any".to_owned(),
        Type::Objects(nesting, attributes) => {
            let member = |a: &Attribute| format!("{} = {}", a.name, type_expression(a.ty));
            let members: Vec<_> = attributes.iter().map(member).collect();
            let object = format!("object({{ {} }})", members.join(", "));
            match nesting {
                Nesting::Single | Nesting::Group => object,
                Nesting::List => format!("list({object})"),
                Nesting::Set => format!("set({object})"),
                Nesting::Map => format!("map({object})"),
            }
        }
    }
}

/// All there is to say of an attribute beside its type, as sentences; `write_only` is what that means there.
pub(super) fn meaning(attribute: &Attribute, write_only: &str) -> String {
    let mut text = attribute.doc.to_owned();
    let mut say = |sentence: &str| {
        text.push(' ');
        text.push_str(sentence);
    };
    for check in attribute.checks {
        if let Some(sentence) = allowed(check, attribute.ty) {
            say(&sentence);
        }
    }
    if let Some(default) = attribute.default {
        say(&format!("Default: `{}`.", literal(default)));
    }
    if attribute.change == Effect::Replace {
        say("A change replaces the object.");
    }
    if attribute.write_only {
        say(write_only);
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
        Default::Float(_)
        | Default::List(_)
        | Default::Set(_)
        | Default::Map(_)
        | Default::Object(_)
        | Default::With(_) => default.value().to_string(),
    }
}

/// Lines of at most 120 characters.
pub(super) fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > 120 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
