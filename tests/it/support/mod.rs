//! What tests are made of: the emulator as a process, the real Terraform, and a host that speaks gRPC.

pub mod cli;
pub mod cloud;
pub mod core;
pub mod dice;
pub mod host;
pub mod local;

/// The provider's binary.
pub const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-aiccs");
