/** Which proxy the environment names for an address. */
import { expect, test } from "vitest";
import { proxyOf } from "#shared/config.ts";

const ENV = {
  HTTP_PROXY: "http://p:1",
  https_proxy: "q:2",
  NO_PROXY: "a.test, .b.test,*.c.test,d.test:8080",
};

test.each([
  ["http://shop.test/", "http://p:1/"],
  ["ws://shop.test/", "http://p:1/"],
  ["https://shop.test/", "http://q:2/"],
  ["wss://shop.test/", "http://q:2/"],
  ["http://a.test/", undefined],
  ["http://x.a.test/", undefined],
  ["http://xa.test/", "http://p:1/"],
  ["http://x.b.test/", undefined],
  ["http://x.c.test/", undefined],
  ["http://d.test:8080/", undefined],
  ["http://d.test/", "http://p:1/"],
])("%s: %s", (url, proxy) => {
  expect(proxyOf(new URL(url), ENV)?.href).toBe(proxy);
});

test("none, all and what is no URL", () => {
  const url = new URL("http://shop.test/");
  expect(proxyOf(url, {})).toBeUndefined();
  expect(proxyOf(url, { ...ENV, NO_PROXY: "*" })).toBeUndefined();
  expect(proxyOf(url, { HTTP_PROXY: "http://[" })).toBeUndefined();
});
