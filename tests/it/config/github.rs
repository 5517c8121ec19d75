//! GitHub: signing in, what is watched, and who is who there.

use std::time::Duration;

use maintbot::config::{Config, Github, GithubAuth};
use maintbot::domain::access::Role;
use maintbot::domain::organisation::Channel;
use secrecy::ExposeSecret;

use super::{FILE, good, keys, lines, problem, problems, with_environment};

const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----";
const TOKEN: &str = "[github]\ntoken = \"ghp_hunter2\"\nrepositories = [\"example/crm\"]\n";

fn github(text: &str) -> Github {
    good(text).github.expect("GitHub is written")
}

fn names(repositories: &[maintbot::domain::channel::Repository]) -> Vec<String> {
    repositories.iter().map(ToString::to_string).collect()
}

#[test]
fn without_a_word_there_is_no_github() {
    let config = Config::with_defaults();
    assert!(config.github.is_none() && config.organisation.repositories_watched().is_empty());
    assert!(config.organisation.github.repositories.is_empty() && !config.organisation.github.sub_issues);
}

#[test]
fn a_token_and_a_repository_are_enough() {
    let found = github(TOKEN);
    assert_eq!(found.api_url, "https://api.github.com");
    let GithubAuth::Token(token) = &found.auth else { panic!("a token") };
    assert_eq!(token.expose_secret(), "ghp_hunter2");
    assert!(found.webhook_secret.is_none() && found.poll.is_none() && !found.sub_issues);
    assert_eq!(names(&found.repositories), ["example/crm"]);
}

#[test]
fn everything_that_can_be_written_about_github_arrives() {
    let config = good(&format!(
        r#"
        [github]
        api_url = "https://github.example.com/api/v3/"
        app_id = 12345
        private_key = """{KEY}"""
        webhook_secret = "s3cr3t-enough"
        repositories = ["Example/Ops", "example/crm"]
        poll = "1m 30s"
        sub_issues = true
        [[service]]
        id = "crm"
        repository = "Example/CRM"
        [[service]]
        id = "wiki"
        repository = "example/wiki"
        [[service]]
        id = "mail"
        [[audience]]
        name = "staff"
        channels = ["github:Example/News", "github:example/ops#7"]
        [organisation]
        ops = ["github:example/ops"]
        [people.anna]
        github = "Anna-Bo"
        [roles]
        engineer = ["github:Octo-Cat", "anna"]
        admin = ["github:Example/Core-Team"]
        "#
    ));
    let found = config.github.as_ref().expect("GitHub is written");
    assert_eq!(found.api_url, "https://github.example.com/api/v3");
    let GithubAuth::App { id, private_key } = &found.auth else { panic!("an App") };
    assert_eq!((*id, private_key.expose_secret()), (12345, KEY));
    assert_eq!(found.webhook_secret.as_ref().map(ExposeSecret::expose_secret), Some("s3cr3t-enough"));
    assert_eq!((found.poll, found.sub_issues), (Some(Duration::from_secs(90)), true));

    let organisation = &config.organisation;
    assert_eq!(names(&organisation.github.repositories), ["example/ops", "example/crm"]);
    assert!(organisation.github.sub_issues);
    assert_eq!(names(&organisation.repositories_watched()), ["example/ops", "example/crm", "example/wiki"]);
    let tracker = |service: &str| organisation.tracker_for(&[service.to_owned()]).to_string();
    assert_eq!([tracker("wiki"), tracker("mail")], ["github:example/wiki", "github:example/ops"]);
    let channels = |channels: &[Channel]| channels.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(channels(&organisation.audiences[0].channels), ["github:example/news", "github:example/ops#7"]);
    assert_eq!(channels(&organisation.ops), ["github:example/ops"]);
    assert_eq!(organisation.people["anna"].github.as_deref(), Some("anna-bo"));
    assert_eq!(organisation.person_on_github("ANNA-BO"), Some("anna"));
    let roles = organisation.roles.as_ref().expect("roles are written");
    assert_eq!(roles[&Role::Engineer], ["github:octo-cat", "anna"]);
    assert_eq!(roles[&Role::Admin], ["github:example/core-team"]);
}

#[test]
fn repositories_may_be_left_to_the_services() {
    let config = good("[github]\ntoken = \"x\"\n[[service]]\nid = \"crm\"\nrepository = \"example/crm\"\n");
    assert!(config.organisation.github.repositories.is_empty());
    assert_eq!(names(&config.organisation.repositories_watched()), ["example/crm"]);
    let hint = "write repositories = [\"example/crm\"], or repository = \"example/crm\" in a [[service]]";
    for text in ["[github]\ntoken = \"x\"\n", "[github]\ntoken = \"x\"\n[[service]]\nid = \"crm\"\n"] {
        let expected = format!("maintbot.toml:1: [github] names no repository, and no service has one; {hint}");
        assert_eq!(problem(text), expected);
    }
    assert!(problem("[github]\nrepositories = []\ntoken = \"x\"\n").starts_with("maintbot.toml:2: [github] names no"));
}

#[test]
fn one_signs_in_as_an_app_or_with_a_token() {
    let told = |text: &str| problem(&format!("[github]\nrepositories = [\"example/crm\"]\n{text}"));
    assert_eq!(
        told(""),
        "maintbot.toml:1: [github] needs an App or a token to sign in with; write app_id = 12345 and private_key_file = \"github.pem\", or token_file = \"token\""
    );
    assert_eq!(
        told("app_id = 12345\n"),
        "maintbot.toml:3: `app_id` in [github]: an App signs with its private key; add private_key_file = \"github.pem\""
    );
    assert_eq!(
        told(&format!("private_key = '''{KEY}'''\n")),
        "maintbot.toml:3: `private_key` in [github]: it is not said whose key this is; add app_id = 12345"
    );
    let one_of = "sign in as an App or with a token";
    assert_eq!(
        told(&format!("token = \"x\"\napp_id = 12345\nprivate_key = '''{KEY}'''\n")),
        format!("maintbot.toml:3: `token` in [github]: `app_id` is given as well; {one_of}")
    );
    assert_eq!(
        told(&format!("token = \"x\"\nprivate_key = '''{KEY}'''\n")),
        format!("maintbot.toml:3: `token` in [github]: `private_key` is given as well; {one_of}")
    );
}

#[test]
fn a_number_of_an_app_is_one_with_or_without_quotes() {
    let id = |written: &str| {
        let text = format!("[github]\nrepositories = [\"a/b\"]\nprivate_key = '''{KEY}'''\napp_id = {written}\n");
        super::read(&text).map(|config| match config.github.map(|github| github.auth) {
            Some(GithubAuth::App { id, .. }) => id,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!((id("12345").ok(), id("\"12345\"").ok(), id("12_345").ok()), (Some(12345), Some(12345), Some(12345)));
    for wrong in ["0", "-1", "\"Iv1.8a61f9b3a7aba766\"", "1.5", "0x10", "true", "99999999999999999999"] {
        let told = id(wrong).expect_err(wrong).to_string();
        assert!(told.starts_with("maintbot.toml:6: `app_id` in [github]: "), "{told}");
        assert!(told.ends_with("write app_id = 12345"), "{told}");
    }
}

#[test]
fn a_private_key_is_pem_and_is_never_repeated() {
    let read = |key: &str| super::read(&TOKEN.replace("token = \"ghp_hunter2\"", key));
    let good = |key: &str| read(&format!("app_id = 1\nprivate_key = '''{key}'''"));
    for label in ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY"] {
        let key = KEY.replace("RSA PRIVATE KEY", label);
        let config = good(&format!("\n{key}\n")).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!format!("{config:?} {config:#?}").contains("hunter2"));
    }
    let public = KEY.replace("RSA PRIVATE", "PUBLIC");
    let without_end = KEY.replace("-----END RSA PRIVATE KEY-----", "");
    let empty = KEY.replace("hunter2\n", "");
    for wrong in ["hunter2", "", &public, &without_end, &empty, "SHA256:hunter2="] {
        let told = good(wrong).expect_err(wrong);
        assert_eq!(told.0.len(), 1, "{told}");
        assert!(told.to_string().contains("`private_key` in [github]: this is not a private key; "), "{told}");
        assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");
    }
}

#[test]
fn secrets_of_github_can_stand_in_files_or_in_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(FILE);
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    put("github.pem", &format!("{KEY}\n"));
    put("secret", "hunter2-hunter2\n");
    put("token", "ghp_hunter2\n");
    put("short", "hunter2\n");
    let read = |text: &str, environment: &[(&str, &str)]| {
        let text = format!("[github]\nrepositories = [\"a/b\"]\n{text}");
        Config::from_text(&file, &text, environment.iter().copied())
    };
    let of_files = "app_id = 1\nprivate_key_file = \"github.pem\"\nwebhook_secret_file = \"secret\"\n";
    let found = read(of_files, &[]).expect("good").github.expect("GitHub");
    assert_eq!(found.webhook_secret.as_ref().map(ExposeSecret::expose_secret), Some("hunter2-hunter2"));
    let GithubAuth::App { private_key, .. } = &found.auth else { panic!("an App") };
    assert_eq!(private_key.expose_secret(), KEY);

    let one_line = KEY.replace('\n', "\\n");
    let environment = [("MAINTBOT__GITHUB__APP_ID", "12345"), ("MAINTBOT__GITHUB__PRIVATE_KEY", one_line.as_str())];
    let found = read("", &environment).expect("good").github.expect("GitHub");
    let GithubAuth::App { id, private_key } = &found.auth else { panic!("an App") };
    assert_eq!((*id, private_key.expose_secret()), (12345, KEY));

    let found = read("token_file = \"token\"\n", &[]).expect("good").github.expect("GitHub");
    let GithubAuth::Token(token) = &found.auth else { panic!("a token") };
    assert_eq!(token.expose_secret(), "ghp_hunter2");

    for (text, key) in [
        ("app_id = 1\nprivate_key_file = \"secret\"\n", "private_key_file"),
        ("token_file = \"none\"\n", "token_file"),
        ("token = \"x\"\nwebhook_secret_file = \"short\"\n", "webhook_secret_file"),
        ("token = \"x\"\ntoken_file = \"token\"\n", "token_file"),
    ] {
        let told = read(text, &[]).expect_err(text);
        let found: Vec<&str> = told.0.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(found, [format!("github.{key}")], "{told}");
        assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");
    }
}

#[test]
fn a_webhook_secret_that_can_be_guessed_is_refused() {
    for secret in ["", "hunter2"] {
        assert_eq!(
            problem(&format!("{TOKEN}webhook_secret = \"{secret}\"\n")),
            "maintbot.toml:4: `webhook_secret` in [github]: a secret shorter than 8 characters can be guessed; make one with: openssl rand -hex 32"
        );
    }
    let printed = format!("{:?}", github(&format!("{TOKEN}webhook_secret = \"hunter2-hunter2\"\n")));
    assert!(!printed.contains("hunter2"), "{printed}");
    for token in ["", "ghp hunter2", "Bearer ghp_hunter2"] {
        let found = problems(&format!("[github]\nrepositories = [\"a/b\"]\ntoken = \"{token}\"\n"));
        assert!(found.len() == 1 && found[0].message.ends_with("this is not a token"), "{found:?}");
        assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    }
}

#[test]
fn it_is_asked_what_is_new_between_every_five_seconds_and_every_hour() {
    for (poll, seconds) in [("5s", 5), ("30s", 30), ("2m", 120), ("1h", 3600)] {
        let found = github(&format!("{TOKEN}poll = \"{poll}\"\n"));
        assert_eq!(found.poll, Some(Duration::from_secs(seconds)), "{poll}");
    }
    for (poll, why) in [
        ("4s", "is less than 5s"),
        ("4999ms", "is less than 5s"),
        ("0s", "is less than 5s"),
        ("61m", "is more than 1h"),
        ("30", "is not a length of time"),
        ("", "is not a length of time"),
    ] {
        let told = problem(&format!("{TOKEN}poll = \"{poll}\"\n"));
        assert!(told.starts_with(&format!("maintbot.toml:4: `poll` in [github]: `{poll}` {why}")), "{told}");
        assert!(told.ends_with("write for example 30s"), "{told}");
    }
}

#[test]
fn what_needs_github_says_so_where_it_is_not_written() {
    let text = r#"[organisation]
ops = ["builtin:ops", "github:example/ops"]
[[service]]
id = "crm"
repository = "example/crm"
[[audience]]
name = "staff"
channels = ["github:example/news#7"]
"#;
    let hint = "add [github] with app_id and private_key_file, or with token_file";
    let expected = [
        format!(
            "maintbot.toml:2: `ops` in [organisation]: `github:example/ops` cannot be reached without GitHub; {hint}"
        ),
        format!("maintbot.toml:5: `repository` in [[service]]: a repository cannot be reached without GitHub; {hint}"),
        format!(
            "maintbot.toml:8: `channels` in [[audience]]: `github:example/news#7` cannot be reached without GitHub; {hint}"
        ),
    ];
    assert_eq!(lines(text), expected);
    good(&format!("{text}{TOKEN}"));
}

#[test]
fn a_login_is_checked_and_belongs_to_one_person() {
    let long = "x".repeat(39);
    let text = format!(
        "[people.a]\ngithub = \"{long}\"\n[people.b]\ngithub = \"octo-cat\"\n[people.c]\ngithub = \"anna_acme\"\n"
    );
    assert_eq!(good(&text).organisation.people["a"].github.as_deref(), Some(long.as_str()));
    for login in ["", "-a", "a-", "a--b", "a b", "a.b", "ä", "a/b", &"x".repeat(40)] {
        assert_eq!(
            problem(&format!("[people.anna]\ngithub = \"{login}\"\n")),
            format!(
                "maintbot.toml:2: `github` in [people.anna]: `{login}` is not a login on GitHub; write for example `octocat`"
            )
        );
    }
    for written in ["@octocat", "https://github.com/octocat", " octocat"] {
        assert!(
            problem(&format!("[people.anna]\ngithub = \"{written}\"\n")).ends_with("; write `octocat`"),
            "{written}"
        );
    }
    assert_eq!(
        problem("[people.anna]\ngithub = \"octocat\"\n[people.bo]\ngithub = \"OctoCat\"\n"),
        "maintbot.toml:4: `github` in [people.bo]: `OctoCat` is there already, at line 2; each needs its own"
    );
}

#[test]
fn whoever_holds_a_role_by_github_is_a_login_or_a_team() {
    for holder in ["github:", "github:a b", "github:a--b", "github:org/", "github:/team", "github:a/b/c", "github:@a"] {
        let told = problem(&format!("[roles]\nadmin = [\"{holder}\"]\n"));
        let expected = format!(
            "maintbot.toml:2: `admin` in [roles]: `{holder}` is neither a login nor a team on GitHub; write github:login or github:organisation/team"
        );
        assert_eq!(told, expected);
    }
    assert!(problem("[roles]\nadmin = [\"github:Anna\", \"github:anna\"]\n").contains("`github:anna` is there twice"));
}

#[test]
fn everything_wrong_with_github_is_told_at_once() {
    let text = r#"[github]
api_url = "github.example.com"
app_id = "twelve"
token = 7
webhook_secret = ["a"]
repositories = ["crm", "a/b", "A/B"]
poll = 30
sub_issues = "yes"
repository = "a/b"
[[service]]
id = "crm"
repository = "https://github.com/example/crm"
"#;
    let expected = [
        "maintbot.toml:2: `api_url` in [github]: the address must begin with http:// or https://; write for example https://github.example.com/api/v3",
        "maintbot.toml:3: `app_id` in [github]: this is not a whole number above zero; write app_id = 12345",
        "maintbot.toml:4: `token` in [github]: text in quotes is wanted here, not a number; write token = \"…\"",
        "maintbot.toml:4: `token` in [github]: `app_id` is given as well; sign in as an App or with a token",
        "maintbot.toml:5: `webhook_secret` in [github]: text in quotes is wanted here, not a list; write webhook_secret = \"…\"",
        "maintbot.toml:6: `repositories` in [github]: `crm` is not a repository: write owner/name, such as `example/crm`",
        "maintbot.toml:6: `repositories` in [github]: `a/b` is there twice",
        "maintbot.toml:7: `poll` in [github]: text in quotes is wanted here, not a number; write poll = \"30s\"",
        "maintbot.toml:8: `sub_issues` in [github]: true or false, without quotes, is wanted here, not text; write sub_issues = true",
        "maintbot.toml:9: unknown key `repository` in [github]; did you mean `repositories`?",
        "maintbot.toml:12: `repository` in [[service]]: `https://github.com/example/crm` is not a repository: write owner/name, such as `example/crm`",
    ];
    assert_eq!(lines(text), expected);
    assert_eq!(problem("github = true\n"), "maintbot.toml:1: [github] must be a section with keys, not true");
}

#[test]
fn the_environment_alone_can_bring_github() {
    let environment = [
        ("MAINTBOT__GITHUB__TOKEN", "ghp_x"),
        ("MAINTBOT__GITHUB__REPOSITORIES", r#"["example/crm"]"#),
        ("MAINTBOT__GITHUB__POLL", "30s"),
        ("MAINTBOT__GITHUB__SUB_ISSUES", "true"),
        ("MAINTBOT__GITHUB__WEBHOOK_SECRET", "123456789"),
        ("MAINTBOT__GITHUB__API_URL", "http://127.0.0.1:9"),
    ];
    let found = with_environment("", &environment).expect("good").github.expect("GitHub");
    assert_eq!((found.api_url.as_str(), found.poll), ("http://127.0.0.1:9", Some(Duration::from_secs(30))));
    assert_eq!(found.webhook_secret.as_ref().map(ExposeSecret::expose_secret), Some("123456789"));
    assert!(found.sub_issues);
    assert_eq!(keys("[github]\ntoken = \"x\"\nrepositories = [\"a/b\"]\nrepos = []\n"), ["github.repos"]);
}
