//! The typed commands, from one table: struct, reading, writing and the shapes that the declarations are compared with.

use chrono::{NaiveTime, TimeDelta};

use super::every::Every;
use super::expected::Expected;
use super::field::{Field, Shape, Values};
use super::line::{self, Piece};
use super::spec::{self, Verb};
use super::value::{Bad, Person};
use super::when::{Moment, When};
use crate::domain::advisory::{AdvisoryId, Disposition, Severity};
use crate::domain::calendar::Zone;
use crate::domain::change::ItemKind;
use crate::domain::freeze::FreezeId;
use crate::domain::ledger::MessageKind;
use crate::domain::plan::PlanId;
use crate::domain::series::{Scope, SeriesId};
use crate::domain::subject::Subject;
use crate::domain::window::{Category, Kind, Outcome, State, WindowId};

/// The option that a field stands for: `dry_run` is `dry-run`, `for_` is `for`.
fn option_name(field: &str) -> String {
    field.trim_end_matches('_').replace('_', "-")
}

macro_rules! verbs {
    ($($(#[$meta:meta])* $name:ident = $path:literal { $($field:ident: $type:ty),* $(,)? })+) => {
        $(
            $(#[$meta])*
            #[doc = concat!("\n\nTyped as `", $path, "`; what each option means stands in its declaration.")]
            #[derive(Clone, Debug, PartialEq)]
            pub struct $name {
                $(#[doc = concat!("The option `", stringify!($field), "`.")] pub $field: $type,)*
            }
        )+

        /// A command that can be carried out: every value read, nothing looked up yet.
        #[expect(clippy::large_enum_variant, reason = "one is made for each line that somebody types")]
        #[derive(Clone, Debug, PartialEq)]
        pub enum Command {
            $($(#[$meta])* $name($name),)+
        }

        $(
            impl From<$name> for Command {
                fn from(command: $name) -> Self {
                    Self::$name(command)
                }
            }
        )+

        impl Command {
            /// The verb as it is typed, such as `schedule` or `change add`.
            #[must_use]
            pub fn verb(&self) -> &'static str {
                match self { $(Self::$name(_) => $path,)+ }
            }

            /// Every verb with the shapes of its fields: the name of the option and what it holds.
            #[must_use]
            pub fn shapes() -> Vec<(&'static str, Vec<(String, Shape)>)> {
                vec![$(($path, vec![$((option_name(stringify!($field)), <$type as Field>::SHAPE),)*]),)+]
            }

            /// Builds the command of a verb from what was given. `None` when no command belongs to the verb.
            #[allow(unused_variables, reason = "verbs without options read nothing")]
            pub(super) fn read(verb: &Verb, given: &Values<'_>) -> Option<Result<Self, (String, Bad)>> {
                $(
                    let read = || Ok(Self::$name($name {
                        $($field: given.field(verb, &option_name(stringify!($field)))?,)*
                    }));
                    if verb.name == $path {
                        return Some(read());
                    }
                )+
                None
            }

            /// Every option that is set, in the order of the fields, with its values as they are typed.
            #[allow(unused_variables, reason = "verbs without options write nothing")]
            fn values(&self) -> Vec<(String, Vec<String>)> {
                match self {
                    $(Self::$name(command) => vec![$((option_name(stringify!($field)), command.$field.give()),)*],)+
                }
            }

            #[allow(unused_variables, reason = "verbs without options have no flags")]
            fn flag(&self, name: &str) -> bool {
                match self {
                    $(Self::$name(command) => [$((stringify!($field), command.$field.is_on()),)*]
                        .iter().any(|(field, on): &(&str, bool)| *field == name && *on),)+
                }
            }

            /// Every id that the command names, with the option it was given for.
            #[allow(unused_variables, reason = "verbs without options name nothing")]
            fn subjects(&self) -> Vec<(String, Subject)> {
                match self {
                    $(Self::$name(command) => {
                        let named: [Option<(String, Subject)>; _] =
                            [$(command.$field.subject().map(|subject| (option_name(stringify!($field)), subject)),)*];
                        named.into_iter().flatten().collect()
                    })+
                }
            }
        }
    };
}

verbs! {
    /// Plan a window.
    Schedule = "schedule" {
        title: String, service: Vec<String>, when: When, tz: Option<Zone>, environment: Option<String>,
        regions: Vec<String>, kind: Option<Kind>, downtime: Expected, impact: Option<String>,
        category: Option<Category>, poc: Option<Person>, rollback: Option<String>, customers: Vec<String>,
        link: Vec<String>, item: Vec<String>, plan: Option<PlanId>, reason: Option<String>, override_: Option<String>,
        dry_run: bool, again: bool,
    }
    /// Change facts of a window. An empty `impact`, `rollback`, `regions`, `customers` or `link` clears it. At most one of
    /// `this`, `following` and `all` is given.
    Edit = "edit" {
        window: WindowId, title: Option<String>, impact: Option<String>, poc: Option<Person>,
        downtime: Expected, service: Vec<String>, regions: Option<Vec<String>>, environment: Option<String>,
        kind: Option<Kind>, category: Option<Category>, rollback: Option<String>, customers: Option<Vec<String>>,
        link: Option<Vec<String>>, reason: Option<String>, override_: Option<String>, this: bool, following: bool,
        all: bool, dry_run: bool,
    }
    /// Add an item to the change list.
    ChangeAdd = "change add" {
        window: WindowId, text: String, kind: Option<ItemKind>, from: Option<String>, to: Option<String>,
        cve: Vec<String>, assignee: Option<Person>, parent: Option<i64>, dry_run: bool, again: bool,
    }
    /// Reword a change item.
    ChangeEdit = "change edit" {
        window: WindowId, item: i64, text: Option<String>, kind: Option<ItemKind>, from: Option<String>,
        to: Option<String>, cve: Vec<String>, dry_run: bool,
    }
    /// Give a change item to a person.
    ChangeAssign = "change assign" { window: WindowId, item: i64, assignee: Person, dry_run: bool }
    /// Take items off the change list.
    ChangeRemove = "change remove" { window: WindowId, item: Vec<i64>, dry_run: bool }
    /// Add items from a Markdown task list.
    ChangeImport = "change import" { window: WindowId, text: String, dry_run: bool }
    /// Report items done; `item` or `all` is given.
    Done = "done" { window: WindowId, item: Vec<i64>, all: bool, dry_run: bool }
    /// Take back that items are done.
    Undo = "undo" { window: WindowId, item: Vec<i64>, dry_run: bool }
    /// Begin the work.
    Start = "start" { window: WindowId, dry_run: bool }
    /// The work is done and is being checked.
    Verify = "verify" { window: WindowId, dry_run: bool }
    /// End a window; `downtime` is the real one.
    Complete = "complete" {
        window: WindowId, outcome: Option<Outcome>, note: Option<String>, downtime: Option<TimeDelta>, carry_over: bool,
        dry_run: bool,
    }
    /// Move the end later.
    Extend = "extend" { window: WindowId, for_: TimeDelta, reason: Option<String>, dry_run: bool, again: bool }
    /// Move a window to other times.
    Reschedule = "reschedule" {
        window: WindowId, when: When, tz: Option<Zone>, reason: Option<String>, override_: Option<String>, this: bool,
        following: bool, all: bool, dry_run: bool,
    }
    /// Call a window or a plan off.
    Cancel = "cancel" {
        window: Subject, reason: Option<String>, this: bool, following: bool, all: bool, dry_run: bool,
    }
    /// Begin a plan.
    PlanNew = "plan new" { title: String, dry_run: bool, again: bool }
    /// Show a plan; without one, list them.
    PlanShow = "plan show" { plan: Option<PlanId> }
    /// Schedule the phases of a plan and announce it.
    PlanPublish = "plan publish" { plan: PlanId, reason: Option<String>, override_: Option<String>, dry_run: bool }
    /// Call a plan off.
    PlanCancel = "plan cancel" { plan: PlanId, reason: Option<String>, dry_run: bool }
    /// Add a question with its answer to a plan or a window.
    QaAdd = "qa add" { about: Subject, question: String, answer: String, dry_run: bool }
    /// Take a question away.
    QaRemove = "qa remove" { about: Subject, item: i64, dry_run: bool }
    /// List questions and answers.
    QaList = "qa list" { about: Subject }
    /// Stop the later phases of a plan.
    Hold = "hold" { plan: PlanId, reason: Option<String>, dry_run: bool }
    /// Let them go on.
    Release = "release" { plan: PlanId, reason: Option<String>, dry_run: bool }
    /// Plan recurring windows; `from` is the first day or instant that counts.
    SeriesNew = "series new" {
        title: String, service: Vec<String>, every: Every, at: Option<NaiveTime>, for_: Option<TimeDelta>,
        from: Option<Moment>, tz: Option<Zone>, environment: Option<String>, regions: Vec<String>, kind: Option<Kind>,
        downtime: Expected, impact: Option<String>, category: Option<Category>, poc: Option<Person>,
        rollback: Option<String>, customers: Vec<String>, link: Vec<String>, item: Vec<String>, reason: Option<String>,
        override_: Option<String>, dry_run: bool, again: bool,
    }
    /// Show a series; without one, list them.
    SeriesShow = "series show" { series: Option<SeriesId> }
    /// End a series.
    SeriesStop = "series stop" { series: SeriesId, reason: Option<String>, dry_run: bool }
    /// Find the best times for a window.
    Suggest = "suggest" {
        service: Vec<String>, duration: TimeDelta, before: Option<Moment>, from: Option<Moment>, regions: Vec<String>,
        kind: Option<Kind>, environment: Option<String>, tz: Option<Zone>,
    }
    /// Approve a pending window or plan; `sequence` is the version that was looked at.
    Approve = "approve" { window: Subject, note: Option<String>, sequence: Option<i64>, dry_run: bool }
    /// Refuse it.
    Reject = "reject" { window: Subject, reason: Option<String>, sequence: Option<i64>, dry_run: bool }
    /// Add a freeze; `from` and `to` are days without a time.
    FreezeAdd = "freeze add" {
        title: String, from: Moment, to: Moment, service: Vec<String>, regions: Vec<String>, kind: Vec<Kind>,
        dry_run: bool, again: bool,
    }
    /// List the freezes.
    FreezeList = "freeze list" {}
    /// Take a freeze away.
    FreezeRemove = "freeze remove" { freeze: FreezeId, dry_run: bool }
    /// Make a security advisory; `public` is what everybody reads, from `publish` on.
    AdvisoryNew = "advisory new" {
        title: String, id: Vec<String>, severity: Option<Severity>, disposition: Disposition, service: Vec<String>,
        when: Option<When>, tz: Option<Zone>, downtime: Expected, regions: Vec<String>, poc: Option<Person>,
        in_: Option<WindowId>, details: Option<String>, public: Option<String>, publish: Option<Moment>,
        reason: Option<String>, override_: Option<String>, dry_run: bool, again: bool,
    }
    /// List the advisories.
    AdvisoryList = "advisory list" {}
    /// Show an advisory.
    AdvisoryShow = "advisory show" { advisory: AdvisoryId }
    /// End an embargo now.
    AdvisoryPublish = "advisory publish" { advisory: AdvisoryId, dry_run: bool }
    /// Take an advisory back.
    AdvisoryWithdraw = "advisory withdraw" { advisory: AdvisoryId, reason: Option<String>, dry_run: bool }
    /// Ask for another time.
    AdvisoryObject = "advisory object" { advisory: AdvisoryId, reason: Option<String>, dry_run: bool }
    /// Windows and freezes day by day.
    Calendar = "calendar" {
        from: Option<Moment>, to: Option<Moment>, service: Vec<String>, regions: Vec<String>,
    }
    /// A customer has been told of a window.
    Told = "told" { window: WindowId, customer: String, dry_run: bool }
    /// Tell how it goes.
    Note = "note" { window: WindowId, text: String, internal: bool, dry_run: bool, again: bool }
    /// Seen, somebody is on it.
    Ack = "ack" { window: WindowId, dry_run: bool }
    /// List windows.
    List = "list" {
        mine: bool, service: Vec<String>, state: Vec<State>, kind: Option<Kind>, regions: Vec<String>,
        environment: Option<String>, from: Option<Moment>, to: Option<Moment>, all: bool,
    }
    /// Show one window.
    Show = "show" { window: WindowId }
    /// The next window.
    Next = "next" { service: Vec<String> }
    /// The ledger of one window.
    Reminders = "reminders" { window: WindowId }
    /// Send the next message now.
    Remind = "remind" { window: WindowId, dry_run: bool }
    /// Be told from now on; `to` is `me`, `here` or a channel.
    SubscribeAdd = "subscribe add" {
        to: Option<String>, service: Vec<String>, regions: Vec<String>, dry_run: bool,
    }
    /// Show who is subscribed.
    SubscribeList = "subscribe list" {}
    /// Be told no more; `to` is `me`, `here` or a channel.
    Unsubscribe = "unsubscribe" { to: Option<String>, service: Vec<String>, dry_run: bool }
    /// The audit trail of one window.
    History = "history" { window: WindowId }
    /// What a message would look like.
    Preview = "preview" {
        window: WindowId, message: MessageKind, audience: Option<String>, surface: Option<String>,
    }
    /// Who the bot takes the caller for.
    Whoami = "whoami" {}
    /// Help, on everything or on one verb such as `change` or `change add`.
    Help = "help" { verb: Option<String> }
}

impl Command {
    /// The line that reads back as this command.
    #[must_use]
    pub fn render(&self) -> String {
        let verb = self.spec();
        let values = self.values();
        let pieces = values.iter().filter_map(|(name, values)| Some((verb.option(name)?, values)));
        let pieces = pieces.flat_map(|(option, values)| {
            let joined = (option.splits() && !values.is_empty()).then(|| values.join(","));
            let each = if option.splits() { Vec::new() } else { values.clone() };
            joined.into_iter().chain(each).map(move |value| Piece { option, value })
        });
        line::render(verb, &pieces.collect::<Vec<_>>())
    }

    /// The declaration of its verb.
    ///
    /// # Panics
    /// Never: the tests compare commands and declarations.
    #[must_use]
    pub fn spec(&self) -> &'static Verb {
        spec::catalogue().verb(self.verb()).expect("every command has a declaration")
    }

    /// What the command is about: the window, plan, series, freeze or advisory that it names first. The plan that a new window
    /// becomes a phase of is not that.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        let verb = self.spec();
        let has_place = |name: &str| verb.option(name).is_some_and(|option| option.place.is_some());
        self.subjects().into_iter().find(|(name, _)| has_place(name)).map(|(_, subject)| subject)
    }

    /// The window that the command is about, if it is about one.
    #[must_use]
    pub fn window(&self) -> Option<WindowId> {
        self.subject().and_then(Subject::window)
    }

    /// Which windows of a series it is for; only this one when nothing was said.
    #[must_use]
    pub fn scope(&self) -> Scope {
        if self.flag("following") {
            Scope::Following
        } else if self.flag("all") {
            Scope::All
        } else {
            Scope::This
        }
    }

    /// Only show what would happen; store nothing.
    #[must_use]
    pub fn dry_run(&self) -> bool {
        self.flag("dry_run")
    }

    /// Do it again although the same was just done.
    #[must_use]
    pub fn again(&self) -> bool {
        self.flag("again")
    }
}
