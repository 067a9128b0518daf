//! Fuzzes [`aliyun::fuzzing::redaction`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aliyun::fuzzing::redaction(data));
