//! What doubles serve over: a thread of their own, and connections that can be cut: a client then sees a reset and no answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Starts a double on a thread of its own, so that it answers also while the test waits, and ends it when the guard is
/// dropped. `begin` gets a listener on a free port and its address, and gives what the test sees of the double and what serves.
pub async fn started<S, F>(begin: impl FnOnce(TcpListener, String) -> (S, F) + Send + 'static) -> (S, DropGuard)
where
    S: Send + 'static,
    F: Future<Output = ()> + 'static,
{
    let (tell, told) = oneshot::channel();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let url = format!("http://{}", listener.local_addr().expect("an address"));
            let (seen, serving) = begin(listener, url);
            assert!(tell.send(seen).is_ok(), "the test waits for it");
            stopped.run_until_cancelled(serving).await;
        });
    });
    (told.await.expect("the double starts"), stop.drop_guard())
}

/// Serves until it is dropped, over connections that handlers can cut by their [`Cut`].
pub async fn serve(listener: TcpListener, router: Router) {
    let server = axum::serve(Wire(listener), router.into_make_service_with_connect_info::<Cut>());
    server.await.expect("it serves");
}

/// Lets a test do something before a request is answered. The double serves others meanwhile: what else a maintbot has asked
/// is done, too, before another one looks.
pub async fn beside(call: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(call).await.expect("the test's part ends well");
}

/// Cuts one connection: instead of the next answer there is a reset.
#[derive(Clone, Debug, Default)]
pub struct Cut(Arc<AtomicBool>);

impl Cut {
    pub fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self, stream: &TcpStream) -> io::Result<()> {
        if !self.0.load(Ordering::SeqCst) {
            return Ok(());
        }
        stream.set_zero_linger()?;
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

/// A loopback listener whose connections can be cut.
struct Wire(TcpListener);

/// One connection.
struct Line(TcpStream, Cut);

impl Listener for Wire {
    type Io = Line;
    type Addr = Cut;

    async fn accept(&mut self) -> (Line, Cut) {
        let (stream, _) = Listener::accept(&mut self.0).await;
        let cut = Cut::default();
        (Line(stream, cut.clone()), cut)
    }

    fn local_addr(&self) -> io::Result<Cut> {
        Ok(Cut::default())
    }
}

impl Connected<IncomingStream<'_, Wire>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Wire>) -> Self {
        stream.remote_addr().clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.1.check(&self.0)?;
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
