//! The downtime that people expect of a window: one figure for all of it, others for single services.

use std::collections::BTreeMap;

use super::field::{Field, Shape};
use super::spec::{Opt, Type};
use super::value::{Bad, plain_id, shown};
use crate::domain::window::Downtime;

/// What stands between a service and its figure where options have fixed names: `jira=1h`.
pub(super) const OF: char = '=';

/// What `downtime:` and `downtime.SERVICE:` say together; empty where nothing was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// For every service without a figure of its own.
    pub overall: Option<Downtime>,
    /// For single services, by their ids.
    pub services: BTreeMap<String, Downtime>,
}

impl Expected {
    /// Nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.overall.is_none() && self.services.is_empty()
    }
}

impl Field for Expected {
    const SHAPE: Shape = Shape { types: &[Type::Downtime], required: false, repeat: true };

    /// Reads figures (`15m`, `10m-15m per:tenant`, `none`), of one service as `jira=1h`; several in one text stand between
    /// commas.
    fn take(given: &[&str], option: &Opt) -> Result<Self, Bad> {
        let mut expected = Self::default();
        for text in given {
            let mut start = 0;
            for part in text.split(',') {
                expected.add(part, option).map_err(|bad| within(text, start, part.len(), bad))?;
                start += part.len() + 1;
            }
        }
        Ok(expected)
    }

    fn give(&self) -> Vec<String> {
        let overall = self.overall.iter().map(ToString::to_string);
        overall.chain(self.services.iter().map(|(service, figure)| format!("{service}{OF}{figure}"))).collect()
    }
}

impl Expected {
    fn add(&mut self, text: &str, option: &Opt) -> Result<(), Bad> {
        let twice = |of: &str| Err(Bad::whole(text, format!("`{}` is given twice for {of}", option.name)));
        let Some((service, figure)) = text.split_once(OF) else {
            let figure = text.parse().map_err(|message: String| Bad::whole(text, message))?;
            return if self.overall.replace(figure).is_some() { twice("every service") } else { Ok(()) };
        };
        let Some(service) = plain_id(service) else {
            let message = format!("`{}` is not the id of a service; write for example jira=1h", shown(service));
            return Err(Bad { range: 0..service.len(), message, hint: Some(format!("jira{OF}{figure}")) });
        };
        let at = text.len() - figure.len();
        let figure: Downtime =
            figure.parse().map_err(|message| Bad { range: at..text.len(), message, hint: None }.or_of(&service))?;
        match self.services.insert(service.clone(), figure) {
            Some(_) => twice(&service),
            None => Ok(()),
        }
    }
}

impl Bad {
    /// A figure that works, for the same service.
    fn or_of(self, service: &str) -> Self {
        Self { hint: Some(format!("{service}{OF}1h")), ..self }
    }
}

/// A fault of one part, as a fault of the whole text.
fn within(text: &str, start: usize, length: usize, bad: Bad) -> Bad {
    let range = bad.range.start + start..bad.range.end + start;
    let hint = bad.hint.map(|hint| format!("{}{hint}{}", &text[..start], &text[start + length..]));
    Bad { range, hint, ..bad }
}
