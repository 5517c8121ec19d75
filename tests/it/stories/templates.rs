//! Audiences in languages and styles of their own, from the files to the posts.

use crate::bot::story;

fn config() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/templates");
    format!(
        r#"
[templates]
folder = "{folder}"

[organisation]
time_zone = "Europe/Berlin"

[[audience]]
name = "kunden"
channels = ["builtin:kunden"]
language = "de"

[[audience]]
name = "staff"
channels = ["builtin:staff", "builtin:more"]
internal = true
"#
    )
}

const SCHEDULE: &str = r#"/maintenance schedule "CRM upgrade" service:crm when:"2027-04-18 16:00-20:00" downtime:15m poc:@anna rollback:"snapshot""#;

#[tokio::test(flavor = "multi_thread")]
async fn each_audience_reads_its_own_language_through_the_life_of_a_window() {
    story(&config(), "2027-04-02 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2027-04-04 15:00").await;
        bot.say("anna", r#"/maintenance reschedule MW-1 when:"2027-04-25 16:00-20:00" reason:"Lieferverzug""#).await;
        bot.at("2027-04-25 14:00").await;
        bot.say("anna", "/maintenance extend MW-1 30m reason:Index").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        let headings = |lines: Vec<String>| -> Vec<String> { lines.iter().map(|line| line[17..].to_owned()).collect() };
        assert_eq!(
            headings(bot.timeline("kunden").await),
            [
                "Geplante Wartung: CRM upgrade",
                "Verschoben: CRM upgrade",
                "Erinnerung: CRM upgrade",
                "Erinnerung: CRM upgrade",
                "Erinnerung: CRM upgrade",
                "Begonnen: CRM upgrade",
                "Verlängert um 30 min: CRM upgrade",
                "Abgeschlossen: CRM upgrade",
            ]
        );
        let texts = bot.texts("kunden").await;
        assert!(
            texts[1]
                .contains("Der bisherige Termin war So 18. April 2027, 16:00–20:00 Europe/Berlin (14:00–18:00 UTC)."),
            "{}",
            texts[1]
        );
        assert!(texts[1].contains("Grund: Lieferverzug"), "{}", texts[1]);
        // The announcement was brought in step in its own language.
        assert!(texts[0].contains("Aktualisiert: MW-1 ist jetzt abgeschlossen"), "{}", texts[0]);
        assert!(texts.iter().all(|text| !text.contains("snapshot")), "customers do not read the rollback plan");
        let staff = bot.texts("staff").await;
        assert_eq!(staff.len(), texts.len());
        assert!(
            staff[0].starts_with("Planned maintenance: CRM upgrade") && staff[0].contains("Rollback"),
            "{}",
            staff[0]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_what_each_audience_would_read() {
    story(&config(), "2027-04-02 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        let reply = bot.say("anna", "/maintenance preview MW-1 reminder").await;
        let readers: Vec<&str> = reply.previews.iter().map(|view| view.readers.as_str()).collect();
        assert_eq!(readers, ["builtin:kunden", "builtin:staff, builtin:more"]);
        assert!(reply.previews[0].shown.starts_with("Erinnerung: CRM upgrade"), "{}", reply.previews[0].shown);
        let text = reply.message.plain();
        assert!(text.contains("to builtin:kunden:") && text.contains("Reminder: CRM upgrade"), "{text}");

        let reply = bot.say("anna", "/maintenance preview MW-1 completed audience:kunden surface:discord").await;
        assert_eq!(reply.previews.len(), 1);
        let json: serde_json::Value = serde_json::from_str(&reply.previews[0].shown).expect("what Discord is sent");
        assert_eq!(json["embeds"][0]["title"], "Abgeschlossen: CRM upgrade");
        assert!(reply.message.plain().contains("\"embeds\""));

        let refused = bot.refused("anna", "/maintenance preview MW-1 reminder audience:kunde").await;
        assert!(
            refused.detail.contains("There is no audience `kunde`; these are: kunden, staff."),
            "{}",
            refused.detail
        );
        assert_eq!(refused.hint.as_deref(), Some("/maintenance preview MW-1 reminder audience:kunden"));
        bot.refused("anna", "/maintenance preview MW-1 reminder surface:fax").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_first_approval_can_be_previewed() {
    let config = config() + "\n[policy.scheduled]\napproval = [\"always\"]\n";
    story(&config, "2027-04-02 09:00", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} reason:\"it is time\"")).await;
        let reply = bot.say("anna", "/maintenance preview MW-1 announcement audience:kunden").await;
        assert!(reply.previews[0].shown.starts_with("Geplante Wartung: CRM upgrade"), "{}", reply.previews[0].shown);
    })
    .await;
}
