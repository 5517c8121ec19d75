//! The methods of Slack's Web API that are used, and what Slack says about each: its name, its limit, its token.

/// A method, or an answer to a response URL, which is no method but is counted like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Method {
    AuthTest,
    Post,
    Update,
    Whisper,
    Channels,
    OpenDirect,
    Channel,
    History,
    Replies,
    User,
    Groups,
    GroupMembers,
    OpenView,
    PublishView,
    OpenSocket,
    Respond,
}

/// How often the methods of a tier may be called in a minute (Slack, "Rate limits").
const TIER_2: usize = 20;
const TIER_3: usize = 50;
const TIER_4: usize = 100;
/// `chat.postMessage` has, besides one a second in each channel, a limit for the workspace of "several hundred" a minute.
const POSTS: usize = 200;
/// Tier 1 promises one a minute and bears a few at once: two connections, and the next of each when Slack renews them.
const SOCKETS: usize = 4;

impl Method {
    /// Its name, as it stands in the address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AuthTest => "auth.test",
            Self::Post => "chat.postMessage",
            Self::Update => "chat.update",
            Self::Whisper => "chat.postEphemeral",
            Self::Channels => "conversations.list",
            Self::OpenDirect => "conversations.open",
            Self::Channel => "conversations.info",
            Self::History => "conversations.history",
            Self::Replies => "conversations.replies",
            Self::User => "users.info",
            Self::Groups => "usergroups.list",
            Self::GroupMembers => "usergroups.users.list",
            Self::OpenView => "views.open",
            Self::PublishView => "views.publish",
            Self::OpenSocket => "apps.connections.open",
            Self::Respond => "the response URL",
        }
    }

    /// How often it may be called in a minute, in one workspace.
    pub(super) fn in_a_minute(self) -> usize {
        match self {
            Self::OpenSocket => SOCKETS,
            Self::Channels | Self::Groups | Self::GroupMembers => TIER_2,
            Self::Update | Self::OpenDirect | Self::Channel | Self::History | Self::Replies => TIER_3,
            Self::Whisper | Self::User | Self::OpenView | Self::PublishView | Self::AuthTest => TIER_4,
            Self::Post => POSTS,
            // Each URL takes five answers, which its owner counts.
            Self::Respond => usize::MAX,
        }
    }

    /// Whether it may be called once a second in each channel.
    pub(super) fn is_once_a_second(self) -> bool {
        matches!(self, Self::Post | Self::Whisper)
    }

    /// Whether nobody sees anything of it, also when it is called twice.
    pub(super) fn only_looks(self) -> bool {
        !matches!(self, Self::Post | Self::Update | Self::Whisper | Self::OpenView | Self::PublishView | Self::Respond)
    }
}
