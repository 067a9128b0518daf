//! Fuzzes [`aiccs_emulator::fuzzing::http`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aiccs_emulator::fuzzing::http(data));
