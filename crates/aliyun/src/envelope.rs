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
pub(crate) fn read(reply: &Reply) -> Result<Answer, Error> {
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
pub(crate) fn read_bare(reply: &Reply) -> Result<Map<String, Value>, Error> {
    let body = object(reply).map_err(|mut error| {
        if error.kind == Kind::Unreadable {
            "the answer was something else than JSON".clone_into(&mut error.message);
        }
        error
    })?;
    if is_success_status(reply.status) { Ok(body) } else { Err(refusal(reply, &body)) }
}

/// A member as text: a string, or a number's or boolean's text; none where it is missing, null or empty.
pub(crate) fn text(body: &Map<String, Value>, name: &str) -> Option<String> {
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
mod tests;
