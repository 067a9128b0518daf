//! What the wing needs from outside, as one argument: clock, randomness, environment, files, processes, network.
//! The only file that touches the real ones (the network through `http.rs`); tests bring their own.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use super::error::Error;
use super::http::{Http, Reply, Request};

/// A boxed future: the answer of a method that waits.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a finished process said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Whether it ended with status 0.
    pub success: bool,
    /// Its standard output; may hold secrets, never log it.
    pub output: Vec<u8>,
}

/// The outside world.
pub trait Surroundings: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Random bytes, fit for a nonce.
    fn random(&self) -> [u8; 16];

    /// An environment variable, if it is set to a text that is not empty.
    fn variable(&self, name: &str) -> Option<String>;

    /// The user's home directory.
    fn home(&self) -> Option<PathBuf>;

    /// A whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Runs a program (no shell), at most for `limit`.
    fn run<'a>(
        &'a self,
        program: &'a str,
        arguments: &'a [String],
        limit: Duration,
    ) -> Later<'a, io::Result<Finished>>;

    /// Sends one request once.
    fn send(&self, request: Request) -> Later<'_, Result<Reply, Error>>;
}

/// The real world.
pub struct Real {
    http: Http,
}

impl Real {
    /// The real world, with this way to the network.
    pub fn new(http: Http) -> Self {
        Self { http }
    }
}

impl Surroundings for Real {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        // The system's generator fails only where the system is broken; the clock keeps nonces apart even then.
        if rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).is_err() {
            bytes = Timestamp::now().as_nanosecond().to_be_bytes();
        }
        bytes
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|text| !text.is_empty())
    }

    fn home(&self) -> Option<PathBuf> {
        std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn run<'a>(
        &'a self,
        _program: &'a str,
        _arguments: &'a [String],
        _limit: Duration,
    ) -> Later<'a, io::Result<Finished>> {
        Box::pin(async { Err(io::Error::from(io::ErrorKind::Unsupported)) })
    }

    fn send(&self, request: Request) -> Later<'_, Result<Reply, Error>> {
        Box::pin(self.http.send(request))
    }
}
