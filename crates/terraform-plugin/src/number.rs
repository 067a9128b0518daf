//! Exact decimal numbers, as Terraform keeps them. Knows no encoding.

use std::fmt;

/// The longest plain decimal text a number may have. Terraform itself keeps 512 bits (about 154 digits).
const MAX_DIGITS: usize = 1100;

/// An exact decimal number. Whole numbers of 64 bits are kept as such; everything else is canonical decimal
/// text, so that `0.1`, 18-digit ids and 2^70 all survive unchanged.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Number(Repr);

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Repr {
    Int(i64),
    /// No exponent, no leading `+`, no superfluous zeros, does not fit an `i64`.
    Text(Box<str>),
}

impl Number {
    /// Parses decimal text, with or without fraction and exponent. `None` when it is no number, or one whose
    /// plain form would be longer than any number Terraform sends.
    pub fn parse(text: &str) -> Option<Number> {
        if let Ok(int) = text.parse::<i64>() {
            return Some(Number(Repr::Int(int)));
        }
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits_only = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !digits_only(whole) || !digits_only(fraction) {
            return None;
        }
        if mantissa.len() > MAX_DIGITS || exponent.unsigned_abs() as usize > MAX_DIGITS {
            return None;
        }
        Some(Number::from_parts(negative, whole, fraction, exponent))
    }

    /// The number that a double holds, by its shortest decimal text. `None` for infinities and NaN.
    pub fn from_f64(value: f64) -> Option<Number> {
        if value.is_finite() { Number::parse(&format!("{value}")) } else { None }
    }

    /// As [`Number::from_f64`], but a whole number has all its digits: hosts send those as doubles that are one.
    pub fn exactly(value: f64) -> Option<Number> {
        let whole = value.fract() == 0.0 && value.abs() < 1e36;
        if whole { Number::parse(&(value as i128).to_string()) } else { Number::from_f64(value) }
    }

    /// The value when it is whole and fits 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        if let Repr::Int(value) = self.0 { Some(value) } else { None }
    }

    fn from_parts(negative: bool, whole: &str, fraction: &str, exponent: i32) -> Number {
        let digits: String = [whole, fraction].concat();
        let point = whole.len() as i64 + i64::from(exponent);
        let (whole, fraction) = if point <= 0 {
            (String::new(), format!("{}{digits}", "0".repeat(point.unsigned_abs() as usize)))
        } else if point as usize >= digits.len() {
            (format!("{digits}{}", "0".repeat(point as usize - digits.len())), String::new())
        } else {
            let (a, b) = digits.split_at(point as usize);
            (a.to_owned(), b.to_owned())
        };
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let sign = if negative && !(whole.is_empty() && fraction.is_empty()) { "-" } else { "" };
        let whole = if whole.is_empty() { "0" } else { whole };
        if fraction.is_empty()
            && let Ok(int) = format!("{sign}{whole}").parse::<i64>()
        {
            return Number(Repr::Int(int));
        }
        let point = if fraction.is_empty() { "" } else { "." };
        Number(Repr::Text(format!("{sign}{whole}{point}{fraction}").into()))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number(Repr::Int(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Number {
        match i64::try_from(value) {
            Ok(int) => Number(Repr::Int(int)),
            Err(_) => Number(Repr::Text(value.to_string().into())),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(value) => write!(f, "{value}"),
            Repr::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    fn check(text: &str, canonical: Option<&str>) {
        assert_eq!(Number::parse(text).map(|n| n.to_string()).as_deref(), canonical, "{text}");
    }

    #[test]
    fn decimal_text_becomes_canonical() {
        check("007", Some("7"));
        check("-0", Some("0"));
        check("1.500", Some("1.5"));
        check("0.1", Some("0.1"));
        check(".5", Some("0.5"));
        check("12e-1", Some("1.2"));
        check("1.25E2", Some("125"));
        check("-1e-3", Some("-0.001"));
        check("118700000000000001", Some("118700000000000001"));
        check("9223372036854775808", Some("9223372036854775808"));
        check("1e3", Some("1000"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", "a", "1a", "1.2.3", "1e", "e5", "0x10", "1e999999999", "--1", "∞"] {
            check(text, None);
        }
    }

    #[test]
    fn whole_doubles_of_a_host_keep_every_digit() {
        let text = |value: f64| Number::exactly(value).map(|n| n.to_string());
        assert_eq!(text(18446744073709551616.0).as_deref(), Some("18446744073709551616"));
        assert_eq!(text(-0.375).as_deref(), Some("-0.375"));
        assert_eq!(text(-1180591620717411303424.0).as_deref(), Some("-1180591620717411303424"));
        for odd in [f64::MIN_POSITIVE, f64::from_bits(1), f64::MAX, f64::EPSILON + 1.0, 1e15 + 0.3]
        {
            assert_eq!(text(odd).unwrap().parse::<f64>(), Ok(odd));
        }
        assert_eq!(text(f64::NAN), None);
    }

    #[test]
    fn doubles_keep_their_shortest_text() {
        assert_eq!(Number::from_f64(0.1).map(|n| n.to_string()).as_deref(), Some("0.1"));
        assert_eq!(Number::from_f64(3.0), Some(Number::from(3i64)));
        assert_eq!(Number::from_f64(f64::INFINITY), None);
    }
}
