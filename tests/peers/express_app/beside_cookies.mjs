// An Express app that keeps the whole session in its cookie:
//   PEERS_NODE=FOLDER node beside_cookies.mjs PORT PACKAGE OPTIONS
// PACKAGE is cookie-session, iron-session or iron-session-8, and OPTIONS are its own, as JSON. The pages
// are those of beside.mjs that such a session has.

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [port, name, json] = process.argv.slice(2);
const require = createRequire(resolve(process.env.PEERS_NODE, "any.js"));
const express = require("express");
const options = JSON.parse(json);

async function cookieSession() {
  return {
    middleware: require("cookie-session")(options),
    save: () => {}, // at the response's head
    destroy: (request) => { request.session = null; },
  };
}

async function ironSession() {
  // It has no entry for `require`.
  const file = resolve(process.env.PEERS_NODE, "node_modules", name, "dist/index.js");
  const { getIronSession } = await import(pathToFileURL(file));
  return {
    middleware: async (request, response, next) => {
      request.session = await getIronSession(request, response, options);
      next();
    },
    save: (request) => request.session.save(),
    destroy: (request) => request.session.destroy(),
  };
}

const { middleware, save, destroy } = await (name === "cookie-session" ? cookieSession : ironSession)();

const app = express();
app.use(express.urlencoded());
app.use(middleware);

const escape = (text) => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt()};`);

app.get("/page", (request, response) => {
  const { name = "", note = "" } = request.session;
  response.send(`<!doctype html><title>Express</title><h1>Express</h1>
    <p id="name">${escape(name)}</p><p id="note">${escape(note)}</p>
    <form action="/log_in" method="post"><input name="name"><button>Log in</button></form>
    <form action="/change" method="post"><input name="note"><button>Change</button></form>
    <form action="/destroy" method="post"><button>Destroy</button></form>`);
});

for (const key of ["name", "note"]) {
  app.post({ name: "/log_in", note: "/change" }[key], async (request, response) => {
    request.session[key] = request.body[key];
    await save(request);
    response.redirect(303, "/page");
  });
}

app.post("/destroy", (request, response) => {
  destroy(request);
  response.redirect(303, "/page");
});

app.listen(Number(port), "127.0.0.1");
