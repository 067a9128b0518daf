//! A message in every way that is not quite the message: cut off, with each byte another one, with each field left out or twice,
//! at every depth, with the lengths around it right.

/// One field of a message, as it stands there.
struct Field {
    /// Tag, and the value of all that has no length of its own.
    head: Vec<u8>,
    /// What has a length: text, bytes, a message.
    content: Option<Vec<u8>>,
}

/// All variants of a message, and then those of what is in it.
pub(crate) fn variants(message: &[u8]) -> Vec<Vec<u8>> {
    let mut out = bytewise(message);
    let Some(fields) = fields(message) else { return out };
    for (at, field) in fields.iter().enumerate() {
        let around = |inside: &[u8]| {
            let before = printed(&fields[..at]);
            [before, inside.to_vec(), printed(&fields[at + 1..])].concat()
        };
        let own = printed(std::slice::from_ref(field));
        out.push(around(&[]));
        out.push(around(&[own.clone(), own].concat()));
        let Some(content) = &field.content else { continue };
        for bent in variants(content) {
            let field = Field { head: field.head.clone(), content: Some(bent) };
            out.push(around(&printed(&[field])));
        }
    }
    out
}

fn bytewise(message: &[u8]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = (0..message.len()).map(|end| message[..end].to_vec()).collect();
    for at in 0..message.len() {
        for byte in [0x00, 0xff, !message[at], message[at] ^ 1, message[at] ^ 0x40] {
            let mut bent = message.to_vec();
            bent[at] = byte;
            out.push(bent);
        }
    }
    out.push(b"wrong".to_vec());
    out
}

/// The fields of a message; none: these bytes are no message.
fn fields(mut rest: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (tag, tag_length) = varint(rest)?;
        let value = &rest[tag_length..];
        let (length, content) = match tag & 7 {
            0 => (varint(value)?.1, None),
            1 => (8, None),
            5 => (4, None),
            2 => {
                let (length, own) = varint(value)?;
                let end = own.checked_add(usize::try_from(length).ok()?)?;
                (0, Some((value.get(own..end)?.to_vec(), end)))
            }
            _ => return None,
        };
        let head = rest.get(..tag_length + length)?.to_vec();
        rest = &rest[head.len() + content.as_ref().map_or(0, |(_, end)| *end)..];
        fields.push(Field { head, content: content.map(|(content, _)| content) });
    }
    Some(fields)
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, at + 1));
        }
    }
    None
}

fn printed(fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        out.extend(&field.head);
        let Some(content) = &field.content else { continue };
        let mut length = content.len();
        while length > 0x7f {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend(content);
    }
    out
}

#[test]
fn a_message_is_bent_at_every_depth() {
    // Field 1: text `ab`; field 2: a message with field 3, the number 300.
    let message = b"\x0a\x02ab\x12\x03\x18\xac\x02";
    assert_eq!(printed(&fields(message).unwrap()), message);
    let all = variants(message);
    for expected in [
        &b"\x0a\x02ab"[..],
        b"\x12\x03\x18\xac\x02",
        b"\x0a\x02ab\x12\x00",
        b"\x0a\x01a\x12\x03\x18\xac\x02",
        b"\x0a\x02ab\x12\x06\x18\xac\x02\x18\xac\x02",
        b"\x0a\x02\xffb\x12\x03\x18\xac\x02",
    ] {
        assert!(all.iter().any(|bent| bent == expected), "{expected:?}");
    }
    assert!(fields(b"\x0a\x05ab").is_none() && fields(b"\x0b").is_none());
}
