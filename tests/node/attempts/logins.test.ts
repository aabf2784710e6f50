import { expect, test } from "vitest";
import { createHandClock } from "#kit/hand-clock.ts";
import { LOGINS_MAX, type LoginAsk, Logins, type Making } from "#node/attempts/logins.ts";

const state = (value: string) => ({ value, bytes: value.length });
const made = (value = "state"): Making => ({ kind: "made", state: state(value) });
const failure = { message: "no button", file: "a.yaml", line: 7, column: 3, code: "expect" };
const HOUR_MS = 3_600_000;

function stage() {
  const clock = createHandClock();
  const logins = new Logins(clock);
  let makings = 0;
  const ask = (make: () => Making | Promise<Making>, more: Partial<LoginAsk> = {}) => {
    const counted = async () => {
      makings += 1;
      return make();
    };
    const signal = new AbortController().signal;
    return logins.lend({ key: "k", madeBy: "suite › a", signal, make: counted, ...more });
  };
  return { clock, logins, ask, count: () => makings };
}

test("S1 one attempt makes it, those that come meanwhile and later are lent it", async () => {
  const { ask, count } = stage();
  const slow = Promise.withResolvers<Making>();
  const asks = [ask(() => slow.promise), ask(() => made("other")), ask(() => made("third"))];
  slow.resolve(made("first"));
  const lent = await Promise.all(asks);
  expect(lent.map((one) => one.kind === "lent" && [one.login.state.value, one.isOwn])).toEqual([
    ["first", true],
    ["first", false],
    ["first", false],
  ]);
  expect(await ask(() => made("fourth"))).toMatchObject({ kind: "lent", isOwn: false });
  expect(await ask(() => made("else"), { key: "other" })).toMatchObject({ isOwn: true });
  expect(count()).toBe(2);
});

test("S2 who waited for one that failed fails as it did; the next tries again", async () => {
  const { ask, count } = stage();
  const [own, waited] = await Promise.all([
    ask(() => ({ kind: "failed", failure })),
    ask(() => made()),
  ]);
  expect(own).toEqual({ kind: "failed", failure, isOwn: true });
  expect(waited).toEqual({ kind: "failed", failure, isOwn: false });
  expect(await ask(() => made())).toMatchObject({ kind: "lent", isOwn: true });
  expect(count()).toBe(2);
});

test("S3 a maker that was lost leaves it to one of those who wait; one that throws, too", async () => {
  const { ask, count } = stage();
  const asks = [
    ask(() => ({ kind: "broken" })),
    ask(() => Promise.reject(new Error("a fault"))).catch(String),
    ask(() => made("third")),
    ask(() => made("fourth")),
  ];
  const [first, second, third, fourth] = await Promise.all(asks);
  expect(first).toEqual({ kind: "broken" });
  expect(second).toBe("Error: a fault");
  expect(third).toMatchObject({ kind: "lent", isOwn: true });
  expect(fourth).toMatchObject({ kind: "lent", isOwn: false });
  expect(count()).toBe(3);
});

test("an attempt that is ended waits no longer, and what it waited for goes on", async () => {
  const { ask } = stage();
  const slow = Promise.withResolvers<Making>();
  const own = ask(() => slow.promise);
  const ending = new AbortController();
  const waiting = ask(() => made(), { signal: ending.signal });
  ending.abort(new Error("cancelled"));
  expect(await waiting).toEqual({ kind: "broken" });
  slow.resolve(made());
  expect(await own).toMatchObject({ kind: "lent" });
});

test("one that is older than its maxAge, or was dropped, is made again", async () => {
  const { clock, logins, ask, count } = stage();
  await ask(() => made());
  await clock.run(999);
  expect(await ask(() => made(), { maxAgeMs: 1_000 })).toMatchObject({ isOwn: false });
  await clock.run(1);
  const again = await ask(() => made(), { maxAgeMs: 1_000 });
  expect(again).toMatchObject({ isOwn: true });
  if (again.kind !== "lent") throw new Error("It was not lent");
  const login = { ...again.login };
  logins.drop("k", login);
  expect(await ask(() => made())).toMatchObject({ isOwn: false });
  logins.drop("k", again.login);
  expect(await ask(() => made())).toMatchObject({ isOwn: true });
  expect(count()).toBe(3);
});

test("S4 the oldest in use goes when there are too many, and one that nobody uses goes by itself", async () => {
  const { clock, logins, ask, count } = stage();
  const keys = Array.from({ length: LOGINS_MAX }, (_, index) => `key ${index}`);
  for (const key of keys) await ask(() => made(), { key });
  await ask(() => made(), { key: "key 0" });
  await ask(() => made(), { key: "one more" });
  expect(count()).toBe(LOGINS_MAX + 1);
  expect(await ask(() => made(), { key: "key 0" })).toMatchObject({ isOwn: false });
  expect(await ask(() => made(), { key: "key 1" })).toMatchObject({ isOwn: true });
  await clock.run(HOUR_MS);
  expect(clock.nextAtMs()).toBe(undefined);
  expect(await ask(() => made(), { key: "key 0" })).toMatchObject({ isOwn: true });
  logins.close();
  expect(clock.nextAtMs()).toBe(undefined);
});
