//! A service call as it arrived: decoded once, judged elsewhere.
//! It must not know keys, tasks or answers.

use super::contract;
use super::text;

/// One HTTP request.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) form: Vec<(String, String)>,
    /// Names in lower case, in the order of arrival.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// HMAC-SHA1 over the parameters.
    Rpc,
    /// ACS3-HMAC-SHA256 over the request.
    Acs3,
}

impl Request {
    /// `target` is path and query as on the request line.
    pub(super) fn new(
        method: &str,
        target: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = if path.is_empty() { "/" } else { path };
        let headers: Vec<_> =
            headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let mut request = Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            query: text::pairs(query),
            form: Vec::new(),
            headers,
            body,
        };
        if request.has_form() {
            request.form = text::pairs(&String::from_utf8_lossy(&request.body));
        }
        request
    }

    /// Whether the content type says that the body is a form.
    pub(super) fn has_form(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
    }

    /// A header's value, trimmed.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// A parameter, from the query or else the form.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.all().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Query and form together.
    pub(super) fn all(&self) -> impl Iterator<Item = &(String, String)> {
        self.query.iter().chain(&self.form)
    }

    /// What is neither common nor hidden.
    pub(super) fn business(&self) -> impl Iterator<Item = &(String, String)> {
        let style = self.style();
        self.all().filter(move |(name, _)| {
            let common = style == Style::Rpc && contract::COMMON.contains(&name.as_str());
            !common && !contract::HIDDEN.contains(&name.as_str())
        })
    }

    /// An `Authorization` header makes the difference; `x-acs-action` comes with both.
    pub(super) fn style(&self) -> Style {
        if self.header("authorization").is_some() { Style::Acs3 } else { Style::Rpc }
    }

    pub(super) fn action(&self) -> Option<&str> {
        self.named("Action", "x-acs-action")
    }

    pub(super) fn version(&self) -> Option<&str> {
        self.named("Version", "x-acs-version")
    }

    /// The documented default of `Format` is XML; ACS3 always answers JSON.
    pub(super) fn wants_json(&self) -> bool {
        match self.style() {
            Style::Rpc => {
                self.parameter("Format").is_some_and(|format| format.eq_ignore_ascii_case("json"))
            }
            Style::Acs3 => true,
        }
    }

    fn named(&self, parameter: &str, header: &str) -> Option<&str> {
        match self.style() {
            Style::Rpc => self.parameter(parameter),
            Style::Acs3 => self.header(header),
        }
    }
}

impl Style {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Rpc => "HMAC-SHA1",
            Self::Acs3 => "ACS3-HMAC-SHA256",
        }
    }
}

/// The content type of a body.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
