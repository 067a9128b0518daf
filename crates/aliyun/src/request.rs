//! A call becomes a signed HTTP request: which parameter goes where, in both signature schemes. Pure.
//! Knows no operation by name, no retry, no clock: time and nonce are arguments.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use super::encode::percent;
use super::http::{Endpoint, Method, Request};
use super::key::{Credentials, Secret};
use super::retry::Class;
use super::signature::{acs3, canonical_query, rpc};

/// The content type of a form body.
const FORM: &str = "application/x-www-form-urlencoded";

/// Which signature a request carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// `ACS3-HMAC-SHA256`: headers.
    Acs3HmacSha256,
    /// `HMAC-SHA1`: the RPC signature, query parameters.
    #[default]
    HmacSha1,
}

/// The parameters of a call, in the order they were set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// No parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a parameter; an earlier value of the same name is replaced in its place. An empty value is sent as `Name=`.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
        self
    }

    /// The same parameters with one more: [`Parameters::set`] for a chain.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// An operation of a service.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its name, the parameter `Action`.
    pub name: &'static str,
    /// The version of the service's API.
    pub version: &'static str,
    /// The service's name in RAM actions, such as `aiccs`.
    pub product: &'static str,
    /// What sending it twice would do.
    pub class: Class,
    /// GET or POST.
    pub method: Method,
    /// The parameters that travel in a form body; the others travel in the query.
    pub in_body: &'static [&'static str],
}

impl Operation {
    /// The RAM action that admits it.
    pub fn ram_action(&self) -> String {
        format!("{}:{}", self.product, self.name)
    }
}

/// What a request is made of, beside the credentials.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// Where it goes.
    pub endpoint: &'a Endpoint,
    /// What is called.
    pub operation: &'a Operation,
    /// The operation's own parameters.
    pub parameters: &'a Parameters,
    /// The time of signing, as the service's clock has it.
    pub time: Timestamp,
    /// Never used before.
    pub nonce: &'a str,
}

/// The request of a call, signed.
pub(crate) fn signed(
    call: &Call<'_>,
    scheme: SignatureMethod,
    credentials: &Credentials,
) -> Request {
    let request = match scheme {
        SignatureMethod::HmacSha1 => signed_rpc(call, credentials),
        SignatureMethod::Acs3HmacSha256 => signed_acs3(call, credentials),
    };
    Request { secrets: secrets(credentials, &request), ..request }
}

/// The request of a call that carries no signature, as AssumeRoleWithOIDC.
pub(crate) fn unsigned(call: &Call<'_>) -> Request {
    let time = wire_time(call.time);
    let common = [
        ("Action", call.operation.name),
        ("Version", call.operation.version),
        ("Format", "JSON"),
        ("Timestamp", &time),
    ];
    let query = canonical_query(common.into_iter().chain(call.parameters.iter()));
    Request::new(call.operation.method, call.endpoint.url(&query))
        .header("accept", "application/json")
}

fn signed_rpc(call: &Call<'_>, credentials: &Credentials) -> Request {
    let time = wire_time(call.time);
    let mut common = vec![
        ("Action", call.operation.name),
        ("Version", call.operation.version),
        ("Format", "JSON"),
        ("Timestamp", &time),
        ("SignatureNonce", call.nonce),
        ("SignatureMethod", rpc::METHOD),
        ("SignatureVersion", rpc::VERSION),
        ("AccessKeyId", &credentials.access_key_id),
    ];
    common
        .extend(credentials.security_token.as_ref().map(|token| ("SecurityToken", token.reveal())));
    let (form, query) = split(call);
    // Everything is signed, the body's parameters too.
    let canonical = canonical_query(common.iter().copied().chain(call.parameters.iter()));
    let to_sign = rpc::string_to_sign(call.operation.method.as_str(), &canonical);
    let signature = rpc::signature(credentials.access_key_secret.reveal(), &to_sign);
    let sent = canonical_query(common.into_iter().chain(query));
    let url = call.endpoint.url(&format!("{sent}&Signature={}", percent(&signature)));
    let request = Request::new(call.operation.method, url).header("accept", "application/json");
    with_form(request, form)
}

fn signed_acs3(call: &Call<'_>, credentials: &Credentials) -> Request {
    let (form, query) = split(call);
    let query = canonical_query(query);
    let mut request =
        with_form(Request::new(call.operation.method, call.endpoint.url(&query)), form);
    let hash = acs3::content_hash(&request.body);
    request = request
        .header("accept", "application/json")
        .header("x-acs-action", call.operation.name)
        .header("x-acs-version", call.operation.version)
        .header("x-acs-date", wire_time(call.time))
        .header("x-acs-signature-nonce", call.nonce)
        .header("x-acs-content-sha256", &*hash);
    if let Some(token) = &credentials.security_token {
        request = request
            .header("x-acs-accesskey-id", &*credentials.access_key_id)
            .header("x-acs-security-token", token.reveal());
    }
    let host = call.endpoint.authority();
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signed = headers.filter(|(name, _)| *name == "content-type" || name.starts_with("x-acs-"));
    let (canonical, names) = acs3::canonical_headers(signed.chain([("host", host.as_str())]));
    let canonical_request =
        acs3::canonical_request(call.operation.method.as_str(), &query, &canonical, &names, &hash);
    let to_sign = acs3::string_to_sign(&canonical_request);
    let signature = acs3::signature(credentials.access_key_secret.reveal(), &to_sign);
    request.header(
        "authorization",
        acs3::authorization(&credentials.access_key_id, &names, &signature),
    )
}

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// The operation's parameters: those of the body, those of the query.
fn split<'a>(call: &Call<'a>) -> (Pairs<'a>, Pairs<'a>) {
    let parameters: &'a Parameters = call.parameters;
    parameters.iter().partition(|(name, _)| call.operation.in_body.contains(name))
}

fn with_form(mut request: Request, form: Pairs<'_>) -> Request {
    if form.is_empty() {
        return request;
    }
    request.body = canonical_query(form).into_bytes();
    request.header("content-type", FORM)
}

/// `2026-01-02T03:04:05Z`
fn wire_time(time: Timestamp) -> String {
    let seconds = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
    time.round(seconds).unwrap_or(time).to_string()
}

/// What a signed request holds that nobody is to see: the key, its secret and token, and the signature, as it travels and as
/// it was made.
fn secrets(credentials: &Credentials, request: &Request) -> Vec<Secret> {
    let key = [Secret::new(&*credentials.access_key_id), credentials.access_key_secret.clone()];
    let mut secrets: Vec<Secret> =
        key.into_iter().chain(credentials.security_token.clone()).collect();
    let headers = request.headers.iter().map(|(_, value)| value);
    for text in headers.chain([&request.url]) {
        if let Some((_, after)) = text.split_once("Signature=") {
            let signature = after.split(['&', ',']).next().unwrap_or_default();
            let made = ["%2B", "%2F", "%3D"].iter().zip(["+", "/", "="]);
            secrets.push(Secret::new(
                made.fold(signature.to_owned(), |text, (code, sign)| text.replace(code, sign)),
            ));
            secrets.push(Secret::new(signature));
        }
    }
    secrets
}

#[cfg(test)]
mod tests {

    use super::*;

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: "testAccessKeyId".to_owned(),
            access_key_secret: Secret::new("testAccessKeySecret"),
            security_token: token.map(Secret::new),
            expires: None,
        }
    }

    fn request(
        scheme: SignatureMethod,
        in_body: &'static [&'static str],
        token: Option<&str>,
    ) -> Request {
        let parameters = Parameters::new().with("TaskName", "a b").with("PhoneNumberList", "[{}]");
        let endpoint = Endpoint::parse("aiccs.aliyuncs.com").unwrap();
        let time = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let operation = Operation {
            name: "Act",
            version: "V",
            product: "p",
            class: Class::Query,
            method: Method::Post,
            in_body,
        };
        let call = Call {
            endpoint: &endpoint,
            operation: &operation,
            parameters: &parameters,
            time,
            nonce: "n",
        };
        signed(&call, scheme, &credentials(token))
    }

    #[test]
    fn the_secrets_of_a_request_are_known() {
        for scheme in [SignatureMethod::HmacSha1, SignatureMethod::Acs3HmacSha256] {
            let request = request(scheme, &[], Some("testToken"));
            let found: Vec<&str> = request.secrets.iter().map(Secret::reveal).collect();
            assert_eq!(found[..3], ["testAccessKeyId", "testAccessKeySecret", "testToken"]);
            // As it was made, and as it travels.
            assert_eq!(found.len(), 5, "{scheme:?}");
            assert!(!found[3].is_empty() && !found[3].contains('%'), "{scheme:?}");
        }
    }

    #[test]
    fn rpc_puts_everything_into_the_query_and_the_signature_last() {
        let request = request(SignatureMethod::HmacSha1, &[], Some("to/ken"));
        let expected = "https://aiccs.aliyuncs.com/?AccessKeyId=testAccessKeyId&Action=Act&Format=JSON&PhoneNumberList=%5B%7B%7D%5D\
            &SecurityToken=to%2Fken&SignatureMethod=HMAC-SHA1&SignatureNonce=n&SignatureVersion=1.0&TaskName=a%20b\
            &Timestamp=2026-01-02T03%3A04%3A05Z&Version=V&Signature=";
        assert!(request.url.starts_with(expected), "{}", request.url);
        assert!(request.body.is_empty());
    }

    #[test]
    fn parameters_of_the_body_are_signed_but_not_in_the_query() {
        let request = request(SignatureMethod::HmacSha1, &["PhoneNumberList"], None);
        assert!(!request.url.contains("PhoneNumberList"));
        assert_eq!(request.body, b"PhoneNumberList=%5B%7B%7D%5D");
        assert!(request.headers.contains(&("content-type".to_owned(), FORM.to_owned())));
        let other = super::tests::request(SignatureMethod::HmacSha1, &[], None);
        let signature =
            |request: &Request| request.url.split_once("&Signature=").unwrap().1.to_owned();
        assert_eq!(signature(&request), signature(&other));
    }

    #[test]
    fn acs3_signs_host_content_type_and_all_acs_headers() {
        let request = request(SignatureMethod::Acs3HmacSha256, &["PhoneNumberList"], Some("token"));
        assert_eq!(request.url, "https://aiccs.aliyuncs.com/?TaskName=a%20b");
        let (_, authorization) =
            request.headers.iter().find(|(name, _)| name == "authorization").unwrap();
        assert!(authorization.starts_with(
            "ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=content-type;host;x-acs-accesskey-id;x-acs-action;\
             x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,Signature="
        ));
    }

    #[test]
    fn a_parameter_set_twice_keeps_its_place() {
        let parameters = Parameters::new().with("B", "1").with("A", "2").with("B", "3");
        assert_eq!(parameters.iter().collect::<Vec<_>>(), [("B", "3"), ("A", "2")]);
        assert_eq!(parameters.get("A"), Some("2"));
    }
}
