//! One page of all that the provider can say, as it stands in the sources, placeholders and all: `tests/data/messages.txt`, to
//! be read aloud. `UPDATE_SNAPSHOTS=1` rewrites it.

use std::path::Path;
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

use crate::house::{production, sources};

/// Where texts are that no user is told: documentation, logs, what failed in our own code.
const NOT_TOLD: [&str; 16] = [
    "Rings",
    "Warning",
    "Note",
    "field",
    "text",
    "new",
    "debug",
    "trace",
    "info",
    "warn",
    "panic",
    "assert",
    "assert_eq",
    "expect",
    "strftime",
    "error",
];

/// Members that hold documentation.
const DOCUMENTED: [&str; 6] = ["doc", "import", "more", "summary", "reason", "subcategory"];

/// What says by itself what it is: constructors and builders of schemas, of which other texts may stand inside.
const DESCRIBES: [[&str; 2]; 4] =
    [["Schema", "of"], ["NestedBlock", "new"], ["Signature", "new"], ["Parameter", "new"]];

/// Collects the texts of messages: literals of several words.
fn texts(tokens: TokenStream, skip: bool, found: &mut Vec<String>) {
    collected(tokens, [skip, skip], found);
}

/// Whether those that stand here are skipped, and those that stand further inside.
fn collected(tokens: TokenStream, [skip, inside]: [bool; 2], found: &mut Vec<String>) {
    let mut before: Vec<String> = Vec::new();
    let mut attribute = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let last = |back: usize| {
                    before.len().checked_sub(back).map_or("", |at| before[at].as_str())
                };
                // `field("name", Type::String, …, "documentation")`, `debug!("…")`, `Attribute::new(…)`.
                let macro_name = if last(1) == "!" { last(2) } else { last(1) };
                let owner = if last(2) == ":" { last(4) } else { "" };
                let is_log = macro_name == "error" && last(1) != "!";
                let documents = NOT_TOLD.contains(&macro_name)
                    && !is_log
                    && !(macro_name == "new" && owner != "Attribute");
                let describes = DESCRIBES.contains(&[owner, macro_name])
                    || macro_name == "doc" && last(2) == ".";
                let inside = inside || attribute || documents;
                collected(group.stream(), [inside || describes, inside], found);
                attribute = false;
                before.push(String::new());
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let member = before.len() >= 2
                    && before[before.len() - 1] == ":"
                    && DOCUMENTED.contains(&before[before.len() - 2].as_str());
                let told = text.starts_with('"') && text.matches(' ').count() >= 2;
                if told && !skip && !member {
                    found.push(text);
                }
                before.push(String::new());
            }
            TokenTree::Ident(ident) => before.push(ident.to_string()),
            TokenTree::Punct(punct) => {
                // `#[…]` and `#![…]`
                attribute = punct.as_char() == '#' || attribute && punct.as_char() == '!';
                before.push(punct.to_string());
            }
        }
    }
}

/// A literal on one line, without its quotes and continuations.
fn plain(literal: &str) -> String {
    let text = literal.trim_matches('"').replace("\\\"", "\"").replace("\\n", " / ");
    let lines: Vec<&str> = text.split("\\\n").map(str::trim_start).collect();
    lines.concat().trim().to_owned()
}

#[test]
fn all_that_is_said_can_be_read_as_one_text() {
    let mut page = String::from(
        "All messages, in the order of the sources. {…} is filled in when they are said.\n",
    );
    for (file, text) in sources() {
        let documentation =
            ["/docs/", "/about.rs", "/schema.rs", "/fuzzing.rs", "/tests", "aiccs-emulator/"];
        if documentation.iter().any(|part| file.contains(part)) && file != "bridge/config/schema.rs"
        {
            continue;
        }
        let mut found = Vec::new();
        texts(TokenStream::from_str(production(&text)).unwrap(), false, &mut found);
        if !found.is_empty() {
            page.push_str(&format!("\n## {file}\n"));
            for literal in found {
                page.push_str(&format!("{}\n", plain(&literal)));
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/messages.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, page, "tests/data/messages.txt differs: UPDATE_SNAPSHOTS=1 rewrites it");
}
