/** Baselines over HTTP: pages, what is refused, and what is put into the books. */
import { expect, test } from "vitest";
import { createBaselineService } from "#gateway/baselines/baseline-service.ts";
import type { GatewayCore } from "#gateway/core.ts";
import { Baseline, BaselinePage } from "#proto/baseline.ts";
import { Sha256 } from "#proto/ids.ts";
import { createBareMesh } from "../gateway/bare-mesh.ts";
import { problemOf, serveApi } from "./http-kit.ts";

const sha = (letter: string) => Sha256.parse(letter.repeat(64));
const one = (key: string, name = "home") => ({
  ...{ key, browser: "chromium", os: "linux", name, sha256: sha("a") },
});

test("takes what it has the bytes of, gives it back in pages, and forgets what is removed", async () => {
  const bare = createBareMesh();
  const core = {
    mesh: bare.mesh,
    settle: () => bare.commit().length >= 0,
    decide: async (act: () => void) => {
      act();
      bare.commit();
    },
  } as unknown as GatewayCore;
  const here = new Set([sha("a")]);
  const baselines = createBaselineService(core, bare.store, {
    isWhole: (asked) => here.has(asked),
  });
  const { service, call } = await serveApi();
  Object.assign(service.baselines, baselines);
  const send = (method: string, path: string, body?: object) =>
    call(path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  const put = await send("PUT", "/v1/baselines", {
    baselines: [one("s › a"), one("s › b"), one("s › b", "two")],
  });
  expect(await put.json()).toEqual({ baselines: 3 });
  const page = BaselinePage.parse(await (await call("/v1/baselines?limit=2")).json());
  expect(page.baselines.map((found) => [found.key, found.name])).toEqual([
    ["s › a", "home"],
    ["s › b", "home"],
  ]);
  const after = encodeURIComponent(page.next ?? "");
  const rest = BaselinePage.parse(await (await call(`/v1/baselines?after=${after}`)).json());
  expect(rest.baselines.map((found) => Baseline.parse(found).name)).toEqual(["two"]);
  expect(rest.next).toBeUndefined();

  const missing = await send("PUT", "/v1/baselines", {
    baselines: [{ ...one("s › c"), sha256: sha("b") }],
  });
  expect((await problemOf(missing)).detail).toContain("its bytes (bbbb");
  for (const bad of [
    { ...one("s"), name: "../x" },
    { ...one("s"), extra: 1 },
  ])
    expect((await send("PUT", "/v1/baselines", { baselines: [bad] })).status).toBe(400);
  expect((await call("/v1/baselines?after=nonsense")).status).toBe(404);

  const key = encodeURIComponent("s › b");
  const gone = await send("DELETE", `/v1/baselines?key=${key}&name=two`);
  expect(await gone.json()).toEqual({ baselines: 1 });
  expect((await send("DELETE", `/v1/baselines?key=${key}&name=two`)).status).toBe(404);
  expect((await send("DELETE", `/v1/baselines?key=${key}`)).status).toBe(200);
  const left = BaselinePage.parse(await (await call("/v1/baselines")).json());
  expect(left.baselines.map((found) => found.key)).toEqual(["s › a"]);
});
