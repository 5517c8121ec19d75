//! The routes of Discord's API that are used, and what is known of each: its name in Discord's documentation, its method,
//! whether it only looks.

use reqwest::Method;

/// A method with a path in which the ids are left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Route {
    Me,
    OpenDirect,
    Post,
    Edit,
    OpenThread,
    ChangeChannel,
    History,
    Callback,
    EditAnswer,
    FollowUp,
    Events,
    Event,
    CreateEvent,
    ChangeEvent,
    Commands,
    SetCommands,
    ServerCommands,
    SetServerCommands,
    Gateway,
    Application,
    Server,
    Channels,
    Member,
}

impl Route {
    /// Its name, as Discord's documentation has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Me => "Get Current User",
            Self::OpenDirect => "Create DM",
            Self::Post => "Create Message",
            Self::Edit => "Edit Message",
            Self::OpenThread => "Start Thread from Message",
            Self::ChangeChannel => "Modify Channel",
            Self::History => "Get Channel Messages",
            Self::Callback => "Create Interaction Response",
            Self::EditAnswer => "Edit Original Interaction Response",
            Self::FollowUp => "Create Followup Message",
            Self::Events => "List Scheduled Events for Guild",
            Self::Event => "Get Guild Scheduled Event",
            Self::CreateEvent => "Create Guild Scheduled Event",
            Self::ChangeEvent => "Modify Guild Scheduled Event",
            Self::Commands => "Get Global Application Commands",
            Self::SetCommands => "Bulk Overwrite Global Application Commands",
            Self::ServerCommands => "Get Guild Application Commands",
            Self::SetServerCommands => "Bulk Overwrite Guild Application Commands",
            Self::Gateway => "Get Gateway Bot",
            Self::Application => "Get Current Application",
            Self::Server => "Get Guild",
            Self::Channels => "Get Guild Channels",
            Self::Member => "Get Guild Member",
        }
    }

    pub(super) fn method(self) -> Method {
        match self {
            Self::OpenDirect | Self::Post | Self::OpenThread | Self::Callback | Self::FollowUp | Self::CreateEvent => {
                Method::POST
            }
            Self::Edit | Self::ChangeChannel | Self::EditAnswer | Self::ChangeEvent => Method::PATCH,
            Self::SetCommands | Self::SetServerCommands => Method::PUT,
            _ => Method::GET,
        }
    }

    /// Whether nobody sees anything of it, also when it is called twice.
    pub(super) fn only_looks(self) -> bool {
        self == Self::OpenDirect || self.method() == Method::GET
    }

    /// Whether it answers somebody with the interaction's own token: the bot's is not shown, and Discord counts it outside
    /// the limit for all calls.
    pub(super) fn is_answer(self) -> bool {
        matches!(self, Self::Callback | Self::EditAnswer | Self::FollowUp)
    }
}
