//! The house's own rules, held over the source text.

use std::path::{Path, PathBuf};

/// Every Rust file below `src`, with its text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    let name = |file: &Path| {
        file.strip_prefix(root.join("src")).unwrap().to_string_lossy().replace('\\', "/")
    };
    let mut sources: Vec<_> =
        files.iter().map(|file| (name(file), std::fs::read_to_string(file).unwrap())).collect();
    sources.sort();
    assert!(sources.len() > 30, "the sources are found");
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
fn production(text: &str) -> &str {
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

#[test]
fn imports_go_down_and_never_sideways() {
    let forbidden: [(&str, &[&str]); 4] = [
        ("terraform/", &["aliyun", "provider", "emulator"]),
        ("aliyun/", &["terraform", "provider", "emulator"]),
        ("emulator/", &["terraform", "aliyun", "provider"]),
        ("provider/", &["emulator"]),
    ];
    let mut offenders = Vec::new();
    for (file, text) in sources() {
        for (folder, names) in forbidden {
            for name in names.iter().filter(|_| file.starts_with(folder)) {
                if text.contains(&format!("crate::{name}")) {
                    offenders.push(format!("{file} names crate::{name}"));
                }
            }
        }
    }
    none(&offenders);
}

#[test]
fn the_protocol_is_named_by_the_wire_only() {
    let allowed = ["terraform/wire.rs", "terraform/service", "terraform/plugin/"];
    let named = sources().into_iter().filter(|(_, text)| text.contains("tfplugin_proto"));
    let offenders =
        named.filter(|(file, _)| !allowed.iter().any(|allowed| file.starts_with(allowed)));
    none(&offenders.map(|(file, _)| file).collect::<Vec<_>>());
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
        "main.rs",
        "bin/",
        "emulator/",
        "aliyun/client.rs",
        "aliyun/http.rs",
        "aliyun/surroundings.rs",
        "provider/config/",
        "terraform/plugin/",
        // Measures durations for the log.
        "terraform/request.rs",
        // Measures how long ago a create began.
        "provider/call_task/create.rs",
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
fn only_one_file_names_reqwest() {
    let named = sources().into_iter().filter(|(_, text)| text.contains("reqwest::"));
    assert_eq!(named.map(|(file, _)| file).collect::<Vec<_>>(), ["aliyun/http.rs"]);
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
    collect(&root.join("src"), &mut files);
    collect(&root.join("tests"), &mut files);
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
fn every_dependency_says_why() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut offenders = Vec::new();
    let mut inside = false;
    let mut reasons = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if line.starts_with('#') {
            reasons.push_str(line);
        } else if let Some((name, _)) = line.split_once('=').filter(|_| inside)
            && !reasons.contains(name.trim())
        {
            offenders.push(name.trim().to_owned());
        }
    }
    none(&offenders);
}

#[test]
fn one_tls_backend() {
    let lock =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    for banned in ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"] {
        assert!(!lock.contains(&format!("name = \"{banned}\"")), "{banned} is linked");
    }
}
