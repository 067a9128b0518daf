//! An HTTP answer becomes data or an error: gateway JSON and XML, business refusals in HTTP 200, pages that are no answer.
//! Knows the shape of the envelope only: no operation, no request, no network.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::error::{Error, Kind, Processed};
use super::http::Reply;
use super::strict;
use super::text::{ServiceText, address, clean, word};

/// How much of a body that is no answer is shown.
const SHOWN: usize = 200;

/// What the service answered to a request it carried out.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Answer {
    /// The member `Data`, or `Model` where the product calls it so (null where there is none); numbers keep their text, so ids stay exact.
    pub data: Value,
    /// The service's request id.
    pub request_id: Option<ServiceText>,
    /// The service's message, a word such as `OK` mostly.
    pub message: Option<ServiceText>,
    /// The server's clock (header `Date`).
    pub date: Option<Timestamp>,
}

/// What an AICCS answer says: the data, or why there is none.
///
/// Success needs `Code` `OK` (hotline operations: `Success`), `Success` not false and `Data` not the boolean false. A refusal
/// has another `Code`, and neither flag true. Everything else contradicts itself: the caller reads back.
pub fn read(reply: &Reply) -> Result<Answer, Error> {
    let body = object(reply)?;
    if !is_success_status(reply.status) {
        return Err(refusal(reply, &body));
    }
    match verdict(&body) {
        Verdict::Success => Ok(Answer {
            data: body.get("Data").or_else(|| body.get("Model")).cloned().unwrap_or_default(),
            request_id: said(reply, &body, "RequestId").map(|id| ServiceText::word(&id)),
            message: said(reply, &body, "Message").map(|text| ServiceText::message(&text)),
            date: reply.date,
        }),
        Verdict::Refusal => Err(refusal(reply, &body)),
        Verdict::Contradiction => Err(contradiction(reply, body)),
        Verdict::Silence => Err(unreadable(reply, "an answer without Code and Success")),
    }
}

/// What an STS answer says: the whole body on HTTP 200, else the gateway's refusal. A body that cannot be read is not shown:
/// it may hold secrets.
pub fn read_bare(reply: &Reply) -> Result<Map<String, Value>, Error> {
    let body = object(reply).map_err(|mut error| {
        if error.kind == Kind::Unreadable {
            "the answer was something else than JSON".clone_into(&mut error.message);
        }
        error
    })?;
    if is_success_status(reply.status) { Ok(body) } else { Err(refusal(reply, &body)) }
}

/// A member as text: a string, or a number's or boolean's text; none where it is missing, null or empty.
pub fn text(body: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match body.get(name)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// What the flags of an envelope say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Contradiction,
    Refusal,
    Silence,
    Success,
}

fn verdict(body: &Map<String, Value>) -> Verdict {
    let code = text(body, "Code")
        .map(|code| code.eq_ignore_ascii_case("ok") || code.eq_ignore_ascii_case("success"));
    let success = flag(body, "Success");
    let data = body.get("Data").and_then(Value::as_bool);
    match (code, success, data) {
        (Some(true), None | Some(true), None | Some(true)) => Verdict::Success,
        (Some(false), None | Some(false), None | Some(false))
        | (None, Some(false), None | Some(false)) => Verdict::Refusal,
        (None, None, None) => Verdict::Silence,
        (Some(_) | None, Some(_) | None, Some(_) | None) => Verdict::Contradiction,
    }
}

/// A boolean, in any spelling.
fn flag(body: &Map<String, Value>, name: &str) -> Option<bool> {
    let text = text(body, name)?;
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A member as text, without what the request held that nobody is to see.
fn said(reply: &Reply, body: &Map<String, Value>, name: &str) -> Option<String> {
    text(body, name).map(|text| reply.without_secrets(text))
}

fn refusal(reply: &Reply, body: &Map<String, Value>) -> Error {
    let said = |name: &str| said(reply, body, name);
    let code = said("Code");
    let mut kind = Kind::of(code.as_deref().unwrap_or_default(), reply.status);
    if kind == Kind::Refused
        && reply.retry_after.is_some()
        && !is_success_status(reply.status)
        && reply.status < 500
    {
        kind = Kind::Throttled; // the official core reads this header alike
    }
    let message = said("Message").map(|message| ServiceText::message(&message));
    let message = message.filter(|message| !message.is_empty());
    let mut error = Error::new(kind, message.as_deref().unwrap_or("the service gave no message"));
    error.code = code.map(|code| ServiceText::word(&code));
    error.recommend = said("Recommend")
        .filter(|link| link.starts_with("https://"))
        .map(|link| ServiceText::word(&link));
    error.retry_after = reply.retry_after;
    error.ram_action =
        body.get("AccessDeniedDetail").and_then(|detail| denied_action(reply, detail));
    note(&mut error, reply, said("RequestId"));
    error
}

fn contradiction(reply: &Reply, body: Map<String, Value>) -> Error {
    let said = |name: &str| said(reply, &body, name);
    let flags: Vec<String> = ["Code", "Success", "Data"]
        .into_iter()
        .map(|name| match body.get(name) {
            Some(Value::Array(_)) => format!("{name} = a list"),
            Some(Value::Object(_)) => format!("{name} = an object"),
            // As text and not as JSON, whose escapes would hide what is masked.
            Some(Value::String(text)) => {
                format!("{name} = \"{}\"", word(&reply.without_secrets(text.clone())))
            }
            Some(value) => format!("{name} = {}", word(&value.to_string())),
            None => format!("no {name}"),
        })
        .collect();
    let message = said("Message")
        .map_or_else(String::new, |message| format!("; its message: {}", clean(&message)));
    let mut error = Error::new(
        Kind::Contradictory,
        format!("the service's answer contradicts itself: {}{message}", flags.join(", ")),
    );
    error.code = said("Code").map(|code| ServiceText::word(&code));
    note(&mut error, reply, said("RequestId"));
    error.answer = Some(Value::Object(body));
    error
}

fn note(error: &mut Error, reply: &Reply, request_id: Option<String>) {
    error.http_status = Some(reply.status);
    error.date = reply.date;
    error.request_id = request_id.map(|id| ServiceText::word(&id));
}

/// The RAM action that a refusal names. The member is an object with `AuthAction`, or a word without meaning such as `None`.
fn denied_action(reply: &Reply, detail: &Value) -> Option<String> {
    let action = text(detail.as_object()?, "AuthAction")?;
    Some(word(&reply.without_secrets(action)))
}

/// The body as an object, whatever carried it.
fn object(reply: &Reply) -> Result<Map<String, Value>, Error> {
    if (300..400).contains(&reply.status) {
        return Err(redirect(reply));
    }
    if reply.body.trim_ascii().is_empty() {
        return Err(empty(reply));
    }
    let what = match strict::parse(&reply.body) {
        Ok(Value::Object(body)) => return Ok(body),
        Ok(_) => "something else than a JSON object",
        Err(what) => what,
    };
    let xml = std::str::from_utf8(&reply.body).ok().and_then(gateway_xml);
    xml.ok_or_else(|| unreadable(reply, what))
}

/// The service redirects nobody: somebody on the way does.
fn redirect(reply: &Reply) -> Error {
    let place = reply.location.as_deref().map_or_else(|| "nowhere".to_owned(), address);
    let text = format!("the answer was a redirect to {place}, which the service never sends");
    let mut error = Error::new(Kind::Unreadable, text);
    error.processed = Processed::No;
    note(&mut error, reply, None);
    error
}

fn empty(reply: &Reply) -> Error {
    let mut kind = Kind::of("", reply.status);
    if kind == Kind::Refused {
        kind = if is_success_status(reply.status) { Kind::AnswerLost } else { Kind::Unreadable };
    }
    let mut error = Error::new(kind, "the answer was empty");
    error.retry_after = reply.retry_after;
    note(&mut error, reply, None);
    error
}

fn unreadable(reply: &Reply, what: &str) -> Error {
    // A page may be long; of what is shown nothing is left out but what nobody sees.
    let start = &reply.body[..reply.body.len().min(8 * SHOWN)];
    let body = clean(&reply.without_secrets(String::from_utf8_lossy(start).into_owned()));
    let shown: String = body.chars().take(SHOWN).collect();
    let dots = if shown.len() < body.len() || start.len() < reply.body.len() { "…" } else { "" };
    let kind = match reply.status {
        407 => Kind::Proxy,
        429 => Kind::Throttled,
        _ if reply.retry_after.is_some() && (400..500).contains(&reply.status) => Kind::Throttled,
        _ => Kind::Unreadable,
    };
    let mut error = Error::new(kind, format!("the answer was {what}: {shown}{dots}"));
    error.retry_after = reply.retry_after;
    if (300..400).contains(&reply.status) {
        error.processed = Processed::No;
    }
    note(&mut error, reply, None);
    error
}

/// The gateway's XML form: `<Error><Code>…</Code>…</Error>`, one level deep.
fn gateway_xml(text: &str) -> Option<Map<String, Value>> {
    if !text.contains("<Error>") || !text.contains("</Error>") {
        return None;
    }
    let element = |name: &str| {
        let (_, after) = text.split_once(&format!("<{name}>"))?;
        let (inner, _) = after.split_once(&format!("</{name}>"))?;
        Some(unescape(inner.trim()))
    };
    let members = ["Code", "Message", "RequestId", "HostId", "Recommend"];
    let body: Map<String, Value> = members
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), Value::String(element(name)?))))
        .collect();
    body.contains_key("Code").then_some(body)
}

fn unescape(text: &str) -> String {
    let bare = text.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>"));
    match bare {
        Some(bare) => bare.to_owned(),
        None => text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&"),
    }
}

fn is_success_status(status: u16) -> bool {
    (200..300).contains(&status)
}

#[cfg(test)]
mod tests {

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
        let error = read(&reply(403, body))
            .unwrap_err()
            .during("UpdateAiCallTask", "aiccs:UpdateAiCallTask");
        assert!(error.advice().contains("aiccs:StopAiCallTask"));
        let body = r#"{"Code":"Forbidden.RAM","Message":"m","AccessDeniedDetail":"None"}"#;
        let error = read(&reply(403, body))
            .unwrap_err()
            .during("UpdateAiCallTask", "aiccs:UpdateAiCallTask");
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
        assert_eq!(
            error.message, "of [a secret] 138****1234",
            "a short one may be part of any word"
        );
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
        let long =
            format!(r#"{{"Code":"{}","Message":"{}"}}"#, "c".repeat(9000), "m ".repeat(9000));
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
}
