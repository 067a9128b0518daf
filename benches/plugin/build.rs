//! The binaries to measure: the provider built by cargo with the release profile, the floor for speed alone, the others found.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::host::Plugin;

/// Names the AWS provider's binary, where it is not found in a mirror.
const AWS: &str = "AICCS_BENCH_AWS_PROVIDER";

/// A program to measure.
pub struct Contestant {
    pub name: &'static str,
    pub binary: PathBuf,
    /// Of another kind: only started, not loaded.
    pub slow: bool,
}

impl Contestant {
    /// Started as Terraform does, with mutual TLS.
    pub fn start(&self) -> Plugin {
        let mut command = Plugin::command_of(&self.binary);
        Plugin::spawn(command.env("PLUGIN_CLIENT_CERT", crate::host::HOST_PEM))
    }
}

/// The provider first, the floor second.
pub fn contestants() -> Vec<Contestant> {
    let ours = |name, binary| Contestant { name, binary, slow: false };
    let target = target();
    let mut all = vec![
        ours("provider", built("terraform-provider-aiccs", "Cargo.toml", &target)),
        ours("floor", built("floor", "benches/floor/Cargo.toml", &target.join("floor"))),
    ];
    match aws() {
        Some(binary) => all.push(Contestant { name: "aws", binary, slow: true }),
        None => eprintln!("no AWS provider: set {AWS} to its binary to compare with it"),
    }
    all
}

/// Builds a binary of the package of the same name, and answers where it is. Of the workspace of that manifest all are built: as
/// users build it.
fn built(package: &str, manifest: &str, target: &Path) -> PathBuf {
    let done = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--workspace", "--bins"])
        .args(["--manifest-path", manifest])
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(done.expect("cargo starts").success(), "{package} is built");
    target.join("release").join(package)
}

fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"))
}

/// Named by the environment, or in the filesystem mirror of the CLI configuration.
fn aws() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(AWS) {
        return Some(named.into());
    }
    let config = std::fs::read_to_string(std::env::var_os("TF_CLI_CONFIG_FILE")?).ok()?;
    let mirror = config.split_once("filesystem_mirror")?.1.split_once("path")?.1;
    let versions = Path::new(mirror.split('"').nth(1)?).join("registry.terraform.io/hashicorp/aws");
    let files = std::fs::read_dir(versions).ok()?.flatten().filter_map(|version| {
        let platform = std::fs::read_dir(version.path()).ok()?.flatten().next()?;
        std::fs::read_dir(platform.path()).ok()?.flatten().map(|entry| entry.path()).next()
    });
    files.max()
}
