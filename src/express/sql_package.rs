//! [`SqlPackage`]: the packages that keep the sessions of Express in a table, and their rules.

use std::time::Duration;

use crate::session::table_layout::{DataType, TableLayout};
use crate::session::time_form::TimeForm;

/// The life of a session without a `maxAge`, unless an option of the package sets another.
const DAY: Duration = Duration::from_secs(86_400);

/// A package that keeps sessions in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SqlPackage {
    PgSimple,
    Knex,
    Sequelize,
}

impl SqlPackage {
    /// Returns the table that the package makes itself, under its default names.
    pub(super) fn table_layout(self) -> TableLayout {
        let layout = TableLayout::new().key("sid");
        match self {
            // `table.sql`
            Self::PgSimple => TableLayout {
                time_form: TimeForm::LocalSeconds,
                default_life: Some(DAY),
                ..layout.table("session").data("sess").expires_at("expire")
            }
            .data_type(DataType::Json),
            // `dist/index.js`, the constructor; `dist/utils.js`, `dateAsISO`
            Self::Knex => TableLayout {
                time_form: TimeForm::Iso8601,
                default_life: Some(DAY),
                key_length: Some(255),
                ..layout.table("sessions").data("sess").expires_at("expired")
            }
            .data_type(DataType::Json),
            // `lib/model.js`; the columns of times are Sequelize's own
            Self::Sequelize => TableLayout {
                created_at: Some("createdAt".to_owned()),
                updated_at: Some("updatedAt".to_owned()),
                time_form: TimeForm::WithOffset,
                reads_ended: true,
                key_length: Some(36),
                ..layout.table("Sessions").data("data").expires_at("expires")
            }
            .data_type(DataType::Text),
        }
    }

    /// Checks whether a touch leaves sessions without a `cookie.expires` as they are.
    pub(super) fn extends_only_a_max_age(self) -> bool {
        self == Self::Knex
    }

    /// Returns the life of a session whose `maxAge` is 0 when it is written, if the package takes
    /// that for none.
    pub(super) fn life_of_nothing(self) -> Option<Duration> {
        (self == Self::Knex).then_some(DAY)
    }
}
