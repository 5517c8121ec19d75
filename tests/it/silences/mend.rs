//! The comparison with Alertmanager: what it lost is made again, what nobody needs ends, what people do by hand stays.

use serde_json::json;

use super::{Alertmanager, House};

#[tokio::test]
async fn what_alertmanager_lost_is_made_again() {
    let mut house = House::start("").await;
    house.schedule("Upgrade", "service:crm service:jira", 20).await;
    house.schedule("Other", "service:wiki", 60).await;
    house.say("start MW-1").await;
    assert_eq!(house.sweep().await, 0, "nothing is lost");
    let mut before: Vec<_> = house.live().await.into_iter().map(|s| (s.comment, s.ends_at)).collect();
    before.sort();
    house.alertmanager = Alertmanager::start().await;
    house.door.leads_to(&house.alertmanager.url);
    assert_eq!(house.live().await, []);
    assert_eq!(house.sweep().await, 2, "both windows");
    let mut after: Vec<_> = house.live().await.into_iter().map(|s| (s.comment, s.ends_at)).collect();
    after.sort();
    assert_eq!(after, before);
    assert_eq!(house.sweep().await, 0);
    house.say("complete MW-1").await;
    house.say("cancel MW-2 reason:\"not needed\"").await;
    assert_eq!(house.live().await, [], "they are known by their new ids");
    house.close().await;
}

#[tokio::test]
async fn what_somebody_ended_by_hand_stays_ended_until_the_window_moves() {
    let house = House::start("").await;
    house.schedule("Upgrade", "service:crm", 20).await;
    house.alertmanager.expire(&house.only().await.id).await;
    assert_eq!(house.sweep().await, 0);
    house.say("edit MW-1 title:\"Other\"").await;
    assert_eq!(house.live().await, [], "other words are no other window");
    let later = house.soon(25).format("%Y-%m-%d %H:%M");
    house.say(&format!("reschedule MW-1 when:\"{later} for 2h\"")).await;
    assert_eq!(house.only().await.times(), (house.soon(25), house.soon(145)), "other times are");
    house.say("start MW-1").await;
    house.alertmanager.expire(&house.only().await.id).await;
    house.say("extend MW-1 for:30m").await;
    assert_eq!((house.sweep().await, house.live().await), (0, Vec::new()), "while work goes on nothing brings it back");
    house.say("complete MW-1").await;
    house.close().await;
}

#[tokio::test]
async fn what_somebody_changed_by_hand_is_set_back() {
    let house = House::start("").await;
    house.schedule("Upgrade", "service:crm", 60).await;
    let made = house.only().await;
    let changed = json!({
        "id": made.id, "matchers": [{ "name": "service", "value": "crm", "isRegex": false, "isEqual": true }],
        "startsAt": made.starts_at, "endsAt": house.soon(70), "createdBy": "maintbot", "comment": made.comment,
    });
    assert_eq!(house.alertmanager.put(&changed).await, made.id);
    assert_eq!(house.sweep().await, 1);
    assert_eq!(house.only().await, made);
    house.say("cancel MW-1 reason:\"not needed\"").await;
    house.close().await;
}

#[tokio::test]
async fn silences_of_ours_that_no_window_needs_end_and_those_of_others_stay() {
    let house = House::start("").await;
    house.schedule("Upgrade", "service:crm", 60).await;
    let ours = house.only().await;
    house.say("cancel MW-1 reason:\"not needed\"").await;
    assert_eq!(house.live().await, []);
    let other = |created_by: &str, comment: &str| {
        json!({
            "matchers": [{ "name": "service", "value": "crm", "isRegex": false, "isEqual": true }],
            "startsAt": house.soon(60), "endsAt": house.soon(180), "createdBy": created_by, "comment": comment,
        })
    };
    let (comment, put) = (ours.comment.as_str(), &house.alertmanager);
    put.put(&other("maintbot", comment)).await;
    let mut stay = vec![
        put.put(&other("anna", comment)).await,
        put.put(&other("maintbot", "MW-1 [maintbot 000000000000 MW-1 crm]")).await,
        put.put(&other("maintbot", &format!("{comment} and more"))).await,
        put.put(&other("maintbot", &comment.replace(" MW-1 crm]", " MW-77 crm]"))).await,
    ];
    assert_eq!(house.sweep().await, 1);
    let mut live: Vec<String> = house.live().await.into_iter().map(|silence| silence.id).collect();
    live.sort();
    stay.sort();
    assert_eq!(live, stay);
    assert_eq!(house.sweep().await, 0);
    house.close().await;
}

/// A window that was scheduled before there was an Alertmanager in the configuration.
#[tokio::test]
async fn windows_that_were_there_before_get_their_silence() {
    let house = House::start("").await;
    let bot = crate::bot::Bot::start("", &house.url, house.bot.clock.clone()).await;
    let when = house.soon(60).format("%Y-%m-%d %H:%M");
    bot.say("anna", &format!("/maintenance schedule \"Upgrade\" service:crm when:\"{when} for 2h\" poc:@anna")).await;
    bot.parts.db.close().await;
    assert_eq!(house.live().await, []);
    assert_eq!(house.sweep().await, 1);
    assert_eq!(house.only().await.times(), (house.soon(60), house.soon(180)));
    house.say("cancel MW-1 reason:\"not needed\"").await;
    assert_eq!(house.live().await, []);
    house.close().await;
}
