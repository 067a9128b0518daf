//! The pages of the registry: one for each registered object. `mod.rs` lays them out.

use terraform_plugin::driver::Signature;
use terraform_plugin::schema::Schema;

use crate::about::About;
use crate::{config, provider};

/// One page about an object with a schema.
pub struct Page {
    /// What the object is.
    pub kind: ObjectKind,
    /// Its type name; `aiccs` for the provider.
    pub name: &'static str,
    /// Its rows.
    pub schema: &'static Schema,
    /// What it says itself.
    pub about: &'static About,
}

/// Kinds of pages; each has its folder in `docs/` and in `examples/`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ObjectKind {
    /// The provider block: `docs/index.md`.
    Provider,
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
    /// A list of a managed resource's objects.
    List,
    /// An action.
    Action,
}

/// The pages of everything that has a schema.
pub fn pages() -> Vec<Page> {
    let mut pages = vec![Page {
        kind: ObjectKind::Provider,
        name: "aiccs",
        schema: &config::SCHEMA,
        about: &config::about::ABOUT,
    }];
    let mut page = |kind, name, schema, about| pages.push(Page { kind, name, schema, about });
    for (object, about) in &provider::RESOURCES {
        page(ObjectKind::Resource, object.name(), object.schema(), about);
    }
    for (object, about) in &provider::DATA_SOURCES {
        page(ObjectKind::DataSource, object.name(), object.schema(), about);
    }
    for (object, about) in &provider::LIST_RESOURCES {
        page(ObjectKind::List, object.name(), object.schema(), about);
    }
    for (object, about) in &provider::ACTIONS {
        page(ObjectKind::Action, object.name(), object.schema(), about);
    }
    pages
}

/// The signatures of the functions.
pub fn functions() -> impl Iterator<Item = &'static Signature> {
    provider::FUNCTIONS.iter().map(|function| function.signature())
}
