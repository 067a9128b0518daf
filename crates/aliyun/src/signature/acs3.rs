//! The signature ACS3-HMAC-SHA256 ("V3"), stage by stage.
//! The canonical query is shared with RPC and lives in the parent module.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::encode::hex;

/// The algorithm's name, as it stands in `Authorization`.
pub(crate) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// Hex SHA-256 of a body: the header `x-acs-content-sha256`.
pub fn content_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// Canonical headers and the list of signed headers, from the headers that are to be signed.
///
/// Lines `name:trimmed value\n` sorted by lower-case name; the list is the names joined by `;`.
pub fn canonical_headers<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> (String, String) {
    let mut sorted: Vec<(String, &str)> = headers
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .collect();
    sorted.sort_unstable();
    let canonical = sorted.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names: Vec<&str> = sorted.iter().map(|(name, _)| name.as_str()).collect();
    (canonical, names.join(";"))
}

/// The canonical request: method, path `/`, canonical query, canonical headers, signed headers, content hash.
pub fn canonical_request(
    method: &str,
    query: &str,
    headers: &str,
    signed_headers: &str,
    content_hash: &str,
) -> String {
    format!("{method}\n/\n{query}\n{headers}\n{signed_headers}\n{content_hash}")
}

/// The string to sign: the algorithm and the hash of the canonical request.
pub fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", content_hash(canonical_request.as_bytes()))
}

/// Lower-case hex of HMAC-SHA256, keyed with the bare secret.
pub fn signature(access_key_secret: &str, string_to_sign: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(access_key_secret.as_bytes()) else {
        return String::new(); // HMAC takes keys of every length
    };
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// The header `Authorization`.
pub fn authorization(access_key_id: &str, signed_headers: &str, signature: &str) -> String {
    format!(
        "{ALGORITHM} Credential={access_key_id},SignedHeaders={signed_headers},Signature={signature}"
    )
}
