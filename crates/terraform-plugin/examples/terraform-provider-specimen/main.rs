//! A provider that has everything this framework offers, and keeps it all in the state: what the tests drive through real
//! hosts, and where an author looks up how a thing is written.

mod counter;
mod functions;
mod lease;
mod nested;
mod values;

use std::process::ExitCode;

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::*;
use terraform_plugin::plugin::{Program, serve};
use terraform_plugin::schema::{Attribute, Mode, Schema, Type};
use terraform_plugin::value::Value;

static PROVIDER: Schema = Schema::of(
    "Specimens.",
    &[Attribute::new("token", Type::String, Mode::Optional, "Opens what is locked.").sensitive()],
);

struct Specimen;

impl Provider for Specimen {
    type ProviderData = ();
    fn schema(&self) -> &'static Schema {
        &PROVIDER
    }
    fn defers(&self, config: &Value) -> bool {
        config.get("token").is_unknown()
    }
    fn configure(&self, _: &Value, _: &str) -> (Option<()>, Diagnostics) {
        (Some(()), Diagnostics::new())
    }
    fn resources(&self) -> &'static [&'static dyn Resource<()>] {
        &[&counter::Counter, &nested::Nested, &counter::Note, &values::Values, &lease::Waiter]
    }
    fn functions(&self) -> &'static [&'static dyn Function] {
        &[&functions::Describe, &functions::Join]
    }
    fn ephemeral_resources(&self) -> &'static [&'static dyn EphemeralResource<()>] {
        &[&lease::Lease]
    }
}

fn main() -> ExitCode {
    let addresses = &["registry.terraform.io/example/specimen"];
    serve(Specimen, Program::new("terraform-provider-specimen", addresses))
}
