//! Fuzzes [`terraform_provider_aiccs::fuzzing::state`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terraform_provider_aiccs::fuzzing::state(data));
