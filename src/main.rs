//! Which door: plugin (default), `--debug`, `--version` or `--help`. Nothing else.

use std::io::Write;
use std::process::ExitCode;

use terraform_plugin::plugin::{self, Program};
use terraform_provider_aiccs::provider::Aiccs;

const NAME: &str = "terraform-provider-aiccs";

const ADDRESSES: [&str; 2] =
    ["registry.terraform.io/aiccs/aiccs", "registry.opentofu.org/aiccs/aiccs"];

const PROGRAM: Program =
    Program::new(NAME, &ADDRESSES).log_crates(&["aliyun", "terraform_provider_aiccs"]);

const HELP: &str = "\
terraform-provider-aiccs: the Terraform provider for Alibaba Cloud AI outbound-call tasks (AICCS)

Terraform and OpenTofu start this program; there is no need to. To have them find it, either

  - name its directory in the CLI configuration (~/.terraformrc or ~/.tofurc), and skip `terraform init` or `tofu init`:

        provider_installation {
          dev_overrides {
            \"registry.terraform.io/aiccs/aiccs\" = \"/path/to/the/directory\"
            \"registry.opentofu.org/aiccs/aiccs\" = \"/path/to/the/directory\"
          }
          direct {}
        }

  - or put it into the folder that the host looks into, and run `terraform init` or `tofu init`:

        ~/.terraform.d/plugins/registry.terraform.io/aiccs/aiccs/VERSION/OS_ARCH/terraform-provider-aiccs
        ~/.terraform.d/plugins/registry.opentofu.org/aiccs/aiccs/VERSION/OS_ARCH/terraform-provider-aiccs

Options:
  --debug     serve without TLS to a host that is told where, by TF_REATTACH_PROVIDERS
  --version   version, commit and target
  --help      this text";

fn main() -> ExitCode {
    let Some(argument) = std::env::args().nth(1) else { return plugin::serve(Aiccs, PROGRAM) };
    match argument.as_str() {
        "--debug" | "-debug" => plugin::serve_debug(Aiccs, PROGRAM),
        "--version" | "-version" | "-V" => say(std::io::stdout(), &version(), ExitCode::SUCCESS),
        "--help" | "-help" | "-h" => say(std::io::stdout(), HELP, ExitCode::SUCCESS),
        other => {
            let text = format!("{NAME}: unknown option {other:?}; try `{NAME} --help`");
            say(std::io::stderr(), &text, ExitCode::from(2))
        }
    }
}

fn version() -> String {
    let (commit, target) = (env!("AICCS_COMMIT"), env!("AICCS_TARGET"));
    format!("{NAME} {} ({commit}, {target})", env!("CARGO_PKG_VERSION"))
}

fn say(mut to: impl Write, text: &str, code: ExitCode) -> ExitCode {
    match writeln!(to, "{text}") {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}
