//! Status pages that others keep: `[statuspage]` for Atlassian Statuspage, `[[status_page]]` for any that is filled by JSON
//! over HTTP, and which component of Statuspage a service is.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;

use super::file::secret;
use super::problem::{Complaint, Findings};
use super::schema::{STATUS_PAGE, STATUSPAGE};
use super::section::{Once, Section};
use super::server::web_address;
use super::word::{id_of, well_formed};
use super::{PageCall, PageHeader, StatusPage, Statuspage};

const API_URL: &str = "https://api.statuspage.io";
const PAGE_URL: &str = "https://api.instatus.com/v1/PAGE";
const API_KEY: [&str; 2] = ["api_key", "api_key_file"];
const SECRET: [&str; 2] = ["secret", "secret_file"];
/// Where the secret goes in a header.
pub(super) const SECRET_MARK: &str = "{secret}";
/// Where the id of an entry goes in a path.
const ID_MARK: &str = "{id}";

/// Longer ids of Statuspage are mistakes (characters); they have 12 now.
const LONGEST_ID: usize = 64;
/// Longer paths and templates are mistakes (characters).
const LONGEST_PATH: usize = 500;
const LONGEST_TEMPLATE: usize = 20_000;

/// The page of `[statuspage]`; `None` where the section is not written, or is wrong.
pub(super) fn statuspage(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<Statuspage> {
    let section = top.section("statuspage", &STATUSPAGE, findings);
    if !top.has("statuspage") {
        return None;
    }
    let api_url = section.read(findings, "api_url", &format!("\"{API_URL}\""), |text| web_address(text, API_URL));
    section.require(findings, "page_id", "\"kctbh9vrtdwd\"");
    let page_id = section.read(findings, "page_id", "\"kctbh9vrtdwd\"", |text| remote_id(text, "a page"));
    if !API_KEY.iter().any(|key| section.has(key)) {
        let hint = "write api_key_file = \"statuspage.key\" with the key: API info, in the menu of your account";
        section.lacks(findings, "api_key", "[statuspage] needs `api_key`", hint);
    }
    let api_key = visible(&section, API_KEY, "the key", folder, findings);
    let notify = section.flag(findings, "notify").unwrap_or(true);
    Some(Statuspage {
        api_url: api_url.unwrap_or_else(|| API_URL.into()),
        page_id: page_id?,
        api_key: api_key?,
        notify,
        components: BTreeMap::new(),
    })
}

/// The pages of `[[status_page]]`, in their order.
pub(super) fn status_pages(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Vec<StatusPage> {
    let mut once = Once::default();
    let mut pages = Vec::new();
    for block in &top.blocks("status_page", &STATUS_PAGE, findings) {
        block.require(findings, "url", &format!("\"{PAGE_URL}\""));
        let url = block.read(findings, "url", &format!("\"{PAGE_URL}\""), |text| web_address(text, PAGE_URL));
        let secret = visible(block, SECRET, "the secret", folder, findings);
        let headers = headers(block, secret.as_ref(), findings);
        let create = call(block, ["create", "create_body"], ("\"POST /maintenances\"", Needs::Body), findings);
        let update = call(block, ["update", "update_body"], ("\"PUT /maintenances/{id}\"", Needs::Both), findings);
        let delete = block
            .has("delete")
            .then(|| call(block, ["delete", "delete_body"], ("\"DELETE /maintenances/{id}\"", Needs::Id), findings));
        let id = block.read(findings, "id", "\"/id\"", pointer);
        let list = block.read(findings, "list", "\"/maintenances\"", path);
        let items = block.read(findings, "list_items", "\"/data\"", pointer);
        let notify = block.flag(findings, "notify").unwrap_or(true);
        let name = id_of(block, ["name", "\"public\""], well_formed, &mut once, findings);
        let (Some(name), Some(url), Some(create), Some(update)) = (name, url, create, update) else { continue };
        pages.push(StatusPage {
            name,
            url,
            headers,
            create,
            update,
            delete: delete.flatten(),
            id: id.unwrap_or_else(|| "/id".into()),
            list,
            items: items.unwrap_or_default(),
            notify,
        });
    }
    pages
}

/// Which component of Statuspage a service is, by the service's id: it needs the section that says which page.
pub(super) fn component(block: &Section<'_>, top: &Section<'_>, findings: &mut Findings) -> Option<String> {
    let key = "statuspage_component";
    let found = block.read(findings, key, "\"p356f6v36z5r\"", |text| remote_id(text, "a component"))?;
    if top.has("statuspage") {
        return Some(found);
    }
    block.complain(findings, key, block.place_of(key), Complaint::new("no page is named that it is on", hint()));
    None
}

/// What to write where something needs Statuspage and the section is missing.
pub(super) fn hint() -> String {
    "add [statuspage] with page_id and api_key_file".into()
}

/// Whether a page of that name is written, right or wrong.
pub(super) fn is_named(name: &str, top: &Section<'_>) -> bool {
    top.block_texts("status_page", "name").contains(&name)
}

/// What a call needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Body,
    Id,
    Both,
}

/// `POST /maintenances` with the template of its body.
fn call(
    block: &Section<'_>,
    [key, body_key]: [&'static str; 2],
    (example, needs): (&str, Needs),
    findings: &mut Findings,
) -> Option<PageCall> {
    block.require(findings, key, example);
    if needs != Needs::Id {
        block.require(findings, body_key, "'{ \"name\": {{ title }} }'");
    }
    let body = block.read(findings, body_key, "'{ \"name\": {{ title }} }'", template);
    let (method, path) = block.read(findings, key, example, |text| {
        let shape =
            || Complaint::new(format!("`{text}` is not a method and a path"), format!("write {key} = {example}"));
        let (method, rest) = text.split_once(' ').ok_or_else(shape)?;
        if !["POST", "PUT", "PATCH", "DELETE"].contains(&method) {
            return Err(shape());
        }
        let path = path(rest)?;
        match (needs, path.contains(ID_MARK)) {
            (Needs::Body, true) => Err(Complaint::new("an entry that is made has no id yet", "leave {id} out")),
            (Needs::Id | Needs::Both, false) => {
                Err(Complaint::new("which entry is meant is missing", "write {id} where its id goes"))
            }
            _ => Ok((method.to_owned(), path)),
        }
    })?;
    if needs != Needs::Id && body.is_none() {
        return None;
    }
    Some(PageCall { method, path, body })
}

/// A path that is put behind the address.
fn path(text: &str) -> Result<String, Complaint> {
    let plain = |c: char| c.is_ascii_graphic() && !"\"'<>\\^`|#".contains(c);
    let without_id = text.replace(ID_MARK, "");
    if !text.starts_with('/')
        || text.len() > LONGEST_PATH
        || !text.chars().all(plain)
        || without_id.contains(['{', '}'])
    {
        return Err(Complaint::new("this is not a path", "begin it with /, such as /maintenances/{id}"));
    }
    Ok(text.to_owned())
}

/// Where something is in an answer (RFC 6901).
fn pointer(text: &str) -> Result<String, Complaint> {
    if !text.is_empty() && !text.starts_with('/') || text.len() > LONGEST_PATH {
        let why = "this does not say where it is in the answer";
        return Err(Complaint::new(why, "write a JSON pointer, such as /id or /data/id"));
    }
    Ok(text.to_owned())
}

/// The template of a body; whether it is one is found out where templates are compiled.
fn template(text: &str) -> Result<String, Complaint> {
    if text.trim().is_empty() || text.chars().count() > LONGEST_TEMPLATE {
        return Err(format!("a body is a template of 1 to {LONGEST_TEMPLATE} characters").into());
    }
    Ok(text.to_owned())
}

/// `Name: value`, in which the secret may stand.
fn headers(block: &Section<'_>, secret: Option<&SecretString>, findings: &mut Findings) -> Vec<PageHeader> {
    use secrecy::ExposeSecret as _;
    let key = "headers";
    let example = "[\"Authorization: Bearer {secret}\"]";
    let read = |text: &str| {
        let wrong = || Complaint::new("this is not a header", format!("write {key} = {example}"));
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let value = value.trim();
        if !is_name || value.is_empty() || !value.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            return Err(wrong());
        }
        if value.contains(SECRET_MARK) && !SECRET.iter().any(|key| block.has(key)) {
            return Err(Complaint::new("there is no secret to put there", "add secret_file"));
        }
        Ok(format!("{name}:{value}"))
    };
    let lines = block.list(findings, key, example, read).unwrap_or_default();
    let filled = |line: String| {
        let (name, value) = line.split_once(':')?;
        let value = value.replace(SECRET_MARK, secret.map_or("", |secret| secret.expose_secret()));
        Some(PageHeader { name: name.to_owned(), value: value.into() })
    };
    lines.into_iter().filter_map(filled).collect()
}

/// A secret of visible characters. Never repeated: neither it nor what was taken for it.
fn visible(
    section: &Section<'_>,
    keys: [&'static str; 2],
    what: &str,
    folder: &Path,
    findings: &mut Findings,
) -> Option<SecretString> {
    let (key, place, secret) = secret(section, keys, folder, findings)?;
    if !secret.is_empty() && secret.chars().all(|c| c.is_ascii_graphic()) {
        return Some(secret.into());
    }
    let hint = "give it as it is shown there, without a word in front of it";
    section.complain(findings, key, place, Complaint::new(format!("this is not {what}"), hint));
    None
}

/// An id as Statuspage gives them.
fn remote_id(text: &str, what: &str) -> Result<String, Complaint> {
    if !text.is_empty() && text.len() <= LONGEST_ID && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Ok(text.to_owned());
    }
    let hint = "copy it from Statuspage: letters and digits, such as kctbh9vrtdwd";
    Err(Complaint::new(format!("this is not the id of {what} on Statuspage"), hint))
}
