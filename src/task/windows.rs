//! Call windows and weekdays: how users write them, how they travel, when two of them mean the same. Pure.

use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::schema::{Attribute, Mode, Type};
use terraform_plugin::value::Value;

/// The weekdays, in the order they travel.
pub(crate) const DAYS: &[&str] =
    &["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

/// What a window is made of.
pub(crate) const WINDOW: &[Attribute] = &[
    Attribute::new(
        "start_time",
        Type::String,
        Mode::Required,
        "When the window opens, `HH:MM:SS` or `HH:MM`, in the service's time zone.",
    ),
    Attribute::new(
        "end_time",
        Type::String,
        Mode::Required,
        "When the window closes, `HH:MM:SS` or `HH:MM`; later than `start_time`.",
    ),
];

/// What a window is made of where the provider alone gives it.
pub(crate) const SHOWN: &[Attribute] = &[
    Attribute::new("start_time", Type::String, Mode::Computed, "When the window opens."),
    Attribute::new("end_time", Type::String, Mode::Computed, "When the window closes."),
];

/// A window by its meaning: seconds of the day.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Window {
    start: u32,
    end: u32,
}

/// Windows as JSON texts in a JSON array, by start: the form in which requests carry them.
pub(crate) fn encode(value: &Value) -> String {
    let mut windows: Vec<(Option<Window>, [String; 2])> = value
        .elements()
        .unwrap_or_default()
        .iter()
        .map(|w| (window(w), [canonical(w, 0), canonical(w, 1)]))
        .collect();
    windows.sort();
    let texts = windows.into_iter().map(|(_, [start, end])| {
        let (start, end) = (Json::from(start), Json::from(end));
        Json::String(format!("{{\"startTime\":{start},\"endTime\":{end}}}"))
    });
    Json::Array(texts.collect()).to_string()
}

/// Windows from an answer: objects with either key case, or JSON texts as requests carry them.
pub(crate) fn decode(json: &Json) -> Result<Value, String> {
    let expected = || "a list of windows with a start and an end time".to_owned();
    let Json::Array(items) = json else { return Err(expected()) };
    let windows = items.iter().map(|item| {
        let parsed = item.as_str().and_then(|text| serde_json::from_str(text).ok());
        let item = parsed.as_ref().unwrap_or(item);
        let text = |upper: &str, lower: &str| {
            item.get(upper).or_else(|| item.get(lower)).and_then(Json::as_str)
        };
        let (start, end) = (text("StartTime", "startTime"), text("EndTime", "endTime"));
        let (start, end) = start.zip(end).ok_or_else(expected)?;
        let canonical = |text: &str| seconds(text).map_or_else(|| text.to_owned(), clock);
        Ok(Value::object([
            ("start_time", Value::string(canonical(start))),
            ("end_time", Value::string(canonical(end))),
        ]))
    });
    Ok(Value::set(windows.collect::<Result<_, String>>()?))
}

/// True when two sets hold the same windows, however they are spelled.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    let meaning = |value: &Value| {
        let windows = value.elements()?.iter().map(window).collect::<Option<Vec<_>>>();
        windows.map(|mut windows| {
            windows.sort();
            windows
        })
    };
    matches!((meaning(a), meaning(b)), (Some(a), Some(b)) if a == b)
}

/// Weekdays as a JSON array, Monday first.
pub(crate) fn encode_days(value: &Value) -> String {
    let mut days: Vec<&str> =
        value.elements().unwrap_or_default().iter().filter_map(Value::as_str).collect();
    days.sort_by_key(|day| {
        (DAYS.iter().position(|known| known == day).unwrap_or(DAYS.len()), *day)
    });
    Json::from(days).to_string()
}

/// Each window readable, its start before its end; no two that mean the same; a warning when two overlap.
pub(crate) fn check(value: &Value, path: &Path, out: &mut Diagnostics) {
    let mut windows = Vec::new();
    for element in value.elements().unwrap_or_default().iter().filter(|element| element.is_known())
    {
        if check_times(element, path, out)
            && let Some(window) = window(element)
        {
            windows.push(window);
        }
    }
    windows.sort();
    for pair in windows.windows(2) {
        let (a, b) = (text(pair[0]), text(pair[1]));
        if pair[0] == pair[1] {
            let detail =
                format!("`{path}` holds two windows that both mean {a}. Remove one of them.");
            out.error_at(path.clone(), "Duplicate call window", detail);
        } else if pair[1].start < pair[0].end {
            let detail = format!(
                "In `{path}` the windows {a} and {b} overlap. One window for both says the same."
            );
            out.warning_at(path.clone(), "Overlapping call windows", detail);
        }
    }
}

fn check_times(element: &Value, path: &Path, out: &mut Diagnostics) -> bool {
    let mut readable = true;
    for attribute in WINDOW {
        let value = element.get(attribute.name);
        if let Some(text) = value.as_str()
            && seconds(text).is_none()
        {
            readable = false;
            let detail = format!(
                "`{path}.{}` is {value}, which is no time of day. Write `HH:MM:SS` or `HH:MM`, from 00:00:00 to \
                 23:59:59.",
                attribute.name
            );
            out.error_at(path.clone(), "Invalid time of day", detail);
        }
    }
    let Some(Window { start, end }) = window(element) else { return readable };
    if start == end {
        let detail = format!(
            "In `{path}` the window {} is empty: its end must be later than its start.",
            text(Window { start, end })
        );
        out.error_at(path.clone(), "Invalid call window", detail);
    } else if start > end {
        let (from, to) = (clock(start), clock(end));
        let rest = if end == 0 { String::new() } else { format!(" and 00:00:00-{to}") };
        let days = if end == 0 || *path != Path::root("call_time") {
            String::new()
        } else {
            format!(
                " `call_day` counts for each by itself: from {from} on Monday to {to} on Tuesday needs two tasks, unless both \
                 days are called in both windows."
            )
        };
        let write = if end == 0 { "write" } else { "write two," };
        let detail = format!(
            "In `{path}` the window {from}-{to} ends before it starts. A window cannot cross midnight: {write} \
             {from}-23:59:59{rest}.{days}"
        );
        out.error_at(path.clone(), "Invalid call window", detail);
    }
    readable && start < end
}

fn window(element: &Value) -> Option<Window> {
    Some(Window {
        start: seconds(element.get("start_time").as_str()?)?,
        end: seconds(element.get("end_time").as_str()?)?,
    })
}

fn canonical(element: &Value, end: usize) -> String {
    let text = element.get(WINDOW[end].name).as_str().unwrap_or_default();
    seconds(text).map_or_else(|| text.to_owned(), clock)
}

/// A time of day as the service writes it, `HH:MM:SS`.
pub(crate) fn clock_of(text: &str) -> Option<String> {
    seconds(text).map(clock)
}

/// `H:MM`, `HH:MM`, `H:MM:SS` or `HH:MM:SS` as seconds of the day.
fn seconds(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &str, lengths: std::ops::RangeInclusive<usize>, max: u32| {
        let digits = lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u32>().ok().filter(|n| digits && *n <= max)
    };
    let (hours, minutes, seconds) = match parts.as_slice() {
        [h, m] => (h, m, &"00"),
        [h, m, s] => (h, m, s),
        _ => return None,
    };
    Some(
        number(hours, 1..=2, 23)? * 3600
            + number(minutes, 2..=2, 59)? * 60
            + number(seconds, 2..=2, 59)?,
    )
}

fn clock(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn text(window: Window) -> String {
    format!("{}-{}", clock(window.start), clock(window.end))
}

#[cfg(test)]
mod tests {
    use super::{check, decode, encode, encode_days, same};
    use terraform_plugin::diagnostic::Diagnostics;
    use terraform_plugin::path::Path;
    use terraform_plugin::value::Value;

    /// `9:00-12:00 13:30-18:00`
    fn windows(text: &str) -> Value {
        let window = |text: &str| {
            let (start, end) = text.split_once('-').unwrap();
            Value::object([("start_time", Value::string(start)), ("end_time", Value::string(end))])
        };
        Value::set(text.split_whitespace().map(window).collect())
    }

    #[track_caller]
    fn checked(text: &str, expected: &[&str]) {
        let mut out = Diagnostics::new();
        check(&windows(text), &Path::root("call_time"), &mut out);
        let found: Vec<_> = out.iter().map(|d| format!("{:?}: {}", d.severity, d.detail)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn windows_travel_as_texts_in_a_fixed_order_and_form() {
        assert_eq!(
            encode(&windows("13:30-18:00 9:00-12:00:00")),
            r#"["{\"startTime\":\"09:00:00\",\"endTime\":\"12:00:00\"}","{\"startTime\":\"13:30:00\",\"endTime\":\"18:00:00\"}"]"#
        );
        assert_eq!(encode(&windows("")), "[]");
    }

    #[test]
    fn both_forms_of_an_answer_are_read() {
        let expected = windows("09:00:00-12:00:00");
        let object = serde_json::json!([{"StartTime": "09:00", "EndTime": "12:00:00"}]);
        let text = serde_json::json!(["{\"startTime\":\"9:00:00\",\"endTime\":\"12:00:00\"}"]);
        assert_eq!(decode(&object), Ok(expected.clone()));
        assert_eq!(decode(&text), Ok(expected));
        assert!(decode(&serde_json::json!([1])).is_err());
    }

    #[test]
    fn spelling_and_order_do_not_matter() {
        assert!(same(
            &windows("9:00-12:00 13:00-14:00"),
            &windows("13:00:00-14:00:00 09:00:00-12:00")
        ));
        assert!(!same(&windows("9:00-12:00"), &windows("9:00-12:01")));
    }

    #[test]
    fn days_travel_monday_first() {
        let days = ["SUNDAY", "FRIDAY", "MONDAY"].map(Value::string).to_vec();
        assert_eq!(encode_days(&Value::set(days)), r#"["MONDAY","FRIDAY","SUNDAY"]"#);
    }

    #[test]
    fn each_fault_of_a_window_names_the_way_out() {
        checked("9:00-12:00 12:00-13:00", &[]);
        checked(
            "9:00-25:00",
            &[
                "Error: `call_time.end_time` is \"25:00\", which is no time of day. Write `HH:MM:SS` or `HH:MM`, \
               from 00:00:00 to 23:59:59.",
            ],
        );
        checked(
            "22:00-02:00",
            &[
                "Error: In `call_time` the window 22:00:00-02:00:00 ends before it starts. A window cannot cross \
               midnight: write two, 22:00:00-23:59:59 and 00:00:00-02:00:00. `call_day` counts for each by itself: from 22:00:00 \
               on Monday to 02:00:00 on Tuesday needs two tasks, unless both days are called in both windows.",
            ],
        );
        checked(
            "22:00-00:00",
            &[
                "Error: In `call_time` the window 22:00:00-00:00:00 ends before it starts. A window cannot cross \
              midnight: write 22:00:00-23:59:59.",
            ],
        );
        checked(
            "9:00-9:00",
            &[
                "Error: In `call_time` the window 09:00:00-09:00:00 is empty: its end must be later than its start.",
            ],
        );
        checked(
            "9:00-12:00 09:00:00-12:00:00",
            &[
                "Error: `call_time` holds two windows that both mean 09:00:00-12:00:00. Remove one of them.",
            ],
        );
        checked(
            "9:00-12:00 11:00-13:00",
            &[
                "Warning: In `call_time` the windows 09:00:00-12:00:00 and 11:00:00-13:00:00 overlap. One window for \
               both says the same.",
            ],
        );
    }
}
