//! The program: parse, build, run.

use std::process::ExitCode;

fn main() -> ExitCode {
    maintbot::app::main()
}
