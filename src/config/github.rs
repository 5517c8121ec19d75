//! GitHub: how maintbot signs in there, what it watches and what may reach it. `[github]`.

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use super::file::secret;
use super::problem::{Complaint, Findings};
use super::schema::GITHUB;
use super::section::Section;
use super::server::web_address;
use super::{Github, GithubAuth};
use crate::domain::channel::Repository;

const API_URL: &str = "https://api.github.com";
const ENTERPRISE_URL: &str = "https://github.example.com/api/v3";
const REPOSITORIES: &str = "[\"example/crm\"]";

/// Asking more often than GitHub's limits bear, or so rarely that nobody waits for it.
const POLL: [Duration; 2] = [Duration::from_secs(5), Duration::from_hours(1)];
/// Shorter secrets are guessed (characters).
const SHORTEST_SECRET: usize = 8;
/// The longest login that GitHub gives, and the longest name of a team that is not a mistake (characters).
const LONGEST_LOGIN: usize = 39;
const LONGEST_TEAM: usize = 100;

/// What is written about GitHub; `None` where the section is not, or is wrong.
pub(super) fn github(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<Github> {
    let section = top.section("github", &GITHUB, findings);
    if !top.has("github") {
        return None;
    }
    let api_url =
        section.read(findings, "api_url", &format!("\"{ENTERPRISE_URL}\""), |text| web_address(text, ENTERPRISE_URL));
    let auth = auth(&section, folder, findings);
    let webhook_secret = webhook_secret(&section, folder, findings);
    let repositories = section.list(findings, "repositories", REPOSITORIES, repository);
    let poll = section.read(findings, "poll", "\"30s\"", poll);
    let sub_issues = section.flag(findings, "sub_issues");
    let named_by_a_service = top.any_has("service", "repository");
    if !named_by_a_service && (!section.has("repositories") || repositories.as_ref().is_some_and(Vec::is_empty)) {
        let hint = format!("write repositories = {REPOSITORIES}, or repository = \"example/crm\" in a [[service]]");
        section.lacks(findings, "repositories", "[github] names no repository, and no service has one", &hint);
    }
    Some(Github {
        api_url: api_url.unwrap_or_else(|| API_URL.into()),
        auth: auth?,
        webhook_secret,
        poll,
        repositories: repositories.unwrap_or_default(),
        sub_issues: sub_issues.unwrap_or(false),
    })
}

/// An App with its key, or a token: one of them, in full.
fn auth(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<GithubAuth> {
    let written = |keys: [&'static str; 2]| keys.into_iter().find(|key| section.has(key));
    let key_written = written(["private_key", "private_key_file"]);
    let token_written = written(["token", "token_file"]);
    let id = section.number(findings, "app_id", "12345");
    let key = private_key(section, folder, findings);
    let token = token(section, folder, findings);
    let of_app = if section.has("app_id") { Some("app_id") } else { key_written };

    if let (Some(token_key), Some(other)) = (token_written, of_app) {
        let complaint = Complaint::new(format!("`{other}` is given as well"), "sign in as an App or with a token");
        section.complain(findings, token_key, section.place_of(token_key), complaint);
        return None;
    }
    match (section.has("app_id"), key_written, token_written) {
        (true, None, _) => {
            let complaint =
                Complaint::new("an App signs with its private key", "add private_key_file = \"github.pem\"");
            section.complain(findings, "app_id", section.place_of("app_id"), complaint);
        }
        (false, Some(key), _) => {
            let complaint = Complaint::new("it is not said whose key this is", "add app_id = 12345");
            section.complain(findings, key, section.place_of(key), complaint);
        }
        (false, None, None) => {
            let hint = "write app_id = 12345 and private_key_file = \"github.pem\", or token_file = \"token\"";
            section.lacks(findings, "app_id", "[github] needs an App or a token to sign in with", hint);
        }
        _ => {}
    }
    match (id, key, token) {
        (Some(id), Some(private_key), _) => Some(GithubAuth::App { id, private_key }),
        (_, _, token) => token.map(GithubAuth::Token),
    }
}

/// The App's key as PEM. Never repeated: neither it nor what was taken for it.
fn private_key(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SecretString> {
    let (key, place, text) = secret(section, ["private_key", "private_key_file"], folder, findings)?;
    // In a variable the line breaks are often written as `\n`.
    let text = if text.contains('\n') { text } else { text.replace("\\n", "\n") };
    if is_private_key(&text) {
        return Some(text.into());
    }
    let complaint = Complaint::new(
        "this is not a private key",
        "give the file that GitHub made for the App: it begins with -----BEGIN RSA PRIVATE KEY-----",
    );
    section.complain(findings, key, place, complaint);
    None
}

/// Whether this looks like a private key in PEM: its first and last line say so (RFC 7468).
fn is_private_key(text: &str) -> bool {
    let marked = |line: &str, word: &str| {
        let label = line.trim().strip_prefix(word).and_then(|rest| rest.strip_suffix("-----"));
        label.is_some_and(|label| label == "PRIVATE KEY" || label.ends_with(" PRIVATE KEY"))
    };
    let mut lines = text.trim().lines();
    let first = lines.next().is_some_and(|line| marked(line, "-----BEGIN "));
    let last = lines.next_back().is_some_and(|line| marked(line, "-----END "));
    first && last && lines.next().is_some()
}

fn token(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SecretString> {
    let (key, place, token) = secret(section, ["token", "token_file"], folder, findings)?;
    if !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic()) {
        return Some(token.into());
    }
    let complaint = Complaint::new("this is not a token", "give it as GitHub showed it, without blanks");
    section.complain(findings, key, place, complaint);
    None
}

fn webhook_secret(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SecretString> {
    let (key, place, secret) = secret(section, ["webhook_secret", "webhook_secret_file"], folder, findings)?;
    if secret.chars().count() >= SHORTEST_SECRET {
        return Some(secret.into());
    }
    let complaint = Complaint::new(
        format!("a secret shorter than {SHORTEST_SECRET} characters can be guessed"),
        "make one with: openssl rand -hex 32",
    );
    section.complain(findings, key, place, complaint);
    None
}

fn poll(text: &str) -> Result<Duration, Complaint> {
    let hint = "write for example 30s";
    let every = humantime::parse_duration(text)
        .map_err(|_| Complaint::new(format!("`{text}` is not a length of time"), hint))?;
    if every < POLL[0] {
        return Err(Complaint::new(format!("`{text}` is less than 5s: GitHub's limits would be used up"), hint));
    }
    if every > POLL[1] {
        return Err(Complaint::new(format!("`{text}` is more than 1h: nobody waits that long"), hint));
    }
    Ok(every)
}

/// A repository, written `owner/name`.
pub(super) fn repository(text: &str) -> Result<Repository, Complaint> {
    text.parse().map_err(Complaint::from)
}

/// What to write where something needs GitHub and the section is missing.
pub(super) fn github_hint() -> &'static str {
    "add [github] with app_id and private_key_file, or with token_file"
}

/// A login on GitHub, in small letters: GitHub does not tell capitals apart. An underscore comes in those that a company
/// manages.
pub(super) fn login(text: &str) -> Result<String, Complaint> {
    if is_login(text) {
        return Ok(text.to_ascii_lowercase());
    }
    let likely = text.trim().trim_start_matches('@').trim_start_matches("https://github.com/");
    let hint = if is_login(likely) { format!("write `{likely}`") } else { "write for example `octocat`".into() };
    Err(Complaint::new(format!("`{text}` is not a login on GitHub"), hint))
}

/// Whoever holds a role by what they are on GitHub: `github:login` or `github:org/team`, given without `github:`.
pub(super) fn holder(text: &str) -> Result<String, Complaint> {
    let good = match text.split_once('/') {
        Some((organisation, team)) => is_login(organisation) && is_team(team),
        None => is_login(text),
    };
    if good {
        return Ok(format!("github:{}", text.to_ascii_lowercase()));
    }
    let complaint = format!("`github:{text}` is neither a login nor a team on GitHub");
    Err(Complaint::new(complaint, "write github:login or github:organisation/team"))
}

fn is_login(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    text.len() <= LONGEST_LOGIN && text.split('-').all(plain)
}

/// The name of a team as it stands in its address.
fn is_team(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= LONGEST_TEAM && text.chars().all(plain)
}
