//! What is offered while somebody types an option: windows the verb makes sense for, their items, and whatever else the
//! declaration names as its source. Reads only; what cannot be seen by the asker is not offered.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Utc};

use super::Service;
use super::query::advisory_topic;
use crate::command::complete::{
    Candidate, Others, choices, finished, labelled, lengths, listed, matching, recurrences, times, verbs, zones,
};
use crate::command::manifest::MOST_CHOICES;
use crate::command::spec::{Completion, Opt, Type, Verb, catalogue};
use crate::command::when::{ZoneSource, Zones};
use crate::domain::access::{Actor, Role};
use crate::domain::calendar::{Zone, clock_text, local};
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::customer;
use crate::domain::freeze::Freeze;
use crate::domain::plan::{Plan, PlanId, PlanState};
use crate::domain::series::{Series, SeriesId, SeriesState};
use crate::domain::window::{State, Step, Window, WindowId};
use crate::message::text::one_line;
use crate::message::words;
use crate::store::{Glance, StoreError, Tx};

pub use crate::command::complete::Suggestion;

/// How many open windows are looked through.
const OPEN: i64 = 1_000;
/// How many of those that are over, of plans and of series.
const LATEST: i64 = 100;
/// How many services that were used before, where none are configured.
const SERVICES: i64 = 1_000;
/// So many places in the list are kept for plans where windows stand in it too.
const FOR_PLANS: usize = 5;
/// What is only offered to those who type its number: the verb does nothing to it now.
const SENSELESS: u8 = 9;

/// What somebody is typing.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Who, with the roles the surface found.
    pub actor: &'a Actor,
    /// Their own zone, where the surface knows it.
    pub zone: Option<Zone>,
    /// The verb, such as `start` or `plan publish`.
    pub verb: &'a str,
    /// The option that they are in.
    pub option: &'a str,
    /// What they have typed of it so far.
    pub typed: &'a str,
    /// What is filled in already: options and their texts.
    pub others: &'a [(String, String)],
}

impl Service {
    /// What may be meant, the best first: at most 25, with labels and values of at most 100 characters. Nothing where the
    /// option is not declared or takes anything.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn complete(&self, asked: &Asked<'_>) -> anyhow::Result<Vec<Suggestion>> {
        let Some(verb) = catalogue().verb(asked.verb) else { return Ok(Vec::new()) };
        let Some(option) = verb.option(asked.option) else { return Ok(Vec::new()) };
        let own = self.organisation.people.get(&asked.actor.id).and_then(|person| person.zone.clone());
        let question = Question {
            service: self,
            asked,
            verb,
            option,
            author_zone: asked.zone.clone().or(own),
            reads: asked.actor.may(Role::Viewer),
            now: self.now(),
        };
        Ok(finished(self.db.read(async |tx| question.found(tx).await).await?))
    }
}

/// One question while it is answered.
struct Question<'a> {
    service: &'a Service,
    asked: &'a Asked<'a>,
    verb: &'static Verb,
    option: &'static Opt,
    author_zone: Option<Zone>,
    /// They may see what everybody with a role may: as for `list`, that includes windows that wait for approval.
    reads: bool,
    now: DateTime<Utc>,
}

type Found<T> = Result<T, StoreError>;

impl Question<'_> {
    async fn found(&self, tx: &mut Tx) -> Found<Vec<Suggestion>> {
        let (option, typed) = (self.option, self.asked.typed);
        let candidates = match option.complete {
            None => return Ok(choices(option, typed)),
            Some(Completion::Verbs) => return Ok(verbs(typed)),
            Some(Completion::Durations) => return Ok(lengths(option, typed)),
            Some(Completion::Zones) => return Ok(zones(typed, &self.near_zones())),
            Some(Completion::Times) => {
                let zones = self.reading_zones(tx).await?;
                return Ok(times(option, typed, self.others(), self.now, &zones));
            }
            Some(Completion::Recurrences) => {
                let zones = self.reading_zones(tx).await?;
                return Ok(recurrences(typed, self.others(), self.now, &zones));
            }
            Some(Completion::WindowsAndPlans) => return self.windows_and_plans(tx).await,
            Some(Completion::Windows) => self.windows(tx).await?,
            Some(Completion::Items) => self.items(tx).await?,
            // Whoever may not read is not told what the organisation has.
            Some(_) if !self.reads => Vec::new(),
            Some(Completion::Services) => self.services(tx).await?,
            Some(Completion::Regions) => self.regions(tx).await?,
            Some(Completion::Environments) => self.environments(tx).await?,
            Some(Completion::Kinds) => self.service.organisation.policies.keys().map(Candidate::plain).collect(),
            Some(Completion::Audiences) => {
                self.service.organisation.audiences.iter().map(|audience| Candidate::plain(&audience.name)).collect()
            }
            Some(Completion::Customers) => self.customers(tx).await?,
            Some(Completion::People) => self.people(tx).await?,
            Some(Completion::Plans) => self.plans(tx, None).await?,
            Some(Completion::Series) => self.series(tx).await?,
            Some(Completion::Freezes) => self.freezes(tx).await?,
            Some(Completion::Advisories) => self.advisories(tx).await?,
        };
        let all = (option.all && self.reads).then(|| Candidate::plain("all"));
        let candidates: Vec<Candidate> = all.into_iter().chain(candidates).collect();
        Ok(listed(option, typed, &candidates))
    }

    /// What is filled in of another option of the verb.
    fn given(&self, is_it: impl Fn(&Opt) -> bool) -> Option<&str> {
        let named = |name: &str| self.verb.option(name).is_some_and(&is_it);
        let found = self.asked.others.iter().find(|(name, text)| named(name) && !text.trim().is_empty());
        found.map(|(_, text)| text.trim())
    }

    /// The window that is filled in.
    fn given_window(&self) -> Option<WindowId> {
        let of_windows = |option: &Opt| matches!(option.kind, Type::Window | Type::WindowOrPlan);
        numbered(self.given(of_windows)?, "mw").map(WindowId)
    }

    fn others(&self) -> Others<'_> {
        Others {
            length: self.given(|option| option.name == "for"),
            time: self.given(|option| option.kind == Type::TimeOfDay),
        }
    }

    fn given_services(&self) -> Vec<String> {
        let typed = self.given(|option| option.name == "service").unwrap_or_default();
        typed.split([',', ' ']).filter(|id| !id.is_empty()).map(str::to_lowercase).collect()
    }
}

/// Zones.
impl Question<'_> {
    /// The zones that give a typed time its meaning, as the verb itself takes them.
    async fn reading_zones(&self, tx: &mut Tx) -> Found<Zones> {
        let organisation = &self.service.organisation;
        let home = || organisation.zone.clone();
        if self.option.kind == Type::Day || self.verb.name == "calendar" {
            return Ok(Zones { tz: Some(home()), fallbacks: Vec::new() });
        }
        let tz = self.given(|option| option.kind == Type::Zone).and_then(|name| Zone::named(name).ok());
        let mut services = self.given_services();
        let mut fallbacks = Vec::new();
        if self.verb.name == Step::Reschedule.as_str()
            && let Some(window) = self.visible_window(tx).await?
        {
            fallbacks.push((ZoneSource::Window, window.span.zone));
            services = window.services;
        }
        fallbacks.extend(self.author_zone.clone().map(|zone| (ZoneSource::Author, zone)));
        let of_service = services.iter().find_map(|id| organisation.services.get(id).and_then(|s| s.zone.clone()));
        fallbacks.extend(of_service.map(|zone| (ZoneSource::Service, zone)));
        fallbacks.push((ZoneSource::Organisation, home()));
        Ok(Zones { tz, fallbacks })
    }

    /// Zones that are likely meant: one's own, the organisation's, then those of services, regions and people.
    fn near_zones(&self) -> Vec<Zone> {
        let organisation = &self.service.organisation;
        let mut found: Vec<Zone> = self.author_zone.iter().cloned().collect();
        found.push(organisation.zone.clone());
        if self.reads {
            found.extend(organisation.services.values().filter_map(|service| service.zone.clone()));
            found.extend(organisation.regions.values().map(|region| region.working.zone.clone()));
            found.extend(organisation.people.values().filter_map(|person| person.zone.clone()));
        }
        found.push(Zone::utc());
        found
    }

    /// The zone in which times are shown.
    fn zone(&self) -> &Zone {
        self.author_zone.as_ref().unwrap_or(&self.service.organisation.zone)
    }

    /// `Sun 6 Dec 16:00`, with the year where it is another one.
    fn when(&self, instant: DateTime<Utc>) -> String {
        let wall = local(instant, self.zone());
        let day = if wall.year() == local(self.now, self.zone()).year() { "%a %-d %b" } else { "%a %-d %b %Y" };
        format!("{} {}", wall.format(day), clock_text(wall))
    }
}

/// Windows and what belongs to them.
impl Question<'_> {
    async fn windows(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let mut seen = tx.open_glances(OPEN).await?;
        if self.takes(State::Completed) {
            seen.extend(tx.completed_glances(LATEST).await?);
        }
        if let Some(id) = numbered(self.asked.typed, "mw").map(WindowId)
            && !seen.iter().any(|glance| glance.id == id)
        {
            seen.extend(tx.glance(id).await?);
        }
        let assigned: BTreeSet<WindowId> =
            tx.windows_assigned(&self.asked.actor.id, LATEST).await?.into_iter().collect();
        seen.retain(|glance| self.sees(glance.poc.as_deref()));
        Ok(seen.iter().map(|glance| self.window(glance, assigned.contains(&glance.id))).collect())
    }

    /// The steps of the verb, where it is one that changes a window.
    fn step(&self) -> Option<Step> {
        self.verb.name.split(' ').next()?.parse().ok()
    }

    /// Whether the verb can do something to windows in this state; those that only read take all.
    fn takes(&self, state: State) -> bool {
        self.step().is_none_or(|step| state.permits(step))
    }

    /// Whoever has no role works on the windows of which they are point of contact, and sees no other.
    fn sees(&self, poc: Option<&str>) -> bool {
        self.reads || self.verb.role == Role::Engineer && poc == Some(self.asked.actor.id.as_str())
    }

    fn window(&self, glance: &Glance, assigned: bool) -> Candidate {
        let own = Some(self.asked.actor.id.as_str());
        let mine = assigned || glance.poc.as_deref() == own || Some(glance.requester.as_str()) == own;
        let sensible = match self.step() {
            Some(Step::Approve | Step::Reject) => self.may_decide(glance),
            _ => self.takes(glance.state),
        };
        let when = self.when(glance.starts_at);
        let aside = match glance.state {
            State::Scheduled => when,
            State::Pending if glance.request.is_none() => format!("{when} · draft"),
            State::Pending => format!("{when} · awaiting approval"),
            state => format!("{when} · {}", state.as_str().replace('_', " ")),
        };
        let rank = if sensible { 2 * u8::from(glance.state.is_over()) + u8::from(!mine) } else { SENSELESS };
        Candidate {
            only_exact: !sensible,
            ..Candidate::numbered(&glance.id.to_string(), &one_line(&glance.title), &aside).ranked(rank)
        }
    }

    /// Whether it waits for a decision that the asker may give: never about what they asked for themselves.
    fn may_decide(&self, glance: &Glance) -> bool {
        let own = self.asked.actor.id.as_str();
        let asked = glance.request.as_ref().filter(|request| request.by != own && self.now < request.expires_at);
        glance.state == State::Pending && asked.is_some() && glance.requester != own
    }

    /// The window that is filled in, where the asker sees it.
    async fn visible_window(&self, tx: &mut Tx) -> Found<Option<Window>> {
        let Some(id) = self.given_window() else { return Ok(None) };
        Ok(tx.window(id).await?.filter(|window| self.sees(window.poc.as_deref())))
    }

    async fn items(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let Some(window) = self.visible_window(tx).await? else { return Ok(Vec::new()) };
        let items = tx.items(window.id).await?;
        Ok(items.0.iter().map(|item| self.item(item, &items)).collect())
    }

    /// The number of an item. `done` is offered what is open, `undo` what is done, one's own first.
    fn item(&self, item: &ChangeItem, items: &ChangeList) -> Candidate {
        let number = item.number.to_string();
        let who = match (&item.done, &item.assignee) {
            (Some(done), _) => format!("done by {}", one_line(&done.by)),
            (None, Some(assignee)) => format!("@{}", one_line(assignee)),
            (None, None) => String::new(),
        };
        let is_done = items.family(item.number).iter().all(|part| {
            let leaf = items.children(*part).is_empty();
            !leaf || items.get(*part).is_some_and(|part| part.done.is_some())
        });
        let sensible = match self.step() {
            Some(Step::Done) => !is_done,
            Some(Step::Undo) => is_done,
            _ => true,
        };
        let mine = item.assignee.as_deref() == Some(self.asked.actor.id.as_str());
        let text = one_line(&item.text);
        Candidate {
            words: text.clone(),
            also: vec![format!("#{number}")],
            only_exact: !sensible,
            label: labelled(&format!("{number}. {text}"), &who),
            ..Candidate::plain(number).ranked(if sensible { u8::from(!mine) } else { SENSELESS })
        }
    }
}

/// Plans, series and freezes.
impl Question<'_> {
    async fn windows_and_plans(&self, tx: &mut Tx) -> Found<Vec<Suggestion>> {
        let typed = self.asked.typed;
        let mut windows = matching(typed, &self.windows(tx).await?);
        if !self.reads {
            return Ok(windows);
        }
        let decides = matches!(self.step(), Some(Step::Approve | Step::Reject));
        let open = if decides { tx.open_glances(OPEN).await? } else { Vec::new() };
        let waiting: BTreeSet<PlanId> =
            open.iter().filter(|glance| self.may_decide(glance)).filter_map(|glance| glance.plan).collect();
        let mut plans = matching(typed, &self.plans(tx, decides.then_some(&waiting)).await?);
        if typed.trim().to_lowercase().starts_with("pl") {
            plans.extend(windows);
            return Ok(plans);
        }
        windows.truncate(MOST_CHOICES - plans.len().min(FOR_PLANS));
        windows.extend(plans);
        Ok(windows)
    }

    /// Plans, the latest first. `waiting`: those of which something waits for a decision, where that is what counts.
    async fn plans(&self, tx: &mut Tx, waiting: Option<&BTreeSet<PlanId>>) -> Found<Vec<Candidate>> {
        let mut seen = tx.plans(LATEST).await?;
        let exact = numbered(self.asked.typed, "pl").map(PlanId).into_iter();
        for id in exact.chain(waiting.into_iter().flatten().copied()) {
            if !seen.iter().any(|plan| plan.id == id) {
                seen.extend(tx.plan(id).await?);
            }
        }
        Ok(seen.iter().map(|plan| self.plan(plan, waiting)).collect())
    }

    fn plan(&self, plan: &Plan, waiting: Option<&BTreeSet<PlanId>>) -> Candidate {
        let live = plan.state != PlanState::Cancelled;
        let sensible = match (waiting, self.verb.name.as_str()) {
            (Some(waiting), _) => waiting.contains(&plan.id),
            (None, "plan publish") => plan.state == PlanState::Draft,
            (None, "hold") => plan.state == PlanState::Published && plan.held.is_none(),
            (None, "release") => plan.held.is_some(),
            (None, "plan cancel" | "cancel" | "schedule") => live,
            (None, _) => true,
        };
        let mine = plan.requester == self.asked.actor.id;
        let state = if plan.held.is_some() && live { "held" } else { plan.state.as_str() };
        let rank = if sensible { 2 * u8::from(!live) + u8::from(!mine) } else { SENSELESS };
        Candidate {
            only_exact: !sensible,
            ..Candidate::numbered(&plan.id.to_string(), &one_line(&plan.title), state).ranked(rank)
        }
    }

    async fn series(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let mut seen = tx.series(LATEST).await?;
        if let Some(id) = numbered(self.asked.typed, "sr").map(SeriesId)
            && !seen.iter().any(|series| series.id == id)
        {
            seen.extend(tx.one_series(id).await?);
        }
        Ok(seen.iter().map(|series| self.one_series(series)).collect())
    }

    fn one_series(&self, series: &Series) -> Candidate {
        let active = series.state == SeriesState::Active;
        let sensible = active || !self.verb.writes;
        let mine = series.requester == self.asked.actor.id;
        let aside = if active { series.rule.words() } else { series.state.to_string() };
        let rank = if sensible { 2 * u8::from(!active) + u8::from(!mine) } else { SENSELESS };
        let title = one_line(&series.template.title);
        let found = Candidate::numbered(&series.id.to_string(), &title, &one_line(&aside)).ranked(rank);
        Candidate { only_exact: !sensible, ..found }
    }

    /// Advisories, the latest first. What one under embargo is about is offered to nobody: a list of offers is easily seen
    /// by others.
    async fn advisories(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let mut found = Vec::new();
        for advisory in tx.advisories(None, LATEST).await? {
            let topic = advisory_topic(tx, advisory).await?;
            let (known, advisory) = (topic.is_disclosed(self.now), &topic.advisory);
            if !known && topic.public_window().is_none() && !self.asked.actor.may(Role::Engineer) {
                continue;
            }
            let title = if known { one_line(&advisory.title) } else { "under embargo".to_owned() };
            let sensible = !self.verb.writes || advisory.withdrawn_at.is_none();
            let rank = if sensible { 0 } else { SENSELESS };
            let found_one =
                Candidate::numbered(&advisory.id.to_string(), &title, words::disposition(advisory.disposition));
            found.push(Candidate { only_exact: !sensible, ..found_one.ranked(rank) });
        }
        Ok(found)
    }

    async fn freezes(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let today = local(self.now, &self.service.organisation.zone).date();
        let mut seen = tx.freezes(Some(today)).await?;
        seen.sort_by_key(|freeze| (freeze.from, freeze.id));
        let of = |freeze: &Freeze| {
            Candidate::numbered(&freeze.id.to_string(), &one_line(&freeze.title), &freeze.days_words())
        };
        Ok(seen.iter().map(of).collect())
    }
}

/// What the organisation has.
impl Question<'_> {
    async fn services(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let configured = &self.service.organisation.services;
        if configured.is_empty() {
            return Ok(tx.services_used(SERVICES).await?.into_iter().map(Candidate::plain).collect());
        }
        Ok(configured.values().map(|service| Candidate::named(&service.id, &one_line(&service.name))).collect())
    }

    async fn regions(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let configured = &self.service.organisation.regions;
        if configured.is_empty() {
            let used: BTreeSet<String> =
                tx.open_glances(OPEN).await?.into_iter().flat_map(|glance| glance.regions).collect();
            return Ok(used.into_iter().map(Candidate::plain).collect());
        }
        Ok(configured.values().map(|region| Candidate::named(&region.id, &one_line(&region.name))).collect())
    }

    /// Environments in use: those of services and of windows, the one that is meant without a word first.
    async fn environments(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let organisation = &self.service.organisation;
        let mut used: BTreeSet<String> =
            organisation.services.values().filter_map(|service| service.environment.clone()).collect();
        let windows = tx.open_glances(OPEN).await?.into_iter().chain(tx.completed_glances(LATEST).await?);
        used.extend(windows.map(|glance| glance.environment));
        let usual = super::schedule::PRODUCTION;
        used.remove(usual);
        Ok(std::iter::once(usual.to_owned()).chain(used).map(Candidate::plain).collect())
    }

    /// Customers; where one is reported as told, those of the window who have not been told yet first.
    async fn customers(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let organisation = &self.service.organisation;
        let mut open: Vec<String> = Vec::new();
        if let Some(window) = self.visible_window(tx).await?.filter(|_| self.step() == Some(Step::Told)) {
            let told = tx.told(window.id).await?;
            let lines = customer::tell_list(organisation, &window, &told);
            open = lines.iter().filter(|line| line.told.is_none()).map(|line| line.customer.id.clone()).collect();
        }
        let rank = |id: &String| u8::from(!open.contains(id));
        let of = |customer: &customer::Customer| {
            Candidate::named(&customer.id, &one_line(&customer.name)).ranked(rank(&customer.id))
        };
        Ok(organisation.customers.values().map(of).collect())
    }

    /// People: oneself, those of the configuration, then whoever else is point of contact of a window.
    async fn people(&self, tx: &mut Tx) -> Found<Vec<Candidate>> {
        let own = &self.asked.actor.id;
        let configured = &self.service.organisation.people;
        let person = |id: &String| Candidate { also: vec![id.to_lowercase()], ..Candidate::plain(format!("@{id}")) };
        let me = if configured.contains_key(own) {
            Candidate { label: format!("@{own} · you"), words: "me you".to_owned(), ..person(own) }
        } else {
            // The surface's own name for them says nothing to people, but reaches them.
            Candidate { label: "you".to_owned(), words: "me you".to_owned(), ..Candidate::plain(own) }
        };
        let named: BTreeSet<String> =
            tx.open_glances(OPEN).await?.into_iter().filter_map(|glance| glance.poc).collect();
        let known = configured.keys().chain(named.iter().filter(|id| !configured.contains_key(*id)));
        let others = known.filter(|id| *id != own).map(|id| person(id).ranked(1));
        Ok(std::iter::once(me).chain(others).collect())
    }
}

/// The number in what somebody typed for an id: `MW-12`, `mw12`, `#12` and `12` are all 12 of `mw`.
fn numbered(typed: &str, head: &str) -> Option<i64> {
    let small = typed.trim().to_lowercase();
    let digits = small.strip_prefix(head).unwrap_or(&small).trim_start_matches(['-', '#', ' ']);
    Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).and_then(|digits| digits.parse().ok())
}
