//! What the wing needs from outside, as one argument: clock, randomness, environment, files, processes, network.
//! The only file that touches the real ones (the network through `http.rs`); tests bring their own.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;

use super::error::Error;
use super::http::{Http, Reply, Request};

/// A boxed future: the answer of a method that waits.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a finished process said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its exit status; none: a signal ended it.
    pub status: Option<i32>,
    /// Its standard output; may hold secrets, never log it.
    pub output: Vec<u8>,
}

/// The outside world.
pub trait Environment: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Random bytes, fit for a nonce.
    fn random(&self) -> [u8; 16];

    /// An environment variable, without blanks around it, if it is set to a text that is not empty.
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
    ) -> BoxFuture<'a, io::Result<Finished>>;

    /// Sends one request once.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Error>>;
}

/// A path, with `~` as the home directory.
pub(crate) fn expand(path: &str, outside: &dyn Environment) -> PathBuf {
    match (path.strip_prefix('~'), outside.home()) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
            home.join(rest.trim_start_matches(['/', '\\']))
        }
        _ => PathBuf::from(path),
    }
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

impl Environment for Real {
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
        let text = std::env::var(name).ok()?;
        Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn home(&self) -> Option<PathBuf> {
        std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn run<'a>(
        &'a self,
        program: &'a str,
        arguments: &'a [String],
        limit: Duration,
    ) -> BoxFuture<'a, io::Result<Finished>> {
        Box::pin(async move {
            let child = tokio::process::Command::new(program)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .output();
            let late = |_| io::Error::from(io::ErrorKind::TimedOut);
            let output = tokio::time::timeout(limit, child).await.map_err(late)??;
            Ok(Finished { status: output.status.code(), output: output.stdout })
        })
    }

    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Error>> {
        Box::pin(self.http.send(request))
    }
}

#[cfg(test)]
pub(crate) mod fake {
    //! An outside world for unit tests: a clock that tokio's test clock moves, and answers by a script.

    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::Instant;

    use super::*;

    type Handler = dyn Fn(&Request, usize) -> (Duration, Result<Reply, Error>) + Send + Sync;

    /// The outside world of a test.
    pub(crate) struct Fake {
        born: Instant,
        began: Timestamp,
        pub(crate) variables: BTreeMap<String, String>,
        pub(crate) files: BTreeMap<PathBuf, Vec<u8>>,
        /// What programs print, by their whole command line.
        pub(crate) programs: BTreeMap<String, Finished>,
        random: AtomicU32,
        requests: Mutex<Vec<(Duration, Request)>>,
        handler: Box<Handler>,
    }

    impl Fake {
        /// A world whose network answers as `handler` says: after which time, and what; the number of the request from 0 on.
        pub(crate) fn new(
            handler: impl Fn(&Request, usize) -> (Duration, Result<Reply, Error>)
            + Send
            + Sync
            + 'static,
        ) -> Self {
            Self {
                born: Instant::now(),
                began: "2026-01-02T03:04:05Z".parse().unwrap(),
                variables: BTreeMap::new(),
                files: BTreeMap::new(),
                programs: BTreeMap::new(),
                random: AtomicU32::new(0),
                requests: Mutex::default(),
                handler: Box::new(handler),
            }
        }

        /// A world with these variables (`A=1 B=2`) and without network.
        pub(crate) fn with_variables(text: &str) -> Self {
            let nobody = |_: &Request, _| {
                (
                    Duration::ZERO,
                    Err(Error::new(crate::error::Kind::ConnectionRefused, "nobody is there")),
                )
            };
            let pairs = text.split_whitespace().map(|pair| pair.split_once('=').unwrap());
            let variables =
                pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            Self { variables, ..Self::new(nobody) }
        }

        /// How many requests there were.
        pub(crate) fn count(&self) -> usize {
            self.requests.lock().unwrap().len()
        }

        /// When each request came, in milliseconds.
        pub(crate) fn times(&self) -> Vec<u128> {
            self.requests.lock().unwrap().iter().map(|(time, _)| time.as_millis()).collect()
        }

        /// The requests.
        pub(crate) fn requests(&self) -> Vec<Request> {
            self.requests.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
        }
    }

    /// An answer at once.
    pub(crate) fn say(status: u16, body: &str) -> (Duration, Result<Reply, Error>) {
        let body = body.as_bytes().to_vec();
        (Duration::ZERO, Ok(Reply { status, body, ..Reply::default() }))
    }

    impl Environment for Fake {
        fn now(&self) -> Timestamp {
            self.began + self.born.elapsed()
        }

        /// Never the same twice; as a share of 1 always a half.
        fn random(&self) -> [u8; 16] {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&(u32::MAX / 2 + 1).to_be_bytes());
            let count = self.random.fetch_add(1, Ordering::Relaxed);
            bytes[12..].copy_from_slice(&count.to_be_bytes());
            bytes
        }

        fn variable(&self, name: &str) -> Option<String> {
            self.variables.get(name).cloned()
        }

        fn home(&self) -> Option<PathBuf> {
            Some(PathBuf::from("/home/u"))
        }

        fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
            self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
        }

        fn run<'a>(
            &'a self,
            program: &'a str,
            arguments: &'a [String],
            _: Duration,
        ) -> BoxFuture<'a, io::Result<Finished>> {
            let line = [&[program.to_owned()], arguments].concat().join(" ");
            let finished =
                self.programs.get(&line).cloned().ok_or_else(|| io::ErrorKind::NotFound.into());
            Box::pin(std::future::ready(finished))
        }

        fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Error>> {
            let mut requests = self.requests.lock().unwrap();
            let (pause, answer) = (self.handler)(&request, requests.len());
            requests.push((self.born.elapsed(), request));
            Box::pin(async move {
                // Paused clock: the answer takes that long.
                tokio::time::sleep(pause).await;
                answer
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Options, Proxies};

    async fn run(line: &str, limit: Duration) -> String {
        let options = Options {
            connect_timeout: limit,
            read_timeout: limit,
            ca_bundle: None,
            proxies: Proxies::default(),
            user_agent: String::new(),
        };
        let real = Real::new(Http::new(options).unwrap());
        let words: Vec<String> = line.split('|').map(str::to_owned).collect();
        match real.run(&words[0], &words[1..], limit).await {
            Ok(finished) => {
                format!(
                    "{:?} {}",
                    finished.status,
                    String::from_utf8_lossy(&finished.output).trim()
                )
            }
            Err(error) => format!("error: {:?}", error.kind()),
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_is_run_without_a_shell_and_within_its_time() {
        let long = Duration::from_secs(60);
        assert_eq!(run("echo|a  b; $HOME", long).await, "Some(0) a  b; $HOME");
        assert_eq!(run("false", long).await, "Some(1) ");
        assert_eq!(run("no-such-program-anywhere", long).await, "error: NotFound");
        let short = Duration::from_millis(50);
        assert_eq!(run("sleep|600", short).await, "error: TimedOut");
    }
}
