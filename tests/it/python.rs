//! The Pythons of the tests, each with the libraries that one `tests/NAME/requirements.txt` pins. `scripts/install-python`
//! installs them below `target`, and `scripts/test` runs that before the tests start.

use std::fs;
use std::path::{Path, PathBuf};

/// The interpreter that has what `tests/NAME/requirements.txt` names; says how to get it where it is missing.
pub fn python(name: &str) -> PathBuf {
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name).join("requirements.txt");
    let pinned = fs::read(&pinned).unwrap_or_else(|error| panic!("{}: {error}", pinned.display()));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target").join("python").join(name);
    let has = fs::read(folder.join("requirements.txt")).ok();
    assert!(
        has == Some(pinned),
        "what tests/{name}/requirements.txt names is not installed; scripts/test does it, or: scripts/install-python {name}"
    );
    folder.join("bin/python")
}
