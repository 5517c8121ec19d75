//! The Web API's methods: what each takes, which scope it needs, how often it may be asked, and what it does.
//!
//! Source: the pages below <https://docs.slack.dev/reference/methods>.

use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::state::{Channel, Kind, State, Workspace};

pub mod chat;
mod conversations;
mod people;
pub mod views;

/// How often a method may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    One,
    Two,
    Three,
    Four,
    /// Hundreds a minute.
    Special,
    /// One a second in each conversation, with short bursts.
    Posting,
}

/// Which scope a method needs.
#[derive(Clone, Copy, Debug)]
enum Scope {
    None,
    Of(&'static str),
    /// `channels:…`, `groups:…` or `im:…`, by what the conversation is.
    ByKind(&'static str),
}

/// What is known of a method.
#[derive(Debug)]
pub struct Method {
    pub name: &'static str,
    pub tier: Tier,
    scope: Scope,
    /// Whether it reads a JSON body; the others take forms alone.
    pub json: bool,
    /// Every argument, those that it needs with a `!`.
    args: &'static str,
    act: fn(&mut Call<'_>) -> Reply,
}

const METHODS: &[Method] = &[
    Method { name: "auth.test", tier: Tier::Special, scope: Scope::None, json: true, args: "", act: people::auth_test },
    Method {
        name: "chat.postMessage",
        tier: Tier::Posting,
        scope: Scope::Of("chat:write"),
        json: true,
        args: "channel! text blocks attachments thread_ts reply_broadcast metadata unfurl_links unfurl_media mrkdwn \
               markdown_text username icon_emoji icon_url",
        act: chat::post,
    },
    Method {
        name: "chat.update",
        tier: Tier::Three,
        scope: Scope::Of("chat:write"),
        json: true,
        args: "channel! ts! text blocks attachments metadata reply_broadcast markdown_text",
        act: chat::update,
    },
    Method {
        name: "chat.postEphemeral",
        tier: Tier::Four,
        scope: Scope::Of("chat:write"),
        json: true,
        args: "channel! user! text blocks attachments thread_ts markdown_text username icon_emoji icon_url",
        act: chat::whisper,
    },
    Method {
        name: "conversations.list",
        tier: Tier::Two,
        scope: Scope::ByKind("read"),
        json: false,
        args: "cursor exclude_archived limit team_id types",
        act: conversations::list,
    },
    Method {
        name: "conversations.info",
        tier: Tier::Three,
        scope: Scope::ByKind("read"),
        json: false,
        args: "channel! include_locale include_num_members",
        act: conversations::info,
    },
    Method {
        name: "conversations.open",
        tier: Tier::Three,
        scope: Scope::Of("im:write"),
        json: true,
        args: "users! return_im prevent_creation",
        act: conversations::open,
    },
    Method {
        name: "conversations.history",
        tier: Tier::Three,
        scope: Scope::ByKind("history"),
        json: false,
        args: "channel! cursor include_all_metadata inclusive latest limit oldest",
        act: conversations::history,
    },
    Method {
        name: "conversations.replies",
        tier: Tier::Three,
        scope: Scope::ByKind("history"),
        json: false,
        args: "channel! ts! cursor include_all_metadata inclusive latest limit oldest",
        act: conversations::replies,
    },
    Method {
        name: "users.info",
        tier: Tier::Four,
        scope: Scope::Of("users:read"),
        json: false,
        args: "user! include_locale",
        act: people::users_info,
    },
    Method {
        name: "usergroups.list",
        tier: Tier::Two,
        scope: Scope::Of("usergroups:read"),
        json: false,
        args: "include_count include_disabled include_users team_id",
        act: people::usergroups_list,
    },
    Method {
        name: "usergroups.users.list",
        tier: Tier::Two,
        scope: Scope::Of("usergroups:read"),
        json: false,
        args: "usergroup! include_disabled team_id",
        act: people::usergroups_users_list,
    },
    Method {
        name: "views.open",
        tier: Tier::Four,
        scope: Scope::None,
        json: true,
        args: "trigger_id! view!",
        act: views::open,
    },
    Method {
        name: "views.publish",
        tier: Tier::Four,
        scope: Scope::None,
        json: true,
        args: "user_id! view! hash",
        act: views::publish,
    },
    Method { name: APP_METHOD, tier: Tier::One, scope: Scope::None, json: true, args: "", act: super::socket::ticket },
];

/// The one method for the app's own token.
const APP_METHOD: &str = "apps.connections.open";

/// The method of that name.
pub fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// One call by a known token.
pub struct Call<'a> {
    pub state: &'a mut State,
    pub team: &'a str,
    pub method: &'static Method,
    pub args: &'a Value,
    /// Whether the token is the app's own (`xapp-`).
    pub by_app: bool,
}

impl Call<'_> {
    /// Does what was asked.
    pub fn answer(mut self) -> Reply {
        if self.by_app != (self.method.name == APP_METHOD) {
            return Err(Answer::refused("not_allowed_token_type"));
        }
        self.scopes()?;
        self.arguments()?;
        (self.method.act)(&mut self)
    }

    pub fn workspace(&mut self) -> &mut Workspace {
        self.state.workspace(self.team)
    }

    /// An argument that is a text, or reads as one.
    pub fn text(&self, name: &str) -> Option<String> {
        match &self.args[name] {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// A flag, as JSON or in a form.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text == "true" || text == "1")
    }

    /// What is illegal about this call.
    pub fn illegal(&mut self, what: &str) {
        let line = format!("{}: {what}", self.method.name);
        self.state.illegal(line);
    }

    fn scopes(&mut self) -> Result<(), Answer> {
        let needed = match self.method.scope {
            Scope::None => return Ok(()),
            Scope::Of(scope) => vec![scope.to_owned()],
            Scope::ByKind(what) => self.kinds().iter().map(|kind| format!("{kind}:{what}")).collect(),
        };
        let workspace = self.workspace();
        let Some(missing) = needed.into_iter().find(|scope| !workspace.scopes.contains(scope)) else { return Ok(()) };
        let provided = workspace.provided();
        Err(Answer::of(200, json!({ "ok": false, "error": "missing_scope", "needed": missing, "provided": provided })))
    }

    /// Of what kinds the conversations are that it is about, as scopes name them.
    fn kinds(&mut self) -> Vec<&'static str> {
        if self.method.name == "conversations.list" {
            let types = self.text("types").unwrap_or_else(|| "public_channel".into());
            let named = [("public_channel", "channels"), ("private_channel", "groups"), ("im", "im")];
            return types
                .split(',')
                .filter_map(|one| Some(named.iter().find(|(name, _)| *name == one.trim())?.1))
                .collect();
        }
        let channel = self.text("channel").unwrap_or_default();
        let workspace = self.workspace();
        let kind = workspace.find_channel(&channel).map(|at| workspace.channels[at].kind);
        kind.map_or(vec![], |kind| {
            vec![match kind {
                Kind::Public => "channels",
                Kind::Private => "groups",
                Kind::Direct => "im",
            }]
        })
    }

    /// Slack passes over an argument that it does not know; a test should not.
    fn arguments(&mut self) -> Result<(), Answer> {
        let known: Vec<&str> = self.method.args.split_whitespace().collect();
        let given: Vec<String> = self.args.as_object().map(|args| args.keys().cloned().collect()).unwrap_or_default();
        for name in given {
            // A token outside of the header is told of elsewhere.
            if name != "token" && !known.iter().any(|known| known.trim_end_matches('!') == name) {
                self.illegal(&format!("there is no argument `{name}`"));
            }
        }
        let needed = known.iter().filter_map(|name| name.strip_suffix('!'));
        let missing: Vec<String> = needed
            .filter(|name| self.text(name).is_none_or(|text| text.is_empty()))
            .map(|name| format!("missing required field: {name}"))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Answer::refused_since("invalid_arguments", &missing)) }
    }

    /// The conversation with that id, if the bot may know of it.
    pub fn known_channel(&mut self, id: &str) -> Result<usize, Answer> {
        let workspace = self.workspace();
        let at = workspace.channels.iter().position(|channel| channel.id == id);
        let known = |channel: &Channel| channel.kind == Kind::Public || workspace.bot_is_in(channel);
        at.filter(|at| known(&workspace.channels[*at])).ok_or_else(|| Answer::refused("channel_not_found"))
    }

    /// One page of a list; where the next one begins, as its cursor.
    pub fn page<T: Clone>(&self, all: &[T]) -> Result<(Vec<T>, String), Answer> {
        let from = match self.text("cursor").filter(|cursor| !cursor.is_empty()) {
            None => 0,
            Some(cursor) => {
                let at = cursor.strip_prefix("next:").and_then(|at| at.parse().ok());
                at.filter(|at| *at <= all.len()).ok_or_else(|| Answer::refused("invalid_cursor"))?
            }
        };
        let limit = match self.text("limit") {
            None => 100,
            Some(limit) => {
                limit.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(|| Answer::refused("invalid_limit"))?
            }
        };
        let to = (from + limit.min(self.state.page)).min(all.len());
        let next = if to < all.len() { format!("next:{to}") } else { String::new() };
        Ok((all[from..to].to_vec(), next))
    }
}

impl Workspace {
    /// Its scopes as the header says them.
    pub fn provided(&self) -> String {
        self.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }
}
