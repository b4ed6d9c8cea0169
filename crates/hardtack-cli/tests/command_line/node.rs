//! Cookies of Node: a session that is sealed opens again, and under its own secret alone.

use crate::program::{bare, run};

const SECRET: &str = "9f1bc1856f42ec79faaf79731a0e0787";

#[test]
fn sealed_sessions_open_again() {
    let json = r#"{"user_id":42,"name":"Zoë","list":[1,null,1.5]}"#;
    let mut ran = 0;
    for system in ["cookie-session", "iron-session"] {
        let program = |command: &str, secret: &str| {
            let mut program = bare();
            program.args([command, "--system", system, "--name", "app"]);
            program.env("SESSION_SECRET", secret);
            program
        };
        let sealed = run(program("seal", SECRET).arg(json), "");
        let cookie = match sealed.ok().trim().split_once('\n') {
            Some((value, signature)) => format!("Cookie: {value}; {signature}"),
            None => format!("Cookie: app={}", sealed.ok().trim()),
        };
        let opened = run(program("open", SECRET).arg("--jsonl"), cookie.as_str());
        assert_eq!(opened.ok(), format!("{{\"value\":{json}}}"), "{system}");
        let other = "48358bcfd4b7d0b78df6b39c378e3970";
        let refused = run(program("open", other).arg(&cookie), "");
        assert_eq!((refused.status, refused.out.as_str()), (1, ""), "{system}");
        assert!(
            refused.err.contains("invalid: no secret fits"),
            "{}",
            refused.err
        );
        for secret in [SECRET, other] {
            assert!(!refused.err.contains(secret) && !refused.out.contains(secret));
        }
        // An older secret opens too. Iron's passwords are told apart by their numbers.
        if system == "cookie-session" {
            let files = [other, SECRET].map(|secret| {
                crate::program::file(&format!("node-{secret}.txt"), format!("{secret}\n"))
            });
            let mut program = bare();
            program.args(["open", "--system", system, "--name", "app", "--jsonl"]);
            for file in &files {
                program.arg("--secret-file").arg(file);
            }
            assert_eq!(run(program.arg(&cookie), "").ok(), opened.ok());
        }
        let too_large = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
        let refused = run(program("seal", SECRET).arg("--jsonl"), too_large);
        assert_eq!(refused.out, "{\"error\":\"too large\"}\n", "{system}");
        ran += 1;
    }
    // The end of a seal counts.
    let seal = run(
        bare()
            .args(["seal", "--system", "iron-session", "--expires"])
            .args(["2020-01-02T03:04:05Z", "{}"])
            .env("SESSION_SECRET", SECRET),
        "",
    );
    let mut program = bare();
    program.args(["open", "--system", "iron-session", "--jsonl"]);
    let opened = run(program.env("SESSION_SECRET", SECRET), seal.ok());
    assert_eq!(opened.out, "{\"error\":\"expired\"}\n");
    assert_eq!(ran, 2);
}
