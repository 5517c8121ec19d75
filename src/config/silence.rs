//! What keeps alerts quiet while a window is open: `[alertmanager]`, `[pagerduty]`, and what services are called there.

use std::path::Path;

use secrecy::SecretString;

use super::file::secret;
use super::problem::{Complaint, Findings};
use super::schema::{ALERTMANAGER, PAGERDUTY};
use super::section::Section;
use super::server::web_address;
use super::{Alertmanager, AlertmanagerLogin, Pagerduty};
use crate::domain::channel::{Channel, EmailAddress};
use crate::domain::silence::{LABEL, Matcher, Silencing, is_label};

const ALERTMANAGER_URL: &str = "http://alertmanager:9093";
const PAGERDUTY_URL: &str = "https://api.pagerduty.com";
const PASSWORD: [&str; 2] = ["password", "password_file"];
const BEARER_TOKEN: [&str; 2] = ["bearer_token", "bearer_token_file"];
const TOKEN: [&str; 2] = ["token", "token_file"];
/// Longer ids of services are mistakes (PagerDuty's have 7 or 14 characters now).
const LONGEST_ID: usize = 40;

/// What is written about Alertmanager; `None` where the section is not, or is wrong.
pub(super) fn alertmanager(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<Alertmanager> {
    let section = top.section("alertmanager", &ALERTMANAGER, findings);
    if !top.has("alertmanager") {
        return None;
    }
    let example = format!("\"{ALERTMANAGER_URL}\"");
    section.require(findings, "url", &example);
    let url = section.read(findings, "url", &example, |text| web_address(text, ALERTMANAGER_URL));
    let label = section.read(findings, "label", "\"service\"", label);
    let login = login(&section, folder, findings);
    Some(Alertmanager { url: url?, label: label.unwrap_or_else(|| LABEL.into()), login })
}

fn label(text: &str) -> Result<String, Complaint> {
    if is_label(text) {
        return Ok(text.to_owned());
    }
    Err(Complaint::new(format!("`{text}` is not the name of a label"), "write letters, digits and _, no digit first"))
}

/// A name and a password, or a token, where Alertmanager or a proxy before it asks for one.
fn login(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<AlertmanagerLogin> {
    let written = |keys: [&'static str; 2]| keys.into_iter().find(|key| section.has(key));
    let name = section.read(findings, "username", "\"maintbot\"", |text| {
        let good = !text.is_empty() && !text.contains(':') && !text.chars().any(char::is_control);
        good.then(|| text.to_owned()).ok_or_else(|| Complaint::new("this is not a name", "write it without a colon"))
    });
    let password = hidden(section, PASSWORD, folder, findings);
    let token = hidden(section, BEARER_TOKEN, folder, findings);
    let of_name = if section.has("username") { Some("username") } else { written(PASSWORD) };
    if let (Some(token_key), Some(other)) = (written(BEARER_TOKEN), of_name) {
        let complaint = Complaint::new(format!("`{other}` is given as well"), "sign in with a name or with a token");
        section.complain(findings, token_key, section.place_of(token_key), complaint);
        return None;
    }
    match (section.has("username"), written(PASSWORD)) {
        (true, None) => {
            let complaint =
                Complaint::new("a name needs its password", "add password_file = \"alertmanager.password\"");
            section.complain(findings, "username", section.place_of("username"), complaint);
        }
        (false, Some(key)) => {
            let complaint = Complaint::new("it is not said whose password this is", "add username = \"maintbot\"");
            section.complain(findings, key, section.place_of(key), complaint);
        }
        _ => {}
    }
    match (name, password, token) {
        (Some(username), Some(password), _) => Some(AlertmanagerLogin::Basic { username, password }),
        (_, _, token) => token.map(AlertmanagerLogin::Bearer),
    }
}

/// What is written about PagerDuty; `None` where the section is not, or is wrong.
pub(super) fn pagerduty(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<Pagerduty> {
    let section = top.section("pagerduty", &PAGERDUTY, findings);
    if !top.has("pagerduty") {
        return None;
    }
    let api_url =
        section.read(findings, "api_url", &format!("\"{PAGERDUTY_URL}\""), |text| web_address(text, PAGERDUTY_URL));
    if !TOKEN.iter().any(|key| section.has(key)) {
        let hint = "write token_file = \"pagerduty.token\" with a REST API key: under Integrations, API Access Keys";
        section.lacks(findings, "token", "[pagerduty] needs `token`", hint);
    }
    let token = hidden(&section, TOKEN, folder, findings);
    section.require(findings, "from", "\"ops@example.com\", the e-mail address of a user there");
    let from = section.read(findings, "from", "\"ops@example.com\"", |text| {
        let hint = "write the e-mail address of a user there, in whose name maintenance windows are made";
        text.parse::<EmailAddress>().map_err(|why| Complaint::new(why, hint))
    });
    if !top.any_has("service", "pagerduty") {
        let hint = "write pagerduty = \"PIJ90N7\" in the [[service]] that it is: its id stands in its address there";
        section.lacks(findings, "from", "no [[service]] says what it is on PagerDuty", hint);
    }
    Some(Pagerduty { api_url: api_url.unwrap_or_else(|| PAGERDUTY_URL.into()), token: token?, from: from?.to_string() })
}

/// A secret that fits into a header. Never repeated: neither it nor what was taken for it.
fn hidden(
    section: &Section<'_>,
    keys: [&'static str; 2],
    folder: &Path,
    findings: &mut Findings,
) -> Option<SecretString> {
    let (key, place, text) = secret(section, keys, folder, findings)?;
    if !text.is_empty() && !text.chars().any(char::is_control) && text == text.trim() {
        return Some(text.into());
    }
    let complaint = Complaint::new("this is no secret of one line", "give it alone, without spaces around it");
    section.complain(findings, key, place, complaint);
    None
}

/// Where silences are kept.
pub(super) fn silencing(alertmanager: Option<&Alertmanager>, pagerduty: Option<&Pagerduty>) -> Silencing {
    let channels = [alertmanager.map(|_| Channel::Alertmanager), pagerduty.map(|_| Channel::Pagerduty)];
    let label = alertmanager.map_or_else(|| LABEL.into(), |settings| settings.label.clone());
    Silencing { channels: channels.into_iter().flatten().collect(), label }
}

/// What a service's alerts have in common: it needs the section that says where silences are kept.
pub(super) fn matchers(block: &Section<'_>, top: &Section<'_>, findings: &mut Findings) -> Option<Vec<Matcher>> {
    let key = "alert_matchers";
    let example = "['job=~\"crm.*\"']";
    let found = block.filled_list(findings, key, example, |text| {
        let hint = "write for example 'service=\"crm\"' or 'job=~\"crm.*\"', in single quotes";
        text.parse::<Matcher>().map_err(|why| Complaint::new(why, hint))
    })?;
    if !found.is_empty() && found.iter().all(fits_without_label) {
        let hint = "add one that the label has to be, such as 'job=\"crm\"'";
        let complaint = Complaint::new("this fits every alert without these labels", hint);
        block.complain(findings, key, block.place_of(key), complaint);
    }
    if top.has("alertmanager") {
        return Some(found);
    }
    let hint = format!("add [alertmanager] with url = \"{ALERTMANAGER_URL}\"");
    block.complain(
        findings,
        key,
        block.place_of(key),
        Complaint::new("there is no Alertmanager to keep them quiet", hint),
    );
    None
}

/// Whether an alert fits that does not have the label at all; of a regular expression only what is plain to see.
fn fits_without_label(matcher: &Matcher) -> bool {
    let takes_nothing = matcher.value.is_empty() || (matcher.is_regex && matcher.value == ".*");
    if matcher.is_equal { takes_nothing } else { !takes_nothing && !matcher.is_regex }
}

/// PagerDuty's id of a service: it needs the section that says how to get there.
pub(super) fn on_pagerduty(block: &Section<'_>, top: &Section<'_>, findings: &mut Findings) -> Option<String> {
    let key = "pagerduty";
    let found = block.read(findings, key, "\"PIJ90N7\"", |text| {
        let good = !text.is_empty() && text.len() <= LONGEST_ID && text.chars().all(|c| c.is_ascii_alphanumeric());
        let hint = "write the id at the end of its address there, such as PIJ90N7";
        good.then(|| text.to_owned())
            .ok_or_else(|| Complaint::new(format!("`{text}` is not PagerDuty's id of a service"), hint))
    })?;
    if top.has("pagerduty") {
        return Some(found);
    }
    let hint = "add [pagerduty] with token_file and from";
    block.complain(findings, key, block.place_of(key), Complaint::new("PagerDuty cannot be reached", hint));
    None
}
