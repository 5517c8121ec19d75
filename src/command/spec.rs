//! The declarations in `commands/*.toml`: what people can type, as data. Everything that lists verbs or options, on
//! any surface, is made from here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use super::value;
use crate::domain::access::Role;
use crate::domain::advisory::{Disposition, Severity};
use crate::domain::change::ItemKind;
use crate::domain::ledger::MessageKind;
use crate::domain::window::{Category, Outcome, State, words};

mod file;

/// The words that begin every line on chat surfaces.
pub const COMMAND: &str = "/maintenance";
/// Longest free text of an option that declares no other limit, in characters.
pub const LONGEST_TEXT: usize = 4_000;

words! {
    /// What the text of an option must be.
    Type {
        /// Takes no text.
        Flag = "flag",
        /// Free text.
        Text = "text",
        /// An id of ours: a service, a region, an environment.
        Id = "id",
        /// One word of somebody else's naming: a customer, a version, an advisory.
        Word = "word",
        /// A web address.
        Url = "url",
        /// A whole number, from 1 where nothing else is declared.
        Number = "number",
        /// `MW-12`.
        Window = "window",
        /// `PL-3`.
        Plan = "plan",
        /// `MW-12` or `PL-3`.
        WindowOrPlan = "window_or_plan",
        /// `SR-1`.
        Series = "series",
        /// `FR-2`.
        Freeze = "freeze",
        /// `AD-1`.
        Advisory = "advisory",
        /// A start with an end or a length.
        When = "when",
        /// An instant.
        Moment = "moment",
        /// A whole day.
        Day = "day",
        /// A time of day, such as `16:00` or `4pm`.
        TimeOfDay = "time_of_day",
        /// How something recurs.
        Every = "every",
        /// An IANA time zone.
        Zone = "zone",
        /// A length of time.
        Duration = "duration",
        /// `15m`, `10m-15m` or `none`; of one service `jira=1h`, typed `downtime.jira:1h`.
        Downtime = "downtime",
        /// `@anna`.
        Person = "person",
        /// The kind of a window.
        Kind = "kind",
        /// Why the maintenance is done.
        Category = "category",
        /// What sort of work a change item is.
        ItemKind = "item_kind",
        /// How a window went.
        Outcome = "outcome",
        /// The state of a window.
        State = "state",
        /// What is done about a weakness.
        Disposition = "disposition",
        /// How bad a weakness is.
        Severity = "severity",
        /// A message that can be previewed.
        Message = "message",
        /// A verb or a group of verbs.
        Verb = "verb",
    }
}

impl Type {
    /// The words it is limited to, when it is.
    #[must_use]
    pub fn choices(self) -> Vec<&'static str> {
        match self {
            Self::Category => Category::words(),
            Self::ItemKind => ItemKind::words(),
            Self::Outcome => Outcome::words(),
            Self::State => State::words(),
            Self::Disposition => Disposition::words(),
            Self::Severity => Severity::words(),
            Self::Message => previewable().into_iter().map(MessageKind::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// The messages that people read, and so can look at beforehand.
#[must_use]
pub fn previewable() -> Vec<MessageKind> {
    MessageKind::ALL.iter().copied().filter(|message| message.is_about_work()).collect()
}

words! {
    /// Where a surface finds the values to offer while somebody types.
    Completion {
        /// Windows that the verb can act on.
        Windows = "windows",
        /// Windows and plans that the verb can act on.
        WindowsAndPlans = "windows_and_plans",
        /// Items of the window already typed.
        Items = "items",
        /// Services.
        Services = "services",
        /// Regions.
        Regions = "regions",
        /// Environments in use.
        Environments = "environments",
        /// Kinds with a policy.
        Kinds = "kinds",
        /// Customers.
        Customers = "customers",
        /// Audiences.
        Audiences = "audiences",
        /// People.
        People = "people",
        /// Time zones.
        Zones = "zones",
        /// Times: how what is typed so far is understood, and how it may go on.
        Times = "times",
        /// Lengths of time, likewise.
        Durations = "durations",
        /// How something recurs, likewise.
        Recurrences = "recurrences",
        /// Verbs.
        Verbs = "verbs",
        /// Plans.
        Plans = "plans",
        /// Series.
        Series = "series",
        /// Freezes.
        Freezes = "freezes",
        /// Advisories.
        Advisories = "advisories",
    }
}

words! {
    /// How Discord offers a verb, which has room for 25 of them.
    Discord {
        /// As a sub-command of its own.
        Command = "command",
        /// Through `do`.
        Text = "text",
    }
}

/// One thing that can be said to a verb.
#[expect(clippy::struct_excessive_bools, reason = "each is a yes or no of the declaration")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opt {
    /// What is typed before the colon.
    pub name: String,
    /// Other names that mean the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What its text must be.
    #[serde(rename = "type")]
    pub kind: Type,
    /// It cannot be left out.
    pub required: bool,
    /// It can be given several times, or as a list where its type has no blanks.
    pub repeat: bool,
    /// Its place among the free words, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<u8>,
    /// It takes all free words that are left.
    pub rest: bool,
    /// A flag that may be typed as a bare word.
    pub word: bool,
    /// Its text is added to that of this option: `for:4h` to `when:"sunday 16:00"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joins: Option<String>,
    /// May be empty, which clears what was there.
    pub empty: bool,
    /// The word `all` means that nothing limits it, as when it is left out.
    pub all: bool,
    /// Longest text, in characters.
    pub max: usize,
    /// The least number it takes.
    pub least: i64,
    /// A value that works.
    pub example: String,
    /// Where its values come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<Completion>,
    /// The only words allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// What it is, in one line.
    pub help: String,
    /// Offered by Discord as an option of its own.
    pub discord: bool,
    /// Its name in other languages, by Discord's locale.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// Its help in other languages.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub helps: BTreeMap<String, String>,
}

impl Opt {
    /// Several values stand in one text, between commas or blanks.
    #[must_use]
    pub fn splits(&self) -> bool {
        self.repeat && !matches!(self.kind, Type::Text | Type::Url | Type::Downtime)
    }

    /// Whether this is what was typed before the colon.
    #[must_use]
    pub fn is_called(&self, key: &str) -> bool {
        self.name == key || self.aliases.iter().any(|alias| alias == key)
    }
}

/// A verb: one thing that people can ask for.
#[expect(clippy::struct_excessive_bools, reason = "each is a yes or no of the declaration")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verb {
    /// What is typed: one word, or a group and an action (`change add`).
    pub name: String,
    /// What it does, in one line.
    pub summary: String,
    /// More about it, in plain sentences.
    pub help: String,
    /// The role that it needs.
    pub role: Role,
    /// It changes something, and so can be tried with `--dry-run`.
    pub writes: bool,
    /// It makes something new: the same again within a minute is answered again, unless `--again`.
    pub creates: bool,
    /// What it does cannot be taken back; surfaces ask first.
    pub destructive: bool,
    /// How Discord offers it.
    pub discord: Discord,
    /// Whole lines that work.
    pub examples: Vec<String>,
    /// At least one of these options must be given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
    /// No more than one of these options may be given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_most_one: Vec<String>,
    /// Its text is a command by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unwraps: bool,
    /// Its name in other languages, by Discord's locale.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// Its summary in other languages.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub summaries: BTreeMap<String, String>,
    /// What can be said to it, in the order of its help.
    pub options: Vec<Opt>,
}

impl Verb {
    /// The option of that name or alias.
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&Opt> {
        self.options.iter().find(|option| option.is_called(key))
    }

    /// The options that free words fill, in their order.
    #[must_use]
    pub fn places(&self) -> Vec<&Opt> {
        let mut places: Vec<_> = self.options.iter().filter(|option| option.place.is_some()).collect();
        places.sort_by_key(|option| option.place);
        places
    }

    /// The group and the action, for a verb of two words.
    #[must_use]
    pub fn group_and_action(&self) -> Option<(&str, &str)> {
        self.name.split_once(' ')
    }
}

/// Verbs that share their first word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The first word.
    pub name: String,
    /// What they are about, in one line.
    pub summary: String,
    /// More about it.
    pub help: String,
    /// How Discord offers them.
    pub discord: Discord,
    /// The action that is meant when none is typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The second words, in order.
    pub actions: Vec<String>,
}

/// Everything that people can type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Catalogue {
    /// The verbs, in the order of the help.
    pub verbs: Vec<Verb>,
    /// The groups among them.
    pub groups: Vec<Group>,
    /// Every name or alias of an option, of any verb or shared, sorted: a word before a colon that is one of these is
    /// meant as an option.
    pub keys: Vec<String>,
}

impl Catalogue {
    /// Reads declarations: one text per verb or group in the order of the help, with its file name for errors, and
    /// the text with the options that they share.
    ///
    /// # Errors
    /// Every mistake found, each with the file it is in.
    pub fn load(files: &[(&str, &str)], shared: &str) -> Result<Self, Vec<String>> {
        file::load(files, shared)
    }

    /// The verb of that name: `schedule`, `change add`.
    #[must_use]
    pub fn verb(&self, name: &str) -> Option<&Verb> {
        self.verbs.iter().find(|verb| verb.name == name)
    }

    /// The group of that first word.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The verbs that take an option of that name.
    #[must_use]
    pub fn users_of(&self, key: &str) -> Vec<&Verb> {
        self.verbs.iter().filter(|verb| verb.option(key).is_some()).collect()
    }

    /// Whether some verb, now or later, takes an option of that name.
    #[must_use]
    pub fn is_key(&self, key: &str) -> bool {
        self.keys.binary_search_by(|known| known.as_str().cmp(key)).is_ok()
    }

    /// The known name of an option nearest to what was typed; those of `verb` first.
    pub(super) fn nearest_key<'a>(&'a self, typed: &str, verb: &'a Verb) -> Option<&'a str> {
        let own = verb.options.iter().map(|option| option.name.as_str());
        value::nearest(typed, own).or_else(|| value::nearest(typed, self.keys.iter().map(String::as_str)))
    }
}

macro_rules! declarations {
    ($($name:literal)+) => {
        /// The declarations compiled in, in the order of the help: name and text.
        pub const DECLARATIONS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/commands/", $name, ".toml"))),)+
        ];
    };
}

declarations! {
    "schedule" "list" "show" "next" "calendar" "suggest" "edit" "change" "done" "undo" "start" "note" "extend" "verify"
    "complete" "reschedule" "cancel" "plan" "qa" "hold" "release" "series" "approve" "reject" "freeze" "advisory" "ack" "told"
    "reminders" "remind" "subscribe" "unsubscribe" "preview" "history" "do" "whoami" "help"
}

/// The options that verbs share, compiled in.
pub const SHARED_OPTIONS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/commands/_options.toml"));

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| match Catalogue::load(DECLARATIONS, SHARED_OPTIONS) {
    Ok(catalogue) => catalogue,
    Err(mistakes) => panic!("the declarations compiled in are wrong: {}", mistakes.join("; ")),
});

/// The declarations compiled in. A test makes sure that they can be read.
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}
