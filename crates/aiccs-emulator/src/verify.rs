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
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) access_key_id: Option<String>,
    /// The text that this side has made of the request to verify its signature.
    pub(super) string_to_sign: Option<String>,
    /// The signature that came with the request.
    pub(super) signature: Option<String>,
    /// The signature that was expected.
    pub(super) expected: Option<String>,
    /// What the string to sign has the hash of; ACS3 only.
    pub(super) canonical: Option<String>,
    pub(super) signature_valid: bool,
    pub(super) refusal: Option<Gateway>,
}

/// The moment, and how far a client's clock may be off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    pub(super) now: i64,
    pub(super) skew: i64,
    /// The service's time, where that was set to another: a client may have learnt it from an answer.
    pub(super) service: i64,
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
        let mut verdict = Verdict::default();
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
        verdict.signature = Some(claim.signature.to_owned());
        let sent_at = parse_time(claim.time)?;
        let key = self.keys.get(claim.key).ok_or_else(|| {
            Gateway::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        })?;
        check_token(key, claim.token, time.now)?;
        let (text, canonical) = string_to_sign(request, &claim)?;
        let expected = signature(request.style(), &key.secret, &text);
        let refusal = (expected != claim.signature).then(|| unmatched(&text, canonical.as_deref()));
        verdict.expected = Some(expected);
        verdict.string_to_sign = Some(text);
        verdict.canonical = canonical;
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        verdict.signature_valid = true;
        let off = |now: i64| (now - sent_at).abs() > time.skew;
        if off(time.now) && off(time.service) {
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
        request
            .parameter(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Gateway::missing(name))
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
        (Some(_), None) => Err(Gateway::missing("SecurityToken")),
        (Some(session), Some(token)) if session.token != token => Err(mismatch()),
        (Some(session), Some(_)) if session.expires <= now => Err(Gateway::new(
            400,
            "InvalidSecurityToken.Expired",
            "Specified SecurityToken is expired.",
        )),
        (Some(_), Some(_)) => Ok(()),
    }
}

/// What the signature is made of, and (ACS3) the request that it holds the hash of.
fn string_to_sign(
    request: &Request,
    claim: &Claim<'_>,
) -> Result<(String, Option<String>), Gateway> {
    match request.style() {
        Style::Rpc => Ok((rpc_string_to_sign(request), None)),
        Style::Acs3 => {
            check_payload(request)?;
            let canonical = acs3_canonical_request(request, &claim.signed)?;
            Ok((acs3_string_to_sign(&canonical), Some(canonical)))
        }
    }
}

fn signature(style: Style, secret: &str, text: &str) -> String {
    match style {
        Style::Rpc => rpc_signature(secret, text),
        Style::Acs3 => text::hex(&hmac_sha256(secret.as_bytes(), text.as_bytes())),
    }
}

/// The signature of a request of our own, in the RPC style.
pub(super) fn signed(request: &Request, secret: &str) -> String {
    rpc_signature(secret, &rpc_string_to_sign(request))
}

fn unmatched(text: &str, canonical: Option<&str>) -> Gateway {
    let more = canonical.map(|canonical| format!(" server canonical request is:{canonical}"));
    let message = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{text}{}",
        more.unwrap_or_default()
    );
    Gateway::new(400, "SignatureDoesNotMatch", message)
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

fn incomplete(name: &str) -> Gateway {
    let message = format!(
        "The request signature does not conform to Aliyun standards: {name} is missing or unsigned."
    );
    Gateway::new(400, "IncompleteSignature", message)
}

/// Also what the fault `clock_skew` says.
pub(super) const EXPIRED: &str = "Specified time stamp or date value is expired.";

#[cfg(test)]
mod tests;
