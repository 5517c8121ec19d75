//! The rules of each kind of window, and of single services: `[policy.<kind>]`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::estate::Declared;
use super::problem::{Complaint, Findings};
use super::schema::{POLICY, SERVICE_POLICY};
use super::section::Section;
use super::word::{one_of, refuse_name, well_formed};
use crate::domain::calendar::{Lead, parse_duration};
use crate::domain::finding::FindingKind;
use crate::domain::organisation::{Announce, AutoComplete, Policy, RemindersOn};
use crate::domain::window::Kind;

/// Policies by kind.
pub(super) type Policies = BTreeMap<String, Policy>;
/// Policies by kind and service.
pub(super) type ServicePolicies = BTreeMap<(String, String), Policy>;

/// The policies that are written and those that hold all the same.
pub(super) fn policies(
    top: &Section<'_>,
    known_services: &Declared,
    findings: &mut Findings,
) -> (Policies, ServicePolicies) {
    let kinds = [Kind::SCHEDULED, Kind::EMERGENCY, Kind::NO_DOWNTIME];
    let mut policies: Policies = kinds.iter().map(|kind| ((*kind).to_owned(), default_policy(kind))).collect();
    let mut service_policies = ServicePolicies::new();
    for (kind, section) in top.named("policy", &POLICY, findings) {
        refuse_name(&kind, "a kind of window", well_formed, findings);
        let of_kind = policy(&section, default_policy(kind.value), findings);
        for (id, section) in section.named("service", &SERVICE_POLICY, findings) {
            refuse_name(&id, "a service", |id| known_services.check(id), findings);
            let of_service = policy(&section, of_kind.clone(), findings);
            service_policies.insert((kind.value.to_owned(), id.value.to_owned()), of_service);
        }
        policies.insert(kind.value.to_owned(), of_kind);
    }
    (policies, service_policies)
}

/// The rules of a kind where nothing is written; kinds of one's own start as `scheduled`.
fn default_policy(kind: &str) -> Policy {
    let lead = |text: &str| text.parse::<Lead>().ok();
    let announce = |text: &str| lead(text).map_or(Announce::AtOnce, Announce::Lead);
    let scheduled = Policy {
        notice: None,
        approval: BTreeSet::new(),
        reminders_on: RemindersOn::AnyDay,
        announce: announce("14d"),
        remind: ["7d", "3d", "1d"].into_iter().filter_map(lead).collect(),
        change_list: announce("7d"),
        auto_start: true,
        auto_complete: AutoComplete::Never,
        overrun_chase: TimeDelta::minutes(15),
    };
    match kind {
        Kind::EMERGENCY => Policy {
            announce: Announce::AtOnce,
            remind: lead("1h").into_iter().collect(),
            change_list: Announce::AtOnce,
            ..scheduled
        },
        Kind::NO_DOWNTIME => Policy { announce: announce("1d"), remind: Vec::new(), ..scheduled },
        _ => scheduled,
    }
}

/// The rules that a section writes; those of `base` for each that it does not.
fn policy(section: &Section<'_>, base: Policy, findings: &mut Findings) -> Policy {
    let notice = section.read_or_off(findings, "notice", ["\"5wd\"", "\"14d\""], None, |text| {
        text.parse().map(Some).map_err(|why| Complaint::from(format!("{why}; or false for none")))
    });
    let approval =
        section.list(findings, "approval", "[\"short_notice\", \"freeze\"]", |text| one_of(text, FindingKind::ALL));
    let reminders_on =
        section.read(findings, "reminders_on", "\"working_days\"", |text| one_of(text, RemindersOn::ALL));
    let (announce, remind, change_list) = leads(section, findings);
    let auto_start = section.flag(findings, "auto_start");
    let auto_complete = auto_complete(section, findings);
    let overrun_chase = overrun_chase(section, findings);
    Policy {
        notice: notice.unwrap_or(base.notice),
        approval: approval.map_or(base.approval, |named| named.into_iter().collect()),
        reminders_on: reminders_on.unwrap_or(base.reminders_on),
        announce: announce.unwrap_or(base.announce),
        remind: remind.unwrap_or(base.remind),
        change_list: change_list.unwrap_or(base.change_list),
        auto_start: auto_start.unwrap_or(base.auto_start),
        auto_complete: auto_complete.unwrap_or(base.auto_complete),
        overrun_chase: overrun_chase.unwrap_or(base.overrun_chase),
    }
}

fn auto_complete(section: &Section<'_>, findings: &mut Findings) -> Option<AutoComplete> {
    let examples = ["\"all_done\"", "\"at_end\""];
    section.read_or_off(findings, "auto_complete", examples, AutoComplete::Never, |text| match text {
        "all_done" => Ok(AutoComplete::AllDone),
        "at_end" => Ok(AutoComplete::AtEnd),
        _ => Err(Complaint::new(format!("`{text}` is unknown"), "write false, \"all_done\" or \"at_end\"")),
    })
}

fn overrun_chase(section: &Section<'_>, findings: &mut Findings) -> Option<TimeDelta> {
    section.read_or_off(findings, "overrun_chase", ["\"15m\"", "\"1h\""], TimeDelta::zero(), |text| {
        let length = parse_duration(text).map_err(|why| Complaint::new(why, "or false to turn it off"))?;
        if length.num_seconds() % 60 == 0 {
            Ok(length)
        } else {
            Err(Complaint::new(format!("`{text}` is not in whole minutes"), "write for example 15m, or false"))
        }
    })
}

/// Announcement, reminders and change list.
type Leads = (Option<Announce>, Option<Vec<Lead>>, Option<Announce>);

/// The lead times that policies and audiences have in common.
pub(super) fn leads(section: &Section<'_>, findings: &mut Findings) -> Leads {
    let announce = |text: &str| text.parse::<Announce>().map_err(Complaint::from);
    (
        section.read(findings, "announce", "\"14d\"", announce),
        section.list(findings, "remind", "[\"7d\", \"1d\"]", |text| {
            text.parse::<Lead>().map_err(|why| Complaint::from(why.to_string()))
        }),
        section.read(findings, "change_list", "\"7d\"", announce),
    )
}
