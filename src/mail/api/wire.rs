//! The connection below SMTP: what a server can make us read is bounded, and nothing that it says in the open counts once
//! the connection is secret.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a server may say while one mail is handed over, its certificates included (bytes). Answers have a few lines.
const MOST: usize = 256 * 1024;
/// The first byte of what a client says in TLS: a record of the handshake (RFC 8446, 5.1). No command begins with it.
const HANDSHAKE: u8 = 0x16;

/// How much may still be read; shared with the connection's owner.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(MOST)))
    }

    /// From now on as much as at the beginning.
    pub(super) fn refill(&self) {
        self.0.store(MOST, Ordering::Relaxed);
    }
}

/// A TCP connection that is read only so far. Before TLS begins it is read byte by byte: whatever somebody on the way adds
/// behind the answer to STARTTLS is then not waiting to be taken for an answer inside TLS, but spoils the handshake
/// (CVE-2011-0411 is that flaw in servers).
pub(super) struct Wire {
    tcp: TcpStream,
    budget: Budget,
    is_secret: bool,
}

impl Wire {
    pub(super) fn new(tcp: TcpStream, budget: Budget) -> Self {
        Self { tcp, budget, is_secret: false }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("is_secret", &self.is_secret).finish_non_exhaustive()
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = self.budget.0.load(Ordering::Relaxed);
        if left == 0 {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the server says too much")));
        }
        let most = if self.is_secret { left } else { 1 };
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most.min(buf.remaining())));
        ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buf.advance(read);
        self.budget.0.store(left.saturating_sub(read), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_secret |= bytes.first() == Some(&HANDSHAKE);
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
