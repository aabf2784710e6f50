/** Serving HTTP under this runtime. */
import { expect, onTestFinished, test } from "vitest";
import { serveHttp } from "#shared/runtime/serve.ts";

const fetchText = async (): Promise<Response> => new Response("hello");

test("serveHttp() serves on a free port and stops", async () => {
  const server = await serveHttp({ host: "127.0.0.1", port: 0, fetch: fetchText });
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect(await (await fetch(server.url)).text()).toBe("hello");
  await server.stop();
  await expect(fetch(server.url)).rejects.toThrow();
});

test("serveHttp() on every address is reached by loopback", async () => {
  const server = await serveHttp({ host: "0.0.0.0", port: 0, fetch: fetchText });
  onTestFinished(() => server.stop());
  expect(await (await fetch(server.url)).text()).toBe("hello");
});

test("serveHttp() refuses a port that is taken by its number, and a host that is not ours", async () => {
  const server = await serveHttp({ host: "127.0.0.1", port: 0, fetch: fetchText });
  onTestFinished(() => server.stop());
  const taken = serveHttp({ host: "127.0.0.1", port: server.port, fetch: fetchText });
  await expect(taken).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining(String(server.port)),
  });
  const foreign = serveHttp({ host: "192.0.2.1", port: 0, fetch: fetchText });
  await expect(foreign).rejects.toMatchObject({ code: "usage" });
});

test("stop() ends a server with a stream that never ends", async () => {
  const server = await serveHttp({
    host: "127.0.0.1",
    port: 0,
    fetch: async () =>
      new Response(
        new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([1])) }),
      ),
  });
  const answer = await fetch(server.url);
  const reader = answer.body?.getReader();
  await reader?.read();
  await server.stop();
  expect(
    await reader?.read().then(
      (read) => read.done,
      () => true,
    ),
  ).toBe(true);
});
