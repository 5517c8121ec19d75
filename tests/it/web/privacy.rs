//! What is not approved, not published or only for staff is nowhere public.

use axum::http::{StatusCode, header};
use serde_json::Value;

use super::{FINE, ORGANISATION, SHORT, Site};

const NEW_TIME: &str = "21 Nov 2026";
const OLD_TIME: &str = "Sun 20 Dec 2026 14:00–16:00";

async fn is_nowhere(site: &Site, paths: &[&str], words: &[&str]) {
    for path in paths {
        let page = site.public(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    let first = site.public("/").await.text();
    let missing = site.public("/windows/MW-999").await.text();
    for word in words {
        assert!(!first.contains(word), "{word} on the first page");
        for path in paths {
            assert_eq!(site.public(path).await.text(), missing, "{path} differs from a page that never was");
        }
    }
}

#[tokio::test]
async fn a_window_that_waits_for_its_first_approval_is_nowhere_public() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(SHORT).await;
    assert_eq!(site.get("/api/v1/windows/MW-1").await.json()["state"], "pending");
    is_nowhere(&site, &["/windows/MW-1"], &["Urgent upgrade", "MW-1", NEW_TIME]).await;
    for path in ["/api/v1/windows", "/api/v1/windows/MW-1", "/api/v1/windows/MW-1/deliveries", "/console/windows/MW-1"]
    {
        assert_eq!(site.public(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let owed = site.get("/api/v1/windows/MW-1/deliveries").await.json();
    let owed: Vec<&Value> = owed["items"].as_array().expect("items").iter().map(|row| &row["message"]).collect();
    assert!(!owed.is_empty(), "approvers are asked");
    assert!(owed.iter().all(|message| message.as_str().is_some_and(|m| m.starts_with("approval_"))), "{owed:?}");
    site.command_as("bob", "reject MW-1 reason:\"not now\"").await;
    is_nowhere(&site, &["/windows/MW-1"], &["Urgent upgrade", "MW-1"]).await;
}

#[tokio::test]
async fn an_approved_window_is_public_from_its_approval_on() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(SHORT).await;
    site.command_as("bob", "approve MW-1 note:\"fine with the support team\"").await;
    let page = site.public("/windows/MW-1").await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    assert_eq!(text.matches("<h3>Scheduled</h3>").count(), 1, "{text}");
    for hidden in ["bob", "a fix is out", "fine with the support team"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn a_change_that_waits_shows_what_was_approved_last_and_that_it_waits() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(FINE).await;
    site.command("schedule \"Earlier\" service:mail when:\"2026-12-06 14:00-16:00\" poc:@mikko").await;
    site.command("reschedule MW-1 when:\"2026-11-21 14:00-16:00\" reason:\"a fix is out\"").await;
    let window = site.get("/api/v1/windows/MW-1").await.json();
    assert_eq!(window["state"], "pending");
    assert_eq!(window["starts_at"], "2026-11-21T12:00:00Z");
    assert_eq!(window["published"]["starts_at"], "2026-12-20T12:00:00Z");
    for path in ["/", "/windows/MW-1"] {
        let page = site.public(path).await.text();
        assert!(page.contains(OLD_TIME) && page.contains("A change awaits approval"), "{path}: {page}");
        assert!(page.contains("scheduled</span>"), "{path}: {page}");
        for hidden in [NEW_TIME, "a fix is out", "pending", "short notice"] {
            assert!(!page.contains(hidden), "{path}: {hidden}");
        }
    }
    let first = site.public("/").await.text();
    assert!(first.contains("Next: <a href=\"/windows/MW-2\">Earlier</a>"), "nor does the order say it: {first}");
    site.command_as("bob", "reject MW-1 reason:\"too risky\"").await;
    let page = site.public("/windows/MW-1").await.text();
    assert!(page.contains(OLD_TIME) && page.contains("cancelled</span>"), "{page}");
    for path in ["/", "/windows/MW-1"] {
        assert!(!site.public(path).await.text().contains(NEW_TIME), "{path}: the times that nobody approved");
    }
}

#[tokio::test]
async fn a_draft_and_its_phases_are_nowhere_public() {
    let site = Site::with(ORGANISATION, false).await;
    site.command("plan new \"Secret plan\"").await;
    site.command(&format!("{FINE} plan:PL-1")).await;
    site.command("qa add PL-1 \"Who knows?\" \"Nobody yet\"").await;
    let words = ["Secret plan", "CRM upgrade", "PL-1", "MW-1", "Who knows?"];
    is_nowhere(&site, &["/plans/PL-1", "/windows/MW-1"], &words).await;
    site.command("plan cancel PL-1").await;
    is_nowhere(&site, &["/plans/PL-1", "/windows/MW-1"], &words).await;
}

#[tokio::test]
async fn a_phase_that_waits_for_approval_is_not_in_the_table_of_its_plan() {
    let site = Site::with(ORGANISATION, false).await;
    site.command("plan new \"Upgrade\"").await;
    site.command(&format!("{FINE} plan:PL-1")).await;
    site.command("plan publish PL-1").await;
    site.command(&format!("{SHORT} plan:PL-1")).await;
    let page = site.public("/plans/PL-1").await.text();
    assert!(page.contains("Phase 1 of 1") && page.contains("CRM upgrade"), "{page}");
    for hidden in ["Urgent upgrade", "MW-2", NEW_TIME] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
}

#[tokio::test]
async fn staff_are_led_to_what_is_not_public() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(SHORT).await;
    site.command("plan new \"Secret plan\"").await;
    for (path, to) in [("/windows/MW-1", "/console/windows/MW-1"), ("/plans/PL-1", "/console/plans/PL-1")] {
        let led = site.get(path).await;
        assert_eq!((led.status, led.header(header::LOCATION)), (StatusCode::SEE_OTHER, to));
        let page = site.get(to).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.text().contains("Nothing of it is public."));
        assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
    }
    for path in ["/windows/MW-9", "/plans/PL-9", "/console/windows/MW-9", "/console/plans/PL-9", "/plans/pl-1"] {
        assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn customers_contacts_and_the_rollback_plan_are_only_for_staff() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(&format!("{FINE} rollback:\"snapshot, 10 minutes\" customers:ACME")).await;
    site.command("freeze add \"Quiet weeks\" from:2027-02-01 to:2027-02-14").await;
    for path in ["/", "/windows/MW-1"] {
        let page = site.public(path).await.text();
        for hidden in ["snapshot", "ACME", "Acme", "acme.example", "anna", "Quiet weeks", "FR-1"] {
            assert!(!page.contains(hidden), "{path}: {hidden}");
        }
    }
    let staff = site.get("/console/windows/MW-1").await.text();
    for shown in ["snapshot, 10 minutes", "Acme Corp", "ops@acme.example", "anna"] {
        assert!(staff.contains(shown), "{shown}: {staff}");
    }
    assert!(site.get("/console").await.text().contains("Quiet weeks"));
}

#[tokio::test]
async fn hostile_text_in_plans_questions_freezes_and_customers_is_harmless() {
    let nasty = "<script>alert(1)</script> <img src=x onerror=alert(1)> ' & {{ 123456*7 }} \u{202e}gpj.exe\u{2066}";
    let config = format!(
        "{ORGANISATION}\n[[customer]]\nid = \"EVIL\"\nname = '''{nasty}'''\ncontacts = ['''{nasty}''']\nservices = [\"crm\"]\n"
    );
    let site = Site::with(&config, false).await;
    site.command(&format!("plan new \"{nasty}\"")).await;
    site.command(&format!("{FINE} plan:PL-1")).await;
    site.command(&format!("qa add PL-1 \"{nasty}\" \"{nasty}\"")).await;
    site.command("plan publish PL-1").await;
    site.command(&format!("hold PL-1 reason:\"{nasty}\"")).await;
    site.command(&format!("freeze add \"{nasty}\" from:2027-02-01 to:2027-02-14")).await;
    site.command(&format!(
        "series \"{nasty}\" service:mail every:\"second sunday of month 16:00 for 4h\" poc:@mikko reason:\"{nasty}\""
    ))
    .await;
    site.command(&format!("{SHORT} impact:\"{nasty}\"").replace("a fix is out", nasty)).await;
    let waits =
        site.get("/api/v1/windows?state=pending").await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
    let waits = format!("/console/windows/{waits}");
    for path in [
        "/",
        "/plans/PL-1",
        "/windows/MW-1",
        "/console",
        "/console/plans/PL-1",
        "/console/windows/MW-1",
        waits.as_str(),
    ] {
        let page = site.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        assert!(page.body.contains("&lt;script&gt;alert(1)&lt;"), "{path}: it is shown");
        for harm in ["<script>alert", "<img src=x", "864192"] {
            let found = page.body.find(harm).map(|n| page.body.get(n.saturating_sub(80)..n + 80));
            assert_eq!(found, None, "{path}: {harm}");
        }
        let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert_eq!(page.body.find(turns), None, "{path}");
    }
}
