//! Which door: plugin (default), `--debug`, `--version` or `--help`. Nothing else.

fn main() {}
