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
