//! Where credentials come from, in words for a message: an error about a key is of use only where it says which key.
//! Holds names of variables, files and roles; never a key. Knows no source.

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Such as `access key from ALICLOUD_ACCESS_KEY`.
    pub label: String,
    pub(crate) kept: Kept,
}

/// How somebody gets at credentials, to correct them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Somebody wrote them down: where access key id, secret and token stand.
    Texts([String; 3]),
    /// They are a session: how to get another one, in a sentence.
    Session(String),
}
