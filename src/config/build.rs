//! From what is written to what the program uses: every section in its turn, with defaults for what is missing.

use std::collections::BTreeMap;
use std::path::Path;

use super::audience::audiences;
use super::digest::digest;
use super::discord;
use super::estate::{customers, regions, services};
use super::github::{self, login};
use super::mail;
use super::policy::policies;
use super::problem::{Complaint, Findings};
use super::schema::{ORGANISATION, PERSON, ROLES, TOP};
use super::section::{Once, Section};
use super::server::{database_url, prometheus, server};
use super::silence;
use super::slack;
use super::source::Node;
use super::statuspage;
use super::templates::{self, Texts};
use super::webhook::webhooks;
use super::word::{channel, name, refuse_name, support, well_formed, zone_of};
use super::{Config, Database, Github, Server, derived_url, working};
use crate::domain::access::Role;
use crate::domain::calendar::{WorkingCalendar, Zone};
use crate::domain::channel::{DiscordPlace, EmailAddress, SlackPlace};
use crate::domain::organisation::{Channel, GithubUse, Organisation, Person};
use crate::domain::silence::Silencing;

const ORGANISATION_NAME: &str = "Our organisation";
const OPS_CHANNEL: &str = "ops";
const ENGLISH: &str = "en";

/// The configuration that `root` describes, with defaults for what is missing and for what `findings` complain about.
/// Files that it names lie relative to `folder`.
pub(super) fn config(root: &Node, folder: &Path, findings: &mut Findings) -> Config {
    let top = Section::top(root, &TOP, findings);
    let server = server(&top, findings);
    let texts = templates::texts(&top, folder, findings);
    let (organisation, components) = organisation(&top, &server, &texts, folder, findings);
    let mut config = Config {
        server,
        database: Database { url: database_url(&top, folder, findings) },
        prometheus: prometheus(&top, findings),
        github: github::github(&top, folder, findings),
        slack: slack::slack(&top, folder, findings),
        discord: discord::discord(&top, folder, findings),
        alertmanager: silence::alertmanager(&top, folder, findings),
        pagerduty: silence::pagerduty(&top, folder, findings),
        webhooks: webhooks(&top, folder, findings),
        smtp: mail::smtp(&top, folder, findings),
        statuspage: statuspage::statuspage(&top, folder, findings),
        status_pages: statuspage::status_pages(&top, folder, findings),
        templates: texts.files,
        organisation,
    };
    let organisation = &mut config.organisation;
    organisation.github = config.github.as_ref().map(use_of).unwrap_or_default();
    organisation.events = config.discord.as_ref().map(discord::events).unwrap_or_default();
    organisation.silences = silence::silencing(config.alertmanager.as_ref(), config.pagerduty.as_ref());
    organisation.mails = config.smtp.is_some();
    if let Some(page) = &mut config.statuspage {
        page.components = components;
    }
    config
}

fn use_of(github: &Github) -> GithubUse {
    let web_url = web_url(&github.api_url);
    GithubUse { repositories: github.repositories.clone(), sub_issues: github.sub_issues, web_url }
}

/// Where people open the GitHub whose API is there. A company's own has it below `/api/v3` of the same host.
fn web_url(api_url: &str) -> String {
    let own = api_url.strip_suffix("/api/v3").unwrap_or(api_url);
    own.replacen("://api.", "://", 1)
}

/// What is written about the organisation, and which component of Statuspage each service is.
fn organisation(
    top: &Section<'_>,
    server: &Server,
    texts: &Texts,
    folder: &Path,
    findings: &mut Findings,
) -> (Organisation, BTreeMap<String, String>) {
    let section = top.section("organisation", &ORGANISATION, findings);
    let name = section.read(findings, "name", "\"Example Cloud\"", name);
    let support = section.read(findings, "support", "\"support@example.com\"", support);
    let ops = section.filled_list(findings, "ops", "[\"builtin:ops\"]", |text| for_ops(text, top));
    let language = templates::language(&section, texts, findings);
    let usual = WorkingCalendar::monday_to_friday(Zone::utc());
    let working = working::calendar(&section, usual, folder, findings);

    let (regions, known_regions) = regions(top, &working, folder, findings);
    let (services, known_services, components) = services(top, &known_regions, findings);
    let (policies, service_policies) = policies(top, &known_services, findings);
    let audiences = audiences(top, [&known_services, &known_regions], &working.zone, texts, findings);
    let people = people(top, findings);
    let ops = ops.unwrap_or_else(|| vec![Channel::Builtin(OPS_CHANNEL.into())]);
    let digest = digest(top, &ops, findings);
    let customers = customers(top, [&known_services, &known_regions], &people, findings);
    let organisation = Organisation {
        name: name.unwrap_or_else(|| ORGANISATION_NAME.into()),
        zone: working.zone.clone(),
        language: language.unwrap_or_else(|| ENGLISH.into()),
        working,
        ops,
        support,
        events: Vec::new(),
        silences: Silencing::default(),
        services,
        regions,
        policies,
        service_policies,
        audiences,
        customers,
        people,
        roles: roles(top, findings),
        github: GithubUse::default(),
        digest,
        mails: false,
        public_url: server.public_url.clone().unwrap_or_else(|| derived_url(server.listen)),
    };
    (organisation, components)
}

/// A channel in which staff read; a status page takes nothing that is for staff.
fn for_ops(text: &str, top: &Section<'_>) -> Result<Channel, Complaint> {
    match channel(text, top)? {
        Channel::Statuspage(_) => {
            Err(Complaint::new(format!("`{text}` is public, and this is for staff"), "write builtin:ops"))
        }
        channel => Ok(channel),
    }
}

fn people(top: &Section<'_>, findings: &mut Findings) -> BTreeMap<String, Person> {
    let mut people = BTreeMap::new();
    let (mut logins, mut members, mut users) = (Once::default(), Once::default(), Once::default());
    let mut mailboxes = Once::default();
    for (id, section) in top.named("people", &PERSON, findings) {
        refuse_name(&id, "a person", well_formed, findings);
        let github = own_login(&section, &mut logins, findings);
        let slack = own_member(top, &section, &mut members, findings);
        let discord = own_user(top, &section, &mut users, findings);
        let email = own_mailbox(top, &section, &mut mailboxes, findings);
        let zone = zone_of(&section, findings);
        people.insert(id.value.to_owned(), Person { zone, github, slack, discord, email });
    }
    people
}

/// A person's login on GitHub, which nobody else has.
fn own_login<'a>(section: &Section<'a>, logins: &mut Once<'a>, findings: &mut Findings) -> Option<String> {
    let key = "github";
    let own = section.read(findings, key, "\"octocat\"", login)?;
    let text = section.text(findings, key, "\"octocat\"")?;
    logins.is_new(findings, section, key, &text).then_some(own)
}

/// Who a person is on Slack, which nobody else is; nobody where there is no Slack to write to them.
fn own_member<'a>(
    top: &Section<'_>,
    section: &Section<'a>,
    members: &mut Once<'a>,
    findings: &mut Findings,
) -> Option<SlackPlace> {
    let (key, example) = ("slack", "\"U061F7AUR\"");
    let own = section.read(findings, key, example, |text| slack::member(text, top))?;
    let text = section.text(findings, key, example)?;
    (members.is_new(findings, section, key, &text) && top.has("slack")).then_some(own)
}

/// Who a person is on Discord, which nobody else is; nobody where there is no Discord to write to them.
fn own_user<'a>(
    top: &Section<'_>,
    section: &Section<'a>,
    users: &mut Once<'a>,
    findings: &mut Findings,
) -> Option<DiscordPlace> {
    let (key, example) = ("discord", "\"220412345678901234\"");
    let own = section.read(findings, key, example, discord::user)?;
    let text = section.text(findings, key, example)?;
    (users.is_new(findings, section, key, &text) && top.has("discord")).then_some(own)
}

/// A person's address, which nobody else has; none where there is no mail to write to them.
fn own_mailbox<'a>(
    top: &Section<'_>,
    section: &Section<'a>,
    mailboxes: &mut Once<'a>,
    findings: &mut Findings,
) -> Option<EmailAddress> {
    let (key, example) = ("email", "\"anna@example.com\"");
    let own = section.read(findings, key, example, mail::address)?;
    let text = section.text(findings, key, example)?;
    (mailboxes.is_new(findings, section, key, &text) && top.has("smtp")).then_some(own)
}

fn roles(top: &Section<'_>, findings: &mut Findings) -> Option<BTreeMap<Role, Vec<String>>> {
    let section = top.section("roles", &ROLES, findings);
    let held = |role: &Role| {
        let holders = section.list(findings, role.as_str(), "[\"anna\"]", |holder| {
            if let Some(on_github) = holder.strip_prefix("github:") {
                return github::holder(on_github);
            }
            if let Some(on_slack) = holder.strip_prefix("slack:") {
                return slack::holder(on_slack, top);
            }
            if let Some(on_discord) = holder.strip_prefix("discord:") {
                return discord::holder(on_discord, top);
            }
            let plain = !holder.is_empty() && holder.chars().all(|c| !c.is_control() && !c.is_whitespace());
            if plain {
                Ok(holder.to_owned())
            } else {
                Err(Complaint::new(format!("`{holder}` names nobody"), "write a person's id, or * for everybody"))
            }
        });
        holders.map(|holders| (*role, holders))
    };
    let roles = Role::ALL.iter().filter_map(held).collect();
    top.has("roles").then_some(roles)
}
