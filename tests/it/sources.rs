//! Where credentials come from and how the service is reached, through real Terraform with servers on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::cli::{Terraform, task};
use crate::support::cloud::{Cloud, KEY, SECRET};
use crate::support::local;

/// Terraform without a key in its environment; STS is the emulator.
pub fn keyless(cloud: &Cloud) -> Option<Terraform> {
    let mut terraform = Terraform::new(cloud)?;
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    terraform.set("ALIBABA_CLOUD_ENDPOINT_STS", &cloud.endpoint());
    Some(terraform)
}

/// Applies and destroys one task; gives the journal, in which every call is signed right.
#[track_caller]
pub fn life(terraform: &Terraform, cloud: &Cloud, provider: &str) -> Vec<Value> {
    terraform.write(&format!("provider \"aiccs\" {{\n{provider}}}\n{}", task(&[])));
    terraform.apply();
    terraform.destroy();
    let journal = cloud.journal();
    assert!(journal.iter().any(|entry| entry["operation"] == "CreateAiCallTask"));
    let wrong = journal.iter().find(|entry| {
        entry["signature_valid"] != true && entry["operation"] != "AssumeRoleWithOIDC"
    });
    assert_eq!(wrong, None);
    journal
}

/// The key that made the task.
fn creator(journal: &[Value]) -> &str {
    let create = journal.iter().find(|entry| entry["operation"] == "CreateAiCallTask");
    create.unwrap()["access_key_id"].as_str().unwrap()
}

/// What the service answers to a request without a body.
fn posted(cloud: &Cloud, path: &str) -> Value {
    let address = cloud.endpoint().replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn a_credentials_uri_serves() {
    let cloud = Cloud::start();
    let Some(terraform) = keyless(&cloud) else { return };
    // An OIDC exchange is not signed: the way to a session that the emulator knows.
    let exchange = "/?Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON&RoleSessionName=sidecar&OIDCToken=t\
                    &RoleArn=acs:ram::1:role/pod&OIDCProviderArn=acs:ram::1:oidc-provider/p\
                    &Timestamp=TIME&SignatureNonce=n1";
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut session = posted(&cloud, &exchange.replace("TIME", &time))["Credentials"].take();
    session["Code"] = "Success".into();
    let body = session.to_string();
    let sidecar = local::answering("200 OK", "application/json", &body);
    let uri = format!("  credentials_uri = \"http://{}/session\"\n", sidecar.address);
    let journal = life(&terraform, &cloud, &uri);
    assert_eq!(creator(&journal), session["AccessKeyId"]);
    assert!(sidecar.heads()[0].starts_with("GET /session HTTP/1.1"));
}

#[test]
fn a_profile_of_a_named_file_serves() {
    let cloud = Cloud::start();
    let Some(terraform) = keyless(&cloud) else { return };
    let file = format!(
        r#"{{"current":"other","profiles":[{{"name":"campaigns","mode":"AK","access_key_id":"{KEY}","access_key_secret":"{SECRET}"}}]}}"#
    );
    std::fs::write(terraform.path().join("profiles.json"), file).unwrap();
    let block = "  shared_credentials_file = \"profiles.json\"\n  profile = \"campaigns\"\n";
    assert_eq!(creator(&life(&terraform, &cloud, block)), KEY);
}

#[test]
fn a_role_is_assumed_on_top_of_a_key() {
    let cloud = Cloud::start();
    let Some(mut terraform) = keyless(&cloud) else { return };
    terraform.set("ALICLOUD_ACCESS_KEY", KEY);
    terraform.set("ALICLOUD_SECRET_KEY", SECRET);
    let block = "  assume_role {\n    role_arn = \"acs:ram::1:role/deploy\"\n    session_name = \"nightly\"\n  }\n";
    let journal = life(&terraform, &cloud, block);
    assert_eq!(journal[0]["operation"], "AssumeRole");
    assert_eq!(journal[0]["parameters"]["RoleSessionName"], "nightly");
    assert!(creator(&journal).starts_with("STS."));
}

#[test]
fn a_role_is_assumed_with_a_token_file() {
    let cloud = Cloud::start();
    let Some(mut terraform) = keyless(&cloud) else { return };
    std::fs::write(terraform.path().join("token"), "a.b.c").unwrap();
    terraform.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "token");
    terraform.set("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/p");
    terraform.set("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/pod");
    let journal = life(&terraform, &cloud, "");
    assert_eq!(journal[0]["operation"], "AssumeRoleWithOIDC");
    assert!(creator(&journal).starts_with("STS."));
}

#[test]
fn the_account_is_asked_for_before_anything_else_and_the_user_agent_tells_who_calls() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("TF_APPEND_USER_AGENT", "ci/7");
    terraform.set("STS_ENDPOINT", &cloud.endpoint());
    let block = "  allowed_account_ids  = [\"1000000000000001\"]\n  configuration_source = \"acme/calls\"\n";
    let journal = life(&terraform, &cloud, block);
    assert_eq!(journal[0]["operation"], "GetCallerIdentity");
    let agent = format!(
        "terraform-provider-aiccs/{} Terraform-Module/acme/calls ci/7",
        env!("CARGO_PKG_VERSION")
    );
    for entry in &journal {
        let sent = entry["user_agent"].as_str().unwrap();
        assert!(sent.starts_with("HashiCorp-Terraform/1.") && sent.ends_with(&agent), "{sent}");
    }
}

#[test]
fn a_wrong_account_reaches_no_operation_of_the_service() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("STS_ENDPOINT", &cloud.endpoint());
    let block = "provider \"aiccs\" {\n  forbidden_account_ids = [\"1000000000000001\"]\n}\n";
    terraform.write(&format!("{block}{}", task(&[])));
    terraform.apply_fails().says(&["forbidden_account_ids"]);
    let names: Vec<Value> =
        cloud.journal().iter().map(|entry| entry["operation"].clone()).collect();
    assert_eq!(names, ["GetCallerIdentity"]);
}

#[test]
fn the_newer_signature_serves_a_whole_life() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let journal = life(&terraform, &cloud, "  signature_method = \"ACS3-HMAC-SHA256\"\n");
    let others = journal.iter().filter(|entry| entry["signature"] != journal[0]["signature"]);
    assert_eq!(others.count(), 0);
    let text = journal[0]["signature"].as_str().unwrap().to_ascii_lowercase();
    assert!(text.contains("acs3"), "{text}");
}

/// TLS under the service's own kind of name in front of the emulator, and a proxy that leads there.
pub fn beyond(cloud: &Cloud) -> (local::Local, String) {
    let address = cloud.endpoint().replace("http://", "");
    let (tls, pem) = local::tls(&["aiccs.example.test"], &address);
    (local::proxy(&tls.address), pem)
}

#[test]
fn https_goes_through_the_proxy_and_trusts_the_bundle() {
    let cloud = Cloud::start();
    let (proxy, pem) = beyond(&cloud);
    let Some(mut terraform) = Terraform::towards("aiccs.example.test") else { return };
    terraform.set("HTTPS_PROXY", &format!("http://{}", proxy.address));
    std::fs::write(terraform.path().join("roots.pem"), pem).unwrap();
    life(&terraform, &cloud, "  ca_bundle = \"roots.pem\"\n");
    let heads = proxy.heads();
    assert!(!heads.is_empty());
    let known = ["CONNECT aiccs.example.test:443", "CONNECT sts.aliyuncs.com:443"];
    assert!(
        heads.iter().all(|head| known.iter().any(|known| head.starts_with(known))),
        "{heads:?}"
    );
    terraform.write(&format!("provider \"aiccs\" {{\n  max_retries = 0\n}}\n{}", task(&[])));
    terraform.apply_fails().says(&["No secure connection to aiccs.example.test"]);
}

#[test]
fn hosts_in_no_proxy_are_reached_without_it() {
    let cloud = Cloud::start();
    let (proxy, _) = beyond(&cloud);
    let Some(mut terraform) = Terraform::towards("aiccs.invalid") else { return };
    terraform.set("HTTPS_PROXY", &format!("http://{}", proxy.address));
    terraform.set("NO_PROXY", "aiccs.invalid");
    terraform.write(&format!("provider \"aiccs\" {{\n  max_retries = 0\n}}\n{}", task(&[])));
    terraform.apply_fails().says(&["The name aiccs.invalid does not resolve"]);
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

#[test]
fn this_machine_is_reached_without_the_proxy() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    let proxy = local::proxy("127.0.0.1:1");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        terraform.set(name, &format!("http://{}", proxy.address));
    }
    life(&terraform, &cloud, "");
    assert_eq!(proxy.heads(), Vec::<String>::new());
}
