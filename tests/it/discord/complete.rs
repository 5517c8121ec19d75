//! What is offered to somebody who types an option.

use std::time::Duration;

use futures_util::future::join_all;
use maintbot::domain::access::{Actor, Role};
use maintbot::store::StoreError;
use tokio_util::sync::CancellationToken;

use super::{Hub, story, story_on_postgres};

/// Tuesday.
const AT: &str = "2026-12-01 09:00";
/// What is asked for at short notice waits for an approver. Eve lives in Singapore.
const SHORT: &str = r#"
eve.time_zone = "Asia/Singapore"

[policy.scheduled]
notice = "5d"
approval = ["short_notice"]
"#;

/// Values that are offered for an option, in their order.
async fn values(hub: &Hub, user: &str, verb: &str, options: &[(&str, &str)], focused: &str) -> Vec<String> {
    let found = hub.fake.autocomplete(user, "#dev", verb, options, focused).await;
    found.into_iter().map(|(_, value)| value).collect()
}

async fn labels(hub: &Hub, user: &str, verb: &str, options: &[(&str, &str)], focused: &str) -> Vec<String> {
    let found = hub.fake.autocomplete(user, "#dev", verb, options, focused).await;
    found.into_iter().map(|(label, _)| label).collect()
}

/// Plans a window for `poc`, two hours from 14:00 UTC on that day.
async fn window(hub: &Hub, user: &str, title: &str, day: &str, poc: &str) {
    let when = format!("{day} 14:00-16:00");
    let service = title.to_lowercase().replace(' ', "-");
    let options =
        [("title", title), ("service", &*service), ("when", &*when), ("tz", "UTC"), ("poc", poc), ("reason", "urgent")];
    let said = hub.command(user, "#dev", "schedule", &options).await;
    assert!(said.plain().contains("MW-"), "{said}");
}

/// Windows by number and title, one's own first.
async fn windows_found(hub: &Hub) {
    window(hub, "ben", "Jira 10", "2026-12-06", "carla").await;
    window(hub, "ben", "Mail relay", "2026-12-07", "carla").await;
    window(hub, "carla", "Jira plugins", "2026-12-08", "eve").await;
    let found = async |user: &str, typed: &str| values(hub, user, "show", &[("window", typed)], "window").await;
    assert_eq!(found("dan", "").await, ["MW-1", "MW-2", "MW-3"], "the next one first");
    assert_eq!(found("eve", "").await, ["MW-3", "MW-1", "MW-2"], "of which she is the point of contact");
    assert_eq!(found("carla", "").await, ["MW-1", "MW-2", "MW-3"], "asked for or point of contact");
    for typed in ["2", "mw-2", "MW2", "#2", "mail", "rel"] {
        assert_eq!(found("dan", typed).await, ["MW-2"], "{typed}");
    }
    assert_eq!(found("dan", "jira").await, ["MW-1", "MW-3"]);
    assert_eq!(found("dan", "ira").await, [""; 0], "words are found by their beginning");
    let shown = labels(hub, "dan", "show", &[("window", "mail")], "window").await;
    assert_eq!(shown, ["MW-2 Mail relay · Mon 7 Dec 14:00"]);
}

#[tokio::test]
async fn windows_are_found_by_number_and_by_title_and_ones_own_come_first() {
    story("", AT, windows_found).await;
}

#[tokio::test]
async fn windows_are_found_on_postgresql() {
    story_on_postgres("", AT, windows_found).await;
}

#[tokio::test]
async fn only_what_the_verb_can_do_something_to_is_offered() {
    story("", AT, async |hub| {
        window(hub, "ben", "First", "2026-12-06", "carla").await;
        window(hub, "ben", "Second", "2026-12-20", "carla").await;
        window(hub, "ben", "Third", "2026-12-21", "carla").await;
        hub.command("ben", "#dev", "cancel", &[("window", "MW-3"), ("reason", "not needed")]).await;
        hub.at("2026-12-06 14:00").await;
        hub.calm().await;
        let found = async |verb: &str, typed: &str| values(hub, "eve", verb, &[("window", typed)], "window").await;
        assert_eq!(found("start", "").await, ["MW-2"], "the other one has begun");
        assert_eq!(found("complete", "").await, ["MW-1"]);
        assert_eq!(found("extend", "").await, ["MW-1", "MW-2"], "an end can be put off before the start as well");
        assert_eq!(found("start", "1").await, ["MW-1"], "who types the number is not corrected");
        assert_eq!(found("cancel", "th").await, [""; 0], "it is called off already");
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_approval_is_offered_to_those_who_decide_and_hidden_from_who_has_no_role() {
    story(SHORT, AT, async |hub| {
        window(hub, "ben", "Urgent", "2026-12-03", "carla").await;
        window(hub, "anna", "Pressing", "2026-12-04", "carla").await;
        hub.fake.person("fay", &[]);
        let found = async |user: &str, verb: &str| values(hub, user, verb, &[("window", "")], "window").await;
        assert_eq!(found("dan", "approve").await, ["MW-1", "MW-2"]);
        assert_eq!(found("anna", "approve").await, ["MW-1"], "not what she asked for herself");
        assert_eq!(found("dan", "reject").await, ["MW-1", "MW-2"]);
        let shown = labels(hub, "eve", "show", &[("window", "urgent")], "window").await;
        assert_eq!(shown, ["MW-1 Urgent · Thu 3 Dec 22:00 · awaiting approval"], "in Singapore");
        for verb in ["show", "approve", "cancel", "note"] {
            assert_eq!(found("fay", verb).await, [""; 0], "{verb}");
            assert_eq!(values(hub, "fay", verb, &[("window", "MW-1")], "window").await, [""; 0], "{verb}");
        }
        let service = values(hub, "fay", "schedule", &[("service", "")], "service").await;
        assert_eq!(service, [""; 0], "nor what there is");
    })
    .await;
}

#[tokio::test]
async fn items_of_the_window_that_is_filled_in_are_offered_by_their_text() {
    story("", AT, async |hub| {
        window(hub, "ben", "Jira 10", "2026-12-06", "carla").await;
        for (text, assignee) in [("Jira to 10.3.2", "carla"), ("Plugins", "eve"), ("Index", "carla")] {
            let options = [("window", "MW-1"), ("text", text), ("assignee", assignee)];
            hub.command("ben", "#dev", "change add", &options).await;
        }
        let window = ("window", "MW-1");
        let done = async |typed: &str| labels(hub, "eve", "done", &[window, ("item", typed)], "item").await;
        assert_eq!(done("").await, ["2. Plugins · @eve", "1. Jira to 10.3.2 · @carla", "3. Index · @carla"]);
        assert_eq!(done("ind").await, ["3. Index · @carla"]);
        hub.command("eve", "#dev", "done", &[window, ("item", "2")]).await;
        assert_eq!(values(hub, "eve", "done", &[window, ("item", "")], "item").await, ["1", "3"]);
        let edit = labels(hub, "eve", "change edit", &[window, ("item", "plu")], "item").await;
        assert_eq!(edit, ["2. Plugins · done by eve"], "it can still be changed");
        let without = values(hub, "eve", "done", &[("item", "")], "item").await;
        assert_eq!(without, [""; 0], "no window is filled in");
        assert_eq!(values(hub, "eve", "done", &[("window", "MW-9"), ("item", "")], "item").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn of_several_services_the_last_is_completed() {
    let services = "\n[[service]]\nid = \"jira\"\nname = \"Jira Software\"\n\n[[service]]\nid = \"crm\"\nname = \"CRM\"\n\n\
                    [[service]]\nid = \"wiki\"\nname = \"Confluence\"\n";
    story(services, AT, async |hub| {
        let found = async |typed: &str| {
            hub.fake.autocomplete("ben", "#dev", "schedule", &[("service", typed)], "service").await
        };
        let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        assert_eq!(found("jir").await, [pair("jira · Jira Software", "jira")]);
        assert_eq!(found("soft").await, [pair("jira · Jira Software", "jira")], "by the words of its name");
        assert_eq!(
            found("jira,").await,
            [pair("jira, crm", "jira,crm"), pair("jira, wiki · Confluence", "jira,wiki")],
            "what is there is not offered again"
        );
        assert_eq!(found("jira, crm, con").await, [pair("jira, crm, wiki · Confluence", "jira,crm,wiki")]);
        assert_eq!(found("jira,crm,wiki,").await, []);
    })
    .await;
}

#[tokio::test]
async fn zones_people_kinds_and_lengths_are_offered() {
    story("ben.time_zone = \"Europe/Helsinki\"\n", AT, async |hub| {
        let found = async |option: &str, typed: &str| {
            values(hub, "ben", "schedule", &[("title", "X"), (option, typed)], option).await
        };
        assert_eq!(found("tz", "").await[..2], ["Europe/Helsinki", "UTC"], "one's own, then the organisation's");
        assert_eq!(found("tz", "singa").await, ["Singapore", "Asia/Singapore"], "what begins so first");
        assert_eq!(found("poc", "").await, ["@ben", "@anna", "@carla", "@dan", "@eve"], "oneself first");
        assert_eq!(found("poc", "@da").await, ["@dan"]);
        assert_eq!(found("poc", "me").await, ["@ben"]);
        assert_eq!(found("kind", "em").await, ["emergency"]);
        assert_eq!(found("kind", "").await, ["emergency", "no_downtime", "scheduled"]);
        assert!(found("for", "90").await.contains(&"90m".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn times_show_how_they_are_understood_how_they_may_go_on_or_why_not() {
    story("ben.time_zone = \"Europe/Helsinki\"\n", AT, async |hub| {
        let when =
            async |options: &[(&str, &str)]| hub.fake.autocomplete("ben", "#dev", "schedule", options, "when").await;
        let typed = |text: &'static str| [("title", "X"), ("service", "jira"), ("when", text)];
        let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        assert_eq!(
            when(&typed("sunday 16:00-20:00")).await,
            [pair("Sun 6 Dec 16:00–20:00 Europe/Helsinki", "sunday 16:00-20:00")]
        );
        let elsewhere = [("title", "X"), ("when", "sunday 16:00-20:00"), ("tz", "Asia/Singapore")];
        assert_eq!(when(&elsewhere).await, [pair("Sun 6 Dec 16:00–20:00 Asia/Singapore", "sunday 16:00-20:00")]);
        let beside = [("title", "X"), ("when", "sunday 16:00"), ("for", "30m")];
        assert_eq!(when(&beside).await, [pair("Sun 6 Dec 16:00–16:30 Europe/Helsinki", "sunday 16:00")]);
        assert_eq!(
            when(&typed("next sunday")).await[0],
            pair("Sun 6 Dec 02:00–04:00 Europe/Helsinki", "next sunday 02:00 for 2h")
        );
        let past = when(&typed("yesterday 16:00-20:00")).await;
        assert!(past[0].0.starts_with("Not understood: ") && past[0].0.contains("past"), "{past:?}");
        assert_eq!(past[0].1, "yesterday 16:00-20:00", "taking it changes nothing");
        assert_eq!(past[1], pair("Wed 2 Dec 16:00–20:00 Europe/Helsinki", "2026-12-02 16:00-20:00"));
        let nonsense = when(&typed("when the moon is full")).await;
        assert!(nonsense.len() == 1 && nonsense[0].0.starts_with("Not understood: "), "{nonsense:?}");
    })
    .await;
}

#[tokio::test]
async fn no_more_is_offered_than_discord_takes_and_hostile_titles_are_shown_as_they_are() {
    story("", AT, async |hub| {
        let hostile = "@everyone <@&1> [x](https://evil.example) `\n` \u{202e}<t:1:R>";
        let day = |n: usize| format!("2026-12-{:02}", 6 + n % 20);
        for n in 0..27 {
            let title = match n {
                0 => hostile.replace('\n', " "),
                1 => "ä".repeat(200),
                _ => format!("Window {n}"),
            };
            let line = format!(
                "/maintenance schedule service:s{n} when:\"{} 14:00-16:00\" tz:UTC poc:@carla title:\"{title}\"",
                day(n)
            );
            hub.bot.run_in("console", Actor::with_role("ben", Role::Scheduler), &line, None).await;
        }
        assert_eq!(hub.bot.page().await.len(), 27);
        let found = hub.fake.autocomplete("dan", "#dev", "show", &[("window", "")], "window").await;
        assert_eq!(found.len(), 25);
        for (label, value) in &found {
            assert!(label.chars().count() <= 100 && value.starts_with("MW-"), "{label}");
            assert!(!label.chars().any(char::is_control) && !label.contains('\u{202e}'), "{label:?}");
        }
        let long = labels(hub, "dan", "show", &[("window", "2")], "window").await;
        assert!(long[0].starts_with("MW-2 ää") && long[0].ends_with("ä… · Mon 7 Dec 14:00"), "{long:?}");
        let odd = labels(hub, "dan", "show", &[("window", "MW-1")], "window").await;
        assert!(odd[0].starts_with("MW-1 @everyone <@&1>"), "suggestions are no markup: {odd:?}");
        hub.calm().await;
    })
    .await;
}

#[tokio::test]
async fn a_slow_database_offers_nothing_in_time() {
    story("", AT, async |hub| {
        window(hub, "ben", "Jira 10", "2026-12-06", "carla").await;
        // Every connection that reads is taken, and more wait for one before the question comes.
        let over = CancellationToken::new();
        let hold = (0..64).map(|_| {
            hub.bot.parts.db.read(async |_| {
                over.cancelled().await;
                Ok::<_, StoreError>(())
            })
        });
        let asked = async {
            let asked = hub.fake.type_in("dan", "#dev", "show", &[("window", "")], "window").await;
            over.cancel();
            asked
        };
        let (readers, offered) = tokio::join!(join_all(hold), asked);
        assert!(readers.iter().all(Result::is_ok));
        assert_eq!((offered.status, offered.kind(), offered.choices()), (200, 8, Vec::new()), "{offered}");
        assert!(offered.took < Duration::from_secs(3), "{:?}", offered.took);
        let found = hub.fake.autocomplete("dan", "#dev", "show", &[("window", "")], "window").await;
        assert_eq!(found.len(), 1, "afterwards it is offered again");
    })
    .await;
}
