//! Commands in comments and in the text of issues.
//!
//! Of a comment that is changed only the lines are run that were not before, for whoever changed it. Polling does not
//! say who changed a comment: then the author's roles count, but only those that everybody has there who can change other
//! people's comments (`roles::lend`), so that nobody can borrow more than they have.

use super::Inbound;
use super::roles::{lend, where_from};
use super::seen::{SeenComment, SeenIssue, Who};
use super::talk::{Came, Spot, run_of};
use super::work::Worked;
use crate::command::Input;
use crate::domain::access::Actor;
use crate::github::read::{Commands, MOST_COMMANDS, commands};
use crate::github::render;
use crate::service::Answer;
use crate::service::inbox::{CommentRun, Conversation, Inbound as Row};

/// Said where a role is missing that whoever changed a comment may have.
const CHANGED: &str = "\n\nThe comment was changed, and it cannot be seen by whom: write the command in a new comment.";

/// Who wrote the commands of a text.
enum Speaker<'a> {
    /// They did.
    Certainly(&'a Who),
    /// They wrote the text first; somebody changed it.
    Perhaps(&'a Who),
    /// They opened the issue; GitHub remembers who changed it last.
    OpenedIt(&'a SeenIssue),
}

impl Inbound {
    /// A comment was written or changed.
    pub(super) async fn comment(&self, row: &Row, comment: &SeenComment) -> Worked {
        if !is_from_people(&comment.author, comment.by.as_ref(), &comment.body) {
            return Ok(());
        }
        let login = self.github.login().await?;
        if comment.author.is(&login) || comment.by.as_ref().is_some_and(|by| by.is(&login)) {
            return Ok(());
        }
        let found = commands(&comment.body, &login);
        if found.lines.is_empty() {
            return Ok(());
        }
        let list = self.service.github_issue(&comment.repository, comment.issue).await?;
        let spot = Spot {
            repository: comment.repository.clone(),
            issue: comment.issue,
            comment: Some(comment.id),
            since: comment.at,
            within: list.and_then(|list| list.subject.window()),
        };
        let speaker = comment.by.as_ref().map_or(Speaker::Perhaps(&comment.author), Speaker::Certainly);
        self.run_lines(row, &spot, &format!("comment/{}", comment.id), found, speaker).await
    }

    /// The text of an issue that is no form holds commands, perhaps.
    pub(super) async fn commands_of_issue(&self, row: &Row, issue: &SeenIssue, spot: &Spot) -> Worked {
        let found = commands(&issue.body, &self.github.login().await?);
        if found.lines.is_empty() {
            return Ok(());
        }
        let speaker = issue.by.as_ref().map_or(Speaker::OpenedIt(issue), Speaker::Certainly);
        self.run_lines(row, spot, &format!("issue/{}", issue.id), found, speaker).await
    }

    /// Runs the lines that were not run before, and answers all of them.
    async fn run_lines(&self, row: &Row, spot: &Spot, key: &str, found: Commands, speaker: Speaker<'_>) -> Worked {
        let mut conversation = self.conversation(spot).await?;
        let todo = not_yet_run(&found.lines, &conversation);
        if todo.is_empty() {
            return Ok(());
        }
        self.acknowledge(spot, &mut conversation).await;
        let (actor, lent) = self.speaks(&speaker, spot).await?;
        // Under another key: what is refused to somebody who perhaps was not it is no answer to who was.
        let head = if lent { "lent/" } else { "" };
        let mut came = Came { runs: conversation.runs.clone(), ..Came::default() };
        for (line, nth) in todo {
            let key = format!("{head}{key}/{nth}/{line}");
            let answer = self.run_here(row, spot, &actor, key, Input::Text(line.clone())).await?;
            let lacks_role = matches!(&answer, Ok(Answer::Refused(refused)) if refused.sort == "role");
            let mut run = run_of(&line, nth, answer);
            if lacks_role {
                run.said += where_from(self.service.organisation().roles.is_some());
            }
            if lent && lacks_role {
                run.said += CHANGED;
                came.passing.push(run);
            } else {
                came.runs.push(run);
            }
        }
        if found.more
            && let Some(last) = came.runs.last_mut()
        {
            last.said +=
                &format!("\n\nOnly the first {MOST_COMMANDS} commands are read; write the others in a new comment.");
        }
        self.say(row, spot, &mut conversation, came).await
    }

    /// Who the commands come from, and whether roles were left out because that is not certain.
    async fn speaks(&self, speaker: &Speaker<'_>, spot: &Spot) -> Worked<(Actor, bool)> {
        match speaker {
            Speaker::Certainly(who) => Ok((self.actor(&spot.repository, &who.login).await?, false)),
            Speaker::OpenedIt(issue) => Ok((self.last_hand(issue).await?, false)),
            Speaker::Perhaps(author) => {
                let mut actor = self.actor(&spot.repository, &author.login).await?;
                lend(&mut actor, self.service.organisation().roles.is_none());
                Ok((actor, true))
            }
        }
    }

    /// Who an issue's text is from, where only its being so was seen: the last who edited it, else who opened it.
    pub(super) async fn last_hand(&self, issue: &SeenIssue) -> Worked<Actor> {
        let editor = self.github.last_editor(&issue.repository, issue.number).await?;
        self.actor(&issue.repository, editor.as_deref().unwrap_or(&issue.author.login)).await
    }
}

/// Written by people, all of it, and not by maintbot under whatever login.
pub(super) fn is_from_people(author: &Who, by: Option<&Who>, body: &str) -> bool {
    !author.bot && !by.is_some_and(|by| by.bot) && !render::is_ours(body)
}

/// Each line that was not run, with its number among lines that say the same.
fn not_yet_run(lines: &[String], conversation: &Conversation) -> Vec<(String, usize)> {
    let numbered = lines.iter().enumerate().map(|(at, line)| {
        let nth = lines[..at].iter().filter(|earlier| *earlier == line).count();
        (line.clone(), nth)
    });
    let ran = |run: &CommentRun, line: &str, nth: usize| run.line == line && run.nth == nth;
    numbered.filter(|(line, nth)| !conversation.runs.iter().any(|run| ran(run, line, *nth))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(runs: &[(&str, usize)]) -> Conversation {
        let run =
            |(line, nth): &(&str, usize)| CommentRun { line: (*line).into(), nth: *nth, ok: true, said: String::new() };
        Conversation { runs: runs.iter().map(run).collect(), ..Conversation::default() }
    }

    #[test]
    fn of_a_changed_comment_only_new_lines_are_run() {
        let lines = ["a", "b", "a"].map(String::from);
        let todo = |known: &[(&str, usize)]| not_yet_run(&lines, &conversation(known));
        let pair = |line: &str, nth: usize| (line.to_owned(), nth);
        assert_eq!(todo(&[]), [pair("a", 0), pair("b", 0), pair("a", 1)]);
        assert_eq!(todo(&[("a", 0), ("b", 0)]), [pair("a", 1)]);
        assert_eq!(todo(&[("b", 0), ("a", 0), ("a", 1), ("gone", 0)]), []);
    }

    #[test]
    fn nothing_of_a_program_or_of_maintbot_is_a_command() {
        let (anna, bot) = (Who::new("anna", false), Who::new("ci[bot]", false));
        assert!(is_from_people(&anna, None, "/maintenance list"));
        assert!(!is_from_people(&bot, None, "/maintenance list"));
        assert!(!is_from_people(&anna, Some(&bot), "/maintenance list"));
        assert!(!is_from_people(&anna, None, "/maintenance list\n<!-- maintbot:reply x -->"));
    }
}
