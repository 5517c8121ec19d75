//! A receiver that says that it is gone gets nothing more, until somebody says otherwise.

use maintbot::domain::ledger::DeliveryState;

use super::{DISKS, Hub};
use crate::fake::webhook::Answer;
use crate::process::maintbot;

fn cables() -> String {
    DISKS.replace("Disks", "Cables").replace("01-10", "01-12")
}

impl Hub {
    /// Somebody types `maintbot` with these words where it runs: how it ended, and what it said.
    fn types(&self, words: &str) -> (Option<i32>, String) {
        let file = self.folder.path().join("maintbot.toml");
        let config = format!("{}\n[database]\nurl = \"{}\"\n", self.config, self.url);
        std::fs::write(&file, config).expect("written");
        let output = maintbot(self.folder.path()).args(words.split(' ')).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), said.trim().to_owned())
    }
}

/// The announcement of MW-1 was answered 410, and that of MW-2 was not tried.
async fn gone() -> Hub {
    let hub = Hub::start().await;
    hub.receiver.once(Answer::status(410));
    hub.bot.say("anna", DISKS).await;
    hub.bot.say("anna", &cables()).await;
    hub.bot.at("2026-12-09 09:00").await;
    hub
}

#[tokio::test]
async fn after_410_nothing_more_is_sent_and_ops_are_told_once() {
    let hub = gone().await;
    assert_eq!(hub.receiver.received().len(), 1);
    let row = hub.announcement(1, "crm").await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Dead, 1));
    assert_eq!(hub.rows(2, "crm").await, ["announcement skipped no_recipient"]);
    let told = hub.bot.texts("ops").await;
    let told: Vec<_> = told.iter().filter(|text| text.contains("webhook:crm")).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    let replica = hub.replica().await;
    replica.say("anna", &DISKS.replace("Disks", "Racks").replace("01-10", "01-14")).await;
    assert_eq!(hub.receiver.received().len(), 1, "nor does another process send anything");
}

/// The words of the post, and that its line works.
#[tokio::test]
async fn ops_read_which_webhook_is_gone_and_why_and_copy_the_line_that_enables_it() {
    let hub = gone().await;
    let told = hub.bot.texts("ops").await;
    let told = told.iter().find(|text| text.contains("webhook:crm")).expect("ops are told");
    assert_eq!(
        told,
        "MW-1 Disks: the announcement could not be delivered to webhook:crm

Reason: it answered 410 Gone, and gets nothing more before its `url` in [[webhook]] is another or it is enabled again

Once it takes messages again, this in a terminal lets it have them:

    maintbot webhook enable crm

Please tell its readers yourself. What was sent, and what was not:

    /maintenance reminders MW-1"
    );
    let line = told.lines().find_map(|line| line.strip_prefix("    maintbot ")).expect("a line to copy");
    assert_eq!(hub.types(line), (Some(0), "The webhook crm gets messages again.".into()));
    hub.bot.say("anna", "/maintenance note MW-1 \"For everybody\"").await;
    assert_eq!(hub.receiver.kinds(), ["announcement", "note"]);
}

/// Ops themselves may read by the webhook that is gone: they are told in the console, each time, how it is enabled.
#[tokio::test]
async fn ops_whose_own_webhook_is_gone_are_told_in_the_console() {
    let mut hub = Hub::start().await;
    hub.restart_with(|config| config.replace("builtin:ops", "webhook:crm")).await;
    hub.receiver.once(Answer::status(410));
    hub.bot.say("anna", "/maintenance schedule \"Disks\" service:disks when:\"2027-01-10 10:00-11:00 UTC\"").await;
    assert_eq!(hub.receiver.received().len(), 1);
    let told = hub.bot.texts("ops").await;
    assert_eq!(told.len(), 2, "the announcement, and that nobody owns the window: {told:#?}");
    assert!(told.iter().all(|text| text.contains("\n    maintbot webhook enable crm\n")), "{told:#?}");
}

#[tokio::test]
async fn another_address_under_the_same_name_gets_messages() {
    let mut hub = gone().await;
    hub.restart_with(|config| config.replace("/crm?", "/new?")).await;
    hub.bot.say("anna", "/maintenance note MW-2 \"For everybody\"").await;
    let received = hub.receiver.received();
    assert_eq!(received.last().map(|one| (one.path.as_str(), one.kind())), Some(("/new?token=hunter2", "note".into())));
    hub.restart_with(|config| config.replace("/new?", "/crm?")).await;
    hub.bot.say("anna", "/maintenance note MW-2 \"Once more\"").await;
    assert_eq!(hub.receiver.received().len(), received.len(), "the old address is as gone as it was");
}

#[tokio::test]
async fn enabled_from_the_terminal_it_gets_messages_again() {
    let hub = gone().await;
    let enable = |name: &str| hub.types(&format!("webhook enable {name}"));
    let (code, said) = enable("wiki");
    assert!(code == Some(1) && said.contains("there is no [[webhook]] `wiki`; there are: crm"), "{said}");
    assert_eq!(enable("crm"), (Some(0), "The webhook crm gets messages again.".into()));
    assert_eq!(enable("crm"), (Some(0), "The webhook crm was not disabled.".into()));
    hub.bot.say("anna", "/maintenance note MW-2 \"For everybody\"").await;
    assert_eq!(hub.receiver.kinds(), ["announcement", "note"]);
}
