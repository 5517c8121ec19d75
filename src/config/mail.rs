//! Mail: the server that takes it, how maintbot signs in there, and as whom it writes. `[smtp]`.

use std::net::IpAddr;
use std::path::Path;

use chrono::TimeDelta;
use secrecy::SecretString;

use super::file::{certificates, secret};
use super::problem::{Complaint, Findings};
use super::schema::SMTP;
use super::section::Section;
use super::word::{name, one_of};
use crate::domain::channel::EmailAddress;
use crate::domain::window::words;

const PASSWORD: [&str; 2] = ["password", "password_file"];
const FROM: &str = "\"Example Cloud <maintenance@example.com>\"";
const PER_DOMAIN: &str = "\"60/min\"";
/// Names of hosts are not longer (RFC 1035, 2.3.4; characters).
const LONGEST_HOST: usize = 253;
/// More mails than this in one stretch are no limit (and each is remembered for so long).
const MOST_AT_ONCE: u32 = 10_000;

words! {
    /// How the connection to the server is kept secret.
    SmtpTls {
        /// Not at all.
        None = "none",
        /// It begins in the open and becomes TLS before anything is said (RFC 3207); without that nothing is sent.
        Starttls = "starttls",
        /// It is TLS from the first byte (RFC 8314).
        Tls = "tls",
    }
}

impl SmtpTls {
    /// The usual port.
    fn port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::Starttls => 587,
            Self::Tls => 465,
        }
    }
}

/// The server that takes mail, and as whom maintbot writes.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub tls: SmtpTls,
    /// How maintbot signs in; `None`: it does not.
    pub login: Option<SmtpLogin>,
    /// Who writes, also on the envelope.
    pub from: EmailAddress,
    /// The name beside it; `None`: the organisation's.
    pub from_name: Option<String>,
    /// Where answers go; `None`: to `from`.
    pub reply_to: Option<EmailAddress>,
    /// Certificates in PEM that are trusted besides those of public authorities.
    pub ca: Option<String>,
    /// How much one domain gets in a time.
    pub per_domain: Rate,
    /// Recipients whose calendar files say `METHOD:PUBLISH`.
    pub calendar_method: Vec<EmailAddress>,
}

/// A name and a password.
#[derive(Clone, Debug)]
pub struct SmtpLogin {
    /// The name.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

/// At most so many in any stretch of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many, at least one.
    pub most: u32,
    /// In how long: a second, a minute or an hour.
    pub per: TimeDelta,
}

impl Default for Rate {
    fn default() -> Self {
        Self { most: 60, per: TimeDelta::minutes(1) }
    }
}

/// What is written about mail; `None` where the section is not, or is wrong.
pub(super) fn smtp(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<Smtp> {
    let section = top.section("smtp", &SMTP, findings);
    if !top.has("smtp") {
        return None;
    }
    section.require(findings, "host", "\"mail.example.com\"");
    section.require(findings, "from", FROM);
    let host = section.read(findings, "host", "\"mail.example.com\"", host);
    let tls = section.read(findings, "tls", "\"starttls\"", |text| one_of(text, SmtpTls::ALL));
    let tls = tls.unwrap_or(SmtpTls::Starttls);
    let port = port(&section, findings).unwrap_or(tls.port());
    let login = login(&section, folder, findings);
    let from = section.read(findings, "from", FROM, sender);
    let reply_to = section.read(findings, "reply_to", "\"it@example.com\"", address);
    let ca = certificates(&section, "ca_file", folder, findings);
    let per_domain = section.read(findings, "per_domain", PER_DOMAIN, rate);
    let calendar_method = section.list(findings, "calendar_method", "[\"calendar@example.com\"]", address);
    let in_the_open = tls == SmtpTls::None && host.as_deref().is_some_and(|host| !is_this_machine(host));
    if in_the_open && login.is_some() {
        let complaint = Complaint::new(
            "the password could be read by everybody on the way",
            "write tls = \"starttls\" or tls = \"tls\"",
        );
        section.complain(findings, "tls", section.place_of("tls"), complaint);
    }
    let (from_name, from) = from?;
    Some(Smtp {
        host: host?,
        port,
        tls,
        login,
        from,
        from_name,
        reply_to,
        ca,
        per_domain: per_domain.unwrap_or_default(),
        calendar_method: calendar_method.unwrap_or_default(),
    })
}

/// What to write where something needs mail and the section is missing.
pub(super) fn smtp_hint() -> &'static str {
    "add [smtp] with host and from"
}

/// An address of mail.
pub(super) fn address(text: &str) -> Result<EmailAddress, Complaint> {
    text.parse().map_err(Complaint::from)
}

/// Whether nothing that is said to this host leaves the machine.
fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn host(text: &str) -> Result<String, Complaint> {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let is_name = text.len() <= LONGEST_HOST && text.split('.').all(label);
    if is_name || text.parse::<IpAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    let complaint = format!("`{text}` is not the name of a host");
    Err(Complaint::new(complaint, "write the name alone, such as mail.example.com; its port goes into port"))
}

fn port(section: &Section<'_>, findings: &mut Findings) -> Option<u16> {
    let number = section.number(findings, "port", "587")?;
    let port = u16::try_from(number).ok();
    if port.is_none() {
        let complaint = Complaint::new("there are no ports above 65535", "write port = 587");
        section.complain(findings, "port", section.place_of("port"), complaint);
    }
    port
}

/// A name and its password: both or none. The password is never repeated.
fn login(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SmtpLogin> {
    let username = section.read(findings, "username", "\"maintbot\"", |text| {
        let plain = !text.is_empty() && !text.chars().any(char::is_control);
        if plain { Ok(text.to_owned()) } else { Err(Complaint::new("this is not a name", "write one line")) }
    });
    let password = secret(section, PASSWORD, folder, findings);
    let written = PASSWORD.into_iter().find(|key| section.has(key));
    match (section.has("username"), written) {
        (true, None) => section.complain(
            findings,
            "username",
            section.place_of("username"),
            Complaint::new("its password is missing", "add password_file = \"smtp.password\", or leave username out"),
        ),
        (false, Some(key)) => section.complain(
            findings,
            key,
            section.place_of(key),
            Complaint::new("it is not said whose password this is", "add username"),
        ),
        _ => {}
    }
    let (key, place, password) = password?;
    if password.is_empty() || password.contains(['\0', '\r', '\n']) {
        let complaint = Complaint::new("this is not a password", "give it on one line");
        section.complain(findings, key, place, complaint);
        return None;
    }
    Some(SmtpLogin { username: username?, password: password.into() })
}

/// `maintenance@example.com`, or with a name: `Example Cloud <maintenance@example.com>`.
fn sender(text: &str) -> Result<(Option<String>, EmailAddress), Complaint> {
    let Some((before, rest)) = text.split_once('<') else { return Ok((None, address(text.trim())?)) };
    let Some(inside) = rest.trim_end().strip_suffix('>') else {
        return Err(Complaint::new(format!("`{text}` has no > at its end"), format!("write for example {FROM}")));
    };
    let before = before.trim().trim_matches('"');
    let name = if before.is_empty() { None } else { Some(name(before)?) };
    Ok((name, address(inside.trim())?))
}

fn rate(text: &str) -> Result<Rate, Complaint> {
    let wrong =
        || Complaint::new(format!("`{text}` is not so many in a time"), format!("write for example {PER_DOMAIN}"));
    let (most, per) = text.split_once('/').ok_or_else(wrong)?;
    let per = match per.trim() {
        "s" => TimeDelta::seconds(1),
        "min" => TimeDelta::minutes(1),
        "h" => TimeDelta::hours(1),
        _ => return Err(wrong()),
    };
    let most = most.trim().parse().ok().filter(|most| (1..=MOST_AT_ONCE).contains(most)).ok_or_else(wrong)?;
    Ok(Rate { most, per })
}
