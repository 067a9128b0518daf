//! The integration tests: one crate, one file per area.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    missing_docs,
    unreachable_pub
)]

mod actions;
mod announced;
mod batch_faults;
mod bytes;
mod callee_batch;
mod calls;
mod chaos;
mod checks;
mod circumstances;
mod contract;
mod corners;
mod cut_off;
mod data_sources;
mod diagrams;
mod docs;
mod errors;
mod examples;
mod failures;
mod foreseen;
mod hostile;
mod hosts;
mod house;
mod late;
mod life;
mod lifecycle;
mod limits;
mod list;
mod load;
mod logs;
mod many;
mod markdown;
mod matrix;
mod messages;
mod module;
mod moves;
mod opentofu;
mod operations;
mod plugin;
mod process;
mod properties;
mod records;
mod refresh;
mod secrets;
mod sources;
mod states;
mod support;
mod variables;
mod walks;
mod workflows;
