//! What is remembered beside a batch's state, unseen by the user.

use serde::{Deserialize, Serialize};

/// What is remembered beside a batch's state.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Private {
    /// Planned by a create. The delete leg of a replacement finds it here, and leaves a lost chunk to the create.
    pub(super) new: bool,
    /// Planned with an object that is there, for the second half of a replacement.
    pub(super) replaces: bool,
    /// Planned with it: whoever is called has been announced.
    pub(super) told: bool,
    /// Batches that are not a lost chunk's.
    pub(super) known: Vec<String>,
    /// The create failed: the next apply makes the batch anew, and may take over what it finds of this one.
    pub(super) failed: bool,
    /// Imported into Terraform: nobody knows the version and the encryption that it was made with.
    pub(super) adopted: bool,
    /// The account that the batch was read or made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
}

impl Private {
    pub(super) fn parse(bytes: &[u8]) -> Private {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let nothing = *self == Private::default();
        if nothing { Vec::new() } else { serde_json::to_vec(self).unwrap_or_default() }
    }
}
