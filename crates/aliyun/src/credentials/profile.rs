//! `~/.aliyun/config.json`, the file of the Alibaba Cloud CLI: a profile and its mode become an origin.
//! Reads only: the CLI alone writes this file.

use serde_json::{Map, Value};

use super::origin::Origin;
use super::session::moment;
use super::sso::{SignIn, SignInKind};
use super::sts::{self, Role, Token};
use crate::envelope::text;
use crate::http::Endpoint;
use crate::key::{Credentials, Secret};
use crate::text::word;

/// How many profiles may stand on each other's shoulders.
const DEEPEST: u32 = 8;

/// How the provider configuration reaches STS; a profile's `sts_region` and `enable_vpc` come before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Sts {
    pub(super) endpoint: Option<Endpoint>,
    /// The value and name of `ALIBABA_CLOUD_STS_REGION`.
    pub(super) own_region: Option<(String, String)>,
    /// The provider's region, and the argument or variable that names it.
    pub(super) region: Option<(String, String)>,
    pub(super) vpc: bool,
}

/// What the file says of the profile; the `current` one where none is named. An error is the end of a sentence.
///
/// Without `own_role`, a profile of mode `RamRoleArn` gives its access key instead of a session of its role.
pub(super) fn resolve(
    file: &[u8],
    name: Option<&str>,
    own_role: bool,
    sts: &Sts,
) -> Result<Origin, String> {
    // PowerShell writes a byte order mark.
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let file: Value = serde_json::from_slice(file).map_err(|error| not_json(file, &error))?;
    let current = file.get("current").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.or(current).ok_or("names no current profile")?;
    Reader { file: &file, sts }.origin(name, own_role, 0)
}

struct Reader<'a> {
    file: &'a Value,
    sts: &'a Sts,
}

impl Reader<'_> {
    fn origin(&self, name: &str, own_role: bool, depth: u32) -> Result<Origin, String> {
        let profiles =
            self.file.get("profiles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let named = |profile: &&Value| profile.get("name").and_then(Value::as_str) == Some(name);
        let profile = profiles
            .iter()
            .find(named)
            .and_then(Value::as_object)
            .ok_or_else(|| missing(name, profiles))?;
        let mode = text(profile, "mode").unwrap_or_else(|| "AK".to_owned());
        let need = |field: &str| {
            text(profile, field).ok_or_else(|| {
                format!("has no {field} in profile {} ({})", word(name), word(&mode))
            })
        };
        let key = || {
            Ok::<_, String>(Credentials::of_user(
                need("access_key_id")?,
                need("access_key_secret")?,
            ))
        };
        let origin = match mode.to_ascii_lowercase().as_str() {
            "ak" => Origin::Key(key()?),
            "ststoken" => Origin::Key(Credentials {
                security_token: Some(Secret::new(need("sts_token")?)),
                expires: seconds(profile, "sts_expiration"),
                ..key()?
            }),
            "ramrolearn" if own_role => Origin::Role {
                base: Box::new(Origin::Key(key()?)),
                role: self.role(profile, need("ram_role_arn")?)?,
            },
            "ramrolearn" => Origin::Key(key()?),
            "ecsramrole" => Origin::Metadata(text(profile, "ram_role_name")),
            "oidc" => Origin::Oidc {
                provider_arn: need("oidc_provider_arn")?,
                token: Token::File(need("oidc_token_file")?),
                role: self.role(profile, need("ram_role_arn")?)?,
            },
            "chainableramrolearn" if depth < DEEPEST => Origin::Role {
                base: Box::new(self.origin(&need("source_profile")?, true, depth + 1)?),
                role: self.role(profile, need("ram_role_arn")?)?,
            },
            "chainableramrolearn" => {
                return Err(format!(
                    "has source_profile going round in circles at profile {}",
                    word(name)
                ));
            }
            "external" => Origin::External(need("process_command")?),
            "credentialsuri" => Origin::Uri(need("credentials_uri")?),
            "cloudsso" | "oauth" => Origin::SignIn(sign_in(profile, name, &mode, need)?),
            _ => {
                return Err(format!(
                    "has the mode {} in profile {}, which is not supported",
                    word(&mode),
                    word(name)
                ));
            }
        };
        Ok(origin)
    }

    fn role(&self, profile: &Map<String, Value>, arn: String) -> Result<Role, String> {
        let own = |field: &str| Some((text(profile, field)?, format!("{field} of the profile")));
        let region = own("sts_region")
            .or_else(|| self.sts.own_region.clone())
            .or_else(|| self.sts.region.clone())
            .or_else(|| own("region_id"));
        let vpc = self.sts.vpc
            || text(profile, "enable_vpc").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
        let endpoint = sts::endpoint(self.sts.endpoint.as_ref(), region.as_ref(), vpc);
        Ok(Role {
            arn,
            session_name: text(profile, "ram_session_name")
                .or_else(|| text(profile, "role_session_name"))
                .unwrap_or_else(|| "terraform".to_owned()),
            seconds: text(profile, "expired_seconds")
                .and_then(|text| text.parse().ok())
                .filter(|life| *life > 0)
                .unwrap_or(3600),
            policy: text(profile, "policy"),
            external_id: text(profile, "external_id"),
            endpoint: endpoint
                .map_err(|error| format!("leads to no STS endpoint: {}", error.message))?,
        })
    }
}

fn sign_in(
    profile: &Map<String, Value>,
    name: &str,
    mode: &str,
    need: impl Fn(&str) -> Result<String, String>,
) -> Result<SignIn, String> {
    let cached = match (
        text(profile, "access_key_id"),
        text(profile, "access_key_secret"),
        text(profile, "sts_token"),
    ) {
        (Some(id), Some(secret), Some(token)) => {
            let expires = seconds(profile, "sts_expiration");
            Some(Credentials { expires, ..Credentials::of_session(id, secret, token) })
        }
        _ => None,
    };
    let (kind, prefix) = if mode.eq_ignore_ascii_case("cloudsso") {
        let kind = SignInKind::CloudSso {
            url: need("cloud_sso_sign_in_url")?,
            account: need("cloud_sso_account_id")?,
            access_configuration: need("cloud_sso_access_config")?,
        };
        (kind, ("access_token", "cloud_sso_access_token_expire"))
    } else {
        let site = text(profile, "oauth_site_type").unwrap_or_else(|| "CN".to_owned());
        let kind = SignInKind::OAuth { international: site.eq_ignore_ascii_case("intl") };
        (kind, ("oauth_access_token", "oauth_access_token_expire"))
    };
    Ok(SignIn {
        kind,
        profile: name.to_owned(),
        token: text(profile, prefix.0).map(Secret::new),
        token_expires: seconds(profile, prefix.1),
        cached,
    })
}

fn seconds(profile: &Map<String, Value>, field: &str) -> Option<jiff::Timestamp> {
    text(profile, field).and_then(|seconds| seconds.parse().ok()).and_then(moment)
}

fn missing(name: &str, profiles: &[Value]) -> String {
    /// More names than that help nobody.
    const MOST: usize = 20;
    let names = profiles.iter().filter_map(|profile| profile.get("name")?.as_str());
    let mut names: Vec<String> = names.take(MOST + 1).map(word).collect();
    if names.len() > MOST {
        "…".clone_into(&mut names[MOST]);
    }
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    format!("has no profile {}; it has: {names}", word(name))
}

/// Where it ends to be JSON; nothing of what stands there.
fn not_json(file: &[u8], error: &serde_json::Error) -> String {
    match file {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            "is UTF-16 and not JSON in UTF-8: save it as UTF-8".to_owned()
        }
        _ => format!("is not JSON: see line {}, column {}", error.line(), error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"current":"ak","profiles":[
        {"name":"ak","mode":"AK","access_key_id":"A","access_key_secret":"S","sts_token":"ignored"},
        {"name":"sts","mode":"StsToken","access_key_id":"A","access_key_secret":"S","sts_token":"T","sts_expiration":1767322800},
        {"name":"role","mode":"RamRoleArn","access_key_id":"A","access_key_secret":"S","ram_role_arn":"R","ram_session_name":"n","expired_seconds":900,"sts_region":"cn-hangzhou","enable_vpc":true},
        {"name":"ecs","mode":"EcsRamRole","ram_role_name":"r"},
        {"name":"oidc","mode":"OIDC","ram_role_arn":"R","oidc_provider_arn":"P","oidc_token_file":"/t","role_session_name":"py"},
        {"name":"chain","mode":"ChainableRamRoleArn","source_profile":"role","ram_role_arn":"R2","ram_session_name":"n2","region_id":"cn-beijing"},
        {"name":"loop","mode":"ChainableRamRoleArn","source_profile":"loop","ram_role_arn":"R"},
        {"name":"ext","mode":"external","process_command":"p a"},
        {"name":"uri","mode":"CredentialsURI","credentials_uri":"http://localhost/x"},
        {"name":"sso","mode":"CloudSSO","cloud_sso_sign_in_url":"https://signin.example/x/login","cloud_sso_account_id":"1","cloud_sso_access_config":"ac","access_token":"T","cloud_sso_access_token_expire":1767322800},
        {"name":"oauth","mode":"OAuth","oauth_site_type":"INTL","oauth_access_token":"T","oauth_access_token_expire":1767322800,"access_key_id":"A","access_key_secret":"S","sts_token":"T","sts_expiration":1767322800},
        {"name":"rsa","mode":"RsaKeyPair"},
        {"name":"half","mode":"AK","access_key_id":"A"}]}"#;

    fn told(name: Option<&str>, own_role: bool) -> String {
        match resolve(FILE.as_bytes(), name, own_role, &Sts::default()) {
            Ok(origin) => shown(&origin),
            Err(why) => format!("error: {why}"),
        }
    }

    fn shown(origin: &Origin) -> String {
        let of = |role: &Role| {
            format!(
                "{} {} {}s at {}",
                role.arn,
                role.session_name,
                role.seconds,
                role.endpoint.host()
            )
        };
        match origin {
            Origin::Key(key) => {
                let token = if key.security_token.is_some() { " with token" } else { "" };
                let end = key.expires.map(|end| format!(" until {end}")).unwrap_or_default();
                format!("key {}{token}{end}", key.access_key_id)
            }
            Origin::Role { base, role } => format!("role {} for {}", of(role), shown(base)),
            Origin::Metadata(role) => format!("metadata {role:?}"),
            Origin::Oidc { provider_arn, token, role } => {
                format!("oidc {provider_arn} {token:?} {}", of(role))
            }
            Origin::External(command) => format!("external {command}"),
            Origin::Uri(uri) => format!("uri {uri}"),
            Origin::SignIn(sign_in) => {
                format!(
                    "{:?} {:?} {:?} {}",
                    sign_in.kind,
                    sign_in.token,
                    sign_in.token_expires,
                    sign_in.cached.is_some()
                )
            }
        }
    }

    #[test]
    fn every_mode_becomes_an_origin() {
        let check = |name: &str, expected: &str| assert_eq!(told(Some(name), true), expected);
        assert_eq!(told(None, true), "key A");
        check("ak", "key A");
        check("sts", "key A with token until 2026-01-02T03:00:00Z");
        check("role", "role R n 900s at sts-vpc.cn-hangzhou.aliyuncs.com for key A");
        check("ecs", r#"metadata Some("r")"#);
        check("oidc", r#"oidc P File("/t") R py 3600s at sts.aliyuncs.com"#);
        check(
            "chain",
            "role R2 n2 3600s at sts.cn-beijing.aliyuncs.com for role R n 900s at sts-vpc.cn-hangzhou.aliyuncs.com for key A",
        );
        check("ext", "external p a");
        check("uri", "uri http://localhost/x");
        check(
            "sso",
            r#"CloudSso { url: "https://signin.example/x/login", account: "1", access_configuration: "ac" } Some(***) Some(2026-01-02T03:00:00Z) false"#,
        );
        check("oauth", "OAuth { international: true } Some(***) Some(2026-01-02T03:00:00Z) true");
    }

    #[test]
    fn what_does_not_serve_says_why() {
        let check = |name: &str, expected: &str| assert_eq!(told(Some(name), true), expected);
        check("half", "error: has no access_key_secret in profile half (AK)");
        check("rsa", "error: has the mode RsaKeyPair in profile rsa, which is not supported");
        check("loop", "error: has source_profile going round in circles at profile loop");
        assert!(
            told(Some("gone"), true)
                .starts_with("error: has no profile gone; it has: ak, sts, role")
        );
        let broken = |file: &[u8]| resolve(file, None, true, &Sts::default()).unwrap_err();
        assert_eq!(broken(b"{\n  \"current\": ,"), "is not JSON: see line 2, column 14");
        assert!(broken(b"\xff\xfe{\0}\0").starts_with("is UTF-16"));
        assert_eq!(broken("\u{feff}{}".as_bytes()), "names no current profile");
        assert!(
            matches!(resolve(b"{}", None, true, &Sts::default()), Err(why) if why == "names no current profile")
        );
    }

    #[test]
    fn a_role_of_the_provider_block_takes_the_place_of_the_profiles() {
        assert_eq!(told(Some("role"), false), "key A");
    }
}
