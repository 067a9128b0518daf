//! Real Terraform (or OpenTofu) on a directory of its own. Where neither is there, a test fails unless it is
//! told to be skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::cloud::{Cloud, KEY, SECRET};

/// Set it to anything to skip the tests that need a CLI.
const SKIP: &str = "AICCS_SKIP_TERRAFORM_TESTS";

/// `None` only when the user asked to skip.
pub fn cli() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = ["terraform", "tofu"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |dir| dir.join(name)))
        .find(|file| file.is_file());
    if found.is_none() && std::env::var_os(SKIP).is_none() {
        panic!(
            "neither `terraform` nor `tofu` is on PATH: install one, or set {SKIP}=1 to skip these tests on purpose"
        );
    }
    if std::env::var_os(SKIP).is_some() {
        eprintln!("skipped on purpose: {SKIP} is set");
        return None;
    }
    found
}

pub struct Terraform {
    cli: PathBuf,
    directory: TempDir,
    variables: Vec<(String, String)>,
}

pub struct Output {
    pub code: i32,
    /// Both streams, without colours.
    pub text: String,
}

impl Output {
    #[track_caller]
    pub fn succeeds(self) -> Output {
        assert_eq!(self.code, 0, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn fails(self) -> Output {
        assert_eq!(self.code, 1, "{}", self.text);
        self
    }

    /// The text holds each of these, in any order, whatever the line breaks.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Output {
        let text = flat(&self.text);
        for part in parts {
            assert!(text.contains(&flat(part)), "{part:?} is not in\n{}", self.text);
        }
        self
    }

    #[track_caller]
    pub fn never_says(self, part: &str) -> Output {
        assert!(!flat(&self.text).contains(&flat(part)), "{part:?} is in\n{}", self.text);
        self
    }
}

/// Without the frame of diagnostics and with single blanks, so that wrapping does not matter.
fn flat(text: &str) -> String {
    text.replace(['│', '╷', '╵'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Terraform {
    /// A directory whose provider is ours and whose service is `cloud`.
    pub fn new(cloud: &Cloud) -> Option<Terraform> {
        Terraform::towards(&cloud.endpoint())
    }

    pub fn towards(endpoint: &str) -> Option<Terraform> {
        Some(Terraform::by(cli()?, endpoint))
    }

    /// With this host.
    pub fn by(cli: PathBuf, endpoint: &str) -> Terraform {
        let directory = TempDir::new().unwrap();
        let binaries = Path::new(super::PROVIDER).parent().unwrap().display().to_string();
        let rc = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"registry.terraform.io/aiccs/aiccs\" = \"{binaries}\"\n    \
             \"registry.opentofu.org/aiccs/aiccs\" = \"{binaries}\"\n  }}\n  direct {{}}\n}}\n"
        );
        std::fs::write(directory.path().join("cli.rc"), rc).unwrap();
        let variables = [
            ("ALIBABA_CLOUD_ENDPOINT_AICCS", endpoint),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Terraform { cli, directory, variables }
    }

    /// Another host from now on.
    pub fn host(&mut self, cli: &Path) {
        self.cli = cli.to_owned();
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Another environment variable for every run from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| known != name);
    }

    /// Replaces the configuration.
    pub fn write(&self, hcl: &str) {
        let head = "terraform {\n  required_providers {\n    aiccs = { source = \"aiccs/aiccs\" }\n  }\n}\n";
        std::fs::write(self.path().join("main.tf"), format!("{head}{hcl}")).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.cli);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            // Where the provider's socket lies, so that it ends with the run.
            .env("TMPDIR", self.path())
            .env("CHECKPOINT_DISABLE", "1")
            // Most of a run is the host's own work, and a third of that would be the collection of little garbage.
            .env("GOGC", "off")
            .env("GOMEMLIMIT", "512MiB")
            .env("TF_CLI_CONFIG_FILE", self.path().join("cli.rc"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("the CLI starts");
        let text = [output.stdout, output.stderr].concat();
        Output {
            code: output.status.code().unwrap_or(-1),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    /// Applies, and checks that a plan right afterwards is empty.
    #[track_caller]
    pub fn apply(&self) -> Output {
        let output = self.run(&["apply", "-auto-approve", "-no-color"]).succeeds();
        self.plans_nothing();
        output
    }

    #[track_caller]
    pub fn apply_fails(&self) -> Output {
        self.run(&["apply", "-auto-approve", "-no-color"]).fails()
    }

    #[track_caller]
    pub fn plan(&self) -> Output {
        self.run(&["plan", "-detailed-exitcode", "-no-color"])
    }

    #[track_caller]
    pub fn plans_nothing(&self) {
        let output = self.plan();
        assert_eq!(output.code, 0, "the plan is not empty:\n{}", output.text);
        assert!(!output.text.contains("has changed"), "{}", output.text);
    }

    #[track_caller]
    pub fn plans_changes(&self) -> Output {
        let output = self.plan();
        assert_eq!(output.code, 2, "{}", output.text);
        output
    }

    #[track_caller]
    pub fn destroy(&self) -> Output {
        self.run(&["destroy", "-auto-approve", "-no-color"]).succeeds()
    }

    /// The attributes of the only managed resource in the state; null when there is none.
    pub fn state(&self) -> Value {
        let file = self.path().join("terraform.tfstate");
        let Ok(text) = std::fs::read_to_string(file) else { return Value::Null };
        let state: Value = serde_json::from_str(&text).unwrap();
        let resources = state["resources"].as_array().unwrap();
        let mut managed = resources.iter().filter(|resource| resource["mode"] == "managed");
        managed
            .next()
            .map_or(Value::Null, |resource| resource["instances"][0]["attributes"].clone())
    }
}

/// Applies what is written, unasked.
pub const APPLY: [&str; 3] = ["apply", "-auto-approve", "-no-color"];

/// A cloud and a directory; nothing when the user asked to skip.
pub fn start() -> Option<(Cloud, Terraform)> {
    let cloud = Cloud::start();
    let terraform = Terraform::new(&cloud)?;
    Some((cloud, terraform))
}

/// A cloud, and a directory with this configuration.
pub fn start_with(hcl: &str) -> Option<(Cloud, Terraform)> {
    let (cloud, terraform) = start()?;
    terraform.write(hcl);
    Some((cloud, terraform))
}

/// A call task as most tests want it, with `edits` instead of or beside its arguments.
pub fn task(edits: &[(&str, &str)]) -> String {
    let mut arguments = vec![
        ("task_name", "\"回访 🙂 \\\"q\\\"\\nline\""),
        ("agent_id", "\"118000000000000001\""),
        ("virtual_number", "\"0537022000\""),
        ("start_type", "\"IMMEDIATE\""),
        (
            "call_time",
            "[{ start_time = \"09:00\", end_time = \"12:00\" }, { start_time = \"13:30\", end_time = \"18:00:00\" }]",
        ),
        ("call_day", "[\"FRIDAY\", \"MONDAY\"]"),
        ("task_cps", "5"),
    ];
    for (name, value) in edits {
        match arguments.iter_mut().find(|(known, _)| known == name) {
            Some(argument) => argument.1 = value,
            None => arguments.push((name, value)),
        }
    }
    let set = arguments.iter().filter(|(_, value)| !value.is_empty());
    let lines: Vec<String> = set.map(|(name, value)| format!("  {name} = {value}\n")).collect();
    format!("resource \"aiccs_call_task\" \"t\" {{\n{}}}\n", lines.concat())
}
