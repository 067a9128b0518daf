//! How large a value from the host may be. Terraform's own values stay far below; what lies above is not read,
//! so that a few megabytes on the wire never become gigabytes in memory.

/// Bytes of one encoded value.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// Values in one value, at all depths. The depth itself is the schema's.
pub(super) const MAX_VALUES: usize = 1 << 18;

/// What is said of a value that is too large.
pub(super) const TOO_MANY_BYTES: &str = "a value of more than 16 MiB";

/// What is said of a value that holds too many.
pub(super) const TOO_MANY_VALUES: &str = "more than 262,144 values in one";
