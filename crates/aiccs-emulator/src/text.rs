//! Percent-encoding and form decoding, written a second time on purpose.
//! It must not be shared with a client: a mistake made once would then be made on both sides.

/// Decodes `a=b&c=d`; `+` is a space. Broken UTF-8 is replaced, so that its signature cannot match.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let split = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(split).collect()
}

/// Sorted by encoded name, then encoded value, joined by `=` and `&`.
pub(super) fn canonical<'a>(pairs: impl Iterator<Item = &'a (String, String)>) -> String {
    let mut encoded: Vec<(String, String)> =
        pairs.map(|(name, value)| (encode(name), encode(value))).collect();
    encoded.sort();
    let joined: Vec<String> =
        encoded.iter().map(|(name, value)| format!("{name}={value}")).collect();
    joined.join("&")
}

/// Everything but `A-Z a-z 0-9 - _ . ~` becomes `%XX`.
pub(super) fn encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_space_and_an_escaped_plus_is_a_plus() {
        assert_eq!(
            pairs("a=b+c&d=%2B&e=&f"),
            [("a", "b c"), ("d", "+"), ("e", ""), ("f", "")].map(owned)
        );
    }

    #[test]
    fn decoding_and_encoding_agree() {
        let text = "测试 a+b*c~d/e&f=g%h\n😀";
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(encode(" *+~"), "%20%2A%2B~");
        assert_eq!(decode("%zz%4"), "%zz%4");
    }

    fn owned((name, value): (&str, &str)) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }
}
