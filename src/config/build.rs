//! From what is written to what the program uses: the meaning of every key, and its default.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use chrono::TimeDelta;
use secrecy::SecretString;

use super::problem::{Complaint, Findings, Place};
use super::schema::{
    self, AUDIENCE, DATABASE, ORGANISATION, PERSON, POLICY, REGION, ROLES, SERVER, SERVICE, SERVICE_POLICY, TOP,
};
use super::section::{Once, Section, Text};
use super::source::Node;
use super::{Config, Database, LARGEST_SECRET, Server, derived_url, read_bounded};
use crate::domain::access::Role;
use crate::domain::calendar::{Lead, WorkingCalendar, Zone, parse_duration};
use crate::domain::ledger::MessageKind;
use crate::domain::notice::OPS;
use crate::domain::organisation::{
    Announce, Audience, AutoComplete, Channel, Organisation, Person, Policy, Region, Service,
};
use crate::domain::window::Kind;

const LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);
const DATABASE_URL: &str = "sqlite://maintbot.db";
const ORGANISATION_NAME: &str = "Our organisation";
const OPS_CHANNEL: &str = "ops";
const EVERYONE: &str = "everyone";
const EVERYONE_CHANNEL: &str = "maintenance";

/// Longer ids and names are mistakes (characters).
const LONGEST_ID: usize = 64;
const LONGEST_NAME: usize = 200;

/// The configuration that `root` describes, with defaults for what is missing and for what `findings` complain about.
pub(super) fn config(root: &Node, folder: &Path, findings: &mut Findings) -> Config {
    let top = Section::top(root, &TOP, findings);
    let server = server(&top, findings);
    let url = database_url(&top, folder, findings);
    let organisation = organisation(&top, &server, findings);
    Config { server, database: Database { url }, organisation }
}

fn server(top: &Section<'_>, findings: &mut Findings) -> Server {
    let section = top.section("server", &SERVER, findings);
    let listen = section.read(findings, "listen", "\"127.0.0.1:8080\"", |text| {
        let wrong = |_| Complaint::new(format!("`{text}` is not an address and a port"), listen_hint(text));
        text.parse().map_err(wrong)
    });
    let public_url = section.read(findings, "public_url", "\"https://maintenance.example.com\"", public_url);
    Server { listen: listen.unwrap_or(SocketAddr::from(LISTEN)), public_url }
}

/// A port alone means every interface, `localhost` the machine itself: the likely meanings, in full.
fn listen_hint(text: &str) -> String {
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let Ok(port) = port.parse::<u16>() else { return "write for example 127.0.0.1:8080, or [::1]:8080".into() };
    match host {
        "" | "*" => format!("write 0.0.0.0:{port} for every interface, 127.0.0.1:{port} for this machine alone"),
        "localhost" => format!("write 127.0.0.1:{port}"),
        _ => format!("write the address in digits, such as 127.0.0.1:{port}"),
    }
}

/// Checks that links can be made from it, and drops slashes at the end.
fn public_url(text: &str) -> Result<String, Complaint> {
    let wrong = |why: &str| {
        // Neither a password nor a token that somebody put into the address is repeated.
        Err(Complaint::new(why, "write for example https://maintenance.example.com"))
    };
    let address = ["http://", "https://"].iter().find_map(|scheme| {
        text.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)).map(|start| &text[start.len()..])
    });
    let Some(address) = address else { return wrong("the address must begin with http:// or https://") };
    let authority = address.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if authority.contains('@') {
        return wrong("the address is public and must hold no user name or password");
    }
    if address.contains(['?', '#']) {
        return wrong("paths are put behind the address: it must end before any ? or #");
    }
    let plain = |c: char| c.is_ascii_graphic() && !"\"'<>\\^`{|}".contains(c);
    if host.is_empty() || !address.chars().all(plain) {
        return wrong("this is not an address that a browser opens");
    }
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return wrong("the port of the address is not a number from 0 to 65535");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn database_url(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> SecretString {
    let section = top.section("database", &DATABASE, findings);
    let Some((key, place, url)) = secret(&section, ["url", "url_file"], folder, findings) else {
        return DATABASE_URL.into();
    };
    let schemes = ["sqlite:", "postgres://", "postgresql://"];
    let rest = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
    let complaint = match rest.map(|rest| rest.trim_start_matches('/')) {
        Some("") => "the address names no database",
        Some(_) => return url.into(),
        None => "the address of the database must begin with sqlite:// or postgres://",
    };
    // The address itself is not repeated: it may hold a password.
    let hint = "write for example sqlite://maintbot.db or postgres://user:password@host/maintbot";
    section.complain(findings, key, place, Complaint::new(complaint, hint));
    DATABASE_URL.into()
}

/// A secret that stands under the first key, or in the file that the second names: which key it was, where, and the secret.
/// A variable of the environment goes before the file, whichever of the two keys it sets.
fn secret<'a>(
    section: &Section<'a>,
    [key, key_file]: [&'static str; 2],
    folder: &Path,
    findings: &mut Findings,
) -> Option<(&'static str, &'a Place, String)> {
    let from_environment = |key: &str| matches!(section.place_of(key), Place::Variable(_));
    let (written, in_file) = (section.has(key), section.has(key_file));
    if written && in_file && from_environment(key) == from_environment(key_file) {
        let complaint = Complaint::new(format!("`{key}` is given as well"), "leave one of the two out");
        section.complain(findings, key_file, section.place_of(key_file), complaint);
        return None;
    }
    if !written && !in_file {
        return None;
    }
    if written && (!in_file || from_environment(key)) {
        let text = section.text(findings, key, "\"…\"")?;
        return Some((key, text.place, text.value.to_owned()));
    }
    let place = section.place_of(key_file);
    let secret = section.read(findings, key_file, "\"path/of/the/file\"", |path| {
        let path = if from_environment(key_file) { Path::new(path).to_owned() } else { folder.join(path) };
        secret_in(&path)
    })?;
    Some((key_file, place, secret))
}

fn secret_in(path: &Path) -> Result<String, Complaint> {
    let wrong = |why: String| Complaint::from(format!("the file {} {why}", path.display()));
    let bytes = read_bounded(path, LARGEST_SECRET).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let bytes = bytes.ok_or_else(|| wrong("is too large for a secret".into()))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8 text".into()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() { Err(wrong("is empty".into())) } else { Ok(secret.to_owned()) }
}

fn organisation(top: &Section<'_>, server: &Server, findings: &mut Findings) -> Organisation {
    let section = top.section("organisation", &ORGANISATION, findings);
    let name = section.read(findings, "name", "\"Example Cloud\"", name);
    let zone = zone_of(&section, findings).unwrap_or(Zone::utc());
    let ops = section.filled_list(findings, "ops", "[\"builtin:ops\"]", channel);

    let (regions, known_regions) = regions(top, findings);
    let (services, known_services) = services(top, &known_regions, findings);
    let (policies, service_policies) = policies(top, &known_services, findings);
    let audiences = audiences(top, &known_services, &known_regions, findings);
    Organisation {
        name: name.unwrap_or_else(|| ORGANISATION_NAME.into()),
        working: WorkingCalendar::monday_to_friday(zone.clone()),
        zone,
        ops: ops.unwrap_or_else(|| vec![Channel::Builtin(OPS_CHANNEL.into())]),
        services,
        regions,
        policies,
        service_policies,
        audiences,
        people: people(top, findings),
        roles: roles(top, findings),
        public_url: server.public_url.clone().unwrap_or_else(|| derived_url(server.listen)),
    }
}

/// The ids that may be named elsewhere.
struct Declared {
    /// The section that declares them.
    title: &'static str,
    /// `None` where none is declared, or a declaration is wrong already: then every well-formed id is fine.
    ids: Option<Vec<String>>,
}

impl Declared {
    fn new(title: &'static str, blocks: &[Section<'_>], ids: Vec<String>) -> Self {
        let complete = !blocks.is_empty() && blocks.len() == ids.len();
        Self { title, ids: complete.then_some(ids) }
    }

    fn check(&self, id: &str) -> Result<String, Complaint> {
        let id = well_formed(id)?;
        let Some(ids) = self.ids.as_ref().filter(|ids| !ids.contains(&id)) else { return Ok(id) };
        let hint = match schema::nearest(&id, ids.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add a {} with id = \"{id}\"", self.title),
        };
        Err(Complaint::new(format!("no {} has the id `{id}`", self.title), hint))
    }
}

fn regions(top: &Section<'_>, findings: &mut Findings) -> (BTreeMap<String, Region>, Declared) {
    let blocks = top.blocks("region", &REGION, findings);
    let mut once = Once::default();
    let mut regions = BTreeMap::new();
    for block in &blocks {
        let given = block.read(findings, "name", "\"Asia-Pacific\"", name);
        let Some(id) = id_of(block, "id", "\"apac\"", &mut once, findings) else { continue };
        regions.insert(id.clone(), Region { name: given.unwrap_or_else(|| id.clone()), id });
    }
    let declared = Declared::new(REGION.title, &blocks, regions.keys().cloned().collect());
    (regions, declared)
}

fn services(
    top: &Section<'_>,
    known_regions: &Declared,
    findings: &mut Findings,
) -> (BTreeMap<String, Service>, Declared) {
    let blocks = top.blocks("service", &SERVICE, findings);
    let mut once = Once::default();
    let mut services = BTreeMap::new();
    for block in &blocks {
        let given = block.read(findings, "name", "\"CRM\"", name);
        let regions = block.list(findings, "regions", "[\"eu\"]", |id| known_regions.check(id)).unwrap_or_default();
        let environment = block.read(findings, "environment", "\"production\"", well_formed);
        let zone = zone_of(block, findings);
        let Some(id) = id_of(block, "id", "\"crm\"", &mut once, findings) else { continue };
        let name = given.unwrap_or_else(|| id.clone());
        services.insert(id.clone(), Service { id, name, regions, environment, zone });
    }
    let declared = Declared::new(SERVICE.title, &blocks, services.keys().cloned().collect());
    (services, declared)
}

type Policies = BTreeMap<String, Policy>;
type ServicePolicies = BTreeMap<(String, String), Policy>;

fn policies(top: &Section<'_>, known_services: &Declared, findings: &mut Findings) -> (Policies, ServicePolicies) {
    let kinds = [Kind::SCHEDULED, Kind::EMERGENCY, Kind::NO_DOWNTIME];
    let mut policies: Policies = kinds.iter().map(|kind| ((*kind).to_owned(), default_policy(kind))).collect();
    let mut service_policies = ServicePolicies::new();
    for (kind, section) in top.named("policy", &POLICY, findings) {
        refuse_name(&kind, "a kind of window", well_formed, findings);
        let of_kind = policy(&section, default_policy(kind.value), findings);
        for (id, section) in section.named("service", &SERVICE_POLICY, findings) {
            refuse_name(&id, "a service", |id| known_services.check(id), findings);
            let of_service = policy(&section, of_kind.clone(), findings);
            service_policies.insert((kind.value.to_owned(), id.value.to_owned()), of_service);
        }
        policies.insert(kind.value.to_owned(), of_kind);
    }
    (policies, service_policies)
}

/// Complains about a name that stands in a section's title.
fn refuse_name(
    name: &Text<'_>,
    what: &str,
    check: impl Fn(&str) -> Result<String, Complaint>,
    findings: &mut Findings,
) {
    if let Err(complaint) = check(name.value) {
        findings.add(name.place, name.value, format!("the name of {what}: {}", complaint.message), complaint.hint);
    }
}

/// The rules of a kind where nothing is written; kinds of one's own start as `scheduled`.
fn default_policy(kind: &str) -> Policy {
    let lead = |text: &str| text.parse::<Lead>().ok();
    let announce = |text: &str| lead(text).map_or(Announce::AtOnce, Announce::Lead);
    let scheduled = Policy {
        announce: announce("14d"),
        remind: ["7d", "3d", "1d"].into_iter().filter_map(lead).collect(),
        change_list: announce("7d"),
        auto_start: true,
        auto_complete: AutoComplete::Never,
        overrun_chase: TimeDelta::minutes(15),
    };
    match kind {
        Kind::EMERGENCY => Policy {
            announce: Announce::AtOnce,
            remind: lead("1h").into_iter().collect(),
            change_list: Announce::AtOnce,
            ..scheduled
        },
        Kind::NO_DOWNTIME => Policy { announce: announce("1d"), remind: Vec::new(), ..scheduled },
        _ => scheduled,
    }
}

fn policy(section: &Section<'_>, base: Policy, findings: &mut Findings) -> Policy {
    let (announce, remind, change_list) = leads(section, findings);
    let auto_start = section.flag(findings, "auto_start");
    let auto_complete =
        section.read_or_off(findings, "auto_complete", ["\"all_done\"", "\"at_end\""], AutoComplete::Never, |text| {
            match text {
                "all_done" => Ok(AutoComplete::AllDone),
                "at_end" => Ok(AutoComplete::AtEnd),
                _ => Err(Complaint::new(format!("`{text}` is unknown"), "write false, \"all_done\" or \"at_end\"")),
            }
        });
    let overrun_chase =
        section.read_or_off(findings, "overrun_chase", ["\"15m\"", "\"1h\""], TimeDelta::zero(), |text| {
            let length = parse_duration(text).map_err(|why| Complaint::new(why, "or false to turn it off"))?;
            if length.num_seconds() % 60 == 0 {
                Ok(length)
            } else {
                Err(Complaint::new(format!("`{text}` is not in whole minutes"), "write for example 15m, or false"))
            }
        });
    Policy {
        announce: announce.unwrap_or(base.announce),
        remind: remind.unwrap_or(base.remind),
        change_list: change_list.unwrap_or(base.change_list),
        auto_start: auto_start.unwrap_or(base.auto_start),
        auto_complete: auto_complete.unwrap_or(base.auto_complete),
        overrun_chase: overrun_chase.unwrap_or(base.overrun_chase),
    }
}

type Leads = (Option<Announce>, Option<Vec<Lead>>, Option<Announce>);

/// The lead times that policies and audiences have in common.
fn leads(section: &Section<'_>, findings: &mut Findings) -> Leads {
    let announce = |text: &str| text.parse::<Announce>().map_err(Complaint::from);
    (
        section.read(findings, "announce", "\"14d\"", announce),
        section.list(findings, "remind", "[\"7d\", \"1d\"]", |text| {
            text.parse::<Lead>().map_err(|why| Complaint::from(why.to_string()))
        }),
        section.read(findings, "change_list", "\"7d\"", announce),
    )
}

fn audiences(
    top: &Section<'_>,
    known_services: &Declared,
    known_regions: &Declared,
    findings: &mut Findings,
) -> Vec<Audience> {
    let blocks = top.blocks("audience", &AUDIENCE, findings);
    let mut once = Once::default();
    let mut audiences = Vec::new();
    for block in &blocks {
        block.require(findings, "channels", "[\"builtin:maintenance\"]");
        let channels = block.filled_list(findings, "channels", "[\"builtin:maintenance\"]", channel);
        let services = block.list(findings, "services", "[\"crm\"]", |id| known_services.check(id));
        let regions = block.list(findings, "regions", "[\"eu\"]", |id| known_regions.check(id));
        let (announce, remind, change_list) = leads(block, findings);
        let messages = block.filled_list(findings, "messages", "[\"announcement\", \"reminder\"]", message);
        let internal = block.flag(findings, "internal").unwrap_or(false);
        let Some(name) = id_of(block, "name", "\"customer-engineers\"", &mut once, findings) else { continue };
        if name == OPS {
            let complaint = Complaint::new(
                "this name means those who get internal messages",
                "set their channels with ops in [organisation], or take another name",
            );
            block.complain(findings, "name", block.place_of("name"), complaint);
        }
        audiences.push(Audience {
            name,
            channels: channels.unwrap_or_default(),
            services: services.unwrap_or_default(),
            regions: regions.unwrap_or_default(),
            announce,
            remind,
            change_list,
            messages: messages.map(|chosen| chosen.into_iter().collect()),
            internal,
        });
    }
    if blocks.is_empty() {
        audiences.push(everyone());
    }
    audiences
}

/// The audience where none is written.
fn everyone() -> Audience {
    Audience {
        name: EVERYONE.into(),
        channels: vec![Channel::Builtin(EVERYONE_CHANNEL.into())],
        services: Vec::new(),
        regions: Vec::new(),
        announce: None,
        remind: None,
        change_list: None,
        messages: None,
        internal: false,
    }
}

fn people(top: &Section<'_>, findings: &mut Findings) -> BTreeMap<String, Person> {
    let mut people = BTreeMap::new();
    for (id, section) in top.named("people", &PERSON, findings) {
        refuse_name(&id, "a person", well_formed, findings);
        people.insert(id.value.to_owned(), Person { zone: zone_of(&section, findings) });
    }
    people
}

fn roles(top: &Section<'_>, findings: &mut Findings) -> Option<BTreeMap<Role, Vec<String>>> {
    let section = top.section("roles", &ROLES, findings);
    let held = |role: &Role| {
        let holders = section.list(findings, role.as_str(), "[\"anna\"]", |holder| {
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

fn id_of<'a>(
    block: &Section<'a>,
    key: &str,
    example: &str,
    once: &mut Once<'a>,
    findings: &mut Findings,
) -> Option<String> {
    block.require(findings, key, example);
    let text = block.text(findings, key, example)?;
    match well_formed(text.value) {
        Ok(id) => once.is_new(findings, block, key, &text).then_some(id),
        Err(complaint) => {
            block.complain(findings, key, text.place, complaint);
            None
        }
    }
}

/// Checks that an id can be typed in a command and stand in a link.
fn well_formed(id: &str) -> Result<String, Complaint> {
    let fits = |id: &str| {
        id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && id.len() <= LONGEST_ID
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
    };
    if fits(id) {
        return Ok(id.to_owned());
    }
    let likely = id.trim().to_lowercase().replace(' ', "-");
    let hint =
        if fits(&likely) { format!("write `{likely}`") } else { "write for example `crm` or `eu-west.2`".into() };
    let rule = format!("lower-case letters, digits, `-`, `_` and `.`, a letter or digit first, at most {LONGEST_ID}");
    Err(Complaint::new(format!("`{id}` is not made of {rule}"), hint))
}

fn name(text: &str) -> Result<String, Complaint> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("a name is one line of 1 to {LONGEST_NAME} characters").into());
    }
    Ok(name.to_owned())
}

fn channel(text: &str) -> Result<Channel, Complaint> {
    match text.parse::<Channel>()? {
        Channel::Tracker => {
            Err(Complaint::new(format!("`{text}` holds change lists and nobody reads there"), "write builtin:NAME"))
        }
        channel => Ok(channel),
    }
}

fn message(text: &str) -> Result<MessageKind, Complaint> {
    let offered = || MessageKind::ALL.iter().copied().filter(|message| message.is_for_audiences());
    if let Some(message) = offered().find(|message| message.as_str() == text) {
        return Ok(message);
    }
    let words: Vec<&str> = offered().map(MessageKind::as_str).collect();
    let why = if text.parse::<MessageKind>().is_ok() { "is not for audiences" } else { "is not a message" };
    let hint = match schema::nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? There are {}", words.join(", ")),
        None => format!("there are {}", words.join(", ")),
    };
    Err(Complaint::new(format!("`{text}` {why}"), hint))
}

fn zone_of(section: &Section<'_>, findings: &mut Findings) -> Option<Zone> {
    let zone = |name: &str| Zone::named(name).map_err(|unknown| Complaint::from(unknown.to_string()));
    section.read(findings, "time_zone", "\"Europe/Helsinki\"", zone)
}
