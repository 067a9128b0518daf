//! One attribute: its name, its type, and what a host and the plan have to know of it.

use super::{Check, Default, Modifier, Type};
use crate::value::Value;

/// One attribute: name, type, and everything Terraform has to know of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attribute {
    /// Its name in configurations, `snake_case`.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Who gives its value.
    pub mode: Mode,
    /// What it is, as one or more sentences of Markdown.
    pub doc: &'static str,
    /// What a configured value must obey.
    pub checks: &'static [Check],
    /// The value when the configuration has none.
    pub default: Option<Default>,
    /// What a change of it does.
    pub change: Effect,
    /// When a computed value may become another one.
    pub settles: Settles,
    /// Masked in Terraform's output.
    pub sensitive: bool,
    /// Taken from the configuration only, never stored.
    pub write_only: bool,
    /// Serves the provider only: a change of it alone writes nothing to the service.
    pub local: bool,
    /// True for two known values that are spelled differently and mean the same: the prior spelling stays.
    pub same: Option<fn(&Value, &Value) -> bool>,
    /// Whether its collection may hold elements that are null.
    pub null_elements: bool,
    /// What may change its plan.
    pub modifier: Option<Modifier>,
}

impl Attribute {
    /// An attribute with no checks and no default, changed in place.
    pub const fn new(name: &'static str, ty: Type, mode: Mode, doc: &'static str) -> Attribute {
        Attribute {
            name,
            ty,
            mode,
            doc,
            checks: &[],
            default: None,
            change: Effect::InPlace,
            settles: Settles::OnCreate,
            sensitive: false,
            write_only: false,
            local: false,
            same: None,
            null_elements: false,
            modifier: None,
        }
    }

    /// With another description.
    pub const fn doc(mut self, doc: &'static str) -> Attribute {
        self.doc = doc;
        self
    }

    /// With checks of configured values.
    pub const fn checks(mut self, checks: &'static [Check]) -> Attribute {
        self.checks = checks;
        self
    }

    /// With a default.
    pub const fn default(mut self, default: Default) -> Attribute {
        self.default = Some(default);
        self
    }

    /// A change of it replaces the object.
    pub const fn replace(mut self) -> Attribute {
        self.change = Effect::Replace;
        self
    }

    /// Its computed value may become another one with every change of the object.
    pub const fn recompute_on_change(mut self) -> Attribute {
        self.settles = Settles::OnChange;
        self
    }

    /// Masked in Terraform's output.
    pub const fn sensitive(mut self) -> Attribute {
        self.sensitive = true;
        self
    }

    /// Elements of its collection may be null. Few services mean anything by these, so they are refused otherwise.
    pub const fn allow_null_elements(mut self) -> Attribute {
        self.null_elements = true;
        self
    }

    /// Never stored.
    pub const fn write_only(mut self) -> Attribute {
        self.write_only = true;
        self
    }

    /// Serves the provider only.
    pub const fn local(mut self) -> Attribute {
        self.local = true;
        self
    }

    /// With an equivalence of spellings.
    pub const fn same(mut self, same: fn(&Value, &Value) -> bool) -> Attribute {
        self.same = Some(same);
        self
    }

    /// With a function that may change its plan. It sees configured values too, and runs after all else is planned.
    pub const fn modify(mut self, modifier: Modifier) -> Attribute {
        self.modifier = Some(modifier);
        self
    }

    /// True when both values are known and mean the same to this attribute.
    pub fn semantic_eq(&self, a: &Value, b: &Value) -> bool {
        a == b
            || (a.is_wholly_known()
                && b.is_wholly_known()
                && self.same.is_some_and(|same| same(a, b)))
    }
}

/// Who gives an attribute its value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The provider does.
    Computed,
    /// The configuration may; the provider does when it does not.
    OptionalComputed,
}

impl Mode {
    /// The provider may give a value.
    pub const fn is_computed(self) -> bool {
        matches!(self, Mode::Computed | Mode::OptionalComputed)
    }
}

/// What a change of an attribute does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// The object is updated.
    InPlace,
    /// The object is replaced.
    Replace,
}

/// When a computed value may become another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settles {
    /// Once, when the object is created.
    OnCreate,
    /// With every change of the object.
    OnChange,
}
