//! Both signatures against golden data: vectors of the official SDK, and the samples of the documentation.
//! Stage by stage, so that a failure names the stage.

use aliyun::signature::{acs3, canonical_query, rpc};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/signing/vectors.json");

fn vectors() -> Vec<Value> {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let list = |name: &str| file[name].as_array().unwrap().clone();
    [list("vectors"), list("documentation_samples")].concat()
}

fn pairs(object: &Value) -> Vec<(&str, &str)> {
    object
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect()
}

/// Compares a stage with the vector's, where the vector tells it.
fn stage(vector: &Value, stage: &str, member: &str, actual: &str) {
    if let Some(expected) = vector[member].as_str() {
        assert_eq!(actual, expected, "{}: {stage} differs", vector["name"]);
    }
}

fn check_rpc(vector: &Value) {
    let sts = vector["name"].as_str().unwrap().starts_with("sts-");
    let method = vector["method"].as_str().unwrap_or("GET");
    let secret = vector["access_key_secret"].as_str().unwrap_or("testAccessKeySecret");
    let query = canonical_query(pairs(&vector["query_params"]));
    stage(vector, "canonical query", "canonical_query", &query);
    let to_sign = rpc::string_to_sign(method, &query);
    stage(
        vector,
        "string to sign",
        if sts { "spec_string_to_sign" } else { "string_to_sign" },
        &to_sign,
    );
    let signature = rpc::signature(secret, &to_sign);
    assert!(vector["spec_signature"].is_string() || vector["signature"].is_string());
    stage(vector, "signature", if sts { "spec_signature" } else { "signature" }, &signature);
}

fn check_acs3(vector: &Value) {
    let (id, secret) =
        (vector["access_key_id"].as_str().unwrap(), vector["access_key_secret"].as_str().unwrap());
    let query = canonical_query(pairs(&vector["query_params"]));
    stage(vector, "canonical query", "canonical_query", &query);
    let (headers, names) = acs3::canonical_headers(pairs(&vector["headers"]));
    stage(vector, "canonical headers", "canonical_headers", &headers);
    stage(vector, "signed headers", "signed_headers", &names);
    let body = vector["body"].as_str().unwrap_or_default();
    let hash = acs3::content_hash(body.as_bytes());
    stage(vector, "content hash", "hashed_payload", &hash);
    let request = acs3::canonical_request(
        vector["method"].as_str().unwrap(),
        &query,
        &headers,
        &names,
        &hash,
    );
    stage(vector, "canonical request", "canonical_request", &request);
    let to_sign = acs3::string_to_sign(&request);
    stage(vector, "string to sign", "string_to_sign", &to_sign);
    stage(vector, "hash", "hashed_canonical_request", to_sign.split_once('\n').unwrap().1);
    let signature = acs3::signature(secret, &to_sign);
    stage(vector, "signature", "signature", &signature);
    stage(vector, "authorization", "authorization", &acs3::authorization(id, &names, &signature));
}

#[test]
fn every_rpc_and_sts_vector_is_reproduced() {
    let vectors = vectors();
    let rpc: Vec<_> = vectors
        .iter()
        .filter(|vector| vector["algorithm"].as_str().unwrap().starts_with("RPC"))
        .collect();
    assert_eq!(rpc.len(), 5 + 3 + 1);
    rpc.into_iter().for_each(check_rpc);
}

#[test]
fn every_acs3_vector_is_reproduced() {
    let vectors = vectors();
    let acs3: Vec<_> = vectors
        .iter()
        .filter(|vector| vector["algorithm"].as_str().unwrap().starts_with("ACS3"))
        .collect();
    assert_eq!(acs3.len(), 3 + 1);
    acs3.into_iter().for_each(check_acs3);
}
