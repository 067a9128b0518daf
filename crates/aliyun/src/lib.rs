//! Alibaba Cloud, and no Terraform: signatures, credentials, retries, the AICCS operations.
//! Inside the wing a file names only files above it: side_by_side, encode, text, strict, provenance, error, key, signature, retry, connecting, http, environment,
//! envelope, request, redact, account, credentials, client, pages, aiccs, dyvms.

mod account;
pub mod aiccs;
pub mod client;
mod connecting;
pub mod credentials;
pub mod dyvms;
mod encode;
mod envelope;
pub mod environment;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
mod key;
mod pages;
mod provenance;
pub mod redact;
mod request;
mod retry;
pub mod side_by_side;
pub mod signature;
mod strict;
mod text;

/// The example of the README, which the documentation's tests compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
