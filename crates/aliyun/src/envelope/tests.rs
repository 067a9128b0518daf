//! What answers come to, text by text.

use std::time::Duration;

use super::*;

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, body: body.as_bytes().to_vec(), ..Reply::default() }
}

fn told(result: Result<Answer, Error>) -> String {
    match result {
        Ok(answer) => format!("data {}", answer.data),
        Err(error) => format!("{:?} {:?}: {error}", error.kind, error.processed),
    }
}

fn check(status: u16, body: &str, expected: &str) {
    assert_eq!(told(read(&reply(status, body))), expected, "{status} {body}");
}

#[test]
fn success_needs_all_flags() {
    check(
        200,
        r#"{"Code":"OK","Success":true,"Data":118700000000000001,"RequestId":"R"}"#,
        "data 118700000000000001",
    );
    check(200, r#"{"Code":"OK","Success":true,"Data":true}"#, "data true");
    check(200, r#"{"Code":"Success","Data":["0571"]}"#, r#"data ["0571"]"#);
    check(200, r#"{"Code":"OK","Success":true,"Data":null}"#, "data null");
    check(200, r#"{"Code":"OK","Success":"True"}"#, "data null");
}

#[test]
fn business_refusals_come_with_http_200() {
    check(
        200,
        r#"{"Code":"TASK_NAME_EXISTS","Success":false,"Message":"任务名称已存在","Data":false,"RequestId":"R1"}"#,
        "Refused Refused: 任务名称已存在 (code TASK_NAME_EXISTS, HTTP 200, request id R1)",
    );
    check(200, r#"{"Success":false,"Message":"no"}"#, "Refused Refused: no (HTTP 200)");
    check(
        200,
        r#"{"Code":"SystemError","Success":false,"Message":"x"}"#,
        "Internal Unknown: x (code SystemError, HTTP 200)",
    );
    check(
        200,
        r#"{"Code":"Throttling.User","Success":false,"Message":"x"}"#,
        "Throttled No: x (code Throttling.User, HTTP 200)",
    );
}

#[test]
fn flags_that_contradict_each_other_are_told_with_the_whole_answer() {
    let all = [
        r#"{"Code":"OK","Success":false,"Data":true}"#,
        r#"{"Code":"OK","Success":true,"Data":false}"#,
        r#"{"Code":"Failed","Success":true,"Data":null}"#,
        r#"{"Code":"Failed","Success":false,"Data":true}"#,
        r#"{"Success":true,"Data":true}"#,
    ];
    for body in all {
        let error = read(&reply(200, body)).unwrap_err();
        assert_eq!(
            (error.kind, error.processed),
            (Kind::Contradictory, Processed::Unknown),
            "{body}"
        );
        assert_eq!(error.answer.as_ref().unwrap().to_string().len(), body.len());
    }
    check(
        200,
        r#"{"Code":"OK","Success":false,"Data":true,"Message":"成功"}"#,
        "Contradictory Unknown: the service's answer contradicts itself: Code = \"OK\", Success = false, Data = true; its message: 成功 (code OK, HTTP 200)",
    );
}

#[test]
fn gateway_refusals_come_as_json_or_xml() {
    let advice = r#"{"RequestId":"E1","HostId":"aiccs.aliyuncs.com","Code":"SignatureDoesNotMatch","Message":"Signature is not matched. server string to sign is:POST&%2F&SECRETPARAM"}"#;
    check(
        400,
        advice,
        "SecretWrong No: Signature is not matched. (code SignatureDoesNotMatch, HTTP 400, request id E1)",
    );
    check(
        404,
        "<?xml version='1.0'?><Error><RequestId>E2</RequestId><HostId>h</HostId><Code>InvalidAccessKeyId.NotFound</Code><Message>a &lt;b&gt; &amp;amp;</Message></Error>",
        "AccessKeyUnknown No: a <b> &amp; (code InvalidAccessKeyId.NotFound, HTTP 404, request id E2)",
    );
    check(
        503,
        r#"{"Code":"ServiceUnavailable","Message":"m"}"#,
        "ServiceUnavailable Unknown: m (code ServiceUnavailable, HTTP 503)",
    );
    check(
        500,
        r#"{"Code":"NoAgentFound","Message":"m"}"#,
        "Refused Refused: m (code NoAgentFound, HTTP 500)",
    );
    check(
        500,
        r#"{"Code":"InternalError"}"#,
        "Internal Unknown: the service gave no message (code InternalError, HTTP 500)",
    );
}

#[test]
fn a_ram_refusal_names_the_action_it_wants() {
    let body = r#"{"Code":"Forbidden.RAM","Message":"m","AccessDeniedDetail":{"AuthAction":"aiccs:StopAiCallTask"}}"#;
    let error =
        read(&reply(403, body)).unwrap_err().during("UpdateAiCallTask", "aiccs:UpdateAiCallTask");
    assert!(error.advice().contains("aiccs:StopAiCallTask"));
    let body = r#"{"Code":"Forbidden.RAM","Message":"m","AccessDeniedDetail":"None"}"#;
    let error =
        read(&reply(403, body)).unwrap_err().during("UpdateAiCallTask", "aiccs:UpdateAiCallTask");
    assert!(error.advice().contains("aiccs:UpdateAiCallTask"));
}

#[test]
fn a_body_that_is_no_answer_is_shown_on_one_line() {
    check(
        502,
        "<html>\n<head><title>502 Bad Gateway</title></head>\n</html>",
        "Unreadable Unknown: the answer was something else than JSON: <html> <head><title>502 Bad Gateway</title></head> </html> (HTTP 502)",
    );
    check(
        200,
        "[1]",
        "Unreadable Unknown: the answer was something else than a JSON object: [1] (HTTP 200)",
    );
    check(
        200,
        "{}",
        "Unreadable Unknown: the answer was an answer without Code and Success: {} (HTTP 200)",
    );
    check(
        302,
        "moved",
        "Unreadable No: the answer was a redirect to nowhere, which the service never sends (HTTP 302)",
    );
    check(200, "", "AnswerLost Unknown: the answer was empty (HTTP 200)");
    check(503, " ", "ServiceUnavailable Unknown: the answer was empty (HTTP 503)");
    let long = read(&reply(200, &"x".repeat(5000))).unwrap_err();
    assert!(long.message.chars().count() < 300);
}

#[test]
fn a_redirect_says_where_to_and_nothing_else() {
    for (location, place) in [
        ("https://user:pw@portal.example/login?next=a#b", "https://portal.example/login"),
        ("http://portal.example", "http://portal.example/"),
        ("/login?Signature=x", "/login"),
    ] {
        let reply = Reply { location: Some(location.to_owned()), ..reply(307, "{}") };
        let message = read(&reply).unwrap_err().message.clone();
        assert!(
            message.starts_with(&format!("the answer was a redirect to {place},")),
            "{message}"
        );
    }
}

#[test]
fn an_answer_has_no_more_values_than_memory_allows() {
    let body = |values: usize| {
        format!(r#"{{"Code":"OK","Success":true,"Data":[{}0]}}"#, "0,".repeat(values))
    };
    assert!(read(&reply(200, &body(190_000))).is_ok());
    let error = read(&reply(200, &body(200_000))).unwrap_err();
    assert!(error.message.contains("too large"), "{error}");
}

#[test]
fn an_echo_of_what_was_sent_holds_no_secret() {
    let marker = "LTAI5tMarker0000001key";
    let echo = |status, body: &str| {
        let secrets = vec![crate::key::Secret::new(marker), crate::key::Secret::new("of")];
        let reply = Reply { secrets, ..reply(status, &body.replace("KEY", marker)) };
        read(&reply).unwrap_err()
    };
    let everywhere = r#"{"Code":"Bad.KEY","Message":"of KEY 13812341234","RequestId":"KEY","Recommend":"https://x/KEY",
                         "AccessDeniedDetail":{"AuthAction":"aiccs:KEY"}}"#;
    let error = echo(403, everywhere);
    assert_eq!(error.message, "of [a secret] 138****1234", "a short one may be part of any word");
    let errors = [
        error,
        echo(
            200,
            r#"{"Code":"KEY","Message":"KEY","Success":true,"Data":"KEY","RequestId":"KEY"}"#,
        ),
        echo(502, "<html>KEY</html>"),
        echo(400, "<Error><Code>KEY</Code><Message>KEY</Message></Error>"),
    ];
    for error in errors {
        let told = [
            Some(&*error.message),
            error.code.as_deref(),
            error.request_id.as_deref(),
            error.recommend.as_deref(),
            error.ram_action.as_deref(),
        ];
        assert!(!format!("{told:?}").contains("Marker"), "{told:?}");
    }
}

#[test]
fn what_the_service_says_fits_a_terminal() {
    let body = "{\"Code\":\"Bad\\u001b[31m\\nCode\\u202e\",\"Message\":\"a\\u0007b\\u200b 13812341234\",\"RequestId\":\"R\\nR\",\
                \"Recommend\":\"https://x/\\u001b]0;\",\"Success\":false,\"AccessDeniedDetail\":{\"AuthAction\":\"aiccs:\\u2066X\"}}";
    let error = read(&reply(403, body)).unwrap_err();
    let parts = [&error.code, &error.request_id, &error.recommend];
    let mut told: Vec<_> = parts.map(|part| part.as_deref().unwrap_or_default()).into();
    told.extend(error.ram_action.as_deref());
    assert_eq!(told, ["Bad [31m Code", "R R", "https://x/ ]0;", "aiccs:X"]);
    assert_eq!(error.message, "a b 138****1234");
    let long = format!(r#"{{"Code":"{}","Message":"{}"}}"#, "c".repeat(9000), "m ".repeat(9000));
    let error = read(&reply(400, &long)).unwrap_err();
    assert!(error.code.as_ref().unwrap().chars().count() <= 201);
    assert!(error.message.chars().count() <= 1001);
}

#[test]
fn a_retry_after_header_on_a_refusal_means_throttled() {
    let wish = Some(Duration::from_millis(1500));
    let error =
        read(&Reply { retry_after: wish, ..reply(400, r#"{"Code":"Busy","Message":"m"}"#) })
            .unwrap_err();
    assert_eq!((error.kind, error.retry_after), (Kind::Throttled, wish));
    let error = read(&Reply {
        retry_after: wish,
        ..reply(500, r#"{"Code":"InternalError","Message":"m"}"#)
    })
    .unwrap_err();
    assert_eq!((error.kind, error.retry_after), (Kind::Internal, wish));
}
