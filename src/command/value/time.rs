//! Times and lengths as values.

use chrono::{NaiveTime, TimeDelta};

use super::super::spec::{Opt, Type};
use super::super::when::{Moment, When, clock_words, time_of_day};
use super::{Bad, Value};
use crate::domain::calendar::{Zone, compact, parse_duration};

impl Value for When {
    const TYPES: &'static [Type] = &[Type::When];

    fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
        Ok(Self::parse(text)?)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Value for Moment {
    const TYPES: &'static [Type] = &[Type::Moment, Type::Day];

    fn from_text(text: &str, option: &Opt) -> Result<Self, Bad> {
        let moment = Self::parse(text)?;
        if option.kind == Type::Day
            && let Some(range) = moment.beyond_the_day()
        {
            let message = format!("`{}` is a whole day; write it without a time or a zone", option.name);
            return Err(Bad { range, message, hint: moment.day_alone() });
        }
        Ok(moment)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Value for Zone {
    const TYPES: &'static [Type] = &[Type::Zone];

    fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
        Self::named(text).map_err(|unknown| Bad::whole(text, unknown.to_string()).or_type(unknown.nearest))
    }

    fn to_text(&self) -> String {
        self.name().to_owned()
    }
}

impl Value for TimeDelta {
    const TYPES: &'static [Type] = &[Type::Duration];

    fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
        parse_duration(text).map_err(|message| Bad::whole(text, message))
    }

    fn to_text(&self) -> String {
        compact(*self)
    }
}

impl Value for NaiveTime {
    const TYPES: &'static [Type] = &[Type::TimeOfDay];

    fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
        Ok(time_of_day(text)?)
    }

    fn to_text(&self) -> String {
        clock_words(*self)
    }
}
