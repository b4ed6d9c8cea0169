//! Runs that are written down: each file is one, with what is typed, what comes out, and with which
//! exit status.
//!
//! `@name@` stands for a text of [`texts`]: the recorded cookies are too long to be read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use hardtack::headers::escape;

use crate::program::{bare, file, run};
use crate::recorded::record;
use crate::support::{vectors, vectors_folder};

/// The secret of the recorded cookies, and what stands for the others.
fn texts() -> BTreeMap<&'static str, String> {
    let session = record("encrypted_gcm", "_app_session");
    let express = vectors::<serde_json::Value>("express/express.jsonl");
    let express = express
        .iter()
        .find(|record| record["kind"] == "express_session");
    let rails_3 = vectors::<serde_json::Value>("jars/rails-3.2.22.5.jsonl");
    let expired = vectors::<serde_json::Value>("jars/rails-7.1.5.jsonl");
    let expired = expired.iter().find(|record| {
        record["kind"] == "expired"
            && record["jar"] == "encrypted_gcm"
            && record["metadata"] == true
            && record["key_digest"] == "SHA256"
            && record["serializer"] == "hybrid"
    });
    let older = vectors::<serde_json::Value>("jars/rails-6.1.7.10.jsonl");
    let older = older.iter().find(|record| {
        record["name"] == "_app_session"
            && record["jar"] == "encrypted_gcm"
            && record["metadata"] == true
            && record["serializer"] == "marshal"
    });
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let express = text(&express.unwrap()["set_cookie"]);
    let apps = vectors_folder().join("rails_apps");
    BTreeMap::from([
        ("apps", apps.to_str().unwrap().to_owned()),
        ("secret", session.secret.clone()),
        ("session", session.escaped()),
        ("session unescaped", session.unescaped()),
        ("session twice", escape(session.escaped().as_bytes())),
        ("session cut off", session.escaped()[..300].to_owned()),
        ("older session", text(&older.unwrap()["cookie"])),
        ("expired", text(&expired.unwrap()["cookie"])),
        ("rails 3", text(&rails_3[0]["cookie"])),
        ("secret_token", text(&rails_3[0]["secret_token"])),
        ("express", express.clone()),
        (
            "express pair",
            express.split(';').next().unwrap().to_owned(),
        ),
        (
            "express twice",
            express["connect.sid=".len()..]
                .split(';')
                .next()
                .unwrap()
                .replace('%', "%25"),
        ),
    ])
}

/// Secrets that keep nobody out, by their files: of Rails' own tests, of a development machine, of
/// express-session's README, and one that is short.
const WEAK: [(&str, &str); 4] = [
    ("published.txt", "b3c631c314c0bbca50c1b2843150fe33"),
    ("repeated.txt", "abcabcabcabcabcabcabcabcabcabcabc"),
    ("cat.txt", "keyboard cat"),
    ("short.txt", "tr0ub4dor&3"),
];

/// Stored sessions of Rails 7.1 and 6.1 (`tests/vectors/stored`), and a session cookie's text.
const ENTRIES: [(&str, &str); 3] = [
    (
        "entry.bin",
        "001101000060a350acda41ffffffffcc8089a7757365725f6964cdec51a46e616d65a4f09f8daaa5726f6c657392a561646d696ea3646576a3696e74d2fd86eafea3626967c70d0100287479f80000000000000040a5666c6f6174cb4087f00000000000a174c3a362696ec402ff00a46e65737481a161920181a162a4f09f8daa",
    ),
    (
        "older.bin",
        "04086f3a20416374697665537570706f72743a3a43616368653a3a456e747279093a0b4076616c75657b0f49220c757365725f6964063a06455469034c660e4922096e616d65063b0754492208617c62063b075449220a726f6c6573063b07545b0749220a61646d696e063b0754492208646576063b075449220873796d063b07543a0861626349220974696d65063b075449753a0954696d650de9e91ec040e2215f093a0d6e616e6f5f6e756d690215033a0d6e616e6f5f64656e69063a0d7375626d6963726f220778903a097a6f6e65492208555443063b074649220b73796d6b6579063b07547b063a0661690649220a72616e6765063b07546f3a0a52616e6765083a096578636c463a0a626567696e69063a08656e646908492208736574063b07546f3a08536574063a0a40686173687d076906546907544649220968776961063b0754433a2d416374697665537570706f72743a3a4861736857697468496e646966666572656e744163636573737b0649220678063b0754690649220f7669615f73796d626f6c063b074669063a0d4076657273696f6e303a1040637265617465645f61746611313739303030303030302e353a1040657870697265735f696e30",
    ),
    ("cookie.bin", "634b4d6c51"),
];

/// A Rails app that keeps its sessions in Redis, without a secret: its files, below `in_redis`.
const IN_REDIS: [(&str, &str); 3] = [
    (
        "application.rb",
        "module Shop\n  class Application < Rails::Application\n    config.load_defaults 7.1\n  end\nend\n",
    ),
    (
        "environments/production.rb",
        "Rails.application.configure do\n  \
         config.cache_store = :redis_cache_store, { url: ENV[\"REDIS_URL\"], namespace: \"shop\" }\n\
         end\n",
    ),
    (
        "initializers/session_store.rb",
        "Rails.application.config.session_store :cache_store, key: \"_shop_session\", expire_after: 90.minutes\n",
    ),
];

/// What the stores of Express have: a session that was only read for a while, one that the package
/// kruptein encrypted, and nothing.
const OF_EXPRESS: [(&str, &str); 3] = [
    (
        "express.json",
        r#"{"cookie":{"originalMaxAge":3600000,"expires":"2020-03-04T05:13:44.123Z","httpOnly":true,"path":"/"},"views":1,"user":{"id":42,"name":"Zoë"}}"#,
    ),
    (
        "kruptein.json",
        r#"{"hmac":"1/2","ct":"abc","iv":{"type":"Buffer","data":[186,87]},"salt":"d"}"#,
    ),
    ("empty.json", ""),
];

/// A text with all that stands between `@` filled in.
fn filled(text: &str, texts: &BTreeMap<&'static str, String>) -> String {
    texts.iter().fold(text.to_owned(), |text, (name, fill)| {
        text.replace(&format!("@{name}@"), fill)
    })
}

/// The files that stand beside a run.
fn files(texts: &BTreeMap<&'static str, String>) -> PathBuf {
    let secret = &texts["secret"];
    file("right.txt", format!("{secret}\n"));
    file("quoted.txt", format!("\"{secret}\"\n"));
    for (name, secret) in WEAK {
        file(name, format!("{secret}\n"));
    }
    for (name, digits) in ENTRIES {
        let digits = digits.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        file(name, digits.map(byte).collect::<Vec<_>>());
    }
    for (name, text) in OF_EXPRESS {
        file(name, format!("{text}\n"));
    }
    // Logs and HAR files, with the recorded cookies in them.
    let recordings = vectors_folder().join("recordings");
    for entry in fs::read_dir(recordings).unwrap() {
        let path = entry.unwrap().path();
        let content = filled(&fs::read_to_string(&path).unwrap(), texts);
        file(path.file_name().unwrap().to_str().unwrap(), content);
    }
    let wrong = file("wrong.txt", "a secret that sealed nothing of all this\n");
    let folder = wrong.parent().unwrap();
    for (name, text) in IN_REDIS {
        let path = folder.join("in_redis/config").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder.to_owned()
}

/// A run: `KEY=value` lines of its environment and `$ hardtack ...`, what is piped in behind
/// `<`, then the status and what it prints.
fn replay(script: &str, texts: &BTreeMap<&'static str, String>, folder: &Path) -> String {
    let fill = |text: &str| filled(text, texts);
    let mut program = bare();
    program.current_dir(folder);
    let (mut input, mut asked) = (String::new(), String::new());
    for line in script.lines().take_while(|line| !line.starts_with('?')) {
        asked.push_str(line);
        asked.push('\n');
        if let Some(args) = line.strip_prefix("$ hardtack ") {
            // Quotes keep blanks together, as in a shell.
            for (place, part) in args.split('\'').enumerate() {
                if place % 2 == 1 {
                    program.arg(fill(part));
                } else {
                    program.args(part.split_whitespace().map(fill));
                }
            }
        } else if let Some(text) = line.strip_prefix("< ") {
            input.push_str(&fill(text));
            input.push('\n');
        } else if let Some((name, value)) = line.split_once('=') {
            program.env(name, fill(value));
        }
    }
    let run = run(&mut program, input);
    let out = format!("{asked}? {}\n{}{}", run.status, run.err, run.out);
    assert!(!out.contains(&texts["secret"]), "the secret is printed");
    for (_, secret) in WEAK {
        let printed = [&run.err, &run.out].map(|text| text.contains(secret));
        assert_eq!(printed, [false; 2], "{secret} is printed");
    }
    out.replace(&texts["apps"], "@apps@")
}

/// Runs every file of a folder beside this one, and counts them.
pub(crate) fn replay_all(folder: &str) -> usize {
    // Written once: tests run beside each other.
    static BESIDE: OnceLock<PathBuf> = OnceLock::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/command_line")
        .join(folder);
    let texts = texts();
    let beside = BESIDE.get_or_init(|| files(&texts));
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for path in &files {
        let script = fs::read_to_string(path).unwrap();
        let out = replay(&script, &texts, beside);
        if std::env::var_os("WRITE_DOWN").is_some() {
            fs::write(path, &out).unwrap();
        } else {
            assert_eq!(out, script, "{}", path.display());
        }
    }
    files.len()
}
