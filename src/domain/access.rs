//! Who may do what: roles, and the people who hold them.

use std::collections::BTreeSet;

use super::window::words;

words! {
    /// A set of verbs that somebody may use.
    Role {
        /// Reads.
        Viewer = "viewer",
        /// Reads and works on change lists and running windows.
        Engineer = "engineer",
        /// What an engineer may, and plans windows.
        Scheduler = "scheduler",
        /// Reads and decides on pending windows and freezes.
        Approver = "approver",
        /// Everything.
        Admin = "admin",
    }
}

impl Role {
    /// Whether holding this role is enough where `needed` is asked for.
    #[must_use]
    pub fn covers(self, needed: Self) -> bool {
        match self {
            Self::Admin => true,
            Self::Approver => matches!(needed, Self::Viewer | Self::Approver),
            Self::Scheduler => matches!(needed, Self::Viewer | Self::Engineer | Self::Scheduler),
            Self::Engineer => matches!(needed, Self::Viewer | Self::Engineer),
            Self::Viewer => needed == Self::Viewer,
        }
    }
}

/// The person (or maintbot itself) a command comes from, with the roles the surface found for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who: a `[people]` id, or the surface's own name for them.
    pub id: String,
    /// Roles held, as found by the surface and the configuration.
    pub roles: BTreeSet<Role>,
}

impl Actor {
    /// The name under which timed transitions are done.
    pub const MAINTBOT: &'static str = "maintbot";

    /// maintbot itself: timed transitions.
    #[must_use]
    pub fn maintbot() -> Self {
        Self { id: Self::MAINTBOT.into(), roles: BTreeSet::from([Role::Admin]) }
    }

    /// A person with one role.
    #[must_use]
    pub fn with_role(id: impl Into<String>, role: Role) -> Self {
        Self { id: id.into(), roles: BTreeSet::from([role]) }
    }

    /// Whether any of the roles held is enough.
    #[must_use]
    pub fn may(&self, needed: Role) -> bool {
        self.roles.iter().any(|role| role.covers(needed))
    }

    /// A person, not maintbot itself.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.id != Self::MAINTBOT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approver_decides_but_does_not_plan_and_a_scheduler_the_other_way_round() {
        assert!(Role::Approver.covers(Role::Viewer) && !Role::Approver.covers(Role::Engineer));
        assert!(Role::Scheduler.covers(Role::Engineer) && !Role::Scheduler.covers(Role::Approver));
        assert!(Role::ALL.iter().all(|needed| Role::Admin.covers(*needed)));
    }
}
