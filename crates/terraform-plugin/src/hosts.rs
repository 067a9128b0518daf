//! The hosts by their names: which program started this one, and which versions know what. The only file whose words name a host
//! in messages; nothing that a provider **does** hangs on them.

use std::sync::OnceLock;

/// What not every host knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Feature {
    /// Actions.
    Actions,
    /// Ephemeral resources.
    EphemeralResources,
    /// Functions of providers.
    Functions,
    /// Identities of resources, and imports by them.
    Identity,
    /// `import` blocks.
    ImportBlocks,
    /// List resources and `query`.
    Lists,
    /// The plugin protocol 6.
    Protocol,
    /// Write-only arguments.
    WriteOnly,
}

impl Feature {
    /// The first versions that know it, for a sentence such as "needs ...".
    pub const fn hosts(self) -> &'static str {
        match self {
            Feature::Actions | Feature::Lists => "Terraform 1.14 or later; OpenTofu has none yet",
            Feature::EphemeralResources => "Terraform 1.10 or OpenTofu 1.11 or later",
            Feature::Functions => "Terraform 1.8 or OpenTofu 1.7 or later",
            Feature::Identity => "Terraform 1.12 or OpenTofu 1.12 or later",
            Feature::ImportBlocks => "Terraform 1.5 or OpenTofu 1.6 or later",
            Feature::Protocol => "Terraform 1.0 or OpenTofu 1.6 or later",
            Feature::WriteOnly => "Terraform 1.11 or OpenTofu 1.11 or later",
        }
    }
}

/// The host's program, for a command that a user is to copy: `tofu` where that started this process, else `terraform`.
pub fn cli() -> &'static str {
    cli_of(host_program())
}

/// The host and its version, for a User-Agent.
pub fn product(version: &str) -> String {
    product_of(host_program(), version)
}

/// The name of the program that started this process; empty where that cannot be told. Asked once.
fn host_program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(parent_program)
}

#[cfg(target_os = "linux")]
fn parent_program() -> String {
    let path = format!("/proc/{}/comm", std::os::unix::process::parent_id());
    std::fs::read_to_string(path).map(|name| name.trim().to_owned()).unwrap_or_default()
}

/// The system's own tool knows.
#[cfg(all(unix, not(target_os = "linux")))]
fn parent_program() -> String {
    let parent = std::os::unix::process::parent_id().to_string();
    let asked = std::process::Command::new("ps").args(["-o", "comm=", "-p", &parent]).output();
    asked
        .map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// Windows does not tell.
#[cfg(not(unix))]
fn parent_program() -> String {
    String::new()
}

fn is_tofu(program: &str) -> bool {
    program.to_ascii_lowercase().contains("tofu")
}

fn cli_of(program: &str) -> &'static str {
    if is_tofu(program) { "tofu" } else { "terraform" }
}

/// OpenTofu gives its version as this constant from 1.12 on.
const MADE_UP: &str = "1.13.0";

fn product_of(program: &str, version: &str) -> String {
    match (is_tofu(program), version) {
        (true, MADE_UP) => "OpenTofu".to_owned(),
        (true, version) => format!("OpenTofu/{version}"),
        (false, version) => format!("HashiCorp-Terraform/{version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{cli_of, product_of};

    #[test]
    fn the_host_is_named_by_its_program() {
        for (program, version, cli, product) in [
            ("terraform", "1.11.4", "terraform", "HashiCorp-Terraform/1.11.4"),
            ("tofu", "1.13.0", "tofu", "OpenTofu"),
            ("tofu", "1.11.14", "tofu", "OpenTofu/1.11.14"),
            (".tofu-wrapped", "1.13.0", "tofu", "OpenTofu"),
            ("terraform", "1.13.0", "terraform", "HashiCorp-Terraform/1.13.0"),
            ("", "1.0.0", "terraform", "HashiCorp-Terraform/1.0.0"),
        ] {
            assert_eq!(
                (cli_of(program), &*product_of(program, version)),
                (cli, product),
                "{program}"
            );
        }
    }
}
