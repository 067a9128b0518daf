//! Failures as the user reads them, through real Terraform.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::cli::{Terraform, task};
use crate::support::cloud::{Cloud, KEY, SECRET};

/// An apply that fails says all of `parts`, and never the secret.
#[track_caller]
fn fails(terraform: &Terraform, parts: &[&str]) {
    terraform.write(&task(&[]));
    terraform
        .apply_fails()
        .says(parts)
        .never_says(SECRET)
        .never_says("Signature=")
        .never_says("string to sign");
}

#[test]
fn a_wrong_key_is_told_with_the_request_id() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tNobodyHasThisKey");
    fails(
        &terraform,
        &[
            "The plan could not ask QueryAiCallTaskPage: InvalidAccessKeyId.NotFound",
            "InvalidAccessKeyId.NotFound (HTTP 404)",
            "Request ID: ",
            "Credentials: access key from ALIBABA_CLOUD_ACCESS_KEY_ID",
            "Check ALIBABA_CLOUD_ACCESS_KEY_ID:",
        ],
    );
}

#[test]
fn a_wrong_secret_is_told_without_the_string_to_sign() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "AnotherSecretMarker");
    terraform.write(&task(&[]));
    let parts = [
        "SignatureDoesNotMatch (HTTP 400)",
        "Request ID: ",
        "Check ALIBABA_CLOUD_ACCESS_KEY_SECRET:",
    ];
    terraform
        .apply_fails()
        .says(&parts)
        .never_says("AnotherSecretMarker")
        .never_says("string to sign");
}

#[test]
fn an_unreachable_endpoint_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let Some(terraform) = Terraform::towards(&format!("http://{address}")) else { return };
    fails(&terraform, &["Could not create call task", "127.0.0.1", "CreateAiCallTask"]);
}

#[test]
fn a_failing_service_is_told_with_its_request_id() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    terraform.write(&task(&[]));
    terraform.apply();
    cloud.faults(serde_json::json!([{ "operation": "QueryAiCallTaskDetail", "kind": "http_500", "times": 100 }]));
    terraform.plan().fails().says(&[
        "Could not read call task",
        "InternalError (HTTP 500)",
        "Request ID: ",
        "Attempts: 6",
    ]);
}

#[test]
fn a_page_that_is_no_answer_is_shown() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 65536]);
            let page = "<html><body>corporate proxy login</body></html>";
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            );
        }
    });
    let Some(terraform) = Terraform::towards(&format!("http://{address}")) else { return };
    fails(&terraform, &["corporate proxy login", "HTTP 200"]);
}

#[test]
fn a_typo_in_a_word_is_found_by_validate() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    terraform.write(&task(&[("start_type", "\"immediate\""), ("task_cps", "501")]));
    terraform.run(&["validate", "-no-color"]).fails().says(&[
        "`start_type` must be one of \"IMMEDIATE\", \"SCHEDULE\", not \"immediate\". Did you mean \"IMMEDIATE\"?",
        "`task_cps` must be a whole number from 1 to 500, not 501.",
    ]);
    assert!(cloud.journal().is_empty());
}

#[test]
fn http_is_refused_towards_other_hosts() {
    let Some(terraform) = Terraform::towards("http://aiccs.example.com") else { return };
    fails(&terraform, &["Invalid endpoint", "loopback"]);
}

#[test]
fn the_access_key_id_is_sent_and_nothing_else_of_the_key() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("TF_LOG", "TRACE");
    terraform.write(&task(&[]));
    terraform.apply().never_says(SECRET);
    assert!(cloud.journal().iter().all(|entry| entry["access_key_id"] == KEY));
}
