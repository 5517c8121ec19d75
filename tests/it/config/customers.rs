//! Customers: who is served with what, where, and who tells them.

use maintbot::config::Config;

use super::{good, lines, problem, with_environment};

#[test]
fn without_a_word_there_are_no_customers() {
    assert!(Config::with_defaults().organisation.customers.is_empty());
}

#[test]
fn a_customer_is_read_with_everything_that_is_written_about_it() {
    let config = good(
        r#"[[region]]
        id = "eu"
        [[service]]
        id = "crm"
        [[customer]]
        id = "Zeta_2.b-c"
        [[customer]]
        id = "ACME"
        name = "Acme Corp"
        services = ["crm"]
        regions = ["eu"]
        contacts = ["ops@acme.example", "+358 40 123 4567, office hours"]
        owner = "anna"
        [people.anna]
        "#,
    );
    let customers = &config.organisation.customers;
    assert_eq!(customers.keys().collect::<Vec<_>>(), ["ACME", "Zeta_2.b-c"]);
    let acme = &customers["ACME"];
    assert_eq!((acme.id.as_str(), acme.name.as_str(), acme.owner.as_deref()), ("ACME", "Acme Corp", Some("anna")));
    assert_eq!((acme.services.as_slice(), acme.regions.as_slice()), (&["crm".to_owned()][..], &["eu".to_owned()][..]));
    assert_eq!(acme.contacts, ["ops@acme.example", "+358 40 123 4567, office hours"]);
    let plain = &customers["Zeta_2.b-c"];
    assert_eq!((plain.name.as_str(), plain.owner.as_deref()), ("Zeta_2.b-c", None));
    assert!(plain.services.is_empty() && plain.regions.is_empty() && plain.contacts.is_empty());
}

#[test]
fn the_id_of_a_customer_is_there_once_whatever_the_case_of_its_letters() {
    assert_eq!(
        problem("[[customer]]\nid = \"ACME\"\n[[customer]]\nid = \"Acme\"\n"),
        "maintbot.toml:4: `id` in [[customer]]: `Acme` is there already, at line 2; each needs its own"
    );
}

#[test]
fn an_owner_is_one_of_the_people_where_people_are_written() {
    let text = "[[customer]]\nid = \"ACME\"\nowner = \"ana\"\n";
    assert_eq!(good(text).organisation.customers["ACME"].owner.as_deref(), Some("ana"));
    assert_eq!(
        problem(&format!("{text}[people.anna]\n")),
        "maintbot.toml:3: `owner` in [[customer]]: `ana` is not among [people]; did you mean `anna`?"
    );
    assert_eq!(
        problem(&format!("{text}[people.bo]\n")),
        "maintbot.toml:3: `owner` in [[customer]]: `ana` is not among [people]; add [people.ana]"
    );
    assert!(problem(&format!("{text}[people]\n")).ends_with("add [people.ana]"));
}

#[test]
fn what_is_wrong_with_a_customer_is_told_with_what_to_write() {
    let text = r#"[[region]]
id = "eu"
[[service]]
id = "crm"
[[customer]]
name = "Nameless"
[[customer]]
id = "Acme Corp"
name = " "
services = ["cmr"]
regions = ["us"]
contacts = ["", "a@b.example", "a@b.example"]
owner = "@anna"
country = "FI"
[[customer]]
id = "Ä"
contacts = "a@b.example"
owner = 7
"#;
    let expected = [
        "maintbot.toml:5: [[customer]] needs `id`; write id = \"ACME\"",
        "maintbot.toml:8: `id` in [[customer]]: `Acme Corp` is not made of letters from A to Z, digits, `-`, `_` and `.`, a letter or digit first, at most 64; write `Acme-Corp`",
        "maintbot.toml:9: `name` in [[customer]]: a name is one line of 1 to 200 characters",
        "maintbot.toml:10: `services` in [[customer]]: no [[service]] has the id `cmr`; did you mean `crm`?",
        "maintbot.toml:11: `regions` in [[customer]]: no [[region]] has the id `us`; add a [[region]] with id = \"us\"",
        "maintbot.toml:12: `contacts` in [[customer]]: a contact is one line of 1 to 200 characters",
        "maintbot.toml:12: `contacts` in [[customer]]: `a@b.example` is there twice",
        "maintbot.toml:13: `owner` in [[customer]]: `@anna` is not made of lower-case letters, digits, `-`, `_` and `.`, a letter or digit first, at most 64; write `anna`",
        "maintbot.toml:14: unknown key `country` in [[customer]]; this version knows id, name, services, regions, contacts, owner",
        "maintbot.toml:16: `id` in [[customer]]: `Ä` is not made of letters from A to Z, digits, `-`, `_` and `.`, a letter or digit first, at most 64; write for example `ACME`",
        "maintbot.toml:17: `contacts` in [[customer]]: a list is wanted here, not text; write contacts = [\"ops@acme.example\"]",
        "maintbot.toml:18: `owner` in [[customer]]: text in quotes is wanted here, not a number; write owner = \"anna\"",
    ];
    assert_eq!(lines(text), expected);
    let long = "A".repeat(65);
    assert!(problem(&format!("[[customer]]\nid = \"{long}\"\n")).contains("at most 64"));
    assert!(problem("[customer]\nid = \"ACME\"\n").contains("`customer` is written as [[customer]], once for each"));
}

#[test]
fn the_environment_names_customers_as_a_whole() {
    let environment = [("MAINTBOT__CUSTOMER", r#"[{id = "ACME", owner = "anna"}]"#)];
    let config = with_environment("[[customer]]\nid = \"OLD\"\n", &environment).expect("good");
    assert_eq!(config.organisation.customers.keys().collect::<Vec<_>>(), ["ACME"]);
    let told = with_environment("", &[("MAINTBOT__CUSTOMER__ACME__NAME", "x")]).expect_err("wrong").to_string();
    assert!(told.ends_with("give all of them in MAINTBOT__CUSTOMER, as a TOML list"), "{told}");
}
