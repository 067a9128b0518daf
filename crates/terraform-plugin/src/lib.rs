//! Wing 1: Terraform, and no cloud. Values, schemas, plans, the plugin protocol and its process.

mod deferral;
pub mod diagnostic;
pub mod driver;
pub mod engine;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod hosts;
pub mod json;
pub mod kind;
mod limits;
pub mod members;
mod moved;
pub mod msgpack;
pub mod number;
pub mod path;
pub mod plan;
pub mod plugin;
mod query;
mod request;
pub mod schema;
mod service;
mod stream;
pub mod timeouts;
mod upgrades;
pub mod validate;
pub mod value;
mod walk;
mod wire;
