//! Who asked to be told: subscribing and unsubscribing from chats, by mail and by links, and the ladders that follow.
//!
//! Subscriptions are audiences after those of the configuration ([`Organisation::with_subscribers`]). Every command plans
//! with the organisation as it is with them; that is made anew only when their stamp is another one.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::due::{Deed, fault};
use super::{Cx, Failure, Outcome, Reply, Service};
use crate::command::{SubscribeAdd, Unsubscribe};
use crate::domain::access::{Actor, Role};
use crate::domain::channel::{Channel, EmailAddress};
use crate::domain::event::What;
use crate::domain::ledger::MessageKind;
use crate::domain::notice;
use crate::domain::organisation::Organisation;
use crate::domain::refusal::Refusal;
use crate::domain::subject::Subject;
use crate::domain::subscription::{
    CONFIRM_WITHIN, Choice, SUBSCRIBERS, Subscription, SubscriptionId, Wish, token_hash,
};
use crate::domain::window::WindowId;
use crate::message::words::{self, SUBSCRIPTIONS_SHOWN};
use crate::store::Tx;

/// Subscriptions that there can be, confirmed or not.
const MOST: i64 = 5_000;
/// Addresses that wait to be confirmed at the same time.
const MOST_WAITING: i64 = 1_000;
/// Windows whose ladders follow a change in one go.
const BATCH: i64 = 100;
/// Unconfirmed wishes that are forgotten in one go.
const FORGOTTEN: i64 = 500;
/// Who does what comes from the public page or a link in a mail, for the audit trail.
const READER: &str = "a reader";
/// Where that happens.
const PAGE: &str = "page";

/// The organisation with its subscribers, and the stamp of that state of them.
type Stamped = (i64, Arc<Organisation>);

/// The organisation with its subscribers, as one state of them had it.
#[derive(Clone, Debug, Default)]
pub(super) struct Known(Arc<Mutex<Option<Stamped>>>);

/// What became of asking for mail on the public page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whoever reads there will find a mail to confirm with, or has one already: nobody else learns which.
    Heard,
    /// So many addresses wait to be confirmed that no more are taken for now.
    Full,
}

impl Service {
    /// The organisation with everybody who subscribed, for one transaction. With `lock` that stays true until it ends; it
    /// comes before every other lock then.
    pub(super) async fn with_subscribers(&self, tx: &mut Tx, lock: bool) -> Outcome<Arc<Organisation>> {
        let stamp = tx.subscriptions_stamp(lock).await?;
        let known = self.subscribers.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, organisation)) = known.filter(|(of, _)| *of == stamp) {
            return Ok(organisation);
        }
        let found = tx.confirmed_subscriptions().await?;
        let organisation = if found.is_empty() {
            self.organisation.clone()
        } else {
            self.organisation.with_subscribers(&found).into()
        };
        *self.subscribers.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((stamp, organisation.clone()));
        Ok(organisation)
    }

    /// Asks in the name of an address: its owner gets a mail to confirm with, unless one is under way or they got several.
    ///
    /// # Errors
    /// The database fails.
    pub async fn ask_to_subscribe(&self, address: &EmailAddress, choice: &Choice) -> anyhow::Result<Asked> {
        let (now, channel) = (self.now(), Channel::Email(address.clone()));
        let token = random_text()?;
        let asked = self.db.write(async |tx| {
            tx.lock_subscriptions().await?;
            let known = tx.subscription_on(&channel).await?;
            let before = known.as_ref().and_then(|known| known.wish.as_ref());
            if before.is_some_and(|wish| !wish.may_ask_again(now)) {
                return Ok::<_, Failure>(Asked::Heard);
            }
            let (all, waiting) = tx.subscription_counts().await?;
            if all >= MOST || waiting >= MOST_WAITING {
                return Ok(Asked::Full);
            }
            let asks = before.filter(|wish| wish.is_open(now)).map_or(1, |wish| wish.asks + 1);
            let wish = Some(Wish { choice: choice.clone(), asked_at: now, asks });
            let asked = if let Some(known) = known {
                let asked = Subscription { wish, ..known };
                tx.update_subscription(&asked).await?;
                asked
            } else {
                let id = tx.next_subscription_id().await?;
                let asked = Subscription { wish, ..unconfirmed(id, channel.clone(), token.clone(), READER, now) };
                tx.insert_subscription(&asked).await?;
                asked
            };
            let subject = Subject::from(asked.id);
            let event = tx.add_event(subject, now, READER, PAGE, &What::SubscriptionAsked).await?;
            let mail = notice::owed(0, MessageKind::ConfirmSubscription, event, SUBSCRIBERS, channel.clone(), now);
            tx.insert_deliveries(subject, subject, &[mail], now).await?;
            Ok(Asked::Heard)
        });
        let asked = asked.await.map_err(fault)?;
        self.wake.ring();
        Ok(asked)
    }

    /// The subscription whose links hold this token, while it is good for anything.
    ///
    /// # Errors
    /// The database fails.
    pub async fn subscription_of_token(&self, token: &str) -> anyhow::Result<Option<Subscription>> {
        let found = self.db.read(async |tx| Ok::<_, Failure>(tx.subscription_by_token(token).await?)).await;
        Ok(found
            .map_err(fault)?
            .map(|found| still(found, self.now()))
            .filter(|s| s.since.is_some() || s.wish.is_some()))
    }

    /// The owner of an address confirms what was asked for; it takes the place of what they chose before. Confirming again
    /// changes nothing. `None`: it was too late, or nothing was asked for.
    ///
    /// # Errors
    /// The database fails.
    pub async fn confirm_subscription(&self, token: &str) -> anyhow::Result<Option<Subscription>> {
        let (now, stamp) = (self.now(), random_stamp()?);
        let confirmed = self.db.write(async |tx| {
            tx.lock_subscriptions().await?;
            let Some(known) = tx.subscription_by_token(token).await? else { return Ok::<_, Failure>(None) };
            let known = still(known, now);
            let Some(wish) = known.wish.clone() else { return Ok(known.since.map(|_| known)) };
            let confirmed = Subscription { choice: wish.choice, since: Some(now), wish: None, ..known };
            store_choice(tx, &confirmed, (READER, PAGE), stamp, now).await?;
            Ok(Some(confirmed))
        });
        let confirmed = confirmed.await.map_err(fault)?;
        self.wake.ring();
        Ok(confirmed)
    }

    /// Ends the subscription whose links hold this token, without asking who it is (RFC 8058). `false`: there is none, or
    /// none any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn unsubscribe_by_token(&self, token: &str) -> anyhow::Result<bool> {
        let hash = token_hash(token);
        let found = |s: &Subscription| token_hash(&s.token) == hash;
        self.end_subscription(async |tx| Ok(tx.subscription_by_token(token).await?.filter(found)), (READER, PAGE)).await
    }

    /// Ends a subscription by its number. `false`: there is none such.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_subscription(&self, id: SubscriptionId, actor: &Actor, place: &str) -> anyhow::Result<bool> {
        self.end_subscription(async |tx| Ok(tx.subscription(id).await?), (&actor.id, place)).await
    }

    async fn end_subscription(
        &self,
        find: impl AsyncFnOnce(&mut Tx) -> Outcome<Option<Subscription>>,
        by: (&str, &str),
    ) -> anyhow::Result<bool> {
        let (now, stamp) = (self.now(), random_stamp()?);
        let ended = self.db.write(async |tx| {
            tx.lock_subscriptions().await?;
            let Some(found) = find(tx).await? else { return Ok::<_, Failure>(false) };
            end(tx, &found, by, stamp, now).await?;
            Ok(true)
        });
        let ended = ended.await.map_err(fault)?;
        self.wake.ring();
        Ok(ended)
    }

    /// At most `limit` subscriptions with a higher number than `after`, oldest first; only those that are confirmed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn subscriptions(
        &self,
        after: Option<SubscriptionId>,
        limit: usize,
    ) -> anyhow::Result<Vec<Subscription>> {
        let (after, limit) = (after.unwrap_or(SubscriptionId(0)), i64::try_from(limit).unwrap_or(i64::MAX));
        let found = self.db.read(async |tx| Ok::<_, Failure>(tx.subscriptions_after(after, limit).await?));
        found.await.map_err(fault)
    }

    /// Lets the ladders of the next windows follow what changed in the subscriptions. Says whether there was anything.
    pub(super) async fn follow_subscriptions(&self, now: DateTime<Utc>) -> Outcome<bool> {
        let to_plan = self.db.read(async |tx| {
            let Some(of) = tx.subscription_to_plan().await? else { return Ok::<_, Failure>(None) };
            let windows = tx.open_windows_after(of.after, BATCH).await?;
            Ok(Some((of, windows)))
        });
        let Some((of, windows)) = to_plan.await? else { return Ok(false) };
        for id in &windows {
            self.act(Deed::Subscribers(*id), now).await?;
        }
        let to = windows.last().copied();
        self.db.write(async |tx| Ok::<_, Failure>(tx.planned_subscription(&of, to).await?)).await?;
        Ok(true)
    }

    /// Forgets what was asked for and not confirmed in time, as of `now` (UTC).
    ///
    /// # Errors
    /// The database fails.
    pub async fn forget_wishes(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let forgotten = self
            .db
            .write(async |tx| {
                tx.lock_subscriptions().await?;
                for stale in tx.stale_subscriptions(now - CONFIRM_WITHIN, FORGOTTEN).await? {
                    match stale.since {
                        Some(_) => tx.update_subscription(&Subscription { wish: None, ..stale }).await?,
                        None => tx.forget_subscription(stale.id).await?,
                    }
                }
                Ok::<_, Failure>(())
            })
            .await;
        forgotten.map_err(fault)
    }
}

/// A subscription as it is at `now` (UTC): what was not confirmed in time counts no more.
fn still(mut known: Subscription, now: DateTime<Utc>) -> Subscription {
    known.wish = known.wish.filter(|wish| wish.is_open(now));
    known
}

fn unconfirmed(id: SubscriptionId, channel: Channel, token: String, by: &str, now: DateTime<Utc>) -> Subscription {
    let (choice, created_by) = (Choice::default(), by.to_owned());
    Subscription { id, channel, choice, since: None, wish: None, token, created_by, created_at: now }
}

/// Stores what a channel hears of from now on, in a transaction that holds the lock of all subscriptions. `by`: who, and
/// where. The ladders follow after it.
async fn store_choice(tx: &mut Tx, s: &Subscription, by: (&str, &str), stamp: i64, now: DateTime<Utc>) -> Outcome<i64> {
    tx.update_subscription(s).await?;
    tx.stamp_subscriptions(stamp).await?;
    tx.plan_subscription(s.id, stamp).await?;
    let (services, regions) = (s.choice.services.clone(), s.choice.regions.clone());
    let what = What::Subscribed { channel: s.masked(), services, regions };
    Ok(tx.add_event(s.id, now, by.0, by.1, &what).await?)
}

/// Takes a subscription away with everything that is still owed to it.
async fn end(tx: &mut Tx, s: &Subscription, by: (&str, &str), stamp: i64, now: DateTime<Utc>) -> Outcome<()> {
    tx.remove_subscription(s.id).await?;
    if s.since.is_some() {
        tx.stamp_subscriptions(stamp).await?;
        tx.unsubscribe_rows(&s.channel).await?;
    }
    tx.add_event(s.id, now, by.0, by.1, &What::Unsubscribed { channel: s.masked() }).await?;
    Ok(())
}

/// 64 hexadecimal digits that nobody can guess.
fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("the system gives no randomness: {e}"))?;
    Ok(hex::encode(bytes))
}

/// A stamp that was never given before, also not in a transaction that was rolled back.
fn random_stamp() -> anyhow::Result<i64> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("the system gives no randomness: {e}"))?;
    Ok(i64::from_le_bytes(bytes))
}

impl Cx<'_> {
    /// Lets the ladder of one window, and of its plan, follow the subscriptions as they are now.
    pub(super) async fn follow_subscribers(&mut self, id: WindowId) -> Outcome<()> {
        self.lock(id).await?;
        let Some(w) = self.tx.window(id).await? else { return Ok(()) };
        if w.state.is_over() {
            return Ok(());
        }
        let (items, rows) = (self.tx.items(id).await?, self.tx.deliveries(id).await?);
        let kin = self.kin(&w).await?;
        self.replan(&w, &items, &rows, &kin).await?;
        match &kin.phases {
            Some(phases) => self.replan_plan(phases, &kin.plan_rows).await,
            None => Ok(()),
        }
    }

    pub(super) async fn subscribe_add(&mut self, c: &SubscribeAdd) -> Outcome<Reply> {
        let channel = self.reader(c.to.as_deref())?;
        let services = if c.service.is_empty() { Vec::new() } else { self.services(&c.service)? };
        let regions = if c.regions.is_empty() { Vec::new() } else { self.regions(&c.regions, &[])? };
        let wanted = Choice { services, regions };
        let known = self.tx.subscription_on(&channel).await?;
        let (mut s, is_told) = if let Some(known) = known {
            let is_told = known.since.is_some();
            (known, is_told)
        } else {
            if self.tx.subscription_counts().await?.0 >= MOST {
                let detail = format!("There are {MOST} subscriptions, which is the most; an admin can end some.");
                return Err(Refusal::rule(detail, "/maintenance subscribe list").into());
            }
            let id = self.tx.next_subscription_id().await?;
            let new = unconfirmed(id, channel, random_text()?, &self.actor.id, self.now);
            self.tx.insert_subscription(&new).await?;
            (new, false)
        };
        let choice = if is_told { s.choice.with(&wanted) } else { wanted };
        let is_new = !is_told || s.choice != choice;
        if is_new {
            s = Subscription { choice, since: Some(self.now), ..s };
            store_choice(self.tx, &s, (&self.actor.id, self.place), random_stamp()?, self.now).await?;
        }
        let message = words::subscribed(self.organisation, &s, is_new, self.dry_run());
        Ok(Reply { message, subject: Some(s.id.into()), ..Reply::default() })
    }

    pub(super) async fn subscribe_list(&mut self) -> Outcome<Reply> {
        let mut found = Vec::new();
        let all = if self.actor.may(Role::Admin) {
            found = self.tx.confirmed_subscriptions().await?;
            found.len()
        } else {
            for channel in [self.here(), self.own()].into_iter().flatten() {
                found.extend(self.tx.subscription_on(&channel).await?.filter(|s| s.since.is_some()));
            }
            found.len()
        };
        found.truncate(SUBSCRIPTIONS_SHOWN);
        Ok(Reply { message: words::subscriptions(self.organisation, &found, all), ..Reply::default() })
    }

    pub(super) async fn unsubscribe(&mut self, c: &Unsubscribe) -> Outcome<Reply> {
        let channel = self.reader(c.to.as_deref())?;
        let known = self.tx.subscription_on(&channel).await?.filter(|s| s.since.is_some());
        let Some(known) = known else {
            let message = words::not_subscribed(&channel, self.dry_run());
            return Ok(Reply { message, ..Reply::default() });
        };
        let left = self.left_of(&known, &c.service)?;
        let (by, stamp) = ((self.actor.id.as_str(), self.place), random_stamp()?);
        match &left {
            None => end(self.tx, &known, by, stamp, self.now).await?,
            Some(choice) => {
                let narrower = Subscription { choice: choice.clone(), ..known.clone() };
                store_choice(self.tx, &narrower, by, stamp, self.now).await?;
            }
        }
        let message = words::unsubscribed(self.organisation, &channel, left.as_ref(), self.dry_run());
        Ok(Reply { message, subject: Some(known.id.into()), ..Reply::default() })
    }

    /// What is left of a subscription without these services; `None`: nothing.
    fn left_of(&self, known: &Subscription, typed: &[String]) -> Outcome<Option<Choice>> {
        let of = &known.choice.services;
        if typed.is_empty() || typed == ["all"] {
            return Ok(None);
        }
        if of.is_empty() {
            let detail =
                format!("{} is subscribed to all services, and those cannot be taken away one by one.", known.channel);
            let hint = format!("/maintenance unsubscribe to:{}", known.channel);
            return Err(Refusal::rule(detail, hint).into());
        }
        self.all_known("service", typed, of)?;
        let services: Vec<String> = of.iter().filter(|id| !typed.contains(id)).cloned().collect();
        let regions = known.choice.regions.clone();
        Ok((!services.is_empty()).then_some(Choice { services, regions }))
    }

    /// The channel that is meant by `me`, `here`, its name, or nothing, where the caller may speak for it.
    fn reader(&self, typed: Option<&str>) -> Outcome<Channel> {
        match typed.map(str::to_lowercase).as_deref() {
            Some("me") => self.me(),
            Some("here") => self.this_place(),
            None => {
                if self.here().is_some() {
                    self.this_place()
                } else {
                    self.me()
                }
            }
            Some(_) => self.named(typed.unwrap_or_default()),
        }
    }

    /// The channel in which the command was typed, where people talk there.
    fn here(&self) -> Option<Channel> {
        self.place.parse().ok().filter(Channel::is_chat)
    }

    /// Where the caller alone reads.
    fn own(&self) -> Option<Channel> {
        self.organisation.own_channel(&self.actor.id)
    }

    fn me(&self) -> Outcome<Channel> {
        self.own().ok_or_else(|| {
            let detail =
                "It is not known where you alone read: an admin writes that down in [people] of the configuration.";
            Refusal::rule(detail, "/maintenance whoami").into()
        })
    }

    fn this_place(&self) -> Outcome<Channel> {
        let here = self.here().ok_or_else(|| {
            Failure::from(Refusal::rule("This is no channel that can be told.", "/maintenance subscribe me"))
        })?;
        self.needs(Role::Engineer)?;
        Ok(here)
    }

    fn named(&self, typed: &str) -> Outcome<Channel> {
        let wrong = |detail: String| self.parsed.refuse("to", usize::MAX..usize::MAX, detail, Some("me".into()));
        let channel: Channel = typed.parse().map_err(|e| wrong(format!("{e}; or `me`, or `here`")))?;
        // Saying the name of what is meant anyway needs nothing more than saying `me` or `here`.
        if self.own().as_ref() == Some(&channel) {
            return Ok(channel);
        }
        if self.here().as_ref() == Some(&channel) {
            return self.this_place();
        }
        self.needs(Role::Admin)?;
        match &channel {
            Channel::Email(_) if !self.organisation.mails => {
                Err(wrong("No mail can be sent: [smtp] is not in the configuration".into()).into())
            }
            Channel::Builtin(_) | Channel::Slack(_) | Channel::Email(_) => Ok(channel),
            Channel::Discord(place) if !place.is_events() => Ok(channel),
            _ => Err(wrong(format!("`{channel}` cannot subscribe: people read in channels of chats, and mail")).into()),
        }
    }

    fn needs(&self, needed: Role) -> Outcome<()> {
        if self.actor.may(needed) {
            return Ok(());
        }
        let (verb, holders) = (self.parsed.command.spec().name.clone(), self.organisation.holders_of(needed));
        Err(Refusal::Role { verb, needed, holders }.into())
    }
}
