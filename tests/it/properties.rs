//! Values and plans that nobody thought of: encodings agree with decodings, and every plan obeys what Terraform
//! asserts of it. The assertions are restated here from the protocol's rules, not taken from the planner.

use proptest::prelude::*;
use terraform_plugin::driver::Provider as _;
use terraform_plugin::engine::{Answer, Engine, Input, PlanInputs};
use terraform_plugin::number::Number;
use terraform_plugin::schema::{Attribute, Mode, Nesting, Schema, Type};
use terraform_plugin::value::{Object, Value};
use terraform_plugin::{json, msgpack};
use terraform_provider_aiccs::provider::Aiccs;

/// What may stand where besides known values.
#[derive(Clone, Copy)]
struct Holes {
    unknown: u32,
    null: u32,
}

const NONE: Holes = Holes { unknown: 0, null: 0 };

/// A value of a type. Few words, so that equal and almost equal values are common.
fn value(ty: Type, holes: Holes) -> BoxedStrategy<Value> {
    let inner = Holes { null: 0, ..holes };
    let known = match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Int => prop_oneof![0..4i64, Just(118_700_000_000_000_001), any::<i64>()]
            .prop_map(Value::int)
            .boxed(),
        Type::Float => "-?[0-9]{1,25}(\\.[0-9]{1,25})?"
            .prop_filter_map("a number", |text| Number::parse(&text).map(Value::Number))
            .boxed(),
        Type::String => {
            static WORDS: [&str; 15] = [
                "",
                "a",
                "b",
                "09:00",
                "09:00:00",
                "12:00",
                "IMMEDIATE",
                "SCHEDULE",
                "RUNNING",
                "STOPPED",
                "MONDAY",
                "STOP",
                "PREVENT",
                "118000000000000001",
                "回访 🙂",
            ];
            proptest::sample::select(&WORDS[..]).prop_map(Value::string).boxed()
        }
        Type::List(element) => {
            proptest::collection::vec(value(*element, inner), 0..3).prop_map(Value::List).boxed()
        }
        Type::Set(element) => {
            proptest::collection::vec(value(*element, inner), 0..3).prop_map(Value::set).boxed()
        }
        Type::Map(element) => {
            proptest::collection::btree_map("[a-c]", value(*element, inner), 0..3)
                .prop_map(Value::Map)
                .boxed()
        }
        Type::Tuple(_) | Type::Object(_) | Type::Dynamic => unreachable!("no schema has these"),
        Type::Objects(nesting, attributes) => objects(nesting, attributes, inner),
    };
    prop_oneof![
        12 => known,
        holes.unknown => Just(Value::Unknown),
        holes.null => Just(Value::Null),
    ]
    .boxed()
}

fn objects(
    nesting: Nesting,
    attributes: &'static [Attribute],
    holes: Holes,
) -> BoxedStrategy<Value> {
    let one = members(attributes.iter().map(|a| (a.name, value(a.ty, holes))).collect());
    let some = proptest::collection::vec(one.clone(), 0..3);
    match nesting {
        Nesting::Single | Nesting::Group => one,
        Nesting::List => some.prop_map(Value::List).boxed(),
        Nesting::Set => some.prop_map(Value::set).boxed(),
        Nesting::Map => {
            proptest::collection::btree_map("[a-c]", one, 0..3).prop_map(Value::Map).boxed()
        }
    }
}

fn members(of: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) = of.into_iter().unzip();
    let object = move |values: Vec<Value>| {
        Value::Object(names.iter().map(|name| (*name).into()).zip(values).collect::<Object>())
    };
    values.prop_map(object).boxed()
}

/// An object of a schema whose attributes have the holes that `holes` gives them.
fn object(
    schema: &'static Schema,
    holes: impl Fn(&Attribute) -> Option<Holes>,
) -> BoxedStrategy<Value> {
    let mut parts: Vec<(&'static str, BoxedStrategy<Value>)> = Vec::new();
    for attribute in schema.attributes {
        let strategy = match holes(attribute) {
            Some(holes) => value(attribute.ty, holes),
            None => Just(Value::Null).boxed(),
        };
        parts.push((attribute.name, strategy));
    }
    for block in schema.blocks {
        let null = u32::from(block.nesting == Nesting::Single);
        parts.push((
            block.name,
            value(Type::Objects(block.nesting, block.attributes), Holes { unknown: 0, null }),
        ));
    }
    members(parts)
}

fn config(schema: &'static Schema, unknown: u32) -> BoxedStrategy<Value> {
    object(schema, move |attribute| match attribute.mode {
        Mode::Required => Some(Holes { unknown, null: 0 }),
        Mode::Optional | Mode::OptionalComputed => Some(Holes { unknown, null: 16 }),
        Mode::Computed => None,
    })
}

/// A stored object; some of it may be null, as after an import.
fn state(schema: &'static Schema) -> BoxedStrategy<Value> {
    object(schema, |attribute| (!attribute.write_only).then_some(Holes { unknown: 0, null: 4 }))
}

/// The state, or the state with what the configuration says, so that small changes are common.
fn prior(schema: &'static Schema, config: &Value) -> BoxedStrategy<Value> {
    let config = config.clone();
    let close = (state(schema), proptest::collection::vec(0..10, schema.attributes.len()))
        .prop_map(move |(mut state, takes)| {
            for (attribute, take) in schema.attributes.iter().zip(takes) {
                let configured = config.get(attribute.name);
                if take > 0 && configured.is_wholly_known() && !configured.is_null() {
                    state.put(attribute.name, configured.clone());
                }
            }
            state
        });
    prop_oneof![1 => Just(Value::Null), 1 => state(schema), 4 => close].boxed()
}

fn case(schema: &'static Schema) -> BoxedStrategy<(Value, Value)> {
    config(schema, 2)
        .prop_flat_map(move |config| (Just(config.clone()), prior(schema, &config)))
        .boxed()
}

/// Core's proposal: where a computed attribute has no configuration, what was there.
fn proposed(schema: &Schema, config: &Value, prior: &Value) -> Value {
    let mut proposed = config.clone();
    for attribute in schema.attributes.iter().filter(|attribute| attribute.mode.is_computed()) {
        if config.get(attribute.name).is_null() {
            proposed.put(attribute.name, prior.get(attribute.name).clone());
        }
    }
    proposed
}

fn input(value: &Value, schema: &Schema) -> Input {
    Input { msgpack: msgpack::encode(value, schema).into(), ..Input::default() }
}

fn planned(name: &str, schema: &Schema, config: &Value, prior: &Value) -> Answer {
    let inputs = PlanInputs {
        prior: input(prior, schema),
        proposed: input(&proposed(schema, config, prior), schema),
        config: input(config, schema),
        ..PlanInputs::default()
    };
    // Without a configured provider nothing is asked, so nothing is waited for.
    let engine = Engine::new(Aiccs);
    let mut plan = std::pin::pin!(engine.plan(name, &inputs));
    match plan.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(answer) => answer,
        std::task::Poll::Pending => panic!("a plan waits"),
    }
}

fn decoded(answer: &Answer, schema: &Schema) -> Value {
    msgpack::decode(answer.value.as_deref().unwrap(), schema).unwrap()
}

/// AssertPlanValid: what is wrong with a plan.
fn plan_valid(
    schema: &Schema,
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Result<(), String> {
    if !planned.is_known() {
        return Err("planned for absence but configuration wants existence".to_owned());
    }
    for attribute in schema.attributes {
        let name = attribute.name;
        attribute_valid(attribute, prior.get(name), config.get(name), planned.get(name))
            .map_err(|error| format!("{name}: {error}"))?;
    }
    for block in schema.blocks {
        let (config, planned) = (config.get(block.name), planned.get(block.name));
        let count = |value: &Value| value.elements().map(<[Value]>::len);
        if planned.is_unknown() && !config.is_unknown() {
            return Err(format!("{}: unknown block", block.name));
        }
        if planned.is_null() != config.is_null() || count(planned) != count(config) {
            return Err(format!("{}: another number of blocks", block.name));
        }
        if planned != config {
            return Err(format!("{}: {planned} for {config}", block.name));
        }
    }
    Ok(())
}

fn attribute_valid(
    attribute: &Attribute,
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Result<(), String> {
    if attribute.write_only {
        return if planned.is_null() { Ok(()) } else { Err("write-only value".to_owned()) };
    }
    let kept = planned == prior && !prior.is_null() && !config.is_null();
    if planned == config || kept || attribute.mode == Mode::Computed {
        return Ok(());
    }
    if attribute.mode == Mode::OptionalComputed && config.is_null() {
        return Ok(());
    }
    if config.is_null() {
        return Err(format!("{planned} where nothing is configured"));
    }
    let Type::Objects(nesting, attributes) = attribute.ty else {
        return Err(format!("{planned} matches neither {config} nor {prior}"));
    };
    nested_valid(nesting, attributes, config, planned)
}

fn nested_valid(
    nesting: Nesting,
    attributes: &[Attribute],
    config: &Value,
    planned: &Value,
) -> Result<(), String> {
    if !planned.is_known() {
        return Err("as a whole unknown or null".to_owned());
    }
    let each = |config: &Value, planned: &Value| {
        attributes.iter().try_for_each(|inner| {
            let name = inner.name;
            attribute_valid(inner, &Value::Null, config.get(name), planned.get(name))
        })
    };
    match (nesting, config, planned) {
        (Nesting::Single, _, _) => each(config, planned),
        (Nesting::Map, Value::Map(config), Value::Map(planned)) => {
            if !config.keys().eq(planned.keys()) {
                return Err("other keys".to_owned());
            }
            config.values().zip(planned.values()).try_for_each(|(c, p)| each(c, p))
        }
        _ => {
            let (config, planned) =
                (config.elements().unwrap_or_default(), planned.elements().unwrap_or_default());
            if config.len() != planned.len() {
                return Err("another number of elements".to_owned());
            }
            // Elements of sets are not correlated.
            let ordered = nesting == Nesting::List;
            config.iter().zip(planned).filter(|_| ordered).try_for_each(|(c, p)| each(c, p))
        }
    }
}

/// AssertObjectCompatible: `actual` is what `planned` promised.
fn compatible(planned: &Value, actual: &Value) -> Result<(), String> {
    let differs = || Err(format!("{actual} is not the planned {planned}"));
    match (planned, actual) {
        (Value::Unknown, _) => Ok(()),
        (Value::Object(planned), Value::Object(actual)) => {
            planned.iter().try_for_each(|(name, value)| {
                let actual = actual.get(name).ok_or_else(|| format!("{name} is missing"))?;
                compatible(value, actual).map_err(|error| format!("{name}: {error}"))
            })
        }
        (Value::Map(a), Value::Map(b)) if a.keys().eq(b.keys()) => {
            a.values().zip(b.values()).try_for_each(|(a, b)| compatible(a, b))
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            a.iter().zip(b).try_for_each(|(a, b)| compatible(a, b))
        }
        // Unknown elements may turn out to be equal to others: a set may shrink, never grow.
        (Value::Set(a), Value::Set(b)) if !planned.is_wholly_known() => {
            let held = |value: &Value| a.iter().any(|planned| compatible(planned, value).is_ok());
            if b.len() <= a.len() && b.iter().all(held) { Ok(()) } else { differs() }
        }
        (planned, actual) if planned == actual => Ok(()),
        _ => differs(),
    }
}

/// Every unknown replaced by a known value of its type.
fn settled(value: &Value, ty: Type) -> Value {
    let member = |attributes: &[Attribute], value: &Value| {
        if value.is_unknown() || value.is_null() {
            return value.clone();
        }
        let settle = |a: &Attribute| (a.name.into(), settled(value.get(a.name), a.ty));
        Value::Object(attributes.iter().map(settle).collect())
    };
    match (value, ty) {
        (Value::Unknown, Type::Bool) => Value::Bool(true),
        (Value::Unknown, Type::Int | Type::Float) => Value::int(2),
        (Value::Unknown, Type::String) => Value::string("settled"),
        (Value::Unknown, Type::List(_) | Type::Objects(Nesting::List, _)) => Value::List(vec![]),
        (Value::Unknown, Type::Set(_) | Type::Objects(Nesting::Set, _)) => Value::set(vec![]),
        (Value::Unknown, Type::Map(_) | Type::Objects(Nesting::Map, _)) => {
            Value::Map(Default::default())
        }
        (Value::Unknown, Type::Objects(Nesting::Single, attributes)) => Value::Object(
            attributes.iter().map(|a| (a.name.into(), settled(&Value::Unknown, a.ty))).collect(),
        ),
        (Value::Set(elements), Type::Set(ty)) => {
            Value::set(elements.iter().map(|e| settled(e, *ty)).collect())
        }
        (Value::List(elements), Type::List(ty)) => {
            Value::List(elements.iter().map(|e| settled(e, *ty)).collect())
        }
        (Value::Set(elements), Type::Objects(_, attributes)) => {
            Value::set(elements.iter().map(|e| member(attributes, e)).collect())
        }
        (Value::List(elements), Type::Objects(_, attributes)) => {
            Value::List(elements.iter().map(|e| member(attributes, e)).collect())
        }
        (Value::Object(_), Type::Objects(_, attributes)) => member(attributes, value),
        _ => value.clone(),
    }
}

/// One registered resource and a case of it.
fn resource_case() -> BoxedStrategy<(&'static str, &'static Schema, Value, Value)> {
    (0..Aiccs.resources().len())
        .prop_flat_map(|index| {
            let resource = Aiccs.resources()[index];
            let (name, schema) = (resource.name(), resource.schema());
            case(schema).prop_map(move |(config, prior)| (name, schema, config, prior))
        })
        .boxed()
}

/// A wholly known configuration, for a create.
fn known_case() -> BoxedStrategy<(&'static str, &'static Schema, Value)> {
    (0..Aiccs.resources().len())
        .prop_flat_map(|index| {
            let resource = Aiccs.resources()[index];
            let (name, schema) = (resource.name(), resource.schema());
            config(schema, 0).prop_map(move |config| (name, schema, config))
        })
        .boxed()
}

fn any_object() -> BoxedStrategy<(&'static Schema, Value)> {
    (0..Aiccs.resources().len())
        .prop_flat_map(|index| {
            let schema = Aiccs.resources()[index].schema();
            object(schema, |_| Some(Holes { unknown: 2, null: 2 })).prop_map(move |v| (schema, v))
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 1 << 20, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_what_terraform_accepts_and_the_same_again((name, schema, config, prior) in resource_case()) {
        let answer = planned(name, schema, &config, &prior);
        prop_assume!(!answer.diagnostics.has_errors());
        let plan = decoded(&answer, schema);
        prop_assert_eq!(plan_valid(schema, &prior, &config, &plan), Ok(()));
        for path in &answer.replace {
            prop_assert!(!prior.is_null() && schema.attributes.iter().any(|a| path.to_string() == a.name));
        }
        let again = planned(name, schema, &config, &prior);
        prop_assert_eq!((&answer.value, &answer.private), (&again.value, &again.private));
    }

    #[test]
    fn the_plan_at_apply_keeps_what_the_first_one_promised((name, schema, config, prior) in resource_case()) {
        let first = planned(name, schema, &config, &prior);
        let mut known = config.clone();
        for attribute in schema.attributes {
            known.put(attribute.name, settled(config.get(attribute.name), attribute.ty));
        }
        let last = planned(name, schema, &known, &prior);
        // What does not pass its checks once it is known is not planned again.
        let resource = Aiccs.resources().iter().find(|resource| resource.name() == name).unwrap();
        prop_assume!(!resource.check(&known).has_errors());
        // A replacement is planned a second time, without a prior state.
        prop_assume!(!first.diagnostics.has_errors() && !last.diagnostics.has_errors());
        prop_assume!(first.replace.is_empty() && last.replace.is_empty());
        prop_assert_eq!(compatible(&decoded(&first, schema), &decoded(&last, schema)), Ok(()));
    }

    #[test]
    fn what_an_apply_stores_plans_itself((name, schema, config) in known_case()) {
        let mut stored = decoded(&planned(name, schema, &config, &Value::Null), schema);
        for attribute in schema.attributes {
            stored.put(attribute.name, settled(stored.get(attribute.name), attribute.ty));
        }
        // The run state is wished for and seldom as these words have it: nothing is wished for here.
        let answer = planned(name, schema, &config, &stored);
        prop_assume!(!answer.diagnostics.has_errors() && config.get("desired_status").is_null());
        prop_assert_eq!(decoded(&answer, schema), stored);
        prop_assert!(answer.replace.is_empty());
    }

    #[test]
    fn msgpack_decodes_what_it_encodes((schema, value) in any_object()) {
        let bytes = msgpack::encode(&value, schema);
        prop_assert_eq!(msgpack::decode(&bytes, schema), Ok(value));
    }

    #[test]
    fn a_number_survives_every_form_it_travels_in(value in value(Type::Float, NONE)) {
        let bytes = msgpack::encode_value(&value, Type::Float);
        prop_assert_eq!(msgpack::decode_value(&bytes, Type::Float), Ok(value.clone()));
        prop_assert_eq!(json::decode_value(value.to_string().as_bytes(), Type::Float), Ok(value));
    }

    #[test]
    fn a_double_is_the_number_it_shows(double in proptest::num::f64::NORMAL) {
        let bytes = [&[0xcb][..], &double.to_be_bytes()].concat();
        let value = msgpack::decode_value(&bytes, Type::Float).unwrap();
        let Value::Number(number) = &value else { panic!("{value}") };
        prop_assert_eq!(number.to_string().parse::<f64>(), Ok(double));
    }

    #[test]
    fn any_bytes_are_a_value_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for resource in Aiccs.resources() {
            if let Ok(value) = msgpack::decode(&bytes, resource.schema()) {
                let again = msgpack::encode(&value, resource.schema());
                prop_assert_eq!(msgpack::decode(&again, resource.schema()), Ok(value));
            }
            let _ = json::decode(&bytes, resource.schema());
        }
    }
}

#[test]
fn every_extension_up_to_the_limit_is_unknown() {
    let refined: [&[u8]; 7] = [
        &[0xd4, 0, 0],
        // Not null; with a prefix; with bounds; with lengths; refinements of a later version.
        &[0xc7, 3, 0x0c, 0x81, 0x01, 0xc2],
        &[0xc7, 7, 0x0c, 0x82, 0x01, 0xc2, 0x02, 0xa2, b'n', b'-'],
        &[0xc7, 7, 0x0c, 0x82, 0x01, 0xc2, 0x03, 0x92, 0x00, 0xc3],
        &[0xc7, 5, 0x0c, 0x82, 0x05, 0x01, 0x06, 0x02],
        &[0xc7, 3, 0x0c, 0x81, 0x63, 0xc3],
        &[0xd8, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    static STRINGS: Type = Type::Set(&Type::String);
    for bytes in refined {
        for ty in [Type::String, Type::Int, Type::Bool, STRINGS] {
            assert_eq!(msgpack::decode_value(bytes, ty), Ok(Value::Unknown), "{bytes:x?}");
        }
    }
}

#[test]
fn big_and_fractional_numbers_are_exact_in_both_forms() {
    for text in [
        "9223372036854775808",
        "-9223372036854775809",
        "0.1",
        "1.5",
        "-0.000001",
        "18446744073709551616",
    ] {
        let mut bytes = vec![0xd9, text.len() as u8];
        bytes.extend(text.as_bytes());
        let value = msgpack::decode_value(&bytes, Type::Float).unwrap();
        assert_eq!(value.to_string(), text);
        assert_eq!(json::decode_value(text.as_bytes(), Type::Float), Ok(value));
    }
    let largest = [&[0xcf][..], &[0xff; 8]].concat();
    assert_eq!(
        msgpack::decode_value(&largest, Type::Int).unwrap().to_string(),
        u64::MAX.to_string()
    );
    for infinite in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let bytes = [&[0xcb][..], &infinite.to_be_bytes()].concat();
        assert!(msgpack::decode_value(&bytes, Type::Float).is_err());
    }
}
