//! Where a host attaches to a process that it did not start: the text that `--debug` prints.

use serde_json::{Map, Value, json};

/// The variable by which hosts find this process, as a line for a shell.
pub(super) fn text(providers: &[&str], network: &str, address: &str) -> String {
    let this = json!({
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": std::process::id(),
        "Test": true,
        "Addr": { "Network": network, "String": address },
    });
    // Each host looks for the address in its own registry.
    let attach: Map<String, Value> =
        providers.iter().map(|provider| ((*provider).to_owned(), this.clone())).collect();
    let attach = Value::Object(attach);
    let intro = "Provider started. To attach Terraform or OpenTofu, set the TF_REATTACH_PROVIDERS environment variable:";
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
        let text =
            text(&["registry.terraform.io/a/b", "registry.opentofu.org/a/b"], "unix", "/tmp/x");
        let line = text.lines().find(|line| line.contains("TF_REATTACH_PROVIDERS=")).unwrap();
        let attach: serde_json::Value =
            serde_json::from_str(line.split('\'').nth(1).unwrap()).unwrap();
        assert_eq!(attach.as_object().unwrap().len(), 2);
        for registry in ["registry.terraform.io", "registry.opentofu.org"] {
            let ours = &attach[format!("{registry}/a/b")];
            assert_eq!(ours["Protocol"], "grpc");
            assert_eq!(ours["ProtocolVersion"], 6);
            assert_eq!(ours["Test"], true);
            assert_eq!(ours["Pid"], std::process::id());
            assert_eq!(ours["Addr"]["Network"], "unix");
            assert_eq!(ours["Addr"]["String"], "/tmp/x");
        }
    }
}
