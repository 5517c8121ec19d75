//! The comparison with GitHub, since it forgets webhooks that nobody took: missed deliveries are asked for again, and
//! every open issue of ours is compared with what is known of it.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::list::{differs, seen};
use super::poll::issue_version;
use super::seen::{Happened, Seen, SeenIssue, Who};
use super::work::{Trouble, Worked};
use super::{Inbound, SOURCE};
use crate::github::api::{Failure, Issue, Missed};
use crate::service::inbox::{IssueRole, ListIssue};

/// GitHub keeps deliveries for three days.
const KEPT_FOR: TimeDelta = TimeDelta::days(3);
/// How far the first sweep ever looks back: what was sent while maintbot was being set up.
const AT_FIRST: TimeDelta = TimeDelta::hours(1);
/// How far each sweep reaches back behind the one before.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// How far deliveries are looked through already.
const MARK: &str = "github/sweep";

impl Inbound {
    /// Asks for what was missed, and compares every open issue. What is found is in the inbox afterwards.
    pub(super) async fn sweep(&self, stop: &CancellationToken) -> Worked {
        if self.settings.webhook_secret.is_some() {
            match self.ask_again().await {
                // The issues are compared all the same.
                Err(Trouble::Missing(why) | Trouble::Refused(why)) => {
                    tracing::warn!(why, "webhooks that did not arrive cannot be asked for");
                }
                asked => asked?,
            }
        }
        let open = self.service.open_github_issues().await?;
        let mut below: BTreeMap<u64, Issue> = BTreeMap::new();
        for list in open.iter().filter(|issue| issue.role != IssueRole::Item) {
            if stop.is_cancelled() {
                return Ok(());
            }
            self.compare(list).await?;
            let has_items = |issue: &&ListIssue| issue.role == IssueRole::Item && issue.subject == list.subject;
            if list.role == IssueRole::List && open.iter().any(|issue| has_items(&issue)) {
                below.extend(self.issues_below(list).await?.into_iter().map(|issue| (issue.id, issue)));
            }
        }
        for item in open.iter().filter(|issue| issue.role == IssueRole::Item) {
            if stop.is_cancelled() {
                return Ok(());
            }
            match below.get(&item.remote) {
                Some(issue) => self.store_if_other(item, issue).await?,
                None => self.compare(item).await?,
            }
        }
        Ok(())
    }

    /// Has GitHub deliver again what did not arrive.
    async fn ask_again(&self) -> Worked {
        let now = self.clock.now();
        let known = self.service.mark(MARK).await?.and_then(|at| at.parse::<DateTime<Utc>>().ok());
        let since = known.map_or(now - AT_FIRST, |at| (at - OVERLAP).max(now - KEPT_FOR));
        let missed = self.github.missed_deliveries(since).await?;
        let ids: Vec<String> = missed.iter().map(|one| one.guid.clone()).collect();
        let arrived = self.service.knows_inbound(SOURCE, &ids).await?;
        for Missed { id, guid, .. } in missed.into_iter().filter(|one| !arrived.contains(&one.guid)) {
            tracing::info!(delivery = guid, "a webhook did not arrive and is asked for again");
            match self.github.redeliver(id).await {
                Ok(()) | Err(Failure::Missing { .. } | Failure::Refused { .. }) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(self.service.set_mark(MARK, &now.to_rfc3339_opts(SecondsFormat::Secs, true)).await?)
    }

    async fn issues_below(&self, list: &ListIssue) -> Worked<Vec<Issue>> {
        match self.github.sub_issues(&list.repository, list.number).await {
            Ok(issues) => Ok(issues),
            Err(Failure::Missing { .. } | Failure::Refused { .. }) => Ok(Vec::new()),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn compare(&self, list: &ListIssue) -> Worked {
        match self.github.issue(&list.repository, list.number).await {
            Ok(issue) => self.store_if_other(list, &issue).await,
            Err(Failure::Missing { .. } | Failure::Refused { .. }) => self.store_missing(list).await,
            Err(failure) => Err(failure.into()),
        }
    }

    async fn store_if_other(&self, list: &ListIssue, issue: &Issue) -> Worked {
        if differs(list, issue) {
            // What was given up is tried again an hour later.
            let id = format!("sweep/issue/{}/{}/{}", list.remote, self.hour(), issue_version(issue));
            let found = Issue { number: list.number, ..issue.clone() };
            self.store(&id, &Seen::Issue(seen(&list.repository, &found))).await?;
        }
        Ok(())
    }

    /// Why it is missing is found out when it is worked on; within an hour once.
    async fn store_missing(&self, list: &ListIssue) -> Worked {
        let missing = SeenIssue {
            repository: list.repository.clone(),
            number: list.number,
            id: list.remote,
            title: String::new(),
            body: list.body.clone(),
            before: None,
            happened: Happened::Found,
            author: Who::new("ghost", false),
            by: None,
            closed_by: None,
            open: list.open,
            locked: list.locked,
            at: list.seen_at,
        };
        self.store(&format!("sweep/missing/{}/{}", list.remote, self.hour()), &Seen::Issue(missing)).await?;
        Ok(())
    }

    fn hour(&self) -> i64 {
        self.clock.now().timestamp() / 3600
    }
}
