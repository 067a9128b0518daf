//! The answers' shapes: the envelope, the gateway's error body, and both as XML.
//! It must not know what the operations mean.

use serde_json::{Map, Value, json};

use super::contract::{self, Data, Operation};
use super::request::Request;
use super::text;

/// A complete answer, and what the journal says about it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) retry_after: Option<u64>,
    pub(super) body: String,
    pub(super) code: Option<String>,
    pub(super) success: Option<bool>,
    /// The page's Content-Security-Policy.
    pub(super) policy: Option<&'static str>,
}

/// A refusal by the gateway: HTTP 4xx or 5xx.
#[derive(Debug, PartialEq)]
pub(super) struct Gateway {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl Gateway {
    pub(super) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// More requests than the user may send. The status is documented for none and seen as 400 and 429.
    pub(super) fn throttled(status: u16) -> Self {
        Self::new(status, "Throttling.User", "Request was denied due to user flow control.")
    }

    /// A parameter that is always necessary is not there.
    pub(super) fn missing(name: &str) -> Self {
        Self::new(400, format!("Missing{name}"), format!("{name} is mandatory for this action."))
    }
}

/// The gateway's body, as seen in public reports of several products.
pub(super) fn gateway(request: &Request, id: &str, refusal: &Gateway) -> Answer {
    gateway_with(request, id, refusal, Map::new())
}

/// Whose operation it is; of an unknown one the version tells.
fn product(request: &Request) -> &'static str {
    let known = request.action().and_then(contract::operation).map(|operation| operation.version);
    match known.or(request.version()) {
        Some(contract::STS) => "Sts",
        Some(contract::DYVMS) => "Dyvmsapi",
        _ => "Aiccs",
    }
}

/// The gateway's body with further members.
pub(super) fn gateway_with(
    request: &Request,
    id: &str,
    refusal: &Gateway,
    more: Map<String, Value>,
) -> Answer {
    let Gateway { status, code, message } = refusal;
    let recommend = format!(
        "https://api.aliyun.com/troubleshoot?q={}&product={}&requestId={id}",
        text::encode(code),
        product(request)
    );
    let host = request.header("host").unwrap_or_default();
    let mut body = object(json!({
        "RequestId": id, "HostId": host, "Code": code, "Message": message, "Recommend": recommend,
    }));
    body.extend(more);
    let mut answer = Answer::of(request, *status, "Error", &Value::Object(body));
    answer.code = Some(code.clone());
    answer.success = Some(false);
    answer
}

/// A success: the family's envelope, or (STS) the fields beside `RequestId`.
pub(super) fn success(request: &Request, operation: &Operation, id: &str, data: Value) -> Answer {
    let body = match operation.data {
        Data::Plain => {
            let mut body = object(data);
            body.insert("RequestId".to_owned(), id.into());
            Value::Object(body)
        }
        Data::Model => json!({
            "RequestId": id, "Code": operation.code, "Message": "OK", "Success": true, "Model": data,
        }),
        Data::Flag | Data::Id | Data::Object | Data::Page | Data::Array => json!({
            "RequestId": id, "Code": operation.code, "Message": "成功", "Success": true, "Data": data,
        }),
    };
    envelope(request, operation, operation.code, true, body)
}

/// A business refusal with HTTP 200.
pub(super) fn refusal(
    request: &Request,
    operation: &Operation,
    id: &str,
    code: &str,
    message: &str,
) -> Answer {
    let data = if operation.data == Data::Flag { Value::Bool(false) } else { Value::Null };
    let body = json!({ "RequestId": id, "Code": code, "Message": message, "Success": false, "Data": data });
    envelope(request, operation, code, false, body)
}

/// The documentation's own sample: `Code: OK` and data beside `Success: false`.
pub(super) fn contradiction(
    request: &Request,
    operation: &Operation,
    id: &str,
    data: Value,
) -> Answer {
    let body = json!({ "RequestId": id, "Code": operation.code, "Success": false, "Data": data });
    envelope(request, operation, operation.code, false, body)
}

/// Any body, for faults.
pub(super) fn raw(status: u16, content_type: &'static str, body: &str) -> Answer {
    Answer {
        status,
        content_type,
        retry_after: None,
        body: body.to_owned(),
        code: None,
        success: None,
        policy: None,
    }
}

/// The same gateway refusal as XML, whatever was asked for.
pub(super) fn gateway_xml(id: &str, refusal: &Gateway) -> Answer {
    let Gateway { status, code, message } = refusal;
    let body = json!({ "RequestId": id, "HostId": "emulator", "Code": code, "Message": message });
    Answer {
        code: Some(code.clone()),
        success: Some(false),
        ..raw(*status, XML, &xml("Error", &body))
    }
}

/// JSON for the emulator's own endpoints.
pub(super) fn own(status: u16, body: &Value) -> Answer {
    raw(status, JSON, &body.to_string())
}

impl Answer {
    fn of(request: &Request, status: u16, root: &str, body: &Value) -> Self {
        if request.wants_json() {
            raw(status, JSON, &body.to_string())
        } else {
            raw(status, XML, &xml(root, body))
        }
    }
}

fn envelope(
    request: &Request,
    operation: &Operation,
    code: &str,
    success: bool,
    body: Value,
) -> Answer {
    let root = format!("{}Response", operation.name);
    let answer = Answer::of(request, 200, &root, &body);
    Answer { code: Some(code.to_owned()), success: Some(success), ..answer }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn xml(root: &str, body: &Value) -> String {
    format!("<?xml version='1.0' encoding='UTF-8'?>{}", element(root, body))
}

fn element(name: &str, value: &Value) -> String {
    let inner: String = match value {
        Value::Array(items) => return items.iter().map(|item| element(name, item)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, member)| element(key, member)).collect()
        }
        Value::String(text) => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    format!("<{name}>{inner}</{name}>")
}

const JSON: &str = "application/json;charset=utf-8";
const XML: &str = "text/xml;charset=utf-8";
