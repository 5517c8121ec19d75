//! Digests in a repository: one issue, with each digest after the first as a comment.

use super::{CRM, Hears, story};

#[tokio::test]
async fn a_repository_gets_one_issue_and_later_digests_as_its_comments() {
    let more = format!("[digest]\ncron = \"0 9 * * Mon\"\nchannels = [\"github:{CRM}\"]\n");
    story(Hears::Webhooks, &more, "2026-12-08 09:00", async |hub| {
        hub.bot.say("anna", "schedule \"Cables\" service:net when:\"2026-12-30 10:00-11:00 UTC\" poc:@ben").await;
        hub.bot.at("2026-12-14 09:00").await;
        let digests = || -> Vec<_> {
            let issues = hub.fake.issues(CRM).into_iter();
            issues.filter(|issue| issue.title.starts_with("Maintenance at Example")).collect()
        };
        assert_eq!(digests().len(), 1);
        assert!(digests()[0].body.contains("Nothing is planned until"), "{}", digests()[0].body);
        hub.bot.at("2026-12-28 09:00").await;
        let [issue] = digests().try_into().unwrap_or_else(|many| panic!("one issue: {many:#?}"));
        let comments: Vec<String> = issue.comments.iter().map(|comment| comment.body.clone()).collect();
        assert_eq!(comments.len(), 2, "{comments:#?}");
        assert!(comments[1].contains("MW-1: Cables"), "{}", comments[1]);
    })
    .await;
}
