//! Tests of the file beside: configuration and prior state as JSON, the plan as text. `\u{3f}` alone is an unknown text.

use crate::json;
use crate::plan::plan;
use crate::schema::modify::{requires_replace_if_configured, use_state_for_unknown};
use crate::schema::{Attribute, Default, Mode, NestedBlock, Nesting, Schema, Type};
use crate::value::Value;

fn ignoring_case(a: &Value, b: &Value) -> bool {
    a.as_str().zip(b.as_str()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
}

const DAY: Attribute = Attribute::new("day", Type::String, Mode::Required, "").same(ignoring_case);
const ID: Attribute = Attribute::new("id", Type::Int, Mode::Computed, "");
const HOURS: Attribute =
    Attribute::new("hours", Type::Int, Mode::OptionalComputed, "").default(Default::Int(8));
const ZONE: Attribute = Attribute::new("zone", Type::String, Mode::Optional, "").replace();
const SEEN: Attribute = Attribute::new("seen", Type::Int, Mode::Computed, "").recompute_on_change();
const TOKEN: Attribute = Attribute::new("token", Type::String, Mode::Optional, "").write_only();

static WINDOW: [Attribute; 5] = [DAY, ID, HOURS, ZONE, SEEN];
static SECRET: [Attribute; 2] = [DAY, TOKEN];
static SCHEMA: Schema =
    Schema::of(
        "",
        &[
            Attribute::new("one", Type::Objects(Nesting::Single, &WINDOW), Mode::Optional, ""),
            Attribute::new("list", Type::Objects(Nesting::List, &WINDOW), Mode::Optional, ""),
            Attribute::new("map", Type::Objects(Nesting::Map, &WINDOW), Mode::Optional, ""),
            Attribute::new("set", Type::Objects(Nesting::Set, &WINDOW), Mode::OptionalComputed, ""),
            Attribute::new("secret", Type::Objects(Nesting::List, &SECRET), Mode::Optional, ""),
        ],
    )
    .blocks(&[NestedBlock::new("outer", Nesting::List, "", &[DAY])
        .blocks(&[NestedBlock::new("inner", Nesting::Set, "", &WINDOW)])]);

/// Only the members that are not null or empty are compared, as text.
#[track_caller]
fn check_of(schema: &'static Schema, config: &str, prior: &str, planned: &str, replace: &[&str]) {
    let decode = |text: &str| json::decode(text.as_bytes(), schema).unwrap();
    let plan = plan(schema, &unknowns(decode(config)), &decode(prior));
    let again = json::decode(b"{}", schema).unwrap();
    let mut told = Vec::new();
    if let Value::Object(members) = &plan.planned {
        for (name, value) in members.iter().filter(|(name, value)| again.get(name) != *value) {
            told.push(format!(
                "{name} = {}",
                value.to_string().replace("(known after apply)", "?")
            ));
        }
    }
    assert_eq!(told.join("\n"), planned);
    assert_eq!(plan.replace.iter().map(ToString::to_string).collect::<Vec<_>>(), replace);
}

#[track_caller]
fn check(config: &str, prior: &str, planned: &str, replace: &[&str]) {
    check_of(&SCHEMA, config, prior, planned, replace);
}

/// The text `?` stands for an unknown one.
fn unknowns(value: Value) -> Value {
    let all = |elements: Vec<Value>| elements.into_iter().map(unknowns).collect();
    match value {
        Value::String(text) if text == "?" => Value::Unknown,
        Value::List(elements) => Value::List(all(elements)),
        Value::Set(elements) => Value::set(all(elements)),
        Value::Map(members) => {
            Value::Map(members.into_iter().map(|(k, v)| (k, unknowns(v))).collect())
        }
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(k, v)| (k, unknowns(v))).collect())
        }
        plain @ (Value::Null
        | Value::Unknown
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Packed(_)
        | Value::Dynamic(_)) => plain,
    }
}

const WAS: &str = r#"{"day": "MON", "id": 1, "hours": 8, "seen": 3}"#;

#[test]
fn a_new_object_has_its_defaults_and_what_is_not_known_yet() {
    check(
        r#"{"one": {"day": "MON"}}"#,
        "null",
        r#"one = { day = "MON", hours = 8, id = ?, seen = ?, zone = null }
set = ?"#,
        &[],
    );
}

#[test]
fn what_was_there_is_found_by_name_index_and_key() {
    for (name, held) in
        [("one", "ONE"), ("list", "[ONE]"), ("map", r#"{"k": ONE}"#), ("set", "[ONE]")]
    {
        let of = |one: &str| format!("{{\"{name}\": {}}}", held.replace("ONE", one));
        let shown = r#"{ day = "MON", hours = 8, id = 1, seen = 3, zone = null }"#;
        let held = held.replace("\"k\": ", "k = ").replace('{', "{ ").replace('}', " }");
        // Another spelling of the day is the day as it was.
        let planned = format!("{name} = {}", held.replace("ONE", shown));
        check(&of(r#"{"day": "mon"}"#), &of(WAS), &planned, &[]);
    }
}

#[test]
fn a_change_leaves_alone_what_it_does_not_settle_anew() {
    check(
        r#"{"list": [{"day": "MON", "hours": 9}, {"day": "TUE"}]}"#,
        &format!(r#"{{"list": [{WAS}]}}"#),
        r#"list = [{ day = "MON", hours = 9, id = 1, seen = ?, zone = null }, { day = "TUE", hours = 8, id = ?, seen = ?, zone = null }]"#,
        &[],
    );
}

#[test]
fn an_element_of_a_set_is_the_one_with_its_configured_members() {
    let prior = r#"{"set": [{"day": "MON", "id": 1, "hours": 8, "seen": 3}, {"day": "TUE", "id": 2, "hours": 8, "seen": 4}]}"#;
    check(
        r#"{"set": [{"day": "TUE"}, {"day": "WED"}]}"#,
        prior,
        r#"set = [{ day = "TUE", hours = 8, id = 2, seen = ?, zone = null }, { day = "WED", hours = 8, id = ?, seen = ?, zone = null }]"#,
        &[],
    );
    check(
        r#"{"set": [{"day": "TUE"}, {"day": "MON"}]}"#,
        prior,
        r#"set = [{ day = "MON", hours = 8, id = 1, seen = 3, zone = null }, { day = "TUE", hours = 8, id = 2, seen = 4, zone = null }]"#,
        &[],
    );
}

#[test]
fn a_replacement_names_its_whole_path_up_to_a_set() {
    let with = |zone: &str| {
        format!(r#"{{"day": "MON", "id": 1, "hours": 8, "seen": 3, "zone": "{zone}"}}"#)
    };
    for (held, path) in [
        (r#"{"one": ONE}"#, "one.zone"),
        (r#"{"list": [ONE]}"#, "list[0].zone"),
        (r#"{"map": {"k": ONE}}"#, "map[\"k\"].zone"),
        (r#"{"set": [ONE]}"#, "set"),
        (r#"{"outer": [{"day": "MON", "inner": [ONE]}]}"#, "outer[0].inner"),
    ] {
        let config = held.replace("ONE", r#"{"day": "MON", "zone": "b"}"#);
        let decode = |text: &str| json::decode(text.as_bytes(), &SCHEMA).unwrap();
        let replace = |prior: &str| -> Vec<String> {
            let plan = plan(&SCHEMA, &decode(&config), &decode(prior));
            plan.replace.iter().map(ToString::to_string).collect()
        };
        assert_eq!(replace(&held.replace("ONE", &with("a"))), [path]);
        assert_eq!(replace(&held.replace("ONE", &with("b"))), [""; 0]);
        assert_eq!(replace("null"), [""; 0]);
    }
}

#[test]
fn what_a_new_object_inside_is_given_replaces_nothing() {
    const PLACE: Attribute =
        Attribute::new("place", Type::String, Mode::OptionalComputed, "").replace();
    static PLACES: [Attribute; 2] = [DAY, PLACE];
    static PLACED: Schema = Schema::of(
        "",
        &[
            Attribute::new("list", Type::Objects(Nesting::List, &PLACES), Mode::Optional, ""),
            Attribute::new("set", Type::Objects(Nesting::Set, &PLACES), Mode::Optional, ""),
        ],
    );
    let prior =
        r#"{"list": [{"day": "MON", "place": "a"}], "set": [{"day": "MON", "place": "a"}]}"#;
    check_of(
        &PLACED,
        r#"{"list": [{"day": "MON"}, {"day": "TUE"}], "set": [{"day": "TUE"}]}"#,
        prior,
        "list = [{ day = \"MON\", place = \"a\" }, { day = \"TUE\", place = ? }]\nset = [{ day = \"TUE\", place = ? }]",
        &[],
    );
    check_of(
        &PLACED,
        r#"{"list": [{"day": "MON"}, {"day": "TUE", "place": "b"}], "set": [{"day": "TUE", "place": "b"}]}"#,
        prior,
        "list = [{ day = \"MON\", place = \"a\" }, { day = \"TUE\", place = \"b\" }]\nset = [{ day = \"TUE\", place = \"b\" }]",
        &["list[1].place", "set"],
    );
}

#[test]
fn blocks_inside_blocks_are_planned_like_attributes() {
    check(
        r#"{"outer": [{"day": "mon", "inner": [{"day": "TUE"}]}]}"#,
        r#"{"outer": [{"day": "MON", "inner": [{"day": "TUE", "id": 5, "hours": 8, "seen": 3}]}]}"#,
        r#"outer = [{ day = "MON", inner = [{ day = "TUE", hours = 8, id = 5, seen = 3, zone = null }] }]"#,
        &[],
    );
}

#[test]
fn every_type_has_defaults_and_nested_ones_are_planned_inside() {
    const fn of(name: &'static str, ty: Type, default: Default) -> Attribute {
        Attribute::new(name, ty, Mode::OptionalComputed, "").default(default)
    }
    static ALL: Schema = Schema::of(
        "",
        &[
            of("float", Type::Float, Default::Float(0.25)),
            of("list", Type::List(&Type::Int), Default::List(&[Default::Int(2), Default::Int(1)])),
            of("set", Type::Set(&Type::Int), Default::Set(&[Default::Int(2), Default::Int(1)])),
            of("map", Type::Map(&Type::Bool), Default::Map(&[("k", Default::Bool(true))])),
            of(
                "point",
                Type::Object(&[("x", Type::Int)]),
                Default::Object(&[("x", Default::Int(3))]),
            ),
            of("code", Type::String, Default::With(|| Value::string("a".repeat(3)))),
            of("any", Type::Dynamic, Default::Int(5)),
            of(
                "windows",
                Type::Objects(Nesting::List, &WINDOW),
                Default::List(&[Default::Object(&[("day", Default::String("MON"))])]),
            ),
        ],
    );
    let planned = |id: &str, seen: &str| {
        format!(
            "any = 5\ncode = \"aaa\"\nfloat = 0.25\nlist = [2, 1]\nmap = {{ k = true }}\npoint = {{ x = 3 }}\nset = [1, 2]\n\
             windows = [{{ day = \"MON\", hours = 8, id = {id}, seen = {seen}, zone = null }}]"
        )
    };
    check_of(&ALL, "{}", "null", &planned("?", "?"), &[]);
    let prior = r#"{"any": {"type": "number", "value": 5}, "code": "aaa", "float": 0.25, "list": [2, 1], "map": {"k": true},
        "point": {"x": 3}, "set": [1, 2], "windows": [WAS]}"#;
    check_of(&ALL, "{}", &prior.replace("WAS", WAS), &planned("1", "3"), &[]);
}

#[test]
fn what_is_write_only_inside_is_planned_null() {
    check(
        r#"{"secret": [{"day": "MON", "token": "t"}]}"#,
        r#"{"secret": [{"day": "MON"}]}"#,
        r#"secret = [{ day = "MON", token = null }]"#,
        &[],
    );
}

#[test]
fn what_is_unknown_inside_stays_unknown_and_replaces_nothing_yet() {
    check(
        r#"{"list": [{"day": "?", "zone": "?"}]}"#,
        r#"{"list": [{"day": "MON", "id": 1, "hours": 8, "seen": 3, "zone": "a"}]}"#,
        "list = [{ day = ?, hours = 8, id = 1, seen = ?, zone = ? }]",
        &[],
    );
}

#[test]
fn modifiers_see_the_whole_plan_and_have_the_last_word() {
    const SIZE: Attribute = Attribute::new("size", Type::Int, Mode::Required, "")
        .modify(|plan| plan.replace_if(plan.planned.as_int() < plan.prior.as_int()));
    const TOTAL: Attribute =
        Attribute::new("total", Type::Int, Mode::Computed, "").modify(|plan| {
            if let Some(disks) = plan.whole_planned.get("disks").elements() {
                plan.planned =
                    Value::int(disks.iter().filter_map(|d| d.get("size").as_int()).sum());
            }
        });
    const SERIAL: Attribute = Attribute::new("serial", Type::Int, Mode::Computed, "")
        .recompute_on_change()
        .modify(use_state_for_unknown);
    const KIND: Attribute = Attribute::new("kind", Type::String, Mode::OptionalComputed, "")
        .modify(requires_replace_if_configured);
    static DISKS: [Attribute; 3] = [SIZE, SERIAL, KIND];
    static DISK: Schema = Schema::of(
        "",
        &[TOTAL, Attribute::new("disks", Type::Objects(Nesting::List, &DISKS), Mode::Required, "")],
    );
    let prior = r#"{"total": 5, "disks": [{"size": 5, "serial": 7, "kind": "a"}]}"#;
    check_of(
        &DISK,
        r#"{"disks": [{"size": 6}]}"#,
        prior,
        "disks = [{ kind = \"a\", serial = 7, size = 6 }]\ntotal = 6",
        &[],
    );
    check_of(
        &DISK,
        r#"{"disks": [{"size": 4}]}"#,
        prior,
        "disks = [{ kind = \"a\", serial = 7, size = 4 }]\ntotal = 4",
        &["disks[0].size"],
    );
    check_of(
        &DISK,
        r#"{"disks": [{"size": 5, "kind": "b"}]}"#,
        prior,
        "disks = [{ kind = \"b\", serial = 7, size = 5 }]\ntotal = 5",
        &["disks[0].kind"],
    );
    check_of(
        &DISK,
        r#"{"disks": [{"size": 4}]}"#,
        "null",
        "disks = [{ kind = ?, serial = ?, size = 4 }]\ntotal = 4",
        &[],
    );
}
