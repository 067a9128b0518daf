//! The RPC signature (HMAC-SHA1, "V2"), stage by stage.
//! The first stage, the canonical query, is shared with ACS3 and lives in the parent module.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::encode::percent;

/// The value of the parameter `SignatureMethod`.
pub(crate) const METHOD: &str = "HMAC-SHA1";

/// The value of the parameter `SignatureVersion`.
pub const VERSION: &str = "1.0";

/// The string to sign: `METHOD&%2F&` and the canonical query, encoded once more. `method` is the HTTP method really used.
pub fn string_to_sign(method: &str, canonical_query: &str) -> String {
    format!("{method}&%2F&{}", percent(canonical_query))
}

/// The value of the parameter `Signature`: base64 of HMAC-SHA1, keyed with the secret and `&`.
pub fn signature(access_key_secret: &str, string_to_sign: &str) -> String {
    let key = format!("{access_key_secret}&");
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
        return String::new(); // HMAC takes keys of every length
    };
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
