//! The organisation's own templates, from the configuration to what fills them.

use crate::config::{Config, Problem};
use crate::message::audience::{Fault, Source, Templates};

/// The built-in templates with those of the configuration laid over them.
///
/// # Errors
/// Everything that is wrong with them.
pub(super) fn load(config: &Config) -> Result<Templates, Vec<Fault>> {
    let source = |file: &crate::config::TemplateFile| Source {
        language: file.language.clone(),
        file: file.file.clone(),
        path: file.path.clone(),
        text: file.text.clone(),
    };
    let sources: Vec<Source> = config.templates.iter().map(source).collect();
    Templates::load(&sources, &config.organisation)
}

/// What is wrong, in one error.
pub(super) fn refused(faults: &[Fault]) -> anyhow::Error {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("templates are wrong:\n{}", lines.join("\n"))
}

/// A fault as one of the configuration, for `check`.
pub(super) fn problem(fault: Fault) -> Problem {
    let hint = Some(fault.hint).filter(|hint| !hint.is_empty());
    Problem { file: fault.file, line: fault.line, column: None, key: String::new(), message: fault.message, hint }
}
