//! Generated messages and services: `tfplugin6` (complete up to 6.11), go-plugin's services and gRPC health.
//! Nothing but generated code lives here; it knows neither Terraform's rules nor the provider.

#![allow(missing_docs, clippy::all)]

/// Package `tfplugin6`: the provider protocol.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// Package `plugin`: controller, stdio and broker of go-plugin.
pub mod plugin {
    tonic::include_proto!("plugin");
}

/// Package `grpc.health.v1`.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}

/// The example of the README, which the documentation's tests compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
