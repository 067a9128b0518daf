//! What tests through a real host share: the hosts, a folder with a provider in it, a command run there. Hosts are `terraform` or
//! `tofu` on PATH, or those that `AICCS_HOSTS` names; `AICCS_SKIP_TERRAFORM_TESTS` leaves such tests out.

#![allow(dead_code)]

pub(crate) mod bent;
pub(crate) mod life;
pub(crate) mod session;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The hosts to run, from the oldest on.
pub(crate) fn hosts() -> Vec<PathBuf> {
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

/// The folder of the examples, which `cargo test --test` alone does not build.
fn built() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let arguments = ["build", "--quiet", "--locked", "-p", "terraform-plugin", "--examples"];
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).current_dir(root);
        // What cargo tells this test of its package would have build scripts run anew that look at it, in this build and the next.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(&*name);
            }
        }
        assert!(cargo.status().unwrap().success());
        let tests = std::env::current_exe().unwrap();
        tests.parent().and_then(Path::parent).unwrap().join("examples")
    };
    BUILT.get_or_init(build).clone()
}

/// A folder of its own with one of the examples as its provider.
pub(crate) struct Folder {
    pub(crate) host: PathBuf,
    pub(crate) path: PathBuf,
    provider: &'static str,
}

impl Folder {
    pub(crate) fn new(provider: &'static str, host: PathBuf, number: usize) -> Folder {
        let path = std::env::temp_dir().join(format!("{provider}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let examples = built();
        let rc = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"registry.terraform.io/example/{provider}\" = {examples:?}\n    \
             \"registry.opentofu.org/example/{provider}\" = {examples:?}\n  }}\n  direct {{}}\n}}\n"
        );
        std::fs::write(path.join("cli.rc"), rc).unwrap();
        Folder { host, path, provider }
    }

    pub(crate) fn write(&self, hcl: &str) {
        let provider = self.provider;
        let head = format!(
            "terraform {{\n  required_providers {{\n    {provider} = {{ source = \"example/{provider}\" }}\n  }}\n}}\n"
        );
        std::fs::write(self.path.join("main.tf"), format!("{head}{hcl}")).unwrap();
    }

    /// As if nothing had been made.
    pub(crate) fn forget(&self) {
        std::fs::remove_file(self.path.join("terraform.tfstate")).unwrap();
    }

    /// What a command says; it must end so.
    pub(crate) fn run(&self, code: i32, arguments: &[&str]) -> String {
        let output = Command::new(&self.host)
            .args(arguments)
            .arg("-no-color")
            .current_dir(&self.path)
            .env("TF_CLI_CONFIG_FILE", self.path.join("cli.rc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("TMPDIR", &self.path)
            .env("SHELF_CALLS", self.path.join("calls"))
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
