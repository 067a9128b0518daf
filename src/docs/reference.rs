//! The schema of an object as Markdown: required, optional and read-only attributes, nested schemas under anchors, and what
//! each attribute stands for in the service. It must not know what stands around it on a page.

use terraform_plugin::schema::{Attribute, Mode, NestedBlock, Schema, Type};

use super::words::{meaning, type_name};
use crate::about::{About, Named};
use crate::field::Field;

/// How the schema of a page is told.
#[derive(Clone, Copy)]
pub(super) struct Reference<'a> {
    /// What the object says itself.
    pub(super) about: &'a About,
    /// What "write-only" means there.
    pub(super) write_only: &'a str,
}

/// A nested schema that is still to be told: its path, the kind of its anchor, and its attributes.
type Nested = (String, &'static str, &'static [Attribute]);

impl Reference<'_> {
    /// The groups and the nested schemas of a schema, below a heading of this level.
    pub(super) fn schema(&self, schema: &Schema, level: &str) -> String {
        let mut nested = Vec::new();
        let mut text = String::new();
        for (name, modes) in GROUPS {
            let mut lines = self.lines("", schema.attributes, modes, &mut nested);
            if *name == "Optional" {
                for block in schema.blocks {
                    lines.push_str(&block_line(block, &mut nested));
                }
            }
            if !lines.is_empty() {
                text.push_str(&format!("{level}# {name}\n\n{lines}\n"));
            }
        }
        // What is nested in what is nested comes after it.
        let mut at = 0;
        while let Some((path, anchor, attributes)) = nested.get(at).cloned() {
            text.push_str(&format!(
                "<a id=\"{}\"></a>\n{level}# Nested Schema for `{path}`\n\n",
                anchor_of(anchor, &path)
            ));
            for (name, modes) in GROUPS {
                let lines = self.lines(&path, attributes, modes, &mut nested);
                if !lines.is_empty() {
                    text.push_str(&format!("{name}:\n\n{lines}\n"));
                }
            }
            at += 1;
        }
        text
    }

    fn lines(
        &self,
        path: &str,
        attributes: &'static [Attribute],
        modes: &[Mode],
        nested: &mut Vec<Nested>,
    ) -> String {
        let of_group = attributes.iter().filter(|attribute| modes.contains(&attribute.mode));
        of_group.map(|attribute| self.line(path, attribute, nested)).collect()
    }

    fn line(
        &self,
        parent: &str,
        attribute: &'static Attribute,
        nested: &mut Vec<Nested>,
    ) -> String {
        let path = joined(parent, attribute.name);
        let mut flags = type_name(attribute.ty, attribute.mode);
        if attribute.sensitive {
            flags.push_str(", Sensitive");
        }
        if attribute.write_only {
            flags.push_str(", [Write-only](https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only)");
        }
        let mut text =
            format!("- `{}` ({flags}) {}", attribute.name, meaning(attribute, self.write_only));
        if let Some(sentence) = self.stands_for(parent, attribute).filter(|text| !text.is_empty()) {
            text.push_str(&format!(" {sentence}"));
        }
        if let Type::Objects(_, members) = attribute.ty {
            let anchor = anchor_of("nestedatt", &path);
            text.push_str(&format!(" (see [below for nested schema](#{anchor}))"));
            nested.push((path, "nestedatt", members));
        }
        text.push('\n');
        text
    }

    /// Which parameter and which field an attribute stands for; `None` where nobody has said it.
    pub(super) fn stands_for(&self, parent: &str, attribute: &Attribute) -> Option<String> {
        let path = joined(parent, attribute.name);
        let (mut sent, mut read) = ("", "");
        let mut told = attribute.local;
        if let Some(field) = self.row(parent, attribute.name) {
            sent = field.write.map_or("", |write| write.parameter);
            read = field.read.map_or("", |read| read.field);
        }
        if let Some(named) = self.about.all_names().find(|named| named.path == path) {
            let Named { sent: also_sent, read: also_read, .. } = *named;
            sent = if also_sent.is_empty() { sent } else { also_sent };
            read = if also_read.is_empty() { read } else { also_read };
            told = true;
        }
        match (sent, read) {
            ("", "") if told && attribute.local => {
                Some("Sent as no parameter: the provider acts by it.".to_owned())
            }
            ("", "") => told.then(String::new),
            (sent, "") => Some(format!("Sent as `{sent}`.")),
            ("", read) => Some(format!("Read from `{read}`.")),
            (sent, read) => Some(format!("Sent as `{sent}`, read from `{read}`.")),
        }
    }

    fn row(&self, parent: &str, name: &str) -> Option<&'static Field> {
        let table = self.about.rows.iter().find(|(path, _)| *path == parent)?.1;
        table.iter().find(|field| field.attribute.name == name)
    }
}

/// The groups, and whose attributes stand in them.
const GROUPS: &[(&str, &[Mode])] = &[
    ("Required", &[Mode::Required]),
    ("Optional", &[Mode::Optional, Mode::OptionalComputed]),
    ("Read-Only", &[Mode::Computed]),
];

fn block_line(block: &NestedBlock, nested: &mut Vec<Nested>) -> String {
    let anchor = anchor_of("nestedblock", block.name);
    nested.push((block.name.to_owned(), "nestedblock", block.attributes));
    format!("- `{}` (Block) {} (see [below for nested schema](#{anchor}))\n", block.name, block.doc)
}

/// The path of a member.
pub(super) fn joined(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

/// The anchor of a nested schema, as the registry's own tool names it.
pub(super) fn anchor_of(kind: &str, path: &str) -> String {
    format!("{kind}--{}", path.replace('.', "--"))
}
