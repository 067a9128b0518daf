//! The list resources, for `terraform query`: one file each.

pub mod call_task;
