//! The configuration: `maintbot.toml` and the environment, read once into what the program uses.
//!
//! Everything wrong is found at once, each with the file, the line and what to write instead. Missing keys have
//! defaults, so that no file at all is a good configuration. Reads files, never the process environment: the caller
//! hands it over. Secrets stay in [`secrecy`] types and are in no message.

mod audience;
mod build;
mod digest;
mod discord;
mod estate;
mod file;
mod github;
mod mail;
mod policy;
mod problem;
mod schema;
mod section;
mod server;
mod silence;
mod slack;
mod source;
mod statuspage;
mod templates;
mod webhook;
mod word;
mod working;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

pub use discord::DISCORD_PERMISSIONS;
pub use mail::{Rate, Smtp, SmtpLogin, SmtpTls};
pub use problem::{Problem, Problems};
pub use schema::known_keys;

use crate::domain::channel::Repository;
use crate::domain::organisation::{Channel, GithubUse, Organisation};
use crate::domain::silence::Silencing;
use problem::{Findings, Place};
use source::Node;

/// What the environment's variables for single keys start with: `MAINTBOT__SERVER__LISTEN`.
pub const PREFIX: &str = "MAINTBOT__";

/// The file that is read from the working directory when none is named.
pub const FILE_NAME: &str = "maintbot.toml";

/// Larger files are neither a configuration nor a calendar of holidays (bytes).
const LARGEST_FILE: u64 = 1024 * 1024;
/// Longer names have no channel of the console (bytes).
const LONGEST_CHANNEL: usize = 80;
/// Larger files are not a secret (bytes).
const LARGEST_SECRET: u64 = 64 * 1024;

/// Everything that is configured, checked and ready for use.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the program listens.
    pub server: Server,
    /// Where it keeps what it knows.
    pub database: Database,
    /// The server that measures how much services are used, where one is written.
    pub prometheus: Option<Prometheus>,
    /// GitHub, where it is written.
    pub github: Option<Github>,
    /// Slack, where it is written.
    pub slack: Option<Slack>,
    /// Discord, where it is written.
    pub discord: Option<Discord>,
    /// Alertmanager, where it is written.
    pub alertmanager: Option<Alertmanager>,
    /// PagerDuty, where it is written.
    pub pagerduty: Option<Pagerduty>,
    /// Webhooks of others, each under a name of its own, in the order in which they are written.
    pub webhooks: Vec<Webhook>,
    /// Mail, where it is written.
    pub smtp: Option<Smtp>,
    /// The page on Atlassian Statuspage, where it is written.
    pub statuspage: Option<Statuspage>,
    /// Other status pages, in the order of the file.
    pub status_pages: Vec<StatusPage>,
    /// The organisation's own templates, as they were read.
    pub templates: Vec<TemplateFile>,
    /// Services, regions, policies, audiences, customers, people and roles.
    pub organisation: Organisation,
}

/// A file of the templates' folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFile {
    /// The language whose folder it stands in, such as `fi`.
    pub language: String,
    /// Its name, such as `announcement.txt`.
    pub file: String,
    /// Where it is, for people.
    pub path: String,
    /// What it holds, at most 64 KiB.
    pub text: String,
}

/// Where the program listens and how it is reached from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Address and port of the HTTP server.
    pub listen: SocketAddr,
    /// The address people use, as written, without a slash at the end. `None` where it follows from `listen`; what
    /// links are made of is [`Organisation::public_url`] in both cases.
    pub public_url: Option<String>,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite://…` or `postgres://…`, perhaps with a password in it.
    pub url: SecretString,
}

/// A Prometheus server, or one that speaks its query language over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prometheus {
    /// Its address, `http://` or `https://`, perhaps with a path, without a slash at the end and without a password.
    pub url: String,
}

/// GitHub, or a GitHub Enterprise Server: how maintbot signs in there, and what it uses.
#[derive(Clone, Debug)]
pub struct Github {
    /// Base of the REST API, without a slash at the end and without a password.
    pub api_url: String,
    /// As whom.
    pub auth: GithubAuth,
    /// What webhooks are signed with, at least 8 characters; `None`: none are accepted.
    pub webhook_secret: Option<SecretString>,
    /// How often it is asked what is new, from 5 seconds to an hour; `None`: never.
    pub poll: Option<Duration>,
    /// Repositories that are watched, as written: services may have others of their own.
    pub repositories: Vec<Repository>,
    /// Every item of a change list is an issue below it.
    pub sub_issues: bool,
}

/// As whom maintbot signs in on GitHub.
#[derive(Clone, Debug)]
pub enum GithubAuth {
    /// A GitHub App.
    App {
        /// Its number.
        id: u64,
        /// Its private key in PEM.
        private_key: SecretString,
    },
    /// A token of a user.
    Token(SecretString),
}

/// Discord: its API, the application there, and the servers in which it is used.
#[derive(Clone, Debug)]
pub struct Discord {
    /// Where Discord is, without a slash at the end and without a password; the API is below `/api/v10`.
    pub api_url: String,
    /// The bot's token.
    pub bot_token: SecretString,
    /// The application's id.
    pub application_id: String,
    /// The application's public key, 64 hexadecimal digits in small letters: what Discord posts is signed with its other
    /// half. `None`: nothing that is posted is accepted.
    pub public_key: Option<String>,
    /// Ids of the servers in which maintbot may be used; none: in every one that it is in.
    pub guilds: Vec<String>,
    /// Interactions come over a connection that maintbot opens.
    pub gateway: bool,
    /// Every window is a scheduled event of each server in `guilds`.
    pub events: bool,
}

/// An Alertmanager, which keeps alerts quiet while a window is open.
#[derive(Clone, Debug)]
pub struct Alertmanager {
    /// Its address, `http://` or `https://`, perhaps with a path, without a slash at the end and without a password.
    pub url: String,
    /// The label that holds the id of a service in alerts.
    pub label: String,
    /// How maintbot signs in; `None`: it does not have to.
    pub login: Option<AlertmanagerLogin>,
}

/// How maintbot signs in at an Alertmanager.
#[derive(Clone, Debug)]
pub enum AlertmanagerLogin {
    /// With a name and a password (RFC 7617).
    Basic {
        /// The name, without a colon.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// With a token (RFC 6750).
    Bearer(SecretString),
}

/// PagerDuty, which keeps services quiet while a window is open.
#[derive(Clone, Debug)]
pub struct Pagerduty {
    /// Base of the REST API, without a slash at the end and without a password.
    pub api_url: String,
    /// A REST API key.
    pub token: SecretString,
    /// The e-mail address of the user there in whose name maintenance windows are made.
    pub from: String,
}

/// Slack: its API, and the workspaces in which maintbot is installed.
#[derive(Clone, Debug)]
pub struct Slack {
    /// Base of the Web API, without a slash at the end and without a password.
    pub api_url: String,
    /// The workspaces, at least one.
    pub workspaces: Vec<SlackWorkspace>,
}

/// One workspace on Slack: how maintbot signs in there, and what may reach it.
#[derive(Clone, Debug)]
pub struct SlackWorkspace {
    /// Slack's id of it, such as `T012AB3CD`; empty where it is the only one and its id is not written.
    pub id: String,
    /// The bot's token.
    pub bot_token: SecretString,
    /// What requests from Slack are signed with; `None`: none are accepted over HTTP.
    pub signing_secret: Option<SecretString>,
    /// The app's token, with which Slack is listened to over a socket; `None`: it is not.
    pub app_token: Option<SecretString>,
}

/// Another program's address that messages are posted to.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// What channels call it: `webhook:NAME`.
    pub name: String,
    /// Where it is, `https://` or, with `allow_private`, `http://`; it may hold a token, and no name or password.
    pub url: SecretString,
    /// What messages are signed with, the newest first: `whsec_` or `whsk_` and base64. At least one.
    pub keys: Vec<SecretString>,
    /// It may be in the own network.
    pub allow_private: bool,
    /// How messages look.
    pub format: WebhookFormat,
}

/// How messages to a webhook look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookFormat {
    /// As Standard Webhooks recommends: `type`, `timestamp`, `data`.
    Standard,
    /// As structured events of CloudEvents 1.0.
    CloudEvents,
}

/// A page on Atlassian Statuspage.
#[derive(Clone, Debug)]
pub struct Statuspage {
    /// Where its API is, without a slash at the end and without a password; calls go below `/v1`.
    pub api_url: String,
    /// The page's id.
    pub page_id: String,
    /// What is shown to be let in.
    pub api_key: SecretString,
    /// Whether those who subscribed there are told.
    pub notify: bool,
    /// Which component of the page a service is, by the id of the service.
    pub components: BTreeMap<String, String>,
}

/// A status page that is filled by JSON over HTTP.
#[derive(Clone, Debug)]
pub struct StatusPage {
    /// What channels call it.
    pub name: String,
    /// What paths are put behind, without a slash at the end and without a password.
    pub url: String,
    /// Sent with every request.
    pub headers: Vec<PageHeader>,
    /// Makes an entry.
    pub create: PageCall,
    /// Brings one in step.
    pub update: PageCall,
    /// Takes away one of a window that is called off; without it such a one is brought in step.
    pub delete: Option<PageCall>,
    /// Where the id of an entry is, in the answer that made it and in a listed one (JSON pointer, RFC 6901).
    pub id: String,
    /// Where the entries are listed.
    pub list: Option<String>,
    /// Where they are in that answer (JSON pointer); empty where the answer is the list.
    pub items: String,
    /// Whether those who subscribed there are told: what `notify` is in templates.
    pub notify: bool,
}

/// A header with a value that may be secret.
#[derive(Clone, Debug)]
pub struct PageHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: SecretString,
}

/// One call of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageCall {
    /// The method of HTTP.
    pub method: String,
    /// What is put behind the address, with `{id}` where the id of an entry goes.
    pub path: String,
    /// The template of the body.
    pub body: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self::with_defaults()
    }
}

impl Config {
    /// What holds when nothing is configured.
    #[must_use]
    pub fn with_defaults() -> Self {
        let mut findings = Findings::new(Path::new(FILE_NAME));
        build::config(&Node::empty(), Path::new(""), &mut findings)
    }

    /// The file to read: the one named on the command line, else the one the variable `MAINTBOT_CONFIG` names (empty
    /// counts as unset), else `maintbot.toml` in `cwd` if it is there, else none.
    #[must_use]
    pub fn find(explicit: Option<PathBuf>, variable: Option<PathBuf>, cwd: &Path) -> Option<PathBuf> {
        let named = explicit.or_else(|| variable.filter(|path| !path.as_os_str().is_empty()));
        // A link that leads nowhere counts as there: reading it then says so.
        let usual = || Some(cwd.join(FILE_NAME)).filter(|path| path.symlink_metadata().is_ok());
        named.or_else(usual)
    }

    /// Reads the file, if any, and lays the environment's `MAINTBOT__SECTION__KEY` over it. Other variables are
    /// passed over.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the file, then of the variables' names. A file that cannot be read,
    /// is larger than 1 MiB, not UTF-8 or not TOML is reported alone.
    pub fn load<K, V>(file: Option<&Path>, environment: impl IntoIterator<Item = (K, V)>) -> Result<Self, Problems>
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let Some(path) = file else { return Self::from_text(Path::new(FILE_NAME), "", environment) };
        let text = read_text(path).map_err(|(place, message, hint)| {
            let mut findings = Findings::new(path);
            findings.add(&place, "", message, Some(hint));
            findings.into_problems()
        })?;
        Self::from_text(path, &text, environment)
    }

    /// As [`Config::load`], from text: `file` is the name that problems carry, and paths in the text are relative to
    /// its folder.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_text<K, V>(
        file: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Problems>
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let mut findings = Findings::new(file);
        let Some(mut root) = source::parse(text, &mut findings) else { return Err(findings.into_problems()) };
        let pairs = environment.into_iter().map(|(name, value)| (name.into(), value.into()));
        source::overlay(&mut root, pairs, &mut findings);
        let config = build::config(&root, file.parent().unwrap_or(Path::new("")), &mut findings);
        if findings.is_empty() { Ok(config) } else { Err(findings.into_problems()) }
    }

    /// Leaves out everything that would reach other services, for a demonstration: what would be said there is said in a
    /// console channel of a similar name, and change lists are kept in the built-in tracker.
    pub fn keep_inside(&mut self) {
        let inside = |channel: &mut Channel| {
            let mut similar = match &*channel {
                Channel::Builtin(_) | Channel::Tracker | Channel::Log(_) => return,
                Channel::Github(repository, _) => format!("github.{}.{}", repository.owner(), repository.name()),
                Channel::Slack(place) => {
                    let parts = ["slack", place.workspace(), place.target().trim_start_matches('#')];
                    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
                }
                Channel::Discord(place) => {
                    let shown = place.to_string();
                    let parts = shown.split(['/', '#', '@']).filter(|part| !part.is_empty());
                    std::iter::once("discord").chain(parts).collect::<Vec<_>>().join(".")
                }
                Channel::Email(address) => format!("email.{}.{}", address.local(), address.domain()),
                Channel::Webhook(name) => format!("webhook.{name}"),
                Channel::Statuspage(_) | Channel::Alertmanager | Channel::Pagerduty => {
                    channel.to_string().replace(':', ".")
                }
            };
            similar.truncate(similar.floor_char_boundary(LONGEST_CHANNEL));
            *channel = Channel::Builtin(similar);
        };
        let organisation = &mut self.organisation;
        organisation.mails = false;
        organisation.audiences.iter_mut().flat_map(|audience| &mut audience.channels).for_each(inside);
        organisation.ops.iter_mut().for_each(inside);
        organisation.digest.iter_mut().flat_map(|digest| &mut digest.channels).for_each(inside);
        organisation.services.values_mut().for_each(|service| service.repository = None);
        organisation.github = GithubUse::default();
        // Whoever is known there would be written to directly.
        organisation.people.values_mut().for_each(|person| {
            (person.slack, person.discord, person.email) = (None, None, None);
        });
        organisation.events.clear();
        organisation.silences = Silencing::default();
        // Whatever is not named here would reach something.
        let Self { server, database, templates, organisation, .. } = std::mem::take(self);
        *self = Self { server, database, templates, organisation, ..Self::with_defaults() };
    }

    /// Takes over the address that was really bound (port 0 asks for any free one), and with it the public address
    /// where that is not written.
    pub fn bound_to(&mut self, address: SocketAddr) {
        self.server.listen = address;
        if self.server.public_url.is_none() {
            self.organisation.public_url = derived_url(address);
        }
    }
}

/// The address under which a browser on the same machine finds the server.
fn derived_url(listen: SocketAddr) -> String {
    let mut address = listen;
    if listen.ip().is_unspecified() {
        address.set_ip(if listen.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    format!("http://{address}")
}

type Unreadable = (Place, String, String);

fn read_text(path: &Path) -> Result<String, Unreadable> {
    let unreadable = |message: String, hint: &str| (Place::Whole, message, hint.to_owned());
    let bytes = match read_bounded(path, LARGEST_FILE) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(unreadable("the file is larger than 1 MiB".into(), "is it the right file?")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let hint = "name another with --config, or leave it out to run with the defaults";
            return Err(unreadable("there is no such file".into(), hint));
        }
        Err(error) => return Err(unreadable(format!("the file cannot be read: {error}"), "check its permissions")),
    };
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let place = source::place_after(&String::from_utf8_lossy(good));
        (place, "the file is not UTF-8 text from here on".into(), "save it as UTF-8".into())
    })
}

/// The bytes of a file; `None` when there are more than `most`.
fn read_bounded(path: &Path, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|read| read <= most);
    Ok(fits.then_some(bytes))
}

/// Whether a variable of the environment is one of ours.
fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}
