//! What can go wrong with a database, told apart as far as somebody has to do something different about it.

use std::path::PathBuf;

/// A fault of the database or of what it holds: for the operator, never for the person who typed a command.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("{}", describe(.0))]
    Sql(#[from] sqlx::Error),
    /// A row holds what no version of maintbot writes.
    #[error("the database holds something that maintbot did not write: {0}")]
    Corrupt(String),
    /// A row that must be there is not.
    #[error("the database has no {0}")]
    Missing(String),
    /// The transaction that it shared with others came to nothing; why, and what sort of trouble that was.
    #[error("nothing was stored: {0}")]
    Lost(String, Fault),
    /// No answer in time.
    #[error("the database did not answer in time")]
    TimedOut,
}

/// What sort of trouble an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No room on the disk.
    Full,
    /// It can be read but not written.
    ReadOnly,
    /// The disk failed.
    Io,
    /// Somebody else held it for too long; the same again may work.
    Busy,
    /// No connection.
    Unavailable,
    /// What it holds is damaged.
    Corrupt,
    /// Anything else: a mistake in maintbot.
    Other,
}

impl Fault {
    /// A short name for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ReadOnly => "read_only",
            Self::Io => "io",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Corrupt => "corrupt",
            Self::Other => "other",
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl StoreError {
    /// What sort of trouble this is.
    #[must_use]
    pub fn kind(&self) -> Fault {
        match self {
            Self::Sql(error) => fault_of(error),
            Self::Corrupt(_) => Fault::Corrupt,
            Self::Missing(_) => Fault::Other,
            Self::Lost(_, fault) => *fault,
            Self::TimedOut => Fault::Unavailable,
        }
    }
}

fn fault_of(error: &sqlx::Error) -> Fault {
    use sqlx::Error;
    match error {
        Error::Database(answer) => {
            let code = answer.code().unwrap_or_default();
            // A SQLSTATE can be all digits as well, so the driver decides which table the code is looked up in.
            if answer.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                sqlite_fault(&code)
            } else {
                postgres_fault(&code)
            }
        }
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => {
            Fault::Unavailable
        }
        Error::ColumnDecode { .. } | Error::Decode(_) => Fault::Corrupt,
        _ => Fault::Other,
    }
}

/// The low byte of a SQLite code is the primary one, the rest says more.
fn sqlite_fault(code: &str) -> Fault {
    match code.parse::<i64>().unwrap_or_default() & 0xff {
        13 => Fault::Full,
        8 => Fault::ReadOnly,
        10 => Fault::Io,
        5 | 6 => Fault::Busy,
        14 => Fault::Unavailable,
        11 | 26 => Fault::Corrupt,
        _ => Fault::Other,
    }
}

/// See "PostgreSQL Error Codes" in its manual.
fn postgres_fault(code: &str) -> Fault {
    match code {
        "53100" => Fault::Full,
        "25006" => Fault::ReadOnly,
        "58030" => Fault::Io,
        "40001" | "40P01" | "55P03" | "57014" => Fault::Busy,
        "53300" | "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => Fault::Unavailable,
        "XX001" | "XX002" => Fault::Corrupt,
        _ if code.starts_with("08") => Fault::Unavailable,
        _ => Fault::Other,
    }
}

/// What to do first, then what the database said.
fn describe(error: &sqlx::Error) -> String {
    let advice = match fault_of(error) {
        Fault::Full => "the disk of the database is full: make room",
        Fault::ReadOnly => "the database is read-only: make it writable for maintbot",
        Fault::Io => "the disk of the database failed: look at the system's log",
        Fault::Busy => "the database was held by somebody else for too long: try again",
        Fault::Unavailable => "the database cannot be reached",
        Fault::Corrupt => "the database is damaged: restore a backup",
        Fault::Other => return error.to_string(),
    };
    format!("{advice} ({error})")
}

/// Why a database was not opened. The text tells the operator what to do. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is of no kind that maintbot knows; holds what stands before the colon.
    #[error("a database URL cannot start with `{0}`: write `sqlite://maintbot.db` or `postgres://user@host/database`")]
    UnknownScheme(String),
    /// The URL cannot be read. Never holds the URL itself, which may contain a password.
    #[error("the database URL cannot be read: {0}")]
    BadUrl(String),
    /// The file is a folder.
    #[error("`{0}` is a folder: write the name of a file in it, such as `sqlite://{0}/maintbot.db`")]
    Directory(String),
    /// The file's folder is missing.
    #[error("the folder `{folder}` for the database `{file}` does not exist: create it, or correct `[database] url`")]
    NoFolder {
        /// The missing folder.
        folder: String,
        /// The database.
        file: String,
    },
    /// The file is something else.
    #[error("`{0}` is not a SQLite database, and was left as it is: correct `[database] url`, or move the file away")]
    NotSqlite(String),
    /// The file is damaged.
    #[error("`{file}` is damaged ({detail}), and was left as it is: restore a backup")]
    Corrupt {
        /// The database.
        file: String,
        /// What SQLite found.
        detail: String,
    },
    /// It holds tables of somebody else.
    #[error("`{0}` holds tables that are not maintbot's, and was left as it is: give maintbot a database of its own")]
    Foreign(String),
    /// A newer maintbot has used it.
    #[error(
        "`{database}` belongs to a newer maintbot (migration {found}; this one knows up to {known}), and was left as it \
         is: start the newer maintbot, or restore the backup made before the upgrade"
    )]
    Newer {
        /// The database.
        database: String,
        /// The newest migration it has.
        found: i64,
        /// The newest migration this program has.
        known: i64,
    },
    /// A migration that it has is not the one this program has.
    #[error(
        "migration {version} of `{database}` is not the one in this maintbot, and the database was left as it is: start \
         the maintbot that made it, or restore a backup"
    )]
    Changed {
        /// The database.
        database: String,
        /// The migration.
        version: i64,
    },
    /// A migration failed; it was rolled back.
    #[error("`{database}` could not be brought up to date, and was left as it was: {detail}")]
    Migration {
        /// The database.
        database: String,
        /// What went wrong.
        detail: String,
    },
    /// The file or server can be read but not written.
    #[error("`{0}` cannot be written: give maintbot's user write access to it (for SQLite: to the folder as well)")]
    ReadOnly(String),
    /// The file may not be read, or the disk failed.
    #[error("`{file}` cannot be opened: {detail}")]
    File {
        /// The database.
        file: String,
        /// What the system said.
        detail: String,
    },
    /// Nobody answers.
    #[error("no PostgreSQL answers at {server}: start it, or correct `[database] url` ({detail})")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What the system said.
        detail: String,
    },
    /// User or password are not accepted.
    #[error("PostgreSQL at {server} refuses the login: correct user and password in `[database] url` ({detail})")]
    Login {
        /// Host and port.
        server: String,
        /// What the server said.
        detail: String,
    },
    /// The server has no such database.
    #[error("PostgreSQL at {server} has no database `{name}`: create it with `createdb {name}`")]
    NoDatabase {
        /// Host and port.
        server: String,
        /// The database.
        name: String,
    },
    /// Anything else.
    #[error("`{database}` cannot be opened: {source}")]
    Store {
        /// The database.
        database: String,
        /// What went wrong.
        source: StoreError,
    },
}

/// Why no backup was made. The text tells the operator what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has better tools.
    #[error("maintbot copies SQLite databases only: use `pg_dump` for PostgreSQL")]
    Postgres,
    /// The target is there already.
    #[error("`{}` exists already and was left as it is: name a new file", .0.display())]
    Exists(PathBuf),
    /// The target's folder is missing.
    #[error("the folder `{}` does not exist: create it first", .0.display())]
    NoFolder(PathBuf),
    /// The name is not text.
    #[error("`{}` is not a file name that SQLite can use: use letters and digits", .0.display())]
    Name(PathBuf),
    /// The copy failed; what there was of it is removed.
    #[error("the backup was not made: {0}")]
    Store(#[from] StoreError),
    /// The copy could not be put on disk; what there was of it is removed.
    #[error("the backup was not made: {0}")]
    Io(#[from] std::io::Error),
}
