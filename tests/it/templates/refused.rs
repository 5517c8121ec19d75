//! What is wrong with templates: each with its file, its line, and what to write.

use maintbot::message::audience::{Templates, sample};

use super::{folder_of, organisation, organisation_with, said, source};

/// What is said of one template.
fn wrong(file: &str, text: &str) -> Vec<String> {
    let faults = Templates::load(&[source("en", file, text)], &organisation()).err().unwrap_or_default();
    said(&faults)
}

#[track_caller]
fn assert_wrong(text: &str, line: usize, parts: &[&str]) {
    let found = wrong("reminder.txt", text);
    let [one] = found.as_slice() else { panic!("one thing is wrong with {text}, not {found:?}") };
    assert!(one.starts_with(&format!("messages/en/reminder.txt:{line}: ")), "{one}");
    for part in parts {
        assert!(one.contains(part), "{part} is not in: {one}");
    }
}

#[test]
fn an_unknown_value_is_named_with_its_line_and_the_nearest_known_one() {
    assert_wrong("Reminder\n\n{{ titel }}", 3, &["no value `titel`", "did you mean `title`?", "impact"]);
    // Nothing ever takes this branch.
    assert_wrong(
        "{{ title }}\n{% if title == \"x\" and not running %}\n{{ whenn }}\n{% endif %}",
        3,
        &["`whenn`", "`when`"],
    );
    assert_wrong("{{ title }}\n{% for x in titles %}{{ x }}{% endfor %}", 2, &["`titles`"]);
    assert_wrong("{{ title }}\n{{ phases }}", 2, &["no value `phases`"]);
}

#[test]
fn unknown_blocks_filters_tests_and_functions_are_named_with_their_lines() {
    assert_wrong("{{ title }}\n{% if over %}{{ block('fact') }}{% endif %}", 2, &["no block `fact`", "`facts`"]);
    assert_wrong("{{ title }}\n{{ block(\"phases\") }}", 2, &["no block `phases`", "these are"]);
    assert_wrong("{{ title }}\n{% if over %}{{ impact | uper }}{% endif %}", 2, &["no filter `uper`", "`upper`"]);
    assert_wrong("{{ title }}\n{% if over and impact is not odd_one %}x{% endif %}", 2, &["no test `odd_one`"]);
    assert_wrong("{{ title }}\n{% if over %}{{ range(9) }}{% endif %}", 2, &["no function `range`", "block, copy"]);
}

#[test]
fn a_template_stands_alone() {
    for statement in ["include 'started'", "extends 'en/started'", "import 'x' as y", "from 'x' import y"] {
        let found = wrong("reminder.txt", &format!("{{{{ title }}}}\n{{% {statement} %}}"));
        assert!(found.iter().any(|one| one.contains("reminder.txt:2:") && one.contains("stands alone")), "{found:?}");
    }
}

#[test]
fn what_does_not_compile_or_render_is_said_with_its_line() {
    assert_wrong("{{ title }}\n{% if running %}\n{{ impact }", 3, &["syntax error"]);
    assert_wrong("{{ title }}\n{{ title + done }}", 2, &[]);
    assert_eq!(wrong("reminder.txt", "").len(), 1);
    assert_wrong("{{ block(\"facts\") }}", 1, &["heading"]);
    let found = wrong("reminder.txt", "{{ title }}\nFacts: {{ block(\"facts\") }}");
    assert!(found[0].contains("stand alone on their line") && found[0].contains("Facts:"), "{found:?}");
    let found = wrong("reminder.txt", "{{ title }}\n{{ block(\"facts\") }} and more");
    assert!(found[0].contains("no block `facts and more`"), "{found:?}");
}

#[test]
fn a_template_can_neither_hang_nor_flood_the_sender() {
    let endless = "{{ title }}\n{% set l = [1] * 1000 %}{% for a in l %}{% for b in l %}x{% endfor %}{% endfor %}";
    let found = wrong("reminder.txt", endless);
    assert!(found[0].contains("takes too long"), "{found:?}");
    let deep = "{{ title }}{% macro m() %}{{ m() }}{% endmacro %}\n{{ m() }}";
    assert_eq!(wrong("reminder.txt", deep).len(), 1);
    let found = wrong("reminder.txt", "{{ title }}\n{{ 'x' * 70000 }}");
    assert!(found[0].contains("more text than a message may have"), "{found:?}");
}

#[test]
fn a_file_that_is_for_nothing_is_named() {
    assert_eq!(
        wrong("remindr.txt", "x")[0],
        "messages/en/remindr.txt: there is no message `remindr`; did you mean reminder?"
    );
    assert!(wrong("notes.md", "x")[0].contains("this is no template"));
    let faults = Templates::load(&[source("en", "reminder.breif.txt", "x")], &organisation_with(None, Some("brief")));
    let said = said(&faults.err().unwrap_or_default());
    assert_eq!(
        said,
        ["messages/en/reminder.breif.txt: no audience has the style `breif`; did you mean reminder.brief.txt?"]
    );
}

#[test]
fn everything_wrong_is_said_at_once_in_the_order_of_the_files_and_lines() {
    let files = [
        source("en", "note.txt", "{{ a }}\n{{ b }}\n{{ c }}"),
        source("en", "reminder.txt", "{{ title }}"),
        source("fi", "locale.toml", "[words]\n\"Wen\" = \"x\"\n"),
        source("fi", "nonsense.txt", ""),
    ];
    let faults = said(&Templates::load(&files, &organisation()).err().unwrap_or_default());
    let places: Vec<&str> = faults.iter().filter_map(|fault| fault.split(": ").next()).collect();
    assert_eq!(
        places,
        [
            "messages/en/note.txt:1",
            "messages/en/note.txt:2",
            "messages/en/note.txt:3",
            "messages/fi/locale.toml:2",
            "messages/fi/nonsense.txt"
        ]
    );
}

#[test]
fn nothing_is_wrong_with_the_built_in_templates() {
    let files = folder_of("templates", "en");
    assert_eq!(files.len(), sample::names().len());
    let faults = Templates::load(&files, &organisation()).err().unwrap_or_default();
    assert_eq!(said(&faults), [""; 0]);
}
