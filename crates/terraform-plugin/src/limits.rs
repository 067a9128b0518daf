//! How large a value from the host may be: a hundred thousand callees with their variables fit, what lies far above
//! is not read.

/// Bytes of one encoded value.
pub(super) const MAX_BYTES: usize = 64 << 20;

/// Values in one value, at all depths. The depth itself is the schema's.
pub(super) const MAX_VALUES: usize = 1 << 22;

/// What is said of a value that is too large.
pub(super) const TOO_MANY_BYTES: &str = "a value of more than 64 MiB";

/// What is said of a value that holds too many.
pub(super) const TOO_MANY_VALUES: &str = "more than 4,194,304 values in one";
