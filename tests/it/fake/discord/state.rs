//! What there is on the double: servers with people, roles, channels, events and commands, interactions, and what was asked.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use maintbot::clock::Clock;
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::faults::Planned;
use super::gateway::{Line, Session};
use super::limits::Limits;
use super::people::Sent;
use super::permissions::{self, ALL};
use super::sending::{Target, Way};
use super::{BOT, SERVER, plain};

/// Milliseconds of 2015, from which Discord counts.
const EPOCH: i64 = 1_420_070_400_000;

/// Somebody on Discord.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub name: String,
    pub bot: bool,
    /// Such as `en-US`.
    pub locale: String,
    /// Takes no direct messages.
    pub closed: bool,
}

/// A role of a server.
#[derive(Clone, Debug)]
pub struct Role {
    pub id: String,
    pub name: String,
    pub permissions: u64,
    /// Everybody may call it.
    pub mentionable: bool,
    /// It belongs to the bot.
    pub managed: bool,
}

/// What a channel is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Below a message of that channel; the message has the thread's id.
    Thread {
        parent: String,
    },
    /// Between the bot and this person.
    Direct {
        user: String,
    },
}

/// What a role or somebody may do in a channel beyond what they may in the server, or may not.
#[derive(Clone, Debug)]
pub struct Overwrite {
    /// Id of the role or the person.
    pub id: String,
    pub of_role: bool,
    pub allow: u64,
    pub deny: u64,
}

/// A channel, a thread, or direct messages.
#[derive(Clone, Debug)]
pub struct Channel {
    pub id: String,
    /// None: direct messages.
    pub server: Option<String>,
    /// Without `#`.
    pub name: String,
    pub kind: Kind,
    pub overwrites: Vec<Overwrite>,
    /// Of a thread.
    pub archived: bool,
    /// Of a thread: nobody but who manages threads opens it again.
    pub locked: bool,
    /// Of a thread: so many minutes after its last message it is archived.
    pub archives_after: i64,
    pub active_at: DateTime<Utc>,
    /// In the order of their ids.
    pub messages: Vec<Message>,
}

/// What a message was before an edit.
#[derive(Clone, Debug)]
pub struct Edit {
    /// When it was changed.
    pub at: DateTime<Utc>,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    /// Id of the channel.
    pub channel: String,
    /// Id of the author.
    pub author: String,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub nonce: Option<String>,
    /// Who alone sees it, by id: an ephemeral answer.
    pub only_for: Option<String>,
    /// The bot is thinking about it.
    pub thinking: bool,
    /// Has a thread below it.
    pub threaded: bool,
    /// Who was notified: names of people, `@role`, `@everyone`.
    pub notified: Vec<String>,
    pub edits: Vec<Edit>,
    pub at: DateTime<Utc>,
}

/// A scheduled event of a server, somewhere else than on Discord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    /// Id of who made it.
    pub creator: String,
    pub name: String,
    pub description: String,
    pub location: String,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub status: EventStatus,
}

/// How far an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStatus {
    Scheduled = 1,
    Active = 2,
    Completed = 3,
    Canceled = 4,
}

impl EventStatus {
    /// Whether it is over.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Canceled)
    }
}

/// A server (a guild, as Discord's interface calls it).
#[derive(Clone, Debug)]
pub struct Server {
    pub id: String,
    pub name: String,
    /// Ids of people, and of the bot where it was invited, with ids of their roles.
    pub members: BTreeMap<String, Vec<String>>,
    /// The first one is everybody's and has the id of the server.
    pub roles: Vec<Role>,
    pub events: Vec<Event>,
    pub commands: Vec<Value>,
}

/// Something that somebody did with the bot.
#[derive(Debug)]
pub struct Interaction {
    pub id: String,
    pub token: String,
    /// 2 command, 3 component, 4 autocomplete, 5 modal.
    pub kind: u64,
    /// Id of the person.
    pub user: String,
    pub channel: String,
    /// Id of the message whose button was pressed.
    pub message: Option<String>,
    pub at: DateTime<Utc>,
    pub begun: Instant,
    /// Nobody waits for the first answer any more.
    pub lapsed: bool,
    /// The first answer.
    pub response: Option<Value>,
    /// Id of the message that it made.
    pub original: Option<String>,
    /// Texts that came later: edits of the first answer and further ones.
    pub later: Vec<String>,
    /// Who waits for the first answer.
    pub waiting: Option<oneshot::Sender<Value>>,
}

/// A request as it came, and what was answered. No token is kept.
#[derive(Clone, Debug)]
pub struct Request {
    /// `create_message` and so on: the operation's name in Discord's own description; `gw` for a connection.
    pub route: String,
    pub method: String,
    /// Below `/api/v10`; tokens left out.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub body: Value,
    /// Names in lower case, without `authorization`.
    pub headers: BTreeMap<String, String>,
    /// Id and name (without `#`) of the channel it is about.
    pub channel: Option<(String, String)>,
    /// Id of the server it is about.
    pub server: Option<String>,
    /// None: the connection was cut or still hangs.
    pub status: Option<u16>,
    /// Discord's code in the answer; 0 where there is none.
    pub code: u64,
    /// Whether the double did what was asked.
    pub done: bool,
    pub at: DateTime<Utc>,
}

/// Everything.
pub struct State {
    pub url: String,
    pub clock: Clock,
    pub users: BTreeMap<String, User>,
    pub servers: BTreeMap<String, Server>,
    pub channels: BTreeMap<String, Channel>,
    /// Ephemeral messages, in order.
    pub whispers: Vec<Message>,
    pub interactions: BTreeMap<String, Interaction>,
    /// Registered for every server.
    pub commands: Vec<Value>,
    /// Every overwriting of commands: of which server (none: of all), and what.
    pub registrations: Vec<(Option<String>, Vec<Value>)>,
    pub faults: Vec<Planned>,
    pub requests: Vec<Request>,
    pub sent: Vec<Sent>,
    pub violations: Vec<String>,
    /// Interactions that the bot did not answer in time.
    pub unanswered: Vec<String>,
    pub limits: Limits,
    /// The token is nobody's.
    pub locked_out: bool,
    pub target: Option<Target>,
    pub way: Way,
    pub patience: Duration,
    pub sessions: BTreeMap<String, Session>,
    pub lines: BTreeMap<u64, Line>,
    /// So many connections to the gateway are cut as soon as they are there.
    pub turned_away: usize,
    /// How many connections to the gateway are ready.
    pub ready: watch::Sender<usize>,
    /// Milliseconds between heartbeats.
    pub heartbeat: u64,
    /// Heartbeats are acknowledged.
    pub acks: bool,
    last_flake: i64,
    counted: BTreeMap<u64, u64>,
}

impl State {
    pub fn new(url: String) -> Self {
        let bot = User { id: BOT.into(), name: "maintbot".into(), bot: true, locale: "en-US".into(), closed: false };
        Self {
            url,
            clock: Clock::System,
            users: [(bot.id.clone(), bot)].into(),
            servers: BTreeMap::new(),
            channels: BTreeMap::new(),
            whispers: Vec::new(),
            interactions: BTreeMap::new(),
            commands: Vec::new(),
            registrations: Vec::new(),
            faults: Vec::new(),
            requests: Vec::new(),
            sent: Vec::new(),
            violations: Vec::new(),
            unanswered: Vec::new(),
            limits: Limits::default(),
            locked_out: false,
            target: None,
            way: Way::Http,
            patience: Duration::from_secs(3),
            sessions: BTreeMap::new(),
            lines: BTreeMap::new(),
            turned_away: 0,
            ready: watch::Sender::new(0),
            heartbeat: 41_250,
            acks: true,
            last_flake: 0,
            counted: BTreeMap::new(),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The next id: the double's clock as Discord puts it into ids, later than every one before.
    pub fn flake(&mut self) -> String {
        let of_now = (self.now().timestamp_millis() - EPOCH) << 22;
        self.last_flake = of_now.max(self.last_flake + 1);
        self.last_flake.to_string()
    }

    /// An id that is easy to tell apart: two digits for what it is, and a number.
    pub fn number(&mut self, kind: u64) -> String {
        let count = self.counted.entry(kind).or_default();
        *count += 1;
        format!("{kind}{count:016}")
    }

    /// Writes down what is illegal.
    pub fn illegal(&mut self, what: String) {
        self.violations.push(what);
    }

    /// What happens by itself as time goes by: events begin and end, threads fall asleep.
    pub fn tick(&mut self) {
        let now = self.now();
        for event in self.servers.values_mut().flat_map(|server| &mut server.events) {
            if event.status == EventStatus::Scheduled && now >= event.start {
                event.status = EventStatus::Active;
            }
            if event.status == EventStatus::Active && now >= event.end {
                event.status = EventStatus::Completed;
            }
        }
        for channel in self.channels.values_mut() {
            let of_thread = matches!(channel.kind, Kind::Thread { .. });
            if of_thread && now - channel.active_at >= TimeDelta::minutes(channel.archives_after) {
                channel.archived = true;
            }
        }
    }

    /// The id of somebody that a test made, by id or name.
    pub fn user(&self, user: &str) -> String {
        let found = self.users.get(user).or_else(|| self.users.values().find(|known| known.name == user));
        found.unwrap_or_else(|| panic!("make the person first: fake.person(\"{user}\", &[])")).id.clone()
    }

    pub fn server(&mut self, id: &str) -> &mut Server {
        self.servers.get_mut(id).unwrap_or_else(|| panic!("no server {id}"))
    }

    /// The id of a channel by id, or by `#name` on a server.
    pub fn find_channel(&self, server: &str, channel: &str) -> Option<String> {
        if self.channels.contains_key(channel) {
            return Some(channel.to_owned());
        }
        let name = channel.strip_prefix('#')?;
        let on = |known: &&Channel| known.server.as_deref() == Some(server) && known.kind == Kind::Text;
        self.channels.values().filter(on).find(|known| known.name == name).map(|known| known.id.clone())
    }

    /// A channel that a test made, by `#name`, by id, or by `@anna` for the one between the bot and her.
    pub fn channel(&mut self, server: &str, channel: &str) -> &mut Channel {
        let id = match channel.strip_prefix('@') {
            Some(user) => {
                let user = self.user(user);
                self.direct(&user)
            }
            None => self
                .find_channel(server, channel)
                .unwrap_or_else(|| panic!("make the channel first: fake.channel(\"{channel}\")")),
        };
        self.channels.get_mut(&id).expect("a channel of that id")
    }

    /// The channel between the bot and somebody (by id), made when there is none; its id.
    pub fn direct(&mut self, user: &str) -> String {
        let with = Kind::Direct { user: user.to_owned() };
        if let Some(there) = self.channels.values().find(|known| known.kind == with) {
            return there.id.clone();
        }
        let name = self.users[user].name.clone();
        self.add_channel(None, &name, with)
    }

    /// Makes a channel; its id.
    pub fn add_channel(&mut self, server: Option<&str>, name: &str, kind: Kind) -> String {
        let id = self.number(if server.is_some() { 11 } else { 12 });
        self.add_channel_as(&id, server, name, kind);
        id
    }

    pub fn add_channel_as(&mut self, id: &str, server: Option<&str>, name: &str, kind: Kind) {
        let channel = Channel {
            id: id.to_owned(),
            server: server.map(str::to_owned),
            name: name.to_owned(),
            kind,
            overwrites: Vec::new(),
            archived: false,
            locked: false,
            archives_after: 10_080,
            active_at: self.now(),
            messages: Vec::new(),
        };
        self.channels.insert(id.to_owned(), channel);
    }

    /// A message or an ephemeral answer by its id.
    pub fn message(&mut self, id: &str) -> Option<&mut Message> {
        let whispered = self.whispers.iter_mut().find(|message| message.id == id);
        let posted = self.channels.values_mut().flat_map(|channel| &mut channel.messages);
        whispered.or_else(|| posted.into_iter().find(|message| message.id == id))
    }

    /// What somebody may do in a channel.
    pub fn may(&self, user: &str, channel: &Channel) -> u64 {
        let Some(server) = channel.server.as_ref().and_then(|id| self.servers.get(id)) else {
            return ALL;
        };
        let above = match &channel.kind {
            Kind::Thread { parent } => self.channels.get(parent).unwrap_or(channel),
            _ => channel,
        };
        permissions::within(server, user, &above.overwrites)
    }

    /// What somebody may do on a server as a whole.
    pub fn may_on(&self, user: &str, server: &str) -> u64 {
        self.servers.get(server).map_or(0, |server| permissions::within(server, user, &[]))
    }

    /// The interaction with that token.
    pub fn by_token(&mut self, token: &str) -> Option<&mut Interaction> {
        self.interactions.values_mut().find(|one| one.token == token)
    }
}

impl Server {
    /// A server with the bot alone in it.
    pub fn new(id: &str, bots_role: String) -> Self {
        let everybody = Role {
            id: id.to_owned(),
            name: "@everyone".into(),
            permissions: permissions::EVERYBODY,
            mentionable: false,
            managed: false,
        };
        let of_bot = Role {
            id: bots_role.clone(),
            name: "maintbot".into(),
            permissions: permissions::OF_BOT,
            mentionable: false,
            managed: true,
        };
        Self {
            id: id.to_owned(),
            name: if id == SERVER { "Example".into() } else { format!("Example {id}") },
            members: [(BOT.to_owned(), vec![bots_role])].into(),
            roles: vec![everybody, of_bot],
            events: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// The id of a role by id or name.
    pub fn role(&self, role: &str) -> Option<&Role> {
        self.roles.iter().find(|known| known.id == role || known.name == role)
    }
}

impl Message {
    /// What a reader sees, as text.
    pub fn plain(&self) -> String {
        plain::seen(&self.content, &self.embeds, &self.components)
    }

    /// `custom_id`s of its buttons and menus, in order.
    pub fn buttons(&self) -> Vec<String> {
        let all = plain::elements(&self.components).into_iter();
        all.filter_map(|one| Some(one["custom_id"].as_str()?.to_owned())).collect()
    }

    /// What its first embed's address ends with: the mark by which the bot finds it again.
    pub fn mark(&self) -> Option<&str> {
        Some(self.embeds.first()?["url"].as_str()?.split_once('#')?.1)
    }
}
