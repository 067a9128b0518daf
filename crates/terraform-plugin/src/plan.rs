//! The plan engine: configuration and prior state in, planned state and replacement paths out. Pure and
//! deterministic: Terraform plans again at apply and refuses any difference.

mod nested;
mod stored;

pub(super) use self::stored::without_write_only;
use super::members::is_same;
use super::path::Path;
use super::schema::{Attribute, Effect, Schema, Settles};
use super::value::{Object, Value};

/// What the pure step plans.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// The planned state; null for a destroy.
    pub planned: Value,
    /// Attributes whose change replaces the object.
    pub replace: Vec<Path>,
}

impl Plan {
    /// The plan of a destroy.
    pub fn destroy() -> Plan {
        Plan { planned: Value::Null, replace: Vec::new() }
    }
}

/// Plans a create (prior null), an update, or a destroy (configuration null).
///
/// Core's proposal is used only to tell a destroy: the rest follows from configuration and prior state. In
/// particular an optional and computed attribute without configuration keeps its prior value even where core
/// proposes null for it, as it does for nested attributes.
pub fn plan(schema: &Schema, config: &Value, prior: &Value) -> Plan {
    if config.is_null() {
        return Plan::destroy();
    }
    if schema.depth.inside {
        return nested::plan(schema, config, prior);
    }
    let mut planned = carried(schema, config, prior);
    let creates = prior.is_null();
    if creates || writes(schema, prior, &planned) {
        mark_unknown(schema, config, creates, &mut planned);
    }
    let replace = if creates { Vec::new() } else { replacements(schema, prior, &planned) };
    Plan { planned, replace }
}

/// The planned object before anything of it is unknown. What was decoded has all its members in one order: so each is where it
/// is in the other one.
fn carried(schema: &Schema, config: &Value, prior: &Value) -> Value {
    let Value::Object(config) = config else { return Value::Null };
    let mut planned = Object::with_capacity(config.len());
    for (at, (name, value)) in config.iter().enumerate() {
        let attribute = schema.attributes.get(schema.order.member(at));
        let attribute = attribute.filter(|known| is_same(known.name.as_bytes(), name.as_bytes()));
        let value = match attribute.or_else(|| schema.attribute(name)) {
            Some(attribute) => carry(attribute, value, prior.get_near(at, name)),
            None => value.clone(),
        };
        planned.insert(name.clone(), value);
    }
    Value::Object(planned)
}

/// True when an attribute or a block that is written to the service differs.
pub fn writes(schema: &Schema, prior: &Value, planned: &Value) -> bool {
    let is_local = |name| match schema.attribute(name) {
        Some(attribute) => attribute.local,
        None => schema.blocks.iter().any(|block| block.name == name && block.local),
    };
    planned.differing(prior).any(|name| !is_local(name))
}

/// Marks the computed attributes without configuration that this change may settle anew.
pub fn mark_unknown(schema: &Schema, config: &Value, creates: bool, planned: &mut Value) {
    for (member, attribute) in schema.attributes.iter().enumerate() {
        let free = attribute.mode.is_computed()
            && attribute.default.is_none()
            && config.get_near(schema.order.position(member), attribute.name).is_null();
        if free && (creates || attribute.settles == Settles::OnChange) {
            planned.put(attribute.name, Value::Unknown);
        }
    }
}

fn carry(attribute: &Attribute, config: &Value, prior: &Value) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    if !config.is_null() {
        let same = !prior.is_null() && attribute.semantic_eq(config, prior);
        return if same { prior.clone() } else { config.clone() };
    }
    match attribute.default {
        Some(default) => default.value(),
        None if attribute.mode.is_computed() => prior.clone(),
        None => Value::Null,
    }
}

/// What is not known yet may well be what it was: a difference is seen by the second plan.
fn replaces(attribute: &Attribute, was: &Value, is: &Value) -> bool {
    attribute.change == Effect::Replace && was != is && (was.is_null() || !is.is_unknown())
}

fn replacements(schema: &Schema, prior: &Value, planned: &Value) -> Vec<Path> {
    let replaces = |(member, attribute): &(usize, &Attribute)| {
        let at = schema.order.position(*member);
        let (was, is) = (prior.get_near(at, attribute.name), planned.get_near(at, attribute.name));
        replaces(attribute, was, is)
    };
    let attributes = schema.attributes.iter().enumerate().filter(replaces);
    attributes.map(|(_, attribute)| Path::root(attribute.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::plan;
    use crate::schema::{Attribute, Default, Mode, Nesting, Schema, Type};
    use crate::value::Value;

    fn same_ignoring_case(a: &Value, b: &Value) -> bool {
        a.as_str().zip(b.as_str()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    }

    static WINDOW: [Attribute; 1] = [Attribute::new("from", Type::String, Mode::Required, "")];
    static SCHEMA: Schema = Schema::of(
        "",
        &[
            Attribute::new("id", Type::String, Mode::Computed, ""),
            Attribute::new("status", Type::String, Mode::Computed, "").recompute_on_change(),
            Attribute::new("name", Type::String, Mode::Required, "").same(same_ignoring_case),
            Attribute::new("agent", Type::String, Mode::OptionalComputed, "").replace(),
            Attribute::new("cps", Type::Int, Mode::OptionalComputed, ""),
            Attribute::new("note", Type::String, Mode::Optional, ""),
            Attribute::new("policy", Type::String, Mode::OptionalComputed, "")
                .default(Default::String("STOP"))
                .local(),
            Attribute::new(
                "windows",
                Type::Objects(Nesting::Set, &WINDOW),
                Mode::OptionalComputed,
                "",
            ),
            Attribute::new("secret", Type::String, Mode::Optional, "").write_only(),
        ],
    );

    /// `name=text` pairs; `?` is unknown; numbers are numbers.
    fn object(text: &str) -> Value {
        if text == "null" {
            return Value::Null;
        }
        let mut value = SCHEMA.empty();
        for pair in text.split_whitespace() {
            let (name, text) = pair.split_once('=').unwrap();
            let attribute = SCHEMA.attribute(name).unwrap();
            let parsed = match text {
                "?" => Value::Unknown,
                "[]" => Value::Set(Vec::new()),
                _ if text.starts_with('[') => Value::set(vec![Value::object([(
                    "from",
                    Value::string(text.trim_matches(['[', ']'])),
                )])]),
                _ => text.parse().map_or_else(|_| Value::string(text), Value::int),
            };
            value.put(attribute.name, parsed);
        }
        value
    }

    #[track_caller]
    fn check(config: &str, prior: &str, planned: &str, replace: &[&str]) {
        let config = object(config);
        let plan = plan(&SCHEMA, &config, &object(prior));
        assert_eq!(plan.planned, object(planned));
        assert_eq!(plan.replace.iter().map(ToString::to_string).collect::<Vec<_>>(), replace);
    }

    #[test]
    fn a_create_leaves_to_the_service_what_is_not_configured() {
        check(
            "name=a cps=7 secret=s",
            "null",
            "id=? status=? name=a agent=? cps=7 policy=STOP windows=?",
            &[],
        );
    }

    #[test]
    fn an_unchanged_object_plans_nothing() {
        let prior = "id=1 status=RUNNING name=a agent=x cps=7 policy=STOP windows=[9]";
        check("name=a", prior, prior, &[]);
        check("name=A cps=7 windows=[9]", prior, prior, &[]);
    }

    #[test]
    fn a_change_settles_anew_only_what_changes_with_it() {
        check(
            "name=b",
            "id=1 status=RUNNING name=a agent=x cps=7 policy=STOP windows=[9]",
            "id=1 status=? name=b agent=x cps=7 policy=STOP windows=[9]",
            &[],
        );
        check(
            "name=a windows=[]",
            "id=1 status=RUNNING name=a policy=STOP windows=[9]",
            "id=1 status=? name=a policy=STOP windows=[]",
            &[],
        );
    }

    #[test]
    fn provider_side_arguments_write_nothing() {
        check(
            "name=a policy=ABANDON",
            "id=1 status=RUNNING name=a policy=STOP",
            "id=1 status=RUNNING name=a policy=ABANDON",
            &[],
        );
        check(
            "name=a",
            "id=1 status=S name=a policy=ABANDON",
            "id=1 status=S name=a policy=STOP",
            &[],
        );
    }

    #[test]
    fn a_replacing_attribute_is_named_when_it_surely_differs() {
        check(
            "name=a agent=y",
            "id=1 name=a agent=x",
            "id=1 status=? name=a agent=y policy=STOP",
            &["agent"],
        );
        check(
            "name=a agent=?",
            "id=1 name=a agent=x",
            "id=1 status=? name=a agent=? policy=STOP",
            &[],
        );
        check("name=a", "id=1 name=a agent=x policy=STOP", "id=1 name=a agent=x policy=STOP", &[]);
    }

    #[test]
    fn a_destroy_plans_null() {
        let prior = object("id=1 name=a");
        assert_eq!(plan(&SCHEMA, &Value::Null, &prior).planned, Value::Null);
    }
}
