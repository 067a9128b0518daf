//! The gateway in front of the operations: its own refusals, temporary keys, the accepted skew.

use super::*;

#[tokio::test]
async fn the_gateway_refuses_with_its_own_body_and_a_date() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let check = |reply: Reply, status: u16, code: &str| {
        assert_eq!((reply.status, reply.code()), (status, code), "{}", reply.text);
        let keys: Vec<_> = reply.json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["Code", "HostId", "Message", "Recommend", "RequestId"]);
        assert!(
            reply.head.contains("content-type: application/json;charset=utf-8"),
            "{}",
            reply.head
        );
        assert!(reply.head.contains("date: mon, 21 sep 2026 14:13:20 gmt"), "{}", reply.head);
    };
    check(client.call("DeleteAiCallTask", &[]).await, 404, "InvalidAction.NotFound");
    check(client.sts("StopAiCallTask", &[]).await, 400, "InvalidVersion");
    let put = client.request("PUT", "StopAiCallTask", "2019-10-15", &[], &[]);
    check(client.send(&put).await, 400, "UnsupportedHTTPMethod");
    let stranger = Client { key: "nobody".to_owned(), ..Client::new(&emulator) };
    check(stranger.call("StopAiCallTask", &[]).await, 404, "InvalidAccessKeyId.NotFound");
    let liar = Client { secret: "wrong".to_owned(), ..Client::new(&emulator) };
    let reply = liar.call("StopAiCallTask", &[]).await;
    assert!(
        reply.text.contains("server string to sign is:POST&%2F&AccessKeyId%3D"),
        "{}",
        reply.text
    );
    check(reply, 400, "SignatureDoesNotMatch");
    let late = Client { now: NOW - 901_000, ..Client::new(&emulator) };
    check(late.call("StopAiCallTask", &[]).await, 400, "InvalidTimeStamp.Expired");
    let once = client.request("POST", "QueryAiCallTaskPage", "2019-10-15", &[], &[]);
    client.send(&once).await.data();
    check(client.send(&once).await, 400, "SignatureNonceUsed");
}

/// As the SDK marks them; nothing else is read of a call before.
const REQUIRED: &[(&str, &[&str])] = &[
    ("CreateAiCallTask", &["CallDay", "CallTime", "StartType", "TaskName"]),
    ("UpdateAiCallTask", &["CallDay", "CallTime", "StartType", "TaskCps", "TaskId", "TaskName"]),
    ("QueryAiCallTaskDetail", &["TaskId"]),
    ("QueryAiCallTaskPage", &[]),
    ("StartAiCallTask", &["TaskId"]),
    ("StopAiCallTask", &["TaskId"]),
    ("ImportTaskNumberDatas", &["DataType", "TaskId"]),
    ("ImportOneTaskPhoneNumber", &["PhoneNumber", "TaskId"]),
    ("CancelAiCallDetails", &["TaskId"]),
    ("QueryAiCallDetailPage", &["Status", "TaskId"]),
    ("PageQueryAgentListNew", &[]),
    ("QueryAiVoiceAgentDetailNew", &["AgentId"]),
    ("ListAvailableTts", &[]),
];

#[tokio::test]
async fn a_missing_parameter_is_the_gateways_refusal_before_any_rule() {
    let emulator = fresh().await;
    for acs3 in [false, true] {
        let client = Client { acs3, ..Client::new(&emulator) };
        for (operation, required) in REQUIRED {
            // Every other parameter is there, and breaks every rule there is.
            for left_out in *required {
                for empty in [false, true] {
                    let mut sent: Vec<(&str, &str)> = required
                        .iter()
                        .filter(|name| *name != left_out)
                        .map(|name| (*name, "nonsense"))
                        .collect();
                    sent.extend([("TaskStartTime", "nonsense"), ("PageNo", "-1")]);
                    sent.extend(empty.then_some((*left_out, "")));
                    let reply = client.call(operation, &sent).await;
                    let code = format!("Missing{left_out}");
                    assert_eq!((reply.status, reply.code()), (400, code.as_str()), "{operation}");
                    assert_eq!(
                        reply.json["Message"],
                        format!("{left_out} is mandatory for this action.")
                    );
                    assert!(reply.json.get("Success").is_none(), "{}", reply.text);
                }
            }
            let none = client.call(operation, &[]).await;
            assert_eq!(none.status, if required.is_empty() { 200 } else { 400 }, "{}", none.text);
        }
        let reply = client.sts("AssumeRole", &[("RoleArn", "nonsense")]).await;
        assert_eq!((reply.status, reply.code()), (400, "MissingRoleSessionName"));
    }
    // What only another parameter makes necessary is a rule of the operation.
    let client = Client::new(&emulator);
    for (name, edits) in [
        ("AgentId", [("AgentId", "-"), ("TaskName", "t")]),
        ("VirtualNumber", [("VirtualNumber", "-"), ("TaskName", "t")]),
        ("TaskStartTime", [("StartType", "SCHEDULE"), ("TaskName", "t")]),
    ] {
        let reply = client.call("CreateAiCallTask", &create_with(&edits)).await;
        let code = format!("MissingParameter.{name}");
        assert_eq!((reply.status, reply.code()), (200, code.as_str()), "{}", reply.text);
    }
}

#[tokio::test]
async fn every_refusal_of_the_gateway_has_a_code() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let signed = |method: &str, operation: &str, version: &str| {
        client.request(method, operation, version, &[], &[])
    };
    let bare = |method: &str, target: &str| client.bytes(method, target, &[], "");
    let body = |kind: &str, length: usize| {
        let head = "POST /?Action=StopAiCallTask&Format=JSON HTTP/1.1\r\nhost: a\r\n";
        let body = "x".repeat(length);
        format!(
            "{head}content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    };
    let form = "application/x-www-form-urlencoded";
    let refusals = [
        (signed("PUT", "StopAiCallTask", "2019-10-15"), 400, "UnsupportedHTTPMethod"),
        (signed("DELETE", "StopAiCallTask", "2019-10-15"), 400, "UnsupportedHTTPMethod"),
        (signed("PATCH", "StopAiCallTask", "2019-10-15"), 400, "UnsupportedHTTPMethod"),
        (signed("POST", "DeleteAiCallTask", "2019-10-15"), 404, "InvalidAction.NotFound"),
        (signed("POST", "StopAiCallTask", "2019-10-16"), 400, "InvalidVersion"),
        (signed("POST", "GetCallerIdentity", "2019-10-15"), 400, "InvalidVersion"),
        (bare("POST", "/?Format=JSON"), 400, "MissingAction"),
        (bare("POST", "/?Format=JSON&Action=StopAiCallTask"), 400, "MissingVersion"),
        (bare("POST", "/path?Format=JSON&Action=StopAiCallTask"), 404, "InvalidAction.NotFound"),
        (body("text/plain", 1), 415, "UnsupportedContentType"),
        (body("application/json", 1), 415, "UnsupportedContentType"),
        (body("application/x-www-form-urlencoded-not", 1), 415, "UnsupportedContentType"),
        (body(&format!("{form}; charset=utf-8"), 1), 400, "MissingVersion"),
        (body(form, 8 << 20), 400, "MissingVersion"),
        (body(form, (8 << 20) + 1), 413, "RequestBodyTooLarge"),
        (body("text/plain", 9 << 20), 413, "RequestBodyTooLarge"),
    ];
    for (bytes, status, code) in refusals {
        let reply = client.send(&bytes).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{}", reply.text);
        let keys: Vec<_> = reply.json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["Code", "HostId", "Message", "Recommend", "RequestId"]);
    }
}

#[tokio::test]
async fn a_refusal_recommends_under_its_own_product() {
    let emulator = fresh().await;
    let stranger = Client { key: "nobody".to_owned(), ..Client::new(&emulator) };
    for acs3 in [false, true] {
        let stranger = Client { acs3, key: stranger.key.clone(), ..Client::new(&emulator) };
        for (reply, product) in [
            (stranger.call("StopAiCallTask", &[]).await, "Aiccs"),
            (stranger.sts("GetCallerIdentity", &[]).await, "Sts"),
        ] {
            let id = reply.json["RequestId"].as_str().unwrap();
            assert_eq!(
                reply.json["Recommend"],
                format!(
                    "https://api.aliyun.com/troubleshoot?q=InvalidAccessKeyId.NotFound&product={product}&requestId={id}"
                )
            );
        }
    }
    // A version that is not the operation's own does not change whose operation it is.
    let wrong = Client::new(&emulator).call("GetCallerIdentity", &[]).await;
    assert!(wrong.json["Recommend"].as_str().unwrap().contains("product=Sts"), "{}", wrong.text);
}

#[tokio::test]
async fn the_caller_is_of_the_account_whose_role_was_assumed() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    assert_eq!(client.sts("GetCallerIdentity", &[]).await.json["AccountId"], "1000000000000001");
    let role = [("RoleArn", "acs:ram::1888000000000042:role/tf"), ("RoleSessionName", "me")];
    let reply = client.sts("AssumeRole", &role).await;
    let get = |name: &str| reply.json["Credentials"][name].as_str().unwrap().to_owned();
    let assumed = Client {
        key: get("AccessKeyId"),
        secret: get("AccessKeySecret"),
        token: Some(get("SecurityToken")),
        ..Client::new(&emulator)
    };
    let who = assumed.sts("GetCallerIdentity", &[]).await.json;
    assert_eq!(
        (&who["AccountId"], &who["IdentityType"], &who["Arn"]),
        (
            &json!("1888000000000042"),
            &json!("AssumedRoleUser"),
            &json!("acs:ram::1888000000000042:assumed-role/tf/me")
        )
    );
}

#[tokio::test]
async fn temporary_keys_work_with_their_token_until_they_expire() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let role = [("RoleArn", "acs:ram::1000:role/tf"), ("RoleSessionName", "terraform")];
    let with_oidc = [
        role[0],
        role[1],
        ("OIDCProviderArn", "acs:ram::1000:oidc-provider/p"),
        ("OIDCToken", "a.b.c"),
    ];
    let signed = client.sts("AssumeRole", &role).await;
    let mut target = String::from("/?Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON");
    for (name, value) in with_oidc {
        target.push_str(&format!("&{name}={value}"));
    }
    let unsigned = client.send(&client.bytes("GET", &target, &[], "")).await;
    for (reply, acs3) in [(signed, false), (unsigned, true)] {
        let credentials = &reply.json["Credentials"];
        assert_eq!(credentials["Expiration"], "2026-09-21T15:13:20Z", "{}", reply.text);
        let text = |name: &str| credentials[name].as_str().unwrap().to_owned();
        let (key, secret) = (text("AccessKeyId"), text("AccessKeySecret"));
        let temporary = Client {
            key,
            secret,
            token: Some(text("SecurityToken")),
            acs3,
            ..Client::new(&emulator)
        };
        let who = temporary.sts("GetCallerIdentity", &[]).await;
        assert_eq!(who.json["IdentityType"], "AssumedRoleUser", "{}", who.text);
        temporary.call("QueryAiCallTaskPage", &[]).await.data();
        let wrong = Client { token: Some("wrong".to_owned()), ..temporary };
        let reply = wrong.call("QueryAiCallTaskPage", &[]).await;
        assert_eq!(reply.code(), "InvalidSecurityToken.MismatchWithAccessKey");
        set(&emulator, json!({ "clock_offset_seconds": 3600 }));
        let late = Client { token: Some(text("SecurityToken")), now: NOW + 3_600_000, ..wrong };
        assert_eq!(
            late.call("QueryAiCallTaskPage", &[]).await.code(),
            "InvalidSecurityToken.Expired"
        );
        set(&emulator, json!({ "clock_offset_seconds": 0 }));
    }
    let who = client.sts("GetCallerIdentity", &[]).await;
    assert_eq!(who.json["IdentityType"], "RAMUser");
}

#[tokio::test]
async fn the_life_of_temporary_keys_and_the_accepted_skew_are_switches() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    set(&emulator, json!({ "session_seconds": 0, "skew_minutes": 30 }));
    let role = [("RoleArn", "acs:ram::1000:role/tf"), ("RoleSessionName", "terraform")];
    let reply = client.sts("AssumeRole", &role).await;
    let get = |name: &str| reply.json["Credentials"][name].as_str().unwrap().to_owned();
    let (key, secret, token) =
        (get("AccessKeyId"), get("AccessKeySecret"), Some(get("SecurityToken")));
    let temporary = Client { key, secret, token, ..Client::new(&emulator) };
    let reply = temporary.call("QueryAiCallTaskPage", &[]).await;
    assert_eq!(reply.code(), "InvalidSecurityToken.Expired");
    let late = Client { now: NOW - 1_800_000, ..Client::new(&emulator) };
    late.call("QueryAiCallTaskPage", &[]).await.data();
    let short = [role[0], role[1], ("DurationSeconds", "899")];
    let reply = client.sts("AssumeRole", &short).await;
    assert_eq!((reply.status, reply.code()), (400, "InvalidParameter.DurationSeconds"));
}

#[tokio::test]
async fn without_format_json_the_rpc_style_answers_xml() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let edit = |bytes: String| bytes.replace("Format=JSON&", "");
    let reply =
        client.send(&edit(client.request("POST", "StopAiCallTask", "2019-10-15", &[], &[]))).await;
    assert!(reply.head.contains("content-type: text/xml"), "{}", reply.head);
    let start = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code>";
    assert!(reply.text.starts_with(start), "{}", reply.text);
}
