//! Fields: how the values of a verb's options fill the fields of its command, and come back as text.

use super::spec::{Opt, Type, Verb};
use super::value::{Bad, Value, is_all, parts};
use crate::domain::subject::Subject;

/// What a field of a command holds, to compare with its declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The declared types it can hold.
    pub types: &'static [Type],
    /// It cannot be left out.
    pub required: bool,
    /// It can hold several.
    pub repeat: bool,
}

/// A field of a command: a value, perhaps one, several, or a flag.
pub trait Field: Sized {
    /// What it holds.
    const SHAPE: Shape;

    /// Reads it from every text given for the option.
    ///
    /// # Errors
    /// The first text that is no value, or a missing one.
    fn take(given: &[&str], option: &Opt) -> Result<Self, Bad>;

    /// The texts that read back as it; none when it is not set.
    fn give(&self) -> Vec<String>;

    /// What it names, when it is the id of something.
    fn subject(&self) -> Option<Subject> {
        None
    }

    /// A flag that is set.
    fn is_on(&self) -> bool {
        false
    }
}

impl<T: Value> Field for T {
    const SHAPE: Shape = Shape { types: T::TYPES, required: true, repeat: false };

    fn take(given: &[&str], option: &Opt) -> Result<Self, Bad> {
        let text = given.last().ok_or_else(|| Bad::whole("", format!("`{}` is missing", option.name)))?;
        T::from_text(text, option)
    }

    fn give(&self) -> Vec<String> {
        vec![self.to_text()]
    }

    fn subject(&self) -> Option<Subject> {
        self.as_subject()
    }
}

impl<T: Value> Field for Option<T> {
    const SHAPE: Shape = Shape { types: T::TYPES, required: false, repeat: false };

    fn take(given: &[&str], option: &Opt) -> Result<Self, Bad> {
        given.last().map(|text| T::from_text(text, option)).transpose()
    }

    fn give(&self) -> Vec<String> {
        self.iter().map(T::to_text).collect()
    }

    fn subject(&self) -> Option<Subject> {
        self.as_ref().and_then(T::as_subject)
    }
}

impl<T: Value + PartialEq> Field for Vec<T> {
    const SHAPE: Shape = Shape { types: T::TYPES, required: false, repeat: true };

    fn take(given: &[&str], option: &Opt) -> Result<Self, Bad> {
        let mut all = Vec::new();
        for text in given {
            for part in parts(option, text) {
                if option.all && is_all(&text[part.clone()]) {
                    return Ok(Vec::new());
                }
                let value = T::from_text(&text[part], option)?;
                if !option.splits() || !all.contains(&value) {
                    all.push(value);
                }
            }
        }
        Ok(all)
    }

    fn give(&self) -> Vec<String> {
        self.iter().map(T::to_text).collect()
    }
}

/// A list that may be cleared: `None` leaves it as it is, an empty one says that there is nothing any more, or no limit.
impl<T: Value + PartialEq> Field for Option<Vec<T>> {
    const SHAPE: Shape = Shape { types: T::TYPES, required: false, repeat: true };

    fn take(given: &[&str], option: &Opt) -> Result<Self, Bad> {
        let clears = |text: &&str| option.empty && text.trim().is_empty();
        match given {
            [] => Ok(None),
            given if given.iter().all(clears) => Ok(Some(Vec::new())),
            given => Vec::take(given, option).map(Some),
        }
    }

    fn give(&self) -> Vec<String> {
        match self.as_deref() {
            None => Vec::new(),
            Some([]) => vec![String::new()],
            Some(values) => values.iter().map(T::to_text).collect(),
        }
    }
}

impl Field for bool {
    const SHAPE: Shape = Shape { types: &[Type::Flag], required: false, repeat: false };

    fn take(given: &[&str], _: &Opt) -> Result<Self, Bad> {
        Ok(!given.is_empty())
    }

    fn give(&self) -> Vec<String> {
        if *self { vec![String::new()] } else { Vec::new() }
    }

    fn is_on(&self) -> bool {
        *self
    }
}

/// The texts given for the options of one verb.
pub(super) struct Values<'a>(pub Vec<(&'a str, &'a str)>);

impl Values<'_> {
    /// Reads one field; an error names the option.
    pub(super) fn field<T: Field>(&self, verb: &Verb, name: &str) -> Result<T, (String, Bad)> {
        let named = |bad| (name.to_owned(), bad);
        let option = verb.option(name).ok_or_else(|| named(Bad::whole("", format!("`{name}` is not declared"))))?;
        let given: Vec<&str> = self.0.iter().filter(|(of, _)| *of == name).map(|(_, text)| *text).collect();
        T::take(&given, option).map_err(named)
    }
}
