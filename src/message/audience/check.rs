//! What is wrong with a template, without sending anything: the names in it are looked at one by one, also in branches that
//! are not taken, and it is filled with every sample.

use super::engine::{Broken, FILTERS, FUNCTIONS, TESTS};
use super::reference::Names;
use super::scan::{Piece, Sort, pieces};
use super::{Filling, Telling, Templates, sample};
use crate::domain::organisation::Organisation;
use crate::message::Block;
use crate::message::text::{clipped, nearest};

/// Statements that bring in other templates, or that make no sense in plain text.
const REFUSED: [&str; 7] = ["autoescape", "block", "extends", "from", "import", "include", "call"];

/// Everything that is wrong with the template of `message`, which the engine keeps as `template`.
pub(super) fn check(
    templates: &Templates,
    message: &str,
    template: &str,
    source: &str,
    organisation: &Organisation,
) -> Vec<Broken> {
    let names = Names::of(message);
    let pieces = pieces(source);
    let mut broken = statements(&pieces);
    broken.extend(unknown_variables(templates, template, &pieces, &names));
    broken.extend(unknown_filters(&pieces));
    broken.extend(unknown_blocks(&pieces, &names));
    if broken.is_empty() {
        broken.extend(fails_with_samples(templates, message, template, organisation));
    }
    broken.sort_by_key(|broken| broken.line);
    broken
}

fn statements(pieces: &[Piece<'_>]) -> Vec<Broken> {
    let refused = pieces.iter().filter(|piece| piece.is_statement && REFUSED.contains(&piece.text));
    let broken = |piece: &Piece<'_>| Broken {
        line: Some(piece.line),
        message: format!("`{{% {} %}}` is not for messages", piece.text),
        hint: "each template stands alone: write the text here".into(),
    };
    refused.map(broken).collect()
}

fn unknown_variables(templates: &Templates, template: &str, pieces: &[Piece<'_>], names: &Names) -> Vec<Broken> {
    let Ok(compiled) = templates.env.get_template(template) else { return Vec::new() };
    let used = compiled.undeclared_variables(false);
    let unknown = used.into_iter().filter(|name| !names.values.contains(&name.as_str()));
    let unknown = unknown.filter(|name| !FUNCTIONS.contains(&name.as_str()));
    let broken = |name: String| {
        let place = pieces.iter().find(|piece| piece.sort == Sort::Name && piece.text == name);
        let called = pieces.windows(2).any(|pair| pair[0].text == name && pair[1].text == "(");
        let (what, known) = if called { ("function", &FUNCTIONS[..]) } else { ("value", &names.values[..]) };
        unknown_name(place.map(|piece| piece.line), what, &name, known)
    };
    unknown.map(broken).collect()
}

fn unknown_filters(pieces: &[Piece<'_>]) -> Vec<Broken> {
    let mut broken = Vec::new();
    for (n, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.sort != Sort::Text) {
        let mut next = pieces[n + 1..].iter().filter(|next| next.text != "not");
        let name = next.next().filter(|next| next.sort == Sort::Name);
        let (what, known) = match (piece.sort, piece.text) {
            (Sort::Sign, "|") => ("filter", &FILTERS[..]),
            (Sort::Name, "is") => ("test", &TESTS[..]),
            _ => continue,
        };
        if let Some(name) = name.filter(|name| !known.contains(&name.text)) {
            broken.push(unknown_name(Some(name.line), what, name.text, known));
        }
    }
    broken
}

fn unknown_blocks(pieces: &[Piece<'_>], names: &Names) -> Vec<Broken> {
    let calls = pieces.windows(3).filter(|three| {
        (three[0].sort, three[0].text, three[1].text, three[2].sort) == (Sort::Name, "block", "(", Sort::Text)
    });
    let unknown = calls.map(|three| three[2]).filter(|name| !names.blocks.contains(&name.text));
    unknown.map(|name| unknown_name(Some(name.line), "block", name.text, &names.blocks)).collect()
}

fn unknown_name(line: Option<usize>, what: &str, name: &str, known: &[&str]) -> Broken {
    let list = known.join(", ");
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? these are: {list}"),
        None => format!("these are: {list}"),
    };
    Broken { line, message: format!("there is no {what} `{}`", clipped(name, 80)), hint }
}

/// The first thing that goes wrong when it is filled.
fn fails_with_samples(
    templates: &Templates,
    message: &str,
    template: &str,
    organisation: &Organisation,
) -> Option<Broken> {
    let code = template.split('/').next().unwrap_or_default();
    sample::of_all(message, organisation).iter().find_map(|sample| {
        let telling = Telling {
            plan: &sample.plan,
            topic: &sample.topic,
            events: &sample.events,
            organisation,
            now: sample.now,
            retold: sample.retold,
        };
        match templates.filled(template, &Filling { telling, language: templates.language(code) }) {
            Err(broken) => Some(broken),
            Ok(made) if !matches!(made.blocks.first(), Some(Block::Heading(_))) => Some(Broken {
                line: Some(1),
                message: "it does not begin with a heading".into(),
                hint: "write one line of text first".into(),
            }),
            Ok(_) => None,
        }
    })
}
