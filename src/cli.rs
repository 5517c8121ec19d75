//! The terminal: what can be typed after `maintbot`, and how answers look there. `maintbot maintenance` comes from the
//! same declarations as every other surface.

mod remote;
mod render;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use secrecy::SecretString;

use crate::command::cli as declared;
use crate::domain::access::Role;
use crate::domain::calendar::parse_duration;
use crate::domain::channel::EmailAddress;
use crate::domain::channel::Surface;

pub use remote::{Sending, send, token_in};
pub use render::{answer, problem};

/// What the program is asked to do.
#[derive(Debug)]
pub struct Request {
    /// The configuration file, where one is named.
    pub config: Option<PathBuf>,
    /// Print JSON.
    pub json: bool,
    /// What to do.
    pub action: Action,
}

/// The sub-commands.
#[derive(Debug)]
pub enum Action {
    /// Run the bot.
    Serve,
    /// Run it on a throw-away database with a clock moved by hand.
    Demo {
        /// Type nothing.
        empty: bool,
        /// Where the clock starts (UTC).
        at: Option<DateTime<Utc>>,
    },
    /// Do one chat command.
    Maintenance {
        /// The words as the shell gave them.
        words: Vec<String>,
        /// Another maintbot to do it.
        server: Option<String>,
        /// The token for it.
        token: Option<SecretString>,
        /// The file that holds the token, where the token itself is not given.
        token_file: Option<PathBuf>,
        /// What makes it safe to send again; one is made up where none is given.
        key: Option<String>,
        /// Under which name, where it is not the login name.
        name: Option<String>,
    },
    /// Check configuration, templates and declarations.
    Check,
    /// Reach everything that is configured.
    Doctor,
    /// Show what a message looks like.
    Preview {
        /// The window; one that is not there where none is named.
        window: Option<String>,
        /// The message, as its template is named; all of them where none is.
        message: Option<String>,
        /// Only as this audience would get it.
        audience: Option<String>,
        /// As it is sent there.
        surface: Surface,
        /// Under which name, where it is not the login name.
        name: Option<String>,
    },
    /// Print what to paste into a chat service's settings.
    Manifest {
        /// `slack`, `discord` or `github`.
        surface: String,
    },
    /// Make a token.
    TokenCreate {
        /// What it is for.
        name: String,
        /// What it may do.
        role: Role,
        /// For how long, in seconds.
        expires_in: Option<chrono::TimeDelta>,
    },
    /// List tokens.
    TokenList,
    /// Revoke a token.
    TokenRevoke {
        /// Its number.
        id: i64,
    },
    /// Let a webhook get messages again that said it was gone.
    WebhookEnable {
        /// Its name.
        name: String,
    },
    /// List addresses that get no mail.
    MailRefused,
    /// Let one have mail again.
    MailAllow {
        /// The address.
        address: EmailAddress,
    },
    /// Copy the database.
    Backup {
        /// Where to.
        file: PathBuf,
    },
    /// Print windows as JSON.
    Export,
}

/// The whole command line.
#[must_use]
pub fn command() -> Command {
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .global(true)
        .value_parser(value_parser!(PathBuf))
        .help("Configuration file [default: maintbot.toml if there; MAINTBOT_CONFIG]");
    let json = Arg::new("json").long("json").global(true).action(ArgAction::SetTrue).help("Print JSON");
    Command::new("maintbot")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Planned maintenance from chat: schedule, remind, track the change list, tell everyone, once.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(config)
        .arg(json)
        .subcommand(Command::new("serve").about("Run the bot: console, pages, API and sender"))
        .subcommand(demo())
        .subcommand(
            declared::command()
                .after_help("Also: --server URL with --token TOKEN, --token-file FILE, MAINTBOT_TOKEN or MAINTBOT_TOKEN_FILE to use a running maintbot, --idempotency-key KEY to send the same once more, --as NAME, --json, --config FILE"),
        )
        .subcommand(Command::new("check").about("Check configuration, templates and command declarations"))
        .subcommand(Command::new("doctor").about("Reach everything that is configured and say what works and what is missing"))
        .subcommand(preview())
        .subcommand(
            Command::new("manifest").about("Print the app manifest to paste into a chat service's settings").arg(
                Arg::new("surface").required(true).value_parser(["slack", "discord", "github"]).help("Which service"),
            ),
        )
        .subcommand(token())
        .subcommand(webhook())
        .subcommand(mail())
        .subcommand(
            Command::new("backup")
                .about("Write a consistent copy of the SQLite database, also while maintbot runs")
                .arg(Arg::new("file").required(true).value_parser(value_parser!(PathBuf)).help("Where to; must not exist")),
        )
        .subcommand(Command::new("export").about("Print every window with its change list as JSON"))
}

fn demo() -> Command {
    Command::new("demo")
        .about("Look around: a believable year on a throw-away database, with a clock that you move")
        .arg(Arg::new("empty").long("empty").action(ArgAction::SetTrue).help("Start with no windows at all"))
        .arg(
            Arg::new("at")
                .long("at")
                .value_name("TIME")
                .value_parser(|text: &str| {
                    DateTime::parse_from_rfc3339(text)
                        .map(|t| t.to_utc())
                        .map_err(|_| format!("`{text}` is not a time: write it like 2026-12-06T14:00:00Z"))
                })
                .help("Where the clock starts [default: now]"),
        )
}

fn mail() -> Command {
    let allow = Command::new("allow").about("Let an address have mail again");
    let address = Arg::new("address").required(true).value_parser(|text: &str| text.parse::<EmailAddress>());
    Command::new("mail")
        .about("Addresses at which nobody was: they get no mail until that is mended")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("refused").about("List them, with what the server said"))
        .subcommand(allow.arg(address.help("The address, from the list")))
}

fn preview() -> Command {
    let words = Arg::new("words").value_name("[WINDOW] MESSAGE").num_args(1..=2).required_unless_present("all");
    let audience = Arg::new("audience").long("audience").value_name("NAME").help("Only as this audience would get it");
    let surface = Arg::new("surface")
        .long("surface")
        .value_name("SURFACE")
        .default_value("plain")
        .value_parser(|text: &str| text.parse::<Surface>())
        .help("As it is sent there: plain, slack, discord, github or mail");
    let all = Arg::new("all").long("all").action(ArgAction::SetTrue).conflicts_with("words").help("Every message");
    Command::new("preview")
        .about("Show what a message looks like, of a window or, where none is named, of one made up")
        .arg(words.help("Such as MW-12 reminder, or only reminder; as templates are named"))
        .arg(audience)
        .arg(surface)
        .arg(all)
        .arg(Arg::new("as").long("as").value_name("NAME").help("In whose name, where it is not the login name"))
}

fn preview_action(m: &ArgMatches) -> Action {
    let mut words: Vec<String> = m.get_many::<String>("words").unwrap_or_default().cloned().collect();
    let message = words.pop();
    Action::Preview {
        window: words.pop(),
        message,
        audience: m.get_one::<String>("audience").cloned(),
        surface: m.get_one::<Surface>("surface").copied().unwrap_or(Surface::Plain),
        name: m.get_one::<String>("as").cloned(),
    }
}

fn token() -> Command {
    let role = Arg::new("role")
        .long("role")
        .value_name("ROLE")
        .default_value("scheduler")
        .value_parser(|text: &str| text.parse::<Role>())
        .help("viewer, engineer, scheduler, approver or admin");
    let expires = Arg::new("expires")
        .long("expires")
        .value_name("TIME")
        .value_parser(|text: &str| parse_duration(text))
        .help("Good for so long, such as 12h or 30d [default: until revoked]");
    Command::new("token")
        .about("API tokens: shown once, stored hashed")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("create")
                .about("Make a token and show it, this once")
                .arg(Arg::new("name").required(true).help("What it is for, such as ci"))
                .arg(role)
                .arg(expires),
        )
        .subcommand(Command::new("list").about("List tokens; their text is not kept"))
        .subcommand(
            Command::new("revoke")
                .about("Make a token useless")
                .arg(Arg::new("id").required(true).value_parser(value_parser!(i64)).help("Its number, from list")),
        )
}

fn webhook() -> Command {
    Command::new("webhook")
        .about("Webhooks that messages are posted to")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("enable")
                .about("Post again where the answer was 410 Gone")
                .arg(Arg::new("name").required(true).help("Its name in [[webhook]]")),
        )
}

/// What the environment says of the token for another maintbot.
#[derive(Debug, Default)]
pub struct TokenGiven {
    /// `MAINTBOT_TOKEN`.
    pub text: Option<String>,
    /// `MAINTBOT_TOKEN_FILE`: the file that holds it.
    pub file: Option<PathBuf>,
}

/// Reads the command line. What it says of a token goes before what the environment says.
///
/// # Errors
/// clap's: wrong usage, or help asked for.
pub fn parse<I: IntoIterator<Item = std::ffi::OsString>>(
    arguments: I,
    given: TokenGiven,
) -> Result<Request, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    let mut config = matches.get_one::<PathBuf>("config").cloned();
    let mut json = matches.get_flag("json");
    let action = match matches.subcommand() {
        Some(("serve", _)) => Action::Serve,
        Some(("demo", m)) => Action::Demo { empty: m.get_flag("empty"), at: m.get_one("at").copied() },
        Some(("maintenance", m)) => {
            let mut ours = Ours::from_words(declared::typed(m))?;
            config = ours.config.take().or(config);
            json |= ours.json;
            let given = match (&ours.token, &ours.token_file) {
                (None, None) => given,
                _ => TokenGiven { text: ours.token, file: ours.token_file },
            };
            // An empty variable counts as not set.
            let token = given.text.filter(|text| !text.trim().is_empty()).map(SecretString::from);
            let token_file = given.file.filter(|file| token.is_none() && !file.as_os_str().is_empty());
            let (server, key) = (ours.server, ours.key);
            Action::Maintenance { words: ours.words, server, token, token_file, key, name: ours.name }
        }
        Some(("check", _)) => Action::Check,
        Some(("doctor", _)) => Action::Doctor,
        Some(("preview", m)) => preview_action(m),
        Some(("manifest", m)) => {
            Action::Manifest { surface: m.get_one::<String>("surface").cloned().unwrap_or_default() }
        }
        Some(("token", m)) => token_action(m),
        Some(("webhook", m)) => {
            let name = m.subcommand().and_then(|(_, m)| m.get_one::<String>("name")).cloned();
            Action::WebhookEnable { name: name.unwrap_or_default() }
        }
        Some(("mail", m)) => {
            match m.subcommand().and_then(|(_, m)| m.try_get_one::<EmailAddress>("address").ok().flatten()) {
                Some(address) => Action::MailAllow { address: address.clone() },
                None => Action::MailRefused,
            }
        }
        Some(("backup", m)) => Action::Backup { file: m.get_one::<PathBuf>("file").cloned().unwrap_or_default() },
        _ => Action::Export,
    };
    Ok(Request { config, json, action })
}

fn token_action(m: &ArgMatches) -> Action {
    match m.subcommand() {
        Some(("create", m)) => Action::TokenCreate {
            name: m.get_one::<String>("name").cloned().unwrap_or_default(),
            role: m.get_one::<Role>("role").copied().unwrap_or(Role::Viewer),
            expires_in: m.get_one("expires").copied(),
        },
        Some(("revoke", m)) => Action::TokenRevoke { id: m.get_one("id").copied().unwrap_or_default() },
        _ => Action::TokenList,
    }
}

/// Options of the program among the words of a chat command: they may stand anywhere.
#[derive(Default)]
struct Ours {
    words: Vec<String>,
    server: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    key: Option<String>,
    name: Option<String>,
    config: Option<PathBuf>,
    json: bool,
}

impl Ours {
    fn from_words(words: Vec<String>) -> Result<Self, clap::Error> {
        let mut ours = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (name, glued) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word.clone(), None),
            };
            let mut value = || {
                glued.clone().or_else(|| words.next()).ok_or_else(|| {
                    command().error(clap::error::ErrorKind::InvalidValue, format!("{name} needs a value"))
                })
            };
            match name.as_str() {
                "--json" => ours.json = true,
                "--server" => ours.server = Some(address(&value()?)?),
                "--token" => ours.token = Some(value()?),
                "--token-file" => ours.token_file = Some(PathBuf::from(value()?)),
                "--idempotency-key" => ours.key = Some(key(value()?)?),
                "--as" => ours.name = Some(value()?),
                "--config" => ours.config = Some(PathBuf::from(value()?)),
                _ => ours.words.push(word),
            }
        }
        Ok(ours)
    }
}

/// The address of a server, without a slash at the end.
fn address(text: &str) -> Result<String, clap::Error> {
    if remote::is_address(text) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    let said =
        "--server needs the address of a maintbot, such as https://maintenance.example.com, without a name or password";
    Err(command().error(clap::error::ErrorKind::InvalidValue, said))
}

/// A key as the API takes it.
fn key(text: String) -> Result<String, clap::Error> {
    if (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(text);
    }
    let said = "--idempotency-key needs 1 to 200 visible ASCII characters, such as a UUID";
    Err(command().error(clap::error::ErrorKind::InvalidValue, said))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn try_read(line: &[&str], given: TokenGiven) -> Result<Request, clap::Error> {
        parse(std::iter::once("maintbot").chain(line.iter().copied()).map(Into::into), given)
    }

    fn read(line: &[&str]) -> Request {
        try_read(line, TokenGiven::default()).expect("it reads")
    }

    #[test]
    fn a_token_comes_from_the_command_line_before_the_environment() {
        let file = |file: &str| Some(PathBuf::from(file));
        let given = || TokenGiven { text: Some("mb_env".into()), file: file("env.file") };
        let chosen = |line: &[&str], given| match try_read(line, given).expect("it reads").action {
            Action::Maintenance { token, token_file, .. } => {
                (token.map(|token| token.expose_secret().to_owned()), token_file)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(chosen(&["maintenance", "list", "--token", "mb_typed"], given()), (Some("mb_typed".into()), None));
        assert_eq!(chosen(&["maintenance", "list", "--token-file=a"], given()), (None, file("a")));
        assert_eq!(chosen(&["maintenance", "list"], given()), (Some("mb_env".into()), None));
        let empty = TokenGiven { text: Some(String::new()), file: file("env.file") };
        assert_eq!(chosen(&["maintenance", "list"], empty), (None, file("env.file")));
    }

    #[test]
    fn a_server_or_key_that_cannot_be_one_is_wrong_usage() {
        for wrong in [
            &["--server", "maintenance.example.com"][..],
            &["--server", "ftp://maintenance.example.com"],
            &["--server", "https://anna:secret@maintenance.example.com"],
            &["--server"],
            &["--idempotency-key", "two words"],
            &["--idempotency-key="],
        ] {
            let line = [&["maintenance", "list"], wrong].concat();
            assert!(try_read(&line, TokenGiven::default()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_declared_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn options_of_the_program_may_stand_behind_the_chat_command() {
        let request = read(&["maintenance", "start", "MW-12", "--server", "http://localhost:1", "--dry-run", "--json"]);
        assert!(request.json);
        let Action::Maintenance { words, server, .. } = request.action else { panic!("a chat command") };
        assert_eq!(words, ["start", "MW-12", "--dry-run"]);
        assert_eq!(server.as_deref(), Some("http://localhost:1"));
    }

    #[test]
    fn a_preview_names_a_window_or_none() {
        let asked = |line: &[&str]| match read(line).action {
            Action::Preview { window, message, .. } => (window, message),
            other => panic!("a preview, not {other:?}"),
        };
        assert_eq!(asked(&["preview", "MW-12", "reminder"]), (Some("MW-12".into()), Some("reminder".into())));
        assert_eq!(asked(&["preview", "reminder", "--surface", "slack"]), (None, Some("reminder".into())));
        assert_eq!(asked(&["preview", "--all"]), (None, None));
        for wrong in [&["preview"][..], &["preview", "a", "b", "c"], &["preview", "a", "--surface", "fax"]] {
            assert!(try_read(wrong, TokenGiven::default()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn config_follows_any_sub_command() {
        for line in [&["serve", "--config", "x.toml"][..], &["maintenance", "list", "--config", "x.toml"]] {
            assert_eq!(read(line).config, Some(PathBuf::from("x.toml")), "{line:?}");
        }
    }
}
