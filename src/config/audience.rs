//! Who is told, where, and when: `[[audience]]`.

use super::discord::mentioned;
use super::estate::Declared;
use super::policy::leads;
use super::problem::{Complaint, Findings};
use super::schema::AUDIENCE;
use super::section::{Once, Section};
use super::templates::{self, Texts};
use super::word::{channel, choice, id_of, well_formed, zone_of};
use super::working::hours;
use crate::domain::calendar::Zone;
use crate::domain::ledger::MessageKind;
use crate::domain::notice::OPS;
use crate::domain::organisation::{Audience, Channel};
use crate::domain::subscription::SUBSCRIBERS;

const EVERYONE: &str = "everyone";
const EVERYONE_CHANNEL: &str = "maintenance";

/// The audiences in the order of the file; one of everybody where none is written. `zone` is the organisation's.
pub(super) fn audiences(
    top: &Section<'_>,
    [known_services, known_regions]: [&Declared; 2],
    zone: &Zone,
    texts: &Texts,
    findings: &mut Findings,
) -> Vec<Audience> {
    let blocks = top.blocks("audience", &AUDIENCE, findings);
    let mut once = Once::default();
    let mut audiences = Vec::new();
    for block in &blocks {
        block.require(findings, "channels", "[\"builtin:maintenance\"]");
        let channels = block.filled_list(findings, "channels", "[\"builtin:maintenance\"]", |text| channel(text, top));
        let services = block.list(findings, "services", "[\"crm\"]", |id| known_services.check(id));
        let regions = block.list(findings, "regions", "[\"eu\"]", |id| known_regions.check(id));
        let (announce, remind, change_list) = leads(block, findings);
        let messages = block.filled_list(findings, "messages", "[\"announcement\", \"reminder\"]", message);
        let internal = block.flag(findings, "internal").unwrap_or(false);
        let mention = block.list(findings, "mention", "[\"discord:330512345678901234\"]", |text| mentioned(text, top));
        let language = templates::language(block, texts, findings);
        let style = templates::style(block, texts, findings);
        let own_zone = zone_of(block, findings);
        let send_hours = hours(block, "send_hours", findings);
        let example = ["name", "\"customer-engineers\""];
        let Some(name) = id_of(block, example, well_formed, &mut once, findings) else { continue };
        refuse_reserved(block, &name, findings);
        refuse_public(block, internal, channels.as_deref().unwrap_or_default(), findings);
        audiences.push(Audience {
            name,
            channels: channels.unwrap_or_default(),
            here: false,
            services: services.unwrap_or_default(),
            regions: regions.unwrap_or_default(),
            announce,
            remind,
            change_list,
            messages: messages.map(|chosen| chosen.into_iter().collect()),
            internal,
            send_hours: send_hours.map(|hours| (hours, own_zone.unwrap_or_else(|| zone.clone()))),
            mentions: mention.unwrap_or_default(),
            language,
            style,
            since: None,
        });
    }
    if blocks.is_empty() {
        audiences.push(everyone());
    }
    audiences
}

/// Names that the ledger has for others.
fn refuse_reserved(block: &Section<'_>, name: &str, findings: &mut Findings) {
    let complaint = match name {
        OPS => Complaint::new(
            "this name means those who get internal messages",
            "set their channels with ops in [organisation], or take another name",
        ),
        SUBSCRIBERS => Complaint::new("this name means those who subscribed by themselves", "take another name"),
        _ => return,
    };
    block.complain(findings, "name", block.place_of("name"), complaint);
}

/// What staff may read does not go on a status page.
fn refuse_public(block: &Section<'_>, internal: bool, channels: &[Channel], findings: &mut Findings) {
    if internal && channels.iter().any(|channel| matches!(channel, Channel::Statuspage(_))) {
        let complaint = Complaint::new("a status page is public", "give it an audience without internal = true");
        block.complain(findings, "channels", block.place_of("channels"), complaint);
    }
}

/// The audience where none is written.
fn everyone() -> Audience {
    Audience {
        name: EVERYONE.into(),
        channels: vec![Channel::Builtin(EVERYONE_CHANNEL.into())],
        here: true,
        services: Vec::new(),
        regions: Vec::new(),
        announce: None,
        remind: None,
        change_list: None,
        messages: None,
        internal: false,
        send_hours: None,
        mentions: Vec::new(),
        language: None,
        style: None,
        since: None,
    }
}

fn message(text: &str) -> Result<MessageKind, Complaint> {
    let offered = || MessageKind::ALL.iter().copied().filter(|message| message.is_for_audiences());
    if let Some(message) = offered().find(|message| message.as_str() == text) {
        return Ok(message);
    }
    let words: Vec<&str> = offered().map(MessageKind::as_str).collect();
    let why = if text.parse::<MessageKind>().is_ok() { "is not for audiences" } else { "is not a message" };
    Err(Complaint::new(format!("`{text}` {why}"), choice(text, &words)))
}
