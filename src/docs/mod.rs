//! Rows as Markdown: what an attribute is, what it takes, what a change of it does. Generated from the same rows as
//! the schema, so that the documentation cannot say anything else.

pub mod pages;

use std::time::Duration;

use terraform_plugin::driver::Signature;
use terraform_plugin::schema::{Attribute, Change, Check, Default, Mode, Nesting, Schema, Type};

use self::pages::{ObjectKind, Page};

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
            meaning(attribute, WRITE_ONLY)
        ));
    }
    text
}

/// A page of the registry: front matter, example, arguments, attributes, operations and permissions.
pub fn page(page: &Page, example: &str) -> String {
    let (title, heading) = match page.kind {
        ObjectKind::Provider => ("Provider: AICCS".to_owned(), "AICCS Provider".to_owned()),
        ObjectKind::Resource => {
            (format!("{} Resource", page.name), format!("{} (Resource)", page.name))
        }
        ObjectKind::DataSource => {
            (format!("{} Data Source", page.name), format!("{} (Data Source)", page.name))
        }
        ObjectKind::List => {
            (format!("{} List Resource", page.name), format!("{} (List Resource)", page.name))
        }
        ObjectKind::Action => (format!("{} Action", page.name), format!("{} (Action)", page.name)),
    };
    let schema = page.schema;
    let write_only = if page.kind == ObjectKind::Action { WRITE_ONLY_ACTION } else { WRITE_ONLY };
    let mut text = front(&title, schema.doc);
    text.push_str(&format!("# {heading}\n\n{}\n\n", wrapped(schema.doc)));
    text.push_str(&format!("## Example Usage\n\n```terraform\n{}\n```\n\n", example.trim_end()));
    let is_argument = |attribute: &&Attribute| attribute.mode != Mode::Computed;
    let arguments: Vec<_> = schema.attributes.iter().filter(is_argument).collect();
    if !arguments.is_empty() || !schema.blocks.is_empty() {
        text.push_str("## Argument Reference\n\n");
        arguments.iter().for_each(|attribute| text.push_str(&item(attribute, write_only)));
        for block in schema.blocks {
            text.push_str(&format!("* `{}` - (Optional, block) {}\n", block.name, block.doc));
            block
                .attributes
                .iter()
                .for_each(|a| text.push_str(&format!("  {}", item(a, write_only))));
        }
        text.push('\n');
    }
    let computed: Vec<_> = schema.attributes.iter().filter(|a| !is_argument(a)).collect();
    if !computed.is_empty() {
        text.push_str("## Attribute Reference\n\n");
        computed.iter().for_each(|attribute| text.push_str(&item(attribute, write_only)));
        text.push('\n');
    }
    if !page.about.timeouts.is_empty() {
        let minutes = |limit: &Duration| limit.as_secs() / 60;
        let line = |(name, limit): &(&str, Duration)| format!("* `{name}` - {}m\n", minutes(limit));
        let lines: String = page.about.timeouts.iter().map(line).collect();
        text.push_str(&format!(
            "## Timeouts\n\nUnless the block `timeouts` says otherwise:\n\n{lines}\n"
        ));
    }
    if !page.about.more.is_empty() {
        text.push_str(&format!("{}\n", page.about.more));
    }
    if !page.about.operations.is_empty() {
        text.push_str(&permissions(page.about.operations));
    }
    format!("{}\n", text.trim_end())
}

/// The page of a function.
pub fn function_page(signature: &Signature, example: &str) -> String {
    let mut text = front(&format!("{} function", signature.name), signature.summary);
    let types: Vec<_> =
        signature.parameters.iter().map(|p| format!("{} {}", p.name, type_name(p.ty))).collect();
    text.push_str(&format!(
        "# function: {}\n\n{}\n\n## Example Usage\n\n```terraform\n{}\n```\n\n## Signature\n\n```text\n{}({}) {}\n```\n\n## Arguments\n\n",
        signature.name,
        wrapped(signature.doc),
        example.trim_end(),
        signature.name,
        types.join(", "),
        type_name(signature.result).replace('`', ""),
    ));
    for (index, parameter) in signature.parameters.iter().enumerate() {
        let ty = type_name(parameter.ty);
        text.push_str(&format!("{}. `{}` ({ty}) {}\n", index + 1, parameter.name, parameter.doc));
    }
    text
}

fn front(title: &str, description: &str) -> String {
    format!(
        "---\npage_title: \"{title} - aiccs\"\nsubcategory: \"\"\ndescription: |-\n  {description}\n---\n\n"
    )
}

/// One attribute as an item of a list; the members of nested objects below it.
fn item(attribute: &Attribute, write_only: &str) -> String {
    let need = match attribute.mode {
        Mode::Required => "Required, ",
        Mode::Optional | Mode::OptionalComputed => "Optional, ",
        Mode::Computed => "",
    };
    let mut text = format!(
        "* `{}` - ({need}{}) {}\n",
        attribute.name,
        type_name(attribute.ty),
        meaning(attribute, write_only)
    );
    if let Type::Objects(_, members) = attribute.ty {
        for member in members {
            text.push_str(&format!("  {}", item(member, write_only)));
        }
    }
    text
}

/// Which operations are called, and a policy that grants them.
fn permissions(operations: &[&str]) -> String {
    let list: Vec<_> = operations.iter().map(|operation| format!("`{operation}`")).collect();
    let actions: Vec<_> =
        operations.iter().map(|operation| format!("        \"aiccs:{operation}\"")).collect();
    format!(
        "## Operations and permissions\n\nCalls {} of AICCS 2019-10-15. A RAM policy that grants them:\n\n```json\n{{\n  \
         \"Version\": \"1\",\n  \"Statement\": [\n    {{\n      \"Effect\": \"Allow\",\n      \"Action\": [\n{}\n      ],\n      \
         \"Resource\": \"*\"\n    }}\n  ]\n}}\n```\n",
        list.join(", "),
        actions.join(",\n")
    )
}

/// Lines of at most 120 characters.
fn wrapped(text: &str) -> String {
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

const WRITE_ONLY: &str =
    "Write-only: neither plan nor state ever holds it; needs Terraform 1.11 or later.";

/// Hosts store the configuration of actions themselves, and leave out what is ephemeral.
const WRITE_ONLY_ACTION: &str =
    "Write-only: Terraform keeps it out of saved plans when it comes from ephemeral values.";

/// All there is to say of an attribute, as sentences; `write_only` is what that means there.
fn meaning(attribute: &Attribute, write_only: &str) -> String {
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
        say(write_only.to_owned());
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
