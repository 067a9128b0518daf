//! `rfc3339`: what the service counts, as a date and time in a zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use terraform_plugin::driver::{Function, Parameter, Refusal, Signature};
use terraform_plugin::schema::Type;
use terraform_plugin::value::Value;

use super::refuse;

static SIGNATURE: Signature = Signature::new(
    "rfc3339",
    "A Unix time in milliseconds as date and time in a zone.",
    &[
        Parameter::new(
"millis",
Type::Int,
"Unix time in milliseconds.",
),
        Parameter::new(
"zone",
Type::String,
"Time zone: an IANA name such as `Asia/Shanghai`, `UTC`, or an offset such as `+08:00`.",
),
    ],
    Type::String,
)
.doc(
    "Turns a Unix time in milliseconds, such as `create_time`, into a date and time by RFC 3339 in a time zone.",
);

/// The function.
#[derive(Debug)]
pub(crate) struct Rfc3339;

impl Function for Rfc3339 {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal> {
        let [millis, name] = arguments else {
            return Err(Refusal { argument: None, text: "Two arguments are required.".to_owned() });
        };
        let time = millis.as_int().and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let Some(time) = time else {
            return refuse(0, format!("{millis} is no Unix time in milliseconds."));
        };
        // Milliseconds of any time after April 1970 have more digits than seconds of any time before 2286.
        if let Some(seconds) =
            millis.as_int().filter(|number| (100_000_000..10_000_000_000).contains(number))
        {
            let text = format!(
                "{seconds} can only be seconds, and Unix time in milliseconds is wanted: multiply it by 1000."
            );
            return refuse(0, text);
        }
        let name = name.as_str().unwrap_or_default();
        let Some(zone) = zone(name) else {
            return refuse(
                1,
                format!(
                    "{name:?} is no known time zone. Use an IANA name such as \"Asia/Shanghai\", \
                     \"UTC\", or an offset such as \"+08:00\"."
                ),
            );
        };
        let time = time.to_zoned_datetime(zone);
        // RFC 3339 knows four digits of a year and whole minutes of an offset.
        if !(0..=9999).contains(&time.year()) || time.offset().seconds() % 60 != 0 {
            return refuse(
                0,
                format!("{millis} cannot be written by RFC 3339 in the zone {name:?}"),
            );
        }
        let format = if is_utc(name) { "%Y-%m-%dT%H:%M:%S%.fZ" } else { "%Y-%m-%dT%H:%M:%S%.f%:z" };
        Ok(Value::string(time.strftime(format).to_string()))
    }
}

fn is_utc(name: &str) -> bool {
    ["UTC", "Z", "Etc/UTC"].contains(&name)
}

fn zone(name: &str) -> Option<TimeZone> {
    if is_utc(name) {
        return Some(TimeZone::UTC);
    }
    if name.starts_with(['+', '-']) {
        let time = format!("1970-01-02T00:00:00{name}");
        let offset = jiff::fmt::temporal::Pieces::parse(&time).ok()?.to_numeric_offset()?;
        let within = offset.seconds().abs() < 24 * 3600;
        return within.then(|| TimeZone::fixed(offset));
    }
    // Files of the database that name no zone: what they hold depends on the machine.
    let machine = ["localtime", "posixrules", "Factory"].contains(&name);
    if machine { None } else { TimeZone::get(name).ok() }
}

#[cfg(test)]
mod tests {
    use super::Rfc3339;
    use terraform_plugin::driver::Function;
    use terraform_plugin::value::Value;

    #[test]
    fn a_moment_is_written_in_its_zone() {
        let text = |millis: i64, zone: &str| {
            Rfc3339.call(&[Value::int(millis), Value::string(zone)]).map(|value| value.to_string())
        };
        assert_eq!(text(0, "UTC").unwrap(), "\"1970-01-01T00:00:00Z\"");
        assert_eq!(text(1_796_086_800_000, "+08:00").unwrap(), "\"2026-12-01T09:00:00+08:00\"");
        assert_eq!(text(1_796_086_800_250, "-03:30").unwrap(), "\"2026-11-30T21:30:00.25-03:30\"");
        assert_eq!(
            text(1_796_086_800_000, "Asia/Shanghai").unwrap(),
            "\"2026-12-01T09:00:00+08:00\""
        );
        assert_eq!(text(0, "Mars/Olympus").unwrap_err().argument, Some(1));
        for zone in ["localtime", "+24:00", "+25:59"] {
            assert_eq!(text(0, zone).unwrap_err().argument, Some(1), "{zone}");
        }
        for (millis, zone) in [(-62_200_000_000_000, "UTC"), (0, "+08:00:30")] {
            assert_eq!(text(millis, zone).unwrap_err().argument, Some(0), "{zone}");
        }
        assert_eq!(text(0, "+8 hours").unwrap_err().argument, Some(1));
        assert_eq!(text(i64::MAX, "UTC").unwrap_err().argument, Some(0));
    }
}
