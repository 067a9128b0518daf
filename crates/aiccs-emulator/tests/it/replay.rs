//! Every exchange that the official SDK was seen to make, signed anew and sent to the emulator
//! byte for byte: whatever the SDK does, the emulator must take.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::client::{Client, encode, fresh};

#[tokio::test]
async fn every_exchange_of_the_official_sdk_is_accepted() {
    let capture: Value =
        serde_json::from_str(include_str!("../data/sdk-wire-capture.json")).unwrap();
    let emulator = fresh().await;
    for id in ["1", "118700000000000001"] {
        emulator.ask("POST", "/__tasks", &json!({ "TaskId": id, "TaskName": id, "Status": 2 }));
    }
    let session = session(&Client::new(&emulator)).await;
    let exchanges = capture["exchanges"].as_array().unwrap();
    for (number, exchange) in exchanges.iter().enumerate() {
        let temporary = text(&exchange["mode"]).ends_with("-sts");
        let client = if temporary { &session } else { &Client::new(&emulator) };
        let bytes = replay(client, exchange, &format!("2026-09-21T14:13:{:02}Z", number % 60));
        let reply = client.send(&bytes).await;
        assert_eq!(
            reply.status, 200,
            "{} {}: {}",
            exchange["operation"], exchange["mode"], reply.text
        );
        let journal = emulator.journal();
        let entry = journal.as_array().unwrap().last().unwrap();
        assert_eq!(entry["signature_valid"], true);
        assert_eq!(entry["unknown_parameters"], json!([]), "{}", exchange["operation"]);
        assert_eq!(snake(text(&entry["operation"])), text(&exchange["operation"]));
        let both = entry["code"] == "InvalidParameter.ApplicationCode";
        assert!(both || entry["success"] == true || entry["code"] != "InternalError", "{entry}");
    }
    assert_eq!(exchanges.len(), 34);
}

async fn session<'a>(client: &Client<'a>) -> Client<'a> {
    let role = [("RoleArn", "acs:ram::1000:role/tf"), ("RoleSessionName", "terraform")];
    let reply = client.sts("AssumeRole", &role).await;
    let get = |name: &str| text(&reply.json["Credentials"][name]).to_owned();
    Client {
        key: get("AccessKeyId"),
        secret: get("AccessKeySecret"),
        token: Some(get("SecurityToken")),
        ..Client::new(client.emulator)
    }
}

/// The captured request with another host, key, token, time and nonce, and a fresh signature.
fn replay(client: &Client<'_>, exchange: &Value, time: &str) -> String {
    let mut headers: Vec<(String, String)> = exchange["headers_in_order"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| (text(&header[0]).to_owned(), text(&header[1]).to_owned()))
        .collect();
    let nonce = format!("{time}{}", exchange["mode"]);
    let token = client.token.clone().unwrap_or_default();
    for (name, value) in &mut headers {
        match name.as_str() {
            "host" => *value = client.emulator.address.to_string(),
            "x-acs-date" => *value = time.to_owned(),
            "x-acs-signature-nonce" => value.clone_from(&nonce),
            "x-acs-accesskey-id" => value.clone_from(&client.key),
            "x-acs-security-token" => value.clone_from(&token),
            _ => {}
        }
    }
    let (method, query, body) =
        (text(&exchange["method"]), text(&exchange["raw_query"]), text(&exchange["body"]));
    let query = if text(&exchange["mode"]).starts_with("v2") {
        let fresh = [("Timestamp", time), ("SignatureNonce", &nonce), ("AccessKeyId", &client.key)];
        rpc(method, query, body, &fresh, &token, &client.secret)
    } else {
        acs3(method, query, body, &mut headers, client);
        query.to_owned()
    };
    let head: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} /?{query} HTTP/1.1\r\n{head}connection: close\r\n\r\n{body}")
}

/// The query with the fresh values in their old places, the signature last.
fn rpc(
    method: &str,
    query: &str,
    body: &str,
    fresh: &[(&str, &str)],
    token: &str,
    secret: &str,
) -> String {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.starts_with("Signature=")) {
        let (name, value) = pair.split_once('=').unwrap();
        let value = match fresh.iter().find(|(fresh, _)| *fresh == name) {
            Some((_, value)) => encode(value),
            None if name == "SecurityToken" => encode(token),
            None => value.to_owned(),
        };
        pairs.push(format!("{name}={value}"));
    }
    let mut signed: Vec<String> = pairs.iter().map(|pair| spec(pair)).collect();
    signed.extend(body.split('&').filter(|pair| !pair.is_empty()).map(spec));
    signed.sort();
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).unwrap();
    mac.update(format!("{method}&%2F&{}", encode(&signed.join("&"))).as_bytes());
    format!(
        "{}&Signature={}",
        pairs.join("&"),
        encode(&STANDARD.encode(mac.finalize().into_bytes()))
    )
}

fn acs3(
    method: &str,
    query: &str,
    body: &str,
    headers: &mut [(String, String)],
    client: &Client<'_>,
) {
    let get = |wanted: &str| {
        headers
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    let authorization = get("Authorization");
    let names = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    let lines: String = names.split(';').map(|name| format!("{name}:{}\n", get(name))).collect();
    let mut query: Vec<String> = query.split('&').map(spec).collect();
    query.sort();
    let canonical = format!(
        "{method}\n/\n{}\n{lines}\n{names}\n{}",
        query.join("&"),
        hex(&Sha256::digest(body))
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(client.secret.as_bytes()).unwrap();
    mac.update(format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical))).as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let fresh = format!(
        "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
        client.key
    );
    headers
        .iter_mut()
        .filter(|(name, _)| name == "Authorization")
        .for_each(|(_, value)| value.clone_from(&fresh));
}

/// The SDK sends a space as `+` and `*` as it is, but signs `%20` and `%2A`.
fn spec(pair: &str) -> String {
    pair.replace('+', "%20").replace('*', "%2A")
}

fn snake(name: &str) -> String {
    let lower = |letter: char| {
        if letter.is_uppercase() {
            format!("_{}", letter.to_lowercase())
        } else {
            letter.to_string()
        }
    };
    name.chars().map(lower).collect::<String>().trim_start_matches('_').to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
