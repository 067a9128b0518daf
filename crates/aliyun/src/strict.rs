//! JSON of others, read without surprises: UTF-8, no name twice in an object, no more values than memory allows. What two
//! readers could understand in two ways is nothing to write a state from. Pure.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The most values of one text: each costs memory, however short it is. A page of the service has some thousands.
const MOST_VALUES: usize = 200_000;

/// The value of a text; else what it is, as the end of a sentence.
pub(crate) fn parse(text: &[u8]) -> Result<Value, &'static str> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Err("something else than JSON in UTF-8");
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    // First a look that builds nothing, so that a text cannot cost more than itself.
    let mut look = Scan { left: MOST_VALUES, found: None };
    let mut reader = serde_json::Deserializer::from_str(text);
    let looked = look.deserialize(&mut reader).and_then(|()| reader.end());
    match (looked, look.found) {
        (_, Some(found)) => Err(found),
        (Err(_), None) => Err("something else than JSON"),
        (Ok(()), None) => serde_json::from_str(text).map_err(|_| "something else than JSON"),
    }
}

struct Scan {
    /// How many more values are admitted.
    left: usize,
    found: Option<&'static str>,
}

impl<'de> DeserializeSeed<'de> for &mut Scan {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => {
                self.found = Some("too large to be one of the service's");
                return Err(D::Error::custom("too many values"));
            }
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Scan {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                self.found = Some("JSON with a name that stands twice in one object");
                return Err(A::Error::custom("a name twice"));
            }
            members.next_value_seed(&mut *self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_VALUES, parse};

    #[test]
    fn what_is_plain_is_read() {
        for (text, expected) in [
            ("{\"a\":[1,2.5,-3,\"x\",true,null,{\"a\":{}}]}", None),
            ("\u{feff} 118700000000000001 ", Some("118700000000000001")),
            ("123456789012345678901234567890.5", None),
            ("\"\\ud83d\\ude42\"", Some("\"🙂\"")),
        ] {
            let told = parse(text.as_bytes()).unwrap().to_string();
            assert_eq!(told, expected.unwrap_or(text));
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_not() {
        for (text, what) in [
            (&b"{\"a\":1,\"a\":2}"[..], "JSON with a name that stands twice"),
            (b"[{\"b\":{\"a\":1,\"\\u0061\":2}}]", "JSON with a name that stands twice"),
            (b"{\"a\":\"\xff\"}", "something else than JSON in UTF-8"),
            (b"{\"a\":1} {\"a\":2}", "something else than JSON"),
            (b"{\"a\":1,}", "something else than JSON"),
            (b"{\"a\":01}", "something else than JSON"),
            (b"\"\\ud83d\"", "something else than JSON"),
            (b"", "something else than JSON"),
        ] {
            assert!(
                parse(text).unwrap_err().starts_with(what),
                "{}",
                String::from_utf8_lossy(text)
            );
        }
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert_eq!(parse(&deep), Err("something else than JSON"));
    }

    #[test]
    fn a_text_has_no_more_values_than_memory_allows() {
        let list = |values: usize| format!("[{}0]", "0,".repeat(values - 1));
        // The list itself is a value, too.
        assert!(parse(list(MOST_VALUES - 1).as_bytes()).is_ok());
        let told = parse(list(MOST_VALUES).as_bytes());
        assert_eq!(told, Err("too large to be one of the service's"));
        assert!(parse(&[b"[", ",".repeat(MOST_VALUES).as_bytes(), b"]"].concat()).is_err());
    }
}
