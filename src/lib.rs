//! terraform-provider-aiccs: the Terraform provider for Alibaba Cloud AI outbound-call tasks (AICCS).
//!
//! Two wings that do not know each other, one bridge between them, one independent oracle:
//!
//! * [`terraform`]: the plugin protocol, values, schemas and the plan; knows no cloud. Its seam is
//!   [`terraform::driver`], all that it asks of a provider.
//! * [`aliyun`]: credentials, signatures, retries and the operations of AICCS; knows no Terraform.
//! * [`provider`]: the bridge, the only folder that names both wings. An attribute is declared once, as a row that
//!   the schema, the request writer, the response reader and the documentation read.
//! * [`emulator`]: a local AICCS, typed in from the vendor's documents and never from the provider's rows, so that a
//!   mistake in either shows as a disagreement.
//!
//! The way of a value, `task_cps = 57`, through an apply: `terraform::service` → `terraform::engine` →
//! `terraform::msgpack` → `provider::call_task` → `provider::field` (`TaskCps=57`) → `aliyun::client` →
//! `aliyun::signature` → the wire; and back the same way.
//!
//! The binaries are doors and nothing else: `terraform-provider-aiccs` is what Terraform starts, `aiccs-emulator`
//! serves the emulator.

pub mod aliyun;
pub mod emulator;
pub mod provider;
pub mod terraform;
