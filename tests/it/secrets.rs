//! What must never be shown, looked for everywhere a user may look, at the loudest log level.

use crate::support::cli::{Terraform, task};
use crate::support::cloud::{Cloud, SECRET};
use crate::support::local;

/// Everything that a life at trace level left behind: output, log, state; and the log alone.
fn life(terraform: &mut Terraform, cloud: &Cloud, provider: &str) -> (String, String) {
    let log = terraform.path().join("trace.log");
    terraform.set("TF_LOG", "TRACE");
    terraform.set("TF_LOG_PATH", log.to_str().unwrap());
    let head =
        format!("provider \"aiccs\" {{\n  sts_endpoint = \"{}\"\n{provider}}}\n", cloud.endpoint());
    let line = [
        ("line_encoding", "\"enc\""),
        ("line_phone_num", "\"05370229999\""),
        ("virtual_number", ""),
    ];
    let arguments = ["apply", "-auto-approve", "-no-color"];
    terraform.write(&format!("{head}{}", task(&[])));
    let mut seen = terraform.run(&arguments).succeeds().text;
    terraform.write(&format!("{head}{}", task(&line)));
    seen += &terraform.run(&arguments).text;
    seen += &terraform.destroy().text;
    for file in ["terraform.tfstate", "terraform.tfstate.backup"] {
        seen += &std::fs::read_to_string(terraform.path().join(file)).unwrap_or_default();
    }
    let log = std::fs::read_to_string(log).unwrap();
    (seen + &log, log)
}

/// The provider's own lines of a log.
fn own(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains("provider.terraform-provider-aiccs")).collect()
}

#[track_caller]
fn nowhere(seen: &str, markers: &[&str]) {
    for marker in markers {
        let line = seen.lines().find(|line| line.contains(marker));
        assert_eq!(line, None, "{marker}");
    }
}

#[test]
fn a_key_and_its_signatures_are_shown_nowhere_and_every_call_is_logged() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    let (seen, log) = life(&mut terraform, &cloud, "");
    nowhere(&seen, &[SECRET, "Signature=", "SignatureNonce=", "StringToSign", "Authorization:"]);
    let own = own(&log);
    // Numbers are the user's own arguments, and core itself prints them; the provider does not.
    nowhere(&own.join("\n"), &["0537022000", "05370229999"]);
    assert!(own.iter().any(|line| line.contains("****00")), "masked, but there");
    for (what, parts) in [
        ("request", ["operation=CreateAiCallTask", "attempt=1", "parameters=", "[DEBUG]"]),
        ("response", ["operation=CreateAiCallTask", "milliseconds=", "status=200", "request_id="]),
    ] {
        let line = own.iter().find(|line| {
            line.contains(&format!(": {what}")) && parts.iter().all(|part| line.contains(part))
        });
        assert!(line.is_some(), "{what}:\n{}", own.join("\n"));
    }
    for part in ["tf_rpc=ApplyResourceChange", "tf_req_id=", "tf_resource_type=aiccs_call_task"] {
        assert!(own.iter().any(|line| line.contains(part)), "{part}:\n{}", own.join("\n"));
    }
}

#[test]
fn a_sessions_secret_and_token_are_shown_nowhere() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    let role = "  assume_role {\n    role_arn = \"acs:ram::1:role/deploy\"\n  }\n";
    let (seen, _) = life(&mut terraform, &cloud, role);
    nowhere(&seen, &[SECRET, "CAIS", "SecurityToken=", "Signature="]);
    assert!(cloud.journal().iter().any(|entry| entry["operation"] == "AssumeRole"));
}

#[test]
fn an_oidc_token_is_shown_nowhere() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    std::fs::write(terraform.path().join("token"), "OidcTokenMarker").unwrap();
    let role = "  assume_role_with_oidc {\n    role_arn = \"acs:ram::1:role/pod\"\n    oidc_provider_arn = \
                \"acs:ram::1:oidc-provider/p\"\n    oidc_token_file = \"token\"\n  }\n";
    let (seen, _) = life(&mut terraform, &cloud, role);
    nowhere(&seen, &["OidcTokenMarker", "CAIS", "SecurityToken=", "Signature="]);
    assert!(cloud.journal().iter().any(|entry| entry["operation"] == "AssumeRoleWithOIDC"));
}

#[test]
fn a_static_token_is_not_shown_even_by_a_failure() {
    let page = local::answering(
        "400 Bad Request",
        "application/json",
        r#"{"Code":"InvalidSecurityToken.Expired","Message":"expired"}"#,
    );
    let Some(mut terraform) = Terraform::towards(&format!("http://{}", page.address)) else {
        return;
    };
    let log = terraform.path().join("trace.log");
    terraform.set("ALIBABA_CLOUD_SECURITY_TOKEN", "StaticTokenMarker");
    terraform.set("TF_LOG", "TRACE");
    terraform.set("TF_LOG_PATH", log.to_str().unwrap());
    terraform.write(&task(&[]));
    let told = terraform
        .apply_fails()
        .says(&["InvalidSecurityToken.Expired", "ALIBABA_CLOUD_SECURITY_TOKEN"]);
    assert!(page.heads().iter().any(|head| head.contains("StaticTokenMarker")), "it was sent");
    nowhere(&(told.text + &std::fs::read_to_string(log).unwrap()), &["StaticTokenMarker", SECRET]);
}
