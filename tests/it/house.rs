//! The house's own rules, held over the source text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The crates that we write by hand: name, and where their sources are.
const CRATES: [(&str, &str); 4] = [
    ("bridge", "src"),
    ("terraform-plugin", "crates/terraform-plugin/src"),
    ("aliyun", "crates/aliyun/src"),
    ("aiccs-emulator", "crates/aiccs-emulator/src"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of the crates, as `CRATE/FILE`, with its text.
pub fn sources() -> Vec<(String, String)> {
    let mut sources: Vec<_> = CRATES
        .iter()
        .flat_map(|(name, folder)| {
            let folder = root().join(folder);
            let mut files = Vec::new();
            collect(&folder, &mut files);
            files.into_iter().map(move |file| {
                let path = file.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
                (format!("{name}/{path}"), std::fs::read_to_string(&file).unwrap())
            })
        })
        .collect();
    sources.sort();
    assert!(sources.len() > 100, "the sources are found");
    sources
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The part of a file before its unit tests.
pub fn production(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests").next().unwrap()
}

/// Fails with every offender at once.
#[track_caller]
fn none(offenders: &[String]) {
    assert!(offenders.is_empty(), "\n{}", offenders.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_owns() {
    let offenders = sources().into_iter().filter_map(|(file, text)| {
        let head = text.lines().take_while(|line| line.starts_with("//!")).count();
        (head == 0 || head > 6 && !file.ends_with("lib.rs"))
            .then(|| format!("{file}: {head} lines of //!"))
    });
    none(&offenders.collect::<Vec<_>>());
}

/// Which crates of ours a crate's manifest may name under `[dependencies]`.
#[test]
fn crates_know_only_whom_they_may() {
    for (manifest, allowed) in [
        ("Cargo.toml", vec!["aliyun", "terraform-plugin"]),
        ("crates/terraform-plugin/Cargo.toml", vec!["tfplugin-proto"]),
        ("crates/aliyun/Cargo.toml", vec![]),
        ("crates/aiccs-emulator/Cargo.toml", vec![]),
        ("proto/Cargo.toml", vec![]),
    ] {
        let text = std::fs::read_to_string(root().join(manifest)).unwrap();
        let (_, after) = text.split_once("\n[dependencies]\n").unwrap();
        let dependencies = after.split("\n[").next().unwrap();
        let ours = ["aiccs-emulator", "aliyun", "terraform-plugin", "tfplugin-proto"];
        let named: Vec<_> = ours
            .into_iter()
            .filter(|name| dependencies.lines().any(|line| line.starts_with(&format!("{name}."))))
            .collect();
        assert_eq!(named, allowed, "{manifest}");
    }
}

/// The bridge from the ground up: a module names only those before it.
const LAYERS: [&str; 16] = [
    "field",
    "about",
    "failure",
    "task",
    "config",
    "resources",
    "data_sources",
    "list_resources",
    "ephemeral_resources",
    "actions",
    "functions",
    "provider",
    "fuzzing",
    "docs",
    "lib",
    "main",
];

#[test]
fn the_bridge_is_built_from_the_ground_up() {
    let order = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let mut offenders = Vec::new();
    for (file, text) in sources() {
        let Some(path) = file.strip_prefix("bridge/") else { continue };
        let module = modules(path);
        let own = order(module.first().map_or("lib", String::as_str)).expect(path);
        for named in uses(&text, &module) {
            let Some(above) = order(&named[0]).filter(|at| *at > own && own < 14) else { continue };
            offenders.push(format!("{path} names {}", LAYERS[above]));
        }
    }
    none(&offenders);
}

/// A crate, and a module in it.
type Node = (String, Vec<String>);

#[test]
fn no_crate_has_circles() {
    let mut edges: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
    for (file, text) in sources() {
        let (krate, path) = file.split_once('/').unwrap();
        let module = modules(path);
        for named in uses(&text, &module) {
            // Siblings of one folder: the first step in which the two paths differ.
            let shared = module.iter().zip(&named).take_while(|(a, b)| a == b).count();
            if module.len() <= shared || named.len() <= shared {
                continue;
            }
            let node = |path: &[String]| (krate.to_owned(), path[..=shared].to_vec());
            edges.entry(node(&module)).or_default().insert(node(&named));
        }
    }
    let mut offenders = Vec::new();
    for start in edges.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(node) = next.pop() {
            for to in edges.get(node).into_iter().flatten() {
                if to == start {
                    offenders.push(format!(
                        "{} {} <- {}",
                        start.0,
                        start.1.join("::"),
                        node.1.join("::")
                    ));
                } else if edges.contains_key(to) && seen.insert(to) {
                    next.push(to);
                }
            }
        }
    }
    none(&offenders);
}

#[test]
fn every_form_of_an_import_is_read() {
    let check = |text: &str, expected: &[&str]| {
        let module = ["a".to_owned(), "b".to_owned()];
        let found: Vec<String> =
            uses(text, &module).into_iter().map(|path| path.join("::")).collect();
        assert_eq!(found, expected, "{text}");
    };
    check("use crate::x::Y;", &["x::Y"]);
    check("pub(crate) use crate::{x, y::{self, Z}};", &["x", "y", "y::Z"]);
    check("use super::c::{D, E as F};", &["a::c::D", "a::c::E"]);
    check("use super::super::{x::Y, super::z};", &["x::Y"]);
    check("use self::d::E; use std::x::crate_like;", &["a::b::d::E"]);
    check("fn f() -> crate::x::Y { super::g(); crate::h::<i::J>::k() }", &["x::Y", "a::g", "h"]);
    check("fn f() { format!(\"{}\", crate::x::Y); }", &["x::Y"]);
    check("mod inner { use super::c; use super::super::d; }", &["a::b::c", "a::d"]);
    check("// use crate::x;\nconst A: &str = \"crate::y\"; /* super::z */", &[]);
    check("#[cfg(test)]\nmod tests { use crate::x; }", &[]);
}

/// The module that a file is.
fn modules(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let steps = path.split('/').map(str::to_owned);
    steps.filter(|step| step != "lib" && step != "main").collect()
}

/// All paths of the crate that a text names outside its tests, in order, absolute.
fn uses(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    if module.last().is_some_and(|name| name == "tests") {
        return found;
    }
    let tokens: TokenStream = text.parse().expect("Rust");
    walk(&tokens.into_iter().collect::<Vec<_>>(), module, &mut found);
    found
}

fn walk(tokens: &[TokenTree], module: &[String], found: &mut Vec<Vec<String>>) {
    let mut at = 0;
    while at < tokens.len() {
        let word = |at: usize| tokens.get(at).map(ToString::to_string).unwrap_or_default();
        match &tokens[at] {
            TokenTree::Ident(ident) if ident == "mod" => {
                if let (Some(TokenTree::Group(body)), false) =
                    (tokens.get(at + 2), word(at + 1) == "tests")
                {
                    let inner = [module, &[word(at + 1)]].concat();
                    walk(&body.stream().into_iter().collect::<Vec<_>>(), &inner, found);
                }
                at += if matches!(tokens.get(at + 2), Some(TokenTree::Group(_))) { 3 } else { 2 };
            }
            TokenTree::Ident(ident)
                if ["crate", "super", "self"].contains(&ident.to_string().as_str())
                    && is_separator(tokens, at + 1)
                    && !(at >= 1 && word(at - 1) == ":") =>
            {
                at = path(tokens, at, module, Vec::new(), found);
            }
            TokenTree::Group(group) => {
                walk(&group.stream().into_iter().collect::<Vec<_>>(), module, found);
                at += 1;
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
        }
    }
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// Reads one path, or a tree of them; answers where it ends.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    module: &[String],
    mut steps: Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> usize {
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => steps.push(ident.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inside: Vec<_> = group.stream().into_iter().collect();
                let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                for part in inside.split(comma).filter(|part| !part.is_empty()) {
                    path(part, 0, module, steps.clone(), found);
                }
                return at + 1;
            }
            Some(_) | None => break,
        }
        at += 1;
        if !is_separator(tokens, at) {
            break;
        }
        at += 2;
    }
    found.extend(absolute(&steps, module));
    at
}

/// None for what is no path of the crate.
fn absolute(steps: &[String], module: &[String]) -> Option<Vec<String>> {
    let mut base: Vec<String> = module.to_vec();
    for (at, step) in steps.iter().enumerate() {
        match (step.as_str(), at) {
            ("crate", 0) => base.clear(),
            ("self", _) => {}
            ("super", _) => drop(base.pop()?),
            (name, _) => base.push(name.to_owned()),
        }
    }
    (!base.is_empty()).then_some(base)
}

#[test]
fn the_protocol_is_named_by_the_wire_only() {
    let allowed = [
        "terraform-plugin/wire.rs",
        "terraform-plugin/service",
        "terraform-plugin/plugin/",
        "terraform-plugin/fuzzing.rs",
    ];
    let named = sources().into_iter().filter(|(_, text)| text.contains("tfplugin_proto"));
    let offenders =
        named.filter(|(file, _)| !allowed.iter().any(|allowed| file.starts_with(allowed)));
    none(&offenders.map(|(file, _)| file).collect::<Vec<_>>());
}

#[test]
fn the_framework_knows_no_provider_and_no_cloud() {
    let offenders = sources().into_iter().filter_map(|(file, text)| {
        let text = text.to_lowercase();
        let named = ["aiccs", "aliyun", "alibaba"].into_iter().find(|name| text.contains(name));
        let framework = file.starts_with("terraform-plugin/");
        named.filter(|_| framework).map(|name| format!("{file} names {name}"))
    });
    none(&offenders.collect::<Vec<_>>());
}

#[test]
fn clock_environment_and_files_enter_as_arguments() {
    let words = [
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "std::env::var",
        "std::fs::",
        "env::args",
    ];
    let allowed = [
        "bridge/main.rs",
        "aiccs-emulator/",
        "aliyun/client",
        // Notes when a connection stood.
        "aliyun/connecting.rs",
        "aliyun/http.rs",
        "aliyun/environment.rs",
        "bridge/config/",
        "terraform-plugin/plugin/",
        // Reads the name of the program that started this one.
        "terraform-plugin/hosts.rs",
        // Measures durations for the log.
        "terraform-plugin/request.rs",
        // Measures how long ago a create began.
        "bridge/resources/call_task/create.rs",
    ];
    let mut offenders = Vec::new();
    for (file, text) in sources() {
        if allowed.iter().any(|allowed| file.starts_with(allowed)) {
            continue;
        }
        let found = words.iter().filter(|word| production(&text).contains(*word));
        offenders.extend(found.map(|word| format!("{file} uses {word}")));
    }
    none(&offenders);
}

#[test]
fn only_one_file_and_its_folder_name_reqwest() {
    let named = sources().into_iter().filter(|(_, text)| text.contains("reqwest::"));
    let (client, others): (Vec<String>, Vec<String>) =
        named.map(|(file, _)| file).partition(|file| file.starts_with("aliyun/http"));
    assert_eq!(others, ["aiccs-emulator/witness/http.rs"]);
    assert!(client.iter().any(|file| file == "aliyun/http.rs"), "{client:?}");
}

#[test]
fn files_stay_short_enough_to_read() {
    let offenders = sources().into_iter().filter_map(|(file, text)| {
        let lines = production(&text).lines().filter(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with("//")
        });
        let lines = lines.count();
        let table = file.ends_with("table.rs") || file.contains("contract");
        (lines > 400 && !table).then(|| format!("{file}: {lines} lines of code"))
    });
    none(&offenders.collect::<Vec<_>>());
}

#[test]
fn no_test_is_ignored_or_sleeps() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "crates", "tests"] {
        collect(&root.join(folder), &mut files);
    }
    let words =
        [concat!("#[", "ignore"), concat!("should_", "panic"), concat!("thread::", "sleep")];
    let mut offenders = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let found = words.iter().filter(|word| text.contains(*word));
        offenders.extend(found.map(|word| format!("{}: {word}", file.display())));
    }
    none(&offenders);
}

#[test]
fn every_dependency_says_why_once() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, after) = text.split_once("[workspace.dependencies]\n").unwrap();
    let (mut reasons, mut offenders) = (String::new(), Vec::new());
    for line in after.split("\n[").next().unwrap().lines() {
        if line.starts_with('#') {
            reasons.push_str(line);
        } else if let Some((name, _)) = line.split_once('=')
            && !reasons.contains(name.trim())
        {
            offenders.push(name.trim().to_owned());
        }
    }
    none(&offenders);
    for manifest in ["proto", "crates/terraform-plugin", "crates/aliyun", "crates/aiccs-emulator"] {
        let text = std::fs::read_to_string(root().join(manifest).join("Cargo.toml")).unwrap();
        let versions = text.lines().filter(|line| line.contains("version = \""));
        assert_eq!(
            versions.collect::<Vec<_>>(),
            [""; 0],
            "{manifest}: versions stand in the workspace"
        );
    }
}

#[test]
fn one_tls_backend() {
    let lock =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    for banned in ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"] {
        assert!(!lock.contains(&format!("name = \"{banned}\"")), "{banned} is linked");
    }
}

/// A message speaks of the host, the plan, the state, the apply: of hosts by their names only in the table of them.
#[test]
fn no_message_calls_the_host_by_a_name() {
    // What is a name on the wire, or the text of `--help`.
    let fine = [
        "HashiCorp-Terraform/",
        " Terraform-Module/",
        "Terraform and OpenTofu",
        "Terraform or OpenTofu",
    ];
    let offenders = sources().into_iter().flat_map(|(file, text)| {
        let page = |text: &str| match text.split_once("const ABOUT: About") {
            Some((head, rest)) => {
                format!("{head}{}", rest.split_once("\n};").map_or("", |(_, tail)| tail))
            }
            None => text.to_owned(),
        };
        let (text, table) = (page(production(&text)), file.ends_with("/hosts.rs"));
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let named = lines.filter(|line| line.contains("Terraform") || line.contains("OpenTofu"));
        // What pages say: schemas, and what they are laid out with.
        let page = ["/docs/", "/about.rs", "main.rs"].iter().any(|part| file.contains(part));
        let told =
            named.filter(|line| !fine.iter().any(|fine| line.contains(fine)) && !table && !page);
        told.map(|line| format!("{file}: {}", line.trim())).collect::<Vec<_>>()
    });
    none(&offenders.collect::<Vec<_>>());
}
