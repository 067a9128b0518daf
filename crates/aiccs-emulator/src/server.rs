//! The HTTP/1 server: bytes in, bytes out, and connections cut when a fault says so.
//! It must not know the service; it is the only file here that touches the network.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::answer::Answer;
use super::dispatch::{self, LONGEST_BODY, Outcome};
use super::faults::Delivery;
use super::late;
use super::options::{Options, reachable};
use super::request::Request;
use super::world::World;

/// A running emulator; it ends when this is dropped.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    world: Arc<Mutex<World>>,
    accepting: JoinHandle<()>,
}

/// Starts an emulator within the current tokio runtime.
pub async fn start(options: Options) -> io::Result<Running> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    reachable(&options).map_err(invalid)?;
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    let world = Arc::new(Mutex::new(World::new(options)?));
    let accepting = tokio::spawn(accept(listener, Arc::clone(&world)));
    Ok(Running { address, world, accepting })
}

/// Serves until SIGTERM or SIGINT; the first line on standard output names the address.
pub async fn serve(options: Options) -> io::Result<()> {
    let ended = asked_to_end()?;
    let running = start(options).await?;
    if !running.address.ip().is_loopback() {
        // A closed standard error hears nothing.
        let _told = writeln!(
            io::stderr(),
            "aiccs-emulator: other machines can reach it; whoever does can read and change everything in it"
        );
    }
    let mut output = io::stdout();
    writeln!(output, "listening on {}", running.url())?;
    output.flush()?;
    ended.await
}

/// Serves while a program runs that finds endpoints and key in its environment; its exit code.
pub async fn run(options: Options, program: Vec<String>) -> io::Result<i32> {
    let key = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", options.access_key_id.clone()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", options.access_key_secret.clone()),
    ];
    let running = start(options).await?;
    let Some((name, arguments)) = program.split_first() else { return Ok(0) };
    let mut command = std::process::Command::new(name);
    command.args(arguments).envs(key);
    for name in OTHER_KEYS {
        command.env_remove(name);
    }
    for name in ["AICCS_ENDPOINT", "STS_ENDPOINT", "DYVMS_ENDPOINT"] {
        command.env(name, running.url());
    }
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{name}: {error}"));
    let mut child = command.spawn().map_err(named)?;
    let ended =
        tokio::task::spawn_blocking(move || child.wait()).await.map_err(io::Error::other)??;
    // A program that a signal has ended has no code.
    Ok(ended.code().unwrap_or(1))
}

/// Whatever else would win over the emulator's key and endpoints, or add to them.
const OTHER_KEYS: &[&str] = &[
    "ALICLOUD_ACCESS_KEY",
    "ALICLOUD_SECRET_KEY",
    "ALICLOUD_SECURITY_TOKEN",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "ALIBABACLOUD_SECURITY_TOKEN",
    "ALIBABA_CLOUD_ENDPOINT_AICCS",
    "ALIBABA_CLOUD_ENDPOINT_STS",
    "ALIBABA_CLOUD_ENDPOINT_DYVMSAPI",
    "ALICLOUD_PROFILE",
    "ALIBABA_CLOUD_PROFILE",
];

impl Running {
    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// As `GET /__journal`.
    pub fn journal(&self) -> Value {
        self.ask("GET", "/__journal", &Value::Null)
    }

    /// As `GET /__tasks`.
    pub fn tasks(&self) -> Value {
        self.ask("GET", "/__tasks", &Value::Null)
    }

    /// As `GET /__late`: the operations that are still due.
    pub fn late(&self) -> Value {
        self.ask("GET", "/__late", &Value::Null)
    }

    /// As `POST /__release`: does what is due, all of it or `{"id": N}`.
    pub fn release(&self, body: &Value) -> Value {
        self.ask("POST", "/__release", body)
    }

    /// As `POST /__control`; a refusal is `{"error": ...}`.
    pub fn control(&self, body: &Value) -> Value {
        self.ask("POST", "/__control", body)
    }

    /// Any of the emulator's own endpoints, without the network; `/__settled` does not wait here.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = Request::new(method, path, Vec::new(), body.to_string().into_bytes());
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = dispatch::handle(&mut world, &request).answer;
        serde_json::from_str(&answer.body).unwrap_or_else(|_| json!({ "error": answer.body }))
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.accepting.abort();
        // Another emulator may have the file at once, whenever the runtime drops the connections.
        self.world.lock().unwrap_or_else(PoisonError::into_inner).store.close();
    }
}

/// The connections end with this task.
async fn accept(listener: TcpListener, world: Arc<Mutex<World>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&world)));
                }
                // No descriptor is free: one may be soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, world: Arc<Mutex<World>>) {
    let service = service_fn(|request| answer(request, Arc::clone(&world)));
    // An error is a connection that a client or a fault has cut: there is nobody to tell.
    let _ended = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: HttpRequest<Incoming>,
    world: Arc<Mutex<World>>,
) -> io::Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let longest = if parts.uri.path().starts_with("/__") { LONGEST_OWN_BODY } else { LONGEST_BODY };
    let body =
        tokio::time::timeout(PATIENCE, read(body, longest)).await.map_err(io::Error::other)??;
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers =
        parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let request = Request::new(parts.method.as_str(), target, headers, body);
    if request.path == "/__settled" {
        settled(&world).await;
    }
    let (Outcome { answer, delivery, late }, now) = {
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        (dispatch::handle(&mut world, &request), world.now())
    };
    if let Some((id, delay)) = late {
        tokio::spawn(async move {
            // The fault says how late it comes in.
            tokio::time::sleep(delay).await;
            let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
            late::release(&mut world, Some(id));
            // Nobody hears of an error; the next call meets it again.
            let _saved = world.store.save();
        });
    }
    match delivery {
        Delivery::Now => {}
        // The fault says how long the answer takes.
        Delivery::After(delay) => tokio::time::sleep(delay).await,
        Delivery::Cut => return Err(io::Error::other("cut by a fault")),
        Delivery::Never => std::future::pending().await,
    }
    respond(answer, now)
}

/// At most one byte more than `longest` is kept. Some more is read and forgotten: a client that still writes hears no answer.
async fn read(mut body: Incoming, longest: usize) -> io::Result<Vec<u8>> {
    let (mut kept, mut total) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        total += data.len();
        let room = (longest + 1).saturating_sub(kept.len()).min(data.len());
        kept.extend_from_slice(data.get(..room).unwrap_or_default());
        if total > longest.saturating_add(FORGOTTEN) {
            break;
        }
    }
    Ok(kept)
}

/// How long a client may take for the head of a request, and for its body.
const PATIENCE: Duration = Duration::from_secs(120);
/// The longest body of the emulator's own endpoints: a million callees.
const LONGEST_OWN_BODY: usize = 512 << 20;
const FORGOTTEN: usize = 64 << 20;

/// Waits until no operation is due by the clock any more.
async fn settled(world: &Mutex<World>) {
    loop {
        let wait = {
            let world = world.lock().unwrap_or_else(PoisonError::into_inner);
            world.late.next().map(|at| at.saturating_sub(world.now()))
        };
        let Some(millis) = wait else { return };
        // One more, so that it is done by then.
        tokio::time::sleep(Duration::from_millis(millis.clamp(0, 1_000).unsigned_abs() + 1)).await;
    }
}

/// A client corrects its clock by `Date`: it is the emulator's clock, not the machine's.
fn respond(answer: Answer, now: i64) -> io::Result<Response<Full<Bytes>>> {
    let mut response = Response::builder()
        .status(answer.status)
        .header(header::CONTENT_TYPE, answer.content_type)
        .header(header::DATE, http_date(now).unwrap_or_default());
    if let Some(millis) = answer.retry_after {
        response = response.header("x-acs-retry-after", millis);
    }
    if let Some(policy) = answer.policy {
        response = response
            .header(header::CONTENT_SECURITY_POLICY, policy)
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header(header::REFERRER_POLICY, "no-referrer")
            .header(header::CACHE_CONTROL, "no-store");
    }
    response.body(Full::new(Bytes::from(answer.body))).map_err(io::Error::other)
}

fn http_date(now: i64) -> Option<String> {
    let timestamp = jiff::Timestamp::from_millisecond(now).ok()?;
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp).ok()
}

/// Listens from now on for the signals that end the emulator.
#[cfg(unix)]
fn asked_to_end() -> io::Result<impl Future<Output = io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => Ok(()),
            _ = interrupted.recv() => Ok(()),
        }
    })
}

#[cfg(not(unix))]
fn asked_to_end() -> io::Result<impl Future<Output = io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
