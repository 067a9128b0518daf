//! What a log may show: parameters without telephone numbers and personal data, one line.
//! Knows no operation; secrets and signatures never get here, they are not parameters.

use super::request::Parameters;
use super::text::{mask, one_line, without_numbers};

/// The longest value that is shown whole.
const SHOWN: usize = 300;

/// `TaskId=118700000000000001 VirtualNumber=053****2000`: the parameters of a call, fit for a log.
pub fn parameters(parameters: &Parameters) -> String {
    let shown: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", parameter(name, value)))
        .collect();
    shown.join(" ")
}

/// A text of the service's, fit for a log: digits that look like a telephone number (7 to 13) are masked; ids (18 digits)
/// stay.
pub fn message(text: &str) -> String {
    without_numbers(&one_line(text))
}

/// A text of the service's about callees: shorter numbers and hashes are masked as well; ids (18 digits) stay.
pub(crate) fn about_callees(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let hashes = words
        .filter(|word| word.len() >= 32 && word.bytes().all(|letter| letter.is_ascii_hexdigit()));
    let mut text = one_line(text);
    for hash in hashes {
        text = text.replace(hash, "[a hash]");
    }
    mask(&text, 5..=17)
}

fn parameter(name: &str, value: &str) -> String {
    if matches!(name, "PhoneNumberList" | "Variables" | "OutId" | "Extension") {
        return format!("[{} bytes]", value.len());
    }
    let numbers = name == "Code"
        || name != "PhoneType" && (name.contains("Phone") || name.contains("Number"));
    let line = one_line(value);
    let masked = if numbers { number(&line) } else { line };
    if masked.chars().count() <= SHOWN {
        return masked;
    }
    let head: String = masked.chars().take(SHOWN).collect();
    format!("{head}…")
}

/// A parameter that holds a number, however it is written: separators do not hide it from the mask, and of a hash
/// nothing is shown.
fn number(text: &str) -> String {
    let letters = |letter: char| letter.is_ascii_alphanumeric();
    if text.chars().filter(char::is_ascii_hexdigit).count() >= 32 && text.chars().all(letters) {
        return "[a hash]".to_owned();
    }
    let separates = |letter: char| " +-()./".contains(letter);
    let plain = text.chars().all(|letter| letter.is_ascii_digit() || separates(letter));
    if !plain {
        return mask(text, 5..=usize::MAX);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let sign = if text.starts_with('+') { "+" } else { "" };
    format!("{sign}{}", mask(&digits, 5..=usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_masked_and_ids_stay() {
        let check = |name: &str, value: &str, expected: &str| {
            assert_eq!(
                parameters(&Parameters::new().with(name, value)),
                format!("{name}={expected}")
            );
        };
        check("TaskId", "118700000000000001", "118700000000000001");
        check("TaskStartTime", "1748923429000", "1748923429000");
        check("VirtualNumber", "0537022000", "053****2000");
        check("LinePhoneNum", "+8613812341234", "+861****1234");
        check(
            "PhoneNumbers",
            r#"["13812341234","13912341234"]"#,
            r#"["138****1234","139****1234"]"#,
        );
        check("CalledNumber", "95588", "****88");
        check("PhoneType", "1", "1");
        check("Code", "0537022000", "053****2000");
        check("Extension", "Mr Wang", "[7 bytes]");
        check("PhoneNumberList", r#"[{"calleeNumber":"13812341234","name":"x"}]"#, "[43 bytes]");
        check("TaskName", "a\nb", "a b");
    }

    #[test]
    fn numbers_are_masked_however_they_are_written() {
        let shown = |value: &str| parameters(&Parameters::new().with("CalledNumber", value));
        assert_eq!(shown("138-1234-5678"), "CalledNumber=138****5678");
        assert_eq!(shown("d41d8cd98f00b204e9800998ecf8427e"), "CalledNumber=[a hash]");
        assert_eq!(
            about_callees("12345 and d41d8cd98f00b204e9800998ecf8427e in 118700000000000001"),
            "****45 and [a hash] in 118700000000000001"
        );
    }

    #[test]
    fn messages_are_masked_too() {
        assert_eq!(
            message("号码 13812341234 of 118700000000000001"),
            "号码 138****1234 of 118700000000000001"
        );
    }
}
