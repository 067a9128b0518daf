//! What a configured value must obey, as `const` data. Knows no schema.

use crate::diagnostic::Diagnostics;
use crate::path::Path;
use crate::value::Value;

/// What a configured value must obey. On a collection of plain values, each element must, except for
/// [`Check::NotEmpty`] and [`Check::With`], which see the whole.
#[derive(Clone, Copy)]
pub enum Check {
    /// A whole number from..=to.
    Range(i64, i64),
    /// A warning for a number above the first, with the reason.
    WarnAbove(i64, &'static str),
    /// One of these words; anything else is an error.
    OneOf(&'static [&'static str]),
    /// One of these words; anything else is a warning, since the service may know more.
    Usually(&'static [&'static str]),
    /// One of these numbers, with their meanings; anything else is a warning.
    UsuallyInt(&'static [(i64, &'static str)]),
    /// Not the empty text, not an empty collection.
    NotEmpty,
    /// Anything else, and how to say it in documentation.
    With(&'static str, fn(&Value, &Path, &mut Diagnostics)),
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Check::Range(from, to) => write!(f, "Range({from}, {to})"),
            Check::WarnAbove(limit, _) => write!(f, "WarnAbove({limit})"),
            Check::OneOf(words) => write!(f, "OneOf({words:?})"),
            Check::Usually(words) => write!(f, "Usually({words:?})"),
            Check::UsuallyInt(words) => write!(f, "UsuallyInt({words:?})"),
            Check::NotEmpty => f.write_str("NotEmpty"),
            Check::With(what, _) => write!(f, "With({what:?})"),
        }
    }
}
