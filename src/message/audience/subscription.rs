//! What the mail to a subscriber who has to confirm is filled with.

use minijinja::context;
use minijinja::value::Value;

use super::{Telling, data};
use crate::domain::subscription::Subscription;
use crate::message::words;

/// Values for the template.
pub(super) fn values(t: &Telling<'_>, asked: &Subscription) -> Value {
    let choice = asked.wish.as_ref().map_or(&asked.choice, |wish| &wish.choice);
    context! {
        organisation => data(&t.organisation.name),
        chosen => data(&words::chosen(t.organisation, choice)),
        confirm_url => asked.confirm_url(t.organisation),
    }
}
