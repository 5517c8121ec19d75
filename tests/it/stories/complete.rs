//! What is offered while people type, as a surface asks for it.

use maintbot::domain::access::{Actor, Role};
use maintbot::domain::calendar::Zone;
use maintbot::service::complete::Asked;

use crate::bot::{Bot, story};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]

[[region]]
id = "apac"
name = "Asia and Pacific"
time_zone = "Asia/Singapore"

[[region]]
id = "eu"

[[service]]
id = "jira"
name = "Jira Software"

[[service]]
id = "crm"
regions = ["apac"]
environment = "staging"
time_zone = "Asia/Singapore"

[[audience]]
name = "news"
channels = ["builtin:news"]

[people.anna]
time_zone = "Europe/Lisbon"
[people.lee]
[people.max]

[[customer]]
id = "ACME"
name = "Acme Corp"
owner = "lee"
services = ["jira"]

[[customer]]
id = "Globex"
owner = "lee"
services = ["jira"]

[policy.quarterly]
approval = ["always"]
"#;

/// Tuesday 1 December 2026, 11:00 in Helsinki.
const NOW: &str = "2026-12-01 09:00";

/// What somebody is offered who types `typed` into an option, with others filled in: `value = label`.
async fn offered(bot: &Bot, actor: &Actor, place: (&str, &str), typed: &str, others: &[(&str, &str)]) -> Vec<String> {
    let others: Vec<(String, String)> =
        others.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let (verb, option) = place;
    let asked = Asked { actor, zone: None, verb, option, typed, others: &others };
    let found = bot.parts.service.complete(&asked).await.expect("readable");
    assert!(found.len() <= 25, "{place:?} {typed}: {}", found.len());
    for one in &found {
        let fits = |text: &str| (1..=100).contains(&text.chars().count());
        assert!(fits(&one.label) && fits(&one.value), "{one:?}");
    }
    found.into_iter().map(|one| format!("{} = {}", one.value, one.label)).collect()
}

async fn values(bot: &Bot, actor: &Actor, place: (&str, &str), typed: &str) -> Vec<String> {
    let found = offered(bot, actor, place, typed, &[]).await;
    found.iter().map(|one| one.split(" = ").next().unwrap_or_default().to_owned()).collect()
}

fn lee() -> Actor {
    Actor::with_role("lee", Role::Scheduler)
}

const NONE: [&str; 0] = [];

/// MW-1 by Lee on Sunday 6, MW-2 by Anna on Friday 4, MW-3 by Anna on Saturday 12 with an item of Lee's, MW-4 for approval.
async fn planned(bot: &Bot) {
    for (who, line) in [
        ("lee", "schedule \"Jira 10.3 upgrade\" service:jira when:\"2026-12-06 16:00-20:00\" poc:@lee"),
        (
            "anna",
            "schedule \"Rotate certificates\" service:crm when:\"2026-12-04 22:00-23:00 Europe/Helsinki\" poc:@anna",
        ),
        (
            "anna",
            "schedule \"Move the CRM\" service:crm when:\"2026-12-12 10:00-12:00 Europe/Helsinki\" regions:apac tz:Asia/Singapore",
        ),
        ("anna", "change add MW-3 \"Copy the database\" assignee:@lee"),
        ("anna", "change add MW-3 \"Point the names there\" assignee:@anna"),
        (
            "anna",
            "schedule \"Quarter end\" service:jira when:\"2026-12-20 10:00 for 2h\" kind:quarterly reason:\"books\"",
        ),
    ] {
        bot.say(who, &format!("/maintenance {line}")).await;
    }
}

#[tokio::test]
async fn windows_are_offered_where_the_verb_makes_sense_ones_own_first() {
    story(CONFIG, NOW, async |bot| {
        planned(bot).await;
        let lee = lee();
        assert_eq!(
            offered(bot, &lee, ("show", "window"), "", &[]).await,
            [
                "MW-1 = MW-1 Jira 10.3 upgrade · Sun 6 Dec 16:00",
                "MW-3 = MW-3 Move the CRM · Sat 12 Dec 10:00",
                "MW-2 = MW-2 Rotate certificates · Fri 4 Dec 22:00",
                "MW-4 = MW-4 Quarter end · Sun 20 Dec 12:00 · awaiting approval",
            ]
        );
        // Anna lives by Lisbon's clock.
        let anna = Actor::with_role("anna", Role::Scheduler);
        assert_eq!(
            offered(bot, &anna, ("start", "window"), "", &[]).await,
            [
                "MW-2 = MW-2 Rotate certificates · Fri 4 Dec 20:00",
                "MW-3 = MW-3 Move the CRM · Sat 12 Dec 08:00",
                "MW-1 = MW-1 Jira 10.3 upgrade · Sun 6 Dec 14:00",
            ],
            "what waits for approval cannot be started"
        );
        assert_eq!(values(bot, &lee, ("verify", "window"), "").await, NONE, "nothing is running");
        assert_eq!(values(bot, &lee, ("extend", "window"), "mw").await, ["MW-1", "MW-3", "MW-2"]);
        assert_eq!(values(bot, &lee, ("show", "window"), "crm").await, ["MW-3"]);
        assert_eq!(values(bot, &lee, ("show", "window"), "rot cert").await, ["MW-2"]);
        assert_eq!(values(bot, &lee, ("show", "window"), "2").await, ["MW-2"]);
        bot.say("lee", "/maintenance cancel MW-1 reason:\"not now\"").await;
        assert_eq!(values(bot, &lee, ("extend", "window"), "jira").await, NONE, "it is over");
        assert_eq!(
            offered(bot, &lee, ("extend", "window"), "MW-1", &[]).await,
            ["MW-1 = MW-1 Jira 10.3 upgrade · Sun 6 Dec 16:00 · cancelled"],
            "whoever types its number means it"
        );
    })
    .await;
}

#[tokio::test]
async fn what_runs_can_be_verified_and_what_is_over_still_be_noted() {
    story(CONFIG, NOW, async |bot| {
        planned(bot).await;
        bot.at("2026-12-06 14:05").await;
        let lee = lee();
        assert_eq!(
            offered(bot, &lee, ("verify", "window"), "", &[]).await,
            [
                "MW-1 = MW-1 Jira 10.3 upgrade · Sun 6 Dec 16:00 · in progress",
                "MW-2 = MW-2 Rotate certificates · Fri 4 Dec 22:00 · in progress",
            ]
        );
        bot.say("lee", "/maintenance complete MW-1").await;
        assert_eq!(values(bot, &lee, ("complete", "window"), "mw-1").await, ["MW-1"], "only for its number");
        assert_eq!(values(bot, &lee, ("complete", "window"), "jira").await, NONE);
        assert_eq!(values(bot, &lee, ("note", "window"), "").await.last().map(String::as_str), Some("MW-1"));
        assert_eq!(values(bot, &lee, ("history", "window"), "jira").await, ["MW-1"]);
        bot.say("lee", "/maintenance complete MW-2 outcome:failed").await;
    })
    .await;
}

#[tokio::test]
async fn a_decision_is_offered_to_those_who_may_take_it_and_plans_beside_windows() {
    story(CONFIG, NOW, async |bot| {
        planned(bot).await;
        let decider = |id: &str| Actor { id: id.into(), roles: [Role::Approver, Role::Scheduler].into() };
        for verb in ["approve", "reject"] {
            assert_eq!(values(bot, &decider("max"), (verb, "window"), "").await, ["MW-4"]);
            assert_eq!(values(bot, &decider("anna"), (verb, "window"), "").await, NONE, "she asked for it");
        }
        for line in [
            "plan new \"Infrastructure upgrade\"",
            "schedule \"Phase 1\" service:jira when:\"2026-12-19 10:00 for 1h\" plan:PL-1 kind:quarterly reason:\"now\"",
            "plan new \"Next year\"",
        ] {
            bot.say("anna", &format!("/maintenance {line}")).await;
        }
        let max = decider("max");
        assert_eq!(values(bot, &max, ("approve", "window"), "").await, ["MW-4"], "a draft asks nobody");
        assert_eq!(
            offered(bot, &max, ("plan publish", "plan"), "", &[]).await,
            ["PL-2 = PL-2 Next year · draft", "PL-1 = PL-1 Infrastructure upgrade · draft"]
        );
        bot.say("anna", "/maintenance plan publish PL-1 reason:\"now\"").await;
        assert_eq!(values(bot, &max, ("approve", "window"), "").await, ["MW-5", "MW-4", "PL-1"]);
        assert_eq!(values(bot, &max, ("approve", "window"), "pl").await, ["PL-1"]);
        assert_eq!(values(bot, &max, ("hold", "plan"), "").await, ["PL-1"]);
        assert_eq!(values(bot, &max, ("release", "plan"), "").await, NONE);
        assert_eq!(values(bot, &max, ("schedule", "plan"), "infra").await, ["PL-1"]);
        bot.say("anna", "/maintenance hold PL-1").await;
        assert_eq!(
            offered(bot, &max, ("release", "plan"), "1", &[]).await,
            ["PL-1 = PL-1 Infrastructure upgrade · held"]
        );
        assert_eq!(
            values(bot, &lee(), ("cancel", "window"), "").await,
            ["MW-1", "MW-3", "MW-2", "MW-5", "MW-4", "PL-2", "PL-1"],
            "both"
        );
    })
    .await;
}

#[tokio::test]
async fn who_may_not_read_is_offered_nothing_but_their_own() {
    story(CONFIG, NOW, async |bot| {
        planned(bot).await;
        let nobody = |id: &str| Actor { id: id.into(), roles: [].into() };
        let (max, lee) = (nobody("max"), nobody("lee"));
        for place in [
            ("show", "window"),
            ("start", "window"),
            ("approve", "window"),
            ("cancel", "window"),
            ("schedule", "service"),
            ("schedule", "regions"),
            ("schedule", "environment"),
            ("schedule", "kind"),
            ("schedule", "customers"),
            ("schedule", "poc"),
            ("plan show", "plan"),
        ] {
            assert_eq!(values(bot, &max, place, "").await, NONE, "{place:?}");
        }
        assert_eq!(values(bot, &max, ("show", "window"), "MW-4").await, NONE);
        // The point of contact works on the window, whatever their role.
        assert_eq!(values(bot, &lee, ("start", "window"), "").await, ["MW-1"]);
        assert_eq!(values(bot, &lee, ("show", "window"), "").await, NONE);
        assert_eq!(offered(bot, &max, ("done", "item"), "", &[("window", "MW-3")]).await, NONE);
        assert_eq!(values(bot, &max, ("schedule", "tz"), "hels").await, ["Europe/Helsinki"]);
        let viewer = Actor::with_role("max", Role::Viewer);
        assert_eq!(values(bot, &viewer, ("show", "window"), "quarter").await, ["MW-4"], "as in a list");
    })
    .await;
}

#[tokio::test]
async fn items_are_those_of_the_window_that_is_filled_in() {
    story(CONFIG, NOW, async |bot| {
        planned(bot).await;
        bot.say("lee", "/maintenance change add MW-3 \"Look at the logs\"").await;
        bot.say("lee", "/maintenance done MW-3 3").await;
        let lee = lee();
        let of = async |verb: &str, option: &str, typed: &str| {
            offered(bot, &lee, (verb, option), typed, &[("window", "mw-3")]).await
        };
        assert_eq!(
            of("done", "item", "").await,
            ["1 = 1. Copy the database · @lee", "2 = 2. Point the names there · @anna"]
        );
        assert_eq!(of("done", "item", "1,").await, ["1,2 = 1, 2. Point the names there · @anna"]);
        assert_eq!(of("done", "item", "names").await, ["2 = 2. Point the names there · @anna"]);
        assert_eq!(of("undo", "item", "").await, ["3 = 3. Look at the logs · done by lee"]);
        assert_eq!(of("change edit", "item", "").await.len(), 3);
        assert_eq!(of("change add", "parent", "copy").await, ["1 = 1. Copy the database · @lee"]);
        assert_eq!(offered(bot, &lee, ("done", "item"), "", &[]).await, NONE, "of no window");
        assert_eq!(offered(bot, &lee, ("done", "item"), "", &[("window", "MW-99")]).await, NONE);
    })
    .await;
}

#[tokio::test]
async fn what_the_organisation_has_is_offered_by_id_and_by_name() {
    story(CONFIG, NOW, async |bot| {
        planned(bot).await;
        let lee = lee();
        let of = async |option: &str, typed: &str| offered(bot, &lee, ("schedule", option), typed, &[]).await;
        assert_eq!(of("service", "").await, ["crm = crm", "jira = jira · Jira Software"]);
        assert_eq!(of("service", "jira,").await, ["jira,crm = jira, crm"]);
        assert_eq!(of("service", "soft").await, ["jira = jira · Jira Software"]);
        assert_eq!(of("services", "cr").await, ["crm = crm"], "under its other name");
        assert_eq!(of("regions", "").await, ["all = all", "apac = apac · Asia and Pacific", "eu = eu"]);
        assert_eq!(of("environment", "").await, ["production = production", "staging = staging"]);
        assert_eq!(
            values(bot, &lee, ("schedule", "kind"), "").await,
            ["emergency", "no_downtime", "quarterly", "scheduled"]
        );
        assert_eq!(of("customers", "acm").await, ["ACME = ACME · Acme Corp"]);
        assert_eq!(of("poc", "").await, ["@lee = @lee · you", "@anna = @anna", "@max = @max"]);
        assert_eq!(of("poc", "@an").await, ["@anna = @anna"]);
        assert_eq!(of("poc", "anna").await, ["@anna = @anna"]);
        assert_eq!(of("category", "stab").await, ["stability = stability"]);
        assert_eq!(of("title", "anything").await, NONE);
        assert_eq!(of("no such option", "").await, NONE);
        let stranger = Actor::with_role("discord:@80351110224678912", Role::Scheduler);
        assert_eq!(offered(bot, &stranger, ("schedule", "poc"), "me", &[]).await, ["discord:@80351110224678912 = you"]);
        let others = [("window", "MW-1")];
        bot.say("lee", "/maintenance told MW-1 ACME").await;
        assert_eq!(
            offered(bot, &lee, ("told", "customer"), "", &others).await,
            ["Globex = Globex", "ACME = ACME · Acme Corp"],
            "who was not told yet comes first"
        );
    })
    .await;
}

#[tokio::test]
async fn services_and_regions_that_are_not_configured_are_those_used_before() {
    story("", NOW, async |bot| {
        bot.say("lee", "/maintenance schedule \"A\" service:wiki,build when:\"sunday 16:00-20:00\" regions:us").await;
        let lee = lee();
        assert_eq!(values(bot, &lee, ("schedule", "service"), "").await, ["build", "wiki"]);
        assert_eq!(values(bot, &lee, ("schedule", "regions"), "u").await, ["us"]);
        assert_eq!(offered(bot, &lee, ("schedule", "poc"), "", &[]).await, ["lee = you"]);
        assert_eq!(values(bot, &lee, ("series stop", "series"), "").await, NONE);
    })
    .await;
}

#[tokio::test]
async fn series_and_freezes_are_offered_with_what_they_are() {
    story(CONFIG, NOW, async |bot| {
        bot.say(
            "lee",
            "/maintenance series \"Monthly break\" service:jira every:\"second sunday of month 16:00 for 4h\"",
        )
        .await;
        bot.say("lee", "/maintenance series \"Patch day\" service:crm every:\"every week on monday 04:00 for 1h\"")
            .await;
        let lee = lee();
        assert_eq!(values(bot, &lee, ("show", "window"), "mw").await.len(), 25, "as many as Discord shows");
        bot.say("lee", "/maintenance series stop SR-2").await;
        bot.say("max", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07").await;
        assert_eq!(
            offered(bot, &lee, ("series stop", "series"), "", &[]).await,
            ["SR-1 = SR-1 Monthly break · second Sunday of every month at 16:00"]
        );
        assert_eq!(values(bot, &lee, ("series show", "series"), "").await, ["SR-1", "SR-2"]);
        assert_eq!(
            offered(bot, &lee, ("freeze remove", "freeze"), "year", &[]).await,
            ["FR-1 = FR-1 Year end · Fri 18 Dec 2026 to Thu 7 Jan 2027"]
        );
        let windows = values(bot, &lee, ("show", "window"), "monthly").await;
        assert_eq!((windows.len(), windows[0].as_str()), (24, "MW-1"), "those of two years");
    })
    .await;
}

#[tokio::test]
async fn times_are_read_as_the_command_will_read_them() {
    story(CONFIG, NOW, async |bot| {
        planned(bot).await;
        let lee = lee();
        let of = async |verb: &str, others: &[(&str, &str)]| {
            let found = offered(bot, &lee, (verb, "when"), "sunday 16:00-20:00", others).await;
            found[0].split(" = ").nth(1).unwrap_or_default().to_owned()
        };
        assert_eq!(of("schedule", &[]).await, "Sun 6 Dec 16:00–20:00 Europe/Helsinki");
        assert_eq!(of("schedule", &[("tz", "asia/tokyo")]).await, "Sun 6 Dec 16:00–20:00 Asia/Tokyo");
        assert_eq!(of("schedule", &[("service", "crm")]).await, "Sun 6 Dec 16:00–20:00 Asia/Singapore");
        assert_eq!(of("reschedule", &[("window", "MW-3")]).await, "Sun 6 Dec 16:00–20:00 Asia/Singapore");
        // And so it is.
        bot.say_as(Role::Scheduler, "lee", "/maintenance schedule \"B\" service:crm when:\"sunday 16:00-20:00\"").await;
        assert_eq!(bot.window(5).await.span.to_string(), "Sun 6 Dec 2026 16:00–20:00 Asia/Singapore (08:00–12:00 UTC)");
        bot.say_as(Role::Scheduler, "lee", "/maintenance reschedule MW-3 when:\"monday 16:00-20:00\"").await;
        assert_eq!(bot.window(3).await.span.zone.name(), "Asia/Singapore");
        // A zone that the surface knows, and that of [people].
        let anna = Actor::with_role("anna", Role::Scheduler);
        let asked = Asked {
            actor: &anna,
            zone: Zone::named("America/New_York").ok(),
            verb: "schedule",
            option: "when",
            typed: "sunday 16:00",
            others: &[("for".to_owned(), "90m".to_owned())],
        };
        let own = bot.parts.service.complete(&asked).await.expect("readable");
        assert_eq!(own[0].label, "Sun 6 Dec 16:00–17:30 America/New_York");
        let of_people = bot.parts.service.complete(&Asked { zone: None, ..asked }).await.expect("readable");
        assert_eq!(of_people[0].label, "Sun 6 Dec 16:00–17:30 Europe/Lisbon");
        let first = offered(bot, &anna, ("schedule", "tz"), "", &[]).await;
        assert_eq!(
            first[..3],
            ["Europe/Lisbon", "Europe/Helsinki", "Asia/Singapore"].map(|zone| format!("{zone} = {zone}"))
        );
        assert_eq!(
            offered(bot, &anna, ("freeze add", "from"), "friday", &[]).await,
            ["friday = Fri 4 Dec 2026"],
            "days are the organisation's"
        );
        assert_eq!(offered(bot, &lee, ("extend", "for"), "90m", &[]).await, ["90m = 1 h 30 min"]);
    })
    .await;
}

#[tokio::test]
async fn every_option_of_every_verb_can_be_asked_for_and_hostile_text_does_no_harm() {
    story(CONFIG, NOW, async |bot| {
        planned(bot).await;
        let lee = lee();
        let long = "mw ".repeat(2_000);
        for verb in &maintbot::command::spec::catalogue().verbs {
            for option in &verb.options {
                for typed in
                    ["", "%_'\"; DROP TABLE windows; --", "\u{202e}\u{0}\n", "99999999999999999999", ",,,", &long]
                {
                    offered(bot, &lee, (&verb.name, &option.name), typed, &[("window", typed), ("for", typed)]).await;
                }
            }
        }
        assert_eq!(offered(bot, &lee, ("no such verb", "window"), "", &[]).await, NONE);
    })
    .await;
}
