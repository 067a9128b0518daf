//! Tests of the file beside.

use serde_json::Value;

use super::*;

#[test]
fn every_vector_of_the_official_sdk_verifies() {
    for vector in vectors("rpc").iter().chain(&vectors("acs3")) {
        let verdict = judge(vector, |target| target);
        assert_eq!(verdict.refusal, None, "{}", vector["name"]);
        assert!(verdict.signature_valid);
    }
}

#[test]
fn a_tampered_vector_does_not_verify() {
    for vector in vectors("rpc").iter().chain(&vectors("acs3")) {
        let verdict = judge(vector, |target| target.replace("TaskCps=57", "TaskCps=58"));
        assert_eq!(verdict.refusal.unwrap().code, "SignatureDoesNotMatch", "{}", vector["name"]);
        assert!(!verdict.signature_valid);
    }
}

#[test]
fn the_string_to_sign_and_the_canonical_request_are_the_documented_ones() {
    for vector in vectors("rpc") {
        assert_eq!(rpc_string_to_sign(&request(&vector, |it| it)), text(&vector["string_to_sign"]));
    }
    for vector in vectors("acs3") {
        let signed: Vec<&str> = text(&vector["signed_headers"]).split(';').collect();
        let canonical = acs3_canonical_request(&request(&vector, |it| it), &signed).unwrap();
        assert_eq!(canonical, text(&vector["canonical_request"]));
        assert_eq!(acs3_string_to_sign(&canonical), text(&vector["string_to_sign"]));
    }
}

#[test]
fn assume_role_verifies_as_documented_and_not_as_the_sdk_signs_spaces() {
    for vector in vectors("sts") {
        let pairs = vector["query_params"].as_object().unwrap();
        let query: Vec<String> =
            pairs.iter().map(|(k, v)| format!("{k}={}", text::encode(text(v)))).collect();
        let request =
            Request::new("GET", &format!("/?{}", query.join("&")), Vec::new(), Vec::new());
        let string_to_sign = rpc_string_to_sign(&request);
        assert_eq!(string_to_sign, text(&vector["spec_string_to_sign"]));
        assert_eq!(
            rpc_signature("testAccessKeySecret", &string_to_sign),
            text(&vector["spec_signature"])
        );
    }
}

#[test]
fn the_samples_that_the_vendor_publishes_verify() {
    let data = data();
    let [rpc, acs3] = data["documentation_samples"].as_array().unwrap().as_slice() else {
        panic!("two samples")
    };
    let query = |sample: &Value| {
        let pairs = sample["query_params"].as_object().unwrap();
        let pairs: Vec<String> =
            pairs.iter().map(|(k, v)| format!("{k}={}", text::encode(text(v)))).collect();
        format!("/?{}", pairs.join("&"))
    };
    let request = Request::new("GET", &query(rpc), Vec::new(), Vec::new());
    assert_eq!(rpc_signature("testsecret", &rpc_string_to_sign(&request)), text(&rpc["signature"]));
    let request = Request::new("POST", &query(acs3), headers(acs3), Vec::new());
    let mut signed: Vec<String> = headers(acs3).into_iter().map(|(name, _)| name).collect();
    signed.sort();
    let signed: Vec<&str> = signed.iter().map(String::as_str).collect();
    let string_to_sign = acs3_string_to_sign(&acs3_canonical_request(&request, &signed).unwrap());
    let signature = text::hex(&hmac_sha256(b"YourAccessKeySecret", string_to_sign.as_bytes()));
    assert_eq!(signature, text(&acs3["signature"]));
}

#[test]
fn each_thing_that_is_wrong_has_its_own_code() {
    let check = |edit: &dyn Fn(String) -> String, time: Time, code: &str, status: u16| {
        let refusal =
            keyring(&vectors("rpc")[0]).verify(&request(&vectors("rpc")[0], edit), time).refusal;
        let refusal = refusal.unwrap();
        assert_eq!((refusal.code.as_str(), refusal.status), (code, status));
    };
    let without = |name: &'static str| move |target: String| target.replace(name, "Other=");
    check(&without("Signature="), TIME, "MissingSignature", 400);
    check(&without("SignatureNonce="), TIME, "MissingSignatureNonce", 400);
    check(&|it| it.replace("=HMAC-SHA1", "=MD5"), TIME, "InvalidSignatureMethod", 400);
    check(&|it| it.replace("testAccessKeyId", "nobody"), TIME, "InvalidAccessKeyId.NotFound", 404);
    check(&|it| it.replace("2026-01-02T", "2026-01-02+"), TIME, "InvalidTimeStamp.Format", 400);
    check(
        &|it| format!("{it}&SecurityToken=x"),
        TIME,
        "InvalidSecurityToken.MismatchWithAccessKey",
        400,
    );
    let late = TIME.now + TIME.skew + 1;
    let late = Time { now: late, service: late, ..TIME };
    check(&|it| it, late, "InvalidTimeStamp.Expired", 400);
}

#[test]
fn a_nonce_is_accepted_once() {
    let vector = &vectors("rpc")[0];
    let mut keyring = keyring(vector);
    assert_eq!(keyring.verify(&request(vector, |it| it), TIME).refusal, None);
    let again = keyring.verify(&request(vector, |it| it), TIME);
    assert_eq!(again.refusal.unwrap().code, "SignatureNonceUsed");
    assert!(again.signature_valid);
}

#[test]
fn acs3_demands_its_headers_in_the_signature_and_the_hash_of_the_body() {
    let vector = &vectors("acs3")[0];
    for name in MUST_SIGN {
        let mut request = request(vector, |it| it);
        for (key, value) in &mut request.headers {
            if key == "authorization" {
                *value = value.replace(&format!("{name};"), "").replace(&format!(";{name}"), "");
            }
        }
        let refusal = keyring(vector).verify(&request, TIME).refusal.unwrap();
        assert_eq!(refusal.code, "IncompleteSignature", "{name}");
    }
    let mut request = request(vector, |it| it);
    request.body = b"other".to_vec();
    let refusal = keyring(vector).verify(&request, TIME).refusal.unwrap();
    assert!(refusal.message.contains("x-acs-content-sha256"), "{refusal:?}");
}

/// 2026-01-02T03:04:05Z.
const TIME: Time = Time { now: 1_767_323_045_000, skew: 900_000, service: 1_767_323_045_000 };

fn judge(vector: &Value, edit: impl Fn(String) -> String) -> Verdict {
    keyring(vector).verify(&request(vector, edit), TIME)
}

fn keyring(vector: &Value) -> Keyring {
    let session = vector["security_token"].as_str().map(|token| Session {
        token: token.to_owned(),
        expires: i64::MAX,
        arn: String::new(),
    });
    let mut keyring = Keyring::default();
    let secret = text(&vector["access_key_secret"]).to_owned();
    keyring.add(text(&vector["access_key_id"]), Key { secret, session });
    keyring
}

fn request(vector: &Value, edit: impl Fn(String) -> String) -> Request {
    let target = text(&vector["sdk_url_on_the_wire"]).split_once(".com").unwrap().1.to_owned();
    let mut headers = headers(vector);
    if let Some(authorization) = vector["authorization"].as_str() {
        headers.push(("authorization".to_owned(), authorization.to_owned()));
    }
    Request::new(text(&vector["method"]), &edit(target), headers, Vec::new())
}

fn headers(vector: &Value) -> Vec<(String, String)> {
    let headers = vector["headers"].as_object().unwrap();
    headers.iter().map(|(name, value)| (name.clone(), text(value).to_owned())).collect()
}

fn vectors(family: &str) -> Vec<Value> {
    let data = data();
    let all = data["vectors"].as_array().unwrap().iter();
    all.filter(|vector| text(&vector["name"]).starts_with(family)).cloned().collect()
}

fn data() -> Value {
    serde_json::from_str(include_str!("../../tests/data/signing-vectors.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
