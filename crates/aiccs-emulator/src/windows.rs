//! When a task calls: its windows of the day, on its days, by the time in China (taken to be the service's).
//! It must not know what happens in them.

use serde_json::{Map, Value};

/// The windows of a task.
#[derive(Debug)]
pub(super) struct Windows {
    /// Milliseconds of the day, from and to.
    times: Vec<(i64, i64)>,
    /// Monday is 0; all days where none is named.
    days: Vec<i64>,
}

impl Windows {
    /// Out of a task's fields; without windows it always calls.
    pub(super) fn of(fields: &Map<String, Value>) -> Self {
        let list =
            |name: &str| fields.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let time = |window: &Value, name: &str| of_day(window.get(name)?.as_str()?);
        let times = list("CallTimes").iter();
        let times =
            times.filter_map(|window| Some((time(window, "StartTime")?, time(window, "EndTime")?)));
        let days =
            list("CallDays").iter().filter_map(|day| DAYS.iter().position(|name| day == name));
        Self {
            times: times.collect(),
            days: days.filter_map(|day| i64::try_from(day).ok()).collect(),
        }
    }

    /// Whether calls may begin now.
    pub(super) fn open(&self, at: i64) -> bool {
        let (day, time) = local(at);
        self.calls_on(day)
            && (self.times.is_empty()
                || self.times.iter().any(|(from, to)| (*from..*to).contains(&time)))
    }

    /// When the next window opens after this moment.
    pub(super) fn next(&self, at: i64) -> Option<i64> {
        let (day, time) = local(at);
        let starts = (0..=7).filter(|later| self.calls_on(day + later)).flat_map(|later| {
            let whole = self.times.is_empty().then_some(0);
            let opens = self.times.iter().filter(|(from, to)| from < to).map(|(from, _)| *from);
            opens.chain(whole).map(move |from| later * DAY + from - time)
        });
        starts.filter(|wait| *wait > 0).min().map(|wait| at + wait)
    }

    fn calls_on(&self, day: i64) -> bool {
        // 1970-01-01 was a Thursday.
        self.days.is_empty() || self.days.contains(&(day + 3).rem_euclid(7))
    }
}

/// The day since 1970 and the milliseconds of that day.
fn local(at: i64) -> (i64, i64) {
    ((at + CHINA).div_euclid(DAY), (at + CHINA).rem_euclid(DAY))
}

/// `HH:MM:SS` or `HH:MM`.
fn of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(str::parse::<i64>);
    let (hours, minutes) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let seconds = parts.next().unwrap_or(Ok(0)).ok()?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000)
}

/// When the present day began, in milliseconds since 1970.
pub(super) fn midnight(now: i64) -> i64 {
    local(now).0 * DAY - CHINA
}

const DAY: i64 = 24 * 3600 * 1000;
/// The service's days are taken to begin at midnight UTC+8.
const CHINA: i64 = 8 * 3600 * 1000;
const DAYS: [&str; 7] =
    ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// In China.
    fn at(text: &str) -> i64 {
        format!("{text}+08:00").parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_window_opens_and_closes_by_the_time_in_china() {
        let fields = json!({ "CallTimes": [{ "StartTime": "09:00:00", "EndTime": "12:00:00" },
            { "StartTime": "13:30", "EndTime": "18:00" }], "CallDays": ["MONDAY", "WEDNESDAY"] });
        let windows = Windows::of(fields.as_object().unwrap());
        for (time, open, next) in [
            ("2026-09-21T08:59:59", false, "2026-09-21T09:00:00"),
            ("2026-09-21T09:00:00", true, "2026-09-21T13:30:00"),
            ("2026-09-21T12:00:00", false, "2026-09-21T13:30:00"),
            ("2026-09-21T18:00:00", false, "2026-09-23T09:00:00"),
            ("2026-09-22T10:00:00", false, "2026-09-23T09:00:00"),
            ("2026-09-23T20:00:00", false, "2026-09-28T09:00:00"),
        ] {
            assert_eq!(windows.open(at(time)), open, "{time}");
            assert_eq!(windows.next(at(time)), Some(at(next)), "{time}");
        }
        let always = Windows::of(&Map::new());
        assert!(always.open(at("2026-09-22T03:00:00")));
        let never = json!({ "CallTimes": [{ "StartTime": "12:00:00", "EndTime": "09:00:00" }] });
        let never = Windows::of(never.as_object().unwrap());
        assert_eq!(
            (never.open(at("2026-09-22T10:00:00")), never.next(at("2026-09-22T10:00:00"))),
            (false, None)
        );
        assert_eq!(midnight(at("2026-09-22T10:00:00")), at("2026-09-22T00:00:00"));
    }
}
