//! The module `examples/modules/campaign`: its own tests, against the emulator and against a mocked provider.

use std::path::Path;

use serde_json::json;

use crate::support::cli::Terraform;
use crate::support::cloud::Cloud;

#[test]
fn the_modules_own_tests_pass() {
    let cloud = Cloud::start();
    let agents = json!([{ "AgentId": 118_000_000_000_000_077_u64, "AgentName": "care", "IsAvailable": true },
        { "AgentId": 118_000_000_000_000_078_u64, "AgentName": "after-care", "IsAvailable": true }]);
    cloud.ask("POST", "/__control", Some(&json!({ "agents": agents })));
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/modules/campaign");
    std::fs::create_dir_all(terraform.path().join("tests/wrapper")).unwrap();
    for folder in ["", "tests", "tests/wrapper"] {
        for entry in std::fs::read_dir(from.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, terraform.path().join(folder).join(path.file_name().unwrap()))
                    .unwrap();
            }
        }
    }
    terraform.run(&["fmt", "-check", "-recursive", "-diff", "-no-color"]).succeeds();
    terraform.run(&["get", "-no-color", "-test-directory=tests"]).succeeds();
    terraform.run(&["validate", "-no-color"]).succeeds();
    terraform.run(&["test", "-no-color"]).succeeds().says(&["5 passed, 0 failed"]);
    let called: Vec<_> = cloud
        .journal()
        .iter()
        .map(|entry| entry["operation"].as_str().unwrap().to_owned())
        .collect();
    assert!(called.contains(&"ImportTaskNumberDatas".to_owned()), "{called:?}");
}
