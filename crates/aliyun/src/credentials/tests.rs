//! Credentials as a whole, in a world of the test's: the requests of the official SDKs, the order of the sources, and when
//! they are asked again.

mod told;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::environment::Finished;
use crate::environment::fake::{Fake, say};
use crate::http::{Reply, Request};

type Said = (Duration, Result<Reply, Error>);

const WIRE: &str = include_str!("../../tests/data/credentials/wire.json");

/// The parameters of a URL's query, decoded.
pub(super) fn query(url: &str) -> BTreeMap<String, String> {
    let pairs = url.split_once('?').map_or("", |(_, query)| query).split('&');
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), unescaped(value))).collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = (byte == b'%').then(|| [rest.next().unwrap(), rest.next().unwrap()]);
        bytes.push(digits.map_or(byte, |digits| {
            u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
        }));
    }
    String::from_utf8(bytes).unwrap()
}

/// A session that ends at a time of 2026-01-02, as STS tells it.
fn session(id: &str, end: &str) -> Value {
    json!({ "AccessKeyId": id, "AccessKeySecret": "S", "SecurityToken": "T", "Expiration": format!("2026-01-02T{end}Z") })
}

fn sts(id: &str, end: &str) -> Said {
    say(200, &json!({ "RequestId": "R", "Credentials": session(id, end) }).to_string())
}

/// What the metadata service, a sidecar and STS answer.
fn everybody(request: &Request) -> Said {
    let mut direct = session("STS.direct", "04:04:05");
    direct["Code"] = "Success".into();
    if request.url.ends_with("/latest/api/token") {
        say(200, "TOKEN123")
    } else if request.url.ends_with("/security-credentials/") {
        say(200, "my-role")
    } else if request.url.contains("Action=AssumeRole") {
        sts("STS.role", "04:04:05")
    } else {
        say(200, &direct.to_string())
    }
}

fn of(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn told(source: &Source, outside: &Fake) -> String {
    match source.current(outside, outside.now()).await {
        Ok(credentials) => credentials.access_key_id,
        Err(error) => format!("{error}"),
    }
}

/// The golden requests of one source, and the settings that lead to them.
async fn check_wire(name: &str, settings: Settings, outside: Fake) {
    let file: Value = serde_json::from_str(WIRE).unwrap();
    let expected = file[name]["requests"].as_array().unwrap();
    let id = told(&Source::chain(settings), &outside).await;
    assert!(id.starts_with("STS."), "{name}: {id}");
    let requests = outside.requests();
    assert_eq!(requests.len(), expected.len(), "{name}");
    for (request, expected) in requests.iter().zip(expected) {
        let part = |name: &str| expected[name].as_str().unwrap();
        let path = if part("pathname").is_empty() { "/" } else { part("pathname") };
        let url = format!("{}://{}{path}", part("protocol"), part("host"));
        assert_eq!(request.url.split('?').next().unwrap(), url, "{name}");
        assert_eq!(request.method.as_str(), part("method"), "{name}");
        let members = expected["query"].as_object().unwrap().iter();
        let golden: BTreeMap<String, String> = members
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().trim().to_owned()))
            .collect();
        assert_eq!(steady(query(&request.url)), steady(golden), "{name}");
        for (header, value) in expected["headers"].as_object().unwrap() {
            let sent = request.headers.iter().find(|(sent, _)| sent.eq_ignore_ascii_case(header));
            if !["host", "user-agent"].contains(&header.as_str()) {
                assert_eq!(
                    sent.map(|(_, value)| value.as_str()),
                    value.as_str(),
                    "{name} {header}"
                );
            }
        }
        assert!(request.body.is_empty() && request.limit.is_some(), "{name}");
    }
}

/// Without what differs from request to request.
fn steady(mut query: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for name in ["Timestamp", "SignatureNonce", "Signature"] {
        if let Some(value) = query.get_mut(name) {
            "any".clone_into(value);
        }
    }
    query
}

fn with_everybody(variables: &str) -> Fake {
    let variables = Fake::with_variables(variables).variables;
    let mut fake = Fake::new(|request, _| everybody(request));
    fake.variables = variables;
    fake
}

#[tokio::test(start_paused = true)]
async fn every_source_sends_what_the_official_sdk_sends() {
    // The SDK leaves the name out only where the CLI's profile does.
    let mut ecs = with_everybody("ALICLOUD_PROFILE=p");
    let profile = r#"{"profiles":[{"name":"p","mode":"EcsRamRole"}]}"#;
    ecs.files.insert("/home/u/.aliyun/config.json".into(), profile.into());
    check_wire("ecs_ram_role (role name unknown)", Settings::default(), ecs).await;
    let named = with_everybody("ALIBABA_CLOUD_ECS_METADATA=given");
    check_wire("ecs_ram_role (role name given)", Settings::default(), named).await;
    let uri = Settings { credentials_uri: of("http://127.0.0.1/creds?x=1"), ..Settings::default() };
    check_wire("credentials_uri", uri, with_everybody("")).await;
    let role = AssumeRole {
        role_arn: of("acs:ram::1:role/r"),
        session_name: of("n"),
        policy: of("{}"),
        external_id: of("e"),
        ..AssumeRole::default()
    };
    let role = Settings {
        access_key: of("ak"),
        secret_key: Some(Secret::new("sk")),
        assume_role: Some(role),
        region: of("cn-hangzhou"),
        ..Settings::default()
    };
    check_wire("ram_role_arn", role, with_everybody("")).await;
    let mut oidc = with_everybody(
        "ALIBABA_CLOUD_ROLE_ARN=acs:ram::1:role/r ALIBABA_CLOUD_OIDC_PROVIDER_ARN=acs:ram::1:oidc-provider/p \
         ALIBABA_CLOUD_OIDC_TOKEN_FILE=/token ALIBABA_CLOUD_ROLE_SESSION_NAME=n",
    );
    // The line's end is not part of the token, although the SDK sends it.
    oidc.files.insert("/token".into(), b"TOKENDATA\n".to_vec());
    check_wire("oidc", Settings::default(), oidc).await;
}

/// A world in which every source would serve; the id of the key tells which one did.
fn plenty(variables: &str) -> Fake {
    let mut outside = with_everybody(variables);
    let config = r#"{"current":"cur","profiles":[
        {"name":"cur","mode":"AK","access_key_id":"current","access_key_secret":"S"},
        {"name":"ext","mode":"External","process_command":"get 'a b'"},
        {"name":"p","mode":"AK","access_key_id":"profile","access_key_secret":"S"}]}"#;
    let ini = "[default]\ntype=access_key\naccess_key_id=ini\naccess_key_secret=S\n";
    outside.files.insert("/home/u/.aliyun/config.json".into(), config.into());
    outside.files.insert("/home/u/.alibabacloud/credentials.ini".into(), ini.into());
    outside.files.insert("/token".into(), b"TOKEN".to_vec());
    let output = br#"{"mode":"AK","access_key_id":"external","access_key_secret":"S"}"#.to_vec();
    outside.programs.insert("get a b".to_owned(), Finished { status: Some(0), output });
    outside
}

const KEY: &str = "ALICLOUD_ACCESS_KEY=environment ALICLOUD_SECRET_KEY=S";
const OIDC: &str = "ALIBABA_CLOUD_ROLE_ARN=acs:ram::1:role/r ALIBABA_CLOUD_OIDC_PROVIDER_ARN=p ALIBABA_CLOUD_OIDC_TOKEN_FILE=/token";

/// Which source serves, and where the last request went.
async fn check_order(variables: &str, settings: Settings, expected: &str) {
    let outside = plenty(variables);
    let id = told(&Source::chain(settings), &outside).await;
    let host = |request: &Request| request.url.split('/').nth(2).unwrap_or_default().to_owned();
    let last = outside.requests().last().map(host).unwrap_or_default();
    assert_eq!(format!("{id} {last}").trim(), expected, "{variables}");
}

#[tokio::test(start_paused = true)]
async fn the_sources_are_asked_in_the_order_users_know() {
    let none = Settings::default;
    let argument =
        || Settings { access_key: of("argument"), secret_key: Some(Secret::new("S")), ..none() };
    let all = format!(
        "{KEY} {OIDC} ALICLOUD_PROFILE=p ALICLOUD_CREDENTIALS_URI=http://127.0.0.1/u ALICLOUD_ECS_ROLE_NAME=r"
    );
    check_order(&all, argument(), "argument").await;
    check_order(&all, none(), "environment").await;
    check_order(&all.replace(KEY, ""), none(), "profile").await;
    check_order("ALICLOUD_PROFILE=ext", none(), "external").await;
    let uri =
        format!("{OIDC} ALICLOUD_CREDENTIALS_URI=http://127.0.0.1/u ALICLOUD_ECS_ROLE_NAME=r");
    check_order(&uri, none(), "STS.direct 127.0.0.1").await;
    check_order(&format!("{OIDC} ALICLOUD_ECS_ROLE_NAME=r"), none(), "STS.direct 100.100.100.200")
        .await;
    check_order(OIDC, none(), "STS.role sts.aliyuncs.com").await;
    check_order("", none(), "current").await;
    check_order("ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true", none(), "ini").await;
    let block = Settings { assume_role_with_oidc: Some(AssumeRoleWithOidc::default()), ..none() };
    check_order(&format!("{KEY} {OIDC}"), block, "STS.role sts.aliyuncs.com").await;
    let role = AssumeRole { role_arn: of("acs:ram::1:role/r"), ..AssumeRole::default() };
    let region = of("cn-beijing");
    let on_top = Settings { assume_role: Some(role), region, ..none() };
    check_order("", on_top, "STS.role sts.cn-beijing.aliyuncs.com").await;
}

#[tokio::test(start_paused = true)]
async fn when_nothing_serves_each_source_says_why() {
    let told = told(&Source::chain(Settings::default()), &Fake::with_variables("")).await;
    let expected = "no credentials were found; tried, in this order: \
        access_key: neither set nor in the environment; \
        profile: not set; \
        credentials_uri: not set; \
        ecs_role_name: not set; \
        assume_role_with_oidc: no token and no token file; \
        the current profile of /home/u/.aliyun/config.json: there is no such file; \
        section default of /home/u/.alibabacloud/credentials.ini: there is no such file";
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn a_named_source_that_does_not_serve_is_the_error() {
    let check = async |variables: &str, expected: &str| {
        let (name, variables) = match variables.strip_prefix("profile=") {
            Some(name) => (Some(name.to_owned()), ""),
            None => (None, variables),
        };
        let settings = Settings { profile: name, ..Settings::default() };
        let told = told(&Source::chain(settings), &plenty(variables)).await;
        assert!(told.starts_with(expected), "{told}");
    };
    let gone = "credentials of profile gone of /home/u/.aliyun/config.json: the file has no profile gone; it has: cur, ext, p";
    check("profile=gone", gone).await;
    check(
        "ALICLOUD_CREDENTIALS_URI=ftp://x",
        "credentials of credentials_uri from ALICLOUD_CREDENTIALS_URI: the credentials URI is no http or https URL",
    )
    .await;
    check(
        "ALICLOUD_ECS_ROLE_NAME=r ALIBABA_CLOUD_ECS_METADATA_DISABLED=true",
        "credentials of RAM role r from ALICLOUD_ECS_ROLE_NAME: ALIBABA_CLOUD_ECS_METADATA_DISABLED is true",
    )
    .await;
}

/// The official SDKs read the variable as a section of `credentials.ini` too. The current profile is another one, and
/// never serves instead.
#[tokio::test(start_paused = true)]
async fn a_profile_of_the_environment_may_be_a_section_of_the_ini_file() {
    let found =
        "[prod]\ntype = access_key\naccess_key_id = LTAI5tIniProd0000001\naccess_key_secret = s\n";
    let mut outside = plenty("ALIBABA_CLOUD_PROFILE=prod");
    outside.files.insert("/home/u/.alibabacloud/credentials.ini".into(), found.into());
    let source = Source::chain(Settings::default());
    assert_eq!(told(&source, &outside).await, "LTAI5tIniProd0000001");
    let told =
        told(&Source::chain(Settings::default()), &plenty("ALIBABA_CLOUD_PROFILE=gone")).await;
    for part in ["has no profile gone", "another profile is named", "has no section [gone]"] {
        assert!(told.contains(part), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_metadata_service_is_asked_without_a_token_unless_that_is_disabled() {
    let tokenless = |request: &Request, _: usize| {
        let token = request.url.ends_with("/latest/api/token");
        if token { say(404, "") } else { everybody(request) }
    };
    let settings = || Settings { ecs_role_name: of("r"), ..Settings::default() };
    let outside = Fake::new(tokenless);
    assert_eq!(told(&Source::chain(settings()), &outside).await, "STS.direct");
    let mut strict = Fake::new(tokenless);
    strict.variables.insert("ALIBABA_CLOUD_IMDSV1_DISABLED".to_owned(), "true".to_owned());
    let told = told(&Source::chain(settings()), &strict).await;
    assert_eq!(
        told,
        "credentials of RAM role r from ecs_role_name: the ECS metadata service answered HTTP 404"
    );
}

fn role_source() -> Source {
    let role = AssumeRole { role_arn: of("acs:ram::1:role/r"), ..AssumeRole::default() };
    Source::chain(Settings {
        access_key: of("ak"),
        secret_key: Some(Secret::new("S")),
        assume_role: Some(role),
        ..Settings::default()
    })
}

#[tokio::test(start_paused = true)]
async fn concurrent_callers_wait_for_one_fetch() {
    let outside = Fake::new(|_, _| (Duration::from_secs(1), sts("STS.a", "04:04:05").1));
    let source = role_source();
    let (a, b, c) =
        tokio::join!(told(&source, &outside), told(&source, &outside), told(&source, &outside));
    assert_eq!([a, b, c], ["STS.a", "STS.a", "STS.a"]);
    assert_eq!(outside.count(), 1);
}

/// The key in use after so many seconds each, and how many times STS was asked.
async fn check_life(ends: &'static [&'static str], seconds: &[u64], expected: &str) {
    let outside = Arc::new(Fake::new(|_, n| match ends.get(n) {
        Some(end) if *end != "-" => sts(&format!("STS.{n}"), end),
        Some(_) | None => say(500, r#"{"Code":"InternalError","Message":"m"}"#),
    }));
    let source = role_source();
    let mut keys = Vec::new();
    let mut passed = 0;
    for second in seconds {
        tokio::time::advance(Duration::from_secs(second - passed)).await;
        passed = *second;
        let told = told(&source, &outside).await;
        keys.push(if told.starts_with("STS.") { told } else { "none".to_owned() });
    }
    assert_eq!(format!("{} | {}", keys.join(" "), outside.count()), expected);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_ahead_of_its_end() {
    // An hour from 03:04:05 on: 15 minutes before its end a new one is fetched.
    check_life(&["04:04:05", "05:04:05"], &[0, 2699, 2700, 2701], "STS.0 STS.0 STS.1 STS.1 | 2")
        .await;
    // A short one: after three quarters of its life.
    check_life(&["03:05:45", "05:04:05"], &[0, 74, 75], "STS.0 STS.0 STS.1 | 2").await;
}

#[tokio::test(start_paused = true)]
async fn the_old_session_serves_while_it_is_valid_when_a_renewal_fails() {
    // Asked again at most every 30 s; gone when it ends.
    let ends = &["04:04:05", "-", "-", "-", "-"];
    check_life(ends, &[0, 2700, 2710, 2730, 3599, 3601], "STS.0 STS.0 STS.0 STS.0 STS.0 none | 5")
        .await;
    check_life(
        &["04:04:05", "-", "05:04:05"],
        &[0, 2700, 2729, 2731],
        "STS.0 STS.0 STS.0 STS.2 | 3",
    )
    .await;
    // A short one is never kept beyond its end, although the pause between two attempts would last longer.
    check_life(&["03:04:25", "-", "-", "-", "-"], &[0, 15, 16, 20], "STS.0 STS.0 STS.0 none | 3")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_service_refuses_is_fetched_anew_and_a_key_is_not() {
    let outside = Fake::new(|_, n| sts(&format!("STS.{n}"), "04:04:05"));
    let source = role_source();
    assert_eq!(told(&source, &outside).await, "STS.0");
    assert!(source.refused("STS.0").await);
    assert_eq!(told(&source, &outside).await, "STS.1");
    assert!(source.refused("STS.0").await, "another caller has renewed it already");
    assert_eq!(told(&source, &outside).await, "STS.1");
    let key = Settings {
        access_key: of("ak"),
        secret_key: Some(Secret::new("S")),
        ..Settings::default()
    };
    let key = Source::chain(key);
    assert_eq!(told(&key, &outside).await, "ak");
    assert!(!key.refused("ak").await);
}

#[tokio::test(start_paused = true)]
async fn no_error_of_a_source_shows_what_it_answered() {
    let bodies = [
        "MARKER",
        r#"{"Code":"Success","AccessKeyId":"MARKER"}"#,
        r#"{"Credentials":{"AccessKeySecret":"MARKER"}}"#,
    ];
    for body in bodies {
        let settings = [
            Settings { credentials_uri: of("http://127.0.0.1/MARKER"), ..Settings::default() },
            Settings { ecs_role_name: of("r"), ..Settings::default() },
            Settings {
                access_key: of("ak"),
                secret_key: Some(Secret::new("MARKER")),
                security_token: Some(Secret::new("MARKER")),
                assume_role: Some(AssumeRole { role_arn: of("r"), ..AssumeRole::default() }),
                ..Settings::default()
            },
        ];
        for settings in settings {
            assert!(!format!("{settings:?}").replace("127.0.0.1/MARKER", "").contains("MARKER"));
            let outside = Fake::new(|_, _| say(200, body));
            let error = Source::chain(settings).current(&outside, outside.now()).await.unwrap_err();
            assert!(
                !format!("{error} {error:?} {}", error.advice()).contains("MARKER"),
                "{error:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cloud_sso_or_oauth_sign_in_serves_while_its_token_does() {
    let check = async |profile: Value, expected: &str| {
        let config = json!({ "profiles": [profile] }).to_string();
        let mut outside = Fake::new(|request, _| {
            assert!(
                request.headers.contains(&("authorization".to_owned(), "Bearer TOKEN".to_owned()))
            );
            if request.url == "https://signin.example/cloud-credentials" {
                say(200, &json!({ "CloudCredential": session("STS.sso", "04:04:05") }).to_string())
            } else if request.url == "https://oauth.aliyun.com/v1/exchange" {
                say(200, &session("STS.oauth", "04:04:05").to_string())
            } else {
                say(404, "")
            }
        });
        outside.variables.insert("ALICLOUD_PROFILE".to_owned(), "s".to_owned());
        outside.files.insert(PathBuf::from("/home/u/.aliyun/config.json"), config.into());
        let told = told(&Source::chain(Settings::default()), &outside).await;
        assert_eq!(told, expected);
    };
    let second = 1_767_330_000; // 2026-01-02T05:00:00Z
    let sso = json!({
        "name": "s", "mode": "CloudSSO", "cloud_sso_sign_in_url": "https://signin.example/a/login", "cloud_sso_account_id": "1",
        "cloud_sso_access_config": "c", "access_token": "TOKEN", "cloud_sso_access_token_expire": second,
    });
    check(sso.clone(), "STS.sso").await;
    let mut over = sso;
    over["cloud_sso_access_token_expire"] = 1.into();
    check(over, "credentials of profile s of /home/u/.aliyun/config.json: the CloudSSO sign-in of profile s is over: run `aliyun configure --mode CloudSSO --profile s`").await;
    let mut oauth = json!({
        "name": "s", "mode": "OAuth", "oauth_site_type": "CN", "oauth_access_token": "TOKEN", "oauth_access_token_expire": second,
    });
    check(oauth.clone(), "STS.oauth").await;
    oauth["access_key_id"] = "cached".into();
    oauth["access_key_secret"] = "S".into();
    oauth["sts_token"] = "T".into();
    oauth["sts_expiration"] = second.into();
    check(oauth, "cached").await;
}
