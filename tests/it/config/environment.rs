//! The environment over the file, and secrets in files of their own.

use maintbot::config::{Config, Problems};
use secrecy::ExposeSecret;

use super::{FILE, good, problem, problems, rules, with_environment};

#[test]
fn the_environment_goes_before_the_file() {
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n[policy.scheduled]\nannounce = \"21d\"\nremind = [\"2d\"]\n";
    let config = with_environment(
        text,
        &[
            ("PATH", "/bin"),
            ("MAINTBOT_CONFIG", "x"),
            ("MAINTBOT__SERVER__LISTEN", "127.0.0.1:2"),
            ("MAINTBOT__SERVER__PUBLIC_URL", ""),
            ("MAINTBOT__ORGANISATION__NAME", "42"),
            ("MAINTBOT__ORGANISATION__OPS", r#"["builtin:night"]"#),
            ("MAINTBOT__POLICY__SCHEDULED__REMIND", "[]"),
            ("MAINTBOT__POLICY__SCHEDULED__AUTO_COMPLETE", "at_end"),
            ("MAINTBOT__POLICY__EMERGENCY__AUTO_START", "false"),
            ("MAINTBOT__POLICY__OWN__SERVICE__CRM__ANNOUNCE", "3d"),
            ("MAINTBOT__AUDIENCE", r#"[{name = "staff", channels = ["builtin:staff"]}]"#),
            ("MAINTBOT__ROLES__ADMIN", r#"["anna"]"#),
        ],
    )
    .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.server.public_url, None);
    let organisation = &config.organisation;
    assert_eq!((organisation.name.as_str(), organisation.ops[0].to_string()), ("42", "builtin:night".into()));
    assert_eq!(rules(&config, "scheduled"), "21d [] 7d true at_end 15m");
    assert_eq!(rules(&config, "emergency"), "at_once [1h] at_once false false 15m");
    let own = &organisation.service_policies[&("own".to_owned(), "crm".to_owned())];
    assert_eq!(own.announce.to_string(), "3d");
    assert_eq!(organisation.audiences[0].name, "staff");
    assert!(organisation.roles.is_some());
}

#[test]
fn a_single_key_of_the_environment_is_laid_over_a_whole_section_of_it() {
    let environment = [
        ("MAINTBOT__SERVER__LISTEN", "127.0.0.1:3"),
        ("MAINTBOT__SERVER", r#"{ public_url = "https://a.example", listen = "127.0.0.1:2" }"#),
    ];
    let config = with_environment("[server]\nlisten = \"127.0.0.1:1\"\n", &environment).expect("a good configuration");
    assert_eq!((config.server.listen.port(), config.organisation.public_url.as_str()), (3, "https://a.example"));
}

#[test]
fn a_mistake_in_the_environment_names_the_variable_and_never_its_value() {
    let told = |name: &str, value: &str| with_environment("", &[(name, value)]).expect_err("wrong").to_string();
    assert_eq!(
        told("MAINTBOT__SERVER__LISTN", "hunter2"),
        "MAINTBOT__SERVER__LISTN: unknown key `listn` in [server]; did you mean `listen`?"
    );
    assert_eq!(
        told("MAINTBOT__ORGANISATION__OPS", "builtin:ops"),
        "MAINTBOT__ORGANISATION__OPS: `ops` in [organisation]: a list is wanted here, not text; write MAINTBOT__ORGANISATION__OPS='[\"builtin:ops\"]'"
    );
    assert!(told("MAINTBOT__SERVER", "hunter2").starts_with("MAINTBOT__SERVER: [server] must be a section"));
    assert!(
        told("MAINTBOT__SERVICE__CRM__NAME", "hunter2")
            .ends_with("give all of them in MAINTBOT__SERVICE, as a TOML list")
    );
    assert!(told("MAINTBOT____LISTEN", "hunter2").contains("names no key"));
    assert!(!told("MAINTBOT__PASSWORD", "hunter2").contains("hunter2"));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_a_problem_only_if_it_is_ours() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let broken = || OsString::from_vec(vec![0xff]);
    let read = |name: &str| Config::load(None, [(OsString::from(name), broken())]);
    assert!(read("OTHER").is_ok());
    assert!(read("MAINTBOT__SERVER__LISTEN").expect_err("wrong").to_string().contains("not UTF-8"));
}

#[test]
fn a_secret_is_never_printed() {
    let config = good("[database]\nurl = \"postgres://bot:hunter2@db/maintbot\"\n");
    assert_eq!(config.database.url.expose_secret(), "postgres://bot:hunter2@db/maintbot");
    assert!(!format!("{config:?} {config:#?}").contains("hunter2"));
    for url in ["mysql://bot:hunter2@db/x", "bot:hunter2"] {
        let found = problems(&format!("[database]\nurl = \"{url}\"\n"));
        assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    }
    let open = problems("[database]\nurl = \"postgres://bot:hunter2@db/x\npassword = hunter2\n");
    assert!(!format!("{open:?}").contains("hunter2"), "{open:?}");
    assert!(problem("[database]\nurl = \"sqlite://\"\n").contains("names no database"));
}

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(FILE);
    std::fs::write(folder.path().join("url"), "postgres://bot:hunter2@db/maintbot\r\n").expect("written");
    std::fs::write(folder.path().join("empty"), "\n").expect("written");
    let read = |text: &str, environment: &[(&str, &str)]| Config::from_text(&file, text, environment.iter().copied());
    let url = |config: Result<Config, Problems>| config.expect("good").database.url.expose_secret().to_owned();

    assert_eq!(url(read("[database]\nurl_file = \"url\"\n", &[])), "postgres://bot:hunter2@db/maintbot");
    let given = [("MAINTBOT__DATABASE__URL", "sqlite://other.db")];
    assert_eq!(url(read("[database]\nurl_file = \"url\"\n", &given)), "sqlite://other.db");
    let path = folder.path().join("url").display().to_string();
    let given = [("MAINTBOT__DATABASE__URL_FILE", path.as_str())];
    assert_eq!(url(read("[database]\nurl = \"sqlite://a.db\"\n", &given)), "postgres://bot:hunter2@db/maintbot");

    let both = read("[database]\nurl = \"sqlite://a.db\"\nurl_file = \"url\"\n", &[]).expect_err("wrong").to_string();
    assert!(both.contains(":3: `url_file` in [database]: `url` is given as well; leave one of the two out"), "{both}");
    for (name, why) in [("missing", "cannot be read"), ("empty", "is empty")] {
        let told = read(&format!("[database]\nurl_file = \"{name}\"\n"), &[]).expect_err("wrong").to_string();
        assert!(told.contains(why) && told.contains(name), "{told}");
    }
}
