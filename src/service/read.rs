//! Commands that only read: list, show, next, reminders, history, preview, whoami, help.

use super::issue::list_url;
use super::{Cx, Outcome, PreviewView, Reply};
use crate::command::{History, List, Next, Preview, Reminders, Show};
use crate::domain::advisory::Disposition;
use crate::domain::calendar::Zone;
use crate::domain::channel::Surface;
use crate::domain::event::Event;
use crate::domain::ledger::{Class, MessageKind, Planned};
use crate::domain::notice;
use crate::domain::organisation::Channel;
use crate::domain::refusal::Refusal;
use crate::domain::window::{State, Window};
use crate::message::action::offered;
use crate::message::audience::{Telling, sample};
use crate::message::preview::{Posted, Previewed, Shown, previews};
use crate::message::text::nearest;
use crate::message::topic::{Topic, WindowTopic};
use crate::message::{Message, words};
use crate::store::WindowFilter;

/// The most windows that a list reply holds.
const MOST_LISTED: i64 = 200;

impl Cx<'_> {
    pub(super) async fn list(&mut self, c: &List) -> Outcome<Reply> {
        let zones = self.zones(None, None, &[]);
        let moment = |option: &str, m: &Option<crate::command::when::Moment>| {
            let resolved = m.as_ref().map(|m| m.resolve(self.now, &zones)).transpose();
            resolved.map_err(|e| self.parsed.refuse(option, e.range, e.message, e.hint))
        };
        let (from, to) = (moment("from", &c.from)?, moment("to", &c.to)?);
        let live = [State::Pending, State::Scheduled, State::InProgress, State::Verifying];
        let filter = WindowFilter {
            states: match (&c.state[..], c.all || from.is_some() || to.is_some()) {
                ([], false) => live.to_vec(),
                (states, _) => states.to_vec(),
            },
            service: c.service.first().cloned(),
            kind: c.kind.clone(),
            region: c.regions.first().cloned(),
            environment: c.environment.clone(),
            poc_or_assignee: c.mine.then(|| self.actor.id.clone()),
            from,
            to,
            ..WindowFilter::default()
        };
        let most = if c.all { MOST_LISTED } else { i64::try_from(words::FOLD).unwrap_or(MOST_LISTED) };
        let mut found = self.matching(&filter, &c.service, &c.regions, most + 1).await?;
        let more = found.len() > usize::try_from(most).unwrap_or(0);
        found.truncate(usize::try_from(most).unwrap_or(0));
        let windows = found.iter().map(|w| w.id).collect();
        let message = words::windows(self.organisation, &found, more, self.now);
        Ok(Reply { message, windows, ..Reply::default() })
    }

    /// Windows that match any of the services and any of the regions.
    async fn matching(
        &mut self,
        filter: &WindowFilter,
        services: &[String],
        regions: &[String],
        limit: i64,
    ) -> Outcome<Vec<Window>> {
        let mut found: Vec<Window> = Vec::new();
        for service in or_any(services) {
            for region in or_any(regions) {
                let filter = WindowFilter { service: service.clone(), region, ..filter.clone() };
                found.extend(self.tx.windows(&filter, None, limit).await?);
            }
        }
        found.sort_by_key(|w| (w.span.starts_at, w.id));
        found.dedup_by_key(|w| w.id);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    pub(super) async fn show(&mut self, c: &Show) -> Outcome<Reply> {
        let w = self.window(c.window).await?;
        let mut message = words::full_window(self.organisation, &self.topic(w.clone()).await?, self.now);
        if let Some(url) = list_url(self.tx, self.organisation, &w).await? {
            message = message.facts([("Change list", url)]);
        }
        Ok(Reply { message, windows: vec![w.id], ..Reply::default() })
    }

    /// A window with everything known of it.
    async fn topic(&mut self, window: Window) -> Outcome<WindowTopic> {
        let kin = self.kin(&window).await?;
        let mut qa = self.tx.qa(window.id).await?;
        if let Some(plan) = window.plan {
            qa.extend(self.tx.qa(plan).await?);
        }
        let (items, told) = (self.tx.items(window.id).await?, self.tx.told(window.id).await?);
        let advisory =
            self.tx.advisories_of(window.id).await?.into_iter().find(|a| a.disposition == Disposition::PatchNow);
        Ok(WindowTopic { window, items, phases: kin.phases, qa, told, advisory })
    }

    pub(super) async fn next(&mut self, c: &Next) -> Outcome<Reply> {
        let running = WindowFilter { states: vec![State::InProgress, State::Verifying], ..WindowFilter::default() };
        let mut found = self.matching(&running, &c.service, &[], 1).await?;
        if found.is_empty() {
            // One that was never started and is past its end is not next.
            let (states, from) = (vec![State::Scheduled], Some(self.now));
            let ahead = WindowFilter { states, from, ..WindowFilter::default() };
            found = self.matching(&ahead, &c.service, &[], 1).await?;
        }
        let Some(w) = found.first() else {
            let message = Message::line("Nothing is planned.").copy("/maintenance help schedule");
            return Ok(Reply { message, ..Reply::default() });
        };
        let items = self.tx.items(w.id).await?;
        let message = words::window(self.organisation, w, &items, self.now);
        Ok(Reply { message, windows: vec![w.id], ..Reply::default() })
    }

    pub(super) async fn reminders(&mut self, c: &Reminders) -> Outcome<Reply> {
        let w = self.window(c.window).await?;
        let rows = self.tx.deliveries(w.id).await?;
        let zone = &w.span.zone;
        let table = words::ledger(rows.iter().map(|row| words::LedgerRow::stored(row, zone)), zone);
        let heading = format!("Who hears of {} {}, and when", w.id, crate::message::text::one_line(&w.title));
        Ok(Reply { message: Message::titled(heading).block(table), windows: vec![w.id], ..Reply::default() })
    }

    pub(super) async fn history(&mut self, c: &History) -> Outcome<Reply> {
        let w = self.window(c.window).await?;
        let events = self.tx.events(w.id).await?;
        Ok(Reply { message: words::history(&w, &events), windows: vec![w.id], ..Reply::default() })
    }

    /// A message as its readers would see it, made from the window as it is.
    pub(super) async fn preview(&mut self, c: &Preview) -> Outcome<Reply> {
        let w = self.window(c.window).await?;
        if c.message.class() != Class::Message {
            let detail = format!("`{}` is not a message for people; these are: {}.", c.message, words::message_names());
            let hint = format!("/maintenance preview {} reminder", w.id);
            return Err(Refusal::rule(detail, hint).into());
        }
        let topic = self.topic(w.clone()).await?;
        if c.message == MessageKind::Advisory && topic.advisory.is_none() {
            let detail = format!("{} is not the emergency window of an advisory.", w.id);
            return Err(Refusal::rule(detail, "/maintenance advisory list").into());
        }
        let (shown, event) = self.supposed(topic, c.message);
        let rows = self.rows_of(c, &w)?;
        let occasion = if matches!(c.message, MessageKind::NoShow | MessageKind::Overrun) { "+15m" } else { "" };
        let poc = w.poc.as_ref().map(|poc| format!("@{poc}")).unwrap_or_default();
        let nobody = notice::owed(w.sequence, c.message, occasion, &poc, Channel::Tracker, self.now);
        let events: Vec<Event> = event.into_iter().collect();
        let topic = Topic::Window(Box::new(shown));
        let telling = Telling {
            plan: &nobody,
            topic: &topic,
            events: &events,
            organisation: self.organisation,
            now: self.now,
            retold: false,
        };
        let rows: Vec<Planned> = rows.into_iter().map(|row| Planned { occasion: occasion.into(), ..row }).collect();
        let told = previews(&self.service.templates, &telling, &rows)?;
        let surface = c.surface.as_deref().and_then(|surface| surface.parse().ok()).unwrap_or(Surface::Plain);
        let buttons = offered(&topic, c.message, self.now);
        let url = self.organisation.window_url(&w);
        let (mut message, mut views) = (Message::default(), Vec::new());
        for Previewed { readers, plan, message: told } in told {
            let name = c.message.as_str().replace('_', " ");
            message = message.text(format!("The {name} as it would look now, to {readers}:")).text("———");
            let telling = Telling { plan: &plan, ..telling };
            let posted = Posted { message: &told, buttons: &buttons, url: &url, telling: &telling };
            let Shown { text: shown, mail } = self.service.show.show(surface, &posted)?;
            match surface {
                Surface::Plain => message.blocks.extend(told.blocks),
                _ => message = message.text(shown.clone()),
            }
            views.push(PreviewView { readers, shown, mail });
        }
        Ok(Reply { message, windows: vec![w.id], previews: views, ..Reply::default() })
    }

    /// Who would get it: everybody whom it concerns, or the one audience that was named.
    fn rows_of(&self, c: &Preview, w: &Window) -> Outcome<Vec<Planned>> {
        let Some(name) = &c.audience else { return Ok(notice::caused(w, self.organisation, c.message, 0, self.now)) };
        let Some(audience) = self.organisation.audience(name) else {
            let known: Vec<&str> = self.organisation.audiences.iter().map(|audience| audience.name.as_str()).collect();
            let near = nearest(name, known.iter().copied()).or(known.first().copied()).unwrap_or_default();
            let detail = format!("There is no audience `{name}`; these are: {}.", known.join(", "));
            let hint = format!("/maintenance preview {} {} audience:{near}", w.id, c.message);
            return Err(Refusal::rule(detail, hint).into());
        };
        let row = |channel| notice::owed(w.sequence, c.message, 0, &audience.name, channel, self.now);
        Ok(audience.channels_for(w).into_iter().map(row).collect())
    }

    /// The window as it would be when a message of this kind is sent, and the event that it would speak of. What waits for
    /// its first approval is shown as it would be once it has it.
    fn supposed(&self, topic: WindowTopic, message: MessageKind) -> (WindowTopic, Option<Event>) {
        let (mut topic, what) = sample::supposed(topic, message);
        if message.is_for_audiences() && topic.as_public().is_none() {
            topic.window.state = State::Scheduled;
            topic.window.request = None;
        }
        let event = what.map(|what| Event {
            id: 0,
            at: self.now,
            subject: topic.window.id.into(),
            actor: self.actor.id.clone(),
            place: self.place.to_owned(),
            what,
        });
        (topic, event)
    }

    pub(super) fn whoami(&self) -> Reply {
        let zone: &Zone = self.author_zone.as_ref().unwrap_or(&self.organisation.zone);
        Reply { message: words::whoami(self.actor, self.place, zone), ..Reply::default() }
    }
}

/// Each value as a filter, or no filter at all.
fn or_any(values: &[String]) -> Vec<Option<String>> {
    if values.is_empty() { vec![None] } else { values.iter().cloned().map(Some).collect() }
}
