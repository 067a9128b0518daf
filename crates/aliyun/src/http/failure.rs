//! What went wrong on the network, told by what lies at the bottom of the client's error.

use std::io;

use crate::error::{Error, Kind, Processed};
use crate::text::one_line;

/// Tells the failures of the network apart by what lies at the bottom of them.
pub(super) fn failure(error: reqwest::Error, host: &str) -> Error {
    let error = error.without_url();
    let connecting = error.is_connect();
    let texts: Vec<String> = causes(&error).map(|cause| cause.to_string()).collect();
    let says = |word: &str| texts.iter().any(|text| text.contains(word));
    let cause = deepest(&error);
    let (kind, message) = if error.is_builder() || error.is_request() && says("invalid header") {
        (Kind::Configuration, format!("the request to {host} could not be built: {cause}"))
    } else if error.is_timeout() && connecting {
        (Kind::Timeout, format!("no connection to {host} in time"))
    } else if error.is_timeout() {
        (Kind::Timeout, format!("no answer from {host} in time"))
    } else if !connecting {
        // Whatever broke: the request had left.
        let text =
            format!("the connection to {host} broke before the answer was complete: {cause}");
        (Kind::AnswerLost, text)
    } else if says("dns error") {
        (Kind::Dns, format!("the name {host} does not resolve: {cause}"))
    } else if says("tunnel error: unsuccessful") {
        (Kind::Proxy, format!("the proxy on the way to {host} refused to lead there"))
    } else if says("tunnel error") || says("proxy") {
        (Kind::Proxy, format!("the proxy on the way to {host} failed: {cause}"))
    } else if causes(&error).any(is_tls) {
        (Kind::Tls, format!("no secure connection to {host}: {cause}"))
    } else {
        (Kind::ConnectionRefused, format!("no connection to {host}: {cause}"))
    };
    let mut told = Error::new(kind, message);
    told.processed = if connecting { Processed::No } else { told.processed };
    told
}

type Cause<'a> = &'a (dyn std::error::Error + 'static);

/// The error and all errors below it.
fn causes(error: Cause<'_>) -> impl Iterator<Item = Cause<'_>> {
    std::iter::successors(Some(error), |error| below(*error))
}

fn below(error: Cause<'_>) -> Option<Cause<'_>> {
    // An io::Error hides the error inside it from source().
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn is_tls(error: Cause<'_>) -> bool {
    error.is::<rustls::Error>()
}

/// What lies at the bottom, in one line.
pub(super) fn deepest(error: &reqwest::Error) -> String {
    let text = causes(error).last().map_or_else(|| error.to_string(), ToString::to_string);
    one_line(&text).chars().take(300).collect()
}
