//! Slack's JSON as far as it is used. Whatever may be missing may be missing: fields come and go.

use serde::Deserialize;
use serde_json::Value;

/// What every answer says.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    pub(super) ok: bool,
    #[serde(default)]
    pub(super) error: String,
    /// The scope that the token lacks.
    #[serde(default)]
    pub(super) needed: String,
    #[serde(default)]
    errors: Value,
    #[serde(default)]
    response_metadata: Option<Closer>,
}

#[derive(Debug, Default, Deserialize)]
struct Closer {
    #[serde(default)]
    messages: Value,
}

impl Said {
    /// What Slack says more closely, such as which block is wrong.
    pub(super) fn details(&self) -> impl Iterator<Item = &str> {
        let more = self.response_metadata.as_ref().and_then(|more| more.messages.as_array());
        more.into_iter().chain(self.errors.as_array()).flatten().filter_map(Value::as_str)
    }
}

/// Who the token belongs to.
#[derive(Debug, Deserialize)]
pub(super) struct AuthTest {
    pub(super) team_id: String,
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) bot_id: String,
    #[serde(default)]
    pub(super) url: String,
}

/// A message that was posted.
#[derive(Debug, Deserialize)]
pub(super) struct Posted {
    pub(super) ts: String,
}

/// Where a list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Cursor {
    #[serde(default)]
    next_cursor: String,
}

impl Cursor {
    /// What the next page is asked for with, where there is one.
    pub(super) fn next(cursor: Option<Self>) -> Option<String> {
        cursor.map(|cursor| cursor.next_cursor).filter(|next| !next.is_empty())
    }
}

/// A page of the list of conversations.
#[derive(Debug, Deserialize)]
pub(super) struct Conversations {
    #[serde(default)]
    pub(super) channels: Vec<Conversation>,
    #[serde(default)]
    pub(super) response_metadata: Option<Cursor>,
}

/// The conversation that was asked for, or opened.
#[derive(Debug, Deserialize)]
pub(super) struct One {
    pub(super) channel: Conversation,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "it is what Slack sends")]
pub(super) struct Conversation {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) is_member: bool,
    #[serde(default)]
    pub(super) is_archived: bool,
    #[serde(default)]
    pub(super) is_private: bool,
    /// A direct message.
    #[serde(default)]
    pub(super) is_im: bool,
}

/// A page of messages.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    pub(super) messages: Vec<Message>,
    #[serde(default)]
    pub(super) response_metadata: Option<Cursor>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    pub(super) ts: String,
    #[serde(default)]
    pub(super) user: Option<String>,
    #[serde(default)]
    pub(super) bot_id: Option<String>,
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
}

/// What a message carries that nobody sees.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) event_type: String,
    #[serde(default)]
    pub(super) event_payload: Value,
}

/// Somebody.
#[derive(Debug, Deserialize)]
pub(super) struct Person {
    pub(super) user: User,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    #[serde(default)]
    pub(super) tz: Option<String>,
}

/// The user groups of a workspace.
#[derive(Debug, Deserialize)]
pub(super) struct Groups {
    #[serde(default)]
    pub(super) usergroups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    #[serde(default)]
    pub(super) handle: String,
}

/// Who is in a user group.
#[derive(Debug, Deserialize)]
pub(super) struct Members {
    #[serde(default)]
    pub(super) users: Vec<String>,
}

/// Where a socket may be opened.
#[derive(Debug, Deserialize)]
pub(super) struct Socket {
    pub(super) url: String,
}
