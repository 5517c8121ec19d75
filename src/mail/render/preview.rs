//! A mail as it would go out, to look at: made as every other, for a reader who is not named where that is nobody's
//! business.

use anyhow::Context as _;

use super::{Letter, Matter, built, html, plain, subject};
use crate::config::{Rate, Smtp, SmtpTls};
use crate::domain::channel::{Channel, EmailAddress};
use crate::domain::subscription::SUBSCRIBERS;
use crate::message::preview::{MailShown, Posted};

/// Who stands for a reader that is not named, and for who writes where no mail is configured (RFC 2606, 3: nobody has it).
const READER: &str = "reader@example.com";
const WRITER: &str = "maintenance@example.com";
/// Stands for what only a subscriber may know.
const TOKEN: &str = "TOKEN";
/// The headers that are shown: what is not in this list differs from mail to mail, or is the matter of mail programs.
const HEADERS: [&str; 9] = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// The mail of a message as it would go out now. Without `settings` somebody at `example.com` writes it.
///
/// # Errors
/// As [`super::mail`], or nothing of what it is about is public.
pub fn preview(posted: &Posted<'_>, settings: Option<&Smtp>) -> anyhow::Result<MailShown> {
    let telling = posted.telling;
    let (plan, organisation) = (telling.plan, telling.organisation);
    let matter = Matter::of(plan, telling.topic, organisation).context("nothing of its window is public")?;
    let is_subscriber = plan.audience == SUBSCRIBERS;
    let to = match &plan.channel {
        Channel::Email(address) if !is_subscriber => address.clone(),
        _ => example(READER)?,
    };
    let stand_in = settings.is_none().then(writer).transpose()?;
    let unsubscribe_url = is_subscriber.then(|| format!("{}/unsubscribe/{TOKEN}", organisation.public_url));
    let letter = Letter {
        message: posted.message,
        subject: telling.topic.subject(),
        page: &matter.page,
        to: &to,
        id: "<preview@example.com>",
        thread: &[],
        at: telling.now,
        list: matter.list.as_deref(),
        unsubscribe_url: unsubscribe_url.as_deref(),
        event: matter.event.as_ref().map(|(window, struck_out)| (window, *struck_out)),
        organisation,
        settings: settings.or(stand_in.as_ref()).context("who writes")?,
    };
    let built = built(&letter)?;
    let header = |name: &&str| built.headers().get_raw(name).map(|value| ((*name).to_owned(), value.to_owned()));
    let subject = subject(&letter);
    Ok(MailShown {
        headers: HEADERS.iter().filter_map(header).collect(),
        text: plain::text(&letter),
        html: html::page(&letter, &subject),
        subject,
    })
}

fn example(address: &str) -> anyhow::Result<EmailAddress> {
    address.parse().map_err(anyhow::Error::msg)
}

/// Who writes where no mail is configured.
fn writer() -> anyhow::Result<Smtp> {
    Ok(Smtp {
        host: "localhost".into(),
        port: 25,
        tls: SmtpTls::None,
        login: None,
        from: example(WRITER)?,
        from_name: None,
        reply_to: None,
        ca: None,
        per_domain: Rate::default(),
        calendar_method: Vec::new(),
    })
}
