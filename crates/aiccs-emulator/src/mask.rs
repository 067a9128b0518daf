//! Telephone numbers out of what people look at: the page and the log of requests.
//! It must not know where a text came from but by its parameter's name.

/// A parameter's value with the middle of its telephone numbers as asterisks.
pub(super) fn parameter(name: &str, value: &str) -> String {
    let whole = NUMBERS.contains(&name);
    runs(value, |digits| {
        let bare = digits.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(digits);
        if whole { digits.len() >= 5 } else { bare.len() == 11 && bare.starts_with('1') }
    })
}

/// A string to sign: all of it, where it has one of the parameters that hold numbers.
pub(super) fn signed(text: &str) -> String {
    let whole = NUMBERS.iter().any(|name| text.contains(name));
    parameter(if whole { "PhoneNumber" } else { "" }, text)
}

/// A telephone number with its middle as asterisks.
pub(super) fn number(number: &str) -> String {
    runs(number, |digits| digits.len() >= 5)
}

/// Every other parameter holds none, but may hold a mobile number all the same.
const NUMBERS: &[&str] = &["CalledNumber", "PhoneNumber", "PhoneNumberList", "PhoneNumbers"];

fn runs(text: &str, masks: impl Fn(&str) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        shown.push_str(before);
        if masks(digits) {
            let visible = |at: usize| at < 3 || at + 2 >= digits.len();
            let masked = |(at, digit): (usize, char)| if visible(at) { digit } else { '*' };
            shown.extend(digits.chars().enumerate().map(masked));
        } else {
            shown.push_str(digits);
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_and_ids_are_not() {
        let check = |name, value, shown: &str| assert_eq!(parameter(name, value), shown);
        check("PhoneNumber", "05345560001", "053******01");
        check(
            "PhoneNumberList",
            r#"[{"calleeNumber":"05345560001","outId":"a-1"}]"#,
            r#"[{"calleeNumber":"053******01","outId":"a-1"}]"#,
        );
        check("TaskId", "118000000000000001", "118000000000000001");
        check("TaskStartTime", "1790000000000", "1790000000000");
        check("Variables", r#"{"second":"+8613800000000"}"#, r#"{"second":"+861********00"}"#);
        check("TaskName", "测试 13800000000 😀", "测试 138******00 😀");
        assert_eq!(number("12"), "12");
        assert_eq!(
            signed("POST&%2F&PhoneNumber%3D05345560001"),
            "POST&%2F&PhoneNumber%3D053******01"
        );
        assert_eq!(
            signed("POST&%2F&TaskId%3D118000000000000001"),
            "POST&%2F&TaskId%3D118000000000000001"
        );
    }
}
