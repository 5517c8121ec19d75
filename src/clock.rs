//! The only source of time: whole seconds of UTC, from the machine or moved by hand.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Other processes (the terminal, a second replica) commit without ringing: loops look at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a ring, how long to wait for others: many commands at once are looked at together.
const GATHER: Duration = Duration::from_millis(10);

/// Where time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Stands still until it is set: demo and tests.
    Manual(Arc<watch::Sender<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands at `at` (UTC) until it is set.
    #[must_use]
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(watch::Sender::new(at.trunc_subsecs(0))))
    }

    /// The instant now, in whole seconds: databases keep fractions differently.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Self::wall(),
            Self::Manual(at) => *at.borrow(),
        }
    }

    /// The machine's time in whole seconds, also where the clock is moved by hand: for what the outside world checks,
    /// such as the expiry of a token.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn wall() -> DateTime<Utc> {
        Utc::now().trunc_subsecs(0)
    }

    /// Sets a manual clock; never backwards. A system clock cannot be set and stays.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Manual(at) = self {
            at.send_if_modified(|now| {
                let later = to > *now;
                if later {
                    *now = to.trunc_subsecs(0);
                }
                later
            });
        }
    }

    /// Returns once `at` has come.
    pub async fn sleep_until(&self, at: DateTime<Utc>) {
        match self {
            Self::System => Self::pause((at - Self::precise()).to_std().unwrap_or(Duration::ZERO)).await,
            Self::Manual(now) => {
                // The sender lives in `self`, so waiting cannot fail.
                let _ = now.subscribe().wait_for(|now| *now >= at).await;
            }
        }
    }

    /// Lets real time pass, whatever the clock: for poll intervals and time limits.
    #[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
    pub async fn pause(for_how_long: Duration) {
        tokio::time::sleep(for_how_long).await;
    }

    /// What a background loop does between two looks: returns at `next` (UTC), soon after a ring, when `stop` is asked
    /// for, and after a second at the latest.
    pub async fn rest(&self, next: Option<DateTime<Utc>>, rings: &mut watch::Receiver<u64>, stop: &CancellationToken) {
        let wait = async {
            match next {
                Some(at) => self.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = wait => {}
            () = Self::pause(LOOK_EVERY) => {}
            _ = rings.changed() => Self::pause(GATHER).await,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a sleep needs the fraction of the second")]
    fn precise() -> DateTime<Utc> {
        Utc::now()
    }
}

/// Moves a manual clock and waits until everything due on the way has been handled.
#[derive(Clone, Debug)]
pub struct Mover(mpsc::Sender<(DateTime<Utc>, oneshot::Sender<()>)>);

/// The other end of a [`Mover`]: what has to be done.
pub type Moves = mpsc::Receiver<(DateTime<Utc>, oneshot::Sender<()>)>;

impl Mover {
    /// A mover and the requests it makes.
    #[must_use]
    pub fn channel() -> (Self, Moves) {
        let (send, receive) = mpsc::channel(16);
        (Self(send), receive)
    }

    /// Returns when the clock stands at `to` (UTC) and everything due up to then is done; `false` when maintbot stops.
    pub async fn to(&self, to: DateTime<Utc>) -> bool {
        let (done, wait) = oneshot::channel();
        self.0.send((to, done)).await.is_ok() && wait.await.is_ok()
    }
}

/// Tells loops and open pages that something was committed, so that nobody has to poll for it.
#[derive(Clone, Debug)]
pub struct Wake(Arc<watch::Sender<u64>>);

impl Default for Wake {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Wake {
    /// Something was committed.
    pub fn ring(&self) {
        self.0.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Sees every ring from now on; several quick ones may be seen as one.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
