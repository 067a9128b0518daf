//! Telephone numbers as people write them: what is none, and which two are the same. A message never repeats a number.

/// A number without the code of China, and without what people put between digits or see nothing of; a digest stays as it is.
pub(crate) fn bare(number: &str) -> String {
    let number: String = number.chars().filter(|c| !is_invisible(*c)).collect();
    let plain = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-');
    if !number.chars().all(plain) {
        return number;
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
    national.filter(|national| national.len() >= 10).unwrap_or(&digits).to_owned()
}

/// What speaks against this being one telephone number, or one digest of it by `encryption_type`.
pub(crate) fn doubt(number: &str, encryption: Option<i64>) -> Option<&'static str> {
    let digest = |hex: usize, base64: usize| {
        let is_hex = number.len() == hex && number.bytes().all(|b| b.is_ascii_hexdigit());
        let of_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
        is_hex || number.len() == base64 && number.bytes().all(of_base64)
    };
    match encryption {
        None | Some(0) => in_the_open(number),
        Some(1) if !digest(32, 24) => Some("no MD5 digest: 32 hexadecimal digits, or base64"),
        Some(2) if !digest(64, 44) => Some("no SHA256 digest: 64 hexadecimal digits, or base64"),
        Some(3) if !digest(64, 44) => Some("no SM3 digest: 64 hexadecimal digits, or base64"),
        Some(_) => None,
    }
}

fn in_the_open(number: &str) -> Option<&'static str> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if is_digits(number.strip_prefix('+').unwrap_or(number)) {
        return None;
    }
    let parts = || {
        let separates =
            |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '|' | '、' | '，' | '；');
        number
            .split(separates)
            .filter(|part| part.chars().filter(char::is_ascii_digit).count() >= 7)
    };
    let scientific = |text: &str| {
        let parts = text.split_once(['E', 'e']);
        parts.is_some_and(|(digits, power)| {
            is_digits(&digits.replacen('.', "", 1)) && is_digits(power.trim_start_matches('+'))
        })
    };
    Some(if number.chars().any(is_invisible) {
        "invisible characters in it"
    } else if number.starts_with(['\'', '’', '"']) {
        "a quotation mark before it"
    } else if parts().count() > 1 {
        "more than one number in it"
    } else if scientific(number) {
        "a number as spreadsheets round it (1.38E+10)"
    } else if number.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
        "other digits than 0 to 9, such as full-width ones"
    } else if number.contains(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-'))
    {
        "blanks or hyphens in it"
    } else {
        "no telephone number: digits, with `+` before them at most"
    })
}

/// Control and format characters: nobody sees them, and they come with what is copied from elsewhere.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::{bare, doubt};

    #[test]
    fn a_number_is_the_same_with_and_without_the_code_of_the_country() {
        let same = [
            "13800001111",
            "+86 138-0000-1111",
            "008613800001111",
            "8613800001111",
            "\u{202a}138 0000 1111\u{202c}",
        ];
        for number in same {
            assert_eq!(bare(number), "13800001111");
        }
        assert_eq!(bare("8612345"), "8612345");
        assert_eq!(bare("86aa-b"), "86aa-b");
    }

    #[test]
    fn what_is_no_number_is_told_by_what_is_wrong_with_it() {
        let table = [
            ("13800001111", None),
            ("+8613800001111", None),
            ("1.38E+10", Some("spreadsheets")),
            ("138E10", Some("spreadsheets")),
            ("１３８０００01111", Some("full-width")),
            ("\u{202a}13800001111", Some("invisible")),
            ("13800001111\u{200b}", Some("invisible")),
            ("'13800001111", Some("quotation")),
            ("Zhang", Some("no telephone number")),
            ("+", Some("no telephone number")),
            ("13800001111,13800002222", Some("more than one")),
            ("13800001111 13800002222", Some("more than one")),
            ("13800001111、13800002222", Some("more than one")),
            ("138 0000 1111", Some("blanks")),
            ("138-0000-1111", Some("blanks")),
        ];
        for (number, expected) in table {
            let found = doubt(number, Some(0));
            assert_eq!(found.is_some(), expected.is_some(), "{number}: {found:?}");
            assert!(
                found.unwrap_or_default().contains(expected.unwrap_or_default()),
                "{number}: {found:?}"
            );
            assert_eq!(doubt(number, None), found);
        }
    }

    #[test]
    fn a_digest_has_the_length_of_its_kind() {
        let (md5, sha) = ("0123456789abcdefABCDEF0123456789", "0".repeat(64));
        let base64 = |length: usize| format!("{}=", "a+/".repeat(length)[..length - 1].to_owned());
        for (number, kind, fits) in [
            (md5, 1, true),
            (&*base64(24), 1, true),
            ("13800001111", 1, false),
            (&*"g".repeat(32), 1, false),
            (&*"-".repeat(24), 1, false),
            (&*sha, 2, true),
            (&*base64(44), 2, true),
            (md5, 2, false),
            (&*sha, 3, true),
            (&*base64(44), 3, true),
            (md5, 3, false),
            ("13800001111", 9, true),
        ] {
            assert_eq!(doubt(number, Some(kind)).is_none(), fits, "{number} {kind}");
        }
    }
}
