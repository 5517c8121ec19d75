//! Lines that lose answers, and servers that are no maintbot.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Something that listens on loopback until it is dropped.
pub struct Line {
    pub base: String,
    calls: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Line {
    /// How often it was called.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A line to `base` on which the first `lost` answers get lost: the request has been done by then.
pub async fn lossy(base: &str, lost: usize) -> Line {
    let to = base.trim_start_matches("http://").to_owned();
    listen(move |nth, client| pass_on(to.clone(), client, nth < lost)).await
}

async fn pass_on(to: String, mut client: TcpStream, lost: bool) {
    let mut server = TcpStream::connect(&to).await.expect("the server is there");
    if !lost {
        // Either end may hang up.
        let _ = copy_bidirectional(&mut client, &mut server).await;
        return;
    }
    let (mut from_client, _to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut first = [0];
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = from_server.read(&mut first) => {}
    }
}

/// A server that answers everything with these lines and this body.
pub async fn says(head: &str, body: &str) -> Line {
    let answer = format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    listen(move |_, client| reply(answer.clone(), client)).await
}

async fn reply(answer: String, mut client: TcpStream) {
    let mut asked = Vec::new();
    let mut part = [0; 4096];
    // Small requests: the head, then a body that ends its JSON object.
    while !asked.trim_ascii_end().ends_with(b"}") {
        match client.read(&mut part).await {
            Ok(read) if read > 0 => asked.extend_from_slice(&part[..read]),
            _ => return,
        }
    }
    let _ = client.write_all(answer.as_bytes()).await;
    let _ = client.shutdown().await;
}

async fn listen<F>(each: impl Fn(usize, TcpStream) -> F + Send + 'static) -> Line
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let task = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(each(counted.fetch_add(1, Ordering::SeqCst), client));
        }
    });
    Line { base, calls, task }
}
