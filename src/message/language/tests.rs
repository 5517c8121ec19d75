use super::*;

const FINNISH: &str = r#"
[dates]
weekdays = ["ma", "ti", "ke", "to", "pe", "la", "su"]
date = "{weekday} {day}.{month_number}.{year} klo"
date_without_year = "{weekday} {day}.{month_number}. klo"
clock_separator = "."

[words]
"When" = "Milloin"
"{n}h" = "{n} t"
"up to {most}" = "enintään {most}"
"#;

fn finnish() -> Language {
    Language::read(FINNISH, &[]).expect("a language")
}

fn span(from: &str, to: &str) -> Span {
    let zone = Zone::named("Europe/Helsinki").expect("a zone");
    Span { starts_at: from.parse().expect("an instant"), ends_at: to.parse().expect("an instant"), zone }
}

#[test]
fn a_date_is_written_as_its_language_writes_it() {
    let day = span("2027-04-12T12:00:00Z", "2027-04-12T14:30:00Z");
    assert_eq!(finnish().span(&day), "ma 12.4.2027 klo 15.00–17.30 Europe/Helsinki (12.00–14.30 UTC)");
    let night = span("2027-04-12T20:30:00Z", "2027-04-12T22:00:00Z");
    assert_eq!(
        finnish().span(&night),
        "ma 12.4.2027 klo 23.30 – ti 13.4.2027 klo 01.00 Europe/Helsinki (ma 12.4. klo 20.30–22.00 UTC)"
    );
    assert_eq!(Language::english().span(&day), day.to_string());
}

#[test]
fn a_date_that_no_time_follows_does_not_lead_to_one() {
    let noon = "2027-04-12T12:00:00Z".parse().expect("an instant");
    let zone = Zone::named("Europe/Helsinki").expect("a zone");
    assert_eq!(finnish().day(noon, &zone), "ma 12.4.2027");
    assert_eq!(finnish().clock(noon, &zone), "15.00");
    assert_eq!(Language::english().day(noon, &zone), "Mon 12 Apr 2027");
    for (date, alone) in [
        ("{weekday} {day}. {month} {year},", "Mon 12. Apr 2027"),
        ("{year}年{month_number}月{day}日", "2027年4月12日"),
        ("{year}. {month} {day}. {weekday}", "2027. Apr 12. Mon"),
        ("{day}.{month_number}.{year} klo\"\ndate_alone = \"{day}.{month_number}.{year} (pvm)", "12.4.2027 (pvm)"),
    ] {
        let language = Language::read(&format!("[dates]\ndate = \"{date}\"\n"), &[]).expect("a language");
        assert_eq!(language.day(noon, &zone), alone, "{date}");
    }
    let wrong = Language::read("[dates]\ndate_alone = \"{weekday}\"\n", &[]).expect_err("no date");
    assert_eq!(wrong[0].line, Some(2));
}

#[test]
fn what_a_language_has_no_word_for_stays_english() {
    assert_eq!(finnish().word("When"), "Milloin");
    assert_eq!(finnish().word("Services"), "Services");
    assert_eq!(finnish().duration(TimeDelta::minutes(90)), "1 t 30m");
    assert_eq!(finnish().downtime(&"15m".parse().expect("a downtime")), "enintään 15m");
    assert_eq!(Language::english().downtime(&"10m-15m per:tenant".parse().expect("one")), "10m to 15m per tenant");
    assert_eq!(Language::english().duration(TimeDelta::zero()), "0s");
}

#[test]
fn text_from_people_fills_a_place_and_is_none() {
    assert_eq!(
        Language::english().say("{n} of {of}: {title}", &[("n", "1"), ("of", "2"), ("title", "{of} {n}")]),
        "1 of 2: {of} {n}"
    );
}

#[test]
fn everything_wrong_with_a_language_is_said_with_its_line() {
    let wrong = |text: &str| -> Vec<(Option<usize>, String)> {
        let wrong = Language::read(text, &["Release day".into()]).err().unwrap_or_default();
        wrong.into_iter().map(|wrong| (wrong.line, format!("{}; {}", wrong.message, wrong.hint))).collect()
    };
    let said = wrong("[words]\n\"Wen\" = \"Wann\"\n\"{n} items\" = \"{m} Dinge\"\n\"When\" = \"\"\n");
    assert_eq!(said.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [Some(2), Some(3), Some(4)]);
    assert!(said[0].1.ends_with("did you mean `When`?"), "{}", said[0].1);
    assert!(said[1].1.contains("no place {m}; it has {n}"), "{}", said[1].1);
    let said = wrong("[dates]\nmonths = [\"Januar\"]\ndate = \"{day}.{mnth}.{year}\"\nclock_separator = \"h\"\n");
    assert_eq!(said.len(), 3);
    assert!(said[0].1.contains("has 1 names, not 12") && said[0].0 == Some(2));
    assert!(said[1].1.contains("{mnth}") && said[1].0 == Some(3));
    assert_eq!(wrong("[dates]\ndate = \"{day}\"\n").len(), 1, "a date without month and year");
    assert_eq!(wrong("[words]\n\"When\" = 7\n")[0].0, Some(2));
    assert_eq!(wrong("[word]\n")[0].0, Some(1));
    assert!(wrong("[words]\n\"Release day\" = \"Freigabetag\"\n").is_empty());
}

#[test]
fn every_phrase_is_there_once() {
    let mut sorted = PHRASES.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), PHRASES.len());
}
