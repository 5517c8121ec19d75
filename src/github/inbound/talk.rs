//! A conversation: the commands of a comment or of an issue's text are acknowledged with a reaction, run, and answered
//! with one reply, which is edited when more are added.
//!
//! The order makes it safe to do it all again: each command has a key of its own, under which the service gives its first
//! answer; the reply carries a marker by which it is found; what came of it is stored at the end.

use chrono::{DateTime, TimeDelta, Utc};

use super::Inbound;
use super::seen::line;
use super::work::{Trouble, Worked, is_old};
use crate::command::Input;
use crate::domain::access::Actor;
use crate::domain::channel::Repository;
use crate::domain::window::WindowId;
use crate::github::api::Reaction;
use crate::github::render;
use crate::service::inbox::{CommentRun, Conversation, Inbound as Row};
use crate::service::{Answer, Invocation};

/// Where somebody wrote: a comment, or an issue's own text.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// The repository.
    pub repository: Repository,
    /// Number of the issue or pull request.
    pub issue: u64,
    /// GitHub's id of the comment; `None`: the issue itself.
    pub comment: Option<u64>,
    /// When it was written or changed (UTC, GitHub's clock): no reply is older.
    pub since: DateTime<Utc>,
    /// The window whose change list this is.
    pub within: Option<WindowId>,
}

/// What came of what somebody wrote.
#[derive(Debug, Default)]
pub(super) struct Came {
    /// What was run, now and before.
    pub runs: Vec<CommentRun>,
    /// What was run and is not remembered: it may be run again for somebody else.
    pub passing: Vec<CommentRun>,
    /// Nothing more can come of it.
    pub done: bool,
}

impl Spot {
    /// What its conversation is stored under.
    pub(super) fn key(&self) -> String {
        match self.comment {
            Some(id) => format!("{}/comment/{id}", self.repository),
            None => format!("{}/issue/{}", self.repository, self.issue),
        }
    }

    /// The place of an invocation.
    pub(super) fn place(&self) -> String {
        line(&self.repository, self.issue)
    }
}

impl Inbound {
    /// What was said here before.
    pub(super) async fn conversation(&self, spot: &Spot) -> Worked<Conversation> {
        let key = spot.key();
        let known = self.service.conversation(&key).await?;
        Ok(known.unwrap_or_else(|| Conversation { key, ..Conversation::default() }))
    }

    /// Shows that it was seen. It is a courtesy: whatever goes wrong, the work goes on.
    pub(super) async fn acknowledge(&self, spot: &Spot, conversation: &mut Conversation) {
        if let Err(trouble) = self.react(spot, conversation, Reaction::Eyes).await {
            tracing::debug!(place = spot.place(), ?trouble, "no reaction could be left");
        }
    }

    /// Runs a command typed here; a fault that stays for an hour is answered as one.
    pub(super) async fn run_here(
        &self,
        row: &Row,
        spot: &Spot,
        actor: &Actor,
        key: String,
        input: Input,
    ) -> Worked<Result<Answer, String>> {
        let invocation = Invocation {
            actor: actor.clone(),
            place: spot.place(),
            zone: None,
            within: spot.within,
            input,
            key: Some(key),
        };
        match self.service.run(&invocation).await {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) if is_old(row, &self.clock) => {
                tracing::error!(reference = row.id, error = format!("{error:#}"), "a command on GitHub was given up");
                Ok(Err(format!("This could not be done: something is wrong with maintbot. Reference: `{}`.", row.id)))
            }
            Err(error) => Err(Trouble::Fault(error)),
        }
    }

    /// Answers what was run: one reply, and the reaction that says how it went; then remembers both.
    pub(super) async fn say(&self, row: &Row, spot: &Spot, conversation: &mut Conversation, came: Came) -> Worked {
        let key = format!("reply {}", conversation.key);
        let all = || came.runs.iter().chain(&came.passing);
        let said = all().map(|run| (run.line.as_str(), run.ok, run.said.as_str()));
        self.reply(row, spot, conversation, &key, &render::reply(&key, said)).await?;
        // From here on only the reaction is missing: a reply is not to be looked for again.
        self.service.save_conversation(conversation).await?;
        let reaction = if all().all(|run| run.ok) { Reaction::Rocket } else { Reaction::Confused };
        match self.react(spot, conversation, reaction).await {
            Err(trouble @ (Trouble::Later(..) | Trouble::Unsure(_) | Trouble::Fault(_))) => return Err(trouble),
            Ok(()) | Err(Trouble::Missing(_) | Trouble::Refused(_)) => {}
        }
        (conversation.runs, conversation.done) = (came.runs, came.done);
        Ok(self.service.save_conversation(conversation).await?)
    }

    /// Edits the reply, or writes it, unless it is there already and nobody knows.
    async fn reply(&self, row: &Row, spot: &Spot, conversation: &mut Conversation, key: &str, body: &str) -> Worked {
        if conversation.reply.is_none() && row.in_doubt {
            conversation.reply = self.find_comment(&spot.repository, spot.issue, key, spot.since).await?;
        }
        if let Some(id) = conversation.reply {
            match self.github.update_comment(&spot.repository, id, body).await.map_err(Trouble::from) {
                Ok(_) => return Ok(()),
                // Somebody deleted it: what is new is said again.
                Err(Trouble::Missing(_)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let written = self.github.create_comment(&spot.repository, spot.issue, body).await?;
        conversation.reply = Some(written.id);
        Ok(())
    }

    /// The comment of ours with this marker, written at `since` (UTC, GitHub's clock) or later.
    async fn find_comment(
        &self,
        repository: &Repository,
        issue: u64,
        key: &str,
        since: DateTime<Utc>,
    ) -> Worked<Option<u64>> {
        let login = self.github.login().await?;
        let comments = self.github.comments_of(repository, issue, since - TimeDelta::seconds(1)).await?;
        let ours = comments
            .iter()
            .find(|comment| comment.author.login.eq_ignore_ascii_case(&login) && render::carries(&comment.body, key));
        Ok(ours.map(|comment| comment.id))
    }

    /// Says something once about an issue, whatever happens to maintbot in between.
    pub(super) async fn comment_once(
        &self,
        row: &Row,
        (repository, issue): (&Repository, u64),
        key: &str,
        text: &str,
        since: DateTime<Utc>,
    ) -> Worked {
        if row.in_doubt && self.find_comment(repository, issue, key, since).await?.is_some() {
            return Ok(());
        }
        let body = format!("{text}\n\n{}", render::marker(key));
        self.github.create_comment(repository, issue, &body).await?;
        Ok(())
    }

    /// Leaves a reaction in the place of the one before.
    async fn react(&self, spot: &Spot, conversation: &mut Conversation, reaction: Reaction) -> Worked {
        let at = &spot.repository;
        let new = match spot.comment {
            Some(comment) => self.github.react_to_comment(at, comment, reaction).await?,
            None => self.github.react_to_issue(at, spot.issue, reaction).await?,
        };
        if let Some(old) = conversation.reaction.filter(|old| *old != new) {
            let gone = match spot.comment {
                Some(comment) => self.github.unreact_comment(at, comment, old).await,
                None => self.github.unreact_issue(at, spot.issue, old).await,
            };
            match gone.map_err(Trouble::from) {
                Ok(()) | Err(Trouble::Missing(_) | Trouble::Refused(_)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        conversation.reaction = Some(new);
        Ok(())
    }
}

/// What came of a line, for the reply.
pub(super) fn run_of(line: &str, nth: usize, came: Result<Answer, String>) -> CommentRun {
    let (ok, said) = match came {
        Ok(Answer::Done(reply)) => (true, render::markdown(&reply.message)),
        Ok(Answer::Refused(refused)) => (false, render::markdown(&refused.message)),
        Err(fault) => (false, fault),
    };
    CommentRun { line: line.to_owned(), nth, ok, said }
}
