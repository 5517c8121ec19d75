//! Pages for staff and the planning part of the console.

use axum::http::StatusCode;

use super::{Answer, FINE, ORGANISATION, SHORT, Site};

/// The commands of the forms on a page.
fn commands(page: &Answer) -> Vec<String> {
    let text = page.text();
    let values = text.split("name=\"text\" value=\"").skip(1);
    values.map(|rest| rest.split("\"><input").next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn who_waits_for_approval_has_a_box_with_findings_and_both_commands() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(SHORT).await;
    for path in ["/console", "/console/windows/MW-1"] {
        let page = site.get(path).await;
        let text = page.text();
        for expected in ["waits for approval", "Waiting for approval"] {
            if text.contains(expected) {
                break;
            }
            assert_ne!(expected, "Waiting for approval", "{path}: {text}");
        }
        assert!(text.contains("It is short notice") && text.contains("needs approval"), "{path}: {text}");
        assert!(text.contains("a fix is out") && text.contains("anna"), "{path}");
        assert!(commands(&page).contains(&"/maintenance approve MW-1 sequence:0".to_owned()), "{path}: {text}");
        assert!(text.contains("/console?text=%2Fmaintenance%20reject%20MW-1"), "{path}");
    }
    let own = site.form("/console", &[("text", "/maintenance approve MW-1 sequence:0"), ("name", "anna")]).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY, "four eyes");
    let done = site.form("/console", &[("text", "/maintenance approve MW-1 sequence:0"), ("name", "bob")]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let page = site.get("/console/windows/MW-1").await.text();
    assert!(!page.contains("waits for approval") && page.contains("scheduled</span>"), "{page}");
}

#[tokio::test]
async fn every_customer_still_to_be_told_has_a_button_that_says_so() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(FINE).await;
    let page = site.get("/console/windows/MW-1").await;
    let told: Vec<String> = commands(&page).into_iter().filter(|c| c.contains("told")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(page.text().contains("Globex") && page.text().contains("nobody"));
    let done = site.form("/console", &[("text", &told[0]), ("name", "anna")]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let page = site.get("/console/windows/MW-1").await;
    assert_eq!(commands(&page).iter().filter(|c| c.contains("told")).count(), 1);
    assert!(page.text().contains("by anna,"), "{}", page.body);
    let window = site.get("/api/v1/windows/MW-1").await.json();
    assert_eq!(window["told"][0]["told_by"], "anna");
    assert_eq!(window["told"][0]["told_at"], "2026-11-20T10:00:00Z");
    assert_eq!(window["told"][1]["told_by"], serde_json::Value::Null);
}

#[tokio::test]
async fn plans_series_and_freezes_are_at_hand_with_what_can_be_done() {
    let site = Site::with(ORGANISATION, false).await;
    site.command("plan new \"Upgrade\"").await;
    site.command(&format!("{FINE} plan:PL-1")).await;
    let draft = site.get("/console").await;
    assert!(commands(&draft).contains(&"/maintenance plan publish PL-1".to_owned()), "{:?}", commands(&draft));
    site.command("plan publish PL-1").await;
    assert!(commands(&site.get("/console").await).contains(&"/maintenance hold PL-1".to_owned()));
    site.command("hold PL-1 reason:\"wait for the vendor\"").await;
    site.command("series \"Break\" service:mail every:\"second sunday of month 16:00 for 4h\" poc:@mikko").await;
    site.command("freeze add \"Quiet weeks\" from:2027-02-01 to:2027-02-14").await;
    let page = site.get("/console").await;
    for expected in [
        "held by anna: wait for the vendor",
        "second Sunday of every month",
        "Quiet weeks",
        "Mon 1 Feb 2027 to Sun 14 Feb 2027",
    ] {
        assert!(page.text().contains(expected), "{expected}");
    }
    for expected in ["/maintenance release PL-1", "/maintenance plan show PL-1", "/maintenance series show SR-1"] {
        assert!(commands(&page).contains(&expected.to_owned()), "{expected}");
    }
    assert!(page.text().contains("/console?text=%2Fmaintenance%20calendar"));
    for line in commands(&page) {
        let tried = site.form("/console", &[("text", &format!("{line} --dry-run")), ("name", "bob")]).await;
        let read = site.form("/console", &[("text", &line), ("name", "bob")]).await;
        assert!(tried.status == StatusCode::OK || read.status == StatusCode::OK, "{line}: {}", read.body);
    }
}

#[tokio::test]
async fn slots_are_listed_each_with_the_command_that_takes_it() {
    let site = Site::with(ORGANISATION, false).await;
    let page =
        site.form("/console", &[("text", "suggest service:crm duration:2h before:2026-12-20"), ("name", "anna")]).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    let lines: Vec<&str> =
        text.split("<code>/maintenance schedule ").skip(1).filter_map(|rest| rest.split("</code>").next()).collect();
    assert!(lines.len() > 1 && !text.contains("To take the first"), "{text}");
    for line in &lines {
        assert!(line.contains("service:crm"), "{line}");
        let command = format!("/maintenance schedule {line} --dry-run");
        let tried = site.command(&command).await;
        assert_eq!(tried["windows"], serde_json::json!([]), "{command}");
    }
    assert_eq!(text.matches("href=\"/console?text=%2Fmaintenance%20schedule").count(), lines.len(), "without scripts");
}

#[tokio::test]
async fn what_was_found_is_said_once_with_what_policy_makes_of_it() {
    let site = Site::with(ORGANISATION, false).await;
    let asked = SHORT.replace("2026-11-21 14:00-16:00", "2026-11-23 14:00-16:00");
    let page = site.form("/console", &[("text", &format!("{asked} --dry-run")), ("name", "anna")]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let text = page.text();
    assert!(text.contains("It is short notice") && text.contains("needs approval</span>"), "{text}");
    assert_eq!(text.matches("It lies inside working hours in Europe.").count(), 1, "{text}");
    assert!(text.contains("warns</span>"), "{text}");
}
