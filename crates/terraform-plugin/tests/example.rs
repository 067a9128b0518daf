//! The example through a real host: plan, apply, change, import, destroy. The host is `terraform` or `tofu` on PATH, or those
//! that `AICCS_HOSTS` names; `AICCS_SKIP_TERRAFORM_TESTS` leaves the test out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use std::process::Command;

use support::{Folder, hosts};

#[test]
fn a_whole_life_of_the_example() {
    for (number, host) in hosts().into_iter().enumerate() {
        let folder = Folder::new("memo", host, number);
        let note = |text: &str| {
            format!(
                "resource \"memo_note\" \"n\" {{ text = \"{text}\" }}\ndata \"memo_count\" \"c\" {{ text = memo_note.n.text }}\n\
                 output \"words\" {{ value = data.memo_count.c.words }}\n"
            )
        };
        folder.write(&note("one two"));
        assert!(folder.run(2, &["plan", "-detailed-exitcode"]).contains("(known after apply)"));
        assert!(folder.run(0, &["apply", "-auto-approve"]).contains("words = 2"));
        folder.run(0, &["plan", "-detailed-exitcode"]);
        folder.write(&note("one two three"));
        let changed = folder.run(0, &["apply", "-auto-approve"]);
        assert!(changed.contains("1 changed") && changed.contains("words = 3"), "{changed}");
        folder.forget();
        folder.run(0, &["import", "memo_note.n", "note-1"]);
        assert!(folder.run(0, &["state", "show", "memo_note.n"]).contains("found again"));
        folder.run(0, &["destroy", "-auto-approve"]);
    }
}

/// Functions are known from Terraform 1.8 and OpenTofu 1.7 on.
#[test]
fn the_function_of_the_example() {
    for (number, host) in hosts().into_iter().enumerate() {
        let folder = Folder::new("memo", host, 100 + number);
        folder.write("output \"loud\" { value = provider::memo::shout(\"hi\") }\n");
        let version =
            Command::new(&folder.host).args(["version", "-json"]).output().unwrap().stdout;
        if String::from_utf8_lossy(&version).contains("\"1.6.") {
            continue;
        }
        assert!(folder.run(0, &["apply", "-auto-approve"]).contains("loud = \"HI\""));
    }
}
