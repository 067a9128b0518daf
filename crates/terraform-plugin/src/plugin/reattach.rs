//! Where a host attaches to a process that it did not start: the text that `--debug` prints.

use serde_json::json;

/// The variable by which Terraform and OpenTofu find this process, as a line for a shell.
pub(super) fn text(provider: &str, network: &str, address: &str) -> String {
    let attach = json!({
        provider: {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": std::process::id(),
            "Test": true,
            "Addr": { "Network": network, "String": address },
        }
    });
    let intro = "Provider started. To attach Terraform, set the TF_REATTACH_PROVIDERS environment variable:";
    if cfg!(windows) {
        format!("{intro}\n\n\t$env:TF_REATTACH_PROVIDERS='{attach}'\n\nCtrl-C ends it.\n")
    } else {
        format!("{intro}\n\n\tTF_REATTACH_PROVIDERS='{attach}'\n\nCtrl-C ends it.\n")
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_shell_and_terraform_can_read_it() {
        let text = text("registry.terraform.io/a/b", "unix", "/tmp/x");
        let line = text.lines().find(|line| line.contains("TF_REATTACH_PROVIDERS=")).unwrap();
        let attach: serde_json::Value =
            serde_json::from_str(line.split('\'').nth(1).unwrap()).unwrap();
        let ours = &attach["registry.terraform.io/a/b"];
        assert_eq!(ours["Protocol"], "grpc");
        assert_eq!(ours["ProtocolVersion"], 6);
        assert_eq!(ours["Test"], true);
        assert_eq!(ours["Pid"], std::process::id());
        assert_eq!(ours["Addr"]["Network"], "unix");
        assert_eq!(ours["Addr"]["String"], "/tmp/x");
    }
}
