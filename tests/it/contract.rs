//! Double entry: the provider's rows against the contract that the emulator was given from the documents.

use std::collections::BTreeSet;

use aiccs_emulator::contract;
use terraform_plugin::schema::{Effect, Mode, Nesting, Type};
use terraform_provider_aiccs::field::{From, WrittenBy};
use terraform_provider_aiccs::task::table::{FIELDS, SCHEMA};

use crate::docs::all;

fn parameters(operation: &str) -> BTreeSet<&'static str> {
    let operation = contract::operation(operation).expect("a documented operation");
    operation.parameters.iter().map(|parameter| parameter.name).collect()
}

fn fields(operation: &str) -> BTreeSet<&'static str> {
    let operation = contract::operation(operation).expect("a documented operation");
    operation.fields.iter().map(|field| field.name).collect()
}

#[test]
fn names_are_unique_and_snake_case() {
    let mut names = BTreeSet::new();
    for attribute in SCHEMA.attributes {
        let name = attribute.name;
        assert!(names.insert(name), "{name} stands twice");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        assert!(
            ![
                "connection",
                "count",
                "depends_on",
                "for_each",
                "lifecycle",
                "provider",
                "provisioner"
            ]
            .contains(&name)
        );
    }
}

#[test]
fn every_doc_is_a_sentence() {
    for attribute in all(SCHEMA.attributes) {
        let doc = attribute.doc;
        assert!(
            doc.ends_with(['.', '`']) && doc.len() > 10 && !doc.contains("  "),
            "{}: {doc:?}",
            attribute.name
        );
        assert!(doc.starts_with(|c: char| c.is_uppercase()), "{}: {doc:?}", attribute.name);
    }
}

#[test]
fn every_parameter_of_create_and_update_has_its_row() {
    let written = |on: &[WrittenBy]| -> BTreeSet<&str> {
        let writes = FIELDS.iter().filter_map(|field| field.write);
        writes.filter(|write| on.contains(&write.on)).map(|write| write.parameter).collect()
    };
    assert_eq!(
        written(&[WrittenBy::Create, WrittenBy::CreateAndUpdate]),
        parameters("CreateAiCallTask")
    );
    let mut update = parameters("UpdateAiCallTask");
    // TaskId is no setting; Source cannot be modified and need not be sent.
    assert!(update.remove("TaskId") && update.remove("Source"));
    assert_eq!(written(&[WrittenBy::CreateAndUpdate]), update);
}

#[test]
fn what_update_does_not_take_replaces() {
    for field in FIELDS.iter().filter(|field| field.write.is_some()) {
        let create_only = field.write.is_some_and(|write| write.on == WrittenBy::Create);
        assert_eq!(
            field.attribute.change == Effect::Replace,
            create_only,
            "{}",
            field.attribute.name
        );
    }
}

#[test]
fn every_field_that_is_read_is_documented() {
    let (detail, page) = (fields("QueryAiCallTaskDetail"), fields("QueryAiCallTaskPage"));
    for field in &FIELDS {
        let Some(read) = field.read else { continue };
        let documented = match read.from {
            From::Detail => &detail,
            From::Page => &page,
        };
        assert!(documented.contains(read.field), "{} is not documented", read.field);
    }
    let read: BTreeSet<_> =
        FIELDS.iter().filter_map(|field| field.read).map(|read| read.field).collect();
    let unread: Vec<_> = detail.difference(&read).collect();
    assert_eq!(unread, [&"RealStartTime"], "volatile, shown elsewhere");
}

#[test]
fn the_schema_obeys_core() {
    for attribute in all(SCHEMA.attributes) {
        assert!(
            attribute.default.is_none() || attribute.mode == Mode::OptionalComputed,
            "{}",
            attribute.name
        );
        assert!(!attribute.write_only || attribute.mode != Mode::Computed, "{}", attribute.name);
        if let Type::Objects(Nesting::Set, inner) = attribute.ty {
            assert!(
                inner.iter().all(|inner| !inner.write_only && !inner.mode.is_computed()),
                "{}",
                attribute.name
            );
        }
    }
    for block in SCHEMA.blocks {
        assert!(SCHEMA.attribute(block.name).is_none(), "{}", block.name);
    }
}
