//! Looking things up, and what servers keep besides messages: who maintbot is, its own messages, scheduled events,
//! commands, and where the gateway is.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::call::Call;
use super::route::Route;
use super::{Application, Discord, Event, Failure, Gateway, Me, Result, wire};
use crate::outward::locked;

/// Pages of messages that are looked through, and messages on each.
const PAGES: usize = 10;
const ON_A_PAGE: usize = 100;
/// Discord's clock and ours may differ so much.
const APART: TimeDelta = TimeDelta::minutes(5);
/// With more searches that stopped, all begin anew.
const MOST_SEARCHES: usize = 1_000;
/// The one answer that there is, among those that are kept.
const ALL: &str = "";

/// Where a search stopped: the last message seen, and how many pages were.
pub(super) type SearchPlace = (Option<String>, usize);

impl Discord {
    /// Who maintbot is. Asked once an hour.
    pub async fn me(&self) -> Result<Me> {
        let ask = async {
            let me: wire::Named = self.ask(&Call::new(Route::Me, "", &["users", "@me"])).await?;
            Ok(Me { id: me.id, name: me.username })
        };
        self.inner.me.get(&self.inner.clock, ALL, ask).await
    }

    /// The own message that carries this mark in a channel: one of its embeds has an address that ends in `#` and the mark.
    /// Looks through the messages since then (UTC), the newest first, and through 1,000 at most. After
    /// [`Failure::Later`] the same search goes on where it stopped.
    pub async fn find(&self, channel: &str, mark: &str, since: DateTime<Utc>) -> Result<Option<String>> {
        let me = self.me().await?;
        let (end, oldest) = (format!("#{mark}"), since - APART);
        let search = (channel.to_owned(), mark.to_owned());
        let (mut before, seen) = locked(&self.inner.searches).remove(&search).unwrap_or_default();
        for page in seen..PAGES {
            let mut query = vec![("limit", ON_A_PAGE.to_string())];
            query.extend(before.clone().map(|id| ("before", id)));
            let call = Call::new(Route::History, channel, &["channels", channel, "messages"]).asking(query);
            let page: Vec<wire::Message> = match self.ask(&call).await {
                Ok(page) => page,
                Err(failure) => {
                    if matches!(failure, Failure::Later { .. }) {
                        self.goes_on_later(search, (before, page));
                    }
                    return Err(failure);
                }
            };
            let is_it = |message: &&wire::Message| message.author.id == me.id && message.carries(&end);
            if let Some(message) = page.iter().find(is_it) {
                return Ok(Some(message.id.clone()));
            }
            let is_done = page.len() < ON_A_PAGE || page.iter().any(|message| message.timestamp < oldest);
            before = page.into_iter().last().map(|message| message.id).filter(|_| !is_done);
            if before.is_none() {
                break;
            }
        }
        Ok(None)
    }

    /// Remembers where a search stopped: Discord takes fewer calls at once than a long one needs.
    fn goes_on_later(&self, search: (String, String), place: SearchPlace) {
        let mut searches = locked(&self.inner.searches);
        if searches.len() >= MOST_SEARCHES {
            searches.clear();
        }
        searches.insert(search, place);
    }

    /// The scheduled events of a server that are not over.
    pub async fn events(&self, guild: &str) -> Result<Vec<Event>> {
        let call = Call::new(Route::Events, guild, &["guilds", guild, "scheduled-events"]);
        let events: Vec<wire::Event> = self.ask(&call).await?;
        Ok(events.into_iter().map(Event::from).collect())
    }

    /// One scheduled event.
    pub async fn event(&self, guild: &str, id: &str) -> Result<Event> {
        let call = Call::new(Route::Event, guild, &["guilds", guild, "scheduled-events", id]);
        self.ask::<wire::Event>(&call).await.map(Event::from)
    }

    /// Adds an event, given as Discord takes it.
    ///
    /// # Errors
    /// After [`Failure::Unsure`], [`Discord::events`] says whether it is there.
    pub async fn create_event(&self, guild: &str, event: &Value) -> Result<Event> {
        let call = Call::new(Route::CreateEvent, guild, &["guilds", guild, "scheduled-events"]).with(event.clone());
        self.ask::<wire::Event>(&call).await.map(Event::from)
    }

    /// Changes an event: `changes` holds what becomes different, as Discord takes it.
    pub async fn update_event(&self, guild: &str, id: &str, changes: &Value) -> Result<Event> {
        let parts = ["guilds", guild, "scheduled-events", id];
        let call = Call::new(Route::ChangeEvent, guild, &parts).with(changes.clone());
        self.ask::<wire::Event>(&call).await.map(Event::from)
    }

    /// The commands that are registered on a server, or everywhere, as Discord keeps them.
    pub async fn commands(&self, guild: Option<&str>) -> Result<Vec<Value>> {
        let query = vec![("with_localizations", "true".to_owned())];
        self.ask(&self.of_commands([Route::Commands, Route::ServerCommands], guild).asking(query)).await
    }

    /// Registers commands on a server, or everywhere, in place of those before.
    pub async fn set_commands(&self, guild: Option<&str>, commands: &[Value]) -> Result<()> {
        let call = self.of_commands([Route::SetCommands, Route::SetServerCommands], guild);
        self.tell(&call.with(json!(commands))).await
    }

    fn of_commands(&self, [everywhere, there]: [Route; 2], guild: Option<&str>) -> Call {
        let own = self.application();
        match guild {
            Some(guild) => Call::new(there, guild, &["applications", own, "guilds", guild, "commands"]),
            None => Call::new(everywhere, "", &["applications", own, "commands"]),
        }
    }

    /// Where Discord is listened to, and how often that may still be begun.
    ///
    /// # Errors
    /// [`Failure::Refused`]: Discord names a place that is not Discord's.
    pub async fn gateway(&self) -> Result<Gateway> {
        let gateway: wire::Gateway = self.ask(&Call::new(Route::Gateway, "", &["gateway", "bot"])).await?;
        if !self.inner.address.may_listen_at(&gateway.url) {
            let why = "the address that Discord gave for the gateway is not one of Discord's".into();
            return Err(Failure::Refused { why });
        }
        let wire::Sessions { remaining, reset_after } = gateway.session_start_limit;
        let reset_after = i64::try_from(reset_after).ok().and_then(TimeDelta::try_milliseconds);
        Ok(Gateway { url: gateway.url, remaining, reset_after: reset_after.unwrap_or(TimeDelta::MAX) })
    }

    /// What Discord has on record about the application.
    pub async fn application_info(&self) -> Result<Application> {
        let found: wire::Application = self.ask(&Call::new(Route::Application, "", &["applications", "@me"])).await?;
        Ok(Application {
            id: found.id,
            name: found.name,
            verify_key: found.verify_key,
            interactions_endpoint_url: found.interactions_endpoint_url.filter(|url| !url.is_empty()),
            bot_public: found.bot_public,
        })
    }
}
