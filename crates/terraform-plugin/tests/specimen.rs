//! The specimen through real hosts: nested attributes and blocks, values of every type, plans that a provider has a say in, what
//! is stored and how it grows old, functions, ephemeral resources.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use serde_json::{Value as Json, json};
use support::{Folder, hosts};

fn nested(inside: &str) -> String {
    format!(
        "resource \"specimen_nested\" \"n\" {{\n  name = \"n\"\n  route \"r\" {{ size = 1 }}\n{inside}\n}}\n"
    )
}

const ALL_NESTED: &str = r#"
  single = { size = 1, label = "Front" }
  list   = [{ size = 2 }, { size = 3, kind = "hdd", pin = "1234" }]
  map    = { a = { size = 4 }, b = { size = 5 } }
  set    = [{ size = 6 }, { size = 7, zone = "z" }]
  one { size = 8 }
  group { size = 9 }
  rule {
    size = 10
    port { size = 11 }
    port { size = 12 }
    most {
      size = 13
      least { size = 14 }
    }
  }
  rule { size = 15 }
  tag { size = 16 }
  tag { size = 17 }
  route "s" { size = 18 }
"#;

/// The members of objects that are told, by their sizes: `size id kind zone`.
fn told(values: &Json) -> Vec<String> {
    let mut found = Vec::new();
    collect(values, &mut found);
    found.sort_by_key(|line: &String| line.split(' ').next().unwrap().parse::<i64>().unwrap());
    found
}

fn collect(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            if members.get("size").is_some_and(|size| !size.is_null()) {
                let of = |name: &str| members[name].to_string().replace('"', "");
                found.push(format!("{} {} {} {}", of("size"), of("id"), of("kind"), of("zone")));
            }
            members.values().for_each(|json| collect(json, found));
        }
        Json::Array(elements) => elements.iter().for_each(|json| collect(json, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[test]
fn nested_attributes_and_blocks_of_every_form() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        folder.apply(&nested(ALL_NESTED));
        folder.is_settled();
        let before = told(&folder.values("specimen_nested.n"));
        assert_eq!(before.len(), 19, "{before:#?}");
        assert!(before.iter().all(|line| !line.contains("null")), "{before:#?}");
        assert!(before[3].ends_with("hdd zone-a") && before[7].ends_with("ssd z"), "{before:#?}");

        // Other spellings, and another order, are no change.
        let other = ALL_NESTED.replace("Front", "FRONT").replace(
            "tag { size = 16 }\n  tag { size = 17 }",
            "tag { size = 17 }\n  tag { size = 16 }",
        );
        folder.write(&nested(&other));
        folder.is_settled();

        // What changes inside leaves the rest as it was: by name, index and key, in a set by its members.
        let changed = ALL_NESTED
            .replace("{ size = 2 }", "{ size = 2, kind = \"tape\" }")
            .replace("b = { size = 5 }", "c = { size = 5 }")
            .replace("tag { size = 16 }", "tag { size = 19 }")
            .replace("port { size = 12 }", "");
        let output = folder.apply(&nested(&changed));
        assert!(output.contains("1 changed") && !output.contains("forces"), "{output}");
        folder.is_settled();
        let after = told(&folder.values("specimen_nested.n"));
        let kept = after.iter().filter(|line| before.contains(line)).count();
        let fresh: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
        assert_eq!((after.len(), kept, fresh.len()), (18, 15, 3), "{before:#?} {after:#?}");
        assert_eq!(after[2], before[2].replace("ssd", "tape"));
        folder.run(0, &["destroy", "-auto-approve"]);
    }
}

#[test]
fn blocks_that_are_left_out_are_null_empty_or_an_object_of_nulls() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        folder.apply(&nested(""));
        folder.is_settled();
        let values = folder.values("specimen_nested.n");
        assert_eq!(
            (&values["one"], &values["rule"], &values["tag"]),
            (&Json::Null, &json!([]), &json!([]))
        );
        assert_eq!(
            values["group"],
            json!({"id": values["group"]["id"], "kind": "ssd", "size": null, "zone": "zone-a"})
        );
    }
}

#[test]
fn numbers_of_blocks_are_held() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        let four = nested(&"rule { size = 1 }\n".repeat(4));
        let told = folder.fails(&four, &["validate"]);
        assert!(told.contains("Too many rule blocks"), "{told}");
        let none = "resource \"specimen_nested\" \"n\" { name = \"n\" }\n";
        let told = folder.fails(none, &["validate"]);
        assert!(
            told.contains("Too few blocks")
                && told.contains("At least 1 `route` block is required, not 0."),
            "{told}"
        );
    }
}

#[test]
fn a_replacement_inside_is_shown_at_its_place() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        let with = |zone: &str| {
            nested(&format!(
                "list = [{{ size = 1 }}, {{ size = 2, zone = \"{zone}\" }}]\nrule {{\n size = 3\n port {{\n size = 4\n zone = \"{zone}\"\n }}\n}}"
            ))
        };
        folder.apply(&with("a"));
        folder.write(&with("b"));
        let output = folder.run(2, &["plan", "-detailed-exitcode"]);
        let forced: Vec<_> =
            output.lines().filter(|line| line.contains("# forces replacement")).collect();
        assert!(
            forced.iter().any(|line| line.contains("zone") && line.contains("\"a\" -> \"b\"")),
            "{output}"
        );
        assert!(output.contains("1 to add, 0 to change, 1 to destroy"), "{output}");
    }
}

#[test]
fn what_is_not_known_at_plan_is_planned_around() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        let hcl = format!(
            "{}resource \"terraform_data\" \"d\" {{ input = 3 }}\n",
            nested(
                "list = [{ size = terraform_data.d.output }]\nset = [{ size = terraform_data.d.output }, { size = 4 }]\n\
                 dynamic \"tag\" {\n for_each = { for n in [terraform_data.d.output] : \"k\" => n }\n content { size = tag.value }\n}\n\
                 dynamic \"rule\" {\n for_each = toset([terraform_data.d.output])\n content { size = rule.value }\n}"
            )
        );
        folder.apply(&hcl);
        folder.is_settled();
        let sizes: Vec<_> = told(&folder.values("specimen_nested.n"))
            .iter()
            .map(|line| line[..1].to_owned())
            .collect();
        assert_eq!(sizes, ["1", "3", "3", "3", "3", "4"]);
    }
}

#[test]
fn what_is_write_only_inside_is_never_stored() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        let hcl = nested(
            "list = [{ size = 1, key = \"s3cret\", pin = \"1234\" }]\nmap = { k = { size = 2, key = \"s3cret\" } }",
        );
        if !folder.knows(11, 11) {
            let told = folder.fails(&hcl, &["validate"]);
            assert!(told.contains("Write-only argument not supported"), "{told}");
            continue;
        }
        let output = folder.apply(&hcl);
        folder.is_settled();
        assert!(!output.contains("1234") && !output.contains("s3cret"), "{output}");
        let state = folder.stored().to_string();
        assert!(state.contains("1234") && !state.contains("s3cret"), "{state}");
    }
}

fn values(inside: &str) -> String {
    format!(
        "resource \"specimen_values\" \"v\" {{\n{inside}\n}}\noutput \"echo\" {{ value = specimen_values.v.echo }}\n"
    )
}

#[test]
fn defaults_of_every_type() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        let output = folder.apply(&values(""));
        assert!(output.contains("1 added"), "{output}");
        folder.is_settled();
        let stored = folder.values("specimen_values.v");
        for (name, value) in [
            ("float", json!(0.25)),
            ("list", json!([2, 1])),
            ("set", json!(["a", "b"])),
            ("map", json!({"k": true})),
            ("object", json!({"x": 3})),
            ("code", json!("ccc")),
            ("windows", json!([{"day": "MON", "hours": 8}])),
        ] {
            assert_eq!(stored[name], value, "{name}");
        }
        // What is taken out of the configuration again falls back to its default.
        folder.apply(&values("list = [7]\nwindows = [{ day = \"TUE\" }]\nfloat = 1.5"));
        let stored = folder.values("specimen_values.v");
        assert_eq!(
            (&stored["list"], &stored["windows"]),
            (&json!([7]), &json!([{"day": "TUE", "hours": 8}]))
        );
        folder.apply(&values(""));
        folder.is_settled();
        assert_eq!(folder.values("specimen_values.v")["list"], json!([2, 1]));
    }
}

#[test]
fn values_that_carry_their_own_type() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        for (any, echo) in [
            ("\"x\"", "echo = \"x\""),
            ("[1, true, null]", "true,"),
            ("{ a = { b = toset([\"c\"]) } }", "a = {"),
            ("tolist([1.5, 2])", "1.5,"),
            ("tomap({ k = 9007199254740993 })", "9007199254740993"),
        ] {
            let output = folder.apply(&values(&format!(
                "any = {any}\npair = [\"p\", 2]\npoint = {{ x = 1, y = 0.5 }}"
            )));
            assert!(output.contains(echo), "{any}: {output}");
            folder.is_settled();
        }
        let stored = folder.values("specimen_values.v");
        assert_eq!(
            (&stored["pair"], &stored["point"]),
            (&json!(["p", 2]), &json!({"x": 1, "y": 0.5}))
        );
        assert_eq!(stored["either"]["value"], json!([1, true]));
        // A null has a type too.
        folder.apply(&values("any = tostring(null)"));
        folder.is_settled();
        folder.apply(&values("any = null\neither = \"mine\""));
        folder.is_settled();
        let output = folder.apply(&format!(
            "{}resource \"terraform_data\" \"d\" {{ input = [1, \"a\"] }}\n",
            values("any = { k = terraform_data.d.output }")
        ));
        assert!(output.contains("1 changed"), "{output}");
        folder.is_settled();
    }
}

#[test]
fn modifiers_have_their_say() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        folder.apply(&values("size = 5\nplace = \"a\""));
        let grown = folder.apply(&values("size = 6\nplace = \"a\""));
        assert!(grown.contains("1 changed"), "{grown}");
        let stored = folder.values("specimen_values.v");
        assert_eq!((&stored["serial"], &stored["fixed"]), (&json!(2), &json!(1)));
        let plan = |inside: &str| {
            folder.write(&values(inside));
            folder.run(2, &["plan", "-detailed-exitcode"])
        };
        let shrunk = plan("size = 4\nplace = \"a\"");
        assert!(shrunk.contains("6 -> 4 # forces replacement"), "{shrunk}");
        let moved = plan("size = 6\nplace = \"b\"");
        assert!(moved.contains("\"a\" -> \"b\" # forces replacement"), "{moved}");
        // It is left to the provider again: the place is what it was.
        folder.write(&values("size = 6"));
        folder.is_settled();
    }
}

fn counter(total: i64) -> String {
    format!("resource \"specimen_counter\" \"c\" {{ total = {total} }}\n")
}

#[test]
fn private_data_goes_from_write_to_write() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        for total in 1..=3 {
            folder.apply(&counter(total));
            folder.is_settled();
            // Nothing else knows how often it was written.
            assert_eq!(folder.values("specimen_counter.c")["writes"], json!(total));
        }
        let private = folder.stored()["resources"][0]["instances"][0]["private"].clone();
        assert_eq!(private, json!("Mw=="));
    }
}

/// The state file with the only object in another form.
fn grown_old(folder: &Folder, version: i64, attributes: Json) {
    let mut state = folder.stored();
    let instance = &mut state["resources"][0]["instances"][0];
    instance["schema_version"] = json!(version);
    instance["attributes"] = attributes;
    if folder.knows(12, 12) {
        instance["identity_schema_version"] = json!(0);
        instance["identity"] = json!({"number": 7});
    }
    state["serial"] = json!(state["serial"].as_i64().unwrap() + 1);
    folder.store(&state);
}

#[test]
fn states_of_every_version_come_to_the_current_one_step_by_step() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        folder.apply(&counter(7));
        for (version, attributes) in [
            (0, json!({"id": "c-7", "count": "7"})),
            (1, json!({"id": "c-7", "number": 7})),
            (2, json!({"id": "c-7", "total": 7, "unit": "piece", "writes": 1})),
        ] {
            grown_old(&folder, version, attributes);
            folder.is_settled();
            folder.run(0, &["apply", "-refresh-only", "-auto-approve"]);
            let stored = folder.values("specimen_counter.c");
            assert_eq!(stored, json!({"id": "c-7", "total": 7, "unit": "piece", "writes": 1}));
            let instance = folder.stored()["resources"][0]["instances"][0].clone();
            assert_eq!(instance["schema_version"], json!(2));
            if folder.knows(12, 12) {
                assert_eq!(instance["identity"], json!({"id": "c-7"}), "{instance:#}");
                assert_eq!(instance["identity_schema_version"], json!(1));
            }
        }
        grown_old(&folder, 0, json!({"id": "c-7", "count": "many"}));
        let told = folder.fails(&counter(7), &["plan"]);
        assert!(
            told.contains("Unreadable count") && told.contains("The count is \"many\"."),
            "{told}"
        );
        grown_old(&folder, 3, json!({"id": "c-7"}));
        let told = folder.fails(&counter(7), &["plan"]);
        assert!(
            told.contains("newer provider version") || told.contains("another version"),
            "{told}"
        );
    }
}

#[test]
fn an_object_of_another_type_becomes_a_counter() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        if !folder.knows(8, 8) {
            continue;
        }
        folder.apply("resource \"specimen_note\" \"n\" { text = \"twelve\" }\n");
        let moved = |from: &str| {
            format!("{}moved {{\n  from = {from}\n  to = specimen_counter.c\n}}\n", counter(6))
        };
        let output = folder.apply(&moved("specimen_note.n"));
        assert!(output.contains("0 added") && output.contains("0 destroyed"), "{output}");
        folder.is_settled();
        let stored = folder.values("specimen_counter.c");
        assert_eq!((&stored["total"], &stored["unit"]), (&json!(6), &json!("letter")));
        // What cannot become one says so.
        folder.apply("resource \"terraform_data\" \"d\" {}\n");
        let told = folder.fails(&moved("terraform_data.d"), &["plan"]);
        assert!(told.contains("Cannot move `terraform_data` to `specimen_counter`"), "{told}");
    }
}

#[test]
fn functions_take_any_number_null_unknown_and_anything() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        if !folder.knows(8, 7) {
            continue;
        }
        for (call, shown) in [
            ("join(\"-\")", "\"\""),
            ("join(\"-\", \"a\")", "\"a\""),
            ("join(\"-\", \"a\", null, \"b\", \"c\")", "\"a-b-c\""),
            ("describe(null).is", "\"null\""),
            ("describe(\"x\").is", "\"string\""),
            ("describe([1, \"a\"]).is", "\"list\""),
            ("describe({ a = [true] }).value.a[0]", "true"),
            ("describe(toset([\"b\"])).is", "\"set\""),
        ] {
            let output =
                folder.apply(&format!("output \"o\" {{ value = provider::specimen::{call} }}\n"));
            assert!(output.contains(&format!("o = {shown}")), "{call}: {output}");
        }
        let unknown = "resource \"terraform_data\" \"d\" {}\noutput \"o\" { value = provider::specimen::describe(terraform_data.d.id).known }\n";
        folder.write(unknown);
        let plan = folder.run(0, &["plan"]);
        assert!(plan.contains("-> false"), "what is unknown reaches the function: {plan}");
        for (call, told) in [
            ("join()", "Not enough function arguments"),
            ("join(null, \"a\")", "argument must not be null"),
            ("join(\"-\", \"\")", "An empty text joins nothing"),
        ] {
            let said = folder.fails(
                &format!("output \"o\" {{ value = provider::specimen::{call} }}\n"),
                &["plan"],
            );
            assert!(said.contains(told), "{call}: {said}");
        }
    }
}

#[test]
fn a_lease_is_renewed_while_it_is_used_and_closed_in_the_end() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        if !folder.knows(10, 11) {
            continue;
        }
        let journal = folder.path.join("journal");
        folder.apply(&format!(
            "ephemeral \"specimen_lease\" \"l\" {{ journal = {journal:?} }}\n\
             provider \"specimen\" {{\n  alias = \"leased\"\n  token = ephemeral.specimen_lease.l.token\n}}\n\
             resource \"specimen_waiter\" \"w\" {{\n  provider = specimen.leased\n  journal = {journal:?}\n}}\n"
        ));
        let journal = std::fs::read_to_string(journal).unwrap();
        // The last run of the lease is that of the apply, in which somebody waited.
        let last = journal.trim_end().rsplit_once("opened\n").unwrap().1;
        assert!(
            last.starts_with("renewed 1\nrenewed 2\n") && last.ends_with("closed"),
            "{journal}"
        );
        assert!(!folder.stored().to_string().contains("t0ken"));
    }
}

#[test]
fn no_host_puts_anything_off_unless_its_user_lets_it() {
    for host in hosts() {
        let folder = Folder::new(&host, "specimen");
        let data = "resource \"terraform_data\" \"d\" { input = \"x\" }\n";
        let note = format!(
            "{data}resource \"specimen_note\" \"n\" {{ text = terraform_data.d.output }}\n"
        );
        let told = folder.fails(&note, &["plan"]);
        assert!(
            told.contains("Configuration not known yet") && told.contains("`-target=ADDRESS`"),
            "{told}"
        );
        let provider = format!(
            "{data}provider \"specimen\" {{ token = terraform_data.d.output }}\nresource \"specimen_note\" \"n\" {{ text = \"y\" }}\n"
        );
        let told = folder.fails(&provider, &["plan"]);
        assert!(told.contains("Provider configuration not known yet"), "{told}");
        // As they are told to do.
        folder.run(0, &["apply", "-auto-approve", "-target=terraform_data.d"]);
        folder.run(0, &["apply", "-auto-approve"]);
        folder.write(&note);
        folder.run(0, &["apply", "-auto-approve"]);
        folder.is_settled();
    }
}
