//! The App: installations, their tokens, deliveries of webhooks; and who is a member of what.

use chrono::TimeDelta;
use maintbot::clock::Clock;
use serde_json::{Value, json};

use super::super::answer::{Answer, Reply};
use super::super::auth::Caller;
use super::super::hooks::{Delivery, Target};
use super::super::shapes;
use super::super::state::{Found, Token};
use super::Call;

/// How long an installation's token lives.
const TOKEN_LIVES: TimeDelta = TimeDelta::hours(1);

impl Call<'_> {
    fn as_app(&self) -> Result<(), Answer> {
        let refusal = "A JSON web token could not be decoded";
        if self.caller == Caller::App { Ok(()) } else { Err(Answer::refused(401, refusal)) }
    }

    /// Below `/app`.
    pub(super) fn app(&mut self, rest: &[&str]) -> Reply {
        self.as_app()?;
        match (self.method, rest) {
            ("GET", []) => Ok(Answer::ok(shapes::app(self.state))),
            ("GET", ["hook", "config"]) => {
                let url = self.state.hook.as_ref().map(|(target, _)| match target {
                    Target::Url(url) => url.clone(),
                    Target::Call(..) => "https://maintbot.example.com/github/webhook".to_owned(),
                });
                let mut config = json!({ "content_type": "json", "insecure_ssl": "0" });
                if let Some(url) = url {
                    (config["url"], config["secret"]) = (json!(url), json!("********"));
                }
                Ok(Answer::ok(config))
            }
            ("GET", ["hook", "deliveries"]) => self.deliveries(),
            ("POST", ["hook", "deliveries", id, "attempts"]) => {
                let redelivered = id.parse().ok().and_then(|id| self.state.redeliver(id));
                redelivered.map(|_| Answer::of(202, json!({}))).ok_or_else(Answer::not_found)
            }
            ("GET", ["installations"]) => {
                let all = self.state.installations.iter().map(|one| shapes::installation(self.state, one));
                Ok(Answer::ok(all.collect()))
            }
            ("GET", ["installations", id]) => {
                let known = self.state.installations.iter().find(|one| one.id.to_string() == *id);
                Ok(Answer::ok(shapes::installation(self.state, known.ok_or_else(Answer::not_found)?)))
            }
            ("POST", ["installations", id, "access_tokens"]) => self.token(id),
            _ => Err(Answer::not_found()),
        }
    }

    fn token(&mut self, id: &str) -> Reply {
        let known = self.state.installations.iter().find(|one| one.id.to_string() == id);
        let installation = known.ok_or_else(Answer::not_found)?.clone();
        self.state.tokens_asked += 1;
        let token = format!("ghs_double{:030}", self.state.id());
        let until = Clock::wall() + TOKEN_LIVES;
        self.state.tokens.insert(token.clone(), Token::Installation(installation.id, until));
        Ok(Answer::of(
            201,
            json!({
                "token": token,
                "expires_at": shapes::instant(until),
                "permissions": installation.permissions,
                "repository_selection": "selected",
            }),
        ))
    }

    /// Deliveries, the newest first, in pages by cursor.
    fn deliveries(&mut self) -> Reply {
        let ok = |delivery: &Delivery| (200..300).contains(&delivery.status_code);
        let wanted = |delivery: &&Delivery| match self.query("status") {
            Some("success") => ok(delivery),
            Some("failure") => !ok(delivery) && delivery.status != "pending",
            _ => delivery.status != "pending",
        };
        let before: u64 = match self.query("cursor").map(|cursor| cursor.trim_start_matches("v1_").parse()) {
            None => u64::MAX,
            Some(Ok(id)) => id,
            Some(Err(_)) => return Err(Answer::refused(400, "Invalid cursor")),
        };
        let older = self.state.deliveries.iter().rev().filter(wanted).filter(|delivery| delivery.id < before);
        let mut shown: Vec<&Delivery> = older.take(self.page_size() + 1).collect();
        let more = shown.len() > self.page_size();
        shown.truncate(self.page_size());
        let answer = Answer::ok(shown.iter().map(|delivery| shapes::delivery(delivery)).collect());
        match shown.last() {
            Some(last) if more => {
                let next = self.with(&[("cursor", format!("v1_{}", last.id))]);
                Ok(answer.with("link", &format!("<{next}>; rel=\"next\"")))
            }
            _ => Ok(answer),
        }
    }

    pub(super) fn installation_of(&mut self, full_name: &str) -> Reply {
        self.as_app()?;
        let at = match self.state.find(full_name) {
            Found::At(at) => at,
            Found::Renamed(id) => {
                let to = format!("{}/repositories/{id}/installation", self.state.url);
                return Err(Answer::moved(self.method, &to));
            }
            Found::Nowhere => return Err(Answer::not_found()),
        };
        let installation = self.state.installation_of(self.state.repositories[at].id);
        Ok(Answer::ok(shapes::installation(self.state, installation.ok_or_else(Answer::not_found)?)))
    }

    pub(super) fn installation_of_account(&mut self, account: &str) -> Reply {
        self.as_app()?;
        let known = self.state.installations.iter().find(|one| one.account.eq_ignore_ascii_case(account));
        Ok(Answer::ok(shapes::installation(self.state, known.ok_or_else(Answer::not_found)?)))
    }

    pub(super) fn visible_repositories(&mut self) -> Reply {
        let Caller::Installation(id) = self.caller else {
            return Err(Answer::refused(403, "You must authenticate with an installation access token"));
        };
        let installation = self.state.installations.iter().find(|one| one.id == id).ok_or_else(Answer::not_found)?;
        let seen = self.state.repositories.iter().filter(|repo| installation.repositories.contains(&repo.id));
        let shapes: Vec<Value> = seen.map(|repo| shapes::repository(self.state, repo)).collect();
        Ok(Answer::ok(json!({ "total_count": shapes.len(), "repositories": shapes })))
    }

    pub(super) fn membership(&mut self, org: &str, team: &str, login: &str) -> Reply {
        if let Caller::Installation(id) = self.caller {
            let installation = self.state.installations.iter().find(|one| one.id == id);
            if installation.is_none_or(|one| !one.permissions.contains_key("members")) {
                return Err(Answer::refused(403, "Resource not accessible by integration"));
            }
        }
        let key = (org.to_ascii_lowercase(), team.to_ascii_lowercase());
        let member = self.state.teams.get(&key).is_some_and(|members| members.contains(&login.to_ascii_lowercase()));
        if !member {
            return Err(Answer::not_found());
        }
        let url = format!("{}/orgs/{org}/teams/{team}/memberships/{login}", self.state.url);
        Ok(Answer::ok(json!({ "url": url, "role": "member", "state": "active" })))
    }

    pub(super) fn own_user(&mut self) -> Reply {
        match &self.caller {
            Caller::Person(login) => {
                let scopes = self.state.tokens.values().find_map(|token| match token {
                    Token::Person(whose, scopes) if whose == login => Some(scopes.clone()),
                    _ => None,
                });
                let answer = Answer::ok(shapes::private_user(self.state, login));
                Ok(answer.with("x-oauth-scopes", &scopes.unwrap_or_default()))
            }
            Caller::Installation(_) => Err(Answer::refused(403, "Resource not accessible by integration")),
            Caller::App => Err(Answer::refused(401, "A JSON web token could not be used here")),
        }
    }
}
