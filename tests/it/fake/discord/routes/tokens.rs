//! What goes by an interaction's token: the first answer within three seconds, edits and further answers within fifteen
//! minutes.
//!
//! Source: <https://docs.discord.com/developers/interactions/receiving-and-responding>.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;

use super::super::answer::{Answer, Reply};
use super::super::shapes::EPHEMERAL;
use super::super::state::{Interaction, Message, State};
use super::super::{APPLICATION, BOT};
use super::Call;
use super::messages::Words;

/// The first answer has to come within this time.
const AT_ONCE: Duration = Duration::from_secs(3);
/// So long a token lives.
const LIVES: TimeDelta = TimeDelta::minutes(15);

impl State {
    /// Takes the first answer to an interaction.
    pub fn first_answer(&mut self, id: &str, response: &Value) -> Result<(), Answer> {
        let now = self.now();
        let Some(one) = self.interactions.get(id) else { return Err(Answer::code(404, 10_062)) };
        if one.response.is_some() {
            return Err(Answer::code(400, 40_060));
        }
        let late = one.begun.elapsed() > AT_ONCE || now - one.at > TimeDelta::seconds(3);
        if one.lapsed || late {
            return Err(Answer::code(404, 10_062));
        }
        let (kind, data) = (response["type"].as_u64().unwrap_or_default(), &response["data"]);
        let legal = match one.kind {
            2 => [4, 5, 9].contains(&kind),
            3 => [4, 5, 6, 7, 9].contains(&kind),
            4 => kind == 8,
            _ => [4, 5, 6, 7].contains(&kind),
        };
        if !legal {
            return Err(Answer::field("type", "INTERACTION_APPLICATION_COMMAND_CALLBACK", "Invalid callback type"));
        }
        let (user, channel, pressed) = (one.user.clone(), one.channel.clone(), one.message.clone());
        let original = match kind {
            4 | 5 => {
                let words = Words::read(data);
                let hidden = words.flags & EPHEMERAL != 0;
                let mut message = self.blank(&channel, BOT);
                message.only_for = hidden.then_some(user);
                message.thinking = kind == 5;
                if kind == 4 {
                    words.check(&message)?;
                    words.put(&mut message);
                }
                Some(self.show(message, &words))
            }
            6 => pressed,
            7 => {
                let pressed = pressed.ok_or_else(|| Answer::code(400, 50_035))?;
                Some(self.rewrite(&pressed, &Words::read(data))?.id)
            }
            _ => None,
        };
        let one = self.interactions.get_mut(id).expect("it was just there");
        one.response = Some(response.clone());
        one.original = original;
        if let Some(waiting) = one.waiting.take() {
            // Too late when nobody waits any more.
            let _ = waiting.send(response.clone());
        }
        Ok(())
    }

    /// Puts an answer where those see it who may; its id.
    fn show(&mut self, mut message: Message, words: &Words) -> String {
        let id = message.id.clone();
        if message.only_for.is_some() {
            self.whispers.push(message);
        } else if let Some(channel) = self.channels.get(&message.channel).cloned() {
            message.notified = self.notified(&channel, words);
            self.channels.get_mut(&channel.id).expect("it was just there").messages.push(message);
        }
        id
    }
}

impl Call<'_> {
    pub fn create_interaction_response(&mut self) -> Reply {
        let (id, token) = (self.id(0).to_owned(), self.id(1).to_owned());
        if self.state.interactions.get(&id).is_none_or(|one| one.token != token) {
            return Err(Answer::code(404, 10_062));
        }
        self.state.first_answer(&id, self.body)?;
        Ok(Answer::nothing())
    }

    /// The interaction of the token in the path, which was answered and still lives.
    fn alive(&mut self) -> Result<&mut Interaction, Answer> {
        if self.id(0) != APPLICATION {
            return Err(Answer::code(404, 10_015));
        }
        let (now, token) = (self.state.now(), self.id(1).to_owned());
        let one = self.state.by_token(&token).ok_or_else(|| Answer::code(404, 10_015))?;
        if now - one.at >= LIVES {
            return Err(Answer::code(401, 50_027));
        }
        if one.response.is_none() {
            return Err(Answer::code(404, 10_015));
        }
        Ok(one)
    }

    pub fn original(&mut self) -> Reply {
        let id = self.alive()?.original.clone();
        let message = id.and_then(|id| self.state.message(&id).cloned());
        Ok(Answer::ok(message.ok_or_else(|| Answer::code(404, 10_008))?.shape(self.state)))
    }

    pub fn update_original(&mut self) -> Reply {
        let one = self.alive()?;
        let (id, original) = (one.id.clone(), one.original.clone());
        let original = original.ok_or_else(|| Answer::code(404, 10_008))?;
        let changed = self.state.rewrite(&original, &Words::read(self.body))?;
        self.told(&id, &changed);
        Ok(Answer::ok(changed.shape(self.state)))
    }

    pub fn follow_up(&mut self) -> Reply {
        let words = Words::read(self.body);
        let one = self.alive()?;
        let (id, channel, user) = (one.id.clone(), one.channel.clone(), one.user.clone());
        let original = one.original.clone();
        let thinks = original.filter(|id| self.state.message(id).is_some_and(|message| message.thinking));
        let said = if let Some(original) = thinks {
            // The first further answer takes the place of the one that was promised.
            self.state.rewrite(&original, &words)?
        } else {
            let mut message = self.state.blank(&channel, BOT);
            words.check(&message)?;
            words.put(&mut message);
            message.only_for = (words.flags & EPHEMERAL != 0).then_some(user);
            let id = self.state.show(message, &words);
            self.state.message(&id).expect("it was just shown").clone()
        };
        self.told(&id, &said);
        Ok(Answer::ok(said.shape(self.state)))
    }

    fn told(&mut self, interaction: &str, message: &Message) {
        let one = self.state.interactions.get_mut(interaction).expect("it was just there");
        one.later.push(message.plain());
    }
}

/// A callback as the answer to the posted interaction, or as a call of its own: what the judge is asked.
pub fn callback_path(id: &str) -> String {
    format!("/interactions/{id}/token/callback")
}
