// The Express half: it signs people in and shows the log book. Rust serves /rust.

"use strict";

const { readFileSync } = require("node:fs");
const express = require("express");
const session = require("express-session");
const { RedisStore } = require("connect-redis");
const { createClient } = require("redis");

// An app looks its users up, and checks a password.
const USERS = { Ada: 7, Grace: 8 };

const HOUR = 60 * 60 * 1000;

const client = createClient({ url: process.env.REDIS_URL });
client.on("error", (error) => console.error(`Redis: ${error.message}`)); // it connects again by itself
const app = express();
app.use(express.urlencoded());

// Refuses a form of another site. Browsers send this header since March 2023.
app.use((request, response, next) => {
  const site = request.get("Sec-Fetch-Site") ?? "none";
  const isSafe = ["GET", "HEAD"].includes(request.method);
  isSafe || ["same-origin", "none"].includes(site) ? next() : response.sendStatus(403);
});

app.use(session({
  secret: process.env.SESSION_SECRET,
  store: new RedisStore({ client, prefix: "log_book:" }),
  rolling: true,
  resave: false, // with `true` each request writes the whole session, over the changes of others
  saveUninitialized: false,
  cookie: { maxAge: HOUR, sameSite: "lax" },
}));

// express-session sends the response's headers before it saves, and a browser follows a redirect at once:
// save first, so that the next request, at either half, finds the change.
function redirect(request, response, next, path) {
  request.session.save((error) => error ? next(error) : response.redirect(path));
}

app.get("/sign_in", (request, response) => {
  response.send(page(request, `
    <form action="/sign_in" method="post">
      <label>Name <input name="name" required></label><button>Sign in</button>
    </form>
    <p class="aside">Ada or Grace. Or <a href="/rust/sign_in">sign in at Rust</a>.</p>`));
});

app.post("/sign_in", (request, response, next) => {
  const { name } = request.body;
  if (!Object.hasOwn(USERS, name)) {
    request.session.alert = "Nobody of that name.";
    return redirect(request, response, next, "/sign_in");
  }
  // A new session: prevents session fixation.
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user = { id: USERS[name], name };
    request.session.notice = "Signed in at Express.";
    redirect(request, response, next, "/");
  });
});

// All below is for those who are signed in, at Express or at Rust.
app.use((request, response, next) => {
  if (request.session.user) return next();
  request.session.alert = "Please sign in.";
  redirect(request, response, next, "/sign_in");
});

app.get("/", (request, response) => {
  const { user, visits = 0, remark = "" } = request.session;
  response.send(page(request, `
    <p>Signed in as <strong id="name">${escape(user.name)}</strong>.</p>
    <p>Rust counted <strong id="visits">${escape(visits)}</strong> visits, and keeps the remark
      “<span id="remark">${escape(remark)}</span>”.</p>
    <h2>A form of Express that posts to Rust</h2>
    <form action="/rust/remark" method="post">
      <label>Remark <input name="remark" required></label><button>Keep it at Rust</button>
    </form>
    <p><a href="/rust">To the page by Rust</a></p>
    <form action="/sign_out" method="post"><button>Sign out at Express</button></form>`));
});

// The form for this is on Rust's page.
app.post("/note", (request, response, next) => {
  request.session.note = request.body.note;
  request.session.notice = "Express kept the note.";
  redirect(request, response, next, "/rust");
});

app.post("/sign_out", (request, response, next) => {
  request.session.destroy((error) => error ? next(error) : response.redirect("/sign_in"));
});

const STYLE = readFileSync(`${__dirname}/../pages/style.css`, "utf8");

// Shows the messages of the session, once, above the body, which is HTML already.
function page(request, body) {
  const messages = ["notice", "alert"].filter((kind) => request.session[kind]).map((kind) => {
    const text = request.session[kind];
    delete request.session[kind];
    return `<p class="${kind}" role="status">${escape(text)}</p>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>The log book</title><style>${STYLE}</style></head><body><main>
    <h1>The log book</h1>${messages.join("")}
    <p class="aside">This page is by Express.</p>${body}</main></body></html>`;
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt()};`);
}

client.connect().then(() => app.listen(Number(process.env.EXPRESS_PORT), "127.0.0.1"));
