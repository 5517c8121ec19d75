//! What templates can name: every value and block with what it is, and the tables that docs/templates.md shows.

use std::fmt::Write as _;

use super::engine::{FILTERS, TESTS, environment};
use super::{OF_ADVISORIES, OF_DIGESTS, OF_PLANS, OF_SUBSCRIPTIONS, OF_WINDOWS};
use crate::domain::ledger::MessageKind;
use crate::message::language::PHRASES;

type Row = (&'static str, &'static str);

/// Every value of messages about a window.
const VALUES: &[Row] = &[
    ("id", "the window, such as MW-12"),
    ("title", "what it is called; of a phase, its plan and which phase it is"),
    ("kind_words", "`Planned maintenance`, or what its kind is called"),
    ("impact", "what its users notice; may be empty"),
    ("when", "from when until when, with the zone and UTC"),
    ("starts", "when it starts"),
    ("ends", "when it ends"),
    ("until_start", "`in 7 days`, `in 45m`, `now`"),
    ("poc", "who is in charge; may be empty"),
    ("emergency", "true: its kind is `emergency`"),
    ("short_notice", "true: it was asked for later than the policy's notice"),
    ("running", "true: it has begun and is not over"),
    ("auto_start", "true: it starts by itself"),
    ("retold", "true: an earlier post is brought in step, so nothing may be said that was true only then"),
    ("held", "true: its plan is on hold and it has not begun"),
    ("held_reason", "why; may be empty"),
    ("others_held", "true: there are other phases that have not begun, and they are on hold"),
    ("others_go_on", "true: there are other phases that have not begun, and they take place"),
    ("next", "the next phase with its time; may be empty"),
    ("cancelled", "true: it is called off"),
    ("over", "true: it is completed"),
    ("outcome", "`success`, `partial`, `rolled_back` or `failed`; empty before its end"),
    ("outcome_words", "the same as the end of a sentence: empty, or `; the change was taken back`"),
    ("ended", "when it ended"),
    ("downtime", "the real downtime, such as `20m`; may be empty"),
    ("expected_downtime", "the expected one; may be empty"),
    ("done", "how many change items are done, a number"),
    ("open", "how many are not, a number"),
    ("items", "`3 items`: how many there are"),
    ("their_number", "the first change item of the person it is for, a number"),
    ("person", "the person it is for, or the audience"),
    ("after", "how long after its start or end this is, such as `30m`"),
    ("enough", "how much longer would be enough now, as it is typed: `45m`"),
    ("again", "true: customers were told before and have to be told anew"),
    ("has_fields", "true: something else than its times changed"),
    ("asker", "who asks for approval"),
    ("request_reason", "why; may be empty"),
    ("barred", "who must not approve"),
    ("deciders", "who may; may be empty: every approver"),
    ("waits", "true: this request waits still"),
    ("change", "true: it is the change of an approved window that waits"),
    ("was_when", "when it was approved for, where a change waits"),
    ("has_findings", "true: there are findings"),
    ("expires", "when it is too late to decide"),
    ("until_expiry", "how long until then"),
    ("advisory", "the advisory that it patches, such as AD-1; may be empty"),
    ("weakness", "what that is about, with ids; empty while it is under embargo"),
    ("severity", "how bad that is; may be empty"),
    ("disclosed", "what everybody may read of it; may be empty"),
    ("embargo_ends", "when its embargo ends; may be empty"),
    ("services", "the services, by name"),
    ("day", "`today`, or `on Sun 11 Apr 2027`"),
    ("from", "the time of day at which it starts"),
    ("to", "the time of day at which it ends"),
    ("downtime_words", "the expected downtime in words; may be empty"),
    ("objecting", "true: readers may ask for another time"),
];

/// Values of messages about a plan that those about a window do not have, or that mean something else there.
const PLAN_VALUES: &[Row] = &[
    ("id", "the plan, such as PL-3"),
    ("title", "what it is called; where one phase moved, that phase"),
    ("kind_words", "what its windows are called where all are of one kind"),
    ("phases", "`3 phases`: how many it has"),
    ("emergency", "true: one of its windows is an emergency"),
    ("short_notice", "true: one of its windows was asked for later than its policy's notice"),
    ("running", "true: a phase has begun"),
    ("begun", "true: a phase has really started"),
    ("held", "true: it is on hold"),
    ("held_reason", "why; may be empty"),
    ("other_times", "true: a phase has other times than before"),
    ("joined", "true: all that is new are phases that joined it"),
    ("retold", "true: an earlier post is brought in step"),
];

/// Values of messages about an advisory.
const ADVISORY_VALUES: &[Row] = &[
    ("id", "the advisory, such as AD-1"),
    ("name", "what it is about, with its ids"),
    ("disposition", "`mitigated`, `patch_now` or `patched`"),
    ("details", "what staff alone may read; may be empty"),
    ("public", "what everybody may read; may be empty"),
    ("embargoed", "true: it is kept back from everybody but staff"),
    ("until", "when its embargo ends; may be empty"),
    ("window", "the window that patches it or has, with its time; may be empty"),
    ("waits", "true: that window waits for approval"),
    ("running", "true: that window has begun and is not over"),
    ("ahead", "true: that window is ahead"),
    ("patched", "true: it is patched"),
    ("patched_on", "on which day; may be empty"),
    ("step", "`planned`, `made` or `carried`: what became of a permanent fix; else empty"),
    ("services", "the services of that fix, by name"),
    ("from", "the window that it was to be made in; may be empty"),
    ("to", "the window that it goes to, or was made in; may be empty"),
];

/// Values of the message about a subscription.
const SUBSCRIPTION_VALUES: &[Row] = &[
    ("chosen", "the services and regions that were chosen"),
    ("confirm_url", "the page on which its owner confirms"),
    ("organisation", "the organisation's name"),
];

const ADVISORY_BLOCKS: &[Row] =
    &[("facts", "severity, services and a link"), ("fixes", "where the permanent fix of each service comes")];

/// Values of all, from what happened.
const EVENT_VALUES: &[Row] = &[
    ("what", "`approved`, `rejected`, `expired`, `held` or `released`; else empty"),
    ("reason", "the reason that was given; may be empty"),
    ("note", "the note, or what was said on completion; may be empty"),
    ("internal", "true: the note is for staff"),
    ("actor", "who did it"),
    ("from_when", "when it was planned before; of an extension, when it was to end. Empty where that is the same"),
    ("extended_by", "how much longer it takes, such as `30m`"),
    ("failed_message", "what a message is called that could not be delivered"),
    ("failed_channel", "where to"),
    ("remedy", "what to type in a terminal before anything else is sent there; may be empty"),
    ("left_out", "true: an edit made the window another's matter, and this audience was told of it"),
];

/// Values of the digest.
const DIGEST_VALUES: &[Row] = &[
    ("organisation", "the organisation's name"),
    ("running", "how many windows are going on, a number"),
    ("ahead", "how many have not begun and start before `until`, a number"),
    ("completed", "how many were completed after `since`, a number"),
    ("waiting", "how many wait for an approver, a number; for others than staff 0"),
    ("since", "when the last digest was sent there, else a week before"),
    ("until", "the time of the next digest, at least in a week"),
    ("then", "the first window after that, with its time; may be empty"),
    ("next", "the time of the next digest; may be empty"),
    ("page", "the address of the public page"),
];

/// Blocks of the digest.
const DIGEST_BLOCKS: &[Row] = &[
    ("running", "what is going on, in a table"),
    ("ahead", "what starts before `until`, in a table"),
    ("completed", "what was completed, in a table with how it went"),
    ("waiting", "what waits for an approver, in a table; nothing for others than staff"),
];

const BLOCKS: &[Row] = &[
    ("facts", "when, services, regions, downtime, contact and the rest; staff see customers and rollback too"),
    ("public", "the same without what only staff may read"),
    ("about", "the facts without the time and the expected downtime"),
    ("items", "the change list"),
    ("theirs", "the change items of the person it is for"),
    ("changes", "what changed in the change list"),
    ("fields", "what else an edit changed"),
    ("findings", "what speaks against it, one sentence each"),
    ("difference", "what a change that waits for approval would make different"),
    ("customers", "the customers that its reader has to tell, with contacts"),
    ("tell", "one line to copy for each of them"),
    ("questions", "questions and answers"),
];

const PLAN_BLOCKS: &[Row] = &[
    ("phases", "every phase in a table: when, where, who is hit and for how long"),
    ("moves", "what happened to each phase that moved or joined"),
    ("facts", "contact, category and the rest of what holds of all phases"),
    ("questions", "questions and answers"),
];

/// What the template of one message can name.
pub(super) struct Names {
    pub(super) values: Vec<&'static str>,
    pub(super) blocks: Vec<&'static str>,
}

impl Names {
    /// Those of the message whose file is called so.
    pub(super) fn of(message: &str) -> Self {
        let is_of = |all: &[(MessageKind, &str, &str)]| all.iter().any(|(_, name, _)| *name == message);
        if is_of(OF_SUBSCRIPTIONS) {
            return Self { values: SUBSCRIPTION_VALUES.iter().map(|(name, _)| *name).collect(), blocks: Vec::new() };
        }
        let (values, blocks) = match () {
            () if is_of(OF_PLANS) => (PLAN_VALUES, PLAN_BLOCKS),
            () if is_of(OF_ADVISORIES) => (ADVISORY_VALUES, ADVISORY_BLOCKS),
            () if is_of(OF_DIGESTS) => (DIGEST_VALUES, DIGEST_BLOCKS),
            () => (VALUES, BLOCKS),
        };
        let name = |(name, _): &Row| *name;
        let mut values: Vec<&str> = values.iter().chain(EVENT_VALUES).map(name).collect();
        values.sort_unstable();
        Self { values, blocks: blocks.iter().map(name).collect() }
    }
}

/// Why a message is sent.
fn purpose(message: MessageKind) -> &'static str {
    use MessageKind as M;
    match message {
        M::Announcement => "the first word about it",
        M::Reminder => "before it starts",
        M::ChangeList => "the change list, at its lead time",
        M::ChangeListUpdate => "what changed in a change list that was sent",
        M::Started => "it has begun",
        M::Moved => "another time, or another scope",
        M::Extended => "it takes longer",
        M::Cancelled => "it is called off, or no longer touches this audience",
        M::Completed => "it is over, with the outcome",
        M::Note => "a progress note",
        M::Starting => "to who is in charge, shortly before the start",
        M::NoShow => "nobody has done anything since its start",
        M::Overrun => "it runs past its end",
        M::ConfirmCompletion => "every change item is done, somebody has to confirm",
        M::EmptyList => "its change list is due and empty",
        M::NoPoc => "it is announced and nobody is in charge",
        M::DeliveryFailed => "a message could not be delivered",
        M::Assigned => "a change item was given to a person",
        M::ApprovalRequest => "an approver has to decide",
        M::ApprovalReminder => "the decision is still missing",
        M::ApprovalDecision => "what was decided, to who asked",
        M::ToldRequest => "to the owner of customers: tell them",
        M::ToldOverdue => "to the owner of customers: some do not know yet",
        M::Advisory => "a security advisory, or news of it",
        M::Objection => "a reader asks for another time",
        M::ConfirmSubscription => "to an address of mail: somebody asked for mail to it",
        M::Digest => "at the times of `[digest]`",
        M::IssueOpen
        | M::IssueUpdate
        | M::IssueClose
        | M::PostEdit
        | M::ScheduledEvent
        | M::StatusPage
        | M::Silence => "",
    }
}

/// The tables of docs/templates.md in Markdown: messages with what their English templates name, values, blocks, filters,
/// tests, and every word that a language can translate.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from("### Messages\n\n| File | Sent | Its English text names |\n|---|---|---|\n");
    let mut env = environment();
    for (all, of) in [
        (OF_WINDOWS, ""),
        (OF_PLANS, "of a plan: "),
        (OF_ADVISORIES, "of an advisory: "),
        (OF_SUBSCRIPTIONS, ""),
        (OF_DIGESTS, ""),
    ] {
        for (kind, name, source) in all {
            let compiled = env.add_template(name, source).and_then(|()| env.get_template(name));
            let mut used: Vec<String> =
                compiled.map(|template| template.undeclared_variables(false)).into_iter().flatten().collect();
            used.retain(|value| Names::of(name).values.contains(&value.as_str()));
            used.sort_unstable();
            let _ = writeln!(out, "| `{name}.txt` | {of}{} | {} |", purpose(*kind), quoted(&used));
        }
    }
    for (title, first, rows) in [
        ("Values of messages about a window", "Value", VALUES),
        ("Values of messages about a plan", "Value", PLAN_VALUES),
        ("Values of all, from what happened", "Value", EVENT_VALUES),
        ("Blocks of messages about a window", "Block", BLOCKS),
        ("Blocks of messages about a plan", "Block", PLAN_BLOCKS),
        ("Values of messages about an advisory", "Value", ADVISORY_VALUES),
        ("Blocks of messages about an advisory", "Block", ADVISORY_BLOCKS),
        ("Values of the message about a subscription", "Value", SUBSCRIPTION_VALUES),
        ("Values of the digest", "Value", DIGEST_VALUES),
        ("Blocks of the digest", "Block", DIGEST_BLOCKS),
    ] {
        let _ = write!(out, "\n### {title}\n\n| {first} | What it is |\n|---|---|\n");
        for (name, what) in rows {
            let _ = writeln!(out, "| `{name}` | {what} |");
        }
    }
    let _ = write!(out, "\n### Filters and tests\n\nFilters: {}. Tests: {}.\n", quoted(&FILTERS), quoted(&TESTS));
    out.push_str("\n### Words\n\n```text\n");
    for phrase in PHRASES {
        let _ = writeln!(out, "{phrase}");
    }
    out + "```\n"
}

fn quoted(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::calendar::{WorkingCalendar, Zone};
    use crate::domain::organisation::{Announce, AutoComplete, GithubUse, Organisation, Policy, RemindersOn};
    use crate::domain::silence::Silencing;
    use crate::domain::window::Kind;
    use crate::message::audience::{
        Filling, Telling, advisory, block, digest, every, plan, sample, subscription, values,
    };
    use crate::message::language::Language;
    use crate::message::topic::Topic;

    fn organisation() -> Organisation {
        let policy = Policy {
            notice: None,
            approval: std::collections::BTreeSet::new(),
            reminders_on: RemindersOn::AnyDay,
            announce: Announce::AtOnce,
            remind: Vec::new(),
            change_list: Announce::AtOnce,
            auto_start: true,
            auto_complete: AutoComplete::Never,
            overrun_chase: chrono::TimeDelta::minutes(15),
        };
        Organisation {
            support: None,
            silences: Silencing::default(),
            digest: None,
            mails: false,
            name: "Example".into(),
            zone: Zone::utc(),
            language: "en".into(),
            working: WorkingCalendar::monday_to_friday(Zone::utc()),
            ops: Vec::new(),
            events: Vec::new(),
            services: BTreeMap::new(),
            regions: BTreeMap::new(),
            policies: [(Kind::SCHEDULED.into(), policy)].into(),
            service_policies: BTreeMap::new(),
            audiences: Vec::new(),
            customers: BTreeMap::new(),
            people: BTreeMap::new(),
            roles: None,
            github: GithubUse::default(),
            public_url: String::new(),
        }
    }

    #[test]
    fn the_values_and_blocks_that_are_listed_are_those_that_there_are() {
        let organisation = organisation();
        for (_, name, _) in every() {
            let sample = sample::of(name, &organisation, "everyone").expect("a sample");
            let telling = Telling {
                plan: &sample.plan,
                topic: &sample.topic,
                events: &sample.events,
                organisation: &organisation,
                now: sample.now,
                retold: false,
            };
            let t = Filling { telling, language: Language::english() };
            let filled = match &sample.topic {
                Topic::Window(topic) => values::of(&t, topic),
                Topic::Plan(topic) => plan::values(&t, topic),
                Topic::Advisory(topic) => advisory::values(&t, topic),
                Topic::Subscription(asked) => subscription::values(&t, asked),
                Topic::Digest(topic) => digest::values(&t, topic),
            };
            let mut there: Vec<String> = filled.try_iter().expect("values").map(|key| format!("{key}")).collect();
            there.sort_unstable();
            let listed = Names::of(name);
            assert_eq!(there, listed.values, "{name}");
            for listed in listed.blocks {
                assert!(block(listed, &t).is_ok(), "{name}: {listed}");
            }
            assert!(block("nothing", &t).is_err(), "{name}");
        }
    }

    #[test]
    fn every_message_says_what_it_is_for() {
        for (kind, name, _) in every() {
            assert!(!purpose(*kind).is_empty(), "{name}");
        }
    }
}
