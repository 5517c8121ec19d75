//! What Slack sends, read leniently: what is needed has to be there and has to be what it says; everything else may be
//! missing or new. Ids are checked, so that they can be part of a place or a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::channel::SlackPlace;

/// Most buttons of one message that one press can be of. Slack sends one.
const MOST_PRESSED: usize = 5;
/// Longest id of an event, a view or a trigger, in characters; Slack's have under 60.
const LONGEST_KEY: usize = 200;

/// The fields of a form, or the members of an object that are texts.
pub(super) type Fields = BTreeMap<String, String>;

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Caller {
    /// The workspace where it is done: `T…`.
    pub team: String,
    /// The person: `U…` or `W…`.
    pub user: String,
    /// They belong to another organisation and are guests of a shared channel.
    pub foreign: bool,
}

/// `/maintenance` with what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SlashCommand {
    pub caller: Caller,
    pub channel: String,
    pub text: String,
    pub trigger: String,
    pub response: Option<String>,
}

/// A button was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Press {
    pub caller: Caller,
    pub channel: String,
    /// The message that has the button: its `ts`.
    pub message: String,
    /// The thread that the message is in.
    pub thread: Option<String>,
    pub buttons: Vec<Pressed>,
    pub trigger: String,
    pub response: Option<String>,
}

/// One button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pressed {
    pub action: String,
    pub value: String,
    /// When, by Slack's clock, which tells presses apart.
    pub at: String,
}

/// A form was sent in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Submission {
    pub caller: Caller,
    pub view: Value,
    /// Tells this from every other, also of the same form.
    pub key: String,
}

/// What people do with what maintbot shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Interaction {
    Pressed(Press),
    Submitted(Box<Submission>),
    /// Nothing that is waited for: a link was followed, a form was closed.
    Other,
}

/// What Slack tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It asks whether somebody is here.
    Challenge(String),
    /// Somebody wrote to maintbot.
    Mention(Mention),
    /// Somebody opened maintbot's own page.
    HomeOpened {
        id: String,
        caller: Caller,
    },
    Other,
}

/// A message in which maintbot is mentioned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mention {
    pub caller: Caller,
    pub channel: String,
    /// The message: its `ts`.
    pub message: String,
    /// The first message of the thread that it is in.
    pub thread: Option<String>,
    /// When it happened, by Slack's clock: with the conversation the one thing that a redelivery under another id shares.
    pub at: String,
    pub text: String,
}

impl SlashCommand {
    pub(super) fn read(fields: &Fields) -> Option<Self> {
        let field = |name: &str| fields.get(name).map(String::as_str);
        let caller = Caller { team: id(field("team_id")?, "TE")?, user: id(field("user_id")?, "UW")?, foreign: false };
        Some(Self {
            caller,
            channel: id(field("channel_id")?, "CGD")?,
            text: field("text").unwrap_or_default().to_owned(),
            trigger: key(field("trigger_id")?)?,
            response: field("response_url").map(str::to_owned),
        })
    }
}

impl Interaction {
    /// `None`: it is none of Slack's.
    pub(super) fn read(payload: &Value) -> Option<Self> {
        match text(payload, "/type")? {
            "block_actions" => Some(Press::read(payload).map_or(Self::Other, Self::Pressed)),
            "view_submission" => {
                Some(Submission::read(payload).map_or(Self::Other, |submission| Self::Submitted(submission.into())))
            }
            _ => Some(Self::Other),
        }
    }
}

impl Press {
    fn read(payload: &Value) -> Option<Self> {
        let message = text(payload, "/message/ts").or_else(|| text(payload, "/container/message_ts"))?;
        let channel = text(payload, "/channel/id").or_else(|| text(payload, "/container/channel_id"))?;
        let actions = payload.pointer("/actions")?.as_array()?;
        let button = |action: &Value| {
            Some(Pressed {
                action: key(text(action, "/action_id")?)?,
                value: text(action, "/value")?.to_owned(),
                at: stamp(text(action, "/action_ts")?)?,
            })
        };
        Some(Self {
            caller: caller(payload)?,
            channel: id(channel, "CGD")?,
            message: stamp(message)?,
            thread: text(payload, "/message/thread_ts").and_then(stamp),
            buttons: actions.iter().take(MOST_PRESSED).filter_map(button).collect(),
            trigger: key(text(payload, "/trigger_id")?)?,
            response: text(payload, "/response_url").map(str::to_owned),
        })
    }
}

impl Submission {
    fn read(payload: &Value) -> Option<Self> {
        let view = payload.get("view")?.clone();
        let form = key(text(&view, "/id")?)?;
        let sent = text(payload, "/trigger_id").and_then(key)?;
        Some(Self { caller: caller(payload)?, view, key: format!("{form}/{sent}") })
    }
}

impl Event {
    /// `None`: it is none of Slack's.
    pub(super) fn read(payload: &Value) -> Option<Self> {
        match text(payload, "/type")? {
            "url_verification" => Some(Self::Challenge(text(payload, "/challenge")?.to_owned())),
            "event_callback" => Some(match text(payload, "/event/type")? {
                "app_mention" => Mention::read(payload).map_or(Self::Other, Self::Mention),
                "app_home_opened" => Self::home_opened(payload).unwrap_or(Self::Other),
                _ => Self::Other,
            }),
            _ => Some(Self::Other),
        }
    }

    fn home_opened(payload: &Value) -> Option<Self> {
        // Its messages are a tab, too.
        if text(payload, "/event/tab").is_some_and(|tab| tab != "home") {
            return None;
        }
        Some(Self::HomeOpened { id: key(text(payload, "/event_id")?)?, caller: caller_of_event(payload)? })
    }
}

impl Mention {
    /// `None`: a program wrote it, or it is nothing that can be answered.
    fn read(payload: &Value) -> Option<Self> {
        let event = payload.get("event")?;
        if ["/bot_id", "/subtype"].iter().any(|field| text(event, field).is_some()) {
            return None;
        }
        let message = stamp(text(event, "/ts")?)?;
        Some(Self {
            caller: caller_of_event(payload)?,
            channel: id(text(event, "/channel")?, "CGD")?,
            at: text(event, "/event_ts").map_or(Some(message.clone()), stamp)?,
            message,
            thread: text(event, "/thread_ts").and_then(stamp),
            text: text(event, "/text").unwrap_or_default().to_owned(),
        })
    }
}

/// Who, of an interaction.
fn caller(payload: &Value) -> Option<Caller> {
    let user = id(text(payload, "/user/id")?, "UW")?;
    let home = text(payload, "/user/team_id");
    let team = id(text(payload, "/team/id").or(home)?, "TE")?;
    let foreign = is_foreign(home, &team, payload.pointer("/enterprise/id"));
    Some(Caller { team, user, foreign })
}

/// Who, of an event.
fn caller_of_event(payload: &Value) -> Option<Caller> {
    let user = id(text(payload, "/event/user")?, "UW")?;
    let team = id(text(payload, "/team_id")?, "TE")?;
    let home = text(payload, "/event/user_team").or_else(|| text(payload, "/event/team"));
    let foreign = is_foreign(home, &team, payload.pointer("/enterprise_id"));
    Some(Caller { team, user, foreign })
}

/// Whether somebody's own workspace is another one. Inside an enterprise people of all its workspaces are colleagues.
fn is_foreign(home: Option<&str>, team: &str, enterprise: Option<&Value>) -> bool {
    home.is_some_and(|home| home != team) && enterprise.is_none_or(Value::is_null)
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

/// An id of Slack that begins with one of these letters.
fn id(text: &str, first: &str) -> Option<String> {
    let is_id = |text: &str| SlackPlace::new("", text).is_ok() || SlackPlace::new(text, "C0").is_ok();
    (text.starts_with(|c| first.contains(c)) && is_id(text)).then(|| text.to_owned())
}

/// What tells a message from every other of its conversation, such as `1733500000.000100`.
fn stamp(text: &str) -> Option<String> {
    let digits = |part: &str| !part.is_empty() && part.len() <= 20 && part.bytes().all(|b| b.is_ascii_digit());
    let (seconds, rest) = text.split_once('.').unwrap_or((text, "0"));
    (digits(seconds) && digits(rest)).then(|| text.to_owned())
}

/// A word of Slack's that is short and visible.
fn key(text: &str) -> Option<String> {
    let fits = (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn caller(foreign: bool) -> Caller {
        Caller { team: "T1".into(), user: "U1".into(), foreign }
    }

    fn fields(changed: &[(&str, &str)]) -> Fields {
        let usual = [
            ("team_id", "T1"),
            ("user_id", "U1"),
            ("channel_id", "C1"),
            ("text", "list"),
            ("trigger_id", "1.2.abc"),
            ("response_url", "https://hooks.slack.com/commands/1"),
            ("something_new", "x"),
        ];
        usual.iter().chain(changed).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_command_needs_who_and_where_and_nothing_else() {
        let read = SlashCommand::read(&fields(&[])).expect("a command");
        assert_eq!((read.caller, read.channel.as_str(), read.text.as_str()), (caller(false), "C1", "list"));
        for wrong in [("user_id", "anna"), ("channel_id", "C1\nx"), ("team_id", ""), ("trigger_id", "a b")] {
            assert_eq!(SlashCommand::read(&fields(&[wrong])), None, "{wrong:?}");
        }
        let mut bare = fields(&[]);
        bare.retain(|name, _| !matches!(name.as_str(), "text" | "response_url" | "something_new"));
        let read = SlashCommand::read(&bare).expect("a command");
        assert_eq!((read.text.as_str(), read.response), ("", None));
    }

    fn press() -> Value {
        json!({
            "type": "block_actions",
            "user": { "id": "U1", "team_id": "T1" },
            "team": { "id": "T1" },
            "channel": { "id": "C1", "name": "ce" },
            "message": { "ts": "1733500000.000100", "thread_ts": "1733400000.000100" },
            "actions": [{ "type": "button", "action_id": "ack", "value": "ack MW-1", "action_ts": "1733500001.1" }],
            "trigger_id": "1.2.abc",
            "response_url": "https://hooks.slack.com/actions/1",
        })
    }

    #[test]
    fn a_press_says_which_button_of_which_message() {
        let Some(Interaction::Pressed(read)) = Interaction::read(&press()) else { panic!("not a press") };
        assert_eq!((read.channel.as_str(), read.message.as_str()), ("C1", "1733500000.000100"));
        assert_eq!(read.thread.as_deref(), Some("1733400000.000100"));
        let button = Pressed { action: "ack".into(), value: "ack MW-1".into(), at: "1733500001.1".into() };
        assert_eq!(read.buttons, [button]);
        // A link, which has no value, and a press on something that is no message.
        let mut link = press();
        link["actions"][0].as_object_mut().expect("an object").remove("value");
        assert!(matches!(Interaction::read(&link), Some(Interaction::Pressed(p)) if p.buttons.is_empty()));
        let mut elsewhere = press();
        elsewhere.as_object_mut().expect("an object").remove("message");
        assert_eq!(Interaction::read(&elsewhere), Some(Interaction::Other));
        assert_eq!(Interaction::read(&json!({ "type": "shortcut" })), Some(Interaction::Other));
        assert_eq!(Interaction::read(&json!([])), None);
    }

    #[test]
    fn guests_from_another_organisation_are_known() {
        let who = |payload: &Value| match Interaction::read(payload) {
            Some(Interaction::Pressed(press)) => press.caller,
            other => panic!("{other:?}"),
        };
        assert_eq!(who(&press()), caller(false));
        let mut guest = press();
        guest["user"]["team_id"] = "T9".into();
        assert_eq!(who(&guest), caller(true));
        guest["enterprise"] = json!({ "id": "E1" });
        assert_eq!(who(&guest), caller(false), "a colleague in another workspace of the enterprise");
    }

    fn mention(more: &Value) -> Value {
        let mut event = json!({
            "type": "app_mention", "user": "U1", "channel": "C1", "text": "<@U0> list", "ts": "1733500000.000100",
            "event_ts": "1733500000.000100",
        });
        for (name, value) in more.as_object().expect("an object") {
            event[name] = value.clone();
        }
        json!({ "type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event })
    }

    #[test]
    fn programs_are_not_answered() {
        let Some(Event::Mention(read)) = Event::read(&mention(&json!({}))) else { panic!("not a mention") };
        assert_eq!((read.caller, read.text.as_str(), read.thread), (caller(false), "<@U0> list", None));
        assert_eq!(Event::read(&mention(&json!({ "bot_id": "B1" }))), Some(Event::Other));
        assert_eq!(Event::read(&mention(&json!({ "subtype": "bot_message" }))), Some(Event::Other));
        assert_eq!(Event::read(&mention(&json!({ "ts": "../../x" }))), Some(Event::Other));
        let guest = Event::read(&mention(&json!({ "user_team": "T9" })));
        assert!(matches!(guest, Some(Event::Mention(mention)) if mention.caller.foreign));
    }

    #[test]
    fn only_the_home_tab_is_filled() {
        let opened = |tab: &str| {
            let event = json!({ "type": "app_home_opened", "user": "U1", "channel": "D1", "tab": tab });
            Event::read(&json!({ "type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event }))
        };
        assert_eq!(opened("home"), Some(Event::HomeOpened { id: "Ev1".into(), caller: caller(false) }));
        assert_eq!(opened("messages"), Some(Event::Other));
    }

    #[test]
    fn a_submission_is_told_from_the_next_one_of_the_same_form() {
        let sent = |trigger: &str| {
            let view = json!({ "id": "V1", "state": { "values": {} } });
            let who = json!({ "id": "U1", "team_id": "T1" });
            let payload = json!({ "type": "view_submission", "team": { "id": "T1" }, "user": who, "view": view,
                "trigger_id": trigger });
            match Interaction::read(&payload) {
                Some(Interaction::Submitted(submission)) => submission.key,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(sent("1.a"), "V1/1.a");
        assert_ne!(sent("1.a"), sent("2.b"));
    }
}
