//! Looking things up: who maintbot is, people, user groups, its own messages, and where a socket may be opened.

use chrono::{DateTime, TimeDelta, Utc};

use super::call::Call;
use super::method::Method;
use super::{EVENT_TYPE, Failure, Me, Result, Slack, wire};

/// Pages of messages that are looked through, and messages on each.
const PAGES: usize = 10;
const ON_A_PAGE: usize = 200;
/// Slack's clock and ours may differ so much.
const APART: TimeDelta = TimeDelta::minutes(5);
/// Where Slack says what the token may do.
const SCOPES: &str = "x-oauth-scopes";
/// The one answer that there is, among those that are kept.
const ALL: &str = "";

impl Slack {
    /// Who maintbot is in the workspace, and what its token may do. Asked once an hour.
    pub async fn me(&self) -> Result<Me> {
        let ask = async {
            let answer = self.called(&Call::form(Method::AuthTest, Vec::new())).await?;
            let me: wire::AuthTest = self.parsed(Method::AuthTest, &answer)?;
            let scopes = answer.header(SCOPES).unwrap_or_default().split(',');
            let scopes = scopes.map(str::trim).filter(|scope| !scope.is_empty()).map(ToOwned::to_owned).collect();
            Ok(Me { team: me.team_id, user: me.user_id, bot: me.bot_id, url: me.url, scopes })
        };
        self.inner.me.get(&self.inner.clock, ALL, ask).await
    }

    /// The own message that was posted with this key in a conversation, or in a thread of it, after `since` (UTC): its
    /// `ts`. Looks through 2,000 messages.
    pub async fn find(
        &self,
        channel: &str,
        thread: Option<&str>,
        key: &str,
        since: DateTime<Utc>,
    ) -> Result<Option<String>> {
        let me = self.me().await?;
        let mut fields = vec![
            ("channel", channel.to_owned()),
            ("oldest", format!("{}.000000", (since - APART).timestamp())),
            ("inclusive", "true".into()),
            ("include_all_metadata", "true".into()),
            ("limit", ON_A_PAGE.to_string()),
        ];
        fields.extend(thread.map(|ts| ("ts", ts.to_owned())));
        let method = if thread.is_some() { Method::Replies } else { Method::History };
        let mut cursor = None;
        for _ in 0..PAGES {
            let fields = fields.iter().cloned().chain(cursor.take().map(|cursor| ("cursor", cursor))).collect();
            let page: wire::Page = self.ask(&Call::form(method, fields).in_channel(channel)).await?;
            let is_it = |message: &wire::Message| is_own(message, &me) && carries(message, key);
            // A thread begins with the message that it answers, which is another.
            let mut found = page.messages.into_iter().filter(|message| thread != Some(message.ts.as_str()));
            if let Some(message) = found.find(is_it) {
                return Ok(Some(message.ts));
            }
            cursor = wire::Cursor::next(page.response_metadata);
            if cursor.is_none() {
                break;
            }
        }
        Ok(None)
    }

    /// The zone that somebody has set (IANA name); none for who is not there. Asked once an hour.
    pub async fn zone_of(&self, user: &str) -> Result<Option<String>> {
        let call = Call::form(Method::User, vec![("user", user.to_owned())]);
        let ask = async {
            match self.ask::<wire::Person>(&call).await {
                Ok(person) => Ok(person.user.tz.filter(|zone| !zone.is_empty())),
                Err(Failure::Missing { .. }) => Ok(None),
                Err(failure) => Err(failure),
            }
        };
        self.inner.zones.get(&self.inner.clock, user, ask).await
    }

    /// Whether somebody is in a user group, by its handle such as `@oncall`. Known for a minute.
    ///
    /// # Errors
    /// [`Failure::Missing`]: there is no such group.
    pub async fn is_in_group(&self, handle: &str, user: &str) -> Result<bool> {
        let wanted = handle.trim_start_matches('@').to_lowercase();
        let inner = &self.inner;
        let groups = inner.groups.get(&inner.clock, ALL, async {
            let groups: wire::Groups = self.ask(&Call::form(Method::Groups, Vec::new())).await?;
            Ok(groups.usergroups.into_iter().map(|group| (group.handle.to_lowercase(), group.id)).collect())
        });
        let id = groups
            .await?
            .get(&wanted)
            .cloned()
            .ok_or_else(|| Failure::missing(format!("there is no user group @{wanted} on Slack")))?;
        let call = Call::form(Method::GroupMembers, vec![("usergroup", id.clone())]);
        let ask = async { Ok(self.ask::<wire::Members>(&call).await?.users.into_iter().collect()) };
        Ok(inner.members.get(&inner.clock, &id, ask).await?.contains(user))
    }

    /// Where a socket may be opened next, once. The address is a secret.
    ///
    /// # Errors
    /// [`Failure::Refused`]: there is no app token, or Slack names a place that is not Slack's.
    pub async fn open_socket(&self) -> Result<String> {
        let socket: wire::Socket = self.ask(&Call::form(Method::OpenSocket, Vec::new())).await?;
        if self.inner.address.may_listen_at(&socket.url) {
            return Ok(socket.url);
        }
        Err(Failure::Refused { why: "the address that Slack gave for the socket is not one of Slack's".into() })
    }
}

fn is_own(message: &wire::Message, me: &Me) -> bool {
    let same = |theirs: &Option<String>, own: &str| !own.is_empty() && theirs.as_deref() == Some(own);
    same(&message.user, &me.user) || same(&message.bot_id, &me.bot)
}

fn carries(message: &wire::Message, key: &str) -> bool {
    let payload = message.metadata.as_ref().filter(|metadata| metadata.event_type == EVENT_TYPE);
    payload.and_then(|metadata| metadata.event_payload.get("key")?.as_str()) == Some(key)
}
