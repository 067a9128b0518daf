//! terraform-provider-aiccs: the Terraform provider for Alibaba Cloud AI outbound-call tasks (AICCS).

pub mod about;
pub mod actions;
pub mod config;
pub mod data_sources;
pub mod docs;
mod failure;
pub mod field;
pub mod functions;
pub mod list_resources;
pub mod provider;
pub mod resources;
pub mod task;
