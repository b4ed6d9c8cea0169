// Writes iron-session-9.jsonl, by iron-session 9 under a clock that stands still:
//   node iron-session-9.mjs FOLDER >iron-session-9.jsonl, the folder having the package in its node_modules

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const { version } = createRequire(resolve(folder, "any.js"))("./node_modules/iron-session/package.json");
const iron = await import(pathToFileURL(resolve(folder, "node_modules/iron-session/dist/index.js")));
const { getIronSession, sealData, unsealData } = iron;

let clock = 1796134203123;
Date.now = () => clock;
const RealDate = Date;
const line = (kind, fields) =>
  console.log(JSON.stringify({ kind, versions: { "iron-session": version }, ...fields }));

const one = "0123456789abcdef0123456789abcdef";
const byId = { 1: one, 7: "fedcba9876543210fedcba9876543210é", 3: "a third password of thirty-two characters" };
const values = [
  {},
  { user: { id: 42, name: "Zoë" } },
  { a: [1, 2.5, -0.5, 1e21, null, true, "🍪", "</script>", "\u2028"], b: { c: {} } },
  { 7: "seven", z: 1, a: 2 },
  { persistent: { a: 1 } },
  { s: "x".repeat(1500) },
];
for (const password of [one, byId]) {
  for (const ttl of [0, 60, 3600, 1209600]) {
    for (const data of values) {
      const seal = await sealData(data, { password, ttl });
      line("iron_seal", { password, ttl, now_ms: clock, data, seal });
      clock += 1;
    }
  }
}

const good = await sealData({ a: 1 }, { password: one, ttl: 60 });
const parts = good.slice(0, -2).split("*");
const changed = (at, text) => [...parts.slice(0, at), text, ...parts.slice(at + 1)].join("*") + "~2";
const made = clock;
for (const [name, seal, later = 0] of [
  ["good", good],
  ["within the skew", good, 119_000],
  ["expired", good, 120_001],
  ["no version", good.slice(0, -2)],
  ["version 1", good.slice(0, -1) + "1"],
  ["version text", good.slice(0, -1) + "x"],
  ["prefix", changed(0, "Fe26.1")],
  ["other password id", changed(1, "2")],
  ["password id text", changed(1, "x")],
  ["salt changed", changed(2, parts[2].replace(/./, (c) => (c === "0" ? "1" : "0")))],
  ["iv short", changed(3, "AAAA")],
  ["ciphertext changed", changed(4, "A" + parts[4].slice(1))],
  ["expiry changed", changed(5, String(Number(parts[5]) + 1))],
  ["expiry text", changed(5, "abc")],
  ["bad mac", changed(7, "A" + parts[7].slice(1))],
  ["short", parts.slice(0, 7).join("*") + "~2"],
  ["long", parts.join("*") + "*x~2"],
]) {
  clock = made + later;
  let error = null;
  const data = await unsealData(seal, { password: one, ttl: 60, onUnsealError: (reason) => { error = reason; } });
  line("iron_unseal", { name, password: one, seal, ttl: 60, now_ms: clock, data, error });
}
clock = made;

// A browser's cookies and requests of an app.
for (const [options, big] of [[{}, 0], [{ ttl: 3600 }, 0], [{ password: byId }, 0], [{ chunk: true }, 5000]]) {
  const jar = new Map();
  const steps = [];
  const password = options.password ?? one;
  for (const path of ["/read", "/set?u=5", "/read", ...(big ? ["/big", "/read", "/small"] : []), "/set?u=6", "/destroy", "/read"]) {
    clock += 1000;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = {};
    const req = { headers: cookie ? { cookie } : {} };
    const res = { headersSent: false, getHeader: (name) => headers[name], setHeader: (name, value) => { headers[name] = value; } };
    const session = await getIronSession(req, res, { cookieName: "app-session", password, ...options });
    if (path.startsWith("/set")) { session.user = Number(path.slice(7)); await session.save(); }
    if (path === "/big") { session.big = "x".repeat(big); await session.save(); }
    if (path === "/small") { delete session.big; await session.save(); }
    if (path === "/destroy") session.destroy();
    const set_cookie = headers["set-cookie"] ?? [];
    for (const set of set_cookie) {
      const [name, value] = set.split(";")[0].split("=", 2);
      if (value) jar.set(name, value); else jar.delete(name);
    }
    steps.push({ path, now_ms: clock, ...(cookie && { cookie }), status: 200, body: JSON.stringify(session), set_cookie });
  }
  const { password: _, ...rest } = options;
  line("iron_session", { options: rest, cookie_name: "app-session", password, steps });
}
