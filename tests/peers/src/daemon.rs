//! [`Daemon`]: the process and the folder of a database server, under a user that is not root.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, process};

const START_WITHIN: Duration = Duration::from_secs(30);

/// The process of a database server, and the folder with its data. Dropping it ends the process
/// with its children, and removes the folder.
///
/// Postgres refuses to run as root, so that root runs it as the user whom its package made.
#[derive(Debug)]
pub(crate) struct Daemon {
    process: Option<Child>,
    folder: PathBuf,
    /// The user who runs the programs, if this one is root, with the numbers of user and group.
    user: Option<(String, u32, u32)>,
}

impl Daemon {
    /// Makes a folder for a server that will listen on this port.
    pub(crate) fn new(name: &str, port: u16, user: &str) -> Self {
        // Not the environment's folder for temporary files: it may be closed to that user, and the
        // path of a socket is at most 107 bytes long.
        let folder = PathBuf::from(format!("/tmp/hardtack-{name}-{}-{port}", process::id()));
        fs::create_dir(&folder).expect("a folder of its own");
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        let number = |option| {
            let id = Command::new("id").args([option, user]).output();
            let id = id.ok().filter(|id| id.status.success());
            let id = id.and_then(|id| String::from_utf8(id.stdout).ok()?.trim().parse().ok());
            id.unwrap_or_else(|| panic!("no user {user}; {NEEDED}"))
        };
        let daemon = Self {
            process: None,
            folder,
            user: is_root.then(|| (user.to_owned(), number("-u"), number("-g"))),
        };
        daemon.give(&daemon.folder);
        daemon
    }

    /// Lets the user have a folder or a file.
    fn give(&self, path: &Path) {
        if let Some((_, user, group)) = self.user {
            chown(path, Some(user), Some(group)).expect("root may give it away");
        }
    }

    /// Writes a file of the folder, and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("a file of its own");
        self.give(&path);
        path
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns a command that runs a program as the user, in the folder.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = if let Some((user, ..)) = &self.user {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", user, "--regid", user, "--clear-groups", "--"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        // Neither may read the settings of whoever runs the tests.
        command
            .current_dir(&self.folder)
            .env("HOME", &self.folder)
            .env_remove("TMPDIR")
            .stdin(Stdio::null());
        command
    }

    /// Starts the server and waits until it answers; returns `false` if it ended by itself.
    pub(crate) fn start(&mut self, mut server: Command, answers: impl Fn() -> bool) -> bool {
        let path = self.folder.join("log");
        let log = fs::File::options().create(true).append(true).open(&path);
        let log = log.expect("a log file");
        let child = server
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {server:?} ({error}); {NEEDED}"));
        self.process = Some(child);
        let start = Instant::now();
        while start.elapsed() < START_WITHIN {
            if answers() {
                return true;
            }
            let process = self.process.as_mut().expect("it was started");
            if process.try_wait().is_ok_and(|ended| ended.is_some()) {
                eprintln!("it ended: {}", self.log());
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!(
            "no answer after {START_WITHIN:?} from {server:?}: {}",
            self.log()
        );
    }

    /// Returns what the server wrote into its log.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Ends the server with its children at once, as a crash does.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let id = process.id();
            // A stopped parent starts no more children.
            signal("-STOP", &[id]);
            let children = children_of(id);
            // These fail only where the process has ended by itself.
            let _ = process.kill();
            signal("-KILL", &children);
            let _ = process.wait();
            // Postgres does not start while a child of an earlier one is left.
            let start = Instant::now();
            while children.iter().any(|&child| is_running(child)) {
                assert!(start.elapsed() < START_WITHIN, "{children:?} do not end");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Ends the server in order, by the signal that asks it to.
    pub(crate) fn shut_down(&mut self, by: &str) {
        let mut process = self.process.take().expect("the server runs");
        signal(by, &[process.id()]);
        let start = Instant::now();
        while !process.try_wait().is_ok_and(|ended| ended.is_some()) {
            if start.elapsed() > START_WITHIN {
                self.process = Some(process);
                panic!("it does not end: {}", self.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Halts the process and its children, which keep their connections and answer nothing.
    pub(crate) fn pause(&self) {
        let id = self.process.as_ref().expect("the server runs").id();
        signal("-STOP", &[id]);
        signal("-STOP", &children_of(id));
    }

    /// Lets the process and its children go on.
    pub(crate) fn go_on(&self) {
        let id = self.process.as_ref().expect("the server runs").id();
        signal("-CONT", &children_of(id));
        signal("-CONT", &[id]);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
        // It fails only where somebody has tidied up.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs a program that prepares a server, to its end.
pub(crate) fn prepare(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| {
        let program = command.get_program().display();
        panic!("cannot run {program} ({error}); {NEEDED}")
    });
    assert!(output.status.success(), "{command:?}: {output:?}; {NEEDED}");
}

const NEEDED: &str = "run `scripts/peers`, which installs it";

/// Sends a signal to processes; those that have ended are left out.
fn signal(signal: &str, processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    let processes = processes.iter().map(u32::to_string);
    let _ = Command::new("kill")
        .arg(signal)
        .args(processes)
        .stderr(Stdio::null())
        .status();
}

/// Returns the children of a process, each of which may lead a session of its own, as in Postgres.
fn children_of(parent: u32) -> Vec<u32> {
    let parent = parent.to_string();
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let ids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    ids.filter(|&id| state(id).is_some_and(|state| state[1] == parent))
        .collect()
}

fn is_running(process: u32) -> bool {
    // A zombie has let go of its files and its memory.
    state(process).is_some_and(|state| state[0] != "Z")
}

/// Returns the state and the parent of a process, if it is there.
fn state(process: u32) -> Option<[String; 2]> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some([fields.next()?.to_owned(), fields.next()?.to_owned()])
}
