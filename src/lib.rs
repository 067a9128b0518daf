//! terraform-provider-aiccs: the Terraform provider for Alibaba Cloud AI outbound-call tasks.

pub mod aliyun;
pub mod emulator;
pub mod provider;
pub mod terraform;
