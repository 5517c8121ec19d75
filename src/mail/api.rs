//! The client of the server that takes mail: over TLS where that is configured, signed in, one mail after the other over
//! connections that are kept for a while, and no more to one domain in a time than is wanted.
//!
//! Says what a no means and what is in doubt; decides nothing about it. Never shows what it says to sign in, nor what a
//! server answers to that: such an answer may repeat it.

mod pace;
mod reply;
mod wire;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;

use self::pace::Pace;
use self::reply::{No, Stage, meaning};
use self::wire::{Budget, Wire};
use super::render::Mail;
use crate::clock::Clock;
use crate::config::{Smtp, SmtpTls};
use crate::domain::channel::EmailAddress;
use crate::outward::{causes, doubled, locked, one_line};

/// How long it may take to be let in, to agree on sender and recipient, and to hand the mail over. Together less than a
/// sender waits for one row.
const DOOR: Duration = Duration::from_secs(15);
const ENVELOPE: Duration = Duration::from_secs(10);
const CONTENT: Duration = Duration::from_secs(18);
/// A connection that was not used for so long is not used again: servers close them after some minutes (RFC 5321,
/// 4.5.3.2.7).
const IDLE: TimeDelta = TimeDelta::seconds(30);
/// So many connections are kept.
const KEPT: usize = 16;
/// The first pause and the longest where the server cannot be reached, and where it takes nothing: signing in with a wrong
/// password again and again locks an account.
const DOWN: [TimeDelta; 2] = [TimeDelta::seconds(15), TimeDelta::minutes(10)];
const UNWANTED: [TimeDelta; 2] = [TimeDelta::minutes(5), TimeDelta::hours(1)];

/// Why a mail was not handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server wants it later.
    Later {
        /// What it said.
        why: String,
    },
    /// The server cannot be reached or takes nothing from maintbot; nothing is tried before `at` (UTC).
    Away {
        /// When it is tried again.
        at: DateTime<Utc>,
        /// What is the matter.
        why: String,
    },
    /// It was handed over and no answer came: it may be on its way.
    Unsure {
        /// What happened.
        why: String,
    },
    /// There is nobody at this address.
    NoMailbox {
        /// What the server said.
        why: String,
    },
    /// The server does not take this mail.
    Refused {
        /// What it said.
        why: String,
    },
}

/// A client of one server. Clones share connections, pauses and turns.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    settings: Smtp,
    tls: Option<TlsParameters>,
    clock: Clock,
    pace: Mutex<Pace>,
    pause: Mutex<Pause>,
    kept: Mutex<Vec<Open>>,
}

/// A connection on which mail can be handed over.
struct Open {
    smtp: AsyncSmtpConnection,
    budget: Budget,
    used_at: DateTime<Utc>,
}

/// Until when the server is left alone (UTC), and why.
#[derive(Default)]
struct Pause {
    until: Option<DateTime<Utc>>,
    why: String,
    times: u32,
}

/// What went wrong on a connection.
enum Trouble {
    /// The server said no.
    Said { stage: Stage, code: u16, text: String },
    /// It does not offer what is needed.
    Unfit(String),
    /// The connection broke, or nothing came, before the mail was handed over.
    Broken(String),
    /// The same afterwards.
    Unsure(String),
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("host", &self.0.settings.host).finish_non_exhaustive()
    }
}

impl Mailer {
    /// A client with these settings. Reaches nothing yet.
    ///
    /// # Errors
    /// The certificates of `ca_file` cannot be read.
    pub fn new(settings: Smtp, clock: Clock) -> anyhow::Result<Self> {
        let tls = (settings.tls != SmtpTls::None).then(|| tls(&settings)).transpose()?;
        Ok(Self(Arc::new(Inner {
            tls,
            clock,
            pace: Mutex::new(Pace::new(settings.per_domain)),
            pause: Mutex::default(),
            kept: Mutex::default(),
            settings,
        })))
    }

    /// What is written about it.
    #[must_use]
    pub fn settings(&self) -> &Smtp {
        &self.0.settings
    }

    /// When `who`, any number that stands for a mail, may be handed over to an address (both UTC); asked again it keeps
    /// its turn. Turns pass unused.
    #[must_use]
    pub fn turn(&self, to: &EmailAddress, who: i64, now: DateTime<Utc>) -> DateTime<Utc> {
        locked(&self.0.pace).turn(to.domain(), who, now)
    }

    /// Hands a mail over.
    ///
    /// # Errors
    /// Why not, and whether it may have been taken all the same.
    pub async fn post(&self, mail: &Mail) -> Result<(), Failure> {
        self.may_try()?;
        if let Some(mut open) = self.kept() {
            match self.hand_over(&mut open, mail).await {
                // It was closed meanwhile; a new one tells how things are.
                Err(Trouble::Broken(_) | Trouble::Said { stage: Stage::Sender, code: 421, .. }) => {}
                done => return self.ended(open, done).await,
            }
        }
        let mut open = self.enter().await.map_err(|trouble| self.failed(trouble))?;
        let done = self.hand_over(&mut open, mail).await;
        self.ended(open, done).await
    }

    /// Is let in, says nothing, and leaves.
    ///
    /// # Errors
    /// Why it is not let in.
    pub async fn look(&self) -> Result<(), Failure> {
        let mut open = self.enter().await.map_err(|trouble| self.failed(trouble))?;
        let noop = within(ENVELOPE, open.smtp.command(Noop)).await;
        noop.map_err(|why| self.failed(Trouble::of(Stage::Door, why)))?;
        Ok(())
    }

    fn may_try(&self) -> Result<(), Failure> {
        let pause = locked(&self.0.pause);
        match pause.until {
            Some(at) if at > self.0.clock.now() => Err(Failure::Away { at, why: pause.why.clone() }),
            _ => Ok(()),
        }
    }

    /// A connection that was used a moment ago.
    fn kept(&self) -> Option<Open> {
        let now = self.0.clock.now();
        let mut kept = locked(&self.0.kept);
        kept.retain(|open| now - open.used_at < IDLE);
        kept.pop()
    }

    /// A new connection, signed in.
    async fn enter(&self) -> Result<Open, Trouble> {
        let entering = async {
            let Inner { settings, tls, clock, .. } = &*self.0;
            let (hello, budget) = (ClientId::default(), Budget::new());
            let place = (settings.host.as_str(), settings.port);
            let said = |error: Error| Trouble::of(Stage::Door, Broken::Smtp(error));
            let mut smtp = if settings.tls == SmtpTls::Tls {
                // Only who has a certificate that is trusted gets to say anything here.
                let connect = AsyncSmtpConnection::connect_tokio1(place, Some(DOOR), &hello, tls.clone(), None);
                connect.await.map_err(said)?
            } else {
                let tcp = TcpStream::connect(place).await.map_err(|error| Trouble::Broken(causes(&error)))?;
                let wire = Box::new(Wire::new(tcp, budget.clone()));
                AsyncSmtpConnection::connect_with_transport(wire, &hello).await.map_err(said)?
            };
            if let (SmtpTls::Starttls, Some(tls)) = (settings.tls, tls) {
                if !smtp.can_starttls() {
                    return Err(Trouble::Unfit("the server offers no STARTTLS".into()));
                }
                smtp.starttls(tls.clone(), &hello).await.map_err(said)?;
            }
            if let Some(login) = &settings.login {
                let password = login.password.expose_secret().to_owned();
                let credentials = Credentials::new(login.username.clone(), password);
                let signed_in = smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
                signed_in.map_err(|error| not_let_in(&error))?;
            }
            Ok(Open { smtp, budget, used_at: clock.now() })
        };
        match tokio::time::timeout(DOOR, entering).await {
            Ok(entered) => entered,
            Err(_) => Err(Trouble::Broken(format!("no answer within {} seconds", DOOR.as_secs()))),
        }
    }

    /// Sender, recipient, and then the mail.
    async fn hand_over(&self, open: &mut Open, mail: &Mail) -> Result<(), Trouble> {
        open.budget.refill();
        let address = |address: &EmailAddress| {
            Address::new(address.local(), address.domain()).map_err(|error| Trouble::Broken(error.to_string()))
        };
        let (from, to) = (address(&mail.from)?, address(&mail.to)?);
        let smtp = &mut open.smtp;
        let asked = within(ENVELOPE, smtp.command(MailFrom::new(Some(from), Vec::new()))).await;
        asked.map_err(|broken| Trouble::of(Stage::Sender, broken))?;
        let asked = within(ENVELOPE, smtp.command(Rcpt::new(to, Vec::new()))).await;
        asked.map_err(|broken| Trouble::of(Stage::Recipient, broken))?;
        let asked = within(ENVELOPE, smtp.command(Data)).await;
        asked.map_err(|broken| Trouble::of(Stage::Content, broken))?;
        within(CONTENT, smtp.message(&mail.bytes)).await.map_err(|broken| match Trouble::of(Stage::Content, broken) {
            Trouble::Broken(why) => Trouble::Unsure(why),
            said => said,
        })
    }

    /// Keeps a connection that is still good, and says what came of it.
    async fn ended(&self, mut open: Open, done: Result<(), Trouble>) -> Result<(), Failure> {
        let is_good = match &done {
            Ok(()) => true,
            Err(Trouble::Said { code, .. }) if *code != 421 => within(ENVELOPE, open.smtp.command(Rset)).await.is_ok(),
            Err(_) => false,
        };
        if is_good {
            open.used_at = self.0.clock.now();
            let mut kept = locked(&self.0.kept);
            if kept.len() < KEPT {
                kept.push(open);
            }
        }
        match done {
            Ok(()) => {
                *locked(&self.0.pause) = Pause::default();
                Ok(())
            }
            Err(trouble) => Err(self.failed(trouble)),
        }
    }

    fn failed(&self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Unsure(why) => Failure::Unsure { why: format!("no answer to the mail itself: {why}") },
            Trouble::Broken(why) => self.pause(DOWN, why),
            Trouble::Unfit(why) => self.pause(UNWANTED, why),
            Trouble::Said { stage, code, text } => {
                let why = one_line(&format!("{code} {text}"));
                match meaning(stage, code, &text) {
                    No::NotNow => Failure::Later { why },
                    No::Mailbox => Failure::NoMailbox { why },
                    No::Mail => Failure::Refused { why },
                    No::Site => self.pause(if (400..500).contains(&code) { DOWN } else { UNWANTED }, why),
                }
            }
        }
    }

    /// Leaves the server alone for a while, longer each time. Those that fail together count once.
    fn pause(&self, steps: [TimeDelta; 2], why: String) -> Failure {
        let now = self.0.clock.now();
        let mut pause = locked(&self.0.pause);
        let at = match pause.until {
            Some(until) if until > now => until,
            _ => {
                pause.times = pause.times.saturating_add(1);
                let at = now + doubled(steps, pause.times);
                let place = format!("{}:{}", self.0.settings.host, self.0.settings.port);
                tracing::warn!(server = place, why, until = %at, "the server that takes mail takes none");
                at
            }
        };
        pause.until = Some(at);
        pause.why.clone_from(&why);
        Failure::Away { at, why }
    }
}

/// How an exchange ended that did not succeed.
enum Broken {
    Smtp(Error),
    Silent(Duration),
}

impl Trouble {
    fn of(stage: Stage, broken: Broken) -> Self {
        let error = match broken {
            Broken::Silent(patience) => {
                return Self::Broken(format!("no answer within {} seconds", patience.as_secs()));
            }
            Broken::Smtp(error) => error,
        };
        match code(&error) {
            Some(code) => {
                let text = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                Self::Said { stage, code, text }
            }
            None => Self::Broken(causes(&error)),
        }
    }
}

fn code(error: &Error) -> Option<u16> {
    error.status().and_then(|code| code.to_string().parse().ok())
}

/// What there is to say of a failed AUTH: neither the server's words, which may hold what was said to it, nor ours.
fn not_let_in(error: &Error) -> Trouble {
    match code(error) {
        Some(code) => {
            let text = "the server does not take the name and password".into();
            Trouble::Said { stage: Stage::Door, code, text }
        }
        None if error.is_client() => {
            Trouble::Unfit("the server offers no way to sign in that maintbot knows (PLAIN, LOGIN)".into())
        }
        None => Trouble::Broken("the connection broke while signing in".into()),
    }
}

async fn within<T>(patience: Duration, exchange: impl Future<Output = Result<T, Error>>) -> Result<(), Broken> {
    match tokio::time::timeout(patience, exchange).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Broken::Smtp(error)),
        Err(_) => Err(Broken::Silent(patience)),
    }
}

/// TLS 1.2 or newer, with public authorities and those of `ca_file`.
fn tls(settings: &Smtp) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.ca {
        let read = Certificate::from_pem(pem.as_bytes());
        builder = builder.add_root_certificate(read.context("`ca_file` in [smtp] holds what is not a certificate")?);
    }
    builder.build_rustls().context("the certificates for mail cannot be used")
}
