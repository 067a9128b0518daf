//! Machines as they are: proxies, roots, homes, temporary directories. Everything works, or says what to do.

use crate::sources::{beyond, keyless, life};
use crate::support::cli::{Terraform, task};
use crate::support::cloud::{Cloud, KEY, SECRET};
use crate::support::local;

const ONCE: &str = "provider \"aiccs\" {\n  max_retries = 0\n}\n";

#[test]
fn proxy_variables_mean_what_they_mean_to_terraform() {
    let cloud = Cloud::start();
    let (proxy, _) = beyond(&cloud);
    let Some(mut terraform) = Terraform::towards("aiccs.invalid") else { return };
    terraform.set("HTTPS_PROXY", &format!("http://{}", proxy.address));
    terraform.write(&(ONCE.to_owned() + &task(&[])));
    for direct in ["*.invalid", "aiccs.invalid:443", "*"] {
        terraform.set("NO_PROXY", direct);
        terraform.apply_fails().says(&["The name aiccs.invalid does not resolve"]);
        assert_eq!(proxy.heads(), Vec::<String>::new(), "{direct}");
    }
    terraform.set("NO_PROXY", "aiccs.invalid:80,invalid.example");
    terraform.apply_fails();
    assert!(proxy.heads()[0].starts_with("CONNECT aiccs.invalid:443"));
}

#[test]
fn a_socks_proxy_serves_and_resolves_the_names() {
    let cloud = Cloud::start();
    let address = cloud.endpoint().replace("http://", "");
    let (tls, pem) = local::tls(&["aiccs.example.test"], &address);
    let socks = local::socks(&tls.address);
    let Some(mut terraform) = Terraform::towards("aiccs.example.test") else { return };
    terraform.set("HTTPS_PROXY", &format!("socks5://{}", socks.address));
    std::fs::write(terraform.path().join("roots.pem"), pem).unwrap();
    life(&terraform, &cloud, "  ca_bundle = \"~/roots.pem\"\n");
    assert!(
        socks.heads().iter().any(|host| host == "aiccs.example.test:443"),
        "{:?}",
        socks.heads()
    );
}

#[test]
fn a_proxy_that_cannot_be_read_is_an_error_and_not_a_direct_connection() {
    let Some(mut terraform) = Terraform::towards("aiccs.invalid") else { return };
    terraform.write(&(ONCE.to_owned() + &task(&[])));
    for (name, value) in
        [("HTTPS_PROXY", "not a url"), ("https_proxy", "ftp://p:1"), ("HTTP_PROXY", "http://")]
    {
        terraform.set(name, value);
        terraform.apply_fails().says(&["Unreadable proxy", name]).never_says("does not resolve");
        terraform.unset(name);
    }
}

#[test]
fn a_source_that_the_block_names_in_vain_is_a_warning() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    terraform.write(&format!("provider \"aiccs\" {{\n  profile = \"b\"\n}}\n{}", task(&[])));
    let said = ["Warning: profile b is not used: ALIBABA_CLOUD_ACCESS_KEY_ID is set"];
    terraform.run(&["apply", "-auto-approve", "-no-color"]).succeeds().says(&said);
}

#[test]
fn empty_arguments_count_as_left_out() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let block = "  profile = \"\"\n  endpoint = \"\"\n  sts_endpoint = \"\"\n  signature_method = \"\"\n  \
                 assume_role {\n    role_arn = \"\"\n    policy = \"\"\n  }\n";
    let journal = life(&terraform, &cloud, block);
    assert!(journal.iter().all(|entry| entry["operation"] != "AssumeRole"), "no role is no role");
}

#[test]
fn half_a_key_is_an_error_that_names_both_halves() {
    let cloud = Cloud::start();
    let Some(mut terraform) = keyless(&cloud) else { return };
    let home = terraform.path().join(".aliyun");
    std::fs::create_dir(&home).unwrap();
    let file = format!(
        r#"{{"current":"c","profiles":[{{"name":"c","mode":"AK","access_key_id":"{KEY}","access_key_secret":"{SECRET}"}}]}}"#
    );
    std::fs::write(home.join("config.json"), file).unwrap();
    terraform.set("ALICLOUD_ACCESS_KEY", KEY);
    terraform.write(&task(&[]));
    terraform.apply_fails().says(&["ALICLOUD_ACCESS_KEY is set", "ALICLOUD_SECRET_KEY"]);
    assert_eq!(cloud.journal().len(), 0, "the current profile is another identity");
}

#[test]
fn no_roots_break_https_alone_and_are_told_by_package_and_variable() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("SSL_CERT_FILE", "/nowhere/roots.pem");
    terraform.set("SSL_CERT_DIR", "/nowhere");
    life(&terraform, &cloud, "");
    let Some(mut terraform) = Terraform::towards("aiccs.invalid") else { return };
    terraform.set("SSL_CERT_FILE", "/nowhere/roots.pem");
    terraform.set("SSL_CERT_DIR", "/nowhere");
    terraform.write(&(ONCE.to_owned() + &task(&[])));
    terraform.apply_fails().says(&["ca-certificates", "SSL_CERT_FILE"]);
}

#[test]
fn a_function_knows_its_zones_without_the_machines() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("TZDIR", "/nowhere");
    let hcl =
        "output \"t\" { value = provider::aiccs::rfc3339(1796086800000, \"Asia/Shanghai\") }\n";
    terraform.write(hcl);
    terraform
        .run(&["apply", "-auto-approve", "-no-color"])
        .succeeds()
        .says(&["2026-12-01T09:00:00+08:00"]);
}

#[test]
fn homes_and_temporary_directories_of_any_kind_serve() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    // A path that fits no socket.
    let long = terraform.path().join("t".repeat(60)).join("u".repeat(60));
    std::fs::create_dir_all(&long).unwrap();
    for (name, value) in [
        ("TMPDIR", long.to_str().unwrap()),
        ("TMPDIR", "/nowhere/at/all"),
        ("TMPDIR", "/proc"),
        ("HOME", ""),
        ("HOME", "/nowhere/at/all"),
        ("HOME", "/proc"),
    ] {
        terraform.set(name, value);
        let task_name = format!("{:?}", format!("{name} {value}"));
        terraform.write(&task(&[("task_name", &task_name)]));
        terraform.apply();
        terraform.destroy();
        terraform.set(name, terraform.path().to_str().unwrap().to_owned().as_str());
    }
    let Some(mut terraform) = keyless(&cloud) else { return };
    terraform.set("HOME", "");
    terraform.write(&task(&[]));
    terraform.apply_fails().says(&["No credentials were found", "access_key:"]);
}
