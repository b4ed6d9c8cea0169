// An Express app with its sessions in a table:
//   PEERS_NODE=FOLDER node tables.mjs PORT SETTINGS, the folder having the packages in its node_modules
// SETTINGS is JSON: `package`, `url` of the database or `file` of SQLite, and `maxAge` if sessions have one.

import { createRequire } from "node:module";
import { resolve } from "node:path";

const [port, text] = process.argv.slice(2);
const settings = JSON.parse(text);
const require = createRequire(resolve(process.env.PEERS_NODE, "any.js"));
const express = require("express");
const session = require("express-session");

// libsql has SQLite built, and the calls of better-sqlite3, which knex knows; Sequelize knows those of
// sqlite3.
function driverOfSequelize() {
  const LibSql = require("libsql");
  class Database {
    constructor(file, mode, opened) {
      this.filename = file;
      this.database = new LibSql(file);
      this.database.pragma("busy_timeout = 5000");
      process.nextTick(opened, null);
    }
    serialize(then) { then(); }
    close(closed) { this.database.close(); closed?.(null); }
    call(sql, parameters, done, returns) {
      if (typeof parameters === "function") [parameters, done] = [[], parameters];
      const bound = Array.isArray(parameters) ? parameters : Object.values(parameters ?? {});
      let error = null, rows = [], changed = {};
      try {
        const statement = this.database.prepare(sql.replace(/\$(\d+)/g, "?$1"));
        if (returns) rows = statement.all(...bound); else changed = statement.run(...bound);
      } catch (failure) { error = failure; }
      const context = { lastID: changed.lastInsertRowid, changes: changed.changes };
      process.nextTick(() => done?.call(context, error, rows));
    }
    run(sql, parameters, done) { this.call(sql, parameters, done, false); }
    all(sql, parameters, done) { this.call(sql, parameters, done, true); }
    exec(sql, done) { this.database.exec(sql); process.nextTick(done, null); }
  }
  const sqlite3 = { Database, OPEN_READWRITE: 2, OPEN_CREATE: 4 };
  return { ...sqlite3, verbose: () => sqlite3 };
}

const stores = {
  "connect-pg-simple": async () => {
    const Store = require("connect-pg-simple")(session);
    const store = new Store({ conString: settings.url, createTableIfMissing: true, pruneSessionInterval: false });
    await store._ensureSessionStoreTable();
    return [store, (done) => store.pruneSessions(done)];
  },
  "connect-session-knex": async () => {
    const { ConnectSessionKnexStore } = require("connect-session-knex");
    const makeKnex = require("knex");
    const KnexOfSqlite = require("knex/lib/dialects/better-sqlite3");
    class LibSql extends KnexOfSqlite {
      _driver() { return require("libsql"); }
    }
    const knex = settings.file
      ? makeKnex({ client: LibSql, connection: { filename: settings.file }, useNullAsDefault: true })
      : makeKnex({
        client: settings.url.startsWith("mysql") ? "mysql2" : "pg",
        version: "15.0",
        connection: settings.url,
      });
    const store = new ConnectSessionKnexStore({ knex, cleanupInterval: 0 });
    await store.ready;
    return [store, (done) => store.dbCleanup().then(() => done(), done)];
  },
  "connect-session-sequelize": async () => {
    const { Sequelize } = require("sequelize");
    const Store = require("connect-session-sequelize")(session.Store);
    const options = { logging: false };
    const db = settings.file
      ? new Sequelize({ ...options, dialect: "sqlite", storage: settings.file, dialectModule: driverOfSequelize() })
      : new Sequelize(settings.url, options);
    const store = new Store({ db, checkExpirationInterval: 0 });
    await store.sync();
    return [store, (done) => store.clearExpiredSessions(done)];
  },
};

const [store, prune] = await stores[settings.package]();
const app = express();
app.use(session({
  secret: "a secret of the peers",
  store,
  resave: false,
  saveUninitialized: false,
  cookie: settings.maxAge === undefined ? {} : { maxAge: settings.maxAge },
}));

const show = (request, response) => {
  const { cookie, ...data } = request.session;
  response.json(data);
};
// Sets a key to a text, and returns the session.
app.get("/set/:key/:value", (request, response) => {
  request.session[request.params.key] = request.params.value;
  show(request, response);
});
app.get("/show", show);
app.get("/destroy", (request, response, next) => {
  request.session.destroy((error) => error ? next(error) : response.json(null));
});
// Deletes the rows that have ended, as the package does from time to time.
app.get("/prune", (request, response, next) => {
  prune((error) => error ? next(error) : response.json(null));
});
app.listen(Number(port), "127.0.0.1");
