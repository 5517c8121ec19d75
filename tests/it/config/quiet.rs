//! When nobody minds: quiet hours of services, send hours of audiences, and the server that measures use.

use maintbot::config::Config;

use super::{good, keys, lines, problem, with_environment};

#[test]
fn without_a_word_nothing_is_known_to_be_quiet() {
    let config = good("[[service]]\nid = \"crm\"\n[[audience]]\nname = \"a\"\nchannels = [\"builtin:a\"]\n");
    let crm = &config.organisation.services["crm"];
    assert!(crm.quiet_hours.is_empty() && crm.quiet_query.is_none());
    assert!(config.organisation.audiences[0].send_hours.is_none() && config.prometheus.is_none());
    assert!(Config::with_defaults().organisation.audiences[0].send_hours.is_none());
}

#[test]
fn quiet_hours_are_read_with_or_without_days() {
    let config = good(
        "[[service]]\nid = \"crm\"\nquiet_hours = [\"Sun 02:00-06:00\", \"01:00-04:00\", \"Sat,Sun 22:00-24:00\"]\n",
    );
    let hours: Vec<String> = config.organisation.services["crm"].quiet_hours.iter().map(ToString::to_string).collect();
    assert_eq!(hours, ["Sun 02:00-06:00", "01:00-04:00", "Sat,Sun 22:00-00:00"]);
}

#[test]
fn a_query_is_kept_as_written_with_the_server_that_answers_it() {
    let config = good(
        "[[service]]\nid = \"crm\"\nquiet_query = '''\nsum(\n\trate(requests{job=\"crm\"}[5m])\n)\n'''\n[prometheus]\nurl = \"http://prometheus:9090/base/\"\n",
    );
    assert_eq!(config.prometheus.map(|server| server.url).as_deref(), Some("http://prometheus:9090/base"));
    let query = config.organisation.services["crm"].quiet_query.as_deref();
    assert_eq!(query, Some("sum(\n\trate(requests{job=\"crm\"}[5m])\n)"));
}

#[test]
fn a_query_that_nobody_answers_is_a_mistake() {
    assert_eq!(
        problem("[[service]]\nid = \"crm\"\nquiet_query = \"up\"\n"),
        "maintbot.toml:3: `quiet_query` in [[service]]: nobody is named who answers the query; add [prometheus] with url = \"http://prometheus:9090\""
    );
    let environment = [("MAINTBOT__PROMETHEUS__URL", "https://metrics.example.com")];
    let config = with_environment("[[service]]\nid = \"crm\"\nquiet_query = \"up\"\n", &environment).expect("good");
    assert_eq!(config.prometheus.map(|server| server.url).as_deref(), Some("https://metrics.example.com"));
}

#[test]
fn what_is_not_quiet_hours_and_no_query_is_told_with_what_to_write() {
    let text = r#"[prometheus]
[[service]]
id = "crm"
quiet_hours = ["night", "1-4", "Sun 02:00-06:00", "Sun 02:00-06:00"]
quiet_query = " "
[[service]]
id = "wiki"
quiet_hours = "01:00-04:00"
quiet_query = ["up"]
"#;
    let expected = [
        "maintbot.toml:1: [prometheus] needs `url`; write url = \"http://prometheus:9090\"",
        "maintbot.toml:4: `quiet_hours` in [[service]]: `night` is not a time of day to another: write for example 08:00-18:00",
        "maintbot.toml:4: `quiet_hours` in [[service]]: `1-4` is not a time of day to another: write for example 08:00-18:00",
        "maintbot.toml:4: `quiet_hours` in [[service]]: `Sun 02:00-06:00` is there twice",
        "maintbot.toml:5: `quiet_query` in [[service]]: a query is text of 1 to 4000 characters; write one that answers with a single number over time",
        "maintbot.toml:8: `quiet_hours` in [[service]]: a list is wanted here, not text; write quiet_hours = [\"Sun 02:00-06:00\"]",
        "maintbot.toml:9: `quiet_query` in [[service]]: text in quotes is wanted here, not a list; write quiet_query = 'sum(rate(http_requests_total{job=\"crm\"}[5m]))'",
    ];
    assert_eq!(lines(text), expected);
    assert!(
        problem("[[service]]\nid = \"crm\"\nquiet_hours = [\"Soon 02:00-06:00\"]\n").contains("`Soon` is not a day")
    );
    let long = "x".repeat(4001);
    let text = format!("[prometheus]\nurl = \"http://p\"\n[[service]]\nid = \"crm\"\nquiet_query = \"{long}\"\n");
    assert_eq!(keys(&text), ["service.quiet_query"]);
}

#[test]
fn the_address_of_the_server_is_one_that_can_be_asked_and_holds_no_password() {
    for url in ["prometheus:9090", "ftp://p", "http://", "http://u:hunter2@p:9090", "http://p:99999", "http://p/?q"] {
        let told = problem(&format!("[prometheus]\nurl = \"{url}\"\n"));
        assert!(told.starts_with("maintbot.toml:2: `url` in [prometheus]: "), "{told}");
        assert!(told.ends_with("write for example http://prometheus:9090") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn send_hours_count_in_the_zone_of_the_audience_else_of_the_organisation() {
    let config = good(
        r#"[organisation]
        time_zone = "Europe/Helsinki"
        [[audience]]
        name = "home"
        channels = ["builtin:a"]
        send_hours = "08:00-18:00"
        [[audience]]
        name = "far"
        channels = ["builtin:b"]
        send_hours = "22:00-06:00"
        time_zone = "Asia/Singapore"
        [[audience]]
        name = "always"
        channels = ["builtin:c"]
        time_zone = "Asia/Singapore"
        "#,
    );
    let shown = |index: usize| {
        let hours = config.organisation.audiences[index].send_hours.as_ref();
        hours.map_or_else(|| "none".into(), |(hours, zone)| format!("{hours} {}", zone.name()))
    };
    assert_eq!([shown(0), shown(1), shown(2)], ["08:00-18:00 Europe/Helsinki", "22:00-06:00 Asia/Singapore", "none"]);
}

#[test]
fn what_is_not_send_hours_is_told_with_what_to_write() {
    let text = "[[audience]]\nname = \"a\"\nchannels = [\"builtin:a\"]\nsend_hours = \"Mon 08:00-18:00\"\ntime_zone = \"Europe/Helsinky\"\nsend_hour = \"\"\n";
    let found = lines(text);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0].starts_with("maintbot.toml:4: `send_hours` in [[audience]]: `Mon 08:00-18:00` is not a time of day")
    );
    assert!(found[1].ends_with("is not a time zone; did you mean Europe/Helsinki?"));
    assert!(found[2].ends_with("unknown key `send_hour` in [[audience]]; did you mean `send_hours`?"));
    let list = "[[audience]]\nname = \"a\"\nchannels = [\"builtin:a\"]\nsend_hours = [\"08:00-18:00\"]\n";
    assert!(problem(list).ends_with("text in quotes is wanted here, not a list; write send_hours = \"08:00-18:00\""));
}
