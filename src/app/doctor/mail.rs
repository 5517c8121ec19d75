//! Mail: whether the server lets maintbot in over the connection that is configured, and which addresses get nothing.

use secrecy::ExposeSecret as _;

use super::{Finding, bad, good};
use crate::clock::Clock;
use crate::config::{Config, Smtp, SmtpTls};
use crate::mail::api::{Failure, Mailer};
use crate::store::Db;

const NAME: &str = "mail";

pub(super) async fn mail(config: &Config) -> Vec<Finding> {
    let Some(settings) = &config.smtp else { return Vec::new() };
    let client = match Mailer::new(settings.clone(), Clock::System) {
        Ok(client) => client,
        Err(error) => return vec![bad(NAME, format!("{error:#}"))],
    };
    let mut found = vec![match client.look().await {
        Ok(()) => good(NAME, let_in(settings)),
        Err(failure) => bad(NAME, not_let_in(settings, &reason(failure))),
    }];
    found.extend(refused(config).await);
    found
}

fn let_in(settings: &Smtp) -> String {
    let how = match settings.tls {
        SmtpTls::None => "in the open: everybody on the way can read what is sent",
        SmtpTls::Starttls => "over TLS that STARTTLS begins",
        SmtpTls::Tls => "over TLS",
    };
    let who = settings.login.as_ref().map(|login| format!(", as {}", login.username)).unwrap_or_default();
    format!("{}:{} lets maintbot in, {how}{who}", settings.host, settings.port)
}

/// Why not, with what to write where that can be told.
fn not_let_in(settings: &Smtp, why: &str) -> String {
    let hint = if why.contains("UnknownIssuer") {
        "; name the certificate of who signed the server's in ca_file"
    } else if why.contains("certificate") {
        "; write the host as it stands in the server's certificate, or have that renewed"
    } else if why.contains("no STARTTLS") {
        "; write tls = \"tls\" with its port, mostly 465"
    } else if why.contains("name and password") {
        "; write the username and password that the server knows"
    } else if why.contains("no way to sign in") {
        "; leave username and password out, or use the port that is for signing in, mostly 587 or 465"
    } else if settings.tls == SmtpTls::Tls {
        "; is tls = \"starttls\" meant, mostly on port 587?"
    } else {
        ""
    };
    format!("{}:{} does not let maintbot in: {why}{hint}", settings.host, settings.port)
}

/// Addresses at which nobody is. A database that cannot be opened has a line of its own.
async fn refused(config: &Config) -> Option<Finding> {
    let db = Db::open(config.database.url.expose_secret()).await.ok()?;
    let refused = db.read(async |tx| tx.refused_mailboxes().await).await;
    db.close().await;
    let refused = refused.ok()?;
    let newest = refused.first()?;
    let (address, reason) = (&newest.address, &newest.reason);
    let others = match refused.len() {
        1 => String::new(),
        all => format!(", and {} more", all - 1),
    };
    let detail = format!(
        "{address} gets no mail, since nobody was there ({reason}){others}: `maintbot mail refused` lists them, `maintbot \
         mail allow ADDRESS` lets one have mail again"
    );
    Some(bad(NAME, detail))
}

/// Why it was not let in; doctor asks once, so that it does not matter when to ask again.
fn reason(failure: Failure) -> String {
    match failure {
        Failure::Later { why }
        | Failure::Away { why, .. }
        | Failure::Unsure { why }
        | Failure::NoMailbox { why }
        | Failure::Refused { why } => why,
    }
}
