//! A mail of a message: text and HTML that say the same, a calendar file where there is a window to write into a calendar,
//! and the headers by which mail programs know threads, lists and programs that write by themselves.
//!
//! Everything that people wrote is data. A header holds one line of it, HTML and calendar escape it, and nothing that it
//! holds becomes a link. Pure: the same letter is the same mail, to the byte.

mod calendar;
mod html;
mod matter;
mod plain;
mod preview;

use std::time::SystemTime;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

use crate::config::Smtp;
use crate::domain::channel::EmailAddress;
use crate::domain::organisation::Organisation;
use crate::domain::subject::Subject;
use crate::domain::window::Window;
use crate::message::text::{clipped, one_line};
use crate::message::words::{self, MailedAs};
use crate::message::{Block, Message};

pub use matter::Matter;
pub use preview::preview;

/// Longer subjects are cut (characters): mail programs show about half of that.
const LONGEST_SUBJECT: usize = 160;
/// The language of the built-in texts.
const LANGUAGE: &str = "en";

/// A mail as it is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who writes, on the envelope.
    pub from: EmailAddress,
    /// Who gets it.
    pub to: EmailAddress,
    /// Headers and body (RFC 5322), ASCII, lines ending in CR LF.
    pub bytes: Vec<u8>,
}

/// What a mail is made from.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// What it says.
    pub message: &'a Message,
    /// What it is about.
    pub subject: Subject,
    /// The page that shows all of that.
    pub page: &'a str,
    /// Who gets it.
    pub to: &'a EmailAddress,
    /// Its `Message-ID`, with the angle brackets.
    pub id: &'a str,
    /// The mails before it about the same to the same recipient, by their `Message-ID`: the first, and the last where that
    /// is another.
    pub thread: &'a [String],
    /// When it is written (UTC).
    pub at: DateTime<Utc>,
    /// The audience that it is for; `None`: one person, or ops.
    pub list: Option<&'a str>,
    /// Where its recipient gets rid of such mail with one click (RFC 8058); `None` where nobody subscribed to it.
    pub unsubscribe_url: Option<&'a str>,
    /// The window to write into a calendar, and whether that is to be struck out there.
    pub event: Option<(&'a Window, bool)>,
    /// Names and links.
    pub organisation: &'a Organisation,
    /// As whom it is written.
    pub settings: &'a Smtp,
}

/// Makes a mail.
///
/// # Errors
/// An address or a header that mail cannot hold: a fault, since both are checked where they come in.
pub fn mail(letter: &Letter<'_>) -> anyhow::Result<Mail> {
    let bytes = built(letter)?.formatted();
    Ok(Mail { from: letter.settings.from.clone(), to: letter.to.clone(), bytes })
}

fn built(letter: &Letter<'_>) -> anyhow::Result<lettre::Message> {
    let settings = letter.settings;
    let name = settings.from_name.as_ref().unwrap_or(&letter.organisation.name);
    let subject = subject(letter);
    let mut mail = lettre::Message::builder()
        .from(Mailbox::new(Some(one_line(name)), address(&settings.from)?))
        .to(Mailbox::new(None, address(letter.to)?))
        .subject(as_typed(&subject))
        .date(SystemTime::from(letter.at))
        .message_id(Some(letter.id.to_owned()));
    if let Some(reply_to) = &settings.reply_to {
        mail = mail.reply_to(Mailbox::new(None, address(reply_to)?));
    }
    if let Some(last) = letter.thread.last() {
        mail = mail.in_reply_to(last.clone()).references(letter.thread.join(" "));
    }
    for (name, value) in headers(letter) {
        mail = mail.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
    }
    let both = MultiPart::alternative()
        .boundary(boundary(letter, "text"))
        .singlepart(SinglePart::plain(plain::text(letter)))
        .singlepart(SinglePart::html(html::page(letter, &subject)));
    let built = match letter.event {
        Some((window, struck_out)) => {
            let file = Attachment::new(format!("{}.ics", window.id));
            let (content, kind) = calendar::file(letter, window, struck_out);
            let kind = ContentType::parse(kind).context("a kind of content")?;
            let mixed = MultiPart::mixed().boundary(boundary(letter, "file")).multipart(both);
            mail.multipart(mixed.singlepart(file.body(content, kind)))
        }
        None => mail.multipart(both),
    };
    built.context("making a mail")
}

fn address(address: &EmailAddress) -> anyhow::Result<Address> {
    Address::new(address.local(), address.domain()).context("an address of mail")
}

/// `[MW-12] Reminder: Jira upgrade`: the same beginning for everything about the same.
fn subject(letter: &Letter<'_>) -> String {
    let heading = letter.message.blocks.iter().find_map(|block| match block {
        Block::Heading(text) | Block::Text(text) => Some(one_line(text)),
        _ => None,
    });
    let heading = heading.unwrap_or_default();
    let own = format!("{} ", letter.subject);
    let heading = heading.strip_prefix(&own).unwrap_or(&heading);
    clipped(format!("[{}] {heading}", letter.subject).trim_end(), LONGEST_SUBJECT)
}

/// A subject in which nothing reads as an encoded word (RFC 2047) that was typed as such: a sign that cannot be seen stands
/// between its first two, so that it is shown as it was typed.
fn as_typed(subject: &str) -> String {
    subject.replace("=?", "=\u{200b}?")
}

/// What marks it as written by a program and, where there is one, its list.
fn headers(letter: &Letter<'_>) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        // RFC 3834: nobody's holiday note answers it. The second is what Exchange looks at.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned()),
    ];
    if let Some(list) = letter.list {
        headers.push(("List-Id", format!("<{list}.maintbot.{}>", letter.settings.from.domain())));
    }
    if let Some(url) = letter.unsubscribe_url {
        headers.push(("List-Unsubscribe", format!("<{url}>")));
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    headers
}

/// Between the parts: no text holds it, since it is made from the id that no other mail has.
fn boundary(letter: &Letter<'_>, part: &str) -> String {
    let id: String = letter.id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    format!("=_{part}_{id}")
}

/// A row of a table as what it is about, and what its other columns say of that by their names.
fn as_facts(head: &[String], row: &[String]) -> (String, Vec<(String, String)>) {
    let said = head.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
    let facts = said.map(|(name, cell)| (name.clone(), cell.clone())).collect();
    (one_line(row.first().map_or("", String::as_str)), facts)
}

/// What stands below everything: why its recipient gets it.
fn footer(letter: &Letter<'_>) -> String {
    let as_what = match letter {
        Letter { subject: Subject::Subscription(_), .. } => MailedAs::Stranger,
        Letter { unsubscribe_url: Some(_), .. } => MailedAs::Subscriber,
        Letter { list: Some(_), .. } | Letter { subject: Subject::Digest, .. } => MailedAs::Reader,
        _ => MailedAs::Staff,
    };
    words::mail_footer(letter.organisation, letter.to, as_what)
}
