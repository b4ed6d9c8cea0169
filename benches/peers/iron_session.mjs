// Node's iron-session at what hardtack does, over the same sessions:
//   node iron_session.mjs SAMPLES REPORT FOLDER, the folder having iron-session in its node_modules
// Its own getIronSession (unsealData and sealData between), from the Cookie header to the value that is read, and from an
// object to the Set-Cookie header; the server around it is left out.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [samples, report, folder] = process.argv.slice(2);
const installed = resolve(folder, "node_modules/iron-session");
const { getIronSession } = createRequire(import.meta.url)(installed);
const { version } = JSON.parse(readFileSync(`${installed}/package.json`, "utf8"));

const NAME = "_shop_session";
const ROUNDS = 51;
// Until the just-in-time compiler has nothing left to do.
const WARM_UP_TURNS = 20;
const OPTIONS = { cookieName: NAME, password: "b3c631c314c0bbca50c1b2843150fe33" };

// What it asks of a response of node:http.
class Response {
  #headers = {};
  getHeader(name) { return this.#headers[name]; }
  setHeader(name, value) { this.#headers[name] = value; }
}

const open = (cookie) => getIronSession({ headers: { cookie } }, new Response(), OPTIONS);

async function seal(given) {
  const response = new Response();
  const session = await getIronSession({ headers: {} }, response, OPTIONS);
  Object.assign(session, given);
  await session.save();
  return response.getHeader("set-cookie")[0];
}

// It reads what it wrote, which is what the others write, and refuses what it did not.
async function check(size, session, cookie) {
  assert.equal(Buffer.byteLength(JSON.stringify(session)), size);
  assert.deepEqual({ ...(await open(cookie)) }, session);
  const middle = cookie.length >> 1;
  const other = cookie[middle] === "A" ? "B" : "A";
  const forged = cookie.slice(0, middle) + other + cookie.slice(middle + 1);
  assert.deepEqual({ ...(await open(forged)) }, {});
}

// Nanoseconds per operation.
async function time({ inputs, once }) {
  const start = process.hrtime.bigint();
  for (const input of inputs) await once(input);
  return Number(process.hrtime.bigint() - start) / inputs.length;
}

const cases = [];
for (const [size, sessions] of JSON.parse(readFileSync(samples, "utf8"))) {
  const cookies = [];
  for (const session of sessions) {
    const cookie = (await seal(session)).split(";")[0];
    await check(size, session, cookie);
    cookies.push(cookie);
  }
  cases.push({
    operation: "open_one_key", detail: "getIronSession, from the Cookie header to one key of the object", size,
    inputs: cookies, once: async (cookie) => (await open(cookie)).user_id, rounds: [],
  }, {
    operation: "seal_typed", detail: "getIronSession and save, from an object to the Set-Cookie header", size,
    inputs: sessions, once: seal, rounds: [],
  });
}
for (const each of cases) for (let turn = 0; turn < WARM_UP_TURNS; turn += 1) await time(each);
for (let round = 0; round < ROUNDS; round += 1) for (const each of cases) each.rounds.push(await time(each));

const rows = cases.map(({ operation, detail, size, rounds }) => {
  const sorted = rounds.toSorted((one, other) => one - other);
  return {
    operation, detail, size, contender: `iron-session ${version.split(".")[0]}`,
    median_ns: sorted[sorted.length >> 1], minimum_ns: sorted[0],
    allocations: null, of_floor: null, of_ours: null,
  };
});
const { PEERS_PROCESSOR: processor = "unknown", PEERS_DATE: date = "unknown" } = process.env;
const versions = `iron-session ${version}, Node ${process.versions.node}`;
writeFileSync(report, `${JSON.stringify({ versions, processor, date, rows }, null, 2)}\n`);
