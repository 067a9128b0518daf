//! Small servers on this machine that stand for what lies between a user and the service: pages, silence, TLS, proxies.
//! They live as long as the test's process.

use std::future::Future;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A running server.
#[derive(Clone)]
pub struct Local {
    /// `127.0.0.1:PORT`
    pub address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Local {
    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    fn serve<F>(each: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F + Send + 'static) -> Local
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(each(stream, seen.clone()));
                }
            });
        });
        Local { address, heads }
    }
}

/// Answers every request with this status (`200 OK`), type and body.
pub fn answering(status: &str, content_type: &str, body: &str) -> Local {
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    Local::serve(move |mut stream, heads| {
        let answer = answer.clone();
        async move {
            let head = head(&mut stream).await;
            heads.lock().unwrap().push(head);
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes so many times.
    Repeat(Vec<u8>, usize),
    /// These bytes again and again, with a pause of so many milliseconds before each time.
    Drip(Vec<u8>, u64),
    /// Nothing more, and the connection stays.
    Hang,
}

/// Answers every request with what `script` makes of its query or body, and closes.
pub fn scripted(script: impl Fn(&str) -> Vec<Part> + Send + Sync + 'static) -> Local {
    let script = Arc::new(script);
    Local::serve(move |mut stream, heads| {
        let script = script.clone();
        async move {
            let head = head(&mut stream).await;
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            let _ = stream.read_exact(&mut body).await;
            let parts = script(&(head.clone() + &String::from_utf8_lossy(&body)));
            heads.lock().unwrap().push(head);
            let _ = sent(&mut stream, parts).await;
            let _ = stream.shutdown().await;
        }
    })
}

async fn sent(stream: &mut TcpStream, parts: Vec<Part>) -> std::io::Result<()> {
    for part in parts {
        match part {
            Part::Bytes(bytes) => stream.write_all(&bytes).await?,
            Part::Repeat(bytes, times) => {
                for _ in 0..times {
                    stream.write_all(&bytes).await?;
                }
            }
            Part::Drip(bytes, pause) => loop {
                let pause = std::time::Duration::from_millis(pause);
                // The server's own pace, which is what is tested.
                tokio::time::sleep(pause).await;
                stream.write_all(&bytes).await?;
            },
            Part::Hang => {
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await?;
            }
        }
    }
    Ok(())
}

/// Reads every request and never answers.
pub fn silent() -> Local {
    Local::serve(|mut stream, heads| async move {
        let head = head(&mut stream).await;
        heads.lock().unwrap().push(head);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    })
}

/// TLS with a certificate of its own for these names, in front of `upstream`; and that certificate, PEM.
pub fn tls(names: &[&str], upstream: &str) -> (Local, String) {
    let (acceptor, pem) = certified(names);
    let upstream = upstream.to_owned();
    let local = Local::serve(move |stream, _| {
        let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
        async move {
            let Ok(mut near) = acceptor.accept(stream).await else { return };
            let mut far = TcpStream::connect(upstream).await.unwrap();
            let _ = copy_bidirectional(&mut near, &mut far).await;
        }
    });
    (local, pem)
}

/// TLS that breaks after the head of a request was read: what follows cannot be decrypted.
pub fn broken_tls(names: &[&str]) -> (Local, String) {
    let (acceptor, pem) = certified(names);
    let local = Local::serve(move |stream, heads| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut near) = acceptor.accept(stream).await else { return };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match near.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            heads.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
            let (mut stream, _) = near.into_inner();
            // A record of application data that no key has made.
            let _ = stream.write_all(&[&[0x17, 3, 3, 0, 32][..], &[0x2a; 32]].concat()).await;
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        }
    });
    (local, pem)
}

fn certified(names: &[&str]) -> (tokio_rustls::TlsAcceptor, String) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let der = base64::engine::general_purpose::STANDARD.encode(made.cert.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
    (tokio_rustls::TlsAcceptor::from(Arc::new(config)), pem)
}

/// A proxy that leads every CONNECT to `upstream`, whatever host was asked for.
pub fn proxy(upstream: &str) -> Local {
    let upstream = upstream.to_owned();
    Local::serve(move |mut near, heads| {
        let upstream = upstream.clone();
        async move {
            let head = head(&mut near).await;
            heads.lock().unwrap().push(head);
            let mut far = TcpStream::connect(upstream).await.unwrap();
            let _ = near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
            let _ = copy_bidirectional(&mut near, &mut far).await;
        }
    })
}

/// A SOCKS5 proxy that leads every connection to `upstream`; of each the host and port that were asked for are kept.
pub fn socks(upstream: &str) -> Local {
    let upstream = upstream.to_owned();
    Local::serve(move |mut near, heads| {
        let upstream = upstream.clone();
        async move {
            let mut greeting = [0; 2];
            near.read_exact(&mut greeting).await.unwrap();
            let mut methods = vec![0; usize::from(greeting[1])];
            near.read_exact(&mut methods).await.unwrap();
            near.write_all(&[5, 0]).await.unwrap();
            let mut request = [0; 5];
            near.read_exact(&mut request).await.unwrap();
            // A name, not an address: the proxy resolves it.
            assert_eq!(request[..4], [5, 1, 0, 3]);
            let mut rest = vec![0; usize::from(request[4]) + 2];
            near.read_exact(&mut rest).await.unwrap();
            let (name, port) = rest.split_at(rest.len() - 2);
            let port = u16::from_be_bytes([port[0], port[1]]);
            heads.lock().unwrap().push(format!("{}:{port}", String::from_utf8_lossy(name)));
            near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
            let mut far = TcpStream::connect(upstream).await.unwrap();
            let _ = copy_bidirectional(&mut near, &mut far).await;
        }
    })
}

/// An address where nobody listens.
pub fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}
