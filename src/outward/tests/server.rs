//! A server that answers by script, and failures as tests name them: for the tests of clients, which take this file in as a
//! module of their own.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::outward::Failure;

/// What the server does with one request.
pub enum Reply {
    Json(u16, Value),
    With(u16, Vec<(&'static str, String)>, Value),
    Text(u16, String),
    /// Reads the request and closes.
    Close,
    /// Reads the request and says nothing.
    Hang,
}

/// A request as it came.
pub struct Got {
    /// Method and target.
    pub line: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A server on this machine with a reply for each request that comes.
pub struct Server {
    pub url: String,
    got: mpsc::Receiver<Got>,
}

impl Server {
    pub fn new(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut replies = VecDeque::from(replies);
        let (tell, got) = mpsc::channel();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            while let Some(reply) = replies.pop_front() {
                let Ok((mut stream, _)) = listener.accept() else { return };
                // The receiver is gone when the test is over.
                let _ = tell.send(read(&stream));
                let (status, headers, text) = match reply {
                    Reply::Json(status, body) => (status, Vec::new(), body.to_string()),
                    Reply::With(status, headers, body) => (status, headers, body.to_string()),
                    Reply::Text(status, text) => (status, Vec::new(), text),
                    Reply::Close => continue,
                    Reply::Hang => {
                        silent.push(stream);
                        continue;
                    }
                };
                let extra: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let extra = extra.concat();
                let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", text.len());
                let _ = stream.write_all(format!("{head}{extra}\r\n{text}").as_bytes());
            }
            drop(silent);
        });
        Self { url, got }
    }

    pub fn next(&self) -> Got {
        self.got.recv_timeout(Duration::from_secs(10)).expect("a request")
    }

    pub fn lines(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next().line).collect()
    }

    /// Whether nothing else has come.
    pub fn is_idle(&self) -> bool {
        self.got.try_recv().is_err()
    }
}

fn read(stream: &TcpStream) -> Got {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let first = lines.remove(0);
    let pair = |line: String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<(String, String)> = lines.into_iter().filter_map(pair).collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let line = first.trim_end_matches(" HTTP/1.1").to_owned();
    Got { line, headers, body: String::from_utf8(body).expect("text") }
}

/// Which of its kinds a failure is.
pub fn kind(failure: &Failure) -> &'static str {
    match failure {
        Failure::Later { .. } => "later",
        Failure::Unsure { .. } => "unsure",
        Failure::Missing { .. } => "missing",
        Failure::Refused { .. } => "refused",
    }
}
