//! Things as GitHub writes them in JSON. What the double does not know about is filled in plausibly.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::hooks::Delivery;
use super::state::{Comment, Installation, Issue, Label, ROLES, Reaction, Repo, State};

/// What people can react with, in GitHub's order.
pub const REACTIONS: [&str; 8] = ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"];
/// Addresses below a repository by the name of their field, as templates.
const BELOW: [(&str, &str); 36] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];
/// Addresses below a user by the name of their field.
const OF_A_USER: [(&str, &str); 9] = [
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
];

/// An instant as GitHub writes it: whole seconds with `Z`.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn node(kind: &str, id: u64) -> String {
    format!("{kind}_{id:016x}")
}

/// A repository as it stands in the repository's own object and in addresses.
pub fn api(state: &State, repo: &Repo) -> String {
    format!("{}/repos/{}", state.url, repo.full_name())
}

fn page(repo: &Repo) -> String {
    format!("https://github.com/{}", repo.full_name())
}

pub fn user(state: &State, login: &str) -> Value {
    let Some(user) = state.users.get(&login.to_ascii_lowercase()) else { return Value::Null };
    // Brackets are no part of an address: `maintbot[bot]`.
    let encoded = user.login.replace('[', "%5B").replace(']', "%5D");
    let api = format!("{}/users/{encoded}", state.url);
    let page = match user.login.strip_suffix("[bot]") {
        Some(slug) => format!("https://github.com/apps/{slug}"),
        None => format!("https://github.com/{encoded}"),
    };
    let mut shape = json!({
        "login": user.login,
        "id": user.id,
        "node_id": node("U", user.id),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", user.id),
        "gravatar_id": "",
        "url": api,
        "html_url": page,
        "type": user.kind,
        "site_admin": false,
    });
    for (name, path) in OF_A_USER {
        shape[name] = json!(format!("{api}{path}"));
    }
    shape
}

/// The App that wrote something, where one did.
fn via(state: &State, login: &str) -> Value {
    if login != state.bot() {
        return Value::Null;
    }
    let mut shape = app(state);
    let members = shape.as_object_mut().expect("an object");
    members.retain(|name, _| !matches!(name.as_str(), "client_id" | "installations_count"));
    // The description does not know `sub_issues` in this place yet.
    members["events"].as_array_mut().expect("a list").retain(|event| event != "sub_issues");
    shape
}

pub fn app(state: &State) -> Value {
    let owner = state.users.keys().find(|login| state.users[*login].kind == "Organization");
    let owner = owner.cloned().unwrap_or_else(|| state.bot());
    json!({
        "id": state.app_id,
        "slug": state.slug,
        "node_id": node("A", state.app_id),
        "client_id": format!("Iv23li{:012}", state.app_id),
        "owner": user(state, &owner),
        "name": state.slug,
        "description": null,
        "external_url": "https://example.com/",
        "html_url": format!("https://github.com/apps/{}", state.slug),
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "permissions": state.app_permissions,
        "events": state.app_events,
        "installations_count": state.installations.len(),
    })
}

pub fn repository(state: &State, repo: &Repo) -> Value {
    let (api, page) = (api(state, repo), page(repo));
    let open = repo.issues.iter().filter(|issue| issue.open).count();
    let mut shape = json!({
        "id": repo.id,
        "node_id": node("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name(),
        "owner": user(state, &repo.owner),
        "private": false,
        "visibility": "public",
        "html_url": page,
        "description": null,
        "fork": false,
        "url": api,
        "homepage": null,
        "language": null,
        "license": null,
        "mirror_url": null,
        "default_branch": "main",
        "topics": [],
        "size": 0,
        "archived": false,
        "disabled": false,
        "is_template": false,
        "allow_forking": true,
        "web_commit_signoff_required": false,
        "clone_url": format!("{page}.git"),
        "svn_url": page,
        "git_url": format!("git://github.com/{}.git", repo.full_name()),
        "ssh_url": format!("git@github.com:{}.git", repo.full_name()),
        "created_at": instant(repo.created_at),
        "updated_at": instant(repo.created_at),
        "pushed_at": instant(repo.created_at),
        "open_issues": open,
        "open_issues_count": open,
    });
    for (name, path) in BELOW {
        shape[name] = json!(format!("{api}{path}"));
    }
    for name in ["has_downloads", "has_issues", "has_projects", "has_wiki"] {
        shape[name] = json!(true);
    }
    for name in ["has_pages", "has_discussions"] {
        shape[name] = json!(false);
    }
    for name in ["forks", "forks_count", "stargazers_count", "watchers", "watchers_count"] {
        shape[name] = json!(0);
    }
    shape
}

/// A repository when it is asked for itself: the counts that only then are there.
pub fn full_repository(state: &State, repo: &Repo) -> Value {
    let mut shape = repository(state, repo);
    shape["network_count"] = json!(0);
    shape["subscribers_count"] = json!(0);
    shape
}

/// A repository in a list of those that an installation sees.
pub fn short_repository(repo: &Repo) -> Value {
    json!({
        "id": repo.id,
        "node_id": node("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name(),
        "private": false,
    })
}

pub fn label(state: &State, repo: &Repo, label: &Label) -> Value {
    json!({
        "id": label.id,
        "node_id": node("LA", label.id),
        "url": format!("{}/labels/{}", api(state, repo), label.name.replace(' ', "%20")),
        "name": label.name,
        "description": label.description,
        "color": label.color,
        "default": false,
    })
}

fn rollup(reactions: &[Reaction], url: &str) -> Value {
    let mut shape = json!({ "url": format!("{url}/reactions"), "total_count": reactions.len() });
    for content in REACTIONS {
        shape[content] = json!(reactions.iter().filter(|reaction| reaction.content == content).count());
    }
    shape
}

pub fn reaction(state: &State, reaction: &Reaction) -> Value {
    json!({
        "id": reaction.id,
        "node_id": node("REA", reaction.id),
        "user": user(state, &reaction.user),
        "content": reaction.content,
        "created_at": instant(reaction.at),
    })
}

fn association(repo: &Repo, login: &str) -> &'static str {
    match repo.role(login) {
        Some(role) if role > 0 => "COLLABORATOR",
        _ => "NONE",
    }
}

pub fn issue(state: &State, repo: &Repo, issue: &Issue) -> Value {
    let url = format!("{}/issues/{}", api(state, repo), issue.number);
    let labels = issue.labels.iter().filter_map(|name| repo.labels.iter().find(|label| label.name == *name));
    let assignees: Vec<Value> = issue.assignees.iter().map(|login| user(state, login)).collect();
    let children = issue.children.iter().filter_map(|id| state.issue_of(*id));
    let children: Vec<&Issue> = children.map(|(at, nth)| &state.repositories[at].issues[nth]).collect();
    let completed = children.iter().filter(|child| !child.open).count();
    let mut shape = json!({
        "url": url,
        "repository_url": api(state, repo),
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "timeline_url": format!("{url}/timeline"),
        "html_url": format!("{}/issues/{}", page(repo), issue.number),
        "id": issue.id,
        "node_id": node("I", issue.id),
        "number": issue.number,
        "title": issue.title,
        "user": user(state, &issue.author),
        "labels": labels.map(|one| label(state, repo, one)).collect::<Vec<_>>(),
        "state": if issue.open { "open" } else { "closed" },
        "state_reason": issue.state_reason,
        "locked": issue.locked,
        "active_lock_reason": null,
        "assignee": assignees.first(),
        "assignees": assignees,
        "milestone": null,
        "comments": issue.comments.len(),
        "created_at": instant(issue.created_at),
        "updated_at": instant(issue.updated_at),
        "closed_at": issue.closed_at.map(instant),
        "author_association": association(repo, &issue.author),
        // An empty body is none.
        "body": Some(&issue.body).filter(|body| !body.is_empty()),
        "closed_by": issue.closed_by.as_ref().map(|login| user(state, login)),
        "reactions": rollup(&issue.reactions, &url),
        "performed_via_github_app": via(state, &issue.author),
        "sub_issues_summary": {
            "total": children.len(),
            "completed": completed,
            "percent_completed": (completed * 100).checked_div(children.len()).unwrap_or(0),
        },
    });
    if issue.pull_request {
        let pull = format!("{}/pulls/{}", api(state, repo), issue.number);
        let page = format!("{}/pull/{}", page(repo), issue.number);
        shape["pull_request"] = json!({
            "url": pull,
            "html_url": page,
            "diff_url": format!("{page}.diff"),
            "patch_url": format!("{page}.patch"),
            "merged_at": null,
        });
    }
    shape
}

pub fn comment(state: &State, repo: &Repo, number: u64, comment: &Comment) -> Value {
    let url = format!("{}/issues/comments/{}", api(state, repo), comment.id);
    json!({
        "url": url,
        "html_url": format!("{}/issues/{number}#issuecomment-{}", page(repo), comment.id),
        "issue_url": format!("{}/issues/{number}", api(state, repo)),
        "id": comment.id,
        "node_id": node("IC", comment.id),
        "user": user(state, &comment.author),
        "created_at": instant(comment.created_at),
        "updated_at": instant(comment.updated_at),
        "author_association": association(repo, &comment.author),
        "body": comment.body,
        "reactions": rollup(&comment.reactions, &url),
        "performed_via_github_app": via(state, &comment.author),
    })
}

pub fn installation(state: &State, installation: &Installation) -> Value {
    let account = user(state, &installation.account);
    json!({
        "id": installation.id,
        "account": account,
        "repository_selection": "selected",
        "access_tokens_url": format!("{}/app/installations/{}/access_tokens", state.url, installation.id),
        "repositories_url": format!("{}/installation/repositories", state.url),
        "html_url": format!("https://github.com/settings/installations/{}", installation.id),
        "app_id": state.app_id,
        "app_slug": state.slug,
        "target_id": account["id"],
        "target_type": account["type"],
        "permissions": installation.permissions,
        "events": installation.events,
        "created_at": instant(installation.created_at),
        "updated_at": instant(installation.created_at),
        "single_file_name": null,
        "has_multiple_single_files": false,
        "single_file_paths": [],
        "suspended_by": null,
        "suspended_at": null,
    })
}

/// What somebody may do in a repository: `permission` knows four words, `role_name` all.
pub fn permission(state: &State, repo: &Repo, login: &str) -> Value {
    let role = repo.role(login);
    let word = role.map_or("none", |role| ["read", "read", "write", "write", "admin"][role]);
    let role_name = role.map_or("none", |role| ROLES[role]);
    let mut shape = user(state, login);
    shape["permissions"] = rights(repo, login);
    shape["role_name"] = json!(role_name);
    json!({ "permission": word, "role_name": role_name, "user": shape })
}

/// Each right and whether a person has it.
pub fn rights(repo: &Repo, login: &str) -> Value {
    let role = repo.role(login);
    let rights = ["pull", "triage", "push", "maintain", "admin"].iter().enumerate();
    let rights: Map<String, Value> =
        rights.map(|(least, right)| ((*right).to_owned(), json!(role.is_some_and(|role| role >= least)))).collect();
    Value::Object(rights)
}

/// Somebody as they see themselves.
pub fn private_user(state: &State, login: &str) -> Value {
    let mut shape = user(state, login);
    for name in ["name", "company", "blog", "location", "email", "hireable", "bio", "twitter_username"] {
        shape[name] = Value::Null;
    }
    for name in [
        "public_repos",
        "public_gists",
        "followers",
        "following",
        "private_gists",
        "total_private_repos",
        "owned_private_repos",
        "disk_usage",
        "collaborators",
    ] {
        shape[name] = json!(0);
    }
    shape["two_factor_authentication"] = json!(true);
    shape["created_at"] = json!("2026-01-01T00:00:00Z");
    shape["updated_at"] = json!("2026-01-01T00:00:00Z");
    shape
}

pub fn delivery(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": instant(delivery.at),
        "redelivery": delivery.redelivery,
        "duration": 0.27,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": null,
    })
}
