//! Texts of others, made fit for a terminal and a log: one line, nothing that nobody sees, of a sane length. Pure.

/// The text on one line: control characters and runs of spaces become one space, and what nobody sees is left out:
/// characters that turn the direction of text, or have no width.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|character: char| character.is_whitespace() || character.is_control())
        .map(|word| word.chars().filter(|character| !is_format(*character)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What the service said, made fit for a terminal and a log: one line of a sane length, without telephone numbers. There is
/// no other way to hold its words, so nothing prints them as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceText(String);

impl ServiceText {
    /// A word such as a code or a request id.
    pub fn word(raw: &str) -> Self {
        Self(word(raw))
    }

    /// A message: also without the server's copy of what was signed.
    pub(crate) fn message(raw: &str) -> Self {
        Self(clean(raw))
    }
}

impl std::ops::Deref for ServiceText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ServiceText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A word of others, such as a code or a request id: one line, of a length that fits one, without telephone numbers.
pub(crate) fn word(text: &str) -> String {
    let line = one_line(text);
    let mut masked = String::with_capacity(line.len());
    let mut rest = line.as_str();
    // What stands between other letters may be a request id, which has digits of its own.
    while !rest.is_empty() {
        let within = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let end = rest.find(|letter| !within(letter)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        if is_uuid(token) {
            masked.push_str(token);
        } else {
            masked.push_str(&without_numbers(token));
        }
        let next = after.find(within).unwrap_or(after.len());
        masked.push_str(&after[..next]);
        rest = &after[next..];
    }
    shortened(&masked, LONGEST_WORD)
}

/// `D7F0A1B2-0000-4444-8888-0123456789AB`
fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|letter| letter.is_ascii_hexdigit()))
}

/// A URL fit for showing: without user, password, query and fragment.
pub(crate) fn address(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    match bare.split_once("//") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit('@').next().unwrap_or_default();
            word(&format!("{scheme}//{host}/{path}"))
        }
        None => word(bare.rsplit('@').next().unwrap_or_default()),
    }
}

/// A message fit for showing: one line, without the server's copy of what was signed (it holds the request's parameters).
pub(crate) fn clean(message: &str) -> String {
    const COPIES: [&str; 4] = [
        "server string to sign",
        "server stringtosign",
        "server canonicalrequest",
        "canonicalrequest",
    ];
    let lower = message.to_ascii_lowercase();
    let text = match COPIES.iter().filter_map(|copy| lower.find(copy)).min() {
        Some(copy) => one_line(&message[..copy]).trim_end_matches([',', ';', ':', ' ']).to_owned(),
        None => one_line(message),
    };
    shortened(&without_numbers(&text), LONGEST_MESSAGE)
}

/// The longest code, request id or link, and the longest message, in characters.
const LONGEST_WORD: usize = 200;
const LONGEST_MESSAGE: usize = 1000;

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn is_format(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text without what looks like a telephone number: 7 to 13 digits. Ids (18 digits) stay.
pub(crate) fn without_numbers(text: &str) -> String {
    mask(text, 7..=13)
}

/// Keeps the first three and last four digits of every run of digits of such a length.
pub(crate) fn mask(text: &str, lengths: std::ops::RangeInclusive<usize>) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        masked.push_str(&rest[..start]);
        let run = &rest[start..];
        let end = run.find(|character: char| !character.is_ascii_digit()).unwrap_or(run.len());
        if !lengths.contains(&end) {
            masked.push_str(&run[..end]);
        } else if end < 9 {
            masked.push_str("****");
            masked.push_str(&run[end - 2..end]);
        } else {
            masked.push_str(&run[..3]);
            masked.push_str("****");
            masked.push_str(&run[end - 4..end]);
        }
        rest = &run[end..];
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::{clean, one_line, word};

    #[test]
    fn a_text_is_one_line_of_what_can_be_seen() {
        assert_eq!(
            one_line("  a\r\nb\u{1b}[31m\u{9b}c\u{202e}d\u{feff} \u{200b} e"),
            "a b [31m cd e"
        );
        assert_eq!(one_line("回访 🙂"), "回访 🙂");
    }

    #[test]
    fn a_word_keeps_request_ids_and_no_number() {
        let id = "01234567-0123-0123-0123-012345678901";
        assert_eq!(
            word(&format!("https://x/?requestId={id}&q=A")),
            format!("https://x/?requestId={id}&q=A")
        );
        assert_eq!(word("isv.13812345678.X"), "isv.138****5678.X");
        assert_eq!(word("01234567-13812345678"), "****67-138****5678");
        assert_eq!(word("118700000000000001"), "118700000000000001");
        assert_eq!(word("号码 13812345678，"), "号码 138****5678，");
        for other in ["01234567-0123-0123-0123-01234567890z", "0123456-0123-0123-0123-012345678901"]
        {
            assert_ne!(word(other), other);
        }
    }

    #[test]
    fn what_is_too_long_ends_early() {
        assert_eq!(word(&"甲".repeat(200)).chars().count(), 200);
        assert_eq!(word(&"甲".repeat(300)), format!("{}…", "甲".repeat(200)));
        assert_eq!(clean(&"m".repeat(1001)).chars().count(), 1001);
        assert_eq!(clean("short"), "short");
    }

    #[test]
    fn the_servers_copy_of_the_signed_string_is_cut_out() {
        let check = |message: &str, expected: &str| assert_eq!(clean(message), expected);
        check(
            "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&Secret",
            "Specified signature is not matched with our calculation.",
        );
        check(
            "not conform, server StringToSign is [ACS3 x], server CanonicalRequest is [POST]",
            "not conform",
        );
        check("two\n lines\tand\u{0}more", "two lines and more");
    }
}
