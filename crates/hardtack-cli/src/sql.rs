//! `hardtack sql`: prints the SQL of tables of sessions.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{SessionFormat, SqlDatabase, StoredHash, TableLayout};

use crate::args::help;
use crate::output;

#[derive(Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = help(include_str!("help/sql-short.txt")),
    after_long_help = help(include_str!("help/sql.txt"))
)]
pub(crate) struct Sql {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the CREATE TABLE of a table of sessions
    Schema(Schema),
}

#[derive(Args)]
#[command(
    after_help = help(include_str!("help/sql-schema-short.txt")),
    after_long_help = help(include_str!("help/sql-schema.txt"))
)]
struct Schema {
    /// The layout of the table
    #[arg(long, ignore_case = true)]
    layout: Layout,

    /// The database
    #[arg(long, ignore_case = true, value_parser = databases())]
    database: SqlDatabase,

    /// The table's name, which may have its schema before a dot [default: the layout's]
    #[arg(long, value_name = "NAME", value_parser = table)]
    table: Option<String>,
}

/// A layout of a table of sessions.
#[derive(Clone, Copy, ValueEnum)]
enum Layout {
    /// hardtack's own
    Plain,
    /// The table of Rails' activerecord-session_store
    #[value(name = "activerecord-session_store")]
    ActiveRecordSessionStore,
    /// The table of Express' connect-pg-simple (Postgres)
    ConnectPgSimple,
    /// The table of Express' connect-session-knex
    ConnectSessionKnex,
    /// The table of Express' connect-session-sequelize
    ConnectSessionSequelize,
}

impl Layout {
    fn table_layout(self, database: SqlDatabase) -> Result<TableLayout, String> {
        // The layout does not depend on it.
        let signature = || CookieSignature::new("no secret").map_err(|error| error.to_string());
        Ok(match self {
            Self::Plain => TableLayout::new(),
            Self::ActiveRecordSessionStore => StoredHash::active_record_store().table_layout(),
            Self::ConnectPgSimple if database != SqlDatabase::Postgres => {
                return Err("connect-pg-simple keeps sessions in Postgres only".to_owned());
            }
            Self::ConnectPgSimple => ExpressSession::connect_pg_simple(signature()?).table_layout(),
            Self::ConnectSessionKnex => {
                ExpressSession::connect_session_knex(signature()?).table_layout()
            }
            Self::ConnectSessionSequelize => {
                ExpressSession::connect_session_sequelize(signature()?).table_layout()
            }
        })
    }
}

/// Parses the names of the databases.
fn databases() -> impl TypedValueParser<Value = SqlDatabase> {
    let names = SqlDatabase::ALL.iter().map(|database| database.name());
    PossibleValuesParser::new(names).try_map(|name| {
        let mut databases = SqlDatabase::ALL.iter();
        let database = databases.find(|database| database.name().eq_ignore_ascii_case(&name));
        database.copied().ok_or("no such database")
    })
}

fn table(name: &str) -> Result<String, &'static str> {
    let is_fit = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
    let mut parts = name.split('.');
    if parts.all(|part| !part.is_empty() && part.chars().all(is_fit)) {
        Ok(name.to_owned())
    } else {
        Err("write NAME or SCHEMA.NAME, of letters, digits, '_', '$' and '-'")
    }
}

pub(crate) fn run(options: &Sql) -> Result<u8, String> {
    let Command::Schema(options) = &options.command;
    let mut layout = options.layout.table_layout(options.database)?;
    if let Some(name) = &options.table {
        layout = layout.table(name);
    }
    output::print(layout.schema(options.database).as_bytes())
}
