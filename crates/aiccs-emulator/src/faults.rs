//! Faults: what can go wrong between a client and the service, chosen per operation and counted.
//! It must not know tasks; the dispatcher asks it once per call.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answer::{self, Answer, Gateway};
use super::chance::Chance;
use super::contract;
use super::request::Request;
use super::verify::EXPIRED;

/// Kinds of faults and what they do.
pub const KINDS: &[(&str, &str)] = &[
    ("drop_before", "the connection is cut, the operation is not done"),
    ("drop_after", "the operation is done, then the connection is cut"),
    ("drop_late", "the connection is cut, the operation is done `millis` later"),
    ("hang_late", "an answer never comes, the operation is done `millis` later"),
    ("http_500_late", "500 InternalError, the operation is done `millis` later"),
    ("delay", "the operation is done, the answer comes `millis` later"),
    ("hang", "the operation is not done, an answer never comes"),
    ("http_500", "500 InternalError"),
    ("http_503", "503 ServiceUnavailable"),
    ("html", "502 with an HTML page"),
    ("empty", "200 with an empty body"),
    ("throttle_header", "400 Throttling.User with x-acs-retry-after: `millis`, or 200"),
    ("throttle_plain", "400 Throttling.User"),
    ("throttle_429", "429 Throttling.User"),
    ("business", "200 with Success: false and the invented code SystemBusy"),
    ("forbidden_ram", "403 Forbidden.RAM with an AccessDeniedDetail object"),
    ("xml_500", "500 InternalError as XML"),
    ("clock_skew", "400 InvalidTimeStamp.Expired although the time is fine"),
];

/// One fault in waiting.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Operation's name, or `*`.
    pub operation: String,
    /// One of [`KINDS`].
    pub kind: String,
    /// How many calls it strikes; `None` is all of them.
    pub times: Option<u64>,
    /// How many matching calls it lets pass first.
    pub skip: u64,
    /// Chance per matching call.
    pub probability: f64,
    /// Length of a delay, or of the throttle's hint.
    pub millis: u64,
}

/// When the answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Now,
    After(Duration),
    Cut,
    Never,
}

impl Fault {
    /// `OPERATION:KIND[=MILLIS][:TIMES]`; OPERATION and TIMES may be `*`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("a fault is OPERATION:KIND[=MILLIS][:TIMES], not {text:?}");
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let (operation, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (kind, times) = rest.split_once(':').unwrap_or((rest, "1"));
        let (kind, millis) = kind.split_once('=').unwrap_or((kind, "0"));
        let fault = Self {
            operation: operation.to_owned(),
            kind: kind.to_owned(),
            times: if times == "*" { None } else { Some(number(times)?) },
            skip: 0,
            probability: 1.0,
            millis: number(millis)?,
        };
        fault.checked()
    }

    /// From the control endpoint's JSON; `times: null` or `"*"` is for ever.
    pub(super) fn from_json(value: &Value) -> Result<Self, String> {
        let members = value.as_object().ok_or("a fault is an object")?;
        if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(format!("a fault has no {name:?}; it has: {}", MEMBERS.join(", ")));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str, default: u64| match members.get(name) {
            None => Ok(default),
            Some(value) => value.as_u64().ok_or_else(|| format!("{name} is not a whole number")),
        };
        let for_ever = members.get("times").is_some_and(|times| times.is_null() || times == "*");
        let times = if for_ever { None } else { Some(number("times", 1)?) };
        let fault = Self {
            operation: text("operation").unwrap_or_else(|| "*".to_owned()),
            kind: text("kind").unwrap_or_default(),
            times,
            skip: number("skip", 0)?,
            probability: members
                .get("probability")
                .map_or(Some(1.0), Value::as_f64)
                .ok_or("probability")?,
            millis: number("millis", 0)?,
        };
        fault.checked()
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "operation": self.operation, "kind": self.kind, "times": self.times, "skip": self.skip,
            "probability": self.probability, "millis": self.millis,
        })
    }

    fn checked(self) -> Result<Self, String> {
        if !KINDS.iter().any(|(kind, _)| *kind == self.kind) {
            let kinds: Vec<_> = KINDS.iter().map(|(kind, _)| *kind).collect();
            return Err(format!("no fault {:?}; there are: {}", self.kind, kinds.join(", ")));
        }
        if self.operation != "*" && contract::operation(&self.operation).is_none() {
            let names: Vec<_> = contract::operations().map(|operation| operation.name).collect();
            return Err(format!(
                "no operation {:?}; there are: *, {}",
                self.operation,
                names.join(", ")
            ));
        }
        Ok(self)
    }

    /// Whether the operation is done although its answer is spoiled.
    pub(super) fn commits(&self) -> bool {
        matches!(self.kind.as_str(), "drop_after" | "delay")
    }

    /// How much later the operation is done, for the faults that do that.
    pub(super) fn lateness(&self) -> Option<Duration> {
        matches!(self.kind.as_str(), "drop_late" | "hang_late" | "http_500_late")
            .then(|| Duration::from_millis(self.millis))
    }

    pub(super) fn delivery(&self) -> Delivery {
        match self.kind.as_str() {
            "drop_before" | "drop_after" | "drop_late" => Delivery::Cut,
            "delay" => Delivery::After(Duration::from_millis(self.millis)),
            "hang" | "hang_late" => Delivery::Never,
            _ => Delivery::Now,
        }
    }

    /// The answer instead of the operation's.
    pub(super) fn answer(&self, request: &Request, operation: &str, id: &str) -> Answer {
        let gateway = |status, code: &str, message: &str| {
            answer::gateway(request, id, &Gateway::new(status, code, message))
        };
        let throttled = |status| answer::gateway(request, id, &Gateway::throttled(status));
        match self.kind.as_str() {
            "http_503" => gateway(
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure.",
            ),
            "html" => {
                answer::raw(502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>")
            }
            "empty" => answer::raw(200, "application/json;charset=utf-8", ""),
            "throttle_header" => {
                let hint = if self.millis == 0 { 200 } else { self.millis };
                Answer { retry_after: Some(hint), ..throttled(400) }
            }
            "throttle_plain" => throttled(400),
            "throttle_429" => throttled(429),
            "forbidden_ram" => forbidden(request, operation, id),
            "xml_500" => answer::gateway_xml(id, &Gateway::new(500, "InternalError", INTERNAL)),
            "clock_skew" => gateway(400, "InvalidTimeStamp.Expired", EXPIRED),
            _ => gateway(500, "InternalError", INTERNAL),
        }
    }
}

/// Takes the first fault that strikes this operation.
pub(super) fn take(faults: &mut Vec<Fault>, operation: &str, chance: &mut Chance) -> Option<Fault> {
    let at = faults.iter_mut().position(|fault| fault.strikes(operation, chance))?;
    let fault = faults.get_mut(at)?;
    let struck = fault.clone();
    if let Some(times) = &mut fault.times {
        *times -= 1;
        if *times == 0 {
            faults.remove(at);
        }
    }
    Some(struck)
}

impl Fault {
    fn strikes(&mut self, operation: &str, chance: &mut Chance) -> bool {
        if (self.operation != "*" && self.operation != operation) || self.times == Some(0) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        chance.happens(self.probability)
    }
}

fn forbidden(request: &Request, operation: &str, id: &str) -> Answer {
    let detail = json!({
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "AuthPrincipalType": "SubUser",
        "AuthPrincipalDisplayName": "emulated-user",
        "AuthAction": format!("{}:{operation}", product(operation)),
        "NoPermissionType": "ImplicitDeny",
    });
    let refusal = Gateway::new(
        403,
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource.",
    );
    answer::gateway_with(
        request,
        id,
        &refusal,
        Map::from_iter([("AccessDeniedDetail".to_owned(), detail)]),
    )
}

const MEMBERS: &[&str] = &["operation", "kind", "times", "skip", "probability", "millis"];
const INTERNAL: &str = "The request processing has failed due to some unknown error.";

/// The product of an operation, as RAM names it.
fn product(operation: &str) -> &'static str {
    match super::contract::operation(operation).map(|operation| operation.version) {
        Some(super::contract::DYVMS) => "dyvms",
        Some(super::contract::STS) => "sts",
        Some(_) | None => "aiccs",
    }
}
