//! Plans, series and what is under way on the public pages.

use axum::http::StatusCode;

use super::{FINE, ORGANISATION, Site};

/// PL-1 with MW-1 (production, Europe) and MW-2 (production, Asia-Pacific); published.
async fn plan(site: &Site) {
    site.command("plan new \"Infrastructure upgrade\"").await;
    for (title, day, region, downtime) in
        [("Europe first", "2026-12-20", "eu", "15m"), ("Then Asia", "2026-12-27", "apac", "\"10m-15m per:tenant\"")]
    {
        site.command(&format!(
            "schedule \"{title}\" service:crm when:\"{day} 14:00-16:00\" regions:{region} downtime:{downtime} \
             impact:\"The builder is away\" poc:@mikko plan:PL-1"
        ))
        .await;
    }
    site.command("qa add PL-1 \"Is data safe?\" \"Yes: it is copied first.\"").await;
    site.command("plan publish PL-1").await;
}

#[tokio::test]
async fn the_phases_of_a_plan_are_shown_together_with_its_questions() {
    let site = Site::with(ORGANISATION, false).await;
    plan(&site).await;
    let page = site.public("/plans/PL-1").await.text();
    for expected in [
        "Infrastructure upgrade",
        "Phase 1 of 2",
        "Phase 2 of 2",
        "Europe first",
        "Sun 20 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)",
        "Sun 27 Dec 2026 14:00–16:00",
        "production",
        "Asia-Pacific",
        "CRM",
        "up to 15m inside a 2h window",
        "10m to 15m per tenant, inside a 2h window",
        "The builder is away",
        "Is data safe?",
        "Yes: it is copied first.",
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
    let first = site.public("/").await.text();
    assert_eq!(first.matches("href=\"/plans/PL-1\"").count(), 2, "the banner and one card: {first}");
    assert!(first.contains("Phase 2 of 2") && first.contains("Next: <a href=\"/plans/PL-1\">"), "{first}");
    let phase = site.public("/windows/MW-2").await.text();
    assert!(
        phase.contains("href=\"/plans/PL-1\"") && phase.contains("phase 2 of 2") && phase.contains("Is data safe?")
    );
}

#[tokio::test]
async fn a_plan_on_hold_says_why_and_not_who() {
    let site = Site::with(ORGANISATION, false).await;
    plan(&site).await;
    site.command_as("holger", "hold PL-1 reason:\"phase 1 failed\"").await;
    for path in ["/", "/plans/PL-1", "/windows/MW-1"] {
        let page = site.public(path).await.text();
        assert!(page.contains("On hold") && page.contains("phase 1 failed"), "{path}: {page}");
        assert!(page.contains("on hold</span>"), "{path}");
        assert!(!page.contains("holger"), "{path}: who held it is not public");
    }
    assert!(site.get("/console/plans/PL-1").await.text().contains("On hold, by holger"));
    site.command("release PL-1").await;
    assert!(!site.public("/plans/PL-1").await.text().contains("on hold</span>"));
}

#[tokio::test]
async fn a_series_says_when_it_recurs_and_fills_no_page() {
    let site = Site::with(ORGANISATION, false).await;
    let made = site
        .command("series \"Monthly break\" service:mail every:\"second sunday of month 16:00 for 4h\" poc:@mikko")
        .await;
    assert_eq!(made["subject"], "SR-1");
    let first = site.public("/").await.text();
    assert_eq!(first.matches("class=\"card ").count(), 1, "one card for all of them: {first}");
    assert!(first.contains("Recurs: second Sunday of every month at 16:00, for 4h (Europe/Helsinki)"), "{first}");
    assert!(first.contains("Sun 10 Jan 2027 16:00–20:00"), "{first}");
    let page = site.public("/windows/MW-1").await.text();
    assert_eq!(page.matches("<li><a href=\"/windows/MW-").count(), 5, "{page}");
    site.command("series stop SR-1").await;
    assert!(!site.public("/").await.text().contains("Recurs"));
}

/// As in OneUptime#1977, where a component was shown as well before its maintenance was over.
#[tokio::test]
async fn a_service_stays_under_maintenance_until_its_window_is_over() {
    let site = Site::with(ORGANISATION, true).await;
    site.command(FINE).await;
    let under = async || {
        let page = site.public("/").await.text();
        (page.matches("under maintenance</span>").count(), page.matches("no maintenance now").count())
    };
    assert_eq!(under().await, (0, 2));
    site.post("/api/v1/clock", &serde_json::json!({ "to": "2026-12-20T12:00:00Z" })).await;
    site.command("start MW-1").await;
    assert_eq!(under().await, (1, 1));
    site.command("verify MW-1").await;
    assert_eq!(under().await, (1, 1), "while it is verified");
    site.post("/api/v1/clock", &serde_json::json!({ "to": "2026-12-20T14:30:00Z" })).await;
    assert!(site.public("/").await.text().contains("running over"));
    assert_eq!(under().await, (1, 1), "while it runs over");
    site.command("complete MW-1 downtime:7m").await;
    assert_eq!(under().await, (0, 2));
    let page = site.public("/windows/MW-1").await.text();
    assert!(page.contains("<dt>Real downtime</dt><dd>7m</dd>"), "{page}");
    assert!(site.public("/").await.text().contains("real downtime 7m"));
}

#[tokio::test]
async fn a_window_says_its_category_and_the_downtime_of_each_service() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(
        "schedule \"Both\" service:crm,mail when:\"2026-12-20 14:00-16:00\" downtime:5m downtime.mail:1h \
         category:staying_current poc:@mikko",
    )
    .await;
    let page = site.public("/windows/MW-1").await;
    assert_eq!(page.status, StatusCode::OK);
    for expected in ["staying current", "up to 5m inside a 2h window", "Mail: up to 1h"] {
        assert!(page.text().contains(expected), "{expected}: {}", page.body);
    }
}

#[tokio::test]
async fn a_window_past_its_end_that_nobody_started_is_shown_as_that() {
    let site = Site::with(ORGANISATION, true).await;
    site.command(FINE).await;
    site.post("/api/v1/clock", &serde_json::json!({ "to": "2026-12-20T15:00:00Z" })).await;
    assert!(site.public("/windows/MW-1").await.text().contains("not started</span>"));
    assert!(!site.public("/").await.text().contains("under maintenance"));
}
