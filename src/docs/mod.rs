//! Rows as Markdown: the pages of the registry. Generated from the same rows as the schema, so that the documentation
//! cannot say anything else.

mod guides;
mod links;
pub mod pages;
mod permissions;
mod reference;
mod words;

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use terraform_plugin::driver::Signature;
use terraform_plugin::hosts::Feature;
use terraform_plugin::schema::{Mode, Type};

use self::pages::{ObjectKind, Page};
use self::reference::{Reference, joined};
use self::words::{type_expression, type_name, wrapped};
use crate::about::Callout;

/// The examples of a page, as they stand in `examples/`.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// How the object is used.
    pub usage: String,
    /// More of that, each with its title as a comment in the first line.
    pub more: Vec<String>,
    /// `terraform import`; empty for what cannot be imported.
    pub import: String,
    /// An `import` block by id.
    pub import_by_id: String,
    /// An `import` block by identity; empty for what has none.
    pub import_by_identity: String,
}

/// A page of the registry.
pub fn page(page: &Page, examples: &Examples) -> String {
    let (title, heading) = titles(page);
    let (schema, about) = (page.schema, page.about);
    let index = page.kind == ObjectKind::Provider;
    let all = pages::pages();
    let mut text = format!("# {heading}\n\n{}\n\n", wrapped(schema.doc));
    if let Some(feature) = page.kind.feature() {
        text.push_str(&format!("Needs {}.\n\n", feature.hosts()));
    }
    if index {
        text.push_str(guides::GUIDES);
    }
    about.callouts.iter().for_each(|callout| text.push_str(&paragraph(*callout)));
    text.push_str(&usage(examples));
    let reference = reference(page);
    let of_the_service = if about.operations.is_empty() { "" } else { OF_THE_SERVICE };
    text.push_str(&format!("## Schema\n\n{of_the_service}{}", reference.schema(schema, "##")));
    text.push_str(&timeouts(about.timeouts));
    if !about.invoked.is_empty() {
        text.push_str(&format!("{USE}{}.{}\n```\n\n", page.name, about.invoked));
    }
    if !about.more.is_empty() {
        text.push_str(&format!("{}\n", about.more));
    }
    if let Some(identity) = page.identity {
        text.push_str(&format!("## Identity Schema\n\n{}", reference.schema(identity, "##")));
    }
    text.push_str(&import(page, examples));
    if index {
        text.push_str(&all_permissions(&all));
        text.push_str(&format!("\n## Objects\n\n{}", object_table("")));
    } else if !about.operations.is_empty() {
        text.push_str(&permissions::section(about));
    }
    let front = front(&title, (!index).then_some(about.subcategory), schema.doc);
    format!("{front}{}\n", links::linked(text.trim_end(), &page.file(), &all))
}

/// Attributes of a page of which nobody has said which parameter or field they stand for; their paths.
pub fn unexplained(page: &Page) -> Vec<String> {
    let reference = reference(page);
    let mut left = vec![(String::new(), page.schema.attributes)];
    let mut found = Vec::new();
    while let Some((parent, attributes)) = left.pop() {
        for attribute in attributes {
            let path = joined(&parent, attribute.name);
            if reference.stands_for(&parent, attribute).is_none() {
                found.push(path.clone());
            }
            if let Type::Objects(_, members) = attribute.ty {
                left.push((path, members));
            }
        }
    }
    found
}

/// The page of a function.
pub fn function_page(signature: &Signature, example: &str) -> String {
    let front = front(&format!("{} function", signature.name), Some(""), signature.summary);
    let types: Vec<_> = signature
        .parameters
        .iter()
        .map(|p| format!("{} {}", p.name, type_expression(p.ty)))
        .collect();
    let mut text = format!(
        "# {} (Function)\n\n{}\n\n## Example Usage\n\n```terraform\n{}\n```\n\n## Signature\n\n```text\n{}({}) {}\n```\n\n## Arguments\n\n",
        signature.name,
        wrapped(signature.doc),
        example.trim_end(),
        signature.name,
        types.join(", "),
        type_expression(signature.result),
    );
    for (index, parameter) in signature.parameters.iter().enumerate() {
        let ty = type_name(parameter.ty, Mode::Required);
        text.push_str(&format!("{}. `{}` ({ty}) {}\n", index + 1, parameter.name, parameter.doc));
    }
    let file = format!("functions/{}.md", signature.name);
    format!("{front}{}", links::linked(&text, &file, &pages::pages()))
}

/// All objects with what they are, as a table; `folder` is where the pages are, seen from the table.
pub fn object_table(folder: &str) -> String {
    let mut text = "| kind | name | what |\n| --- | --- | --- |\n".to_owned();
    let mut line = |kind: &str, name: &str, file: &str, doc: &str| {
        let what = first_sentence(doc);
        text.push_str(&format!("| {kind} | [`{name}`]({folder}{file}) | {what} |\n"));
    };
    for page in pages::pages().iter().filter(|page| page.kind != ObjectKind::Provider) {
        line(page.kind.words().1, page.name, &page.file(), page.schema.doc);
    }
    for signature in pages::functions() {
        let file = format!("functions/{}.md", signature.name);
        line("function", signature.name, &file, signature.summary);
    }
    text
}

fn reference(page: &Page) -> Reference<'_> {
    let write_only = if page.kind == ObjectKind::Action { WRITE_ONLY_ACTION } else { &WRITE_ONLY };
    Reference { about: page.about, write_only }
}

fn titles(page: &Page) -> (String, String) {
    match page.kind {
        ObjectKind::Provider => ("Provider: AICCS".to_owned(), "AICCS Provider".to_owned()),
        ObjectKind::Resource
        | ObjectKind::DataSource
        | ObjectKind::Ephemeral
        | ObjectKind::List
        | ObjectKind::Action => {
            let kind = page.kind.words().0;
            (format!("{} {kind}", page.name), format!("{} ({kind})", page.name))
        }
    }
}

/// The front matter; the page of the provider has no subcategory.
fn front(title: &str, subcategory: Option<&str>, description: &str) -> String {
    let group = subcategory.map_or(String::new(), |group| format!("subcategory: \"{group}\"\n"));
    format!(
        "---\npage_title: \"{title} - aiccs\"\n{group}description: |-\n  {description}\n---\n\n"
    )
}

/// A callout is one line: the registry ends it with the paragraph.
fn paragraph(callout: Callout) -> String {
    match callout {
        Callout::Rings(text) => format!("!> **Telephones ring.** {text}\n\n"),
        Callout::Warning(text) => format!("~> {text}\n\n"),
        Callout::Note(text) => format!("-> {text}\n\n"),
    }
}

fn usage(examples: &Examples) -> String {
    let first = examples.usage.trim_end();
    let mut text = format!("## Example Usage\n\n```terraform\n{first}\n```\n\n");
    for example in &examples.more {
        let (title, code) = example.split_once('\n').unwrap_or_default();
        let (title, code) = (title.trim_start_matches("# "), code.trim_end());
        text.push_str(&format!("### {title}\n\n```terraform\n{code}\n```\n\n"));
    }
    text
}

fn timeouts(limits: &[(&str, Duration)]) -> String {
    if limits.is_empty() {
        return String::new();
    }
    let line =
        |(name, limit): &(&str, Duration)| format!("- `{name}` - {}m\n", limit.as_secs() / 60);
    let lines: String = limits.iter().map(line).collect();
    format!(
        "## Timeouts\n\nUnless the block [`timeouts`](#nestedblock--timeouts) says otherwise, an operation may take, waits and \
         retries included:\n\n{lines}\n"
    )
}

/// The forms of an import.
fn import(page: &Page, examples: &Examples) -> String {
    if examples.import.is_empty() {
        return String::new();
    }
    let block = |code: &str| code.trim_end().to_owned();
    let mut text = format!(
        "## Import\n\nOn the command line:\n\n```shell\n{}\n```\n\n",
        block(&examples.import)
    );
    text.push_str(&format!(
        "With an `import` block ({}):\n\n```terraform\n{}\n```\n\n",
        Feature::ImportBlocks.hosts(),
        block(&examples.import_by_id)
    ));
    if !examples.import_by_identity.is_empty() {
        text.push_str(&format!(
            "With an `import` block by [identity](#identity-schema) ({}):\n\n```terraform\n{}\n```\n\n",
            Feature::Identity.hosts(),
            block(&examples.import_by_identity)
        ));
    }
    if page.listed {
        let file = page.name.trim_start_matches("aiccs_");
        text.push_str(&format!(
            "By a list ({}): `terraform query` finds what no configuration manages yet, and writes a `resource` \
             and an `import` block for each object found. See the list resource [`{}`](../list-resources/{file}.md).\n\n\
             ```shell\nterraform query -generate-config-out={file}s.tf\n```\n\n",
            Feature::Lists.hosts(),
            page.name
        ));
    }
    if !page.about.import.is_empty() {
        text.push_str(&format!("{}\n\n", page.about.import));
    }
    text
}

/// One policy for everything, and one that only reads.
fn all_permissions(pages: &[Page]) -> String {
    let actions = |reads_only: bool| -> Vec<String> {
        let all = pages.iter().flat_map(|page| {
            page.about.operations.iter().map(|operation| (page.about.product, *operation))
        });
        let reads =
            |name: &str| ["Query", "PageQuery", "List"].iter().any(|word| name.starts_with(word));
        let chosen = all.filter(|(_, name)| !reads_only || reads(name));
        let chosen: BTreeSet<String> =
            chosen.map(|(product, name)| permissions::ram_action(product, name)).collect();
        chosen.into_iter().collect()
    };
    format!(
        "## Permissions\n\nThe page of each object has the policy that it needs. This one grants all that the provider calls:\n\n{}\n\
         And this one is enough for plans and for data sources, and starts, stops and changes nothing:\n\n{}\n\
         -> The vendor publishes the RAM action of few of these operations. Where RAM refuses one of them alone, grant \
         `aiccs:*`. `assume_role` needs `sts:AssumeRole` besides.\n",
        permissions::policy(&actions(false)),
        permissions::policy(&actions(true)),
    )
}

/// Up to the first full stop or colon.
fn first_sentence(doc: &str) -> String {
    let end = [". ", ": "].iter().filter_map(|mark| doc.find(mark)).min().unwrap_or(doc.len());
    doc[..end].trim_end_matches('.').replace(" of Alibaba Cloud AICCS", "")
}

/// Before the name and the label of an action that is invoked.
const USE: &str = "\
## Use

By hand, or after a change of a resource through an `action_trigger`:

```shell
terraform apply -invoke=action.";

/// Above attributes that name parameters and fields.
const OF_THE_SERVICE: &str = "\
What an attribute is sent as, and read from, are the parameter and the field of the service's
[operations](#operations-and-permissions).

";

static WRITE_ONLY: LazyLock<String> = LazyLock::new(|| {
    format!("Neither plan nor state ever holds it; needs {}.", Feature::WriteOnly.hosts())
});

/// Hosts store the configuration of actions themselves, and leave out what is ephemeral.
const WRITE_ONLY_ACTION: &str =
    "The host keeps it out of saved plans when it comes from ephemeral values.";
