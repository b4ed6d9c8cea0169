//! Rails apps, sound and broken ones.

use std::fs;
use std::path::Path;

use hardtack::rails_app::RailsApp;

use super::{Rows, SECRET};

pub(crate) fn rails_app(rows: &mut Rows) {
    let folder = |app: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/vectors/rails_apps")
            .join(app)
    };
    let app = |name: &str| {
        RailsApp::new(folder(name))
            .environment("production")
            .variables(|_| None)
    };
    let known = app("rails_7_1");
    assert_eq!(known.secret_key_base().unwrap().expose(), SECRET.as_bytes());
    rows.debug("RailsApp", &known);
    rows.debug("RailsAppSecrets", &known.secrets().unwrap());
    let settings = known.settings().unwrap();
    rows.debug("RailsAppSettings", &settings);
    rows.debug("RailsAppSession", &settings.session);
    let upgraded = app("upgraded").settings().unwrap();
    for rotation in &upgraded.rotations {
        rows.debug("RailsAppRotation", rotation);
    }
    let mut refused = 0;
    for entry in fs::read_dir(folder("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.contains('.') {
            continue;
        }
        let app = app(&name);
        for unreadable_settings in app
            .settings()
            .map_or(Vec::new(), |told| told.unreadable_settings)
        {
            rows.both("UnreadableSetting", &unreadable_settings);
        }
        let Err(error) = app.secrets() else { continue };
        rows.both("RailsAppError", &error);
        if let hardtack::rails_app::RailsAppError::NoSecret { searched, .. } = &error {
            for looked in searched {
                rows.debug("Searched", looked);
                rows.both("MissingSecret", &looked.reason);
            }
        }
        refused += 1;
    }
    assert!(refused > 15, "{refused}");
}
