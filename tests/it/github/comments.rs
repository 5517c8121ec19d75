//! Commands in comments: which lines are one, who they come from, and how they are answered.

use super::lists::planned;
use super::{CRM, Hears, Hub, post, story};
use crate::fake::github::state::Comment;

const AT: &str = "2026-12-01 09:00";

/// Comments of maintbot that answer commands, whole.
fn replies(hub: &Hub, number: u64) -> Vec<Comment> {
    let comments = hub.fake.comments(CRM, number).into_iter();
    comments.filter(|comment| comment.body.contains("<!-- maintbot:reply ")).collect()
}

/// How somebody's comment stands: the reactions of maintbot.
fn reactions(hub: &Hub, comment: u64) -> Vec<String> {
    hub.fake.reactions(comment).into_iter().map(|(_, content)| content).collect()
}

/// An issue in which people talk.
fn talk(hub: &Hub) -> u64 {
    hub.fake.open_issue("anna", CRM, "Talk", "About this and that.")
}

/// maintbot neither answered nor reacted.
fn is_ignored(hub: &Hub, number: u64, comment: u64) {
    let ours = hub.fake.comments(CRM, number).into_iter().filter(|comment| comment.author == "maintbot[bot]");
    assert_eq!(ours.map(|comment| comment.body).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(reactions(hub, comment), [""; 0]);
}

#[tokio::test]
async fn several_commands_are_answered_in_one_reply_after_eyes_with_a_rocket() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        let text = "Both went well:\n\n/maintenance done 1\n- /maintenance done 2\n\nNice!";
        let comment = hub.fake.comment("carla", CRM, list.number, text);
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:carla", "2 github:carla"]);
        let replies = replies(hub, list.number);
        assert_eq!(replies.len(), 1);
        for line in ["`/maintenance done 1`", "`/maintenance done 2`"] {
            assert!(replies[0].body.contains(line), "{}", replies[0].body);
        }
        assert_eq!(reactions(hub, comment), ["rocket"]);
        let reacted = hub.fake.requests().into_iter().filter(|request| request.target.ends_with("/reactions"));
        let order: Vec<String> = reacted.filter_map(|r| r.body["content"].as_str().map(str::to_owned)).collect();
        assert_eq!(order, ["eyes", "rocket"]);
    })
    .await;
}

#[tokio::test]
async fn code_quotes_html_comments_and_other_words_are_no_commands() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let number = talk(hub);
        for text in [
            "```\n/maintenance list\n```",
            "    /maintenance list",
            "> /maintenance list\nand so on",
            "<!-- /maintenance list -->",
            "<!--\n/maintenance list\n-->",
            "`/maintenance list`",
            "Type /maintenance list to see it",
            "/maintenances list",
            "@maintbots list",
            "~~/maintenance list~~",
        ] {
            let comment = hub.fake.comment("anna", CRM, number, text);
            hub.settle().await;
            is_ignored(hub, number, comment);
        }
    })
    .await;
}

#[tokio::test]
async fn the_app_is_called_by_its_name_as_well() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let number = talk(hub);
        hub.fake.comment(
            "ben",
            CRM,
            number,
            "@MaintBot schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\"",
        );
        hub.settle().await;
        assert_eq!(hub.bot.window(1).await.requester, "github:ben");
        assert_eq!(replies(hub, number).len(), 1);
        assert!(replies(hub, number)[0].body.contains("MW-1"));
    })
    .await;
}

#[tokio::test]
async fn of_an_edited_comment_only_new_lines_are_run_for_whoever_edited_it() {
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, "", AT, async |hub| {
            let list = planned(hub, &["Jira", "Disks"]).await;
            let hear = async || if hears == Hears::Polling { hub.look().await } else { hub.settle().await };
            hub.at("2026-12-01 09:01").await;
            let comment = hub.fake.comment("ben", CRM, list.number, "/maintenance done MW-1 1");
            hear().await;
            hub.bot.say("anna", "/maintenance undo MW-1 1").await;
            hub.at("2026-12-01 09:02").await;
            hub.fake.edit_comment("ben", comment, "/maintenance done MW-1 1\n/maintenance done MW-1 2");
            hear().await;
            assert_eq!(hub.bot.items(1).await, ["1", "2 github:ben"], "what was run is not run again");
            let all = replies(hub, list.number);
            assert_eq!(all.len(), 1, "the answer is edited");
            assert!(all[0].body.contains("done MW-1 1`") && all[0].body.contains("done MW-1 2`"), "{}", all[0].body);
            assert_eq!(reactions(hub, comment), ["rocket"]);
        })
        .await;
    }
}

#[tokio::test]
async fn an_edit_has_the_rights_of_the_editor_and_not_those_of_the_author() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        let anna = hub.fake.comment("anna", CRM, list.number, "/maintenance done 1");
        hub.settle().await;
        hub.fake.edit_comment("frank", anna, "/maintenance done 1\n/maintenance done 2");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:anna", "2"]);
        assert_eq!(reactions(hub, anna), ["confused"]);
        let frank = hub.fake.comment("frank", CRM, list.number, "/maintenance edit title:\"Mine\"");
        hub.settle().await;
        assert_eq!(hub.bot.window(1).await.title, "Upgrade");
        hub.fake.edit_comment("ben", frank, "/maintenance edit title:\"Ours\"");
        hub.settle().await;
        assert_eq!(hub.bot.window(1).await.title, "Ours");
        assert_eq!(replies(hub, list.number).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_reader_s_command_is_refused_with_the_role_that_it_needs() {
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, "", AT, async |hub| {
            let list = planned(hub, &["Jira"]).await;
            hub.at("2026-12-01 09:01").await;
            let comment = hub.fake.comment("frank", CRM, list.number, "/maintenance done 1");
            let shown = hub.fake.comment("frank", CRM, list.number, "/maintenance show");
            if hears == Hears::Polling {
                hub.look().await;
            } else {
                hub.settle().await;
            }
            assert_eq!(hub.bot.items(1).await, ["1"]);
            let said = replies(hub, list.number);
            assert_eq!(said.len(), 2);
            let refusal = said.iter().find(|reply| reply.body.contains("⚠")).expect("a refusal");
            assert!(refusal.body.contains("engineer") && refusal.body.contains("`triage`"), "{}", refusal.body);
            assert_eq!(reactions(hub, comment), ["confused"]);
            assert_eq!(reactions(hub, shown), ["rocket"]);
        })
        .await;
    }
}

#[tokio::test]
async fn programs_and_maintbot_itself_are_ignored() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let number = talk(hub);
        let bot = hub.fake.comment_as_bot("dependabot[bot]", CRM, number, "/maintenance list");
        let copied = "/maintenance list\n<!-- maintbot:reply example/crm/comment/1 -->";
        let copy = hub.fake.comment("anna", CRM, number, copied);
        let person = hub.fake.comment("anna", CRM, number, "Nothing to do.");
        hub.settle().await;
        hub.fake.edit_comment("dependabot[bot]", person, "/maintenance list");
        hub.settle().await;
        for comment in [bot, copy, person] {
            is_ignored(hub, number, comment);
        }
    })
    .await;
}

#[tokio::test]
async fn heard_by_webhook_and_by_polling_or_twice_a_comment_is_run_once() {
    story(Hears::Polling, "", AT, async |hub| {
        hub.listen();
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.at("2026-12-01 09:01").await;
        let comment = hub.fake.comment("carla", CRM, list.number, "/maintenance change add \"Cake\"");
        hub.look().await;
        let webhooks = hub.fake.webhooks();
        let told = webhooks.into_iter().find(|webhook| {
            webhook.event == "issue_comment" && String::from_utf8_lossy(&webhook.body).contains("Cake")
        });
        let told = told.expect("it was told");
        // GitHub sends it again, under the same id and under another.
        assert_eq!(post(hub.inbound().clone(), told.clone()).await, 200);
        let mut other = told;
        for (name, value) in &mut other.headers {
            if *name == "x-github-delivery" {
                "another-id".clone_into(value);
            }
        }
        assert_eq!(post(hub.inbound().clone(), other).await, 202);
        hub.look().await;
        assert_eq!(hub.bot.items(1).await, ["1", "2", "3"]);
        assert_eq!(replies(hub, list.number).len(), 1);
        assert_eq!(reactions(hub, comment), ["rocket"]);
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_somebody_deleted_is_written_again_when_there_is_more_to_say() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        let comment = hub.fake.comment("ben", CRM, list.number, "/maintenance done 1");
        hub.settle().await;
        hub.fake.delete_comment("anna", replies(hub, list.number)[0].id);
        hub.settle().await;
        assert_eq!(replies(hub, list.number).len(), 0, "it is not forced on anybody");
        hub.fake.edit_comment("ben", comment, "/maintenance done 1\n/maintenance done 2");
        hub.settle().await;
        let said = replies(hub, list.number);
        assert!(said.len() == 1 && said[0].body.contains("done 1`") && said[0].body.contains("done 2`"), "{said:?}");
        assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2 github:ben"]);
    })
    .await;
}

#[tokio::test]
async fn commands_work_in_pull_requests_and_in_the_text_of_an_issue() {
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, "", AT, async |hub| {
            planned(hub, &["Jira", "Disks"]).await;
            hub.at("2026-12-01 09:01").await;
            let pull = hub.fake.open_pull_request("ben", CRM, "Upgrade Jira");
            let comment = hub.fake.comment("ben", CRM, pull, "/maintenance done MW-1 1");
            let issue = hub.fake.open_issue("eve", CRM, "Disks are in", "Finally.\n\n/maintenance done MW-1 2");
            if hears == Hears::Polling {
                hub.look().await;
            } else {
                hub.settle().await;
            }
            assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2 github:eve"]);
            assert_eq!((replies(hub, pull).len(), replies(hub, issue).len()), (1, 1));
            assert_eq!(reactions(hub, comment), ["rocket"]);
            let reacted = hub.fake.reactions_to_issue(CRM, issue);
            assert_eq!(reacted, [("maintbot[bot]".to_owned(), "rocket".to_owned())]);
        })
        .await;
    }
}

#[tokio::test]
async fn a_repository_that_is_not_in_the_configuration_is_not_listened_to() {
    story(Hears::Webhooks, "", AT, async |hub| {
        planned(hub, &["Jira"]).await;
        // The App is installed there too, and anna holds every right in it.
        hub.fake.repository("example/other").person("mallory", "admin");
        let number = hub.fake.open_issue("mallory", "example/other", "Mine", "/maintenance cancel MW-1");
        hub.fake.comment("mallory", "example/other", number, "/maintenance cancel MW-1");
        hub.settle().await;
        assert_eq!(hub.bot.window(1).await.state.to_string(), "scheduled");
        assert_eq!(hub.fake.comments("example/other", number).len(), 1);
        let asked = hub.fake.requests().into_iter().filter(|request| request.target.contains("example/other"));
        assert_eq!(asked.map(|request| request.target).collect::<Vec<_>>(), [""; 0]);
    })
    .await;
}

const ROLES: &str = r#"
[roles]
engineer = ["github:example/on-call"]
scheduler = ["github:dan"]
admin = ["anna"]

[people.anna]
github = "Anna-Example"
"#;

#[tokio::test]
async fn roles_written_down_go_by_login_and_team_and_never_by_a_name_that_looks_alike() {
    story(Hears::Webhooks, ROLES, AT, async |hub| {
        hub.fake.team("example", "on-call", &["frank"]);
        hub.fake.repository(CRM).person("anna-example", "read");
        let list = planned(hub, &["Jira", "Disks", "Mail"]).await;
        // Of the team, whatever the permission in the repository.
        hub.fake.comment("frank", CRM, list.number, "/maintenance done 1");
        // Neither of these is written down, though one may write and one has the login that is anna's id.
        let ben = hub.fake.comment("ben", CRM, list.number, "/maintenance done 2");
        let stranger = hub.fake.comment("anna", CRM, list.number, "/maintenance done 2");
        hub.fake.comment("dan", CRM, list.number, "/maintenance edit title:\"By dan\"");
        hub.fake.comment("anna-example", CRM, list.number, "/maintenance done 3");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:frank", "2", "3 anna"]);
        assert_eq!(hub.bot.window(1).await.title, "By dan");
        assert_eq!((reactions(hub, ben), reactions(hub, stranger)), (vec!["confused".into()], vec!["confused".into()]));
        hub.fake.tick("anna", CRM, list.number, "Disks");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:frank", "2", "3 anna"]);
    })
    .await;
}

#[tokio::test]
async fn a_point_of_contact_is_a_login_on_github_and_may_do_what_engineers_may() {
    let more = "[people.francis]\ngithub = \"frank\"\n";
    story(Hears::Webhooks, more, AT, async |hub| {
        let number = talk(hub);
        hub.fake.repository(CRM).person("gina", "read").person("francis", "read");
        for (login, day) in [("frank", 8), ("gina", 9)] {
            let line = format!(
                "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-0{day} 14:00-16:00\" poc:@{login} item:\"Jira\""
            );
            hub.fake.comment("ben", CRM, number, &line);
            hub.settle().await;
        }
        assert_eq!(hub.bot.window(1).await.poc.as_deref(), Some("francis"), "the person with that login");
        assert_eq!(hub.list("MW-1").assignees, ["frank"]);
        assert_eq!(hub.list("MW-2").assignees, ["gina"]);
        // Somebody whose login is the id of that person.
        hub.fake.comment("francis", CRM, number, "/maintenance done MW-1 1");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1"]);
        hub.fake.comment("frank", CRM, number, "/maintenance done MW-1 1");
        hub.fake.comment("gina", CRM, number, "/maintenance done MW-2 1");
        hub.fake.comment("gina", CRM, number, "/maintenance done MW-1 1");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 francis"]);
        assert_eq!(hub.bot.items(2).await, ["1 github:gina"]);
    })
    .await;
}
