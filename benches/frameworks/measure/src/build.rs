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

    /// Started as a host does, with mutual TLS.
    pub fn start(&self) -> Plugin {
        let mut command = Plugin::command_of(&self.binary);
        Plugin::spawn(command.env("PLUGIN_CLIENT_CERT", crate::host::HOST_PEM))
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
