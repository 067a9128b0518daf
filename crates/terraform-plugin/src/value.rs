//! Terraform's values: null, unknown and known, in one enum. Knows no encoding and no schema.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::kind::Kind;
use super::members::Members;
use super::number::Number;
use super::path::{Path, Step};

/// A value of any Terraform type.
///
/// Sets keep their elements sorted and without duplicates (see [`Value::set`]), so `==` compares values as
/// Terraform does, whatever order a set arrived in.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Value {
    /// Absent.
    #[default]
    Null,
    /// Known only after apply. Refinements of unknown values are not kept.
    Unknown,
    /// `bool`
    Bool(bool),
    /// `number`, exact
    Number(Number),
    /// `string`
    String(String),
    /// `list(T)`, or nested objects in order
    List(Vec<Value>),
    /// Nested objects in order that stay as they arrived
    Packed(Packed),
    /// `set(T)`: build it with [`Value::set`]
    Set(Vec<Value>),
    /// `map(T)`
    Map(BTreeMap<String, Value>),
    /// `object({...})`: always all attributes of its type
    Object(Object),
    /// A value of type `dynamic`, with its own type
    Dynamic(Box<Dynamic>),
}

/// A value that carries its own type.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Dynamic {
    /// Its type.
    pub kind: Kind,
    /// The value, null and unknown ones included.
    pub value: Value,
}

impl Dynamic {
    /// A value with the type that it has by itself: lists become tuples, maps of unlike values objects.
    pub fn of(value: Value) -> Dynamic {
        let value = value.without_kinds();
        Dynamic { kind: kind_of(&value), value }
    }
}

/// A list of nested objects that is unpacked one object at a time: a hundred thousand of them take hardly more than
/// their encoding. Only write-only lists are kept so, of which nothing is planned or stored.
#[derive(Clone)]
pub struct Packed(Arc<dyn Elements>);

/// What a [`Packed`] list unpacks.
pub trait Elements: Send + Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// No unknown anywhere inside.
    fn is_wholly_known(&self) -> bool;

    /// One after the other.
    fn each(&self) -> Box<dyn Iterator<Item = Value> + Send + '_>;
}

impl Packed {
    /// A list that unpacks these elements.
    pub fn new(elements: impl Elements + 'static) -> Packed {
        Packed(Arc::new(elements))
    }
}

/// The members of an object value, by attribute name.
pub type Object = Members<Value>;

impl Value {
    /// A set: sorted, equal known elements coalesced. Elements that hold an unknown stay apart, since they may
    /// still turn out to be different.
    pub fn set(mut elements: Vec<Value>) -> Value {
        // Equal ones are the same, so their order does not matter.
        elements.sort_unstable();
        elements.dedup_by(|a, b| a == b && a.is_wholly_known());
        Value::Set(elements)
    }

    /// An object from pairs of name and value.
    pub fn object<const N: usize>(members: [(&'static str, Value); N]) -> Value {
        Value::Object(
            members.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect(),
        )
    }

    /// A string value.
    pub fn string(text: impl Into<String>) -> Value {
        Value::String(text.into())
    }

    /// A whole number.
    pub fn int(number: i64) -> Value {
        Value::Number(Number::from(number))
    }

    /// A value of type `dynamic` with the type that it has by itself, see [`Dynamic::of`].
    pub fn dynamic(value: Value) -> Value {
        Value::Dynamic(Box::new(Dynamic::of(value)))
    }

    /// This value, or what it holds if it carries its own type.
    pub fn bare(&self) -> &Value {
        if let Value::Dynamic(dynamic) = self { dynamic.value.bare() } else { self }
    }

    /// True for [`Value::Null`] itself; a dynamic null has a type, see [`Value::bare`].
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// True for [`Value::Unknown`] itself; see [`Value::is_wholly_known`] for values inside.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// Neither null nor unknown.
    pub fn is_known(&self) -> bool {
        !self.is_null() && !self.is_unknown()
    }

    /// No unknown anywhere inside.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::List(elements) | Value::Set(elements) => {
                elements.iter().all(Value::is_wholly_known)
            }
            Value::Packed(packed) => packed.0.is_wholly_known(),
            Value::Dynamic(dynamic) => dynamic.value.is_wholly_known(),
            Value::Map(members) => members.values().all(Value::is_wholly_known),
            Value::Object(members) => members.values().all(Value::is_wholly_known),
        }
    }

    /// The same value with every unknown inside turned into null: what may be stored as state.
    pub fn without_unknowns(self) -> Value {
        let all =
            |elements: Vec<Value>| elements.into_iter().map(Value::without_unknowns).collect();
        match self {
            Value::Unknown => Value::Null,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => self,
            Value::List(elements) => Value::List(all(elements)),
            Value::Packed(packed) if packed.0.is_wholly_known() => Value::Packed(packed),
            Value::Dynamic(dynamic) => {
                let Dynamic { kind, value } = *dynamic;
                Value::Dynamic(Box::new(Dynamic { kind, value: value.without_unknowns() }))
            }
            Value::Packed(packed) => Value::List(all(packed.0.each().collect())),
            Value::Set(elements) => Value::set(all(elements)),
            Value::Map(mut members) => {
                members.values_mut().for_each(|v| *v = std::mem::take(v).without_unknowns());
                Value::Map(members)
            }
            Value::Object(mut members) => {
                members.values_mut().for_each(|v| *v = std::mem::take(v).without_unknowns());
                Value::Object(members)
            }
        }
    }

    /// The same with null for every empty text that an object holds, also within blocks.
    #[must_use]
    pub fn without_empty_texts(self) -> Value {
        let all =
            |elements: Vec<Value>| elements.into_iter().map(Value::without_empty_texts).collect();
        match self {
            Value::Object(members) => {
                let is_empty = |member: &Value| member.as_str() == Some("");
                let kept = members.into_iter().map(|(name, member)| {
                    (
                        name,
                        if is_empty(&member) { Value::Null } else { member.without_empty_texts() },
                    )
                });
                Value::Object(kept.collect())
            }
            Value::List(elements) => Value::List(all(elements)),
            Value::Set(elements) => Value::set(all(elements)),
            other @ (Value::Null
            | Value::Unknown
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Packed(_)
            | Value::Dynamic(_)
            | Value::Map(_)) => other,
        }
    }

    /// Without types of their own inside: the value as a whole carries them.
    fn without_kinds(self) -> Value {
        let all = |elements: Vec<Value>| elements.into_iter().map(Value::without_kinds).collect();
        match self {
            Value::Dynamic(dynamic) => dynamic.value.without_kinds(),
            Value::List(elements) => Value::List(all(elements)),
            Value::Set(elements) => Value::set(all(elements)),
            Value::Map(mut members) => {
                members.values_mut().for_each(|v| *v = std::mem::take(v).without_kinds());
                Value::Map(members)
            }
            Value::Object(mut members) => {
                members.values_mut().for_each(|v| *v = std::mem::take(v).without_kinds());
                Value::Object(members)
            }
            plain @ (Value::Null
            | Value::Unknown
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Packed(_)) => plain,
        }
    }

    /// A member of an object; null when this is no object or has no such member.
    pub fn get(&self, name: &str) -> &Value {
        match self {
            Value::Object(members) => members.get(name).unwrap_or(&Value::Null),
            Value::Map(members) => members.get(name).unwrap_or(&Value::Null),
            Value::Dynamic(dynamic) => dynamic.value.get(name),
            Value::Null
            | Value::Unknown
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Packed(_)
            | Value::Set(_) => &Value::Null,
        }
    }

    /// As [`Value::get`] of a member that is expected at a position: that of a like object.
    pub(crate) fn get_near(&self, at: usize, name: &str) -> &Value {
        if let Value::Object(members) = self {
            members.get_near(at, name).unwrap_or(&Value::Null)
        } else {
            self.get(name)
        }
    }

    /// The names of the members of this object that are other values in a like one, by name.
    pub fn differing<'a>(&'a self, other: &'a Value) -> impl Iterator<Item = &'a str> {
        let members = if let Value::Object(members) = self { Some(members) } else { None };
        let members = members.into_iter().flat_map(Object::iter).enumerate();
        let differs = |(at, (name, value)): &(usize, (&Cow<'static, str>, &Value))| {
            other.get_near(*at, name) != *value
        };
        members.filter(differs).map(|(_, (name, _))| name.as_ref())
    }

    /// What stands at a path; null where there is nothing.
    pub fn at(&self, path: &Path) -> &Value {
        path.steps().iter().fold(self, |value, step| match step {
            Step::Attribute(name) => value.get(name),
            Step::Key(key) => value.get(key),
            Step::Index(index) => {
                let element = usize::try_from(*index).ok().and_then(|i| value.elements()?.get(i));
                element.unwrap_or(&Value::Null)
            }
        })
    }

    /// Sets a member of an object; does nothing when this is no object.
    pub fn put(&mut self, name: &'static str, value: Value) {
        if let Value::Object(members) = self {
            members.insert(Cow::Borrowed(name), value);
        }
    }

    /// A member of an object, to be changed.
    pub fn member_mut(&mut self, name: &str) -> Option<&mut Value> {
        if let Value::Object(members) = self { members.get_mut(name) } else { None }
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }

    /// A known bool.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self { Some(*value) } else { None }
    }

    /// A known whole number that fits 64 bits.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Number(number) = self { number.as_i64() } else { None }
    }

    /// The elements of a known list or set, packed or not, one after the other.
    pub fn each(&self) -> Box<dyn Iterator<Item = Cow<'_, Value>> + Send + '_> {
        if let Value::Packed(packed) = self {
            return Box::new(packed.0.each().map(Cow::Owned));
        }
        Box::new(self.elements().unwrap_or_default().iter().map(Cow::Borrowed))
    }

    /// How many elements a known list or set has.
    pub fn count(&self) -> usize {
        if let Value::Packed(packed) = self {
            return packed.0.count();
        }
        self.elements().map_or(0, <[Value]>::len)
    }

    /// The elements of a known list or set that is not packed.
    pub fn elements(&self) -> Option<&[Value]> {
        if let Value::List(elements) | Value::Set(elements) = self { Some(elements) } else { None }
    }
}

impl fmt::Display for Value {
    /// As a person would write it in a message: strings quoted, collections in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Unknown => f.write_str("(known after apply)"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::String(text) => write!(f, "{text:?}"),
            Value::List(elements) | Value::Set(elements) => {
                f.write_str("[")?;
                for (i, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Value::Packed(packed) => write!(f, "({} elements)", packed.0.count()),
            Value::Dynamic(dynamic) => write!(f, "{}", dynamic.value),
            Value::Map(members) => write_members(f, members.iter().map(|(k, v)| (k.as_str(), v))),
            Value::Object(members) => {
                write_members(f, members.iter().map(|(k, v)| (k.as_ref(), v)))
            }
        }
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} elements)", self.0.count())
    }
}

impl PartialEq for Packed {
    fn eq(&self, other: &Packed) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Packed {}

impl PartialOrd for Packed {
    fn partial_cmp(&self, other: &Packed) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Packed {
    fn cmp(&self, other: &Packed) -> Ordering {
        self.0.each().cmp(other.0.each())
    }
}

/// The type that a value has by itself.
fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Null | Value::Unknown => Kind::Dynamic,
        Value::Bool(_) => Kind::Bool,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
        Value::List(elements) => Kind::Tuple(elements.iter().map(kind_of).collect()),
        Value::Packed(packed) => Kind::Tuple(packed.0.each().map(|e| kind_of(&e)).collect()),
        Value::Set(elements) => Kind::Set(elements.first().map_or(Kind::Dynamic, kind_of).into()),
        Value::Map(members) => {
            let mut kinds = BTreeMap::new();
            for (key, value) in members {
                kinds.insert(key.clone(), kind_of(value));
            }
            let first = kinds.values().next().cloned().unwrap_or(Kind::Dynamic);
            match kinds.values().all(|kind| *kind == first) {
                true => Kind::Map(first.into()),
                false => Kind::Object(kinds),
            }
        }
        Value::Object(members) => {
            let mut kinds = BTreeMap::new();
            for (name, value) in members.iter() {
                kinds.insert(name.clone().into_owned(), kind_of(value));
            }
            Kind::Object(kinds)
        }
        Value::Dynamic(dynamic) => dynamic.kind.clone(),
    }
}

fn write_members<'a>(
    f: &mut fmt::Formatter<'_>,
    members: impl Iterator<Item = (&'a str, &'a Value)>,
) -> fmt::Result {
    f.write_str("{")?;
    for (i, (name, value)) in members.enumerate() {
        write!(f, "{}{name} = {value}", if i == 0 { " " } else { ", " })?;
    }
    f.write_str(" }")
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn sets_are_equal_whatever_their_order() {
        let a = Value::set(vec![Value::string("b"), Value::string("a"), Value::string("b")]);
        let b = Value::set(vec![Value::string("a"), Value::string("b")]);
        assert_eq!(a, b);
    }

    #[test]
    fn unknown_elements_of_a_set_stay_apart() {
        let set = Value::set(vec![Value::Unknown, Value::Unknown]);
        assert_eq!(set.elements().map(<[Value]>::len), Some(2));
    }

    #[test]
    fn without_unknowns_leaves_nothing_unknown() {
        let value =
            Value::object([("a", Value::Unknown), ("b", Value::List(vec![Value::Unknown]))]);
        assert!(!value.is_wholly_known());
        assert!(value.without_unknowns().is_wholly_known());
    }

    #[test]
    fn display_reads_like_configuration() {
        let value = Value::object([("a", Value::int(1)), ("b", Value::string("x\"y"))]);
        assert_eq!(value.to_string(), r#"{ a = 1, b = "x\"y" }"#);
    }
}
