// express-session with connect-redis, for scripts/load-redis:
//   LOAD_NODE=FOLDER node express.mjs PORT REDIS, the folder having the packages in its node_modules

import { createRequire } from "node:module";
import { resolve } from "node:path";

const [port, redis] = process.argv.slice(2);
const require = createRequire(resolve(process.env.LOAD_NODE, "any.js"));
const express = require("express");
const session = require("express-session");
const { RedisStore } = require("connect-redis");
const { createClient } = require("redis");

const client = createClient({ url: redis });
await client.connect();

const app = express();
app.use(express.json());
app.use(session({
  secret: "a secret of the load test",
  store: new RedisStore({ client }),
  resave: false,
  saveUninitialized: false,
}));

app.post("/fill", (request, response) => {
  Object.assign(request.session, request.body);
  response.type("text").send("filled");
});
app.get("/read", (request, response) => {
  response.type("text").send(String(request.session.visits));
});
app.get("/change", (request, response) => {
  request.session.visits += 1;
  response.type("text").send(String(request.session.visits));
});
app.listen(Number(port), "127.0.0.1");
