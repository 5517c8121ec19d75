//! Who may do what.

use maintbot::domain::access::{Actor, Role};
use maintbot::service::Answer;

use crate::bot::{Bot, story};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[roles]
viewer = ["*"]
engineer = ["sam"]
scheduler = ["lee"]
approver = ["boss"]
admin = ["root"]
"#;

const VIEWER: &[&str] = &[
    "list",
    "show MW-1",
    "next",
    "reminders MW-1",
    "history MW-1",
    "preview MW-1 reminder",
    "whoami",
    "help",
    "calendar",
    "suggest service:crm duration:1h",
    "plan show",
    "series show",
    "freeze list",
    "qa list MW-1",
    "do \"show MW-1\"",
];
const ENGINEER: &[&str] = &[
    "ack MW-1",
    "change add MW-1 \"One\"",
    "change edit MW-1 1 \"Two\"",
    "change assign MW-1 1 @sam",
    "change import MW-1 \"- Three\"",
    "done MW-1 1",
    "undo MW-1 1",
    "change remove MW-1 1",
    "start MW-1",
    "note MW-1 \"Going on\"",
    "extend MW-1 30m",
    "verify MW-1",
    "complete MW-1 outcome:partial",
    "do \"note MW-1 over\"",
];
const SCHEDULER: &[&str] = &[
    "schedule \"Own\" service:crm kind:no_downtime when:\"2026-12-20 14:00-16:00\"",
    "edit MW-1 title:\"New\"",
    "reschedule MW-1 when:\"2026-12-08 14:30-16:30\"",
    "qa add MW-1 \"Is data safe?\" \"Yes.\"",
    "qa remove MW-1 1",
    "cancel MW-1",
    "plan new \"Move\"",
];
const APPROVER: &[&str] = &["freeze add \"Audit\" from:2027-06-01 to:2027-06-02 service:erp"];

/// Tuesday 8 December 2026; the story stands ten minutes before its start.
const SCHEDULE: &str =
    "/maintenance schedule \"Upgrade\" service:crm kind:no_downtime when:\"2026-12-08 14:00-16:00\" poc:@anna";

/// Types each line under a role on a window of its own, and says which were refused for the role.
async fn refused(bot: &Bot, who: &str, role: Role, lines: &[&str]) -> Vec<String> {
    let id = bot.type_only("root", &format!("{SCHEDULE} --again")).await.windows[0];
    let mut refused = Vec::new();
    for line in lines {
        let line = format!("/maintenance {}", line.replace("MW-1", &id.to_string()));
        match bot.run(Actor::with_role(who, role), &line, None).await {
            Answer::Refused(found) if found.sort == "role" => refused.push(line),
            Answer::Refused(found) => panic!("`{line}` was refused for another reason:\n{}", found.detail),
            Answer::Done(_) => {}
        }
    }
    refused
}

#[tokio::test]
async fn every_role_may_do_its_verbs_and_no_others() {
    story(CONFIG, "2026-12-08 13:50", async |bot| {
        for (role, works, plans, decides) in [
            (Role::Viewer, false, false, false),
            (Role::Engineer, true, false, false),
            (Role::Scheduler, true, true, false),
            (Role::Approver, false, false, true),
            (Role::Admin, true, true, true),
        ] {
            for (lines, allowed) in [(VIEWER, true), (ENGINEER, works), (SCHEDULER, plans), (APPROVER, decides)] {
                let expected = if allowed { 0 } else { lines.len() };
                assert_eq!(refused(bot, "somebody", role, lines).await.len(), expected, "{role}: {lines:?}");
            }
        }
        // `remind` needs something to remind of.
        let id = bot
            .type_only(
                "root",
                "/maintenance schedule \"Later\" service:crm kind:no_downtime when:\"2027-03-08 14:00-16:00\"",
            )
            .await;
        let remind = format!("/maintenance remind {}", id.windows[0]);
        assert_eq!(bot.refused_as(Role::Approver, "boss", &remind).await.sort, "role");
        bot.say_as(Role::Engineer, "sam", &remind).await;
    })
    .await;
}

#[tokio::test]
async fn without_any_role_nothing_is_possible_but_to_ask_who_one_is() {
    story(CONFIG, "2026-12-08 13:50", async |bot| {
        let nobody = Actor { id: "nobody".into(), roles: std::collections::BTreeSet::new() };
        for verb in ["list", "help", "show MW-1", "suggest service:crm duration:1h"] {
            let answer = bot.run(nobody.clone(), &format!("/maintenance {verb}"), None).await;
            let Answer::Refused(refused) = answer else { panic!("{verb}: it was done") };
            assert!(refused.detail.contains("needs the role viewer"), "{}", refused.detail);
            assert_eq!(refused.hint.as_deref(), Some("/maintenance whoami"));
        }
        // What is proposed there is answered.
        let Answer::Done(reply) = bot.run(nobody, "/maintenance whoami", None).await else { panic!("it was refused") };
        assert!(reply.message.plain().contains("none"), "{}", reply.message.plain());
    })
    .await;
}

#[tokio::test]
async fn the_contact_may_do_what_engineers_may_on_their_own_window_only() {
    story(CONFIG, "2026-12-08 13:50", async |bot| {
        assert!(refused(bot, "anna", Role::Viewer, ENGINEER).await.is_empty());
        assert_eq!(refused(bot, "anna", Role::Viewer, SCHEDULER).await.len(), SCHEDULER.len());
        bot.type_only("root", &format!("{SCHEDULE} --again").replace("@anna", "@sam")).await;
        for line in ["ack MW-3", "change add MW-3 \"One\"", "start MW-3", "note MW-3 \"Hi\""] {
            let found = bot.refused_as(Role::Viewer, "anna", &format!("/maintenance {line}")).await;
            assert_eq!(found.sort, "role", "{line}");
        }
        // A window that is not there is no way in either.
        assert_eq!(bot.refused_as(Role::Viewer, "anna", "/maintenance ack MW-99").await.sort, "role");
        // Handed over, handed over.
        bot.say("root", "/maintenance edit MW-2 poc:@lee").await;
        assert_eq!(bot.refused_as(Role::Viewer, "anna", "/maintenance note MW-2 \"Hi\"").await.sort, "role");
    })
    .await;
}

#[tokio::test]
async fn a_refused_role_says_which_is_needed_and_who_has_it() {
    story(CONFIG, "2026-12-08 13:50", async |bot| {
        let found = bot.refused_as(Role::Viewer, "max", SCHEDULE).await;
        assert_eq!(found.detail, "`schedule` needs the role scheduler; these have it: lee, root.");
        let found = bot.refused_as(Role::Viewer, "max", "/maintenance ack MW-1").await;
        assert_eq!(found.detail, "`ack` needs the role engineer; these have it: sam, lee, root.");
        assert_eq!(found.hint.as_deref(), Some("/maintenance whoami"));
    })
    .await;
}
