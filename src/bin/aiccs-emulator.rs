//! Flags to `emulator::serve`. Nothing else.

fn main() {}
