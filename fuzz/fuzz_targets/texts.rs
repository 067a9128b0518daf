//! Fuzzes [`terraform_provider_aiccs::fuzzing::texts`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terraform_provider_aiccs::fuzzing::texts(data));
