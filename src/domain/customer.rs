//! Customers, which of them a window touches, and who has told them. Pure.

use chrono::{DateTime, Utc};

use super::finding::meet;
use super::organisation::Organisation;
use super::window::Window;

/// An organisation served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its id, as typed in commands, such as `ACME`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Services it uses; empty means all.
    pub services: Vec<String>,
    /// Regions it is served in; empty means all.
    pub regions: Vec<String>,
    /// How it is reached; text for the owner.
    pub contacts: Vec<String>,
    /// The person who tells it: a `[people]` id or a name.
    pub owner: Option<String>,
}

/// Somebody has told a customer of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The customer's id.
    pub customer: String,
    /// The round it was told in; see [`Window::told_round`].
    pub round: i64,
    /// Who told it.
    pub by: String,
    /// When (UTC).
    pub at: DateTime<Utc>,
}

/// One line of the list of who has told whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellLine<'a> {
    /// The customer.
    pub customer: &'a Customer,
    /// Who told it in the present round, and when.
    pub told: Option<&'a Told>,
}

/// The customers that a window touches, in the order of their ids: those it names, else all with a service and a region of
/// it. What takes nothing down touches only those it names.
#[must_use]
pub fn touched<'a>(organisation: &'a Organisation, window: &Window) -> Vec<&'a Customer> {
    let touches = |customer: &&Customer| {
        if window.customers.is_empty() {
            window.kind.has_downtime()
                && meet(&customer.services, &window.services)
                && meet(&customer.regions, &window.regions)
        } else {
            window.customers.iter().any(|id| id.eq_ignore_ascii_case(&customer.id))
        }
    };
    organisation.customers.values().filter(touches).collect()
}

/// The list of who has told whom in the present round.
#[must_use]
pub fn tell_list<'a>(organisation: &'a Organisation, window: &Window, told: &'a [Told]) -> Vec<TellLine<'a>> {
    let line = |customer: &'a Customer| {
        let present = |t: &&Told| t.round == window.told_round && t.customer.eq_ignore_ascii_case(&customer.id);
        let told = told.iter().find(present);
        TellLine { customer, told }
    };
    touched(organisation, window).into_iter().map(line).collect()
}

/// The owners who still have somebody to tell, each with those customers.
#[must_use]
pub fn open_owners<'a>(lines: &[TellLine<'a>]) -> Vec<(&'a str, Vec<&'a Customer>)> {
    let mut owners: Vec<(&str, Vec<&Customer>)> = Vec::new();
    for line in lines.iter().filter(|line| line.told.is_none()) {
        let Some(owner) = line.customer.owner.as_deref() else { continue };
        match owners.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, customers)) => customers.push(line.customer),
            None => owners.push((owner, vec![line.customer])),
        }
    }
    owners
}

#[cfg(test)]
mod tests;
