//! maintbot killed before and after everything that it has Alertmanager do: there is one silence, never two. And several
//! maintbots that share the rows.

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::House;
use super::door::Mode;
use crate::bot::Bot;
use maintbot::clock::Clock;

/// A new process on the same database; the one before is gone.
async fn born_again(house: &mut House) {
    house.bot.clock.set(house.bot.clock.now() + TimeDelta::seconds(1));
    house.bot.replace(&house.config, &house.url).await;
}

/// Types a line, and lets maintbot send what it causes, under a new process after each death.
async fn survive(house: &mut House, text: &str) -> usize {
    house.bot.type_only("anna", &format!("/maintenance {text}")).await;
    let mut deaths = 0;
    loop {
        let House { bot, door, .. } = &mut *house;
        tokio::select! {
            biased;
            Some(()) = door.deaths.recv() => deaths += 1,
            () = bot.settle() => return deaths,
        }
        born_again(house).await;
    }
}

async fn killed_at_every_point(mut house: House) {
    house.door.set(Mode::Deadly);
    let at = |minutes: i64| house.soon(minutes).format("%Y-%m-%d %H:%M").to_string();
    let schedule = format!("schedule \"Upgrade\" service:crm service:jira when:\"{} for 2h\" poc:@anna", at(20));
    let reschedule = format!("reschedule MW-1 when:\"{} for 2h\"", at(25));
    let lines = [
        (schedule.as_str(), 2),
        (reschedule.as_str(), 2),
        ("start MW-1", 2),
        ("extend MW-1 for:30m", 2),
        ("edit MW-1 title:\"Other\"", 2),
        ("complete MW-1", 0),
    ];
    let mut deaths = 0;
    for (line, expected) in lines {
        let died = survive(&mut house, line).await;
        assert!(died >= 4, "`{line}` is survived only {died} times");
        deaths += died;
        let live = house.live().await;
        assert_eq!(live.len(), expected, "after `{line}` and {died} deaths: {live:#?}");
        assert!(live.windows(2).all(|pair| pair[0].ends_at == pair[1].ends_at), "after `{line}`: {live:#?}");
    }
    println!("{deaths} deaths");
    assert!(deaths >= 24, "{deaths}");
    assert_eq!(house.sweep().await, 0, "everything is as it should be");
    house.close().await;
}

#[tokio::test]
async fn killed_before_and_after_each_change_there_is_never_a_second_silence() {
    killed_at_every_point(House::start("").await).await;
}

#[tokio::test]
async fn killed_before_and_after_each_change_there_is_never_a_second_silence_on_postgresql() {
    killed_at_every_point(House::start_on_postgres("").await).await;
}

#[tokio::test]
async fn several_maintbots_make_one_silence_for_each_window() {
    let house = House::start_on_postgres("").await;
    let other = Bot::start(&house.config, &house.url, house.bot.clock.clone()).await;
    let when = house.soon(60).format("%Y-%m-%d %H:%M");
    for n in 1..=5 {
        let line = format!("/maintenance schedule \"Upgrade\" service:s{n} when:\"{when} for 2h\" poc:@anna");
        house.bot.type_only("anna", &line).await;
    }
    let (stop, now) = (CancellationToken::new(), house.bot.clock.now());
    let (one, two) = tokio::join!(house.bot.parts.sender.tick(now, &stop), other.parts.sender.tick(now, &stop));
    assert!(one.expect("sent") + two.expect("sent") >= 5);
    assert_eq!(house.live().await.len(), 5);
    let (one, two) = tokio::join!(house.sweep(), other.parts.sender.sweep_silences(now));
    assert_eq!((one, two.expect("compared")), (0, 0));
    other.parts.db.close().await;
    house.close().await;
}

/// The comparison runs by itself in a program that serves.
#[tokio::test]
async fn a_maintbot_that_runs_compares_at_its_start() {
    let house = House::start("").await;
    house.schedule("Upgrade", "service:crm", 60).await;
    let lost = house.only().await;
    let other = super::Alertmanager::start().await;
    house.door.leads_to(&other.url);
    let stop = CancellationToken::new();
    let sender = house.bot.parts.sender.clone();
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { sender.run(stop).await }
    });
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while other.silences().await.is_empty() {
        assert!(std::time::Instant::now() < deadline, "it is not made again");
        Clock::pause(std::time::Duration::from_millis(20)).await;
    }
    stop.cancel();
    running.await.expect("it stops");
    assert_eq!(other.silences().await[0].times(), lost.times());
    house.close().await;
}
