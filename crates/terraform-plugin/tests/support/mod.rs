//! Real hosts, and folders in which they run an example of this crate as their provider. The host is `terraform` or `tofu` on
//! PATH, or those that `AICCS_HOSTS` names; `AICCS_SKIP_TERRAFORM_TESTS` leaves all of it out.

#![allow(dead_code, unreachable_pub)]

pub mod bent;
pub mod life;
pub mod session;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value as Json;

/// The hosts to run, from the oldest on.
pub fn hosts() -> Vec<PathBuf> {
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

/// What the tests run as a provider.
const EXAMPLES: [&str; 3] =
    ["terraform-provider-memo", "terraform-provider-shelf", "terraform-provider-specimen"];

/// The folder of the examples, which `cargo test --test` alone does not build, and `cargo test` does.
fn built() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let tests = std::env::current_exe().unwrap();
    let examples = tests.parent().and_then(Path::parent).unwrap().join("examples");
    let build = || {
        if EXAMPLES.iter().all(|name| is_fresh(&examples.join(name))) {
            return examples.clone();
        }
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
        examples.clone()
    };
    BUILT.get_or_init(build).clone()
}

/// Whether a program is as young as all that cargo says it was made of: `PROGRAM: SOURCE SOURCE...`.
fn is_fresh(program: &Path) -> bool {
    let changed = |file: &Path| std::fs::metadata(file).and_then(|found| found.modified()).ok();
    let Ok(sources) = std::fs::read_to_string(program.with_extension("d")) else { return false };
    let Some((_, sources)) = sources.split_once(": ") else { return false };
    let built = changed(program);
    built.is_some()
        && sources.split_whitespace().all(|source| {
            let changed = changed(Path::new(source));
            changed.is_some() && changed <= built
        })
}

/// A folder of its own with an example as its provider.
pub struct Folder {
    /// The host's program.
    pub host: PathBuf,
    /// Where it runs.
    pub path: PathBuf,
    name: &'static str,
}

impl Folder {
    /// For the example `terraform-provider-NAME`.
    pub fn new(host: &Path, name: &'static str) -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("{name}-{}-{number}", std::process::id()));
        // First, so that a build that fails leaves no folder.
        let examples = built();
        std::fs::create_dir_all(&path).unwrap();
        let rc = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"registry.terraform.io/example/{name}\" = {examples:?}\n    \
             \"registry.opentofu.org/example/{name}\" = {examples:?}\n  }}\n  direct {{}}\n}}\n"
        );
        std::fs::write(path.join("cli.rc"), rc).unwrap();
        Folder { host: host.to_owned(), path, name }
    }

    /// Whether the host is a Terraform of this minor version, or a later one; OpenTofu counts its own.
    pub fn knows(&self, terraform: u32, tofu: u32) -> bool {
        let output = Command::new(&self.host).args(["version", "-json"]).output().unwrap().stdout;
        let version: Json = serde_json::from_slice(&output).unwrap();
        let text = version["terraform_version"].as_str().unwrap();
        let minor: u32 = text.split('.').nth(1).unwrap().parse().unwrap();
        let is_tofu = self.host.file_name().is_some_and(|name| name == "tofu");
        minor >= if is_tofu { tofu } else { terraform }
    }

    /// The configuration, after what names the provider.
    pub fn write(&self, hcl: &str) {
        let name = self.name;
        let head = format!(
            "terraform {{\n  required_providers {{\n    {name} = {{ source = \"example/{name}\" }}\n  }}\n}}\n"
        );
        std::fs::write(self.path.join("main.tf"), format!("{head}{hcl}")).unwrap();
    }

    /// As if nothing had been made.
    pub fn forget(&self) {
        std::fs::remove_file(self.path.join("terraform.tfstate")).unwrap();
    }

    /// What a command says; it must end so.
    #[track_caller]
    pub fn run(&self, code: i32, arguments: &[&str]) -> String {
        let (status, text) = self.outcome(arguments);
        assert_eq!(status, Some(code), "{}: {text}", self.host.display());
        text
    }

    /// How a command ends, and what it says.
    pub fn outcome(&self, arguments: &[&str]) -> (Option<i32>, String) {
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
        (output.status.code(), text)
    }

    /// Applies; what it says.
    #[track_caller]
    pub fn apply(&self, hcl: &str) -> String {
        self.write(hcl);
        self.run(0, &["apply", "-auto-approve"])
    }

    /// A plan finds nothing to do.
    #[track_caller]
    pub fn is_settled(&self) {
        self.run(0, &["plan", "-detailed-exitcode"]);
    }

    /// What an error says, in one line, without the frame around it.
    #[track_caller]
    pub fn fails(&self, hcl: &str, arguments: &[&str]) -> String {
        self.write(hcl);
        let text = self.run(1, arguments);
        text.replace(['│', '╷', '╵'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The attributes of a resource, as the state has them.
    #[track_caller]
    pub fn values(&self, address: &str) -> Json {
        let state = self.stored();
        let (kind, name) = address.split_once('.').unwrap();
        let resources = state["resources"].as_array().unwrap();
        let found = resources.iter().find(|r| r["type"] == *kind && r["name"] == *name);
        found.unwrap_or_else(|| panic!("no {address} in {state:#}"))["instances"][0]["attributes"]
            .clone()
    }

    /// The state file.
    pub fn stored(&self) -> Json {
        let bytes = std::fs::read(self.path.join("terraform.tfstate")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Changes the state file by hand.
    pub fn store(&self, state: &Json) {
        std::fs::write(self.path.join("terraform.tfstate"), state.to_string()).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
