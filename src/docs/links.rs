//! Links between pages: objects that a text names, and, on the page of a function, arguments that take its value. Outside
//! of code and headings, and only where no link stands yet.

use terraform_plugin::schema::Type;

use super::pages::{ObjectKind, Page};
use super::reference::anchor_of;

/// A text whose inline code is linked, seen from a page; `own` is the file of that page.
pub(super) fn linked(text: &str, own: &str, pages: &[Page]) -> String {
    // Arguments are looked up on pages of functions alone: elsewhere they are mostly the page's own.
    let arguments = own.starts_with("functions/");
    let target = |code: &str| object(code, own, pages).or_else(|| argument(code, arguments, pages));
    let up = if own.contains('/') { "../" } else { "" };
    let mut fenced = false;
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let fence = line.starts_with("```");
        fenced ^= fence;
        if fence || fenced || line.starts_with('#') {
            out.push_str(line);
            continue;
        }
        let mut inside = false;
        let mut before = "";
        for (at, part) in line.split('`').enumerate() {
            if at > 0 {
                inside = !inside;
            }
            let found = if inside && !before.ends_with('[') { target(part) } else { None };
            match found {
                Some(file) => out.push_str(&format!("[`{part}`]({up}{file})")),
                None if inside => out.push_str(&format!("`{part}`")),
                None => out.push_str(part),
            }
            before = part;
        }
    }
    out
}

/// The page of an object; none on that page itself.
fn object(code: &str, own: &str, pages: &[Page]) -> Option<String> {
    let page = pages.iter().find(|page| page.kind != ObjectKind::Provider && page.name == code)?;
    Some(page.file()).filter(|file| file != own)
}

/// The argument of a resource: its nested schema, where it has one.
fn argument(code: &str, arguments: bool, pages: &[Page]) -> Option<String> {
    let resources = pages.iter().filter(|page| arguments && page.kind == ObjectKind::Resource);
    resources.into_iter().find_map(|page| {
        let attribute = page.schema.attribute(code)?;
        let anchor = match attribute.ty {
            Type::Objects(..) => anchor_of("nestedatt", code),
            Type::Bool
            | Type::Int
            | Type::Float
            | Type::String
            | Type::List(_)
            | Type::Set(_)
            | Type::Map(_)
            | Type::Tuple(_)
            | Type::Object(_)
            | Type::Dynamic => "schema".to_owned(),
        };
        Some(format!("{}#{anchor}", page.file()))
    })
}

#[cfg(test)]
mod tests {
    use super::linked;
    use crate::docs::pages::pages;

    #[test]
    fn what_a_text_names_is_linked_once_and_outside_of_code() {
        let check = |own: &str, text: &str, expected: &str| {
            assert_eq!(linked(text, own, &pages()), expected, "on {own}");
        };
        let batch = "[`aiccs_callee_batch`](../resources/callee_batch.md)";
        check("actions/x.md", "Use `aiccs_callee_batch`, `b`.\n", &format!("Use {batch}, `b`.\n"));
        check("index.md", "`aiccs_agents`", "[`aiccs_agents`](data-sources/agents.md)");
        for text in [
            batch,
            "# aiccs `aiccs_callee_batch`\n",
            "```terraform\n# `aiccs_callee_batch`\n```\n",
            "an aiccs_callee_batch and `call_time` and `aiccs_nothing`\n",
        ] {
            check("actions/x.md", text, text);
        }
        check("resources/callee_batch.md", "`aiccs_callee_batch`", "`aiccs_callee_batch`");
        check(
            "functions/x.md",
            "`call_time`, `task_cps`",
            "[`call_time`](../resources/call_task.md#nestedatt--call_time), [`task_cps`](../resources/call_task.md#schema)",
        );
    }
}
