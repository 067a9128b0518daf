//! What the page of an object says beside its schema. Each object declares its own, in its own file; `docs` lays it out.

use std::time::Duration;

use crate::field::Field;

/// The facts about one object.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its group in the registry's menu.
    pub subcategory: &'static str,
    /// The service that has its operations.
    pub product: Product,
    /// The operations of the service that it calls.
    pub operations: &'static [&'static str],
    /// How long each operation may take unless `timeouts` says otherwise, by the names in `timeouts`.
    pub timeouts: &'static [(&'static str, Duration)],
    /// What a reader must not miss.
    pub callouts: &'static [Callout],
    /// Its rows: which parameter and which field an attribute stands for. By the path of the attribute that holds them, `""`
    /// for the object itself.
    pub rows: &'static [(&'static str, &'static [Field])],
    /// The same of attributes that have no row, or whose row does not say it.
    pub names: &'static [Named],
    /// Of those, what another object says, too.
    pub shared_names: &'static [Named],
    /// How it is imported, beside the examples.
    pub import: &'static str,
    /// The label of an action that is invoked by hand or by a trigger; its page shows the command.
    pub invoked: &'static str,
    /// More sections, Markdown.
    pub more: &'static str,
}

impl About {
    /// Nothing, to begin with.
    pub(crate) const NONE: About = About {
        subcategory: "",
        product: Product::Aiccs,
        operations: &[],
        timeouts: &[],
        callouts: &[],
        rows: &[],
        names: &[],
        shared_names: &[],
        import: "",
        invoked: "",
        more: "",
    };

    /// What the attributes stand for that no row explains.
    pub fn all_names(&self) -> impl Iterator<Item = &'static Named> + Clone {
        self.names.iter().chain(self.shared_names)
    }
}

/// A service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Product {
    /// AICCS.
    Aiccs,
    /// Voice Messaging Service, which has the pools of numbers.
    Dyvms,
}

/// A paragraph that the registry sets apart.
#[derive(Clone, Copy, Debug)]
pub enum Callout {
    /// People's telephones ring.
    Rings(&'static str),
    /// Numbers or talks can be seen, or something remains that a reader would think gone.
    Warning(&'static str),
    /// Good to know.
    Note(&'static str),
}

/// What an attribute stands for in the service.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its path, such as `callees_wo.number`.
    pub path: &'static str,
    /// The request parameter, or the member of one; empty for none.
    pub sent: &'static str,
    /// The response field; empty for none.
    pub read: &'static str,
}

impl Named {
    /// A request parameter.
    pub(crate) const fn sent(path: &'static str, sent: &'static str) -> Named {
        Named { path, sent, read: "" }
    }

    /// A response field.
    pub(crate) const fn read(path: &'static str, read: &'static str) -> Named {
        Named { path, sent: "", read }
    }

    /// The provider's own.
    pub(crate) const fn own(path: &'static str) -> Named {
        Named { path, sent: "", read: "" }
    }
}
