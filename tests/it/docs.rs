//! The documentation says what the rows say: generated parts are rewritten when they are stale, and then the test
//! fails, so that nobody lands them unread.

use std::path::{Path, PathBuf};

use terraform_provider_aiccs::provider::call_task::table::SCHEMA;
use terraform_provider_aiccs::provider::{config, docs};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Puts `text` into the file; fails when something else stood there.
#[track_caller]
fn holds(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    if before != text {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        panic!("{} was stale and is rewritten: read it and commit it", path.display());
    }
}

/// Replaces what stands between the markers of a generated part.
fn part(text: &str, name: &str, content: &str) -> String {
    let marker = format!("<!-- generated: {name} -->\n");
    let (head, rest) = text.split_once(&marker).expect("the marker of a generated part");
    let (_, tail) = rest.split_once("<!-- end -->").expect("the end of a generated part");
    format!("{head}{marker}{content}<!-- end -->{tail}")
}

#[test]
fn the_tables_of_the_readme_are_the_rows() {
    let path = root().join("README.md");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text = part(&text, "provider", &docs::argument_table(&config::SCHEMA));
    text = part(&text, "arguments", &docs::argument_table(&SCHEMA));
    text = part(&text, "attributes", &docs::attribute_table(&SCHEMA));
    holds(&path, &text);
}
