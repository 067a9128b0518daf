//! Both signatures, verified by a second and naive implementation from the request as it arrived.
//! It must not share a line with the client's signer. Source: the vendor's pages on the RPC
//! mechanism and on V3 request signatures; error codes from the lists of common error codes.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::answer::Gateway;
use super::request::{Request, Style};
use super::text;

/// The keys that exist, and the nonces that were used.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    keys: HashMap<String, Key>,
    nonces: HashMap<String, i64>,
}

/// A key; temporary ones have a token and an end.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) secret: String,
    pub(super) session: Option<Session>,
}

/// What makes a key temporary.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) token: String,
    pub(super) expires: i64,
    pub(super) arn: String,
}

/// What verification found, for the journal and the dispatcher.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) access_key_id: Option<String>,
    pub(super) signature_valid: bool,
    pub(super) refusal: Option<Gateway>,
}

/// The moment, and how far a client's clock may be off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    pub(super) now: i64,
    pub(super) skew: i64,
}

impl Keyring {
    pub(super) fn add(&mut self, id: &str, key: Key) {
        self.keys.insert(id.to_owned(), key);
    }

    pub(super) fn session(&self, id: &str) -> Option<&Session> {
        self.keys.get(id).and_then(|key| key.session.as_ref())
    }

    /// Structure, key, token, signature, time, nonce: in this order.
    pub(super) fn verify(&mut self, request: &Request, time: Time) -> Verdict {
        let mut verdict = Verdict { access_key_id: None, signature_valid: false, refusal: None };
        verdict.refusal = self.judge(request, time, &mut verdict).err();
        verdict
    }

    fn judge(
        &mut self,
        request: &Request,
        time: Time,
        verdict: &mut Verdict,
    ) -> Result<(), Gateway> {
        let claim = match request.style() {
            Style::Rpc => rpc_claim(request),
            Style::Acs3 => acs3_claim(request),
        }?;
        verdict.access_key_id = Some(claim.key.to_owned());
        let sent_at = parse_time(claim.time)?;
        let key = self.keys.get(claim.key).ok_or_else(|| {
            Gateway::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        })?;
        check_token(key, claim.token, time.now)?;
        check_signature(request, &claim, &key.secret)?;
        verdict.signature_valid = true;
        if (time.now - sent_at).abs() > time.skew {
            return Err(Gateway::new(400, "InvalidTimeStamp.Expired", EXPIRED));
        }
        let nonce = format!("{}/{}", claim.key, claim.nonce);
        self.spend(nonce, time)
    }

    /// A nonce can only be replayed while its time is valid: older ones are forgotten.
    fn spend(&mut self, nonce: String, time: Time) -> Result<(), Gateway> {
        self.nonces.retain(|_, spent| *spent + 2 * time.skew.max(60_000) > time.now);
        match self.nonces.insert(nonce, time.now) {
            None => Ok(()),
            Some(_) => Err(Gateway::new(
                400,
                "SignatureNonceUsed",
                "Specified signature nonce was used already.",
            )),
        }
    }
}

/// What a request says about its signature.
struct Claim<'a> {
    key: &'a str,
    token: Option<&'a str>,
    time: &'a str,
    nonce: &'a str,
    signature: &'a str,
    /// Signed header names, ACS3 only.
    signed: Vec<&'a str>,
}

fn rpc_claim(request: &Request) -> Result<Claim<'_>, Gateway> {
    let get = |name: &str| {
        request.parameter(name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
    };
    let claim = Claim {
        key: get("AccessKeyId")?,
        token: request.parameter("SecurityToken"),
        time: get("Timestamp")?,
        nonce: get("SignatureNonce")?,
        signature: get("Signature")?,
        signed: Vec::new(),
    };
    for (name, expected) in [("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")] {
        if get(name)? != expected {
            let message =
                format!("Specified parameter {name} is not valid, the emulator knows {expected}.");
            return Err(Gateway::new(400, format!("Invalid{name}"), message));
        }
    }
    Ok(claim)
}

fn acs3_claim(request: &Request) -> Result<Claim<'_>, Gateway> {
    let authorization = request.header("authorization").unwrap_or_default();
    let parts = authorization
        .strip_prefix("ACS3-HMAC-SHA256 ")
        .ok_or_else(|| incomplete("Authorization"))?;
    let part = |name: &str| {
        let named = |part: &str| part.trim().split_once('=').is_some_and(|(key, _)| key == name);
        let found = parts.split(',').find(|part| named(part));
        found
            .and_then(|part| part.split_once('='))
            .map(|(_, value)| value.trim())
            .ok_or_else(|| incomplete(name))
    };
    let signed: Vec<&str> = part("SignedHeaders")?.split(';').collect();
    let token = request.header("x-acs-security-token");
    let demanded = MUST_SIGN.iter().chain(token.is_some().then_some(&"x-acs-security-token"));
    for name in demanded {
        if !signed.contains(name) || request.header(name).is_none() {
            return Err(incomplete(name));
        }
    }
    let header = |name: &str| request.header(name).ok_or_else(|| incomplete(name));
    Ok(Claim {
        key: part("Credential")?,
        token,
        time: header("x-acs-date")?,
        nonce: header("x-acs-signature-nonce")?,
        signature: part("Signature")?,
        signed,
    })
}

const MUST_SIGN: &[&str] = &[
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
];

fn check_token(key: &Key, token: Option<&str>, now: i64) -> Result<(), Gateway> {
    let mismatch = || {
        let message = "Specified SecurityToken mismatches with the AccessKey.";
        Gateway::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message)
    };
    match (&key.session, token) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(mismatch()),
        (Some(_), None) => Err(missing("SecurityToken")),
        (Some(session), Some(token)) if session.token != token => Err(mismatch()),
        (Some(session), Some(_)) if session.expires <= now => Err(Gateway::new(
            400,
            "InvalidSecurityToken.Expired",
            "Specified SecurityToken is expired.",
        )),
        (Some(_), Some(_)) => Ok(()),
    }
}

fn check_signature(request: &Request, claim: &Claim<'_>, secret: &str) -> Result<(), Gateway> {
    let (expected, explanation) = match request.style() {
        Style::Rpc => {
            let text = rpc_string_to_sign(request);
            (rpc_signature(secret, &text), text)
        }
        Style::Acs3 => {
            check_payload(request)?;
            let canonical = acs3_canonical_request(request, &claim.signed)?;
            let text = acs3_string_to_sign(&canonical);
            let signature = text::hex(&hmac_sha256(secret.as_bytes(), text.as_bytes()));
            (signature, format!("{text} server canonical request is:{canonical}"))
        }
    };
    if expected == claim.signature {
        return Ok(());
    }
    let message = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{explanation}"
    );
    Err(Gateway::new(400, "SignatureDoesNotMatch", message))
}

fn rpc_string_to_sign(request: &Request) -> String {
    let canonical = text::canonical(request.all().filter(|(name, _)| name != "Signature"));
    format!("{}&%2F&{}", request.method, text::encode(&canonical))
}

fn rpc_signature(secret: &str, text: &str) -> String {
    STANDARD.encode(hmac_sha1(format!("{secret}&").as_bytes(), text.as_bytes()))
}

fn check_payload(request: &Request) -> Result<(), Gateway> {
    let hash = text::hex(&Sha256::digest(&request.body));
    if request.header("x-acs-content-sha256") == Some(hash.as_str()) {
        return Ok(());
    }
    let message = format!(
        "The header x-acs-content-sha256 is not the hash of the body. server hash is:{hash}"
    );
    Err(Gateway::new(400, "SignatureDoesNotMatch", message))
}

fn acs3_canonical_request(request: &Request, signed: &[&str]) -> Result<String, Gateway> {
    let mut names = signed.to_vec();
    names.sort_unstable();
    let mut headers = String::new();
    for name in names {
        let value = request.header(name).ok_or_else(|| incomplete(name))?;
        headers.push_str(&format!("{name}:{value}\n"));
    }
    let query = text::canonical(request.query.iter());
    let hash = request.header("x-acs-content-sha256").unwrap_or_default();
    let (method, path, signed) = (&request.method, &request.path, signed.join(";"));
    Ok(format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n{hash}"))
}

fn acs3_string_to_sign(canonical: &str) -> String {
    format!("ACS3-HMAC-SHA256\n{}", text::hex(&Sha256::digest(canonical)))
}

fn hmac_sha1(key: &[u8], text: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// `YYYY-MM-DDTHH:MM:SSZ` and nothing else, in milliseconds since 1970.
fn parse_time(text: &str) -> Result<i64, Gateway> {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let well_formed = shape.eq(*b"0000-00-00T00:00:00Z");
    let parsed = text.parse::<jiff::Timestamp>().ok().filter(|_| well_formed);
    parsed.map(jiff::Timestamp::as_millisecond).ok_or_else(|| {
        Gateway::new(
            400,
            "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted.",
        )
    })
}

fn missing(name: &str) -> Gateway {
    Gateway::new(400, format!("Missing{name}"), format!("{name} is mandatory for this action."))
}

fn incomplete(name: &str) -> Gateway {
    let message = format!(
        "The request signature does not conform to Aliyun standards: {name} is missing or unsigned."
    );
    Gateway::new(400, "IncompleteSignature", message)
}

/// Also what the fault `clock_skew` says.
pub(super) const EXPIRED: &str = "Specified time stamp or date value is expired.";

#[cfg(test)]
mod tests {
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
            assert_eq!(
                verdict.refusal.unwrap().code,
                "SignatureDoesNotMatch",
                "{}",
                vector["name"]
            );
            assert!(!verdict.signature_valid);
        }
    }

    #[test]
    fn the_string_to_sign_and_the_canonical_request_are_the_documented_ones() {
        for vector in vectors("rpc") {
            assert_eq!(
                rpc_string_to_sign(&request(&vector, |it| it)),
                text(&vector["string_to_sign"])
            );
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
        assert_eq!(
            rpc_signature("testsecret", &rpc_string_to_sign(&request)),
            text(&rpc["signature"])
        );
        let request = Request::new("POST", &query(acs3), headers(acs3), Vec::new());
        let mut signed: Vec<String> = headers(acs3).into_iter().map(|(name, _)| name).collect();
        signed.sort();
        let signed: Vec<&str> = signed.iter().map(String::as_str).collect();
        let string_to_sign =
            acs3_string_to_sign(&acs3_canonical_request(&request, &signed).unwrap());
        let signature = text::hex(&hmac_sha256(b"YourAccessKeySecret", string_to_sign.as_bytes()));
        assert_eq!(signature, text(&acs3["signature"]));
    }

    #[test]
    fn each_thing_that_is_wrong_has_its_own_code() {
        let check = |edit: &dyn Fn(String) -> String, time: Time, code: &str, status: u16| {
            let refusal = keyring(&vectors("rpc")[0])
                .verify(&request(&vectors("rpc")[0], edit), time)
                .refusal;
            let refusal = refusal.unwrap();
            assert_eq!((refusal.code.as_str(), refusal.status), (code, status));
        };
        let without = |name: &'static str| move |target: String| target.replace(name, "Other=");
        check(&without("Signature="), TIME, "MissingSignature", 400);
        check(&without("SignatureNonce="), TIME, "MissingSignatureNonce", 400);
        check(&|it| it.replace("=HMAC-SHA1", "=MD5"), TIME, "InvalidSignatureMethod", 400);
        check(
            &|it| it.replace("testAccessKeyId", "nobody"),
            TIME,
            "InvalidAccessKeyId.NotFound",
            404,
        );
        check(&|it| it.replace("2026-01-02T", "2026-01-02+"), TIME, "InvalidTimeStamp.Format", 400);
        check(
            &|it| format!("{it}&SecurityToken=x"),
            TIME,
            "InvalidSecurityToken.MismatchWithAccessKey",
            400,
        );
        let late = Time { now: TIME.now + TIME.skew + 1, ..TIME };
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
                    *value =
                        value.replace(&format!("{name};"), "").replace(&format!(";{name}"), "");
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
    const TIME: Time = Time { now: 1_767_323_045_000, skew: 900_000 };

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
        serde_json::from_str(include_str!("../tests/data/signing-vectors.json")).unwrap()
    }

    fn text(value: &Value) -> &str {
        value.as_str().unwrap()
    }
}
