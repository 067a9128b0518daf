//! The human call centre's number queries: there is no instance here, so they are always empty.

use serde_json::{Value, json};

use super::{Call, Refused};

pub(super) fn no_numbers(_call: &mut Call<'_>) -> Result<Value, Refused> {
    Ok(json!([]))
}

pub(super) fn no_page(call: &mut Call<'_>) -> Result<Value, Refused> {
    let (number, size) =
        (call.arguments.integer("CurrentPage"), call.arguments.integer("PageSize"));
    Ok(json!({ "CurrentPage": number, "PageSize": size, "TotalCount": 0, "HotlineNumList": [] }))
}
