//! What the host says in the environment, and the signs by which it ends this process.

use std::collections::BTreeSet;
use std::sync::Arc;
#[cfg(unix)]
use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;
use tracing::debug;

#[cfg(unix)]
use super::services::written;
use crate::hosts::Feature;
use crate::service::Writes;

/// Proves nothing; tells a plugin that a host started it and not a person.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// How often to look whether the host still lives.
#[cfg(unix)]
const PARENT_POLL: std::time::Duration = std::time::Duration::from_secs(1);

/// The process that started this one as a plugin.
#[cfg(unix)]
static PARENT: OnceLock<u32> = OnceLock::new();

/// Whether the host that started this process still lives, as far as the system tells. A provider asks before each write:
/// when the host is gone, another apply may be at work already. True where no host started it.
#[cfg(unix)]
pub fn is_host_there() -> bool {
    PARENT.get().is_none_or(|parent| std::os::unix::process::parent_id() == *parent)
}

/// Windows does not tell.
#[cfg(not(unix))]
pub fn is_host_there() -> bool {
    true
}

pub(super) struct Host {
    /// The host's certificate as PEM; none when the host wants no TLS.
    pub(super) client_certificate: Option<String>,
    /// The host asks for a multiplexed broker.
    pub(super) multiplex: bool,
}

impl Host {
    pub(super) fn from_environment(name: &str) -> Result<Host, String> {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if var(COOKIE.0).as_deref() != Some(COOKIE.1) {
            return Err(by_hand(name));
        }
        // The order of the versions is random; a host that says none predates the variable.
        if let Some(versions) = var("PLUGIN_PROTOCOL_VERSIONS") {
            let versions: BTreeSet<&str> = versions.split(',').map(str::trim).collect();
            if !versions.contains("6") {
                return Err(format!(
                    "{name} speaks plugin protocol 6; this host offers {}. {} speak it.",
                    versions.into_iter().collect::<Vec<_>>().join(", "),
                    Feature::Protocol.hosts()
                ));
            }
        }
        #[cfg(unix)]
        PARENT.get_or_init(std::os::unix::process::parent_id);
        Ok(Host {
            client_certificate: var("PLUGIN_CLIENT_CERT"),
            multiplex: var("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// A host that dies leaves no word: when this process gets another parent, its waits end, and so does the process
    /// once it has written what it was writing.
    #[cfg(unix)]
    pub(super) fn watch_parent(
        &self,
        end: &CancellationToken,
        gone: &CancellationToken,
        writes: &Arc<Writes>,
    ) {
        let (end, gone, writes) = (end.clone(), gone.clone(), writes.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PARENT_POLL).await;
                if !is_host_there() {
                    debug!("the host is gone");
                    gone.cancel();
                    written(&writes).await;
                    return end.cancel();
                }
            }
        });
    }

    #[cfg(not(unix))]
    pub(super) fn watch_parent(
        &self,
        _: &CancellationToken,
        _: &CancellationToken,
        _: &Arc<Writes>,
    ) {
    }
}

fn by_hand(name: &str) -> String {
    format!(
        "{name} is a plugin: Terraform and OpenTofu start it, it does nothing when run by hand.\n\
         Put it where they look for providers, name it in a `required_providers` block, and run \
         `terraform init` and `terraform plan`, or `tofu init` and `tofu plan`.\n\
         Try `{name} --help` for where that is, or `{name} --version`."
    )
}

/// What an interrupt from the terminal means.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Interrupt {
    /// It is the host's affair: it asks for a stop by a call of its own, and a write in flight must complete.
    Ignored,
    /// There is no host to decide.
    Ends,
}

/// A termination ends this process as soon as it has written what it was writing: it often goes to the host as well,
/// which waits for that. An interrupt ends it where no host decides.
#[cfg(unix)]
pub(super) fn watch_signals(
    end: &CancellationToken,
    writes: &Arc<Writes>,
    meaning: Interrupt,
) -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error: std::io::Error| format!("Signals cannot be watched: {error}.");
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let (end, writes) = (end.clone(), writes.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => match meaning {
                    Interrupt::Ignored => debug!("interrupt ignored: the host decides"),
                    Interrupt::Ends => return end.cancel(),
                },
                _ = terminate.recv() => {
                    written(&writes).await;
                    return end.cancel();
                }
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn watch_signals(
    end: &CancellationToken,
    _: &Arc<Writes>,
    meaning: Interrupt,
) -> Result<(), String> {
    let end = end.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            match meaning {
                Interrupt::Ignored => debug!("interrupt ignored: the host decides"),
                Interrupt::Ends => return end.cancel(),
            }
        }
    });
    Ok(())
}
