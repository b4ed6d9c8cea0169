// An Express app that keeps its sessions in their cookies:
//   PEERS_NODE=FOLDER node cookies.mjs PORT PACKAGE SECRET..., the folder having the packages in its node_modules
// The newest secret comes first; those of iron-session have ids that fall.

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [port, name, ...secrets] = process.argv.slice(2);
const require = createRequire(resolve(process.env.PEERS_NODE, "any.js"));
const express = require("express");
const app = express();

if (name === "cookie-session") {
  app.use(require("cookie-session")({ name: "app-session", keys: secrets }));
  app.use((request, response, next) => {
    request.end = () => { request.session = null; };
    request.save = () => {};
    next();
  });
} else {
  const file = resolve(process.env.PEERS_NODE, "node_modules", name, "dist/index.js");
  const { getIronSession } = await import(pathToFileURL(file));
  const password = Object.fromEntries(secrets.map((secret, place) => [secrets.length - place, secret]));
  app.use(async (request, response, next) => {
    const options = { cookieName: "app-session", password, cookieOptions: { secure: false } };
    request.session = await getIronSession(request, response, options);
    request.end = () => request.session.destroy();
    request.save = () => request.session.save();
    next();
  });
}

// Sets a key to a number, and returns the whole session.
app.get("/set/:key/:number", async (request, response) => {
  request.session[request.params.key] = Number(request.params.number);
  await request.save();
  response.json(request.session);
});
app.get("/all", (request, response) => { response.json(request.session); });
app.get("/end", (request, response) => {
  request.end();
  response.type("text").send("");
});
app.listen(Number(port), "127.0.0.1");
