// An Express app beside a Rust app, with a page for whatever a session goes through:
//   PEERS_NODE=FOLDER node beside.mjs PORT STORE OPTIONS
// FOLDER has the packages in its node_modules. STORE is the URL of a server, redis: or postgres:, and
// OPTIONS are those of express-session that JSON can say.

import { EventEmitter, once } from "node:events";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [port, url, options] = process.argv.slice(2);
const require = createRequire(resolve(process.env.PEERS_NODE, "any.js"));
const express = require("express");
const session = require("express-session");

async function redis() {
  const { RedisStore } = require("connect-redis");
  const client = require("redis").createClient({ url });
  await client.connect();
  return new RedisStore({ client });
}

function postgres() {
  const Store = require("connect-pg-simple")(session);
  return new Store({ conString: url, pruneSessionInterval: false });
}

const store = await { "redis:": redis, "postgres:": postgres }[new URL(url).protocol]();

const app = express();
app.set("trust proxy", 1); // nginx is in front
app.use(express.urlencoded());
app.use(session({ store, resave: false, saveUninitialized: false, ...JSON.parse(options) }));

const escape = (text) => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt()};`);

app.get("/page", (request, response) => {
  const { name = "", note = "" } = request.session;
  response.send(`<!doctype html><title>Express</title><h1>Express</h1>
    <p id="name">${escape(name)}</p><p id="note">${escape(note)}</p>
    <form action="/log_in" method="post"><input name="name"><button>Log in</button></form>
    <form action="/change" method="post"><input name="note"><button>Change</button></form>
    <form action="/regenerate" method="post"><button>Regenerate</button></form>
    <form action="/remember" method="post"><button>Remember</button></form>
    <form action="/destroy" method="post"><button>Destroy</button></form>`);
});

// Saves before the redirect: express-session sends the headers first, and a browser follows them at once.
function back(request, response, next) {
  request.session.save((error) => error ? next(error) : response.redirect(303, "/page"));
}

app.post("/log_in", (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.name = request.body.name;
    back(request, response, next);
  });
});

app.post("/change", (request, response, next) => {
  request.session.note = request.body.note;
  back(request, response, next);
});

// The same session under another id, as passport does with `keepSessionInfo`.
app.post("/regenerate", (request, response, next) => {
  const { cookie, ...kept } = request.session;
  request.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(request.session, kept);
    back(request, response, next);
  });
});

// Lets the session live for thirty days.
app.post("/remember", (request, response, next) => {
  request.session.note = "remembered";
  request.session.cookie.maxAge = 30 * 24 * 60 * 60 * 1000;
  back(request, response, next);
});

app.post("/destroy", (request, response, next) => {
  request.session.destroy((error) => error ? next(error) : response.redirect(303, "/page"));
});

// A request that has changed its session and ends at a call of /finish; /begun answers when it has.
const events = new EventEmitter();
let hasBegun = false;

app.get("/slow", async (request, response) => {
  request.session.note = "of a slow request";
  hasBegun = true;
  events.emit("begun");
  await once(events, "finish");
  response.send("slow");
});

app.get("/begun", async (_, response) => {
  if (!hasBegun) await once(events, "begun");
  response.send("begun");
});

app.get("/finish", (_, response) => {
  hasBegun = false;
  events.emit("finish");
  response.send("finish");
});

app.listen(Number(port), "127.0.0.1");
