//! What the vendor documents about each operation: parameters, bounds, response fields.
//! Typed in from the vendor's pages and SDK, never from another table of this crate: it is the
//! second entry of a double bookkeeping. Holds data only; it must not know how a call is answered.

use serde::Serialize;

mod agents;
pub(crate) mod callees;
mod dyvms;
mod hotline;
mod sts;
mod tasks;

/// Version of every AICCS operation here.
pub const AICCS: &str = "2019-10-15";
/// Version of the Security Token Service's operations.
pub const STS: &str = "2015-04-01";
/// Version of the Voice Messaging Service's operation.
pub const DYVMS: &str = "2017-05-25";

/// One operation of the service.
#[derive(Debug, Serialize)]
pub struct Operation {
    /// Name, as in `Action`.
    pub name: &'static str,
    /// API version the operation belongs to.
    pub version: &'static str,
    /// Request parameters, without the common and the hidden ones.
    pub parameters: &'static [Parameter],
    /// Shape of the answer's `Data`.
    pub data: Data,
    /// Documented fields: of `Data`, or of its list items, or (STS) of the answer itself.
    pub fields: &'static [Field],
    /// `Code` of a success.
    pub code: &'static str,
}

/// One request parameter.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameter {
    /// Name on the wire.
    pub name: &'static str,
    /// Type of the value.
    pub kind: Kind,
    /// Documented as required, whatever the other parameters are.
    pub required: bool,
    /// Where the service reads it from.
    pub place: Place,
    /// Documented bounds or values.
    pub rule: Rule,
}

/// One response field.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Field {
    /// Name in the JSON answer, exact case.
    pub name: &'static str,
    /// Type of the value.
    pub kind: Kind,
}

/// Type of a parameter or field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A string; ids are decimal text.
    Text,
    /// A whole number of at most 64 bits.
    Integer,
    /// `true` or `false`; in requests any case is taken.
    Boolean,
    /// A JSON array of strings.
    Texts,
    /// A JSON array of whole numbers.
    Integers,
    /// Times of day. In requests a JSON array of JSON texts
    /// `{"startTime":"HH:mm:ss","endTime":"HH:mm:ss"}`; in answers objects with `StartTime` and `EndTime`.
    Windows,
    /// A JSON object.
    Object,
    /// A JSON array of objects.
    Objects,
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The URL's query, for POST too.
    Query,
    /// The form body.
    Form,
}

/// Documented bounds or values of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// None published.
    Any,
    /// A number from..=to.
    Range(i64, i64),
    /// One of these words; for lists each element.
    Words(&'static [&'static str]),
    /// At most so many elements, and at least one.
    Elements(usize),
    /// At most so many characters.
    Length(usize),
    /// `YYYY-MM-DD HH:mm:ss`.
    DateTime,
    /// The form of the windows is not documented: objects are taken beside JSON texts.
    Loose,
}

/// Shape of `Data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// A bool: true means done.
    Flag,
    /// A 64-bit id as a JSON number.
    Id,
    /// One object.
    Object,
    /// `{List, PageNo, PageSize, Total}` with objects.
    Page,
    /// A bare array.
    Array,
    /// `{Records, PageNo, PageSize, TotalCount, TotalPage}` with objects, in the member `Model` and not in `Data`.
    Model,
    /// No envelope: the fields stand beside `RequestId` (STS).
    Plain,
}

/// Every operation, grouped by family.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [tasks::TABLE, callees::TABLE, agents::TABLE, hotline::TABLE, sts::TABLE, dyvms::TABLE]
        .into_iter()
        .flatten()
}

/// The operation of that name.
pub fn operation(name: &str) -> Option<&'static Operation> {
    operations().find(|operation| operation.name == name)
}

/// Every operation as JSON, for tools that compare the contract with another source.
pub(super) fn json() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&operations().collect::<Vec<_>>())
}

/// Parameters that every operation of the family also takes (SDK); the service never needs them.
pub(crate) const HIDDEN: &[&str] = &["OwnerId", "ResourceOwnerAccount", "ResourceOwnerId"];

/// Parameters of the RPC protocol itself.
pub(crate) const COMMON: &[&str] = &[
    "AccessKeyId",
    "Action",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

impl Operation {
    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The response field of that name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Parameter {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn form(mut self) -> Self {
        self.place = Place::Form;
        self
    }

    const fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    const fn range(self, from: i64, to: i64) -> Self {
        self.rule(Rule::Range(from, to))
    }

    const fn words(self, words: &'static [&'static str]) -> Self {
        self.rule(Rule::Words(words))
    }
}

const fn takes(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: false, place: Place::Query, rule: Rule::Any }
}

const fn text(name: &'static str) -> Parameter {
    takes(name, Kind::Text)
}

const fn integer(name: &'static str) -> Parameter {
    takes(name, Kind::Integer)
}

const fn boolean(name: &'static str) -> Parameter {
    takes(name, Kind::Boolean)
}

const fn gives(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names = BTreeSet::new();
        for operation in operations() {
            assert!(names.insert(operation.name), "{} twice", operation.name);
            let parameters: BTreeSet<_> = operation.parameters.iter().map(|p| p.name).collect();
            assert_eq!(parameters.len(), operation.parameters.len(), "{}", operation.name);
            let fields: BTreeSet<_> = operation.fields.iter().map(|f| f.name).collect();
            assert_eq!(fields.len(), operation.fields.len(), "{}", operation.name);
        }
    }

    #[test]
    fn update_is_create_without_the_agent_and_with_the_task_id() {
        let names = |name| -> BTreeSet<_> {
            operation(name).unwrap().parameters.iter().map(|p| p.name).collect()
        };
        let (create, update) = (names("CreateAiCallTask"), names("UpdateAiCallTask"));
        assert_eq!(
            create.difference(&update).copied().collect::<Vec<_>>(),
            ["AgentId", "ApplicationCode"]
        );
        assert_eq!(update.difference(&create).copied().collect::<Vec<_>>(), ["TaskId"]);
    }
}
