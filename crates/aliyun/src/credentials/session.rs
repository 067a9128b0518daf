//! The members that all of Alibaba Cloud's credential services answer with, and texts shared by the sources.
//! Never puts a body into an error: it holds secrets.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::envelope::text;
use crate::error::{Error, Kind};
use crate::http::Reply;
use crate::key::{Credentials, Secret};
use crate::strict;

/// A session from `AccessKeyId`, `AccessKeySecret`, `SecurityToken` and `Expiration`; all but the last are needed.
pub(super) fn read(members: &Map<String, Value>, source: &str) -> Result<Credentials, Error> {
    let member = |name: &str| {
        text(members, name).ok_or_else(|| {
            Error::new(Kind::NoCredentials, format!("{source} answered without {name}"))
        })
    };
    Ok(Credentials {
        access_key_id: member("AccessKeyId")?,
        access_key_secret: Secret::new(member("AccessKeySecret")?),
        security_token: Some(Secret::new(member("SecurityToken")?)),
        expires: text(members, "Expiration").and_then(|time| time.parse().ok()),
    })
}

/// The body as a JSON object; an error says nothing of what is in it.
pub(super) fn object(reply: &Reply, source: &str) -> Result<Map<String, Value>, Error> {
    if reply.status != 200 {
        let kind = Kind::of("", reply.status);
        let passing = matches!(kind, Kind::Throttled | Kind::ServiceUnavailable | Kind::Internal);
        let kind = if passing { kind } else { Kind::NoCredentials };
        let mut error = Error::new(kind, format!("{source} answered HTTP {}", reply.status));
        error.http_status = Some(reply.status);
        return Err(error);
    }
    match strict::parse(&reply.body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) | Err(_) => {
            Err(Error::new(Kind::NoCredentials, format!("{source} did not answer JSON")))
        }
    }
}

/// A moment from seconds since 1970; none for zero and for nonsense.
pub(super) fn moment(seconds: i64) -> Option<Timestamp> {
    if seconds > 0 { Timestamp::from_second(seconds).ok() } else { None }
}
