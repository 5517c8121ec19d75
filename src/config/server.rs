//! The program itself: where it listens, where its data is, and which other servers it asks.

use std::net::SocketAddr;
use std::path::Path;

use secrecy::SecretString;

use super::file::secret;
use super::problem::{Complaint, Findings};
use super::schema::{DATABASE, PROMETHEUS, SERVER};
use super::section::Section;
use super::{Prometheus, Server};

const LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);
const DATABASE_URL: &str = "sqlite://maintbot.db";
const PUBLIC_URL: &str = "https://maintenance.example.com";
const PROMETHEUS_URL: &str = "http://prometheus:9090";

/// Where the program listens and under which address people find it.
pub(super) fn server(top: &Section<'_>, findings: &mut Findings) -> Server {
    let section = top.section("server", &SERVER, findings);
    let listen = section.read(findings, "listen", "\"127.0.0.1:8080\"", |text| {
        let wrong = |_| Complaint::new(format!("`{text}` is not an address and a port"), listen_hint(text));
        text.parse().map_err(wrong)
    });
    let public_url =
        section.read(findings, "public_url", &format!("\"{PUBLIC_URL}\""), |text| web_address(text, PUBLIC_URL));
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

/// Checks that paths can be put behind the address, and drops slashes at its end.
pub(super) fn web_address(text: &str, example: &str) -> Result<String, Complaint> {
    let wrong = |why: &str| {
        // Neither a password nor a token that somebody put into the address is repeated.
        Err(Complaint::new(why, format!("write for example {example}")))
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
        return wrong("the address must hold no user name or password");
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

/// The address of the database, perhaps with a password in it.
pub(super) fn database_url(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> SecretString {
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

/// The server that measures how much services are used, where the section is written.
pub(super) fn prometheus(top: &Section<'_>, findings: &mut Findings) -> Option<Prometheus> {
    let section = top.section("prometheus", &PROMETHEUS, findings);
    let example = format!("\"{PROMETHEUS_URL}\"");
    if top.has("prometheus") {
        section.require(findings, "url", &example);
    }
    let url = section.read(findings, "url", &example, |text| web_address(text, PROMETHEUS_URL))?;
    Some(Prometheus { url })
}

/// What to write where something needs that server and the section is missing.
pub(super) fn prometheus_hint() -> String {
    format!("add [prometheus] with url = \"{PROMETHEUS_URL}\"")
}
