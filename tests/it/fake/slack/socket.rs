//! Socket Mode: connections by WebSocket, envelopes on them, and how the bot acknowledges each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Path, State as Context};
use axum::http::{HeaderMap, Method as Verb};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::super::wire::Cut;
use super::Shared;
use super::answer::Reply;
use super::methods::Call;
use super::server::{Asked, lost};

/// How long a test waits for connections.
const CONNECTS_WITHIN: Duration = Duration::from_secs(10);

/// One connection, from its ticket on.
#[derive(Debug)]
pub struct Line {
    pub team: String,
    pub stage: Stage,
    /// Envelopes that went out on it, acknowledged or not.
    pub sent: usize,
    pub acks: usize,
    /// Pings that the bot answered.
    pub pongs: usize,
    orders: mpsc::UnboundedSender<Order>,
    taken: Option<mpsc::UnboundedReceiver<Order>>,
    /// Who waits for the acknowledgement of which envelope.
    waiting: BTreeMap<String, oneshot::Sender<Value>>,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its URL was given out.
    Ticket,
    Open,
    /// The bot was asked to leave it: it gets nothing more while there are others.
    Leaving,
    Over,
}

/// What the double does with a connection.
#[derive(Debug)]
pub enum Order {
    Say(Value),
    Ping,
    /// Closed as one says goodbye.
    Close,
    /// Gone without a word.
    Cut,
}

/// What a test sees of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    pub number: u64,
    pub stage: Stage,
    pub sent: usize,
    pub acks: usize,
    pub pongs: usize,
}

/// `apps.connections.open`: a URL that works once.
#[expect(clippy::unnecessary_wraps, reason = "every method has one shape")]
pub fn ticket(call: &mut Call<'_>) -> Reply {
    let number = call.state.id();
    let (orders, taken) = mpsc::unbounded_channel();
    let line = Line {
        team: call.team.to_owned(),
        stage: Stage::Ticket,
        sent: 0,
        acks: 0,
        pongs: 0,
        orders,
        taken: Some(taken),
        waiting: BTreeMap::new(),
    };
    call.state.lines.insert(number, line);
    let base = call.state.url.trim_end_matches("/api").replacen("http", "ws", 1);
    Ok(json!({ "url": format!("{base}/socket/{number}") }))
}

/// Takes a connection to `/socket/N`.
pub async fn connect(
    Context(shared): Context<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    Path(number): Path<u64>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let asked = Asked::read(Verb::GET, &format!("/socket/{number}"), None, headers, &[]);
    match shared.serve(&asked).await {
        None => return lost(&cut),
        Some(answer) if answer.status != 200 => return answer.into_response().into_response(),
        Some(_) => {}
    }
    let Some(orders) = shared.state().lines.get_mut(&number).and_then(|line| line.taken.take()) else {
        return axum::http::StatusCode::NOT_FOUND.into_response();
    };
    upgrade.on_upgrade(move |socket| async move {
        talk(&shared, number, socket, orders, &cut).await;
        shared.over(number);
    })
}

async fn talk(
    shared: &Shared,
    number: u64,
    mut socket: WebSocket,
    mut orders: mpsc::UnboundedReceiver<Order>,
    cut: &Cut,
) {
    let hello = shared.opened(number);
    if socket.send(Frame::text(hello.to_string())).await.is_err() {
        return;
    }
    loop {
        let frame = tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Say(value)) => Frame::text(value.to_string()),
                Some(Order::Ping) => Frame::Ping("double".into()),
                Some(Order::Close) => {
                    // Nobody is left to be told when it fails.
                    let _ = socket.send(Frame::Close(None)).await;
                    return;
                }
                Some(Order::Cut) => {
                    cut.cut();
                    Frame::Ping("never arrives".into())
                }
                None => return,
            },
            heard = socket.recv() => match heard {
                Some(Ok(heard)) => {
                    shared.heard(number, &heard);
                    continue;
                }
                Some(Err(_)) | None => return,
            },
        };
        if socket.send(frame).await.is_err() {
            return;
        }
    }
}

impl Shared {
    fn opened(&self, number: u64) -> Value {
        let mut state = self.state();
        let line = state.lines.get_mut(&number).expect("a connection of that number");
        line.stage = Stage::Open;
        let team = line.team.clone();
        state.open_lines.send_modify(|open| *open += 1);
        let of_team = state.lines.values().filter(|line| line.team == team && line.is_up()).count();
        json!({
            "type": "hello",
            "num_connections": of_team,
            "connection_info": { "app_id": state.workspace(&team).app_id },
            "debug_info": { "host": format!("double-{number}"), "approximate_connection_time": 18_060 },
        })
    }

    fn over(&self, number: u64) {
        let mut state = self.state();
        let line = state.lines.get_mut(&number).expect("a connection of that number");
        line.stage = Stage::Over;
        line.waiting.clear();
        state.open_lines.send_modify(|open| *open -= 1);
    }

    /// Takes what the bot says: acknowledgements, and nothing else.
    fn heard(&self, number: u64, frame: &Frame) {
        let mut state = self.state();
        let line = state.lines.get_mut(&number).expect("a connection of that number");
        match frame {
            Frame::Text(text) => {
                let said: Value = serde_json::from_str(text).unwrap_or_default();
                let waiting = said["envelope_id"].as_str().and_then(|id| line.waiting.remove(id));
                match waiting {
                    Some(waiting) => {
                        line.acks += 1;
                        // Too late when nobody waits any more.
                        let _ = waiting.send(said["payload"].clone());
                    }
                    None => state.illegal(format!("socket {number}: an acknowledgement of nothing: {text}")),
                }
            }
            Frame::Pong(_) => line.pongs += 1,
            Frame::Binary(_) => state.illegal(format!("socket {number}: a binary frame")),
            Frame::Ping(_) | Frame::Close(_) => {}
        }
    }

    /// Puts an envelope on a connection; the payload of the acknowledgement, none when there was none in time. It comes
    /// once more, on another connection where there is one.
    pub async fn envelope(&self, team: &str, envelope: &Value) -> Option<Value> {
        let mut last = None;
        for attempt in 0..2 {
            let mut envelope = envelope.clone();
            if attempt > 0 && envelope["type"] == "events_api" {
                (envelope["retry_attempt"], envelope["retry_reason"]) = (json!(attempt), json!("timeout"));
            }
            let (number, ack, patience) = self.send_envelope(team, &envelope, last)?;
            last = Some(number);
            if let Ok(Ok(payload)) = tokio::time::timeout(patience, ack).await {
                if !payload.is_null() && envelope["accepts_response_payload"] != true {
                    self.state().illegal(format!("socket {number}: a payload for an envelope that accepts none"));
                }
                return Some(payload);
            }
        }
        None
    }

    fn send_envelope(
        &self,
        team: &str,
        envelope: &Value,
        not_on: Option<u64>,
    ) -> Option<(u64, oneshot::Receiver<Value>, Duration)> {
        let mut state = self.state();
        let patience = state.patience;
        let mut usable: Vec<_> = state.lines.iter_mut().filter(|(_, line)| line.team == team && line.is_up()).collect();
        usable.sort_by_key(|(number, line)| (Some(**number) == not_on, line.stage == Stage::Leaving, line.sent));
        let (number, line) = usable.into_iter().next()?;
        let (tell, told) = oneshot::channel();
        line.sent += 1;
        line.waiting.insert(envelope["envelope_id"].as_str().unwrap_or_default().to_owned(), tell);
        // It waits for an acknowledgement in vain when the connection is just over.
        let _ = line.orders.send(Order::Say(envelope.clone()));
        Some((*number, told, patience))
    }
}

impl Line {
    fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Leaving)
    }
}

impl super::FakeSlack {
    /// Every connection of this workspace so far, in the order of their tickets.
    pub fn connections(&self) -> Vec<Connection> {
        let state = self.state();
        let of_team = state.lines.iter().filter(|(_, line)| line.team == self.team);
        of_team
            .map(|(number, line)| Connection {
                number: *number,
                stage: line.stage,
                sent: line.sent,
                acks: line.acks,
                pongs: line.pongs,
            })
            .collect()
    }

    /// Returns when so many connections are open, of all workspaces together.
    pub async fn connected(&self, wanted: usize) {
        let mut open = self.state().open_lines.subscribe();
        let there = tokio::time::timeout(CONNECTS_WITHIN, open.wait_for(|open| *open == wanted)).await;
        assert!(there.is_ok(), "{wanted} connections do not come about: {:?}", self.connections());
    }

    /// Says on a connection that it will end: `warning`, `refresh_requested`. It stays until it is closed or dropped.
    pub fn say_disconnect(&self, number: u64, reason: &str) {
        let mut state = self.state();
        let line = state.lines.get_mut(&number).expect("a connection of that number");
        if reason != "warning" {
            line.stage = Stage::Leaving;
        }
        let said =
            json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": format!("double-{number}") } });
        line.order(Order::Say(said));
    }

    /// Pings the bot on a connection.
    pub fn ping(&self, number: u64) {
        self.order(number, Order::Ping);
    }

    /// Closes a connection politely.
    pub fn hang_up(&self, number: u64) {
        self.order(number, Order::Close);
    }

    /// Cuts a connection without a word.
    pub fn cut_connection(&self, number: u64) {
        self.order(number, Order::Cut);
    }

    fn order(&self, number: u64, order: Order) {
        self.state().lines[&number].order(order);
    }
}

impl Line {
    fn order(&self, order: Order) {
        self.orders.send(order).expect("the connection is open");
    }
}
