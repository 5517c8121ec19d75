//! The gateway: connections by WebSocket, sessions that outlive them, and what is dispatched.
//!
//! Source: <https://docs.discord.com/developers/events/gateway>.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State as Context};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::wire::Cut;
use super::server::lost;
use super::state::State;
use super::{APPLICATION, BOT, BOT_TOKEN, Shared};

/// How long a test waits for connections.
const CONNECTS_WITHIN: Duration = Duration::from_secs(10);

const DISPATCH: u64 = 0;
const HEARTBEAT: u64 = 1;
const IDENTIFY: u64 = 2;
const RESUME: u64 = 6;
const RECONNECT: u64 = 7;
const INVALID_SESSION: u64 = 9;
const HELLO: u64 = 10;
const ACK: u64 = 11;

/// What the bot said who it is; it lives on when its connection is gone.
#[derive(Debug)]
pub struct Session {
    pub id: String,
    /// Everything dispatched, in order: the first one has sequence number 1.
    pub log: Vec<Value>,
    /// The connection that it has.
    pub line: Option<u64>,
    /// It cannot be resumed.
    pub over: bool,
    pub resumed: usize,
}

/// One connection.
#[derive(Debug)]
pub struct Line {
    pub session: Option<String>,
    pub heartbeats: usize,
    pub open: bool,
    orders: mpsc::UnboundedSender<Order>,
}

/// What the double does with a connection.
#[derive(Debug)]
enum Order {
    Say(Value),
    /// Closed with a code.
    Close(u16),
    /// Gone without a word.
    Cut,
}

/// What a test sees of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub number: u64,
    pub open: bool,
    /// None: the bot has not said who it is.
    pub session: Option<String>,
    pub heartbeats: usize,
}

/// Takes a connection.
pub async fn connect(
    Context(shared): Context<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let (orders, taken) = mpsc::unbounded_channel();
    let number = {
        let mut state = shared.state();
        if state.turned_away > 0 {
            state.turned_away -= 1;
            drop(state);
            return lost(&cut);
        }
        let number = state.lines.keys().next_back().map_or(1, |last| last + 1);
        state.lines.insert(number, Line { session: None, heartbeats: 0, open: true, orders });
        number
    };
    upgrade.on_upgrade(move |socket| async move {
        talk(&shared, number, socket, taken, &cut).await;
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
    let interval = shared.state().heartbeat;
    let hello =
        json!({ "op": HELLO, "d": { "heartbeat_interval": interval, "_trace": ["double"] }, "s": null, "t": null });
    if socket.send(Frame::text(hello.to_string())).await.is_err() {
        return;
    }
    loop {
        let frame = tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Say(value)) => Frame::text(value.to_string()),
                Some(Order::Close(code)) => {
                    let frame = CloseFrame { code, reason: "the double closes".into() };
                    // Nobody is left to be told when it fails.
                    let _ = socket.send(Frame::Close(Some(frame))).await;
                    return;
                }
                Some(Order::Cut) => {
                    cut.cut();
                    Frame::Ping("never arrives".into())
                }
                None => return,
            },
            heard = socket.recv() => match heard {
                Some(Ok(Frame::Text(text))) => {
                    shared.heard(number, &text);
                    continue;
                }
                Some(Ok(Frame::Binary(_))) => {
                    shared.state().illegal("the gateway: a binary frame with JSON encoding".into());
                    continue;
                }
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => continue,
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
            },
        };
        if socket.send(frame).await.is_err() {
            return;
        }
    }
}

impl Shared {
    /// What the bot says on a connection.
    fn heard(&self, number: u64, text: &str) {
        let mut state = self.state();
        let said: Value = serde_json::from_str(text).unwrap_or_default();
        if text.len() > 4096 || !said["op"].is_u64() {
            state.illegal(format!("the gateway: what Discord cannot read, of {} bytes", text.len()));
            state.order(number, Order::Close(4002));
            return;
        }
        let known = state.lines[&number].session.is_some();
        match (said["op"].as_u64().unwrap_or_default(), known) {
            (HEARTBEAT, _) => {
                let acks = state.acks;
                let line = state.lines.get_mut(&number).expect("a connection of that number");
                line.heartbeats += 1;
                if acks {
                    line.say(json!({ "op": ACK, "d": null, "s": null, "t": null }));
                }
            }
            (IDENTIFY | RESUME, true) => {
                state.illegal("the gateway: identified twice".into());
                state.order(number, Order::Close(4005));
            }
            (IDENTIFY, false) => state.identify(number, &said["d"]),
            (RESUME, false) => state.resume(number, &said["d"]),
            (_, false) => {
                state.illegal("the gateway: something said before identifying".into());
                state.order(number, Order::Close(4003));
            }
            (op, true) => state.illegal(format!("the gateway: operation {op}, which the bot has no use for")),
        }
    }

    fn over(&self, number: u64) {
        let mut state = self.state();
        let line = state.lines.get_mut(&number).expect("a connection of that number");
        line.open = false;
        for session in state.sessions.values_mut().filter(|session| session.line == Some(number)) {
            session.line = None;
        }
        state.count_ready();
    }
}

impl State {
    /// Where the gateway is.
    pub fn gateway_url(&self) -> String {
        format!("{}/gw", self.url.replacen("http", "ws", 1))
    }

    fn order(&self, number: u64, order: Order) {
        // The connection may be just over.
        let _ = self.lines[&number].orders.send(order);
    }

    fn count_ready(&mut self) {
        let up = self.sessions.values().filter(|session| session.line.is_some()).count();
        self.ready.send_replace(up);
    }

    fn is_ours(&self, said: &Value) -> bool {
        let token = said["token"].as_str().unwrap_or_default();
        !self.locked_out && token.trim_start_matches("Bot ") == BOT_TOKEN
    }

    fn identify(&mut self, number: u64, said: &Value) {
        if !self.is_ours(said) {
            return self.order(number, Order::Close(4004));
        }
        let fields = ["os", "browser", "device"].iter().all(|name| said["properties"][name].is_string());
        if !(fields && said["intents"].is_u64()) {
            self.illegal("the gateway: an identify without intents or properties".into());
        }
        if said["intents"] != 0 {
            self.illegal(format!("the gateway: intents {}, which the bot has no use for", said["intents"]));
        }
        let id = format!("session-{}", self.flake());
        let guilds: Vec<Value> =
            self.servers.values().map(|one| json!({ "id": one.id, "unavailable": true })).collect();
        let ready = json!({
            "v": 10, "user": self.users[BOT].shape(), "guilds": guilds, "session_id": id,
            "resume_gateway_url": self.gateway_url(), "shard": [0, 1], "application": { "id": APPLICATION, "flags": 0 },
            "session_type": "normal", "private_channels": [], "presences": [], "relationships": [], "_trace": ["double"],
        });
        let session = Session { id: id.clone(), log: Vec::new(), line: Some(number), over: false, resumed: 0 };
        self.sessions.insert(id.clone(), session);
        self.lines.get_mut(&number).expect("a connection of that number").session = Some(id.clone());
        self.dispatch_to(&id, "READY", &ready);
        self.count_ready();
    }

    fn resume(&mut self, number: u64, said: &Value) {
        if !self.is_ours(said) {
            return self.order(number, Order::Close(4004));
        }
        let id = said["session_id"].as_str().unwrap_or_default().to_owned();
        let Some(session) = self.sessions.get_mut(&id).filter(|session| !session.over) else {
            return self.order(number, Order::Say(json!({ "op": INVALID_SESSION, "d": false, "s": null, "t": null })));
        };
        let seen = said["seq"].as_u64().and_then(|seq| usize::try_from(seq).ok()).unwrap_or(usize::MAX);
        if seen > session.log.len() {
            return self.order(number, Order::Close(4007));
        }
        let missed = session.log[seen..].to_vec();
        session.resumed += 1;
        let before = session.line.replace(number);
        self.lines.get_mut(&number).expect("a connection of that number").session = Some(id.clone());
        if let Some(before) = before {
            self.order(before, Order::Close(1000));
        }
        for missed in missed {
            self.order(number, Order::Say(missed));
        }
        self.dispatch_to(&id, "RESUMED", &json!({ "_trace": ["double"] }));
        self.count_ready();
    }

    /// Dispatches to the newest session that can still be had; `false` when there is none.
    pub fn dispatch(&mut self, name: &str, data: &Value) -> bool {
        let newest = self.sessions.values().rev().find(|session| !session.over).map(|session| session.id.clone());
        newest.inspect(|id| self.dispatch_to(id, name, data)).is_some()
    }

    fn dispatch_to(&mut self, session: &str, name: &str, data: &Value) {
        let session = self.sessions.get_mut(session).expect("a session of that id");
        let event = json!({ "op": DISPATCH, "d": data, "s": session.log.len() + 1, "t": name });
        session.log.push(event.clone());
        if let Some(line) = session.line {
            self.order(line, Order::Say(event));
        }
    }
}

impl Line {
    fn say(&self, value: Value) {
        // The connection may be just over.
        let _ = self.orders.send(Order::Say(value));
    }
}

impl super::FakeDiscord {
    /// Every connection to the gateway so far, in order.
    pub fn connections(&self) -> Vec<Connection> {
        let state = self.state();
        let shown = state.lines.iter().map(|(number, line)| Connection {
            number: *number,
            open: line.open,
            session: line.session.clone(),
            heartbeats: line.heartbeats,
        });
        shown.collect()
    }

    /// How many sessions there were, and how often one was resumed.
    pub fn sessions(&self) -> (usize, usize) {
        let state = self.state();
        (state.sessions.len(), state.sessions.values().map(|session| session.resumed).sum())
    }

    /// Returns when so many connections to the gateway are ready.
    pub async fn connected(&self, wanted: usize) {
        let mut ready = self.state().ready.subscribe();
        let there = tokio::time::timeout(CONNECTS_WITHIN, ready.wait_for(|ready| *ready == wanted)).await;
        assert!(there.is_ok(), "{wanted} connections do not come about: {:?}", self.connections());
    }

    /// Returns when the sessions were resumed so many times, and the gateway is connected.
    pub async fn resumed(&self, times: usize) {
        let mut ready = self.state().ready.subscribe();
        let again = ready.wait_for(|ready| *ready > 0 && self.sessions().1 >= times);
        let there = tokio::time::timeout(CONNECTS_WITHIN, again).await.is_ok();
        assert!(there, "it is not resumed {times} times: {:?}", self.connections());
    }

    /// Asks the bot to connect again (operation 7). The connection stays until it leaves.
    pub fn ask_to_reconnect(&self) {
        self.to_open(|| Order::Say(json!({ "op": RECONNECT, "d": null, "s": null, "t": null })));
    }

    /// Tells the bot that its session is no longer valid (operation 9), or that it may be resumed.
    pub fn invalidate(&self, resumable: bool) {
        if !resumable {
            self.forget_sessions();
        }
        self.to_open(|| Order::Say(json!({ "op": INVALID_SESSION, "d": resumable, "s": null, "t": null })));
    }

    /// Asks for a heartbeat at once (operation 1).
    pub fn ask_for_heartbeat(&self) {
        self.to_open(|| Order::Say(json!({ "op": HEARTBEAT, "d": null, "s": null, "t": null })));
    }

    /// Closes the connections with a code, such as 4000, or 1001 as one goes away.
    pub fn close_gateway(&self, code: u16) {
        self.to_open(|| Order::Close(code));
    }

    /// Cuts the connections without a word.
    pub fn cut_gateway(&self) {
        self.to_open(|| Order::Cut);
    }

    /// The next `times` connections are cut as soon as they are there.
    pub fn turn_away(&self, times: usize) {
        self.state().turned_away = times;
    }

    /// How many more are.
    pub fn turns_away(&self) -> usize {
        self.state().turned_away
    }

    /// No session can be resumed any more.
    pub fn forget_sessions(&self) {
        self.state().sessions.values_mut().for_each(|session| session.over = true);
    }

    /// Milliseconds between heartbeats, for connections from now on.
    pub fn heartbeats_every(&self, milliseconds: u64) {
        self.state().heartbeat = milliseconds;
    }

    /// Whether heartbeats are acknowledged.
    pub fn acknowledges(&self, acks: bool) {
        self.state().acks = acks;
    }

    fn to_open(&self, order: impl Fn() -> Order) {
        let state = self.state();
        let open: Vec<u64> = state.lines.iter().filter(|(_, line)| line.open).map(|(number, _)| *number).collect();
        assert!(!open.is_empty(), "there is no connection to the gateway");
        for number in open {
            state.order(number, order());
        }
    }
}
