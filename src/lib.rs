//! terraform-provider-aiccs: the Terraform provider for Alibaba Cloud AI outbound-call tasks (AICCS).
//!
//! # Architecture
//!
//! Two libraries that do not know each other, one bridge between them, one independent oracle, each a crate of one
//! workspace:
//!
//! * `terraform-plugin` (`crates/terraform-plugin`): a framework for providers. Values, schemas, plans, the plugin
//!   protocol and its process; knows no cloud. What it asks of a provider is [`terraform_plugin::driver`].
//! * `aliyun` (`crates/aliyun`): a client of Alibaba Cloud. Credentials, signatures, retries, the operations of AICCS;
//!   knows no Terraform.
//! * this crate: the bridge, the only one that depends on both, and the plugin binary.
//! * `aiccs-emulator` (`crates/aiccs-emulator`): a local AICCS, typed in from the vendor's documents and never from the
//!   provider's rows, so that a mistake in either shows as a disagreement. Only tests depend on it.
//!
//! `tfplugin-proto` (`proto`) holds the generated messages of the protocol; `benches/floor` is the empty server that the
//! benches measure the provider against.
//!
//! # The bridge, from the ground up
//!
//! A module names only those above it in this list; `tests/it/house.rs` holds that for every form of a path.
//!
//! | module | what it owns |
//! | --- | --- |
//! | [`about`] | what the page of an object says beside its schema |
//! | [`field`] | one row: attribute, request parameter, response field |
//! | `failure` | an error of the service as a diagnostic |
//! | [`task`] | what all objects share about call tasks: rows, reading, run state, starting, stopping, late writes |
//! | [`config`] | the provider block as credentials and a client |
//! | [`resources`], [`data_sources`], [`list_resources`], [`ephemeral_resources`], [`actions`], [`functions`] | the objects |
//! | [`provider`] | which objects there are |
//! | [`docs`] | rows as registry pages |
//!
//! An attribute is declared once, as a row in a `const` table, and read by four readers: the schema, the request writer,
//! the response reader and the documentation. What is not data (checks over several attributes, stop-update-start) is a
//! plain function in the object's own file.
//!
//! # The way of a value
//!
//! `task_cps = 57`, through an apply: `terraform_plugin::service` → `engine` → `msgpack` → [`resources::call_task`] →
//! [`field::write`] (`TaskCps=57`) → `aliyun::client` → `signature` → the wire; and back: JSON → [`field::read`]
//! (`ConcurrentCount`) → `msgpack`.

#![doc = include_str!("calls.md")]

pub mod about;
pub mod actions;
pub mod config;
pub mod data_sources;
pub mod docs;
pub mod ephemeral_resources;
mod failure;
pub mod field;
pub mod functions;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod list_resources;
pub mod provider;
pub mod resources;
pub mod task;
