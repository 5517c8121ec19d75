//! What a post has besides its words: the mark by which it is found again, and whom it calls.

use serde_json::json;

use super::LONGEST_CONTENT;
use super::embeds::MOST_EMBEDS;
use super::escape::safe;
use crate::discord::api::Say;
use crate::domain::channel::is_snowflake;
use crate::message::fold::len;

/// The address behind the title of an embed.
const LONGEST_URL: usize = 2_048;
/// The title of a post that had none, so that there is something to press.
const NO_TITLE: &str = "Details";
/// What mentions may take of a message's text; so many are about sixty people or roles.
const ROOM_FOR_MENTIONS: usize = 1_500;

/// The post with a mark that its readers do not see: the title of its first embed links to `url`, and the address ends
/// with `#` and the mark. Words that stood outside move into the embed. Unmarked where the address is too long for Discord.
#[must_use]
pub fn marked(mut say: Say, url: &str, mark: &str) -> Say {
    let url = format!("{}#{mark}", safe(url));
    if len(&url) > LONGEST_URL {
        return say;
    }
    if say.embeds.is_empty() {
        say.embeds.push(json!({ "description": std::mem::take(&mut say.content) }));
    }
    if let Some(first) = say.embeds.first_mut() {
        if first["title"].is_null() {
            first["title"] = json!(NO_TITLE);
        }
        first["url"] = json!(url);
    }
    say
}

/// The post with these people and roles (their ids) called by name before its words, and nobody else. Of very many, the
/// first ones that there is room for; what is no id is left out.
#[must_use]
pub fn notifying(mut say: Say, users: &[String], roles: &[String]) -> Say {
    let mut calls: Vec<String> = Vec::new();
    let mut call = |ids: &[String], sign: &str| {
        let mut called: Vec<String> = Vec::new();
        for id in ids.iter().filter(|id| is_snowflake(id)) {
            let length = calls.iter().map(|call| len(call) + 1).sum::<usize>() + len(id) + len(sign) + 2;
            if !called.contains(id) && length <= ROOM_FOR_MENTIONS {
                calls.push(format!("<{sign}{id}>"));
                called.push(id.clone());
            }
        }
        called
    };
    say.mentions.users = call(users, "@");
    say.mentions.roles = call(roles, "@&");
    let calls = calls.join(" ");
    if calls.is_empty() {
        return say;
    }
    let fits = len(&calls) + 1 + len(&say.content) <= LONGEST_CONTENT;
    if !fits && say.embeds.len() < MOST_EMBEDS {
        // Words stand outside of embeds only where there are none.
        say.embeds.insert(0, json!({ "description": std::mem::take(&mut say.content) }));
    }
    say.content = if say.content.is_empty() { calls } else { format!("{calls} {}", say.content) };
    say
}
