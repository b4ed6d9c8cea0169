// An Express app with its sessions in Redis:
//   PEERS_NODE=FOLDER node app.mjs PORT REDIS, the folder having the packages in its node_modules

import { createRequire } from "node:module";
import { resolve } from "node:path";

const [port, redis] = process.argv.slice(2);
const require = createRequire(resolve(process.env.PEERS_NODE, "any.js"));
const express = require("express");
const session = require("express-session");
const { RedisStore } = require("connect-redis");
const { createClient } = require("redis");

const client = createClient({ url: redis });
await client.connect();

const app = express();
app.use(session({
  secret: "a secret of the peers",
  store: new RedisStore({ client }),
  resave: false,
  saveUninitialized: false,
}));

// Sets a key to a number, and returns the number that it had.
app.get("/set/:key/:number", (request, response) => {
  const { key, number } = request.params;
  const before = request.session[key] ?? 0;
  request.session[key] = Number(number);
  response.type("text").send(String(before));
});
app.listen(Number(port), "127.0.0.1");
