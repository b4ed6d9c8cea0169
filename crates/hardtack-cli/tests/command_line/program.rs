//! Runs `hardtack`.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The secret in the environment, unless a test says otherwise. No output may hold it.
pub(crate) const SECRET: &str = "b3c631c314c0bbca50c1b2843150fe33";

/// The outcome of a run.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Standard output, line by line.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }

    /// Standard output where all went well, its one line end cut off.
    pub(crate) fn ok(&self) -> &str {
        assert_eq!((self.status, self.err.as_str()), (0, ""), "{}", self.out);
        self.out.strip_suffix('\n').expect("a whole line")
    }
}

/// The program, with [`SECRET`] in its environment.
pub(crate) fn program() -> Command {
    let mut command = bare();
    command.env("SECRET_KEY_BASE", SECRET);
    command
}

/// The program without a secret.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hardtack"));
    command.env_clear();
    command
}

/// Runs a command with this standard input.
pub(crate) fn run(command: &mut Command, input: impl AsRef<[u8]>) -> Run {
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.as_ref().to_vec();
    // Beside the reading, or both wait for the other; a program that ends early reads no more.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let run = Run {
        status: output.status.code().expect("no signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(
        !run.out.contains(SECRET) && !run.err.contains(SECRET),
        "the secret is printed"
    );
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

/// Runs `hardtack` with these arguments, [`SECRET`] and no input.
pub(crate) fn hardtack<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    run(program().args(args), "")
}

/// Runs `hardtack` with these arguments, [`SECRET`] and this input.
pub(crate) fn piped(args: &str, input: impl AsRef<[u8]>) -> Run {
    run(program().args(args.split_whitespace()), input)
}

/// A file of this content, for the test of this name.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("command_line");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}
