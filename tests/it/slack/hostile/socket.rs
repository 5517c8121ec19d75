//! The same over a real connection, where a body can stop half-way or never end, and a whole story with everything that
//! is logged of it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use maintbot::web;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::LARGEST;
use crate::fake::slack::{Fault, Matching};
use crate::log::Log;
use crate::slack::Hub;
use crate::slack::gate::{EVENTS, Gate, JSON, SIGNATURE, Sent, inbox};
use crate::slack::log::is_clean;

/// Serves the router as the program does, on a free port.
async fn served(app: Router, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(web::serve(listener, app, stop.clone().cancelled_owned()));
    address
}

/// Writes this to the server, and gives the status of the answer; none where the connection ends without one. With
/// `hang_up` the connection is closed at once, as when the sender dies.
async fn status(address: SocketAddr, bytes: Vec<u8>, hang_up: bool) -> Option<u16> {
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

impl Sent {
    /// With a length that may be a lie.
    fn announced(&self, length: usize) -> Vec<u8> {
        [&self.head()[..], format!("content-length: {length}\r\n\r\n").as_bytes(), &self.body].concat()
    }

    /// With the length of the body.
    fn sized(&self) -> Vec<u8> {
        self.announced(self.body.len())
    }

    /// In parts whose lengths nobody knows before; without the last part it never ends.
    fn chunked(&self, ends: bool) -> Vec<u8> {
        let mut bytes = [&self.head()[..], b"transfer-encoding: chunked\r\n\r\n"].concat();
        for part in self.body.chunks(60_000) {
            bytes.extend([format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat());
        }
        if ends {
            bytes.extend(b"0\r\n\r\n");
        }
        bytes
    }
}

#[tokio::test]
async fn over_the_wire_nothing_forged_cut_or_endless_gets_in() {
    let gate = Gate::open().await;
    let stop = CancellationToken::new();
    let address = served(gate.app(), &stop).await;
    let good = gate.mention().await.without("host").without("content-length");
    let long = Sent::signed(EVENTS, JSON, vec![b' '; LARGEST + 1], gate.now());
    let forged = good.clone().with(SIGNATURE, "v0=00");
    for (why, bytes, expected) in [
        ("forged", forged.sized(), 401),
        ("not signed", good.clone().without(SIGNATURE).sized(), 401),
        ("the end of the body left out", good.announced(good.body.len() - 1), 401),
        ("in parts and forged", forged.chunked(true), 401),
        ("too long", long.sized(), 413),
        ("too long, in parts", long.chunked(true), 413),
        ("too long, in parts that never end", long.chunked(false), 413),
        ("says that it is too long", good.announced(LARGEST + 1), 413),
        ("parts that are none", [&good.head()[..], b"transfer-encoding: chunked\r\n\r\nzz\r\n"].concat(), 400),
    ] {
        assert_eq!(status(address, bytes, false).await, Some(expected), "{why}");
    }
    for bytes in [good.announced(good.body.len() + 1), good.chunked(false), good.head()] {
        status(address, bytes, true).await;
    }
    assert_eq!(status(address, forged.sized(), false).await, Some(401), "it serves still");
    assert_eq!(gate.inbox().await, []);
    assert_eq!(status(address, good.chunked(true), false).await, Some(200), "parts are as good as a length");
    assert_eq!(status(address, good.sized(), false).await, Some(200), "and are the same mention");
    assert_eq!(gate.inbox().await.len(), 1);
    gate.close().await;
    stop.cancel();
}

#[tokio::test]
async fn a_whole_story_with_a_failing_slack_logs_nothing_secret() {
    let log = Log::start();
    let hub = Hub::start("", "2026-12-01 09:00").await;
    let stop = CancellationToken::new();
    let web = web::Web { service: hub.bot.parts.service.clone(), mover: None, stop: stop.clone() };
    let address = served(web::router(web, hub.inbound().routes()), &stop).await;
    hub.fake.reach_at(&format!("http://{address}"));
    let failing = |method: &str, fault: Fault| hub.fake.fail_times(1, Matching::method(method), fault);
    for fault in [Fault::unavailable(), Fault::RateLimited { retry_after: 2 }, Fault::Reset, Fault::DoThenReset] {
        failing("chat.postMessage", fault);
    }
    failing("chat.update", Fault::Error("fatal_error"));
    failing("users.info", Fault::Reset);
    failing("chat.postEphemeral", Fault::Error("user_not_in_channel"));
    failing("response", Fault::unavailable());
    let line = "schedule \"Upgrade\" service:crm when:\"2026-12-02 14:00-16:00\" tz:UTC poc:ben item:\"Jira\"";
    let said = hub.command("ben", "#dev", line).await;
    assert!(said.text().contains("is scheduled"), "{said}");
    hub.at("2026-12-01 09:30").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Upgrade"]);
    hub.press("eve", "#ce", "ledger").await;
    hub.press("eve", "#ce", "ack").await;
    hub.fake.mention("eve", "#ce", None, "note MW-1 \"a note\"").await;
    hub.fake.open_home("eve").await;
    hub.fake.command("ben", "#dev", "").await;
    hub.at("2026-12-01 09:40").await;
    hub.calm().await;
    assert!(inbox(&hub).await.iter().all(|(_, state)| state == "done"), "{:?}", inbox(&hub).await);

    let text = log.text();
    for said in ["429", "reset", "an event on slack"] {
        assert!(text.to_lowercase().contains(said), "`{said}` is not in the log, so that nothing is shown:\n{text}");
    }
    is_clean(&text);
    is_clean(&format!("{:?} {:?}", hub.inbound(), hub.bot.parts));
    hub.close().await;
    stop.cancel();
}
