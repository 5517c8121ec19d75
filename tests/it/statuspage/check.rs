//! What the configuration says of status pages.

use std::path::Path;

use maintbot::config::{Config, Problems};
use secrecy::ExposeSecret as _;

const GOOD: &str = "[statuspage]\npage_id = \"kctbh9vrtdwd\"\napi_key = \"hunter2-key\"\n";
const PAGE: &str = r#"
[[status_page]]
name = "public"
url = "https://status.example.com/api"
secret = "hunter2-secret"
headers = ["Authorization: Bearer {secret}"]
create = "POST /schedules"
create_body = '{ "name": {{ title }} }'
update = "PUT /schedules/{id}"
update_body = '{ "name": {{ title }} }'
"#;

fn read(text: &str) -> Result<Config, Problems> {
    let none: [(String, String); 0] = [];
    Config::from_text(Path::new("maintbot.toml"), text, none)
}

fn good(text: &str) -> Config {
    read(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problem(text: &str) -> String {
    let found = read(text).expect_err("it is wrong").0;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(!found[0].to_string().contains("hunter2"), "{}", found[0]);
    found[0].to_string()
}

#[test]
fn a_page_is_read_with_its_components_and_its_key_is_never_shown() {
    let config = good(&format!("{GOOD}[[service]]\nid = \"crm\"\nstatuspage_component = \"p356f6v36z5r\"\n{PAGE}"));
    let page = config.statuspage.as_ref().expect("it is written");
    assert_eq!((page.api_url.as_str(), page.page_id.as_str()), ("https://api.statuspage.io", "kctbh9vrtdwd"));
    assert_eq!(page.api_key.expose_secret(), "hunter2-key");
    assert!(page.notify && page.components["crm"] == "p356f6v36z5r");
    assert_eq!(config.status_pages[0].headers[0].value.expose_secret(), "Bearer hunter2-secret");
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(Config::with_defaults().statuspage.is_none());
}

#[test]
fn what_is_missing_or_wrong_is_told_with_what_to_write() {
    let no_key = problem("[statuspage]\npage_id = \"x\"\n");
    assert!(no_key.contains("[statuspage] needs `api_key`") && no_key.contains("api_key_file"), "{no_key}");
    assert!(problem("[statuspage]\napi_key = \"k\"\n").contains("needs `page_id`"));
    assert!(problem(&GOOD.replace("hunter2-key", "OAuth hunter2")).contains("this is not the key"));
    assert!(problem(&GOOD.replace("kctbh9vrtdwd", "../x")).contains("not the id of a page"));
    let component = problem("[[service]]\nid = \"crm\"\nstatuspage_component = \"x\"\n");
    assert!(component.contains("add [statuspage]"), "{component}");
}

#[test]
fn channels_need_their_page_and_nothing_for_staff_goes_there() {
    let audience =
        |channel: &str, more: &str| format!("[[audience]]\nname = \"all\"\nchannels = [\"{channel}\"]\n{more}\n");
    assert!(problem(&audience("statuspage", "")).contains("add [statuspage]"));
    assert!(
        problem(&(PAGE.to_owned() + &audience("statuspage:eu", ""))).contains("no [[status_page]] has the name `eu`")
    );
    good(&format!("{GOOD}{PAGE}{}", audience("statuspage\", \"statuspage:public", "")));
    assert!(problem(&format!("{GOOD}{}", audience("statuspage", "internal = true"))).contains("public"));
    assert!(problem(&format!("{GOOD}[organisation]\nops = [\"statuspage\"]\n")).contains("this is for staff"));
}

#[test]
fn calls_headers_and_pointers_are_checked() {
    let wrong = |from: &str, to: &str| problem(&PAGE.replace(from, to));
    assert!(wrong("PUT /schedules/{id}", "PUT /schedules").contains("write {id} where its id goes"));
    assert!(wrong("POST /schedules", "POST /schedules/{id}").contains("leave {id} out"));
    assert!(wrong("POST /schedules", "GET /schedules").contains("not a method and a path"));
    assert!(wrong("POST /schedules", "POST schedules").contains("not a path"));
    assert!(wrong("Authorization: Bearer {secret}", "Authorization Bearer").contains("not a header"));
    assert!(wrong("secret = \"hunter2-secret\"\n", "").contains("add secret_file"));
    assert!(wrong("create_body = '{ \"name\": {{ title }} }'\n", "").contains("needs `create_body`"));
    assert!(problem(&format!("{PAGE}id = \"id\"\n")).contains("JSON pointer"));
    assert!(problem(&format!("{PAGE}{PAGE}")).contains("is there already"));
}
