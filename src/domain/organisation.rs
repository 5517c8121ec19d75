//! What the organisation has written down once: services, policies, audiences, people. Built from the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::access::Role;
use super::advisory::AdvisoryId;
use super::calendar::{Hours, Lead, WeekHours, WorkingCalendar, Zone};
use super::channel::{DiscordPlace, EmailAddress, Repository, SlackPlace};
use super::customer::Customer;
use super::digest::Digest;
use super::finding::FindingKind;
use super::ledger::MessageKind;
use super::plan::PlanId;
use super::silence::{Matcher, Silencing};
use super::window::{Kind, Window, words};

pub use super::channel::Channel;

/// When the first message goes out: a lead time, or as soon as the window is scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// As soon as the window is scheduled.
    AtOnce,
    /// So long before the start.
    Lead(Lead),
}

impl fmt::Display for Announce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtOnce => f.write_str("at_once"),
            Self::Lead(lead) => lead.fmt(f),
        }
    }
}

impl FromStr for Announce {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "at_once" {
            return Ok(Self::AtOnce);
        }
        text.parse().map(Self::Lead).map_err(|e| format!("{e}; or `at_once`"))
    }
}

impl<'de> Deserialize<'de> for Announce {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

words! {
    /// Whether a window completes by itself.
    AutoComplete {
        /// A person reports completion.
        Never = "false",
        /// As soon as every item is reported done.
        AllDone = "all_done",
        /// At the planned end, if no item is open.
        AtEnd = "at_end",
    }
}

words! {
    /// What becomes of reminders that fall on a day off.
    RemindersOn {
        /// They go out all the same.
        AnyDay = "any_day",
        /// They go out on the working day before, at the same clock time.
        WorkingDays = "working_days",
    }
}

/// The rules for one kind of window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long before its start a window must be asked for, where that is a rule.
    pub notice: Option<Lead>,
    /// Findings that need an approver instead of being refused.
    pub approval: BTreeSet<FindingKind>,
    /// What becomes of reminders on days off.
    pub reminders_on: RemindersOn,
    /// When audiences hear first.
    pub announce: Announce,
    /// When they are reminded.
    pub remind: Vec<Lead>,
    /// When the change list is sent.
    pub change_list: Announce,
    /// Whether the window starts by itself at its start.
    pub auto_start: bool,
    /// Whether it completes by itself.
    pub auto_complete: AutoComplete,
    /// First and repeated distance of the overrun chase; zero turns it off.
    pub overrun_chase: TimeDelta,
}

/// A named set of people reached over channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Its name, unique in the configuration.
    pub name: String,
    /// Where its members read.
    pub channels: Vec<Channel>,
    /// Also the place in chat where a window was scheduled.
    pub here: bool,
    /// Services it cares for; empty means all.
    pub services: Vec<String>,
    /// Regions it cares for; empty means all.
    pub regions: Vec<String>,
    /// Overrides the policy's announcement.
    pub announce: Option<Announce>,
    /// Overrides the policy's reminders.
    pub remind: Option<Vec<Lead>>,
    /// Overrides the policy's change-list lead.
    pub change_list: Option<Announce>,
    /// Which messages it gets; `None` means all that concern the public.
    pub messages: Option<BTreeSet<MessageKind>>,
    /// Staff: may read what is not public.
    pub internal: bool,
    /// When it wants to be told of what is not urgent, and the zone of that.
    pub send_hours: Option<(Hours, Zone)>,
    /// Roles on Discord, by id, whose members are notified of what this audience is told there.
    pub mentions: Vec<String>,
    /// The language of its messages, such as `fi`; the organisation's where it has none of its own.
    pub language: Option<String>,
    /// Which wording of a message it gets where there is one of this name.
    pub style: Option<String>,
    /// Since when its members read (UTC): what was due before is not owed to them. `None`: always.
    pub since: Option<DateTime<Utc>>,
}

impl Audience {
    /// Whether a window touches what this audience cares for.
    #[must_use]
    pub fn concerns(&self, window: &Window) -> bool {
        let services = self.services.is_empty() || window.services.iter().any(|s| self.services.contains(s));
        let regions = self.regions.is_empty()
            || window.regions.is_empty()
            || window.regions.iter().any(|r| self.regions.contains(r));
        services && regions
    }

    /// Where its members read of a window: its channels, and the place in chat where the window was scheduled if that
    /// belongs to it.
    #[must_use]
    pub fn channels_for(&self, window: &Window) -> Vec<Channel> {
        let here = window.scheduled_in().filter(|channel| self.here && !self.channels.contains(channel));
        self.channels.iter().cloned().chain(here).collect()
    }

    /// Whether one of these services and regions is one that this audience cares for; no region means all.
    #[must_use]
    pub fn cares_for(&self, services: &[String], regions: &[String]) -> bool {
        let cares = |own: &[String], theirs: &[String]| own.is_empty() || theirs.iter().any(|id| own.contains(id));
        cares(&self.services, services) && (regions.is_empty() || cares(&self.regions, regions))
    }

    /// Whether what is planned for `due_at` (UTC) is owed to it.
    #[must_use]
    pub fn hears_at(&self, due_at: DateTime<Utc>) -> bool {
        self.since.is_none_or(|since| due_at >= since)
    }

    /// Whether it is told this kind of message.
    #[must_use]
    pub fn wants(&self, message: MessageKind) -> bool {
        match &self.messages {
            Some(chosen) => chosen.contains(&message),
            None => message.is_public(),
        }
    }
}

/// Something that is maintained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its id, as typed in commands.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Regions it runs in.
    pub regions: Vec<String>,
    /// Environment of its windows where none is typed.
    pub environment: Option<String>,
    /// Zone of its windows where none is typed.
    pub zone: Option<Zone>,
    /// When few people use it, in its own zone, else the organisation's.
    pub quiet_hours: Vec<WeekHours>,
    /// The query that measures how much it is used.
    pub quiet_query: Option<String>,
    /// Where its change lists are kept on GitHub.
    pub repository: Option<Repository>,
    /// What its alerts have in common at Alertmanager, all of it; empty: the label of [`Silencing`] holds its id.
    pub alert_matchers: Vec<Matcher>,
    /// PagerDuty's id of it, such as `PIJ90N7`.
    pub pagerduty: Option<String>,
}

/// A region: where customers and machines are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its id, as typed in commands.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its zone, working week, hours and holidays; the organisation's where it has none of its own.
    pub working: WorkingCalendar,
}

/// One person on every surface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The zone their times are read in.
    pub zone: Option<Zone>,
    /// Their login on GitHub, in small letters.
    pub github: Option<String>,
    /// Who they are on Slack.
    pub slack: Option<SlackPlace>,
    /// Who they are on Discord.
    pub discord: Option<DiscordPlace>,
    /// Their address, where mail can be sent.
    pub email: Option<EmailAddress>,
}

/// What of GitHub is used. No repository: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GithubUse {
    /// Repositories that are watched; the first keeps the change lists of services that have none of their own.
    pub repositories: Vec<Repository>,
    /// Every item of a change list is an issue below it.
    pub sub_issues: bool,
    /// Where people open it, without a slash at the end, such as `https://github.com`.
    pub web_url: String,
}

/// Everything written down once about the organisation.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Its zone: the last resort for typed times.
    pub zone: Zone,
    /// The language of messages, such as `en`.
    pub language: String,
    /// Working week and holidays.
    pub working: WorkingCalendar,
    /// Where internal messages go.
    pub ops: Vec<Channel>,
    /// Where those who use the services ask: a web address, or a mail address.
    pub support: Option<String>,
    /// Lists of scheduled events that show every window (`discord:<server>/events`).
    pub events: Vec<Channel>,
    /// What keeps alerts quiet while a window is open.
    pub silences: Silencing,
    /// Services by id. Empty: any id is accepted.
    pub services: BTreeMap<String, Service>,
    /// Regions by id. Empty: any id is accepted.
    pub regions: BTreeMap<String, Region>,
    /// Policies by kind.
    pub policies: BTreeMap<String, Policy>,
    /// Policies by kind and service, where a service has its own.
    pub service_policies: BTreeMap<(String, String), Policy>,
    /// Audiences in the order of the configuration.
    pub audiences: Vec<Audience>,
    /// Customers by id, in the order of their ids.
    pub customers: BTreeMap<String, Customer>,
    /// People by id.
    pub people: BTreeMap<String, Person>,
    /// Who holds which role; `None` where nothing is written and the surfaces' defaults hold.
    pub roles: Option<BTreeMap<Role, Vec<String>>>,
    /// What of GitHub is used.
    pub github: GithubUse,
    /// What is told at fixed times, where that is asked for.
    pub digest: Option<Digest>,
    /// Mail can be sent: people may ask for it on the public page.
    pub mails: bool,
    /// Base of links in messages, without a slash at the end.
    pub public_url: String,
}

impl Organisation {
    /// The audience of this name; none for ops and single people.
    #[must_use]
    pub fn audience(&self, name: &str) -> Option<&Audience> {
        self.audiences.iter().find(|audience| audience.name == name)
    }

    /// Every channel that is written down for somebody to read: those of the audiences, of ops and of the digest. One may
    /// come more than once.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        let of_audiences = self.audiences.iter().flat_map(|audience| &audience.channels);
        of_audiences.chain(&self.ops).chain(self.digest.iter().flat_map(|digest| &digest.channels))
    }

    /// The language in which an audience, ops or a person is written to.
    #[must_use]
    pub fn language_of(&self, audience: &str) -> &str {
        self.audience(audience).and_then(|audience| audience.language.as_deref()).unwrap_or(&self.language)
    }

    /// The wording that an audience asks for.
    #[must_use]
    pub fn style_of(&self, audience: &str) -> Option<&str> {
        self.audience(audience)?.style.as_deref()
    }

    /// The policy of a window: of its kind and first service that has its own, else of its kind.
    ///
    /// A kind without a policy (removed from the configuration since) falls back to `scheduled`.
    #[must_use]
    pub fn policy(&self, kind: &Kind, services: &[String]) -> &Policy {
        services
            .iter()
            .find_map(|service| self.service_policies.get(&(kind.0.clone(), service.clone())))
            .or_else(|| self.policies.get(&kind.0))
            .unwrap_or_else(|| &self.policies[Kind::SCHEDULED])
    }

    /// The regions that a window with these region ids touches: none meaning all.
    pub fn affected_regions<'a>(&'a self, ids: &'a [String]) -> impl Iterator<Item = &'a Region> {
        self.regions.values().filter(move |region| ids.is_empty() || ids.contains(&region.id))
    }

    /// Where the change list of a window of these services is kept: in the repository of the first service that has one,
    /// else in the first repository of all, else in the built-in tracker.
    #[must_use]
    pub fn tracker_for(&self, services: &[String]) -> Channel {
        let own = services.iter().find_map(|id| self.services.get(id)?.repository.clone());
        let repository = own.or_else(|| self.github.repositories.first().cloned());
        repository.map_or(Channel::Tracker, |repository| Channel::Github(repository, None))
    }

    /// What the alerts of a service have in common, all of it.
    #[must_use]
    pub fn alert_matchers(&self, service: &str) -> Vec<Matcher> {
        let own = self.services.get(service).map(|service| service.alert_matchers.clone()).unwrap_or_default();
        if own.is_empty() { vec![Matcher::equals(&self.silences.label, service)] } else { own }
    }

    /// PagerDuty's ids of the services of a window, as far as they have one, each once.
    #[must_use]
    pub fn on_pagerduty(&self, services: &[String]) -> BTreeSet<String> {
        services.iter().filter_map(|id| self.services.get(id)?.pagerduty.clone()).collect()
    }

    /// Whether a channel of [`Silencing`] has something to keep quiet for a window.
    #[must_use]
    pub fn is_silenced(&self, channel: &Channel, window: &Window) -> bool {
        let can = *channel != Channel::Pagerduty || !self.on_pagerduty(&window.services).is_empty();
        can && window.kind.has_downtime()
    }

    /// Every repository that is watched, each once: those written, then those of services.
    #[must_use]
    pub fn repositories_watched(&self) -> Vec<Repository> {
        let of_services = self.services.values().filter_map(|service| service.repository.as_ref());
        let mut watched: Vec<Repository> = Vec::new();
        for repository in self.github.repositories.iter().chain(of_services) {
            if !watched.contains(repository) {
                watched.push(repository.clone());
            }
        }
        watched
    }

    /// The page of an issue on GitHub.
    #[must_use]
    pub fn issue_url(&self, repository: &Repository, number: u64) -> String {
        format!("{}/{repository}/issues/{number}", self.github.web_url)
    }

    /// The person with this login on GitHub (in any case of letters): their id.
    #[must_use]
    pub fn person_on_github(&self, login: &str) -> Option<&str> {
        let is_theirs = |person: &Person| person.github.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(login));
        self.people.iter().find(|(_, person)| is_theirs(person)).map(|(id, _)| id.as_str())
    }

    /// The person with this id on Slack: their id here.
    #[must_use]
    pub fn person_on_slack(&self, place: &SlackPlace) -> Option<&str> {
        self.people.iter().find(|(_, person)| person.slack.as_ref() == Some(place)).map(|(id, _)| id.as_str())
    }

    /// The person with this id on Discord: their id here.
    #[must_use]
    pub fn person_on_discord(&self, place: &DiscordPlace) -> Option<&str> {
        self.people.iter().find(|(_, person)| person.discord.as_ref() == Some(place)).map(|(id, _)| id.as_str())
    }

    /// Where somebody reads who is known by this name: what is written of them, a person on Slack or Discord by their id
    /// there, else in ops, by name.
    #[must_use]
    pub fn reaches(&self, name: &str) -> Vec<Channel> {
        self.own_channel(name).map_or_else(|| self.ops.clone(), |own| vec![own])
    }

    /// A place where only this person reads.
    #[must_use]
    pub fn own_channel(&self, name: &str) -> Option<Channel> {
        let person = self.people.get(name);
        let on_slack = person.and_then(|person| person.slack.clone()).map(Channel::Slack);
        let on_discord = || person.and_then(|person| person.discord.clone()).map(Channel::Discord);
        let typed = || match name.parse() {
            Ok(Channel::Slack(place)) if place.is_person() => Some(Channel::Slack(place)),
            Ok(Channel::Discord(place)) if place.is_person() => Some(Channel::Discord(place)),
            _ => None,
        };
        let by_mail = || person.and_then(|person| person.email.clone()).map(Channel::Email);
        on_slack.or_else(on_discord).or_else(by_mail).or_else(typed)
    }

    /// Whether nobody but staff reads there: ops and audiences that are staff, as far as no other audience reads there
    /// too. Never the log, nor GitHub, whose repositories may be public.
    #[must_use]
    pub fn is_for_staff(&self, channel: &Channel) -> bool {
        let reads = |audience: &&Audience| audience.channels.contains(channel);
        let kept = !matches!(channel, Channel::Log(_) | Channel::Github(..) | Channel::Tracker);
        let staff = self.ops.contains(channel) || self.audiences.iter().filter(reads).any(|a| a.internal);
        kept && staff && self.audiences.iter().filter(reads).all(|a| a.internal)
    }

    /// Whether what is answered in a place of this name is read by staff alone: every place but a conversation in which
    /// others take part.
    #[must_use]
    pub fn is_place_for_staff(&self, place: &str) -> bool {
        place.parse::<Channel>().ok().is_none_or(|channel| !channel.is_chat() || self.is_for_staff(&channel))
    }

    /// The page of an advisory.
    #[must_use]
    pub fn advisory_url(&self, advisory: AdvisoryId) -> String {
        format!("{}/advisories/{advisory}", self.public_url)
    }

    /// A service's name for people; its id where it has none.
    #[must_use]
    pub fn service_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.services.get(id).map_or(id, |service| service.name.as_str())
    }

    /// The page of a window.
    #[must_use]
    pub fn window_url(&self, window: &Window) -> String {
        format!("{}/windows/{}", self.public_url, window.id)
    }

    /// The page of a plan.
    #[must_use]
    pub fn plan_url(&self, plan: PlanId) -> String {
        format!("{}/plans/{plan}", self.public_url)
    }

    /// Roles that `[roles]` gives to any of these names; `None` where `[roles]` is not written.
    #[must_use]
    pub fn roles_of(&self, names: &[&str]) -> Option<BTreeSet<Role>> {
        let roles = self.roles.as_ref()?;
        let held = |holders: &Vec<String>| holders.iter().any(|h| h == "*" || names.contains(&h.as_str()));
        Some(roles.iter().filter(|(_, holders)| held(holders)).map(|(role, _)| *role).collect())
    }

    /// Who could do what needs this role, as written in `[roles]`.
    #[must_use]
    pub fn holders_of(&self, needed: Role) -> Vec<String> {
        let covering = self.roles.iter().flatten().filter(|(role, _)| role.covers(needed));
        let mut found: Vec<String> = Vec::new();
        for holder in covering.flat_map(|(_, holders)| holders) {
            if !found.contains(holder) {
                found.push(holder.clone());
            }
        }
        found
    }
}
