//! What must never be shown, looked for everywhere a user may look, at the loudest log level.

use crate::support::cli::{Terraform, task};
use crate::support::cloud::{Cloud, SECRET};
use crate::support::local::{self, Local, Part};

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

/// A service that says back whatever it was sent: whole, decoded, cut to pieces, in every member and in no form at all.
fn echo(status: &'static str, form: &'static str) -> Local {
    local::scripted(move |request| {
        let decoded =
            request.replace("%3A", ":").replace("%2F", "/").replace("%3D", "=").replace("%2B", "+");
        let said = serde_json::json!(format!("{request} {decoded}")).to_string();
        let body = match form {
            "json" => format!(
                r#"{{"Code":{said},"Message":{said},"RequestId":{said},"Recommend":{said},"AccessDeniedDetail":{{"AuthAction":{said}}}}}"#
            ),
            "refusal" => {
                format!(r#"{{"Code":{said},"Success":false,"Message":{said},"RequestId":{said}}}"#)
            }
            "contradiction" => {
                format!(r#"{{"Code":"OK","Success":false,"Data":{said},"Message":{said}}}"#)
            }
            "xml" => format!("<Error><Code>X</Code><Message>{request}</Message></Error>"),
            _ => request.to_owned(),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nLocation: http://x/{}\r\nContent-Length: {}\r\n\r\n",
            request.lines().next().unwrap_or_default().replace(' ', "/"),
            body.len()
        );
        vec![Part::Bytes(head.into_bytes()), Part::Bytes(body.into_bytes())]
    })
}

/// A line with a secret: a marker, or the value of a signature or token (Terraform breaks lines anywhere).
fn leak(line: &str) -> bool {
    let shown = |name: &str| {
        let values = line.split(name).skip(1);
        values.clone().any(|value| !value.is_empty() && !value.starts_with('['))
    };
    line.contains("MARKER") || shown("Signature=") || shown("SecurityToken=")
}

/// A way to credentials: what it is, what the block says, the files that it reads.
type Mode = (&'static str, String, Vec<(&'static str, String)>);

/// All ways to credentials, with markers for what is secret; the files lie below the home directory.
fn modes(sidecar: &str) -> Vec<Mode> {
    let profile = |mode: &str, more: &str| {
        format!(
            r#"{{"current":"p","profiles":[{{"name":"p","mode":"{mode}","access_key_id":"LTAI5tKeyId00000001",
            "access_key_secret":"MARKERsecret","sts_token":"MARKERtoken"{more}}}]}}"#
        )
    };
    let key = "access_key = \"LTAI5tKeyId00000001\"\n  secret_key = \"MARKERsecret\"\n";
    let file = ".aliyun/config.json";
    let role = r#","ram_role_arn":"acs:ram::1:role/r","oidc_provider_arn":"acs:ram::1:oidc-provider/p","oidc_token_file":"token""#;
    vec![
        ("arguments", key.to_owned(), vec![]),
        ("arguments with a token", format!("{key}  security_token = \"MARKERtoken\"\n"), vec![]),
        ("a role on top", format!("{key}  assume_role {{\n    role_arn = \"acs:ram::1:role/r\"\n  }}\n"), vec![]),
        ("AK", String::new(), vec![(file, profile("AK", ""))]),
        ("StsToken", String::new(), vec![(file, profile("StsToken", ""))]),
        ("RamRoleArn", String::new(), vec![(file, profile("RamRoleArn", role))]),
        ("OIDC", String::new(), vec![(file, profile("OIDC", role)), ("token", "MARKERoidc".to_owned())]),
        ("External", String::new(), vec![
            (file, profile("External", r#","process_command":"cat printed.json""#)),
            ("printed.json", r#"{"mode":"StsToken","access_key_id":"LTAI5tKeyId00000001","access_key_secret":"MARKERsecret","sts_token":"MARKERtoken"}"#.to_owned()),
        ]),
        ("External that prints nonsense", String::new(), vec![
            (file, profile("External", r#","process_command":"cat printed.json MARKERargument""#)),
            ("printed.json", "MARKERsecret".to_owned()),
        ]),
        ("CredentialsURI", String::new(), vec![(file, profile("CredentialsURI", &format!(r#","credentials_uri":"http://{sidecar}/MARKERpath""#)))]),
        ("a broken file", String::new(), vec![(file, profile("AK", "").replace("}]}", "MARKER"))]),
        ("credentials.ini", String::new(), vec![(
            ".alibabacloud/credentials.ini",
            "[default]\ntype=access_key\naccess_key_id=LTAI5tKeyId00000001\naccess_key_secret=MARKERsecret\n".to_owned(),
        )]),
    ]
}

/// Every way to credentials against everything that can fail, at the loudest level: no marker anywhere.
#[test]
fn no_way_to_credentials_shows_a_secret_however_it_fails() {
    let answer = r#"{"Code":"Success","AccessKeyId":"STS.key","AccessKeySecret":"MARKERsecret","SecurityToken":"MARKERtoken","Expiration":"2099-01-01T00:00:00Z"}"#;
    let sidecar = local::answering("200 OK", "application/json", answer);
    let echoes = [
        echo("400 Bad Request", "json"),
        echo("200 OK", "refusal"),
        echo("200 OK", "contradiction"),
        echo("403 Forbidden", "xml"),
        echo("503 Service Unavailable", "page"),
        echo("307 Temporary Redirect", "page"),
    ];
    for (name, block, files) in modes(&sidecar.address) {
        for (number, server) in echoes.iter().enumerate() {
            let Some(mut terraform) = Terraform::towards(&format!("http://{}", server.address))
            else {
                return;
            };
            terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
            terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
            let sts = if number % 2 == 0 { server } else { &sidecar };
            terraform.set("STS_ENDPOINT", &format!("http://{}", sts.address));
            let log = terraform.path().join("trace.log");
            terraform.set("TF_LOG", "TRACE");
            terraform.set("TF_LOG_PATH", log.to_str().unwrap());
            for (path, text) in &files {
                let path = terraform.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            terraform.write(&format!("provider \"aiccs\" {{\n  max_retries = 0\n  {block}}}\ndata \"aiccs_voices\" \"v\" {{}}\n{}", task(&[])));
            let mut seen = terraform.run(&["apply", "-auto-approve", "-no-color"]).fails().text;
            for file in ["terraform.tfstate", "trace.log"] {
                let text = std::fs::read_to_string(terraform.path().join(file)).unwrap_or_default();
                // Terraform itself logs nothing of the configuration but what we say.
                seen += &text;
            }
            assert_eq!(seen.lines().find(|line| leak(line)), None, "{name}, echo {number}");
        }
    }
}
