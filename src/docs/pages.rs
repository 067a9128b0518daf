//! The pages of the registry: one for each registered object. `mod.rs` lays them out.

use terraform_plugin::driver::Signature;
use terraform_plugin::hosts::Feature;
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
    /// What tells its objects apart, for a managed resource that has it.
    pub identity: Option<&'static Schema>,
    /// Whether a list resource finds its objects.
    pub listed: bool,
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
    /// An ephemeral resource.
    Ephemeral,
    /// A list of a managed resource's objects.
    List,
    /// An action.
    Action,
}

impl ObjectKind {
    /// Its name, as a title and within a sentence.
    pub(crate) const fn words(self) -> (&'static str, &'static str) {
        match self {
            ObjectKind::Provider => ("Provider", "provider"),
            ObjectKind::Resource => ("Resource", "resource"),
            ObjectKind::DataSource => ("Data Source", "data source"),
            ObjectKind::Ephemeral => ("Ephemeral Resource", "ephemeral resource"),
            ObjectKind::List => ("List Resource", "list resource"),
            ObjectKind::Action => ("Action", "action"),
        }
    }

    /// What a host must know for it.
    pub(crate) const fn feature(self) -> Option<Feature> {
        match self {
            ObjectKind::Provider | ObjectKind::Resource | ObjectKind::DataSource => None,
            ObjectKind::Ephemeral => Some(Feature::EphemeralResources),
            ObjectKind::List => Some(Feature::Lists),
            ObjectKind::Action => Some(Feature::Actions),
        }
    }

    /// Its folder in `docs/` and in `examples/`; the page of the provider stands beside the folders.
    pub const fn folder(self) -> &'static str {
        match self {
            ObjectKind::Provider => "",
            ObjectKind::Resource => "resources",
            ObjectKind::DataSource => "data-sources",
            ObjectKind::Ephemeral => "ephemeral-resources",
            ObjectKind::List => "list-resources",
            ObjectKind::Action => "actions",
        }
    }

    /// The file of its example, in the folder of the object.
    pub const fn example(self) -> &'static str {
        match self {
            ObjectKind::Provider => "provider.tf",
            ObjectKind::Resource => "resource.tf",
            ObjectKind::DataSource => "data-source.tf",
            ObjectKind::Ephemeral => "ephemeral-resource.tf",
            ObjectKind::List => "list-resource.tfquery.hcl",
            ObjectKind::Action => "action.tf",
        }
    }
}

impl Page {
    /// Its file, below `docs/`.
    pub fn file(&self) -> String {
        match self.kind.folder() {
            "" => "index.md".to_owned(),
            folder => format!("{folder}/{}.md", self.name.trim_start_matches("aiccs_")),
        }
    }

    /// The folder of its examples, below `examples/`.
    pub fn examples(&self) -> String {
        match self.kind.folder() {
            "" => "provider".to_owned(),
            folder => format!("{folder}/{}", self.name),
        }
    }
}

/// The pages of everything that has a schema.
pub fn pages() -> Vec<Page> {
    let mut pages = vec![Page {
        kind: ObjectKind::Provider,
        name: "aiccs",
        schema: &config::SCHEMA,
        identity: None,
        listed: false,
        about: &config::about::ABOUT,
    }];
    for (object, about) in &provider::RESOURCES {
        pages.push(Page {
            kind: ObjectKind::Resource,
            name: object.name(),
            schema: object.schema(),
            identity: object.identity(),
            listed: provider::LIST_RESOURCES.iter().any(|(list, _)| list.name() == object.name()),
            about,
        });
    }
    let mut page = |kind, name, schema, about| {
        pages.push(Page { kind, name, schema, identity: None, listed: false, about });
    };
    for (object, about) in &provider::DATA_SOURCES {
        page(ObjectKind::DataSource, object.name(), object.schema(), about);
    }
    for (object, about) in &provider::EPHEMERAL_RESOURCES {
        page(ObjectKind::Ephemeral, object.name(), object.schema(), about);
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
