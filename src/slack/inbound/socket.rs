//! Socket Mode, for places without a public address: Slack is called, and sends over the connection what it would post.
//! Two connections to each workspace, so that one is there while the other is renewed.
//!
//! What comes is handled as over HTTP, under the same keys; Slack sends again what was not acknowledged, on another
//! connection.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::hook::{Came, Origin};
use super::payload::Fields;
use super::{Inbound, NotTaken, Reply};
use crate::clock::Clock;
use crate::slack::api::Slack;

/// Connections to each workspace.
const CONNECTIONS: usize = 2;
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// Slack sends a ping every few seconds: a connection that is silent for so long is dead.
const SILENCE: Duration = Duration::from_mins(1);
/// How long acknowledgements are still sent when maintbot stops.
const LAST_ACKS: Duration = Duration::from_secs(3);
/// The first and the longest wait before another try.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Acknowledgements that may wait to be sent.
const WAITING_ACKS: usize = 64;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why another connection is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Slack closes it soon.
    Soon,
    /// Slack no longer lets this app connect.
    Disabled,
    /// It is lost, after Slack had said hello.
    Lost,
    /// It never came to anything.
    Never,
}

/// What a message of Slack's is.
#[derive(Clone, Debug, PartialEq)]
enum Frame {
    Hello,
    Leave(Left),
    Envelope { id: String, came: Came, takes_answer: bool },
    Other,
}

impl Inbound {
    /// Listens to every workspace that has an app token, until `stop`.
    pub(super) async fn listen(&self, stop: &CancellationToken) {
        let listened = self.settings.workspaces.iter().filter(|workspace| workspace.app_token.is_some());
        let clients = listened.filter_map(|workspace| self.workspace(&workspace.id));
        let connections = clients.flat_map(|slack| std::iter::repeat_n(slack, CONNECTIONS));
        join_all(connections.map(|slack| self.keep(slack, stop))).await;
    }

    /// Keeps one connection: the next one is made as soon as Slack says that this one ends.
    async fn keep(&self, slack: &Slack, stop: &CancellationToken) {
        let sockets = TaskTracker::new();
        sockets.close();
        let mut wait = FIRST_WAIT;
        while !stop.is_cancelled() {
            let left = match connect(slack, stop).await {
                Some(socket) => {
                    let (leaving, left) = oneshot::channel();
                    let (inbound, own) = (self.clone(), slack.clone());
                    let stopped = stop.clone();
                    sockets.spawn(async move { inbound.attend(socket, &own, leaving, &stopped).await });
                    left.await.unwrap_or(Left::Never)
                }
                None => Left::Never,
            };
            let pause = match left {
                Left::Soon => {
                    wait = FIRST_WAIT;
                    continue;
                }
                Left::Lost => {
                    wait = FIRST_WAIT;
                    wait
                }
                Left::Never => wait,
                Left::Disabled => LONGEST_WAIT,
            };
            wait = (wait * 2).min(LONGEST_WAIT);
            tokio::select! {
                () = stop.cancelled() => {}
                () = Clock::pause(pause) => {}
            }
        }
        sockets.wait().await;
    }

    /// Takes what comes over a connection until it ends, and says once that another one is needed.
    async fn attend(&self, socket: Socket, slack: &Slack, leaving: oneshot::Sender<Left>, stop: &CancellationToken) {
        let (mut write, mut read) = socket.split();
        let (acks, mut to_send) = mpsc::channel::<String>(WAITING_ACKS);
        let (mut leaving, mut said_hello) = (Some(leaving), false);
        loop {
            let came = tokio::select! {
                () = stop.cancelled() => break,
                Some(ack) = to_send.recv() => {
                    if write.send(Message::text(ack)).await.is_err() { break }
                    continue;
                }
                came = tokio::time::timeout(SILENCE, read.next()) => came,
            };
            let frame = match came {
                Ok(Some(Ok(Message::Text(text)))) => frame(&text),
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => break,
                // Pings are answered by the library.
                Ok(Some(Ok(_))) => continue,
            };
            match frame {
                Frame::Hello => said_hello = true,
                Frame::Leave(left) => {
                    tracing::debug!(workspace = slack.workspace(), ?left, "Slack ends a connection");
                    if let Some(leaving) = leaving.take() {
                        let _ = leaving.send(left);
                    }
                }
                Frame::Envelope { id, came, takes_answer } => self.take_envelope(slack, id, came, takes_answer, &acks),
                Frame::Other => {}
            }
        }
        if let Some(leaving) = leaving {
            let _ = leaving.send(if said_hello { Left::Lost } else { Left::Never });
        }
        drop(acks);
        // What is being done is acknowledged, or Slack would send it again.
        let last = async {
            while let Some(ack) = to_send.recv().await {
                if write.send(Message::text(ack)).await.is_err() {
                    break;
                }
            }
            let _ = write.close().await;
        };
        if tokio::time::timeout(LAST_ACKS, last).await.is_err() {
            tracing::debug!("a connection to Slack was cut off");
        }
    }

    /// Handles an envelope in a task of its own and acknowledges it; not where it could not be stored.
    fn take_envelope(&self, slack: &Slack, id: String, came: Came, takes_answer: bool, acks: &mpsc::Sender<String>) {
        // Slack itself says whose it is: one app may listen for several workspaces.
        let from = match self.origin(&came) {
            Origin::Known(known) => Some(known.clone()),
            Origin::Unsaid => Some(slack.clone()),
            Origin::Strange => None,
        };
        let (inbound, acks) = (self.clone(), acks.clone());
        self.errands.spawn(async move {
            let taken = match from {
                Some(from) => inbound.handle_came(&from, came).await,
                None => Ok(Reply::Nothing),
            };
            let ack = match taken {
                Err(NotTaken::NotStored) => return,
                Ok(Reply::Json(answer)) if takes_answer => json!({ "envelope_id": id, "payload": answer }),
                Ok(_) | Err(NotTaken::Unreadable) => json!({ "envelope_id": id }),
            };
            // Where the connection is gone, Slack sends it again, and the first answer is given again.
            let _ = acks.send(ack.to_string()).await;
        });
    }
}

/// `None`: it was not to be had, or maintbot stops.
async fn connect(slack: &Slack, stop: &CancellationToken) -> Option<Socket> {
    let made = async {
        let url = slack.open_socket().await.map_err(|failure| failure.to_string())?;
        match tokio::time::timeout(CONNECT, connect_async(url)).await {
            Ok(Ok((socket, _))) => Ok(socket),
            // The address is as good as a password: what the library says of it stays here.
            Ok(Err(error)) => Err(kind_of(&error)),
            Err(_) => Err("Slack did not answer".to_owned()),
        }
    };
    let made = tokio::select! {
        () = stop.cancelled() => return None,
        made = made => made,
    };
    match made {
        Ok(socket) => Some(socket),
        Err(why) => {
            tracing::warn!(workspace = slack.workspace(), why, "no connection to Slack");
            None
        }
    }
}

/// Reads what Slack sent.
fn frame(text: &str) -> Frame {
    let Ok(mut sent) = serde_json::from_str::<Value>(text) else { return Frame::Other };
    let kind = sent.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match kind.as_str() {
        "hello" => return Frame::Hello,
        "disconnect" => {
            let is_disabled = sent.get("reason").and_then(Value::as_str) == Some("link_disabled");
            return Frame::Leave(if is_disabled { Left::Disabled } else { Left::Soon });
        }
        _ => {}
    }
    let Some(id) = sent.get("envelope_id").and_then(Value::as_str).map(str::to_owned) else { return Frame::Other };
    let takes_answer = sent.get("accepts_response_payload").and_then(Value::as_bool).unwrap_or(false);
    let payload = sent.get_mut("payload").map(Value::take).unwrap_or_default();
    let came = match kind.as_str() {
        "slash_commands" => Came::Command(texts_of(payload)),
        "interactive" => Came::Interaction(payload),
        // What is not known is acknowledged as an event that needs nothing.
        _ => Came::Event(payload),
    };
    Frame::Envelope { id, came, takes_answer }
}

/// The members that are texts: over a socket a command is an object.
fn texts_of(payload: Value) -> Fields {
    let Value::Object(members) = payload else { return Fields::new() };
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    };
    members.into_iter().filter_map(text).collect()
}

/// What went wrong, without the address.
fn kind_of(error: &Error) -> String {
    match error {
        Error::Io(error) => format!("the network: {}", error.kind()),
        Error::Tls(_) => "its certificate is not good, or there is no TLS".to_owned(),
        Error::Http(answer) => format!("it answered {}", answer.status()),
        Error::Url(_) => "it named no address of a socket".to_owned(),
        _ => "it does not speak WebSocket".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_slack_documents_them() {
        assert_eq!(frame(r#"{"type":"hello","num_connections":1}"#), Frame::Hello);
        let leave = |reason: &str| frame(&json!({ "type": "disconnect", "reason": reason }).to_string());
        assert_eq!(leave("warning"), Frame::Leave(Left::Soon));
        assert_eq!(leave("refresh_requested"), Frame::Leave(Left::Soon));
        assert_eq!(leave("link_disabled"), Frame::Leave(Left::Disabled));
        let fields = [("text".to_owned(), "list".to_owned())].into_iter().collect();
        let command = json!({ "type": "slash_commands", "envelope_id": "e1", "accepts_response_payload": true,
            "payload": { "text": "list", "is_enterprise_install": false } });
        let read = Frame::Envelope { id: "e1".into(), came: Came::Command(fields), takes_answer: true };
        assert_eq!(frame(&command.to_string()), read);
        let event = json!({ "type": "events_api", "envelope_id": "e2", "payload": { "type": "event_callback" } });
        let came = Came::Event(json!({ "type": "event_callback" }));
        assert_eq!(frame(&event.to_string()), Frame::Envelope { id: "e2".into(), came, takes_answer: false });
        for other in ["", "[]", "{\"type\":\"events_api\"}", "nonsense"] {
            assert_eq!(frame(other), Frame::Other, "{other}");
        }
    }

    #[test]
    fn what_is_said_of_a_failure_names_no_address() {
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "wss://wss.slack.com/?ticket=secret");
        assert!(!kind_of(&Error::Io(refused)).contains("ticket"));
    }
}
