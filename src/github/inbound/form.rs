//! Issue forms: a request that is filled in becomes a window, or is answered with what to correct. Editing the issue asks
//! again, for whoever edits it, until there is a window.

use sha2::{Digest as _, Sha256};

use super::Inbound;
use super::comment::is_from_people;
use super::roles::where_from;
use super::seen::{Happened, SeenIssue};
use super::talk::{Came, Spot};
use super::work::Worked;
use crate::command::Input;
use crate::command::spec::catalogue;
use crate::domain::access::Actor;
use crate::domain::refusal::Refusal;
use crate::domain::window::WindowId;
use crate::github::read::{Form, form};
use crate::github::render;
use crate::message::Message;
use crate::message::words::{self, Refused};
use crate::service::inbox::{CommentRun, Inbound as Row};
use crate::service::{Answer, Reply};

/// What every answer to a form ends with that became no window.
const ASK_AGAIN: &str = "Edit this issue to ask again.";

/// What came of a form.
struct Asked {
    said: String,
    ok: bool,
    /// It became a window.
    scheduled: bool,
}

impl Asked {
    fn not_yet(said: String) -> Self {
        Self { said, ok: false, scheduled: false }
    }
}

impl Inbound {
    /// Something happened to an issue that maintbot did not open: a form that was filled in, or commands in its text.
    pub(super) async fn request(&self, row: &Row, issue: &SeenIssue) -> Worked {
        let written = match issue.happened {
            Happened::Opened | Happened::Edited => true,
            Happened::Found => issue.open,
            _ => false,
        };
        if !written || !is_from_people(&issue.author, issue.by.as_ref(), &issue.body) {
            return Ok(());
        }
        let login = self.github.login().await?;
        if issue.author.is(&login) || issue.by.as_ref().is_some_and(|by| by.is(&login)) {
            return Ok(());
        }
        let spot = Spot {
            repository: issue.repository.clone(),
            issue: issue.number,
            comment: None,
            since: issue.at,
            within: None,
        };
        match form(&issue.body) {
            Some(form) => self.filled_in(row, issue, &spot, &form).await,
            None => self.commands_of_issue(row, issue, &spot).await,
        }
    }

    async fn filled_in(&self, row: &Row, issue: &SeenIssue, spot: &Spot, form: &Form) -> Worked {
        let mut conversation = self.conversation(spot).await?;
        let version = hex::encode(&Sha256::digest(format!("{}\n{}", issue.title, issue.body).as_bytes())[..16]);
        let asked = format!("form {version}");
        if conversation.done || conversation.runs.iter().any(|run| run.line == asked) {
            return Ok(());
        }
        self.acknowledge(spot, &mut conversation).await;
        let actor = match &issue.by {
            Some(by) => self.actor(&issue.repository, &by.login).await?,
            None => self.last_hand(issue).await?,
        };
        let key = format!("form/{}/{version}", issue.id);
        let came = match self.hindrance(form, &actor) {
            Some(said) => Asked::not_yet(said),
            None => self.schedule(row, spot, &actor, &key, form).await?,
        };
        let run = CommentRun { line: asked, nth: 0, ok: came.ok, said: came.said };
        let came = Came { runs: vec![run], passing: Vec::new(), done: came.scheduled };
        self.say(row, spot, &mut conversation, came).await
    }

    /// Why it is not even tried: the role is missing, or answers are.
    fn hindrance(&self, form: &Form, actor: &Actor) -> Option<String> {
        let verb = catalogue().verb(form.form.verb)?;
        let mut parts = Vec::new();
        if !actor.may(verb.role) {
            let holders = self.service.organisation().holders_of(verb.role);
            let refusal = Refusal::Role { verb: verb.name.clone(), needed: verb.role, holders };
            let from = where_from(self.service.organisation().roles.is_some());
            parts.push(render::markdown(&Message::line(words::refused(&refusal).detail)) + from);
            parts.push(format!("Somebody with the role {} can edit this issue: that asks again for them.", verb.role));
        }
        let problems = form.problems();
        if !problems.is_empty() {
            parts.push("To correct in the form:".into());
            let line =
                |(label, detail): (&str, &str)| format!("- **{}**: {}", render::escape(label), render::escape(detail));
            let lines: Vec<String> = problems.iter().map(|p| line((p.label, &p.detail))).collect();
            parts.push(lines.join("\n"));
            parts.push(ASK_AGAIN.into());
        }
        (!parts.is_empty()).then(|| parts.join("\n\n"))
    }

    async fn schedule(&self, row: &Row, spot: &Spot, actor: &Actor, key: &str, form: &Form) -> Worked<Asked> {
        let input = form.input();
        let line = input.line();
        match self.run_here(row, spot, actor, key.to_owned(), input).await? {
            Err(fault) => Ok(Asked::not_yet(fault)),
            Ok(Answer::Refused(refused)) => Ok(Asked::not_yet(to_correct(form, &line, &refused))),
            Ok(Answer::Done(reply)) => {
                let mut came = Asked { said: self.with_page(&reply), ok: true, scheduled: true };
                if let (Some(window), Some(changes)) = (reply.windows.first(), &form.changes) {
                    self.import(row, spot, actor, (key, *window, changes), &mut came).await?;
                }
                Ok(came)
            }
        }
    }

    /// A change list that is nested or partly done already.
    async fn import(
        &self,
        row: &Row,
        spot: &Spot,
        actor: &Actor,
        (key, window, changes): (&str, WindowId, &str),
        came: &mut Asked,
    ) -> Worked {
        let options = vec![("window".to_owned(), window.to_string()), ("text".to_owned(), changes.to_owned())];
        let input = Input::Named { verb: "change import".into(), options };
        let (ok, said) = match self.run_here(row, spot, actor, format!("{key}/list"), input).await? {
            Ok(Answer::Done(reply)) => (true, render::markdown(&reply.message)),
            Ok(Answer::Refused(refused)) => {
                let why = render::markdown(&Message::line(refused.detail));
                (
                    false,
                    format!(
                        "The change list was not taken over. {why}\n\nAdd it with `/maintenance change import {window}`."
                    ),
                )
            }
            Err(fault) => (false, fault),
        };
        came.ok &= ok;
        came.said += &format!("\n\n{said}");
        Ok(())
    }

    /// What was answered, with the way to the window's page where it does not say so itself.
    fn with_page(&self, reply: &Reply) -> String {
        let mut said = render::markdown(&reply.message);
        let plain = reply.message.plain();
        for window in &reply.windows {
            let page = format!("{}/windows/{window}", self.service.organisation().public_url);
            if !plain.contains(&page) {
                said += &format!("\n\n[{window}]({page})");
            }
        }
        said
    }
}

/// A refusal in the words of the form: the field it points at, and why.
fn to_correct(form: &Form, line: &str, refused: &Refused) -> String {
    let byte = refused.position.and_then(|at| line.char_indices().nth(at)).map(|(byte, _)| byte);
    let why = render::markdown(&Message::line(refused.detail.clone()));
    if let Some(label) = byte.and_then(|byte| form.field_at(byte)) {
        return format!("To correct in the form:\n\n- **{}**: {why}\n\n{ASK_AGAIN}", render::escape(label));
    }
    let hint = refused
        .hint
        .iter()
        .fold(Message::default(), |message, hint| message.text("As a command this would work:").copy(hint.clone()));
    let parts = [why, render::markdown(&hint), ASK_AGAIN.to_owned()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}
