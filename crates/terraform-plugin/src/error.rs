//! Why bytes are no value. Knows no encoding.

use std::fmt;

use super::path::Path;

/// Why bytes are no value of a schema or a type.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DecodeError {
    /// Where; empty for the whole.
    pub path: Path,
    /// What is wrong there.
    pub message: String,
}

impl DecodeError {
    pub(super) fn new(path: &Path, message: impl Into<String>) -> DecodeError {
        DecodeError { path: path.clone(), message: message.into() }
    }

    /// Of the bytes as a whole.
    pub(super) fn whole(message: impl Into<String>) -> DecodeError {
        DecodeError::new(&Path::default(), message)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.steps().is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for DecodeError {}
