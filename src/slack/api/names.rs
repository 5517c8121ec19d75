//! Which conversation a name or a person stands for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::call::Call;
use super::method::Method;
use super::{ChannelInfo, Failure, Result, Slack, wire};

/// The list of names is read again after this long, and, where a name is not in it, not sooner than after the second.
const LIVES: TimeDelta = TimeDelta::hours(1);
const AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Pages of the list that are read, and conversations on each.
const PAGES: usize = 15;
const ON_A_PAGE: usize = 500;

/// The conversations of a workspace by name.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: tokio::sync::Mutex<Option<List>>,
    /// A conversation was not where the list has it.
    doubted: AtomicBool,
}

#[derive(Debug)]
struct List {
    /// When it was read (UTC, injected clock).
    read: DateTime<Utc>,
    ids: BTreeMap<String, String>,
    /// There are more than are read.
    is_cut: bool,
}

impl Names {
    /// The list is read again before it is used, though not more than once a minute.
    pub(super) fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }
}

impl Slack {
    /// The id of a conversation: `#ce` is looked for by name, a person's id opens the direct messages with them, and any
    /// other id stays what it is.
    ///
    /// # Errors
    /// [`Failure::Missing`]: maintbot sees no such channel, or may not write to the person.
    pub async fn channel_id(&self, target: &str) -> Result<String> {
        match target.strip_prefix('#') {
            Some(name) => self.named(name).await,
            None if target.starts_with(['U', 'W']) => {
                let call = Call::json(Method::OpenDirect, json!({ "users": target }));
                let ask = async { Ok(self.ask::<wire::One>(&call).await?.channel.id) };
                self.inner.direct.get(&self.inner.clock, target, ask).await
            }
            None => Ok(target.to_owned()),
        }
    }

    /// What a conversation is, by its id.
    pub async fn channel(&self, id: &str) -> Result<ChannelInfo> {
        let call = Call::form(Method::Channel, vec![("channel", id.to_owned())]).in_channel(id);
        let wire::One { channel } = self.ask(&call).await?;
        Ok(ChannelInfo {
            id: channel.id,
            name: channel.name.unwrap_or_default(),
            is_member: channel.is_member || channel.is_im,
            is_archived: channel.is_archived,
            is_private: channel.is_private || channel.is_im,
        })
    }

    async fn named(&self, name: &str) -> Result<String> {
        let names = &self.inner.names;
        let mut held = names.list.lock().await;
        let age = held.as_ref().map(|list| self.inner.clock.now() - list.read);
        let known = held.as_ref().and_then(|list| list.ids.get(name).cloned());
        let doubted = names.doubted.load(Ordering::Relaxed);
        let trusted = !doubted && age.is_some_and(|age| age < LIVES);
        if let Some(id) = known.clone().filter(|_| trusted || age.is_some_and(|age| age < AGAIN)) {
            return Ok(id);
        }
        if age.is_none_or(|age| age >= AGAIN) {
            match self.listed().await {
                Ok(list) => *held = Some(list),
                // An old answer is better than none; the post says whether it still holds.
                Err(failure) => return known.filter(|_| !doubted).ok_or(failure),
            }
            names.doubted.store(false, Ordering::Relaxed);
        }
        let Some(list) = held.as_ref() else { return Err(no_such(name, false)) };
        list.ids.get(name).cloned().ok_or_else(|| no_such(name, list.is_cut))
    }

    /// Reads the names of all conversations that maintbot sees.
    async fn listed(&self) -> Result<List> {
        let scopes = self.me().await?.scopes;
        // Asking for private channels without the right to see them is refused as a whole.
        let private = scopes.is_empty() || scopes.contains("groups:read");
        let types = if private { "public_channel,private_channel" } else { "public_channel" };
        let mut list = List { read: self.inner.clock.now(), ids: BTreeMap::new(), is_cut: false };
        let mut archived = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES {
            let mut fields = vec![("types", types.to_owned()), ("limit", ON_A_PAGE.to_string())];
            fields.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let page: wire::Conversations = self.ask(&Call::form(Method::Channels, fields)).await?;
            for channel in page.channels {
                let Some(name) = channel.name else { continue };
                if channel.is_archived {
                    archived.push((name, channel.id));
                } else {
                    list.ids.insert(name, channel.id);
                }
            }
            cursor = wire::Cursor::next(page.response_metadata);
            if cursor.is_none() {
                break;
            }
        }
        list.is_cut = cursor.is_some();
        // Posting there says that it is archived, which explains more than that it is not there.
        for (name, id) in archived {
            list.ids.entry(name).or_insert(id);
        }
        Ok(list)
    }
}

fn no_such(name: &str, is_cut: bool) -> Failure {
    let more = if is_cut { ", or it is not among the first 7,500: write its id instead" } else { "" };
    Failure::missing(format!(
        "there is no channel #{name} on Slack, or it is private and maintbot was not invited{more}"
    ))
}
