//! GraphQL: the one question that REST cannot answer, who edited an issue's body last.

use serde_json::{Value, json};

use super::super::answer::{Answer, Reply};
use super::super::auth::Caller;
use super::super::state::Found;
use super::Call;

impl Call<'_> {
    /// Answers `repository(owner, name) { issue(number) { editor { login } } }` with its variables; anything else is a
    /// violation.
    pub(super) fn graphql(&mut self) -> Reply {
        if self.caller == Caller::App {
            return Err(Answer::refused(401, "A JSON web token could not be used here"));
        }
        let query: String = self.body["query"].as_str().unwrap_or_default().split_whitespace().collect();
        let whole = query.contains("repository(owner:$owner,name:$name)")
            && query.contains("issue(number:$number)")
            && (query.contains("editor{login}") || query.contains("editor{__typenamelogin}"));
        let variables = &self.body["variables"];
        let (owner, name) = (variables["owner"].as_str(), variables["name"].as_str());
        let (Some(owner), Some(name), Some(number), true) = (owner, name, variables["number"].as_u64(), whole) else {
            self.state.violations.push(format!("POST /graphql: the double does not know {}", self.body));
            return Ok(Answer::ok(json!({ "errors": [{ "message": "Parse error" }] })));
        };
        // GraphQL follows renames by itself.
        let at = match self.state.find(&format!("{owner}/{name}")) {
            Found::At(at) => Some(at),
            Found::Renamed(id) => self.state.repositories.iter().position(|repo| repo.id == id),
            Found::Nowhere => None,
        };
        let visible = at.filter(|at| match &self.caller {
            Caller::Installation(id) => {
                self.state.installation_of(self.state.repositories[*at].id).is_some_and(|one| one.id == *id)
            }
            Caller::Person(login) => self.state.repositories[*at].role(login).is_some(),
            Caller::App => false,
        });
        let Some(at) = visible else {
            let words = format!("Could not resolve to a Repository with the name '{owner}/{name}'.");
            return Ok(not_found(&json!({ "repository": null }), &words));
        };
        let issue = self.state.repositories[at].issues.iter().find(|issue| issue.number == number);
        let Some(issue) = issue else {
            let words = format!("Could not resolve to an Issue with the number of {number}.");
            return Ok(not_found(&json!({ "repository": { "issue": null } }), &words));
        };
        // GraphQL writes a bot's login without `[bot]`.
        let editor = issue.editor.as_ref().map(|login| {
            let kind = self.state.users.get(&login.to_ascii_lowercase()).map_or("User", |user| user.kind);
            let mut actor = json!({ "login": login.trim_end_matches("[bot]") });
            if query.contains("__typename") {
                actor["__typename"] = json!(kind);
            }
            actor
        });
        Ok(Answer::ok(json!({ "data": { "repository": { "issue": { "editor": editor } } } })))
    }
}

fn not_found(data: &Value, message: &str) -> Answer {
    Answer::ok(json!({ "data": data, "errors": [{ "type": "NOT_FOUND", "message": message }] }))
}
