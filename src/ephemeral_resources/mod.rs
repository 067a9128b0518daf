//! The ephemeral resources: one file each.

pub mod call_record;
