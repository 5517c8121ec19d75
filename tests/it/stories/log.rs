//! Audiences and ops that read in maintbot's own log.

use crate::bot::story;
use crate::log::Log;

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["log:ops"]

[policy.scheduled]
announce = "7d"
remind = ["1d"]
change_list = "3d"

[[audience]]
name = "auditors"
channels = ["log:audit"]
"#;

/// The kinds of the messages that were said in a channel, in order: what follows its name in the log.
fn said(log: &str, channel: &str) -> Vec<String> {
    let name = format!(" channel=\"{channel}\" kind=");
    log.split(&name).skip(1).map(|rest| rest.split(' ').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn what_is_said_in_a_log_channel_is_a_line_of_the_log_once_and_recorded_as_sent() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        let log = Log::start();
        let line = "schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"Patch\"";
        bot.say("anna", &format!("/maintenance {line}")).await;
        bot.at("2026-12-06 14:00").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-08 15:00-17:00\"").await;
        bot.at("2026-12-08 15:10").await;
        bot.say("anna", "/maintenance note MW-1 \"Half way\"").await;
        bot.say("anna", "/maintenance done MW-1 1").await;
        bot.say("anna", "/maintenance complete MW-1 note:\"All well\"").await;

        let text = log.text();
        assert_eq!(
            said(&text, "audit"),
            ["announcement", "moved", "reminder", "started", "note", "completed"],
            "{text}"
        );
        assert!(said(&text, "ops").contains(&"change_list".to_owned()), "{text}");
        for once in ["Half way", "All well"] {
            assert!(text.contains(once), "{once} in {text}");
        }
        for (message, row) in [("announcement", "0 7d"), ("moved", "1"), ("reminder", "1 1d"), ("completed", "1")] {
            let rows = bot.rows(1, message).await;
            let sent: Vec<&String> = rows.iter().filter(|row| row.contains(" sent")).collect();
            assert_eq!(sent, [&format!("{row} log:audit sent")], "{message}: {rows:?}");
        }
    })
    .await;
}
