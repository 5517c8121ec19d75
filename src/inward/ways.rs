//! Telling somebody something where there are several ways: the first one that works is taken.

use super::work::{Trouble, Worked};

/// What came of the ways that were tried so far.
#[derive(Debug, Default)]
pub struct Ways {
    /// One that is there and takes no more at this moment.
    busy: Option<Trouble>,
    /// Why the last one was no way.
    closed: Option<Trouble>,
}

impl Ways {
    /// Takes down what came of one way. `Ok(true)`: it is said, and no other way is needed.
    ///
    /// # Errors
    /// It may have been said, or something is wrong with maintbot: no other way is tried.
    pub fn tried(&mut self, came: Worked<bool>) -> Worked<bool> {
        match came {
            Ok(said) => return Ok(said),
            Err(trouble @ Trouble::Later(..)) => self.busy = Some(trouble),
            Err(trouble @ (Trouble::Missing(_) | Trouble::Refused(_))) => self.closed = Some(trouble),
            Err(trouble) => return Err(trouble),
        }
        Ok(false)
    }

    /// Whether one of them only takes no more at this moment: nobody is told elsewhere because of that.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy.is_some()
    }

    /// Why it is not said after all ways were tried.
    #[must_use]
    pub fn end(self) -> Trouble {
        let none = || Trouble::Missing("there is no way to say it".into());
        self.busy.or(self.closed).unwrap_or_else(none)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn later() -> Trouble {
        Trouble::Later(DateTime::UNIX_EPOCH, "busy".into())
    }

    #[test]
    fn a_way_that_is_only_busy_counts_for_more_than_one_that_is_closed() {
        let mut ways = Ways::default();
        assert!(matches!(ways.tried(Err(Trouble::Missing("gone".into()))), Ok(false)));
        assert!(!ways.is_busy());
        assert!(matches!(ways.tried(Err(later())), Ok(false)));
        assert!(matches!(ways.tried(Err(Trouble::Refused("no".into()))), Ok(false)));
        assert!(ways.is_busy() && matches!(ways.end(), Trouble::Later(..)));
    }

    #[test]
    fn what_may_have_been_said_is_said_no_other_way() {
        let mut ways = Ways::default();
        assert!(matches!(ways.tried(Err(Trouble::Unsure("silence".into()))), Err(Trouble::Unsure(_))));
        assert!(matches!(ways.tried(Ok(true)), Ok(true)));
    }

    #[test]
    fn without_any_way_it_cannot_be_said() {
        assert!(matches!(Ways::default().end(), Trouble::Missing(_)));
        let mut ways = Ways::default();
        assert!(matches!(ways.tried(Err(Trouble::Refused("no".into()))), Ok(false)));
        assert!(matches!(ways.end(), Trouble::Refused(_)));
    }
}
