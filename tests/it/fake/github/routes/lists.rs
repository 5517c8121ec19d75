//! Lists: filtered, sorted, and in pages with a `Link` header.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::super::answer::{Answer, Reply};
use super::super::shapes;
use super::super::state::{Issue, Reaction};
use super::Call;

/// Items on a page when nothing is said, and at most.
const PAGE: usize = 30;
const LARGEST_PAGE: usize = 100;

impl Call<'_> {
    pub(super) fn page_size(&self) -> usize {
        let asked = self.query("per_page").and_then(|size| size.parse().ok()).unwrap_or(PAGE);
        asked.clamp(1, LARGEST_PAGE)
    }

    /// One page of a list, with the addresses of the others.
    fn page(&self, items: Vec<Value>) -> Answer {
        let size = self.page_size();
        let page = self.query("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).max(1);
        let last = items.len().div_ceil(size).max(1);
        let mut links = Vec::new();
        let mut link = |page: usize, relation: &str| {
            links.push(format!("<{}>; rel=\"{relation}\"", self.with(&[("page", page.to_string())])));
        };
        if page > 1 {
            link(page - 1, "prev");
        }
        if page < last {
            link(page + 1, "next");
            link(last, "last");
        }
        if page > 1 {
            link(1, "first");
        }
        let shown = items.into_iter().skip((page - 1) * size).take(size).collect();
        let answer = Answer::ok(Value::Array(shown));
        if links.is_empty() { answer } else { answer.with("link", &links.join(", ")) }
    }

    /// The address that was asked, with other parameters.
    pub(super) fn with(&self, parameters: &[(&str, String)]) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        let kept = self.query.iter().filter(|(name, _)| parameters.iter().all(|(other, _)| other != name));
        let kept = kept.map(|(name, value)| format!("{name}={}", encoded(value)));
        let new = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        format!("{}{path}?{}", self.state.url, kept.chain(new).collect::<Vec<_>>().join("&"))
    }

    fn since(&self) -> Result<Option<DateTime<Utc>>, Answer> {
        let Some(text) = self.query("since") else { return Ok(None) };
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| Answer::refused(422, "since is not a time"))?;
        Ok(Some(at.to_utc()))
    }

    pub(super) fn issues(&mut self, at: usize) -> Reply {
        self.reads(at)?;
        let since = self.since()?;
        let repo = &self.state.repositories[at];
        let wanted = |issue: &&Issue| {
            let state = match self.query("state").unwrap_or("open") {
                "all" => true,
                state => issue.open == (state == "open"),
            };
            let labels = self.query("labels").unwrap_or_default().split(',').filter(|label| !label.is_empty());
            let creator = self.query("creator").is_none_or(|login| login.eq_ignore_ascii_case(&issue.author));
            let labelled =
                labels.into_iter().all(|label| issue.labels.iter().any(|has| has.eq_ignore_ascii_case(label)));
            state && creator && labelled && since.is_none_or(|since| issue.updated_at >= since)
        };
        let mut issues: Vec<&Issue> = repo.issues.iter().filter(wanted).collect();
        match self.query("sort") {
            Some("updated") => issues.sort_by_key(|issue| issue.updated_at),
            Some("comments") => issues.sort_by_key(|issue| issue.comments.len()),
            _ => issues.sort_by_key(|issue| issue.created_at),
        }
        if self.query("direction") != Some("asc") {
            issues.reverse();
        }
        let shapes = issues.into_iter().map(|issue| shapes::issue(self.state, repo, issue)).collect();
        Ok(self.page(shapes))
    }

    pub(super) fn comments_of(&mut self, (at, nth): (usize, usize)) -> Reply {
        let since = self.since()?;
        let repo = &self.state.repositories[at];
        let issue = &repo.issues[nth];
        let wanted = issue.comments.iter().filter(|comment| since.is_none_or(|since| comment.updated_at >= since));
        let shapes = wanted.map(|comment| shapes::comment(self.state, repo, issue.number, comment)).collect();
        Ok(self.page(shapes))
    }

    pub(super) fn comments_of_repository(&mut self, at: usize) -> Reply {
        self.reads(at)?;
        let since = self.since()?;
        let repo = &self.state.repositories[at];
        let all = repo.issues.iter().flat_map(|issue| issue.comments.iter().map(|one| (issue.number, one)));
        let mut comments: Vec<_> =
            all.filter(|(_, comment)| since.is_none_or(|since| comment.updated_at >= since)).collect();
        // Without `sort`, GitHub orders by id and ignores `direction`.
        match self.query("sort") {
            Some("updated") => comments.sort_by_key(|(_, comment)| comment.updated_at),
            Some(_) => comments.sort_by_key(|(_, comment)| comment.created_at),
            None => comments.sort_by_key(|(_, comment)| comment.id),
        }
        if self.query("sort").is_some() && self.query("direction") != Some("asc") {
            comments.reverse();
        }
        let shapes = comments.iter().map(|(number, one)| shapes::comment(self.state, repo, *number, one)).collect();
        Ok(self.page(shapes))
    }

    pub(super) fn labels(&mut self, at: usize) -> Reply {
        self.reads(at)?;
        let repo = &self.state.repositories[at];
        Ok(self.page(repo.labels.iter().map(|label| shapes::label(self.state, repo, label)).collect()))
    }

    pub(super) fn children(&self, (at, nth): (usize, usize)) -> Answer {
        let places = self.state.repositories[at].issues[nth].children.iter().filter_map(|id| self.state.issue_of(*id));
        let shapes = places.map(|place| self.shown(place)).collect();
        self.page(shapes)
    }

    pub(super) fn reactions(&self, reactions: Vec<Reaction>) -> Answer {
        let wanted = |one: &Reaction| self.query("content").is_none_or(|content| one.content == content);
        let wanted = reactions.into_iter().filter(wanted);
        self.page(wanted.map(|one| shapes::reaction(self.state, &one)).collect())
    }
}

/// A value as it stands in a query.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
