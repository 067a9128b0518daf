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

mod aliyun;
mod aliyun_operations;
mod aliyun_signing;
mod contract;
mod docs;
mod emulator;
mod errors;
mod failures;
mod house;
mod life;
mod lifecycle;
mod load;
mod matrix;
mod plugin;
mod secrets;
mod sources;
mod support;
mod walks;
