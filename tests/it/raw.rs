//! Requests as bytes over a real connection: cut off, without an end, with lengths that are lies.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use maintbot::web;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves the router as the program does, on a free port.
pub async fn served(app: Router, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(web::serve(listener, app, stop.clone().cancelled_owned()));
    address
}

/// Writes this to the server, and gives the status of the answer; none where the connection ends without one. With
/// `hang_up` the connection is closed at once, as when the sender dies.
pub async fn status(address: SocketAddr, bytes: Vec<u8>, hang_up: bool) -> Option<u16> {
    let talk = move || {
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        // What is refused early is not read to its end.
        let _ = stream.write_all(&bytes);
        if hang_up {
            return None;
        }
        let mut head = Vec::new();
        let mut part = [0; 1024];
        while !head.ends_with(b"\r\n") && head.len() < 12 {
            match stream.read(&mut part) {
                Ok(0) | Err(_) => break,
                Ok(read) => head.extend(&part[..read]),
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    };
    tokio::task::spawn_blocking(talk).await.expect("it is tried")
}

/// A request that can be written down byte by byte.
pub trait Raw {
    /// The head, without what ends it: how long the body is.
    fn head(&self) -> Vec<u8>;

    fn body(&self) -> &[u8];

    /// With the length of the body.
    fn sized(&self) -> Vec<u8> {
        self.announced(self.body().len())
    }

    /// With a length that may be a lie.
    fn announced(&self, length: usize) -> Vec<u8> {
        [&self.head()[..], format!("content-length: {length}\r\n\r\n").as_bytes(), self.body()].concat()
    }

    /// In parts whose lengths nobody knows before; without the last part it never ends.
    fn chunked(&self, ends: bool) -> Vec<u8> {
        let mut bytes = [&self.head()[..], b"transfer-encoding: chunked\r\n\r\n"].concat();
        for part in self.body().chunks(60_000) {
            bytes.extend([format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat());
        }
        if ends {
            bytes.extend(b"0\r\n\r\n");
        }
        bytes
    }
}
