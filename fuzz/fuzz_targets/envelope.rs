//! Fuzzes [`aliyun::fuzzing::envelope`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aliyun::fuzzing::envelope(data));
