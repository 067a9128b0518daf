//! The binaries that are measured: the arguments name them.

use std::path::{Path, PathBuf};

use crate::host::Plugin;

/// A program to measure.
pub struct Contestant {
    pub name: &'static str,
    pub binary: PathBuf,
    /// Only started, not loaded.
    pub slow: bool,
}

impl Contestant {
    /// `name` is the folder of its sources too.
    pub fn new((name, binary): (&str, &str)) -> Contestant {
        Contestant { name: name.to_owned().leak(), binary: binary.into(), slow: false }
    }

    /// Started as a host does, without TLS: what tf-provider's TLS is built on refuses the certificates of hosts.
    pub fn start(&self) -> Plugin {
        Plugin::spawn(&mut Plugin::command_of(&self.binary))
    }

    /// Lines of its source that are code.
    pub fn lines(&self) -> usize {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(self.name).join("src/main.rs");
        let text = std::fs::read_to_string(file).expect("the sources are beside this one");
        text.lines()
            .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"))
            .count()
    }
}
