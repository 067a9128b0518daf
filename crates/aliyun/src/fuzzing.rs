//! What fuzzers call: readers of what others write, with the properties that hold for every input. The corpora are replayed
//! as ordinary tests.

use crate::credentials;
use crate::envelope;
use crate::http::Reply;
use crate::key::Secret;

/// A secret that no message may hold, and a telephone number.
const SECRET: &str = "MARKERsecret0123";
const NUMBER: &str = "13812345678";

/// An answer: two bytes of status, then the body.
pub fn envelope(data: &[u8]) {
    let Some((status, body)) = data.split_first_chunk::<2>() else { return };
    let status = 100 + u16::from_be_bytes(*status) % 500;
    let reply = Reply { status, body: body.to_vec(), ..Reply::default() };
    if let Err(error) = envelope::read(&reply) {
        sane(&format!("{error} {}", error.advice()));
    }
    if let Err(error) = envelope::read_bare(&reply) {
        sane(&format!("{error} {}", error.advice()));
    }
}

/// `config.json` and `credentials.ini`.
pub fn credentials(data: &[u8]) {
    credentials::read_files(data);
}

/// A message that echoes a secret and a number, whatever surrounds them: nobody sees them.
pub fn redaction(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let (before, after) = text.split_at(half);
    // A longer run of digits is an id.
    let number = if before.ends_with(|c: char| c.is_ascii_digit())
        || after.starts_with(|c: char| c.is_ascii_digit())
    {
        ""
    } else {
        NUMBER
    };
    let message = format!("{before}{SECRET}{after} {before}{number}{after}");
    for body in [
        serde_json::json!({ "Code": message, "Message": message, "RequestId": message, "Recommend": format!("https://{message}"),
            "AccessDeniedDetail": { "AuthAction": message } })
        .to_string(),
        serde_json::json!({ "Code": "OK", "Success": false, "Data": message, "Message": message }).to_string(),
        format!("<Error><Code>{message}</Code><Message>{message}</Message></Error>"),
        message.clone(),
    ] {
        let secrets = vec![Secret::new(SECRET)];
        let reply =
            Reply { status: 400, body: body.into_bytes(), secrets, ..Reply::default() };
        for status in [400, 200, 503] {
            let reply = Reply { status, ..reply.clone() };
            let Err(error) = envelope::read(&reply) else { continue };
            let shown = format!("{error} {} {:?}", error.advice(), error.ram_action);
            assert!(!shown.contains(SECRET), "{shown}");
            assert!(!shown.contains(NUMBER), "{shown}");
            sane(&shown);
        }
    }
}

fn sane(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.len() < 20_000, "{} bytes", text.len());
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[test]
fn the_corpora_pass() {
    replay::replay("envelope", envelope);
    replay::replay("credentials", credentials);
    replay::replay("redaction", redaction);
}
