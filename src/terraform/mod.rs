//! Wing 1: Terraform, and no cloud. Values, schemas, plans, the plugin protocol and its process.

pub mod number;
pub mod value;
pub mod path;
pub mod diagnostic;
pub mod schema;
pub mod msgpack;
pub mod json;
pub mod validate;
pub mod plan;
pub mod timeouts;
pub mod driver;
pub mod engine;
mod wire;
mod service;
pub mod plugin;
