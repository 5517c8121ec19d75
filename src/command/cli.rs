//! `maintbot maintenance …`: the catalogue as a command of the terminal. Words are passed on as the shell gives them;
//! the one grammar reads them, so that the terminal refuses and helps like every other surface.

use clap::{Arg, ArgAction, ArgMatches, Command as Cli};

use super::help;
use super::spec::catalogue;

const WORDS: &str = "words";

/// The command `maintenance` with a sub-command per verb, each with its declared help. A verb that is not known is
/// passed on too, so that the refusal can name the nearest.
#[must_use]
pub fn command() -> Cli {
    let mut cli = Cli::new("maintenance")
        .about("Plan and run maintenance windows with the same commands as in chat")
        .allow_external_subcommands(true)
        .disable_help_subcommand(true)
        .after_help("Quote what has blanks: maintbot maintenance schedule \"Jira upgrade\" service:jira when:\"sunday 16:00-20:00\"");
    for entry in help::overview().entries {
        let mut sub = words(Cli::new(entry.name.clone()).about(entry.summary)).disable_help_subcommand(true);
        if let Some(group) = catalogue().group(&entry.name) {
            for action in &group.actions {
                let name = format!("{} {action}", group.name);
                let about = catalogue().verb(&name).map(|verb| verb.summary.clone()).unwrap_or_default();
                sub = sub.subcommand(explained(words(Cli::new(action.clone()).about(about)), &name));
            }
        }
        cli = cli.subcommand(explained(sub, &entry.name));
    }
    cli
}

/// The words to give to [`Input::Words`](super::Input::Words), from the matches of [`command`].
#[must_use]
pub fn typed(matches: &ArgMatches) -> Vec<String> {
    let mut all = Vec::new();
    let mut matches = matches;
    while let Some((name, inner)) = matches.subcommand() {
        all.push(name.to_owned());
        matches = inner;
    }
    let known = matches.try_get_many::<String>(WORDS).ok().flatten();
    let unknown = || matches.try_get_many::<std::ffi::OsString>("").ok().flatten();
    match known {
        Some(words) => all.extend(words.cloned()),
        None => all.extend(unknown().into_iter().flatten().map(|word| word.to_string_lossy().into_owned())),
    }
    all
}

fn words(cli: Cli) -> Cli {
    let words =
        Arg::new(WORDS).num_args(0..).action(ArgAction::Append).trailing_var_arg(true).allow_hyphen_values(true);
    cli.arg(words.hide(true))
}

/// Puts the declared help in place of what clap would make up.
fn explained(cli: Cli, name: &str) -> Cli {
    let Some(help) = help::verb(name) else { return cli };
    let mut text = String::new();
    let width = help.options.iter().map(|option| option.typed.chars().count()).max().unwrap_or_default();
    for option in &help.options {
        let choices =
            if option.choices.is_empty() { String::new() } else { format!(": {}", option.choices.join(", ")) };
        let required = if option.required { " (required)" } else { "" };
        text.push_str(&format!("  {:width$}  {}{choices}{required}\n", option.typed, option.help));
    }
    let options = if text.is_empty() { text } else { format!("\n\nOptions:\n{}", text.trim_end()) };
    let examples: Vec<String> =
        help.examples.iter().map(|line| format!("  maintbot {}", line.trim_start_matches('/'))).collect();
    let after = format!("{}{options}\n\nExamples:\n{}", help.help, examples.join("\n"));
    let usage = format!("maintbot {}", help.usage.trim_start_matches('/'));
    cli.override_usage(usage).after_help(after)
}
