//! Every kind of failure on one page, exactly as Terraform prints it: `tests/data/errors.txt`.
//! After a change on purpose: `UPDATE_SNAPSHOTS=1 cargo test --test it errors`, then read the page aloud.

use std::path::Path;

use serde_json::json;

use crate::support::cli::{Terraform, task};
use crate::support::cloud::Cloud;
use crate::support::local;

/// The page so far.
#[derive(Default)]
struct Page(String);

impl Page {
    /// One failure: what was done, and what Terraform said, without what differs from run to run.
    fn add(&mut self, title: &str, terraform: &Terraform, provider: &str) {
        terraform.write(&format!("provider \"aiccs\" {{\n{provider}}}\n{}", task(&[])));
        self.told(title, terraform, &terraform.apply_fails().text, "Error: ");
    }

    /// A text from the line on that begins with `word`; up to the plan's end where that follows.
    fn told(&mut self, title: &str, terraform: &Terraform, text: &str, word: &str) {
        let lines = text.lines().map(str::trim_end);
        let told: Vec<&str> = lines.skip_while(|line| !line.starts_with(word)).collect();
        assert!(!told.is_empty(), "no {word:?} in\n{text}");
        let text = steady(&told.join("\n"), terraform.path());
        self.0.push_str(&format!("## {title}\n{}\n\n", text.trim_end()));
    }
}

/// Without request ids, ports, directories, the resolver's own words, and what hosts differ in.
fn steady(text: &str, directory: &Path) -> String {
    let mut out = text.replace(&directory.display().to_string(), "HOME");
    for (word, instead) in [
        ("registry.opentofu.org", "registry.terraform.io"),
        ("OpenTofu", "Terraform"),
        ("tofu ", "terraform "),
    ] {
        out = out.replace(word, instead);
    }
    for words in [
        "Temporary failure in name resolution",
        "Name or service not known",
        "No address associated with hostname",
    ] {
        out = out.replace(words, "<the resolver's words>");
    }
    out.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> String {
    if line.starts_with("Attempts: ") {
        return "Attempts: <n>\n".to_owned();
    }
    let words = line.split_inclusive([' ', '&', ')', '\n']);
    words.map(|word| hidden(word, "127.0.0.1:", |c| c.is_ascii_digit())).collect::<String>()
}

/// The request ids and ports of a text as a word of their own.
fn hidden(word: &str, before: &str, part: fn(char) -> bool) -> String {
    let word = match word.find("requestId=") {
        Some(at) => format!("{}<id>\n", &word[..at + "requestId=".len()]),
        None => word.to_owned(),
    };
    let dashes = word.bytes().filter(|byte| *byte == b'-').count();
    if dashes == 4 && word.trim().len() == 36 {
        return word.replace(word.trim(), "<id>");
    }
    if let Some(time) = word.trim().get(..25)
        && time.ends_with("+08:00")
        && dashes == 2
    {
        return word.replace(time, "<time>");
    }
    match word.find(before).map(|at| word.split_at(at + before.len())) {
        Some((head, tail)) if tail.starts_with(part) => {
            format!("{head}PORT{}", tail.trim_start_matches(part))
        }
        Some(_) | None => word,
    }
}

/// What lies between Terraform and the service.
fn network(page: &mut Page) {
    let towards = |endpoint: &str| Terraform::towards(endpoint).unwrap();
    let once = "  max_retries = 0\n";
    page.add("The endpoint's name does not resolve", &towards("aiccs.invalid"), once);
    page.add("Nobody listens", &towards(&format!("http://{}", local::nobody())), once);
    let (tls, _) = local::tls(&["127.0.0.1"], "127.0.0.1:1");
    page.add("A certificate nobody knows", &towards(&format!("https://{}", tls.address)), once);
    let closed = local::answering("403 Forbidden", "text/plain", "not through here");
    let mut proxied = towards("aiccs.aliyuncs.com");
    proxied.set("HTTPS_PROXY", &format!("http://{}", closed.address));
    page.add("The proxy refuses", &proxied, once);
    proxied.set("HTTPS_PROXY", &format!("http://{}", local::nobody()));
    page.add("The proxy is not there", &proxied, once);
    let silent = towards(&format!("http://{}", local::silent().address));
    let brief = "  max_retries            = 0\n  client_connect_timeout = 100\n  client_read_timeout    = 100\n";
    page.add("No answer in time", &silent, brief);
    let html =
        local::answering("200 OK", "text/html", "<html><body>corporate proxy login</body></html>");
    page.add("A page instead of an answer", &towards(&format!("http://{}", html.address)), once);
}

/// What the service refuses.
fn service(page: &mut Page) {
    let cloud = Cloud::start();
    let terraform = Terraform::new(&cloud).unwrap();
    let mut with = |title: &str, fault: serde_json::Value, provider: &str| {
        cloud.calm();
        cloud.faults(json!([fault]));
        page.add(title, &terraform, provider);
    };
    let always = |operation: &str, kind: &str| json!({ "operation": operation, "kind": kind, "times": null });
    with(
        "A gateway's page, and the name is free: the create was repeated",
        always("*", "html"),
        "  max_retries = 1\n",
    );
    with("An error in XML", always("*", "xml_500"), "  max_retries = 1\n");
    with("A refusal of the service's own", always("CreateAiCallTask", "business"), "");
    with("A refusal of RAM", always("CreateAiCallTask", "forbidden_ram"), "");
    with("A stale clock that the service's Date does not explain", always("*", "clock_skew"), "");
    with(
        "Throttled until the time is over",
        always("*", "throttle_plain"),
        "  max_retry_timeout = 1\n",
    );
}

/// Who calls.
fn callers(page: &mut Page) {
    let cloud = Cloud::start();
    let mut terraform = Terraform::new(&cloud).unwrap();
    terraform.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tNobodyHasThisKey");
    page.add("A wrong access key id", &terraform, "");
    let mut terraform = Terraform::new(&cloud).unwrap();
    terraform.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "AnotherSecretMarker");
    page.add("A wrong access key secret", &terraform, "");
    let account = format!(
        "  sts_endpoint        = \"{}\"\n  allowed_account_ids = [\"1234567890123456\"]\n",
        cloud.endpoint()
    );
    page.add("The wrong account", &Terraform::new(&cloud).unwrap(), &account);
    let mut terraform = Terraform::new(&cloud).unwrap();
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    page.add("No credentials", &terraform, "");
    page.add("A profile that is not there", &terraform, "  profile = \"campaigns\"\n");
    let wrong = "  endpoint = \"http://aiccs.aliyuncs.com\"\n  requests_per_second = 0\n";
    page.add("A provider block that is wrong", &terraform, wrong);
    let terraform = Terraform::new(&cloud).unwrap();
    terraform.write(&task(&[]));
    terraform.apply();
    let unknown = "resource \"terraform_data\" \"source\" {\n  input = uuid()\n}\n\
                   provider \"aiccs\" {\n  configuration_source = terraform_data.source.output\n}\n";
    terraform.write(&format!("{unknown}{}", task(&[])));
    let told = terraform.plans_changes().text;
    page.told(
        "A provider block that is not known yet",
        &terraform,
        &told,
        "Warning: Call task not",
    );
}

#[test]
fn every_failure_reads_as_on_the_page() {
    if std::env::var_os("AICCS_SKIP_TERRAFORM_TESTS").is_some() {
        return;
    }
    let mut page = Page("# Failures as Terraform prints them\n\n".to_owned());
    network(&mut page);
    service(&mut page);
    callers(&mut page);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/errors.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, &page.0).unwrap();
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    // Where lines break depends on the width of ports and directories.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&known) == words(&page.0), "the page differs; now it is:\n{}", page.0);
}
