//! Fuzzes [`aiccs_emulator::fuzzing::parameters`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aiccs_emulator::fuzzing::parameters(data));
