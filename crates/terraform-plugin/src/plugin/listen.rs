//! Where the host connects: a unix socket in a directory of its own, or TCP on the loopback. Each TLS
//! handshake runs in its own task, so that a slow one holds up nobody.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// How long a peer may take for its TLS handshake.
const TLS_HANDSHAKE: Duration = Duration::from_secs(10);

/// How much of a program's name is part of the socket's path.
#[cfg(unix)]
const LONGEST_NAME: usize = 16;

/// Connections that are ready to serve.
pub(super) type Incoming = mpsc::Receiver<Connection>;

pub(super) enum Listener {
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, unix::Directory),
    Tcp(TcpListener),
}

impl Listener {
    /// A unix socket where that is possible, in a directory that is named after the program, else TCP on a free port of the
    /// loopback.
    #[cfg_attr(not(unix), expect(unused_variables, reason = "a port has no name"))]
    pub(super) fn bind(program: &str) -> Result<Listener, String> {
        #[cfg(unix)]
        match unix::bind(program) {
            Ok((listener, directory)) => return Ok(Listener::Unix(listener, directory)),
            Err(error) => debug!(%error, "no unix socket, TCP instead"),
        }
        let failed = |error: io::Error| format!("No socket for the host can be opened: {error}.");
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Listener::Tcp(TcpListener::from_std(listener).map_err(failed)?))
    }

    pub(super) fn network(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            Listener::Unix(..) => "unix",
            Listener::Tcp(_) => "tcp",
        }
    }

    pub(super) fn address(&self) -> String {
        match self {
            #[cfg(unix)]
            Listener::Unix(_, directory) => directory.socket().to_string_lossy().into_owned(),
            Listener::Tcp(listener) => {
                listener.local_addr().map(|a| a.to_string()).unwrap_or_default()
            }
        }
    }

    /// Accepts until `end`; the socket's directory is gone afterwards.
    pub(super) fn accept(self, tls: Option<TlsAcceptor>, end: CancellationToken) -> Incoming {
        let (ready, incoming) = mpsc::channel(16);
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = self.next() => accepted,
                    () = end.cancelled() => return,
                };
                match accepted {
                    Ok(stream) => {
                        tokio::spawn(admit(stream, tls.clone(), ready.clone()));
                    }
                    Err(error) => {
                        // Out of file descriptors, most likely: leave the others time to end.
                        debug!(%error, "a connection was not accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            }
        });
        incoming
    }

    async fn next(&self) -> io::Result<Connection> {
        match self {
            #[cfg(unix)]
            Listener::Unix(listener, _) => Ok(Connection(Box::pin(listener.accept().await?.0))),
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Connection(Box::pin(stream)))
            }
        }
    }
}

async fn admit(stream: Connection, tls: Option<TlsAcceptor>, ready: mpsc::Sender<Connection>) {
    let connection = match tls {
        None => stream,
        Some(tls) => match tokio::time::timeout(TLS_HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => Connection(Box::pin(stream)),
            Ok(Err(error)) => return debug!(%error, "a TLS handshake was refused"),
            Err(_) => return debug!("a TLS handshake took too long"),
        },
    };
    // The server is gone only when the process ends.
    let _ = ready.send(connection).await;
}

/// A program's name as part of a path that has to stay short: after `terraform-provider-`, and no more than a few letters of it.
#[cfg(unix)]
fn short(program: &str) -> String {
    let name = program.trim_start_matches("terraform-provider-").chars();
    let plain = name.filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-');
    format!("tf-{}", plain.take(LONGEST_NAME).collect::<String>())
}

trait Stream: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// A connection of any kind.
pub(super) struct Connection(Pin<Box<dyn Stream>>);

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

#[cfg(unix)]
mod unix {
    use std::hash::{BuildHasher, RandomState};
    use std::io;
    use std::os::unix::fs::DirBuilderExt;
    use std::path::{Path, PathBuf};

    use tokio::net::UnixListener;

    /// A socket's path must fit the kernel's structure, its ending zero included.
    const MAX_PATH: usize = 104;

    /// A directory that only this user can enter, and that is gone when the process ends.
    pub(in super::super) struct Directory(PathBuf);

    impl Directory {
        pub(super) fn socket(&self) -> PathBuf {
            self.0.join("plugin")
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(self.socket());
            let _ = std::fs::remove_dir(&self.0);
        }
    }

    pub(super) fn bind(program: &str) -> io::Result<(UnixListener, Directory)> {
        let parent = std::env::var_os("PLUGIN_UNIX_SOCKET_DIR").filter(|dir| !dir.is_empty());
        let parent = parent.map_or_else(std::env::temp_dir, PathBuf::from);
        let directory = fresh(&parent, program)?;
        let socket = directory.socket();
        if socket.as_os_str().len() > MAX_PATH || !socket.is_absolute() || socket.to_str().is_none()
        {
            return Err(io::Error::other("the temporary directory's path does not fit a socket"));
        }
        Ok((UnixListener::bind(&socket)?, directory))
    }

    fn fresh(parent: &Path, program: &str) -> io::Result<Directory> {
        // A collision is as unlikely as guessing the name; the directory is refused then, not shared.
        let number = RandomState::new().hash_one(std::process::id());
        let name = format!("{}-{number:016x}", super::short(program));
        let path = parent.join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Directory(path))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Listener, short};

    #[test]
    fn the_directory_is_named_after_the_program_and_gone_afterwards() {
        for (program, expected) in [
            ("terraform-provider-memo", "tf-memo"),
            ("terraform-provider-a_b/../c", "tf-abc"),
            ("terraform-provider-one-of-a-very-long-name", "tf-one-of-a-very-lo"),
            ("", "tf-"),
        ] {
            assert_eq!(short(program), expected);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let listener = Listener::bind("terraform-provider-memo").unwrap();
        let socket = std::path::PathBuf::from(listener.address());
        let directory = socket.parent().unwrap();
        let name = directory.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("tf-memo-") && socket.exists(), "{name}");
        drop(listener);
        assert!(!directory.exists());
    }
}
