//! The client against golden data and local servers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::{Client, Config, Endpoint, Parameters, SignatureMethod, Wait};
use aliyun::credentials::{Credentials, Secret, Source};
use aliyun::error::{Error, Kind, Processed};
use aliyun::http::{Http, Method, Options, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const OK: &str = r#"{"Code":"OK","Success":true,"Data":true,"RequestId":"R"}"#;

/// What the server does with one request.
enum Act {
    /// Answers: status and body.
    Say(u16, &'static str),
    /// Answers with one more header.
    SayWith(u16, &'static str, String),
    /// Reads the request, then cuts the connection.
    Cut,
    /// Reads the request and stays silent.
    Hang,
    /// Answers so slowly that no end is in sight, and is never silent for long.
    Drip,
}

/// A server on loopback with a script; keeps the requests as text.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(script: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            for act in script {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                seen.lock().unwrap().push(request);
                let (status, body, header) = match act {
                    Act::Say(status, body) => (status, body, String::new()),
                    Act::SayWith(status, body, header) => (status, body, format!("{header}\r\n")),
                    Act::Cut => continue,
                    Act::Drip => {
                        let head = "HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n";
                        let _ = stream.write_all(head.as_bytes()).await;
                        while stream.write_all(b" ").await.is_ok() {
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                        continue;
                    }
                    Act::Hang => {
                        std::future::pending::<()>().await;
                        continue;
                    }
                };
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{header}\r\n"
                );
                stream.write_all((head + body).as_bytes()).await.unwrap();
            }
        });
        Self { address, requests }
    }

    fn client(&self, change: impl FnOnce(&mut Config)) -> Client {
        let credentials = Credentials {
            access_key_id: "LTAIexample".to_owned(),
            access_key_secret: Secret::new("MARKERsecret"),
            security_token: Some(Secret::new("MARKERtoken")),
            expires: None,
        };
        let endpoint = Endpoint::parse(&format!("http://{}", self.address)).unwrap();
        let mut config = Config::new(endpoint, Source::fixed(credentials));
        config.read_timeout = Duration::from_millis(300);
        config.connect_timeout = Duration::from_millis(300);
        change(&mut config);
        Client::new(config).unwrap()
    }

    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    fn request(&self, index: usize) -> String {
        self.requests.lock().unwrap()[index].clone()
    }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length =
                lower.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse().unwrap() {
                return text;
            }
        }
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the request was cut: {text}");
        bytes.extend_from_slice(&buffer[..count]);
    }
}

fn wait() -> Wait {
    Wait::new(CancellationToken::new(), Duration::from_secs(30))
}

fn id() -> TaskId {
    TaskId::parse("118700000000000001").unwrap()
}

fn told(error: &Error) -> String {
    let text = format!("{error} | {error:?} | {}", error.advice());
    assert!(!text.contains("MARKER") && !text.contains("Signature="), "{text}");
    format!("{:?} {:?}", error.kind, error.processed)
}

#[tokio::test]
async fn a_task_id_above_two_to_the_53_stays_exact() {
    let bodies = [
        r#"{"Code":"OK","Success":true,"Data":118700000000000001,"RequestId":"R"}"#,
        r#"{"Code":"OK","Success":true,"Data":"118700000000000001","RequestId":"R"}"#,
    ];
    for body in bodies {
        let server = Server::start(vec![Act::Say(200, body)]).await;
        let (id, answer) = server
            .client(|_| {})
            .create_ai_call_task(Parameters::new().with("TaskName", "测试 a"), &wait())
            .await
            .unwrap();
        assert_eq!((id.as_str(), answer.request_id.as_deref()), ("118700000000000001", Some("R")));
        let request = server.request(0);
        assert!(request.starts_with(
            "POST /?AccessKeyId=LTAIexample&Action=CreateAiCallTask&Format=JSON&SecurityToken="
        ));
        assert!(request.contains("&TaskName=%E6%B5%8B%E8%AF%95%20a&"));
        assert!(request.to_lowercase().contains("\r\ncontent-length: 0\r\n"), "{request}");
    }
}

#[tokio::test]
async fn acs3_sends_business_parameters_only_in_the_query() {
    let server = Server::start(vec![Act::Say(200, OK)]).await;
    let client = server.client(|config| config.signature = SignatureMethod::Acs3HmacSha256);
    client.stop_ai_call_task(&id(), &wait()).await.unwrap();
    let request = server.request(0).to_lowercase();
    assert!(request.starts_with("post /?taskid=118700000000000001 http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nhost: {}\r\n", server.address)));
    assert!(request.contains("\r\nx-acs-action: stopaicalltask\r\n"));
    assert!(request.contains("\r\nauthorization: acs3-hmac-sha256 credential=ltaiexample,signedheaders=host;x-acs-accesskey-id;"));
}

#[tokio::test]
async fn a_query_is_repeated_after_lost_answers_with_fresh_nonces() {
    let page = r#"{"Code":"OK","Success":true,"Data":{"TaskId":"118700000000000001"}}"#;
    let script = vec![
        Act::Cut,
        Act::Say(502, "<html>bad</html>"),
        Act::Say(503, "{\"Code\":\"ServiceUnavailable\"}"),
        Act::Say(200, page),
    ];
    let server = Server::start(script).await;
    let detail = server.client(|_| {}).query_ai_call_task_detail(&id(), &wait()).await.unwrap();
    assert_eq!(detail.unwrap()["TaskId"], "118700000000000001");
    let nonce =
        |index| server.request(index).split_once("SignatureNonce=").unwrap().1[..32].to_owned();
    let nonces: std::collections::HashSet<String> = (0..4).map(nonce).collect();
    assert_eq!(nonces.len(), 4);
}

#[tokio::test]
async fn writes_are_not_repeated_after_a_lost_answer() {
    for act in [
        Act::Cut,
        Act::Say(500, "{\"Code\":\"InternalError\",\"Message\":\"m\"}"),
        Act::Hang,
        Act::Say(200, ""),
    ] {
        let server = Server::start(vec![act, Act::Say(200, OK)]).await;
        let error = server
            .client(|_| {})
            .update_ai_call_task(Parameters::new(), &wait())
            .await
            .unwrap_err();
        assert!(told(&error).ends_with(" Unknown"), "{error}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_throttled_create_is_repeated() {
    let body = r#"{"Code":"OK","Success":true,"Data":7}"#;
    let script = vec![
        Act::Say(400, r#"{"Code":"Throttling.User","Message":"m"}"#),
        Act::SayWith(429, "", "x-acs-retry-after: 20".to_owned()),
        Act::Say(200, body),
    ];
    let server = Server::start(script).await;
    let client = server.client(|config| config.max_retries = 0);
    let (id, _) = client.create_ai_call_task(Parameters::new(), &wait()).await.unwrap();
    assert_eq!((id.as_str(), server.count()), ("7", 3));
}

#[tokio::test]
async fn a_wrong_clock_is_set_from_the_servers_once() {
    let stale = r#"{"Code":"InvalidTimeStamp.Expired","Message":"m"}"#;
    let date = || "date: Tue, 06 Jan 2015 03:04:05 GMT".to_owned();
    let server = Server::start(vec![Act::SayWith(400, stale, date()), Act::Say(200, OK)]).await;
    let client = server.client(|_| {});
    client.stop_ai_call_task(&id(), &wait()).await.unwrap();
    assert!(
        server.request(1).contains("Timestamp=2015-01-06T03%3A04%3A0"),
        "{}",
        server.request(1)
    );
    let server =
        Server::start(vec![Act::SayWith(400, stale, date()), Act::SayWith(400, stale, date())])
            .await;
    let error = server.client(|_| {}).stop_ai_call_task(&id(), &wait()).await.unwrap_err();
    assert_eq!((told(&error), server.count()), ("ClockSkew No".to_owned(), 2));
}

#[tokio::test]
async fn pages_are_followed_until_a_short_one() {
    fn page(count: usize, first: usize) -> &'static str {
        let items: Vec<String> =
            (first..first + count).map(|id| format!("{{\"TaskId\":\"{id}\"}}")).collect();
        let list = items.join(",");
        let body = format!(
            r#"{{"Code":"OK","Success":true,"Data":{{"List":[{list}],"PageSize":50,"Total":50}}}}"#
        );
        Box::leak(body.into_boxed_str())
    }
    let server = Server::start(vec![Act::Say(200, page(50, 1)), Act::Say(200, page(3, 50))]).await;
    let filters = Parameters::new().with("TaskName", "x");
    let tasks = server.client(|_| {}).query_ai_call_task_page(&filters, &wait()).await.unwrap();
    assert_eq!(tasks.len(), 52, "one task moved to the next page and is told once");
    assert!(server.request(1).contains("PageNo=2&PageSize=50"));
}

#[tokio::test]
async fn a_question_is_sent_again_as_often_as_it_is_worth() {
    let throttled = r#"{"Code":"Throttling.User","Message":"slow down","RequestId":"R"}"#;
    for (status, body) in [(500, "{}"), (429, throttled)] {
        for retries in [0, 1] {
            let server = Server::start((0..4).map(|_| Act::Say(status, body)).collect()).await;
            let wait = wait().at_most(retries);
            let asked = server.client(|_| {}).query_ai_call_task_detail(&id(), &wait).await;
            assert!(asked.is_err());
            assert_eq!(server.count(), 1 + retries as usize, "{status}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_drips_ends_with_the_read_timeout() {
    let server = Server::start(vec![Act::Drip]).await;
    let wait = wait().at_most(0);
    let error = server.client(|_| {}).query_ai_call_task_detail(&id(), &wait).await.unwrap_err();
    assert_eq!(told(&error), "Timeout Unknown");
}

#[tokio::test]
async fn a_list_has_an_end() {
    let items: Vec<String> = (0..50_001).map(|id| format!(r#"{{"TaskId":{id}}}"#)).collect();
    let body = format!(r#"{{"Code":"OK","Success":true,"Data":{{"List":[{}]}}}}"#, items.join(","));
    let server = Server::start(vec![Act::Say(200, body.leak())]).await;
    let asked = server.client(|_| {}).query_ai_call_task_page(&Parameters::new(), &wait()).await;
    let error = asked.unwrap_err();
    assert!(error.message.contains("no end within 1,000 pages or 50,000 items"), "{error}");
}

#[tokio::test]
async fn the_time_is_that_of_the_last_answer() {
    let body =
        r#"{"Code":"OK","Success":true,"Data":{"TaskId":"118700000000000001"},"RequestId":"R"}"#;
    let dated = |date: &str| Act::SayWith(200, body, format!("Date: {date}"));
    let server = Server::start(vec![
        dated("Fri, 01 Jan 2100 00:00:00 GMT"),
        Act::Say(200, body),
        dated("Thu, 01 Jan 1998 00:00:00 GMT"),
    ])
    .await;
    let client = server.client(|_| {});
    let year = || client.server_time().strftime("%Y").to_string();
    assert_eq!(client.now().strftime("%Y").to_string(), year(), "nobody has answered yet");
    for expected in ["2100", "2100", "1998"] {
        client.query_ai_call_task_detail(&id(), &wait()).await.unwrap();
        assert_eq!(year(), expected);
    }
}

#[tokio::test]
async fn stop_ends_a_read_at_once_and_never_a_write() {
    let stop = CancellationToken::new();
    let soon = Wait::new(stop.clone(), Duration::from_secs(30));
    let server = Server::start(vec![Act::Hang]).await;
    let client = server.client(|config| config.read_timeout = Duration::from_secs(30));
    let seen = Arc::clone(&server.requests);
    tokio::spawn(async move {
        while seen.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    });
    let error = client.query_ai_call_task_detail(&id(), &soon).await.unwrap_err();
    assert_eq!(error.kind, Kind::Interrupted);
    let error = client.stop_ai_call_task(&id(), &soon).await.unwrap_err();
    assert_eq!(
        (error.kind, error.processed, server.count()),
        (Kind::Interrupted, Processed::No, 1)
    );
}

#[tokio::test]
async fn the_deadline_ends_a_write_with_an_unknown_outcome() {
    let server = Server::start(vec![Act::Hang]).await;
    let client = server.client(|config| config.read_timeout = Duration::from_secs(30));
    let short = Wait::new(CancellationToken::new(), Duration::from_millis(200));
    let error = client.start_ai_call_task(&id(), &short).await.unwrap_err();
    assert_eq!(told(&error), "Deadline Unknown");
}

#[tokio::test]
async fn network_failures_are_told_apart() {
    let at = |endpoint: &str| {
        let endpoint = Endpoint::parse(endpoint).unwrap();
        let credentials = Credentials {
            access_key_id: "a".to_owned(),
            access_key_secret: Secret::new("MARKER"),
            security_token: None,
            expires: None,
        };
        let mut config = Config::new(endpoint, Source::fixed(credentials));
        config.max_retries = 0;
        Client::new(config).unwrap()
    };
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let error =
        at(&format!("http://{address}")).start_ai_call_task(&id(), &wait()).await.unwrap_err();
    assert_eq!(told(&error), "ConnectionRefused No", "{error}");
    assert!(error.message.contains("127.0.0.1"));
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream.read_to_end(&mut Vec::new()).await
    });
    let error =
        at(&format!("https://{address}")).start_ai_call_task(&id(), &wait()).await.unwrap_err();
    assert_eq!(told(&error), "Tls No", "{error}");
    let error =
        at("https://no-such-host.invalid").start_ai_call_task(&id(), &wait()).await.unwrap_err();
    assert!(["Dns No", "Proxy No"].contains(&told(&error).as_str()), "{error}");
}

#[tokio::test]
async fn a_secure_connection_that_breaks_after_the_request_has_left_is_a_lost_answer() {
    let (server, pem) = crate::local::broken_tls(&["127.0.0.1"]);
    let http = Http::new(Options {
        proxies: aliyun::http::Proxies::default(),
        connect_timeout: Duration::from_secs(60),
        read_timeout: Duration::from_secs(60),
        ca_bundle: Some(pem.into_bytes()),
        user_agent: "test".to_owned(),
    })
    .unwrap();
    let url = format!("https://{}/?Action=CreateAiCallTask", server.address);
    let error = http.send(Request::new(Method::Post, url)).await.unwrap_err();
    assert_eq!((error.kind, error.processed), (Kind::AnswerLost, Processed::Unknown), "{error}");
    assert!(server.heads()[0].starts_with("POST /?Action=CreateAiCallTask"));
}

#[tokio::test]
async fn silence_after_the_connection_stands_is_not_borne_as_long_as_a_connection() {
    let server = crate::local::silent();
    let http = Http::new(Options {
        proxies: aliyun::http::Proxies::default(),
        connect_timeout: Duration::from_secs(3600),
        read_timeout: Duration::from_millis(300),
        ca_bundle: None,
        user_agent: "test".to_owned(),
    })
    .unwrap();
    let url = format!("http://{}/", server.address);
    let error = http.send(Request::new(Method::Post, url)).await.unwrap_err();
    assert_eq!((error.kind, error.processed), (Kind::Timeout, Processed::Unknown), "{error}");
}
