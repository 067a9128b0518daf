//! Percent-encoding, once: the one form that is signed and sent.
//! Knows nothing of signatures, parameters or HTTP.

/// Encodes text for a query, a form body or a string to sign.
///
/// UTF-8 bytes; `A-Z a-z 0-9 - _ . ~` stay as they are, every other byte becomes `%XX` in upper-case hex, so a space is
/// `%20` and never `+` (Alibaba Cloud, signature V2 and V3 documentation).
pub(crate) fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + text.len() / 2);
    push_percent(&mut encoded, text);
    encoded
}

/// Appends [`percent`] of `text` to `target`.
pub(crate) fn push_percent(target: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            target.push(char::from(byte));
        } else {
            target.push('%');
            target.push(char::from(HEX[usize::from(byte >> 4)]));
            target.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Lower-case hex of bytes: digests and nonces.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_characters_stay_and_all_others_are_escaped() {
        let check = |text: &str, expected: &str| assert_eq!(percent(text), expected, "{text:?}");
        check("AZaz09-_.~", "AZaz09-_.~");
        check("a b+c*d/e", "a%20b%2Bc%2Ad%2Fe");
        check("测试\n😀", "%E6%B5%8B%E8%AF%95%0A%F0%9F%98%80");
        check(
            "!'();:@&=,?#[]\"<>^`{|}\\%$\t",
            "%21%27%28%29%3B%3A%40%26%3D%2C%3F%23%5B%5D%22%3C%3E%5E%60%7B%7C%7D%5C%25%24%09",
        );
    }

    #[test]
    fn hex_is_lower_case() {
        assert_eq!(hex(&[0, 0x0f, 0xab]), "000fab");
    }
}
