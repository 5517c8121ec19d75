//! The ids of windows, plans, series, freezes and advisories as values.

use super::super::spec::{Opt, Type};
use super::{Bad, Value, shown};
use crate::domain::advisory::AdvisoryId;
use crate::domain::freeze::FreezeId;
use crate::domain::plan::PlanId;
use crate::domain::series::SeriesId;
use crate::domain::subject::Subject;
use crate::domain::window::WindowId;

/// An id that was probably meant: the digits, where what stands before them is nothing or the head.
fn meant(text: &str, head: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits: String = text[start..].chars().take_while(char::is_ascii_digit).collect();
    let before = text[..start].trim().trim_end_matches(['-', '_', '#', ' ']).to_ascii_lowercase();
    let is_ours = before.is_empty() || before.eq_ignore_ascii_case(head);
    let number = digits.parse::<i64>().ok().filter(|number| *number > 0 && is_ours)?;
    Some(format!("{head}-{number}"))
}

macro_rules! ids {
    ($($id:ident, $type:ident, $head:literal, $what:literal, $example:literal;)+) => {$(
        impl Value for $id {
            const TYPES: &'static [Type] = &[Type::$type];

            fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
                text.trim().parse().map_err(|_| {
                    let message = format!(
                        concat!("`{}` is not a ", $what, " id: they look like ", $example), shown(text)
                    );
                    Bad::whole(text, message).or_type(meant(text, $head))
                })
            }

            fn to_text(&self) -> String {
                self.to_string()
            }

            fn as_subject(&self) -> Option<Subject> {
                Some((*self).into())
            }
        }
    )+};
}
ids! {
    WindowId, Window, "MW", "window", "MW-12";
    PlanId, Plan, "PL", "plan", "PL-3";
    SeriesId, Series, "SR", "series", "SR-1";
    FreezeId, Freeze, "FR", "freeze", "FR-2";
    AdvisoryId, Advisory, "AD", "advisory", "AD-1";
}

/// A window or a plan.
impl Value for Subject {
    const TYPES: &'static [Type] = &[Type::WindowOrPlan];

    fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
        if let Ok(subject @ (Self::Window(_) | Self::Plan(_))) = text.trim().parse() {
            return Ok(subject);
        }
        let message = format!("`{}` is not a window or a plan: they look like MW-12 and PL-3", shown(text));
        Err(Bad::whole(text, message).or_type(meant(text, "MW").or_else(|| meant(text, "PL"))))
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn as_subject(&self) -> Option<Subject> {
        Some(*self)
    }
}
