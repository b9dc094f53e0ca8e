// A morning at a campus, through the generated types: `node example.js ADDRESS`.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

const address = process.argv[2];
assert(address);

const signedInWith = (authorization: string) =>
  createClient<paths>({ baseUrl: address, headers: { Authorization: authorization } });

const anybody = createClient<paths>({ baseUrl: address });

async function signIn() {
  const { data, error } = await anybody.POST("/api/token/", {
    body: { username: "admin", password: "trackxpert-demo" },
  });
  assert(data, JSON.stringify(error));
  return signedInWith(`Bearer ${data.access}`);
}

const office = await signIn();

async function enrol() {
  const student = await office.POST("/api/students/", {
    body: {
      registration_number: `DIT/${randomUUID().slice(0, 13).toUpperCase()}`,
      first_name: "Asha",
      surname: "Mushi",
    },
  });
  assert(student.data, JSON.stringify(student.error));
  const card = await office.POST("/api/cards/", {
    body: {
      card_type: "student",
      student_uuid: student.data.student_uuid,
      generate_rfid: true,
    },
  });
  assert(card.data, JSON.stringify(card.error));
  assert.equal(card.data.student?.full_name, student.data.full_name);
  assert.equal(card.data.retired_reason, "");
  const pdf = await office.GET("/api/cards/{card_uuid}/print-student-card/", {
    params: { path: { card_uuid: card.data.card_uuid } },
    parseAs: "arrayBuffer",
  });
  assert(pdf.data);
  assert.equal(Buffer.from(pdf.data).toString("latin1", 0, 4), "%PDF");
  return { student: student.data, card: card.data };
}

async function tap(card: Schemas["Card"]) {
  // Some roles do not see numbers; an officer does.
  const number = card.rfid_number;
  assert(number);
  const device = await office.POST("/api/pos/devices/", {
    body: { name: "Gate", location: "Gate", activity_type: "attendance" },
  });
  assert(device.data, JSON.stringify(device.error));
  const reader = signedInWith(`Device ${device.data.key}`);

  const came = {
    card: number,
    event_id: "1",
    tapped_at: new Date().toISOString(),
  };
  const accepted = await reader.POST("/api/pos/taps/", { body: came });
  assert.equal(accepted.data?.decision, "accepted");
  assert.equal(accepted.data.holder?.type, "student");
  const denied = await reader.POST("/api/pos/taps/", {
    body: { card: "04FFFFFFFF", event_id: "2" },
  });
  assert.equal(denied.data?.decision, "denied");
  assert.equal(denied.data.holder, null);

  const batch = await reader.POST("/api/pos/taps/batch/", {
    body: {
      taps: [
        came,
        { ...came, card: "04FFFFFFFE" },
        { card: "", event_id: "3" },
        { card: number, event_id: "4" },
      ],
    },
  });
  assert(batch.data, JSON.stringify(batch.error));
  assert.deepEqual(batch.data.results.map(outcome), ["ok", "conflict", "card", "ok"]);
}

function outcome(result: Schemas["TapResult"]): string {
  if ("holder" in result) {
    return result.decision === "accepted" ? "ok" : result.code;
  }
  return result.errors ? Object.keys(result.errors).join() : result.status;
}

async function read(card: Schemas["Card"]) {
  const found = await office.GET("/api/cards/", {
    params: { query: { search: card.rfid_number } },
  });
  assert.deepEqual(
    found.data?.results.map((row) => row.card_uuid),
    [card.card_uuid],
  );
  const report = await office.GET("/api/reports/attendance/");
  // The same address sends spreadsheets, which are text.
  assert(typeof report.data === "object", JSON.stringify(report.error));
  assert(report.data.totals.recorded >= 0);
}

async function refused(student: Schemas["Student"], card: Schemas["Card"]) {
  const one = { card_uuid: card.card_uuid };
  const nothing = await office.GET("/api/cards/{card_uuid}/", {
    params: { path: { card_uuid: randomUUID() } },
  });
  assert.equal(nothing.response.status, 404);
  assert(nothing.error && "success" in nothing.error);
  const stale = await office.PATCH("/api/cards/{card_uuid}/", {
    params: { path: one, header: { "If-Match": '"stale"' } },
    body: { is_active: false },
  });
  assert.equal(stale.response.status, 412);

  const scan = () =>
    anybody.GET("/api/cards/verify/student/{holder}/", {
      params: { path: { holder: student.student_uuid } },
    });
  let scanned = await scan();
  for (let again = 0; again < 100 && scanned.response.ok; again++) {
    scanned = await scan();
  }
  assert.equal(scanned.response.status, 429);
  assert(Number(scanned.response.headers.get("Retry-After")) > 0);

  const retired = await office.POST("/api/cards/{card_uuid}/retire/", {
    params: { path: one },
    body: { reason: "lost" },
  });
  assert.equal(retired.data?.retired_reason, "lost");
  const late = await office.PATCH("/api/cards/{card_uuid}/activate/", { params: { path: one } });
  assert.equal(late.response.status, 409);
  assert(late.error && "code" in late.error);
}

const { student, card } = await enrol();
await tap(card);
await read(card);
await refused(student, card);
