//! A receiver of webhooks that can fail in every way that a receiver and the network can. It speaks HTTP by hand: what it
//! sends need not be HTTP at all.

mod judge;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use maintbot::clock::Clock;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use judge::{cloud_events, node_accepts, python_accepts};

/// What came.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    /// By name in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// By the story's clock (UTC).
    pub at: DateTime<Utc>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The last word of its type: `announcement`.
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().and_then(|kind| kind.rsplit('.').next()).unwrap_or_default().to_owned()
    }
}

/// How a request is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// With a status and headers.
    Status(u16, Vec<(&'static str, String)>),
    /// Not at all, and the connection stays.
    Hang,
    /// One byte of the head after the other, without an end.
    SlowHead,
    /// The connection is reset before a word.
    Reset,
    /// Taken, and the connection is reset in the middle of the body.
    ResetInBody,
    /// Taken, with a body that never ends, byte by byte.
    SlowBody,
    /// Taken, with a body of a gigabyte.
    HugeBody,
    /// Headers without an end.
    HugeHead,
    /// Something that is not HTTP.
    Garbage,
    /// As [`Answer::Hang`], and [`Receiver::stalled`] returns.
    Stall,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new())
    }

    pub fn with(status: u16, name: &'static str, value: &str) -> Self {
        Self::Status(status, vec![(name, value.to_owned())])
    }
}

/// What is answered to a request; `None` leaves it to the next rule, at last to 204.
type Rule = Box<dyn Fn(&Received) -> Option<Answer> + Send>;

#[derive(Default)]
struct State {
    received: Vec<Received>,
    rules: Vec<Rule>,
    clock: Option<Clock>,
}

/// A running receiver, stopped when it is dropped.
pub struct Receiver {
    pub url: String,
    state: Arc<Mutex<State>>,
    stalled: Arc<Notify>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (state, stalled) = (Arc::<Mutex<State>>::default(), Arc::new(Notify::new()));
        let (known, stall) = (state.clone(), stalled.clone());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that goes away in the middle is what is tested.
                tokio::spawn(serve(stream, known.clone(), stall.clone()));
            }
        });
        Self { url, state, stalled, serving }
    }

    /// Times are those of a story.
    pub fn follow(&self, clock: &Clock) {
        self.state.lock().expect("whole").clock = Some(clock.clone());
    }

    /// From now on requests are answered by this rule first.
    pub fn answer(&self, rule: impl Fn(&Received) -> Option<Answer> + Send + 'static) {
        self.state.lock().expect("whole").rules.insert(0, Box::new(rule));
    }

    /// Everything is answered so.
    pub fn always(&self, answer: Answer) {
        self.answer(move |_| Some(answer.clone()));
    }

    /// The next request is answered so, and what follows as before.
    pub fn once(&self, answer: Answer) {
        let left = Mutex::new(Some(answer));
        self.answer(move |_| left.lock().expect("whole").take());
    }

    /// Everything is taken again.
    pub fn heal(&self) {
        self.state.lock().expect("whole").rules.clear();
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.lock().expect("whole").received.clone()
    }

    /// Ids of what came, in order.
    pub fn ids(&self) -> Vec<String> {
        self.received().iter().map(|one| one.id().to_owned()).collect()
    }

    /// Kinds of what came, in order.
    pub fn kinds(&self) -> Vec<String> {
        self.received().iter().map(Received::kind).collect()
    }

    /// Returns once a request came that is answered by [`Answer::Stall`].
    pub async fn stalled(&self) {
        self.stalled.notified().await;
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>, stalled: Arc<Notify>) {
    let mut stream = BufReader::new(stream);
    while let Some(mut received) = request(&mut stream).await {
        let answer = {
            let mut state = state.lock().expect("whole");
            received.at = state.clock.as_ref().map_or_else(Clock::wall, Clock::now);
            state.received.push(received.clone());
            state.rules.iter().find_map(|rule| rule(&received)).unwrap_or_else(|| Answer::status(204))
        };
        if give(stream.get_mut(), answer, &stalled).await.is_none() {
            return;
        }
    }
}

/// One request; `None` where the client goes away.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    let mut next = async |stream: &mut BufReader<TcpStream>| {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = next(stream).await?;
    let (method, path) = first.split_once(' ')?;
    let path = path.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let line = next(stream).await?;
        let Some((name, value)) = line.split_once(':') else { break };
        let twice = headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        assert!(twice.is_none(), "{name} comes twice");
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let body = String::from_utf8(body).expect("UTF-8");
    Some(Received { method: method.to_owned(), path, headers, body, at: DateTime::UNIX_EPOCH })
}

/// Answers; `None`: the connection is at its end.
async fn give(stream: &mut TcpStream, answer: Answer, stalled: &Notify) -> Option<()> {
    let drip = async |stream: &mut TcpStream, piece: &[u8]| {
        while stream.write_all(piece).await.is_ok() {
            Clock::pause(Duration::from_millis(50)).await;
        }
    };
    match answer {
        Answer::Status(status, headers) => {
            let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let headers = headers.concat();
            let body = if status == 204 { "" } else { "content-length: 2\r\n" };
            let text =
                format!("HTTP/1.1 {status} Said\r\n{headers}{body}\r\n{}", if body.is_empty() { "" } else { "ok" });
            stream.write_all(text.as_bytes()).await.ok()
        }
        Answer::Hang => std::future::pending().await,
        Answer::Stall => {
            stalled.notify_one();
            std::future::pending().await
        }
        Answer::SlowHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await.ok()?;
            drip(stream, b"x").await;
            None
        }
        Answer::Reset => {
            let _ = stream.set_zero_linger();
            None
        }
        Answer::ResetInBody => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await.ok()?;
            let _ = stream.set_zero_linger();
            None
        }
        Answer::SlowBody => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await.ok()?;
            drip(stream, b"x").await;
            None
        }
        Answer::HugeBody => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").await.ok()?;
            let piece = vec![b'x'; 1 << 16];
            while stream.write_all(&piece).await.is_ok() {}
            None
        }
        Answer::HugeHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await.ok()?;
            let line = format!("x: {}\r\n", "x".repeat(60_000));
            while stream.write_all(line.as_bytes()).await.is_ok() {}
            None
        }
        Answer::Garbage => {
            stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.ok()?;
            None
        }
    }
}
