//! The example through a real host: plan, apply, change, import, destroy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use support::{Folder, hosts};

#[test]
fn a_whole_life_of_the_example() {
    for host in hosts() {
        let folder = Folder::new(&host, "memo");
        let note = |text: &str| {
            format!(
                "resource \"memo_note\" \"n\" {{ text = \"{text}\" }}\ndata \"memo_count\" \"c\" {{ text = memo_note.n.text }}\n\
                 output \"words\" {{ value = data.memo_count.c.words }}\n"
            )
        };
        folder.write(&note("one two"));
        assert!(folder.run(2, &["plan", "-detailed-exitcode"]).contains("(known after apply)"));
        assert!(folder.run(0, &["apply", "-auto-approve"]).contains("words = 2"));
        folder.is_settled();
        let changed = folder.apply(&note("one two three"));
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
    for host in hosts() {
        let folder = Folder::new(&host, "memo");
        if folder.knows(8, 7) {
            let told = folder.apply("output \"loud\" { value = provider::memo::shout(\"hi\") }\n");
            assert!(told.contains("loud = \"HI\""), "{told}");
        }
    }
}
