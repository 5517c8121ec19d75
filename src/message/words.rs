//! The words of replies and refusals: one function per thing we say to the person who typed a command.

mod advisory;
mod banner;
mod facts;
mod finding;
mod history;
mod issue;
mod ledger;
mod mail;
mod page;
mod planning;
mod refusal;
mod subscription;
mod times;

use chrono::{DateTime, Utc};

pub use advisory::*;
pub use banner::{away, banner, banner_heading};
pub use facts::{
    approval_facts, customer_words, customer_words_in, downtime_lines, downtime_lines_in, downtime_words,
    downtime_words_in, facts, facts_of_phase, phase_words, phase_words_in, public_facts, question_lines,
    question_lines_in, regions, tell_table,
};
pub use finding::finding;
pub use history::{happened, history, trail};
pub use issue::{Closed, IssueText, issue};
pub use ledger::{LedgerRow, ledger};
pub use mail::{MailedAs, event_text, event_title, mail_footer, mail_page, mail_unsubscribe};
pub use page::{PAGE_LEFT_OUT, PAGE_RELEASED, PAGE_RESUMED, PAGE_UNKNOWN, PAGE_VERIFYING, page_held};
pub use planning::*;
pub use refusal::{Refused, refused};
pub use subscription::*;
pub use times::*;

use super::language::Language;
use super::text::{clipped, count, one_line};
use super::topic::WindowTopic;
use super::{Block, ItemLine, Message};
use crate::domain::access::Actor;
use crate::domain::calendar::Zone;
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::organisation::Organisation;
use crate::domain::plan::Held;
use crate::domain::window::{State, Window};

/// Rows of a list reply before it is folded.
pub const FOLD: usize = 20;

/// The services of a window by the names people know.
#[must_use]
pub fn services(organisation: &Organisation, window: &Window) -> String {
    window.services.iter().map(|id| organisation.service_name(id)).collect::<Vec<_>>().join(", ")
}

/// A change list as lines, parents before their parts.
#[must_use]
pub fn item_lines(items: &ChangeList, zone: &Zone) -> Vec<ItemLine> {
    item_lines_in(Language::english(), items, zone)
}

/// The same in a language.
#[must_use]
pub fn item_lines_in(language: &Language, items: &ChangeList, zone: &Zone) -> Vec<ItemLine> {
    items.in_order().iter().map(|p| item_line(language, p.item, p.depth, zone)).collect()
}

fn item_line(language: &Language, item: &ChangeItem, depth: usize, zone: &Zone) -> ItemLine {
    let mut aside = Vec::new();
    if let Some(done) = &item.done {
        aside.push(language.say("done by {who}, {when}", &[("who", &done.by), ("when", &language.at(done.at, zone))]));
    } else if let Some(assignee) = &item.assignee {
        aside.push(assignee.clone());
    }
    if item.late {
        aside.push(language.word("added late"));
    }
    ItemLine { number: item.number, text: item.line(), depth, done: item.done.is_some(), aside: aside.join(", ") }
}

/// The change list block, or the line that starts one.
#[must_use]
pub fn change_list(message: Message, w: &Window, items: &ChangeList) -> Message {
    if items.0.is_empty() {
        return message
            .text("The change list is empty. Write down what will be done:")
            .copy(format!("/maintenance change add {} \"…\"", w.id));
    }
    let (done, all) = items.progress();
    message.text(format!("Change list, {done} of {all} done:")).block(Block::Items(item_lines(items, &w.span.zone)))
}

/// A window was scheduled.
#[must_use]
pub fn scheduled(
    organisation: &Organisation,
    w: &Window,
    items: &ChangeList,
    plan: &[Planned],
    read: String,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Message {
    let title = one_line(&w.title);
    let heading = if dry_run {
        format!("Nothing is stored: this is what scheduling “{title}” would do")
    } else {
        let stored = match (w.state, &w.request) {
            (State::Pending, Some(_)) => "waits for approval",
            (State::Pending, None) => "is a phase of a draft",
            _ => "is scheduled",
        };
        format!("{} “{title}” {stored}", w.id)
    };
    let shown_facts =
        facts(organisation, w, now).into_iter().filter(|(n, _)| !(dry_run && *n == "Page") && *n != "State");
    let mut message = Message::titled(heading).facts(shown_facts).text(read);
    if !plan.is_empty() {
        let rows = ledger(plan.iter().map(LedgerRow::planned), &w.span.zone);
        message = message.text("Who hears what, and when:").block(rows);
    }
    if dry_run { message } else { change_list(message, w, items) }
}

/// One short line about what a command did, then where the window stands.
#[must_use]
pub fn did(w: &Window, what: impl Into<String>, dry_run: bool) -> Message {
    let what = what.into();
    let would = if dry_run { "Nothing is stored: " } else { "" };
    Message::titled(format!("{would}{} {what}", w.id)).text(format!("{} — {}", one_line(&w.title), w.span))
}

/// A window without a point of contact.
#[must_use]
pub fn nobody_named(w: &Window, dry_run: bool) -> String {
    if dry_run {
        "Nobody is named as point of contact: add poc:@name".into()
    } else {
        format!("Nobody is named as point of contact: /maintenance edit {} poc:@name", w.id)
    }
}

/// What a command would send, for `--dry-run`.
#[must_use]
pub fn would_send(message: Message, plan: &[Planned], zone: &Zone) -> Message {
    if plan.is_empty() {
        return message.text("No message would go out for it.");
    }
    message.text("These messages would be owed:").block(ledger(plan.iter().map(LedgerRow::planned), zone))
}

/// The first answer, given again to somebody who pressed Enter twice.
#[must_use]
pub fn repeated(mut first: Message) -> Message {
    let note =
        "You just did this, so it was not done twice; this is the answer from before. To do it again, add --again.";
    first.blocks.insert(0, Block::Text(note.into()));
    first
}

/// A window with its facts and change list.
#[must_use]
pub fn window(organisation: &Organisation, w: &Window, items: &ChangeList, now: DateTime<Utc>) -> Message {
    full_window(organisation, &WindowTopic::new(w.clone(), items.clone()), now)
}

/// A window with everything about it, for staff: what waits for approval, which phase it is, who has told whom,
/// questions and answers.
#[must_use]
pub fn full_window(organisation: &Organisation, topic: &WindowTopic, now: DateTime<Utc>) -> Message {
    let w = &topic.window;
    let shown = facts_of_phase(organisation, w, topic.phases.as_ref(), now);
    let mut message = Message::titled(format!("{} {}", w.id, one_line(&w.title))).facts(shown);
    if w.request.is_some() {
        message = message.text("It waits for approval:").facts(approval_facts(organisation, w));
    }
    if let Some(held) = topic.held() {
        message = message.text(held_words(held));
    }
    message = change_list(message, w, &topic.items);
    if let Some(table) = tell_table(organisation, w, &topic.told) {
        message = message.text("Who has told whom:").block(table);
    }
    message.blocks.extend(question_lines(&topic.qa));
    message
}

/// That the phases of a plan which have not begun are held, by whom, and why.
#[must_use]
pub fn held_words(held: &Held) -> String {
    let why = if held.reason.is_empty() { String::new() } else { format!(": {}", one_line(&held.reason)) };
    format!("On hold: {} held it{why}. It does not start before it is released.", one_line(&held.by))
}

/// A list of windows, short first.
#[must_use]
pub fn windows(organisation: &Organisation, found: &[Window], more: bool, now: DateTime<Utc>) -> Message {
    if found.is_empty() {
        return Message::line("No window matches.").copy("/maintenance list --all");
    }
    let row = |w: &Window| {
        vec![
            w.id.to_string(),
            w.span.to_string(),
            w.state_words(now).into(),
            services(organisation, w),
            clipped(&one_line(&w.title), 60),
        ]
    };
    let head = ["Id", "When", "State", "Services", "Title"].map(String::from).to_vec();
    let heading = count(found.len(), "window");
    let message = Message::titled(heading).block(Block::Table { head, rows: found.iter().map(row).collect() });
    if more { message.text("There are more:").copy("/maintenance list --all") } else { message }
}

/// Who the caller is.
#[must_use]
pub fn whoami(actor: &Actor, place: &str, zone: &Zone) -> Message {
    let roles = actor.roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", ");
    Message::titled(format!("You are {}", one_line(&actor.id))).facts([
        ("Roles", if roles.is_empty() { "none".into() } else { roles }),
        ("Here", place.into()),
        ("Your times are read in", zone.to_string()),
    ])
}

/// How a message kind is asked for in `preview`, with what it is for.
#[must_use]
pub fn message_names() -> String {
    MessageKind::ALL.iter().filter(|m| m.is_about_work()).map(|m| m.as_str()).collect::<Vec<_>>().join(", ")
}
