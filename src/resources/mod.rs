//! The managed resources: one folder each.

pub mod call_task;
pub mod callee_batch;
