//! The whole loop: a request as an issue form, a window, its change list, engineers who report in three ways, completion.
//! It is told once, and comes out the same whether maintbot is called by webhooks or asks by itself.

use maintbot::domain::access::Role;
use maintbot::domain::window::State;

use super::{CRM, Hears, Hub, post, story, visible};
use crate::bot::assert_timeline;
use crate::postgres;

const CONFIG: &str = r#"
[policy.scheduled]
announce = "2d"
remind = ["1d"]
change_list = "1d"

[[service]]
id = "crm"
name = "CRM"
repository = "example/crm"

[people.anna]
github = "anna"

[people.carla]
github = "carla"
"#;

/// What GitHub makes of the form that was filled in: every label, also of fields without an answer.
pub(super) const FORM: &str = "### Title of the window

Upgrade of the CRM

### Services

crm

### When

2026-12-08 14:00-16:00

### Time zone

_No response_

### Expected downtime

15m

### Impact

The CRM can be read and not written, says @erin.

### Kind

scheduled

### Category

staying_current

### Regions

_No response_

### Environment

_No response_

### Point of contact

@anna

### Rollback plan

Restore the snapshot.

### Change list

- Back up
- Jira to 10.3.2
  - plugin Tempo to 18
  - plugin ScriptRunner to 9
- OS patches, ask @erin

### Links

_No response_

### Reason

_No response_";

/// Who tells the story, and how maintbot hears of it.
struct Teller<'a> {
    hub: &'a Hub,
    hears: Hears,
}

impl Teller<'_> {
    /// What people did so far has come to maintbot.
    async fn heard(&self) {
        match self.hears {
            Hears::Webhooks => self.hub.settle().await,
            Hears::Polling => self.hub.look().await,
        }
    }

    /// The change list is the same in the store, in the issue and in the living comment. `tasks` are the issue's boxes.
    async fn lists(&self, done: &[&str], progress: &str, tasks: &[&str]) {
        assert_eq!(self.hub.bot.items(1).await, done);
        let list = self.hub.list("MW-1");
        let boxes: Vec<&str> = list.body.lines().filter(|line| line.trim_start().starts_with("- [")).collect();
        assert_eq!(boxes, tasks);
        let living = self.marked(list.number, "<!-- maintbot:MW-1 status -->");
        assert_eq!(living.len(), 1, "{living:?}");
        assert!(living[0].contains(progress), "{progress} is not in\n{}", living[0]);
    }

    /// Comments of maintbot with this marker.
    fn marked(&self, number: u64, marker: &str) -> Vec<String> {
        let comments = self.hub.fake.comments(CRM, number).into_iter();
        comments.filter(|comment| comment.body.contains(marker)).map(|comment| visible(&comment)).collect()
    }

    fn reactions(&self, comment: u64) -> Vec<(String, String)> {
        self.hub.fake.reactions(comment)
    }
}

/// Everybody who is mentioned in a text: an `@` with a name after it.
fn mentioned(text: &str) -> Vec<&str> {
    let after = text.split('@').skip(1);
    let names = after.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default());
    names.filter(|name| !name.is_empty()).collect()
}

fn ours(content: &str) -> Vec<(String, String)> {
    vec![("maintbot[bot]".to_owned(), content.to_owned())]
}

/// First lines of what maintbot said in an issue, as read.
fn heads(hub: &Hub, number: u64) -> Vec<String> {
    let first = |text: &String| text.lines().next().unwrap_or_default().replace("**", "");
    hub.said(number).iter().map(first).collect()
}

/// The story; it ends at Wednesday 9 December 2026.
async fn tell(hub: &Hub, hears: Hears) {
    let teller = Teller { hub, hears };
    let form = asked_and_scheduled(&teller).await;
    opened_as_it_should_be(hub);
    engineers_report(&teller).await;
    work_begins_and_ends(&teller).await;
    completed_with_a_summary(&teller).await;
    everything_was_said_once(&teller, form).await;
}

/// A request by somebody who may only read becomes a window when a scheduler edits it.
async fn asked_and_scheduled(teller: &Teller<'_>) -> u64 {
    let hub = teller.hub;
    let form = hub.fake.open_labelled("frank", CRM, "[maintenance] CRM", FORM, &["maintenance-request"]);
    teller.heard().await;
    let [refused] = &hub.said(form)[..] else { panic!("not one answer: {:?}", hub.said(form)) };
    assert!(refused.starts_with("⚠️") && refused.contains("scheduler"), "{refused}");
    assert_eq!(hub.fake.reactions_to_issue(CRM, form), ours("confused"));
    assert_eq!(hub.fake.issues(CRM).len(), 1, "nothing is opened for a request that was refused");
    let reply = hub.fake.comments(CRM, form)[0].id;

    hub.at("2026-12-01 09:10").await;
    hub.fake.edit_issue_body("ben", CRM, form, &format!("Looks good to me.\n\n{FORM}"));
    teller.heard().await;
    let [done] = &hub.said(form)[..] else { panic!("not one answer: {:?}", hub.said(form)) };
    assert!(done.starts_with("✅") && done.contains("MW-1 “Upgrade of the CRM” is scheduled"), "{done}");
    assert_eq!(hub.fake.comments(CRM, form)[0].id, reply, "the answer is edited");
    assert_eq!(hub.fake.reactions_to_issue(CRM, form), ours("rocket"));
    assert_eq!(hub.bot.page().await, ["MW-1 scheduled: Tue 8 Dec 2026 14:00–16:00 UTC"]);
    assert_eq!(hub.bot.window(1).await.requester, "github:ben");
    form
}

/// The change-list issue right after scheduling.
fn opened_as_it_should_be(hub: &Hub) {
    let list = hub.list("MW-1");
    assert_eq!((list.title.as_str(), list.open), ("MW-1: Upgrade of the CRM", true));
    assert_eq!(list.labels, ["maintenance", "crm"]);
    assert_eq!(list.assignees, ["anna"]);
    assert!(list.body.starts_with("<!-- maintbot:list MW-1 -->\n"), "{}", list.body);
    for fact in [
        "| **When** | Tue 8 Dec 2026 14:00–16:00 UTC |",
        "| **Services** | CRM |",
        "| **Expected downtime** | up to 15m |",
        "| **Category** | staying current |",
        "| **Contact** | @anna |",
        "| **Rollback** | Restore the snapshot. |",
        "### Change list: 0 of 4 done",
    ] {
        assert!(list.body.contains(fact), "{fact} is not in\n{}", list.body);
    }
    assert_eq!(mentioned(&list.body), ["anna"], "erin is named, not mentioned");
}

/// Who does what is said, and a box is ticked, unticked and ticked again.
async fn engineers_report(teller: &Teller<'_>) {
    let hub = teller.hub;
    let list = hub.list("MW-1").number;
    let open = [
        "- [ ] **1.** Back up",
        "- [ ] **2.** Jira to 10.3.2",
        "  - [ ] **3.** plugin Tempo to 18",
        "  - [ ] **4.** plugin ScriptRunner to 9",
        "- [ ] **5.** OS patches, ask @\u{200b}erin",
    ];
    teller
        .lists(&["1", "2", "3", "4", "5"], "is **scheduled**: Tue 8 Dec 2026 14:00–16:00 UTC; 0 of 4 items done", &open)
        .await;

    hub.at("2026-12-02 09:30").await;
    let assign = hub.fake.comment("ben", CRM, list, "That is for her:\n\n/maintenance change assign 5 @carla");
    teller.heard().await;
    assert_eq!(teller.reactions(assign), ours("rocket"));
    assert_eq!(hub.list("MW-1").assignees, ["anna", "carla"]);
    assert_eq!(mentioned(&hub.list("MW-1").body), ["anna", "carla"]);

    let patches = "- [ ] **5.** OS patches, ask @\u{200b}erin — @carla";
    let left = [open[1], open[2], open[3], patches];
    let ticked = |time: &str| format!("- [x] **1.** Back up — done by carla, Wed 2 Dec 2026 {time} UTC");
    hub.at("2026-12-02 10:00").await;
    hub.fake.tick("carla", CRM, list, "Back up");
    teller.heard().await;
    let backed_up = ticked("10:00");
    let tasks = [&[&*backed_up], &left[..]].concat();
    teller.lists(&["1 carla", "2", "3", "4", "5"], "1 of 4 items done", &tasks).await;

    hub.at("2026-12-02 10:05").await;
    hub.fake.untick("carla", CRM, list, "Back up");
    teller.heard().await;
    let tasks = [&[open[0]], &left[..]].concat();
    teller.lists(&["1", "2", "3", "4", "5"], "0 of 4 items done", &tasks).await;

    hub.at("2026-12-02 10:10").await;
    hub.fake.tick("carla", CRM, list, "Back up");
    teller.heard().await;
    let backed_up = ticked("10:10");
    let tasks = [&[&*backed_up], &left[..]].concat();
    teller.lists(&["1 carla", "2", "3", "4", "5"], "1 of 4 items done", &tasks).await;
}

/// It starts by the clock; a comment and a line in chat report the rest, and the issue closes.
async fn work_begins_and_ends(teller: &Teller<'_>) {
    let hub = teller.hub;
    let list = hub.list("MW-1").number;
    hub.at("2026-12-08 14:00").await;
    let started = teller.marked(list, "<!-- maintbot:MW-1 started -->");
    assert_eq!(started.len(), 1);
    assert!(started[0].contains("Started: Upgrade of the CRM"), "{}", started[0]);
    assert!(hub.list("MW-1").open);

    hub.at("2026-12-08 14:10").await;
    let comment = hub.fake.comment("dan", CRM, list, "/maintenance done 2");
    teller.heard().await;
    assert_eq!(teller.reactions(comment), ours("rocket"));
    let by_dan = |text: &str| format!("- [x] {text} — done by dan, Tue 8 Dec 2026 14:10 UTC");
    let dan = ["**2.** Jira to 10.3.2", "**3.** plugin Tempo to 18", "**4.** plugin ScriptRunner to 9"].map(by_dan);
    let dan = [dan[0].clone(), format!("  {}", dan[1]), format!("  {}", dan[2])];
    let carla = "- [x] **1.** Back up — done by carla, Wed 2 Dec 2026 10:10 UTC";
    let patches = "**5.** OS patches, ask @\u{200b}erin";
    let items = ["1 carla", "2 github:dan", "3 github:dan", "4 github:dan"];
    let open = format!("- [ ] {patches} — @carla");
    let tasks = [carla, &dan[0], &dan[1], &dan[2], &open];
    teller
        .lists(
            &[&items[..], &["5"]].concat(),
            "is **in progress**: Tue 8 Dec 2026 14:00–16:00 UTC; 3 of 4 items done",
            &tasks,
        )
        .await;

    hub.at("2026-12-08 15:10").await;
    hub.bot.say_as(Role::Engineer, "bea", "/maintenance done MW-1 5").await;
    hub.settle().await;
    let by_bea = format!("- [x] {patches} — done by bea, Tue 8 Dec 2026 15:10 UTC");
    let tasks = [carla, &dan[0], &dan[1], &dan[2], &by_bea];
    teller
        .lists(
            &[&items[..], &["5 bea"]].concat(),
            "is **verifying**: Tue 8 Dec 2026 14:00–16:00 UTC; 4 of 4 items done",
            &tasks,
        )
        .await;
    let closed = hub.list("MW-1");
    assert_eq!((closed.open, closed.state_reason.as_deref()), (false, Some("completed")));
    assert_eq!(hub.bot.window(1).await.state, State::Verifying);
    let asked = hub.bot.texts("ops").await.pop().expect("ops are asked");
    assert!(asked.contains("anna, please check that everything works"), "{asked}");
    assert!(asked.contains("/maintenance complete MW-1"), "{asked}");
}

/// The point of contact completes it where the list is.
async fn completed_with_a_summary(teller: &Teller<'_>) {
    let hub = teller.hub;
    let list = hub.list("MW-1").number;
    hub.at("2026-12-08 15:30").await;
    let typed = "/maintenance complete note:\"Nobody noticed anything\" downtime:12m";
    let comment = hub.fake.comment("anna", CRM, list, typed);
    teller.heard().await;
    assert_eq!(teller.reactions(comment), ours("rocket"));
    assert_eq!(hub.bot.page().await, ["MW-1 completed: Tue 8 Dec 2026 14:00–16:00 UTC"]);
    let closed = hub.list("MW-1");
    assert_eq!((closed.open, closed.state_reason.as_deref()), (false, Some("completed")));
    let summary = "> **MW-1 completed: success.** Reported by anna, Tue 8 Dec 2026 15:30 UTC. Real downtime: 12m. Nobody \
                   noticed anything";
    assert!(closed.body.contains(summary), "{}", closed.body);
    let completed = teller.marked(list, "<!-- maintbot:MW-1 completed -->");
    assert_eq!(completed.len(), 1);
    for said in ["Completed: Upgrade of the CRM", "The real downtime was 12m; expected: up to 15m.", "Nobody noticed"] {
        assert!(completed[0].contains(said), "{said} is not in\n{}", completed[0]);
    }
}

/// Nothing is doubled, also when everything is heard once more.
async fn everything_was_said_once(teller: &Teller<'_>, form: u64) {
    let hub = teller.hub;
    let list = hub.list("MW-1").number;
    for webhook in hub.fake.webhooks() {
        assert!((200..300).contains(&post(hub.inbound().clone(), webhook).await));
    }
    hub.at("2026-12-09 00:00").await;
    teller.heard().await;
    teller.heard().await;

    let title = "Upgrade of the CRM";
    let told = [
        format!("2026-12-06 14:00 Planned maintenance: {title}"),
        format!("2026-12-07 14:00 Reminder: {title}"),
        format!("2026-12-08 14:00 Started: {title}"),
        format!("2026-12-08 15:30 Completed: {title}"),
    ];
    assert_eq!(hub.bot.timeline("maintenance").await, told);
    assert_timeline(
        &hub.bot.timeline("ops").await,
        &[
            "2026-12-02 09:30 carla: you have work in MW-1 Upgrade of the CRM",
            "2026-12-07 14:00 Change list for Upgrade of the CRM (MW-1), 4 items",
            "2026-12-08 13:45 MW-1 Upgrade of the CRM starts in 15m",
            "2026-12-08 15:10 MW-1 Upgrade of the CRM: every change item is reported done",
        ],
    );
    // The request hears what everybody hears.
    let messages = told.iter().map(|line| line["2026-12-06 14:00 ".len()..].to_owned());
    let request = ["✅ MW-1 “Upgrade of the CRM” is scheduled".to_owned()].into_iter().chain(messages);
    assert_eq!(heads(hub, form), request.collect::<Vec<_>>());

    for marker in ["MW-1 status", "MW-1 started", "MW-1 completed"] {
        assert_eq!(teller.marked(list, &format!("<!-- maintbot:{marker} -->")).len(), 1, "{marker}");
    }
    let commands = hub.fake.comments(CRM, list).into_iter().filter(|comment| !comment.author.ends_with("[bot]"));
    let commands: Vec<u64> = commands.map(|comment| comment.id).collect();
    assert_eq!(commands.len(), 3, "ben, dan, anna");
    for id in commands {
        assert_eq!(teller.marked(list, &format!("<!-- maintbot:reply {CRM}/comment/{id} -->")).len(), 1);
    }
    assert_eq!(hub.said(list).len(), 6, "living, start, completion, three replies");
    let made = |end: &str| {
        let requests = hub.fake.requests().into_iter();
        requests
            .filter(|one| one.method == "POST" && one.target.ends_with(end))
            .map(|one| one.status)
            .collect::<Vec<_>>()
    };
    assert_eq!(made("/issues"), [Some(201)]);
    assert_eq!(made("/comments"), [Some(201); 11], "six in the list, five in the request");
    assert_eq!(hub.fake.issues(CRM).len(), 2);
}

const BEGINS: &str = "2026-12-01 09:00";

#[tokio::test]
async fn from_the_request_to_the_summary_with_webhooks() {
    story(Hears::Webhooks, CONFIG, BEGINS, async |hub| tell(hub, Hears::Webhooks).await).await;
}

#[tokio::test]
async fn from_the_request_to_the_summary_with_polling_alone() {
    story(Hears::Polling, CONFIG, BEGINS, async |hub| tell(hub, Hears::Polling).await).await;
}

#[tokio::test]
async fn from_the_request_to_the_summary_on_postgresql() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = postgres::database().await.as_str().to_owned();
    let hub = Hub::start_on(folder, url, Hears::Polling, CONFIG, BEGINS).await;
    tell(&hub, Hears::Polling).await;
    hub.close().await;
}

#[tokio::test]
async fn an_issue_in_which_a_window_was_scheduled_hears_of_it() {
    story(Hears::Webhooks, CONFIG, BEGINS, async |hub| {
        let asked = hub.fake.open_issue("frank", CRM, "The CRM is slow", "Can somebody look at it?");
        let typed =
            "/maintenance schedule \"New disks\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"Disks\"";
        hub.fake.comment("ben", CRM, asked, typed);
        hub.settle().await;
        hub.at("2026-12-06 14:00").await;
        let ledger = hub.bot.rows(1, "announcement").await;
        assert_eq!(ledger, ["0 2d builtin:maintenance sent", "0 2d github:example/crm#1 sent"]);
        let scheduled = "✅ MW-1 “New disks” is scheduled";
        assert_eq!(heads(hub, asked), [scheduled, "Planned maintenance: New disks"]);
        let announced = hub.said(asked).pop().expect("the announcement");
        assert!(announced.contains("Tue 8 Dec 2026 14:00–16:00 UTC"), "{announced}");

        hub.at("2026-12-06 18:00").await;
        hub.bot
            .say("ben", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\" reason:\"No disks yet\"")
            .await;
        hub.settle().await;
        assert_eq!(heads(hub, asked), [scheduled, "Planned maintenance: New disks", "Moved: New disks"]);
        let announced = &hub.said(asked)[1];
        assert!(announced.contains("Wed 9 Dec 2026 14:00–16:00 UTC"), "{announced}");
        assert!(!announced.contains("Tue 8 Dec 2026"), "{announced}");
        assert!(announced.ends_with("Updated: MW-1 is now scheduled, Wed 9 Dec 2026 14:00–16:00 UTC."), "{announced}");

        hub.at("2026-12-09 14:00").await;
        hub.bot.say("ben", "/maintenance done MW-1 1").await;
        hub.bot.say("anna", "/maintenance complete MW-1").await;
        hub.settle().await;
        let all = ["Planned maintenance", "Moved", "Reminder", "Started", "Completed"];
        let all = all.map(|head| format!("{head}: New disks"));
        assert_eq!(heads(hub, asked)[1..], all);
        for earlier in &hub.said(asked)[1..5] {
            let news = "Updated: MW-1 is now completed, Wed 9 Dec 2026 14:00–16:00 UTC.";
            assert!(earlier.ends_with(news), "{earlier}");
        }
        // The change list has its own comments and none of these.
        let list = hub.list("MW-1").number;
        let heads = heads(hub, list);
        assert_eq!(heads.len(), 3, "living, start, completion: {heads:?}");
    })
    .await;
}
