//! Saying things: messages, threads, and answers to who used a command or a button.

use serde_json::{Value, json};

use super::call::Call;
use super::route::Route;
use super::{Discord, Result, Say, wire};

/// Longest name of a thread (<https://docs.discord.com/developers/resources/channel#start-thread-from-message>).
const LONGEST_NAME: usize = 100;
/// After how many minutes without a word a thread is put away: a week, the longest that there is.
const ARCHIVED_AFTER: u32 = 10_080;
/// Only who used the command sees it.
const EPHEMERAL: u32 = 1 << 6;
/// Discord's codes for what is done already: the thread is open, the interaction was answered.
const HAS_THREAD: u64 = 160_004;
const ACKNOWLEDGED: u64 = 40_060;

impl Discord {
    /// Posts a message, and gives its id. Of those with the same nonce, of at most 25 characters, Discord posts the first
    /// within a few minutes, and gives its id for the others.
    ///
    /// # Errors
    /// After [`super::Failure::Unsure`] the same nonce may be posted again at once; later, [`Discord::find`] says whether it is
    /// there.
    pub async fn post(&self, channel: &str, say: &Say, nonce: Option<&str>) -> Result<String> {
        let mut body = say.body();
        if let Some(nonce) = nonce {
            (body["nonce"], body["enforce_nonce"]) = (json!(nonce), json!(true));
        }
        let call = Call::new(Route::Post, channel, &["channels", channel, "messages"]).with(body);
        Ok(self.ask::<wire::Named>(&call).await?.id)
    }

    /// Puts something else into an own message.
    pub async fn edit(&self, channel: &str, message: &str, say: &Say) -> Result<()> {
        let parts = ["channels", channel, "messages", message];
        self.tell(&Call::new(Route::Edit, channel, &parts).with(say.body())).await
    }

    /// Opens the thread of a message, and gives its id, which is the message's; it may be open already. Longer names than
    /// Discord takes are cut.
    pub async fn open_thread(&self, channel: &str, message: &str, name: &str) -> Result<String> {
        let name: String = name.chars().take(LONGEST_NAME).collect();
        let parts = ["channels", channel, "messages", message, "threads"];
        let body = json!({ "name": name, "auto_archive_duration": ARCHIVED_AFTER });
        self.tell(&Call::new(Route::OpenThread, channel, &parts).with(body).done_with(HAS_THREAD)).await?;
        Ok(message.to_owned())
    }

    /// Takes a thread out again that was put away.
    pub async fn unarchive(&self, thread: &str) -> Result<()> {
        let call = Call::new(Route::ChangeChannel, thread, &["channels", thread]).with(json!({ "archived": false }));
        self.tell(&call).await
    }

    /// Answers an interaction that came through the gateway, within three seconds: a message, a list of choices, a form,
    /// or that the answer follows. It may be answered already.
    ///
    /// # Errors
    /// [`super::Failure::Missing`]: the right to answer has expired.
    pub async fn callback(&self, interaction: &str, token: &str, response: &Value) -> Result<()> {
        let parts = ["interactions", interaction, token, "callback"];
        let call = Call::new(Route::Callback, token, &parts).with(response.clone()).done_with(ACKNOWLEDGED);
        self.tell(&call.hiding(token)).await
    }

    /// Puts what is said in the place of the first answer to an interaction, within 15 minutes of it.
    ///
    /// # Errors
    /// [`super::Failure::Missing`]: the right to answer has expired.
    pub async fn edit_answer(&self, token: &str, say: &Say) -> Result<()> {
        let parts = ["webhooks", self.application(), token, "messages", "@original"];
        self.tell(&Call::new(Route::EditAnswer, token, &parts).with(say.body()).hiding(token)).await
    }

    /// Says something more to who used a command or a button, and to nobody else, within 15 minutes of it.
    ///
    /// # Errors
    /// As of [`Discord::edit_answer`].
    pub async fn follow_up(&self, token: &str, say: &Say) -> Result<()> {
        let mut body = say.body();
        body["flags"] = json!(EPHEMERAL);
        let parts = ["webhooks", self.application(), token];
        self.tell(&Call::new(Route::FollowUp, token, &parts).with(body).hiding(token)).await
    }
}
