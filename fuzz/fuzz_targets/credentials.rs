//! Fuzzes [`aliyun::fuzzing::credentials`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aliyun::fuzzing::credentials(data));
