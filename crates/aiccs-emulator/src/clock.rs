//! The service's time: the clock it was given, unless it was set to another time or made faster.
//! It must not know what happens at which time.

use std::sync::Arc;

use serde_json::{Value, json};

/// The clock of the machine, or of a test: milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How the service's time runs: from a moment of the given clock, and how many times as fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// Of the given clock.
    from: i64,
    /// The service's time at that moment.
    at: i64,
    speed: u32,
}

/// What `--clock` and `/__clock` ask for; a part that is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// The time from now on, in milliseconds since 1970.
    pub at: Option<i64>,
    /// How many times as fast as the given clock; 0 stands still.
    pub speed: Option<u32>,
}

impl Pace {
    /// As the given clock runs.
    pub(super) fn real(now: i64) -> Self {
        Self { from: now, at: now, speed: 1 }
    }

    pub(super) fn now(&self, given: i64) -> i64 {
        let passed = given.saturating_sub(self.from).saturating_mul(i64::from(self.speed));
        self.at.saturating_add(passed)
    }

    pub(super) fn speed(&self) -> u32 {
        self.speed
    }

    /// From now on.
    pub(super) fn set(&self, given: i64, setting: Setting) -> Self {
        Self {
            from: given,
            at: setting.at.unwrap_or_else(|| self.now(given)),
            speed: setting.speed.unwrap_or(self.speed),
        }
    }
}

impl Setting {
    /// `TIME`, `60x` or `TIME,60x`; a time is written as in RFC 3339.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut setting = Self::default();
        for part in text.split(',') {
            match part.strip_suffix('x') {
                Some(speed) if setting.speed.is_none() => setting.speed = Some(fast(speed)?),
                None if setting.at.is_none() => setting.at = Some(time(part)?),
                Some(_) | None => return Err(wrong(text)),
            }
        }
        Ok(setting)
    }

    /// `{"at": TIME or milliseconds, "speed": NUMBER}`.
    pub(super) fn from_json(members: &serde_json::Map<String, Value>) -> Result<Self, String> {
        let mut setting = Self::default();
        for (name, value) in members {
            match (name.as_str(), value) {
                ("at", Value::String(text)) => setting.at = Some(time(text)?),
                ("at", value) => {
                    let millis = value.as_i64().filter(|millis| (0..LATEST).contains(millis));
                    setting.at = Some(millis.ok_or_else(|| wrong(&value.to_string()))?);
                }
                ("speed", value) => setting.speed = Some(fast(&value.to_string())?),
                _ => return Err(format!("no {name:?}; there are: at, speed")),
            }
        }
        Ok(setting)
    }
}

/// As `GET /__clock`.
pub(super) fn to_json(now: i64, pace: &Pace) -> Value {
    let at = jiff::Timestamp::from_millisecond(now).map(|time| time.to_string());
    json!({ "at": at.unwrap_or_default(), "unix_millis": now, "speed": pace.speed() })
}

fn fast(text: &str) -> Result<u32, String> {
    let speed = text.parse().ok().filter(|speed| *speed <= FASTEST);
    speed.ok_or_else(|| format!("a speed is a whole number 0..{FASTEST}, not {text:?}"))
}

fn time(text: &str) -> Result<i64, String> {
    let time = text.trim().parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond);
    time.ok().filter(|millis| (0..LATEST).contains(millis)).ok_or_else(|| wrong(text))
}

fn wrong(text: &str) -> String {
    format!(
        "a clock is a time such as 2026-12-01T09:00:00+08:00, a speed such as 60x, or both with a comma, not {text:?}"
    )
}

/// A day in less than a second.
const FASTEST: u32 = 100_000;
/// The year 2200.
const LATEST: i64 = 7_258_118_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_and_made_faster() {
        let given = 1_000_000;
        let pace = Pace::real(given);
        assert_eq!(pace.now(given + 5), given + 5);
        let fast = pace.set(given + 5, Setting { at: Some(9_000), speed: Some(60) });
        assert_eq!(fast.now(given + 5 + 1_000), 9_000 + 60_000);
        let still = fast.set(given + 1_005, Setting { at: None, speed: Some(0) });
        assert_eq!(still.now(i64::MAX), 69_000);
    }

    #[test]
    fn a_flag_is_a_time_a_speed_or_both() {
        let check = |text, at, speed| {
            assert_eq!(Setting::parse(text), Ok(Setting { at, speed }), "{text}");
        };
        check("1970-01-01T08:00:01+08:00", Some(1_000), None);
        check("60x", None, Some(60));
        check("1970-01-01T00:00:01Z,0x", Some(1_000), Some(0));
        for wrong in [
            "",
            "60",
            "x",
            "60x,60x",
            "-1x",
            "1.5x",
            "100001x",
            "2026-12-01",
            "1960-01-01T00:00:00Z",
        ] {
            assert!(Setting::parse(wrong).is_err(), "{wrong}");
        }
    }
}
