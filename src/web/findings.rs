//! What speaks against a window, with what policy makes of each: as JSON for the API and as lines for the console.

use minijinja::context;
use serde_json::{Value, json};

use crate::command::{self, Command, Input};
use crate::domain::calendar::Zone;
use crate::domain::finding::{Finding, Weight};
use crate::domain::organisation::{Organisation, Policy};
use crate::domain::window::{Kind, Window};
use crate::message::words;
use crate::service::{Reply, Service};

/// Whose policy counts, and in which zone times are shown.
pub(super) struct Ground<'a> {
    organisation: &'a Organisation,
    policy: &'a Policy,
    zone: Zone,
}

impl<'a> Ground<'a> {
    /// For the findings of a stored window.
    pub(super) fn of(organisation: &'a Organisation, w: &Window) -> Self {
        Self { organisation, policy: organisation.policy(&w.kind, &w.services), zone: w.span.zone.clone() }
    }

    /// For the findings of a reply: those of its window, else of the window that the command names or would have made.
    pub(super) async fn of_reply(service: &'a Service, input: &Input, reply: &Reply) -> anyhow::Result<Self> {
        let organisation = service.organisation();
        let command = command::parse(input).ok().map(|parsed| parsed.command);
        let named = reply.windows.first().copied().or_else(|| command.as_ref().and_then(Command::window));
        if let Some(id) = named
            && let Some(full) = service.full(id).await?
        {
            return Ok(Self::of(organisation, &full.window));
        }
        let (kind, typed, zone) = match command {
            Some(Command::Schedule(c)) => (c.kind, c.service, c.tz),
            Some(Command::SeriesNew(c)) => (c.kind, c.service, c.tz),
            _ => (None, Vec::new(), None),
        };
        let kind = kind.unwrap_or_else(|| Kind(Kind::SCHEDULED.into()));
        let services = if typed == ["all"] { organisation.services.keys().cloned().collect() } else { typed };
        let zone = zone.unwrap_or_else(|| organisation.zone.clone());
        Ok(Self { organisation, policy: organisation.policy(&kind, &services), zone })
    }

    /// A finding with its own facts, its words and its weight.
    pub(super) fn json(&self, finding: &Finding) -> Value {
        let mut body = json!(finding);
        body["text"] = json!(self.text(finding));
        body["weight"] = json!(self.weight(finding));
        body
    }

    /// A finding as a line of the console.
    pub(super) fn line(&self, finding: &Finding) -> minijinja::value::Value {
        let weight = self.weight(finding);
        context! { text => self.text(finding), weight => weight.replace('_', " ") }
    }

    /// Whether a line is the words of this finding.
    pub(super) fn says(&self, finding: &Finding, line: &str) -> bool {
        self.text(finding) == line
    }

    fn text(&self, finding: &Finding) -> String {
        words::finding(self.organisation, &self.zone, finding)
    }

    fn weight(&self, finding: &Finding) -> &'static str {
        match finding.weight(self.policy) {
            Weight::Refuses => "refuses",
            Weight::NeedsApproval => "needs_approval",
            Weight::Warns => "warns",
        }
    }
}
