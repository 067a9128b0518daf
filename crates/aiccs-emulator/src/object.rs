//! JSON objects, under a short name.

use serde_json::{Map, Value};

/// An object of JSON.
pub(super) type Object = Map<String, Value>;
