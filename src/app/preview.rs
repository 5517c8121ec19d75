//! `maintbot preview`: messages as they would look, of a window or of one that is not there.

use anyhow::Context as _;
use serde_json::json;

use super::templates;
use crate::config::{Config, Smtp};
use crate::discord;
use crate::domain::channel::{Channel, Surface};
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::notice::OPS;
use crate::domain::organisation::Organisation;
use crate::github;
use crate::mail;
use crate::message::action::offered;
use crate::message::audience::{Telling, Templates, sample};
use crate::message::preview::{Posted, Previewed, Show, Shown, previews};
use crate::message::text::nearest;
use crate::service::PreviewView;
use crate::slack;

/// The surfaces as they are configured.
#[derive(Clone, Debug)]
pub(super) struct Surfaces {
    /// As whom mail is written.
    pub(super) smtp: Option<Smtp>,
}

impl Show for Surfaces {
    /// JSON for Slack and Discord, Markdown for GitHub, subject and text for mail. Each surface has one arm.
    fn show(&self, surface: Surface, posted: &Posted<'_>) -> anyhow::Result<Shown> {
        let Posted { message, buttons, url, .. } = posted;
        let text = match surface {
            Surface::Plain => message.plain(),
            Surface::Slack => pretty(&json!({ "blocks": slack::render::say(message, buttons, Some(url)).blocks })),
            Surface::Discord => pretty(&discord::render::say(message, buttons, Some(url)).body()),
            Surface::Github => github::render::markdown(message),
            Surface::Mail => {
                let mail = mail::render::preview(posted, self.smtp.as_ref())?;
                return Ok(Shown { text: format!("Subject: {}\n\n{}", mail.subject, mail.text), mail: Some(mail) });
            }
        };
        Ok(Shown { text, mail: None })
    }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}")
}

/// What is asked for.
pub(super) struct Ask<'a> {
    /// The message, as its template is named.
    pub(super) name: &'a str,
    /// Only as this audience would get it.
    pub(super) audience: Option<&'a str>,
    /// As it is sent there.
    pub(super) surface: Surface,
}

/// A message about a window or plan that is not there.
///
/// # Errors
/// There is no such message or audience; a template is wrong.
pub(super) fn of_sample(config: &Config, ask: &Ask<'_>) -> anyhow::Result<Vec<PreviewView>> {
    let templates = templates::load(config).map_err(|faults| templates::refused(&faults))?;
    told(&templates, config, ask)
}

fn told(templates: &Templates, config: &Config, ask: &Ask<'_>) -> anyhow::Result<Vec<PreviewView>> {
    let organisation = &config.organisation;
    let wanted = ask.name.replace('-', "_");
    let sample =
        sample::of(&wanted, organisation, "@anna").with_context(|| unknown("message", &wanted, &sample::names()))?;
    let names: Vec<&str> = organisation.audiences.iter().map(|audience| audience.name.as_str()).collect();
    if let Some(name) = ask.audience.filter(|name| !names.contains(name)) {
        anyhow::bail!(unknown("audience", name, &names));
    }
    let rows = rows(organisation, &sample.plan, ask.audience);
    let telling = Telling {
        plan: &sample.plan,
        topic: &sample.topic,
        events: &sample.events,
        organisation,
        now: sample.now,
        retold: sample.retold,
    };
    let buttons = offered(&sample.topic, sample.plan.message, sample.now);
    let url = format!("{}/windows/MW-42", organisation.public_url);
    let surfaces = Surfaces { smtp: config.smtp.clone() };
    let view = |Previewed { readers, plan, message }: Previewed| {
        let telling = Telling { plan: &plan, ..telling };
        let posted = Posted { message: &message, buttons: &buttons, url: &url, telling: &telling };
        let Shown { text: shown, mail } = surfaces.show(ask.surface, &posted)?;
        Ok(PreviewView { readers, shown, mail })
    };
    previews(templates, &telling, &rows)?.into_iter().map(view).collect()
}

/// Who would get such a message: the audiences that want it, the channels of the digest, or ops.
fn rows(organisation: &Organisation, sample: &Planned, audience: Option<&str>) -> Vec<Planned> {
    let row = |audience: &str, channel: &Channel| Planned {
        audience: audience.to_owned(),
        channel: channel.clone(),
        ..sample.clone()
    };
    if let (MessageKind::Digest, Some(digest), None) = (sample.message, &organisation.digest, audience) {
        return digest.channels.iter().map(|channel| row(&sample.audience, channel)).collect();
    }
    if !sample.message.is_for_audiences() && audience.is_none() {
        return organisation
            .ops
            .iter()
            .map(|channel| row(if is_for_one(sample) { "@anna" } else { OPS }, channel))
            .collect();
    }
    let asked = |name: &str| audience.map(|asked| asked == name);
    let gets = organisation.audiences.iter().filter(|a| asked(&a.name).unwrap_or_else(|| a.wants(sample.message)));
    gets.flat_map(|a| a.channels.iter().map(|channel| row(&a.name, channel))).collect()
}

/// Whether it is for a single person, whom it names.
fn is_for_one(sample: &Planned) -> bool {
    use MessageKind::{ApprovalDecision, Assigned, ToldOverdue, ToldRequest};
    matches!(sample.message, Assigned | ApprovalDecision | ToldRequest | ToldOverdue)
}

fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near}? ")).unwrap_or_default();
    format!("there is no {what} `{}`; {near}these are: {}", crate::message::text::one_line(name), known.join(", "))
}
