//! What only staff may read: customers with their contacts and the rollback plan.

use maintbot::domain::ledger::MessageKind;
use maintbot::domain::notice::OPS;
use maintbot::domain::window::Window;
use maintbot::message::audience::messages;
use maintbot::message::topic::Topic;

use super::{Ask, items, window};

/// Two customers, one of them in a region that the window does not touch, and audiences that are staff and not.
pub const CONFIG: &str = r#"
[server]
public_url = "https://maintenance.example.com"

[organisation]
name = "Example"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]

[[region]]
id = "eu"
name = "Europe"

[[region]]
id = "apac"
name = "Asia-Pacific"

[[service]]
id = "jira"
name = "Jira"
regions = ["eu", "apac"]

[[audience]]
name = "public"
channels = ["builtin:news"]

[[audience]]
name = "customer-engineers"
channels = ["builtin:ce"]
internal = true

[[customer]]
id = "ACME"
name = "Acme Corp"
regions = ["eu"]
owner = "sam"
contacts = ["ops@acme.example", "+358 9 123"]

[[customer]]
id = "GLOBEX"
name = "Globex"
owner = "sam"

[[customer]]
id = "HOOLI"
name = "Hooli"
regions = ["apac"]
owner = "lee"

[[customer]]
id = "UMBRELLA"
name = "Umbrella"
regions = ["eu"]
owner = "lee"
"#;

fn with_rollback() -> Window {
    Window { rollback: "Restore the snapshot, 10 minutes.".into(), ..window() }
}

#[test]
fn the_announcement_to_staff_names_customers_and_rollback() {
    let ask = Ask::new(MessageKind::Announcement, "2026-11-24 12:00").to("customer-engineers").under(CONFIG);
    insta::assert_snapshot!(ask.told(&Topic::window(with_rollback(), items())), @r"
    Planned maintenance: Jira 10.3 upgrade

    Jira is unavailable for a while.

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira
    Regions:           Europe
    Expected downtime: up to 15m inside a 2h window
    Contact:           mikko
    Customers:         Acme Corp (owner sam; ops@acme.example; +358 9 123), Globex (owner sam), Umbrella (owner lee)
    Rollback:          Restore the snapshot, 10 minutes.
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1
    ");
}

#[test]
fn no_message_to_the_public_names_customers_contacts_or_rollback() {
    for message in messages().into_iter().filter(|message| message.is_for_audiences()) {
        // An audience that is no longer configured is no staff; nor is a person whom a preview is shown to.
        for audience in ["public", "gone", "@mikko"] {
            let ask = Ask::new(message, "2026-12-08 12:30").to(audience).under(CONFIG);
            let text = ask.told(&Topic::window(with_rollback(), items()));
            for secret in ["Acme", "acme", "Umbrella", "Restore", "Rollback", "Customers"] {
                assert!(!text.contains(secret), "{message} to {audience} says {secret}:\n{text}");
            }
        }
    }
}

#[test]
fn ops_read_customers_and_rollback_in_whatever_reaches_them() {
    for message in [MessageKind::ChangeList, MessageKind::Note, MessageKind::Overrun, MessageKind::Starting] {
        let ask = Ask::new(message, "2026-12-08 12:30").to(OPS).under(CONFIG);
        let text = ask.told(&Topic::window(with_rollback(), items()));
        assert!(
            text.contains("Acme Corp (owner sam; ops@acme.example") && text.contains("Restore"),
            "{message}: {text}"
        );
    }
}
