//! Which operations an object calls, where the vendor documents them, and a policy that grants them.

use crate::about::{About, Product};

/// The section of a page.
pub(super) fn section(about: &About) -> String {
    let (name, version) = match about.product {
        Product::Aiccs => ("AICCS", "2019-10-15"),
        Product::Dyvms => ("Voice Messaging Service (Dyvmsapi)", "2017-05-25"),
    };
    let link =
        |operation: &&str| format!("- [`{operation}`]({})\n", document(about.product, operation));
    let links: String = about.operations.iter().map(link).collect();
    let actions: Vec<_> =
        about.operations.iter().map(|operation| ram_action(about.product, operation)).collect();
    let whole = ram_action(about.product, "*");
    format!(
        "## Operations and permissions\n\nCalls these operations of {name} {version}:\n\n{links}\nA RAM policy that grants \
         them:\n\n{}\n-> The vendor publishes the RAM action of few of these operations. Where RAM refuses one of them alone, \
         grant `{whole}`.\n",
        policy(&actions)
    )
}

/// A policy, as a block that can be pasted.
pub(super) fn policy(actions: &[String]) -> String {
    let actions: Vec<_> = actions.iter().map(|action| format!("        \"{action}\"")).collect();
    format!(
        "```json\n{{\n  \"Version\": \"1\",\n  \"Statement\": [\n    {{\n      \"Effect\": \"Allow\",\n      \"Action\": [\n{}\n      \
         ],\n      \"Resource\": \"*\"\n    }}\n  ]\n}}\n```\n",
        actions.join(",\n")
    )
}

/// The RAM action of an operation.
pub(super) fn ram_action(product: Product, operation: &str) -> String {
    let code = match product {
        Product::Aiccs => "aiccs",
        Product::Dyvms => "dyvms",
    };
    format!("{code}:{operation}")
}

/// The vendor's page of an operation.
fn document(product: Product, operation: &str) -> String {
    match product {
        Product::Aiccs => format!(
            "https://help.aliyun.com/en/aiccs/developer-reference/api-aiccs-2019-10-15-{}",
            operation.to_lowercase()
        ),
        Product::Dyvms => {
            format!("https://api.aliyun.com/document/Dyvmsapi/2017-05-25/{operation}")
        }
    }
}
