//! Saying things: messages, private answers, views.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::call::Call;
use super::method::Method;
use super::{EVENT_TYPE, Failure, Post, Result, Say, Slack, wire};
use crate::outward::{Answer, locked};

/// Slack's words for a right to answer that is over.
const EXPIRED: [&str; 3] = ["expired_url", "used_url", "expired_trigger_id"];

impl Slack {
    /// Posts a message, and gives its `ts`. Links in it are not unfolded.
    ///
    /// # Errors
    /// After [`Failure::Unsure`], [`Slack::find`] says whether it is there.
    pub async fn post(&self, to: &Post) -> Result<String> {
        let mut body = said(&to.say);
        body["channel"] = json!(to.channel);
        (body["unfurl_links"], body["unfurl_media"]) = (json!(false), json!(false));
        if let Some(thread) = &to.thread {
            body["thread_ts"] = json!(thread);
        }
        if let Some(key) = &to.key {
            body["metadata"] = json!({ "event_type": EVENT_TYPE, "event_payload": { "key": key } });
        }
        Ok(self.ask::<wire::Posted>(&Call::json(Method::Post, body).in_channel(&to.channel)).await?.ts)
    }

    /// Puts something else into an own message, by its `ts`. What it carries as key stays.
    pub async fn update(&self, channel: &str, ts: &str, say: &Say) -> Result<()> {
        // Left out, the old blocks would stay.
        let body = json!({ "channel": channel, "ts": ts, "text": say.text, "blocks": say.blocks });
        self.tell(&Call::json(Method::Update, body).in_channel(channel)).await
    }

    /// Says something in a conversation that only one of its members sees.
    pub async fn whisper(&self, channel: &str, user: &str, thread: Option<&str>, say: &Say) -> Result<()> {
        let mut body = said(say);
        (body["channel"], body["user"]) = (json!(channel), json!(user));
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread);
        }
        self.tell(&Call::json(Method::Whisper, body).in_channel(channel)).await
    }

    /// Answers a command or a button where only who used it sees it; with `replace`, in place of the answer before. Five
    /// times within half an hour, as Slack counts.
    ///
    /// # Errors
    /// [`Failure::Missing`]: the URL is used up. [`Failure::Refused`]: it is not one of Slack's; nothing was sent.
    pub async fn respond(&self, response_url: &str, say: &Say, replace: bool) -> Result<()> {
        let Some(url) = self.inner.address.response(response_url) else {
            let why = "the response URL is not one of Slack's: nothing was answered there".into();
            return Err(Failure::Refused { why });
        };
        let mut body = said(say);
        (body["response_type"], body["replace_original"]) = (json!("ephemeral"), json!(replace));
        let request = self.inner.http.post(url).header(CONTENT_TYPE, "application/json; charset=utf-8");
        let answer = self.exchanged(Method::Respond, None, request.body(body.to_string())).await?;
        self.answered(&answer)
    }

    /// What the answer of a response URL means: JSON, one word, or nothing.
    fn answered(&self, answer: &Answer) -> Result<()> {
        let says = answer.says();
        let why = || format!("Slack answers the response URL with {}", answer.status);
        let expired = EXPIRED.iter().any(|word| says.contains(word));
        if answer.status >= 500 && !expired {
            return Err(self.broken(Method::Respond, answer));
        }
        let well = (200..=299).contains(&answer.status) && !expired;
        locked(self.limits(Method::Respond)).answered(Method::Respond, well);
        let refused = serde_json::from_str::<wire::Said>(&says).is_ok_and(|said| !said.ok);
        match answer.status {
            _ if expired => Err(Failure::missing(format!("{}: it has expired or is used up", why()))),
            404 | 410 => Err(Failure::missing(why())),
            200..=299 if !refused => Ok(()),
            _ => Err(Failure::Refused { why: why() }),
        }
    }

    /// Opens a view for who pressed or typed something a moment ago.
    ///
    /// # Errors
    /// [`Failure::Missing`]: the right to open it has expired, after three seconds or one use.
    pub async fn open_view(&self, trigger_id: &str, view: &Value) -> Result<()> {
        self.tell(&Call::json(Method::OpenView, json!({ "trigger_id": trigger_id, "view": view }))).await
    }

    /// Puts a view into somebody's App Home.
    pub async fn publish_home(&self, user: &str, view: &Value) -> Result<()> {
        self.tell(&Call::json(Method::PublishView, json!({ "user_id": user, "view": view }))).await
    }
}

/// Text and blocks of what is new, so that no blocks need to be named.
fn said(say: &Say) -> Value {
    if say.blocks.is_empty() { json!({ "text": say.text }) } else { json!({ "text": say.text, "blocks": say.blocks }) }
}
