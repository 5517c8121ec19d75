//! Advisories, their fixes and the items that they made.

use maintbot::domain::advisory::{Advisory, AdvisoryId, Disposition, Fix, Place, Severity};
use maintbot::domain::change::{ChangeItem, ItemKind};
use maintbot::domain::window::{State, WindowId};

use super::{minute, window, write};
use crate::databases::on_both;

fn advisory(id: i64, disposition: Disposition) -> Advisory {
    Advisory {
        id: AdvisoryId(id),
        title: "OpenSSL \"3\"".into(),
        ids: vec!["CVE-2026-0001".into(), "GHSA-1".into()],
        severity: Some(Severity::Critical),
        disposition,
        services: vec!["jira".into(), "wiki".into()],
        window: None,
        details: "for staff".into(),
        public: "for all".into(),
        publish_at: Some(minute(60)),
        published_at: None,
        withdrawn_at: None,
        withdrawn_because: String::new(),
        requester: "anna".into(),
        place: "console".into(),
        created_at: minute(0),
    }
}

fn item(number: i64) -> ChangeItem {
    ChangeItem {
        number,
        text: "Security fix".into(),
        kind: ItemKind::Security,
        from_version: None,
        to_version: None,
        advisories: vec![],
        assignee: None,
        parent: None,
        done: None,
        late: false,
        created_at: minute(0),
    }
}

#[tokio::test]
async fn an_advisory_comes_back_as_it_was_and_newest_first() {
    on_both(async |db| {
        write(&db, async |tx| {
            assert_eq!(tx.next_advisory_id().await?, AdvisoryId(1));
            tx.insert_window(&window(1, minute(600))).await?;
            let first = advisory(1, Disposition::Mitigated);
            let mut second = Advisory { window: Some(WindowId(1)), ..advisory(2, Disposition::PatchNow) };
            tx.insert_advisory(&first).await?;
            tx.insert_advisory(&second).await?;
            assert_eq!(tx.advisory(AdvisoryId(1)).await?, Some(first.clone()));
            second.published_at = Some(minute(61));
            second.withdrawn_at = Some(minute(62));
            second.withdrawn_because = "wrong".into();
            second.severity = None;
            tx.update_advisory(&second).await?;
            assert_eq!(tx.advisories(None, 10).await?, [second.clone(), first.clone()]);
            assert_eq!(tx.advisories(Some(AdvisoryId(2)), 10).await?, [first]);
            assert_eq!(tx.advisories_of(WindowId(1)).await?, [second]);
            assert_eq!(tx.advisory(AdvisoryId(3)).await?, None);
            assert!(tx.update_advisory(&advisory(3, Disposition::Patched)).await.is_err());
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_embargo_is_due_at_its_second_and_a_window_ends_it_where_there_is_none() {
    on_both(async |db| {
        write(&db, async |tx| {
            let mut w = window(1, minute(600));
            w.state = State::Pending;
            tx.insert_window(&w).await?;
            tx.insert_advisory(&advisory(1, Disposition::Mitigated)).await?;
            let at_once = Advisory { window: Some(w.id), publish_at: None, ..advisory(2, Disposition::PatchNow) };
            tx.insert_advisory(&at_once).await?;
            tx.insert_advisory(&Advisory { withdrawn_at: Some(minute(1)), ..advisory(3, Disposition::Patched) })
                .await?;
            tx.insert_advisory(&Advisory { published_at: Some(minute(1)), ..advisory(4, Disposition::Patched) })
                .await?;
            assert_eq!(tx.next_embargo_at().await?, Some(minute(60)));
            assert_eq!(tx.advisories_due(minute(59), 10).await?, []);
            assert_eq!(tx.advisories_due(minute(60), 10).await?, [AdvisoryId(1)]);
            w.state = State::Scheduled;
            tx.update_window(&w).await?;
            assert_eq!(tx.advisories_due(minute(59), 10).await?, [AdvisoryId(2)]);
            w.state = State::Cancelled;
            tx.update_window(&w).await?;
            assert_eq!(tx.advisories_due(minute(59), 10).await?, []);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_fix_is_due_when_its_window_is_over_its_item_is_gone_or_a_window_comes() {
    on_both(async |db| {
        write(&db, async |tx| {
            let id = AdvisoryId(1);
            tx.insert_advisory(&advisory(1, Disposition::Mitigated)).await?;
            let mut fix = Fix { service: "jira".into(), place: None, after: minute(0), fixed_at: None };
            tx.save_fix(id, &fix).await?;
            assert_eq!(tx.fixes_due(minute(0), 10).await?, [], "no window is planned");
            let mut w = window(1, minute(100));
            w.state = State::Pending;
            tx.insert_window(&w).await?;
            assert_eq!(tx.fixes_due(minute(0), 10).await?, [], "it is not scheduled yet");
            w.state = State::Scheduled;
            tx.update_window(&w).await?;
            assert_eq!(tx.fixes_due(minute(0), 10).await?, [id]);
            assert_eq!(tx.fixes_due(minute(100), 10).await?, [], "it starts now");
            tx.insert_item(w.id, &item(1)).await?;
            let place = Place { window: w.id, item: 1 };
            tx.link_item(id, place).await?;
            tx.link_item(id, place).await?;
            assert_eq!(tx.linked_items(id).await?, [place]);
            fix.place = Some(place);
            tx.save_fix(id, &fix).await?;
            assert_eq!(tx.fixes(id).await?, [fix.clone()]);
            assert_eq!(tx.fixes_due(minute(0), 10).await?, [], "it has its place");
            tx.remove_item(w.id, 1).await?;
            assert_eq!(tx.fixes_due(minute(0), 10).await?, [id], "its item is gone");
            tx.insert_item(w.id, &item(1)).await?;
            w.state = State::Completed;
            tx.update_window(&w).await?;
            assert_eq!(tx.fixes_due(minute(0), 10).await?, [id], "its window is over");
            fix.fixed_at = Some(minute(160));
            tx.save_fix(id, &fix).await?;
            assert_eq!(tx.fixes_due(minute(0), 10).await?, [], "it is made");
            tx.save_fix(id, &Fix { service: "wiki".into(), place: None, after: minute(0), fixed_at: None }).await?;
            tx.drop_open_fixes(id).await?;
            assert_eq!(tx.fixes(id).await?, [fix], "what was made is kept");
            Ok(())
        })
        .await;
    })
    .await;
}
