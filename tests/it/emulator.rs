//! The emulator as a client sees it: signatures, rules, faults.
