//! The example through a real host: plan, apply, change, import, destroy. The host is `terraform` or `tofu` on PATH, or those
//! that `AICCS_HOSTS` names; `AICCS_SKIP_TERRAFORM_TESTS` leaves the test out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The hosts to run, from the oldest on.
fn hosts() -> Vec<PathBuf> {
    if std::env::var_os("AICCS_SKIP_TERRAFORM_TESTS").is_some() {
        eprintln!("left out: AICCS_SKIP_TERRAFORM_TESTS is set");
        return Vec::new();
    }
    if let Ok(list) = std::env::var("AICCS_HOSTS") {
        return list.split(':').map(PathBuf::from).collect();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = ["terraform", "tofu"].iter().find_map(|name| {
        folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file())
    });
    vec![found.expect("neither terraform nor tofu is on PATH; AICCS_SKIP_TERRAFORM_TESTS=1 leaves these tests out")]
}

/// The folder of the example, which `cargo test --test` alone does not build.
fn built() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let arguments = [
            "build",
            "--quiet",
            "--locked",
            "-p",
            "terraform-plugin",
            "--example",
            "terraform-provider-memo",
        ];
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert!(
            Command::new(env!("CARGO"))
                .args(arguments)
                .current_dir(root)
                .status()
                .unwrap()
                .success()
        );
        let tests = std::env::current_exe().unwrap();
        tests.parent().and_then(Path::parent).unwrap().join("examples")
    };
    BUILT.get_or_init(build).clone()
}

/// A folder of its own with the example as its provider.
struct Folder {
    host: PathBuf,
    path: PathBuf,
}

impl Folder {
    fn new(host: PathBuf, number: usize) -> Folder {
        let path = std::env::temp_dir().join(format!("memo-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let examples = built();
        let rc = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"registry.terraform.io/example/memo\" = {examples:?}\n    \
             \"registry.opentofu.org/example/memo\" = {examples:?}\n  }}\n  direct {{}}\n}}\n"
        );
        std::fs::write(path.join("cli.rc"), rc).unwrap();
        Folder { host, path }
    }

    fn write(&self, hcl: &str) {
        let head = "terraform {\n  required_providers {\n    memo = { source = \"example/memo\" }\n  }\n}\n";
        std::fs::write(self.path.join("main.tf"), format!("{head}{hcl}")).unwrap();
    }

    /// As if nothing had been made.
    fn forget(&self) {
        std::fs::remove_file(self.path.join("terraform.tfstate")).unwrap();
    }

    /// What a command says; it must end so.
    fn run(&self, code: i32, arguments: &[&str]) -> String {
        let output = Command::new(&self.host)
            .args(arguments)
            .arg("-no-color")
            .current_dir(&self.path)
            .env("TF_CLI_CONFIG_FILE", self.path.join("cli.rc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("TMPDIR", &self.path)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{}: {text}", self.host.display());
        text
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[test]
fn a_whole_life_of_the_example() {
    for (number, host) in hosts().into_iter().enumerate() {
        let folder = Folder::new(host, number);
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
        let folder = Folder::new(host, 100 + number);
        folder.write("output \"loud\" { value = provider::memo::shout(\"hi\") }\n");
        let version =
            Command::new(&folder.host).args(["version", "-json"]).output().unwrap().stdout;
        if String::from_utf8_lossy(&version).contains("\"1.6.") {
            continue;
        }
        assert!(folder.run(0, &["apply", "-auto-approve"]).contains("loud = \"HI\""));
    }
}
