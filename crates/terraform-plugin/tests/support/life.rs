//! A whole life of the shelf's objects through a real host: as much of it as the host knows.

use super::Folder;

/// The name and version of a host.
pub(crate) fn host(folder: &Folder) -> (String, (u32, u32)) {
    let told = folder.run(0, &["version", "-json"]);
    let json: serde_json::Value =
        serde_json::from_str(&told[..told.rfind('}').unwrap() + 1]).unwrap();
    let text = json["terraform_version"].as_str().unwrap();
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let version = (parts.next().unwrap(), parts.next().unwrap());
    let tofu = folder.host.file_name().is_some_and(|name| name.to_string_lossy().contains("tofu"));
    (format!("{} {text}", if tofu { "OpenTofu" } else { "Terraform" }), version)
}

const APPLY: [&str; 2] = ["apply", "-auto-approve"];

/// Plan, apply, refresh, change, replacement, move, import by id and by identity, list, action, destroy.
pub(crate) fn live(folder: &Folder, version: (u32, u32)) {
    folder.write(&first(version, "one"));
    folder.run(0, &["validate"]);
    folder.run(2, &["plan", "-detailed-exitcode"]);
    folder.run(0, &APPLY);
    folder.run(0, &["plan", "-detailed-exitcode"]);
    folder.run(0, &["apply", "-refresh-only", "-auto-approve"]);
    folder.write(&first(version, "two"));
    assert!(folder.run(0, &APPLY).contains("1 added, 1 changed, 1 destroyed"));
    if version >= (1, 8) {
        folder.write(&(first(version, "two").replace(LEAFLET, MOVED)));
        folder.run(0, &APPLY);
    }
    folder.write(&(found("a") + "provider \"shelf\" {}\n"));
    folder.forget();
    folder.run(0, &["import", "shelf_book.a", "book-a"]);
    if version >= (1, 12) {
        let import = "import {\n  to = shelf_book.b\n  identity = { id = \"book-b\" }\n}\n";
        folder.write(&(found("a") + &found("b") + import));
        assert!(folder.run(0, &APPLY).contains("1 imported"));
    }
    if version >= (1, 14) {
        newest(folder);
    }
    folder.run(0, &["destroy", "-auto-approve"]);
}

fn newest(folder: &Folder) {
    let path = folder.path.join("all.tfquery.hcl");
    let list = "list \"shelf_book\" \"all\" {\n  provider = shelf\n  include_resource = true\n  limit = 2\n}\n";
    std::fs::write(&path, list).unwrap();
    folder.run(0, &["query"]);
    std::fs::remove_file(path).unwrap();
    let trigger = "  lifecycle {\n    action_trigger {\n      events  = [after_create]\n      actions = [action.shelf_bell.b]\n    }\n  }\n";
    let action = "action \"shelf_bell\" \"b\" {\n  config {\n    title = \"dinner\"\n  }\n}\n";
    let book = format!("resource \"shelf_book\" \"r\" {{\n  title = \"rung\"\n{trigger}}}\n");
    folder.write(&(found("a") + &found("b") + &book + action));
    folder.run(0, &APPLY);
}

fn found(name: &str) -> String {
    format!("resource \"shelf_book\" \"{name}\" {{\n  title = \"{name}\"\n}}\n")
}

const LEAFLET: &str = "resource \"shelf_leaflet\" \"l\" {\n  title = shelf_book.b.id\n}\n";

const MOVED: &str = "resource \"shelf_book\" \"l\" {\n  title = shelf_book.b.id\n}\nmoved {\n  from = shelf_leaflet.l\n  to = shelf_book.l\n}\n";

/// Everything that a configuration can say of a book, and what hangs on it.
fn first(version: (u32, u32), number: &str) -> String {
    let pin = if version >= (1, 11) { "  pin = ephemeral.shelf_key.k.key\n" } else { "" };
    let key = "ephemeral \"shelf_key\" \"k\" {\n  title = \"front\"\n}\n";
    let key = if version >= (1, 10) { key } else { "" };
    let spine = "output \"spine\" {\n  value = provider::shelf::spine(\"a\", [\"b\", \"c\"])\n}\n";
    let spine = if version >= (1, 8) { spine } else { "" };
    format!(
        "provider \"shelf\" {{\n  owner = \"me\"\n}}\n\
         resource \"shelf_book\" \"b\" {{\n  title = \"{number} of them\"\n  isbn = \"1\"\n  tags = [\"y\", \"x\", \"{number}\"]\n  \
         notes = {{\n    a = \"b\"\n    \"{number}\" = \"中文\"\n  }}\n  chapters = [{{ name = \"one\", pages = 3 }}, \
         {{ name = \"{number}\" }}]\n{pin}  loan {{\n    to = \"anna\"\n  }}\n  loan {{\n    to = \"{number}\"\n  }}\n  \
         timeouts {{\n    create = \"1m\"\n  }}\n}}\n\
         resource \"shelf_book\" \"c\" {{\n  title = \"plain\"\n  isbn = \"{number}\"\n  price = 9.5\n}}\n{LEAFLET}\
         data \"shelf_search\" \"s\" {{\n  title = shelf_book.b.title\n}}\n\
         output \"found\" {{\n  value = data.shelf_search.s.found\n}}\n{key}{spine}"
    )
}
