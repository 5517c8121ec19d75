//! What there is on the double: workspaces with people, channels and messages, views, response URLs, and what was asked.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use maintbot::clock::Clock;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::faults::Planned;
use super::limits::Limits;
use super::people::Sent;
use super::sending::Target;
use super::socket::Line;
use super::{APP_TOKEN, BOT_TOKEN, SIGNING_SECRET};

/// What the bot may do unless a test says otherwise.
const SCOPES: [&str; 13] = [
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "usergroups:read",
    "users:read",
];

/// Somebody in a workspace.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub name: String,
    /// IANA name of the zone; none: the profile tells none.
    pub tz: Option<String>,
    pub deleted: bool,
    pub is_bot: bool,
}

/// What a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Public,
    Private,
    /// Between the bot and one person.
    Direct,
}

/// A conversation.
#[derive(Clone, Debug)]
pub struct Channel {
    pub id: String,
    /// Without `#`; the person's id for a direct one.
    pub name: String,
    pub kind: Kind,
    pub archived: bool,
    /// Ids of its people, and of the bot where it was invited.
    pub members: BTreeSet<String>,
    /// In the order of their `ts`, replies among the others.
    pub messages: Vec<Message>,
}

/// What a message was before an edit.
#[derive(Clone, Debug)]
pub struct Edit {
    /// When it was changed.
    pub at: DateTime<Utc>,
    /// What stood there until then.
    pub text: String,
    pub blocks: Vec<Value>,
}

/// A message in a conversation.
#[derive(Clone, Debug)]
pub struct Message {
    /// Id of the conversation.
    pub channel: String,
    pub ts: String,
    pub thread_ts: Option<String>,
    /// Id of the author.
    pub user: String,
    /// The app that wrote it.
    pub bot: Option<String>,
    pub text: String,
    pub blocks: Vec<Value>,
    pub metadata: Option<Value>,
    pub edits: Vec<Edit>,
    pub at: DateTime<Utc>,
}

/// What one person saw that nobody else did.
#[derive(Clone, Debug)]
pub struct Whisper {
    /// Id of the conversation.
    pub channel: String,
    /// Id of who sees it.
    pub user: String,
    pub ts: String,
    pub thread_ts: Option<String>,
    /// `chat.postEphemeral`, `reply` (in the answer to a command) or `response_url`.
    pub via: &'static str,
    pub text: String,
    pub blocks: Vec<Value>,
    /// What stood there before, the oldest first.
    pub before: Vec<String>,
}

/// A modal that was opened for somebody.
#[derive(Clone, Debug)]
pub struct View {
    pub id: String,
    /// Id of the person.
    pub user: String,
    /// As the bot made it, with its id and ids of blocks.
    pub content: Value,
    pub open: bool,
    /// Errors that it shows, by block.
    pub errors: BTreeMap<String, String>,
}

/// The right to open one modal.
#[derive(Clone, Debug)]
pub struct Trigger {
    pub user: String,
    pub at: DateTime<Utc>,
    pub used: bool,
}

/// Where answers to a command or a press go for half an hour.
#[derive(Clone, Debug)]
pub struct ResponseUrl {
    pub team: String,
    pub channel: String,
    pub user: String,
    /// `ts` of the message or whisper whose button was pressed.
    pub message: Option<String>,
    /// In which thread that was.
    pub thread: Option<String>,
    pub at: DateTime<Utc>,
    /// What came, as it came.
    pub answers: Vec<Value>,
}

/// A request as it came, and what was answered. The token is not kept.
#[derive(Clone, Debug)]
pub struct Request {
    /// `chat.postMessage` and so on; `response` for a response URL, `socket` for a connection.
    pub method: String,
    /// Team of the token; none when it is nobody's.
    pub team: Option<String>,
    /// Arguments, whatever the content type; what was JSON within a form is JSON here.
    pub args: Value,
    /// Names in lower case, without `authorization`.
    pub headers: BTreeMap<String, String>,
    /// Id and name (without `#`) of the conversation it is about.
    pub channel: Option<(String, String)>,
    /// None: the connection was closed or still hangs.
    pub status: Option<u16>,
    /// What an answer with `ok: false` says.
    pub error: Option<String>,
    /// Whether the double did what was asked.
    pub done: bool,
    pub at: DateTime<Utc>,
}

/// A workspace with the app installed.
pub struct Workspace {
    pub team: String,
    pub bot: User,
    pub bot_id: String,
    pub app_id: String,
    pub bot_token: String,
    pub app_token: String,
    pub secret: String,
    pub scopes: BTreeSet<String>,
    /// What every call with its tokens is answered with: `token_revoked`, `account_inactive` and so on.
    pub locked_out: Option<String>,
    pub users: BTreeMap<String, User>,
    pub channels: Vec<Channel>,
    /// Id, handle and ids of members of each user group.
    pub groups: Vec<(String, String, Vec<String>)>,
    pub whispers: Vec<Whisper>,
    pub views: Vec<View>,
    /// Everything that was published as somebody's Home, by their id, the oldest first.
    pub homes: BTreeMap<String, Vec<Value>>,
    pub triggers: BTreeMap<String, Trigger>,
    pub target: Option<Target>,
}

/// Everything.
pub struct State {
    pub url: String,
    pub clock: Clock,
    pub workspaces: BTreeMap<String, Workspace>,
    pub responses: BTreeMap<u64, ResponseUrl>,
    /// Socket Mode connections by number, also those that are over.
    pub lines: BTreeMap<u64, Line>,
    /// How many connections are open.
    pub open_lines: watch::Sender<usize>,
    pub faults: Vec<Planned>,
    pub requests: Vec<Request>,
    /// Everything that was sent to the bot.
    pub sent: Vec<Sent>,
    pub violations: Vec<String>,
    pub limits: Limits,
    /// Lists give at most this many items a page.
    pub page: usize,
    /// How long the bot may take for an answer.
    pub patience: std::time::Duration,
    /// Whether `@anna` and `#ce` in a command reach the bot as `<@U0ANNA|anna>` and `<#C0CE|ce>`.
    pub escapes: bool,
    last_id: u64,
    last_ts: i64,
}

impl State {
    pub fn new(url: String) -> Self {
        Self {
            url,
            clock: Clock::System,
            workspaces: BTreeMap::new(),
            responses: BTreeMap::new(),
            lines: BTreeMap::new(),
            open_lines: watch::Sender::new(0),
            faults: Vec::new(),
            requests: Vec::new(),
            sent: Vec::new(),
            violations: Vec::new(),
            limits: Limits::default(),
            page: 1000,
            patience: std::time::Duration::from_secs(3),
            escapes: true,
            last_id: 0,
            last_ts: 0,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A number that nothing else has.
    pub fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The next `ts`: the double's clock with microseconds, later than every one before.
    pub fn ts(&mut self) -> String {
        self.last_ts = self.now().timestamp_micros().max(self.last_ts + 1);
        format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    pub fn workspace(&mut self, team: &str) -> &mut Workspace {
        self.workspaces.get_mut(team).unwrap_or_else(|| panic!("no workspace {team}"))
    }

    /// Writes down what is illegal.
    pub fn illegal(&mut self, what: String) {
        self.violations.push(what);
    }
}

/// The part of an id that comes from a name: `anna` in `U0ANNA`.
fn of_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

impl Workspace {
    /// A workspace with the bot alone. Tokens and secret of `T1` are the constants; others end in their team.
    pub fn new(team: &str) -> Self {
        let first = team == super::TEAM;
        let own = |text: &str| if first { text.to_owned() } else { format!("{text}-{team}") };
        let bot = User {
            id: format!("U0MAINTBOT{}", if first { "" } else { team }),
            name: "maintbot".into(),
            tz: None,
            deleted: false,
            is_bot: true,
        };
        Self {
            team: team.to_owned(),
            users: [(bot.id.clone(), bot.clone())].into(),
            bot,
            bot_id: format!("B0MAINTBOT{}", if first { "" } else { team }),
            app_id: "A0MAINTBOT".into(),
            bot_token: own(BOT_TOKEN),
            app_token: own(APP_TOKEN),
            secret: own(SIGNING_SECRET),
            scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            locked_out: None,
            channels: Vec::new(),
            groups: Vec::new(),
            whispers: Vec::new(),
            views: Vec::new(),
            homes: BTreeMap::new(),
            triggers: BTreeMap::new(),
            target: None,
        }
    }

    /// An id of this workspace that comes from a name.
    pub fn id_of(&self, kind: char, name: &str) -> String {
        let team = if self.team == super::TEAM { "" } else { &self.team };
        format!("{kind}0{}{team}", of_name(name))
    }

    /// Somebody by id or name.
    pub fn find_user(&self, user: &str) -> Option<&User> {
        self.users.get(user).or_else(|| self.users.values().find(|known| known.name == user))
    }

    /// The id of somebody that a test made, by id or name.
    pub fn user(&self, user: &str) -> String {
        let found = self.find_user(user);
        found.unwrap_or_else(|| panic!("make the person first: fake.person(\"{user}\", …)")).id.clone()
    }

    /// A conversation by id, or by name with `#`.
    pub fn find_channel(&self, channel: &str) -> Option<usize> {
        let name = channel.strip_prefix('#');
        self.channels.iter().position(|known| {
            known.id == channel || (known.kind != Kind::Direct && name.is_some_and(|name| known.name == name))
        })
    }

    /// A conversation that a test made, by `#name`, by id, or by `@anna` for the one between the bot and her.
    pub fn channel(&mut self, channel: &str) -> &mut Channel {
        let at = match channel.strip_prefix('@') {
            Some(user) => {
                let user = self.user(user);
                self.direct(&user)
            }
            None => self
                .find_channel(channel)
                .unwrap_or_else(|| panic!("make the channel first: fake.channel(\"{channel}\")")),
        };
        &mut self.channels[at]
    }

    /// The conversation between the bot and somebody (by id), made when there is none.
    pub fn direct(&mut self, user: &str) -> usize {
        let there = self.channels.iter().position(|known| known.kind == Kind::Direct && known.name == user);
        there.unwrap_or_else(|| {
            self.channels.push(Channel {
                id: format!("D{}", &user[1..]),
                name: user.to_owned(),
                kind: Kind::Direct,
                archived: false,
                members: [user.to_owned(), self.bot.id.clone()].into(),
                messages: Vec::new(),
            });
            self.channels.len() - 1
        })
    }

    /// Whether the bot is in a conversation.
    pub fn bot_is_in(&self, channel: &Channel) -> bool {
        channel.members.contains(&self.bot.id)
    }
}

impl Channel {
    pub fn message(&mut self, ts: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.ts == ts)
    }

    /// As the API gives it to the bot.
    pub fn shape(&self, bot: &str) -> Value {
        let is_member = self.members.contains(bot);
        match self.kind {
            Kind::Direct => json!({
                "id": self.id, "is_im": true, "is_channel": false, "is_group": false, "is_archived": false,
                "user": self.name, "created": 0,
            }),
            kind => json!({
                "id": self.id, "name": self.name, "name_normalized": self.name,
                "is_channel": kind == Kind::Public, "is_group": kind == Kind::Private, "is_im": false,
                "is_mpim": false, "is_private": kind == Kind::Private, "is_archived": self.archived,
                "is_general": false, "is_member": is_member, "num_members": self.members.len(), "created": 0,
            }),
        }
    }
}

impl Message {
    /// As the API and payloads give it; with metadata only where that was asked for.
    pub fn shape(&self, team: &str, metadata: bool) -> Value {
        let mut shape = json!({ "type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": team });
        if !self.blocks.is_empty() {
            shape["blocks"] = json!(self.blocks);
        }
        if let Some(bot) = &self.bot {
            shape["bot_id"] = json!(bot);
            shape["app_id"] = json!(bot.replacen('B', "A", 1));
        }
        if let Some(thread) = &self.thread_ts {
            shape["thread_ts"] = json!(thread);
        }
        if let Some(edit) = self.edits.last() {
            shape["edited"] = json!({ "user": self.user, "ts": format!("{}.000000", edit.at.timestamp()) });
        }
        if let Some(value) = self.metadata.as_ref().filter(|_| metadata) {
            shape["metadata"] = value.clone();
        }
        shape
    }

    /// The key that the bot gave it, by which it finds it again.
    pub fn key(&self) -> Option<&str> {
        self.metadata.as_ref()?["event_payload"]["key"].as_str()
    }

    /// What a reader sees, as text.
    pub fn plain(&self) -> String {
        super::plain::seen(&self.text, &self.blocks)
    }

    /// `action_id`s of its buttons, in order.
    pub fn buttons(&self) -> Vec<String> {
        super::plain::buttons(&self.blocks)
    }
}

impl Whisper {
    /// What the reader sees, as text.
    pub fn plain(&self) -> String {
        super::plain::seen(&self.text, &self.blocks)
    }
}
