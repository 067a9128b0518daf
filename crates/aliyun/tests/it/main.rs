//! The client against golden data and local servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]
#![allow(dead_code, missing_docs, unreachable_pub)]

mod client;
mod signing;

#[path = "../../../../tests/it/support/local.rs"]
mod local;
