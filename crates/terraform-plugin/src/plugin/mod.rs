//! go-plugin's contract: how Terraform starts this process, talks to it and ends it. Knows no schema and no
//! resource. stdout belongs to the handshake line.

mod certificate;
mod handshake;
mod host;
mod listen;
mod log;
mod panics;
mod reattach;
mod serve;
mod services;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tfplugin_proto::tfplugin6::provider_server::Provider as Rpc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::handshake::Handshake;
use self::host::Host;
pub use self::host::is_host_there;
use self::serve::Services;
use super::driver::Provider;
use super::service::{Service, Writes};

/// How long an answered shutdown may take to flush.
const FLUSH: Duration = Duration::from_millis(200);

/// What this program is called.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Program {
    /// The binary's name.
    pub name: &'static str,
    /// The provider's addresses in the registries of Terraform and OpenTofu, in full.
    pub addresses: &'static [&'static str],
    /// The crates whose logs are written beside the framework's own. Dependencies may log addresses with secrets in them.
    pub log_crates: &'static [&'static str],
}

impl Program {
    /// A program of which no crate but the framework logs.
    pub const fn new(name: &'static str, addresses: &'static [&'static str]) -> Program {
        Program { name, addresses, log_crates: &[] }
    }

    /// With the crates whose logs are written too.
    #[must_use]
    pub const fn log_crates(mut self, crates: &'static [&'static str]) -> Program {
        self.log_crates = crates;
        self
    }
}

/// Serves a provider to the host that started this process, until the host ends it.
pub fn serve<P: Provider>(provider: P, program: Program) -> ExitCode {
    serve_calls(program, |gone, writes| service(provider, gone, writes))
}

/// So too, with the calls answered by whatever is made once the process is ready to serve.
pub(super) fn serve_calls<S: Rpc>(
    program: Program,
    make: impl FnOnce(CancellationToken, &Arc<Writes>) -> S,
) -> ExitCode {
    exit(Host::from_environment(program.name).and_then(|host| {
        log::install(program);
        run(process(make, program.name, host))
    }))
}

/// A provider's calls. `gone`: the host is, so that nothing waits any more.
pub(super) fn service<P: Provider>(
    provider: P,
    gone: CancellationToken,
    writes: &Arc<Writes>,
) -> Service<P> {
    let service = Service::new(provider, writes.clone());
    service.stop_when(gone);
    service
}

/// Serves a provider to any host that is told where, without TLS, until an interrupt.
pub fn serve_debug<P: Provider>(provider: P, program: Program) -> ExitCode {
    log::install(program);
    exit(run(debugged(provider, program)))
}

fn exit(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Without a handshake the host shows the user nothing but this.
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    panics::install();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("The asynchronous runtime cannot start: {error}."))?;
    let result = panics::told(|| runtime.block_on(work));
    // A name that does not resolve occupies a thread of its own: the process does not wait for it.
    runtime.shutdown_background();
    result
}

async fn debugged<P: Provider>(provider: P, program: Program) -> Result<(), String> {
    let (end, writes) = (CancellationToken::new(), Arc::new(watch::Sender::new(0)));
    host::watch_signals(&end, &writes, host::Interrupt::Ends)?;
    let socket = listen::Listener::bind(program.name)?;
    let attach = reattach::text(program.addresses, socket.network(), &socket.address());
    std::io::stdout()
        .write_all(attach.as_bytes())
        .map_err(|error| format!("Where to attach cannot be written: {error}."))?;
    let incoming = socket.accept(None, end.clone());
    let service = service(provider, CancellationToken::new(), &writes);
    serve_services(service, incoming, &end, writes).await;
    Ok(())
}

async fn process<S: Rpc>(
    make: impl FnOnce(CancellationToken, &Arc<Writes>) -> S,
    name: &str,
    host: Host,
) -> Result<(), String> {
    let (end, writes) = (CancellationToken::new(), Arc::new(watch::Sender::new(0)));
    host::watch_signals(&end, &writes, host::Interrupt::Ignored)?;
    let gone = CancellationToken::new();
    host.watch_parent(&end, &gone, &writes);
    let generate = |host: &str| certificate::ServerIdentity::generate(name, host);
    let identity = host.client_certificate.as_deref().map(generate).transpose()?;
    let socket = listen::Listener::bind(name)?;
    let handshake = Handshake {
        network: socket.network(),
        address: socket.address(),
        certificate: identity.as_ref().map(|identity| identity.certificate.as_ref()),
        multiplex: host.multiplex,
    };
    handshake.print().map_err(|error| format!("The handshake line cannot be written: {error}."))?;
    let tls = identity.map(|identity| identity.acceptor());
    let incoming = socket.accept(tls, end.clone());
    serve_services(make(gone, &writes), incoming, &end, writes).await;
    Ok(())
}

async fn serve_services<S: Rpc>(
    service: S,
    incoming: listen::Incoming,
    end: &CancellationToken,
    writes: Arc<Writes>,
) {
    let served = serve::serve(Services::new(service, end, writes.clone()), incoming, end);
    // A write in flight completes, also when its caller is gone.
    let flushed = async {
        end.cancelled().await;
        services::settled(&writes).await;
        tokio::time::sleep(FLUSH).await;
    };
    tokio::select! {
        () = served => services::settled(&writes).await,
        () = flushed => {}
    }
}
