//! The functions: one file each. Pure; called in a process that is never configured.

pub mod call_windows;
pub mod callees;
pub mod rfc3339;
pub mod unix_millis;

use terraform_plugin::driver::Refusal;

/// The refusal of one argument. Hosts end the text with a full stop of their own.
fn refuse<T>(argument: usize, text: String) -> Result<T, Refusal> {
    Err(Refusal { argument: Some(argument), text: text.trim_end_matches('.').to_owned() })
}
