//! Schemas as `const` data: attributes, nested objects, blocks. Knows values, not their encodings, and nothing
//! of what an attribute means to a service.

use super::diagnostic::Diagnostics;
use super::path::Path;
use super::value::Value;

/// The shape of an object that Terraform manages: a resource, a data source, the provider block.
#[derive(Debug)]
pub struct Schema {
    /// The version that state is stored under.
    pub version: i64,
    /// What the object is, in Markdown.
    pub doc: &'static str,
    /// Its attributes, in the order of the documentation.
    pub attributes: &'static [Attribute],
    /// Its nested blocks.
    pub blocks: &'static [NestedBlock],
}

impl Schema {
    /// The first version of an object with these attributes and no blocks.
    pub const fn of(doc: &'static str, attributes: &'static [Attribute]) -> Schema {
        Schema { version: 0, doc, attributes, blocks: &[] }
    }

    /// An object of this shape with these members; the others are null.
    pub fn object<const N: usize>(&self, members: [(&'static str, Value); N]) -> Value {
        let mut object = self.empty();
        for (name, value) in members {
            object.put(name, value);
        }
        object
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// An object with all attributes null and all blocks empty.
    pub fn empty(&self) -> Value {
        let attributes = self.attributes.iter().map(|a| (a.name.into(), Value::Null));
        let blocks = self.blocks.iter().map(|b| (b.name.into(), b.absent()));
        Value::Object(attributes.chain(blocks).collect())
    }
}

/// One attribute: name, type, and everything Terraform has to know of it.
#[derive(Clone, Copy, Debug)]
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
    pub change: Change,
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
            change: Change::InPlace,
            settles: Settles::OnCreate,
            sensitive: false,
            write_only: false,
            local: false,
            same: None,
        }
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
        self.change = Change::Replace;
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

    /// True when both values are known and mean the same to this attribute.
    pub fn semantic_eq(&self, a: &Value, b: &Value) -> bool {
        a == b
            || (a.is_wholly_known()
                && b.is_wholly_known()
                && self.same.is_some_and(|same| same(a, b)))
    }
}

/// The type of an attribute.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// `bool`
    Bool,
    /// `number`, whole
    Int,
    /// `number`
    Float,
    /// `string`
    String,
    /// `list(T)`
    List(&'static Type),
    /// `set(T)`
    Set(&'static Type),
    /// `map(T)`
    Map(&'static Type),
    /// Nested objects
    Objects(Nesting, &'static [Attribute]),
}

/// How nested objects are held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nesting {
    /// One, or null.
    Single,
    /// In order.
    List,
    /// Without order.
    Set,
    /// By key.
    Map,
}

/// A nested block.
#[derive(Clone, Copy, Debug)]
pub struct NestedBlock {
    /// Its name in configurations.
    pub name: &'static str,
    /// How its objects are held.
    pub nesting: Nesting,
    /// What it is, in Markdown.
    pub doc: &'static str,
    /// Its attributes; blocks inside blocks are not needed.
    pub attributes: &'static [Attribute],
    /// The most blocks a configuration may have; 0 for any number.
    pub max_items: i64,
}

impl NestedBlock {
    /// The type of its value.
    pub const fn ty(&self) -> Type {
        Type::Objects(self.nesting, self.attributes)
    }

    /// Its value when a configuration has none: collections are empty, never null.
    pub fn absent(&self) -> Value {
        match self.nesting {
            Nesting::Single => Value::Null,
            Nesting::List => Value::List(Vec::new()),
            Nesting::Set => Value::Set(Vec::new()),
            Nesting::Map => Value::Map(std::collections::BTreeMap::new()),
        }
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

/// A default value.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// For a bool.
    Bool(bool),
    /// For a number.
    Int(i64),
    /// For a string.
    String(&'static str),
}

impl Default {
    /// As a value.
    pub fn value(self) -> Value {
        match self {
            Default::Bool(value) => Value::Bool(value),
            Default::Int(value) => Value::int(value),
            Default::String(text) => Value::string(text),
        }
    }
}

/// What a change of an attribute does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
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

/// What a configured value must obey. On a collection of plain values, each element must, except for
/// [`Check::NotEmpty`] and [`Check::With`], which see the whole.
#[derive(Clone, Copy)]
pub enum Check {
    /// A whole number from..=to.
    Range(i64, i64),
    /// A warning for a number above the first, with the reason.
    WarnAbove(i64, &'static str),
    /// One of these words; anything else is an error.
    OneOf(&'static [&'static str]),
    /// One of these words; anything else is a warning, since the service may know more.
    Usually(&'static [&'static str]),
    /// One of these numbers, with their meanings; anything else is a warning.
    UsuallyInt(&'static [(i64, &'static str)]),
    /// Not the empty text, not an empty collection.
    NotEmpty,
    /// Anything else, and how to say it in documentation.
    With(&'static str, fn(&Value, &Path, &mut Diagnostics)),
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Check::Range(from, to) => write!(f, "Range({from}, {to})"),
            Check::WarnAbove(limit, _) => write!(f, "WarnAbove({limit})"),
            Check::OneOf(words) => write!(f, "OneOf({words:?})"),
            Check::Usually(words) => write!(f, "Usually({words:?})"),
            Check::UsuallyInt(words) => write!(f, "UsuallyInt({words:?})"),
            Check::NotEmpty => f.write_str("NotEmpty"),
            Check::With(what, _) => write!(f, "With({what:?})"),
        }
    }
}
